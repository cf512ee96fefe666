"""The notebooks that idolens brings run from top to bottom."""

import shutil
from pathlib import Path

import nbformat
import pytest

from idolens.settings import Settings
from idolens.vlm.catalog import ENGINES

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    """A glob that finds nothing would pass every other test."""
    assert [path.name for path in NOTEBOOKS] == ["prompt-debugging.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_shipped_clean(path):
    """It is valid, holds no output of ours, and speaks both languages."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    titles = [c.source for c in notebook.cells if c.source.startswith("#")]
    assert all("·" in title.splitlines()[0] for title in titles)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.skipif(
    ENGINES["embedded"].obstacle(Settings()) is not None,
    reason="the embedded model is not here",
)
def test_a_notebook_runs(path, tmp_path):
    """Every cell runs on the embedded engine, in a real kernel."""
    copy = tmp_path / "notebooks" / path.name
    copy.parent.mkdir()
    shutil.copy2(path, copy)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    notebook = nbformat.read(copy, as_version=4)

    executed = run(notebook, copy.parent)

    said = "".join(
        output.get("text", "") + output.get("data", {}).get("text/markdown", "")
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "idolens-tiny" in said
    assert "label mass" in said


def run(notebook, folder):
    """Execute ``notebook`` with ``folder`` as its working directory."""
    from nbclient import NotebookClient  # noqa: PLC0415 - starts ZeroMQ when imported

    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()
