"""An emulated bank machine, as its XFS4IoT services show it.

A publisher and nine services on one port: ReceiptPrinter, DocumentPrinter, CardReader,
BarcodeReader, Camera, PinPad, Lights, Auxiliaries, VendorMode.
"""

from __future__ import annotations

import base64
import io
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw

from drivers.emulators.document_printer import rendered
from drivers.emulators.drawn_booth import DrawnBooth, must_be_action
from drivers.emulators.pin_pad import BANK_KEY, MASTER_KEYS, decrypt, encrypt, format_0
from drivers.emulators.receipt_printer import drawn
from drivers.emulators.smart_cards.cards import ChipCard, make_card
from drivers.emulators.xfs4iot.offers import LIGHTS, SERVICES, capabilities, version
from drivers.emulators.xfs4iot.wire import (
    PATH,
    ClientSession,
    EndedError,
    Payload,
    QueuedCommand,
    ServiceFault,
    XfsServer,
)
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.types import Algorithm

FAULTS = (
    "fail",
    "garbage",
    "hang up",
    "mute",
    "no acknowledge",
    "no code",
    "old code",
    "queue full",
    "refuse",
    "silence",
    "slow",
    "unknown events",
    "unknown fields",
)
_PAGE = re.compile(rb"/Type\s*/Page(?![s\w])")
_DPI = 100
_PICTURE = (640, 480)
_PRINTERS = ("ReceiptPrinter", "DocumentPrinter")
_KEYS = ("enter", "cancel", "clear", "backspace")
_ALGORITHMS = {"T": Algorithm.TDEA, "4": Algorithm.SM4}


@dataclass(slots=True)
class _Printer:
    supply: str = "full"
    left: int | None = None  # sheets until the paper is out; None: plenty
    jam_in: int | None = None  # sheets until a sheet jams
    jammed: bool = False
    toner: str = "full"
    slot: list[bytes] = field(default_factory=list)  # papers in the exit slot
    transport: list[bytes] = field(default_factory=list)  # papers inside; come out with the next
    printed: int = 0
    jobs: list[bytes] = field(default_factory=list)
    retracted: int = 0
    bin_state: str = "ok"

    def seen(self) -> dict[str, Any]:
        return {
            "paper": self.supply,
            "left": self.left,
            "jammed": self.jammed,
            "toner": self.toner,
            "bin": self.bin_state,
        }


