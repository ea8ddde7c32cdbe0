"""A whole terminal with its committer, its synthetic citizens, and who plays them from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.workshop import demo, robots
from tests.privacy.citizens import Cast
from tests.privacy.memory import frames_of
from tests.privacy.x_server import SearchedXServer, environment, x_server
from tests.waiting import PATIENCE_S

_ROOT = Path(__file__).parents[2]
_KEEPER = """
import sys
from pathlib import Path
from kiosk.keeper.keeper import PRELOAD, committer_command, run, visit_command
from kiosk.keeper.visit_process import KeeperPace
settings, *options = sys.argv[1:]
path = Path(settings)
pace = KeeperPace(rest_s=0.0, back_off_s=(0.0,), shown_s=20.0)
visit, committer = visit_command(path, *options), committer_command(path)
sys.exit(run(path, visit, preload=PRELOAD, committer=committer, pace=pace))
"""
_PLACES = (
    "HOME",
    "TMPDIR",
    "STATE_DIRECTORY",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_DATA_HOME",
)
_FACT = re.compile(r"(\w+)=(\S+)")

MANY_CODES = 100
"""SMS codes that a phone gets a day: one agent confirms what a unit applies for in a year."""


class StoryError(AssertionError):
    """A citizen cannot go on: another page came, or a button is not there."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a citizen sees: the page, whether it hides digits, the least and most that may be
    entered, what the coach of a capture says, the names of its buttons, where the camera's picture
    is. What the desktop sees: the window's title, the clipboard."""

    page: str
    ticket: int
    busy: bool
    secret: bool
    least: int
    most: int
    says: str
    title: str
    copied: str
    code: list[str]
    """The rows of a QR code, one digit a module; 1 is dark."""
    buttons: tuple[str, ...]
    preview: list[int]
    """Left, top, width and height on the screen; empty where there is no camera's picture."""


