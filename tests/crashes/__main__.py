"""``make faults``: power cuts, bad disks and kills against the real parts; resumable.

What is done is written to ``build/faults.json`` as soon as it is done; a run that was broken off
goes on there. ``--full`` takes all of it, which lasts a night; the default takes a fifth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path
from random import Random

from kiosk.operations.journal import Journal
from tests.crashes.power import ERRORS, Lost, after_power_cut, record, with_bad_disk
from tests.crashes.terminals import BrokenTerminal, run_round

KEPT = Path("build/faults.json")
IMAGES, FULL_IMAGES = 4000, 20_000
IMAGES_A_LIFE = 50
KILLS_A_ROUND = 26
ROUNDS, FULL_ROUNDS = 15, 420
CHANGES = 90
"""Changes of its files in the life of a journal whose disk fails at each of them."""
BUGS = (
    "SENT at the start closed as failed",
    "UNKNOWN not resumed",
    "confirmed closed as not done",
    "in progress written as DONE",
    "time-out closed as failed",
    "in progress shown as done",
    "cancellation not awaited",
    "no Taken shown as not done",
)
"""Seeded bugs of committer and visit, each of which a few lives of a terminal must show."""
BUG_ROUNDS = 8
LEVELS = ("NORMAL", "OFF")


def images(seed: int) -> list[str]:
    """Some images of one life of a journal; what was lost."""
    calls, random, lost = record(seed), Random(seed), []
    for _ in range(IMAGES_A_LIFE):
        try:
            after_power_cut(calls, random)
        except Lost as error:
            lost.append(f"life {seed}: {error}")
    return lost


def spoiled(level: str) -> list[str]:
    """A journal that syncs less than it says; complains when no power cut shows that."""

    def spoil(journal: Journal) -> None:
        journal._connection.execute(f"PRAGMA synchronous={level}")

    for seed in range(10):
        calls, random = record(seed, spoil), Random(seed)
        for _ in range(IMAGES_A_LIFE):
            try:
                after_power_cut(calls, random)
            except Lost:
                return []
    return [f"NOT RED: synchronous={level}"]


def bad_disk(nth: int) -> list[str]:
    """Every error at the ``nth`` change of a file."""
    lost = []
    for error in ERRORS:
        for lasts in (0, 7):
            try:
                with_bad_disk(nth, error, lasts)
            except Lost as why:
                lost.append(f"change {nth}, {type(error()).__name__}: {why}")
    return lost


def terminal(seed: int) -> list[str]:
    """One life of a whole terminal under kills."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            counted = run_round(Path(directory), seed, KILLS_A_ROUND)
        except BrokenTerminal as error:
            return [f"terminal {seed}: {error}"]
    print(f"terminal {seed}: {_words(counted)}", flush=True)
    return []


def seeded(number: int) -> list[str]:
    """Lives of a terminal with a seeded bug; complains when none shows it."""
    bug = BUGS[number]
    for seed in range(BUG_ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            try:
                run_round(Path(directory), seed, KILLS_A_ROUND, bug=bug)
            except BrokenTerminal as error:
                print(f"red: {bug} ({error})", flush=True)
                return []
    return [f"NOT RED: {bug}"]


def _words(counted: Counter[str]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counted.items()))


class FaultsRun:
    """What has been done, and what broke."""

    def __init__(self) -> None:
        self._done: dict[str, list[str]] = {}
        if KEPT.exists():
            self._done = json.loads(KEPT.read_text())

    def run(self, name: str, work: Callable[[int], list[str]], numbers: range, wide: int) -> None:
        """Do ``work`` for each of ``numbers`` that is not done yet, ``wide`` at a time."""
        left = [number for number in numbers if f"{name} {number}" not in self._done]
        print(f"{name}: {len(left)} of {len(numbers)} to do", flush=True)
        with Pool(wide) as pool:
            results = pool.imap(work, left)
            for number, broken in zip(left, results, strict=True):
                self._done[f"{name} {number}"] = broken
                for line in broken:
                    print(line, flush=True)
                KEPT.parent.mkdir(exist_ok=True)
                KEPT.write_text(json.dumps(self._done))

    @property
    def broken(self) -> int:
        return sum(map(len, self._done.values()))


def main() -> int:
    """The command line; 0 when nothing broke and every seeded bug was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--afresh", action="store_true", help="forget what was done")
    chosen = parser.parse_args()
    if chosen.afresh:
        KEPT.unlink(missing_ok=True)
    began = time.monotonic()
    run = FaultsRun()
    run.run("spoiled", _spoiled, range(len(LEVELS)), 2)
    run.run("bad disk", bad_disk, range(1, CHANGES), 2)
    count = FULL_IMAGES if chosen.full else IMAGES
    run.run("images", images, range(count // IMAGES_A_LIFE), 2)
    run.run("seeded", seeded, range(len(BUGS)), 2)
    run.run("terminals", terminal, range(FULL_ROUNDS if chosen.full else ROUNDS), 2)
    print(f"{run.broken} broken, {time.monotonic() - began:.0f} s")
    return int(run.broken > 0)


def _spoiled(number: int) -> list[str]:
    return spoiled(LEVELS[number])


if __name__ == "__main__":
    sys.exit(main())
