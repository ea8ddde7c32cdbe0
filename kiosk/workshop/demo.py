"""The whole machine on one desk: the stand-in centre, emulated hardware and the terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import requests

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk import settings as settings_file
from kiosk.keeper import keeper, rising
from kiosk.workshop import robots
from kiosk.workshop.sandbox.tls import SandboxCa

TERMINAL = "T0001"
PROFILE = "supermarket"
"""What kind of machine is shown unless another is named."""
VISITS = (
    "P01 looks up the account and prints a certificate (about 9 s)",
    "P03 signs in with the phone and looks up the loan (about 5 s)",
    "P03 signs in by face and withdraws (about 10 s)",
    "P04 withdraws, and leaves before the result is known (about 8 s)",
    "P04 comes back and is told the result (about 2 s)",
)
"""What the scripted demo plays: one visit for each of ``ui.robots.player.STORIES``."""
MODELS = Path(__file__).parents[2] / ".models"
"""The models of face capture where ``make models`` brings them."""
_OF_A_BANK = "branch-stm"
_BANK = {"zh": "云岭银行示范路支行", "en": "Yunling Bank, Shifan Road"}
_LOOK_S = 0.2
_END_S = 5.0
_LAST_LINES = 20
_STDERR = 2
START_S = 600.0
"""How long a part of the demo may take to start: longer than on the busiest machine."""
MARK = ".made-by-kiosk-demo"
"""The file in a directory that says that the demo has made it, and may empty it."""
_MADE = re.compile(
    r"\.story|\d+-\d\d-[\w.-]+\.png|(slip|sheet)-\d+\.png|certificate-\d+\.pdf|(times|failed)\.txt"
)
_WINDOWS = """\
the terminal is the window at the left, the desk with its hardware the one at the right:
  touch the screen to begin, put a person's card on the reader at the desk, type the code that
  the telephone there shows; papers come out at the desk too
its settings, data and socket: {directory}
to end it: close the desk's window, or Ctrl+C here"""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """Where the parts of a running demo are."""

    directory: Path
    api: str  # the centre's address before /v1
    centre: str  # its address before levers and pages for phones
    settings: Path
    desk: Path  # control socket
    hardware: subprocess.Popen[bytes]  # the desk, which plays the devices


def run(
    out: Path,
    *,
    offscreen: bool,
    profile: str = PROFILE,
    landscape: bool = False,
    trace: Path | None = None,
) -> int:
    """Run the demo of a ``profile``; offscreen when asked for or when there is no display.
    Raises :class:`OccupiedError` when ``out`` holds anything that the demo has not made.
    ``landscape``: 1920×1080 also where the profile says portrait. Returns an exit code.

    ``trace``: file for the places of the buttons of each page (``ui.robots.trace``); written only
    when the demo runs in windows.
    """
    display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if offscreen or not display:
        return _play(out.resolve(), profile, landscape=landscape)
    with place(
        headless=False, profile=profile, landscape=landscape, full_screen=False, say=_say
    ) as here:
        prepare(here.centre, profile)
        _say(_WINDOWS.format(directory=here.directory))
        told = robots.options(robots.TRACE, trace.resolve()) if trace else ()
        with _ending_with(here.hardware):
            command = keeper.visit_command(here.settings, *told)
            code = keeper.RESTARTS
            while code == keeper.RESTARTS:
                code = keeper.run(
                    here.settings,
                    command,
                    preload=keeper.PRELOAD,
                    committer=keeper.committer_command(here.settings),
                    poster=rising.poster_command(here.settings),
                )
            return code


