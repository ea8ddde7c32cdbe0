"""What came of a run, read from the lines that the guest wrote, and as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

CASES, EXIT = "cases.jsonl", "exit"


@dataclass(frozen=True, slots=True)
class Case:
    """One test: of which file, on which device (a driver of the kernel, or a class)."""

    file: str
    test: str
    device: str
    held: bool
    seconds: float

    @property
    def on(self) -> str:
        """The device; what has none of its own goes by its file: ``test_tpm`` is of the TPM."""
        return self.device.partition(":")[0] or self.file.removeprefix("test_")


@dataclass(frozen=True, slots=True)
class LabReport:
    """``finished``: the tests came to their end, and none failed in silence."""

    cases: tuple[Case, ...]
    finished: bool

    @property
    def well(self) -> bool:
        return self.finished and bool(self.cases) and all(case.held for case in self.cases)


def read(out: Path) -> LabReport:
    """From what the guest wrote so far; a line that was cut off is left out."""
    lines = (out / CASES).read_text(encoding="utf-8").split("\n") if (out / CASES).exists() else []
    ended = (out / EXIT).read_text().strip() if (out / EXIT).exists() else ""
    return LabReport(tuple(Case(**json.loads(line)) for line in lines[:-1]), ended in ("0", "1"))


def text(report: LabReport) -> str:
    """A row for every device, then what failed, a line each."""
    rows = ["", f"{'device':<12}{'held':>6}{'of':>5}{'seconds':>10}"]
    for device in dict.fromkeys(case.on for case in report.cases):
        cases = [case for case in report.cases if case.on == device]
        rows.append(_row(device, cases))
    rows.append(_row("all", report.cases))
    failed = [case for case in report.cases if not case.held]
    rows += [f"failed: {case.on}: {case.file}.{case.test}[{case.device}]" for case in failed]
    if not report.finished:
        rows.append("the tests did not come to their end: pytest.txt tells more")
    return "\n".join(rows)


def _row(name: str, cases: Sequence[Case]) -> str:
    held, seconds = sum(case.held for case in cases), sum(case.seconds for case in cases)
    return f"{name:<12}{held:>6}{len(cases):>5}{seconds:>10.1f}"


def line(case: Case) -> str:
    """How the guest writes one."""
    return json.dumps(asdict(case), ensure_ascii=False) + "\n"
