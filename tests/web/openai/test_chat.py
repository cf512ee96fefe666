"""POST /v1/chat/completions, driven by the official client over real HTTP."""

import json
import time

import jsonschema
import openai
import pytest
from pydantic import BaseModel

from idolens.errors import EngineBusyError
from tests.fakes import FakeEngine, SpeakingFakeEngine
from tests.web.openai.client import data_url, served
from tests.web.service import FakeEyes

MODEL = "fake-model"
CANARY = "秘密之七七"


def heard(turns):
    """Say what was understood of the conversation."""
    return "; ".join(
        f"{turn.role} {len(turn.pictures)} {turn.text[:20]}" for turn in turns
    )


@pytest.fixture(scope="module")
def engine():
    return SpeakingFakeEngine(wants=heard)


@pytest.fixture(scope="module")
def service(tmp_path_factory, engine):
    logs = tmp_path_factory.mktemp("logs")
    with served(FakeEyes(engine), logs, language="en") as (client, bare):
        yield client, bare, logs


@pytest.fixture(scope="module")
def client(service):
    return service[0]


def user(text="What is this?", *urls):
    if not urls:
        return {"role": "user", "content": text}
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"role": "user", "content": [{"type": "text", "text": text}, *pictures]}


def say(client, *messages, **more):
    return client.chat.completions.create(
        model=MODEL, messages=[*messages] or [user()], **more
    )


class TestWhole:
    """One reply at a time."""

    def test_a_question_about_a_picture(self, client):
        """The reply comes in the client's own type, with counted tokens."""
        reply = say(client, user("What is this?", data_url()))

        assert reply.object == "chat.completion"
        assert reply.model == MODEL
        assert reply.system_fingerprint == "fake-1"
        assert reply.choices[0].message.role == "assistant"
        assert reply.choices[0].message.content == "user 1 What is this?"
        assert reply.choices[0].finish_reason == "stop"
        assert reply.choices[0].logprobs is None
        assert reply.usage.prompt_tokens == 10 + len("What is this?")
        assert reply.usage.completion_tokens == len("user 1 What is this?")
        assert (
            reply.usage.total_tokens
            == reply.usage.prompt_tokens + reply.usage.completion_tokens
        )

    def test_a_whole_conversation(self, client):
        """Every turn comes to the model, in order and with its pictures."""
        reply = say(
            client,
            {"role": "developer", "content": "Be short."},
            user("And?", data_url(), data_url(40)),
            {"role": "assistant", "content": [{"type": "text", "text": "A stage."}]},
            user("Sure?"),
        )

        assert reply.choices[0].message.content == (
            "system 0 Be short.; user 2 And?; assistant 0 A stage.; user 0 Sure?"
        )

    def test_lengths_and_stops(self, client):
        """The limit of either name cuts; a stop text ends."""
        for name in ("max_tokens", "max_completion_tokens"):
            cut = say(client, **{name: 6})
            assert cut.choices[0].message.content == "user 0"
            assert cut.choices[0].finish_reason == "length"
            assert cut.usage.completion_tokens == 6

        for stop in (" is", ["zzz", " is"]):
            ended = say(client, stop=stop)
            assert ended.choices[0].message.content == "user 0 What"
            assert ended.choices[0].finish_reason == "stop"

    def test_logprobs(self, client):
        """Every token tells its probability and the likeliest others."""
        choice = say(client, logprobs=True, top_logprobs=2, max_tokens=5).choices[0]

        tokens = choice.logprobs.content
        assert "".join(token.token for token in tokens) == choice.message.content
        for token in tokens:
            assert token.logprob <= 0
            assert bytes(token.bytes).decode() == token.token
            assert len(token.top_logprobs) == 2
            assert token.top_logprobs[0].token == token.token

    def test_a_seed_repeats_the_dice(self, client):
        """With temperature, the same seed gives the same reply; another need not."""

        def drawn(seed):
            reply = say(client, temperature=2, top_p=1, seed=seed, max_tokens=40)
            return reply.choices[0].message.content

        assert drawn(-7) == drawn(-7)
        assert len({drawn(seed) for seed in range(6)}) > 1

    def test_thinking_is_off_unless_asked_for(self, client):
        """What was thought stands apart and is counted."""
        plain = say(client)
        for asked in (
            {"reasoning_effort": "low"},
            {"extra_body": {"chat_template_kwargs": {"enable_thinking": True}}},
        ):
            thought = say(client, **asked)
            assert thought.choices[0].message.reasoning_content == "想"
            assert (
                thought.choices[0].message.content == plain.choices[0].message.content
            )
            details = thought.usage.completion_tokens_details
            assert details.reasoning_tokens == 2
        assert plain.choices[0].message.reasoning_content is None
        assert say(client, reasoning_effort="none") is not None

    def test_no_effect_is_accepted_where_there_is_none(self, client):
        """What clients send by habit, at the value that means nothing, is fine."""
        reply = say(
            client,
            n=1,
            frequency_penalty=0,
            presence_penalty=0.0,
            stream=False,
            logprobs=None,
            stop=None,
            response_format={"type": "text"},
        )

        assert reply.choices[0].finish_reason == "stop"


