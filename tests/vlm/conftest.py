from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from idolens.vlm.embedded import EmbeddedEngine
from idolens.vlm.model_files import shipped_folder
from tests.vlm.servers.chatting import ChatStub
from tests.vlm.servers.deciding import DECISION_STUBS
from tests.vlm.servers.engines import chat_engine, decisions_engine, dialects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from idolens.vlm.chat import ChatEngine
    from idolens.vlm.decisions import DecisionsEngine
    from idolens.vlm.glm.engine import GlmEngine


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights."""
    pytest.importorskip("transformers")
    from tests.vlm import tiny_glm  # noqa: PLC0415  (only where torch is)

    return tiny_glm.write(tmp_path_factory.mktemp("models") / "tiny", tiny_glm.model())


@pytest.fixture(scope="session")
def random_engine(random_folder: Path) -> Iterator[EmbeddedEngine]:
    """An engine on random weights; two threads, and any label mass will do."""
    engine = EmbeddedEngine(random_folder, threads=2, least_mass=0.0)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same random weights as a hub has them, without graphs."""
    pytest.importorskip("transformers")
    from tests.vlm import tiny_glm  # noqa: PLC0415  (only where torch is)

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    return tiny_glm.write_checkpoint(folder, tiny_glm.model())


@pytest.fixture(scope="session")
def random_glm(random_checkpoint: Path) -> Iterator[GlmEngine]:
    """The same random weights on torch; any label mass will do."""
    yield from _glm(random_checkpoint, least_mass=0.0)


@pytest.fixture(scope="session")
def shipped_glm() -> Iterator[GlmEngine]:
    """The shipped checkpoint on torch."""
    yield from _glm(shipped_folder())


def _glm(folder: Path, **how: float) -> Iterator[GlmEngine]:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from idolens.vlm.glm.engine import GlmEngine  # noqa: PLC0415  (only where torch is)

    engine = GlmEngine(folder, **how)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def on_chat() -> Iterator[Callable[[str], ChatEngine]]:
    """Open the chat engine on a stub server of this kind."""
    with ExitStack() as stack:

        def opened(kind: str) -> ChatEngine:
            stub = ChatStub(dialects()[kind])
            return stack.enter_context(chat_engine(stub))[0]

        yield opened


@pytest.fixture(scope="session")
def on_decisions() -> Iterator[Callable[[str], DecisionsEngine]]:
    """Open the decisions engine on a stub server of this kind."""
    with ExitStack() as stack:

        def opened(kind: str) -> DecisionsEngine:
            return stack.enter_context(decisions_engine(DECISION_STUBS[kind]()))[0]

        yield opened
