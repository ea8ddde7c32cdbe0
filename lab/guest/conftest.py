"""Writes every test's result for the host as a line of JSON, as soon as the test ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.hosting import process_host
from lab.guest.stand import monitor
from lab.report import CASES, Case, line

OUT = Path("/out")
# The emulated processor is slow: on a busy host, an interpreter with OpenCV starts in 12 s.
process_host.START_S = 30.0


@pytest.fixture(scope="session", autouse=True)
def _monitor() -> Iterator[None]:
    yield
    if monitor.cache_info().currsize:
        monitor().close()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note every failure, of any phase, and every call that passed."""
    if report.failed or report.when == "call":
        test, _, rest = report.nodeid.partition("::")[2].partition("[")
        seconds = round(report.duration, 2)
        case = Case(Path(report.fspath).stem, test, rest.rstrip("]"), report.passed, seconds)
        with (OUT / CASES).open("a", encoding="utf-8") as file:
            file.write(line(case))
