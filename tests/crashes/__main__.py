"""``make faults``: power cuts, bad disks and kills against the real parts; resumable.

What is done is added to ``build/faults.jsonl`` as soon as it is done; a run that was broken off
goes on there, and the next one after a whole run begins anew. ``--full`` takes all of it, which
lasts a night; the default takes a fifth. At the end stands what all of it has come to, beside what
was wanted: a run in which something came too seldom is not green.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from random import Random

from kiosk.operations.journal import Journal
from tests.crashes.buggy_printer import DRIVER_BUGS
from tests.crashes.committing import POINTS
from tests.crashes.power import CHECKPOINTS, ERRORS, Lost, after_power_cut, record, with_bad_disk
from tests.crashes.proxy import OF_A_PRINTER, READ, UNREAD
from tests.crashes.terminals import (
    DIE_WITH_PAPER,
    ON_ITS_WAY,
    TWICE,
    BrokenTerminal,
    DeadTerminal,
    RoundPlan,
    run_round,
)

KEPT = Path("build/faults.jsonl")
WHOLE = Path("build/faults-whole.jsonl")
"""What the last whole run has done."""
IMAGES, FULL_IMAGES = 4000, 20_000
IMAGES_A_LIFE = 50
PLAN = RoundPlan()
ROUNDS, FULL_ROUNDS = 50, 250
"""Lives of a terminal: each has 40 kills of its committer, 4 of the terminal, 20 operations, and 3
kills while a paper is on its way."""
PAPERS_A_LIFE = 2
"""How many papers are printed whole in a life, at least: a third of what comes on the average."""
TERMINALS_AT_ONCE = 6
"""Terminals wait for most of their time: for processes that start, and for answers that fail."""
CHANGES = 90
"""Changes of its files in the life of a journal whose disk fails at each of them."""
LASTS = (0, 7)
"""How many further changes fail."""
BUGS = (
    "SENT at the start closed as failed",
    "UNKNOWN not resumed",
    "confirmed closed as not done",
    "in progress written as DONE",
    "time-out closed as failed",
    "in progress shown as done",
    "cancellation not awaited",
    "no Taken shown as not done",
    *DRIVER_BUGS,
)
"""Seeded bugs of committer, visit and the printer's driver, each of which a few lives of a terminal
must show."""
BUG_ROUNDS = 8
BUG_PLAN = RoundPlan(
    committers=16, terminals=3, visits=3, freezes=4, papers=0, operations=0, rest_s=90.0
)
DRIVER_BUG_PLAN = RoundPlan(
    committers=0, terminals=0, visits=0, freezes=0, papers=10, operations=0, rest_s=90.0
)
LEVELS = ("NORMAL", "OFF")


@dataclass(frozen=True, slots=True)
class WorkResult:
    """What broke in one piece of work, and what was done in it, how often."""

    broken: list[str]
    counted: dict[str, int] = field(default_factory=dict)


def images(seed: int) -> WorkResult:
    """Some images of one life of a journal; what was lost."""
    calls, random, lost = record(seed), Random(seed), []
    for _ in range(IMAGES_A_LIFE):
        try:
            after_power_cut(calls, random)
        except Lost as error:
            lost.append(f"life {seed}: {error}")
    return WorkResult(lost, {"image": IMAGES_A_LIFE})


def spoiled(number: int) -> WorkResult:
    """A journal that syncs less than it says; complains when no power cut shows that."""
    level = LEVELS[number]

    def spoil(journal: Journal) -> None:
        journal._connection.execute(f"PRAGMA synchronous={level}")

    for seed in range(10):
        calls, random = record(seed, spoil), Random(seed)
        for _ in range(IMAGES_A_LIFE):
            try:
                after_power_cut(calls, random)
            except Lost:
                return WorkResult([])
    return WorkResult([f"NOT RED: synchronous={level}"])


def bad_disk(nth: int) -> WorkResult:
    """Every error at the ``nth`` change of a file."""
    lost, met = [], 0
    for error in ERRORS:
        for lasts, pages in product(LASTS, CHECKPOINTS):
            try:
                met += with_bad_disk(nth, error, lasts, pages)
            except Lost as why:
                lost.append(f"change {nth}, {type(error()).__name__}, {pages} pages: {why}")
    return WorkResult(lost, {"disk fault": met})


def terminal(seed: int) -> WorkResult:
    """One life of a whole terminal under kills."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            counted = run_round(Path(directory), seed, PLAN)
        except BrokenTerminal as error:
            return WorkResult([f"terminal {seed}: {error}"])
    print(f"terminal {seed}: {_words(counted)}", flush=True)
    return WorkResult([], counted)


def seeded(number: int) -> WorkResult:
    """Lives of a terminal with a seeded bug; complains when none shows it."""
    bug = BUGS[number]
    plan = DRIVER_BUG_PLAN if bug in DRIVER_BUGS else BUG_PLAN
    for seed in range(BUG_ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            try:
                run_round(Path(directory), seed, plan, bug=bug)
            except DeadTerminal as error:
                print(f"shows nothing: {bug} ({error})", flush=True)
            except BrokenTerminal as error:
                if bug in DRIVER_BUGS and TWICE not in str(error):  # anything else is not its doing
                    print(f"shows something else: {bug} ({error})", flush=True)
                    continue
                print(f"red: {bug} ({error})", flush=True)
                return WorkResult([])
    return WorkResult([f"NOT RED: {bug}"])


def _words(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counted.items()))


