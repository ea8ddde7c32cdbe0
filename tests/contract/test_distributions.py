"""Two distributions from one tree; the terminal's alone serves, installed as in the field."""

from __future__ import annotations

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import requests

from drivers.device import Kind
from drivers.emulators.rig import Remote
from drivers.emulators.smart_cards import pcscd
from kiosk import settings
from kiosk.keeper.channel import Alone, Begun, KeeperEnd, Live, Ready, Shown
from kiosk.workshop import demo, robots
from kiosk.workshop.sandbox import personas
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".terminal"
WORKSHOP = ("kiosk/workshop/*", "drivers/emulators/*", "ui/desk/*", "ui/robots/*")
NOT_SHIPPED = (
    "assets/openapi.json",  # for a centre
    "assets/sounds/make_sounds.py",
    "assets/translations/*.po",  # the terminal reads what is compiled from them
    "assets/xfs4iot/*",  # what messages are held against in tests
)


@pytest.fixture(scope="module")
def installed() -> Path:
    """The commands of the terminal's own environment, brought up to date with this tree."""
    subprocess.run([sys.executable, ROOT / "tools" / "install_terminal.py"], check=True)
    return PLACE / "bin"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=outside(), capture_output=True, text=True, check=False
    )


def outside(**more: str) -> dict[str, str]:
    """The environment of a process that shall find nothing of this tree."""
    found = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return found | {"QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"} | more


# -- what is in them ------------------------------------------------------------------------------


def files_of(wheel: str) -> set[str]:
    (path,) = (PLACE / "wheels").glob(f"{wheel}-*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def test_every_file_is_in_one_wheel_and_the_workshop_in_none_of_a_terminal(installed: Path) -> None:
    terminal, workshop = files_of("provident_kiosk"), files_of("provident_kiosk_workshop")
    tree = {
        path.relative_to(ROOT).as_posix()
        for folder in ("assets", "drivers", "kiosk", "ui")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }
    assert workshop == {name for name in tree if fits(name, WORKSHOP)}
    assert terminal == {name for name in tree if not fits(name, (*WORKSHOP, *NOT_SHIPPED))}


def needs_of(setup_cfg: str) -> set[str]:
    """The names that a distribution's ``install_requires`` lists."""
    config = ConfigParser()
    config.read(ROOT / setup_cfg, encoding="utf-8")
    lines = config["options"]["install_requires"].splitlines()
    words = {re.match(r"[\w.-]*", line) for line in lines if not line.startswith("#")}
    return {word.group().lower() for word in words if word and word.group()}


def libraries_of(files: set[str]) -> set[str]:
    """The distributions that the Python modules among ``files`` import."""
    owners = metadata.packages_distributions()
    modules = set()
    for name in files:
        if name.endswith(".py"):
            for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module)
    tops = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names)
    owned = {owners[top][0] for top in tops - {"assets", "drivers", "kiosk", "ui"}}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in owned}


def test_each_needs_the_libraries_that_it_imports_and_no_others(installed: Path) -> None:
    terminal, workshop = needs_of("setup.cfg"), needs_of("packaging/workshop/setup.cfg")
    assert terminal == libraries_of(files_of("provident_kiosk"))
    own = libraries_of(files_of("provident_kiosk_workshop")) - terminal
    assert workshop == own | {"provident-kiosk"}


def test_both_have_one_version_and_the_workshop_needs_the_terminal_of_its_own() -> None:
    told = ConfigParser(), ConfigParser()
    for config, path in zip(told, ("setup.cfg", "packaging/workshop/setup.cfg"), strict=True):
        config.read(ROOT / path, encoding="utf-8")
    terminal, workshop = told
    version = terminal["metadata"]["version"]
    assert workshop["metadata"]["version"] == version
    needs = workshop["options"]["install_requires"].split("\n")
    assert f"{terminal['metadata']['name']} =={version}" in needs
    assert workshop["options"]["python_requires"] == terminal["options"]["python_requires"]


def pins(lock: str) -> dict[str, str]:
    """By its first line (name, version, for which Python) the hashes of each package of a lock."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^(\S+==.*?) \\\n((?:    --hash=.*\n)+)", text, re.MULTILINE))


def test_the_lock_of_a_terminal_is_a_part_of_the_whole() -> None:
    terminal, whole = pins("requirements-terminal.lock"), pins("requirements.lock")
    assert terminal.items() < whole.items()


@pytest.mark.parametrize("lock", ["requirements-terminal.lock", "requirements.lock"])
def test_a_lock_holds_pins_and_hashes_and_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    expected = re.compile(r"[a-z0-9-]+==[\w.]+ |    --hash=sha256:[0-9a-f]{64}( \\)?$")
    assert [line for line in lines if not expected.match(line)] == []


# -- the terminal's alone -------------------------------------------------------------------------

SURVEY = """
import importlib, importlib.util, pkgutil, sys
from importlib import metadata
import drivers, kiosk, ui
for package in (drivers, kiosk, ui):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
print(*sorted(one.name.lower().replace("_", "-") for one in metadata.distributions()))
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("drivers", "kiosk", "ui")))
"""


def test_all_of_it_can_be_imported_and_nothing_else_is_there(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed / "python", "-c", SURVEY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    distributions, modules = (line.split() for line in done.stdout.splitlines())
    locked = {line.partition("==")[0] for line in pins("requirements-terminal.lock")}
    assert set(distributions) <= locked | {"pip", "provident-kiosk"}
    shipped = {name for name in files_of("provident_kiosk") if name.endswith(".py")}
    files = {name for name in shipped if not name.startswith("assets/")}
    dotted = {n.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for n in files}
    assert set(modules) == dotted - {"kiosk.__main__"}


COMPILED = """
from importlib import metadata
from importlib.util import cache_from_source
for one in metadata.distributions():
    files = {str(file) for file in one.files or ()}
    modules = {file for file in files if file.endswith(".py") and not file.endswith(".tmpl.py")}
    print(*(file for file in modules if cache_from_source(file) not in files))
