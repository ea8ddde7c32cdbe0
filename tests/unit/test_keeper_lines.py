"""What the keeper does at the moments that real processes reach only by chance."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from kiosk.__main__ import main
from kiosk.keeper import committer_process
from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    Commit,
    Ended,
    FromVisit,
    HasLeftovers,
    KeeperEnd,
    KeeperToCommitter,
    Live,
    Login,
    LoginNoted,
    Money,
    Ready,
    Shown,
    Taken,
    Upkeep,
    VisitEnd,
)
from kiosk.keeper.committer_process import MOST_UNNOTED, CommitterWatch
from kiosk.keeper.fork_server import ForkServer, ForkStage
from kiosk.keeper.forking import ForkRequest, NotForked
from kiosk.keeper.keeper import Keeper, committer_command
from kiosk.keeper.kept_process import STUCK_S
from kiosk.keeper.visit_process import KeeperPace, VisitProcess, VisitStage
from kiosk.login import LoginEvent
from kiosk.operation import Business
from kiosk.upkeep import UpkeepEvent
from tests.logged import logged, messages


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


def test_the_next_committer_is_told_of_logins_before_it_is_asked_to_commit() -> None:
    """The audit log would say that an operation was sent before a clerk approved it."""
    told: list[Any] = []
    approved = Login(LoginEvent.APPROVED, "1" * 32, "clerk:6031")
    asked = Commit("1" * 32, Business.PREPAYMENT)
    line, death = socket.socketpair()
    with line, death, selectors.DefaultSelector() as selector:
        kept = CommitterWatch(("false",), selector, KeeperPace(), lambda *_: None, lambda _: None)
        kept.note(1, approved)
        kept.commit(1, asked)
        channel = SimpleNamespace(fileno=line.fileno, send=partial(hear, told))
        kept.take_on(
            SimpleNamespace(leaving=False, channel=channel, process=SimpleNamespace(death=death))  # type: ignore[arg-type]
        )
    assert told == [approved, asked]


def test_the_last_words_of_a_dead_committer_are_heard_by_who_finds_it_dead(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The keeper has something for it before the kernel has reported its death."""
    answers: list[Any] = []
    first, second = Commit("1" * 32, Business.PREPAYMENT), Commit("2" * 32, Business.PREPAYMENT)
    here, there = socket.socketpair()
    with there, selectors.DefaultSelector() as selector:
        kept = CommitterWatch(
            ("false",), selector, KeeperPace(), lambda *told: answers.append(told), lambda _: None
        )
        committer = a_committer(here, leaving=False, killed=[], age_s=0.0)
        committer.channel = KeeperToCommitter(here.detach())
        selector.register(committer.channel, selectors.EVENT_READ)
        kept._committer = committer
        kept.commit(7, first)
        there.sendall(msgspec.json.encode(Taken(first.id)) + b"\n")
        there.close()
        kept.commit(8, second)
        committer.channel.close()
    assert answers == [(7, Taken(first.id))]
    assert list(kept._held) == [second.id], "the next committer gets it"
    (failed,) = logged(caplog, "kiosk.keeper.committer_process")
    assert vars(failed)["cause"] == "died"