class PlayedTerminal:
    """The terminal as processes, seen and moved from outside; no process of it knows the cast."""

    def __init__(
        self, place: demo.DemoPlace, directory: Path, people: Cast, x: SearchedXServer | None
    ) -> None:
        self.place = place
        self.x = x
        """The X server of its screen; None: it draws for nobody's eyes."""
        self.directory = directory
        self.cast = people
        self.told_the_desktop: set[str] = set()
        """Every title of the window and text of the clipboard that was ever there."""
        self.log = directory / "log"
        self.desk = Remote(place.desk)
        self.http = requests.Session()
        self.http.trust_env = False
        self._hands = directory / "hands"
        options = robots.options("tests.privacy.hands:attach", self._hands)
        # Wherever a library writes without being told a place, the place is searched.
        self.places = {name: directory / name.lower() for name in _PLACES}
        for path in self.places.values():
            path.mkdir(mode=0o700)
        env = {
            **os.environ,
            **{name: str(path) for name, path in self.places.items()},
            **environment(x),
            "PYTHONPATH": str(_ROOT),
        }
        with self.log.open("wb") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-c", _KEEPER, str(place.settings), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=directory,
            )

    def close(self) -> None:
        self.keeper.send_signal(signal.SIGTERM)
        self.keeper.wait(PATIENCE_S)
        self.desk.close()
        self.http.close()

    # -- its processes ------------------------------------------------------------------------

    def events(self, message: str) -> list[dict[str, str]]:
        """The keeper's lines with this sentence, oldest first, as their fields."""
        marked = f"kiosk.keeper.keeper: {message} "
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [dict(_FACT.findall(line)) for line in lines if marked in line]

    def live(self) -> int:
        """The process of the visit that was shown last."""
        number = self.events("visit shown")[-1]["visit"]
        return next(
            int(each["pid"]) for each in self.events("visit started") if each["visit"] == number
        )

    def processes(self) -> dict[str, int]:
        """All processes of the terminal, by what they are: everything below the keeper."""
        live, found = self.live(), {"keeper": self.keeper.pid}
        forks = int(self.events("fork server started")[-1]["pid"])
        for pid in below(self.keeper.pid):
            command = _command(pid)
            if pid == live:
                role = "visit"
            elif pid == forks:
                role = "fork server"
            elif b"committer" in command:
                role = "committer"
            elif b"kiosk.keeper.nursery" in command:
                role = "nursery" + _of(pid, live)
            elif _parent(pid) == self.keeper.pid:
                role = "standby"
            else:
                role = "child" + _of(pid, live)
            name, more = role, 2
            while name in found:
                name, more = f"{role} {more}", more + 1
            found[name] = pid
        return found

    def has(self, device: Kind) -> bool:
        """Whether the visit on the screen has found ``device``."""
        # A visit opens its devices when the one before it is over, and may find them before its
        # first frame is shown.
        log = self.log.read_text(encoding="utf-8").rpartition(" visit over ")[2]
        return f"device={device} state=online" in log

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The pictures that the processes of the live visit hold now, as the camera's driver and
        the capture have made them."""
        live = self.live()
        for pid in (live, *below(live)):
            with suppress(FileNotFoundError):  # ended meanwhile
                yield from frames_of(pid)

    # -- the citizen --------------------------------------------------------------------------

    def order(self, **order: Any) -> Sight:
        """Have the hands in the live visit do something; what is seen then. Raises ``StoryError``
        where no such button is, ``OSError`` while no visit listens."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(self._hands))
            line.sendall(json.dumps(order).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline() or "{}")
        if not answer:
            raise OSError("the visit ended")
        if why := answer.get("error"):
            raise StoryError(why)
        sight = Sight(**{**answer, "buttons": tuple(answer["buttons"])})
        self.told_the_desktop |= {sight.title, sight.copied}
        return sight

    def until(self, what: Callable[[], bool], why: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not what():
            if time.monotonic() > end or self.keeper.poll() is not None:
                tail = self.log.read_text(encoding="utf-8").splitlines()[-30:]
                raise StoryError("\n".join([why, *tail]))
            time.sleep(0.01)

    def next_visit(self, shown: int) -> None:
        """Wait until more than ``shown`` visits were shown, and its first page is there."""
        self.until(lambda: len(self.events("visit shown")) > shown, "no visit is shown")

        def begins() -> bool:
            try:
                return self.order(look=True).page in ("AttractPage", "OutOfServicePage")
            except OSError:
                return False

        self.until(begins, "no first page")

    # -- the world ----------------------------------------------------------------------------

    def put_card(self, person: str) -> None:
        self.desk.tell(Kind.ID_CARD, "put", **self.cast.people[person].card())

    def lift_card(self) -> None:
        self.desk.tell(Kind.ID_CARD, "lift")

    def lever(self, method: str, path: str, body: object = None) -> Any:
        """Move a lever of the stand-in centre."""
        answer = self.http.request(
            method, f"{self.place.centre}/sandbox{path}", json=body, timeout=60
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def at_centre(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the stand-in centre's database."""
        file = self.place.directory / "centre" / "centre.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            return db.execute(sql, values).fetchall()


def below(pid: int) -> list[int]:
    """All descendants of a process that still run."""
    found = []
    for task in _tasks(pid):
        try:
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except OSError:  # the thread, or the process, has ended
            continue
        for child in map(int, children):
            found += [child, *below(child)]
    return found


def _tasks(pid: int) -> Sequence[str]:
    try:
        return [each.name for each in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _of(pid: int, live: int) -> str:
    return " of the visit" if pid in below(live) else " of the standby"


@contextmanager
def played_terminal(
    directory: Path, people: Cast, profile: str = demo.PROFILE
) -> Iterator[PlayedTerminal]:
    """Everything in processes, for the length of the block; the first visit is on the screen. All
    that the terminal writes lies in ``directory/terminal`` and in its run directory."""
    world, own = directory / "world", directory / "terminal"
    world.mkdir()
    own.mkdir()
    file = world / "people.toml"
    file.write_text(people.toml(), encoding="utf-8")
    # Without TLS, because the day reads the tokens of the sessions off the wire.
    stand = demo.place(headless=True, people=file, codes=MANY_CODES, profile=profile, tls=False)
    with x_server() as x, stand as place:
        played = PlayedTerminal(place, own, people, x)
        try:
            played.next_visit(0)
            yield played
        finally:
            played.close()
