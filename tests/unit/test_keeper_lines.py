"""What the keeper does at the moments that real processes reach only by chance."""

from __future__ import annotations

import selectors
import socket
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.__main__ import main
from kiosk.keeper import committer_process
from kiosk.keeper.channel import Broken, Commit, Login, LoginNoted
from kiosk.keeper.committer_process import MOST_UNNOTED, CommitterWatch
from kiosk.keeper.fork_server import ForkServer, ForkStage
from kiosk.keeper.keeper import Keeper, committer_command
from kiosk.keeper.visit_process import KeeperPace, VisitStage
from kiosk.login import LoginEvent
from kiosk.operation import Business


def watch(selector: selectors.BaseSelector) -> CommitterWatch:
    return CommitterWatch(
        None, selector, KeeperPace(), answer=lambda visit, word: None, tell=lambda word: None
    )


def a_committer(channel: socket.socket, *, leaving: bool, killed: list[bool], age_s: float) -> Any:
    return SimpleNamespace(
        leaving=leaving,
        since=time.monotonic() - age_s,
        channel=channel,
        process=SimpleNamespace(kill=lambda: killed.append(True)),
    )


def test_a_committer_is_dismissed_once() -> None:
    """It hangs up, and the kernel reports its death in the same moment."""
    killed: list[bool] = []
    here, there = socket.socketpair()
    with here, there, selectors.DefaultSelector() as selector:
        selector.register(here, selectors.EVENT_READ)
        committer = a_committer(here, leaving=False, killed=killed, age_s=0.0)
        kept = watch(selector)
        kept._dismiss(committer, "died")
        kept._dismiss(committer, "died")
    assert killed == [True]


def hear(heard: list[Any], word: Any) -> bool:
    heard.append(word)
    return True


def test_the_logins_of_a_long_outage_do_not_choke_the_next_committer() -> None:
    """It reads nothing while it starts; then it is told more as it notes what it was told."""
    words = [Login(LoginEvent.REFUSED, f"{number:032x}", "code-wrong") for number in range(1000)]
    with selectors.DefaultSelector() as selector:
        kept = CommitterWatch(
            ["sh", "-c", "sleep 60"], selector, KeeperPace(), lambda *_: None, lambda _: None
        )
        for word in words:
            kept.note(1, word)
        kept.tend(time.monotonic())
        committer = kept._committer
        assert committer
        try:
            assert not committer.leaving
            told: list[Any] = []
            line = SimpleNamespace(send=partial(hear, told))
            kept._committer = SimpleNamespace(leaving=False, channel=line)  # type: ignore[assignment]
            for _ in words:
                kept._take(LoginNoted())
        finally:
            committer.process.kill()
            committer.reap()
    assert told == words[MOST_UNNOTED:]


def test_a_committer_that_worked_for_long_is_started_again_at_once() -> None:
    here, there = socket.socketpair()
    with here, there, selectors.DefaultSelector() as selector:
        selector.register(here, selectors.EVENT_READ)
        kept = watch(selector)
        kept._failures = 7
        old = a_committer(here, leaving=False, killed=[], age_s=KeeperPace().healthy_s + 1)
        kept._dismiss(old, "frozen")
    assert kept._failures == 1
    assert kept.due() == float("inf"), "this terminal has no committer to start"


def test_a_commit_on_the_line_of_a_dead_visit_goes_on() -> None:
    word = Commit("ab" * 16, Business.PREPAYMENT)
    end = Login(LoginEvent.ENDED, "cd" * 16, "left")
    for begun, expected in ((True, [(3, word), (3, end)]), (False, [])):
        passed_on: list[tuple[int, Commit | Login]] = []
        forgotten: list[int] = []
        keeper = Keeper.__new__(Keeper)
        keeper._committer = SimpleNamespace(  # type: ignore[assignment]
            commit=lambda visit, said, heard=passed_on: heard.append((visit, said)),
            note=lambda visit, said, heard=passed_on: heard.append((visit, said)),
            forget=lambda visit, heard=forgotten: heard.append(visit),
        )
        lines: list[list[Any]] = [[word, end], [Broken("closed")]]
        visit: Any = SimpleNamespace(
            number=3, begun=begun, channel=SimpleNamespace(receive=lambda left=lines: left.pop(0))
        )
        keeper._read_to_the_end(visit)
        assert passed_on == expected
        assert forgotten == [3]


def test_logins_beyond_the_most_are_told_as_lost(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(committer_process, "MOST_LOGINS", 1)
    with selectors.DefaultSelector() as selector:
        kept = CommitterWatch(
            ("false",), selector, KeeperPace(), lambda visit, word: None, lambda word: None
        )
        kept.note(1, Login(LoginEvent.BEGUN, "ab" * 16, "sms"))
        kept.note(1, Login(LoginEvent.ENDED, "ab" * 16, "left"))
    assert [record.getMessage() for record in caplog.records] == ["login not noted"]


def test_the_command_of_the_committer_is_one_of_the_command_line() -> None:
    _, dash, module, *words = committer_command(Path("terminal.toml"))
    assert (dash, module) == ("-m", "kiosk")
    assert main.commands[words[0]].name == "committer"
    assert words[1:] == ["--settings", "terminal.toml"]


def test_a_fork_server_whose_line_is_reset_counts_as_dead() -> None:
    here, there = socket.socketpair()
    there.close()
    here.close()
    server = ForkServer.__new__(ForkServer)
    server._socket = here
    assert server.hear() == "died"


def test_the_death_and_the_hang_up_of_a_fork_server_may_come_in_one_turn() -> None:
    """In either order: the keeper must outlive the fork server."""
    for hang_up_first in (True, False):
        here, there = socket.socketpair()
        death, other = socket.socketpair()
        with there, other, death, selectors.DefaultSelector() as selector:
            forks: Any = SimpleNamespace(
                stage=ForkStage.LOADED,
                fileno=here.fileno,
                death=death.fileno(),
                hear=lambda: "died",
                reap=here.close,
            )
            forks.dismiss = lambda left=forks: setattr(left, "stage", ForkStage.LEAVING)
            selector.register(forks, selectors.EVENT_READ)
            selector.register(forks.death, selectors.EVENT_READ)
            keeper = Keeper.__new__(Keeper)
            keeper._selector, keeper._pace = selector, KeeperPace()
            keeper._fork_failures, keeper._fork_server = 0, forks
            first, second = keeper._hear_fork_server, keeper._bury_fork_server
            for told in (first, second) if hang_up_first else (second, first):
                told(forks)
            assert keeper._fork_server is None
            assert keeper._fork_failures == 1


@pytest.mark.parametrize("forking", [True, False])
def test_a_keeper_that_stood_still_between_two_looks_blames_no_process(forking: bool) -> None:
    """A machine that was suspended for an hour wakes with the keeper anywhere in its turn."""
    started = time.monotonic() - 3600.0
    forks: Any = SimpleNamespace(
        since=started, asked=True, due=lambda pace: 0.0, overdue=lambda pace, now: ""
    )
    visit: Any = SimpleNamespace(
        number=1,
        stage=VisitStage.WARMING,
        since=started,
        heard=started,
        due=lambda pace, limit: 0.0,
        overdue=lambda pace, limit, now: "",
    )
    keeper = Keeper((), limit_s=60.0)
    keeper._visits, keeper._fork_server = [visit], forks if forking else None
    keeper._listened_at = started
    keeper._turn()
    keeper._systemd.close()
    keeper._selector.close()
    assert min(visit.since, visit.heard) > started + 3599.0
    assert (forks.since > started + 3599.0) == forking
