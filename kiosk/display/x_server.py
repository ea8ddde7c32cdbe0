"""What the other display server is told, an X server with the window manager openbox: its files."""

from __future__ import annotations

import secrets
import shutil
import struct
from pathlib import Path

from kiosk.display import outputs
from kiosk.display.outputs import DisplayOutput
from kiosk.settings import ScreenSettings
from kiosk.whole_file import put

CONFIGURATION = Path("run/kiosk-prepare/xorg.conf")
"""Relative to the root, as the two files below. Where this one is there, the X server starts."""
COOKIE = Path("run/kiosk-prepare/xauthority")
"""What a client must show to be let in; the terminal's group may read it."""
ENVIRONMENT = Path("run/kiosk-prepare/screen.env")
"""Where the terminal draws, for its unit."""
GROUP = "kiosk"
VARIABLES = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":0", "XAUTHORITY": f"/{COOKIE}"}
PROGRAMS = {
    "/usr/lib/xorg/Xorg": "xserver-xorg-core",
    "/usr/lib/xorg/modules/input/libinput_drv.so": "xserver-xorg-input-libinput",
    "/usr/bin/openbox": "openbox",
}
"""What must be there, and the Debian package that brings it."""
OPENBOX = Path("/usr/share/provident-kiosk/openbox.xml")
"""openbox without a key, a menu or a decoration."""
SOCKET = Path("/tmp/.X11-unix/X0")  # noqa: S108 - of the protocol
_WILD = 0xFFFF  # Xau(3): a cookie for whatever machine
_ROTATE = ("normal", "left", "inverted", "right")


def write(screen: ScreenSettings, output: DisplayOutput | None, root: Path = outputs.ROOT) -> None:
    """Write the X server's configuration, a new cookie and the terminal's variables; take away
    those of before where the settings name another display server. Raises ``OSError``, and
    ``LookupError`` where there is no group :data:`GROUP`."""
    if screen.server != "xorg":
        for path in (CONFIGURATION, COOKIE, ENVIRONMENT):
            (root / path).unlink(missing_ok=True)
        return
    told = "".join(f"{name}={value}\n" for name, value in VARIABLES.items())
    put(root / ENVIRONMENT, told.encode(), 0o644)
    put(root / COOKIE, cookie(secrets.token_bytes(16)), 0o640)
    put(root / CONFIGURATION, configuration(screen, output).encode(), 0o644)
    shutil.chown(root / COOKIE, group=GROUP)


def cookie(secret: bytes) -> bytes:
    """The file of one cookie, for display 0 (Xau(3): each part after its length)."""
    parts = (b"", b"0", b"MIT-MAGIC-COOKIE-1", secret)
    return struct.pack(">H", _WILD) + b"".join(struct.pack(">H", len(p)) + p for p in parts)


def configuration(screen: ScreenSettings, output: DisplayOutput | None) -> str:
    """xorg.conf(5): no key of the server itself leads anywhere, nothing goes dark, picture and
    touches are turned as the panel hangs. The processor draws, as the pages."""
    turns = outputs.turns(screen, output)
    # The only connector of another name than the kernel's.
    name = output.name.replace("HDMI-A-", "HDMI-") if output else "none"
    return f"""\
Section "ServerFlags"
    Option "DontVTSwitch" "on"
    Option "DontZap" "on"
    Option "DontZoom" "on"
    Option "BlankTime" "0"
    Option "AutoAddGPU" "off"
EndSection
Section "Extensions"
    Option "DPMS" "Disable"
EndSection
Section "Device"
    Identifier "card"
    Driver "modesetting"
    Option "AccelMethod" "none"
EndSection
Section "Monitor"
    Identifier "{name}"
    Option "Rotate" "{_ROTATE[turns]}"
EndSection
Section "Screen"
    Identifier "screen"
    Device "card"
EndSection
Section "InputClass"
    Identifier "touches"
    Option "TransformationMatrix" "{outputs.MATRICES[90 * turns]} 0 0 1"
EndSection
"""
