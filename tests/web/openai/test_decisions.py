"""POST /v1/decisions and GET /v1/models, driven by the official client."""

import math

import openai
import pytest

from idolens.vlm.answer import Status
from idolens.vlm.question import Choice, Score
from idolens.vlm.reading import Reading
from tests.fakes import FakeEngine, SpeakingFakeEngine
from tests.web.openai.client import data_url, served
from tests.web.service import FakeEyes

MODEL = "fake-model"
CANARY = "秘密之八八"
PLACE = {
    "type": "choice",
    "name": "place",
    "instructions": "Where is it?",
    "choices": [
        {"value": "stage", "description": "indoors, with lights"},
        {"value": "park"},
        {"value": True},
    ],
}
LIGHT = {
    "type": "score",
    "name": "light",
    "instructions": "光线有多亮?",
    "levels": [
        {"label": "暗"},
        {"label": "正常", "description": "看得清"},
        {"label": "亮"},
    ],
}
LOGO = {"type": "predicate", "name": "logo", "instructions": "是否有未授权LOGO?"}


def answer(_picture, question):
    """Say yes, the first option, the highest level; nothing of what is unclear."""
    if "unclear" in question.instruction:
        return None
    if "broken" in question.instruction:
        return Reading(status=Status.INVALID, detail="not a number")
    if isinstance(question, Choice):
        return question.options[0]
    return len(question.levels) if isinstance(question, Score) else "yes"


@pytest.fixture(scope="module")
def engine():
    return FakeEngine(reply=answer)


@pytest.fixture(scope="module")
def service(tmp_path_factory, engine):
    logs = tmp_path_factory.mktemp("logs")
    with served(FakeEyes(engine), logs, language="en") as (client, bare):
        yield client, bare, logs


@pytest.fixture(scope="module")
def client(service):
    return service[0]


def shown(*parts):
    image = {"type": "input_image", "image_url": data_url()}
    return [{"role": "user", "content": [image, *parts]}]


def words(text):
    return {"type": "input_text", "text": text}


def decide(client, *questions, model=MODEL, given=None, **more):
    return client.decisions.create(
        model=model, input=given or shown(), questions=list(questions), **more
    )


class TestAnswers:
    """Each kind of question in OpenAI's shape, in the order asked."""

    def test_a_predicate(self, client):
        """The probability is that of yes against no."""
        (one,) = decide(client, LOGO).answers

        assert (one.type, one.name) == ("predicate", "logo")
        assert one.probability == pytest.approx(0.9 / 0.95)
        assert one.idolens["value"] == "yes"
        assert one.idolens["options"]["cannot_tell"] == pytest.approx(0.05)
        assert one.idolens["label_mass"] == pytest.approx(1.0)

    def test_a_choice(self, client):
        """Values keep their type; their probabilities add up to 1."""
        (one,) = decide(client, PLACE).answers

        assert (one.type, one.name, one.choice) == ("choice", "place", "stage")
        assert [option.value for option in one.probabilities] == ["stage", "park", True]
        assert math.fsum(each.probability for each in one.probabilities) == (
            pytest.approx(1.0)
        )
        assert 0.8 < one.confidence < 1

    def test_a_score(self, client):
        """Levels count from 0; the score is the expected one."""
        (one,) = decide(client, LIGHT).answers

        assert (one.type, one.name) == ("score", "light")
        assert [each.value for each in one.probabilities] == [0, 1, 2]
        assert [each.label for each in one.probabilities] == ["暗", "正常", "亮"]
        expected = sum(each.value * each.probability for each in one.probabilities)
        assert one.score == pytest.approx(expected)
        assert one.score > 1.8

    def test_what_cannot_be_told_is_a_refusal(self, client):
        """It says why, and the other questions are answered all the same."""
        unclear = {"type": "predicate", "instructions": "unclear?"}
        broken = {"type": "choice", "name": "b", **PLACE, "instructions": "broken?"}

        first, second, third = decide(client, unclear, LIGHT, broken).answers

        assert (first.type, first.name) == ("refusal", None)
        assert first.idolens["status"] == "cannot_tell"
        assert second.type == "score"
        assert third.type == "refusal"
        assert third.idolens == third.idolens | {
            "status": "invalid",
            "detail": "not a number",
        }

    def test_an_engine_without_probabilities_does_not_invent_any(self, tmp_path):
        """It is a refusal that still tells the word that was said."""
        plain = FakeEngine(reply=lambda *_: Reading(status=Status.OK, value="yes"))
        with served(FakeEyes(plain), tmp_path) as (client, _):
            (one,) = decide(client, LOGO).answers

        assert one.type == "refusal"
        assert one.idolens["value"] == "yes"

    def test_four_hundred_questions_about_one_picture(self, client, engine):
        """They are one call of the engine; answers come in the order asked."""
        before, asked = len(engine.asked), engine.questions_asked
        questions = [{**LOGO, "name": f"q{number}"} for number in range(400)]

        reply = decide(client, *questions)

        assert [one.name for one in reply.answers] == [one["name"] for one in questions]
        assert len(engine.asked) == before + 1
        assert engine.questions_asked == asked + 400

    def test_as_many_choices_as_openai_takes(self, client):
        """255 are asked in two rounds, and come back as one distribution."""
        values = [f"place {number}" for number in range(255)]
        long = {**PLACE, "choices": [{"value": value} for value in values]}

        reply = decide(client, LOGO, long)

        one = reply.answers[1]
        assert (one.type, one.choice) == ("choice", "place 0")
        assert [option.value for option in one.probabilities] == values
        assert math.fsum(each.probability for each in one.probabilities) == (
            pytest.approx(1.0)
        )
        assert one.idolens["prompt_version"].endswith("-rounds1")
        assert not reply.answers[0].idolens["prompt_version"].endswith("-rounds1")

    def test_as_many_levels_as_openai_takes(self, client):
        """Ten, the highest of which the engine says."""
        levels = [{"label": f"{number}"} for number in range(10)]

        (one,) = decide(client, {**LIGHT, "levels": levels}).answers

        assert [each.label for each in one.probabilities] == list("0123456789")
        assert max(one.probabilities, key=lambda each: each.probability).value == 9

    def test_every_round_is_counted(self, tmp_path):
        """Usage counts groups and finals, and the picture once a round."""

        class Counting(FakeEngine):
            def tokens_read(self, _picture, questions):
                return 100 + len(questions)

        long = {**PLACE, "choices": [{"value": f"{number}"} for number in range(60)]}
        with served(FakeEyes(Counting(reply=answer)), tmp_path) as (client, _):
            short = decide(client, LOGO, PLACE).usage.input_tokens
            longer = decide(client, LOGO, long).usage.input_tokens

        assert short == 100 + 2
        assert longer == (100 + 1 + 3) + (100 + 1)

    def test_who_answered(self, client):
        """Model, engine and revision are told."""
        reply = decide(client, LOGO)

        assert reply.model == MODEL
        assert reply.idolens["engine"] == "fake"
        assert reply.idolens["model_revision"] == "fake-1"
        assert reply.idolens["demonstration"] is True
        assert reply.usage.output_tokens == 0

    def test_words_of_the_input_stand_before_every_question(self, tmp_path):
        """What is told about the picture is read with each question."""
        heard = []

        def listen(_picture, question):
            heard.append(question.instruction)
            return "yes"

        with served(FakeEyes(FakeEngine(reply=listen)), tmp_path) as (client, _):
            decide(
                client,
                LOGO,
                {
                    **LOGO,
                    "name": "b",
                    "instructions": [{"type": "input_text", "text": "B?"}],
                },
                given=[
                    *shown(words("画面来自户外直播。")),
                    {"role": "user", "content": "请仔细看。"},
                ],
            )

        assert heard == [
            "画面来自户外直播。\n请仔细看。\n是否有未授权LOGO?",
            "画面来自户外直播。\n请仔细看。\nB?",
        ]


