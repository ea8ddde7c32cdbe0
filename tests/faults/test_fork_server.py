"""The fork server with real processes: its visits are whole, and its death harms none of them."""

import errno
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from tests.faults.test_keeper import Start, alive, start, status

__all__ = ["start"]

LIKE_A_FRESH_ONE = ("SigBlk", "SigIgn", "SigCgt", "Umask", "Uid", "Gid", "NoNewPrivs", "Threads")


def words(pid: int, what: str) -> list[str]:
    return Path(f"/proc/{pid}/{what}").read_text().rstrip("\0").split("\0")


def descriptors(pid: int) -> dict[str, str]:
    return {file.name: os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}


@pytest.mark.parametrize("as_module", [False, True])
def test_a_forked_visit_is_like_a_fresh_one(start: Start, as_module: bool) -> None:
    terminal = start("good", as_module=as_module)
    terminal.ready(2)
    bare, forked = terminal.pid(1), terminal.pid(2)
    (server,) = terminal.named("fork server started")
    ours, theirs = status(bare), status(forked)
    assert {name: theirs[name] for name in LIKE_A_FRESH_ONE} == {
        name: ours[name] for name in LIKE_A_FRESH_ONE
    }
    assert int(theirs["PPid"]) == terminal.keeper.pid, "not the fork server"
    assert os.getpgid(forked) == os.getsid(forked) == forked
    *command, channel = words(forked, "cmdline")
    assert command == words(bare, "cmdline")[:-1]
    assert command[0] == sys.executable
    told = descriptors(forked)
    assert set(told) == {"0", "1", "2", channel}
    assert told[channel].startswith("socket:")
    assert told["0"] == "/dev/null"
    assert set(words(forked, "environ")) == set(words(bare, "environ"))
    for file in ("limits", "cgroup", "oom_score_adj"):
        assert words(forked, file) == words(bare, file)
    assert words(server["pid"], "cmdline")[1:3] == ["-m", "kiosk.keeper.forking"]
    assert terminal.argv(2)[1:] == [*terminal.argv(1)[1:-1], channel]
    terminal.stop()
    assert not alive(server["pid"])


def test_every_visit_draws_its_own_random_numbers(start: Start) -> None:
    terminal = start("good", "random", "random", "good")
    for number in (2, 3):
        terminal.ready(number)
        os.kill(terminal.pid(number - 1), signal.SIGKILL)
    drawn = [(terminal.stage / f"{number}.random").read_text().split() for number in (2, 3)]
    assert all(one != other for one, other in zip(*drawn, strict=True)), drawn
    terminal.stop()


def test_the_death_of_the_fork_server_harms_no_visit(start: Start) -> None:
    terminal = start("good")
    terminal.ready(2)
    first = terminal.named("fork server started")[0]["pid"]
    os.kill(first, signal.SIGKILL)
    failed = terminal.wait("fork server failed")
    assert (failed["cause"], failed["pause_s"]) == ("died", 0)
    second = terminal.wait("fork server started")["pid"]
    assert not alive(first)
    assert all(map(alive, terminal.pids()))
    os.kill(terminal.pid(1), signal.SIGKILL)
    terminal.wait("visit shown", visit=2)
    terminal.ready(3)
    assert alive(second)
    terminal.stop()
    assert not alive(second)


def test_a_fork_server_that_freezes_is_replaced(start: Start) -> None:
    terminal = start("good", fork_s=2.0)
    terminal.ready(2)
    server = terminal.named("fork server started")[-1]["pid"]
    os.kill(server, signal.SIGSTOP)
    os.kill(terminal.pid(2), signal.SIGKILL)
    assert terminal.wait("fork server failed")["cause"] == "frozen"
    terminal.ready(3)
    terminal.stop()


