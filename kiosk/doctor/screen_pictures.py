"""Has the terminal's own pages drawn for the acceptance report: the test page, never another."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from drivers.sentence import en
from kiosk.doctor.acceptance import TrialPrint

SECONDS = 60.0


class NotDrawn(Exception):
    """There is no picture of the test page: one sentence why."""


def trial_page(file: Path) -> TrialPrint:
    """The test page as the terminal with the settings in ``file`` draws it. The pages are drawn in
    a process of their own: the doctor loads no Qt. Raises :class:`NotDrawn`."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "screen.png"
        # -P: root may call the doctor from a folder of somebody else, with an `ui` of its own.
        command = [sys.executable, "-P", "-m", "ui.trial_page", str(file), str(drawn)]
        try:
            subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
            png = drawn.read_bytes()
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines()
            raise NotDrawn(said[-1] if said else str(error)) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotDrawn(str(error)) from error
    return TrialPrint("屏幕试看页", png, en("as this terminal's own program draws it"))
