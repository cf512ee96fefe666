"""What is said about the commands, and about what was typed, in the studio's words."""

import re

import pytest
from typer.main import get_command

from idolens.cli import app
from idolens.cli.bilingual import in_chinese

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def paths(command, above=()):
    """Return the words of every command and of every group of them."""
    found = [above]
    for name, inner in getattr(command, "commands", {}).items():
        found += paths(inner, (*above, name))
    return found


@pytest.fixture(params=paths(get_command(app)), ids=" ".join)
def words(request):
    return (*request.param, "--help")


def described(out):
    """Return the lines of a help that describe something, without the examples."""
    return re.split(r"^ *(?:Examples:|示例：)$", out, flags=re.MULTILINE)[0]


def test_help_in_english_is_english(shell, words):
    """A studio that reads English sees no half that it cannot read."""
    done = shell.run(*words)

    assert done.status == 0, done.err
    assert not CHINESE.search(described(done.out))


def test_help_in_chinese_is_chinese(shell, words, monkeypatch):
    """Every option, argument and command is explained in Chinese."""
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")
    done = shell.run(*words)

    lines = described(done.out).splitlines()
    explained = [line for line in lines if re.match(r"  \S.*\S  +\S", line)]
    assert done.status == 0, done.err
    assert explained
    assert not [line for line in explained if not CHINESE.search(line)]


def test_the_settings_file_has_a_say(shell):
    """Help comes in the language of the file that is named before the command."""
    file = shell.folder / "studio.yaml"
    file.write_text("port: 1\n", encoding="utf-8")
    english = shell.run("--settings", "studio.yaml", "ask", "--help")
    broken = shell.run("--settings=none.yaml", "--help")

    assert "A picture file." in english.out
    assert "A pair of eyes" in broken.out  # as the environment says


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("analyze",), "PATH"),
        (("polices", "list"), "policies"),
        (("zzz",), "zzz"),
        (("analyze", "a.mp4", "--evry", "3s"), "--every"),
        (("analyze", "a.mp4", "--zzz"), "--zzz"),
        (("analyze", "a.mp4", "--every"), "--every"),
        (("analyze", "a.mp4", "--json=1"), "--json"),
        (("analyze", "a.mp4", "--fail-on", "never"), "block"),
        (("serve", "--port", "eighty"), "--port"),
        (("serve", "--port", "70000"), "65535"),
        (("serve", "--port", "-1"), "0"),
        (("doctor", "now"), "now"),
        (("policies", "show"), "NAME|FILE"),
    ],
    ids=" ".join,
)
def test_a_slip_is_explained_in_either_language(shell, monkeypatch, typed, named):
    """2, what was wrong, and where to read on."""
    english = shell.run(*typed)
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")
    chinese = shell.run(*typed)

    assert (english.status, chinese.status) == (2, 2)
    assert "Error: " in english.err
    assert "错误：" in chinese.err
    assert ("--help" in chinese.err) == ("--help" in english.err)
    assert named in english.err
    assert named in chinese.err
    assert not CHINESE.search(english.err)


def test_what_is_not_known_is_left_as_it_is():
    """A complaint of a later Typer is English rather than wrong."""
    assert in_chinese("The moon is full.") is None


def test_no_command_at_all_shows_the_commands(shell, monkeypatch):
    """In the studio's language, as bad input."""
    english = shell.run()
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")
    chinese = shell.run("policies")

    assert (english.status, chinese.status) == (2, 2)
    assert "Look at recordings" in english.err
    assert "审核策略" in chinese.err
