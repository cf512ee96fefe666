"""What a service says instead of what was asked."""

import httpx2
from pydantic import ValidationError

from idolens.errors import IdolensError
from idolens.web.problems import Problem


class RefusedError(IdolensError):
    """The service refused a request, or could not do it.

    Attributes:
        problem: what it said, in both languages.
    """

    code = "refused"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message.en, problem.message.zh)
        self.problem = problem


def check(response: httpx2.Response) -> httpx2.Response:
    """Return ``response`` if it is what was asked.

    Raises:
        RefusedError: it is a problem.
        httpx2.HTTPStatusError: it is a failure of something on the way.
    """
    if response.is_success:
        return response
    response.read()
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        response.raise_for_status()
        raise
    raise RefusedError(problem)