class XfsMachine:
    """The machine. Settings of a driver: ``service`` is :meth:`uri`, or ``machine`` "127.0.0.1"
    with ``ports`` ``[port]``.

    Orders for :meth:`obey`, with their facts:

    ====================  ========================================================================
    paper out             no paper; ``service`` (default ReceiptPrinter), ``after_pages=n``
    paper low, refill     the same ``service``
    jam, clear jam        ``after_pages=n``; a jammed sheet does not come out
    toner out, new toner
    take paper            somebody takes the paper out of the slot
    auto retract          presented paper goes into the bin after ``seconds`` (None: never), or
                          ``to`` the "transport", from where it comes out with the next paper
    present late          paper comes to the slot ``seconds`` after it was printed (None: at once)
    bin                   the retract bin is ``state`` "ok", "high", "full", "missing"; from a
                          machine of version 3 also "inoperative", "notConfigured", "manipulated"
    put card              ``kind`` and the fields of :mod:`drivers.emulators.smart_cards.cards`
    pull card             at once; ``after_apdus=n``: in the middle of a read
    jam card              the card does not come out
    no chip               a card without a chip is put
    wrong card            something that is no card is pushed at the slot, and not taken in
    face                  ``who`` of :data:`drivers.emulators.face_scene.WHO` stands before the
                          camera; needs ``portrait``. ``step away`` – nobody any more
    act                   ``what`` of :data:`drivers.emulators.face_scene.ACTIONS`
    show code             ``text`` or ``data`` (bytes), ``symbology`` ("qrCode")
    press                 ``key``: "0" to "9", "enter", "cancel", "clear", "backspace"
    open door, close door, press call, release call, come, leave
    power                 ``state`` "mains", "battery", "battery low"
    volume                ``level`` 1 to 1000
    enter vendor mode     the technician asks for the machine
    leave vendor mode     the technician gives it back
    device                ``state`` of ``service`` (default: all): "offline", "hardwareError"…
    version               speak only the major version ``major`` (1, 2 or 3), from the next hello
    unplug, plug          the services end, and start again on the same port
    host                  the publisher names its services by ``name``, as a certificate may need
    well                  ends every fault, or only ``fault`` at its ``service`` and ``command``
    ====================  ========================================================================

    Faults of answers: ``fail`` (``error``, an errorCode), ``garbage`` (``form`` "bytes", "text",
    "json", "deep"), ``hang up``, ``mute``, ``no acknowledge``, ``no code`` (success has no code),
    ``old code`` (the completion code stands in the payload), ``queue full``, ``refuse`` (``code``,
    a completion code), ``silence`` (acknowledged, never completed), ``slow`` (``seconds``),
    ``unknown events``, ``unknown fields``. Each takes ``service`` (default: all), ``command``
    (default: all that move something), ``once``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        seconds_per_page: float = 0.0,
        master_keys: Mapping[Algorithm, bytes] = MASTER_KEYS,
        card_reader: str = "motor",
        minor: int = 0,
        tells_media: bool = True,
        dialect: Literal["standard", "kal"] = "standard",
        portrait: Path | None = None,
    ) -> None:
        """``port`` 0 takes a free port. ``card_reader``: "motor", "dip", "latchedDip",
        "contactless". ``minor``: the minor version of every message. Without ``tells_media`` only
        the printers' events tell of paper in the slot, not their status. ``dialect`` "kal": names
        as services made with KAL's framework write them, interfaces as ``cardReader``.
        ``portrait``: the pinned picture from which faces before the camera are drawn."""
        self._pace = seconds_per_page
        self._master_keys = dict(master_keys)
        self._reader_type = card_reader
        self._minor = minor
        self._tells_media = tells_media
        self._dialect = dialect
        self._scheme = "wss" if tls else "ws"
        self._host = "127.0.0.1"
        self._wire = XfsServer(
            self._act,
            SERVICES.__contains__,
            lambda kind, name: version(kind, name, self._major),
            port=port,
            tls=tls,
        )
        self._changed = self._wire.changed
        self._major = 3
        self._devices = dict.fromkeys(SERVICES, "online")
        self._printers = {name: _Printer() for name in _PRINTERS}
        self._auto_retract: float | None = None
        self._auto_retract_to = "unit1"
        self._present_late: float | None = None
        self._card: ChipCard | None = None
        self._chipless = False
        self._card_place = "none"  # "inside", "slot"
        self._card_jammed = False
        self._latched = False
        self._refused = 0  # things other than cards that were pushed at the slot
        self._pull_in: int | None = None  # APDUs until the card is pulled
        self._codes: deque[tuple[bytes, str]] = deque(maxlen=1)
        self._scanning = False
        self._pictures = 0
        self._picture = b""
        self._portrait = portrait
        self._booth: DrawnBooth | None = None
        self._lights: dict[str, Any] = {}
        self._keys: deque[str] = deque()
        self._entering = False
        self._pin = ""
        self._pin_key = BANK_KEY
        self._auxiliaries: dict[str, Any] = {
            "cabinetDoor": "closed",
            "operatorCallButtonSensor": "off",
            "proximitySensor": "notPresent",
            "UPS": {"low": False, "engaged": False, "powering": False, "recovered": False},
            "volume": 500,
        }
        self._mode = "inactive"
        self._registered: dict[ClientSession, str] = {}
        self._agreed: set[ClientSession] = set()
        self._commands: deque[str] = deque(maxlen=500)

    @property
    def port(self) -> int:
        return self._wire.port

    @property
    def address(self) -> str:
        """The address of the publisher."""
        return f"{self._scheme}://{self._host}:{self.port}{PATH}"

    def uri(self, service: str) -> str:
        """The whole address of a service, "ReceiptPrinter"."""
        return f"{self.address}/{service}"

    def start(self) -> None:
        self._wire.start()

    def stop(self) -> None:
        self._wire.stop()

    # -- orders -------------------------------------------------------------------------------

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        if order in ("plug", "unplug"):
            if self._wire.listening != (order == "plug"):
                self.start() if order == "plug" else self.stop()
            return
        acts: Mapping[str, Callable[..., None]] = {
            "paper out": self._paper_out,
            "paper low": lambda service="ReceiptPrinter": self._supply(service, "low"),
            "refill": lambda service="ReceiptPrinter": self._supply(service, "full"),
            "jam": self._jam,
            "clear jam": self._clear_jam,
            "toner out": lambda service="ReceiptPrinter": self._toner(service, "out"),
            "new toner": lambda service="ReceiptPrinter": self._toner(service, "full"),
            "take paper": self._take_paper,
            "auto retract": self._set_auto_retract,
            "present late": self._set_present_late,
            "bin": self._set_bin,
            "put card": self._put_card,
            "no chip": self._put_chipless,
            "wrong card": self._refuse_card,
            "pull card": self._pull_card,
            "jam card": self._jam_card,
            "face": self._seat,
            "act": self._move,
            "step away": self._step_away,
            "show code": self._show_code,
            "press": self._press,
            "open door": lambda: self._sense(cabinetDoor="open"),
            "close door": lambda: self._sense(cabinetDoor="closed"),
            "press call": lambda: self._sense(operatorCallButtonSensor="on"),
            "release call": lambda: self._sense(operatorCallButtonSensor="off"),
            "come": lambda: self._sense(proximitySensor="present"),
            "leave": lambda: self._sense(proximitySensor="notPresent"),
            "power": self._power,
            "volume": lambda level: self._sense(volume=level),
            "enter vendor mode": self._enter_vendor_mode,
            "leave vendor mode": self._leave_vendor_mode,
            "device": self._set_device,
            "version": self._set_version,
            "host": self._set_host,
            "well": self._well,
        }
        with self._changed:
            if order in acts:
                acts[order](**facts)
            elif order in FAULTS:
                self._order_fault(order, **facts)
            else:
                raise ValueError(f"the machine knows no order {order!r}")
            self._changed.notify_all()

    def look(self) -> dict[str, Any]:
        """What a person beside the machine sees: ``plugged``, ``slips`` (ESC/POS as it arrived),
        ``documents`` (PDF as it arrived), ``pages`` (of documents, since the start), ``slots`` (by
        printer: whether paper lies in its slot), ``lying`` (by printer: each paper in its slot, as
        it arrived), ``tray`` (by printer: PNG of the sheets in its slot), ``printers`` (by printer:
        ``paper``, ``left``: sheets, or None, ``jammed``, ``toner``, ``bin``), ``bins`` (by printer:
        how many papers were retracted), ``card`` ("none", "inside", "slot"), ``kind`` (of the card,
        or ""), ``card_jammed``, ``lights`` (name to state), ``pictures`` (how many were taken),
        ``picture`` (the last, JPEG), ``who`` (stands before the camera, or ""), ``scanning``,
        ``entering``, ``digits`` (how many of the PIN were entered), ``mode`` (vendor mode),
        ``cabinet`` (door, sensors, power as the service reports them), ``devices`` (service to
        state), ``connections`` (service names), ``commands`` (names, oldest first), ``faults``
        (each with its service, or ""), ``frames`` (direction "in" or "out", service, text).
        """
        with self._changed:
            receipt, document = (self._printers[name] for name in _PRINTERS)
            slots = {name: list(one.slot) for name, one in self._printers.items()}
            seen = {
                "plugged": self._wire.listening,
                "slips": list(receipt.jobs),
                "documents": list(document.jobs),
                "pages": document.printed,
                "slots": {name: bool(papers) for name, papers in slots.items()},
                "lying": slots,
                "printers": {name: one.seen() for name, one in self._printers.items()},
                "bins": {name: one.retracted for name, one in self._printers.items()},
                "card": self._card_place,
                "kind": self._card.kind if self._card else "",
                "card_jammed": self._card_jammed,
                "lights": dict(self._lights),
                "pictures": self._pictures,
                "picture": self._picture,
                "who": self._booth.who if self._booth else "",
                "scanning": self._scanning,
                "entering": self._entering,
                "digits": len(self._pin),
                "mode": self._mode,
                "cabinet": dict(self._auxiliaries),
                "devices": dict(self._devices),
                "connections": [session.service for session in self._wire.sessions],
                "commands": list(self._commands),
                "faults": [[fault.kind, fault.service] for fault in self._wire.faults],
                "frames": [list(frame) for frame in self._wire.frames],
            }
        # Without the lock, since drawing takes time.
        tray = {
            name: [sheet for one in papers for sheet in _seen(one)]
            for name, papers in slots.items()
        }
        return {**seen, "tray": tray}

    def _order_fault(
        self, kind: str, service: str = "", command: str = "", *, once: bool = False, **facts: Any
    ) -> None:
        needed = {"fail": "error", "garbage": "form", "refuse": "code", "slow": "seconds"}
        if set(facts) != ({needed[kind]} if kind in needed else set()):
            raise ValueError(f"{kind} takes {needed.get(kind, 'nothing')} besides its place")
        self._wire.faults.append(ServiceFault(kind, service, command, once, facts))

    def _well(self, fault: str = "", service: str = "", command: str = "") -> None:
        if not fault:
            self._all_well()
        elif fault == "jam card":
            self._card_jammed = False
        else:
            told = (fault, service, command)
            self._wire.faults[:] = [
                one for one in self._wire.faults if (one.kind, one.service, one.command) != told
            ]

    def _all_well(self) -> None:
        self._wire.faults.clear()
        self._devices = dict.fromkeys(SERVICES, "online")
        for printer in self._printers.values():
            printer.supply, printer.toner, printer.bin_state = "full", "full", "ok"
            printer.left = printer.jam_in = None
            printer.jammed = False
        self._card_jammed = False
        self._pull_in = None
        self._auto_retract = self._present_late = None
        self._mode = "inactive"

    def _set_device(self, state: str, service: str = "") -> None:
        for name in [service] if service else list(self._devices):
            self._devices[name] = state
            self._wire.tell(name, "Common.StatusChangedEvent", {"common": {"device": state}})

    def _set_version(self, major: int) -> None:
        self._major = major

    def _set_host(self, name: str) -> None:
        self._host = name

    # -- what every service does --------------------------------------------------------------

    def _act(self, job: QueuedCommand) -> Payload | None:
        """Carry out a command; called under the lock. Raises :class:`EndedError`."""
        self._commands.append(job.name)
        service = job.session.service
        offered = self._capabilities(service)
        names = {name for one in offered["interfaces"] for name in one["commands"]}
        if service == "" and job.name == "ServicePublisher.GetServices":
            return self._services(job)
        if job.name not in names:
            raise EndedError("unsupportedCommand")
        told = job.name == "Common.Capabilities"  # answered in any version
        if not told and job.version not in self._versions(offered, "commands")[job.name]:
            raise EndedError("invalidCommand")
        acts: Mapping[str, Callable[[QueuedCommand], Payload | None]] = {
            "Common.Status": self._status,
            "Common.Capabilities": lambda job: self._told(offered),
            "Common.SetVersions": lambda job: self._agree_on_versions(job, offered),
            "Storage.GetStorage": self._storage,
            "Printer.PrintRaw": self._print_raw,
            "Printer.PrintNative": self._print_native,
            "Printer.ControlMedia": self._control_media,
            "Printer.RetractMedia": self._retract_media,
            "Printer.Reset": self._reset_printer,
            "CardReader.ReadRawData": self._read_card,
            "CardReader.ChipIO": self._chip_io,
            "CardReader.Move": self._move_card,
            "CardReader.Reset": self._reset_card_reader,
            "BarcodeReader.Read": self._read_code,
            "BarcodeReader.Reset": lambda job: None,
            "Camera.TakePicture": self._take_picture,
            "Camera.Reset": lambda job: None,
            "Lights.SetLight": self._set_light,
            "Keyboard.PinEntry": self._enter_pin,
            "PinPad.GetPinBlock": self._pin_block,
            "PinPad.Reset": self._reset_pin_pad,
            "KeyManagement.ImportKey": self._import_key,
            "VendorMode.Register": self._register,
            "VendorMode.EnterModeAcknowledge": self._agree,
            "VendorMode.ExitModeAcknowledge": self._agree,
        }
        if not job.name.startswith(("Common.", "Storage.", "VendorMode.")):
            if self._mode == "active":
                raise EndedError("sequenceError")
            state = self._devices[service]
            if state == "hardwareError":
                raise EndedError("hardwareError")
            if state in ("offline", "powerOff", "noDevice", "starting"):
                raise EndedError("deviceNotReady")
        return acts[job.name](job)

    def _told(self, offered: Payload) -> Payload:
        """The capabilities in the machine's dialect."""
        if self._dialect == "standard":
            return offered
        interfaces = [
            one | {"name": one["name"][0].lower() + one["name"][1:]}
            for one in offered["interfaces"]
        ]
        return offered | {"interfaces": interfaces}

    def _capabilities(self, service: str) -> Payload:
        return capabilities(service, self._major, self._minor, self._reader_type)

    @staticmethod
    def _versions(offered: Payload, kind: str) -> dict[str, list[str]]:
        """The versions of each message by name; ``kind``: "commands" or "events"."""
        return {
            name: message["versions"]
            for one in offered["interfaces"]
            for name, message in one.get(kind, {}).items()
        }

    def _agree_on_versions(self, job: QueuedCommand, offered: Payload) -> None:
        for kind in ("commands", "events"):
            known = self._versions(offered, kind)
            for name, major in job.payload.get(kind, {}).items():
                if f"{major}.{self._minor}" not in known.get(name, ()):
                    raise EndedError("unsupportedData")

    def _services(self, job: QueuedCommand) -> Payload:
        uris = [{"serviceURI": self.uri(name)} for name in SERVICES]
        job.event(
            "ServicePublisher.ServiceDetailEvent",
            {"vendorName": "Emulated Machines", "services": uris[:2]},
        )
        return {"vendorName": "Emulated Machines", "services": uris}

    def _status(self, job: QueuedCommand) -> Payload:
        service = job.session.service
        facts: Payload = {
            "common": {"device": self._devices[service], "devicePosition": "inPosition"}
        }
        match service:
            case "ReceiptPrinter" | "DocumentPrinter":
                facts["printer"] = self._printer_status(self._printers[service], service)
            case "CardReader":
                facts["cardReader"] = self._card_reader_status()
            case "BarcodeReader":
                facts["barcodeReader"] = {"scanner": "on" if self._scanning else "off"}
            case "Camera":
                facts["camera"] = {"cameras": {"person": "ok"}}
            case "PinPad":
                facts["keyboard"] = {"autoBeepMode": {"activeAvailable": True}}
            case "Lights":
                facts["lights"] = self._lights
            case "Auxiliaries":
                facts["auxiliaries"] = self._sensed(self._auxiliaries)
            case "VendorMode":
                facts["vendorMode"] = {"device": "online", "service": self._mode}
        return facts

    # -- printers -----------------------------------------------------------------------------

    def _paper_out(self, service: str = "ReceiptPrinter", after_pages: int = 0) -> None:
        self._printers[service].left = after_pages
        if not after_pages:
            self._supply(service, "out")

    def _supply(self, service: str, supply: str) -> None:
        printer = self._printers[service]
        printer.supply = supply
        if supply == "full":
            printer.left = None
        if supply != "out":
            self._wire.tell(
                service,
                "Printer.PaperThresholdEvent",
                {"paperSource": "upper", "threshold": supply},
            )

    def _jam(self, service: str = "ReceiptPrinter", after_pages: int | None = None) -> None:
        if after_pages is None:
            self._printers[service].jammed = True
        else:
            self._printers[service].jam_in = after_pages

    def _clear_jam(self, service: str = "ReceiptPrinter") -> None:
        self._printers[service].jammed = False

    def _toner(self, service: str, state: str) -> None:
        self._printers[service].toner = state

    def _set_auto_retract(self, seconds: float | None, to: str = "unit1") -> None:
        self._auto_retract, self._auto_retract_to = seconds, to

    def _set_present_late(self, seconds: float | None) -> None:
        self._present_late = seconds

    def _set_bin(self, state: str, service: str = "ReceiptPrinter") -> None:
        self._printers[service].bin_state = state

    def _take_paper(self, service: str = "ReceiptPrinter") -> None:
        if self._printers[service].slot:
            self._printers[service].slot.clear()
            self._wire.tell(service, "Printer.MediaTakenEvent")

    def _printer_status(self, printer: _Printer, service: str) -> Payload:
        # A roll always lies under the print head; a sheet lies there only on its way out.
        roll = service == "ReceiptPrinter" and printer.supply != "out"
        media = "present" if roll or printer.transport else "notPresent"
        if printer.jammed or printer.slot:
            media = "jammed" if printer.jammed else "entering"
        supply = "jammed" if printer.jammed else printer.supply
        facts: Payload = {"paper": {"upper": supply}, "toner": printer.toner}
        if self._tells_media:
            facts["media"] = media
        if self._major == 2:
            facts["retractBins"] = [{"state": printer.bin_state, "count": printer.retracted}]
        return facts

    def _storage(self, job: QueuedCommand) -> Payload:
        printer = self._printers[job.session.service]
        fills = printer.bin_state in ("ok", "high", "full")
        fill = {
            "index": 1,
            "initial": 0,
            "in": printer.retracted,
            "replenishmentStatus": printer.bin_state if fills else "unknown",
        }
        unit = {
            "id": "BIN1",
            "status": "ok" if fills else printer.bin_state,
            "printer": {"capabilities": {"maxRetracts": 50}, "status": fill},
        }
        return {"storage": {"unit1": unit}}

    def _print_raw(self, job: QueuedCommand) -> Payload | None:
        data = _bytes(job.payload["data"])
        self._feed(job, 1)
        self._present(job, data)
        return None

    def _print_native(self, job: QueuedCommand) -> Payload | None:
        data = _bytes(job.payload["data"])
        if not data.startswith(b"%PDF"):
            raise EndedError("invalidData")
        self._feed(job, len(_PAGE.findall(data)) or 1)
        self._present(job, data)
        return None

    def _feed(self, job: QueuedCommand, pages: int) -> None:
        printer = self._printers[job.session.service]
        for _ in range(pages):
            self._wire.wait(job, lambda: False, self._pace)
            if printer.jam_in is not None:
                printer.jammed = printer.jam_in <= 0
                printer.jam_in = None if printer.jammed else printer.jam_in - 1
            if printer.left is not None and printer.left <= 0:
                printer.supply = "out"
            if printer.jammed:
                raise EndedError("commandErrorCode", "paperJammed")
            if printer.supply == "out":
                raise EndedError("commandErrorCode", "paperOut")
            if printer.toner == "out":
                raise EndedError("commandErrorCode", "tonerOut")
            if printer.left is not None:
                printer.left -= 1
            printer.printed += 1

    def _present(self, job: QueuedCommand, data: bytes) -> None:
        service = job.session.service
        printer = self._printers[service]
        printer.jobs.append(data)
        printer.transport.append(data)
        if self._present_late is not None:
            _later(self._present_late, self._push_out, service)
            return
        self._bring_out(printer)
        job.event("Printer.MediaPresentedEvent", {"wadIndex": 1, "totalWads": 1})
        if self._auto_retract is not None:
            _later(self._auto_retract, self._retract_late, service)

    @staticmethod
    def _bring_out(printer: _Printer) -> None:
        printer.slot += printer.transport
        printer.transport.clear()

    def _push_out(self, service: str) -> None:
        with self._changed:
            self._bring_out(self._printers[service])
            told = {"wadIndex": 1, "totalWads": 1}
            self._wire.tell(service, "Printer.MediaPresentedUnsolicitedEvent", told)

    def _retract_late(self, service: str) -> None:
        with self._changed:
            printer = self._printers[service]
            if printer.slot and self._auto_retract is not None:
                to = self._auto_retract_to
                if to == "transport":
                    printer.transport += printer.slot
                else:
                    printer.retracted += 1
                printer.slot.clear()
                self._wire.tell(service, "Printer.MediaAutoRetractedEvent", {"result": to})

    def _control_media(self, job: QueuedCommand) -> Payload | None:
        if not self._printers[job.session.service].slot:
            raise EndedError("commandErrorCode", "noMediaPresent")
        return None

    def _retract_media(self, job: QueuedCommand) -> Payload:
        printer = self._printers[job.session.service]
        if not printer.slot and not printer.transport:
            raise EndedError("commandErrorCode", "noMediaPresent")
        if printer.bin_state == "full":
            raise EndedError("commandErrorCode", "retractBinFull")
        printer.slot.clear()
        printer.transport.clear()
        printer.retracted += 1
        return {"result": job.payload["mediaControl"]}

    def _reset_printer(self, job: QueuedCommand) -> Payload | None:
        printer = self._printers[job.session.service]
        if printer.jammed:
            raise EndedError("commandErrorCode", "paperJammed")
        printer.slot.clear()
        printer.transport.clear()
        return None

    # -- card reader --------------------------------------------------------------------------

    def _card_reader_status(self) -> Payload:
        if self._reader_type == "contactless":
            return {}  # a card held to a contactless reader has no place to report
        media = {"none": "notPresent", "inside": "present", "slot": "entering"}
        lies = "latched" if self._latched else media[self._card_place]
        return {"media": "jammed" if self._card_jammed else lies}

    def _put_card(self, **facts: Any) -> None:
        self._card, self._chipless = make_card(facts), False
        self._card_place = "inside"

    def _put_chipless(self) -> None:
        self._card, self._chipless = None, True
        self._card_place = "inside"

    def _pull_card(self, after_apdus: int | None = None) -> None:
        if after_apdus is not None:
            self._pull_in = after_apdus
            return
        if self._card_place != "none" and not self._latched:
            self._card, self._chipless, self._card_place = None, False, "none"
            self._wire.tell("CardReader", "CardReader.MediaRemovedEvent")

    def _refuse_card(self) -> None:
        self._refused += 1

    def _jam_card(self) -> None:
        self._card_jammed = True

    def _read_card(self, job: QueuedCommand) -> Payload:
        if self._card_jammed:
            raise EndedError("commandErrorCode", "mediaJam")
        if self._card_place == "none":
            job.event("CardReader.InsertCardEvent")
            self._refused = 0
            while self._card_place == "none":
                self._wire.wait(job, lambda: self._card_place != "none" or self._refused > 0)
                if self._refused:
                    self._refused = 0
                    job.event("CardReader.InvalidMediaEvent")
        self._card_place = "inside"
        self._latched = self._reader_type == "latchedDip"
        job.event("CardReader.MediaInsertedEvent")
        if self._card is None:
            return {"chip": [{"status": "dataMissing"}]}
        self._card.reset()
        return {"chip": [{"data": _text(self._card.atr)}]}

    def _chip_io(self, job: QueuedCommand) -> Payload:
        if self._pull_in is not None:
            self._pull_in -= 1
            if self._pull_in < 0:
                self._pull_in = None
                self._pull_card()
        if self._card is None or self._card_place != "inside":
            raise EndedError("commandErrorCode", "noMedia")
        answer = self._card.answer(_bytes(job.payload["chipData"]))
        return {"chipProtocol": job.payload["chipProtocol"], "chipData": _text(answer)}

    def _move_card(self, job: QueuedCommand) -> Payload | None:
        if self._card_jammed:
            raise EndedError("commandErrorCode", "mediaJam")
        if self._card_place == "none":
            raise EndedError("commandErrorCode", "noMedia")
        self._let_go()
        return None

    def _let_go(self) -> None:
        self._latched = False
        if self._reader_type == "motor":
            self._card_place = "slot"

    def _reset_card_reader(self, job: QueuedCommand) -> Payload | None:
        if self._card_jammed:
            raise EndedError("commandErrorCode", "mediaJam")
        if self._card_place == "inside":
            self._let_go()
        return None

    # -- scanner, camera, lights --------------------------------------------------------------

    def _show_code(self, text: str = "", data: bytes = b"", symbology: str = "qrCode") -> None:
        if self._scanning:
            self._codes.append((data or text.encode(), symbology))

    def _read_code(self, job: QueuedCommand) -> Payload:
        self._codes.clear()
        self._scanning = True
        try:
            self._wire.wait(job, lambda: bool(self._codes))
        finally:
            self._scanning = False
        data, symbology = self._codes.popleft()
        return {"readOutput": [{"symbology": symbology, "barcodeData": _text(data)}]}

    def _seat(self, who: str = "live") -> None:
        self._booth = DrawnBooth(self._portrait, _PICTURE, who)

    def _move(self, what: str) -> None:
        must_be_action(what)
        if self._booth is not None:
            self._booth.act(what)

    def _step_away(self) -> None:
        self._booth = None

    def _take_picture(self, job: QueuedCommand) -> Payload:
        if job.payload.get("camera") != "person":
            raise EndedError("commandErrorCode", "cameraNotSupported")
        self._pictures += 1
        self._picture = self._booth.picture() if self._booth else _drawn(self._pictures)
        return {"pictureFile": _text(self._picture)}

    def _set_light(self, job: QueuedCommand) -> Payload | None:
        for name, state in job.payload.items():
            if name not in LIGHTS:
                raise EndedError("commandErrorCode", "invalidLight")
            self._lights[name] = state
        return None

    # -- PIN pad ------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        if key not in _KEYS and not (len(key) == 1 and key.isdecimal()):
            raise ValueError(f"the pad has no key {key!r}")
        if self._entering:
            self._keys.append(key)

    def _enter_pin(self, job: QueuedCommand) -> Payload:
        shortest, longest = job.payload["minLen"], job.payload["maxLen"]
        self._keys.clear()
        self._pin = ""
        self._entering = True
        try:
            while True:
                self._wire.wait(job, lambda: bool(self._keys))
                done = self._key(self._keys.popleft(), shortest, longest, job)
                if done:
                    return {"digits": len(self._pin), "completion": done}
        except EndedError:
            self._pin = ""
            raise
        finally:
            self._entering = False

    def _key(self, key: str, shortest: int, longest: int, job: QueuedCommand) -> str:
        """Handle one key; returns "enter", "auto" or "cancel" when the key ends the entry, else
        ""."""
        completion, done = key, ""
        if key.isdecimal():
            if len(self._pin) == longest:
                return ""
            self._pin += key
            full = job.payload.get("autoEnd") and len(self._pin) == longest
            completion = done = "auto" if full else ""
            completion = completion or "continue"
        elif key == "backspace":
            self._pin = self._pin[:-1]
        elif key == "clear":
            self._pin = ""
        elif key == "enter":
            if len(self._pin) < shortest:
                return ""
            done = "enter"
        else:
            self._pin, done = "", "cancel"
        job.event("Keyboard.KeyEvent", {"completion": completion})
        return done

    def _reset_pin_pad(self, job: QueuedCommand) -> None:
        self._pin = ""

    def _import_key(self, job: QueuedCommand) -> Payload:
        attributes = job.payload["keyAttributes"]
        algorithm = _ALGORITHMS.get(attributes["algorithm"])
        if algorithm is None or attributes["keyUsage"] != "P0":
            raise EndedError("commandErrorCode", "algorithmNotSupported")
        if job.payload["decryptKey"] != "TMK":
            raise EndedError("commandErrorCode", "keyNotFound")
        key = decrypt(algorithm, self._master_keys[algorithm], _bytes(job.payload["value"]))
        self._pin_key = algorithm, key
        zeros = bytes(8 if algorithm is Algorithm.TDEA else 16)
        return {
            "verificationData": _text(encrypt(algorithm, key, zeros)[:3]),
            "verifyAttributes": {"cryptoMethod": "kcvZero"},
            "keyLength": len(key) * 8,
        }

    def _pin_block(self, job: QueuedCommand) -> Payload:
        if job.payload["key"] != "TPK":
            raise EndedError("commandErrorCode", "keyNotFound")
        if not self._pin:
            raise EndedError("commandErrorCode", "noPin")
        algorithm, key = self._pin_key
        pan = pan_field(job.payload["customerData"] + "0")
        size = 8 if algorithm is Algorithm.TDEA else 16
        block = encrypt(algorithm, key, format_0(self._pin, pan, size))
        self._pin = ""
        return {"pinBlock": _text(block)}

    # -- cabinet ------------------------------------------------------------------------------

    def _sense(self, **changed: Any) -> None:
        self._auxiliaries |= changed
        self._tell_sensed(changed)

    def _tell_sensed(self, changed: Payload) -> None:
        told = {"auxiliaries": self._sensed(changed)}
        self._wire.tell("Auxiliaries", "Common.StatusChangedEvent", told)

    def _sensed(self, facts: Payload) -> Payload:
        """The facts in the names of the machine's version: version 2 names the door by its side."""
        names = {"cabinetDoor": "cabinetFrontDoor"} if self._major == 2 else {}
        if self._dialect == "kal":
            names["UPS"] = "ups"
        return {names.get(name, name): one for name, one in facts.items()}

    def _power(self, state: str) -> None:
        engaged = state != "mains"
        before = self._auxiliaries["UPS"]
        now = {
            "low": state == "battery low",
            "engaged": engaged,
            "powering": engaged,
            "recovered": False,
        }
        self._auxiliaries["UPS"] = now
        # The event names only the facts that changed, as the standard allows.
        self._tell_sensed({"UPS": {name: now[name] for name in now if now[name] != before[name]}})

    def _register(self, job: QueuedCommand) -> None:
        self._registered[job.session] = job.payload["appName"]

    def _enter_vendor_mode(self) -> None:
        self._ask_everybody("enterPending", "VendorMode.EnterModeRequestEvent")

    def _leave_vendor_mode(self) -> None:
        self._ask_everybody("exitPending", "VendorMode.ExitModeRequestEvent")

    def _ask_everybody(self, mode: str, event: str) -> None:
        self._mode = mode
        self._agreed.clear()
        self._wire.tell("VendorMode", event)
        self._hand_over()

    def _agree(self, job: QueuedCommand) -> None:
        wanted = {"enterPending": "Enter", "exitPending": "Exit"}.get(self._mode, "?")
        if not job.name.startswith(f"VendorMode.{wanted}"):
            raise EndedError("sequenceError")
        self._agreed.add(job.session)
        self._hand_over()

    def _hand_over(self) -> None:
        there = {one for one in self._registered if not one.gone}
        if there <= self._agreed:
            entered = self._mode == "enterPending"
            self._mode = "active" if entered else "inactive"
            event = "ModeEnteredEvent" if entered else "ModeExitedEvent"
            self._wire.tell("VendorMode", f"VendorMode.{event}")


def _later(seconds: float, act: Callable[[str], None], service: str) -> None:
    timer = threading.Timer(seconds, act, (service,))
    timer.daemon = True
    timer.start()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@lru_cache(maxsize=8)
def _seen(paper: bytes) -> list[bytes]:
    """The sheets of a printed paper (PDF or ESC/POS), as PNG."""
    if paper.startswith(b"%PDF"):
        return rendered(paper, _DPI) or []
    return drawn(paper)


def _drawn(number: int) -> bytes:
    """A picture (JPEG, 640×480); each number and moment gives another one."""
    image = Image.new("RGB", _PICTURE, (90, 110, 130))
    draw = ImageDraw.Draw(image)
    place = number * 7 % 400
    draw.ellipse((place, 120, place + 200, 360), fill=(220, 180, 150))
    draw.text((8, 8), f"{number} {time.monotonic():.3f}", fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
