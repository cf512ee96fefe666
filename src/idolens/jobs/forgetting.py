"""The order in which a session goes for good: files, rows, what is kept beside.

A crash may come between any two steps: each can be done again, and is at next start.
"""

from collections.abc import Callable
from contextlib import suppress

from idolens.archive import Archive
from idolens.archive.purges import Purge
from idolens.errors import ConflictError, NotFoundError
from idolens.jobs.intake import drop_unpacked
from idolens.jobs.jobs import Jobs
from idolens.settings import Settings
from idolens.vocabulary import SessionId


class Forgetting:
    """Deletes sessions of one installation.

    Args:
        archive: where they are.
        jobs: gives the jobs, whose steps are kept beside; opened when something goes.
        settings: where zips were unpacked.
        beside: forgets what is kept elsewhere of pictures and answers.
    """

    def __init__(
        self,
        archive: Archive,
        jobs: Callable[[], Jobs],
        settings: Settings,
        beside: Callable[[], None],
    ) -> None:
        self._archive = archive
        self._jobs = jobs
        self._settings = settings
        self._beside = beside

    def forget(self, session_id: SessionId, by: str) -> None:
        """Delete a session; the same twice is once.

        Args:
            session_id: which one.
            by: who asks for it, for the audit log.

        Raises:
            NotFoundError: there is no such session, and there never was one.
            ConflictError: it is being analysed.
            ArchiveError: something could not be deleted; forget it again.
        """
        purges = self._archive.purges
        begun = purges.begin(session_id, by)
        if begun.done_at_ms is not None:
            return
        try:
            self._jobs().check_idle(session_id)
        except ConflictError:
            purges.withdraw(session_id)
            raise
        self._go_through(begun)

    def finish(self) -> list[SessionId]:
        """Finish what a crash left; return which sessions."""
        left = self._archive.purges.unfinished()
        for begun in left:
            self._go_through(begun)
        return [begun.session_id for begun in left]

    def _go_through(self, begun: Purge) -> None:
        purges = self._archive.purges
        with suppress(NotFoundError):  # its rows went before the crash
            session = self._archive.session(begun.session_id)
            drop_unpacked(session, self._settings)
        purges.remove_files(begun.session_id)
        purges.remove_rows(begun)
        self._jobs().forget(begun.session_id)
        self._beside()
        purges.finish(begun.session_id)
