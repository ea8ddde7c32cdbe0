"""The keeper with real processes: whatever happens to a visit, the next is soon on the screen."""

import contextlib
import errno
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.keeper.keeper import FINISHED, FINISHES, visit_command
from kiosk.keeper.visit_process import KeeperPace
from tests.waiting import PATIENCE_S, PROMPT_S

PLAYER = Path(__file__).with_name("visit_player.py")
SETTINGS = """
terminal = "T0001"
run_directory = "{run_directory}"
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
sealer = "s"
[visit]
limit_s = {limit_s}
"""
RUN = """
import json, os, sys
from pathlib import Path
from kiosk.keeper.rising import begin
from kiosk.keeper.keeper import RESTARTS, run
from kiosk.keeper.visit_process import KeeperPace
stage, player = Path(sys.argv[1]), json.loads(sys.argv[2])
visits, preload, pace, committer, poster = map(json.loads, sys.argv[3:])
command, pace = [sys.executable, *player, str(stage)], KeeperPace(**pace)
more = {"preload": preload, "visits": visits, "pace": pace}
if committer:
    more["committer"] = [sys.executable, committer, str(stage)]
if poster and poster[0] == "ahead":
    more["poster"] = begin([sys.executable, *poster[1:]])
elif poster:
    more["poster"] = [sys.executable, *poster]
code = run(stage / "terminal.toml", command, **more)
if code == RESTARTS:
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
sys.exit(code)
"""