class TestSchemas:
    """Replies that keep a JSON schema whatever the model wants to say."""

    def test_the_clients_own_parsing(self, client):
        """A pydantic class goes in, an object of it comes out."""

        class Person(BaseModel):
            hair: str
            people: int
            tags: list[str]

        reply = client.chat.completions.parse(
            model=MODEL,
            messages=[user()],
            response_format=Person,
            max_tokens=400,
            temperature=1.0,
            seed=3,
        )

        assert isinstance(reply.choices[0].message.parsed, Person)

    def test_a_plain_schema(self, client):
        """The reply validates, though the model wanted to say something else."""
        schema = {
            "type": "object",
            "properties": {"exposed": {"enum": ["yes", "no", "unclear"]}},
            "required": ["exposed"],
            "additionalProperties": False,
        }
        wanted = {"name": "check", "schema": schema, "strict": True}

        reply = say(
            client, response_format={"type": "json_schema", "json_schema": wanted}
        )

        jsonschema.validate(json.loads(reply.choices[0].message.content), schema)

    def test_any_object(self, client):
        """json_object gives an object, or says that it was cut."""
        choice = say(client, response_format={"type": "json_object"}).choices[0]

        assert choice.message.content.startswith("{")
        if choice.finish_reason == "stop":
            assert isinstance(json.loads(choice.message.content), dict)

    def test_a_schema_that_cannot_be_kept(self, client):
        """It is a 400 that names the keyword, never an unkept promise."""
        wanted = {"name": "x", "schema": {"not": {"const": CANARY}}}

        with pytest.raises(openai.BadRequestError, match="not") as caught:
            say(client, response_format={"type": "json_schema", "json_schema": wanted})

        assert CANARY not in str(caught.value)


class TestStreams:
    """Replies word by word."""

    def test_the_words_are_those_of_the_whole(self, client):
        """Joined, the events are the reply; one says who, one why it ended."""
        whole = say(client, user("Hello", data_url())).choices[0].message.content

        chunks = list(say(client, user("Hello", data_url()), stream=True))

        deltas = [chunk.choices[0].delta for chunk in chunks]
        assert deltas[0].role == "assistant"
        assert "".join(delta.content or "" for delta in deltas) == whole
        assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (
            len(chunks) - 1
        )
        assert chunks[-1].choices[0].finish_reason == "stop"
        assert len({chunk.id for chunk in chunks}) == 1
        assert all(chunk.usage is None for chunk in chunks)
        assert len(chunks) == len(whole) + 2

    def test_usage_comes_last_when_asked_for(self, client):
        """One more event counts what the whole reply counts."""
        whole = say(client)

        *_, last = say(client, stream=True, stream_options={"include_usage": True})

        assert last.choices == []
        assert last.usage == whole.usage

    def test_probabilities_thoughts_and_lengths(self, client):
        """All that a whole reply can tell, a stream can too."""
        chunks = list(
            say(
                client,
                stream=True,
                logprobs=True,
                top_logprobs=1,
                max_tokens=4,
                reasoning_effort="minimal",
            )
        )

        told = [chunk.choices[0] for chunk in chunks]
        thoughts = [getattr(one.delta, "reasoning_content", None) for one in told]
        assert "".join(one for one in thoughts if one) == "想"
        probabilities = [one.logprobs.content[0] for one in told if one.logprobs]
        assert "".join(one.token for one in probabilities) == "user"
        assert told[-1].finish_reason == "length"

    def test_the_event_stream_itself(self, service):
        """Every line is an event, the last says that it is the last."""
        _, bare, _ = service
        body = {"model": MODEL, "messages": [user()], "stream": True}

        reply = bare.post("/v1/chat/completions", json=body)

        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["cache-control"] == "no-store"
        lines = [line for line in reply.text.split("\n\n") if line]
        assert all(line.startswith("data: ") for line in lines)
        assert lines[-1] == "data: [DONE]"

    def test_errors_before_the_first_word_have_a_status(self, client):
        """A stream that cannot begin is no stream."""
        with pytest.raises(openai.BadRequestError):
            say(client, stream=True, max_tokens=0)

    def test_a_reader_who_leaves_stops_the_model(self, tmp_path):
        """The rest of the reply is not computed, and its place is free again."""
        engine = SpeakingFakeEngine(wants=lambda _: "ab" * 900, pause_s=0.01)
        engine.wants = lambda _: "".join(chr(97 + i % 26) for i in range(1500))
        with served(
            FakeEyes(engine), tmp_path, replies_at_once=1, requests_waiting=0
        ) as (client, _):
            stream = say(client, stream=True, max_tokens=2000)
            next(iter(stream))
            stream.close()
            reply = _until_free(client)

        assert reply.choices[0].finish_reason == "length"
        assert engine.steps < 700

    def test_a_reply_may_not_take_for_ever(self, tmp_path):
        """Over the time it is cut, and says so, whole or streamed."""
        engine = SpeakingFakeEngine(pause_s=0.02)
        engine.wants = lambda _: "".join(chr(97 + i % 26) for i in range(1500))
        with served(FakeEyes(engine), tmp_path, reply_s=0.8) as (client, _):
            whole = say(client, max_tokens=1000).choices[0]
            *_, last = say(client, max_tokens=1000, stream=True)

        assert whole.finish_reason == "length"
        assert 1 < len(whole.message.content) < 200
        assert last.choices[0].finish_reason == "length"


