"""The decisions engine: servers that answer typed questions without generating text.

Takes addresses, gives an `Engine` for closed questions. Knows the forms of OpenAI,
SGLang and System One; no chat template, no policy, no session.
"""

from idolens.vlm.decisions.engine import DecisionsEngine, open_decisions
from idolens.vlm.decisions.forms import SHAPES

__all__ = ["SHAPES", "DecisionsEngine", "open_decisions"]
