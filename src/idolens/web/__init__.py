"""Answers HTTP: one picture and one question in, one answer out; says how it is.

Takes an open studio and settings; gives an ASGI app and a server that runs it.
Must not know how a picture is decoded, how a model answers, or what a table looks like.
"""

from idolens.web.app import create_app
from idolens.web.server import serve

__all__ = ["create_app", "serve"]
