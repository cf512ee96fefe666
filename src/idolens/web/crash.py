"""What is said of an error that nobody caught: its kind and where, never its words.

Python's own ways to say it quote the error's text, the record's arguments, the object
at hand or a line of source; any of them may hold a path or a question. They are all
led into the log, which reduces them (`records`); where no log is open they come out on
standard error, as short.
"""

import faulthandler
import logging
import resource
import sys
import threading
import warnings
from types import TracebackType

from idolens.web.records import frames_of

_LOG = logging.getLogger("idolens.crash")


def tell_little() -> None:
    """Let this process say no more than that, from now on."""
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _of_thread
    warnings.showwarning = _warning
    # A record that cannot be written would else be quoted on standard error.
    logging.raiseExceptions = False
    logging.lastResort = Bystander(logging.WARNING)
    # A core would hold the pictures and questions of the moment.
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    # Says file, line and function of each thread, and no values.
    faulthandler.enable()


class Bystander(logging.Handler):
    """Says on standard error who logged something and where, not what."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        place = f"{record.name} {record.filename}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        what = f": {described(error)}" if error else ""
        sys.stderr.write(f"{record.levelname.lower()} {place}{what}\n")


def described(error: BaseException) -> str:
    """Return the kind of ``error`` and of what led to it, and where each came from."""
    told: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        told.append(f"{type(link).__name__}: {' < '.join(reversed(frames_of(link)))}")
        link = link.__cause__ or link.__context__
    return "; from ".join(told)


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _LOG.critical("uncaught", exc_info=(kind, error, trace))


def _of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _warning(
    _message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    _file: object = None,
    _line: str | None = None,
) -> None:
    record = _LOG.makeRecord(
        f"warnings.{category.__name__}", logging.WARNING, filename, lineno, "", (), None
    )
    _LOG.handle(record)
