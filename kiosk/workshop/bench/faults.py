"""Lets every device fail in every way at every step of a visit, and judges what the citizen gets.

A case is a fault and the step at which it begins. The played citizen behaves as citizens do:
presses the next button, tries again or goes home where a page offers both, takes the paper, leaves.
The visits, their keeper, their screen and the drivers are real; see
:mod:`kiosk.workshop.bench.stand`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from kiosk.workshop.bench.cabinets import BranchCabinet, Kiosk
from kiosk.workshop.bench.cases import USED_AT, FaultCase, cases
from kiosk.workshop.bench.figures import BenchError, Figure, Name
from kiosk.workshop.bench.stand import stand
from kiosk.workshop.bench.trial import CaseTrial, CaseVerdict

NAMES: Mapping[str, Name] = {
    "faults_run": Name(""),
    "faults_met": Name(""),
    "fault_stall": Name("ms", 100, floor="floor_stall"),
    "fault_to_page": Name("ms"),
    "fault_stalled": Name("", 1, must=True),
    "fault_without_page": Name("", 1, must=True),
    "fault_paper_lost": Name("", 1, must=True),
    "fault_paper_twice": Name("", 1, must=True),
    "fault_paper_others": Name("", 1, must=True),
    "fault_bugs": Name("", 1, must=True),
    "floor_stall": Name("ms"),
}
"""All figures of this part.

* ``faults_run``: cases that were run to their end; ``faults_met``: those of them where the citizen
  needed the device while the fault was on
* ``fault_stall``: the longest stall of the screen during each case, see :mod:`ui.robots.watch`;
  ``floor_stall``: the same during rounds without any fault
* ``fault_stalled``: cases with a stall that is more than 100 ms above the median of ``floor_stall``
* ``fault_to_page``: the time to the page that names the fault. The time begins when the citizen
  needs the device, or when the fault begins if that is later. It includes the ``patience_s`` of the
  document printer (0.5 s here), in which somebody could mend the printer
* ``fault_without_page``: cases where the citizen did not read what was wrong, or read about a
  device that they did not need
* ``fault_paper_lost``: cases after which more or less paper came out than the citizen and the
  centre were told; ``fault_paper_twice``: the same paper came out a second time
* ``fault_paper_others``: cases after which paper came out while nobody stood at the terminal, or
  the next citizen's paper bore another name or hung on an earlier slip
* ``fault_bugs``: cases with a bug, a death or a frozen screen in the log
"""


def run(quick: bool) -> dict[str, Figure]:
    """Try all cases; when ``quick``, every thirteenth. Prints a line on stderr for each complaint.

    Raises :class:`BenchError` when the trial itself does not work.
    """
    chosen = cases()[::13] if quick else cases()
    return figures(*try_all(chosen, calm=1 if quick else 3))


def try_all(chosen: Sequence[FaultCase], *, calm: int = 0) -> tuple[list[CaseVerdict], list[float]]:
    """The verdicts on ``chosen``, and the longest stalls (ms) of ``calm`` rounds without a fault,
    which each stand plays first.

    Three stands run side by side: two of the usual kind share their cases, the third is a bank's
    machine with the cases of that machine.
    """
    usual = [case for case in chosen if not case.fault.machine]
    bank = [case for case in chosen if case.fault.machine]
    shares = [share for share in (usual[::2], usual[1::2], bank) if share]

    def one(share: Sequence[FaultCase]) -> tuple[list[CaseVerdict], list[float]]:
        others = any(case.fault.device not in USED_AT for case in share)
        kiosk = partial(Kiosk, bystanders=others)
        with stand(BranchCabinet if share is bank else kiosk) as its:
            trial = CaseTrial(its, share, calm)
            trial.run()
            return trial.verdicts, trial.calm_stalls

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(one, shares))
    return [v for verdicts, _ in found for v in verdicts], [s for _, each in found for s in each]


def figures(verdicts: Sequence[CaseVerdict], calm: Sequence[float]) -> dict[str, Figure]:
    """The figures of :data:`NAMES`; prints a line on stderr for each complaint."""
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
        "faults_met": Figure((float(sum(verdict.met for verdict in verdicts)),)),
        "fault_stall": Figure(tuple(verdict.stall_ms for verdict in verdicts)),
        "fault_to_page": Figure(to_page),
        **{name: count(name) for name in counted},
        "floor_stall": Figure(tuple(calm)),
    }
