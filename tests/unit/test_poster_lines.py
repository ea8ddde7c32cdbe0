"""What the keeper does of its poster at moments that real processes reach only by chance."""

from __future__ import annotations

import importlib.util
import selectors
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.keeper import rising
from kiosk.keeper.channel import Touched
from kiosk.keeper.keeper import Keeper
from kiosk.keeper.kept_process import KeptProcess
from kiosk.keeper.poster_process import PosterWatch
from kiosk.keeper.visit_process import KeeperPace, VisitStage
from tests.logged import messages


def watch(selector: selectors.BaseSelector, told: list[Touched], *program: str) -> PosterWatch:
    return PosterWatch(program or None, selector, KeeperPace(), told.append)


def test_a_machine_without_a_process_to_spare_has_no_poster(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none(*_: Any) -> Any:
        raise OSError(11, "no process")

    monkeypatch.setattr(KeptProcess, "start", none)
    with selectors.DefaultSelector() as selector:
        poster = watch(selector, [], "false")
        poster.start()
        now = time.monotonic()
        assert not poster.rises(now)
        assert not poster.holds(now)
        assert poster.due(now) == float("inf")
        assert not selector.get_map()
        poster.end()
    assert messages(caplog, "kiosk.keeper.poster_process") == ["poster failed"]


def test_a_poster_that_cannot_be_started_ahead_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: Any) -> Any:
        raise OSError(11, "no process")

    command = ["false"]
    monkeypatch.setattr(KeptProcess, "start", none)
    assert rising.begin(command) is command


def test_a_poster_that_nobody_wants_is_gone() -> None:
    ahead = rising.RisingPoster([sys.executable, "-c", "input()"])
    ahead.give_up()
    assert ahead.process.exit is not None
    assert ahead.end.fileno() == -1


def test_the_death_of_a_poster_may_be_told_before_its_last_words() -> None:
    told: list[Touched] = []
    word = '{"type":"shown"}\\n{"type":"touched","what":"start"}\\n'
    said = f"import os, sys; os.write(int(sys.argv[2]), b'{word}')"
    with selectors.DefaultSelector() as selector:
        poster = watch(selector, told, sys.executable, "-c", said)
        poster.start()
        process = poster._process
        assert process
        process.await_end(20)
        poster._bury()
        assert told == poster.touches == [Touched("start")]
        assert not selector.get_map()


def test_a_poster_that_stays_beyond_all_its_times_changes_by_nothing_more() -> None:
    """As on a machine that is so slow that no visit has shown itself by then."""
    with selectors.DefaultSelector() as selector:
        poster = watch(selector, [], sys.executable, "-c", "import time; time.sleep(60)")
        poster.start()
        now = time.monotonic()
        pace = KeeperPace()
        last = now + max(pace.poster_rises_s, pace.poster_holds_s)
        assert now < poster.due(now) < float("inf")
        assert poster.due(last + 1) == float("inf")
        poster.end()


def test_a_press_is_for_the_visit_on_the_screen_alone() -> None:
    heard: list[int] = []
    terminal = Keeper.__new__(Keeper)
    terminal._visits = [
        SimpleNamespace(
            stage=stage, how=how, channel=SimpleNamespace(send=lambda _, n=number: heard.append(n))
        )  # type: ignore[misc]
        for number, (stage, how) in enumerate(
            (
                (VisitStage.READY, None),
                (VisitStage.LEAVING, None),
                (VisitStage.SHOWN, "idle"),
                (VisitStage.LIVE, None),
            )
        )
    ]
    terminal._pass_touch(Touched("start"))
    assert heard == [3]


def test_the_command_of_the_poster_is_a_module(tmp_path: Any) -> None:
    python, dash, module, path = rising.poster_command(tmp_path / "terminal.toml")
    assert (python, dash, path) == (sys.executable, "-m", str(tmp_path / "terminal.toml"))
    assert importlib.util.find_spec(module)


def test_a_word_behind_the_death_that_was_reported_first_is_nobodys() -> None:
    with selectors.DefaultSelector() as selector:
        poster = watch(selector, [], sys.executable, "-c", "input()")
        poster.start()
        late = next(key.data for key in selector.get_map().values() if key.data == poster._hear)
        poster.end()
        late()
        assert not selector.get_map()
