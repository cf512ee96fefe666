"""The service's log: what happened and how long it took, never what was in it.

Every record is one JSON line with fields from a fixed list; a field that is not on
the list is dropped and only its name is noted. Records of other libraries are
replaced by logger, level and place, for their text may quote a path or a question.
"""

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

FIELDS = frozenset(
    {
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

_BYTES = 10 * 2**20
_KEPT = 5


class Records:
    """The open log file ``idolens.log`` in ``folder``; it rotates at 10 MiB."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "idolens.log"
        self._handler = RotatingFileHandler(
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

    def write(self, event: str, level: int = logging.INFO, **fields: object) -> None:
        """Write one record; fields that are not in `FIELDS` are left out."""
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


class _Foreign(logging.Handler):
    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {
            "logger": record.name,
            "place": f"{record.filename}:{record.lineno}",
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields["exception"] = type(error).__name__
            fields["frames"] = frames_of(error)
        self._records.write("foreign", record.levelno, **fields)


def _only_allowed(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    kept = FIELDS | {"event", "level", "time"}
    dropped = sorted(name for name in event if name not in kept)
    allowed = {name: value for name, value in event.items() if name in kept}
    return allowed | ({"dropped": dropped} if dropped else {})
