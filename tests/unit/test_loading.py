"""What a visit imports, and in which order: PySide6 last, and nothing that a fork cannot carry."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = """
terminal = "T0001"
profile = "supermarket"
production = false
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
"""
BARE = """
import sys
from kiosk import __main__
try:
    __main__.main(["visit", "--settings", sys.argv[1], "--channel", "99"])
except OSError:  # there is no such channel: by then everything is imported
    pass
"""
AHEAD = """
import sys
from pathlib import Path
from kiosk.keeper.twice import unfit
from ui import loading
loading.load(Path(sys.argv[1]))
assert unfit() == "", unfit()
"""
CAMERA = """
[devices.camera]
driver = "opencv"
device = "/dev/video0"
[devices.smart_card]
driver = "pcsc"
"""
SAY = "\nimport json\nprint(json.dumps(list(sys.modules)))"
WITH_QT = ("PySide6", "shiboken6", "shibokensupport", "ui")


@pytest.mark.parametrize("program", [BARE, AHEAD], ids=["bare", "ahead"])
def test_pyside_is_imported_last(tmp_path: Path, program: str) -> None:
    """Its import hook keeps the source text of every module that is imported afterwards."""
    settings = tmp_path / "terminal.toml"
    settings.write_text(SETTINGS)
    done = subprocess.run(
        [sys.executable, "-c", program + SAY, str(settings)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout)
    assert "kiosk.terminal.terminal" in modules
    afterwards = modules[modules.index("PySide6") :]
    assert "ui.visit_app" in afterwards
    rooms = [name.partition(".")[0] for name in afterwards]
    expected = sys.stdlib_module_names | set(WITH_QT)
    assert [
        name for name, room in zip(afterwards, rooms, strict=True) if room not in expected
    ] == []


def test_what_drivers_in_processes_share_and_what_they_do_not(tmp_path: Path) -> None:
    """Numbers and pictures are shared; what talks to a daemon is loaded in the driver's process."""
    settings = tmp_path / "terminal.toml"
    settings.write_text(SETTINGS + CAMERA)
    done = subprocess.run(
        [sys.executable, "-c", AHEAD + SAY, str(settings)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout)
    assert {"cv2", "drivers.camera.opencv", "drivers.smart_card.emv"} < set(modules)
    assert not {"smartcard", "drivers.smart_card.winscard"} & set(modules)
    assert modules.index("cv2") < modules.index("PySide6")


HOOK = """
import sys
from pathlib import Path
from ui import loading
before = __import__
loading.load(Path(sys.argv[1]), later=False)
assert __import__ is before
import ssl, linecache  # imported long before
assert ssl.__file__ not in linecache.cache
"""


def test_the_import_hook_is_gone_afterwards(tmp_path: Path) -> None:
    """It read the source of a module that came before, as soon as a function imported it again:
    1.3 MB in each forked process for its ``import ssl``."""
    settings = tmp_path / "terminal.toml"
    settings.write_text(SETTINGS)
    done = subprocess.run(
        [sys.executable, "-c", HOOK, str(settings)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
