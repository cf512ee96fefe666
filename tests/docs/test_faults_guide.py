"""The guide about faults names what there is."""

import re
from pathlib import Path

import yaml

from idolens.outputs.alerts import shipped_rules
from idolens.settings import Settings
from idolens.web.leaving import ALL_S

GUIDE = Path(__file__).parents[2] / "docs/guides/when-something-breaks.md"


def test_the_guide_names_settings_and_alerts_that_exist():
    """Its settings can be read, its shares and seconds are the code's."""
    text = GUIDE.read_text("utf-8")
    block = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    usual = Settings()

    assert Settings(**block).clients == usual.clients
    for share in (usual.disk.alert, usual.disk.no_uploads, usual.disk.read_only):
        assert f"less than {share:.0%}".replace("%", " %") in text
    assert ALL_S < 5
    assert {"disk", "disk_read_only"} <= {rule.name for rule in shipped_rules().rules}
    assert "alert `disk`" in text
