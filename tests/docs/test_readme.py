"""What the READMEs and docs tell people to type is what the program takes."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from idolens.cli import app
from tests.docs.generate import ROOT

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
"""Names a command, says nothing to type."""
ENVIRONMENT = re.compile(r"^(?:IDOLENS_\w+=\S+ +)+")


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text("utf-8"))


def commands(page: Path) -> list[list[str]]:
    """Return every command of ours on ``page``, as words."""
    text = page.read_text("utf-8")
    lines = [line for kind, block in blocks(page) for line in block.splitlines()]
    spans = SPAN.findall(HEADING.sub("", BLOCK.sub("", text)))
    typed = [ENVIRONMENT.sub("", line.strip()) for line in (*lines, *spans)]
    # The program's name alone, a usage line of docs/cli.md: nobody types these.
    return [
        shlex.split(line, comments=True)
        for line in typed
        if re.match(r"(\./start\.sh|idolens)( [^…]|$)", line)
        and "[OPTIONS]" not in line
    ]


def parse(words: list[str]) -> None:
    """Parse a command with the real parser, without running it."""
    command, name = get_command(app), "idolens"
    context = command.make_context(name, list(words))
    # As a group does when it runs: its own options, then a command, and so on.
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        if not rest:
            break
        name, command, left = command.resolve_command(context, rest)
        context = command.make_context(name, left, parent=context)


def test_both_readmes_tell_people_to_type_the_same() -> None:
    """A command that is in one README is in the other."""
    english, chinese = READMES

    assert blocks(english) == blocks(chinese)
    names = [[words[:2] for words in commands(page)] for page in READMES]
    assert names[0] == names[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_parse(page: Path) -> None:
    """Every command line of ours that a page shows is one that the program takes."""
    options = re.findall(r"--no-\w+", (ROOT / "start.sh").read_text("utf-8"))
    for words in commands(page):
        program, *rest = words
        if not rest or (program == "./start.sh" and rest[0] in options):
            continue
        parse(rest)


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_files_in_commands_exist(page: Path) -> None:
    """Whoever types a command of the README finds the sample that it names."""
    text = "\n".join(block for _, block in blocks(page))
    named = set(re.findall(r"\bsamples/[\w./-]+", text))

    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link is a file or a folder that exists."""
    links = LINK.findall(BLOCK.sub("", page.read_text("utf-8")))
    within = [link for link in links if not re.match(r"\w+:", link)]

    assert not [link for link in within if not (page.parent / link).exists()]
