"""On which addresses the service listens, and when it will not."""

import pytest

from idolens.errors import SettingsError
from idolens.settings import Settings
from idolens.web.server import listen

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what this is about
NAMES = ("studio.lan",)


@pytest.mark.parametrize(
    ("host", "settings", "has_admin", "said"),
    [
        (EVERYWHERE, {}, False, "create-admin"),
        (EVERYWHERE, {"allowed_hosts": NAMES}, False, "create-admin"),
        ("192.0.2.7", {"allowed_hosts": NAMES}, False, "create-admin"),
        ("studio.lan", {"allowed_hosts": NAMES}, False, "create-admin"),
        ("::", {"access": "required"}, False, "create-admin"),
        (EVERYWHERE, {}, True, "IDOLENS_ALLOWED_HOSTS"),
        (EVERYWHERE, {"insecure_open_lan": True}, False, "IDOLENS_ALLOWED_HOSTS"),
        ("192.0.2.7", {}, True, "--port"),  # not an address of this machine
    ],
)
def test_a_door_that_others_reach_stays_shut(host, settings, has_admin, said):
    """Without an admin, or a name that it may be called by; each says what to do."""
    with pytest.raises(SettingsError) as caught:
        listen(Settings(host=host, port=0, **settings), has_admin=has_admin)

    assert said in caught.value.within("en")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("host", "settings", "has_admin"),
    [
        ("127.0.0.1", {}, False),
        ("localhost", {}, False),
        (EVERYWHERE, {"allowed_hosts": NAMES}, True),
        (EVERYWHERE, {"allowed_hosts": NAMES, "insecure_open_lan": True}, False),
    ],
)
def test_a_door_that_is_looked_after_opens(host, settings, has_admin):
    """This machine's own always; others with an admin, or on the studio's own word."""
    door = listen(Settings(host=host, port=0, **settings), has_admin=has_admin)
    try:
        assert door.getsockname()[1] > 0
    finally:
        door.close()