@pytest.mark.parametrize(
    ("preload", "cause"),
    [
        ("a_thread", "a thread"),
        ("a_connection", "a connection"),
        ("a_qt_application", "a Qt application"),
        ("a_mistake", "died"),
        ("no_end", "not ready"),
        ("no_word", "garbage"),
        ("a_visit_that_nobody_asked_for", "out of turn"),
        ("death_before_the_keeper_knows", "died"),
    ],
)
def test_without_a_fork_server_visits_come_all_the_same(
    start: Start, preload: str, cause: str
) -> None:
    terminal = start("good", preload=preload, load_s=0.5 if preload == "no_end" else 20.0)
    assert terminal.wait("fork server failed")["cause"] == cause
    terminal.ready(2)
    terminal.stop()
    for server in terminal.named("fork server started"):
        assert not alive(server["pid"])


def test_a_fork_server_that_always_fails_backs_off(start: Start) -> None:
    terminal = start("good", preload="a_mistake", back_off_s=[0.0, 0.01, 0.02])
    pauses = [terminal.wait("fork server failed")["pause_s"] for _ in range(4)]
    assert pauses == [0.0, 0.01, 0.02, 0.02]
    terminal.stop()


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_machine_without_a_process_gets_its_standby_later(start: Start, which: str) -> None:
    terminal = start("good", preload=f"no_process_for_the_{which}_fork")
    assert terminal.wait("visit not started")["code"] == errno.EAGAIN
    terminal.ready(2)
    assert not terminal.named("fork server failed")
    terminal.stop()


def test_a_machine_without_a_descriptor_gets_its_fork_server_later(start: Start) -> None:
    terminal = start("good")
    terminal.ready(2)
    keeper = terminal.keeper.pid
    few, most = resource.prlimit(keeper, resource.RLIMIT_NOFILE)
    resource.prlimit(keeper, resource.RLIMIT_NOFILE, (3, most))
    os.kill(terminal.named("fork server started")[0]["pid"], signal.SIGKILL)
    assert terminal.wait("fork server not started")["code"] == errno.EMFILE
    resource.prlimit(keeper, resource.RLIMIT_NOFILE, (few, most))
    terminal.wait("fork server started")
    terminal.stop()


@pytest.mark.parametrize("part", ["never-ready", "standby-freezes"])
def test_no_forked_visit_outlives_a_killed_keeper(start: Start, part: str) -> None:
    """Neither visit reads that its line is closed: the kernel must kill it with the keeper."""
    terminal = start("good", part, silent_s=60.0)
    terminal.until(lambda: len(terminal.pids()) == 2)
    terminal.wait("visit started", visit=2)
    if part == "standby-freezes":
        terminal.ready(2)
        terminal.until(lambda: status(terminal.pid(2))["State"].startswith("T"))
    server = terminal.named("fork server started")[0]["pid"]
    terminal.keeper.kill()
    terminal.keeper.wait()
    terminal.nobody_left()
    terminal.until(lambda: not alive(server))


PLAYED = {".pid", ".argv", ".warm", ".ready", ".leftovers", ".after"}
"""Ends of the names of the files that a played visit writes."""


@pytest.mark.soak
def test_two_thousand_visits_leave_nothing_behind(start: Start) -> None:
    """Memory and descriptors of the keeper and of the fork server, and the files in the run
    directory, once all is warm and again 1,900 visits later."""
    terminal = start("visitor")
    server = terminal.wait("fork server started")["pid"]

    def held(number: int) -> list[tuple[int, int, int]]:
        while terminal.wait("visit shown")["visit"] < number:
            pass
        terminal.ready(number + 1)
        files = [file for file in terminal.stage.iterdir() if file.suffix not in PLAYED]
        both = (terminal.keeper.pid, server)
        return [
            (int(status(pid)["RssAnon"].split()[0]), len(descriptors(pid)), len(files))
            for pid in both
        ]

    before, after = held(100), held(2000)
    print("kB, descriptors, files of keeper and fork server:", before, after)
    for (kb, *others), (kb_after, *others_after) in zip(before, after, strict=True):
        assert kb_after <= kb + 512
        assert all(now <= was + 2 for was, now in zip(others, others_after, strict=True))
    assert not terminal.named("fork server failed")
    terminal.stop()
