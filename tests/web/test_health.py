"""/livez and /readyz tell the truth."""

import pytest
from sqlalchemy import event

from idolens.archive.database import open_engine
from idolens.errors import ArchiveError, EngineError
from idolens.vocabulary import Bilingual
from idolens.web.health import Soft, database_check, disk_check
from tests.fakes import FakeEngine
from tests.web.service import FakeEyes, empty_archive, running


def broken(_picture, _question):
    raise EngineError("The model is broken; install it again.", "模型损坏,请重装。")


def test_ready_when_everything_is_well(tmp_path):
    """All checks pass and each is named."""
    checks = {"database": lambda: None, "disk": disk_check(tmp_path / "new", 1)}
    with running(FakeEyes(), tmp_path, checks) as client:
        reply = client.get("/readyz")

    assert reply.status_code == 200
    assert reply.json()["ready"] is True
    assert set(reply.json()["checks"]) == {"model", "database", "disk"}


def test_not_ready_when_the_model_does_not_answer(tmp_path):
    """A broken model is 503 with what to do, while the process is alive."""
    with running(FakeEyes(FakeEngine(reply=broken)), tmp_path) as client:
        reply = client.get("/readyz")
        alive = client.get("/livez")

    assert reply.status_code == 503
    assert reply.json()["ready"] is False
    assert "install it again" in reply.json()["checks"]["model"]["message"]["en"]
    assert alive.status_code == 200


def test_not_ready_when_any_check_fails(tmp_path):
    """A check that finds something wrong is passed on word for word."""
    wrong = Bilingual(zh="数据库打不开。", en="The database does not open.")
    with running(FakeEyes(), tmp_path, {"database": lambda: wrong}) as client:
        reply = client.get("/readyz")

    assert reply.status_code == 503
    assert reply.json()["checks"]["database"] == {
        "ok": False,
        "message": {"zh": wrong.zh, "en": wrong.en},
    }


def test_a_check_that_cannot_look_has_failed(tmp_path):
    """What it raises is told in both languages; hard ones 503, soft ones degraded."""

    def broken_disk():
        raise ArchiveError("The archive cannot be used.", "无法使用数据库。")

    checks = {"database": broken_disk, "messages": Soft(broken_disk)}
    with running(FakeEyes(), tmp_path, checks) as client:
        reply = client.get("/readyz")

    words = {"zh": "无法使用数据库。", "en": "The archive cannot be used."}
    assert reply.status_code == 503
    assert reply.json()["checks"]["database"] == {"ok": False, "message": words}
    assert {"name": "messages", **words} in reply.json()["degraded"]


def test_the_database_is_written_to(tmp_path):
    """Reading is not enough: a disk that cannot be written is not ready."""
    with empty_archive(tmp_path / "home") as archive:
        check = database_check(lambda: archive)
        assert check() is None
        archive._database._writer = read_only(tmp_path / "home" / "idolens.sqlite")
        with pytest.raises(ArchiveError, match="readonly"):
            check()


def read_only(path):
    engine = open_engine(path)
    event.listen(
        engine, "connect", lambda link, _: link.execute("PRAGMA query_only=ON")
    )
    return engine.execution_options(begin="IMMEDIATE")


def test_a_full_disk_is_seen(tmp_path):
    """Less room than asked for is not ready."""
    assert disk_check(tmp_path, 2**40)() is not None
    assert disk_check(tmp_path / "a" / "b", 0)() is None


def test_the_model_is_asked_once(tmp_path):
    """A probe every second does not load the machine."""
    eyes = FakeEyes()
    with running(eyes, tmp_path) as client:
        for _ in range(5):
            client.get("/readyz")

    assert eyes.engine.questions_asked == 1
