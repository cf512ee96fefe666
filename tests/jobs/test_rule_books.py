"""A version activated once holds everywhere; one in the shadow is asked too."""

import pytest

from idolens.errors import ConflictError, NotFoundError, PolicyError
from idolens.jobs import RuleBooks, shadow_in
from idolens.review import Report, check_policy, load_policy
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, home, jobs_in, lot, policy

REWORDED = POLICY.replace("着装是否暴露?", "穿得太少吗?")


def keep(archive, text, *places):
    made = check_policy(text)
    archive.policies.add(made.name, made.version, text, by="test")
    for place in places:
        archive.policies.choose(made.name, place, made.version, by="test")
    return made


def test_the_active_version_is_the_usual_one(tmp_path):
    """For recordings and for pictures; until then it is what came along."""
    settings = home(tmp_path)
    with jobs_in(settings) as (archive, _):
        rules = RuleBooks(archive.policies, settings)
        before = rules.usual("recording")
        text = POLICY.replace("two-questions", "livestream-zh")
        made = keep(archive, text, "active")

        assert before == load_policy("livestream-zh")
        assert rules.usual("recording") == rules.policy("livestream-zh") == made
        assert rules.usual("picture") == load_policy("poster-zh")


def test_a_file_is_read_and_what_is_not_there_is_said(tmp_path):
    """A name goes before a file; a policy without an active version is a conflict."""
    settings = home(tmp_path)
    (tmp_path / "mine.yaml").write_text(POLICY, encoding="utf-8")
    with jobs_in(settings) as (archive, _):
        rules = RuleBooks(archive.policies, settings)
        assert rules.policy(str(tmp_path / "mine.yaml")) == policy()
        keep(archive, POLICY)
        with pytest.raises(ConflictError):
            rules.policy("two-questions")
        with pytest.raises(PolicyError):
            rules.policy("nobody")
        with pytest.raises(NotFoundError):
            rules.named("nobody")


def test_what_the_shadow_asks_otherwise_is_asked_beside(tmp_path):
    """Its answers are kept; the signed report knows nothing of them."""
    engine = FakeEngine()
    settings = home(tmp_path)
    pictures = lot(tmp_path / "pictures", 2)
    with jobs_in(settings, engine) as (archive, jobs):
        alone = jobs.analyze(pictures, policy(), 1000)
        jobs.wait(alone)
        shadow = keep(archive, REWORDED, "shadow")
        beside = jobs.analyze(pictures, policy(), 1000)
        jobs.wait(beside)
        without = Report.from_json(archive.report(alone)).signed
        report = Report.from_json(archive.report(beside)).signed
        answers = archive.answers(beside)
        session = archive.session(beside)

    assert shadow_in(session) == shadow
    assert {len(given) for given in answers.values()} == {3}
    assert report.models == without.models
    assert report.judgement == without.judgement


def test_a_policy_is_no_shadow_of_itself(tmp_path):
    """Nothing is asked twice where both are the same version."""
    settings = home(tmp_path)
    with jobs_in(settings) as (archive, jobs):
        keep(archive, POLICY, "active", "shadow")
        session = jobs.describe(lot(tmp_path / "pictures", 1), policy(), 1000)

    assert shadow_in(session) is None
