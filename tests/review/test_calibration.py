"""Calibrated probabilities mean what they say, and only where they were fitted."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.errors import PolicyError
from idolens.review import judge
from idolens.review.calibrating import Fitted, Labelled, fit
from idolens.review.calibration import (
    Calibration,
    curved,
    digest_of,
    version_of,
)
from idolens.review.curve_fit import fit_way
from idolens.review.judge import Judgement
from idolens.review.labels import Label, cases
from idolens.review.policy import Policy
from idolens.review.policy_file import check_policy, load_policy, policy_text
from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Model
from idolens.vlm.prompt import CANNOT_TELL, render
from tests.fakes import FakeEngine
from tests.review.sessions import answer, frame, small
from tests.vlm.asking import picture

SHARES = st.floats(0.001, 1)


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def told(share: float, **more) -> Answer:
    """An answer about exposure whose yes has probability ``share``."""
    rest = (1 - share) * 1e-4
    options = {"yes": share, "no": 1 - share - rest, CANNOT_TELL: rest}
    value = "yes" if share > options["no"] else "no"
    return answer("exposure", value, options[value], options=options, **more)


def boastful(count: int, *, seed: int = 0, sharpened: float = 3.0) -> list[Labelled]:
    """Answers whose log-odds are three times what they should be."""
    random = chance(seed)
    rows = []
    for number in range(count):
        truly = random.uniform(-2, 2)
        said = 1 / (1 + math.exp(-sharpened * truly))
        true = random.random() < 1 / (1 + math.exp(-truly))
        rows.append(Labelled(f"{number}.png", told(said), "yes" if true else "no"))
    return rows


def fitted(rows: Sequence[Labelled], policy: Policy | None = None) -> Fitted:
    return fit({"exposure": rows}, policy or small(), labels="set")


def calibrated_policy(rows: Sequence[Labelled]) -> Policy:
    return small().model_copy(update={"calibration": fitted(rows).calibration})


def test_boasting_is_taken_back():
    """Log-odds three times too large: temperature about three, and a small error."""
    (curve,) = fitted(boastful(600)).calibration.curves

    assert curve.method in ("temperature", "platt")
    assert curve.temperature == pytest.approx(3, rel=0.25)
    assert abs(curve.shift) < 0.3
    assert curve.error_before is not None
    assert curve.error_after is not None
    assert curve.error_after < 0.06 < curve.error_before
    assert curve.loss_after < curve.loss_before


def test_a_leaning_is_taken_back():
    """Who says yes far too readily gets a shift against yes."""
    random = chance(1)
    rows = []
    for number in range(600):
        truly = random.uniform(-4, 2)
        said = 1 / (1 + math.exp(-(truly + 2)))
        true = random.random() < 1 / (1 + math.exp(-truly))
        rows.append(Labelled(f"{number}.png", told(said), "yes" if true else "no"))

    (curve,) = fitted(rows).calibration.curves
    assert curve.method == "platt"
    assert curve.shift == pytest.approx(-2, abs=0.5)
    assert curve.error_after < curve.error_before / 3


def test_the_honest_are_left_alone():
    """Probabilities that mean what they say are not touched."""
    (curve,) = fitted(boastful(600, sharpened=1.0)).calibration.curves

    assert curve.method == "none"
    assert curve.why == "no_better"
    assert curve.error_before == curve.error_after


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (boastful(9), "few"),
        ([replace(row, truth="no") for row in boastful(50)], "one_truth"),
        (
            [replace(row, answer=answer("exposure", "no", options={}))] * 50
            if (row := boastful(1)[0])
            else [],
            "no_probabilities",
        ),
    ],
)
def test_nothing_is_made_of_nothing(rows, why):
    """Too few labels, labels that all say the same, an engine that gives none."""
    (curve,) = fitted(rows).calibration.curves

    assert curve.why == why
    assert curve.method == "none"


def test_a_dozen_labels_do_not_say_much():
    """Twelve right answers do not make an engine infallible."""
    rows = [
        Labelled(f"{n}.png", told(0.8 if n % 2 else 0.2), "yes" if n % 2 else "no")
        for n in range(12)
    ]
    (curve,) = fitted(rows).calibration.curves

    assert curve.temperature > 1 / 3
    told_again = curved(
        rows[1].answer.options, curve.temperature, curve.shift, ("yes",)
    )
    assert 0.8 < told_again["yes"] < 0.99


def test_the_order_of_labels_does_not_matter():
    """The same labels in any order give the same file."""
    rows = boastful(80)
    mixed = rows[:]
    chance(3).shuffle(mixed)

    assert fitted(rows).calibration == fitted(mixed).calibration


def test_what_the_model_did_not_want_to_say_is_no_label():
    """Answers without label mass are left out: their shares are of the rest."""
    rows = boastful(40)
    massless = [
        replace(
            row,
            answer=replace(
                row.answer, status=Status.CANNOT_TELL, value=None, probability=None
            ),
        )
        for row in rows
    ]
    (curve,) = fitted([*rows, *massless]).calibration.curves

    assert curve.count == 40


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(SHARES, st.booleans()), min_size=2, max_size=30),
    st.sampled_from(["temperature", "platt"]),
)
def test_the_bottom_is_found(rows, method):
    """No way nearby is better than the fitted one, pull included."""
    pairs = [
        ({"yes": p / (p + 1), "no": 1 / (p + 1)}, "yes" if true else "no")
        for p, true in rows
    ]
    way = fit_way(pairs, method, ("yes",))

    def height(scale: float, shift: float) -> float:
        loss = sum(
            -math.log(curved(options, 1 / scale, shift, ("yes",))[truth])
            for options, truth in pairs
        )
        return loss + ((scale - 1) ** 2 + shift**2) / 2

    here = height(way.scale, way.shift)
    steps = [(0.01, 0.0), (-0.01, 0.0)]
    steps += [(0.0, 0.01), (0.0, -0.01)] if method == "platt" else []
    for more_scale, more_shift in steps:
        scale = way.scale + more_scale
        if 0.05 <= scale <= 5:
            assert height(scale, way.shift + more_shift) >= here - 1e-9


@given(
    st.dictionaries(st.sampled_from("abcdef"), SHARES, min_size=2),
    st.floats(0.05, 20),
)
def test_a_temperature_keeps_the_order(options, temperature):
    """The likeliest stays the likeliest, and shares stay shares."""
    total = sum(options.values())
    options = {name: share / total for name, share in options.items()}
    read = curved(options, temperature)

    assert sum(read.values()) == pytest.approx(1)
    ranked = sorted(options, key=options.__getitem__)
    for less, more in pairwise(ranked):
        assert read[less] <= read[more] + 1e-12


@given(
    st.dictionaries(st.sampled_from("abcdef"), SHARES, min_size=2),
    st.floats(0.05, 20),
    st.floats(-8, 8),
)
def test_only_what_thresholds_are_held_against_moves(options, temperature, shift):
    """The others keep their proportions, and all of it adds up to one."""
    total = sum(options.values())
    options = {name: share / total for name, share in options.items()}
    first, *others = options
    read = curved(options, temperature, shift, (first,))

    assert list(read) == list(options)
    assert sum(read.values()) == pytest.approx(1)
    for name in others:
        whole, was = sum(read[n] for n in others), sum(options[n] for n in others)
        assert read[name] / whole == pytest.approx(options[name] / was)


def test_certainty_that_something_else_is_so_does_no_harm():
    """A model that says cannot-tell with certainty where a person says no is no
    reason to find yes likelier everywhere."""
    random = chance(5)
    rows = []
    for number in range(200):
        open_ = 0.9999 if number % 2 else 0.0001
        yes = (1 - open_) * random.uniform(0.02, 0.1)
        options = {"yes": yes, "no": 1 - open_ - yes, CANNOT_TELL: open_}
        value = None if open_ > 0.5 else "no"
        true = random.random() < yes
        given_ = answer("exposure", value, options["no"], options=options)
        rows.append(Labelled(f"{number}.png", given_, "yes" if true else "no"))
    rows.append(replace(rows[0], truth="yes"))

    (curve,) = fitted(rows).calibration.curves
    assert curve.error_after <= curve.error_before + 0.01
    assert curve.loss_after <= curve.loss_before


def test_an_answer_follows_its_probabilities():
    """Shifted against yes, a narrow yes becomes a no; the engine's own stays."""
    policy = calibrated_policy(boastful(300))
    calibration = policy.calibration
    assert calibration
    (curve,) = calibration.curves
    shifted = curve.model_copy(update={"method": "platt", "shift": -3.0})
    data = calibration.model_dump() | {"curves": (shifted,)}
    signed = Calibration.model_construct(**data)
    signed = Calibration.model_validate(data | {"version": version_of(signed)})
    policy = policy.model_copy(update={"calibration": signed})
    narrow = told(0.6)

    (read,) = policy.calibrated([narrow])
    assert (narrow.value, read.value) == ("yes", "no")
    assert read.probability == read.options["no"] > 0.5
    assert read.label_mass == narrow.label_mass


