"""Whole terminals against the stand-in centre: real keeper, committer, channel, TLS; kills.

The harness plays what kills: the committer at a named point or at any moment, a visit, the keeper
with everything, and what prints while a paper is on its way. Then it lets the terminal rest and
compares the journal, what the citizens were shown, the printer's tray, and the centre's own books.
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
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
import requests

from kiosk.operations import copied
from kiosk.operations.journal import FILE
from kiosk.workshop.sandbox import documents as sandbox_documents
from kiosk.workshop.sandbox import operations as sandbox_operations
from kiosk.workshop.sandbox import sessions as sandbox_sessions
from tests.contract.test_operations import CODE, ServedCentre, served
from tests.crashes.buggy_printer import DRIVER_BUGS
from tests.crashes.committing import POINTS
from tests.crashes.printer import TrayPrinter, device
from tests.crashes.printing import DRIVER_BUG, PRINTING, WORKS
from tests.crashes.proxy import OF_A_PRINTER, FaultProxy
from tests.crashes.visitor import PAPERLESS, WANTED

Found = TypeVar("Found")
TERMINAL = "YL-0001"
FROZEN_S = 6.0
"""How long a committer stands still: a visit waits three seconds for it, and tells after one more
what its cancellation gave."""
POINT_S = 12.0
"""Longest wait for a committer to come to a named point; then it is killed where it is."""
HANGS_S = 300.0
"""Longest wait for anything that must come on a machine that is full of such terminals."""
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
ON_ITS_WAY = " with a paper on its way"
DIE_WITH_PAPER = ("visit", "driver", "terminal")
"""What is killed while a paper is on its way, in turn."""
PAPER_S = 0.4
"""Longest time from the moment in which a paper is met on its way to the kill."""
SPARED = 0.6
"""How many of the visits that print while such a kill is due are left in peace."""
TWICE = "papers printed twice"
ENDS = {"done", "refused", "expired", "cancelled", "superseded"}


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What is done to one terminal in its life.

    Half of the kills of its committer come at the named points, in turn, where it comes there in
    time. ``terminals``: kills of the keeper, which takes every other process along. ``freezes``:
    the committer stands still. ``papers``: kills while a paper is on its way; without them
    nobody prints. The life goes on until the committer has taken ``operations``, and ends when
    everything that was confirmed has ended and was shown, after ``rest_s`` at most.
    """

    committers: int = 40
    terminals: int = 4
    visits: int = 3
    freezes: int = 1
    papers: int = 3
    operations: int = 20
    rest_s: float = HANGS_S

    def in_turn(self, random: Random) -> list[str]:
        """What is done, in an order by chance."""
        at_points = self.committers // 2
        done = ["point"] * at_points + ["committer"] * (self.committers - at_points)
        done += ["terminal"] * self.terminals + ["visit"] * self.visits
        done += ["freeze"] * self.freezes + ["paper"] * self.papers
        random.shuffle(done)
        return done


class BrokenTerminal(Exception):
    """Something that must hold after any crash does not."""


class DeadTerminal(BrokenTerminal):
    """A process that must come does not. Of a terminal with a seeded bug that shows nothing: the
    harness itself may have kept it from starting."""