def test_the_last_words_of_a_dead_committer_open_no_money(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of them has the keeper send one more word, which finds the committer dead."""
    monkeypatch.setattr(committer_process, "MOST_UNNOTED", 1)
    here, there = socket.socketpair()
    with there, selectors.DefaultSelector() as selector:
        kept = CommitterWatch(("false",), selector, KeeperPace(), lambda *_: None, lambda _: None)
        committer = a_committer(here, leaving=False, killed=[], age_s=0.0)
        committer.channel = KeeperToCommitter(here.detach())
        selector.register(committer.channel, selectors.EVENT_READ)
        kept._committer = committer
        for detail in ("code-wrong", "code-expired"):
            kept.note(1, Login(LoginEvent.REFUSED, "ab" * 16, detail))
        for word in (LoginNoted(), Money(True)):
            there.sendall(msgspec.json.encode(word) + b"\n")
        there.close()
        kept._hear(committer)
        committer.channel.close()
    assert committer.leaving
    assert kept.money == Money(False)


def test_a_commit_waits_for_the_words_before_it_after_a_long_outage() -> None:
    """The approval of a clerk may be among those that the committer was not told yet."""
    commit = Commit("ab" * 16, Business.PREPAYMENT)
    words = [Login(LoginEvent.REFUSED, f"{n:032x}", "code-wrong") for n in range(MOST_UNNOTED + 2)]
    with selectors.DefaultSelector() as selector:
        kept = watch(selector)
        kept._logins.extend(words)
        told: list[Any] = []
        kept._committer = SimpleNamespace(  # type: ignore[assignment]
            leaving=False, channel=SimpleNamespace(send=partial(hear, told))
        )
        kept._pass_on_logins()
        kept.commit(7, commit)
        assert told == words[:MOST_UNNOTED]
        for _ in words:
            kept._take(LoginNoted())
    assert told == [*words, commit]


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
    assert messages(caplog, "kiosk.keeper.committer_process") == ["login not noted"]


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


def test_the_maintenance_of_a_visit_that_died_is_ended_in_the_audit_log() -> None:
    session = "ab" * 16
    with selectors.DefaultSelector() as selector:
        kept = CommitterWatch(
            ("false",), selector, KeeperPace(), lambda visit, word: None, lambda word: None
        )
        kept.note(1, Upkeep(UpkeepEvent.REFUSED, "", "card:unknown"))
        assert not kept.maintained(1)
        kept.note(1, Upkeep(UpkeepEvent.OPENED, session, "ticket:technician:6021"))
        assert kept.maintained(1)
        kept.forget(1)
        assert not kept.maintained(1)
        assert list(kept._logins)[-1] == Upkeep(UpkeepEvent.ENDED, session, "died")
        kept.note(2, Upkeep(UpkeepEvent.OPENED, session, "ticket:technician:6021"))
        kept.note(2, Upkeep(UpkeepEvent.ENDED, session, "left"))
        kept.forget(2)
        assert list(kept._logins)[-1] == Upkeep(UpkeepEvent.ENDED, session, "left")


def a_keeper(**parts: Any) -> Keeper:
    keeper = Keeper.__new__(Keeper)
    usual: dict[str, Any] = {"_left": None, "_restarts": False, "_finishes": False, "_visits": []}
    for name, part in {**usual, **parts}.items():
        setattr(keeper, name, part)
    return keeper


def test_maintenance_is_told_on_the_attract_page_and_in_no_citizens_visit() -> None:
    word = Upkeep(UpkeepEvent.OPENED, "ab" * 16, "ticket:technician:6021")
    noted: list[int] = []
    keeper = a_keeper(_committer=SimpleNamespace(note=lambda visit, said: noted.append(visit)))
    for stage, fault in ((VisitStage.SHOWN, ""), (VisitStage.BEGUN, "out of turn")):
        visit: Any = SimpleNamespace(number=3, stage=stage, how=None)
        assert keeper._take(visit, word) == fault
    assert noted == [3]
    lines: list[list[Any]] = [[word], [Broken("closed")]]
    dead: Any = SimpleNamespace(
        number=4, begun=False, shown=True, channel=SimpleNamespace(receive=lambda: lines.pop(0))
    )
    keeper._committer.forget = lambda visit: None  # type: ignore[method-assign]
    keeper._read_to_the_end(dead)
    assert noted == [3, 4]


@pytest.mark.parametrize("stuck", [False, True], ids=["dies", "stuck"])
def test_the_next_visit_shows_itself_at_once_and_waits_for_the_death_before_it(
    stuck: bool,
) -> None:
    """A process that was killed needs some milliseconds to die, and holds its devices as long; one
    that hangs inside the kernel is not waited for."""
    words: list[Any] = []
    now = time.monotonic()
    dying: Any = SimpleNamespace(
        number=1, stage=VisitStage.LEAVING, how=None, since=now - (STUCK_S + 1 if stuck else 0)
    )
    ready = VisitProcess(2, SimpleNamespace(), SimpleNamespace(send=partial(hear, words)))  # type: ignore[arg-type]
    ready.go(VisitStage.READY)
    keeper = a_keeper(
        _visits=[dying, ready],
        _stop=False,
        _leftovers=True,
        _timed_out=None,
        _pace=KeeperPace(),
        _poster=SimpleNamespace(touches=[]),
    )
    keeper._promote(now)
    keeper._leave_alone(now)
    assert words == [Live(leftovers=True), *([Alone()] if stuck else [])]
    keeper._visits.remove(dying)
    for _turn in range(2):
        keeper._leave_alone(now)
    assert words == [Live(leftovers=True), Alone()]


def test_the_screen_does_not_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a visit has ended cleanly is noted in the turn in which the next one is told to show
    itself, and after that."""
    told: list[str] = []

    def note(clean: bool) -> None:
        told.append(f"clean {clean}")

    def tell(word: Any) -> bool:
        told.append(type(word).__name__)
        return True

    keeper = Keeper(["false"], limit_s=60)
    ends = VisitProcess(1, SimpleNamespace(kill=lambda: None, pid=1), SimpleNamespace())  # type: ignore[arg-type]
    ends.go(VisitStage.BEGUN)
    line = SimpleNamespace(send=tell)
    ready = VisitProcess(2, SimpleNamespace(), line)  # type: ignore[arg-type]
    ready.go(VisitStage.READY)
    keeper._visits = [ends, ready]
    keeper._clean = SimpleNamespace(set=note)  # type: ignore[assignment]
    keeper._leftovers = False
    monkeypatch.setattr(keeper._selector, "unregister", lambda line: None)
    monkeypatch.setattr(keeper._selector, "select", lambda seconds: [])
    monkeypatch.setattr(keeper, "_start_missing", lambda now: None)
    keeper._dismiss(ends, "left")
    keeper._turn()
    assert told == ["Live", "clean True"]
    keeper._visits = []
    keeper._turn()
    assert told == ["Live", "clean True"]
    keeper._selector.close()
    keeper._systemd.close()


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """A keeper that starts nothing and writes nothing."""
    one = Keeper(["false"], limit_s=60, pace=KeeperPace(ready_s=5.0))
    one._leftovers = False
    one._clean = SimpleNamespace(set=lambda clean: None)  # type: ignore[assignment]
    monkeypatch.setattr(one, "_start_missing", lambda now: None)
    yield one
    for visit in one._visits:
        visit.channel.close()
    one._selector.close()
    one._systemd.close()


def taken_on(keeper: Keeper, stage: VisitStage, *said: FromVisit) -> closing[VisitEnd]:
    """The other end of the channel of a visit, which has ``said`` so much that lies unread."""
    here, there = socket.socketpair()
    process: Any = SimpleNamespace(kill=lambda: None)
    visit = VisitProcess(len(keeper._visits) + 1, process, KeeperEnd(here.detach()))
    visit.go(stage)
    keeper._visits.append(visit)
    keeper._selector.register(visit.channel, selectors.EVENT_READ)
    end = VisitEnd(there.detach())
    assert all(end.send(word) for word in said)
    return closing(end)


@pytest.mark.parametrize(
    ("said", "stage", "cause", "leftovers"),
    [
        ([], "live", "died", False),
        ([Shown()], "shown", "died", False),
        ([Shown(), Begun()], "begun", "died", True),
        ([Shown(), Begun(), Ended("left")], "begun", "left", False),
        ([Shown(), Begun(), HasLeftovers(True), Ended("idle")], "begun", "idle", True),
    ],
    ids=["nothing", "shown", "begun", "left", "half a slip"],
)
def test_the_last_words_of_a_dead_visit_are_heard_by_who_finds_it_dead(
    keeper: Keeper,
    said: list[FromVisit],
    stage: str,
    cause: str,
    leftovers: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The keeper tells it that it is alone before the kernel has reported its death."""
    caplog.set_level("INFO")
    with taken_on(keeper, VisitStage.LIVE, *said):
        pass
    for _turn in range(2):
        keeper._leave_alone(time.monotonic())
    ended = [vars(one) for one in logged(caplog, "kiosk.keeper.keeper") if "cause" in vars(one)]
    assert [(one["stage"], one["cause"]) for one in ended] == [(stage, cause)]
    assert keeper._leftovers == leftovers


@pytest.mark.parametrize(
    ("stage", "word", "reached"),
    [
        (VisitStage.WARMING, Ready(), VisitStage.READY),
        (VisitStage.READY, Alive(), VisitStage.READY),
        (VisitStage.LIVE, Shown(), VisitStage.SHOWN),
        (VisitStage.SHOWN, Begun(), VisitStage.BEGUN),
    ],
    ids=str,
)
def test_a_visit_is_heard_before_it_is_called_late(
    keeper: Keeper,
    stage: VisitStage,
    word: FromVisit,
    reached: VisitStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It speaks in the turn in which its time is over, while the keeper does other work."""
    with taken_on(keeper, stage) as end:
        (visit,) = keeper._visits
        visit.since = visit.heard = time.monotonic() - 5.1
        visit.alone = True
        keeper._listened_at = time.monotonic()
        work = SimpleNamespace(data=lambda: end.send(word))
        monkeypatch.setattr(keeper._selector, "select", lambda seconds: [(work, 1)])
        monkeypatch.setattr(keeper, "_promote", lambda now: None)
        keeper._turn()
    assert visit.stage is reached
    assert time.monotonic() - visit.heard < 5.0


def test_who_comes_back_is_told_though_the_visit_that_was_to_say_it_has_died(
    keeper: Keeper,
) -> None:
    keeper._timed_out = "limit"
    with taken_on(keeper, VisitStage.READY):
        pass
    keeper._promote(time.monotonic())
    for expected in (Live(after="limit"), Live()):
        with taken_on(keeper, VisitStage.READY, Shown()) as end:
            keeper._promote(time.monotonic())
            assert end.receive() == [expected]
            shown = keeper._visits[-1]
            keeper._hear(shown)
            assert shown.stage is VisitStage.SHOWN
            shown.go(VisitStage.LEAVING)


def test_a_keeper_that_stood_still_moves_no_time_limit_into_the_future(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit that spoke as soon as the keeper went on is found frozen as soon as any other."""
    with taken_on(keeper, VisitStage.SHOWN):
        (visit,) = keeper._visits
        visit.alone = True
        speaks = SimpleNamespace(data=lambda: visit.go(VisitStage.SHOWN))
        committer = a_committer(socket.socket(), leaving=False, killed=[], age_s=0.0)
        committer.heard = time.monotonic()
        keeper._committer._committer = committer
        monkeypatch.setattr(keeper._selector, "select", lambda seconds: [(speaks, 1)])
        keeper._listened_at = time.monotonic() - 3600.0
        keeper._turn()
        committer.channel.close()
    assert max(visit.since, visit.heard, committer.heard) <= time.monotonic()


def a_fork_server(line: socket.socket, **parts: Any) -> ForkServer:
    server = ForkServer.__new__(ForkServer)
    usual = {"stage": ForkStage.LOADED, "asked": None, "since": time.monotonic(), "_here": None}
    process = SimpleNamespace(kill=lambda: None, reap=lambda: None)
    for name, part in {**usual, "_process": process, "_socket": line, **parts}.items():
        setattr(server, name, part)
    return server


@pytest.fixture
def packets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The line between the keeper and its fork server."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_a_fork_server_that_has_just_died_is_asked_in_vain(
    packets: tuple[socket.socket, socket.socket],
) -> None:
    """Nothing is told of a machine that has no process to spare."""
    ours, theirs = packets
    theirs.close()
    server = a_fork_server(ours)
    server.ask_for_visit(2)
    assert server.asked is None
    assert server.hear() == "died"


def test_a_fork_server_is_heard_before_it_is_called_late(
    keeper: Keeper, packets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = packets
    asked_at = time.monotonic() - 2 * KeeperPace().fork_s
    server = a_fork_server(ours, asked=ForkRequest.VISIT, since=asked_at)
    keeper._fork_server = server
    theirs.send(msgspec.json.encode(NotForked(errno.ENOMEM)))
    keeper._tend_fork_server(time.monotonic())
    assert (server.stage, server.asked) == (ForkStage.LOADED, None)
    keeper._fork_server = None


def test_a_dead_fork_server_is_buried_though_what_it_forked_still_holds_its_line(
    keeper: Keeper,
    packets: tuple[socket.socket, socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, _held = packets
    death, other = socket.socketpair()
    with death, other:
        server = a_fork_server(ours)
        monkeypatch.setattr(ForkServer, "death", death.fileno())
        heard: list[str] = []

        def hear_a_few() -> str:
            heard.append(ForkServer.hear(server))  # type: ignore[arg-type]
            assert len(heard) < 10, "the keeper does nothing else any more"
            return heard[-1]

        monkeypatch.setattr(server, "hear", hear_a_few)
        keeper._selector.register(server, selectors.EVENT_READ)
        keeper._selector.register(server.death, selectors.EVENT_READ)
        keeper._fork_server = server
        keeper._bury_fork_server(server)
    assert keeper._fork_failures == 1


def test_a_committer_is_heard_before_it_is_called_frozen() -> None:
    here, there = socket.socketpair()
    killed: list[bool] = []
    with there, selectors.DefaultSelector() as selector:
        kept = watch(selector)
        committer = a_committer(here, leaving=False, killed=killed, age_s=0.0)
        committer.channel = KeeperToCommitter(here.detach())
        committer.heard = time.monotonic() - 2 * KeeperPace().committer_s
        kept._committer = committer
        there.sendall(msgspec.json.encode(Alive()) + b"\n")
        kept.tend(time.monotonic())
        committer.channel.close()
    assert not killed


@pytest.mark.parametrize(
    "over", [{"_stop": True}, {"_restarts": True}, {"_left": 0}, {"_finishes": True}], ids=str
)
def test_no_further_visit_shows_itself_while_the_keeper_ends(
    over: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even in the turn in which the last citizen's visit gives up the screen."""
    words: list[Any] = []
    ready: Any = SimpleNamespace(
        stage=VisitStage.READY, how=None, channel=SimpleNamespace(send=partial(hear, words))
    )
    served = VisitProcess(1, SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]
    served.go(VisitStage.BEGUN)
    served.end("left")
    keeper = a_keeper(**{"_visits": [served, ready], "_stop": False, **over})
    monkeypatch.setattr(keeper, "_dismiss", lambda who, why: who.go(VisitStage.LEAVING))
    keeper._promote(time.monotonic())
    assert words == []


def test_a_technicians_restart_is_taken_from_the_end_of_the_visit() -> None:
    keeper = a_keeper()
    visit: Any = SimpleNamespace(how=None)
    assert keeper._note_end(visit, "restart") == "restart"
    assert keeper._restarts


@pytest.mark.parametrize(
    ("stage", "maintained", "waits"),
    [
        (VisitStage.SHOWN, True, True),
        (VisitStage.SHOWN, False, False),
        (VisitStage.LEAVING, True, False),  # killed, and perhaps stuck inside the kernel
    ],
)
def test_an_upgrade_waits_for_a_technician(
    stage: VisitStage, maintained: bool, waits: bool
) -> None:
    visit: Any = SimpleNamespace(number=3, stage=stage)
    watch = SimpleNamespace(maintained=lambda number: maintained)
    keeper = a_keeper(_finishes=True, _visits=[visit], _committer=watch)
    assert keeper._finished() is not waits
