"""POST /v1/chat/completions: goes on with a conversation, whole or word by word."""

from collections.abc import AsyncIterator, Iterator, Sequence

from fastapi import APIRouter, Request, Response

from idolens.errors import CannotSpeakError, IdolensError
from idolens.settings import Settings
from idolens.vlm.admission import Step
from idolens.vlm.conversation import Spoken, can_speak, check_conversation
from idolens.vlm.engine import Model
from idolens.vocabulary import Language
from idolens.web.asker import ASKING, asker_of
from idolens.web.brownout import Less, Sight, tell
from idolens.web.desk import Desk
from idolens.web.eyes import Eyes
from idolens.web.openai.chat_reply import ChatReply, Chunk, Teller
from idolens.web.openai.chat_request import ChatRequest, sampling_of, turns_of
from idolens.web.openai.models import check_model
from idolens.web.openai.talk import Talk, TalkResponse, whole
from idolens.web.pictures import data_url_bytes
from idolens.web.problems import FAILURES, for_openai, of_error

_END = "data: [DONE]\n\n"
_STREAM_GATHER_S = 0.02
"""How long a word of a stream may wait for the next; no eye sees it."""
_WHOLE_GATHER_S = 0.25
"""How often it is looked whether anybody still waits for a whole reply."""


def add_chat(router: APIRouter, eyes: Eyes, settings: Settings, desk: Desk) -> None:
    """Add the route; replies wait at ``desk``, their own beside that of pictures."""

    @router.post(
        "/chat/completions",
        summary="Go on with a conversation about pictures",
        responses=FAILURES,
        openapi_extra=ASKING,
        response_model=ChatReply,
    )
    async def chat(
        asked: ChatRequest, request: Request, response: Response
    ) -> Response | ChatReply:
        begin = _Begin(asked, eyes, settings)
        talk = Talk(
            desk,
            begin,
            asker=asker_of(request),
            most_s=settings.reply_s,
            gather_s=_STREAM_GATHER_S if asked.stream else _WHOLE_GATHER_S,
        )
        await talk.open()
        desk.gave_less(begin.less)
        teller = _teller(asked, eyes.engine.model, begin.less)
        if asked.stream:
            events = _events(talk, teller, asked, settings.language)
            stream = TalkResponse(talk, events, most_s=settings.reply_s)
            tell(stream, begin.less)
            return stream
        tell(response, begin.less)
        return teller.reply(await whole(talk, request.is_disconnected))


class _Begin:
    """Checks what is to be said, and begins to say it.

    Attributes:
        less: what the reply is given with less of, once it has begun.
    """

    def __init__(self, asked: ChatRequest, eyes: Eyes, settings: Settings) -> None:
        self._asked = asked
        self._eyes = eyes
        self._settings = settings
        self.less: list[Less] = []

    def __call__(self, step: Step) -> Iterator[Spoken]:
        """Return the steps of the reply."""
        asked, engine = self._asked, self._eyes.engine
        check_model(asked.model, engine.model)
        if not can_speak(engine):
            raise CannotSpeakError(
                f"The engine {engine.name} answers questions, but holds no"
                " conversation; choose another with --engine.",
                f"引擎 {engine.name} 只回答问题,不能对话;请用 --engine 换一个引擎。",
            )
        sampling = sampling_of(asked)
        sight = Sight(self._eyes, step, self._settings.load)
        most = self._settings.picture_upload_bytes
        turns = turns_of(
            asked.messages, lambda url: sight.look(data_url_bytes(url, most))
        )
        self.less = sight.less
        check_conversation(turns, sampling)
        return engine.speak(turns, sampling)


def _teller(asked: ChatRequest, model: Model, less: Sequence[Less]) -> Teller:
    return Teller(
        model,
        logprobs=bool(asked.logprobs),
        thinking=sampling_of(asked).thinking,
        less=less,
    )


async def _events(
    talk: Talk, teller: Teller, asked: ChatRequest, language: Language
) -> AsyncIterator[str]:
    count = asked.stream_options is not None and asked.stream_options.include_usage
    yield _event(teller.first())
    try:
        async for steps in talk.steps():
            chunks = [chunk for step in steps for chunk in teller.chunks(step)]
            if steps[-1].finish and count:
                chunks.append(teller.counted(steps[-1]))
            yield "".join(_event(chunk) for chunk in chunks)
    except IdolensError as error:
        # The status has been sent; the clients look for an error among the events.
        body = for_openai(of_error(error, language), language).body
        yield f"data: {bytes(body).decode()}\n\n"
    yield _END


def _event(chunk: Chunk) -> str:
    return f"data: {chunk.model_dump_json(exclude_none=True)}\n\n"
