"""The registers of the I/O board: their addresses, and how their values are coded.

``docs/io-board.md`` documents them for the builders of such a board. This module touches no port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.device import DeviceError, Reason
from drivers.lights.types import Colour, FlashRate, Light
from drivers.sensors.types import Power, Readings
from drivers.sentence import en

MAP_VERSION = 1
"""The major version of the register map that this program knows; minor versions only add."""

# Input registers (read by function 04).
IDENTITY, IDENTITY_COUNT = 0, 7
SENSORS, SENSORS_COUNT = 16, 6

# Holding registers (read by function 03, written by 06 and 16).
LIGHTS, LIGHTS_COUNT = 0, len(Light)
WATCHDOG = 32

ORDER = tuple(Light)
"""The lights in the order of their registers, which begin at :data:`LIGHTS`."""

# Bits of fitted sensors, and of the switches.
CALL_BUTTON, DOOR, PROXIMITY, POWER, VOLUME = 1, 2, 4, 8, 16
UNKNOWN = 0xFFFF

_RATES = (
    FlashRate.OFF,
    FlashRate.SLOW,
    FlashRate.MEDIUM,
    FlashRate.QUICK,
    FlashRate.CONTINUOUS,
)
_COLOURS = (
    Colour.RED,
    Colour.GREEN,
    Colour.YELLOW,
    Colour.BLUE,
    Colour.CYAN,
    Colour.MAGENTA,
    Colour.WHITE,
)
_POWERS = (Power.MAINS, Power.BATTERY, Power.BATTERY_LOW)
_FULL = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """The board's model and versions, and the lights and sensors that are fitted to it."""

    model: int
    firmware: str
    serial: int
    lights: frozenset[Light]
    sensors: int  # bits


def parse_identity(registers: Sequence[int]) -> Identity:
    """The identity in the seven registers from :data:`IDENTITY`.

    Raises :class:`DeviceError` ``GARBLED`` for another number of registers, ``UNSUPPORTED`` for
    another major version of the map: then it may be any other Modbus device.
    """
    if len(registers) != IDENTITY_COUNT:
        raise _garbled("identity")
    version, model, firmware, high, low, lights, sensors = registers
    if version >> 8 != MAP_VERSION:
        raise DeviceError(
            Reason.UNSUPPORTED,
            en(
                "register map {version}.{minor} instead of {ours}",
                version=version >> 8,
                minor=version & 0xFF,
                ours=MAP_VERSION,
            ),
            mend=en("check unit in the settings, and the board's firmware"),
        )
    return Identity(
        model,
        f"{firmware >> 8}.{firmware & 0xFF}",
        high << 16 | low,
        frozenset(light for bit, light in enumerate(ORDER) if lights >> bit & 1),
        sensors,
    )


def encode_identity(identity: Identity) -> list[int]:
    major, minor = identity.firmware.split(".")
    lights = sum(1 << bit for bit, light in enumerate(ORDER) if light in identity.lights)
    serial = identity.serial
    return [
        MAP_VERSION << 8,
        identity.model,
        int(major) << 8 | int(minor),
        serial >> 16,
        serial & 0xFFFF,
        lights,
        identity.sensors,
    ]


def parse_sensors(registers: Sequence[int], fitted: int) -> Readings:
    """The readings in the six registers from :data:`SENSORS`; ``fitted``: bits of fitted sensors.

    Raises :class:`DeviceError` ``GARBLED`` for values out of their range.
    """
    if len(registers) != SENSORS_COUNT:
        raise _garbled("sensors")
    switches, presses, arrivals, power, battery, volume = registers
    has_power = fitted & POWER and power != UNKNOWN
    if has_power and power >= len(_POWERS):
        raise _garbled("power")
    return Readings(
        call_button=bool(switches & CALL_BUTTON) if fitted & CALL_BUTTON else None,
        call_presses=presses if fitted & CALL_BUTTON else 0,
        door_open=bool(switches & DOOR) if fitted & DOOR else None,
        person_near=bool(switches & PROXIMITY) if fitted & PROXIMITY else None,
        arrivals=arrivals if fitted & PROXIMITY else 0,
        power=_POWERS[power] if has_power else None,
        battery_percent=_percent(battery, "battery") if fitted & POWER else None,
        volume_percent=_percent(volume, "volume") if fitted & VOLUME else None,
    )


def encode_sensors(readings: Readings) -> list[int]:
    switches = (
        (CALL_BUTTON if readings.call_button else 0)
        | (DOOR if readings.door_open else 0)
        | (PROXIMITY if readings.person_near else 0)
    )
    return [
        switches,
        readings.call_presses,
        readings.arrivals,
        UNKNOWN if readings.power is None else _POWERS.index(readings.power),
        UNKNOWN if readings.battery_percent is None else readings.battery_percent,
        UNKNOWN if readings.volume_percent is None else readings.volume_percent,
    ]


def encode_light(rate: FlashRate, colour: Colour) -> int:
    """The register of a light: high byte colour (1 to 7), low byte rate (0 to 4); 0 is off."""
    if rate is FlashRate.OFF:
        return 0
    return (_COLOURS.index(colour) + 1) << 8 | _RATES.index(rate)


def parse_light(register: int) -> tuple[FlashRate, Colour] | None:
    """The rate and colour in the register of a light; ``None`` for values outside the map."""
    colour, rate = register >> 8, register & 0xFF
    if rate == 0:
        return FlashRate.OFF, Colour.GREEN
    if rate >= len(_RATES) or not 1 <= colour <= len(_COLOURS):
        return None
    return _RATES[rate], _COLOURS[colour - 1]


def _percent(value: int, what: str) -> int | None:
    if value == UNKNOWN:
        return None
    if value > _FULL:
        raise _garbled(what)
    return value


def _garbled(what: str) -> DeviceError:
    return DeviceError(Reason.GARBLED, en("the board's {what} make no sense", what=what))
