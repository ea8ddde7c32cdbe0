"""Fuzzes all targets, a few at a time, and prints inputs, times and findings of each."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import msgspec

from fuzz.one import BUILD
from fuzz.targets import TARGETS
from fuzz.watch import LIMIT_S, Progress

STALLED_S = 20.0
"""Seconds by the clock after which an input counts as stalled for good."""
_LAST_LINES = 25
_KEPT = BUILD / "outcomes.json"
_SOURCES = ("fuzz", "drivers", "kiosk", "assets/profiles")


@dataclass(frozen=True, slots=True)
class FuzzOutcome:
    """What came of one target."""

    name: str
    hypothesis: int
    guided: int
    """Inputs from atheris; without atheris, from unguided mutation."""
    seconds: float
    longest_ms: float
    """Processor time of the slowest input."""
    found: str = ""
    """The last lines of the output of a process that ended badly; "": the process ended well."""

    @property
    def inputs(self) -> int:
        return self.hypothesis + self.guided

    def __str__(self) -> str:
        return (
            f"{self.name:16}{self.hypothesis:>11,}{self.guided:>12,}{self.seconds:>9.0f}"
            f"{self.inputs / self.seconds:>11,.0f}{self.longest_ms:>9.1f}"
            f"{'  FOUND' if self.found else ''}"
        )


HEADING = (
    f"{'target':16}{'hypothesis':>11}{'atheris' if find_spec('atheris') else 'unguided':>12}"
    f"{'seconds':>9}{'inputs/s':>11}{'max ms':>9}"
)


def fuzz(name: str, runs: int) -> FuzzOutcome:
    """Fuzz one target in a process of its own; ``runs`` inputs."""
    begun = time.monotonic()
    state = BUILD / f"{name}.state"
    state.unlink(missing_ok=True)
    log = BUILD / f"{name}.log"
    with log.open("w", encoding="utf-8") as said:
        command = [sys.executable, "-m", "fuzz.one", name, f"--runs={runs}"]
        ended = await_end(command, state, said)
    seconds = time.monotonic() - begun
    reached = Progress.of(state)
    found = ""
    if ended:
        kept = BUILD / f"{name}.input"
        kept.write_bytes(reached.data)
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        found = "\n".join([*last, f"{ended}; python -m fuzz.one {name} {kept}"])
    return FuzzOutcome(
        name, reached.hypothesis, reached.guided, seconds, reached.longest_ns / 1e6, found
    )


def await_end(command: list[str], state: Path, said: TextIO, stalled_s: float = STALLED_S) -> str:
    """Run ``command``; returns why it ended badly, or "" if it ended well.

    The process is killed once ``state`` shows no finished input for ``stalled_s`` seconds: then it
    waits without taking processor time, which its own limit does not see.
    """
    with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
        seen, since = Progress(), time.monotonic()
        while True:
            try:
                code = process.wait(0.5)
            except subprocess.TimeoutExpired:
                pass
            except BaseException:
                process.kill()
                raise
            else:
                break
            if (now := Progress.of(state)) != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > stalled_s:
                process.kill()
                process.wait()
                return f"an input has waited for {stalled_s:.0f} s"
    if code == -signal.SIGPROF:
        return f"an input has taken {LIMIT_S:.0f} s of processor time"
    return f"ended with {code}" if code else ""


def kept(runs: int) -> list[FuzzOutcome]:
    """The outcomes of an interrupted run over the same code; [] if there was none."""
    if not _KEPT.exists():
        return []
    of, outcomes = msgspec.json.decode(_KEPT.read_bytes(), type=tuple[str, list[FuzzOutcome]])
    whole = {one.name for one in outcomes} == TARGETS.keys()
    return outcomes if of == _of(runs) and not whole else []


def keep(outcomes: list[FuzzOutcome], runs: int) -> None:
    """Write outcomes for :func:`kept`, without those that have a finding: these run again."""
    good = [one for one in outcomes if not one.found]
    whole = _KEPT.with_suffix(".new")  # renamed when whole: the write may be interrupted
    whole.write_bytes(msgspec.json.encode((_of(runs), good)))
    whole.replace(_KEPT)


def _of(runs: int) -> str:
    files = (file for folder in _SOURCES for file in sorted(Path(folder).rglob("*.[pt]*")))
    sources = b"".join(file.read_bytes() for file in files if file.suffix in (".py", ".toml"))
    return f"{runs} {hashlib.sha256(sources).hexdigest()}"


def main() -> int:
    """Returns 0 if every target has taken all its inputs without a finding, else 1."""
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument("targets", nargs="*", help="left out: all of them")
    parser.add_argument("--runs", type=int, default=2_000_000, help="inputs for each target")
    parser.add_argument(
        "--jobs", type=int, default=len(os.sched_getaffinity(0)), help="targets at a time"
    )
    told = parser.parse_args()
    names = told.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    outcomes = [] if told.targets else kept(told.runs)
    if not outcomes:
        shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    print("\n".join([HEADING, *map(str, outcomes)]), flush=True)
    before = {one.name for one in outcomes}
    left = [name for name in names if name not in before]
    with ThreadPoolExecutor(told.jobs) as pool:
        try:
            for coming in as_completed([pool.submit(fuzz, name, told.runs) for name in left]):
                outcomes.append(coming.result())
                print(outcomes[-1], flush=True)
                keep(outcomes, told.runs)
        except KeyboardInterrupt:  # the running children got SIGINT too; start no others
            pool.shutdown(cancel_futures=True)
            raise
    found = [one for one in outcomes if one.found]
    few = [one.name for one in outcomes if one.inputs < told.runs]
    total = sum(one.inputs for one in outcomes)
    print(f"{total:,} inputs in all, {len(found)} of {len(outcomes)} targets with a finding")
    for one in found:
        print(f"\n--- {one.name}\n{one.found}")
    if few:
        print(f"fewer than {told.runs:,} inputs: {', '.join(few)}")
    return 1 if few or found else 0


if __name__ == "__main__":
    sys.exit(main())
