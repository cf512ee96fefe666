"""What is found in files, folders and zips, and what is refused."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from idolens.errors import BadInputError, MediaError, TooLargeError
from idolens.media import Source, discover
from idolens.settings import DecodeSettings
from tests.media.recordings import Recipe, make_recording

LIMITS = DecodeSettings()


def picture(level: int = 90) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), (level, 20, 30)).save(made, "PNG")
    return made.getvalue()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def found(tmp_path: Path, *paths: Path) -> list[Source]:
    return discover(paths, tmp_path / "unpacked", LIMITS)


def everything_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_files_of_a_folder_come_as_people_count(tmp_path: Path) -> None:
    """Sub-folders are searched; 2 comes before 10; other files do not count."""
    show = tmp_path / "show"
    (show / "b").mkdir(parents=True)
    for name in ("图10.png", "图2.png", "b/1.png", "图1.JPG"):
        (show / name).write_bytes(picture())
    (show / "notes.txt").write_text("hello")
    (show / ".hidden.png").write_bytes(picture())
    make_recording(show / "a.mp4", Recipe(seconds=0.2))
    names = [(s.name, s.kind) for s in found(tmp_path, show)]

    assert names == [
        ("a.mp4", "recording"),
        ("b/1.png", "picture"),
        ("图1.JPG", "picture"),
        ("图2.png", "picture"),
        ("图10.png", "picture"),
    ]


def test_the_content_decides_what_a_file_is(tmp_path: Path) -> None:
    """A picture that is called a recording is a picture."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(picture())

    assert found(tmp_path, path)[0].kind == "picture"


def test_a_file_named_twice_is_looked_at_once(tmp_path: Path) -> None:
    """A file and its folder, given together, are one file."""
    path = tmp_path / "show" / "a.png"
    path.parent.mkdir()
    path.write_bytes(picture())

    assert len(found(tmp_path, path, path.parent, path)) == 1


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    """A link does not lead out of the folder that was given."""
    secret = tmp_path / "secret"
    show = tmp_path / "show"
    secret.mkdir()
    show.mkdir()
    (secret / "s.png").write_bytes(picture())
    (show / "a.png").write_bytes(picture())
    (show / "link.png").symlink_to(secret / "s.png")
    (show / "folder").symlink_to(secret)

    assert [s.name for s in found(tmp_path, show)] == ["a.png"]


def test_nothing_to_look_at_is_an_error(tmp_path: Path) -> None:
    """An empty folder, a missing path and a text file say what to give instead."""
    empty = tmp_path / "empty"
    empty.mkdir()
    text = tmp_path / "notes.txt"
    text.write_text("hello")

    with pytest.raises(BadInputError, match="nothing to look at"):
        found(tmp_path, empty)
    with pytest.raises(BadInputError, match="no file or folder"):
        found(tmp_path, tmp_path / "missing")
    with pytest.raises(MediaError, match="give it one of: mp4"):
        found(tmp_path, text)


def test_a_zip_is_unpacked_under_our_names(tmp_path: Path) -> None:
    """Members keep their names for people, and lie on the disk under numbers."""
    members = {"二/2.png": picture(), "1.png": picture(), "readme.txt": b"hi"}
    sources = found(tmp_path, zipped(tmp_path / "a.zip", members))

    assert [s.name for s in sources] == ["1.png", "二/2.png"]
    assert sorted(s.path.name for s in sources) == ["00000.png", "00001.png"]
    assert all(s.path.is_relative_to(tmp_path / "unpacked") for s in sources)


BAD_NAMES = ["../out.png", "/out.png", "a/../../out.png", "..\\out.png", "C:out.png"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_zip_does_not_write_elsewhere(name: str, tmp_path: Path) -> None:
    """A name that leads out of the zip refuses it whole, and leaves nothing."""
    path = zipped(tmp_path / "a.zip", {"1.png": picture(), name: picture()})
    before = everything_in(tmp_path)

    with pytest.raises(MediaError, match="leads out"):
        found(tmp_path, path)
    assert everything_in(tmp_path) == [*before, "unpacked"]


def test_a_zip_with_links_is_refused(tmp_path: Path) -> None:
    """A symbolic link in a zip could point anywhere."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("a.png")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(MediaError, match="is a link"):
        found(tmp_path, path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    """Two members of one name: nobody knows which is meant."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", picture())
        archive.writestr("A.png", picture(10))

    with pytest.raises(MediaError, match="twice"):
        found(tmp_path, path)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    """Too many files, too many bytes, or too much expansion is over the limit."""
    bomb = zipped(tmp_path / "bomb.zip", {"a.bmp": bytes(30 * 2**20)})
    many = zipped(tmp_path / "many.zip", {f"{i}.png": b"" for i in range(20)})
    big = zipped(tmp_path / "big.zip", {"a.png": picture(), "b.png": picture()})
    few = LIMITS.model_copy(update={"archive_entries": 19})
    small = LIMITS.model_copy(update={"archive_bytes": 100})

    for path, limits in ((bomb, LIMITS), (many, few), (big, small)):
        with pytest.raises(TooLargeError):
            discover([path], tmp_path / "unpacked", limits)


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    """A member that unfolds to more than the zip says stops at what it says."""
    path = zipped(tmp_path / "a.zip", {"a.png": picture() + bytes(9000)})
    data = bytearray(path.read_bytes())
    size = len(picture()) + 9000
    while (at := data.find(size.to_bytes(4, "little"))) >= 0:
        data[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)

    with pytest.raises(MediaError, match="damaged"):
        found(tmp_path, path)


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(200)])
def test_a_broken_zip_is_an_error(data: bytes, tmp_path: Path) -> None:
    """Half a zip says that it is damaged."""
    path = tmp_path / "a.zip"
    path.write_bytes(data)

    with pytest.raises(MediaError, match="damaged"):
        found(tmp_path, path)


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    """What lies in a zip within a zip does not count; alone, it is nothing."""
    inner = zipped(tmp_path / "inner.zip", {"a.png": picture()}).read_bytes()
    path = zipped(tmp_path / "outer.zip", {"inner.zip": inner})

    with pytest.raises(BadInputError):
        found(tmp_path, path)
