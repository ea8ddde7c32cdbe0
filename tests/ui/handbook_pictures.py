"""The pictures of the handbooks, drawn from the running product: ``make docs``.

A picture is drawn anew only when it is missing or when what it shows has changed: a page by its
goldens, a paper by the code that lays it out. ``docs/pictures/shown.json`` keeps what
each picture showed when it was drawn. No pixel is compared: a report holds the hour.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path

import pypdfium2
from click.testing import CliRunner
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QLocale
from PySide6.QtGui import QImage

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.__main__ import main as command_line
from kiosk.workshop.demo import DemoPlace, place
from tests.ui import goldens
from tests.ui.cases import pdf
from tests.ui.samples import BULLETINS, CATALOGUE, samples
from tests.ui.theatre import Setting, Theatre

PICTURES = goldens.ROOT / "docs" / "pictures"
SHOWN = PICTURES / "shown.json"
SETTING = Setting("portrait", "zh_CN")
WIDTH = 540
"""Pixels; half a screen, which is as wide as a handbook's column."""
QUALITY = 82

PAGES = {
    "attract.webp": "01-attract",
    "reader-lost.webp": "01-attract-reader-lost",
    "out-of-service.webp": "01-out-of-service",
    "held-up.webp": "21-printing-held-up",
    "paper-out.webp": "24-paper-out",
    "centre-down.webp": "26-centre-down",
    "card-left.webp": "29-farewell-card",
    "unknown.webp": "65-unknown",
}
"""By picture the page that it shows."""
_REPORT = ("kiosk/doctor/acceptance.py", "kiosk/doctor/acceptance.typ", "kiosk/doctor/causes.py")
PAPERS = {
    "report.webp": _REPORT,
    "test-prints.webp": (*_REPORT, "kiosk/doctor/trial_prints.py"),
    "not-fit.webp": _REPORT,
    "certificate.webp": ("kiosk/workshop/sandbox/sheet.typ", "kiosk/workshop/sandbox/seal.typ"),
}
"""By picture the code on which the look of the paper that it shows depends."""


def main() -> None:
    """Draw what has changed, and say so."""
    QLocale.setDefault(QLocale.c())
    kept = json.loads(SHOWN.read_text(encoding="utf-8")) if SHOWN.exists() else {}
    now = shown_now()
    stale = [name for name in now if is_stale(name, kept.get(name), now[name])]
    for name in stale:
        print("shows what has changed:" if name in kept else "new:", f"docs/pictures/{name}")
    for name, image in (*_pages(stale), *_reports(stale), *_certificate(stale)):
        image.save(PICTURES / name, "WEBP", quality=QUALITY, method=6)
        kept[name] = now[name]
    kept = {name: kept[name] for name in sorted(now)}
    SHOWN.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if not stale:
        print("the pictures of the handbooks show what there is")


def shown_now() -> dict[str, str]:
    """By picture the digest of what it shows."""
    known = goldens.known()
    if known is None:
        sys.exit("no goldens of this environment: `make goldens` first")
    now = {name: known[f"{SETTING}/{page}"] for name, page in PAGES.items()}
    for name, files in PAPERS.items():
        code = b"".join((goldens.ROOT / file).read_bytes() for file in files)
        now[name] = hashlib.sha256(code).hexdigest()
    return now


def is_stale(name: str, kept: str | None, now: str) -> bool:
    return kept != now or not (PICTURES / name).exists()


def _pages(wanted: Collection[str]) -> Iterator[tuple[str, Image.Image]]:
    if not set(PAGES) & set(wanted):
        return
    steps, theatre = samples(pdf()), Theatre(SETTING)
    try:
        for name, page in PAGES.items():
            if name in wanted:
                theatre.greet("张*" if "07" < page < "90" else "")
                theatre.page.surround(CATALOGUE, (), BULLETINS if page.startswith("01") else ())
                theatre.show(steps[page], back=goldens.has_back(page))
                yield name, _scaled(_of_qt(goldens.picture(theatre)))
    finally:
        theatre.close()


def _of_qt(image: QImage) -> Image.Image:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return Image.open(BytesIO(data.data())).convert("RGB")


def _scaled(image: Image.Image) -> Image.Image:
    size = (WIDTH, round(image.height * WIDTH / image.width))
    return image.resize(size, Image.Resampling.LANCZOS)


def _reports(wanted: Collection[str]) -> Iterator[tuple[str, Image.Image]]:
    """What the doctor says of a whole terminal, and of one without paper for slips."""
    if not {"report.webp", "test-prints.webp", "not-fit.webp"} & set(wanted):
        return
    with tempfile.TemporaryDirectory() as folder, place(headless=True) as here:
        first, *_, last = _report(here, Path(folder))
        yield "report.webp", _part(first, 0.452)
        yield "test-prints.webp", _part(last, 0.64)
        remote = Remote(here.desk)
        remote.tell(Kind.RECEIPT_PRINTER, "paper out")
        remote.close()
        yield "not-fit.webp", _part(_report(here, Path(folder))[0], 0.3)


def _report(here: DemoPlace, folder: Path) -> list[Image.Image]:
    path = folder / "report.pdf"
    options = ("--settings", str(here.settings), "--keep", str(folder), "--pdf", str(path))
    CliRunner().invoke(command_line, ["doctor", "--print", *options])
    pages = pypdfium2.PdfDocument(path.read_bytes())
    return [page.render(scale=2).to_pil().convert("RGB") for page in pages]


def _certificate(wanted: Collection[str]) -> Iterator[tuple[str, Image.Image]]:
    """The sheet of the demo's first visit, as it lay in the printer's tray."""
    if "certificate.webp" not in wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kiosk", "demo", "--offscreen", "--out", folder]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        yield "certificate.webp", _scaled(Image.open(Path(folder) / "sheet-1.png").convert("RGB"))


def _part(page: Image.Image, height: float) -> Image.Image:
    """The upper part of an A4 page, without most of its margins; ``height`` of 1 is the whole."""
    edge = round(page.width * 0.06)
    part = page.crop((edge, edge, page.width - edge, round(page.height * height)))
    size = (WIDTH * 4 // 3, round(part.height * WIDTH * 4 / 3 / part.width))
    return part.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
