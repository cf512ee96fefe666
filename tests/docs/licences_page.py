"""docs/licences.md, from what the default dependencies say of themselves.

`python -m tests.docs.licences_page` writes it anew.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/licences.md"
PERMISSIVE = frozenset(
    [
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "OLDAP-2.8",
        "PSF-2.0",
        "Zlib",
    ]
)
SAID_OTHERWISE = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
UNSAID = {"pysqlite3": "Zlib"}
"""Its repository says so, its metadata nothing."""
EXCEPTIONS = {
    "psycopg": "comes with DBOS, which can use PostgreSQL; unchanged, replaceable",
    "psycopg-binary": "likewise",
    "tqdm": "comes with huggingface-hub; MPL binds changes to its own files only",
}
"""Weak copyleft that is used as it is: nothing of ours comes under it."""
HEAD = """\
# Licences · 许可证

idolens is Apache-2.0. A default install brings these packages (Linux, Python 3.11), all
under permissive licences but for those that are marked; a test reads what each package
says of itself. The wheels of `av` and `opencv-python-headless` hold FFmpeg's libraries
(LGPL, replaceable). Chromium, which prints PDFs where it is installed, comes with
neither.

idolens 采用 Apache-2.0 许可。默认安装包含下列软件包，除注明者外均为宽松许可；\
测试会读取各软件包自带的声明。`av` 与 `opencv-python-headless` 内含 FFmpeg 库（LGPL）。

| package | licence | |
|---|---|---|
"""


def dependencies() -> list[str]:
    """Return the names of all packages that a default install has here."""
    lock = (ROOT / "requirements/runtime.txt").read_text("utf-8")
    return sorted(set(re.findall(r"(?m)^([a-z0-9._-]+)==", lock)))


def licence_of(name: str) -> str | None:
    """Return what a package says of itself, in SPDX's words; None if not here."""
    try:
        about = metadata(name)
    except PackageNotFoundError:  # for another system
        return None
    classified = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier", [])
        if line.startswith("License :: OSI Approved :: ")
    ]
    said = about.get("License-Expression") or about.get("License") or ""
    if not said or "\n" in said:
        said = " AND ".join(classified) or UNSAID.get(name, "")
    return SAID_OTHERWISE.get(said, said)


def is_permissive(licence: str) -> bool:
    """Tell whether all that a package is under, or one choice, is permissive."""
    return any(
        set(choice.strip("() ").split(" AND ")) <= PERMISSIVE
        for choice in licence.split(" OR ")
    )


def page() -> str:
    """Write the page."""
    found = [(name, licence_of(name)) for name in dependencies()]
    return HEAD + "".join(
        f"| {name} | {licence} | {EXCEPTIONS.get(name, '')} |\n"
        for name, licence in found
        if licence is not None
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
