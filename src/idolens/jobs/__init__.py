"""Runs analyses as durable workflows: checkpoints, progress, cancel, resume.

Takes sources and a policy; gives a finished session in the archive.
Must not know HTTP, the terminal, or how any of the work is done.
"""

from idolens.jobs.intake import into_sessions, unpack_folder
from idolens.jobs.jobs import Jobs, open_jobs
from idolens.jobs.progress import JobState, Progress

__all__ = [
    "JobState",
    "Jobs",
    "Progress",
    "into_sessions",
    "open_jobs",
    "unpack_folder",
]
