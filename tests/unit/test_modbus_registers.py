"""The registers of the I/O board and the frames around them: tables, and anything at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from drivers.device import DeviceError, Reason
from drivers.io_board.registers import (
    CALL_BUTTON,
    DOOR,
    IDENTITY_COUNT,
    ORDER,
    POWER,
    PROXIMITY,
    SENSORS_COUNT,
    UNKNOWN,
    VOLUME,
    Identity,
    encode_identity,
    encode_light,
    encode_sensors,
    parse_identity,
    parse_light,
    parse_sensors,
)
from drivers.lights.types import Colour, FlashRate, Light
from drivers.sensors.types import Power, Readings

ALL = CALL_BUTTON | DOOR | PROXIMITY | POWER | VOLUME
DOCUMENT = Path(__file__).parents[2] / "docs" / "io-board.md"


@pytest.mark.parametrize(
    ("registers", "fitted", "readings"),
    [
        (
            [0b000, 0, 0, 0, 100, 50],
            ALL,
            Readings(False, 0, False, False, 0, Power.MAINS, 100, 50),
        ),
        ([0b111, 3, 9, 1, 80, 0], ALL, Readings(True, 3, True, True, 9, Power.BATTERY, 80, 0)),
        (
            [0b010, 65535, 0, 2, 5, 100],
            ALL,
            Readings(False, 65535, True, False, 0, Power.BATTERY_LOW, 5, 100),
        ),
        (
            [0b101, 1, 1, UNKNOWN, UNKNOWN, UNKNOWN],
            ALL,
            Readings(True, 1, False, True, 1, None, None, None),
        ),
        ([0xFFFF, 7, 7, 0xFFF0, 0xFFF0, 0xFFF0], 0, Readings()),  # nothing is fitted
        ([0b010, 7, 7, 9, 200, 200], DOOR, Readings(door_open=True)),
    ],
)
def test_readings(registers: list[int], fitted: int, readings: Readings) -> None:
    assert parse_sensors(registers, fitted) == readings


@pytest.mark.parametrize(
    "registers",
    [[], [0] * 5, [0] * 7, [0, 0, 0, 3, 0, 0], [0, 0, 0, 0, 101, 0], [0, 0, 0, 0, 0, 101]],
)
def test_readings_out_of_range(registers: list[int]) -> None:
    with pytest.raises(DeviceError) as caught:
        parse_sensors(registers, ALL)
    assert caught.value.reason is Reason.GARBLED


def test_identity() -> None:
    registers = [0x0100, 7, 0x010C, 0x0135, 0x2BC1, 0b10000011, ALL]
    identity = parse_identity(registers)
    assert identity == Identity(
        7,
        "1.12",
        20_261_825,
        frozenset({Light.CARD_READER, Light.CONTACTLESS, Light.CAMERA}),
        ALL,
    )
    assert encode_identity(identity) == registers
    assert parse_identity([0x01FF, *registers[1:]]) == identity  # a newer minor version


@pytest.mark.parametrize(
    ("registers", "reason"),
    [
        ([0x0200, 0, 0, 0, 0, 0, 0], Reason.UNSUPPORTED),
        ([0, 0, 0, 0, 0, 0, 0], Reason.UNSUPPORTED),
        ([0x0100], Reason.GARBLED),
    ],
)
def test_another_board(registers: list[int], reason: Reason) -> None:
    with pytest.raises(DeviceError) as caught:
        parse_identity(registers)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("rate", "colour", "register"),
    [
        (FlashRate.OFF, Colour.WHITE, 0x0000),
        (FlashRate.SLOW, Colour.RED, 0x0101),
        (FlashRate.MEDIUM, Colour.GREEN, 0x0202),
        (FlashRate.QUICK, Colour.YELLOW, 0x0303),
        (FlashRate.CONTINUOUS, Colour.BLUE, 0x0404),
        (FlashRate.CONTINUOUS, Colour.WHITE, 0x0704),
    ],
)
def test_lights(rate: FlashRate, colour: Colour, register: int) -> None:
    assert encode_light(rate, colour) == register
    again = parse_light(register)
    assert again is not None
    assert again[0] is rate
    assert rate is FlashRate.OFF or again[1] is colour


@pytest.mark.parametrize("register", [0x0005, 0x0001, 0x0804, 0xFFFF])
def test_no_light_is_so(register: int) -> None:
    assert parse_light(register) is None


def test_the_document_names_every_light_in_its_place() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")]
    placed = {cells[1].strip(" `"): cells[0].strip() for cells in rows if len(cells) == 2}
    for at, light in enumerate(ORDER):
        assert placed[light.value] == str(at)


registers = st.integers(0, 0xFFFF)


@given(st.lists(registers, max_size=SENSORS_COUNT + 2), registers)
def test_any_sensor_registers(values: list[int], fitted: int) -> None:
    try:
        readings = parse_sensors(values, fitted)
    except DeviceError as error:
        reason = error.reason
    else:
        known = [value for value in (readings.battery_percent, readings.volume_percent) if value]
        assert all(0 <= value <= 100 for value in known)
        return
    assert reason is Reason.GARBLED


@given(st.lists(registers, max_size=IDENTITY_COUNT + 2))
def test_any_identity_registers(values: list[int]) -> None:
    try:
        identity = parse_identity(values)
    except DeviceError:
        return
    assert identity.lights <= set(Light)


@given(registers)
def test_any_light_register(value: int) -> None:
    how = parse_light(value)
    if how and value & 0xFF:
        assert encode_light(*how) == value


percents = st.none() | st.integers(0, 100)


@given(
    st.builds(
        Readings,
        call_button=st.booleans(),
        call_presses=registers,
        door_open=st.booleans(),
        person_near=st.booleans(),
        arrivals=registers,
        power=st.none() | st.sampled_from(Power),
        battery_percent=percents,
        volume_percent=percents,
    )
)
def test_readings_come_back(readings: Readings) -> None:
    assert parse_sensors(encode_sensors(readings), ALL) == readings


def test_the_checksum_is_modbus_own() -> None:
    # Modbus over serial line V1.02, 6.2.2: the frame 02 07 is followed by 41 12.
    assert FramerRTU.compute_CRC(b"\x02\x07") == 0x4112


@given(st.sampled_from([1, 3, 4, 6, 16, 0x84, 0x90]), st.binary(max_size=80), st.booleans())
def test_any_frame_is_read_or_refused(function: int, data: bytes, whole: bool) -> None:
    """What the bus lets pass of pymodbus' own exceptions is all that there is."""
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    frame = bytes([1, function]) + data
    if whole:
        frame += FramerRTU.compute_CRC(frame).to_bytes(2, "big")
    for server in (False, True):
        try:
            used, _ = FramerRTU(DecodePDU(server)).handleFrame(frame, 1, 0)
        except ModbusException:
            continue
        assert 0 <= used <= len(frame)
