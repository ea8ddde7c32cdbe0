"""No page changes its picture by accident; where no picture is known, drawing is at least exact."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.ui import goldens


def test_the_pages_look_as_they_did() -> None:
    known = goldens.known()
    now = _in_a_fresh_process()
    if known is None:
        assert now == _in_a_fresh_process()
        print(f"no pictures are known for {goldens.fingerprint()}: run make goldens, look, commit")
        return
    changed = sorted(name for name in now.keys() | known.keys() if now.get(name) != known.get(name))
    assert not changed, "look at them with make goldens: " + ", ".join(changed)


def _in_a_fresh_process() -> dict[str, str]:
    """The same pages in the same order: a large letter is drawn as the ones before it were."""
    command = [sys.executable, "-m", "tests.ui.goldens", "--hashes"]
    done = subprocess.run(command, cwd=goldens.ROOT, capture_output=True, check=True, timeout=120)
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes
