"""Prints one slip and one A4 sheet as a test, and keeps pictures of what should come out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

import qrcode
from qrcode.image.svg import SvgPathImage

from drivers import catalogue
from drivers.device import CancelToken, Deadline, DeviceError, Kind, Request
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.encode import picture
from drivers.receipt_printer.types import Align, Pair, Paragraph, PrintSlip, Qr, Rule, Slip
from drivers.sentence import en, joined
from kiosk.doctor import typeset
from kiosk.doctor.acceptance import TrialPrint
from kiosk.doctor.devices import DEVICES, failed
from kiosk.doctor.findings import Finding, Probe, run_guarded
from kiosk.doctor.text import moment
from kiosk.settings import Settings

SECONDS = 90.0
RARE = "𬭎㛃䶮𠅤"
NAMES = "镕堃喆珺"
"""Characters of names that GBK has and GB 2312 has not: a printer whose own font holds GB 2312 only
leaves them blank, and tells nobody."""
_WORDS = "试打页终端编号住房公积金缴存证明"
_DOTS = 576


def run(settings: Settings, at: datetime) -> tuple[Finding, ...]:
    """One print on every printer of the settings; ``at`` is printed on it."""
    prints = {Kind.RECEIPT_PRINTER: _print_slip, Kind.DOCUMENT_PRINTER: _print_sheet}
    probes = [
        Probe(DEVICES, _name(kind), partial(look, at), SECONDS + 10)
        for kind, look in prints.items()
        if kind in settings.devices
    ]
    return tuple(run_guarded(probes, settings))


def pictures(settings: Settings, at: datetime, found: Sequence[Finding]) -> Iterator[TrialPrint]:
    """Pictures of what should have come out, each with its result in ``found``."""
    results = {finding.name: finding.seen for finding in found}
    if Kind.RECEIPT_PRINTER in settings.devices:
        width = settings.devices[Kind.RECEIPT_PRINTER].get("width", _DOTS)
        png = picture(trial_slip(settings.terminal, at), width=width)
        yield TrialPrint("凭条", png, results[_name(Kind.RECEIPT_PRINTER)], rim=True)
    if Kind.DOCUMENT_PRINTER in settings.devices:
        png = trial_sheet(settings.terminal, at, "png")
        yield TrialPrint("A4 证明纸", png, results[_name(Kind.DOCUMENT_PRINTER)])


def _name(kind: Kind) -> str:
    return joined(": ", kind, "test print")


def _print_slip(at: datetime, settings: Settings) -> Iterator[Finding]:
    request = PrintSlip(secrets.token_hex(8), trial_slip(settings.terminal, at))
    yield _print(Kind.RECEIPT_PRINTER, settings.devices[Kind.RECEIPT_PRINTER], request)


def _print_sheet(at: datetime, settings: Settings) -> Iterator[Finding]:
    boxes = typeset.unshown(_WORDS + RARE)
    if boxes:
        seen = en("not printed: no font shows {characters}", characters=boxes)
        yield DEVICES.bad(_name(Kind.DOCUMENT_PRINTER), seen, typeset.MEND)
        return
    sheet = trial_sheet(settings.terminal, at, "pdf")
    request = PrintDocument(secrets.token_hex(8), sheet, 1, "test print")
    yield _print(Kind.DOCUMENT_PRINTER, settings.devices[Kind.DOCUMENT_PRINTER], request)


def print_report(settings: Settings, pdf: bytes, pages: int) -> Finding:
    """Print the acceptance report ``pdf`` of so many ``pages`` at the A4 printer of the
    settings."""
    table = settings.devices[Kind.DOCUMENT_PRINTER]
    request = PrintDocument(secrets.token_hex(8), pdf, pages, "acceptance report")
    return _print(Kind.DOCUMENT_PRINTER, table, request)


def _print(kind: Kind, table: Mapping[str, Any], request: Request[Any]) -> Finding:
    try:
        with catalogue.borrowed(kind, table) as driver:
            driver.open()
            driver.execute(request, Deadline(SECONDS), CancelToken())
    except DeviceError as error:
        return failed(_name(kind), table, error)
    return DEVICES.good(_name(kind), en("came out, as the printer says"))


def trial_slip(terminal: str, at: datetime) -> Slip:
    """The test slip of ``terminal``."""
    return Slip(
        (
            Paragraph("试打凭条", Align.CENTRE, size=2, bold=True),
            Rule(),
            Pair("终端编号", terminal),
            Pair("时间", moment(at)),
            Pair("金额对齐", "148,066.23"),
            Pair("生僻字", RARE),
            Pair("人名用字", NAMES),
            Paragraph(f'{NAMES} 有空白时，请设 text = "raster"'),
            Qr("https://12329.example/test"),
            Paragraph("横线应到两边，二维码应清晰", Align.CENTRE),
            Rule(),
            Paragraph("本凭条不作为证明", Align.CENTRE, bold=True),
        )
    )


_SHEET = """
#set page(paper: "a4", margin: 15mm)
#set text(font: ("Noto Sans CJK SC", "HanaMinA", "HanaMinB"), lang: "zh")
#rect(width: 100%, height: 100%, inset: 12mm)[
  #text(size: 24pt, weight: "bold")[A4 试打页]
  #v(6mm)
  终端编号 #sys.inputs.terminal #h(8mm) #sys.inputs.now
  #v(6mm)
  #for size in (8, 10, 14, 20) [
    #text(size: size * 1pt)[#size pt 住房公积金缴存证明 #sys.inputs.rare 148,066.23] \\
  ]
  #v(6mm)
  #image(bytes(sys.inputs.qr), width: 40mm)
  #v(1fr)
  四边线应完整，文字和二维码应清晰。
]
"""


def trial_sheet(terminal: str, at: datetime, form: Literal["pdf", "png"]) -> bytes:
    """The test sheet of ``terminal``."""
    import typst

    code = qrcode.make("https://12329.example/test", border=0, image_factory=SvgPathImage)
    made = typst.compile(
        _SHEET.encode(),
        format=form,
        ppi=90,
        sys_inputs={
            "terminal": terminal,
            "now": moment(at),
            "rare": RARE,
            "qr": code.to_string(encoding="unicode"),
        },
    )
    assert isinstance(made, bytes)
    return made
