"""What is past its term goes, what is evidence stays, and twice is once."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from idolens.archive import schema
from idolens.archive.audit import Deed
from idolens.archive.outbox_tables import outbox_event
from idolens.archive.rows import now_ms
from idolens.archive.verdicts import Target
from idolens.errors import IdolensError
from idolens.jobs import Caretaker, tended
from idolens.media.frame import FrameState
from idolens.review import judge, policy_text
from idolens.settings import KeepSettings, Settings
from tests.archive.rooms import a_frame, a_session, an_answer
from tests.jobs.shows import policy
from tests.web.service import empty_archive

DAY = 24 * 3_600_000
NOW = now_ms()


@dataclass(frozen=True)
class Past:
    """A session of the past.

    Attributes:
        looks: of each frame, the number of its picture and whether it is risky.
        pins: numbers of the frames that somebody pinned.
    """

    age: int
    state: str
    looks: list[tuple[int, bool]]
    decision: str | None
    pins: frozenset[int]

    def is_evidence(self, number: int) -> bool:
        risky = self.looks[number][1] and self.decision != "dismissed"
        return risky or number in self.pins

    def is_due(self, days: int) -> bool:
        return bool(days) and self.state != "open" and self.age > days


PASTS = st.lists(
    st.builds(
        Past,
        age=st.integers(0, 12),
        state=st.sampled_from(["open", "cancelled", "failed", "done"]),
        looks=st.lists(
            st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=6
        ),
        decision=st.sampled_from([None, "confirmed", "dismissed", "corrected"]),
        pins=st.frozensets(st.integers(0, 5), max_size=2),
    ),
    max_size=4,
)


def digest(number: int) -> str:
    return f"{number:x}" * 64


def frame_id(number: int) -> str:
    return f"f{number:06d}"


def end(archive, session, state, age):
    """Let a session's last change be ``age`` days ago."""
    with archive._database.write() as connection:
        connection.execute(
            insert(schema.event),
            {"session_id": session, "state": state, "at_ms": NOW - age * DAY},
        )


def live(archive, name: str, past: Past) -> None:
    """Let a session have happened."""
    session = a_session(
        name, policy_text=policy_text(policy()), duration=1000 * len(past.looks)
    )
    archive.add_session(session)
    frames = [
        a_frame(at, picture=digest(picture))
        for at, (picture, _) in enumerate(past.looks)
    ]
    archive.pictures.put_all({frame.picture: b"jpeg" for frame in frames})
    answers = {
        frame.id: [
            an_answer(
                value="yes" if risky else "no",
                options={"yes": 0.9, "no": 0.1} if risky else {"yes": 0.1, "no": 0.9},
            )
        ]
        for frame, (_, risky) in zip(frames, past.looks, strict=True)
    }
    archive.store_chunk(name, frames, answers)
    for pin in past.pins:
        if pin < len(past.looks):
            archive.pins.add(name, frame_id(pin), "account:lin")
    if past.decision is not None:
        judged = judge(frames, answers, policy(), duration=session.duration)
        for found in judged.findings:
            target = Target(
                key=found.id,
                question=found.question,
                start=found.start_ms,
                end=found.end_ms,
            )
            archive.verdicts.add(
                name,
                target,
                past.decision,
                by="account:lin",
                seen=0,
                label="别的" if past.decision == "corrected" else None,
            )
    if past.state != "open":
        end(archive, name, past.state, past.age)


def no_jobs():
    raise AssertionError


def caretaker(archive, **days) -> Caretaker:
    chosen = Settings(home=Path("/nowhere"), keep=KeepSettings(**days))
    return Caretaker(archive, no_jobs, chosen, lambda: NOW)


def answered(archive, name: str) -> set[str]:
    return set(archive.answers(name))


def kept_pictures(archive) -> set[str]:
    return set(archive.pictures.there(map(digest, range(6))))


