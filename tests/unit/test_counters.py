"""What devices have done is counted once, by day and since a reset, and outlives restarts."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drivers.code_scanner.types import Code, ReadCode
from drivers.device import DeviceError, Kind, Reason, Request, State, Status
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.id_card.types import LookForCard, ReadCard
from drivers.receipt_printer.layout import TO_KNIFE_MM, length_mm
from drivers.receipt_printer.types import Paragraph, Printed, PrintSlip, Qr, Rule, Slip, Space
from drivers.smart_card.types import ReadSocialSecurityCard
from kiosk.counters import (
    BIN_EMPTIED,
    FILE,
    ROLL_CHANGED,
    SEEN_S,
    Counted,
    CounterFile,
    of_result,
)
from kiosk.doctor import counting
from kiosk.settings import CentreSettings, Settings
from tests.logged import messages

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SLIP = PrintSlip("job", Slip((Paragraph("试打"), Rule(), Space(), Qr("x"))))
PAPER = PrintDocument("job", b"%PDF", 3)
JAMMED = Status(State.USER_ERROR, problem=Reason.JAM)
WELL = Status(State.ONLINE)


class Hands:
    """The hands of a clock that a test turns."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def counters(tmp_path: Path, hands: Hands) -> CounterFile:
    return CounterFile(tmp_path, hands)


def test_counts_outlive_the_process_and_tell_the_day(
    tmp_path: Path, counters: CounterFile, hands: Hands
) -> None:
    counters.add({Counted.SLIPS: 2, Counted.SHEETS: 3})
    hands.at += timedelta(days=1)
    counters.add({Counted.SLIPS: 1})
    tally = CounterFile(tmp_path, hands).read()
    assert (tally.of(Counted.SLIPS).total, tally.day_of(Counted.SLIPS)) == (3, 1)
    assert (tally.of(Counted.SHEETS).total, tally.day_of(Counted.SHEETS)) == (3, 0)
    hands.at += timedelta(days=1)
    assert counters.read().day_of(Counted.SLIPS) == 0
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_reset_begins_anew_and_keeps_the_total(counters: CounterFile) -> None:
    counters.add({Counted.SLIPS: 5, Counted.ROLL_MM: 500, Counted.RETRACTED: 2})
    counters.reset(ROLL_CHANGED)
    counters.add({Counted.SLIPS: 1})
    tally = counters.read()
    slips = tally.of(Counted.SLIPS)
    assert (slips.since_reset, slips.total, slips.reset_at) == (1, 6, NOON)
    assert tally.of(Counted.ROLL_MM).since_reset == 0
    assert tally.of(Counted.RETRACTED).since_reset == 2
    counters.reset(BIN_EMPTIED)
    assert counters.read().of(Counted.RETRACTED).since_reset == 0
    assert counters.read().day_of(Counted.SLIPS) == 6


@pytest.mark.parametrize(
    ("request_", "outcome", "counted"),
    [
        (
            SLIP,
            Printed("job"),
            {Counted.SLIPS: 1, Counted.ROLL_MM: 69, Counted.HEAD_MM: 69},
        ),
        (PAPER, PagesPrinted("job", 3), {Counted.SHEETS: 3}),
        (PAPER, DeviceError(Reason.JAM, pages=1), {Counted.SHEETS: 1, Counted.JAMS: 1}),
        (PAPER, DeviceError(Reason.TIMEOUT, pages=None), {}),
        (SLIP, DeviceError(Reason.NOT_TAKEN, pages=1), {Counted.RETRACTED: 1}),
        (ReadCard(), "a card", {Counted.ID_CARDS: 1}),
        (ReadCard(), DeviceError(Reason.CARD_UNREADABLE), {Counted.ID_CARDS_UNREAD: 1}),
        (ReadCard(), DeviceError(Reason.TIMEOUT), {}),
        (LookForCard(), None, {}),
        (ReadSocialSecurityCard(), "a card", {Counted.CHIP_CARDS: 1}),
        (ReadSocialSecurityCard(), DeviceError(Reason.TIMEOUT), {}),
        (ReadCode(), Code("x"), {Counted.CODES: 1}),
    ],
)
def test_what_a_device_has_done(
    request_: Request[Any], outcome: object, counted: dict[Counted, int], counters: CounterFile
) -> None:
    steps = of_result(request_, outcome)
    assert {name: step for name, step in steps.items() if step} == counted
    counters.add(steps)
    assert counters.read().today == counted


def test_the_length_of_a_slip_grows_on_narrow_paper() -> None:
    slip = Slip((Paragraph("字" * 24),))
    assert length_mm(slip) == 32 // 8 + TO_KNIFE_MM
    assert length_mm(slip, 384) == 2 * 32 // 8 + TO_KNIFE_MM