class KeeperProcess:
    """A keeper process over played visits, seen through its log."""

    def __init__(
        self,
        stage: Path,
        plan: tuple[str, ...],
        *,
        visits: int | None = None,
        limit_s: float = 600,
        env: dict[str, str] | None = None,
        preload: str = "nothing",
        as_module: bool = False,
        committer: str = "",
        poster: Callable[[Path], tuple[str, ...]] | None = None,
        more_settings: str = "",
        **pace: Any,
    ) -> None:
        """``committer``: the program of a committer, ``poster``: what makes the command line of a
        poster's Python out of the stage, after "ahead" when it is started before the keeper; none
        without."""
        self.stage = stage
        (stage / "plan").write_text(" ".join(plan))
        text = SETTINGS.format(limit_s=limit_s, run_directory=stage)
        (stage / "terminal.toml").write_text(text + more_settings)
        pace = {"rest_s": 0.0, "back_off_s": [0.0, 0.05], **pace}
        player = ["-m", "tests.faults.visit_player"] if as_module else [str(PLAYER)]
        posts = poster(stage) if poster else ()
        load = f"tests.faults.preloads:{preload}" if preload else ""
        self.keeper = subprocess.Popen(
            [
                *(sys.executable, "-c", RUN, stage),
                *map(json.dumps, (player, visits, load, pace, committer, posts)),
            ],
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self.events: list[dict[str, Any]] = []
        self._seen = 0
        self._rest = b""

    def wait(self, message: str, **facts: Any) -> dict[str, Any]:
        """The next event of that name and with those facts."""
        until = time.monotonic() + PATIENCE_S
        while True:
            while self._seen < len(self.events):
                event = self.events[self._seen]
                self._seen += 1
                if event["message"] == message and facts.items() <= event.items():
                    return event
            assert self._read(until - time.monotonic()), f"no {message} {facts}: {self.events}"

    def _read(self, seconds: float) -> bool:
        stderr = self.keeper.stderr
        assert stderr
        if seconds <= 0 or not select.select([stderr], [], [], seconds)[0]:
            return False
        data = os.read(stderr.fileno(), 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.events += [json.loads(line) for line in lines if line.startswith(b"{")]
        return bool(data)

    def named(self, message: str) -> list[dict[str, Any]]:
        while self._read(0.05 if self.keeper.poll() is None else 0.5):
            pass
        return [event for event in self.events if event["message"] == message]

    def pids(self) -> list[int]:
        return [int(file.read_text() or 0) for file in self.stage.glob("*.pid")]

    def pid(self, number: int) -> int:
        return int((self.stage / f"{number}.pid").read_text())

    def children(self, number: int) -> list[int]:
        """What this visit has started: killed with it, but the kernel ends each when it can."""
        return [int(file.read_text()) for file in self.stage.glob(f"{number}.child.pid")]

    def argv(self, number: int) -> list[str]:
        return (self.stage / f"{number}.argv").read_text().split("\0")

    def until(self, what: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < end
            time.sleep(0.01)

    def ready(self, number: int) -> None:
        self.until((self.stage / f"{number}.ready").exists)

    def started(self, number: int) -> None:
        """Wait until the keeper has taken on so many visits: one that was forked may be ready
        earlier."""
        self.until(lambda: len(self.named("visit started")) >= number)

    def told(self) -> list[int]:
        """The visits that were told that a device may hold something of a citizen."""
        marks = self.stage.glob("*.leftovers")
        return sorted(int(mark.stem) for mark in marks)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.keeper.send_signal(number)
        assert self.keeper.wait(PATIENCE_S) == 0
        self.nobody_left()

    def end(self) -> None:
        """Kill the keeper, and what has survived it where a test has failed: that would hold the
        log open."""
        self.keeper.kill()
        self.keeper.wait()
        for pid in filter(alive, self.pids()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it dies just now
                if str(self.stage) in Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(pid, signal.SIGKILL)
        self.keeper.communicate()

    def nobody_left(self) -> None:
        assert self.pids()
        self.until(lambda: not any(map(alive, self.pids())))


Start = Callable[..., KeeperProcess]


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def at(event: dict[str, Any]) -> float:
    """When an event was logged (s)."""
    return datetime.fromisoformat(event["time"]).timestamp()


def status(pid: int) -> dict[str, str]:
    """What /proc/PID/status says, by its names."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    terminals: list[KeeperProcess] = []

    def begun(*plan: str, stage: str = "stage", **options: Any) -> KeeperProcess:
        (tmp_path / stage).mkdir()
        terminals.append(KeeperProcess(tmp_path / stage, plan, **options))
        return terminals[-1]

    yield begun
    for terminal in terminals:
        terminal.end()


@pytest.mark.parametrize(
    ("plan", "cause", "stage", "pace"),
    [
        ("crash good", "died", "warming", {}),
        ("never-ready good", "not ready", "warming", {"ready_s": 5.0}),
        ("shown-too-soon good", "out of turn", "warming", {}),
        ("deaf good", "died", "live", {}),
        ("crash-live good", "died", "live", {}),
        ("never-shown good", "not shown", "live", {"shown_s": 1.0}),
        ("crash-begun good", "died", "begun", {}),
        ("half-ended good", "died", "begun", {}),
        ("freezes good", "frozen", "begun", {"silent_s": 1.0}),
        ("floods good", "garbage", "begun", {}),
        ("endless-line good", "too long", "begun", {}),
        ("hangs-up good", "died", "begun", {}),
        ("lingers good", "hung", "begun", {"grace_s": 0.2, "limit_s": 0}),
        ("visitor good", "left", "begun", {}),
        ("trouble good", "trouble", "begun", {}),
        ("family good", "left", "begun", {}),
        ("child-holds-the-channel good", "died", "begun", {}),
    ],
)
def test_the_next_visit_takes_over(
    start: Start, plan: str, cause: str, stage: str, pace: dict[str, float]
) -> None:
    terminal = start(*plan.split(), **pace)
    over = terminal.wait("visit over" if cause == "left" else "visit failed", visit=1)
    assert (over["cause"], over["stage"]) == (cause, stage)
    shown = terminal.wait("visit shown", visit=2)
    assert ("ms" in shown) == (stage != "warming")
    told = terminal.stage / "2.alone"
    terminal.until(lambda: told.exists() and told.read_text() == "alone but for []\n")
    assert not alive(terminal.pid(1))
    terminal.until(lambda: not any(map(alive, terminal.children(1))))
    terminal.stop()


@pytest.mark.parametrize(
    ("part", "cause", "stage"),
    [
        ("crash", "died", "warming"),
        ("deaf", "died", "live"),
        ("crash-begun", "died", "begun"),
        ("freezes", "frozen", "begun"),
        ("visitor", "left", "begun"),
        ("family", "left", "begun"),
        ("child-holds-the-channel", "died", "begun"),
    ],
)
def test_a_forked_visit_is_replaced_as_well(
    start: Start, part: str, cause: str, stage: str
) -> None:
    terminal = start("good", part, "good", silent_s=1.0 if part == "freezes" else PROMPT_S)
    if stage != "warming":
        terminal.ready(2)
        os.kill(terminal.pid(1), signal.SIGKILL)
    over = terminal.wait("visit over" if cause == "left" else "visit failed", visit=2)
    assert (over["cause"], over["stage"]) == (cause, stage)
    terminal.wait("visit reaped", visit=2)
    assert not alive(terminal.pid(2))
    terminal.until(lambda: not any(map(alive, terminal.children(2))))
    terminal.ready(3)
    terminal.stop()


@pytest.mark.parametrize(
    ("plan", "leftovers", "pace"),
    [
        ("crash-begun good", [2], {}),
        ("freezes good", [2], {"silent_s": 1.0}),
        ("lingers good", [2], {"grace_s": 0.2, "limit_s": 0}),
        ("trouble good", [2], {}),
        ("crash-begun crash-live good", [2, 3], {}),  # the second had no time for it
        ("crash-begun visitor good", [2], {}),
        ("crash-begun covered good", [2, 3], {}),  # ended well, without a reset
        ("leftovers visitor good", [2], {}),
        ("visitor good", [], {}),
        ("crash-live good", [], {}),  # nobody had been there
    ],
)
def test_who_follows_a_visit_cut_off_in_its_work_is_told(
    start: Start, plan: str, leftovers: list[int], pace: dict[str, float]
) -> None:
    """What it left in a device, half a slip or a job, is not for the next citizen."""
    terminal = start(*plan.split(), **pace)
    terminal.wait("visit shown", visit=len(plan.split()))
    assert terminal.told() == leftovers
    terminal.stop()


def test_who_comes_back_reads_once_that_the_visit_timed_out(start: Start) -> None:
    terminal = start("idle", "visitor", "good")
    terminal.wait("visit shown", visit=3)
    assert (terminal.stage / "2.after").read_text() == "idle"
    assert not (terminal.stage / "3.after").exists()
    terminal.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(("part", "told"), [("visitor", []), ("lingers", [1]), ("leftovers", [1])])
def test_what_is_left_in_a_device_is_known_after_a_start(
    start: Start, tmp_path: Path, part: str, told: list[int], number: signal.Signals
) -> None:
    """Whether the terminal was stopped, or the power failed."""
    env = {"STATE_DIRECTORY": str(tmp_path)}
    clean = tmp_path / "clean"
    first = start("good", stage="first", env=env)
    first.until(clean.exists)
    first.stop()
    assert first.told() == [1], "nobody knows what was before"

    second = start(part, "no-reset", stage="second", env=env)
    if part == "lingers":
        second.until(lambda: not clean.exists())
    else:
        second.wait("visit shown", visit=2)
        second.until(lambda: clean.exists() == (not told))
    second.keeper.send_signal(number)
    second.keeper.wait(PATIENCE_S)
    second.nobody_left()

    third = start("good", stage="third", env=env)
    third.wait("visit shown", visit=1)
    assert third.told() == told
    third.stop()


@pytest.mark.parametrize("part", ["crash-live", "never-shown"])
def test_a_standby_that_fails_on_the_screen_is_replaced_too(start: Start, part: str) -> None:
    terminal = start("visitor", part, "good", shown_s=1.0)
    assert terminal.wait("visit failed", visit=2)["stage"] == "live"
    shown = terminal.wait("visit shown", visit=3)
    assert len(terminal.named("visit shown")) == 2
    assert shown["ms"] > (900 if part == "never-shown" else 0), "counted from the first end"
    terminal.stop()


def test_the_screen_is_never_dark_while_the_next_visit_warms_up(start: Start) -> None:
    """Forty visits in a row that end as soon as they have begun."""
    terminal = start(*["short"] * 40, "good", rest_s=2.0)
    terminal.wait("visit shown", visit=41)
    over = terminal.named("visit over")
    assert [each["visit"] for each in over] == list(range(1, 41))
    for each in over:
        killed = at(each)
        warm = (terminal.stage / f"{each['visit'] + 1}.warm").stat().st_mtime
        assert warm < killed + 0.001, "the time of the log is in milliseconds"
    dark = [each["ms"] for each in terminal.named("visit shown") if "ms" in each]
    print("dark, ms:", sorted(dark))
    assert len(dark) == 40
    assert terminal.told() == []
    terminal.stop()


@pytest.mark.parametrize("part", ["short-crash", "short-talk"])
def test_a_visit_that_has_ended_may_end_as_it_likes(start: Start, part: str) -> None:
    terminal = start("good", part, "good")
    terminal.ready(2)
    os.kill(terminal.pid(1), signal.SIGKILL)
    assert terminal.wait("visit over", visit=2)["cause"] == "left"
    terminal.wait("visit shown", visit=3)
    assert terminal.told() == []
    terminal.stop()


def test_a_printer_reset_that_succeeds_after_its_visit_has_ended_counts(start: Start) -> None:
    """The visit keeps the screen until the next is warm, and that one need not reset it again."""
    terminal = start("short-reset", "good")
    assert terminal.wait("visit over", visit=1)["cause"] == "left"
    assert (terminal.stage / "2.warm").exists()
    terminal.wait("visit shown", visit=2)
    assert terminal.told() == []
    terminal.stop()


def test_a_visit_that_has_ended_is_killed_in_the_end_without_a_standby(start: Start) -> None:
    terminal = start("short", "never-ready", linger_s=0.2)
    assert terminal.wait("visit over", visit=1)["cause"] == "left"
    assert not (terminal.stage / "2.ready").exists()
    terminal.stop()


def test_a_standby_that_dies_is_replaced_before_it_is_needed(start: Start) -> None:
    terminal = start("good")
    terminal.wait("visit shown", visit=1)
    terminal.ready(2)
    os.kill(terminal.pid(2), signal.SIGKILL)
    assert terminal.wait("visit failed", visit=2)["stage"] in ("warming", "ready")
    terminal.ready(3)
    os.kill(terminal.pid(1), signal.SIGKILL)
    assert terminal.wait("visit failed", visit=1)["cause"] == "died"
    assert terminal.wait("visit shown")["visit"] == 3
    terminal.stop()


def test_a_standby_that_freezes_is_replaced_before_it_is_needed(start: Start) -> None:
    terminal = start("good", "standby-freezes", "good", silent_s=1.0)
    assert terminal.wait("visit failed", visit=2)["cause"] == "frozen"
    terminal.ready(3)
    terminal.stop()


def test_the_next_standby_gives_the_visit_time_to_start_and_no_more(start: Start) -> None:
    """By the keeper's own pace: until the next one is warm, a crash leaves the screen dark."""
    terminal = start("good", rest_s=KeeperPace().rest_s)
    terminal.ready(2)
    os.kill(terminal.pid(1), signal.SIGKILL)
    shown = at(terminal.wait("visit shown", visit=2))
    started = at(terminal.wait("visit started", visit=3))
    assert KeeperPace().rest_s <= 0.5
    assert 0.3 < started - shown < PROMPT_S
    terminal.stop()


def test_a_visit_that_always_crashes_backs_off_and_is_never_given_up(start: Start) -> None:
    steps = [0.0, 0.01, 0.02]
    terminal = start(*["crash"] * 20, "good", back_off_s=steps)
    terminal.wait("visit shown", visit=21)
    pauses = [over["pause_s"] for over in terminal.named("visit failed")]
    assert pauses == steps + [steps[-1]] * 17
    terminal.stop()


def test_a_visit_that_went_well_forgives_the_failures(start: Start) -> None:
    terminal = start("crash", "crash", "visitor", "good", back_off_s=[0.0, 0.01, 0.02])
    assert terminal.wait("visit over", visit=3)["pause_s"] == 0
    assert terminal.wait("visit shown", visit=4)
    terminal.stop()


def test_a_machine_without_a_free_descriptor_gets_its_standby_later(start: Start) -> None:
    terminal = start("good")
    terminal.ready(2)
    terminal.started(2)
    pid = terminal.keeper.pid
    few, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, most))
    os.kill(terminal.pid(2), signal.SIGKILL)
    short = terminal.wait("visit not started")
    assert (short["code"], short["failures"]) == (errno.EMFILE, 2), "its end, then no start"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, most))
    terminal.wait("visit started")
    assert [over["visit"] for over in terminal.named("visit failed")] == [2]
    terminal.stop()