class FaultsRun:
    """What has been done, and what broke."""

    def __init__(self) -> None:
        self._done: dict[str, WorkResult] = {}
        self.failed: list[str] = []
        """What the harness itself could not do; it counts as not done."""
        if KEPT.exists():
            for line in KEPT.read_text().splitlines():
                name, broken, counted = json.loads(line)
                self._done[name] = WorkResult(broken, counted)

    def run(self, work: Callable[[int], WorkResult], numbers: range, wide: int = 2) -> None:
        """Do ``work`` for each of ``numbers`` that is not done yet, ``wide`` at a time."""
        name = work.__name__
        left = [number for number in numbers if f"{name} {number}" not in self._done]
        print(f"{name}: {len(left)} of {len(numbers)} to do", flush=True)
        KEPT.parent.mkdir(exist_ok=True)
        with Pool(wide, _end_at_once) as pool, KEPT.open("a") as kept:
            for number, result in pool.imap_unordered(partial(_numbered, work), left):
                if isinstance(result, str):
                    self.failed.append(f"{name} {number}: {result}")
                    print(self.failed[-1], flush=True)
                    continue
                self._done[f"{name} {number}"] = result
                for line in result.broken:
                    print(line, flush=True)
                row = (f"{name} {number}", result.broken, result.counted)
                kept.write(json.dumps(row) + "\n")
                kept.flush()

    @property
    def broken(self) -> list[str]:
        """What broke, also in the runs before that were broken off."""
        return [line for result in self._done.values() for line in result.broken]

    @property
    def counted(self) -> Counter[str]:
        """What was done, how often, in all runs since the first that was broken off."""
        together: Counter[str] = Counter()
        for result in self._done.values():
            together.update(result.counted)
        return together


def _end_at_once() -> None:
    """In a process of the pool: Ctrl-C ends it without a traceback, and its terminal with it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _numbered(work: Callable[[int], WorkResult], number: int) -> tuple[int, WorkResult | str]:
    """The result of ``number``, or the trouble of the harness: it must not end a night's run."""
    try:
        return number, work(number)
    except Exception:  # noqa: BLE001 - told at once and at the end, and done again in the next run
        return number, traceback.format_exc()


@dataclass(frozen=True, slots=True)
class FaultsDone:
    """How often something was done in a whole run, and how often at least it must be."""

    what: str
    done: int
    least: int = 1

    def __str__(self) -> str:
        seldom = "" if self.done >= self.least else "TOO SELDOM: "
        return f"{seldom}{self.what}: {self.done} of {self.least}"


def report(counted: Mapping[str, int], rounds: int, images: int) -> list[FaultsDone]:
    """What was done of each kind, beside what was wanted. A point, or a fate of the line, that
    never comes has lost its place in the code."""
    killed = sum(times for what, times in counted.items() if what.startswith("committer at "))
    least = {
        "terminal": rounds * PLAN.terminals,
        "visit": rounds * PLAN.visits,
        "freeze": rounds * PLAN.freezes,
        "operation": rounds * PLAN.operations,
        "paper": rounds * PAPERS_A_LIFE,
        **{what + ON_ITS_WAY: rounds * PLAN.papers // 3 for what in DIE_WITH_PAPER},
        "image": images,
        "disk fault": (CHANGES - 1) * len(ERRORS) * len(LASTS) * len(CHECKPOINTS),
        **{f"committer at {point}": 1 for point in POINTS},
        **{f"line: {fate}": 1 for fate in UNREAD + READ},
        **{f"line to the printer: {fate}": 1 for fate in OF_A_PRINTER},
    }
    return [
        FaultsDone("committer", killed, rounds * PLAN.committers),
        *(FaultsDone(what, counted.get(what, 0), times) for what, times in least.items()),
    ]


def printed_twice(broken: Iterable[str]) -> int:
    """How many papers were printed twice, in all lives that have told of such."""
    found = (re.search(rf"(\d+) {TWICE}", line) for line in broken)
    return sum(int(each[1]) for each in found if each)


def main() -> int:
    """The command line; 0 when all was done, nothing broke and every seeded bug was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--afresh", action="store_true", help="forget what was done")
    chosen = parser.parse_args()
    if chosen.afresh:
        KEPT.unlink(missing_ok=True)
    began = time.monotonic()
    run = FaultsRun()
    count, rounds = (FULL_IMAGES, FULL_ROUNDS) if chosen.full else (IMAGES, ROUNDS)
    run.run(spoiled, range(len(LEVELS)))
    run.run(bad_disk, range(1, CHANGES))
    run.run(images, range(count // IMAGES_A_LIFE))
    run.run(seeded, range(len(BUGS)), TERMINALS_AT_ONCE)
    run.run(terminal, range(rounds), TERMINALS_AT_ONCE)
    done = report(run.counted, rounds, count)
    for line in (*done, *run.failed, *run.broken):
        print(line)
    if not run.failed:
        KEPT.replace(WHOLE)
    seldom = sum(each.done < each.least for each in done)
    print(f"{printed_twice(run.broken)} {TWICE}")
    failed = f"{len(run.broken)} broken, {len(run.failed)} not done, {seldom} too seldom"
    print(f"{failed}, {time.monotonic() - began:.0f} s")
    return int(bool(run.broken or run.failed or seldom))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("broken off: the next run goes on from here")