"""


def test_every_module_was_compiled_when_it_was_installed(installed: Path, tmp_path: Path) -> None:
    """A terminal's user may not write beside them: each start would compile them anew."""
    done = run(installed / "python", "-c", COMPILED, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_it_lists_its_commands_and_says_what_the_others_need(
    installed: Path, tmp_path: Path
) -> None:
    told = run(installed / "kiosk", "--help", cwd=tmp_path)
    assert told.returncode == 0
    assert re.search(r"^ +doctor +Look at everything", told.stdout, re.MULTILINE)
    for name in ("bench", "demo", "desk", "sandbox"):
        assert re.search(rf"^ +{name} +.*provident-kiosk-workshop", told.stdout, re.MULTILINE)
        refused = run(installed / "kiosk", name, "--directory", "x", cwd=tmp_path)
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert refused.stderr == (
            f"Error: `kiosk {name}` belongs to the workshop, which is not on this machine; "
            "install provident-kiosk-workshop\n"
        )


@pytest.fixture(scope="module")
def here(installed: Path) -> Iterator[demo.DemoPlace]:
    """A stand-in centre and hardware, started from the whole tree, and a terminal's settings."""
    with demo.place(headless=True) as running:
        yield running


@pytest.mark.skipif(bool(pcscd.missing()), reason=pcscd.missing() or "complete")
def test_the_doctor_finds_it_fit(installed: Path, here: demo.DemoPlace, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    options = ("--settings", here.settings, "--keep", tmp_path / "kept", "--pdf", report)
    done = run(installed / "kiosk", "doctor", *options, cwd=tmp_path)
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"centre", done.stdout)
    assert report.read_bytes().startswith(b"%PDF")
    assert done.returncode == 0, done.stdout + done.stderr


def wait_for(true: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + PATIENCE_S
    while not (seen := true()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)
    return seen


@contextmanager
def visit(
    installed: Path, here: demo.DemoPlace, tmp_path: Path, *options: str
) -> Iterator[KeeperEnd]:
    """A visit that has no keeper: the keeper's end of its channel, once it is ready."""
    shutil.copy(Path(__file__).with_name("first_touch.py"), tmp_path)
    log = tmp_path / "log"
    mine, its = socket.socketpair()
    with its, log.open("wb") as stderr:
        command: list[str | Path] = [installed / "kiosk", "visit", "--settings", here.settings]
        command += [*options, "--channel", str(its.fileno())]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=outside(PYTHONPATH=str(tmp_path)),
            pass_fds=[its.fileno()],
            stderr=stderr,
        )
    try:
        with closing(KeeperEnd(mine.detach())) as channel:
            wait_for(lambda: Ready() in channel.receive(), "the visit to be ready")
            yield channel
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_visit_reads_a_card_and_signs_in_at_the_centre(
    installed: Path, here: demo.DemoPlace, tmp_path: Path
) -> None:
    robot = robots.options("first_touch:attach")
    with visit(installed, here, tmp_path, *robot) as channel, closing(Remote(here.desk)) as desk:
        channel.send(Live())
        channel.send(Alone())
        wait_for(lambda: Shown() in channel.receive(), "its first frame")
        wait_for(lambda: Begun() in channel.receive(), "the first touch")
        desk.tell(Kind.ID_CARD, "put", **personas.load()["P01"].card())
        with requests.Session() as http:
            http.trust_env = False
            url = f"{here.centre}/sandbox/messages"
            wait_for(lambda: http.get(url, timeout=60).json(), "the code that the centre sends")


def test_a_standby_compiles_every_page_for_the_next_visits(
    installed: Path, here: demo.DemoPlace, tmp_path: Path
) -> None:
    """Also those that nobody has been shown; the next one reads what lies under the run directory,
    and writes none of it anew."""
    kept = settings.load(here.settings).run_directory / "pages"
    pages = [name for name in files_of("provident_kiosk") if name.endswith(".qml")]

    def compiled() -> set[tuple[str, int]]:
        return {(file.name, file.stat().st_ino) for file in kept.glob("*.qmlc")}

    with visit(installed, here, tmp_path):
        wait_for(lambda: len(compiled()) == len(pages), "the compiled pages")
    last = max(kept.glob("*.qmlc"), key=lambda file: file.stat().st_mtime_ns)
    last.unlink()
    before = compiled()
    with visit(installed, here, tmp_path):
        wait_for(lambda: len(compiled()) == len(pages), "the page that was taken away")
        assert before < compiled()
