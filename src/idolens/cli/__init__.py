"""The command line: each command parses, calls one function, and prints.

Takes words from a terminal; gives text, JSON and exit codes: 0 done, 2 bad input,
3 a report at or above --fail-on, 130 stopped. Must not know how any work is done.
"""

from idolens.cli.app import app, main

__all__ = ["app", "main"]
