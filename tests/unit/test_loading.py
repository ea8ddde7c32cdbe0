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
