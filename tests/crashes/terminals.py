"""Whole terminals against the stand-in centre: real keeper, committer, channel, TLS; kills.

The harness plays what kills: the committer at a named point or at any moment, a visit, the keeper
with everything. Then it lets the terminal rest and compares the journal, what the citizens were
shown, and the centre's own books.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from kiosk.operations import copied
from kiosk.operations.journal import FILE
from kiosk.workshop.sandbox import operations as sandbox_operations
from kiosk.workshop.sandbox import sessions as sandbox_sessions
from tests.contract.test_operations import ServedCentre, served
from tests.crashes.committing import POINTS
from tests.crashes.proxy import FaultProxy

TERMINAL = "YL-0001"
FROZEN_S = 6.0
"""How long a committer stands still: a visit waits three seconds for it, and tells after one more
what its cancellation gave."""
REST_S = 90.0
"""Longest rest until everything that was confirmed has ended."""
SETTINGS = """
terminal = "{terminal}"
production = false
run_directory = "{directory}"
[centre]
url = "{url}"
seal_roots = "roots.pem"
ca = "{ca}"
certificate = "{certificate}"
key = "{certificate}"
"""
RUN = """
import ctypes, sys
ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # a harness that is broken off takes its terminals along
from pathlib import Path
from kiosk.keeper.keeper import run
from kiosk.keeper.visit_process import KeeperPace
stage = Path(sys.argv[1])
command = [sys.executable, "-m", "tests.crashes.visitor", str(stage)]
committer = [sys.executable, "-m", "tests.crashes.committing", str(stage)]
pace = KeeperPace(rest_s=0.0, back_off_s=(0.0, 0.05), silent_s=20.0)
load = "tests.crashes.loading:load"
sys.exit(run(stage / "terminal.toml", command, preload=load, committer=committer, pace=pace))
"""
ENDS = {"done", "refused", "expired", "cancelled", "superseded"}


class BrokenTerminal(Exception):
    """Something that must hold after any crash does not."""


class CrashTerminal:
    """A terminal in ``stage``, which is started again after each death of its keeper."""

    def __init__(self, stage: Path, centre: ServedCentre, directory: Path, proxy: str) -> None:
        """``proxy``: the address of the line between the committer and ``centre``."""
        self.stage = stage
        facts = {"url": centre.url, "directory": str(directory), "terminal": TERMINAL}
        (stage / "harness.json").write_text(json.dumps(facts))
        certificate = centre.ca.terminal(TERMINAL)
        (stage / "terminal.toml").write_text(
            SETTINGS.format(
                terminal=TERMINAL,
                directory=stage,
                url=proxy,
                ca=centre.ca.root,
                certificate=certificate,
            )
        )
        self._log = stage / "log"
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-c", RUN, str(self.stage)],
                stderr=log,
                env={**os.environ, "STATE_DIRECTORY": str(self.stage)},
            )

    def pids(self, program: str) -> list[int]:
        """The processes of this terminal that run ``program``."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().split(b"\0")
                parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if program.encode() in command and parent == str(self.keeper.pid):
                found.append(int(path.name))
        return found

    def kill(self, what: str, random: Random) -> bool:
        """Kill with SIGKILL; whether there was something to kill."""
        if what == "keeper":
            self.keeper.kill()
            self.keeper.wait()
            self.start()
            return True
        program = "tests.crashes.committing" if what == "committer" else "tests.crashes.visitor"
        pids = self.pids(program)
        if pids:
            os.kill(random.choice(pids), signal.SIGKILL)
        return bool(pids)

    def stop(self) -> None:
        if self.keeper.poll() is None:
            self.keeper.send_signal(signal.SIGTERM)
            self.keeper.wait(30)

    def shown(self) -> list[list[str]]:
        path = self.stage / "shown"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def journal(self) -> dict[str, str]:
        """The latest event of each operation, from a copy: the committer holds the file."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / FILE
            copied._copy(self.stage / FILE, copy)
            with closing(sqlite3.connect(copy)) as connection:
                rows = connection.execute("SELECT operation, event FROM events ORDER BY seq")
                return dict(rows.fetchall())


@contextmanager
def quick_centre(directory: Path) -> Iterator[ServedCentre]:
    """A stand-in centre that sends codes without a pause between them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_sessions, "RESEND_S", 0)
        patch.setattr(sandbox_operations, "RESEND_S", 0)
        with served(directory, codes_per_day=1_000_000) as centre:
            yield centre


def run_round(
    directory: Path, seed: int, kills: int, points: tuple[str, ...] = POINTS, bug: str = ""
) -> Counter[str]:
    """One life of a terminal with so many kills; how often what was killed. ``bug``: a seeded bug
    of :mod:`tests.simulation.bugs`. Raises :class:`BrokenTerminal`."""
    random = Random(seed)
    counted: Counter[str] = Counter()
    (directory / "centre").mkdir()
    (directory / "stage").mkdir()
    (directory / "stage" / "bug").write_text(bug)
    with quick_centre(directory / "centre") as centre:
        proxy = FaultProxy(centre.url, seed, centre.ca, centre.ca.terminal(TERMINAL))
        terminal = CrashTerminal(directory / "stage", centre, directory / "centre", proxy.url)
        over = threading.Event()
        steering = threading.Thread(target=_steer, args=(centre, Random(seed), over, bool(bug)))
        steering.start()
        try:
            for number in range(kills):
                if terminal.keeper.poll() is not None:
                    raise BrokenTerminal("the keeper has ended of itself")
                point = points[number % len(points)]
                counted[_one_kill(terminal, centre, random, point)] += 1
            over.set()
            proxy.calm = True
            _rest(terminal, centre)
            _let_the_journal_end(terminal)
            _compare(terminal, centre)
        finally:
            over.set()
            steering.join()
            proxy.close()
            terminal.stop()
        counted["operations"] = len(terminal.journal())
        counted.update({f"line {fate}": times for fate, times in proxy.fates.items()})
    return counted


