"""Pulling from a hub on the loopback, with everything that goes wrong on the way."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idolens.errors import DiskFullError, HubBusyError, HubError, NotFoundError
from idolens.vlm.checkpoints import Shelf, open_hub, pull, pulling, transfer
from idolens.vlm.checkpoints.hub import Address, is_inside
from idolens.vlm.checkpoints.shelf import MANIFEST, PARTIAL
from tests.vlm.checkpoints.stub_hub import NAME, Fault, Hub

FIRST = "model-00001-of-00002.safetensors"
SECOND = "model-00002-of-00002.safetensors"
LEFT_OUT = {"pytorch_model.bin", "modeling_glm.py", ".gitattributes"}
KINDS = pytest.mark.parametrize("kind", ["huggingface", "modelscope"])


def bring(shelf: Shelf, hub: Hub, kind: str = "huggingface", **more: Any) -> Any:
    address = Address(hub.url, more.pop("token", None))
    return pull(shelf, open_hub(kind, address), more.pop("name", NAME), **more)


def is_whole(shelf: Shelf, hub: Hub) -> bool:
    """Tell whether a model stands on the shelf, byte for byte, and nothing else."""
    place = shelf.place(NAME)
    found = {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    wanted = {p: data for p, data in hub.files.items() if p not in LEFT_OUT}
    return found == wanted and not shelf.unfinished() and not shelf.verify(NAME)


@KINDS
def test_model_is_pulled_to_the_byte(shelf, hub, kind):
    """Both hubs give the same folder: weights and text, no pickle and no code."""
    pulled = bring(shelf, hub, kind)

    assert is_whole(shelf, hub)
    assert set(pulled.left_out) == LEFT_OUT
    assert pulled.fetched == pulled.model.size
    assert pulled.folder == shelf.find(NAME)
    assert pulled.model.files[FIRST].sha256 == (
        hashlib.sha256(hub.files[FIRST]).hexdigest()
    )


@KINDS
@pytest.mark.parametrize("fault", ["cut", "reset", "short"])
def test_broken_transfer_goes_on_where_it_stopped(shelf, hub, kind, fault):
    """A line that breaks twice costs two more requests, for the rest only."""
    hub.fail(FIRST, Fault(fault, after=100_000), Fault(fault, after=100_000))

    bring(shelf, hub, kind)

    begins = [int(one.range[6:-1]) if one.range else 0 for one in hub.asked(FIRST)]
    assert is_whole(shelf, hub)
    assert len(begins) == 3
    assert begins == sorted(begins)
    if fault != "reset":  # what a reset swallows is the system's choice
        assert begins == [0, 100_000, 200_000]


@KINDS
def test_pull_in_another_process_goes_on_too(shelf, hub, kind):
    """What a pull that gave up has fetched is not fetched again by the next."""
    hub.fail(FIRST, Fault("cut", after=123_456), *[Fault("status")] * 3)
    with pytest.raises(HubBusyError, match="503"):
        bring(shelf, hub, kind)
    assert shelf.find(NAME) is None
    assert shelf.unfinished()[NAME] >= 123_456
    hub.seen.clear()

    pulled = bring(shelf, hub, kind)

    assert is_whole(shelf, hub)
    assert [one.range for one in hub.asked(FIRST)] == ["bytes=123456-"]
    assert pulled.fetched <= pulled.model.size - 123_456


def test_hub_that_knows_no_ranges_is_asked_for_all(shelf, hub):
    """The whole file instead of its rest is taken from its beginning."""
    hub.fail(FIRST, Fault("cut", after=50_000), Fault("whole"))

    bring(shelf, hub)

    assert is_whole(shelf, hub)


@KINDS
@pytest.mark.parametrize("fault", ["flip", "more"])
def test_corrupted_bytes_are_fetched_once_more(shelf, hub, kind, fault):
    """One changed byte, or bytes too many, and the file is fetched anew."""
    hub.fail(SECOND, Fault(fault))

    bring(shelf, hub, kind)

    assert is_whole(shelf, hub)
    assert len(hub.asked(SECOND)) == 2


@KINDS
@pytest.mark.parametrize("path", ["config.json", SECOND, "onnx/decoder.onnx"])
def test_lasting_corruption_never_becomes_a_model(shelf, hub, kind, path):
    """Twice the wrong bytes end the pull; small files are proven like weights."""
    hub.fail(path, Fault("flip"), Fault("flip"))

    with pytest.raises(HubError, match="damaged twice"):
        bring(shelf, hub, kind)

    assert shelf.find(NAME) is None
    assert shelf.models() == []


def test_corruption_in_a_resumed_part_is_found(shelf, hub):
    """A beginning that rotted on the disk is thrown away, not continued for ever."""
    hub.fail(FIRST, Fault("cut", after=100_000), *[Fault("status")] * 3)
    with pytest.raises(HubBusyError):
        bring(shelf, hub)
    (part,) = (shelf.folder / PARTIAL).rglob(f"{FIRST}{transfer.PART}")
    part.write_bytes(b"\0" * 100_000)

    bring(shelf, hub)

    assert is_whole(shelf, hub)


def test_part_longer_than_the_file_is_thrown_away(shelf, hub):
    """A part with too many bytes does not keep a pull from ending well."""
    gathering = shelf.partial(NAME) / hub.commit
    gathering.mkdir(parents=True)
    (gathering / f"{FIRST}{transfer.PART}").write_bytes(b"\0" * 400_000)

    bring(shelf, hub)

    assert is_whole(shelf, hub)


def test_silent_hub_is_left(shelf, hub, monkeypatch):
    """A hub that falls silent counts as one that hung up."""
    monkeypatch.setattr(pulling, "SILENCE_S", 0.3)
    hub.fail(FIRST, Fault("stall", after=70_000))

    bring(shelf, hub)

    assert is_whole(shelf, hub)
    assert hub.asked(FIRST)[1].range == "bytes=70000-"


def test_busy_hub_is_asked_again(shelf, hub):
    """429 and 503 are waited out, for the listing and for the bytes."""
    hub.listing_faults.append(Fault("status", status=503))
    hub.fail(SECOND, Fault("status", status=429, headers={"Retry-After": "0"}))

    bring(shelf, hub)

    assert is_whole(shelf, hub)


def test_hub_that_asks_for_an_hour_is_not_waited_for(shelf, hub):
    """A long Retry-After ends the pull at once and says so."""
    hub.fail(SECOND, Fault("status", status=503, headers={"Retry-After": "3600"}))

    with pytest.raises(HubBusyError) as caught:
        bring(shelf, hub)

    assert caught.value.delay_s == 3600
    assert len(hub.asked(SECOND)) == 1


def test_second_pull_fetches_nothing(shelf, hub):
    """What is here and true is not fetched again."""
    bring(shelf, hub)
    hub.seen.clear()

    pulled = bring(shelf, hub)

    assert hub.seen == []
    assert pulled.fetched == 0
    assert is_whole(shelf, hub)


def test_new_revision_fetches_only_what_changed(shelf, hub):
    """The files that two revisions share travel once."""
    bring(shelf, hub)
    hub.commit, hub.files[SECOND] = "decade" + "0" * 34, b"new weights" * 1000
    hub.seen.clear()

    pulled = bring(shelf, hub)

    assert {one.path for one in hub.seen} == {SECOND}
    assert pulled.model.revision == hub.commit
    assert is_whole(shelf, hub)


def test_failed_update_leaves_the_old_model_whole(shelf, hub):
    """Until the last byte of the new one is proven, the old one answers."""
    old = bring(shelf, hub).model
    hub.commit, hub.files[SECOND] = "decade" + "0" * 34, b"new weights" * 1000
    hub.fail(SECOND, Fault("flip"), Fault("flip"))

    with pytest.raises(HubError):
        bring(shelf, hub)

    assert shelf.get(NAME) == old
    assert shelf.verify(NAME) == []


def test_damaged_file_is_mended_alone(shelf, hub):
    """After a file rotted, pulling again fetches that file and no other."""
    bring(shelf, hub)
    rotten = shelf.place(NAME) / SECOND
    data = rotten.read_bytes()
    rotten.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    hub.seen.clear()

    bring(shelf, hub)

    assert {one.path for one in hub.seen} == {SECOND}
    assert is_whole(shelf, hub)


def test_token_goes_to_the_hub_and_not_to_its_store(shelf, hub, store):
    """Weights come from another address, which never sees the token."""
    hub.token, hub.cdn = "secret", store.url

    bring(shelf, hub, token="secret")  # noqa: S106

    assert is_whole(shelf, hub)
    assert {one.token for one in hub.asked("config.json")} == {"Bearer secret"}
    assert store.asked(FIRST)
    assert {one.token for one in store.seen} == {None}


def test_gated_model_says_what_to_do(shelf, hub):
    """Without a token the error names the setting."""
    hub.token = "secret"  # noqa: S105

    with pytest.raises(NotFoundError, match="IDOLENS_HUB__TOKEN"):
        bring(shelf, hub)


@KINDS
def test_unknown_model_and_revision_say_so(shelf, hub, kind):
    """A name that the hub does not know is the caller's mistake."""
    with pytest.raises(NotFoundError):
        bring(shelf, hub, kind, name="studio/nothing")
    if kind == "huggingface":
        with pytest.raises(NotFoundError, match="revision"):
            bring(shelf, hub, kind, revision="v9")


