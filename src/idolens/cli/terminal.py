"""What a command prints on, and in which language."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from idolens.errors import IdolensError
from idolens.settings import Settings
from idolens.vocabulary import Language, Suggestion

VERDICTS: dict[Suggestion, tuple[str, str, str]] = {
    Suggestion.PASS: ("通过", "pass", "green"),
    Suggestion.REVIEW: ("复审", "review", "yellow"),
    Suggestion.BLOCK: ("拦截", "block", "red"),
}


@dataclass(slots=True)
class Terminal:
    """One invocation: its settings, once read, and where it prints.

    Attributes:
        settings: of this installation; the defaults until they are read.
        out: results; only these go to standard output.
        err: everything that is said by the way.
    """

    settings: Settings = field(default_factory=Settings.model_construct)
    out: Console = field(default_factory=lambda: Console(highlight=False))
    err: Console = field(
        default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True)
    )

    @property
    def language(self) -> Language:
        """The language to speak."""
        return self.settings.language

    def word(self, zh: str, en: str) -> str:
        """Choose between a text's two languages."""
        return zh if self.language == "zh" else en

    def say(self, zh: str, en: str) -> None:
        """Say something by the way."""
        self.err.print(self.word(zh, en), markup=False)

    def warn(self, zh: str, en: str) -> None:
        """Say something that nobody may miss."""
        self.err.print(self.word(zh, en), markup=False, style="bold red")

    def fail(self, error: IdolensError, about: str = "") -> None:
        """Say what went wrong (with ``about``, a file's name) and what to do."""
        said = error.within(self.language)
        if about and about not in said:
            said = f"{about}{self.word('：', ': ')}{said}"
        self.err.print(
            f"{self.word('错误：', 'Error: ')}{said}",
            markup=False,
            style="red",
        )

    def json(self, value: Any) -> None:
        """Print a result for a program to read."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def verdict(self, suggestion: Suggestion) -> str:
        """Say a suggestion in colour, as Rich markup."""
        zh, en, colour = VERDICTS[suggestion]
        return f"[bold {colour}]{self.word(zh, en)}[/]"

    def time(self, milliseconds: int) -> str:
        """Say a moment of the session clock: ``1:02:03`` or ``02:03.4``."""
        seconds, rest = divmod(milliseconds, 1000)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        if hours:
            return f"{hours}:{minute:02}:{second:02}"
        return f"{minute:02}:{second:02}.{rest // 100}"
