"""What a printer says about itself, and what a terminal makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Media, Reason, State, Status, Supply
from drivers.document_printer.codec import Group, Tag, attribute
from drivers.document_printer.states import keyword, read_status, read_supplies


def printer(state: int | None, *reasons: str, message: str = "", accepts: bool = True) -> Group:
    said = [attribute("printer-is-accepting-jobs", Tag.BOOLEAN, accepts)]
    if state is not None:
        said.append(attribute("printer-state", Tag.ENUM, state))
    if reasons:
        said.append(attribute("printer-state-reasons", Tag.KEYWORD, *reasons))
    if message:
        said.append(attribute("printer-state-message", Tag.TEXT, message))
    return Group(Tag.PRINTER_GROUP, tuple(said))


@pytest.mark.parametrize(
    ("state", "reasons", "means", "problem", "paper"),
    [
        (3, ["none"], State.ONLINE, None, Supply.UNKNOWN),
        (3, [], State.ONLINE, None, Supply.UNKNOWN),
        (4, ["none"], State.BUSY, None, Supply.UNKNOWN),
        (4, ["cups-waiting-for-job-completed"], State.BUSY, None, Supply.UNKNOWN),
        (3, ["toner-low-warning"], State.ONLINE, None, Supply.UNKNOWN),
        (3, ["media-low-warning"], State.ONLINE, None, Supply.LOW),
        (5, ["media-empty-error"], State.USER_ERROR, Reason.PAPER_OUT, Supply.OUT),
        (4, ["media-empty-warning"], State.USER_ERROR, Reason.PAPER_OUT, Supply.OUT),
        (3, ["media-empty-report"], State.USER_ERROR, Reason.PAPER_OUT, Supply.OUT),
        (5, ["media-needed"], State.USER_ERROR, Reason.PAPER_OUT, Supply.OUT),
        (5, ["input-tray-missing"], State.USER_ERROR, Reason.PAPER_OUT, Supply.UNKNOWN),
        (5, ["cover-open"], State.USER_ERROR, Reason.COVER_OPEN, Supply.UNKNOWN),
        (5, ["door-open-error"], State.USER_ERROR, Reason.COVER_OPEN, Supply.UNKNOWN),
        (5, ["interlock-open"], State.USER_ERROR, Reason.COVER_OPEN, Supply.UNKNOWN),
        (5, ["toner-empty"], State.USER_ERROR, Reason.TONER_OUT, Supply.UNKNOWN),
        (5, ["marker-supply-empty-error"], State.USER_ERROR, Reason.TONER_OUT, Supply.UNKNOWN),
        (5, ["output-area-full"], State.USER_ERROR, Reason.HARDWARE, Supply.UNKNOWN),
        (5, ["fuser-over-temp-error"], State.HARDWARE_ERROR, Reason.HARDWARE, Supply.UNKNOWN),
        (5, ["paused"], State.OFFLINE, Reason.OFFLINE, Supply.UNKNOWN),
        (3, ["shutdown"], State.OFFLINE, Reason.OFFLINE, Supply.UNKNOWN),
        (3, ["offline-report"], State.OFFLINE, Reason.OFFLINE, Supply.UNKNOWN),
        (5, ["com.example-gremlin-error"], State.OFFLINE, Reason.OFFLINE, Supply.UNKNOWN),
        (3, ["com.example-gremlin-error"], State.ONLINE, None, Supply.UNKNOWN),
        (5, ["none"], State.OFFLINE, Reason.OFFLINE, Supply.UNKNOWN),
        (None, ["none"], State.UNKNOWN, None, Supply.UNKNOWN),
        (99, ["none"], State.UNKNOWN, None, Supply.UNKNOWN),
    ],
)
def test_states(
    state: int | None, reasons: list[str], means: State, problem: Reason | None, paper: Supply
) -> None:
    status = read_status(printer(state, *reasons))
    assert (status.state, status.problem, status.paper) == (means, problem, paper)
    assert bool(status.mend) == (problem is not None)


QUEUE = (
    attribute("printer-name", Tag.NAME, "A4"),
    attribute("cups-version", Tag.TEXT, "2.4.2"),
)


@pytest.mark.parametrize(
    ("state", "reasons", "mend"),
    [
        (5, ["paused"], "start the queue again: cupsenable A4"),
        (5, ["none"], "start the queue again: cupsenable A4"),
        (3, ["media-empty-report"], "put A4 paper into the tray"),
        (5, ["media-empty-error", "paused"], "cupsenable A4"),  # CUPS stopped it for the tray
    ],
)
def test_a_queue_that_cups_stopped_needs_a_command(
    state: int, reasons: list[str], mend: str
) -> None:
    said = printer(state, *reasons)
    queue = Group(said.tag, (*said.attributes, *QUEUE))
    assert mend in read_status(queue).mend
    assert "cupsenable" not in read_status(said).mend


@pytest.mark.parametrize(
    ("state", "reason", "named"),
    [
        (3, "media-empty-report", "media-empty"),  # of a bypass tray
        (4, "marker-supply-empty-warning", "marker-supply-empty"),  # of a waste box
        (3, "marker-waste-full-warning", "marker-waste-full"),
        (3, "input-tray-missing", "input-tray-missing"),
        (5, "media-empty-error", ""),
        (3, "media-jam-error", ""),
        (3, "cover-open", ""),
    ],
)
def test_a_reason_of_a_printer_that_is_not_stopped_names_the_setting(
    state: int, reason: str, named: str
) -> None:
    mend = read_status(printer(state, reason)).mend
    assert ("ignored_reasons" in mend) == bool(named)
    assert f'"{named}"' in mend or not named


def test_a_jam_is_told_before_the_empty_tray_behind_it() -> None:
    status = read_status(printer(5, "media-empty-error", "media-jam-error", "toner-low-report"))
    assert (status.problem, status.media) == (Reason.JAM, Media.JAMMED)
    assert "toner-low-report" in status.detail


def test_detail_keeps_what_the_printer_said() -> None:
    status = read_status(printer(3, "com.example-gremlin", message="Feed me."))
    assert status.detail == "com.example-gremlin (Feed me.)"
    assert read_status(printer(3, message="Idle.")).detail == "Idle."


def test_detail_is_one_line_of_a_log() -> None:
    said = read_status(printer(3, "x\x1b[2J", message="Feed\nme" + "." * 100_000)).detail
    assert said.startswith("x [2J (Feed me...")
    assert said.isprintable()
    assert len(said) == 300


def test_a_printer_that_takes_no_jobs() -> None:
    status = read_status(printer(3, "none", accepts=False))
    assert (status.state, status.problem) == (State.OFFLINE, Reason.OFFLINE)


@pytest.mark.parametrize("ignored", ["media-empty", "media-empty-report"])
def test_a_reason_can_be_ignored(ignored: str) -> None:
    assert read_status(printer(3, "media-empty-report"), (ignored,)) == Status(State.ONLINE)


def test_a_severity_is_taken_off_once() -> None:
    assert keyword("media-jam-error") == "media-jam"
    assert keyword("media-jam") == "media-jam"
    assert keyword("x-error-report") == "x-error"


@given(st.integers() | st.none(), st.lists(st.text(min_size=1), max_size=5), st.text())
def test_any_words_give_a_status(state: int | None, reasons: list[str], message: str) -> None:
    status = read_status(printer(state, *reasons, message=message))
    assert isinstance(status, Status)


@pytest.mark.parametrize(
    ("levels", "nearly_full", "percents"),
    [
        ((23, 80), (), [23, 80]),
        ((10, 96), (64, 95), [10, 96]),
        ((-1, -3), (), [None, None]),
        ((150, 0), (0,), [100, 0]),
        ((7,), (), [7]),
        ((), (), []),
    ],
)
def test_how_full_the_supplies_are(
    levels: tuple[int, ...], nearly_full: tuple[int, ...], percents: list[int | None]
) -> None:
    """``marker-high-levels`` says from which level on a waste box is nearly full."""
    said = [attribute("marker-names", Tag.NAME, "toner\x1b", "waste")]
    if levels:
        said.append(attribute("marker-levels", Tag.INTEGER, *levels))
    if nearly_full:
        said.append(attribute("marker-high-levels", Tag.INTEGER, *nearly_full))
    found = read_supplies(Group(Tag.PRINTER_GROUP, tuple(said)))
    assert [each.percent for each in found] == percents
    assert all(each.name.isprintable() for each in found)
