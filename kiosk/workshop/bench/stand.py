"""A terminal on a test stand: its own processes, hardware, centre, and a citizen's eyes and hand.

The keeper, its visits (Qt offscreen) and the stand-in centre are processes as in service. The
hardware is emulated in the process of the stand, on real wires: ptys, sockets, a PC/SC service.
:mod:`ui.robots.watch` tells over a socket what the screen shows.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import events
from kiosk.keeper.keeper import visit_command
from kiosk.workshop import robots
from kiosk.workshop.bench.figures import BenchError

if TYPE_CHECKING:
    from drivers.emulators.rig import Rig
    from kiosk.workshop.bench.cabinets import EmulatedCabinet

PATIENCE_S = 150.0
"""Longest wait for a page or an answer: above the terminal's longest time-out, the 120 s of a
document."""
_SETTINGS = """\
terminal = "T0001"
production = false
run_directory = "{directory}"

[screen]
full_screen = true

[centre]
url = "{centre}"
seal_roots = "{directory}/centre/root.pem"
sealer = "云岭市住房公积金管理中心(演示)"
revocation_list = true
"""
_SENTENCES = (events.BUG, events.UNCAUGHT, events.DRIVER_FAILED)
_BUG = re.compile(
    rf": (?:{'|'.join(event.sentence for event in _SENTENCES)})(?: |$)|cause=(?!left|idle)[\w-]+"
)
"""Log lines that tell of a bug, whatever devices do; :mod:`kiosk.keeper.keeper` logs the causes."""


@dataclass(frozen=True, slots=True)
class Page:
    """A step on the screen: the page, its view, and when its first frame was shown (monotonic
    s)."""

    name: str
    view: dict[str, Any]
    at: float

    def action(self, key: str) -> dict[str, Any]:
        """The button ``key`` in the page's row of actions: ``enabled``, ``closed`` (why not)."""
        return next(action for action in self.view["actions"] if action["key"] == key)


@dataclass(frozen=True, slots=True)
class Stall:
    """The screen's thread stood still from ``since`` to ``at`` (monotonic s). ``ms`` leaves out the
    time in which the thread waited for a free core."""

    since: float
    at: float
    ms: float


class _GoneError(BenchError):
    """The visit ended before it answered."""


