"""Lets every device fail in every way at every step of a visit, and judges what the citizen gets.

A case is a fault and the step at which it begins. The citizen goes on as citizens do: presses what
is next, tries again or goes home where a page offers both, takes the paper, leaves. The visits,
their keeper and their screen are real, and so are the drivers; see :mod:`kiosk.bench.stand`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from kiosk.bench.cases import USED_AT, Case, cases
from kiosk.bench.figures import BenchError, Figure, Name
from kiosk.bench.stand import stand
from kiosk.bench.trial import Trial, Verdict

NAMES: Mapping[str, Name] = {
    "faults_run": Name(""),
    "fault_stall": Name("ms", 100, floor="floor_stall"),
    "fault_to_page": Name("ms"),
    "fault_stalled": Name("", 1, must=True),
    "fault_without_page": Name("", 1, must=True),
    "fault_paper_lost": Name("", 1, must=True),
    "fault_paper_twice": Name("", 1, must=True),
    "fault_bugs": Name("", 1, must=True),
    "floor_stall": Name("ms"),
}
"""All figures of this part.

* ``faults_run``: cases that were run to their end
* ``fault_stall``: the longest that the screen stood still during each case, see :mod:`ui.watch`;
  ``floor_stall``: the same during rounds without any fault
* ``fault_stalled``: cases where it stood still for 100 ms more than that
* ``fault_to_page``: from the need of the device, or from the fault when that came later, to the
  page that names it; the printer's own patience with whoever could mend it (0.5 s here) is in it
* ``fault_without_page``: cases where the citizen did not read what was wrong, or read of something
  that they did not need
* ``fault_paper_lost``, ``fault_paper_twice``: cases after which the paper that came out was less or
  more than what the citizen and the centre were told; the same paper a second time
* ``fault_bugs``: cases with a bug, a death or a frozen screen in the log
"""


def run(quick: bool) -> dict[str, Figure]:
    """Try all cases on two stands, or a sample. What failed is said on stderr, a line each.

    Raises :class:`BenchError` when the trial itself does not work.
    """
    chosen = cases()[::13] if quick else cases()
    return figures(*try_all(chosen, stands=2, calm=1 if quick else 3))


def try_all(
    chosen: Sequence[Case], *, stands: int = 1, calm: int = 1
) -> tuple[list[Verdict], list[float]]:
    """The verdicts on ``chosen``, and the stalls of ``calm`` rounds on each stand before."""

    def one(number: int) -> tuple[list[Verdict], list[float]]:
        mine = chosen[number::stands]
        devices = {case.fault.device for case in mine}
        with stand(bystanders=not devices <= USED_AT.keys()) as its:
            trial = Trial(its, mine, calm)
            trial.run()
            return trial.verdicts, trial.calm_stalls

    with ThreadPoolExecutor(stands) as pool:
        found = list(pool.map(one, range(stands)))
    return [v for verdicts, _ in found for v in verdicts], [s for _, each in found for s in each]


def figures(verdicts: Sequence[Verdict], calm: Sequence[float]) -> dict[str, Figure]:
    """What :data:`NAMES` says, and a line on stderr for every case that failed."""
    floor = Figure(tuple(calm)).median
    for verdict in verdicts:
        if verdict.stall_ms > floor + 100:
            said = f"the screen stood still for {verdict.stall_ms:.0f} ms"
            verdict.complaints.append(("fault_stalled", said))
        for _, complaint in verdict.complaints:
            print(f"bench: {verdict.case}: {complaint}", file=sys.stderr)

    def count(name: str) -> Figure:
        return Figure((float(sum(name in dict(v.complaints) for v in verdicts)),))

    to_page = tuple(v.to_page_ms for v in verdicts if v.to_page_ms is not None)
    if not to_page:
        raise BenchError("no fault was met")
    counted = [name for name, kind in NAMES.items() if kind.must]
    return {
        "faults_run": Figure((float(len(verdicts)),)),
        "fault_stall": Figure(tuple(verdict.stall_ms for verdict in verdicts)),
        "fault_to_page": Figure(to_page),
        **{name: count(name) for name in counted},
        "floor_stall": Figure(tuple(calm)),
    }
