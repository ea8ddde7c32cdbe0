"""All targets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fuzz import devices, program
from fuzz.target import Target

TARGETS: Mapping[str, Callable[[], Target]] = {
    "sdt": devices.sdt,
    "record": devices.record,
    "tlv": devices.tlv,
    "chip-card": devices.chip_card,
    "escpos": devices.escpos,
    "ipp": devices.ipp,
    "ipp-over-http": devices.ipp_over_http,
    "xfs4iot": devices.xfs4iot,
    "code-scanner": devices.code_scanner,
    "pin-pad": devices.pin_pad,
    "modbus": devices.modbus,
    "settings-file": program.settings_file,
    "fault-script": program.fault_script,
    "control-socket": program.control_socket,
    "line": program.line,
    "centre": program.centre,
}
SHARES: Mapping[str, float] = {"modbus": 0.2}
"""How many inputs beside the others: one that waits for a library's clock gets fewer."""


def runs_of(total: int, names: list[str]) -> dict[str, int]:
    """How many inputs each of ``names`` gets, ``total`` at least in all."""
    whole = sum(SHARES.get(name, 1.0) for name in names)
    return {name: int(total * SHARES.get(name, 1.0) / whole) + 1 for name in names}