def test_the_command_of_a_visit_is_one_that_kiosk_has(tmp_path: Path) -> None:
    command = visit_command(tmp_path / "terminal.toml")
    done = subprocess.run(
        [*command, "--channel", "3", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "One visit; started by the keeper." in done.stdout


def test_warm_takeovers(start: Start) -> None:
    terminal = start("visitor", visits=8)
    assert terminal.keeper.wait(PATIENCE_S) == 0
    takeovers = [event["ms"] for event in terminal.named("visit shown") if "ms" in event]
    assert len(takeovers) == 7
    print("takeovers, ms:", takeovers)
    assert min(takeovers) < 500, "the standby was warm"
    terminal.nobody_left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_in_order(start: Start, number: signal.Signals) -> None:
    terminal = start("good")
    terminal.wait("visit shown", visit=1)
    terminal.stop(number)
    terminal.wait("keeper stopped")


def test_an_upgrade_waits_until_the_citizen_has_been_served(start: Start) -> None:
    terminal = start("stays", "good")
    terminal.until((terminal.stage / "stays").exists)
    terminal.keeper.send_signal(FINISHES)
    (terminal.stage / "go").touch()
    assert terminal.keeper.wait(PATIENCE_S) == FINISHED
    assert [event["cause"] for event in terminal.named("visit over")] == ["left"]
    terminal.nobody_left()


def test_an_upgrade_waits_for_nobody_on_the_first_page(start: Start) -> None:
    terminal = start("good")
    terminal.wait("visit shown", visit=1)
    terminal.keeper.send_signal(FINISHES)
    assert terminal.keeper.wait(PATIENCE_S) == FINISHED
    terminal.nobody_left()


def test_a_stop_does_not_wait_for_what_an_upgrade_waits_for(start: Start) -> None:
    terminal = start("stays", "good")
    terminal.until((terminal.stage / "stays").exists)
    terminal.keeper.send_signal(FINISHES)
    terminal.stop()


@pytest.mark.parametrize("part", ["never-ready", "freezes"])
def test_stops_although_a_visit_does_not_listen(start: Start, part: str) -> None:
    terminal = start(part, "good", silent_s=60.0)
    terminal.wait("visit started", visit=1 if part == "never-ready" else 2)
    terminal.until(lambda: len(terminal.pids()) == (1 if part == "never-ready" else 2))
    terminal.keeper.send_signal(signal.SIGINT)  # twice, as at a desk
    terminal.stop()


def test_no_visit_outlives_a_killed_keeper(start: Start) -> None:
    terminal = start("freezes", "good", silent_s=60.0)
    terminal.ready(2)
    terminal.keeper.kill()
    terminal.keeper.wait()
    terminal.nobody_left()


def test_a_killed_keeper_takes_even_a_visit_along_that_ignores_the_line(start: Start) -> None:
    terminal = start("never-ready")
    terminal.until(lambda: len(terminal.pids()) == 1)
    terminal.keeper.kill()
    terminal.keeper.wait()
    terminal.nobody_left()


def test_a_keeper_that_stood_still_does_not_blame_the_visits(start: Start) -> None:
    terminal = start("good", silent_s=1.0)
    terminal.wait("visit shown", visit=1)
    terminal.ready(2)
    everybody = [terminal.keeper.pid, *terminal.pids()]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1.6)
    for pid in everybody:
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.5)
    assert not terminal.named("visit over") + terminal.named("visit failed")
    terminal.stop()


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(start: Start, tmp_path: Path, abstract: bool) -> None:
    address = f"@{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0"))
        manager.settimeout(PATIENCE_S)
        terminal = start("good", env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "200000"})
        assert manager.recv(100) == b"READY=1"
        assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        terminal.wait("visit shown", visit=1)
        terminal.stop()
        said = []
        while select.select([manager], [], [], 0)[0]:
            said.append(manager.recv(100))
        assert said[-1] == b"STOPPING=1"
        assert set(said[:-1]) <= {b"WATCHDOG=1"}


