"""The client: one method for each thing that the service does."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import httpx2
from pydantic import BaseModel

from idolens.client.listening import Heard, heard
from idolens.client.refusal import check
from idolens.web.api.answers import AnswerPage, AnswerTold
from idolens.web.api.beginning import SessionsBegun
from idolens.web.api.engines import EngineList, EngineTold
from idolens.web.api.findings import FindingPage, FindingTold
from idolens.web.api.frames import FramePage, FrameTold
from idolens.web.api.jobs import JobPage, JobTold
from idolens.web.api.learning import FiguresTold, ProposalTold
from idolens.web.api.policies import PolicyPage, PolicyTold, PolicyWhole
from idolens.web.api.review import QueuePage
from idolens.web.api.reviewing import ItemTold
from idolens.web.api.sessions import SessionPage, SessionTold
from idolens.web.api.shape import Page
from idolens.web.api.uploads import UploadPage, UploadTold
from idolens.web.api.verdicts import VerdictPage, VerdictTold
from idolens.web.infer import InferResponse

T = TypeVar("T", bound=BaseModel)
Decision = Literal["confirmed", "dismissed", "corrected", "withdrawn"]

BLOCK = 8 * 2**20
"""How much of a file one request sends, in bytes."""
WATCH_S = 0.5
"""How often a waiting caller looks, in seconds."""
LONGEST_WAIT_S = 60.0
"""How long a busy service is waited for at a time."""
_LATER = frozenset({429, 503})
_API = "/api/v1"
_TUS = {"Tus-Resumable": "1.0.0"}


class Client:
    """A service at ``url``.

    Every request that starts something has an Idempotency-Key, so that sending it
    again after a lost answer does it once.

    Example:
        >>> with Client(key="idl_…") as studio:  # doctest: +SKIP
        ...     (session,) = studio.analyze([studio.upload("concert.mp4").id])
        ...     studio.wait(session.id)
        ...     findings = list(studio.findings(session.id))

    Args:
        url: of the service.
        key: what `idolens keys create` printed; none for a service on this machine
            that has no accounts yet.
        timeout_s: longest wait for an answer.
        attempts: how often a request is sent that the service has no time for; it is
            sent again when the service says (`Retry-After`).
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        key: str | None = None,
        timeout_s: float = 120.0,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts = attempts
        self._sleep = sleep
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(
            base_url=url, headers=headers, timeout=timeout_s, trust_env=False
        )

    def __enter__(self) -> Self:
        """Return the client; it is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, picture: bytes, question: str) -> InferResponse:
        """Ask one question about one picture file."""
        image = base64.b64encode(picture).decode()
        body = {"image": image, "question": question}
        return self._post("/vlm/infer", body, InferResponse)

    def upload(
        self, path: str | Path, on_progress: Callable[[int, int], None] | None = None
    ) -> UploadTold:
        """Send a file, checked by its SHA-256.

        Args:
            path: of the file.
            on_progress: called with bytes sent and bytes in all.
        """
        file = Path(path)
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
        about = {"filename": file.name, "sha256": digest}
        pairs = (
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in about.items()
        )
        headers = _TUS | {
            "Upload-Length": str(file.stat().st_size),
            "Upload-Metadata": ",".join(pairs),
            "Idempotency-Key": secrets.token_hex(16),
        }
        begun = check(self._http.post(f"{_API}/uploads", headers=headers))
        upload = UploadTold.model_validate_json(begun.content)
        return self.go_on(file, upload.id, on_progress)

    def go_on(
        self,
        path: str | Path,
        upload_id: str,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> UploadTold:
        """Send what is missing of an upload that was cut."""
        address = f"{_API}/uploads/{upload_id}"
        upload = self._get(address, UploadTold)
        with Path(path).open("rb") as data:
            at = data.seek(upload.received)
            while at < upload.size:
                reply = check(
                    self._http.patch(
                        address,
                        content=data.read(BLOCK),
                        headers=_TUS
                        | {
                            "Upload-Offset": str(at),
                            "Content-Type": "application/offset+octet-stream",
                        },
                    )
                )
                at = data.seek(int(reply.headers["Upload-Offset"]))
                if on_progress is not None:
                    on_progress(at, upload.size)
        return self._get(address, UploadTold)

    def analyze(
        self,
        uploads: Sequence[str],
        *,
        policy: str | None = None,
        every_s: float | None = None,
        engine: str | None = None,
    ) -> list[SessionTold]:
        """Let the studio look at uploads; return the sessions that began."""
        body = {
            "uploads": list(uploads),
            "policy": policy,
            "every_s": every_s,
            "engine": engine,
        }
        return self._post(f"{_API}/sessions", body, SessionsBegun).sessions

    def job(self, session_id: str) -> JobTold:
        """Return how far a job is."""
        return self._get(f"{_API}/jobs/{session_id}", JobTold)

    def wait(
        self, session_id: str, on_progress: Callable[[JobTold], None] | None = None
    ) -> JobTold:
        """Wait until a job no longer runs, and return how it ended."""
        while True:
            job = self.job(session_id)
            if on_progress is not None:
                on_progress(job)
            if job.state != "running":
                return job
            time.sleep(WATCH_S)

    def cancel(self, session_id: str) -> JobTold:
        """Stop a job; what is done stays done."""
        return self._post(f"{_API}/jobs/{session_id}/cancel", None, JobTold)

    def resume(self, session_id: str) -> JobTold:
        """Go on with a job where it stopped."""
        return self._post(f"{_API}/jobs/{session_id}/resume", None, JobTold)

    def retry(self, session_id: str) -> JobTold:
        """Look at a session's files anew, as a new session."""
        return self._post(f"{_API}/jobs/{session_id}/retry", None, JobTold)

    def sessions(self) -> Iterator[SessionTold]:
        """Yield all sessions, the newest first."""
        return self._all("sessions", SessionPage)

    def jobs(self) -> Iterator[JobTold]:
        """Yield all jobs, the newest first."""
        return self._all("jobs", JobPage)

    def frames(self, session_id: str) -> Iterator[FrameTold]:
        """Yield a session's frames in order of time."""
        return self._all(f"sessions/{session_id}/frames", FramePage)

    def answers(self, session_id: str) -> Iterator[AnswerTold]:
        """Yield a session's answers in order of time and question."""
        return self._all(f"sessions/{session_id}/answers", AnswerPage)

    def findings(self, session_id: str) -> Iterator[FindingTold]:
        """Yield a session's findings in order of time."""
        return self._all(f"sessions/{session_id}/findings", FindingPage)

    def judgement(self, session_id: str) -> FindingPage:
        """Return suggestion, reasons and coverage, with the first findings."""
        return self._get(f"{_API}/sessions/{session_id}/findings", FindingPage)

    def picture(self, session_id: str, frame_id: str) -> bytes:
        """Return the picture (JPEG) that the model looked at."""
        path = f"{_API}/sessions/{session_id}/frames/{frame_id}/picture"
        return check(self._http.get(path)).content

    def report(
        self,
        session_id: str,
        form: Literal["json", "reviewed", "html", "csv"] = "json",
    ) -> str:
        """Return a session's report in one of its forms."""
        path = f"{_API}/sessions/{session_id}/report"
        return check(self._http.get(path, params={"format": form})).text

    def judge(  # noqa: PLR0913 - a verdict has as many parts
        self,
        session_id: str,
        finding_id: str,
        decision: Decision,
        *,
        seen: int = 0,
        label: str | None = None,
        reason: str | None = None,
        note: str = "",
    ) -> VerdictTold:
        """Say what a finding really is.

        Args:
            session_id: of the session.
            finding_id: of the finding.
            decision: what is said.
            seen: version of the verdict that was shown; 0 if there was none.
            label: what it is instead, if corrected.
            reason: code of why.
            note: why.
        """
        body = {
            "finding": finding_id,
            "decision": decision,
            "version": seen,
            "label": label,
            "reason": reason,
            "note": note,
        }
        path = f"{_API}/sessions/{session_id}/verdicts"
        return self._post(path, body, VerdictTold)

    def review(self) -> Iterator[ItemTold]:
        """Yield what waits for people, the most urgent first."""
        return self._all("review/queue", QueuePage)

    def figures(self, policy: str) -> FiguresTold:
        """Return what people's verdicts say of a policy, by version."""
        reply = self._http.get(f"{_API}/review/figures", params={"policy": policy})
        return FiguresTold.model_validate_json(check(reply).content)

    def proposal(self, policy: str) -> ProposalTold:
        """Return thresholds that follow from people's verdicts; none is applied."""
        return self._get(f"{_API}/policies/{policy}/proposal", ProposalTold)

    def events(self, after: str | None = None) -> Iterator[Heard]:
        """Yield what happens, as it happens; never ends by itself.

        A cut connection is opened again, and what was missed is told first.

        Args:
            after: `number` of the last event that was heard; what came since is told
                first. None begins now.
        """
        while True:
            headers = {"Accept": "text/event-stream"}
            if after is not None:
                headers["Last-Event-ID"] = after
            try:
                with self._http.stream(
                    "GET", f"{_API}/events", headers=headers
                ) as stream:
                    check(stream)
                    for one in heard(stream.iter_lines()):
                        after = one.number or after
                        yield one
            except httpx2.TransportError:
                pass  # the service is away, or starts again: it is asked again
            self._sleep(WATCH_S)

    def policies(self) -> Iterator[PolicyTold]:
        """Yield all policies by name."""
        return self._all("policies", PolicyPage)

    def policy(self, name: str, version: str | None = None) -> PolicyWhole:
        """Return a policy with its text; in its active version if none is named."""
        wanted = "" if version is None else f"?version={version}"
        return self._get(f"{_API}/policies/{name}{wanted}", PolicyWhole)

    def add_policy(self, text: str) -> PolicyWhole:
        """Add a version of a policy (YAML); it holds once it is activated."""
        return self._post(f"{_API}/policies", {"text": text}, PolicyWhole)

    def activate(self, name: str, version: str) -> PolicyTold:
        """Let a version of a policy hold from now on."""
        body = {"version": version}
        return self._post(f"{_API}/policies/{name}/activate", body, PolicyTold)

    def shadow(self, name: str, version: str | None) -> PolicyTold:
        """Let a version be judged beside the active one; None for none."""
        body = {"version": version}
        return self._post(f"{_API}/policies/{name}/shadow", body, PolicyTold)

    def uploads(self) -> Iterator[UploadTold]:
        """Yield all uploads, the newest first."""
        return self._all("uploads", UploadPage)

    def verdicts(self, session_id: str) -> Iterator[VerdictTold]:
        """Yield what people said to a session's findings, the newest first."""
        return self._all(f"sessions/{session_id}/verdicts", VerdictPage)

    def engines(self) -> list[EngineTold]:
        """Return who can answer here."""
        return self._get(f"{_API}/engines", EngineList).items

    def pdf(self, session_id: str) -> bytes:
        """Return a session's report as PDF, if the service's machine can print."""
        path = f"{_API}/sessions/{session_id}/report"
        return self._send("GET", path, params={"format": "pdf"}).content

    def _send(self, method: str, path: str, **what: Any) -> httpx2.Response:
        """Send a request, again when the service says so; its key does it once."""
        for _ in range(self._attempts - 1):
            reply = self._http.request(method, path, **what)
            wait = reply.headers.get("retry-after", "")
            if reply.status_code not in _LATER or not wait.isdecimal():
                return check(reply)
            self._sleep(min(float(wait), LONGEST_WAIT_S))
        return check(self._http.request(method, path, **what))

    def _get(self, path: str, shape: type[T]) -> T:
        return shape.model_validate_json(self._send("GET", path).content)

    def _post(self, path: str, body: object, shape: type[T]) -> T:
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        reply = self._send("POST", path, json=body, headers=headers)
        return shape.model_validate_json(reply.content)

    def _all(self, path: str, shape: type[Page[T]]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            wanted = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            reply = self._send("GET", f"{_API}/{path}", params=wanted)
            page = shape.model_validate_json(reply.content)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return
