"""Every setting: name, default, unit, reason. The only reader of the environment.

A setting comes from the command line, else from the environment
(``IDOLENS_PORT=9000``, ``IDOLENS_GATE__BLACK_LEVEL=24``), else from the YAML file
named by ``--settings``, else from its default here. `load_settings` reads them all
and refuses a name that it does not know.
"""

from idolens.settings.alerting import AlertSettings
from idolens.settings.backup import BackupSettings
from idolens.settings.bounds import ClientSettings, DiskSettings
from idolens.settings.groups import (
    CacheSettings,
    ChatSettings,
    DecisionsSettings,
    DecodeSettings,
    GateSettings,
    GlmSettings,
    HubSettings,
    RemoteSettings,
    UploadSettings,
)
from idolens.settings.installation import Settings
from idolens.settings.keeping import KeepSettings
from idolens.settings.load import LoadSettings
from idolens.settings.loading import (
    environment_names,
    load_settings,
    setting_fields,
    wanted_language,
)

__all__ = [
    "AlertSettings",
    "BackupSettings",
    "CacheSettings",
    "ChatSettings",
    "ClientSettings",
    "DecisionsSettings",
    "DecodeSettings",
    "DiskSettings",
    "GateSettings",
    "GlmSettings",
    "HubSettings",
    "KeepSettings",
    "LoadSettings",
    "RemoteSettings",
    "Settings",
    "UploadSettings",
    "environment_names",
    "load_settings",
    "setting_fields",
    "wanted_language",
]