def test_a_technicians_restart_leaves_nothing_open_and_is_no_stop_for_systemd(
    start: Start, tmp_path: Path
) -> None:
    """systemd kills a process that has said STOPPING and goes on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        terminal = start("good restarts good", env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        open_files = []
        for standby in (2, 5):
            terminal.wait("visit shown", visit=1)
            terminal.ready(standby)
            terminal.started(standby)
            open_files.append(os.listdir(f"/proc/{terminal.keeper.pid}/fd"))
            if standby == 2:
                os.kill(terminal.pid(1), signal.SIGKILL)  # the next one asks for the restart
        assert len(open_files[0]) == len(open_files[1])
        terminal.stop()
        said = []
        while select.select([manager], [], [], 0)[0]:
            said.append(manager.recv(100))
    assert said == [b"READY=1", b"WATCHDOG=1", b"READY=1", b"STOPPING=1"]


def test_the_keeper_stays_small(start: Start) -> None:
    terminal = start("good")
    terminal.ready(2)
    report = Path(f"/proc/{terminal.keeper.pid}/smaps_rollup").read_text()
    (pss,) = (line.split()[1] for line in report.splitlines() if line.startswith("Pss:"))
    print("keeper, PSS in kB:", pss)
    files = Path(f"/proc/{terminal.keeper.pid}/maps").read_text()
    for large in ("Qt6", "pydantic_core", "cv2", "numpy"):
        assert large not in files
    terminal.stop()


def test_the_keeper_sleeps_while_nobody_speaks(start: Start) -> None:
    """Both visits are stopped: the keeper waits for its next time limit, and does not tick."""
    terminal = start("freezes", "standby-freezes", silent_s=60.0, quit_s=0.1)
    terminal.ready(2)
    terminal.until(lambda: all(status(pid)["State"][0] == "T" for pid in terminal.pids()))
    slept = int(status(terminal.keeper.pid)["voluntary_ctxt_switches"])
    time.sleep(2.0)
    assert int(status(terminal.keeper.pid)["voluntary_ctxt_switches"]) <= slept + 4
    terminal.stop()
