"""What every device does alike holds for devices behind XFS4IoT services too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Literal

from drivers import catalogue
from drivers.camera.types import StartStream, StopStream
from drivers.code_scanner.types import ReadCode
from drivers.device import Kind
from drivers.document_printer.types import PrintDocument
from drivers.emulators.xfs4iot import XfsMachine
from drivers.lights.types import FlashRate, Light, SetLight
from drivers.pin_pad.types import AwaitKey, EndPinEntry, LoadSessionKey, StartPinEntry
from drivers.receipt_printer.types import Paragraph, PrintSlip, Slip
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.smart_card.types import AwaitRemoval, ReadBankCard
from drivers.vendor_mode.types import AwaitMode, Mode, ReadMode
from tests.contract.test_contract import KINDS as OTHERS
from tests.contract.test_contract import (  # noqa: F401  each is a test of this file
    DeviceCase,
    a_pdf,
    a_session_key,
    desk,
    pytest_generate_tests,
    stand,
    test_a_change_is_told_once,
    test_a_device_that_is_not_there_yet,
    test_a_job_that_succeeded_is_not_done_again,
    test_a_process_that_hangs_is_killed_and_another_is_there_in_200_ms,
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
from tests.waiting import PATIENCE_S as SOON_S

SLOW = (("slow", {"seconds": SOON_S}),)
AT_REST = Readings(False, 0, False, False, 0, Power.MAINS, None, 50)


class OneService:
    """A machine, seen as one of its services. A code is held before its scanner's window, and
    paper is taken."""

    def __init__(self, service: str, dialect: Literal["standard", "kal"] = "standard") -> None:
        self._machine = XfsMachine(dialect=dialect)
        self._service = service
        self._gone = threading.Event()
        self._hand = threading.Thread(target=self._hold, daemon=True)
        self.obey, self.look = self._machine.obey, self._machine.look

    def start(self) -> None:
        self._machine.start()
        self._hand.start()

    def stop(self) -> None:
        self._gone.set()
        self._hand.join()
        self._machine.stop()

    @property
    def address(self) -> str:
        return self._machine.uri(self._service)

    def _hold(self) -> None:
        acts: dict[str, Callable[[], None]] = {
            "BarcodeReader": lambda: self.obey("show code", text="GJJ"),
            "ReceiptPrinter": lambda: self.obey("take paper", service=self._service),
            "DocumentPrinter": lambda: self.obey("take paper", service=self._service),
        }
        while self._service in acts and not self._gone.wait(0.01):
            acts[self._service]()


def kind(name: Kind, service: str, **facts: Any) -> DeviceCase:
    broken = {"service": service, "state": "hardwareError"}
    defaults: dict[str, Any] = {
        "slow": SLOW,
        "trouble": ("device", broken),
        "mend": ("device", {**broken, "state": "online"}),
    }
    return DeviceCase(
        name,
        "xfs4iot",
        lambda folder: OneService(service),
        lambda address: {"service": address},
        **(defaults | facts),
    )


SLIP = Slip((Paragraph("凭条"),))

KINDS = (
    kind(
        Kind.RECEIPT_PRINTER,
        "ReceiptPrinter",
        good=PrintSlip("good", SLIP),
        wait=PrintSlip("wait", SLIP),
        trouble=("paper out", {}),
        mend=("refill", {}),
        done=lambda seen: len(seen["slips"]),
    ),
    kind(
        Kind.DOCUMENT_PRINTER,
        "DocumentPrinter",
        good=PrintDocument("good", a_pdf(), 1),
        wait=PrintDocument("wait", a_pdf(), 1),
        trouble=("paper out", {"service": "DocumentPrinter"}),
        mend=("refill", {"service": "DocumentPrinter"}),
        done=lambda seen: len(seen["documents"]),
    ),
    kind(Kind.SMART_CARD, "CardReader", good=AwaitRemoval(), wait=ReadBankCard()),
    kind(
        Kind.CAMERA,
        "Camera",
        good=StartStream(),
        wait=StartStream(),
        before_wait=(StopStream(),),
    ),
    kind(Kind.CODE_SCANNER, "BarcodeReader", good=ReadCode(), wait=ReadCode()),
    kind(
        Kind.PIN_PAD,
        "PinPad",
        good=EndPinEntry(),
        wait=AwaitKey(),
        before_wait=(LoadSessionKey(a_session_key()), StartPinEntry()),
        slow=(),
    ),
    kind(
        Kind.LIGHTS,
        "Lights",
        good=SetLight(Light.CARD_READER, FlashRate.SLOW),
        wait=SetLight(Light.CARD_READER, FlashRate.OFF),
    ),
    kind(Kind.SENSORS, "Auxiliaries", good=ReadSensors(), wait=AwaitChange(AT_REST)),
    kind(Kind.VENDOR_MODE, "VendorMode", good=ReadMode(), wait=AwaitMode(Mode.INACTIVE)),
)


def test_every_driver_of_the_catalogue_keeps_the_contract() -> None:
    held = [(one.kind, one.driver) for one in (*OTHERS, *KINDS)]
    assert sorted(held) == sorted(catalogue._DRIVERS)
