"""What XFS4IoT services tell, read as the words of our own devices; no wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Media, Reason, State, Status, Supply
from drivers.emulators.smart_cards.cards import make_card
from drivers.sensors.types import Power, Readings
from drivers.xfs4iot.card_reader import speaks_t0
from drivers.xfs4iot.messages import decode
from drivers.xfs4iot.payloads import AuxiliariesStatus, PrinterStatus, StatusFacts
from drivers.xfs4iot.printing import read_printer
from drivers.xfs4iot.sensors import merged, read_sensors

ONLINE = Status(State.ONLINE)


def facts(**payload: object) -> StatusFacts:
    header = {"type": "completion", "name": "Common.Status", "version": "3.0", "requestId": 1}
    return decode(json.dumps({"header": header, "payload": payload})).read(StatusFacts)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, (State.ONLINE, Media.UNKNOWN, Supply.UNKNOWN, None, False)),
        ({"media": "entering"}, (State.ONLINE, Media.PRESENT, Supply.UNKNOWN, None, False)),
        ({"media": "retracted"}, (State.ONLINE, Media.NOT_PRESENT, Supply.UNKNOWN, None, False)),
        ({"media": "brandNew"}, (State.ONLINE, Media.UNKNOWN, Supply.UNKNOWN, None, False)),
        ({"paper": {"upper": "full"}}, (State.ONLINE, Media.UNKNOWN, Supply.FULL, None, False)),
        ({"paper": {"upper": "low"}}, (State.ONLINE, Media.UNKNOWN, Supply.LOW, None, True)),
        (
            {"paper": {"upper": "out"}},
            (State.USER_ERROR, Media.UNKNOWN, Supply.OUT, Reason.PAPER_OUT, True),
        ),
        (
            {"paper": {"upper": "out", "lower": "full"}},
            (State.ONLINE, Media.UNKNOWN, Supply.FULL, None, False),
        ),
        (
            {"paper": {"upper": "out", "lower": None, "vendorTray": "low"}},
            (State.ONLINE, Media.UNKNOWN, Supply.LOW, None, True),
        ),
        (
            {"paper": {"upper": "jammed"}},
            (State.HARDWARE_ERROR, Media.JAMMED, Supply.UNKNOWN, Reason.JAM, True),
        ),
        (
            {"media": "jammed", "paper": {"upper": "full"}},
            (State.HARDWARE_ERROR, Media.JAMMED, Supply.FULL, Reason.JAM, True),
        ),
        (
            {"toner": "out"},
            (State.USER_ERROR, Media.UNKNOWN, Supply.UNKNOWN, Reason.TONER_OUT, True),
        ),
        ({"toner": "low"}, (State.ONLINE, Media.UNKNOWN, Supply.UNKNOWN, None, True)),
        (
            {"retractBins": [{"state": "ok"}, {"state": "full", "count": 9}]},
            (State.ONLINE, Media.UNKNOWN, Supply.UNKNOWN, None, True),
        ),
        (
            {"retractBins": [{"state": "ok"}]},
            (State.ONLINE, Media.UNKNOWN, Supply.UNKNOWN, None, False),
        ),
    ],
)
def test_a_printer(told: dict[str, object], expected: tuple[object, ...]) -> None:
    printer = facts(printer=told).printer
    assert printer is not None
    status = read_printer(printer, ONLINE)
    said = bool(status.detail)
    assert (status.state, status.media, status.paper, status.problem, said) == expected
    assert bool(status.mend) == said


def test_a_printer_that_says_nothing() -> None:
    assert read_printer(PrinterStatus(), ONLINE) == ONLINE


@pytest.mark.parametrize(
    ("atr", "expected"),
    [
        ("", True),
        ("3b", True),
        ("3b00", True),
        ("3b6800000073c8401100900000", True),  # no TD1
        ("3b8001", False),  # TD1 says T=1
        ("3b8000", True),
        ("3bf81300008131fe454a434f5076323431b7", False),
        ("3b80", True),  # cut off
    ],
)
def test_the_protocol_a_card_offers_first(atr: str, expected: bool) -> None:
    assert speaks_t0(bytes.fromhex(atr)) is expected


@pytest.mark.parametrize("protocol", ["T0", "T1"])
def test_the_protocol_of_the_cards_that_are_put(protocol: str) -> None:
    card = make_card({"kind": "unknown", "protocol": protocol})
    assert speaks_t0(card.atr) is (protocol == "T0")


@given(st.binary(max_size=40))
def test_any_atr_is_one_or_the_other(atr: bytes) -> None:
    assert speaks_t0(atr) in (True, False)


def test_sensors_are_counted_and_kept() -> None:
    readings, known = Readings(), AuxiliariesStatus()
    steps: list[tuple[dict[str, Any], dict[str, object]]] = [
        ({"cabinetDoor": "closed"}, {"door_open": False}),
        ({"cabinetDoor": "open"}, {"door_open": True}),
        ({"operatorCallButtonSensor": "on"}, {"call_button": True, "call_presses": 1}),
        ({"operatorCallButtonSensor": "on"}, {"call_button": True, "call_presses": 1}),
        ({"operatorCallButtonSensor": "off"}, {"call_button": False, "call_presses": 1}),
        ({"operatorCallButtonSensor": "on"}, {"call_button": True, "call_presses": 2}),
        ({"proximitySensor": "present"}, {"person_near": True, "arrivals": 1}),
        ({"proximitySensor": "notPresent"}, {"person_near": False, "arrivals": 1}),
        ({"UPS": {"low": False, "engaged": False}}, {"power": Power.MAINS}),
        ({"UPS": {"engaged": True}}, {"power": Power.BATTERY}),
        ({"UPS": {"engaged": True, "low": True}}, {"power": Power.BATTERY_LOW}),
        # What an event leaves out did not change.
        ({"UPS": {"low": False}}, {"power": Power.BATTERY}),
        ({"UPS": {"low": True}}, {"power": Power.BATTERY_LOW}),
        ({"UPS": {"engaged": False}}, {"power": Power.MAINS}),
        ({"safeDoor": "closed", "cabinetRearDoor": "open"}, {"door_open": True}),
        ({"cabinetDoor": "closed"}, {"door_open": True}),
        ({"cabinetRearDoor": "locked"}, {"door_open": False}),
        ({"volume": 1}, {"volume_percent": 0}),
        ({"volume": 1000}, {"volume_percent": 100}),
        ({}, {"door_open": False, "call_presses": 2, "arrivals": 1, "volume_percent": 100}),
    ]
    for told, expected in steps:
        auxiliaries = facts(auxiliaries=told).auxiliaries
        assert auxiliaries is not None
        known = merged(known, auxiliaries)
        readings = read_sensors(known, readings)
        assert {name: getattr(readings, name) for name in expected} == expected


@pytest.mark.parametrize(
    "door",
    [
        *("cabinetDoor", "cabinetFrontDoor", "cabinetRearDoor", "cabinetLeftDoor"),
        *("cabinetRightDoor", "safeDoor"),
    ],
)
@pytest.mark.parametrize(
    ("state", "others", "expected"),
    [
        ("open", "closed", True),
        ("tampered", "locked", True),
        ("open", "unknown", True),
        ("bolted", "closed", False),
        ("closed", "unknown", None),
    ],
)
def test_any_door_that_is_open_counts(
    door: str, state: str, others: str, expected: bool | None
) -> None:
    other = "cabinetDoor" if door == "safeDoor" else "safeDoor"
    auxiliaries = facts(auxiliaries={door: state, other: others}).auxiliaries
    assert auxiliaries is not None
    assert read_sensors(auxiliaries, Readings()).door_open is expected


@pytest.mark.parametrize("told", [{}, {"low": True}, {"recovered": True}])
def test_a_power_supply_that_does_not_say_whether_it_is_in_use(told: dict[str, bool]) -> None:
    auxiliaries = facts(auxiliaries={"UPS": told}).auxiliaries
    assert auxiliaries is not None
    assert read_sensors(auxiliaries, Readings()).power is None


def test_counters_wrap() -> None:
    before = Readings(call_presses=65535, arrivals=65535)
    auxiliaries = facts(
        auxiliaries={"operatorCallButtonSensor": "on", "proximitySensor": "present"}
    ).auxiliaries
    assert auxiliaries is not None
    after = read_sensors(auxiliaries, before)
    assert (after.call_presses, after.arrivals) == (0, 0)
