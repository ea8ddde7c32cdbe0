"""A terminal in a bank's machine: its technician asks for it, citizens come after each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import pytest

from drivers.device import Deadline, Kind, State
from drivers.emulators.xfs4iot import XfsMachine
from kiosk.visit.steps import (
    Attract,
    Menu,
    OutOfService,
    PaperReady,
    ShowStatement,
)
from tests.services.hall import Citizen, Hall
from tests.waiting import PATIENCE_S


@dataclass
class BranchTerminal:
    """A terminal whose papers come from the bank's machine."""

    hall: Hall
    bank: XfsMachine

    @contextmanager
    def visit(self) -> Iterator[Citizen]:
        settings = self.hall.settings(5.0)
        devices = dict(settings.devices)
        for kind, service in (
            (Kind.VENDOR_MODE, "VendorMode"),
            (Kind.RECEIPT_PRINTER, "ReceiptPrinter"),
            (Kind.DOCUMENT_PRINTER, "DocumentPrinter"),
        ):
            devices[kind] = {"driver": "xfs4iot", "service": self.bank.uri(service)}
        citizen = Citizen(self.hall, msgspec.structs.replace(settings, devices=devices))
        try:
            yield citizen
        finally:
            citizen.go_away()

    def mode(self) -> str:
        mode: str = self.bank.look()["mode"]
        return mode

    def until(self, mode: str) -> None:
        deadline = Deadline(PATIENCE_S)
        while self.mode() != mode:
            assert not deadline.passed(), f"the machine is {self.mode()}, not {mode}"


@pytest.fixture
def branch(_hall: Hall) -> Iterator[BranchTerminal]:
    _hall.well()
    bank = XfsMachine()
    bank.start()
    yield BranchTerminal(_hall, bank)
    bank.stop()


def lent(citizen: Citizen) -> bool:
    return citizen.terminal.lent


def test_a_visit_that_waits_ends_and_the_next_one_lets_go(branch: BranchTerminal) -> None:
    with branch.visit() as first:
        first.sees(Attract)
        branch.bank.obey("enter vendor mode")
        assert first.ended() == "vendor-mode"
        assert branch.mode() == "enterPending"  # it may still hold its devices
    with branch.visit() as second:
        second.sees(OutOfService)
        branch.until("active")
        assert lent(second)
        assert second.terminal.statuses()[Kind.RECEIPT_PRINTER].state is State.STARTING
        branch.bank.obey("leave vendor mode")
        second.signs_in()
        assert not lent(second)
        branch.until("inactive")


def test_a_citizen_is_not_cut_off(branch: BranchTerminal) -> None:
    with branch.visit() as citizen:
        citizen.signs_in()
        branch.bank.obey("enter vendor mode")
        citizen.press("account")
        citizen.sees(ShowStatement)
        assert citizen.leaves() == "left"
        assert branch.mode() == "enterPending"


def test_a_machine_that_does_not_answer_keeps_nobody_from_their_account(
    branch: BranchTerminal,
) -> None:
    branch.bank.obey("unplug")
    with branch.visit() as citizen:
        assert isinstance(citizen.signs_in(), Menu)


# -- one citizen after another --------------------------------------------------------------------


def prints_everything(citizen: Citizen, persona: str) -> None:
    """A certificate and its slip; nobody takes them."""
    citizen.orders_a_slip(persona)
    citizen.sees(PaperReady)


def test_what_a_citizen_leaves_in_the_slots_does_not_reach_the_next(branch: BranchTerminal) -> None:
    with branch.visit() as first:
        prints_everything(first, "P01")
    left = branch.bank.look()["lying"]
    with branch.visit() as second:
        prints_everything(second, "P10")
    seen = branch.bank.look()
    assert seen["bins"] == {"ReceiptPrinter": 1, "DocumentPrinter": 1}
    for printer, jobs in (("ReceiptPrinter", "slips"), ("DocumentPrinter", "documents")):
        theirs, ours = seen[jobs]
        assert left[printer] == [theirs]
        assert seen["lying"][printer] == [ours]
        assert ours != theirs
