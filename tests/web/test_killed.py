"""SIGKILL twenty times in the middle of work: all that was acknowledged is there."""

import hashlib
import random
import threading
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pysqlite3.dbapi2 as sqlite
import pytest
from standardwebhooks.webhooks import Webhook

from idolens.review import load_policy
from idolens.settings import Settings
from idolens.vlm.catalog import ENGINES
from tests.jobs.shows import POLICY
from tests.outputs.delivery.houses import House, open_house, webhook_house
from tests.web.process import Service, picture
from tests.web.test_leaving import until

API = "/api/v1"
KILLS = 20
PICTURES = 4
PIECE = 65_536
PIECES = 5
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of nobody
TUS = {"Tus-Resumable": "1.0.0"}
QUESTION = load_policy("poster-zh").asked()[0].key
RULE = """
rules:
- name: mine
  title: {zh: 词, en: w}
  advice: {zh: 词, en: w}
  measure: {kind: level, of: {metric: idolens_disk_bytes}}
  critical: {at: 1, clear: 0, for_s: 0}
"""


@dataclass
class Ledger:
    """What the service has said is done.

    Attributes:
        offsets: how far each upload is, by its place.
        whole: the digest of each finished one.
        versions: of the policy.
        verdicts: their targets.
        sessions: that were begun.
        numbers: of each worker's next piece of work, which is not acknowledged yet.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    verdicts: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, worker: str) -> int:
        return self.numbers.setdefault(worker, 0)

    def done(self, worker: str) -> None:
        self.numbers[worker] += 1


def content(number: int) -> bytes:
    return random.Random(number).randbytes(PIECES * PIECE)  # noqa: S311


def upload(client: httpx2.Client, ledger: Ledger) -> None:
    """Send a file in pieces; go on with the one that was cut."""
    number = ledger.number("upload")
    data = content(number)
    places = [place for place in ledger.offsets if place not in ledger.whole]
    if not places:
        length = {"Upload-Length": str(len(data))}
        made = client.post(f"{API}/uploads", headers=TUS | length)
        assert made.status_code == 201, made.text
        places = [made.headers["Location"]]
        ledger.offsets[places[0]] = 0
    (place,) = places
    at = int(client.head(place, headers=TUS).headers["Upload-Offset"])
    assert at >= ledger.offsets[place]
    while at < len(data):
        kind = {"Content-Type": "application/offset+octet-stream"}
        sent = client.patch(
            place,
            content=data[at : at + PIECE],
            headers=TUS | kind | {"Upload-Offset": str(at)},
        )
        assert sent.status_code == 204, sent.text
        at = ledger.offsets[place] = int(sent.headers["Upload-Offset"])
    ledger.whole[place] = hashlib.sha256(data).hexdigest()
    ledger.done("upload")


def judge(client: httpx2.Client, ledger: Ledger, session: str) -> None:
    """Give a verdict; give it again under the same key when no answer came."""
    number = ledger.number("judge")
    body = {
        "question": QUESTION,
        "start_ms": number,
        "end_ms": number + 1,
        "decision": "confirmed",
        "version": 0,
    }
    key = {"Idempotency-Key": f"verdict-{number}"}
    said = client.post(f"{API}/sessions/{session}/verdicts", json=body, headers=key)
    if said.status_code == 409:  # cut in the middle: nobody knows, so we look
        said = client.post(f"{API}/sessions/{session}/verdicts", json=body)
        assert said.status_code == 201 or said.json()["code"] == "conflict"
    assert said.status_code in {201, 409}, said.text
    ledger.verdicts.add(f"{QUESTION}@{number}-{number + 1}")
    ledger.done("judge")


def write_policy(client: httpx2.Client, ledger: Ledger) -> None:
    """Write a new version of a policy."""
    mark = f"level: high, review_at: {0.5 + ledger.number('policy') / 10_000}}}"
    body = {"text": POLICY.replace("level: high}", mark)}
    made = client.post(f"{API}/policies", json=body)
    assert made.status_code in {200, 201}, made.text
    ledger.versions.add(made.json()["version"])
    ledger.done("policy")


def analyse(client: httpx2.Client, ledger: Ledger, numbers: list[int]) -> str:
    """Send pictures, and have them looked at."""
    ids: list[str] = []
    for number in numbers:
        file = {"file": (f"{number}.png", picture(number))}
        sent = client.post(f"{API}/uploads", files=file)
        assert sent.status_code == 201, sent.text
        ids.append(sent.json()["id"])
    begun = client.post(f"{API}/sessions", json={"uploads": ids})
    assert begun.status_code == 201, begun.text
    session = begun.json()["sessions"][0]["id"]
    ledger.sessions.add(session)
    return session


class Load:
    """Works at a service until that is no more there."""

    def __init__(self, address: httpx2.URL, works: list[Callable]) -> None:
        self._wrong: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(address, work)) for work in works
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for thread in self._threads:
            thread.join()
        assert not self._wrong, self._wrong

    def _run(self, address: httpx2.URL, work: Callable) -> None:
        try:
            with (
                suppress(httpx2.TransportError),
                httpx2.Client(base_url=address, timeout=60) as client,
            ):
                while True:
                    work(client)
        except Exception as error:  # noqa: BLE001 - told by `end`
            self._wrong.append(error)


def all_of(client: httpx2.Client, path: str) -> list[dict]:
    found, cursor = [], None
    while True:
        params = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{API}/{path}", params=params).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def check(client: httpx2.Client, ledger: Ledger, session: str) -> None:
    """See that nothing is lost, and nothing there twice."""
    here = {one["id"]: one for one in all_of(client, "uploads")}
    for place, offset in ledger.offsets.items():
        assert here[place.rpartition("/")[2]]["received"] >= offset
    for place, digest in ledger.whole.items():  # it may still be checked
        until(lambda at=place: client.get(at).json()["complete"])
        assert client.get(place).json()["sha256"] == digest
    if ledger.versions:
        written = all_of(client, "policies/two-questions/versions")
        versions = [one["version"] for one in written]
        assert len(versions) == len(set(versions))
        assert ledger.versions <= set(versions)
    targets = [one["target"] for one in all_of(client, f"sessions/{session}/verdicts")]
    assert len(targets) == len(set(targets))
    assert ledger.verdicts <= set(targets)
    known = {one["id"] for one in all_of(client, "sessions")}
    assert ledger.sessions <= known


@contextmanager
def database(folder: Path):
    with closing(sqlite.connect(folder / "data" / "idolens.sqlite")) as connection:
        yield connection


def check_rows(folder: Path, ledger: Ledger) -> None:
    """See in the database itself that everything is there once."""
    with database(folder) as connection:
        ask = lambda query: connection.execute(query).fetchall()  # noqa: E731
        assert ask("PRAGMA integrity_check") == [("ok",)]
        assert ask("PRAGMA foreign_key_check") == []
        sessions = dict(ask("SELECT session_id, count(*) FROM report GROUP BY 1"))
        assert ledger.sessions <= set(sessions)
        assert set(sessions.values()) == {1}
        told = ask(
            "SELECT count(*), count(DISTINCT payload) FROM outbox_event"
            " WHERE kind LIKE 'report%'"
        )
        assert told == [(len(sessions), len(sessions))]
        assert ask("SELECT rule, change, count(*) FROM alert_change GROUP BY 1, 2") == [
            ("mine", "fired", 1)
        ]
        assert ask("SELECT DISTINCT state FROM outbox_delivery") == [("delivered",)]


def settings(folder: Path, house: House) -> dict[str, str]:
    (folder / "rules.yaml").write_text(RULE, encoding="utf-8")
    target = (
        f'[{{"kind": "webhook", "name": "ours", "url": "{house.url}/hook", '
        f'"secrets": ["{SECRET}"]}}]'
    )
    return {
        "ALERTS__TARGETS": target,
        "ALERTS__RULES": str(folder / "rules.yaml"),
        "ALERTS__EVERY_S": "0.3",
        "LOAD__CALLER_PER_MINUTE": "0",
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_lose_nothing_that_was_acknowledged(tmp_path):
    """Uploads, verdicts, policies, analyses, alerts; at work and while it starts."""
    if ENGINES["embedded"].obstacle(Settings()) is not None:
        pytest.skip("the embedded model is not here")
    chance = random.Random(20261123)  # noqa: S311 - moments, not secrets
    ledger = Ledger()
    with open_house(webhook_house(SECRET)) as house:
        service = Service(tmp_path, **settings(tmp_path, house))
        try:
            first = analyse(service.begin().client, ledger, list(range(PICTURES)))
            until(lambda: state(service, first) == "done")
            for kill in range(KILLS):
                if kill % 5 == 4:  # while it is starting, too
                    service.kill()
                    service.launch()
                    threading.Event().wait(chance.uniform(0.2, 2.5))
                    service.kill()
                    service.begin()
                    check(service.client, ledger, first)
                    continue
                load = Load(
                    service.client.base_url,
                    [
                        lambda client: upload(client, ledger),
                        lambda client: judge(client, ledger, first),
                        lambda client: write_policy(client, ledger),
                    ],
                )
                with suppress(httpx2.TransportError):
                    analyse(service.client, ledger, [100 + kill])
                threading.Event().wait(chance.uniform(0.0, 0.7))
                service.kill()
                load.end()
                service.begin()
                check(service.client, ledger, first)
            for session in ledger.sessions:
                until(lambda it=session: state(service, it) == "done")
            until(lambda: delivered(tmp_path))
            check(service.client, ledger, first)
            service.signal()
            assert service.wait() == 0
        finally:
            service.kill()

    check_rows(tmp_path, ledger)
    assert min(map(len, (ledger.whole, ledger.verdicts, ledger.versions))) > 5
    heard = {
        Webhook(SECRET).verify(one.body, one.headers)["type"] for one in house.asked
    }
    assert heard >= {"report.ready", "alert.fired"}


def state(service: Service, session: str) -> str:
    return service.client.get(f"{API}/jobs/{session}").json()["state"]


def delivered(folder: Path) -> bool:
    with database(folder) as connection:
        states = connection.execute("SELECT DISTINCT state FROM outbox_delivery")
        return states.fetchall() == [("delivered",)]
