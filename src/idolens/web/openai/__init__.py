"""The routes under /v1 in OpenAI's shapes: decisions, chat completions, models.

Takes an open studio, a desk and settings; gives routes for the official clients.
Must not know how a model answers or speaks; what it does not support it refuses.
"""

from idolens.web.openai.routes import openai_routes

__all__ = ["openai_routes"]
