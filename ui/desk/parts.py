"""The parts of the hardware as the desk shows them: title, icon, levers, orders, looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from drivers.device import Kind
from kiosk.words import Sayable, _
from ui.desk import seen as say
from ui.desk.levers import BANK, DEVICES, Lever, Seen, standing
from ui.desk.seen import Condition

XFS = "xfs4iot"
"""The name of a bank's machine in a rig; its many parts share this one device."""


@dataclass(frozen=True, slots=True)
class DeskPart:
    """One part of the hardware. A part without a card slot has no ``card``, and so on."""

    key: str
    """Names the part in the window. The centre's and the bank's card slot share a key: a machine
    has one of them."""
    title: Sayable
    icon: str
    say: Callable[[Seen], Condition] = say.anything
    device: str = ""
    """The name of the emulator in the rig."""
    levers: tuple[Lever, ...] = ()
    orders: Mapping[str, str] = field(default_factory=dict)
    """The emulator's order for each act of a person: put, show, lift, take, press, play."""
    card: Callable[[Seen], bool] | None = None
    """Whether a card lies in or on the device, or a code is held before it."""
    papers: Callable[[Seen], list[bytes]] | None = None
    """The papers in the printer's slot or tray, as PNG, oldest first."""
    picture: Callable[[Seen], bytes] | None = None
    """The last picture that the camera took, JPEG, or b""."""
    digits: Callable[[Seen], tuple[bool, int]] | None = None
    """Whether a PIN is being entered, and the number of digits entered so far."""
    lights: Callable[[Seen], Mapping[str, Any]] | None = None
    """The states of the guide lights, by name."""

    def condition(self, seen: Seen) -> Condition:
        """The state of the part; a good one becomes RIGGED while a fault stands."""
        how = self.say(seen)
        faults = [lever for lever in self.levers if not lever.act]
        if how.tone == "good" and standing(faults, seen):
            return Condition(say.RIGGED, "attention", how.line)
        return how


ID_CARD = _("身份证阅读器")
CHIP = _("插卡口")
RECEIPT = _("凭条打印机")
DOCUMENT = _("A4 打印机")
CAMERA = _("摄像头")
SCANNER = _("扫码窗")
PAD = _("密码键盘")
CABINET = _("机柜")
SPEAKER = _("喇叭")
MACHINE = _("银行的机器")

_OWN = (
    DeskPart(
        *(Kind.ID_CARD, ID_CARD, "card", say.id_card),
        orders={"put": "put", "lift": "lift"},
        card=lambda seen: seen["card"] != "none",
    ),
    DeskPart(
        *(Kind.SMART_CARD, CHIP, "slot", say.smart_card),
        orders={"put": "put", "lift": "lift"},
        card=lambda seen: bool(seen["card"]),
    ),
    DeskPart(
        *(Kind.RECEIPT_PRINTER, RECEIPT, "receipt", say.receipt_printer),
        orders={"take": "tear"},
        papers=lambda seen: seen["slips"],
    ),
    DeskPart(
        *(Kind.DOCUMENT_PRINTER, DOCUMENT, "printer", say.document_printer),
        orders={"take": "take"},
        papers=lambda seen: seen["sheets"],
    ),
    DeskPart(
        *(Kind.CAMERA, CAMERA, "camera", say.camera),
        orders={"play": "play"},
        picture=lambda seen: seen["picture"],
    ),
    DeskPart(
        *(Kind.CODE_SCANNER, SCANNER, "scan", say.code_scanner),
        orders={"show": "present", "lift": "remove"},
        card=lambda seen: seen["held"] > 0,
    ),
    DeskPart(
        *(Kind.PIN_PAD, PAD, "keypad", say.pin_pad),
        orders={"press": "press"},
        digits=lambda seen: (seen["entering"], seen["entered"]),
    ),
    DeskPart(*("io_board", CABINET, "cabinet", say.io_board), lights=lambda seen: seen["lights"]),
    DeskPart(Kind.SPEAKER, SPEAKER, "speaker", say.speaker),
)
_RECEIPT, _DOCUMENT = "ReceiptPrinter", "DocumentPrinter"
_BANKS = (
    DeskPart(
        *(Kind.SMART_CARD, CHIP, "slot", say.of_bank("CardReader", say.bank_card)),
        orders={"put": "put card", "lift": "pull card"},
        card=lambda seen: seen["card"] != "none",
    ),
    DeskPart(
        *(Kind.RECEIPT_PRINTER, RECEIPT, "receipt"),
        say.of_bank(_RECEIPT, say.bank_printer(_RECEIPT)),
        orders={"take": f"take paper service={_RECEIPT}"},
        papers=lambda seen: seen["tray"][_RECEIPT],
    ),
    DeskPart(
        *(Kind.DOCUMENT_PRINTER, DOCUMENT, "printer"),
        say.of_bank(_DOCUMENT, say.bank_printer(_DOCUMENT)),
        orders={"take": f"take paper service={_DOCUMENT}"},
        papers=lambda seen: seen["tray"][_DOCUMENT],
    ),
    DeskPart(
        *(Kind.CAMERA, CAMERA, "camera", say.of_bank("Camera", say.bank_camera)),
        picture=lambda seen: seen["picture"],
    ),
    DeskPart(
        *(Kind.CODE_SCANNER, SCANNER, "scan", say.of_bank("BarcodeReader", say.bank_scanner)),
        orders={"show": "show code"},
    ),
    DeskPart(
        *(Kind.PIN_PAD, PAD, "keypad", say.of_bank("PinPad", say.bank_pad)),
        orders={"press": "press"},
        digits=lambda seen: (seen["entering"], seen["digits"]),
    ),
    DeskPart(
        *("io_board", CABINET, "cabinet", say.of_bank("Auxiliaries", say.bank_cabinet)),
        lights=lambda seen: seen["lights"],
    ),
    DeskPart(XFS, MACHINE, "machine", say.machine),
)


def of(devices: Collection[str]) -> list[DeskPart]:
    """The parts of a rig with these devices, in the order of ``devices``."""
    own = {part.key: part for part in _OWN}
    found = []
    for device in devices:
        if device == "citizen":  # acts at the parts, and is none
            continue
        if device == XFS:
            found += [_whole(part, XFS, BANK) for part in _BANKS]
        else:
            part = own.get(device) or DeskPart(device, device, "info")
            found.append(_whole(part, device, DEVICES))
    return found


def _whole(part: DeskPart, device: str, levers: Mapping[str, tuple[Lever, ...]]) -> DeskPart:
    return replace(part, device=device, levers=levers.get(part.key, ()))


def named(key: str) -> DeskPart:
    """The part with ``key`` of a machine that has all devices of its own."""
    return next(part for part in _OWN if part.key == key)
