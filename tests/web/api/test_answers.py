"""An answer says of which picture it is."""

from idolens.review import check_policy
from tests.jobs.shows import POLICY, WEAR, nearly_alike
from tests.web.api.studio import API, serving


def test_an_answer_taken_over_names_the_frame_looked_at(tmp_path):
    """The first of the scene, whose picture was really seen."""
    text = POLICY + WEAR.replace("label:", "reuse_similar: true\n    label:", 1)
    with serving(tmp_path) as (studio, client):
        stills = nearly_alike(tmp_path / "lot", 3)
        session = studio.jobs.analyze(stills, check_policy(text), 1000)
        studio.jobs.wait(session)
        path = f"{API}/sessions/{session}"
        frames = client.get(f"{path}/frames").json()["items"]
        answers = client.get(f"{path}/answers?question=wear").json()["items"]

    first = frames[0]
    origins = [(one["reused_from_frame"], one["reused_from"]) for one in answers]
    assert origins == [(None, None), *[(first["id"], first["sha256"])] * 2]