@contextmanager
def _ending_with(hardware: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the terminal when the desk has ended (its window was closed): the terminal would go on
    without devices."""
    over = threading.Event()

    def watch() -> None:
        hardware.wait()
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGTERM)  # the keeper runs in this process and ends on it

    threading.Thread(target=watch, name="desk", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _play(out: Path, profile: str, *, landscape: bool) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    empty(out)
    with place(headless=True, profile=profile, landscape=landscape, say=_say) as here:
        prepare(here.centre, profile)
        _say(f"playing {len(VISITS)} visits on the real pages; pictures go to {out}")
        player = robots.options(robots.PLAYER, out, here.desk, here.centre)
        command = keeper.visit_command(here.settings, *player)
        with _telling(out, _say):
            code = keeper.run(
                here.settings,
                command,
                preload=keeper.PRELOAD,
                committer=keeper.committer_command(here.settings),
                visits=len(VISITS),
            )
        _keep_papers(here, out)
    times = out / "times.txt"
    failed = out / robots.FAILED_FILE
    if not times.is_file() or failed.is_file():
        why = f": {failed.read_text(encoding='utf-8').strip()}" if failed.is_file() else ""
        print(f"the demo did not come to its end{why}; see {out}", file=sys.stderr)
        return 1
    print(times.read_text(encoding="utf-8"))
    print(f"pictures and papers: {out}")
    return code


@contextmanager
def _telling(out: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Say which of :data:`VISITS` is played, each time that a visit has counted on in ``out``. End
    the terminal when a visit has failed: nobody would leave its page before the idle clock does."""
    file, failed = out / robots.STORY_FILE, out / robots.FAILED_FILE
    over = threading.Event()

    def watch() -> None:
        told = 0
        while not over.wait(_LOOK_S):
            if failed.exists():
                os.kill(os.getpid(), signal.SIGTERM)  # the keeper runs here and ends on it
                return
            begun = file.read_text(encoding="utf-8") if file.exists() else ""
            while begun.isdecimal() and told < min(int(begun), len(VISITS)):
                told += 1
                say(f"{told} of {len(VISITS)}: {VISITS[told - 1]}")

    thread = threading.Thread(target=watch, name="visits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def prepare(centre: str, profile: str) -> None:
    """Have the stand-in centre ask for its agreement, which on a bank's machine names the bank, and
    check faces."""
    asked = {"wanted": True, "bank": _BANK if profile == _OF_A_BANK else None}
    with requests.Session() as http:
        http.trust_env = False  # no proxy: the stand-in centre runs on this machine
        http.put(f"{centre}/sandbox/agreement", json=asked, timeout=10).raise_for_status()
        http.post(f"{centre}/sandbox/faces", json={"open": True}, timeout=10).raise_for_status()


class OccupiedError(Exception):
    """The directory for pictures and papers holds something that the demo has not made."""


def empty(out: Path) -> None:
    """Make ``out`` an empty directory of the demo's. Removes only what an earlier demo has made;
    raises :class:`OccupiedError`, and removes nothing, when anything else is there."""
    if out.exists() and not out.is_dir():
        raise OccupiedError(f"{out} is no directory")
    out.mkdir(parents=True, exist_ok=True)
    there = sorted(path for path in out.iterdir() if path.name != MARK)
    ours = (out / MARK).is_file()
    for path in there:
        if not (ours and _MADE.fullmatch(path.name) and path.is_file() and not path.is_symlink()):
            raise OccupiedError(
                f"{out} holds {path.name}, which the demo has not made: name another directory"
            )
    for path in there:
        path.unlink()
    (out / MARK).touch()


def _say(words: str) -> None:
    print(words, flush=True)


def _silent(_words: str) -> None:
    """Says nothing: tests and measurements use the same place."""


def _keep_papers(here: DemoPlace, out: Path) -> None:
    """Write what came out of the printers to ``out``: slips as PNG, certificates as the PDF that
    reached the printer, sheets as PNG."""
    remote = Remote(here.desk)
    try:
        if settings_file.load(here.settings).devices[Kind.RECEIPT_PRINTER]["driver"] == "xfs4iot":
            seen = remote.look("xfs4iot")
            slips, sheets = (seen["tray"][name] for name in ("ReceiptPrinter", "DocumentPrinter"))
        else:
            seen = remote.look(Kind.DOCUMENT_PRINTER)
            slips, sheets = remote.look(Kind.RECEIPT_PRINTER)["slips"], seen["sheets"]
        _keep(out, "slip", "png", slips)
        _keep(out, "certificate", "pdf", seen["documents"])
        _keep(out, "sheet", "png", sheets)
    finally:
        remote.close()


def _keep(out: Path, name: str, kind: str, papers: list[bytes]) -> None:
    for number, paper in enumerate(papers, 1):
        (out / f"{name}-{number}.{kind}").write_bytes(paper)


@contextmanager
def place(
    *,
    headless: bool,
    profile: str = PROFILE,
    landscape: bool = False,
    full_screen: bool = True,
    delay: float = 0.0,
    people: Path | None = None,
    codes: int | None = None,
    tls: bool = True,
    say: Callable[[str], None] = _silent,
) -> Iterator[DemoPlace]:
    """Start the stand-in centre and the desk with the devices of ``profile``; write the settings of
    a terminal that uses both. ``people``: the file of others than the demo's;
    ``codes``: how many SMS codes a phone gets a day, where so much is done that 稽核 would stop
    it; it stops nothing then. ``tls``: terminal and centre know each other
    by certificates, as in the field; without, whoever captures packets may read them.

    All files lie in a temporary directory. At the end the processes are stopped and the directory
    is removed.
    """
    directory = Path(tempfile.mkdtemp(prefix="kiosk-"))
    started: list[_Part] = []
    try:
        me = [sys.executable, "-m", "kiosk"]
        centre_dir = directory / "centre"
        centre_dir.mkdir()
        say("starting the stand-in centre (about 3 s)")
        centre_command = [*me, "sandbox", "--directory", str(centre_dir), "--delay", str(delay)]
        if people:
            centre_command += ["--people", str(people)]
        if codes is not None:
            centre_command += ["--codes", str(codes), "--no-risk"]
        if tls:
            centre_command += ["--tls", TERMINAL]
        centre = _Part(centre_command)
        started.append(centre)
        api = beside = centre.next_line()
        if tls:
            beside = centre.next_line()
        wide = (
            landscape
            or settings_file.profile_table(profile)["screen"]["orientation"] == "landscape"
        )
        desk_command = [*me, "desk", "--directory", str(directory), "--centre", beside]
        desk_command += ["--profile", profile]
        if headless:
            desk_command.append("--headless")
        if wide:
            desk_command.append("--landscape")
        say(f"starting the emulated hardware of the profile {profile} (about 5 s)")
        desk = _Part(desk_command)
        started.append(desk)
        devices = json.loads(desk.next_line())
        settings = directory / "terminal.toml"
        certificates = SandboxCa(centre_dir) if tls else None
        told = _settings(
            directory, api, profile, certificates, landscape=wide, full_screen=full_screen
        )
        settings.write_text(told + _tables(devices), encoding="utf-8")
        say("starting the terminal (about 5 s)")
        yield DemoPlace(directory, api, beside, settings, directory / "desk.sock", desk.process)
    finally:
        for part in reversed(started):
            part.process.terminate()
        for part in started:
            part.end()
        shutil.rmtree(directory, ignore_errors=True)


class _Part:
    """A process of the demo. What it writes on stderr comes out on ours."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._hearing = threading.Thread(target=self._hear, name="demo", daemon=True)
        self._hearing.start()

    def next_line(self) -> str:
        """The next line that the process prints while it starts. Raises ``RuntimeError``, with the
        last of what it wrote on stderr, when the process ends instead; it is ended after
        :data:`START_S`."""
        stdout: IO[bytes] = self.process.stdout  # type: ignore[assignment]
        late = threading.Timer(START_S, self.process.kill)
        late.start()
        try:
            line = stdout.readline()
        finally:
            late.cancel()
            late.join()
        if not line:
            self._hearing.join(_END_S)
            said = "".join(self._said).strip() or "it said nothing"
            raise RuntimeError(f"{self.process.args!r} did not start: {said}")
        return line.decode().strip()

    def end(self) -> None:
        """Wait for the end of the process, which has been told to end."""
        try:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_END_S)
        finally:
            self.process.kill()  # does nothing to one that has ended
            self.process.wait()
            stdout: IO[bytes] = self.process.stdout  # type: ignore[assignment]
            stdout.close()
        self._hearing.join(_END_S)  # a process of that process may hold the line open

    def _hear(self) -> None:
        stderr: IO[bytes] = self.process.stderr  # type: ignore[assignment]
        with stderr:  # closed by its reader: a close from elsewhere would wait for the reading
            for line in stderr:
                self._said.append(line.decode(errors="replace"))
                with suppress(OSError):  # nobody reads ours any more
                    os.write(_STDERR, line)


def _settings(
    directory: Path,
    url: str,
    profile: str,
    certificates: SandboxCa | None,
    *,
    landscape: bool,
    full_screen: bool,
) -> str:
    known = ""
    if certificates:
        own = certificates.terminal(TERMINAL)  # certificate and key in one file
        known = f'ca = "{certificates.root}"\ncertificate = "{own}"\nkey = "{own}"\n'
    return f"""\
terminal = "{TERMINAL}"
profile = "{profile}"
production = false
run_directory = "{directory}"

[screen]
orientation = "{"landscape" if landscape else "portrait"}"
full_screen = {str(full_screen).lower()}

[centre]
url = "{url}"
{known}seal_roots = "{directory / "centre" / "root.pem"}"
sealer = "云岭市住房公积金管理中心(演示)"
revocation_list = true

[maintenance]
tickets = "{directory / "centre" / "tls" / "tickets.pem"}"
{f'{chr(10)}[face]{chr(10)}models = "{MODELS}"{chr(10)}' if MODELS.is_dir() else ""}"""


def _tables(devices: Mapping[Kind, Mapping[str, Any]]) -> str:
    """The tables ``[devices.…]`` of ``terminal.toml``. JSON's texts, numbers and truth values are
    written the same in TOML."""
    tables = []
    for kind, facts in devices.items():
        lines = [f"{name} = {json.dumps(value)}" for name, value in facts.items()]
        tables.append("\n".join([f"\n[devices.{kind}]", *lines, ""]))
    return "".join(tables)