class CrashTerminal:
    """A terminal in ``stage``, which is started again after each death of its keeper."""

    def __init__(self, stage: Path, centre: ServedCentre, proxy: str, printer: str) -> None:
        """``proxy``: the address of the line between the committer and ``centre``; ``printer``: of
        the line to the A4 printer."""
        self.stage = stage
        certificate = centre.ca.terminal(TERMINAL)
        facts = {
            "url": centre.url,
            "terminal": TERMINAL,
            "ca": str(centre.ca.root),
            "certificate": str(certificate),
            "code": CODE,
        }
        (stage / "harness.json").write_text(json.dumps(facts))
        (stage / "terminal.toml").write_text(
            SETTINGS.format(
                terminal=TERMINAL,
                directory=stage,
                url=proxy,
                ca=centre.ca.root,
                certificate=certificate,
            )
            + device(printer)
        )
        self._log = stage / "log"
        self.start()

    def start(self) -> None:
        self._dead: set[int] = set()  # committers of this keeper that were killed
        for said in ("started", "opened"):
            (self.stage / said).unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-c", RUN, str(self.stage)],
                stderr=log,
                env={**os.environ, "STATE_DIRECTORY": str(self.stage)},
            )

    def committer(self, said: str = "opened") -> int:
        """The id of the living committer, as soon as it has ``started``, or ``opened`` its
        journal."""
        return _awaited(lambda: self._said(said), DeadTerminal(f"no committer has {said}"))

    def _said(self, said: str) -> int:
        if self.keeper.poll() is not None:
            raise DeadTerminal("the keeper has ended of itself")
        with suppress(FileNotFoundError):
            pid = int((self.stage / said).read_text())
            if pid not in self._dead and self._is_mine(pid):
                return pid
        return 0

    def _is_mine(self, pid: int) -> bool:
        """Whether the process lives, and this keeper has started it."""
        with suppress(FileNotFoundError, ProcessLookupError):
            return _parent(pid) == self.keeper.pid
        return False

    def kill_committer(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            raise BrokenTerminal("the committer has ended of itself") from None
        self.died(pid)

    def died(self, pid: int) -> None:
        """The committer ``pid`` is dead: the next one is awaited."""
        self._dead.add(pid)

    def kill_visit(self, random: Random) -> None:
        """Kill the visit of a citizen, or the one that stands by."""
        none = DeadTerminal("there is no visit")
        _awaited(lambda: self._killed(random.choice(self._visits() or [0])), none)

    @staticmethod
    def _killed(pid: int) -> bool:
        """Kill ``pid``, if there is one, which may end of itself at the same moment."""
        with suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGKILL)
            return pid > 0
        return False

    def kill(self) -> None:
        """Kill the keeper; its processes die with it. Start the terminal again."""
        self.keeper.kill()
        self.keeper.wait()
        self.start()

    def printing(self) -> int:
        """The id of the visit whose paper is on its way; 0: there is none."""
        return self._said(PRINTING)

    def kill_driver(self, visit: int) -> bool:
        """Kill the driver's process of ``visit``, if there is one."""
        found = self._children(visit, b"drivers.hosting.child")
        return any(self._killed(pid) for pid in found)

    def _visits(self) -> list[int]:
        return self._children(self.keeper.pid, b"tests.crashes.visitor")

    @staticmethod
    def _children(parent: int, module: bytes) -> list[int]:
        """The processes of ``parent`` that run ``module``."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                mine = _parent(int(path.name)) == parent
                if mine and module in (path / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(path.name))
        return found

    def stop(self) -> None:
        if self.keeper.poll() is None:
            self.keeper.send_signal(signal.SIGTERM)
            self.keeper.wait(60)

    @property
    def taken(self) -> int:
        """How many operations the committer has taken."""
        return len({line[1] for line in self.shown() if line[0] == "taken"})

    @property
    def any_done(self) -> bool:
        """Whether a citizen was shown that an operation is done: its receipt can be printed."""
        return any(line[0] == "shown" and line[2] == "done" for line in self.shown())

    def shown(self) -> list[list[str]]:
        """What the visits have noted, line by line."""
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


def _parent(pid: int) -> int:
    """The id of the parent of ``pid``. Raises ``FileNotFoundError``, ``ProcessLookupError``."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def _awaited(look: Callable[[], Found], otherwise: Exception) -> Found:
    """What ``look`` gives, once it gives something. Raises ``otherwise``."""
    until = time.monotonic() + HANGS_S
    while not (found := look()):
        if time.monotonic() > until:
            raise otherwise
        time.sleep(0.02)
    return found


class LeveredCentre(ServedCentre):
    """A stand-in centre whose levers share a connection in each thread."""

    def __init__(self, centre: ServedCentre) -> None:
        super().__init__(centre.url, centre.ca)
        self._own = threading.local()

    def lever(self, method: str, path: str, body: Any = None) -> Any:
        if not hasattr(self._own, "http"):
            self._own.http = requests.Session()
            self._own.http.trust_env = False
            self._own.http.verify = str(self.ca.root)
            self._own.http.cert = str(self.ca.terminal("levers"))
        url = f"{self.url}/sandbox{path}"
        answer = self._own.http.request(method, url, json=body, timeout=HANGS_S)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