@pytest.mark.parametrize(
    "name", ["glm", "", "a/b/c", "../etc", "a/..", "/a/b", "a/b\0", "a\\b/c", "a--b/c"]
)
def test_name_that_is_none_is_refused(shelf, hub, name):
    """Only owner/model is a name; nothing else reaches a disk or a hub."""
    with pytest.raises(NotFoundError, match="owner/model"):
        bring(shelf, hub, name=name)


@KINDS
@pytest.mark.parametrize(
    "path", ["../../evil.json", "/etc/evil.json", "a/../../b.json", "C:\\evil.json"]
)
def test_hostile_listing_writes_nothing(shelf, hub, kind, path):
    """A path that leaves the model's folder ends the pull before any byte."""
    hub.files[path] = b"{}"

    with pytest.raises(HubError, match="would leave"):
        bring(shelf, hub, kind)

    assert hub.seen == []
    assert not shelf.folder.exists()


@given(st.text(max_size=40))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_path_that_is_inside_stays_inside(path):
    """What `is_inside` lets through joins to a place below the folder."""
    if is_inside(path):
        folder = Path("/models/a/b")
        joined = folder / path
        assert folder in joined.parents
        assert ".." not in joined.parts


def test_model_without_config_is_no_model(shelf, hub):
    """A repository of something else is refused before its bytes travel."""
    del hub.files["config.json"]

    with pytest.raises(HubError, match=r"config\.json"):
        bring(shelf, hub)

    assert hub.seen == []


