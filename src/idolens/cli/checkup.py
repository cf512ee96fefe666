"""What ``idolens doctor`` looks at."""

import shutil
import socket
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import av
from av.codec.codec import UnknownCodecError

from idolens.archive import open_archive, sqlite_version
from idolens.cli.fonts import chinese_font, font_folders
from idolens.errors import IdolensError
from idolens.settings import Settings
from idolens.vlm import ENGINES, open_engine
from idolens.vocabulary import Bilingual

LEAST_FREE_GIB = 2
"""Less than this fills up during one long show."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: what it is and how it is.
        mend: how to mend it; None when it is fine.
        needed: False when an analysis works without it all the same.
    """

    what: Bilingual
    mend: Bilingual | None = None
    needed: bool = True


def checkup(settings: Settings) -> list[Finding]:
    """Look at everything that an analysis needs on this machine."""
    checks = (_python, _media, _engine, _database, _disk, _port, _fonts)
    return [check(settings) for check in checks]


def _python(_settings: Settings) -> Finding:
    words = f"Python {sys.version.split()[0]}, ONNX Runtime {version('onnxruntime')}"
    return Finding(Bilingual(zh=words, en=words))


def _media(_settings: Settings) -> Finding:
    words = f"PyAV {av.__version__}, Pillow {version('pillow')}"
    missing = [name for name in ("h264", "hevc", "vp9", "av1") if not _decodes(name)]
    if not missing:
        return Finding(
            Bilingual(
                zh=f"{words}:可解码 H.264、HEVC、VP9、AV1",
                en=f"{words}: decodes H.264, HEVC, VP9, AV1",
            )
        )
    return Finding(
        Bilingual(zh=words, en=words),
        Bilingual(
            zh=f"无法解码 {'、'.join(missing)}:请用 pip 重新安装 av。",
            en=f"Cannot decode {', '.join(missing)}: install av again with pip.",
        ),
    )


def _decodes(codec: str) -> bool:
    try:
        av.Codec(codec, "r")
    except UnknownCodecError:
        return False
    return True


def _engine(settings: Settings) -> Finding:
    what = Bilingual(
        zh=f"推理引擎 {settings.engine}", en=f"The engine {settings.engine}"
    )
    entry = ENGINES.get(settings.engine)
    obstacle = entry.obstacle(settings) if entry else None
    if obstacle:
        return Finding(what, obstacle)
    try:
        with closing(open_engine(settings)) as engine:
            model = engine.model
    except IdolensError as error:
        return Finding(what, error.words)
    return Finding(
        Bilingual(
            zh=f"{what.zh}:{model.name}({model.revision}),自检通过",
            en=f"{what.en}: {model.name} ({model.revision}), self-check passed",
        )
    )


def _database(settings: Settings) -> Finding:
    home = settings.home.absolute()
    what = Bilingual(zh=f"数据文件夹 {home}", en=f"The data folder {home}")
    try:
        with open_archive(settings) as archive:
            count = len(archive.sessions())
    except IdolensError as error:
        return Finding(what, error.words)
    return Finding(
        Bilingual(
            zh=f"{what.zh}:可写，{count} 个场次，SQLite {sqlite_version()}",
            en=f"{what.en}: writable, {count} sessions, SQLite {sqlite_version()}",
        )
    )


def _disk(settings: Settings) -> Finding:
    existing = next(
        place
        for place in (settings.home.absolute(), *settings.home.absolute().parents)
        if place.exists()
    )
    free = shutil.disk_usage(existing).free / 2**30
    what = Bilingual(zh=f"磁盘剩余 {free:.0f} GiB", en=f"{free:.0f} GiB of disk free")
    if free < LEAST_FREE_GIB:
        return Finding(
            what,
            Bilingual(
                zh=f"请至少腾出 {LEAST_FREE_GIB} GiB。",
                en=f"Make room for at least {LEAST_FREE_GIB} GiB.",
            ),
        )
    with tempfile.TemporaryFile(dir=Path(tempfile.gettempdir())):
        return Finding(what)


def _port(settings: Settings) -> Finding:
    what = Bilingual(
        zh=f"服务端口 {settings.host}:{settings.port}",
        en=f"The service's port {settings.host}:{settings.port}",
    )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return Finding(
                what,
                Bilingual(
                    zh="已被占用：服务可能已在运行；"
                    "否则请设置 IDOLENS_PORT 换一个端口。",
                    en="It is taken: the service may be running already; otherwise "
                    "choose another with IDOLENS_PORT.",
                ),
            )
    return Finding(what)


def _fonts(_settings: Settings) -> Finding:
    return fonts_finding(chinese_font(font_folders()))


def fonts_finding(family: str | None) -> Finding:
    """Say what it means that Chinese can be drawn in ``family``, or in none."""
    if family is not None:
        return Finding(
            Bilingual(zh=f"中文字体：{family}", en=f"Chinese font: {family}")
        )
    return Finding(
        Bilingual(zh="没有中文字体", en="There is no font with Chinese characters"),
        Bilingual(
            zh="在本机打开或打印报告时，汉字会变成方块；请安装字体："
            "sudo apt install fonts-noto-cjk(在其他电脑上阅读报告不受影响)",
            en="A browser on this machine shows and prints Chinese as empty boxes; "
            "install one: sudo apt install fonts-noto-cjk (reports that are read "
            "elsewhere are as they should be)",
        ),
        needed=False,
    )
