"""The keeper between visits and committer, with real processes: no word is lost, none invented."""

import errno
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_fork_server import LIKE_A_FRESH_ONE, descriptors, words
from tests.faults.test_keeper import KeeperProcess, alive, status
from tests.waiting import PROMPT_S

COMMITTER = Path(__file__).with_name("committer_player.py")
POSTER = Path(__file__).with_name("poster_player.py")
FIRST, SECOND = f"{1:032x}", f"{2:032x}"

StartWith = Callable[..., KeeperProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartWith]:
    terminals: list[KeeperProcess] = []

    def begun(visits: str, committers: str, **options: Any) -> KeeperProcess:
        (tmp_path / "committer-plan").write_text(committers)
        terminals.append(
            KeeperProcess(
                tmp_path,
                tuple(visits.split()),
                committer=str(COMMITTER) if committers else "",
                **options,
            )
        )
        return terminals[-1]

    yield begun
    for terminal in terminals:
        terminal.end()


def committed(terminal: KeeperProcess) -> list[str]:
    path = terminal.stage / "committed"
    return path.read_text().splitlines() if path.exists() else []


def money(terminal: KeeperProcess) -> list[str]:
    path = terminal.stage / "money"
    return path.read_text().splitlines() if path.exists() else []


def committer_pid(terminal: KeeperProcess, number: int) -> int:
    path = terminal.stage / f"committer-{number}.pid"
    terminal.until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def test_the_answer_finds_the_visit_that_asked(start: StartWith) -> None:
    terminal = start("commits commits good", "good")
    terminal.wait("visit over", visit=1)
    terminal.wait("visit over", visit=2)
    assert {line.split()[1] for line in committed(terminal)} == {FIRST, SECOND}
    assert (terminal.stage / "2.taken").exists()
    terminal.stop()
    assert (terminal.stage / "committer-quit").exists(), "it may close its journal"
    assert not terminal.named("committer failed")


def logins(terminal: KeeperProcess) -> list[str]:
    path = terminal.stage / "logins"
    return path.read_text().splitlines() if path.exists() else []


def test_what_a_visit_tells_of_its_login_reaches_the_committer(start: StartWith) -> None:
    terminal = start("signs-in good", "good")
    terminal.until(lambda: len(logins(terminal)) == 3)
    assert logins(terminal) == [
        f"1 begun {FIRST} id-card:2026-01",
        f"1 proved {FIRST} proved:sms",
        f"1 ended {FIRST} left",
    ]
    terminal.wait("visit reaped", visit=1)
    terminal.stop()
    assert len(logins(terminal)) == 3, "it has ended once"


def test_the_login_of_a_visit_that_died_has_ended(start: StartWith) -> None:
    terminal = start("signs-in-dies good", "good")
    terminal.until(lambda: len(logins(terminal)) == 2)
    assert logins(terminal)[1] == f"1 ended {FIRST} died"
    terminal.stop()


def test_a_login_that_was_not_noted_is_told_to_the_next_committer(start: StartWith) -> None:
    terminal = start("signs-in-dies good", "dies good")
    terminal.until(lambda: len(logins(terminal)) == 3)
    assert logins(terminal) == [
        f"1 begun {FIRST} id-card:2026-01",
        f"2 begun {FIRST} id-card:2026-01",
        f"2 ended {FIRST} died",
    ]
    terminal.stop()


def test_a_terminal_without_a_committer_has_no_audit_log(start: StartWith) -> None:
    terminal = start("signs-in good", "")
    terminal.wait("visit reaped", visit=1)
    terminal.stop()
    assert not terminal.named("visit failed")


def test_a_commit_on_the_line_of_a_dead_visit_is_not_lost(start: StartWith) -> None:
    terminal = start("commits-dies good", "good")
    terminal.until(lambda: committed(terminal) == [f"1 {FIRST}"])
    terminal.wait("visit reaped", visit=1)
    assert not (terminal.stage / "1.taken").exists()
    terminal.stop()


def test_a_commit_is_read_from_a_line_that_the_keeper_had_left_unread(start: StartWith) -> None:
    """The keeper stands still, the visit writes and is killed: both are noticed at once."""
    terminal = start("commits-freezes good", "good")
    terminal.until((terminal.stage / "committer-1.pid").exists)
    terminal.ready(2)
    os.kill(terminal.keeper.pid, signal.SIGSTOP)
    (terminal.stage / "keeper-stands").touch()
    terminal.until(lambda: not alive(terminal.pid(1)))
    os.kill(terminal.keeper.pid, signal.SIGCONT)
    terminal.until(lambda: committed(terminal) == [f"1 {FIRST}"])
    terminal.stop()


