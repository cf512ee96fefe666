"""What /api/v1 needs of a studio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from idolens.archive import Archive
from idolens.jobs import Jobs, RuleBooks
from idolens.media import Source
from idolens.vlm.admission import Doors
from idolens.vocabulary import SessionId
from idolens.web.eyes import Eyes


class House(Eyes, Protocol):
    """Eyes with a memory and work to do; an open studio is."""

    @property
    def archive(self) -> Archive:
        """What is kept."""
        ...

    @property
    def doors(self) -> Doors:
        """Who gives turns with the engine."""
        ...

    @property
    def jobs(self) -> Jobs:
        """The analyses."""
        ...

    @property
    def rules(self) -> RuleBooks:
        """The policies."""
        ...

    def wind_down(self) -> None:
        """Let running analyses stop before their next pictures."""
        ...

    def discover(self, paths: Sequence[Path]) -> list[Source]:
        """Find recordings and pictures."""
        ...

    def forget(self, session_id: SessionId, by: str) -> None:
        """Delete a session for good."""
        ...