def _until_free(client):
    for _ in range(100):
        try:
            return say(client, max_tokens=3)
        except openai.InternalServerError:
            time.sleep(0.05)
    raise AssertionError("the place is never given back")


UNSUPPORTED = {
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    "tool_choice": "auto",
    "functions": [{"name": "f"}],
    "n": 2,
    "frequency_penalty": 0.5,
    "presence_penalty": -1,
    "logit_bias": {"50": 1},
    "audio": {"format": "wav", "voice": "alloy"},
    "modalities": ["text"],
    "prediction": {"type": "content", "content": "x"},
    "store": True,
    "metadata": {"a": "b"},
    "service_tier": "flex",
    "user": "someone",
    "parallel_tool_calls": False,
    "verbosity": "low",
    "web_search_options": {},
    "prompt_cache_key": "x",
    "safety_identifier": "x",
}
OUT_OF_RANGE = {
    "max_tokens": [0, -1, 5000, "5", 1.5],
    "temperature": [-0.1, 2.1, "0"],
    "top_p": [0, 1.1],
    "seed": [2**63, "1"],
    "stop": [["a"] * 5, "", [""], [1]],
    "top_logprobs": [-1, 21],
    "logprobs": ["yes"],
    "stream": ["yes"],
    "stream_options": [{"include_usage": True}, {"include_obfuscation": True}],
    "reasoning_effort": ["extreme"],
    "response_format": [{"type": "grammar"}, {"type": "json_schema"}, "json"],
}


