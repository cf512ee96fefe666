"""Pictures are found by what they show, and checked on every read."""

import pytest

from idolens.archive import open_archive
from idolens.errors import ArchiveError, NotFoundError
from tests.archive.rooms import home

DIGEST = "ab" + "0" * 62


@pytest.fixture
def pictures(tmp_path):
    with open_archive(home(tmp_path)) as archive:
        yield archive.pictures


def file_of(tmp_path):
    return tmp_path / "home" / "pictures" / "ab" / f"{DIGEST}.jpg"


def test_a_picture_comes_back_byte_for_byte(pictures, tmp_path):
    """The file lies under the digest of the pixels, in a folder of its first byte."""
    pictures.put(b"jpeg", DIGEST)

    assert pictures.get(DIGEST) == b"jpeg"
    assert file_of(tmp_path).read_bytes() == b"jpeg"


def test_a_picture_is_written_once(pictures, tmp_path):
    """A picture that is there stays as it is, whatever a later encoder makes of it."""
    pictures.put(b"jpeg", DIGEST)
    written = file_of(tmp_path).stat().st_mtime_ns
    pictures.put(b"other encoder", DIGEST)

    assert pictures.get(DIGEST) == b"jpeg"
    assert file_of(tmp_path).stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_damage_is_noticed_and_can_be_mended(pictures, tmp_path, damage):
    """A changed or missing file is never given out; putting it again mends it."""
    pictures.put(b"jpeg", DIGEST)
    if damage == "changed":
        file_of(tmp_path).write_bytes(b"jpeh")
    else:
        file_of(tmp_path).unlink()

    with pytest.raises(ArchiveError):
        pictures.get(DIGEST)
    pictures.put(b"jpeg", DIGEST)
    assert pictures.get(DIGEST) == b"jpeg"


def test_a_crash_between_file_and_row_leaves_nothing_wrong(pictures, tmp_path):
    """A file without its row is not given out, and the next put replaces it."""
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_bytes(b"half")

    with pytest.raises(NotFoundError):
        pictures.get(DIGEST)
    pictures.put(b"whole", DIGEST)
    assert pictures.get(DIGEST) == b"whole"


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "AB" + "0" * 62, "ab"])
def test_only_digests_name_pictures(pictures, digest):
    """No name from outside reaches the file system."""
    with pytest.raises(NotFoundError):
        pictures.get(digest)
    with pytest.raises(NotFoundError):
        pictures.put(b"x", digest)


def test_no_drafts_are_left(pictures, tmp_path):
    """A finished put leaves the picture and nothing else."""
    pictures.put(b"jpeg", DIGEST)

    assert list(file_of(tmp_path).parent.iterdir()) == [file_of(tmp_path)]
