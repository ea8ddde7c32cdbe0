"""Prints one slip and one A4 sheet as a test, and keeps pictures of what should come out."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import segno

from drivers import catalogue
from drivers.device import CancelToken, Deadline, DeviceError, Request
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.encode import picture
from drivers.receipt_printer.types import Align, Pair, PrintSlip, Qr, Rule, Slip, Text
from kiosk.doctor.acceptance import TrialPrint
from kiosk.doctor.devices import DEVICES, failed
from kiosk.doctor.findings import Finding
from kiosk.doctor.text import moment
from kiosk.settings import Settings

SECONDS = 90.0
RARE = "𬭎㛃䶮𠅤"


def run(settings: Settings) -> Iterator[tuple[Finding, TrialPrint]]:
    """One print on every printer of the settings: what came of it, and its picture."""
    now = moment(datetime.now(UTC))
    if "receipt_printer" in settings.devices:
        slip = _slip(settings.terminal, now)
        finding = _print(settings, "receipt_printer", PrintSlip(secrets.token_hex(8), slip))
        yield finding, TrialPrint("凭条", picture(slip), finding.seen)
    if "document_printer" in settings.devices:
        sheet = _sheet(settings.terminal, now, "pdf")
        request = PrintDocument(secrets.token_hex(8), sheet, 1, "test print")
        finding = _print(settings, "document_printer", request)
        png = _sheet(settings.terminal, now, "png")
        yield finding, TrialPrint("A4 证明纸", png, finding.seen)


def _print(settings: Settings, kind: str, request: Request[Any]) -> Finding:
    table = settings.devices[kind]
    try:
        with catalogue.borrowed(kind, table) as driver:
            driver.open()
            driver.execute(request, Deadline(SECONDS), CancelToken())
    except DeviceError as error:
        return failed(f"{kind}: test print", table, error)
    return DEVICES.good(f"{kind}: test print", "came out, as the printer says")


def _slip(terminal: str, now: str) -> Slip:
    return Slip(
        (
            Text("试打凭条", Align.CENTRE, size=2, bold=True),
            Rule(),
            Pair("终端编号", terminal),
            Pair("时间", now),
            Pair("金额对齐", "148,066.23"),
            Pair("生僻字", RARE),
            Qr("https://12329.example/test"),
            Text("左右边线、二维码应清晰完整", Align.CENTRE),
            Rule(),
            Text("本凭条不作为证明", Align.CENTRE, bold=True),
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


def _sheet(terminal: str, now: str, form: Literal["pdf", "png"]) -> bytes:
    import typst

    code = io.BytesIO()
    segno.make("https://12329.example/test", error="m").save(code, kind="svg", border=0)
    made = typst.compile(
        _SHEET.encode(),
        format=form,
        ppi=90,
        sys_inputs={
            "terminal": terminal,
            "now": now,
            "rare": RARE,
            "qr": code.getvalue().decode(),
        },
    )
    assert isinstance(made, bytes)
    return made
