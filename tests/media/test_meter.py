"""How long decoding and the gate take is heard, and what could not be decoded."""

import io

import pytest
from PIL import Image

from idolens.errors import MediaError, TooLargeError
from idolens.media import Decoder
from idolens.media.meter import UNMETERED, Unmetered, timed
from idolens.settings import DecodeSettings


class Heard(Unmetered):
    def __init__(self):
        self.stages = []
        self.codes = []

    def took(self, stage, seconds):
        assert seconds >= 0
        self.stages.append(stage)

    def refused(self, code):
        self.codes.append(code)


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), (9, 90, 200)).save(file, "PNG")
    return file.getvalue()


def test_a_decoder_tells_times_and_refusals():
    """A picture is one decode; what is none, or too large, is refused by its code."""
    heard = Heard()
    limits = DecodeSettings(picture_bytes=10_000)
    with Decoder(limits, heard) as decoder:
        decoder.standardise(png())
        with pytest.raises(MediaError):
            decoder.standardise(b"no picture")
        with pytest.raises(TooLargeError):
            decoder.standardise(b"x" * 10_001)

    assert heard.stages == ["decode"] * 3
    assert heard.codes[-1] == "too_large"
    assert len(heard.codes) == 2


def test_time_is_told_however_the_work_ends():
    """A failure takes time too."""
    heard = Heard()
    with pytest.raises(ValueError, match="x"), timed(heard, "gate"):
        raise ValueError("x")

    assert heard.stages == ["gate"]


def test_nobody_has_to_listen():
    """Every ear of the deaf one takes what it is told."""
    UNMETERED.took("store", 1.0)
    UNMETERED.refused("x")
    UNMETERED.looked("kept")
    UNMETERED.answered("text", "ok")
    UNMETERED.read(3)
    UNMETERED.said(3)
    UNMETERED.working(1)
