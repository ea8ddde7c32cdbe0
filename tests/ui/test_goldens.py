"""No page changes its picture by accident; where no picture is known, drawing is at least exact."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.ui import goldens

DRAWINGS = 4
"""A large letter is drawn as the ones before it were, and a busy machine leaves frames out: a page
that looks in one of so many drawings as it did has not changed."""


def test_the_pages_look_as_they_did() -> None:
    known = goldens.known()
    now = _in_a_fresh_process()
    if known is None:
        assert now == _in_a_fresh_process()
        print(f"no pictures are known for {goldens.fingerprint()}: run make goldens, look, commit")
        return
    changed = differing(now, known)
    for _again in range(DRAWINGS - 1):
        if not changed:
            break
        changed &= differing(_in_a_fresh_process(), known)
    assert not changed, "look at them with make goldens: " + ", ".join(sorted(changed))


def differing(now: dict[str, str], known: dict[str, str]) -> set[str]:
    """The pages that are new, gone, or drawn otherwise."""
    return {name for name in now.keys() | known.keys() if now.get(name) != known.get(name)}


def _in_a_fresh_process() -> dict[str, str]:
    """The same pages in the same order: a large letter is drawn as the ones before it were."""
    command = [sys.executable, "-m", "tests.ui.goldens", "--hashes"]
    done = subprocess.run(command, cwd=goldens.ROOT, capture_output=True, check=True, timeout=120)
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes
