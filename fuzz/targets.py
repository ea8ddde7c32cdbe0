"""All targets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fuzz import devices, program
from fuzz.target import Target

# The slowest first: a slow target begun last would run alone at the end.
TARGETS: Mapping[str, Callable[[], Target]] = {
    "modbus": devices.modbus,
    "escpos": devices.escpos,
    "code-scanner": devices.code_scanner,
    "mjpeg": devices.mjpeg,
    "settings-file": program.settings_file,
    "sdt": devices.sdt,
    "tlv": devices.tlv,
    "pin-pad": devices.pin_pad,
    "chip-card": devices.chip_card,
    "ipp": devices.ipp,
    "ipp-over-http": devices.ipp_over_http,
    "channel": program.channel,
    "record": devices.record,
    "xfs4iot": devices.xfs4iot,
    "fault-script": program.fault_script,
    "control-socket": program.control_socket,
    "centre": program.centre,
}
