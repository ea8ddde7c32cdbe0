"""The pictures of all pages, as hashes: ``python -m tests.ui.goldens`` takes today's as right.

It writes the pictures into ``out/pages/``: look at them before you commit. The software renderer
draws the same bits, so a hash is enough. Every environment (Qt, fonts, kind of processor) has
hashes of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import PySide6
from PySide6.QtCore import QEvent, QLocale, QObject, QRect
from PySide6.QtGui import QImage

from kiosk.visit.handover_steps import ShowHandover
from kiosk.visit.operation_steps import AwaitConsent, AwaitResult
from kiosk.visit.steps import EnterSmsCode, ShowPhoneCode, Step
from tests.ui.cases import pdf
from tests.ui.samples import BULLETINS, CATALOGUE, samples
from tests.ui.theatre import Setting, Theatre
from ui.contents import EnterCodeContent, PhoneCodeContent, PrintingContent

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("goldens.json")
PICTURES = ROOT / "out" / "pages"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
FONT_NAMES = ("NotoSansCJK", "hanazono", "mincho")

SETTINGS = (
    Setting("portrait", "zh_CN"),
    Setting("portrait", "en"),
    Setting("landscape", "zh_CN"),
    Setting("landscape", "en"),
    Setting("portrait", "zh_CN", elder=True),
)


ENDS = (
    *("76d-standing-done", "79k-on-phone", "87-changed"),
    *("94b-merge-done", "94f-transfer-accepted", "94m-province-accepted", "a6-paid"),
    *("94n-transfer-withdrawn", "94o-transfer-too-late"),
)
"""Pages of an end among pages with 返回."""


@cache
def environment() -> dict[str, str]:
    """What the pictures depend on besides this program."""
    files = sorted(
        path.resolve()
        for folder in FONT_FOLDERS
        for path in Path(folder).rglob("*.tt[cf]")
        if any(name.lower() in str(path).lower() for name in FONT_NAMES)
    )
    fonts = hashlib.sha256()
    for path in dict.fromkeys(files):
        fonts.update(path.read_bytes())
    return {
        "PySide6": PySide6.__version__,
        "fonts": fonts.hexdigest()[:16],
        "machine": platform.machine(),
    }


def fingerprint() -> str:
    return " ".join(f"{key}={value}" for key, value in environment().items())


def known() -> dict[str, str] | None:
    """The hashes of this environment, by the name of the picture. None where there are none yet."""
    if not FILE.exists():
        return None
    goldens: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return goldens.get(fingerprint())


def drawn_afresh() -> dict[str, str]:
    """The hashes of all pictures, drawn in a process of their own, always in the same order."""
    command = [sys.executable, "-m", "tests.ui.goldens", "--hashes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=600)
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes


class FontsStay(QObject):
    """Keeps Qt from giving back fonts that were not used for ten seconds. A letter that is drawn
    for the first time has other shades than later, so a page would look as quick as the machine
    is. Only Qt's cache of fonts has a timer in an object of no class of its own."""

    def eventFilter(self, target: QObject, event: QEvent) -> bool:  # noqa: N802 - of Qt
        return event.type() is QEvent.Type.Timer and type(target) is QObject


def draw() -> Iterator[tuple[str, QImage]]:
    """Every page of the samples, by its name: ``portrait-zh_CN/07-menu``."""
    fonts_stay = FontsStay()
    for setting in SETTINGS:
        theatre = Theatre(setting)
        theatre.app.installEventFilter(fonts_stay)
        try:
            for name, step in samples(pdf()).items():
                theatre.greet("张*" if "07" < name < "90" else "")
                theatre.page.surround(CATALOGUE, (), BULLETINS if name.startswith("01") else ())
                theatre.show(_now(step), back=has_back(name))
                yield f"{setting}/{name}", picture(theatre)
        finally:
            theatre.close()


def has_back(name: str) -> bool:
    """Whether 返回 stands on the page of this name."""
    if name in ENDS:
        return False
    return "08" <= name < "21" or "30" <= name < "34" or "60" <= name < "64" or name >= "73"


def _now(step: Step[Any]) -> Step[Any]:
    """``step``; the seconds of a code count from now."""
    if isinstance(step, ShowPhoneCode | AwaitConsent | ShowHandover):
        return replace(step, opened_at=time.monotonic())
    if isinstance(step, AwaitResult):
        return replace(step, since=time.monotonic())
    return replace(step, sent_at=time.monotonic()) if isinstance(step, EnterSmsCode) else step


def picture(theatre: Theatre) -> QImage:
    """The window as it stands once every image in it is there."""
    sheets = [item for item in theatre.items() if item.objectName() in ("sheet", "whole")]
    for sheet in sheets:
        if not theatre.until(lambda sheet=sheet: sheet.property("progress") == 1.0):  # type: ignore[misc]
            raise TimeoutError("the document is not drawn")
        theatre.settle()
    # On a busy machine, a second of a countdown may have passed.
    shown = theatre.page.shows
    if isinstance(shown, EnterCodeContent | PhoneCodeContent):
        seconds = shown.resend_after if isinstance(shown, EnterCodeContent) else shown.rest
        for page in theatre.items():
            if page.property("wait"):
                page.setProperty("wait", seconds)
    if isinstance(shown, PrintingContent):
        for page in theatre.items():
            if page.property("waited") is not None:
                page.setProperty("waited", shown.waited)
    return theatre.window.grabWindow().convertToFormat(QImage.Format.Format_RGB32)


def digest(image: QImage) -> str:
    """SHA-256 of the size and the pixels."""
    size: QRect = image.rect()
    head = f"{size.width()}x{size.height()}".encode()
    return hashlib.sha256(head + bytes(image.constBits())).hexdigest()


def renew() -> None:
    """Write the pictures and the hashes."""
    goldens = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    before = goldens.get(fingerprint(), {})
    now: dict[str, str] = {}
    for name, image in draw():
        now[name] = digest(image)
        path = PICTURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(str(path))
        if now[name] != before.get(name):
            print("changed" if name in before else "new", path.relative_to(ROOT))
    goldens[fingerprint()] = now
    text = json.dumps(goldens, indent=1, sort_keys=True, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    QLocale.setDefault(QLocale.c())
    if sys.argv[1:] == ["--hashes"]:
        json.dump({name: digest(image) for name, image in draw()}, sys.stdout)
    else:
        renew()


if __name__ == "__main__":
    main()
