"""Ends the process in time when it is told to stop, whatever is still at work in it.

A model cannot be stopped in the middle of a picture, nor a server made to answer. All
that somebody was told is done is on the disk by then, and what a crash at any moment
does not lose, an end at a known moment does not lose either.
"""

import logging
import os
import threading
from collections.abc import Callable

from idolens.web.records import Records

REQUESTS_S = 2.5
"""How long requests in hand may still take."""
ALL_S = 4.5
"""How long everything may take, from the signal to the end of the process."""


def leave_in_time(
    closing: threading.Event, begin: Callable[[], None], records: Records
) -> None:
    """Watch over the end from when ``closing`` is set.

    Args:
        closing: set when the process is to end.
        begin: called then; it tells work of long breath to stop.
        records: where it is noted if the process had to be cut off.
    """

    def watch() -> None:
        closing.wait()
        last = threading.Timer(ALL_S, cut)
        last.daemon = True
        last.start()
        begin()

    def cut() -> None:
        records.write("cut_off", logging.WARNING)
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="leaving").start()
