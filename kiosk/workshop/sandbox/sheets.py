"""Sets the stand-in centre's documents in type: unsigned PDFs of A4 pages, all words in Chinese."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources

import qrcode
import typst
from qrcode.image.svg import SvgPathImage

SEAL_USE = "业务专用章"


@dataclass(frozen=True, slots=True, repr=False)
class SheetLine:
    """One labelled field, worded."""

    label: str
    value: str
    more: str = ""  # in smaller print, behind or below the value
    wide: bool = False  # takes the whole row
    strong: bool = False
    alert: bool = False  # printed in red


@dataclass(frozen=True, slots=True, repr=False)
class SheetColumn:
    """A column of a table; ``share`` is its part of the width."""

    title: str
    share: float = 1.0
    right: bool = False  # amounts


@dataclass(frozen=True, slots=True, repr=False)
class SheetPart:
    """A part of a document: a heading, fields, and a table whose head comes again on each page.
    Every row has a value for every column; ``empty`` stands in place of no rows."""

    heading: str = ""
    addressed: str = ""  # 致
    statement: str = ""
    fields: tuple[SheetLine, ...] = ()
    columns: tuple[SheetColumn, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    empty: str = ""
    new_page: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class SheetBody:
    """What a document says. ``tail`` follows the seal on a page of its own, for somebody else to
    fill in and send back 回执."""

    title: str
    title_en: str
    parts: tuple[SheetPart, ...]
    notes: tuple[str, ...]
    tail: SheetPart | None = None
    framed: bool = True  # with the double line of a certificate around each page


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """A whole document: what it says, and what every document carries."""

    body: SheetBody
    number: str
    issued: date
    code: str  # 验证码, XXXX-XXXX
    verify_url: str
    hotline: str
    centre: str
    foot: str
    again: str = ""  # 补打: which print it is


def render(sheet: Sheet) -> bytes:
    """The unsigned PDF: A4 pages, fonts embedded as subsets, text extractable. Of several pages,
    each carries its slice of the straddle seal 骑缝章 at the right edge."""
    day = sheet.issued
    data = asdict(sheet) | {
        "issued": day.isoformat(),
        "issued_zh": f"{day.year}年{day.month}月{day.day}日",
        "seal_use": SEAL_USE,
        "demo_note": "演示数据 · 本页为演示样张，不具有任何证明效力",
    }
    code = qrcode.make(sheet.verify_url, border=0, image_factory=SvgPathImage)
    code.path.set("fill", "#14243a")
    return _compile(
        "sheet.typ",
        timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
        data=json.dumps(data, ensure_ascii=False),
        qr=code.to_string(encoding="unicode"),
    )


def seal_picture(centre: str) -> bytes:
    """The red seal as a PDF of one page, which is as large as the seal."""
    data = json.dumps({"seal": centre, "seal_use": SEAL_USE}, ensure_ascii=False)
    return _compile("seal.typ", data=data)


def _compile(template: str, timestamp: datetime | None = None, **inputs: str) -> bytes:
    made = typst.Compiler(_template(template), font_paths=_fonts()).compile(
        format="pdf", sys_inputs=inputs, timestamp=timestamp
    )
    assert isinstance(made, bytes)  # one format, no output file: one PDF in memory
    return made


@cache
def _template(name: str) -> bytes:
    """The template, behind what it draws the seal with."""
    here = resources.files("kiosk.workshop.sandbox")
    return (here / "round_seal.typ").read_bytes() + (here / name).read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """The fonts of the system. Cached, since the search takes 0.3 s."""
    return typst.Fonts()
