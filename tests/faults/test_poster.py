"""The poster with real processes: first on the screen, and no loss where it fails."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_keeper import KeeperProcess, Start, alive, start
from tests.waiting import PATIENCE_S

__all__ = ["start"]

PLAYER = Path(__file__).with_name("poster_player.py")


def with_poster(start: Start, part: str, *plan: str, **options: Any) -> KeeperProcess:
    def begun(stage: Path) -> tuple[str, ...]:
        return (str(PLAYER), str(stage), part)

    return start(*plan, poster=begun, **options)


def started_ahead(start: Start, part: str, *plan: str, **options: Any) -> KeeperProcess:
    def begun(stage: Path) -> tuple[str, ...]:
        return ("ahead", str(PLAYER), str(stage), part)

    return start(*plan, poster=begun, **options)


def poster(terminal: KeeperProcess) -> int:
    return int((terminal.stage / "poster.pid").read_text())


def posters(terminal: KeeperProcess) -> list[str]:
    """The processes that play the poster, also one that has not begun to."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # gone meanwhile
            words = line.read_text().split("\0")
            if str(PLAYER) in words and str(terminal.stage) in words:
                found.append(line.parent.name)
    return found


def order(terminal: KeeperProcess) -> list[str]:
    wanted = ("poster shown", "poster failed", "fork server started", "visit started")
    return [each["message"] for each in terminal.events if each["message"] in wanted]


def test_the_poster_comes_first_and_goes_when_a_visit_shows(start: Start) -> None:
    terminal = with_poster(start, "good", "good", poster_goes_s=0.1)
    terminal.wait("visit shown", visit=1)
    assert order(terminal)[:3] == ["poster shown", "fork server started", "visit started"]
    (server,) = terminal.named("fork server started")
    terminal.until(lambda: not alive(poster(terminal)))
    assert not terminal.named("poster failed")
    assert alive(server["pid"]), "the first visit was forked"
    terminal.ready(2)
    assert not (terminal.stage / "1.touched").exists()
    terminal.stop()


def test_a_press_reaches_the_first_visit_once(start: Start) -> None:
    terminal = with_poster(start, "touched", "good", poster_goes_s=20.0)
    terminal.wait("visit shown", visit=1)
    touched = terminal.stage / "1.touched"
    terminal.until(lambda: touched.exists() and touched.read_text() == "elder\nstart\n")
    (terminal.stage / "touch").touch()
    terminal.until(lambda: touched.read_text() == "elder\nstart\npublic\n")
    terminal.stop()
    assert not alive(poster(terminal))


def test_a_press_outlives_a_visit_that_dies_before_it_begins(start: Start) -> None:
    terminal = with_poster(start, "touched", "crash-live", "visitor", "good", poster_goes_s=20.0)
    terminal.wait("visit shown", visit=3)
    assert (terminal.stage / "2.touched").read_text() == "elder\nstart\n"
    assert not (terminal.stage / "3.touched").exists(), "the second visit began with it"
    (terminal.stage / "touch").touch()
    terminal.until((terminal.stage / "3.touched").exists)
    terminal.stop()


def test_the_poster_stays_when_the_first_visit_goes_at_once(start: Start) -> None:
    slow = {"ready_s": 2.0, "poster_goes_s": 1.0}
    terminal = with_poster(start, "good", "short-crash", "never-ready", "good", **slow)
    terminal.wait("visit failed", visit=2)
    assert alive(poster(terminal)), "the screen is dark while no visit is ready"
    terminal.wait("visit shown", visit=3)
    terminal.until(lambda: not alive(poster(terminal)))
    terminal.stop()


def test_a_press_outlives_the_poster(start: Start) -> None:
    terminal = with_poster(start, "touched-dies", "good", poster_goes_s=0.1)
    terminal.wait("visit shown", visit=1)
    touched = terminal.stage / "1.touched"
    terminal.until(lambda: touched.exists() and touched.read_text() == "start\n")
    assert terminal.named("poster failed")[0]["cause"] == "died"
    terminal.stop()


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        ("crash", "died"),
        ("garbage", "garbage"),
        ("too-soon", "out of turn"),
        ("twice-shown", "out of turn"),
    ],
)
def test_without_its_poster_the_terminal_starts_all_the_same(
    start: Start, part: str, cause: str
) -> None:
    terminal = with_poster(start, part, "good")
    terminal.wait("visit shown", visit=1)
    assert [each["cause"] for each in terminal.named("poster failed")] == [cause]
    terminal.ready(2)
    assert not alive(poster(terminal))
    terminal.stop()


def test_a_poster_that_cannot_be_made_keeps_nobody_waiting(start: Start) -> None:
    terminal = start("good", poster=lambda stage: ("-c", "import os; os._exit(3)"))
    terminal.wait("visit shown", visit=1)
    assert "poster failed" in order(terminal)
    terminal.stop()


@pytest.mark.parametrize("part", ["hangs", "late"])
def test_nothing_waits_for_a_poster_that_does_not_show(start: Start, part: str) -> None:
    """The player hangs six times as long as this test waits for anything."""
    terminal = with_poster(start, part, "good", poster_rises_s=0.3, poster_goes_s=0.1)
    terminal.wait("visit shown", visit=1)
    terminal.until(lambda: not alive(poster(terminal)))
    terminal.stop()


def test_a_fork_server_that_dies_at_its_start_leaves_a_bare_visit(start: Start) -> None:
    terminal = with_poster(start, "good", "good", preload="a_mistake")
    terminal.wait("fork server failed")
    terminal.wait("visit shown", visit=1)
    terminal.stop()


def test_a_fork_server_without_end_is_not_waited_for(start: Start) -> None:
    terminal = with_poster(start, "good", "good", preload="no_end", poster_holds_s=0.5)
    terminal.wait("visit shown", visit=1)
    assert not terminal.named("fork server failed")
    terminal.stop()


def test_a_terminal_that_stops_early_leaves_no_poster(start: Start) -> None:
    terminal = with_poster(start, "good", "good", preload="no_end")
    terminal.wait("poster shown")
    terminal.stop()
    assert not alive(poster(terminal))


def test_a_shared_machine_has_no_poster(start: Start) -> None:
    shared = '[devices.vendor_mode]\ndriver = "xfs4iot"\n'
    terminal = with_poster(start, "good", "good", more_settings=shared)
    terminal.wait("visit shown", visit=1)
    assert not (terminal.stage / "poster.pid").exists()
    terminal.stop()


def test_a_poster_that_was_started_ahead_shows_itself_on_the_keepers_word(start: Start) -> None:
    terminal = started_ahead(start, "waits", "good", poster_goes_s=0.1)
    terminal.wait("visit shown", visit=1)
    assert order(terminal)[:3] == ["poster shown", "fork server started", "visit started"]
    terminal.until(lambda: not alive(poster(terminal)))
    terminal.stop()


@pytest.mark.parametrize("more", ['[devices.vendor_mode]\ndriver = "xfs4iot"\n', "mistyped = 1\n"])
def test_a_poster_that_was_started_ahead_and_is_not_wanted_never_shows(
    start: Start, more: str
) -> None:
    terminal = started_ahead(start, "waits", "good", more_settings=more)
    if "vendor" in more:
        terminal.wait("visit shown", visit=1)
        assert posters(terminal) == []
        terminal.stop()
    else:
        assert terminal.keeper.wait(PATIENCE_S)
    assert not terminal.named("poster shown")
    terminal.until(lambda: not posters(terminal))
