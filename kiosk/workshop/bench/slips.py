"""Measures how many bytes a slip has, and how long they take over a serial line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count

from drivers import catalogue
from drivers.device import CancelToken, Deadline, DeviceError, Driver, Kind
from drivers.receipt_printer.types import PrintSlip, Slip
from kiosk.centre.models import CentreWords, Document
from kiosk.papers.receipt import SlipTerms, document_slip
from kiosk.privacy import mask_name
from kiosk.words import Language
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, Values
from kiosk.workshop.bench.hardware import FAST, LINES, SLOW, EmulatedHardware
from kiosk.workshop.sandbox import personas

NAMES: Mapping[str, Name] = {
    "slip_text_bytes": Name("B", floor="floor_slip_text_bytes"),
    "slip_rare_bytes": Name("B", floor="floor_slip_rare_bytes"),
    "slip_raster_bytes": Name("B", floor="floor_slip_raster_bytes"),
    "slip_text_115200": Name("s", floor="floor_slip_text_115200"),
    "slip_rare_115200": Name("s", floor="floor_slip_rare_115200"),
    "slip_raster_115200": Name("s", floor="floor_slip_raster_115200"),
    "slip_text_9600": Name("s", floor="floor_slip_text_9600"),
    "slip_rare_9600": Name("s", floor="floor_slip_rare_9600"),
    "slip_raster_9600": Name("s", floor="floor_slip_raster_9600"),
    "floor_slip_text_bytes": Name("B"),
    "floor_slip_rare_bytes": Name("B"),
    "floor_slip_raster_bytes": Name("B"),
    "floor_slip_text_115200": Name("s"),
    "floor_slip_rare_115200": Name("s"),
    "floor_slip_raster_115200": Name("s"),
    "floor_slip_text_9600": Name("s"),
    "floor_slip_rare_9600": Name("s"),
    "floor_slip_raster_9600": Name("s"),
}
"""The slip that goes with the deposit certificate, printed by the driver on emulated printers whose
head takes no time.

* ``text``: for a printer with a Chinese font; only the QR code and the rules are pictures.
  ``rare``: the same for a holder whose name has a character that no printer's font has.
  ``raster``: the whole slip as a picture
* ``…_bytes``: all bytes that reached the printer for the slip, status requests included; floor: the
  slip alone
* ``…_115200``, ``…_9600``: seconds from the command until the printer reports that the slip is out,
  over a line of so many bits a second, 8N1; floor: ten bits for each of these bytes
"""

_HOLDERS = {"text": "P01", "rare": "P12", "raster": "P01"}
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class SlipsScale:
    """How many slips are printed."""

    slips: int  # of each kind at 115200 baud
    slow_slips: tuple[str, ...]  # kinds that are printed at 9600 baud, once


def measure(hardware: EmulatedHardware, scale: SlipsScale) -> dict[str, Figure | NotMeasured]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`."""
    found: Values = {name: [] for name in NAMES}
    ports = {baud: f"{hardware.addresses[name]}&baud={baud}" for name, baud in LINES.items()}
    try:
        for kind in _HOLDERS:
            _count_bytes(found, kind, hardware)
        for kind in _HOLDERS:
            _time(found, kind, ports[FAST], FAST, scale.slips)
        for kind in scale.slow_slips:
            _time(found, kind, ports[SLOW], SLOW, 1)
    except DeviceError as error:
        raise BenchError(f"a slip was not printed: {error}") from error
    late = NotMeasured("takes half a minute; left out when quick")
    return {name: Figure(tuple(values)) if values else late for name, values in found.items()}


def slip(holder: str) -> Slip:
    """The slip of a deposit certificate; ``holder``: the whole name, which the slip masks."""
    terms = SlipTerms(
        language=Language.ZH,
        centre=CentreWords(
            zh="云岭市住房公积金管理中心", en="Yunling Housing Provident Fund Centre"
        ),
        hotline="12329",
        terminal="T0001",
        holder=mask_name(holder),
        now=datetime(2026, 1, 15, 10, 2, tzinfo=UTC),
        demo=True,
    )
    document = Document.model_validate(
        {
            "id": "d-1",
            "bh": "云岭缴证〔2026〕第00000001号",
            "title": {"zh": "个人住房公积金缴存证明", "en": "Certificate of contributions"},
            "pages": 1,
            "sha256": "0" * 64,
            "yzm": "7Q4M-2K9D",
            "verify_url": "https://verify.example/v/7Q4M-2K9D",
            "valid_until": date(2026, 3, 15),
            "prints_left_today": 2,
        }
    )
    return document_slip(terms, document)


_numbers = count(1)


def _request(kind: str) -> PrintSlip:
    return PrintSlip(f"slip-{next(_numbers)}", slip(personas.load()[_HOLDERS[kind]].full_name))


def _print(driver: Driver, request: PrintSlip) -> None:
    driver.execute(request, Deadline(_PATIENCE_S), CancelToken())


@contextmanager
def _printer(address: str, kind: str) -> Iterator[Driver]:
    """A driver that has printed one empty slip: its checks before a first slip are done."""
    text = "raster" if kind == "raster" else "gb18030"
    driver = catalogue.create(Kind.RECEIPT_PRINTER, "escpos", {"address": address, "text": text})
    try:
        driver.open()
        _print(driver, replace(_request("text"), slip=Slip(())))
        yield driver
    finally:
        driver.close()


def _count_bytes(found: Values, kind: str, hardware: EmulatedHardware) -> None:
    from drivers.receipt_printer.encode import TextMode, encode

    request = _request(kind)
    mode = TextMode.RASTER if kind == "raster" else TextMode.GB18030
    found[f"floor_slip_{kind}_bytes"].append(len(encode(request.slip, text=mode)))
    with _printer(hardware.addresses[Kind.RECEIPT_PRINTER], kind) as driver:
        before = hardware.hand.look(Kind.RECEIPT_PRINTER)["received"]
        _print(driver, request)
        after = hardware.hand.look(Kind.RECEIPT_PRINTER)["received"]
    found[f"slip_{kind}_bytes"].append(after - before)


def _time(found: Values, kind: str, address: str, baud: int, slips: int) -> None:
    with _printer(address, kind) as driver:
        for _ in range(slips):
            request = _request(kind)
            began = time.monotonic()
            _print(driver, request)
            found[f"slip_{kind}_{baud}"].append(time.monotonic() - began)
    size = found[f"slip_{kind}_bytes"][0]
    found[f"floor_slip_{kind}_{baud}"].append(size * 10 / baud)
