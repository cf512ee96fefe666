"""The model's own chat template, split behind the picture.

Everything up to the picture's end is the prefix, the same bytes for every question
asked in one role; what follows (the question, the start of the reply, thinking off)
is the suffix. Both are rendered from the checkpoint's template, never by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from idolens.errors import EngineError
from idolens.vlm.conversation import Turn
from idolens.vlm.markup import harmless
from idolens.vlm.model_files import TEMPLATE, TOKENIZER, ModelFiles, unusable

PICTURE = "<|image|>"
PICTURE_END = "<|end_of_image|>"
THOUGHT = "<think>"


@dataclass(frozen=True, slots=True)
class Ask:
    """Prefix and suffix of one question, as text."""

    prefix: str
    suffix: str


class Chat:
    """Renders and encodes questions for one checkpoint. Safe to share."""

    def __init__(self, files: ModelFiles) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols"],
        )
        try:
            self._template = environment.from_string(files.template)
        except TemplateError as error:
            raise unusable(TEMPLATE, str(error)) from error
        try:
            self._tokenizer = Tokenizer.from_file(str(files.folder / TOKENIZER))
        except Exception as error:  # tokenizers raises nothing narrower
            raise unusable(TOKENIZER, str(error)) from error
        self._picture_token = files.picture_token

    def ask(self, role: str, text: str) -> Ask:
        """Render one question; markup in role and text is made harmless.

        Raises:
            EngineError: the template gives no picture, or puts the question before
                the picture.
        """
        question = harmless(text)
        try:
            rendered = self._template.render(
                messages=[
                    {"role": "system", "content": harmless(role)},
                    {
                        "role": "user",
                        "content": [
                            {"type": "image"},
                            {"type": "text", "text": question},
                        ],
                    },
                ],
                add_generation_prompt=True,
                enable_thinking=False,
            )
        except TemplateError as error:
            raise unusable(TEMPLATE, str(error)) from error
        before, end, suffix = rendered.partition(PICTURE_END)
        if before.count(PICTURE) != 1 or question not in suffix:
            raise unusable(TEMPLATE, "it does not put one picture before the question")
        return Ask(before + end, suffix)

    def turns(self, turns: Sequence[Turn], *, thinking: bool = False) -> str:
        """Render a conversation up to where the reply begins.

        Markup in the turns is made harmless. When thinking, the model is already
        within its thought.

        Raises:
            EngineError: the template leaves out a picture.
        """
        try:
            rendered = self._template.render(
                messages=[_message(turn) for turn in turns],
                add_generation_prompt=True,
                enable_thinking=thinking,
            )
        except TemplateError as error:
            raise unusable(TEMPLATE, str(error)) from error
        if rendered.count(PICTURE) != sum(len(turn.pictures) for turn in turns):
            raise unusable(TEMPLATE, "it leaves out a picture")
        if thinking and not rendered.rstrip().endswith(THOUGHT):
            rendered = f"{rendered.rstrip()}\n{THOUGHT}"
        return rendered

    def prefix(self, text: str, picture_tokens: int) -> list[int]:
        """Encode a prefix with room for the picture's tokens."""
        return self.with_room(text, [picture_tokens])

    def with_room(self, text: str, picture_tokens: Sequence[int]) -> list[int]:
        """Encode a text with room for the tokens of each picture in it."""
        counts = iter(picture_tokens)
        ids: list[int] = []
        for token in self.encode(text):
            ids += [token] * (next(counts) if token == self._picture_token else 1)
        return ids

    @property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's own tokenizer."""
        return self._tokenizer

    def encode(self, text: str) -> list[int]:
        """Return the token ids of ``text``."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def label(self, ask: Ask, label: str) -> int:
        """Return the one token that ``label`` is as a reply.

        Raises:
            EngineError: it is more than one token, so its probability can't be read.
        """
        before = self.encode(ask.suffix)
        after = self.encode(ask.suffix + label)
        if len(after) != len(before) + 1 or after[:-1] != before:
            raise EngineError(
                f"The label {label!r} is not one token of this model: its probability"
                " can't be read; use a model whose tokenizer has it.",
                f"标签 {label!r} 在该模型中不是单个词元,无法读取概率:"
                "请换用词表中含有它的模型。",
            )
        return after[-1]

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Return the text that each token adds; joined they are the reply."""
        texts: list[str] = []
        said = ""
        for count in range(1, len(ids) + 1):
            so_far = self._tokenizer.decode(ids[:count], skip_special_tokens=False)
            whole = not so_far.endswith("\ufffd") or count == len(ids)
            texts.append(so_far[len(said) :] if whole else "")
            said = so_far if whole else said
        return texts


def _message(turn: Turn) -> dict[str, object]:
    words = harmless(turn.text)
    if not turn.pictures:
        return {"role": turn.role, "content": words}
    pictures = [{"type": "image"} for _ in turn.pictures]
    return {"role": turn.role, "content": [*pictures, {"type": "text", "text": words}]}
