"""A report on paper, where nothing prints."""

from tests.jobs.shows import SESSION
from tests.web.api.studio import API, analysed, serving
from tests.web.test_infer import is_problem


def test_where_nothing_prints_it_is_said_how_to_get_it(tmp_path):
    """406, and what to install."""
    nowhere = tmp_path / "chromium"
    with serving(tmp_path, pdf_browser=nowhere) as (studio, client):
        analysed(studio, tmp_path / "shows")
        path = f"{API}/sessions/{SESSION}/report"
        reply = client.get(path, params={"format": "pdf"})

    body = is_problem(reply, 406, "not_installed")
    assert "apt install chromium" in body["message"]["zh"]