class TestRefusals:
    """Nothing that is asked for is ever ignored."""

    @pytest.mark.parametrize(
        "questions",
        [
            [],
            [{**LOGO, "name": f"q{number}"} for number in range(401)],
            [LOGO, LOGO],
            [{**LOGO, "instructions": ""}],
            [{**LOGO, "instructions": "长" * 2001}],
            [{**LOGO, "threshold": 0.5}],
            [{"type": "text", "instructions": "What?"}],
            [{"instructions": "What?"}],
            [{**PLACE, "choices": []}],
            [{**PLACE, "choices": [{"value": "a"}]}],
            [{**PLACE, "choices": [{"value": "a"}, {"value": "a"}]}],
            [{**PLACE, "choices": [{"value": f"{number}"} for number in range(256)]}],
            [{**PLACE, "choices": [{"value": "a"}, {"value": "cannot_tell"}]}],
            [{**PLACE, "choices": ["a", "b"]}],
            [{**LIGHT, "levels": [{"label": f"{number}"} for number in range(11)]}],
            [{**LOGO, "instructions": [{"type": "input_image", "image_url": "x"}]}],
        ],
    )
    def test_questions_that_cannot_be_asked(self, client, questions):
        """Too many, too few, doubled, of another kind: a 400 each."""
        with pytest.raises(openai.BadRequestError):
            decide(client, *questions)

    @pytest.mark.parametrize(
        "given",
        [
            "only words",
            [],
            [{"role": "user", "content": "only words"}],
            shown({"type": "input_image", "image_url": data_url(40)}),
            shown({"type": "input_json", "data": {"a": 1}}),
            shown({"type": "input_file", "file_id": "x"}),
            [{"role": "system", "content": "x"}, *shown()],
            [{**shown()[0], "phase": "commentary"}],
            [{"role": "user", "content": [{"type": "input_image", "file_id": "x"}]}],
            [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "input_image",
                            "image_url": "https://example.org/a.png",
                        }
                    ],
                }
            ],
            [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "input_image",
                            "image_url": data_url(),
                            "detail": "original",
                        }
                    ],
                }
            ],
        ],
    )
    def test_inputs_that_cannot_be_looked_at(self, client, given):
        """Exactly one picture, in the request itself."""
        with pytest.raises(openai.BadRequestError):
            client.decisions.create(model=MODEL, input=given, questions=[LOGO])

    @pytest.mark.parametrize(
        "more",
        [
            {"prompt_cache_key": "x"},
            {"prompt_cache_options": {"mode": "explicit"}},
            {"safety_identifier": "x"},
            {"extra_body": {"temperature": 0}},
        ],
    )
    def test_an_unsupported_field_is_named(self, client, more):
        """It is a 400 whose param says which field it is."""
        with pytest.raises(openai.BadRequestError) as caught:
            decide(client, LOGO, **more)

        assert caught.value.param in {*more, *more.get("extra_body", {})}

    def test_another_model_is_not_this_one(self, client):
        """A client set up for another server finds out at once."""
        with pytest.raises(openai.NotFoundError) as caught:
            decide(client, LOGO, model="gpt-6-luna")

        assert caught.value.code == "model_not_found"

    def test_the_place_of_a_fault_is_told(self, client):
        """The path leads to the question."""
        with pytest.raises(openai.BadRequestError) as caught:
            decide(client, LOGO, {**PLACE, "choices": [{"value": 3}, {"value": "a"}]})

        assert caught.value.param.startswith("questions.1.choices.0.value")

    def test_nothing_that_was_sent_is_repeated(self, service):
        """Neither in the refusal nor in the log."""
        client, _, logs = service
        with pytest.raises(openai.BadRequestError) as caught:
            decide(client, LOGO, extra_body={"note": CANARY})
        decide(client, {**LOGO, "instructions": CANARY})

        assert CANARY not in str(caught.value)
        assert CANARY not in (logs / "idolens.log").read_text("utf-8")


class TestModels:
    """The one model behind the service."""

    def test_the_list_and_the_one(self, client):
        """The name is what requests give as `model`."""
        (listed,) = client.models.list().data
        one = client.models.retrieve(listed.id)

        assert listed.id == MODEL
        assert one == listed
        assert one.owned_by == "idolens"
        assert (one.revision, one.engine) == ("fake-1", "fake")
        assert one.demonstration is True
        assert one.speaks is False

    def test_one_that_speaks(self, tmp_path):
        """It tells whether chat works with it."""
        with served(FakeEyes(SpeakingFakeEngine()), tmp_path) as (client, _):
            assert client.models.list().data[0].speaks is True

    @pytest.mark.parametrize("name", ["gpt-6", "zai-org/GLM-4.6V-Flash"])
    def test_any_other_is_not_found(self, client, name):
        """Names with a slash are names too."""
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(name)

        assert caught.value.code == "model_not_found"
        assert caught.value.body["type"] == "invalid_request_error"

    def test_no_other_address(self, service):
        """What is not there is told in both forms."""
        _, bare, _ = service

        reply = bare.post("/v1/responses", json={})

        assert reply.status_code == 404
        assert (
            reply.json()["error"]["code"] == reply.json()["code"] == "no_such_address"
        )
