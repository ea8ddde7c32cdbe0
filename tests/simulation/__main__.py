"""``make simulate``: many seeds on all processors, every seeded bug, or one seed with its trace.

``python -m tests.simulation --seeds 85000`` runs some million operations; ``--seed N`` replays one
world exactly, and ``--bug NAME`` with it the same world with a seeded bug.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import time
from collections.abc import Iterator

from tests.simulation.bugs import BUGS
from tests.simulation.places import Parts
from tests.simulation.run import simulate
from tests.simulation.world import BrokenPromise

CHUNK = 50
BUG_SEEDS = 3000
"""A seeded bug that so many worlds do not show is taken for one that the simulation cannot see."""


def run_chunk(first: int) -> tuple[int, list[str]]:
    """The worlds of ``CHUNK`` seeds: how many operations, and what broke."""
    logging.disable(logging.CRITICAL)
    operations, broken = 0, []
    for seed in range(first, first + CHUNK):
        try:
            operations += simulate(seed)
        except BrokenPromise as error:
            broken.append(f"seed {seed}: {error}")
    return operations, broken


def first_red(name: str) -> tuple[str, int | None, str]:
    """The first seed whose world shows the bug ``name``, and how."""
    logging.disable(logging.CRITICAL)
    for seed in range(BUG_SEEDS):
        try:
            simulate(seed, BUGS[name]())
        except BrokenPromise as error:
            return name, seed, str(error)
    return name, None, "not seen"


def show(lines: Iterator[str]) -> None:
    for line in lines:
        print(line, flush=True)


def replay(seed: int, bug: str | None) -> int:
    """One world, with all that happens in it; 1 when something breaks."""
    logging.disable(logging.CRITICAL)
    trace: list[str] = []
    try:
        simulate(seed, BUGS[bug]() if bug else Parts(), trace=trace)
    except BrokenPromise as error:
        trace.append(f"BROKEN {error}")
        return 1
    finally:
        show(iter(trace))
    return 0


def main() -> int:
    """The command line; 0 when all worlds are right and all bugs are red."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=85_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--bug", choices=sorted(BUGS))
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return replay(chosen.seed, chosen.bug)
    began = time.monotonic()
    operations, failures = 0, 0
    with multiprocessing.Pool() as pool:
        for name, seed, how in pool.imap_unordered(first_red, BUGS):
            print(
                f"{'NOT RED' if seed is None else 'red'}: {name} (seed {seed}: {how})", flush=True
            )
            failures += seed is None
        told = time.monotonic()
        chunks = range(chosen.first, chosen.first + chosen.seeds, CHUNK)
        for count, broken in pool.imap_unordered(run_chunk, chunks):
            operations += count
            failures += len(broken)
            show(iter(broken))
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"{operations} operations, {failures} failures", flush=True)
    seconds = time.monotonic() - began
    print(
        f"{operations} operations in {seconds:.0f} s, {len(BUGS)} seeded bugs: {failures} failures"
    )
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
