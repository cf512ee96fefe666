"""What is forgotten leaves no bytes behind."""

from sqlalchemy import inspect

from idolens.archive import open_archive
from tests.archive.rooms import a_frame, a_session, an_answer, forget, home

WORDS = "绝密舞台名-7f3a9c"


def traces(folder, words):
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and words.encode() in path.read_bytes()
    ]


def fill(archive, name, words):
    archive.add_session(a_session(name, name=words, policy_text=words))
    frames = [a_frame(index, detail=words) for index in range(200)]
    answers = {frame.id: [an_answer(raw=words, value=words)] for frame in frames}
    archive.store_chunk(name, frames, answers)
    archive.save_report(name, words)


def test_forgotten_words_are_nowhere_in_the_files(tmp_path):
    """After forget, neither the database nor its log holds a word of the session."""
    config = home(tmp_path)
    with open_archive(config) as archive:
        fill(archive, "s1", WORDS)
        fill(archive, "s2", "另一场")
        assert traces(config.home, WORDS)
        forget(archive, "s1")

        assert traces(config.home, WORDS) == []
        assert [session.id for session in archive.sessions()] == ["s2"]
        assert archive.frame_count("s2") == 200
        assert archive.frames("s1") == []
        assert archive.answers("s1") == {}


def test_only_pictures_that_nobody_else_needs_go(tmp_path):
    """A picture that another session refers to stays."""
    shared, own = "aa" + "0" * 62, "bb" + "0" * 62
    config = home(tmp_path)
    with open_archive(config) as archive:
        for name in ("s1", "s2"):
            archive.add_session(a_session(name))
            archive.store_chunk(name, [a_frame(0, picture=shared)], {})
        archive.store_chunk("s1", [a_frame(1, picture=own)], {})
        archive.pictures.put(b"shared", shared)
        archive.pictures.put(b"own", own)
        forget(archive, "s1")

        assert archive.pictures.get(shared) == b"shared"
        assert [path.name for path in config.home.rglob("*.jpg")] == [f"{shared}.jpg"]


def test_every_table_goes_with_its_session(tmp_path):
    """Whoever adds one lets its rows go with the session that they are about."""
    config = home(tmp_path)
    with open_archive(config) as archive, archive._database.read() as connection:
        found = inspect(connection)
        alone = {
            name
            for name in found.get_table_names()
            for column in found.get_columns(name)
            if column["name"] == "session_id"
            and not any(
                key["options"].get("ondelete") == "CASCADE"
                for key in found.get_foreign_keys(name)
                if "session_id" in key["constrained_columns"]
            )
        }

    assert alone == {"purge"}, "let it refer to session or frame, on delete cascade"
