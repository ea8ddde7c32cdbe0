"""Starts the display that the terminal's window fills: cage, or the window manager on Xorg."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from kiosk.display import outputs, x_server
from kiosk.settings import ScreenSettings

PROGRAMS = {
    # cage 0.1 ends where there is no Xwayland, which Debian 12 does not bring with it.
    "cage": {"/usr/bin/cage": "cage", "/usr/bin/Xwayland": "xwayland", "/usr/sbin/seatd": "seatd"},
    "xorg": x_server.PROGRAMS,
}
"""What each display server of the settings needs, and the Debian packages that bring it."""
SOCKET = "screen"
"""The compositor's socket in its runtime directory, by a name that never changes."""
X_START_S = 30.0
_TRANSFORMS = ("normal", "90", "180", "270")


class NoDisplayServer(Exception):
    """The display server cannot be started; the message is one sentence."""


def start(screen: ScreenSettings) -> None:
    """Become the display server, or what manages it. Returns never; raises
    :class:`NoDisplayServer`."""
    if screen.server == "xorg":
        _manage_windows()
    cage = shutil.which("cage")
    if cage is None:
        needed = " ".join(PROGRAMS["cage"].values())
        raise NoDisplayServer(f"there is no cage: apt-get install {needed}")
    said = subprocess.run([cage, "-v"], capture_output=True, text=True, check=False).stdout
    output = outputs.panel(screen.output)
    words = command(version(said), outputs.turns(screen, output), output.name if output else "")
    try:
        os.execv(cage, words)  # noqa: S606
    except OSError as error:
        raise NoDisplayServer(f"{cage}: {error.strerror}") from error


def missing(server: str, root: Path = outputs.ROOT) -> list[str]:
    """The Debian packages that ``server`` needs and the machine under ``root`` lacks."""
    needed = PROGRAMS[server].items()
    return [package for path, package in needed if not (root / path.lstrip("/")).exists()]


def _manage_windows() -> None:
    """Become the window manager of the X server, once that answers. It tells systemd that the
    terminal may come."""
    if lacking := missing("xorg"):
        raise NoDisplayServer(f"there is no X server: apt-get install {' '.join(lacking)}")
    end = time.monotonic() + X_START_S
    while not _answers(x_server.SOCKET):
        if time.monotonic() > end:
            raise NoDisplayServer(f"no X server for {X_START_S:.0f} s: journalctl -u kiosk-xorg")
        time.sleep(0.1)
    place = os.environ.get("XDG_RUNTIME_DIR", "/nowhere")
    homes = {"XDG_CACHE_HOME": place, "XDG_CONFIG_HOME": place}
    environment = {**os.environ, **homes, **x_server.VARIABLES}
    try:
        os.execvpe("openbox", openbox(), environment)  # noqa: S606
    except OSError as error:
        raise NoDisplayServer(f"openbox: {error.strerror}") from error


def openbox() -> list[str]:
    """The words that start openbox."""
    told = ("--config-file", str(x_server.OPENBOX), "--startup", "systemd-notify --ready")
    return ["openbox", "--sm-disable", *told]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True


def version(said: str) -> tuple[int, ...]:
    """The version that ``cage -v`` tells, empty if none."""
    found = re.search(r"(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def command(cage: Sequence[int], turns: int, output: str) -> list[str]:
    """The words that start cage of this version on a panel that hangs turned clockwise ``turns``
    times by a quarter. cage ends with its first client, so that client only waits; it tells systemd
    that the terminal may come. Without ``-s``, no key of cage leads to another console."""
    tell = f'ln -sfn "$WAYLAND_DISPLAY" "$XDG_RUNTIME_DIR/{SOCKET}"; systemd-notify --ready'
    turn: list[str] = []
    if tuple(cage) < (0, 2):
        turn = ["-r"] * turns
    elif turns and output:  # cage 0.2 leaves the turning to its clients
        tell = f"wlr-randr --output {output} --transform {_TRANSFORMS[turns]}; {tell}"
    return ["cage", "-d", *turn, "--", "/bin/sh", "-c", f"{tell}; exec sleep infinity"]
