"""What the sensors of the cabinet say (XFS4IoT ``Auxiliaries.Status``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Power(StrEnum):
    """Where the power comes from (XFS4IoT ``uninterruptiblePowerSupply``)."""

    MAINS = "mains"
    BATTERY = "battery"  # XFS4IoT "engaged"
    BATTERY_LOW = "batteryLow"  # XFS4IoT "engaged" and "low": minutes are left


@dataclass(frozen=True, slots=True)
class Readings:
    """All sensors at one moment. ``None``: this terminal has no such sensor, or it is unknown.

    The counters run from power-on and wrap at 65536: a press or a visit too short for a look is
    still seen. Compare them with ``!=``, never with ``<``.
    """

    call_button: bool | None = None  # held down now
    call_presses: int = 0
    door_open: bool | None = None  # the cabinet door
    person_near: bool | None = None  # somebody stands in front (proximity)
    arrivals: int = 0  # how often somebody came
    power: Power | None = None
    battery_percent: int | None = None  # 0 to 100
    volume_percent: int | None = None  # the volume knob, 0 to 100


@dataclass(frozen=True, slots=True)
class ReadSensors(Request[Readings]):
    """How all sensors stand now."""


@dataclass(frozen=True, slots=True)
class AwaitChange(Request[Readings]):
    """Wait until the readings differ from ``known``, and give the new ones; at once if they do.

    With the answer as the next ``known``, no change that lasts is missed between two requests.
    ``TIMEOUT``: nothing changed until the deadline.
    """

    known: Readings
