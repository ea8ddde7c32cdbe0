"""Drives a Chromium over its DevTools protocol: start, scripts, taps."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from kiosk.workshop.bench.figures import BenchError

SITE = Path(__file__).with_name("site.html")
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60.0
_FLAGS = (
    *("--headless=new", "--kiosk", "--incognito", "--no-first-run", "--disable-gpu"),
    *("--disable-extensions", "--disable-background-networking", "--disable-sync"),
    *("--window-size=1080,1920", "--remote-debugging-port=0", "--no-sandbox"),
)
_PAINTED = """
(() => {
  const first = performance.getEntriesByName("first-contentful-paint")[0];
  return first ? performance.timeOrigin + first.startTime : 0;
})()
"""
_PLACE = """
(() => {
  const box = document.querySelector(%s).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})()
"""


def program() -> str:
    """The path of a Chromium, or an empty string."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


class Chromium:
    """A running Chromium with one page on its screen; the times are those of the site of six."""

    def __init__(self, process: subprocess.Popen[bytes], line: ClientConnection) -> None:
        self.pid = process.pid
        self._line = line
        self._number = 0

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    def painted_at(self) -> float:
        """When the first page was painted: Unix time, in seconds."""
        until = time.monotonic() + PATIENCE_S
        while not (painted := self.evaluate(_PAINTED)):
            if time.monotonic() > until:
                raise BenchError("Chromium paints no page")
            time.sleep(0.002)
        # The headless window keeps no size of its own for long.
        size = {"width": 1080, "height": 1920, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        return float(painted) / 1000

    def tap(self, to: str) -> float:
        """Press the button that leads to a page; ms from the press to the page's frame."""
        before = int(self.evaluate("taps.length"))
        self.press(f"section.shown [data-to={to}]")
        until = time.monotonic() + PATIENCE_S
        while int(self.evaluate("taps.length")) == before:
            if time.monotonic() > until:
                raise BenchError(f"Chromium does not come to the page {to}")
        return float(self.evaluate("taps[taps.length - 1]"))

    def press(self, selector: str) -> None:
        """Press and release the left button of the mouse in the middle of an element."""
        x, y = self.evaluate(_PLACE % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._line.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer: dict[str, Any] = json.loads(self._line.recv(PATIENCE_S))
            if answer.get("id") == self._number:
                if "result" not in answer:
                    raise BenchError(f"Chromium refuses {method}")
                result: dict[str, Any] = answer["result"]
                return result


@contextmanager
def chromium(address: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Start Chromium at ``address``, or with the site of six; :func:`attach` waits for it."""
    with tempfile.TemporaryDirectory(prefix="kiosk-", ignore_cleanup_errors=True) as home:
        command = [program(), *_FLAGS, f"--user-data-dir={home}", address or SITE.as_uri()]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=home)
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
def attach(process: subprocess.Popen[bytes]) -> Iterator[Chromium]:
    """The page of a Chromium that :func:`chromium` has started."""
    arguments: list[str] = [str(argument) for argument in process.args]  # type: ignore[union-attr]
    (home,) = (a.partition("=")[2] for a in arguments if a.startswith("--user-data-dir="))
    until = time.monotonic() + PATIENCE_S
    scheme = arguments[-1].partition(":")[0]
    while not (address := _page(Path(home) / "DevToolsActivePort", scheme)):
        if time.monotonic() > until or process.poll() is not None:
            raise BenchError("Chromium does not start")
        time.sleep(0.005)
    with connect(address, max_size=None, proxy=None) as line:
        yield Chromium(process, line)


def _page(port_file: Path, scheme: str) -> str:
    """The address of the page's DevTools; empty while it is not there yet."""
    with suppress(OSError, ValueError, IndexError, http.client.HTTPException):
        port = int(port_file.read_text().splitlines()[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/json/list")
        targets = json.loads(connection.getresponse().read())
        connection.close()
        for target in targets:
            if target["type"] == "page" and target["url"].startswith(f"{scheme}:"):
                return str(target["webSocketDebuggerUrl"])
    return ""
