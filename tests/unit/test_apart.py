"""Collects processes that are killed, also one that outlasts its kill."""

from __future__ import annotations

import subprocess
import threading

import pytest

from drivers.hosting import apart
from tests.waiting import until


class OutlastingProcess(subprocess.Popen[bytes]):
    """A process that cannot be collected before ``may_die``."""

    def __init__(self) -> None:
        super().__init__(["sleep", "60"])
        self.may_die = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        if not self.may_die.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return super().wait(timeout)


def test_a_process_that_is_killed_is_collected() -> None:
    process = subprocess.Popen(["sleep", "60"])
    apart.end_apart(process)
    assert process.returncode == -9


def test_a_process_that_outlasts_its_kill_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "DYING_S", 0.01)
    process = OutlastingProcess()
    apart.end_apart(process)
    assert process.returncode is None
    process.may_die.set()
    until(lambda: process.returncode == -9)
