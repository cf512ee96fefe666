"""The door before the engine: how many at once, who first, and what is left out.

Takes turns in and out, and how they went; gives turns and refusals. Must not know who
asks, nor over what.
"""

from idolens.vlm.admission.admission import Admission
from idolens.vlm.admission.doors import Doors, doors
from idolens.vlm.admission.engine import WaitingEngine
from idolens.vlm.admission.ladder import Ladder, Step
from idolens.vlm.admission.limit import Limit, Outcome
from idolens.vlm.admission.line import Line, Refusal, Stage, Turn
from idolens.vlm.admission.priority import Priority, room
from idolens.vlm.admission.rules import AdmissionState, Rules
from idolens.vlm.admission.shortage import ran_out

__all__ = [
    "Admission",
    "AdmissionState",
    "Doors",
    "Ladder",
    "Limit",
    "Line",
    "Outcome",
    "Priority",
    "Refusal",
    "Rules",
    "Stage",
    "Step",
    "Turn",
    "WaitingEngine",
    "doors",
    "ran_out",
    "room",
]
