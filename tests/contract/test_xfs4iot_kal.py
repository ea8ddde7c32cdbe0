"""The contract of every device again, behind services that write names as KAL's framework does."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from drivers.device import Kind
from drivers.emulators.xfs4iot import XfsMachine
from drivers.sensors.types import Power, ReadSensors
from drivers.xfs4iot.card_reader import XfsCardReader
from drivers.xfs4iot.sensors import XfsSensors
from tests.contract import test_xfs4iot_contract as standard
from tests.contract.test_contract import (  # noqa: F401  each is a test of this file
    DeviceCase,
    desk,
    stand,
    test_a_change_is_told_once,
    test_a_device_that_is_not_there_yet,
    test_a_job_that_succeeded_is_not_done_again,
    test_cancelled_before_it_begins,
    test_cancelled_while_it_runs,
    test_it_does_what_it_is_asked,
    test_it_opens_and_tells_what_it_is_and_can,
    test_its_deadline_passes_and_that_of_what_waits_behind_it,
    test_plugged_again_under_commands_without_a_pause_it_is_found,
    test_requests_travel,
    test_self_test_and_reset,
    test_stop_ends_what_runs,
    test_stop_gives_the_device_back,
    test_unplugged_it_is_gone_and_plugged_it_is_found_again,
    test_what_it_cannot_do_is_unsupported,
)
from tests.contract.xfs4iot_machines import host_of
from tests.waiting import PATIENCE_S as SOON_S


def spoken(kind: DeviceCase, service: str) -> DeviceCase:
    return replace(kind, emulator=lambda folder: standard.OneService(service, "kal"))


SERVICES = {
    Kind.RECEIPT_PRINTER: "ReceiptPrinter",
    Kind.DOCUMENT_PRINTER: "DocumentPrinter",
    Kind.SMART_CARD: "CardReader",
    Kind.CAMERA: "Camera",
    Kind.CODE_SCANNER: "BarcodeReader",
    Kind.PIN_PAD: "PinPad",
    Kind.LIGHTS: "Lights",
    Kind.SENSORS: "Auxiliaries",
    Kind.VENDOR_MODE: "VendorMode",
}
KINDS = tuple(spoken(kind, SERVICES[kind.kind]) for kind in standard.KINDS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In one host: the names on the wire make no difference to the other."""
    if "desk" in metafunc.fixturenames:
        holds = getattr(metafunc.function, "only", lambda kind, where: True)
        places = [(kind, "thread") for kind in KINDS if holds(kind, "thread")]
        names = [kind.kind for kind, _ in places]
        metafunc.parametrize("desk", places, ids=names, indirect=True, scope="module")


@pytest.mark.parametrize("service", ["", "CardReader"])
def test_a_device_is_found_among_all_services(service: str) -> None:
    machine = XfsMachine(dialect="kal")
    machine.start()
    try:
        port = int(machine.uri("").rpartition(":")[2].partition("/")[0])
        settings = {"service": service, "ports": [port]}
        driver = XfsCardReader(msgspec.convert(settings, XfsCardReader.Settings))
        driver.open()
        assert driver.status().usable
        assert "cardReader" in {one.offers for one in driver.neighbours()}
        driver.close()
    finally:
        machine.stop()


def test_a_low_battery_is_seen() -> None:
    machine = XfsMachine(dialect="kal")
    machine.start()
    try:
        with host_of(machine, XfsSensors, "Auxiliaries") as host:
            machine.obey("power", state="battery low")
            assert host.execute(ReadSensors(), SOON_S).power is Power.BATTERY_LOW
    finally:
        machine.stop()
