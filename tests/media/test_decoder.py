"""The decoder's child dies, stalls or starves; the decoder goes on."""

import io
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from idolens.errors import DecodeTimeoutError, MediaError
from idolens.media import Decoder
from idolens.settings import DecodeSettings


def png(width: int = 64, height: int = 48, *, red: int = 200) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), (red, 40, 90)).save(made, "PNG")
    return made.getvalue()


def child_of_ours() -> psutil.Process:
    [child] = [p for p in psutil.Process().children() if "idolens" in str(p.cmdline())]
    return child


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    with Decoder(DecodeSettings()) as made:
        made.start()
        yield made


def test_a_killed_child_is_an_error_and_the_next_request_works(
    decoder: Decoder,
) -> None:
    """Who loses the child hears of it in a sentence; who comes next gets another."""
    first = decoder.standardise(png())
    child_of_ours().send_signal(signal.SIGKILL)

    with pytest.raises(DecodeTimeoutError, match="export it again"):
        decoder.standardise(png())
    assert decoder.standardise(png()).sha256 == first.sha256


def test_a_stalled_child_is_ended_in_time() -> None:
    """A child that says nothing is killed, and its place is taken."""
    with Decoder(DecodeSettings(seconds=3)) as decoder:
        decoder.standardise(png())
        stalled = child_of_ours()
        stalled.suspend()
        with pytest.raises(DecodeTimeoutError, match=r"within 3 s"):
            decoder.standardise(png())
        assert not stalled.is_running()
        assert decoder.standardise(png()).width == 64


def test_a_starved_child_says_which_setting_helps() -> None:
    """A picture too large for the memory limit is refused; a small one goes on."""
    with Decoder(DecodeSettings(memory_mib=320)) as decoder:
        with pytest.raises(MediaError, match=r"decode\.memory_mib"):
            decoder.standardise(png(9000, 5500))
        assert decoder.standardise(png()).height == 48


@pytest.mark.usefixtures("decoder")
def test_the_child_has_nothing_to_leak() -> None:
    """It has a working directory without a name, few words of environment, no files."""
    child = child_of_ours()
    words = Path(f"/proc/{child.pid}/environ").read_bytes().split(b"\0")
    assert {word.partition(b"=")[0] for word in words if word} <= {
        b"OMP_NUM_THREADS",
        b"MALLOC_ARENA_MAX",
        b"LC_CTYPE",
    }
    assert str(Path(f"/proc/{child.pid}/cwd").readlink()).endswith("(deleted)")
    assert child.open_files() == []
    assert os.getpgid(child.pid) == child.pid


def test_threads_share_one_decoder(decoder: Decoder) -> None:
    """Each thread gets its own picture, from one child."""
    gate = threading.Barrier(4)

    def ask(red: int) -> int:
        gate.wait()
        return int(np.asarray(decoder.standardise(png(red=red)).pixels)[0, 0, 0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, (10, 80, 150, 220))) == [10, 80, 150, 220]
    assert child_of_ours().is_running()


def test_a_closed_decoder_leaves_no_child_and_may_be_used_again() -> None:
    """Closing ends the child; asking again starts another."""
    decoder = Decoder(DecodeSettings())
    decoder.start()
    child = child_of_ours()
    decoder.close()
    assert not child.is_running()
    assert decoder.standardise(png()).width == 64
    decoder.close()
