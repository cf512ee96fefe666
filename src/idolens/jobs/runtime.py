"""DBOS, which keeps a workflow's steps on the disk, made and unmade with a studio.

DBOS is one per process and keeps its functions in a registry of its own; both are
thrown away on close, so that the next studio in this process starts afresh.

Each process takes up only what was given to *it*: it has a queue of its own, and a
name (`Worker.id`) under which no other process's work is recovered at start. So two
processes in one home, say the service and a command, never take each other's jobs.
"""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, error
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from idolens.errors import JobError
from idolens.jobs.worker import Worker
from idolens.vocabulary import SessionId

T = TypeVar("T")

APPLICATION_VERSION = "idolens-jobs-1"
"""Changes with the steps of the workflow; older jobs then begin anew, see `resume`."""
POLL_S = 0.2
"""How soon a resumed job begins, in seconds."""


class Runtime:
    """Runs one kind of workflow: the analysis of a session.

    Args:
        database: DBOS's own SQLite file.
        worker: this process.
        analyze: the workflow; its only argument is the session's id.
    """

    def __init__(
        self, database: Path, worker: Worker, analyze: Callable[[str], None]
    ) -> None:
        self._worker = worker
        self._queue_known = False
        config = DBOSConfig(
            name="idolens",
            system_database_url=URL.create(
                "sqlite", database=str(database)
            ).render_as_string(hide_password=False),
            db_engine_kwargs={
                "connect_args": {"factory": _Overwriting},
                "hide_parameters": True,  # an error quotes the statement, not values
            },
            application_version=APPLICATION_VERSION,
            executor_id=worker.id,
            serializer=DBOSPortableJSONSerializer(),
            enable_otlp=False,
            use_listen_notify=False,
            notification_listener_polling_interval_sec=0.1,  # how fast it closes
            log_level="CRITICAL",  # failures are recorded in the archive, by us
        )
        DBOS(config=config)
        try:
            DBOS.listen_queues([_queue(worker.id)])
        except error.DBOSException as known:  # there is one, and it is running
            raise JobError(
                "Another studio is open in this process: close it first.",
                "本进程中已打开另一个工作室:请先将其关闭。",
            ) from known
        try:
            self._analyze = _workflow(analyze)
            DBOS.launch()
        except Exception as failure:
            DBOS.destroy(destroy_registry=True)
            raise JobError(
                f"The jobs' database {database} cannot be opened: {failure}.",
                f"无法打开任务数据库 {database}:{failure}。",
            ) from failure

    def start(self, session_id: SessionId) -> None:
        """Begin the workflow of ``session_id`` in this process."""
        with _translated(), SetWorkflowID(session_id):
            DBOS.start_workflow(self._analyze, session_id)

    def resume(self, session_id: SessionId) -> None:
        """Take up the workflow at its first step without a result.

        An older execution, should it still be alive somewhere, loses its right to
        write results with this.
        """
        with _translated():
            status = DBOS.get_workflow_status(session_id)
            if status is not None and (
                status.status in {"SUCCESS", "ERROR"}
                or status.app_version != APPLICATION_VERSION
            ):
                DBOS.cancel_workflow(session_id)
                DBOS.delete_workflow(session_id)
                status = None
            if status is None:
                self.start(session_id)
                return
            self._open_queue()
            DBOS.resume_workflow(session_id, queue_name=_queue(self._worker.id))

    def cancel(self, session_id: SessionId) -> None:
        """Let the workflow stop at its next step, in whatever process it is."""
        with _translated():
            if DBOS.get_workflow_status(session_id) is not None:
                DBOS.cancel_workflow(session_id)

    def forget(self, session_id: SessionId) -> None:
        """Delete what DBOS keeps of the workflow: its steps, their results, events."""
        with _translated():
            if DBOS.get_workflow_status(session_id) is not None:
                DBOS.delete_workflow(session_id)

    def done_before(self, before: datetime) -> list[SessionId]:
        """Return the workflows that were done before."""
        with _translated():
            found = DBOS.list_workflows(
                status="SUCCESS",
                completed_before=before.isoformat(),
                load_input=False,
                load_output=False,
            )
        return [SessionId(one.workflow_id) for one in found]

    def elsewhere(self, session_id: SessionId) -> bool:
        """Whether another living process has the workflow."""
        with _translated():
            status = DBOS.get_workflow_status(session_id)
        if status is None:
            return False
        holder = ""
        if status.status == "ENQUEUED":
            holder = (status.queue_name or "").removeprefix(_QUEUE)
        elif status.status == "PENDING":
            holder = status.executor_id or ""
        return holder != self._worker.id and self._worker.lives(holder)

    def close(self) -> None:
        """Stop DBOS; no step may be running."""
        if self._queue_known:
            DBOS.delete_queue(_queue(self._worker.id))
        DBOS.destroy(destroy_registry=True)

    def _open_queue(self) -> None:
        # Only resuming needs a queue, and DBOS looks for new ones once a second.
        if self._queue_known:
            return
        for dead in self._worker.bury():
            DBOS.delete_queue(_queue(dead))
        DBOS.register_queue(_queue(self._worker.id), polling_interval_sec=POLL_S)
        self._queue_known = True


class _Overwriting(sqlite3.Connection):
    """Writes zeros over what is deleted, so that no bytes of it stay in the file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA secure_delete=ON")


def step(name: str, function: Callable[[], T]) -> T:
    """Do a step of the workflow that calls this, or give its recorded result."""
    return DBOS.run_step({"name": name}, function)


def began_at(session_id: SessionId) -> datetime | None:
    """Return when the workflow of a session was first begun (UTC), if it was."""
    status = DBOS.get_workflow_status(session_id)
    if status is None or status.created_at is None:
        return None
    return datetime.fromtimestamp(status.created_at / 1000, UTC)


def halt(session_id: SessionId) -> NoReturn:
    """Stop from within a step, which will be done again on resume."""
    DBOS.cancel_workflow(session_id)
    raise error.DBOSWorkflowCancelledError(session_id)


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except SQLAlchemyError as failure:
        raise JobError(
            f"The jobs' database cannot be used ({failure}): run `idolens doctor`.",
            f"无法使用任务数据库({failure}):请运行 `idolens doctor`。",
        ) from failure


def _workflow(analyze: Callable[[str], None]) -> Callable[[str], None]:
    def workflow(session_id: str) -> None:  # DBOS marks it, which a method refuses
        analyze(session_id)

    return DBOS.workflow(name="analyze", max_recovery_attempts=None)(workflow)


_QUEUE = "worker-"


def _queue(worker_id: str) -> str:
    return f"{_QUEUE}{worker_id}"