@settings(max_examples=60, deadline=None)
@given(pasts=PASTS, pictures=st.integers(0, 8), answers=st.integers(0, 8))
def test_evidence_and_what_is_young_never_go(pasts, pictures, answers):
    """Whatever happened; what nothing holds goes, and twice is once."""
    with TemporaryDirectory() as folder, empty_archive(Path(folder)) as archive:
        for number, past in enumerate(pasts):
            live(archive, f"s{number}", past)
        care = caretaker(archive, pictures_days=pictures, answers_days=answers)
        would = care.sweep(dry=True)
        before = kept_pictures(archive)
        gone = care.sweep()
        after = kept_pictures(archive)

        assert would == gone
        assert {one.kind: one.count for one in gone}["pictures"] == len(before - after)
        for number, past in enumerate(pasts):
            name = f"s{number}"
            there = answered(archive, name)
            bare = not any(past.is_evidence(at) for at in range(len(past.looks)))
            for at, (picture, _) in enumerate(past.looks):
                if past.is_evidence(at) or not past.is_due(pictures):
                    assert digest(picture) in after
                if past.is_evidence(at) or not past.is_due(answers):
                    assert frame_id(at) in there
            if bare and past.is_due(answers):
                assert there == set()
            assert len(archive.frames(name)) == len(past.looks)
        for lost in set(map(digest, range(6))) & after:
            holders = [
                past
                for past in pasts
                if lost in {digest(picture) for picture, _ in past.looks}
            ]
            free = all(
                past.is_due(pictures)
                and not any(past.is_evidence(at) for at in range(len(past.looks)))
                for past in holders
            )
            assert not free

        head = archive.audit.head()
        again = care.sweep()
        assert not any(one.count for one in again)
        assert archive.audit.head() == head
        assert kept_pictures(archive) == after


def test_messages_replies_logins_and_the_log_have_terms(tmp_path):
    """A message that waits stays; the log that was cut is whole all the same."""
    with empty_archive(tmp_path) as archive:
        archive.audit.record("terminal", Deed.SIGNED_IN, "account:lin")
        delivered = archive.outbox.add({"type": "a", "data": {}}, [])
        waiting = archive.outbox.add({"type": "b", "data": {}}, ["x"])
        later = Caretaker(
            archive,
            no_jobs,
            Settings(
                home=tmp_path / "none", keep=KeepSettings(messages_days=5, audit_days=5)
            ),
            lambda: NOW + 6 * DAY,
        )
        gone = {one.kind: one.count for one in later.sweep()}
        with archive._database.read() as connection:
            left = set(connection.execute(outbox_event.select()).scalars())

        assert gone["messages"] == gone["audit"] - 1 == 1
        assert left == {waiting} != {delivered}
        assert archive.audit.broken_at() is None
        (cut,) = archive.audit.entries()
        assert (cut.action, cut.subject, cut.seq) == (Deed.PURGED, "audit", 3)
        archive.audit.record("terminal", Deed.SIGNED_OUT, "account:lin")
        assert archive.audit.broken_at() is None
        with archive._database.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_entry_is_never_deleted")
            connection.exec_driver_sql("DELETE FROM audit_entry WHERE seq = 3")
        assert archive.audit.broken_at() == 1


def test_expired_uploads_go_without_a_new_one(tmp_path):
    """What an unfinished session needs stays."""
    with empty_archive(tmp_path / "home") as archive:
        (tmp_path / "home" / "uploads").mkdir()
        old = archive.uploads.create("a.mp4", 0)
        needed = archive.uploads.create("b.mp4", 0)
        archive.uploads.create("c.mp4", 0)
        path = str(archive.uploads.path(needed.id).resolve())
        (source,) = a_session().sources
        archive.add_session(a_session("s1", sources=(replace(source, path=path),)))
        for one in (old, needed):
            archive.uploads._save(replace(one, expires_at_ms=1))
        gone = {one.kind: one.count for one in caretaker(archive).sweep()}

        assert gone["uploads"] == 1
        assert {one.name for one in archive.uploads.all()} == {"b.mp4", "c.mp4"}
        assert archive.audit.entries()[-1].subject == "uploads"


def test_a_thread_sweeps_until_the_end(tmp_path):
    """What a crash left is finished first; a failure is told, and the end is quick."""
    begun, told = threading.Event(), threading.Event()

    def first():
        begun.set()
        raise IdolensError("no", "不")

    with empty_archive(tmp_path) as archive:
        care = caretaker(archive)
        with tended(care, first, told.set):
            assert begun.wait(20)
            assert told.wait(20)


def test_the_picture_of_a_frame_like_an_earlier_one_stays(tmp_path):
    """A pinned frame that looks like an earlier one keeps the earlier one's picture."""
    with empty_archive(tmp_path) as archive:
        archive.add_session(a_session("s1", policy_text=policy_text(policy())))
        first = a_frame(0, picture=digest(1))
        like = a_frame(1, state=FrameState.INHERITED, inherits=first.id, picture=None)
        archive.pictures.put(b"jpeg", digest(1))
        archive.store_chunk("s1", [first, like], {})
        archive.pins.add("s1", like.id, "terminal")
        end(archive, "s1", "done", 9)
        care = caretaker(archive, pictures_days=1)
        care.sweep()
        assert kept_pictures(archive) == {digest(1)}
        archive.pins.remove("s1", like.id, "terminal")
        care.sweep()
        assert kept_pictures(archive) == set()