class Stand:
    """Made by :func:`stand`. Used from one thread."""

    def __init__(
        self, cabinet: EmulatedCabinet, rig: Rig, centre: str, watch: socket.socket, log: Path
    ) -> None:
        self.cabinet = cabinet
        self.rig = rig
        self.stalls: list[Stall] = []
        self._centre = centre
        self._log = log
        self._read = 0
        self._watch = watch
        self._heard: queue.SimpleQueue[tuple[socket.socket, dict[str, Any]]] = queue.SimpleQueue()
        self._live: socket.socket | None = None
        self._pages: deque[Page] = deque()
        self._answer: dict[str, Any] | None = None
        threading.Thread(target=self._accept, name="stand", daemon=True).start()

    # -- the screen ---------------------------------------------------------------------------

    def page(self) -> Page:
        """The next page that is shown. Raises :class:`BenchError` after :data:`PATIENCE_S`."""
        self._hear(lambda: bool(self._pages), "a page")
        return self._pages.popleft()

    def press(self, name: str) -> float:
        """Press the button ``name``; "" is the middle of the screen. Returns the time (monotonic
        s)."""
        return float(self._ask({"press": name}, "pressed")["at"])

    def look(self) -> dict[str, Any]:
        """The page, its view, the notices, and each device that cannot be used with its reason."""
        while True:
            with contextlib.suppress(_GoneError):  # then ask the next visit
                return self._ask({"look": True}, "seen")

    def live_pid(self) -> int:
        """The process id of the visit that is on the screen."""
        return int(self._ask({"look": True}, "seen")["pid"])

    def _ask(self, question: dict[str, Any], wanted: str) -> dict[str, Any]:
        self._hear(lambda: self._live is not None, "a visit to be live")
        asked, self._answer = self._live, None
        assert asked is not None
        try:
            asked.sendall(json.dumps(question).encode() + b"\n")
        except OSError:
            self._live = None if self._live is asked else self._live
            raise _GoneError("the visit is gone") from None
        answer = self._answer_of(asked)
        if answer["what"] != wanted:
            raise BenchError(f"{answer['what']} {question}")
        return answer

    def _answer_of(self, asked: socket.socket) -> dict[str, Any]:
        self._hear(lambda: self._answer or self._live is not asked, "an answer of the visit")
        if self._answer is None:
            raise _GoneError("the visit is gone")
        return self._answer

    def _hear(self, there: Callable[[], Any], what: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while not there():
            try:
                visit, said = self._heard.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise BenchError(f"waited in vain for {what}") from None
            self._note(visit, said)

    def _note(self, visit: socket.socket, said: dict[str, Any]) -> None:
        match said["what"]:
            case "live":
                self._live = visit
            case "page":
                self._pages.append(Page(said["page"], said["view"], said["at"]))
            case "stall":
                self.stalls.append(Stall(said["from"], said["at"], said["ms"]))
            case _ if visit is self._live:
                self._answer = said

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the stand has closed the socket: its end
            while True:
                visit, _ = self._watch.accept()
                threading.Thread(target=self._listen, args=(visit,), daemon=True).start()

    def _listen(self, visit: socket.socket) -> None:
        with visit, visit.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                self._heard.put((visit, json.loads(line)))

    # -- the world ----------------------------------------------------------------------------

    def do(self, script: str) -> None:
        """Play a fault script to its end, see ``docs/fault-scripts.md``."""
        run = self.rig.run(script)
        if not run.wait(PATIENCE_S) or run.trouble:
            raise BenchError(f"{script}: {run.trouble or 'does not end'}")

    def centre(self, method: str, path: str) -> Any:
        """Pull a lever of the stand-in centre."""
        connection = http.client.HTTPConnection(self._centre.removeprefix("http://"), timeout=30)
        with contextlib.closing(connection):
            connection.request(method, f"/sandbox{path}")
            answer = connection.getresponse()
            body = answer.read()
        if answer.status >= 300:
            raise BenchError(f"the stand-in centre: {path}: {answer.status}")
        return json.loads(body) if body else None

    def bugs(self) -> list[str]:
        """Log lines since the last call that tell of a bug, a death or a frozen screen."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        end = text.rfind(b"\n") + 1
        self._read += end
        return bug_lines(text[:end].decode(errors="replace"))


def bug_lines(log: str) -> list[str]:
    """The lines of ``log`` that tell of a bug, a death or a frozen screen."""
    return [line for line in log.splitlines() if _BUG.search(line)]


@contextmanager
def stand(make: Callable[[Path], EmulatedCabinet]) -> Iterator[Stand]:
    """All processes of one terminal, for the length of the block. ``make`` is called with the
    directory of the terminal and returns its cabinet. Raises :class:`BenchError`."""
    from drivers.emulators.rig import Rig

    directory = Path(tempfile.mkdtemp(prefix="kiosk-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        (directory / "centre").mkdir()
        me = [sys.executable, "-m", "kiosk"]
        ours = ["sandbox", "--directory", str(directory / "centre"), "--no-risk"]
        centre = _process([*me, *ours], stack)
        assert centre.stdout
        url = centre.stdout.readline().decode().strip()
        if not url:
            raise BenchError("the stand-in centre did not start")
        cabinet = make(directory)
        rig = Rig(cabinet.emulators, directory / "rig")
        rig.start()
        stack.callback(rig.stop)
        settings = directory / "terminal.toml"
        text = _SETTINGS.format(directory=directory, centre=url)
        settings.write_text(text + cabinet.settings(), encoding="utf-8")
        watch = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        watch.bind(str(directory / "watch"))
        watch.listen(8)
        stack.callback(watch.shutdown, socket.SHUT_RDWR)  # a close alone wakes no `accept`
        log = directory / "log"
        keeper = [sys.executable, "-c", _KEEPER, str(settings)]
        command = visit_command(settings, *robots.options(robots.WATCH, directory / "watch"))
        one = Stand(cabinet, rig, url, watch, log)
        _process([*keeper, *command], stack, log)
        try:
            yield one
        except BenchError as error:
            words = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise BenchError(f"{error}\n{words}") from None


_KEEPER = """\
import sys
from pathlib import Path
from kiosk.keeper import keeper
sys.exit(keeper.run(Path(sys.argv[1]), sys.argv[2:], preload=keeper.PRELOAD))
"""


def _process(
    command: list[str], stack: ExitStack, log: Path | None = None
) -> subprocess.Popen[bytes]:
    stderr = stack.enter_context(log.open("wb")) if log else None
    process = stack.enter_context(
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
