"""Runs analyses as durable workflows: checkpoints, progress, cancel, resume.

Takes sources and a policy; gives a finished session in the archive.
Must not know HTTP, the terminal, or how any of the work is done.
"""

from idolens.jobs.caretaker import Caretaker, needed_files, tended
from idolens.jobs.dismissed import dismissals_for
from idolens.jobs.forgetting import Forgetting
from idolens.jobs.intake import (
    into_sessions,
    shadow_in,
    unpack_folder,
)
from idolens.jobs.jobs import Jobs, open_jobs
from idolens.jobs.lessons import lessons_for
from idolens.jobs.progress import JobState, Progress
from idolens.jobs.rule_books import RuleBook, RuleBooks
from idolens.jobs.verdict_figures import VersionFigures, figures_of

__all__ = [
    "Caretaker",
    "Forgetting",
    "JobState",
    "Jobs",
    "Progress",
    "RuleBook",
    "RuleBooks",
    "VersionFigures",
    "dismissals_for",
    "figures_of",
    "into_sessions",
    "lessons_for",
    "needed_files",
    "open_jobs",
    "shadow_in",
    "tended",
    "unpack_folder",
]
