"""The requests to the cabinet's sensors, and their readings (XFS4IoT ``Auxiliaries.Status``)."""

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

    ``call_presses`` and ``arrivals`` count from power-on and wrap at 65536. They also count a press
    or a visitor that is gone before the next look. Compare them with ``!=``, never with ``<``.
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
    """Read all sensors."""


@dataclass(frozen=True, slots=True)
class AwaitChange(Request[Readings]):
    """Wait until the readings differ from ``known``; returns the new readings, at once if they
    differ already.

    When each answer is the ``known`` of the next request, no lasting change is missed in between.
    ``TIMEOUT``: nothing changed until the deadline.
    """

    known: Readings
