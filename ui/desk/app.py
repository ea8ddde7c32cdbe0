"""The desk from the command line: starts the emulated hardware and its window, hands orders on."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from drivers.emulators.rig import Remote
from kiosk import settings
from kiosk.settings import SettingsError
from ui.desk import hardware
from ui.desk.citizen import rig_with_citizen

TERMINAL = Path("/etc/kiosk/terminal.toml")
"""The settings of a machine that serves citizens."""
SOCKET = "desk.sock"
"""The control socket, in the desk's directory; it exists as long as the desk runs."""
PROFILE = "supermarket"
"""The profile whose hardware the desk plays by default."""
FAILED, REFUSED = 1, 2


def run(
    directory: Path,
    *,
    centre: str | None,
    headless: bool,
    profile: str = PROFILE,
    landscape: bool = False,
    terminal: Path = TERMINAL,
) -> int:
    """Play the hardware of ``profile`` until SIGTERM or SIGINT, or until the window is closed.

    Once all emulators run, prints one line of JSON: by device class, the settings with which a
    terminal finds its device. Returns 0. Prints one sentence and returns 1 if the desk cannot
    start in ``directory``, 2 on a machine whose ``terminal`` settings are in production.
    """
    if why := refusal(terminal):
        print(why, file=sys.stderr)
        return REFUSED
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked before the first thread starts: a thread that does not block them could take them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    emulated = hardware.of(profile, directory)
    rig = rig_with_citizen(emulated.devices, directory / SOCKET, centre)
    try:
        rig.start()
    except OSError as error:  # `directory` has a desk, or is too long for a socket's path
        print(f"no desk in {directory}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(json.dumps(emulated.settings()), flush=True)
    try:
        if headless:
            signal.sigwait(ends)
            return 0
        from ui.desk.window import show

        return show(rig, centre, emulated.absent, landscape=landscape)
    finally:
        rig.stop()


def refusal(terminal: Path) -> str:
    """Why the desk refuses to run on a machine with these settings of a terminal; "": it may run.

    Settings that cannot be read refuse too: the machine may be a terminal in service.
    """
    try:
        in_service = settings.load(terminal).production
    except SettingsError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return ""
        return f"no desk here, this may be a terminal in service: {error}"
    return f"no desk here, {terminal} is in production" if in_service else ""


def tell(
    directory: Path, script: str, *, wait: float | None = None, terminal: Path = TERMINAL
) -> int:
    """Begin a fault script at the desk of ``directory``; with ``wait`` (seconds) wait for its end.

    Returns 0. Prints one sentence and returns 1 if no desk answers, the script has a mistake, a
    device refuses an order, or the script has not ended in time; 2 as :func:`run`.
    """

    def hand_on(remote: Remote) -> int:
        if remote.run(script, wait) or wait is None:
            return 0
        print("the script has not ended yet", file=sys.stderr)
        return FAILED

    return _at_the_desk(directory, terminal, hand_on)


def look(directory: Path, device: str, *, terminal: Path = TERMINAL) -> int:
    """Print a look at ``device`` as JSON; of pictures and papers only the size.

    Returns as :func:`tell`.
    """

    def see(remote: Remote) -> int:
        print(json.dumps(_shown(remote.look(device)), ensure_ascii=False, indent=2))
        return 0

    return _at_the_desk(directory, terminal, see)


def _at_the_desk(directory: Path, terminal: Path, act: Callable[[Remote], int]) -> int:
    if why := refusal(terminal):
        print(why, file=sys.stderr)
        return REFUSED
    try:
        with closing(Remote(directory / SOCKET)) as remote:
            return act(remote)
    except OSError as error:
        print(f"no desk answers in {directory}: {error.strerror or error}", file=sys.stderr)
    except ValueError as error:
        print(error, file=sys.stderr)
    return FAILED


def _shown(seen: Any) -> Any:
    match seen:
        case bytes():
            return f"{len(seen)} bytes"
        case list() | tuple():
            return [_shown(each) for each in seen]
        case dict():
            return {key: _shown(each) for key, each in seen.items()}
    return seen
