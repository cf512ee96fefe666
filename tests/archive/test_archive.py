"""What goes into the archive comes out of it, once, and not otherwise."""

import threading
from functools import partial

import pysqlite3.dbapi2 as sqlite
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idolens.archive import SessionState, open_archive
from idolens.errors import ArchiveError, NotFoundError
from idolens.media.frame import FrameState
from idolens.vlm.answer import Region, Status
from idolens.vocabulary import Bilingual
from tests.archive.rooms import (
    a_frame,
    a_session,
    an_answer,
    dropped,
    forget,
    home,
)


@pytest.fixture
def archive(tmp_path):
    with open_archive(home(tmp_path)) as archive:
        yield archive


def table_sizes(path):
    connection = sqlite.connect(path)
    try:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            )
        ]
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - our own tables
            for name in names
        }
    finally:
        connection.close()


def test_a_session_comes_back_as_it_was(archive):
    """A session is the same after the archive was closed and opened."""
    session = a_session()
    archive.add_session(session)

    assert archive.session("s1") == session
    assert archive.sessions() == [session]


def test_the_newest_session_comes_first(archive):
    """Sessions of the same second are in order of their ids."""
    for name in ("a", "c", "b"):
        archive.add_session(a_session(name))

    assert [session.id for session in archive.sessions()] == ["c", "b", "a"]


def test_an_unknown_session_is_said_to_be_unknown(archive):
    """Asking for a session that is not there is the caller's mistake."""
    for ask in (archive.session, archive.state, partial(forget, archive)):
        with pytest.raises(NotFoundError):
            ask("nobody")


def test_a_session_is_begun_once(archive):
    """A second session of the same id is refused, and the first one stays."""
    archive.add_session(a_session())

    with pytest.raises(ArchiveError):
        archive.add_session(a_session(name="another"))
    assert archive.session("s1").name == "首场.mp4"


def test_states_are_a_history(archive):
    """Every change of state stays on record; repeating one adds nothing."""
    archive.add_session(a_session())
    why = Bilingual(zh="磁盘已满", en="The disk is full")
    archive.record("s1", SessionState.FAILED, why)
    archive.record("s1", SessionState.FAILED, why)
    archive.record("s1", SessionState.OPEN)
    archive.record("s1", SessionState.DONE)

    assert [event.state for event in archive.events("s1")] == [
        "open",
        "failed",
        "open",
        "done",
    ]
    assert archive.events("s1")[1].reason == why
    assert archive.state("s1").state is SessionState.DONE


def test_frames_and_answers_come_back_as_they_were(archive):
    """Every kind of frame and answer survives the database."""
    frames = [
        a_frame(0),
        a_frame(1, state=FrameState.INHERITED, inherits="f000000"),
        dropped(2),
        a_frame(3, state=FrameState.FAILED, picture=None, detail="坏"),
        a_frame(4, label="海报.png"),
    ]
    answers = {
        "f000000": [
            an_answer("a"),
            an_answer("b", value=("微笑", "汉服"), label_mass=None),
            an_answer("c", value=3.25),
            an_answer("d", status=Status.CANNOT_TELL, value=None),
            an_answer("e", reused_from="ab" * 32),
            an_answer(
                "f",
                regions=(
                    Region(x1=0, y1=2, x2=30, y2=4),
                    Region(x1=500, y1=0, x2=512, y2=288),
                ),
            ),
        ],
        "f000004": [
            an_answer(
                "a", status=Status.ERROR, value=None, probability=None, options={}
            )
        ],
    }
    archive.add_session(a_session())
    archive.store_chunk("s1", frames, answers)

    assert archive.frames("s1") == frames
    assert archive.answers("s1") == answers


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    number=st.integers(min_value=0, max_value=10**9),
    probability=st.floats(0, 1),
    value=st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.text(st.characters(codec="utf-8"))).map(tuple),
    ),
)
def test_numbers_and_words_are_kept_exactly(archive, number, probability, value):
    """No probability is rounded and no character is lost on the way."""
    name = f"s{number}"
    if name in {session.id for session in archive.sessions()}:
        forget(archive, name)
    answer = an_answer(probability=probability, value=value)
    archive.add_session(a_session(name))
    archive.store_chunk(name, [a_frame()], {"f000000": [answer]})

    assert archive.answers(name) == {"f000000": [answer]}


