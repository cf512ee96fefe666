"""Turns recordings and pictures into frames worth looking at.

Takes files, folders and zips; gives standardised pictures with their time and state.
Must not know what is asked about a picture, nor where anything is kept.
"""

from idolens.media.decoder import Decoder, standardise
from idolens.media.discovery import Source, discover
from idolens.media.evidence import blurred, decode_evidence, encode
from idolens.media.frame import DropReason, Frame, FrameState
from idolens.media.looking import Look, look, look_at_pictures
from idolens.media.picture import Picture
from idolens.media.planning import Target, plan, plan_pictures
from idolens.media.probing import Probe, probe

__all__ = [
    "Decoder",
    "DropReason",
    "Frame",
    "FrameState",
    "Look",
    "Picture",
    "Probe",
    "Source",
    "Target",
    "blurred",
    "decode_evidence",
    "discover",
    "encode",
    "look",
    "look_at_pictures",
    "plan",
    "plan_pictures",
    "probe",
    "standardise",
]
