"""Pictures and questions in, typed answers out, on a checkpoint of transformers.

For pictures of one size, a few together: the vision tower runs once; each role's
prefix (role + picture) is read once, or taken from those kept; then the questions go
through in a few packed lines behind it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from idolens.errors import EngineBusyError
from idolens.media.meter import Meter
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.asked import KEPT, Asked, Desk, Found
from idolens.vlm.boxes import regions_in
from idolens.vlm.chat_template import Chat
from idolens.vlm.conversation import Sampling, Spoken, Turn, check_conversation
from idolens.vlm.engine import Model, signed
from idolens.vlm.fair_lock import FairLock
from idolens.vlm.glm.answering import Answering, no_room
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.loading import load
from idolens.vlm.glm.machine import choose_machine
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.options import Options
from idolens.vlm.glm.pictures import Eyes
from idolens.vlm.glm.reader import Reader
from idolens.vlm.glm.room import Room, is_shortage
from idolens.vlm.glm.seeing import Seeing
from idolens.vlm.glm.selfcheck import check_reply, check_sight, check_words
from idolens.vlm.glm.talking import Conversation, Heard, Talking
from idolens.vlm.glm.weights import check_weights, find_model, revision, weight_files
from idolens.vlm.label_tokens import check_split, label_ids
from idolens.vlm.lexicon import Lexicon
from idolens.vlm.model_files import read_model_files
from idolens.vlm.pixels import Grid
from idolens.vlm.prefixes import Prefixes, Uses
from idolens.vlm.question import Question, check
from idolens.vlm.reading import LEAST_LABEL_MASS
from idolens.vlm.speech import Speech, say

_MIB = 2**20


class GlmEngine:
    """A Glm4v checkpoint on torch; safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        options: Options | None = None,
        *,
        least_mass: float = LEAST_LABEL_MASS,
        network: type[Network] = Network,
    ) -> None:
        """Load and check the model in ``folder``.

        Args:
            folder: a model folder, as it is pulled from a hub.
            options: how to run it.
            least_mass: label mass below which an answer is ``cannot_tell``.
            network: what computes.

        Raises:
            EngineError: a file is missing, corrupt or of another architecture, or
                the start-up check failed; the message says what to do.
        """
        options = options or Options()
        names = weight_files(folder)
        files = read_model_files(folder, names)
        check_weights(folder, names)
        chat = Chat(files)
        check_split(chat)
        check_words(chat, files)
        machine = choose_machine(options)
        self._desk = Desk(
            chat=chat,
            label_ids=label_ids(chat),
            temperatures=files.temperatures,
            least_mass=least_mass,
        )
        self._asked = lru_cache(KEPT)(self._desk.take)
        self._network = network(
            load(folder, machine, options.quantize), machine, compiled=options.compile
        )
        self._eyes = Eyes(files, self._network, options.pixels)
        self._reader = Reader(files, chat, self._network)
        self._prefixes = Prefixes[Prefix](options.prefix_mib * _MIB)
        self._room = Room(options.pictures, options.columns)
        self._seeing = Seeing(self._eyes, self._reader, self._prefixes)
        self._turn = FairLock()
        self.folder = folder
        check_sight(self._eyes, self._reader, chat)
        self._talking = Talking(files, chat, self._network, self._eyes, self._seeing)
        self._lexicon = Lexicon(chat.tokenizer, files.stop, self._network.words)
        lead = check_reply(self._eyes, self._reader, self._network, self._desk, files)
        self._answering = Answering(
            self._network, self._desk, self._room, files.stop, lead
        )
        self._model = Model(
            name=folder.name,
            revision=revision(folder, names),
            demonstration=files.demonstration,
        )

    @property
    def name(self) -> str:
        """``glm``."""
        return "glm"

    @property
    def model(self) -> Model:
        """The model in the folder; its revision covers every file that decides."""
        return self._model

    @property
    def shortages(self) -> int:
        """How often memory ran out; each time less was computed at once."""
        return self._room.shortages

    @property
    def uses(self) -> Uses:
        """How often a picture had been read before."""
        return self._prefixes.uses

    def forget(self) -> None:
        """Forget what was read of recent pictures."""
        with self._turn:
            self._prefixes.clear()

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Ask every question about every picture; see `Engine.answer`."""
        check(questions)
        asked = [self._asked(question) for question in questions]
        found: dict[tuple[int, int], Found] = {}
        for numbers, grid in self._eyes.groups(pictures, self._room.pictures):
            for one in self._look([pictures[at] for at in numbers], grid, asked):
                found[numbers[one.picture], one.question] = one
        return [
            [
                self._signed(about, found[at, number], picture)
                for number, about in enumerate(asked)
            ]
            for at, picture in enumerate(pictures)
        ]

    def tokens_read(self, picture: Picture, questions: Sequence[Question]) -> int:
        """Return how many tokens these are: each role and picture, each question."""
        asked = [self._asked(question) for question in questions]
        shown = self._eyes.count(self._eyes.grid(picture))
        chat = self._desk.chat
        roles = {about.prefix for about in asked}
        read = sum(len(chat.prefix(role, shown)) for role in roles)
        return read + sum(len(about.ids) for about in asked)

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Say what comes next in a conversation; see `Speaker.speak`.

        Raises:
            EngineBusyError: the conversation does not fit into memory now.
        """
        check_conversation(turns, sampling)
        conversations = {
            thinking: self._talking.lay_out(turns, replace(sampling, thinking=thinking))
            for thinking in {sampling.thinking, False}
        }
        speech = Speech(
            self._lexicon,
            sampling,
            prompt_tokens=len(conversations[sampling.thinking].ids),
            plain_tokens=len(conversations[False].ids),
            thinking=sampling.thinking,
        )
        return self._said(conversations, speech)

    def _said(
        self, conversations: Mapping[bool, Conversation], speech: Speech
    ) -> Iterator[Spoken]:
        """Say the reply; between two tokens others get in."""
        return say(
            speech,
            lambda thinking: self._heard(
                partial(self._talking.listen, conversations[thinking])
            ),
            lambda heard, ids: self._heard(partial(self._talking.go_on, heard, ids)),
        )

    def _heard(self, read: Callable[[], Heard]) -> Heard:
        with self._turn:
            try:
                return read()
            except Exception as error:
                if not is_shortage(error):
                    raise
                self._make_room()
                raise _busy() from error

    def heard_by(self, meter: Meter) -> None:
        """Tell ``meter`` how long the stages take from now on."""
        self._network.stages.meter = meter

    def close(self) -> None:
        """Give the weights' memory back."""
        with self._turn:
            self._prefixes.clear()
            self._network.close()

    def _look(
        self, pictures: Sequence[Picture], grid: Grid, asked: Sequence[Asked]
    ) -> Iterator[Found]:
        """Answer about pictures of one grid; in halves when they don't fit.

        One call at a time: it bounds memory, and since long calls come here often,
        short ones get in between.
        """
        with self._turn:
            found = self._found(pictures, grid, asked)
        if found is not None:
            yield from found
        elif len(pictures) == 1:
            self._room.shortages += 1
            for number in range(len(asked)):
                yield Found(0, number, no_room(), 0.0)
        else:
            self._room.fewer_pictures(len(pictures))
            half = len(pictures) // 2
            yield from self._look(pictures[:half], grid, asked)
            for one in self._look(pictures[half:], grid, asked):
                yield Found(half + one.picture, one.question, one.reading, one.ms)

    def _found(
        self, pictures: Sequence[Picture], grid: Grid, asked: Sequence[Asked]
    ) -> list[Found] | None:
        """Answer about pictures of one grid, or None when looking does not fit."""
        begin = time.perf_counter()
        roles = list(dict.fromkeys(about.prefix for about in asked))
        found: list[Found] | None = []
        try:
            views = self._seeing.look(pictures, grid, roles)
            share = (time.perf_counter() - begin) * 1000 / (len(pictures) * len(asked))
            for role in roles:
                numbers = [at for at, about in enumerate(asked) if about.prefix == role]
                answers = self._answering.answer(views[role], numbers, asked)
                found += [replace(one, ms=one.ms + share) for one in answers]
        except Exception as error:
            if not is_shortage(error):
                raise
            found = None
        self._network.stages.told()
        self._network.stages.meter.read(
            sum(len(asked[one.question].ids) for one in found or ())
        )
        if found is None:  # outside of `except`, which would hold on to the memory
            self._make_room()
        return found

    def _make_room(self) -> None:
        self._prefixes.clear()
        self._network.machine.free()

    def _signed(self, asked: Asked, found: Found, picture: Picture) -> Answer:
        said = found.reading.raw if asked.limit else ""
        return signed(
            found.reading,
            asked.question,
            asked.prompt,
            self,
            latency_ms=found.ms,
            regions=regions_in(said, picture.width, picture.height),
        )


def open_glm(settings: Settings) -> GlmEngine:
    """Open the engine on the model that ``settings`` names."""
    return GlmEngine(find_model(settings), Options.from_settings(settings))


def _busy() -> EngineBusyError:
    return EngineBusyError(
        "There is no memory for this conversation now: try again, or shorten it.",
        "目前没有足够的内存容纳这段对话:请稍后再试,或缩短对话。",
    )