class TestRefusals:
    """Nothing that is asked for is ever ignored."""

    @pytest.mark.parametrize("field", UNSUPPORTED)
    def test_an_unsupported_field_is_named(self, client, field):
        """It is a 400 whose message and param say which field it is."""
        with pytest.raises(openai.BadRequestError) as caught:
            say(client, extra_body={field: UNSUPPORTED[field]})

        assert caught.value.param == field
        assert field in caught.value.message

    @pytest.mark.parametrize(
        ("field", "value"),
        [(field, value) for field, values in OUT_OF_RANGE.items() for value in values],
    )
    def test_a_value_out_of_range_is_refused(self, client, field, value):
        """It is a 400, not another value in its place."""
        more = {"logprobs": True} if field == "top_logprobs" else {}

        with pytest.raises(openai.BadRequestError) as caught:
            say(client, extra_body={**more, field: value})

        assert field in caught.value.message or field == "stop"

    @pytest.mark.parametrize(
        "messages",
        [
            [],
            [{"role": "assistant", "content": "hi"}],
            [user(), {"role": "system", "content": "late"}],
            [{"role": "tool", "content": "x", "tool_call_id": "1"}],
            [{"role": "user", "content": []}],
            [{"role": "user", "content": None}],
            [{"role": "user", "content": "hi", "name": "x"}],
            [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}],
            [{"role": "user", "content": [{"type": "text", "text": 1}]}],
            [{"role": "system", "content": user("x", data_url())["content"]}, user()],
            [user("x", data_url()[:40] + "!!!")],
            [user("x", "https://example.org/secret.png")],
            [user("x", "http://127.0.0.1:8080/livez")],
            [user("x", "file:///etc/passwd")],
            [user("x", data_url().partition(",")[2])],
        ],
    )
    def test_messages_that_cannot_be_understood(self, client, messages):
        """Other roles, parts and pictures from elsewhere are refused."""
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model=MODEL, messages=messages)

    def test_the_place_of_a_fault_is_told(self, client):
        """The path leads to the field, through messages and parts."""
        part = {
            "type": "image_url",
            "image_url": {"url": data_url(), "detail": "high"},
        }

        with pytest.raises(openai.BadRequestError) as caught:
            say(client, {"role": "user", "content": [part]})

        assert caught.value.param == "messages.0.content.0.image_url.detail"

    def test_two_names_for_one_thing(self, client):
        """Contradictions are not resolved silently."""
        for more in (
            {"max_tokens": 5, "max_completion_tokens": 6},
            {
                "reasoning_effort": "none",
                "chat_template_kwargs": {"enable_thinking": True},
            },
            {"top_logprobs": 2},
        ):
            with pytest.raises(openai.BadRequestError):
                say(client, extra_body=more)

    def test_another_model_is_not_this_one(self, client):
        """A client set up for another server finds out at once."""
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="gpt-6", messages=[user()])

        assert caught.value.code == "model_not_found"
        assert MODEL in caught.value.message

    def test_not_json_at_all(self, service):
        """Both forms of an error stand in one body."""
        _, bare, _ = service

        broken = bare.post(
            "/v1/chat/completions",
            content=b"{",
            headers={"Content-Type": "application/json"},
        )
        form = bare.post("/v1/chat/completions", data={"a": "b"})

        assert (broken.status_code, form.status_code) == (400, 415)
        assert broken.json()["error"]["type"] == "invalid_request_error"
        assert broken.json()["message"]["zh"]
        assert broken.headers["content-type"] == "application/problem+json"

    def test_not_a_picture(self, client):
        """Base64 of something else is told apart from broken base64."""
        with pytest.raises(openai.APIStatusError) as caught:
            say(client, user("x", "data:image/png;base64,aGVsbG8="))

        assert caught.value.status_code == 415

    def test_an_engine_that_does_not_speak(self, tmp_path):
        """It says so, and names what to do."""
        with served(FakeEyes(FakeEngine()), tmp_path, language="en") as (client, _):
            with pytest.raises(openai.InternalServerError, match="--engine") as caught:
                say(client)
            assert client.models.list().data[0].speaks is False

        assert caught.value.status_code == 501

    def test_a_busy_service_says_when_to_try_again(self, tmp_path):
        """Over its places it answers 503 with Retry-After, which the client heeds."""
        engine = SpeakingFakeEngine(pause_s=0.05)
        with (
            served(
                FakeEyes(engine), tmp_path, replies_at_once=1, requests_waiting=0
            ) as (client, _),
            say(client, stream=True) as stream,
        ):
            next(iter(stream))
            with pytest.raises(openai.InternalServerError) as caught:
                say(client)
            retried = client.with_options(max_retries=5)
            assert retried.chat.completions.create(model=MODEL, messages=[user()])

        assert caught.value.response.headers["retry-after"]
        assert caught.value.status_code == 503

    def test_an_engine_that_fails_midway(self, tmp_path):
        """The client raises; it does not take half a reply for a whole one."""

        class Failing(SpeakingFakeEngine):
            def speak(self, turns, sampling):
                steps = super().speak(turns, sampling)
                yield next(steps)
                raise EngineBusyError("Gone.", "没了。")

        with (
            served(FakeEyes(Failing()), tmp_path) as (client, _),
            pytest.raises(openai.APIError, match="没了"),
        ):
            list(say(client, stream=True))


def test_the_log_holds_nothing_of_the_talk(service):
    """Neither words nor pictures nor the model's reply are recorded."""
    client, _, logs = service
    say(client, user(CANARY, data_url(shade=99)))

    log = (logs / "idolens.log").read_text("utf-8")

    assert "/v1/chat/completions" in log
    assert CANARY not in log
    assert "base64" not in log


def test_a_chat_does_not_hold_up_the_answers(tmp_path):
    """While every place for replies is taken, pictures are looked at."""
    engine = SpeakingFakeEngine(pause_s=0.05)
    with (
        served(FakeEyes(engine), tmp_path, replies_at_once=1, requests_at_once=1) as (
            client,
            bare,
        ),
        say(client, stream=True) as stream,
    ):
        next(iter(stream))
        body = {"image": data_url(), "question": "有人吗?"}
        started = time.monotonic()
        reply = bare.post("/vlm/infer", json=body)

    assert reply.status_code == 200
    assert time.monotonic() - started < 5