def test_storing_a_chunk_twice_keeps_it_once(archive, tmp_path):
    """A chunk done again after a crash adds no row and changes none."""
    archive.add_session(a_session())
    answers = {"f000000": [an_answer("a"), an_answer("b")]}
    archive.store_chunk("s1", [a_frame(0), dropped(1)], answers)
    before = table_sizes(tmp_path / "home" / "idolens.sqlite")
    archive.store_chunk(
        "s1",
        [a_frame(0), dropped(1)],
        {"f000000": [an_answer("a", value="yes"), an_answer("b")]},
    )

    assert table_sizes(tmp_path / "home" / "idolens.sqlite") == before
    assert archive.answers("s1") == answers


def test_a_new_model_or_prompt_adds_an_answer(archive):
    """Answers of another model revision or prompt version stand beside the first."""
    archive.add_session(a_session())
    answers = [
        an_answer(),
        an_answer(prompt_version="zh-2"),
        an_answer(model_revision="fake-2"),
    ]
    for answer in answers:
        archive.store_chunk("s1", [a_frame()], {"f000000": [answer]})

    assert len(archive.answers("s1")["f000000"]) == 3


def test_a_chunk_is_stored_whole_or_not_at_all(archive):
    """An answer about a frame that is not there takes its whole chunk with it."""
    archive.add_session(a_session())

    with pytest.raises(ArchiveError):
        archive.store_chunk("s1", [a_frame(0)], {"f000009": [an_answer()]})
    assert archive.frames("s1") == []


def test_the_database_itself_refuses_changes(archive, tmp_path):
    """Sessions, states, frames, answers and reports cannot be updated, by anyone."""
    archive.add_session(a_session())
    archive.store_chunk("s1", [a_frame()], {"f000000": [an_answer()]})
    archive.save_report("s1", "{}")
    connection = sqlite.connect(tmp_path / "home" / "idolens.sqlite")

    for table, column in (
        ("session", "name"),
        ("session_event", "state"),
        ("frame", "detail"),
        ("answer", "raw"),
        ("report", "content"),
    ):
        with pytest.raises(sqlite.IntegrityError, match=f"{table} is append-only"):
            connection.execute(f"UPDATE {table} SET {column} = 'x'")  # noqa: S608 - our own tables
    connection.close()


def test_the_last_kept_frame_is_found(archive):
    """What the gate compares with after a crash is the last frame that was kept."""
    archive.add_session(a_session())
    archive.store_chunk("s1", [a_frame(0), a_frame(1), dropped(2), a_frame(3)], {})

    assert archive.last_kept("s1", "f000003") == a_frame(1)
    assert archive.last_kept("s1", "f000000") is None


def test_frames_are_counted_in_a_range(archive):
    """Counting takes both ends in."""
    archive.add_session(a_session())
    archive.store_chunk("s1", [a_frame(index) for index in range(5)], {})

    assert archive.frame_count("s1") == 5
    assert archive.frame_count("s1", "f000001", "f000003") == 3


def test_reports_are_added_never_replaced(archive, tmp_path):
    """The newest report is read; the same one twice is kept once."""
    archive.add_session(a_session())
    assert archive.report("s1") is None
    for content in ('{"n": 1}', '{"n": 2}', '{"n": 2}'):
        archive.save_report("s1", content)

    assert archive.report("s1") == '{"n": 2}'
    assert table_sizes(tmp_path / "home" / "idolens.sqlite")["report"] == 2


def test_writers_wait_for_each_other(tmp_path):
    """Four threads of two archives write at once; every chunk arrives."""
    config = home(tmp_path)
    with open_archive(config) as one, open_archive(config) as two:
        one.add_session(a_session())
        failures = []

        def work(archive, start):
            try:
                for index in range(start, start + 25):
                    answers = {f"f{index:06d}": [an_answer(), an_answer("b")]}
                    archive.store_chunk("s1", [a_frame(index)], answers)
            except ArchiveError as error:
                failures.append(error)

        threads = [
            threading.Thread(target=work, args=(archive, start))
            for archive, start in ((one, 0), (two, 25), (one, 50), (two, 75))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert one.frame_count("s1") == 100
        assert sum(map(len, two.answers("s1").values())) == 200
