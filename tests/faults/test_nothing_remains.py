"""After a whole visit nothing of the citizen is left: in memory, on disk, in a log, on the wire.

The short day of ``tests/privacy``: a synthetic citizen looks, prints and withdraws at the real
keeper, fork server, committer and visits. What plays the world (the stand-in centre and the
emulated hardware, each in its own process) is not looked at.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.privacy.day import PrivacyReport


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> PrivacyReport:
    """The citizen has left; the next visit is on the screen, a standby is ready."""
    file = tmp_path_factory.mktemp("privacy") / "report.json"
    command = [sys.executable, "-m", "tests.privacy", "--short", "--report", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert file.exists(), done.stdout + done.stderr
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return PrivacyReport(**told)


def test_nothing_of_the_citizen_is_found(day: PrivacyReport) -> None:
    assert not day.leaks


def test_every_seeded_leak_is_found(day: PrivacyReport) -> None:
    """In every process, every directory, the log and the wire, in every form: else the search would
    be blind."""
    assert not day.blind


def test_the_search_finds_the_citizen_while_they_are_there(day: PrivacyReport) -> None:
    theirs = {each.removeprefix("P04's ").split()[0] for each in day.in_the_visit}
    assert {"name", "number", "phone", "account"} <= theirs


def test_everything_that_outlives_a_visit_was_searched(day: PrivacyReport) -> None:
    processes = {"keeper", "fork server", "committer", "standby", "visit", "nursery of the visit"}
    assert processes <= day.searched.keys()
    assert day.searched["keeper"] > 1 << 22
    assert day.values >= 9


def test_the_visit_is_dead_and_so_is_its_memory(day: PrivacyReport) -> None:
    assert not day.undead
    assert day.log.count(" visit shown ") == 2


def test_the_terminal_speaks_to_nobody_else(day: PrivacyReport) -> None:
    if day.uncaptured:
        pytest.skip("this machine lets no user make a network namespace (user_namespaces(7))")
    assert day.searched["wire"] > 10_000, "the printers were spoken to"
    assert not day.strangers


def test_the_log_holds_events_and_no_handle(day: PrivacyReport) -> None:
    assert "visit begun" in day.log, "visits write to the same stream"
    assert "GET /v1/accounts/{id}/ledger" in day.log
    assert "Traceback" not in day.log
    operations = set(re.findall(r"operation=([0-9a-f]{32})", day.log))
    assert set(re.findall(r"\b[0-9a-f]{32}\b", day.log)) == operations, "no handle, no session id"


def test_the_audit_log_holds_the_login_of_each_citizen(day: PrivacyReport) -> None:
    assert day.audit[0].startswith("login-begun id-card")
    assert "login-proved proved:sms" in day.audit
    assert day.audit[-1] == "login-ended left"


def test_the_window_system_learns_nothing(day: PrivacyReport) -> None:
    assert set(day.desktop) == {"", "Kiosk"}, "titles of the window, texts of the clipboard"


def test_the_x_server_holds_nothing(day: PrivacyReport) -> None:
    if day.unasked:
        pytest.skip(day.unasked)
    assert day.searched["X server"] > 1 << 22
    assert day.pictures, "stretches of the pages with what is the citizen's"


def test_no_process_leaves_a_core_file(day: PrivacyReport) -> None:
    assert set(day.core_limits.values()) == {"0 0"}


@pytest.mark.parametrize(("production", "dumpable"), [(True, 0), (False, 1)])
def test_in_production_a_visit_s_memory_is_nobody_s(production: bool, dumpable: int) -> None:
    """A core that is piped to a handler obeys no limit: PR_SET_DUMPABLE stops that one too."""
    program = f"""
import ctypes, resource
from ui.app import keep_memory_private
keep_memory_private(production={production})
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.split() == [str(dumpable)]