def judged(policy: Policy, given: Answer) -> Judgement:
    first = frame(0)
    rest = [answer("person", "yes"), answer("scene", "室内舞台")]
    return judge([first], {first.id: [given, *rest]}, policy)


def test_a_threshold_means_the_calibrated_probability():
    """0.85 by a boaster is no 0.5 after all: no finding any more."""
    plain, policy = small(), calibrated_policy(boastful(600))
    careful = (("review_at: 0.5", "review_at: 0.75"),)
    plain = small(*careful)
    policy = small(*careful).model_copy(update={"calibration": policy.calibration})

    assert judged(plain, told(0.85)).findings
    assert not judged(policy, told(0.85)).findings
    (finding,) = judged(policy, told(0.995)).findings
    assert finding.peak < 0.95


@pytest.mark.parametrize(
    "change",
    [
        {"model_revision": "r2"},
        {"model": "another"},
        {"engine": "glm"},
        {"prompt_version": "zh-2"},
    ],
)
def test_another_model_s_answer_is_no_answer(change):
    """It counts as not examined, never as a pass."""
    policy = calibrated_policy(boastful(100))
    stranger = replace(told(0.01), **change)

    row = judged(policy, stranger).coverage[1]
    assert row.unanswered_ms == row.duration_ms
    (read,) = policy.calibrated([stranger])
    assert read.status is Status.ERROR


