"""The decoder's child is confined, replaceable, and never leaves anything behind."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idolens.errors import DecodeTimeoutError
from idolens.media import Decoder
from idolens.media.decoder import Window
from idolens.settings import DecodeSettings
from idolens.vocabulary import Milliseconds
from tests.media.recordings import Recipe, make_recording, number_of
from tests.media.test_still import halves, stored

LIMITS = DecodeSettings()
PROC = Path("/proc")
NEAR_ONE_SECOND = Window(
    wanted=Milliseconds(1000),
    first=Milliseconds(500),
    last=Milliseconds(1500),
    reach=Milliseconds(1000),
)

needs_proc = pytest.mark.skipif(not PROC.exists(), reason="reads /proc")


def child_of(decoder: Decoder) -> int:
    decoder.start()
    assert decoder._child is not None
    return decoder._child._process.pid


@needs_proc
def test_the_child_has_nothing_that_it_does_not_need() -> None:
    """No environment, no files, no folder, no network; less memory than its limit."""
    with Decoder(LIMITS) as decoder:
        decoder.standardise(stored(halves(), "PNG"))
        process = PROC / str(child_of(decoder))
        environment = (process / "environ").read_bytes().split(b"\0")
        files = {str(entry.readlink()) for entry in (process / "fd").iterdir()}
        limits = (process / "limits").read_text()

        assert {line.split(b"=")[0] for line in environment if line} <= {
            b"OMP_NUM_THREADS",
            b"MALLOC_ARENA_MAX",
            b"MALLOC_MMAP_THRESHOLD_",
            b"MALLOC_TRIM_THRESHOLD_",
            b"LC_CTYPE",
        }
        assert {name for name in files if not name.startswith("socket:")} == {
            "/dev/null"
        }
        assert len([name for name in files if name.startswith("socket:")]) == 1
        assert str((process / "cwd").readlink()).endswith("(deleted)")
        assert str(LIMITS.memory_mib * 2**20) in limits
        assert os.getsid(int(process.name)) != os.getsid(0)


@needs_proc
def test_a_closed_decoder_leaves_no_process() -> None:
    """Closing ends the child; using the decoder again starts another."""
    decoder = Decoder(LIMITS)
    first = child_of(decoder)
    decoder.close()
    assert not (PROC / str(first)).exists()

    assert decoder.standardise(stored(halves(), "PNG")).width == 120
    second = child_of(decoder)
    decoder.close()
    assert second != first
    assert not (PROC / str(second)).exists()


def test_threads_share_a_decoder() -> None:
    """Requests of many threads queue, and each gets its own picture."""
    sizes = [(20 + number, 10 + number) for number in range(24)]
    with Decoder(LIMITS) as decoder, ThreadPoolExecutor(6) as threads:
        made = threads.map(
            lambda size: decoder.standardise(stored(halves(size), "PNG")), sizes
        )
        assert [(p.width, p.height) for p in made] == sizes


def test_a_killed_child_is_replaced(tmp_path: Path) -> None:
    """A crash costs one request; the next opens the recording anew."""
    path = make_recording(tmp_path / "a.mp4", Recipe(seconds=2))
    with Decoder(LIMITS) as decoder:
        decoder.open_recording(path)
        os.kill(child_of(decoder), signal.SIGKILL)
        with pytest.raises(DecodeTimeoutError, match="stopped"):
            decoder.shot("near", NEAR_ONE_SECOND)
        shot = decoder.shot("near", NEAR_ONE_SECOND)

        assert shot is not None
        assert number_of(shot.picture) == shot.at * 30 // 1000


def test_pictures_do_not_disturb_an_open_recording(tmp_path: Path) -> None:
    """A picture in between, even one whose child died, leaves the recording open."""
    path = make_recording(tmp_path / "a.mp4", Recipe(seconds=2))
    with Decoder(LIMITS) as decoder:
        decoder.open_recording(path)
        os.kill(child_of(decoder), signal.SIGKILL)
        with pytest.raises(DecodeTimeoutError):
            decoder.standardise(stored(halves(), "PNG"))
        decoder.standardise(stored(halves(), "PNG"))

        assert decoder.shot("near", NEAR_ONE_SECOND) is not None


def test_a_child_that_does_not_answer_is_not_waited_for() -> None:
    """After the allowed seconds without a sign of life there is an error."""
    with Decoder(LIMITS.model_copy(update={"seconds": 2.0})) as decoder:
        decoder.standardise(stored(halves(), "PNG"))
        os.kill(child_of(decoder), signal.SIGSTOP)
        begin = time.monotonic()
        with pytest.raises(DecodeTimeoutError, match="2 s"):
            decoder.standardise(stored(halves(), "PNG"))

        assert time.monotonic() - begin < 10


@needs_proc
def test_the_child_goes_when_its_parent_goes() -> None:
    """Hanging up ends the child, however the parent ended."""
    decoder = Decoder(LIMITS)
    pid = child_of(decoder)
    assert decoder._child is not None
    decoder._child._link.close()
    decoder._child._process.wait(timeout=30)

    assert not (PROC / str(pid)).exists()
    decoder._child = None
