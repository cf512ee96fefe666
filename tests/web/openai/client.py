"""The official OpenAI client of a real server on this machine."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from openai import OpenAI

from tests.web.service import FakeEyes, png, running


@contextmanager
def served(
    eyes: FakeEyes, logs: Path, **settings: object
) -> Iterator[tuple[OpenAI, httpx2.Client]]:
    """Yield the official client and a bare one of the same service."""
    with running(eyes, logs, **settings) as bare:
        url = f"{bare.base_url}".rstrip("/") + "/v1"
        with OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as client:
            yield client, bare


def data_url(side: int = 32, shade: int = 80) -> str:
    """Return a small picture as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png(side, shade)).decode()
