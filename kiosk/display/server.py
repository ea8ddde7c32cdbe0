"""Starts the display server that the terminal's window fills: cage, a Wayland compositor."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from kiosk.display import outputs
from kiosk.settings import ScreenSettings

SOCKET = "screen"
"""The compositor's socket in its runtime directory, by a name that never changes."""
_TRANSFORMS = ("normal", "90", "180", "270")


class NoDisplayServer(Exception):
    """The display server cannot be started; the message is one sentence."""


def start(screen: ScreenSettings) -> None:
    """Become the display server. Returns never; raises :class:`NoDisplayServer`."""
    cage = shutil.which("cage")
    if cage is None:
        raise NoDisplayServer("there is no cage: apt-get install cage xwayland seatd")
    said = subprocess.run([cage, "-v"], capture_output=True, text=True, check=False).stdout
    output = outputs.panel(screen.output)
    words = command(version(said), outputs.turns(screen, output), output.name if output else "")
    try:
        os.execv(cage, words)  # noqa: S606
    except OSError as error:
        raise NoDisplayServer(f"{cage}: {error.strerror}") from error


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