def test_a_commit_waits_while_the_committer_is_started_anew(start: StartWith) -> None:
    terminal = start("commits-once good", "dies good")
    terminal.wait("visit over", visit=1)
    assert committed(terminal) == [f"1 {FIRST}", f"2 {FIRST}"], "told again by the keeper"
    assert terminal.named("committer failed")[0]["cause"] == "died"
    terminal.stop()


def test_a_commit_of_a_dead_visit_waits_until_the_committer_has_a_journal(start: StartWith) -> None:
    terminal = start("commits-dies good", "no-journal")
    terminal.until(lambda: committed(terminal) == [f"1 {FIRST}"] * 2)
    terminal.wait("visit reaped", visit=1)
    terminal.stop()
    assert not terminal.named("operation not passed on")


def test_a_commit_that_no_committer_takes_is_given_up_after_its_time(start: StartWith) -> None:
    terminal = start("commits-dies good", "crash", hold_s=0.3)
    given_up = terminal.wait("operation not passed on")
    assert given_up["operation"] == FIRST
    terminal.stop()


def test_a_visit_without_a_citizen_commits_nothing(start: StartWith) -> None:
    terminal = start("commits-too-soon good", "good")
    assert terminal.wait("visit failed", visit=1)["cause"] == "out of turn"
    terminal.wait("visit reaped", visit=1)
    assert committed(terminal) == []
    terminal.stop()


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        ("crash", "died"),
        ("child", "died"),
        ("garbage", "garbage"),
        ("silent", "frozen"),
        ("deaf", "deaf"),
    ],
)
def test_a_committer_that_fails_is_replaced(start: StartWith, part: str, cause: str) -> None:
    visits = "commits-once good" if part == "deaf" else "good"
    terminal = start(visits, f"{part} good", committer_s=1.0 if part == "silent" else PROMPT_S)
    assert terminal.wait("committer failed")["cause"] == cause
    committer_pid(terminal, 2)
    if part == "deaf":
        terminal.wait("visit over", visit=1)
        assert committed(terminal) == [f"2 {FIRST}"]
    terminal.until(lambda: money(terminal)[-1:] and money(terminal)[-1].endswith("True"))
    terminal.stop()


def test_money_is_closed_while_there_is_no_committer(start: StartWith) -> None:
    terminal = start("good", "good crash crash good", back_off_s=[0.0, 0.2])
    terminal.wait("visit shown", visit=1)
    terminal.until(lambda: "1 True" in money(terminal))
    os.kill(committer_pid(terminal, 1), signal.SIGKILL)
    committer_pid(terminal, 4)
    terminal.until(lambda: money(terminal).count("1 True") == 2)
    first = [line for line in money(terminal) if line.startswith("1 ")]
    assert first[-3:] == ["1 True", "1 False", "1 True"]
    terminal.stop()


def test_a_visit_beyond_its_limit_waits_for_the_committer_a_little(start: StartWith) -> None:
    terminal = start("commits-once good", "slow", limit_s=0, grace_s=0.3, taken_s=5.0)
    terminal.wait("visit over", visit=1)
    assert (terminal.stage / "1.outcome").exists()
    terminal.stop()


def test_without_a_committer_money_stays_closed(start: StartWith) -> None:
    terminal = start("commits-dies good", "")
    terminal.wait("visit shown", visit=2)
    terminal.until(lambda: "2 False" in money(terminal))
    terminal.stop()


def test_a_machine_without_a_free_descriptor_gets_its_committer_later(start: StartWith) -> None:
    terminal = start("good", "good", back_off_s=[0.0, 0.05])
    terminal.ready(2)
    pid = terminal.keeper.pid
    committer = committer_pid(terminal, 1)
    few, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, most))
    os.kill(committer, signal.SIGKILL)
    assert terminal.wait("committer not started")["code"] == errno.EMFILE
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, most))
    committer_pid(terminal, 2)
    terminal.stop()


def forked(terminal: KeeperProcess, number: int) -> bool:
    return (terminal.stage / f"committer-{number}.forked").exists()


