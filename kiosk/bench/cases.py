"""What can go wrong with which device, and at which step of a visit.

What no device has is no case: nothing jams in a contactless reader, nobody prints with a camera.
The speaker is left out: there is no emulated one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

STATES = (
    "attract",
    "card",
    "code",
    "menu",
    "account",
    "ledger",
    "purpose",
    "preview",
    "printing",
    "printed",
    "slip",
    "slip-printed",
    "problem",
    "rate",
    "farewell",
)
"""The steps of the main job, in order; ``problem`` is the page for a fault before this one."""

USED_AT = {"id_card": "card", "document_printer": "printing", "receipt_printer": "slip"}
"""The devices of the main job, and the step that needs them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a device: an order of ``docs/fault-scripts.md``.

    Where ``says`` is empty, the device does its work all the same, or nobody needs it.
    """

    device: str  # its class; of lights and sensors the board that they are on
    kind: str
    order: str
    says: str = ""  # what the citizen reads where the device is needed, one of these "this|that"
    states: tuple[str, ...] = STATES
    machine: str = ""  # what the rig calls the machine that it is a part of

    @property
    def rig(self) -> str:
        """What the rig calls it."""
        return self.machine or self.device

    @property
    def begins(self) -> str:
        return f"{self.rig}: {self.order}"

    @property
    def ends(self) -> str:
        return f"{self.rig}: {'plug; ' if self.order == 'unplug' else ''}well"


_NO_ANSWER, _BROKEN = "没有响应", "出了故障"
_NO_READER, _NOT_READ = "读卡器暂时不可用", "没有读出证件内容"
_NEAR = ("menu", "preview", "printing")
_NEAR_SLIP = ("menu", "printed", "slip")
_DOCUMENT_PRINTER: Sequence[tuple[Any, ...]] = (
    ("absent", "die", _NO_ANSWER),
    ("unplugged", "die", _NO_ANSWER, ("printing",)),
    ("jam", "jam", "卡纸"),
    ("empty", "paper out", "缺纸"),
    ("toner", "toner out", "缺墨粉", _NEAR),
    ("cover", "open cover", "盖子没有关好"),
    ("garbage", "garbage kind=ipp", _BROKEN),
    ("not HTTP", "garbage", _BROKEN, _NEAR),
    ("silence", "mute", _NO_ANSWER),
    ("paused", "pause", _NO_ANSWER, _NEAR),
    ("stalled", "stall", _NO_ANSWER, ("printing",)),
    ("refusing", "refuse", _NO_ANSWER, _NEAR),
    ("stopped", "cancel at panel", "打印已取消", ("printing",)),
    ("slowness", "slow seconds=0.3"),
)
_RECEIPT_PRINTER: Sequence[tuple[Any, ...]] = (
    ("absent", "unplug", _NO_ANSWER),
    ("unplugged", "unplug", _NO_ANSWER, ("slip",)),
    ("reset", "reset connection after 200 bytes", _NO_ANSWER, ("printed",)),
    ("jam", "jam", "卡纸"),
    ("cutter", "cutter error", "卡纸", _NEAR_SLIP),
    ("empty", "paper out", "缺纸"),
    ("cover", "open cover", "盖子没有关好"),
    ("garbage", "garbage", f"{_BROKEN}|{_NO_ANSWER}"),
    ("silence", "mute", _NO_ANSWER),
    ("slowness", "slow dots_per_s=400"),
)
_ID_CARD: Sequence[tuple[Any, ...]] = (
    ("absent", "unplug", _NO_READER),
    ("unplugged", "unplug", _NO_READER, ("card",)),
    ("broken", "sam failure", _NO_READER),
    ("lifted", "lift during read", _NOT_READ, ("card",)),
    ("unreadable", "unreadable", _NOT_READ, ("card",)),
    ("garbage", "bad checksum", _NOT_READ),
    ("silence", "mute", _NO_READER),
    ("slowness", "slow seconds=0.3"),
)
_CABLE, _SILENCE = ("absent", "unplug"), ("silence", "mute")
_DEVICES: Mapping[str, Sequence[tuple[Any, ...]]] = {
    "document_printer": _DOCUMENT_PRINTER,
    "receipt_printer": _RECEIPT_PRINTER,
    "id_card": _ID_CARD,
    "camera": (_CABLE, ("garbage", "garbage"), _SILENCE),
    "code_scanner": (_CABLE, ("garbage", "noise"), _SILENCE),
    "pin_pad": (_CABLE, ("garbage", "junk"), _SILENCE, ("slowness", "slow seconds=0.2")),
    "io_board": (_CABLE, ("garbage", "bad crc"), _SILENCE, ("slowness", "slow seconds=0.15")),
    "smart_card": (_CABLE,),
}
_MACHINE_PRINTER: Sequence[tuple[Any, ...]] = (
    ("absent", "device state=noDevice", _NO_ANSWER),
    ("offline", "device state=offline", _NO_ANSWER, _NEAR + _NEAR_SLIP),
    ("broken", "device state=hardwareError", _BROKEN, _NEAR + _NEAR_SLIP),
    ("jam", "jam", "卡纸"),
    ("empty", "paper out", "缺纸"),
    ("garbage", "garbage form=json", f"{_BROKEN}|{_NO_ANSWER}"),
    ("silence", "mute", _NO_ANSWER),
    ("hanging up", "hang up", _NO_ANSWER, _NEAR + _NEAR_SLIP),
    ("endless", "silence", _NO_ANSWER, ("slip",)),
    ("slowness", "slow seconds=0.3"),
)
_MACHINE_PRINTERS = {
    "document_printer": (
        (*_MACHINE_PRINTER, ("unplugged", "unplug", _NO_ANSWER, ("printing",))),
        "DocumentPrinter",
    ),
    "receipt_printer": (
        (*_MACHINE_PRINTER, ("unplugged", "unplug", _NO_ANSWER, ("slip",))),
        "ReceiptPrinter",
    ),
}


def _of_machine(device: str, service: str, row: Sequence[Any]) -> Fault:
    kind, order, *rest = row
    where = "" if order == "unplug" else f" service={service}"
    return replace(Fault(device, kind, order + where, *rest), machine="xfs4iot")


FAULTS = (
    *(Fault(device, *row) for device, rows in _DEVICES.items() for row in rows),
    *(
        _of_machine(device, service, row)
        for device, (rows, service) in _MACHINE_PRINTERS.items()
        for row in rows
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A fault that begins at a step."""

    fault: Fault
    state: str

    @property
    def met(self) -> bool:
        """Whether the citizen needs the device after the fault has begun."""
        used = USED_AT.get(self.fault.device)
        if used is None:
            return False
        return self.state == "problem" or STATES.index(self.state) <= STATES.index(used)

    @property
    def early(self) -> bool:
        """Whether it stands in its way for sure; at the step itself, the work may be done."""
        return self.state == "problem" or self.state != USED_AT[self.fault.device]

    def __str__(self) -> str:
        machine = f" ({self.fault.machine})" if self.fault.machine else ""
        return f"{self.fault.device}{machine} {self.fault.kind} at {self.state}"


def cases() -> list[Case]:
    """All of them."""
    return [
        Case(fault, state)
        for state in STATES
        for fault in FAULTS
        if state in fault.states
        # Only what has gone wrong already can go wrong a second time on that page.
        and (state != "problem" or fault.device in USED_AT)
    ]
