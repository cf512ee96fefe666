"""Looks at a picture and answers many typed questions about it in one go.

Takes standardised pictures and questions, gives an `Answer` per picture and question.
Knows no studio rule, no threshold of risk, no session and no storage.
"""

from idolens.vlm.answer import Answer, Status
from idolens.vlm.catalog import ENGINES, EngineEntry, open_engine
from idolens.vlm.conversation import Sampling, Speaker, Spoken, Turn, can_speak
from idolens.vlm.engine import Engine, Model
from idolens.vlm.lint import Advice, lint
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo, check
from idolens.vlm.templates import Template, templates

__all__ = [
    "ENGINES",
    "Advice",
    "Answer",
    "Choice",
    "Engine",
    "EngineEntry",
    "Model",
    "Question",
    "Sampling",
    "Score",
    "Speaker",
    "Spoken",
    "Status",
    "Tags",
    "Template",
    "Text",
    "Turn",
    "YesNo",
    "can_speak",
    "check",
    "lint",
    "open_engine",
    "templates",
]
