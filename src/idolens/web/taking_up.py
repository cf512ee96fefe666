"""Goes on with analyses that the end of a process interrupted, when the service starts.

Whoever began one over HTTP was told that it began, and does not come back to ask.
"""

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager

from idolens.archive import SessionState
from idolens.errors import IdolensError
from idolens.web.house import House
from idolens.web.records import Records


@contextmanager
def taking_up(
    house: House, closing: threading.Event, records: Records
) -> Generator[None]:
    """Take up within this what nobody is at work on, beside everything else.

    What cannot go on here (another model, a file that is gone) stays as it is.

    Args:
        house: whose jobs.
        closing: set when no more are to be taken up.
        records: where it is noted what could not go on.
    """
    worker = threading.Thread(target=_take_up, args=(house, closing, records))
    worker.start()
    try:
        yield
    finally:
        closing.set()
        worker.join()


def _take_up(house: House, closing: threading.Event, records: Records) -> None:
    try:
        house.archive.uploads.finish_whole()
    except OSError:
        records.write("uploads_not_finished", logging.WARNING)
    if not house.archive.pages.sessions(1, None, SessionState.OPEN):
        return  # without jobs there is nothing to open
    for session_id in house.jobs.unfinished():
        if closing.is_set():
            return
        try:
            house.jobs.resume(session_id)
        except IdolensError as error:
            records.write("not_resumed", logging.WARNING, code=error.code)
