"""Measures what stays of visits that are over: memory, descriptors and disk of a terminal.

A keeper runs short visits, one after another. What outlives them, the keeper, the fork server, the
committer and what is on disk, is looked at as often as :class:`FlatScale` says. The growth is
the median of the last quarter of the looks less that of the second: the first quarter still warms
up.
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk import events
from kiosk.workshop import demo
from kiosk.workshop.bench import visits
from kiosk.workshop.bench.figures import BenchError, Figure, Name

LEAST = 8
"""Looks of which a quarter still has a median."""
OF_THE_BENCH = ("centre", "trace", "keeper.log")
"""What stands in the run directory of the bench's terminal and is not the terminal's."""
PLACES = ("HOME", "TMPDIR", "STATE_DIRECTORY", "XDG_CACHE_HOME")
"""Variables of the environment that name the places where programs write by themselves."""
PATIENCE_S = 60.0
_PROCESSES = ("keeper", "fork_server", "committer")
_FAULTS = (events.VISIT_FAILED, events.FORK_SERVER_FAILED, events.COMMITTER_FAILED)


@dataclass(frozen=True, slots=True)
class FlatScale:
    """How many visits come and go, and after how many of them the bench looks."""

    visits: int
    every: int

    @classmethod
    def of(cls, number: int) -> FlatScale:
        return cls(number, max(1, number // 40))


NAMES = {
    **{f"flat_memory_{process}": Name("MB", 2, must=True) for process in _PROCESSES},
    "flat_descriptors": Name("", 1, must=True),
    "flat_disk": Name("MB", 1, must=True),
    "flat_visit_s": Name("s"),
}
"""How much grew while the visits came and went: MB (10⁶ bytes) of a process's own memory, open
descriptors of the three processes together, MB on disk, in the run directory and in :data:`PLACES`.
``flat_visit_s``: how long one visit took, with its start and end."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What outlives visits, at one moment. ``memory``: MB by process."""

    memory: dict[str, float]
    descriptors: int
    disk: float


def run(quick: bool, number: int) -> dict[str, Figure]:
    """See :func:`measure`; a quick bench has forty visits at most."""
    return measure(FlatScale.of(min(number, 40) if quick else number))


def measure(scale: FlatScale, here: demo.DemoPlace | None = None) -> dict[str, Figure]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`. ``here``: see
    :func:`kiosk.workshop.bench.visits.placed`."""
    if scale.visits // scale.every < LEAST:
        raise BenchError(f"{scale.visits} visits are too few to tell what stays of them")
    looks: list[Survey] = []
    with visits.placed(here) as place:
        trace = visits.TraceReader(place.directory / "trace")
        trace.plan({"stories": ["short"], "rounds": 0, "settle_s": 0.0})
        pace = replace(visits.QUICK, rest_s=0.0)
        with visits.keeper_of(place, trace, pace, places(place.directory)) as (keeper, _):
            log = KeeperLog(place.directory / "keeper.log")
            log.await_visits(1)
            began = time.monotonic()
            for ended in range(scale.every, scale.visits + 1, scale.every):
                log.await_visits(ended)
                looks.append(look(keeper, log.started, place.directory))
            took = (time.monotonic() - began) / (scale.visits - 1)
    return {**grown(looks), "flat_visit_s": Figure((took,))}


def places(directory: Path) -> dict[str, str]:
    """An environment whose :data:`PLACES` are below ``directory``; makes them."""
    found = {name: directory / name.lower() for name in PLACES}
    for path in found.values():
        path.mkdir(mode=0o700, exist_ok=True)
    return {name: str(path) for name, path in found.items()}


def grown(looks: Sequence[Survey]) -> dict[str, Figure]:
    """By how much the last quarter of ``looks`` exceeds the second."""
    values = {
        **{f"flat_memory_{name}": [one.memory[name] for one in looks] for name in _PROCESSES},
        "flat_descriptors": [float(one.descriptors) for one in looks],
        "flat_disk": [one.disk for one in looks],
    }
    quarter = len(looks) // 4
    return {
        name: Figure((statistics.median(v[-quarter:]) - statistics.median(v[quarter:][:quarter]),))
        for name, v in values.items()
    }


class KeeperLog:
    """Follows the log of a keeper. ``started``: process ids by what the keeper started last."""

    def __init__(self, path: Path) -> None:
        self.started: dict[str, int] = {}
        self._ended = 0
        self._path = path
        self._read = 0  # bytes, to the end of a line

    def await_visits(self, number: int) -> None:
        """Wait until ``number`` visits have ended. Raises :class:`BenchError` when one failed, or
        none ended for :data:`PATIENCE_S`."""
        until = time.monotonic() + PATIENCE_S
        while self._ended < number:
            before = self._ended
            for line in self._lines():
                self._take(line)
            if self._ended > before:
                until = time.monotonic() + PATIENCE_S
            elif time.monotonic() > until:
                raise BenchError(f"waited in vain for visit {self._ended + 1} to end")
            else:
                time.sleep(0.02)

    def _lines(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            file.seek(self._read)
            *lines, rest = file.read().split(b"\n")
            self._read = file.tell() - len(rest)
        return (line.decode(errors="replace") for line in lines)

    def _take(self, line: str) -> None:
        if any(f": {fault.sentence}" in line for fault in _FAULTS):
            raise BenchError(f"what outlives visits cannot be told after {line}")
        self._ended += f": {events.VISIT_OVER.sentence} " in line
        for name in ("fork server", "committer"):
            if found := re.search(rf": {name} started pid=(\d+)", line):
                self.started[name.replace(" ", "_")] = int(found[1])


def look(keeper: int, started: dict[str, int], directory: Path) -> Survey:
    """Look at the three processes and at the disk. Raises :class:`BenchError`."""
    pids = {"keeper": keeper, **started}
    try:
        memory = {name: anonymous_mb(pid) for name, pid in pids.items()}
        descriptors = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids.values())
    except OSError as error:
        raise BenchError("a process died while it was watched") from error
    return Survey(memory, descriptors, disk_mb(directory))


def anonymous_mb(pid: int) -> float:
    """The memory that is no file's, in MB: forks that come and go do not change how it counts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchError("the kernel does not tell how much memory a process has")


def disk_mb(directory: Path) -> float:
    """What the terminal has written, in MB. A file that goes meanwhile counts as nothing."""
    size = 0
    for path in directory.rglob("*"):
        if path.relative_to(directory).parts[0] not in OF_THE_BENCH:
            with contextlib.suppress(FileNotFoundError):
                size += path.lstat().st_blocks * 512
    return size / 1e6
