"""What a visit imports, and in which order: PySide6 last, and nothing that a fork cannot carry."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.identity.face import models
from ui import loading

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
TWICE = """
import sys
from pathlib import Path
from kiosk.services import added
from ui import loading
named = []
added.add = named.append
settings = Path(sys.argv[1])
loading.load(settings)
loading.load(settings, later=False)  # in a visit that was forked
assert named == [()], named
settings.write_text(settings.read_text().replace("T0001", "T0002"))
loading.load(settings, later=False)
assert named == [(), ()], named
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


def printed(place: Path, program: str, more_settings: str = "", given: str = SETTINGS) -> str:
    """What ``program``, which must end well, prints when it is told where the settings lie."""
    settings = place / "terminal.toml"
    settings.write_text(given + more_settings)
    done = subprocess.run(
        [sys.executable, "-c", program, str(settings)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", [BARE, AHEAD], ids=["bare", "ahead"])
def test_pyside_is_imported_last(tmp_path: Path, program: str) -> None:
    """Its import hook keeps the source text of every module that is imported afterwards."""
    modules: list[str] = json.loads(printed(tmp_path, program + SAY))
    assert "kiosk.terminal.terminal" in modules
    afterwards = modules[modules.index("PySide6") :]
    assert "ui.visit_app" in afterwards
    rooms = [name.partition(".")[0] for name in afterwards]
    expected = sys.stdlib_module_names | set(WITH_QT)
    assert [
        name for name, room in zip(afterwards, rooms, strict=True) if room not in expected
    ] == []


def test_what_drivers_in_processes_share_and_what_they_do_not(tmp_path: Path) -> None:
    """What talks to a daemon is loaded in the driver's process; so are OpenCV and numpy, 19 MB that
    a terminal at rest does not need."""
    modules: list[str] = json.loads(printed(tmp_path, AHEAD + SAY, CAMERA))
    assert {"drivers.camera.opencv", "drivers.smart_card.emv"} < set(modules)
    assert {"smartcard", "drivers.smart_card.winscard", "cv2", "numpy"}.isdisjoint(modules)


def test_a_terminal_loads_no_library_of_a_device_that_it_does_not_have(tmp_path: Path) -> None:
    without = SETTINGS.replace('profile = "supermarket"', "")
    modules: list[str] = json.loads(printed(tmp_path, AHEAD + SAY, given=without))
    assert {"escpos", "pymodbus", "serial", "smartcard", "websockets"}.isdisjoint(modules)
    profiles: list[str] = json.loads(printed(tmp_path, AHEAD + SAY))
    assert {"escpos", "pymodbus", "serial"} <= set(profiles)


def test_nothing_guesses_the_character_set_of_a_text(tmp_path: Path) -> None:
    """The centre's client asks requests for bytes only; its tables are 1.4 MB."""
    modules: list[str] = json.loads(printed(tmp_path, AHEAD + SAY))
    assert "requests" in modules
    assert {"charset_normalizer", "chardet"}.isdisjoint(modules)


MAPPED = "\nprint(Path('/proc/self/maps').read_text())"


def test_what_the_first_page_opens_is_linked_before_the_fork(tmp_path: Path) -> None:
    out = printed(tmp_path, AHEAD + MAPPED)
    libraries = {Path(line.split()[-1]).name for line in out.splitlines() if "/" in line}
    linked = {Path(name).name for name in loading.OPENED_BY_PAGES}
    assert linked | {"libQt6QuickShapes.so.6", "libQt6QuickTemplates2.so.6"} <= libraries


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


READ = """
from importlib import resources
from kiosk.centre import codes
from kiosk.words import Language, translate
resources.files = None
assert codes.word("A.6", "01").zh == "正常"
assert translate("返回", Language.EN) == "Back"
"""


def test_words_are_read_before_the_fork(tmp_path: Path) -> None:
    printed(tmp_path, AHEAD + READ)


FITTED = """
from kiosk.identity.face import booth, models
models._read = None
assert booth.missing_models(Path(sys.argv[1]).parent / "models") == models.LIVENESS
"""


def test_the_models_of_face_capture_are_read_before_the_fork(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for name in models.LIVENESS:
        (folder / name).write_bytes(b"other bytes")
    printed(tmp_path, AHEAD + FITTED, f'{CAMERA}[face]\nmodels = "{folder}"\n')


def test_a_forked_visit_has_what_was_loaded_for_the_same_settings(tmp_path: Path) -> None:
    """To load again would write to pages that visits share: 7 MB in each."""
    printed(tmp_path, TWICE)


def test_the_import_hook_is_gone_afterwards(tmp_path: Path) -> None:
    """It read the source of a module that came before, as soon as a function imported it again:
    1.3 MB in each forked process for its ``import ssl``."""
    printed(tmp_path, HOOK)
