"""The pictures of all pages, as hashes: ``python -m tests.ui.goldens`` takes today's as right.

It writes the pictures into ``out/pages/``: look at them before you commit. The software renderer
draws the same bits, so a hash is enough, but for the edges of large letters: their shades depend on
what was drawn before, and a busy machine leaves frames out. So everything is drawn several times,
and a page may look in each of the ways that it was seen in. Every environment (Qt, fonts, kind of
processor) has hashes of its own.
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
from PySide6.QtCore import QLocale, QRect
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

DRAWINGS = 4
"""How often everything is drawn in a fresh process to learn the shades of large letters."""

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


def known() -> dict[str, list[str]] | None:
    """The hashes of this environment, by the name of the picture: one for each way in which it was
    seen. None where there are none yet."""
    if not FILE.exists():
        return None
    goldens: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return goldens.get(fingerprint())


def drawn_afresh() -> dict[str, str]:
    """The hashes of all pictures, drawn in a process of their own, always in the same order."""
    command = [sys.executable, "-m", "tests.ui.goldens", "--hashes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=600)
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes


def draw() -> Iterator[tuple[str, QImage]]:
    """Every page of the samples, by its name: ``portrait-zh_CN/07-menu``."""
    for setting in SETTINGS:
        theatre = Theatre(setting)
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
    """Write the pictures and the hashes. Ways in which a page was seen before stay known as long as
    it is seen in one of them."""
    goldens = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    before = goldens.get(fingerprint(), {})
    seen: dict[str, set[str]] = {}
    for name, image in draw():
        seen[name] = {digest(image)}
        path = PICTURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(str(path))
    for _again in range(DRAWINGS - 1):
        for name, found in drawn_afresh().items():
            seen[name].add(found)
    for name, ways in seen.items():
        old = set(before.get(name, ()))
        if old & ways:
            ways.update(old)
        else:
            path = PICTURES / f"{name}.png"
            print("new" if not old else "changed", path.relative_to(ROOT))
    goldens[fingerprint()] = {name: sorted(ways) for name, ways in seen.items()}
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