def test_model_whose_shard_the_hub_lacks_is_refused(shelf, hub):
    """The index names two weight files; one of them is nowhere."""
    del hub.files[SECOND]

    with pytest.raises(HubError, match=SECOND):
        bring(shelf, hub)

    assert shelf.find(NAME) is None


@KINDS
def test_address_that_is_no_hub_says_so(shelf, kind, store):
    """A web server that answers something else is not taken for a hub."""
    store.files.clear()

    with pytest.raises((HubError, NotFoundError)):
        pull(shelf, open_hub(kind, Address(f"{store.url}/elsewhere")), NAME)


@KINDS
def test_unreachable_hub_says_so(shelf, kind):
    """Nothing listens: a temporary error that names the address."""
    with pytest.raises(HubBusyError, match=r"127\.0\.0\.1"):
        pull(shelf, open_hub(kind, Address("http://127.0.0.1:9")), NAME)


def test_unproven_files_are_named(shelf, hub):
    """Where ModelScope gives no sha256, the pull says which files nobody proved."""
    hub.hide_digests = True

    pulled = bring(shelf, hub, "modelscope")

    assert FIRST in pulled.model.unproven
    assert shelf.verify(NAME) == []


def test_full_disk_is_said_before_the_first_byte(shelf, hub, monkeypatch):
    """A model that does not fit is not begun."""
    monkeypatch.setattr(pulling, "SPARE_BYTES", 1 << 60)

    with pytest.raises(DiskFullError, match="GiB"):
        bring(shelf, hub)

    assert hub.seen == []


def test_two_pulls_of_one_model_do_not_meet(shelf, hub):
    """The second is told to wait; the first ends well."""
    hub.fail(FIRST, Fault("stall", after=1000))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(bring, shelf, hub)
        while not hub.asked(FIRST):
            pass
        with pytest.raises(HubBusyError, match="another process"):
            bring(shelf, hub)
        hub.release.set()
        first.result()

    assert is_whole(shelf, hub)


def test_progress_only_counts_true_bytes(shelf, hub):
    """The bar ends at the model's size, whatever was fetched twice on the way."""
    told, lock = [], threading.Lock()
    hub.fail(SECOND, Fault("flip"))
    hub.fail(FIRST, Fault("cut", after=10_000), Fault("whole"))

    def on_progress(now: Any) -> None:
        with lock:
            told.append(now)

    model = bring(shelf, hub, on_progress=on_progress).model

    assert told[-1].done == told[-1].total == model.size
    assert all(now.done >= 0 for now in told)


def test_stopping_keeps_what_came(shelf, hub):
    """Ctrl-C in the middle: the next pull goes on from there."""

    def stop(now: Any) -> None:
        if now.done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(shelf, hub, on_progress=stop)
    assert shelf.find(NAME) is None
    assert shelf.unfinished()[NAME] > 50_000

    pulled = bring(shelf, hub)

    assert is_whole(shelf, hub)
    assert pulled.fetched < pulled.model.size


def test_unknown_hub_is_refused():
    """A mistyped hub is answered with the one that was meant."""
    with pytest.raises(NotFoundError, match="Did you mean 'modelscope'"):
        open_hub("modelscop", Address())
