"""Every result as a line of JSON for outside, as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.guest.stand import monitor
from lab.report import CASES, Case, line
from tests.contract import test_contract as contract

OUT = Path("/out")
contract.SOON_S = 60.0  # an emulated processor


@pytest.fixture(scope="session", autouse=True)
def _monitor() -> Iterator[None]:
    yield
    if monitor.cache_info().currsize:
        monitor().close()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What failed, in whatever phase, and a call that passed."""
    if report.failed or report.when == "call":
        test, _, rest = report.nodeid.partition("::")[2].partition("[")
        seconds = round(report.duration, 2)
        case = Case(Path(report.fspath).stem, test, rest.rstrip("]"), report.passed, seconds)
        with (OUT / CASES).open("a", encoding="utf-8") as file:
            file.write(line(case))
