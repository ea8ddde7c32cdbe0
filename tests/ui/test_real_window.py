"""The whole demo from outside: the main job in a real window with a real mouse, and offscreen."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.status import SignatureCoverageLevel

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.identity.face.models import LIVENESS, PORTRAIT, FileState, verify
from kiosk.keeper.channel import Alive, Alone, KeeperEnd, Live, Ready, Shown
from kiosk.keeper.keeper import visit_command
from kiosk.workshop import demo, robots
from kiosk.workshop.sandbox import personas

ROOT = Path(__file__).parents[2]
SCREEN = (1920, 1080)
NEEDED = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool"}
PATIENCE_S = 60.0
PERSON = personas.load()["P01"]


def wait_for(true: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
    until = time.monotonic() + seconds
    while not (seen := true()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)
    return seen


# -- in a real window ---------------------------------------------------------------------------


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def display(configuration: Path | None = None) -> Iterator[dict[str, str]]:
    """An X server with a window manager, for nobody's eyes; gives the environment to use it.
    ``configuration``: of the window manager, instead of what it does on a desk."""
    told, tells = os.pipe()
    with ExitStack() as stack:
        stack.callback(os.close, told)
        screen = "x".join(map(str, (*SCREEN, 24)))
        server = ["Xvfb", "-displayfd", str(tells), "-screen", "0", screen, "-nolisten", "tcp"]
        # An X server begins anew when its last client leaves. A question of xdotool, before openbox
        # has come, would be such a client, and openbox would die of the new beginning.
        server.append("-noreset")
        quiet = subprocess.DEVNULL
        stack.enter_context(running(server, pass_fds=[tells], stdout=quiet, stderr=quiet))
        os.close(tells)
        number = b""
        while not number.endswith(b"\n"):
            more = os.read(told, 16)
            assert more, "Xvfb does not start"
            number += more
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("QT_") and name != "WAYLAND_DISPLAY"
        }
        environment |= {"DISPLAY": f":{number.decode().strip()}", "QT_QPA_PLATFORM": "xcb"}
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="openbox-"))
        manager = environment | {"HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home}
        words = ["openbox", *(("--config-file", str(configuration)) if configuration else ())]
        openbox = stack.enter_context(running(words, env=manager, stdout=quiet, stderr=quiet))
        environment["OPENBOX_PID"] = str(openbox.pid)
        asked = ["xdotool", "get_num_desktops"]  # which fails until there is a window manager

        def is_managed() -> bool:
            assert openbox.poll() is None, "openbox ended"
            answer = subprocess.run(asked, env=environment, capture_output=True, check=False)
            return answer.returncode == 0

        wait_for(is_managed, "openbox")
        yield environment


class WindowCitizen:
    """Stands before the demo's windows: a mouse, a card, a phone."""

    def __init__(
        self, environment: dict[str, str], directory: Path, trace: Path, log: Path
    ) -> None:
        self._environment = environment
        self._trace = trace
        self._log = log
        self._seen = 0
        self.page: dict[str, Any] = {}
        self.see("AttractPage")
        (self.place,) = directory.glob("kiosk-*")
        settings = tomllib.loads((self.place / "terminal.toml").read_text(encoding="utf-8"))
        centre = settings["centre"]
        self.centre = centre["url"]
        self.hardware = Remote(self.place / "desk.sock")
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify, self.http.cert = centre["ca"], centre["certificate"]

    def close(self) -> None:
        self.http.close()
        self.hardware.close()

    def see(self, page: str) -> None:
        """Wait for the next page, which must be this one."""

        def next_page() -> dict[str, Any] | None:
            with suppress(FileNotFoundError):
                lines = self._trace.read_text(encoding="utf-8").splitlines(keepends=True)
                if len(lines) > self._seen and lines[self._seen].endswith("\n"):
                    seen: dict[str, Any] = json.loads(lines[self._seen])
                    return seen
            return None

        self.page = wait_for(next_page, page)
        self._seen += 1
        assert self.page["page"] == page, self._log.read_text(encoding="utf-8")

    def click(self, *names: str) -> None:
        """Click the middle of these buttons of the page, one after another."""
        steps: list[str] = []
        for name in names:
            x, y = self.page["buttons"][name]
            steps += ["mousemove", str(x), str(y), "click", "1"]
        self._xdotool(*steps)

    def windows(self, name: str) -> list[tuple[int, int, int, int]]:
        """Left, top, width and height of the windows of this name that one can see."""
        # It fails when there is none.
        found = self._xdotool("search", "--onlyvisible", "--name", f"^{name}$", check=False).split()
        places = []
        for window in found:
            told = self._xdotool("getwindowgeometry", "--shell", window, check=False)
            if not told:  # the window is gone since
                continue
            shell = dict(line.split("=") for line in told.split())
            x, y, width, height = (int(shell[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
            if width > 10:  # beside the helpers of Qt that one cannot see
                places.append((x, y, width, height))
        return places

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=check,
        )
        return done.stdout

    def ask(self, path: str) -> Any:
        return self.http.get(f"{self.centre}/sandbox/{path}", timeout=10).json()


MISSING = [package for program, package in NEEDED.items() if not shutil.which(program)]


@pytest.mark.skipif(bool(MISSING), reason=f"needs the packages {' '.join(MISSING)}")
def test_the_main_job_with_a_mouse(tmp_path: Path) -> None:
    trace, log = tmp_path / "trace.jsonl", tmp_path / "log"
    with ExitStack() as stack:
        # A socket lies in there: its path must be a short one.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-")))
        environment = stack.enter_context(display()) | {"TMPDIR": str(directory)}
        played = stack.enter_context(
            running(
                [sys.executable, "-m", "kiosk", "demo", "--trace", str(trace)],
                env=environment,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=stack.enter_context(log.open("wb")),
            )
        )
        citizen = stack.enter_context(closing(WindowCitizen(environment, directory, trace, log)))
        two_windows_apart(citizen)
        main_job(citizen)
        what_came_out(citizen)
        played.send_signal(signal.SIGTERM)
        assert played.wait(10) == 0
        assert list(directory.glob("kiosk-*")) == [], "something stays behind"
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said
    assert PERSON.name not in said
    assert PERSON.number not in said


def two_windows_apart(citizen: WindowCitizen) -> None:
    wait_for(lambda: citizen.windows("操作台"), "the desk's window")
    wait_for(lambda: citizen.windows("Kiosk"), "the terminal's window")
    poster = citizen.windows("Kiosk")[0]
    wait_for(lambda: len(citizen.windows("Kiosk")) == 1, "the poster to go")
    assert citizen.windows("Kiosk") == [poster], "the visit stands where the poster stood"
    ((left, top, width, height),) = citizen.windows("Kiosk")
    ((desk_left, desk_top, desk_width, desk_height),) = citizen.windows("操作台")
    assert left >= 0
    assert top >= 0
    assert top + height <= SCREEN[1]
    assert height / width == pytest.approx(1920 / 1080, rel=0.01)
    assert left + width < desk_left
    assert desk_left + desk_width <= SCREEN[0]
    assert desk_top + desk_height <= SCREEN[1]


def main_job(citizen: WindowCitizen) -> None:
    citizen.click("start")
    citizen.see("AgreementPage")
    citizen.click("tick", "agree")
    citizen.see("PresentCardPage")
    citizen.hardware.tell(Kind.ID_CARD, "put", **PERSON.card())
    citizen.see("EnterCodePage")
    citizen.hardware.tell(Kind.ID_CARD, "lift")
    citizen.click(*citizen.ask("messages")[0]["code"], "confirm")
    citizen.see("MenuPage")
    citizen.click("account")
    citizen.see("StatementPage")
    citizen.click("deposit-certificate")
    citizen.see("ChoosePage")
    citizen.click("01")
    citizen.see("PreviewPage")
    citizen.click("print")
    citizen.see("PrintingPage")
    citizen.see("PaperReadyPage")
    citizen.click("slip")
    citizen.see("PrintingPage")
    citizen.see("PaperReadyPage")
    citizen.click("menu")
    citizen.see("MenuPage")
    citizen.click("leave")
    citizen.see("RatePage")
    citizen.click("4")
    citizen.see("FarewellPage")
    citizen.see("AttractPage")  # of the next visit, in the next process


def what_came_out(citizen: WindowCitizen) -> None:
    printer = citizen.hardware.look(Kind.DOCUMENT_PRINTER)
    (certificate,) = printer["documents"]
    (sheet,) = printer["sheets"]
    (job,) = printer["jobs"]
    assert (job["state"], job["pages"]) == ("COMPLETED", 1)
    with Image.open(io.BytesIO(sheet)) as picture:
        assert picture.height / picture.width == pytest.approx(297 / 210, rel=0.01)
    (report,) = citizen.ask("prints")
    assert (report["pages"], report["complete"], report["terminal"]) == (1, 1, "T0001")
    check_certificate(certificate, report["number"])

    (slip,) = citizen.hardware.look(Kind.RECEIPT_PRINTER)["texts"]
    text = "\n".join(slip)
    assert "个人住房公积金缴存证明" in text
    assert "张*" in text
    assert "T0001" in text
    for secret in (PERSON.name, PERSON.number, PERSON.phone):
        assert secret not in text

    assert report["number"] in text
    assert [rating["level"] for rating in citizen.ask("ratings")] == [4]
    wait_for(lambda: citizen.ask("sessions") == [], "the session to be closed")


def check_certificate(pdf: bytes, number: str) -> None:
    """Whole, under one seal that covers all of it, and about this person."""
    (seal,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    seal.compute_integrity_info()
    assert seal.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        assert len(document) == 1
        text = document[0].get_textpage().get_text_range()
    for said in (PERSON.name, PERSON.number, number):
        assert said in text.replace(" ", "")


@contextmanager
def a_visit(
    directory: Path, environment: dict[str, str], *options: str, production: bool
) -> Iterator[KeeperEnd]:
    """A visit on the screen, without a keeper: the test holds the keeper's end of its channel."""
    settings, roots = directory / "terminal.toml", directory / "roots.pem"
    roots.touch()
    settings.write_text(
        f"""\
terminal = "T0001"
production = {str(production).lower()}
run_directory = "{directory}"
[centre]
url = "http://127.0.0.1:9"
seal_roots = "{roots}"
sealer = "s"
""",
        encoding="utf-8",
    )
    here, there = socket.socketpair()
    with there:
        command = visit_command(settings, *options, "--channel", str(there.fileno()))
        log = (directory / "log").open("wb")
        visit = running(command, env=environment, pass_fds=[there.fileno()], cwd=ROOT, stderr=log)
        with log, visit, closing(KeeperEnd(here.detach())) as line:
            there.close()
            wait_for(lambda: Ready() in line.receive(), "the visit")
            line.send(Live())
            line.send(Alone())
            wait_for(lambda: Shown() in line.receive(), "its first frame")
            yield line


@pytest.mark.skipif(bool(MISSING), reason=f"needs the packages {' '.join(MISSING)}")
def test_no_key_takes_the_screen_away(tmp_path: Path) -> None:
    def press(key: str) -> None:
        subprocess.run(["xdotool", "key", key], env=environment, check=True, timeout=20)

    def in_sight() -> bool:
        search = ["xdotool", "search", "--onlyvisible", "--name", "^Kiosk$"]
        found = subprocess.run(search, env=environment, capture_output=True, check=False)
        return bool(found.stdout)

    def lives() -> bool:
        return Alive() in line.receive()

    def is_silent() -> bool:
        line.receive()
        time.sleep(2.5)
        return not line.receive()

    with ExitStack() as stack:
        environment = stack.enter_context(display())
        line = stack.enter_context(a_visit(tmp_path, environment, production=True))
        wait_for(in_sight, "the window")
        press("alt+F4")
        press("super+d")
        log = tmp_path / "log"
        wait_for(lambda: "screen-hidden" in log.read_text(encoding="utf-8"), "the window to hide")
        wait_for(in_sight, "the window to come back")
        line.receive()
        wait_for(lives, "a word that the window is seen again")
        # A window manager that is stuck brings no window back: the keeper hears nothing.
        manager = int(environment["OPENBOX_PID"])
        os.kill(manager, signal.SIGSTOP)
        hide = ["xdotool", "search", "--onlyvisible", "--name", "^Kiosk$", "windowunmap"]
        subprocess.run(hide, env=environment, check=True, timeout=20)
        wait_for(is_silent, "silence while nobody can see the window")
        os.kill(manager, signal.SIGCONT)
        wait_for(lives, "a word that the window is seen again")


@pytest.mark.skipif(bool(MISSING), reason=f"needs the packages {' '.join(MISSING)}")
def test_the_terminals_own_window_manager_knows_no_key_and_no_menu(tmp_path: Path) -> None:
    """With the configuration that a terminal with an X server has, the window fills the screen and
    stays, whatever is pressed; a press of a key comes to the window alone."""

    def ask(*words: str) -> str:
        asked = ["xdotool", *words]
        return subprocess.run(
            asked, env=environment, check=True, timeout=20, capture_output=True, text=True
        ).stdout

    def windows() -> set[str]:
        return set(ask("search", "--onlyvisible", "--name", ".*").split())

    def place() -> dict[str, str]:
        told = ask("getwindowgeometry", "--shell", window)
        return dict(line.split("=") for line in told.split())

    with ExitStack() as stack:
        environment = stack.enter_context(display(RC))
        line = stack.enter_context(a_visit(tmp_path, environment, production=True))
        search = ("search", "--sync", "--onlyvisible", "--name", "^Kiosk$")
        window = ask(*search).strip()
        wait_for(lambda: place()["WIDTH"] == str(SCREEN[0]), "the window to fill the screen")
        full = {"X": "0", "Y": "0", "WIDTH": str(SCREEN[0]), "HEIGHT": str(SCREEN[1])}
        assert full.items() <= place().items()
        there = windows()
        for key in KEYS:
            ask("key", key)
        ask("mousemove", "5", "5")
        for button in ("2", "3", "4", "5"):
            ask("click", button)
        ask("keydown", "alt", "mousemove", "400", "400", "mousedown", "1")
        ask("mousemove", "700", "700", "mouseup", "1", "keyup", "alt")
        assert full.items() <= place().items()
        assert windows() == there
        assert ask("getwindowfocus").strip() == window
        line.receive()
        wait_for(lambda: Alive() in line.receive(), "a word of the visit")
        assert "screen-hidden" not in (tmp_path / "log").read_text(encoding="utf-8")


RC = ROOT / "assets/lockdown/usr/share/provident-kiosk/openbox.xml"
KEYS = (
    *("alt+F4", "alt+Tab", "alt+shift+Tab", "alt+Escape", "alt+space", "super+d", "super+e"),
    *("ctrl+alt+d", "ctrl+alt+Right", "ctrl+alt+Delete", "ctrl+alt+BackSpace", "super+F2"),
    *("Print", "Menu", "super", "F11", "alt+F11", "ctrl+Escape"),
)
"""Those of openbox on a desk, and those of other desks."""


def models() -> bool:
    """Whether `make models` has brought the models of liveness and the portrait."""
    states = verify(demo.MODELS)
    return all(states[name] is FileState.VERIFIED for name in (*LIVENESS, PORTRAIT))


# -- without a display --------------------------------------------------------------------------

PROMISED = ("1-01-attract.png", "slip-1.png", "certificate-1.pdf", "sheet-1.png", "times.txt")


@pytest.mark.parametrize(
    ("profile", "size"),
    [
        pytest.param("supermarket", (1080, 1920), id="supermarket"),
        # The same as before, on the drivers of a bank's machine: half a minute.
        pytest.param("branch-stm", (1920, 1080), id="branch-stm", marks=pytest.mark.soak),
    ],
)
def test_the_demo_without_a_display(tmp_path: Path, profile: str, size: tuple[int, int]) -> None:
    out = tmp_path / "out"
    with tempfile.TemporaryDirectory(prefix="demo-") as directory:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DISPLAY", "WAYLAND_DISPLAY")
        }
        done = subprocess.run(
            [
                *(sys.executable, "-m", "kiosk", "demo", "--offscreen", "--out", str(out)),
                *("--profile", profile),
            ],
            env=environment | {"TMPDIR": directory},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert list(Path(directory).glob("kiosk-*")) == [], "something stays behind"
    assert "Traceback" not in done.stderr
    for number, visit in enumerate(demo.VISITS, 1):
        assert f"{number} of {len(demo.VISITS)}: {visit}\n" in done.stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in PROMISED:
        assert f"`{name}`" in readme, "the README promises something else"
        assert (out / name).stat().st_size > 0
    times = (out / "times.txt").read_text(encoding="utf-8").splitlines()
    pages = sorted(path.stem for path in out.glob("[0-9]-*.png"))
    assert [line.split()[0] + "-" + line.split()[1] for line in times] == pages
    assert {page[:2] for page in pages} == {"1-", "2-", "3-", "4-", "5-"}
    assert "2-05-phone-code" in pages
    faces = [page for page in pages if "-face-" in page]
    assert faces[:1] == (["3-05-face-consent"] if models() else [])
    assert len(faces) != 1, "a face capture that asks for no action"
    assert all(re.fullmatch(r"\S+ +\S+ +\d+\.\d ms", line) for line in times)
    for page in pages:
        with Image.open(out / f"{page}.png") as picture:
            assert picture.size == size
            assert len(picture.convert("L").resize((48, 48)).getcolors() or []) > 1, "blank"
    with Image.open(out / "slip-1.png") as slip:
        assert slip.width == 640  # 80 mm, with the rims
    with Image.open(out / "sheet-1.png") as sheet:
        assert sheet.height / sheet.width == pytest.approx(297 / 210, rel=0.01)
    check_certificate((out / "certificate-1.pdf").read_bytes(), "")


# -- and in production ----------------------------------------------------------------------------


@pytest.mark.parametrize("production", [False, True])
def test_no_trace_in_production(production: bool, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    options = robots.options(robots.TRACE, trace)
    with a_visit(tmp_path, environment, *options, production=production):
        if production:
            time.sleep(0.5)
            assert not trace.exists()
        else:
            wait_for(trace.exists, "the trace")
