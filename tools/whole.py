"""The files whose every line and branch the tests run.

``python -m tools.whole`` runs the tests below under coverage.py and names each line and branch that
they miss.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"

WHOLE: dict[str, tuple[str, ...]] = {
    "kiosk/keeper/channel.py": ("tests/unit/test_channel.py",),
    "kiosk/keeper/clean_file.py": ("tests/unit/test_clean_file.py",),
    "kiosk/keeper/committer_process.py": (
        "tests/faults/test_committer_watch.py",
        "tests/unit/test_keeper_lines.py",
    ),
    "kiosk/keeper/fork_server.py": (
        "tests/unit/test_forking.py",
        "tests/faults/test_fork_server.py",
        "tests/unit/test_keeper_lines.py",
    ),
    "kiosk/keeper/forking.py": ("tests/unit/test_forking.py",),
    "kiosk/keeper/lean.py": ("tests/unit/test_forking.py", "tests/unit/test_lean.py"),
    "kiosk/keeper/nursery.py": ("tests/unit/test_nursery.py",),
    "kiosk/keeper/twice.py": ("tests/unit/test_forking.py", "tests/unit/test_nursery.py"),
    "kiosk/keeper/keeper.py": (
        "tests/faults/test_keeper.py",
        "tests/faults/test_fork_server.py",
        "tests/faults/test_committer_watch.py",
        "tests/faults/test_poster.py",
        "tests/unit/test_keeper_lines.py",
        "tests/unit/test_poster_lines.py",
    ),
    "kiosk/keeper/poster_process.py": (
        "tests/faults/test_poster.py",
        "tests/unit/test_poster_lines.py",
    ),
    "kiosk/keeper/rising.py": ("tests/faults/test_poster.py", "tests/unit/test_poster_lines.py"),
    "kiosk/keeper/kept_process.py": (
        "tests/unit/test_visit_process.py",
        "tests/faults/test_keeper.py",
        "tests/faults/test_fork_server.py",
    ),
    "kiosk/keeper/sole.py": ("tests/unit/test_sole_keeper.py",),
    "kiosk/keeper/systemd.py": ("tests/faults/test_keeper.py",),
    "kiosk/keeper/visit_process.py": (
        "tests/unit/test_visit_process.py",
        "tests/faults/test_keeper.py",
    ),
    "kiosk/centre/headlines.py": ("tests/unit/test_headlines.py",),
    "kiosk/audit/chain.py": ("tests/unit/test_audit.py", "tests/unit/test_journal.py"),
    "kiosk/audit/verify.py": ("tests/unit/test_audit.py",),
    "kiosk/operations/rows.py": ("tests/unit/test_journal.py",),
    "kiosk/operations/journal.py": ("tests/unit/test_journal.py",),
    "kiosk/operations/committer.py": ("tests/unit/test_committer.py",),
    "kiosk/visit/visit.py": (
        "tests/unit/test_visit.py",
        "tests/unit/test_undertaking.py",
        "tests/services/test_account.py",
        "tests/services/test_certificate.py",
        "tests/services/test_public.py",
        "tests/services/test_sign_in.py",
        "tests/services/test_ways.py",
        "tests/services/test_clerk.py",
    ),
    "kiosk/visit/money.py": ("tests/unit/test_money.py",),
    "kiosk/visit/undertaking.py": (
        "tests/unit/test_undertaking.py",
        "tests/services/test_changes.py",
        "tests/services/test_receipts_of_operations.py",
        "tests/services/test_spouse_consent.py",
        "tests/services/test_clerk.py",
    ),
    "kiosk/visit/clerk_approval.py": ("tests/services/test_clerk.py",),
    "kiosk/visit/phone_consent.py": ("tests/services/test_changes.py",),
    "kiosk/visit/evidence_ways.py": ("tests/services/test_changes.py",),
    "kiosk/visit/face_consent.py": ("tests/services/test_changes.py",),
    "kiosk/visit/replay.py": ("tests/unit/test_replay.py", "tests/unit/test_undertaking.py"),
    "kiosk/privacy.py": ("tests/unit/test_privacy.py",),
    "kiosk/centre/client.py": (
        "tests/contract/test_centre_client.py",
        "tests/faults/test_centre_wire.py",
        "tests/services/test_face.py",
    ),
    "kiosk/centre/transport.py": (
        "tests/contract/test_centre_client.py",
        "tests/faults/test_centre_wire.py",
    ),
    "kiosk/centre/answers.py": (
        "tests/contract/test_centre_client.py",
        "tests/faults/test_centre_wire.py",
    ),
    "kiosk/centre/operations_client.py": ("tests/contract/test_operations_client.py",),
    "kiosk/centre/commit_client.py": (
        "tests/contract/test_operations_client.py",
        "tests/contract/test_audit_heads.py",
    ),
    "kiosk/papers/sealed.py": ("tests/unit/test_sealed.py",),
    "kiosk/papers/checker.py": ("tests/contract/test_checker.py",),
}
"""Each file that must be whole, and the test files that must reach all of it."""


def coverage() -> int:
    """Run the tests of all files at once; 0 when they pass and every file is whole."""
    data = BUILD / "coverage"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    where = f"--data-file={data / 'data'}"
    tests = sorted({test for tests in WHOLE.values() for test in tests})
    files = ",".join(str(ROOT / file) for file in WHOLE)
    # setup.cfg says that coverage.py also follows the processes that the tests start.
    done = _coverage(
        "run", where, f"--include={files}", "-m", "pytest", "-q", "-n2", "--dist=loadfile", *tests
    )
    if done:
        return done
    report = data / "report.json"
    # A process that was killed while it wrote its data left half a file: coverage.py warns of it.
    _coverage("combine", "--quiet", where, quiet=True)
    _coverage("json", "--quiet", where, f"--include={files}", "-o", str(report), quiet=True)
    measured = json.loads(report.read_text(encoding="utf-8"))["files"]
    found = [hole for file in WHOLE for hole in holes(file, measured.get(file))]
    print("\n".join(found) or f"{len(WHOLE)} files, every line and branch of them is tested")
    return int(bool(found))


def _coverage(*arguments: str, quiet: bool = False) -> int:
    command = [sys.executable, "-m", "coverage", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=quiet, text=True)
    if quiet and done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.returncode


def holes(file: str, measured: dict[str, list[Any]] | None) -> list[str]:
    """What the tests do not reach in ``file``, as ``file:line: why``."""
    if measured is None:
        return [f"{file}:1: no test runs this file"]
    lines = [f"{file}:{line}: never run" for line in measured["missing_lines"]]
    for start, end in measured["missing_branches"]:
        to = f"line {end}" if end > 0 else "the end"
        lines.append(f"{file}:{start}: never goes on to {to}")
    return lines


if __name__ == "__main__":
    sys.exit(coverage())
