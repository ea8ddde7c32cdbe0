"""Fuzzes all targets, a few at a time, and says how many inputs each has taken."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fuzz.one import BUILD
from fuzz.targets import SHARES, TARGETS, runs_of

_TAKEN = re.compile(r"^(?:hypothesis took|Done) (\d+) (?:inputs|runs)", re.M)
_LAST_LINES = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    inputs: int
    seconds: float
    found: str
    """The end of what the process said, if it did not come to its end; else ""."""


def fuzz(name: str, runs: int, ends_at: float) -> Outcome:
    """One target in a process of its own, for ``runs`` inputs or until ``ends_at``."""
    begun = time.monotonic()
    left = max(1, int(ends_at - begun))
    command = [sys.executable, "-m", "fuzz.one", name, f"--runs={runs}", f"--seconds={left}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    (BUILD / f"{name}.log").write_text(said, encoding="utf-8")
    found = "\n".join(said.splitlines()[-_LAST_LINES:]) if done.returncode else ""
    inputs = sum(int(number) for number in _TAKEN.findall(said))
    return Outcome(name, inputs, time.monotonic() - begun, found)


def main() -> int:
    """0 when as many inputs were taken as were asked for, and nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument("targets", nargs="*", help="left out: all of them")
    parser.add_argument("--runs", type=int, default=2_000_000, help="inputs in all")
    parser.add_argument("--seconds", type=int, default=540, help="no longer than this")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    told = parser.parse_args()
    names = told.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    ends_at = time.monotonic() + told.seconds
    runs = runs_of(told.runs, names)
    names.sort(key=lambda name: name not in SHARES)  # what is slow first
    with ThreadPoolExecutor(told.jobs) as pool:
        outcomes = []
        for one in pool.map(lambda name: fuzz(name, runs[name], ends_at), names):
            mark = "FOUND" if one.found else ""
            print(
                f"{one.name:16} {one.inputs:>10,} inputs {one.seconds:>6.0f} s  {mark}", flush=True
            )
            outcomes.append(one)
    total = sum(one.inputs for one in outcomes)
    found = [one for one in outcomes if one.found]
    print(f"{'in all':16} {total:>10,} inputs, {len(found)} targets with a finding")
    for one in found:
        print(f"\n--- {one.name}; its input lies in {BUILD}\n{one.found}")
    return 1 if found or total < told.runs else 0


if __name__ == "__main__":
    sys.exit(main())
