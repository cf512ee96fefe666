"""Whoever leaves the door open is told, wherever they look."""

import pytest

from tests.web.access.house import house


@pytest.mark.parametrize(
    ("names", "settings", "figure", "told"),
    [
        ((), {}, 1, False),
        ((), {"insecure_open_lan": True}, 2, True),
        (("admin-a",), {"insecure_open_lan": True}, 0, False),
        ((), {"access": "required"}, 0, False),
    ],
)
def test_an_open_door_is_counted_and_told(tmp_path, names, settings, figure, told):
    """In /metrics and in /readyz; one account shuts it."""
    with house(tmp_path, *names, **settings) as (client, archive):
        headers = {}
        if not figure:
            _, key = archive.keys.add("probe", ["read", "metrics"], "terminal", None)
            headers = {"Authorization": f"Bearer {key}"}
        text = client.get("/metrics", headers=headers).text
        ready = client.get("/readyz", headers=headers).json()

    assert f"idolens_open_access {figure}.0" in text
    names = {one["name"] for one in ready["degraded"]}
    assert ("open_access" in names) is told
