"""What a request gets less of while too much is asked, and how its reply says so."""

from collections.abc import Sequence
from typing import Final, Literal

from starlette.responses import Response

from idolens.media.picture import Picture
from idolens.media.smaller import smaller
from idolens.settings import LoadSettings
from idolens.vlm.admission import Step
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Engine
from idolens.vlm.question import Question
from idolens.web.eyes import Eyes

Less = Literal["smaller_picture", "fewer_questions"]
HEADER: Final = "Idolens-Reduced"
"""In which a reply says what it was given with less of; a whole one has none."""
LESS_WORDS: Final = (
    "What the reply was given with less of, because too much was asked of the service:"
    " `smaller_picture`, `fewer_questions`; empty for a whole one. The header"
    " `Idolens-Reduced` says the same."
)


class Sight:
    """The eyes for one request: as good as there is time for.

    Args:
        eyes: who looks.
        step: what is left out.
        load: how much less it is then.
    """

    def __init__(self, eyes: Eyes, step: Step, load: LoadSettings) -> None:
        self._eyes = eyes
        self._step = step
        self._load = load
        self._less: dict[Less, None] = {}

    @classmethod
    def whole(cls, eyes: Eyes) -> "Sight":
        """Return eyes that leave nothing out."""
        return cls(eyes, Step.WHOLE, LoadSettings())

    @property
    def engine(self) -> Engine:
        """The engine that answers."""
        return self._eyes.engine

    @property
    def less(self) -> list[Less]:
        """What was really left out up to now."""
        return list(self._less)

    def look(self, picture: bytes) -> Picture:
        """Return a picture file as the engine gets it this time."""
        whole = self._eyes.look(picture)
        if self._step < Step.SMALLER:
            return whole
        seen = smaller(whole, self._load.smaller_side)
        if seen is not whole:
            self._less["smaller_picture"] = None
        return seen

    def ask(self, picture: bytes, questions: Sequence[Question]) -> list[Answer]:
        """Answer every question about one picture file."""
        if self._step < Step.SMALLER:
            return self._eyes.ask(picture, questions)
        return self.engine.answer([self.look(picture)], questions)[0]

    def recall(
        self, picture: bytes, questions: Sequence[Question]
    ) -> list[Answer] | None:
        """Return answers about the whole picture that are at hand."""
        return self._eyes.recall(picture, questions)

    def fewer(
        self, picture: bytes, questions: Sequence[Question]
    ) -> tuple[list[Question], dict[str, Answer]]:
        """Return the questions that are asked, and answers at hand to the others.

        Only the very same question about the very same picture is at hand; what is in
        neither is not looked at, and has to be told so.
        """
        most = self._load.fewer_questions
        if self._step < Step.FEWER or len(questions) <= most:
            return list(questions), {}
        self._less["fewer_questions"] = None
        found = [(one, self.recall(picture, [one])) for one in questions[most:]]
        return list(questions[:most]), {one.key: had[0] for one, had in found if had}


def tell(response: Response, less: Sequence[Less]) -> None:
    """Say in the reply's header what it was given with less of."""
    if less:
        response.headers[HEADER] = ", ".join(less)
