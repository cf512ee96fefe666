"""Follows a conversation with its pictures, and tells what may come next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from idolens.errors import QuestionError
from idolens.media.picture import Picture
from idolens.vlm.chat_template import PICTURE_END, Chat
from idolens.vlm.conversation import Sampling, Turn
from idolens.vlm.glm.kv import Prefix, Workspace
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.packs import EVERYBODY, sight
from idolens.vlm.glm.pictures import Eyes
from idolens.vlm.glm.seeing import Seeing
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.positions import Positions, with_pictures, words

LONGEST = 16_384
"""Most tokens of a conversation and its reply; their keys and values are 640 MiB with
GLM-4.6V-Flash."""
_COLUMNS = 1024
"""Tokens read in one run; the mask grows with this times the length."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns as the model reads them.

    Attributes:
        head: the text up to the end of the first picture; empty without one.
        ids: all tokens; every picture with all of its own.
        positions: i64 [3, length].
        begin: how many of the tokens are the head's.
        pictures: in the order shown.
    """

    head: str
    ids: tuple[int, ...]
    positions: Positions
    begin: int
    pictures: tuple[Picture, ...]


@dataclass(slots=True)
class Heard:
    """What has been read up to now.

    Attributes:
        logits: f32 [words]: what may come next.
        space: keys and values of all of it.
        after: position of the next token.
    """

    logits: NDArray[np.float32]
    space: Workspace
    after: int


class Talking:
    """The half of a model that follows a conversation."""

    def __init__(
        self,
        files: ModelFiles,
        chat: Chat,
        network: Network,
        eyes: Eyes,
        seeing: Seeing,
    ) -> None:
        self._files = files
        self._chat = chat
        self._network = network
        self._eyes = eyes
        self._seeing = seeing

    def lay_out(self, turns: Sequence[Turn], sampling: Sampling) -> Conversation:
        """Put turns into words, tokens and positions; nothing is computed yet.

        Raises:
            QuestionError: the conversation and its reply are longer than can be held.
        """
        pictures = [picture for turn in turns for picture in turn.pictures]
        grids = [self._eyes.grid(picture) for picture in pictures]
        counts = [self._eyes.count(grid) for grid in grids]
        text = self._chat.turns(turns, thinking=sampling.thinking)
        head = text[: text.index(PICTURE_END) + len(PICTURE_END)] if pictures else ""
        ids = self._chat.with_room(text, counts)
        self._check_length(len(ids), sampling)
        positions, _ = with_pictures(
            ids, self._files.picture_token, grids, self._files.merge
        )
        begin = len(self._chat.prefix(head, counts[0])) if pictures else 0
        return Conversation(head, tuple(ids), positions, begin, tuple(pictures))

    @torch.inference_mode()
    def listen(self, conversation: Conversation) -> Heard:
        """Read the conversation; a picture at its beginning may have been read."""
        network, pictures = self._network, conversation.pictures
        if pictures:
            first = self._first(conversation.head, pictures[0])
            space = Workspace.behind([first], network.shape, len(conversation.ids))
        else:
            space = Workspace(network.shape, 1, len(conversation.ids))
        rest = np.array([conversation.ids[conversation.begin :]])
        embeddings = network.embed(network.tensor(rest))
        if len(pictures) > 1:
            seen = torch.cat(self._eyes.look(pictures[1:])).to(embeddings.dtype)
            embeddings[0, network.tensor(rest[0] == self._files.picture_token)] = seen
        return self._read(
            embeddings, conversation.positions[:, conversation.begin :], space
        )

    @torch.inference_mode()
    def go_on(self, heard: Heard, ids: Sequence[int]) -> Heard:
        """Read a few more tokens, the model's own."""
        network = self._network
        embeddings = network.embed(network.tensor(np.array([ids])))
        return self._read(embeddings, words(heard.after, len(ids)), heard.space)

    def _first(self, head: str, picture: Picture) -> Prefix:
        grid = self._eyes.grid(picture)
        return self._seeing.look([picture], grid, [head])[head].prefixes()[0]

    def _read(
        self, embeddings: Tensor, positions: Positions, space: Workspace
    ) -> Heard:
        network = self._network
        hidden = embeddings
        for begin in range(0, positions.shape[1], _COLUMNS):
            part = positions[:, begin : begin + _COLUMNS]
            length = int(part.shape[1])
            before = np.full(space.used, EVERYBODY, np.int64)
            space.extend(length)
            mask = sight(before, np.full(length, EVERYBODY, np.int64), space.shown)
            hidden = network.read(
                embeddings[:, begin : begin + length],
                network.tensor(part)[:, None],
                network.tensor(mask),
                space,
                network.tensor(np.array([length - 1])),
            )
        logits = network.logits(hidden[0, -1]).cpu().numpy()
        return Heard(logits, space, int(positions[:, -1].max()) + 1)

    def _check_length(self, length: int, sampling: Sampling) -> None:
        most = min(LONGEST, self._network.longest)
        reply = sampling.max_tokens + sampling.thinking * sampling.thinking_tokens
        if length + reply > most:
            raise QuestionError(
                f"The conversation and its reply have over {most} tokens, too many"
                " for this model: shorten it, or ask for fewer.",
                f"对话与回复合计超过 {most} 个词元,对该模型来说太长:"
                "请缩短,或减少 max_tokens。",
            )
