"""Every result as a line of JSON for outside, as soon as it is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract import test_contract as contract

CASES = Path("/out/cases.jsonl")
contract.SOON_S = 60.0  # an emulated processor


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What failed, in whatever phase, and a call that passed."""
    if report.failed or report.when == "call":
        test, _, rest = report.nodeid.partition("::")[2].partition("[")
        case = {
            "file": Path(report.fspath).stem,
            "test": test,
            "device": rest.rstrip("]"),
            "held": report.passed,
            "seconds": round(report.duration, 2),
        }
        with CASES.open("a", encoding="utf-8") as file:
            file.write(json.dumps(case) + "\n")