def _one_kill(terminal: CrashTerminal, centre: ServedCentre, random: Random, point: str) -> str:
    """Kill something, or let the committer stand still for a while; what."""
    what = random.choice(
        ("point", "point", "point", "committer", "committer", "visit", "keeper", "freeze")
    )
    if what == "freeze":
        _freeze(terminal, centre)
        return what
    if what != "point":
        time.sleep(random.uniform(0.2, 2.0))
        terminal.kill(what, random)
        return what
    waiting = terminal.stage / "point"
    waiting.write_text(point)
    until = time.monotonic() + 12.0
    while waiting.exists() and time.monotonic() < until:
        time.sleep(0.02)
    reached = not waiting.exists()
    waiting.unlink(missing_ok=True)
    return point if reached else "not reached"


def _freeze(terminal: CrashTerminal, centre: ServedCentre) -> None:
    """Let the committer stand still for longer than a visit waits for it. The visit then cancels,
    and its cancellation gets no answer."""
    fault = {"kind": "status", "match": "/v1/operations", "ends": "/cancellation", "times": 3}
    centre.lever("POST", "/faults", fault)
    for pid in terminal.pids("tests.crashes.committing"):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(FROZEN_S)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _steer(centre: ServedCentre, random: Random, over: threading.Event, bug: bool) -> None:
    """Let the centre refuse most commits, so that the money lasts, and work on some for a while.
    A bug is often seen by the money alone: then half of the commits are done."""
    while not over.wait(0.3):
        course = {
            "ends_as": "done" if random.random() < (0.5 if bug else 0.12) else "refused",
            "after_s": random.choice((0.0, 0.0, 1.0)),
            "times": 1,
        }
        centre.lever("POST", "/operations/course", course)
        if random.random() < 0.3:
            kind = random.choice(("drop", "cut", "status", "garbage", "latency"))
            fault = {"kind": kind, "match": "/v1/operations", "times": 1, "seconds": 0.5}
            centre.lever("POST", "/faults", fault)


def _rest(terminal: CrashTerminal, centre: ServedCentre) -> None:
    """No more kills: every operation that was confirmed ends, and its end is shown."""
    centre.lever("DELETE", "/faults")
    (terminal.stage / "resting").touch()  # citizens hear what is open, and begin nothing new
    time.sleep(3.0)  # what was drafted a moment ago is confirmed by now
    until = time.monotonic() + REST_S
    centre.lever("POST", "/operations/settled")
    while time.monotonic() < until:
        centre.lever("POST", "/operations/settled")
        confirmed = [o for o in centre.lever("GET", "/operations") if o["was_confirmed"]]
        shown = {line[1] for line in terminal.shown() if line[0] == "shown" and line[2] in ENDS}
        waiting = [o for o in confirmed if o["state"] not in ENDS or o["id"] not in shown]
        if not waiting:
            return
        if all(o["state"] == "confirmed" for o in waiting if o["state"] not in ENDS):
            centre.lever("POST", "/clock", {"seconds": 20})
        time.sleep(0.5)
    raise BrokenTerminal(f"never ends, or is never shown: {waiting}")


def _let_the_journal_end(terminal: CrashTerminal) -> None:
    """Wait until the journal says of every operation how it ended; then stop the terminal."""
    (terminal.stage / "closed").touch()
    until = time.monotonic() + REST_S
    while not set(terminal.journal().values()) <= ENDS and time.monotonic() < until:
        time.sleep(0.3)
    terminal.stop()


def _compare(terminal: CrashTerminal, centre: ServedCentre) -> None:
    """The journal, the citizens' eyes and the centre's books say the same."""
    books = {o["id"]: o for o in centre.lever("GET", "/operations")}
    moved = Counter(
        (move["operation"], move["account"]) for move in centre.lever("GET", "/movements")
    )
    twice = [key for key, times in moved.items() if times > 1]
    if twice:
        raise BrokenTerminal(f"money moved twice: {twice}")
    paid = {operation for operation, _ in moved}
    pressed = {line[1] for line in terminal.shown() if line[0] == "pressed"}
    if not paid <= pressed:
        raise BrokenTerminal(f"money moved without a confirmation: {paid - pressed}")
    for line in terminal.shown():
        if line[0] != "shown" or line[2] not in ENDS:
            continue
        if line[2] != books[line[1]]["state"] or (line[2] == "done") != (line[1] in paid):
            raise BrokenTerminal(f"{line[2]} was shown of {books[line[1]]}")
    journal = terminal.journal()
    for line in terminal.shown():
        if line[0] == "taken" and line[1] not in journal:
            raise BrokenTerminal(f"taken, and not in the journal: {line[1]}")
    for operation, event in journal.items():
        if event != books[operation]["state"]:
            raise BrokenTerminal(f"the journal says {event} of {books[operation]}")
