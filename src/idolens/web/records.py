"""The service's log: what happened and how long it took, never what was in it.

Every record is one JSON line with fields from a fixed list; a field that is not on
the list is dropped and only its name is noted. Records of other libraries are
replaced by logger, level and place, for their text may quote a path or a question.
Where it helps to find the records of one thing, a reference stands for its name.
"""

import logging
import sys
import traceback
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

from idolens.web.references import References

FIELDS = frozenset(
    {
        "about",
        "code",
        "engine",
        "exception",
        "frames",
        "host",
        "logger",
        "method",
        "model",
        "ms",
        "place",
        "port",
        "received",
        "route",
        "status",
        "version",
    }
)
"""All that a record may hold beside its time, level and event."""

ABOUT = "idolens.about"
"""Where in the scope of a request its route leaves what it was about, by name and
words: a question, a file's name. Only references of these get into the log."""

_OWN = "idolens."
_BYTES = 10 * 2**20
_KEPT = 5


class Records:
    """The open log file ``idolens.log`` in ``folder``; it rotates at 10 MiB.

    Args:
        folder: where the file stands.
        references: stand for words that no record may hold; without any, such words
            are left out.
    """

    def __init__(self, folder: Path, references: References | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "idolens.log"
        self._references = references
        self._handler = _File(
            self.path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True
        )
        # Outside of the tree of loggers, so that nobody else hears or changes it.
        own = logging.Logger("idolens.records", logging.INFO)  # noqa: LOG001
        own.addHandler(self._handler)
        self._log = structlog.wrap_logger(
            own,
            processors=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                _only_allowed,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        )
        self._foreign = _Foreign(self)

    def write(
        self,
        event: str,
        level: int = logging.INFO,
        *,
        about: Mapping[str, str] | None = None,
        **fields: object,
    ) -> None:
        """Write one record; fields that are not in `FIELDS` are left out.

        ``about`` names things by words of others; references stand for these.
        """
        if about and self._references:
            of = self._references.of
            fields["about"] = {name: of(words) for name, words in about.items()}
        self._log.log(level, event, **fields)

    def listen(self) -> None:
        """Take the records of all other libraries, without their text."""
        root = logging.getLogger()
        root.addHandler(self._foreign)
        root.setLevel(logging.WARNING)

    def close(self) -> None:
        """Stop listening and close the file."""
        logging.getLogger().removeHandler(self._foreign)
        self._handler.close()


def frames_of(error: BaseException) -> list[str]:
    """Return where ``error`` came from (``file:line name``), without its message."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]


class _File(RotatingFileHandler):
    """Says in one line that it cannot write, and does not quote what."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """See `logging.Handler.handleError`."""
        why = type(sys.exc_info()[1]).__name__
        sys.stderr.write(f"idolens.log: {why}, {record.levelname} lost\n")


class _Foreign(logging.Handler):
    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {
            "logger": record.name,
            "place": f"{record.filename}:{record.lineno}",
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields["exception"] = type(error).__name__
            fields["frames"] = frames_of(error)
        if not record.name.startswith(_OWN):
            self._records.write("foreign", record.levelno, **fields)
            return
        # Our own say in one word what happened; what it was about comes beside it.
        word = str(record.msg)
        event = word if word.isascii() and word.isidentifier() else "foreign"
        about = getattr(record, "about", None)
        self._records.write(event, record.levelno, about=about, **fields)


def _only_allowed(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    kept = FIELDS | {"event", "level", "time"}
    dropped = sorted(name for name in event if name not in kept)
    allowed = {name: value for name, value in event.items() if name in kept}
    return allowed | ({"dropped": dropped} if dropped else {})
