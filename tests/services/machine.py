"""The whole machine as processes: centre, hardware, keeper, and visits that a robot plays."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from drivers.emulators.rig import Remote
from kiosk.workshop import demo, robots
from tests.waiting import PATIENCE_S

ROBOT = Path(__file__).with_name("robot.py")
KEEPER = """
import json, sys
from pathlib import Path
from kiosk.keeper.keeper import PRELOAD, run
from kiosk.keeper.visit_process import KeeperPace
settings, pace, *command = sys.argv[1:]
pace = KeeperPace(**json.loads(pace))
sys.exit(run(Path(settings), command, preload=PRELOAD, pace=pace))
"""
_FACT = re.compile(r"(\w+)=(\S+)")


class Machine:
    """A running terminal, seen from outside: its log, its processes, its hardware, its centre."""

    def __init__(self, place: demo.DemoPlace, directory: Path, **pace: float) -> None:
        self.place = place
        self.log = directory / "log"
        self.orders = directory / "orders"
        self.orders.mkdir()
        self.desk = Remote(place.desk)
        self._http = requests.Session()
        self._http.trust_env = False
        self.plan("P01", "attract")
        command = [sys.executable, str(ROBOT), "visit", "--settings", str(place.settings)]
        options = robots.options("__main__:attach", self.orders, place.desk, place.centre)
        patience = json.dumps({"rest_s": 0.0, "back_off_s": [0.0], "shown_s": 20.0, **pace})
        root = str(Path(demo.__file__).parents[2])
        with self.log.open("wb") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-c", KEEPER, str(place.settings), patience, *command, *options],
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": root},
            )

    def close(self) -> None:
        self.keeper.send_signal(signal.SIGTERM)
        self.keeper.wait(PATIENCE_S)
        self.desk.close()
        self._http.close()

    # -- what the robot does ------------------------------------------------------------------

    def plan(self, persona: str, point: str) -> None:
        """Who comes next, and at which point they stand still. Before the next visit is shown."""
        (self.orders / "plan").write_text(f"{persona} {point}")
        (self.orders / "reached").unlink(missing_ok=True)

    def reached(self) -> str:
        """The newest point of the robot, or nothing."""
        try:
            return (self.orders / "reached").read_text()
        except FileNotFoundError:
            return ""

    def wait_for(self, point: str) -> None:
        def there() -> bool:
            at = self.reached()
            assert not at.startswith("failed"), at
            return at == point

        self.until(there, f"the robot is not at {point}")

    # -- what the keeper says -----------------------------------------------------------------

    def events(self, message: str) -> list[dict[str, str]]:
        """The keeper's lines with this sentence, oldest first, as their fields."""
        marked = f"kiosk.keeper.keeper: {message} "
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [dict(_FACT.findall(line)) for line in lines if marked in line]

    def live(self) -> int:
        """The process of the visit that was shown last."""
        number = self.events("visit shown")[-1]["visit"]
        started = self.events("visit started")
        return int(next(each["pid"] for each in started if each["visit"] == number))

    def fork_server(self) -> int:
        """The process of the fork server."""
        return int(self.events("fork server started")[-1]["pid"])

    def standby(self, before: int = 0) -> int:
        """Wait until a visit other than ``before`` stands by, with its nursery; its process."""
        found: list[int] = []

        def there() -> bool:
            shown = {each["visit"] for each in self.events("visit shown")}
            others = (each for each in self.events("visit started") if each["visit"] not in shown)
            pids = (int(each["pid"]) for each in others)
            found[:] = [pid for pid in pids if pid != before and self.nursery(pid)]
            return bool(found)

        self.until(there, "no visit stands by")
        return found[-1]

    def nursery(self, visit: int) -> int:
        """The process from which the process ``visit`` forks its drivers' processes; 0: none."""
        with suppress(FileNotFoundError):
            children = Path(f"/proc/{visit}/task/{visit}/children").read_text().split()
            pids = [pid for pid in map(int, children) if _runs(pid, b"kiosk.keeper.nursery")]
            return pids[0] if pids else 0
        return 0

    def next_shown(self, shown: int) -> float:
        """Wait until more than ``shown`` visits have been shown; ms since the last one ended."""
        self.until(lambda: len(self.events("visit shown")) > shown, "no visit is shown")
        return float(self.events("visit shown")[shown].get("ms", "nan"))

    def until(self, what: Callable[[], bool], why: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not what():
            if time.monotonic() > end or self.keeper.poll() is not None:
                tail = self.log.read_text(encoding="utf-8").splitlines()[-30:]
                raise AssertionError("\n".join([why, f"at {self.reached()!r}", *tail]))
            time.sleep(0.01)

    # -- the world ----------------------------------------------------------------------------

    def ask(self, method: str, path: str) -> Any:
        """Pull a lever of the stand-in centre."""
        answer = self._http.request(method, f"{self.place.centre}/sandbox{path}", timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _runs(pid: int, module: bytes) -> bool:
    return module in Path(f"/proc/{pid}/cmdline").read_bytes()


@contextmanager
def machine(directory: Path, **pace: float) -> Iterator[Machine]:
    """Everything in processes, for the length of the block; the first visit is on the screen."""
    with demo.place(headless=True) as place:
        one = Machine(place, directory, **pace)
        try:
            one.next_shown(0)
            yield one
        finally:
            one.close()
