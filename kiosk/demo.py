"""The whole machine on one desk: the stand-in centre, emulated hardware and the terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from drivers.emulators.rig import Remote
from kiosk import keeper
from kiosk.__main__ import visit_command

STORIES = 2
"""How many visits the scripted demo plays."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of a running demo are."""

    directory: Path
    centre: str  # base address
    settings: Path
    desk: Path  # control socket


def run(out: Path, *, offscreen: bool, landscape: bool, trace: Path | None = None) -> int:
    """Run the demo; offscreen when asked for or when there is no display. Returns an exit code.

    ``trace``: in windows, where the buttons of each page are is written there (``ui.trace``).
    """
    display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if offscreen or not display:
        return _play(out.resolve(), landscape=landscape)
    with place(headless=False, landscape=landscape, full_screen=False) as here:
        told = ("--trace", str(trace.resolve())) if trace else ()
        return keeper.run(here.settings, visit_command(here.settings, *told))


def _play(out: Path, *, landscape: bool) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with place(headless=True, landscape=landscape) as here:
        play = ("--play", str(out), "--desk", str(here.desk))
        code = keeper.run(here.settings, visit_command(here.settings, *play), visits=STORIES)
        _keep_papers(here, out)
    times = out / "times.txt"
    if not times.is_file() or (out / "failed.txt").is_file():
        print(f"the demo did not come to its end; see {out}", file=sys.stderr)
        return 1
    print(times.read_text(encoding="utf-8"))
    print(f"pictures and papers: {out}")
    return code


def _keep_papers(here: Place, out: Path) -> None:
    """What came out of the printers: the slip as PNG, the certificate as it reached the printer."""
    remote = Remote(here.desk)
    try:
        for number, slip in enumerate(remote.look("receipt_printer")["slips"], 1):
            (out / f"slip-{number}.png").write_bytes(slip)
        seen = remote.look("document_printer")
        for number, pdf in enumerate(seen["documents"], 1):
            (out / f"certificate-{number}.pdf").write_bytes(pdf)
        for number, sheet in enumerate(seen["sheets"], 1):
            (out / f"sheet-{number}.png").write_bytes(sheet)
    finally:
        remote.close()


@contextmanager
def place(
    *, headless: bool, landscape: bool = False, full_screen: bool = True, delay: float = 0.0
) -> Iterator[Place]:
    """Start the stand-in centre and the hardware; write the settings of a terminal between them.

    Everything lies in a directory of its own that is gone afterwards, as are the processes.
    """
    directory = Path(tempfile.mkdtemp(prefix="kiosk-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        me = [sys.executable, "-m", "kiosk"]
        centre_dir = directory / "centre"
        centre_dir.mkdir()
        centre = _start([*me, "sandbox", "--directory", str(centre_dir), "--delay", str(delay)])
        started.append(centre)
        url = _first_line(centre)
        desk_command = [*me, "desk", "--directory", str(directory), "--centre", url]
        if headless:
            desk_command.append("--headless")
        if landscape:
            desk_command.append("--landscape")
        desk = _start(desk_command)
        started.append(desk)
        devices = json.loads(_first_line(desk))
        settings = directory / "terminal.toml"
        settings.write_text(
            _settings(directory, url, devices, landscape=landscape, full_screen=full_screen),
            encoding="utf-8",
        )
        yield Place(directory, url, settings, directory / "desk.sock")
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(directory, ignore_errors=True)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)


def _first_line(process: subprocess.Popen[bytes], seconds: float = 30.0) -> str:
    """What a part says when it is ready. Raises ``RuntimeError`` when it ends instead."""
    stdout: IO[bytes] = process.stdout  # type: ignore[assignment]
    until = time.monotonic() + seconds
    line = stdout.readline()
    if not line or time.monotonic() > until:
        raise RuntimeError(f"{process.args!r} did not start")
    return line.decode().strip()


def _settings(
    directory: Path, url: str, devices: dict[str, str], *, landscape: bool, full_screen: bool
) -> str:
    return f"""\
terminal = "T0001"
production = false
run_directory = "{directory}"

[screen]
orientation = "{"landscape" if landscape else "portrait"}"
full_screen = {str(full_screen).lower()}

[centre]
url = "{url}"
seal_roots = "{directory / "centre" / "root.pem"}"

[devices.id_card]
driver = "sdt"
port = "{devices["id_card"]}"

[devices.receipt_printer]
driver = "escpos"
address = "{devices["receipt_printer"]}"

[devices.document_printer]
driver = "ipp"
uri = "{devices["document_printer"]}"
"""