@contextmanager
def quick_centre(directory: Path) -> Iterator[LeveredCentre]:
    """A stand-in centre that sends codes without a pause between them, and lets a paper be printed
    as often as somebody wants it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_sessions, "RESEND_S", 0)
        patch.setattr(sandbox_operations, "RESEND_S", 0)
        patch.setattr(sandbox_documents, "PRINTS_PER_DAY", 1000)
        with served(directory, codes_per_day=1_000_000, risk=None) as centre:
            yield LeveredCentre(centre)


def run_round(
    directory: Path,
    seed: int,
    plan: RoundPlan,
    points: tuple[str, ...] = POINTS,
    bug: str = "",
) -> Counter[str]:
    """One life of a terminal; what was done to it, how often. ``bug``: a seeded bug of
    :mod:`tests.simulation.bugs` or :mod:`tests.crashes.buggy_printer`. Raises
    :class:`BrokenTerminal`."""
    random = Random(seed)
    counted: Counter[str] = Counter()
    (directory / "centre").mkdir()
    stage = directory / "stage"
    stage.mkdir()
    (stage / "bug").write_text("" if bug in DRIVER_BUGS else bug)
    (stage / DRIVER_BUG).write_text(bug if bug in DRIVER_BUGS else "")
    if not plan.papers:
        (stage / PAPERLESS).touch()
    printer = TrayPrinter(stage)
    printer.start()
    with quick_centre(directory / "centre") as centre:
        proxy = FaultProxy(centre.url, seed, centre.ca, centre.ca.terminal(TERMINAL))
        to_printer = FaultProxy(printer.url, seed, chance=0.3, fates=OF_A_PRINTER, cut=(1, 600))
        terminal = CrashTerminal(stage, centre, proxy.url, to_printer.url)
        over = threading.Event()
        steering = threading.Thread(
            target=_steer, args=(centre, terminal, printer, Random(seed), over, bool(bug))
        )
        steering.start()
        named = islice(cycle(points), seed % len(points), None)
        dying = islice(cycle(DIE_WITH_PAPER), seed % len(DIE_WITH_PAPER), None)
        try:
            for what in plan.in_turn(random):
                if what == "paper":
                    counted[_killed_on_paper(next(dying), terminal, random)] += 1
                    continue
                point = next(named) if what == "point" else ""
                counted[_done(what, point, terminal, centre, random)] += 1
            # The money of all citizens may have run out: then nothing is broken.
            few = TimeoutError("too few operations")
            _awaited(lambda: terminal.taken >= plan.operations, few)
            over.set()
            proxy.calm = to_printer.calm = True
            _rest(terminal, centre, plan.rest_s)
            _let_the_journal_end(terminal, plan.rest_s)
            _compare(terminal, centre)
            _compare_papers(terminal, printer, centre)
        finally:
            over.set()
            steering.join()
            proxy.close()
            to_printer.close()
            terminal.stop()
            printer.stop()
        counted["operation"] = len(terminal.journal())
        counted["paper"] = printer.printed().total()
        counted.update({f"line: {fate}": times for fate, times in proxy.fates.items()})
        befell = to_printer.fates.items()
        counted.update({f"line to the printer: {fate}": times for fate, times in befell})
    return counted


def _done(
    what: str, point: str, terminal: CrashTerminal, centre: ServedCentre, random: Random
) -> str:
    """Kill something, or let the committer stand still for a while; what was done."""
    if what == "visit":
        time.sleep(random.uniform(0.0, 1.0))
        terminal.kill_visit(random)
        return what
    early = what == "committer" and random.random() < 0.2
    pid = terminal.committer("started" if early else "opened")
    if what == "freeze":
        _freeze(pid, centre)
        return what
    if what == "point" and _dies_at(point, terminal, pid):
        return f"committer at {point}"
    if what != "point":
        time.sleep(random.uniform(0.0, 0.5 if early else 1.5))
    if what == "terminal":
        terminal.kill()
        return what
    terminal.kill_committer(pid)
    return "committer at any moment"


def _killed_on_paper(what: str, terminal: CrashTerminal, random: Random) -> str:
    """Kill ``what`` while a paper is on its way, which citizens come for until then."""
    wanted = terminal.stage / WANTED
    wanted.touch()

    spared: dict[int, bool] = {}  # by the id of a visit
    early = random.random() < 0.3  # before the printer has the document

    def killed() -> bool:
        visit = terminal.printing()
        if not visit or spared.setdefault(visit, random.random() < SPARED):
            return False
        if not early and not (terminal.stage / WORKS).exists():
            return False
        time.sleep(random.uniform(0.0, PAPER_S))
        if terminal.printing() != visit:
            return False
        if what == "terminal":
            terminal.kill()
            return True
        return terminal.kill_driver(visit) if what == "driver" else terminal._killed(visit)

    _awaited(killed, DeadTerminal("no paper is on its way"))
    wanted.unlink()
    return what + ON_ITS_WAY


def _dies_at(point: str, terminal: CrashTerminal, pid: int) -> bool:
    """Have the committer die at ``point``; whether it has come there in time."""
    waiting = terminal.stage / "point"
    waiting.write_text(point)
    until = time.monotonic() + POINT_S
    while waiting.exists() and time.monotonic() < until:
        time.sleep(0.02)
    try:
        waiting.unlink()
    except FileNotFoundError:
        terminal.died(pid)
        return True
    return False


def _freeze(pid: int, centre: ServedCentre) -> None:
    """Let the committer stand still for longer than a visit waits for it. The visit then cancels,
    and its cancellation gets no answer."""
    fault = {"kind": "status", "match": "/v1/operations", "ends": "/cancellation", "times": 3}
    centre.lever("POST", "/faults", fault)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN_S)
    with suppress(ProcessLookupError):  # the keeper has killed it meanwhile
        os.kill(pid, signal.SIGCONT)


def _steer(
    centre: ServedCentre,
    terminal: CrashTerminal,
    printer: TrayPrinter,
    random: Random,
    over: threading.Event,
    bug: bool,
) -> None:
    """Let the centre refuse most commits, so that the money lasts, and work on some for a while.
    A bug is often seen by the money alone: then half of the commits are done. The first paper that
    is wanted needs an operation that is done. Let the printer jam now and then."""
    jammed = False
    while not over.wait(0.4):
        first = (terminal.stage / WANTED).exists() and not terminal.any_done
        done = first or random.random() < (0.5 if bug else 0.08)
        jammed = random.random() < (0.8 if jammed else 0.03)
        printer.obey("jam" if jammed else "clear jam")
        course = {
            "ends_as": "done" if done else "refused",
            "after_s": random.choice((0.0, 0.0, 1.0)),
            "times": None,  # on a busy machine several commits come before the next course
        }
        centre.lever("POST", "/operations/course", course)
        if random.random() < 0.3:
            kind = random.choice(("drop", "cut", "status", "garbage", "latency"))
            fault = {"kind": kind, "match": "/v1/operations", "times": 1, "seconds": 0.5}
            centre.lever("POST", "/faults", fault)
    printer.obey("clear jam")


def _rest(terminal: CrashTerminal, centre: ServedCentre, rest_s: float) -> None:
    """No more kills: every operation that was confirmed ends, and its end is shown."""
    centre.lever("DELETE", "/faults")
    (terminal.stage / "resting").touch()  # citizens hear what is open, and begin nothing new
    until = time.monotonic() + rest_s
    waiting: list[Any] = []
    while time.monotonic() < until:
        centre.lever("POST", "/operations/settled")
        lines = terminal.shown()
        confirmed = [o for o in centre.lever("GET", "/operations") if o["was_confirmed"]]
        shown = {line[1] for line in lines if line[0] == "shown" and line[2] in ENDS}
        waiting = [o for o in confirmed if o["state"] not in ENDS or o["id"] not in shown]
        # Once a visit rests, the one before is dead: what it drafted is confirmed by now, or never.
        if not waiting and ["rests"] in lines:
            return
        open_ones = [o["state"] for o in waiting if o["state"] not in ENDS]
        if open_ones and set(open_ones) == {"confirmed"}:
            centre.lever("POST", "/clock", {"seconds": 20})
        time.sleep(0.5)
    raise BrokenTerminal(f"never ends, or is never shown: {waiting}")


def _let_the_journal_end(terminal: CrashTerminal, rest_s: float) -> None:
    """Wait until the journal says of every operation how it ended; then stop the terminal."""
    (terminal.stage / "closed").touch()
    until = time.monotonic() + rest_s
    while not set(terminal.journal().values()) <= ENDS and time.monotonic() < until:
        time.sleep(0.5)
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


def _compare_papers(terminal: CrashTerminal, printer: TrayPrinter, centre: ServedCentre) -> None:
    """No paper was printed twice; what was shown and told as printed lies in the tray; and each
    paper there is the receipt that was wanted."""
    tray = printer.printed()
    if twice := [paper for paper, times in tray.items() if times > 1]:
        raise BrokenTerminal(f"{len(twice)} {TWICE}: {twice}")
    wanted = {line[2]: line[1] for line in terminal.shown() if line[0] == "receipt"}
    shown = {line[2] for line in terminal.shown() if line[0] == "printed"}
    if not shown <= set(tray):
        raise BrokenTerminal(f"shown as printed, and not in the tray: {shown - set(tray)}")
    made = {each["sha256"]: each for each in centre.lever("GET", "/documents")}
    papers = {each["id"]: paper for paper, each in made.items()}
    told = {papers[each["document"]] for each in centre.lever("GET", "/prints") if each["complete"]}
    if not told <= set(tray):
        raise BrokenTerminal(f"counted as printed, and not in the tray: {told - set(tray)}")
    books = {each["reference"]: each for each in centre.lever("GET", "/operations")}
    for paper in tray:
        about = books.get(made[paper]["subject"]) if paper in made else None
        if not about or about["state"] != "done" or about["id"] != wanted.get(paper):
            raise BrokenTerminal(f"a paper of nobody's: {made.get(paper)}")
