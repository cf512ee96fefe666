"""Switches off what the libraries below would tell their makers.

They read the environment when they are imported, so this happens first of all. What
has no such switch is switched off where it is used: FastAPI's spans (`web.app`), those
of DBOS and its console (`jobs.runtime`).
"""

import os
from typing import Final

SWITCHES: Final = {
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""Variables that huggingface_hub and transformers read, and ONNX Runtime, which reports
to its maker some seconds after it was imported unless it finds this one."""


def switch_off() -> None:
    """Switch them off for this process and its children."""
    os.environ.update(SWITCHES)  # noqa: TID251 - no setting: it is never on