def test_a_forked_committer_is_like_a_fresh_one(start: StartWith) -> None:
    terminal = start("good", "good")
    terminal.ready(2)
    bare = committer_pid(terminal, 1)
    theirs, environment = status(bare), set(words(bare, "environ"))
    command = words(bare, "cmdline")[:-1]
    os.kill(bare, signal.SIGKILL)
    pid = committer_pid(terminal, 2)
    assert (forked(terminal, 1), forked(terminal, 2)) == (False, True)
    *ours, channel = words(pid, "cmdline")
    assert ours == command
    assert {name: status(pid)[name] for name in LIKE_A_FRESH_ONE} == {
        name: theirs[name] for name in LIKE_A_FRESH_ONE
    }
    assert int(status(pid)["PPid"]) == terminal.keeper.pid, "not the fork server"
    assert os.getpgid(pid) == os.getsid(pid) == pid
    assert set(descriptors(pid)) == {"0", "1", "2", channel}
    assert environment <= set(words(pid, "environ"))
    terminal.stop()
    assert (terminal.stage / "committer-quit").exists(), "it may close its journal"


def test_the_death_of_the_fork_server_harms_no_committer(start: StartWith) -> None:
    terminal = start("good", "good")
    terminal.ready(2)
    os.kill(committer_pid(terminal, 1), signal.SIGKILL)
    made = committer_pid(terminal, 2)
    os.kill(terminal.named("fork server started")[-1]["pid"], signal.SIGKILL)
    terminal.wait("fork server failed")
    assert alive(made)
    os.kill(made, signal.SIGKILL)
    committer_pid(terminal, 3)
    terminal.until(lambda: money(terminal)[-1].endswith(" True"))
    terminal.stop()
    assert len(terminal.named("committer failed")) == 2


@pytest.mark.parametrize("number", [1, 2])
def test_no_committer_outlives_a_killed_keeper(start: StartWith, number: int) -> None:
    """The second is forked. Neither reads that its line is closed: the kernel must kill it."""
    terminal = start("good", "silent", committer_s=60.0)
    terminal.ready(2)
    pid = committer_pid(terminal, 1)
    if number == 2:
        os.kill(pid, signal.SIGKILL)
        pid = committer_pid(terminal, 2)
    assert forked(terminal, number) is (number == 2)
    terminal.keeper.kill()
    terminal.keeper.wait()
    terminal.until(lambda: not alive(pid))


@pytest.mark.parametrize(
    ("preload", "from_the_fork_server"),
    [
        ("no_end", False),
        ("a_mistake", False),
        ("no_process_for_the_second_request", True),
        ("", False),
    ],
)
def test_a_committer_comes_also_where_the_fork_server_does_not_make_one(
    start: StartWith, preload: str, from_the_fork_server: bool
) -> None:
    terminal = start(
        "good", "crash good", preload=preload, load_s=0.5 if preload == "no_end" else 9
    )
    committer_pid(terminal, 2)
    terminal.ready(2)
    os.kill(committer_pid(terminal, 2), signal.SIGKILL)
    committer_pid(terminal, 3)
    refused = [event["code"] for event in terminal.named("committer not started")]
    assert refused == [errno.EAGAIN] * from_the_fork_server
    terminal.until(lambda: money(terminal)[-1].endswith(" True"))
    terminal.stop()


@pytest.mark.parametrize(
    ("preload", "from_the_fork_server"), [("nothing", True), ("no_end", False)]
)
def test_while_the_poster_has_the_screen_the_first_committer_waits_for_the_fork_server(
    start: StartWith, preload: str, from_the_fork_server: bool
) -> None:
    terminal = start(
        "good",
        "good",
        poster=lambda stage: (str(POSTER), str(stage), "good"),
        preload=preload,
        poster_holds_s=10.0 if from_the_fork_server else 0.5,
    )
    committer_pid(terminal, 1)
    assert forked(terminal, 1) is from_the_fork_server
    terminal.until(lambda: money(terminal)[-1:] and money(terminal)[-1].endswith(" True"))
    terminal.stop()


def test_a_keeper_that_stood_still_does_not_blame_the_committer(start: StartWith) -> None:
    terminal = start("good", "good", committer_s=3.0)
    terminal.wait("visit shown", visit=1)
    everybody = [terminal.keeper.pid, committer_pid(terminal, 1), *terminal.pids()]
    for process in everybody:
        os.kill(process, signal.SIGSTOP)
    time.sleep(3.6)
    for process in everybody:
        os.kill(process, signal.SIGCONT)
    time.sleep(0.3)
    assert not terminal.named("committer failed")
    terminal.stop()
