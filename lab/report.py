"""The results of a run: read from the lines that the guest wrote, printed as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

CASES, EXIT = "cases.jsonl", "exit"


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its file, and its device (a driver of the kernel, or a device class)."""

    file: str
    test: str
    device: str
    held: bool
    seconds: float

    @property
    def on(self) -> str:
        """The device; a test without one is named by its file: ``test_tpm`` gives ``tpm``."""
        return self.device.partition(":")[0] or self.file.removeprefix("test_")


@dataclass(frozen=True, slots=True)
class LabReport:
    """``ended``: the exit status of pytest, empty where the guest died before."""

    cases: tuple[Case, ...]
    ended: str

    @property
    def finished(self) -> bool:
        """Whether pytest came to its end, so that every result was written."""
        return self.ended in ("0", "1")

    @property
    def well(self) -> bool:
        return self.finished and bool(self.cases) and all(case.held for case in self.cases)


def read(out: Path) -> LabReport:
    """Read the guest's files in ``out``; an incomplete last line is left out."""
    lines = (out / CASES).read_text(encoding="utf-8").split("\n") if (out / CASES).exists() else []
    ended = (out / EXIT).read_text().strip() if (out / EXIT).exists() else ""
    return LabReport(tuple(Case(**json.loads(line)) for line in lines[:-1]), ended)


def last_lines(console: Path, count: int = 15) -> str:
    """The last lines that the guest's kernel and init have said: why a guest died."""
    if not console.exists():
        return ""
    lines = console.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line.rstrip()}" for line in lines[-count:])


def text(report: LabReport) -> str:
    """A row for every device, then a line for every failed test."""
    if not report.cases and not report.finished:
        return "no test has run: " + (
            f"pytest ended with {report.ended}, see pytest.txt"
            if report.ended
            else "the guest died before, see console.txt"
        )
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
    """The line that the guest writes for ``case``."""
    return json.dumps(asdict(case), ensure_ascii=False) + "\n"
