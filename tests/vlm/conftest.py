from collections.abc import Iterator
from pathlib import Path

import pytest

from idolens.vlm.embedded import EmbeddedEngine


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
