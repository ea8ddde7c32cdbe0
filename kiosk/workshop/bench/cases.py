"""What can go wrong with which device, and at which step of a visit.

A fault that a device cannot have is no case: nothing jams in a contactless reader. The speaker has
no cases: no stand emulates a speaker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drivers.device import Kind

KILL = "kill"
"""Stands in place of an order: the bench kills the visit while its device works."""

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
"""The steps of the main job, in order; ``problem`` is the problem page of an earlier fault."""

USED_AT: Mapping[str, str] = {
    Kind.ID_CARD: "card",
    Kind.DOCUMENT_PRINTER: "printing",
    Kind.RECEIPT_PRINTER: "slip",
}
"""The devices of the main job, and the step that needs them."""


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """What goes wrong with a device: an order of ``docs/fault-scripts.md``, or ``KILL``.

    Where ``says`` is empty, the device works in spite of the fault, or nobody needs it.
    """

    device: str  # its device class; for lights and sensors "io_board", which carries both
    kind: str
    order: str
    says: str = ""  # words that the citizen must read where the device is needed; "a|b": a or b
    states: tuple[str, ...] = STATES
    machine: str = ""  # the rig's name of the bank's machine that the device is a part of

    @property
    def rig(self) -> str:
        """The rig's name of the device, or of the machine that it is a part of."""
        return self.machine or self.device

    @property
    def begins(self) -> str:
        return f"{self.rig}: {self.order}"

    @property
    def ends(self) -> str:
        return f"{self.rig}: {'plug; ' if self.order == 'unplug' else ''}well"


_NO_ANSWER, _BROKEN = "没有响应", "出了故障"
_NO_READER = "身份证阅读器没有响应|身份证阅读器出了故障"
_NOT_READ = "没有读出证件内容"
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
    Kind.DOCUMENT_PRINTER: _DOCUMENT_PRINTER,
    Kind.RECEIPT_PRINTER: _RECEIPT_PRINTER,
    Kind.ID_CARD: _ID_CARD,
    Kind.CAMERA: (_CABLE, ("garbage", "garbage"), _SILENCE),
    Kind.CODE_SCANNER: (_CABLE, ("garbage", "noise"), _SILENCE),
    Kind.PIN_PAD: (_CABLE, ("garbage", "junk"), _SILENCE, ("slowness", "slow seconds=0.2")),
    "io_board": (_CABLE, ("garbage", "bad crc"), _SILENCE, ("slowness", "slow seconds=0.15")),
    Kind.SMART_CARD: (_CABLE,),
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
    ("endless", "silence", _NO_ANSWER, ("preview", "printed")),
    ("slowness", "slow seconds=0.3"),
)
_CUT_OFF = f"{_NO_ANSWER}|打印已取消"  # a service may still report that it ended its command
_NEXT_COMMAND = ("absent", "offline", "broken", "garbage", "silence", "hanging up")
"""Faults of a machine's printer that hit its next command: a running command still finishes."""
_MACHINE_PRINTERS = {
    Kind.DOCUMENT_PRINTER: (
        (*_MACHINE_PRINTER, ("unplugged", "unplug", _CUT_OFF, ("printing",))),
        "DocumentPrinter",
    ),
    Kind.RECEIPT_PRINTER: (
        (*_MACHINE_PRINTER, ("unplugged", "unplug", _CUT_OFF, ("slip",))),
        "ReceiptPrinter",
    ),
}


def _of_machine(device: str, service: str, row: Sequence[Any]) -> DeviceFault:
    kind, order, *rest = row
    where = "" if order == "unplug" else f" service={service}"
    fault = replace(DeviceFault(device, kind, order + where, *rest), machine="xfs4iot")
    if kind in _NEXT_COMMAND:
        at_work = USED_AT[device]
        return replace(fault, states=tuple(one for one in fault.states if one != at_work))
    return fault


KILLED = (
    DeviceFault(Kind.DOCUMENT_PRINTER, "killed", KILL, states=("printing",)),
    DeviceFault(Kind.RECEIPT_PRINTER, "killed", KILL, states=("slip",)),
)
FAULTS = (
    *(DeviceFault(device, *row) for device, rows in _DEVICES.items() for row in rows),
    *KILLED,
    *(
        _of_machine(device, service, row)
        for device, (rows, service) in _MACHINE_PRINTERS.items()
        for row in rows
    ),
)


@dataclass(frozen=True, slots=True)
class FaultCase:
    """A fault that begins at a step."""

    fault: DeviceFault
    state: str
    lasting: bool = False  # the citizen leaves while the fault is on; it ends before the next one

    @property
    def met(self) -> bool:
        """Whether the citizen needs the device after the fault has begun."""
        used = USED_AT.get(self.fault.device)
        if used is None:
            return False
        return self.state == "problem" or STATES.index(self.state) <= STATES.index(used)

    @property
    def early(self) -> bool:
        """Whether the fault begins at a step before the device works. When it begins at the step
        itself, the device may have done its work by then."""
        return self.state != USED_AT[self.fault.device]

    @property
    def ends(self) -> str:
        # No terminal can stop a printer that was switched off from printing its old jobs when it is
        # back, so a printer that died comes back without them ("revive").
        forgets = self.lasting and self.fault.order == "die"
        return self.fault.ends.replace("well", "revive; well") if forgets else self.fault.ends

    def __str__(self) -> str:
        machine = f" ({self.fault.machine})" if self.fault.machine else ""
        left = ", left alone" if self.lasting else ""
        return f"{self.fault.device}{machine} {self.fault.kind} at {self.state}{left}"


def cases() -> list[FaultCase]:
    """All cases; those with ``lasting`` first."""
    alone = [
        FaultCase(fault, USED_AT[fault.device], lasting=True)
        for fault in FAULTS
        if fault.says and USED_AT.get(fault.device) in ("printing", "slip")
        if USED_AT[fault.device] in fault.states
    ]
    return alone + [
        FaultCase(fault, state)
        for state in STATES
        for fault in FAULTS
        if state in fault.states
        # A problem page appears only for devices of the main job, so only they can fail on it.
        and (state != "problem" or fault.device in USED_AT)
    ]
