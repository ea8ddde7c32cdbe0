"""A visit is killed, or freezes, at every page: the attract page is back, and nothing is left over.

The real keeper, the real visit on real pages (offscreen), real drivers on emulated wires, the
stand-in centre in its own process.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.device import Kind
from tests.services.machine import Machine, machine
from tests.waiting import PATIENCE_S

SIGNED_IN = ("menu", "account", "ledger", "preview", "printed", "rate")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("machine"), silent_s=5.0) as running:
        yield running


def end_the_live_one(terminal: Machine, number: signal.Signals, persona: str, point: str) -> float:
    """Send the signal to the live visit; the next is played by ``persona`` up to ``point``.

    Returns how long the screen was dark, in ms.
    """
    shown = len(terminal.events("visit shown"))
    terminal.plan(persona, point)
    os.kill(terminal.live(), number)
    return terminal.next_shown(shown)


def test_killed_at_every_page(terminal: Machine) -> None:
    points = ("attract", "card", "code", *SIGNED_IN, "farewell")
    people = ("P01", "P03", "P05", "P06", "P12")
    dark: list[float] = []
    terminal.wait_for("attract")
    for turn, point in enumerate(points[1:]):
        dark.append(end_the_live_one(terminal, signal.SIGKILL, people[turn % 5], point))
        terminal.wait_for(point)
        # What the killed one left open at the centre was closed by this one's card.
        assert len(terminal.ask("GET", "/sessions")) <= 1
        if point in SIGNED_IN:
            assert len(terminal.ask("GET", "/sessions")) == 1
    dark.append(end_the_live_one(terminal, signal.SIGKILL, "P01", "attract"))
    terminal.wait_for("attract")
    assert terminal.events("visit over") == [], "the robot ended none of them itself"
    assert {each["cause"] for each in terminal.events("visit failed")} == {"died"}
    print("dark after a kill, ms:", sorted(dark))
    assert min(dark) < 1000, "at least one standby was warm"
    assert max(dark) < 15_000


def test_a_frozen_screen_is_replaced(terminal: Machine) -> None:
    end_the_live_one(terminal, signal.SIGKILL, "P03", "account")
    terminal.wait_for("account")
    begun = time.monotonic()
    end_the_live_one(terminal, signal.SIGSTOP, "P01", "attract")
    terminal.wait_for("attract")
    print(f"a frozen screen was back after {time.monotonic() - begun:.1f} s")
    assert terminal.events("visit failed")[-1]["cause"] == "frozen"


def test_a_sheet_of_a_killed_visit_never_comes_out(terminal: Machine) -> None:
    terminal.desk.tell(Kind.DOCUMENT_PRINTER, "stall")
    before = terminal.desk.look(Kind.DOCUMENT_PRINTER)["pages"]
    end_the_live_one(terminal, signal.SIGKILL, "P05", "printing")
    terminal.wait_for("printing")

    def states() -> list[str]:
        return [job["state"] for job in terminal.desk.look(Kind.DOCUMENT_PRINTER)["jobs"]]

    terminal.until(lambda: "PROCESSING" in states(), "no job is being printed")
    end_the_live_one(terminal, signal.SIGKILL, "P01", "attract")
    terminal.until(lambda: "PROCESSING" not in states(), "the job of the killed visit goes on")
    assert states()[-1] == "CANCELED"
    terminal.desk.tell(Kind.DOCUMENT_PRINTER, "well")
    terminal.wait_for("attract")
    assert terminal.desk.look(Kind.DOCUMENT_PRINTER)["pages"] == before


def test_a_slip_of_a_killed_visit_never_comes_out(terminal: Machine) -> None:
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "tear")
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "slow", dots_per_s=150)
    end_the_live_one(terminal, signal.SIGKILL, "P06", "slip")
    terminal.wait_for("slip")
    terminal.until(
        lambda: bool(terminal.desk.look(Kind.RECEIPT_PRINTER)["hanging"]), "no slip begins"
    )
    end_the_live_one(terminal, signal.SIGKILL, "P03", "slip-printed")
    terminal.until(
        lambda: not terminal.desk.look(Kind.RECEIPT_PRINTER)["waiting"], "bytes still wait"
    )
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "slow", dots_per_s=4000)
    terminal.wait_for("slip-printed")
    slips = ["".join(lines) for lines in terminal.desk.look(Kind.RECEIPT_PRINTER)["texts"]]
    assert sum("本凭条不作为证明" in slip for slip in slips) == 1, "one whole slip"
    assert "王*" in slips[-1]
    assert "周*" not in slips[-1], "what hung out of the printer was cut off"
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "well")


def test_half_a_slip_of_a_killed_visit_is_cut_off_though_nobody_prints(terminal: Machine) -> None:
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "tear")
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "slow", dots_per_s=150)
    end_the_live_one(terminal, signal.SIGKILL, "P06", "slip")
    terminal.wait_for("slip")

    def hangs() -> bool:
        return bool(terminal.desk.look(Kind.RECEIPT_PRINTER)["hanging"])

    terminal.until(hangs, "no slip begins")
    end_the_live_one(terminal, signal.SIGKILL, "P01", "attract")
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "slow", dots_per_s=4000)
    terminal.wait_for("attract")
    terminal.until(lambda: not hangs(), "the beginning of a slip hangs out of the printer")
    terminal.desk.tell(Kind.RECEIPT_PRINTER, "well")


def test_a_sheet_in_the_printer_when_the_terminal_stops_never_comes_out(tmp_path: Path) -> None:
    with machine(tmp_path) as terminal:
        terminal.desk.tell(Kind.DOCUMENT_PRINTER, "stall")
        end_the_live_one(terminal, signal.SIGKILL, "P05", "printing")
        terminal.wait_for("printing")

        def jobs() -> list[str]:
            return [job["state"] for job in terminal.desk.look(Kind.DOCUMENT_PRINTER)["jobs"]]

        terminal.until(lambda: "PROCESSING" in jobs(), "no job is being printed")
        terminal.keeper.send_signal(signal.SIGTERM)
        assert terminal.keeper.wait(PATIENCE_S) == 0
        assert jobs() == ["CANCELED"]


def test_a_visit_that_ends_by_itself_closes_its_session(terminal: Machine) -> None:
    shown = len(terminal.events("visit shown"))
    end_the_live_one(terminal, signal.SIGKILL, "P01", "to the end")
    terminal.next_shown(shown + 1)
    assert terminal.ask("GET", "/sessions") == []
    over = terminal.events("visit over")[-1]
    assert (over["cause"], over["stage"]) == ("left", "begun")
    assert terminal.ask("GET", "/prints")[-1]["complete"] == 1


def test_no_visit_is_left_behind(terminal: Machine) -> None:
    """Of all that were started, the live one and the one that stands by are alive."""
    pids = [int(each["pid"]) for each in terminal.events("visit started")]

    def alive() -> list[int]:
        return [pid for pid in pids if Path(f"/proc/{pid}").exists()]

    # The next visit shows while a killed one is still dying.
    terminal.until(lambda: len(alive()) <= 2, "a visit is left behind")


def test_a_standby_whose_nursery_has_died_makes_way(terminal: Machine) -> None:
    end_the_live_one(terminal, signal.SIGKILL, "P01", "asleep")
    standby, live = terminal.standby(), terminal.live()
    os.kill(terminal.nursery(standby), signal.SIGKILL)
    terminal.standby(standby)
    failed = terminal.events("visit failed")[-1]
    assert (failed["cause"], failed["stage"] in ("warming", "ready")) == ("died", True)
    assert terminal.live() == live


def test_a_visit_on_the_screen_goes_on_without_its_nursery(terminal: Machine) -> None:
    """The process that checks the paper then starts in a fresh interpreter."""

    def lost() -> int:
        return terminal.log.read_text(encoding="utf-8").count(
            "kiosk.keeper.nursery: nursery failed"
        )

    failures, losses = len(terminal.events("visit failed")), lost()
    end_the_live_one(terminal, signal.SIGKILL, "P01", "preview")
    live = terminal.live()
    os.kill(terminal.nursery(live), signal.SIGKILL)
    terminal.wait_for("preview")
    assert terminal.live() == live
    assert len(terminal.events("visit failed")) == failures + 1, "more than the one killed here"
    assert lost() == losses + 1