def test_a_fault_is_counted_with_its_duration(counters: CounterFile, hands: Hands) -> None:
    printer = Kind.RECEIPT_PRINTER
    counters.note(printer, Status(State.STARTING))
    counters.note(printer, WELL)
    counters.note(printer, JAMMED)
    hands.at += timedelta(minutes=2)
    # The visit ends, and the next one looks for the printer.
    counters.note(printer, Status(State.STARTING))
    counters.note(printer, JAMMED)
    fault = counters.read().open[printer]
    assert (fault.since, fault.reason) == (NOON, "jam")
    assert counters.read().faults_of(printer, hands.at).seconds == 120
    hands.at += timedelta(minutes=3)
    counters.note(printer, WELL)
    faults = counters.read().faults_of(printer, hands.at)
    assert (faults.count, faults.seconds) == (1, 300)
    assert counters.read().open == {}


def test_a_flicker_is_no_fault(counters: CounterFile, hands: Hands) -> None:
    counters.note(Kind.CAMERA, Status(State.NO_DEVICE, problem=Reason.NO_DEVICE))
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0
    hands.at += timedelta(seconds=3)
    counters.note(Kind.CAMERA, WELL)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0


def test_a_fault_through_midnight_counts_for_each_day_its_part(
    counters: CounterFile, hands: Hands
) -> None:
    hands.at = datetime(2026, 11, 20, 23, tzinfo=UTC)
    goes_on(counters, hands, JAMMED, 3600)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).seconds == 0
    goes_on(counters, hands, JAMMED, 2 * 3600)
    counters.note(Kind.CAMERA, WELL)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).seconds == 2 * 3600


def goes_on(counters: CounterFile, hands: Hands, status: Status, seconds: float) -> None:
    """The terminal runs for so long, and the camera stays as ``status`` tells."""
    until = hands.at + timedelta(seconds=seconds)
    counters.note(Kind.CAMERA, status)
    while hands.at < until:
        hands.at += timedelta(seconds=SEEN_S)
        counters.note(Kind.CAMERA, status)


@pytest.mark.parametrize("status", [JAMMED, Status(State.UNKNOWN)])
def test_a_fault_that_goes_on_all_day_is_one(
    counters: CounterFile, hands: Hands, status: Status
) -> None:
    counters.note(Kind.CAMERA, JAMMED)
    goes_on(counters, hands, status, 4 * 3600)
    faults = counters.read().faults_of(Kind.CAMERA, hands.at)
    assert (faults.count, faults.seconds) == (1, 4 * 3600)


def test_a_terminal_that_is_off_has_no_fault(counters: CounterFile, hands: Hands) -> None:
    hands.at = datetime(2026, 11, 20, 17, 50, tzinfo=UTC)
    goes_on(counters, hands, JAMMED, 600)
    hands.at = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0
    counters.note(Kind.CAMERA, Status(State.STARTING))
    counters.note(Kind.CAMERA, WELL)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0


def test_a_fault_before_and_after_the_terminal_was_off_for_an_hour_is_two(
    counters: CounterFile, hands: Hands
) -> None:
    goes_on(counters, hands, JAMMED, 1200)
    hands.at += timedelta(hours=1)
    goes_on(counters, hands, JAMMED, 600)
    faults = counters.read().faults_of(Kind.CAMERA, hands.at)
    assert (faults.count, faults.seconds) == (2, 1800)


def test_a_device_that_the_terminal_no_longer_has_is_told_until_it_went(
    counters: CounterFile, hands: Hands
) -> None:
    goes_on(counters, hands, JAMMED, 1200)
    for _ in range(9):
        hands.at += timedelta(seconds=SEEN_S)
        counters.note(Kind.RECEIPT_PRINTER, JAMMED)
    faults = counters.read().faults_of(Kind.CAMERA, hands.at)
    assert (faults.count, faults.seconds) == (1, 1200)
    hands.at += timedelta(days=1)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0


EARLY = datetime(2020, 1, 1, 8, tzinfo=UTC)


def test_a_clock_that_starts_too_early_leaves_the_day_as_it_was(
    counters: CounterFile, hands: Hands
) -> None:
    counters.add({Counted.SHEETS: 60})
    goes_on(counters, hands, JAMMED, 1200)
    counters.note(Kind.CAMERA, WELL)
    hands.at = EARLY
    counters.add({Counted.VISITS: 1})
    assert counters.read().day_of(Counted.SHEETS) == 0
    hands.at = NOON + timedelta(hours=1)
    counters.add({Counted.SHEETS: 2})
    tally = counters.read()
    assert (tally.day_of(Counted.SHEETS), tally.of(Counted.VISITS).total) == (62, 1)
    assert tally.faults_of(Kind.CAMERA, hands.at).seconds == 1200


def test_a_fault_that_began_before_the_clock_was_set_counts_from_then(
    counters: CounterFile, hands: Hands
) -> None:
    hands.at = EARLY
    counters.note(Kind.CAMERA, JAMMED)
    hands.at = NOON
    goes_on(counters, hands, JAMMED, 600)
    faults = counters.read().faults_of(Kind.CAMERA, hands.at)
    assert (faults.count, faults.seconds) == (1, 600)


def test_a_file_of_a_version_that_did_not_tell_when_a_fault_was_seen(
    tmp_path: Path, counters: CounterFile, hands: Hands
) -> None:
    spoken = b'{"open": {"camera": {"since": "2026-11-19T08:00:00", "reason": "jam"}}}'
    (tmp_path / FILE).write_bytes(spoken)
    goes_on(counters, hands, JAMMED, 600)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).seconds == 600


def test_a_clock_that_was_set_back_gives_no_negative_fault(
    counters: CounterFile, hands: Hands
) -> None:
    counters.note(Kind.CAMERA, JAMMED)
    hands.at = datetime(1970, 1, 1, 8, tzinfo=UTC)
    counters.note(Kind.CAMERA, WELL)
    assert counters.read().faults_of(Kind.CAMERA, hands.at).count == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"counts": {"slips": {"total": -1}}}',
        b'{"counts": {"slips": "many"}}',
        b"[" * 100_000,
    ],
)
def test_a_spoilt_file_counts_from_nought(
    tmp_path: Path, counters: CounterFile, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert counters.read().counts == {}
    assert messages(caplog, "kiosk.counters") == ["counters spoilt"]
    counters.add({Counted.SLIPS: 1})
    assert counters.read().of(Counted.SLIPS).total == 1


def test_a_disk_that_does_not_give_the_file_for_a_moment_loses_no_count(
    counters: CounterFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    counters.add({Counted.SLIPS: 5})
    with monkeypatch.context() as disk:
        disk.setattr(Path, "read_bytes", fails)
        counters.add({Counted.SLIPS: 1})
        counters.note(Kind.RECEIPT_PRINTER, JAMMED)
        assert counters.read().of(Counted.SLIPS).total == 0
    assert counters.read().of(Counted.SLIPS).total == 5


def test_a_counter_of_a_later_version_stays(tmp_path: Path, counters: CounterFile) -> None:
    (tmp_path / FILE).write_bytes(b'{"counts": {"stamps": {"total": 7}}, "more": 1}')
    counters.add({Counted.SLIPS: 1})
    assert counters.read().counts["stamps"].total == 7


def test_a_disk_that_cannot_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counters = CounterFile(tmp_path / "nowhere")
    with caplog.at_level(logging.WARNING):
        counters.add({Counted.SLIPS: 1})
        counters.add({Counted.SLIPS: 1})
    assert messages(caplog, "kiosk.counters") == ["counters not kept"]
    assert counters.read().of(Counted.SLIPS).total == 0


FIRST = """
import sys
from pathlib import Path
from kiosk.counters import CounterFile
called = set()
sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_name))
CounterFile(Path(sys.argv[1])).read()
sys.setprofile(None)
assert "read" in called and "get_class_annotations" not in called, called
"""


def test_the_first_thread_that_reads_finds_the_classes_prepared(
    tmp_path: Path, counters: CounterFile
) -> None:
    """Two that prepare a class of msgspec at once crash the process."""
    counters.add({Counted.SLIPS: 1})
    done = subprocess.run(
        [sys.executable, "-c", FIRST, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_count_is_lost_between_threads_and_files(tmp_path: Path) -> None:
    def count(_: int) -> None:
        CounterFile(tmp_path).add({Counted.SLIPS: 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(40)))
    assert CounterFile(tmp_path).read().of(Counted.SLIPS).total == 40


def test_the_doctor_tells_the_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:1", seal_roots=tmp_path / "roots.pem"),
        production=False,
    )
    (found,) = counting.look(settings)
    assert found.seen == "nothing was counted yet"
    counters = CounterFile(tmp_path, lambda: NOON)
    counters.add({Counted.SLIPS: 4, Counted.HEAD_MM: 2_000_000})
    counters.reset(ROLL_CHANGED)
    counters.add({Counted.SLIPS: 1})
    said = {finding.name: finding.seen for finding in counting.look(settings)}
    assert said["slips"] == "1 since 2026-11-20, 5 in all"
    assert said["visits"] == "0 in all"
    assert said["paper past the head"] == "about 2.00 km"
