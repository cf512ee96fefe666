import pytest

from idolens.settings import Settings, environment_names
from idolens.vlm.catalog import ENGINES
from tests.cli.terminal import Shell


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A terminal with the embedded engine behind it."""
    for name in environment_names():
        monkeypatch.delenv(name, raising=False)
    if ENGINES["embedded"].obstacle(Settings()) is not None:
        pytest.skip("the embedded model is not here")
    return Shell(tmp_path, monkeypatch)