def test_an_analysis_with_another_model_does_not_begin():
    """The engine is checked before anything is looked at."""
    engine = FakeEngine()
    policy = small()
    rows = [
        replace(row, answer=engine.answer([picture(0)], policy.asked()[1:2])[0][0])
        for row in boastful(20)
    ]
    calibration = fitted(rows).calibration

    calibration.check_engine(engine, policy.asked())
    engine.model = Model(name="fake-model", revision="fake-2")
    with pytest.raises(PolicyError, match="idolens calibrate"):
        calibration.check_engine(engine, policy.asked())
    assert calibration.prompt_versions == (render(policy.asked()[1]).version,)


def test_evaluation_is_of_the_calibrated():
    """`idolens eval` with a calibrated policy measures what will be judged."""
    policy = calibrated_policy(boastful(600))
    label = Label("a.png", {"exposure": "no"})
    (plain,) = cases(label, [told(0.85)], small())
    (read,) = cases(label, [told(0.85)], policy)

    assert plain.probability == pytest.approx(0.85)
    assert read.probability < 0.75


def test_a_policy_names_a_file(tmp_path):
    """By its path beside the policy; what is kept of the policy holds all of it."""
    calibration = fitted(boastful(100)).calibration
    (tmp_path / "mine.json").write_text(calibration.to_json(), encoding="utf-8")
    text = policy_text(small()) + "calibration: mine.json\n"
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")

    policy = load_policy(str(tmp_path / "small.yaml"))
    assert policy.calibration == calibration
    assert check_policy(policy_text(policy)) == policy
    assert check_policy(policy_text(policy)).version == policy.version
    assert policy.version != small().version
    with pytest.raises(PolicyError, match="beside it"):
        check_policy(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data["curves"][0].update(temperature=2.5), "changed by hand"),
        (lambda data: data["curves"][0].update(temperature=0), "temperature"),
        (lambda data: data.update(more=1), "more"),
        (lambda data: data.update(schema_version="2.0.0"), "schema_version"),
        (lambda data: data.clear(), "version"),
    ],
)
def test_a_changed_file_is_refused(tmp_path, change, words):
    """The version is the content's digest; the message says what to run."""
    data = json.loads(fitted(boastful(100)).calibration.to_json())
    change(data)
    (tmp_path / "mine.json").write_text(json.dumps(data), encoding="utf-8")
    text = policy_text(small()) + "calibration: mine.json\n"

    with pytest.raises(PolicyError, match=words) as refused:
        check_policy(text, folder=tmp_path)
    assert "idolens calibrate" in str(refused.value)
    assert "idolens calibrate" in refused.value.words.zh


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"[", b"x" * 1_000_001])
def test_no_file_is_refused(tmp_path, content):
    """Missing, not JSON, or too large."""
    if content is not None:
        (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(PolicyError, match=r"mine\.json cannot be used"):
        check_policy(policy_text(small()) + "calibration: mine.json", folder=tmp_path)


def test_another_wording_needs_another_calibration():
    """A question that was changed since is refused, by its key."""
    calibration = fitted(boastful(100)).calibration
    text = policy_text(small().model_copy(update={"calibration": calibration}))
    changed = text.replace("是否存在暴露着装", "着装是否暴露")

    check_policy(text)
    with pytest.raises(PolicyError, match=r"exposure.*changed after"):
        check_policy(changed)


def test_older_policies_keep_their_version():
    """A policy without calibration is the same policy as before there were any."""
    data = small().model_dump(mode="json")

    assert "calibration" not in data
    assert all("reuse_similar" not in question for question in data["questions"])


def test_a_label_or_an_option_makes_another_question():
    """Options count; the key does not."""
    scene = small().asked()[2]
    renamed = replace(scene, key="other")
    turned = replace(scene, options=scene.options[::-1])

    assert digest_of(scene) == digest_of(renamed)
    assert digest_of(scene) != digest_of(turned)
