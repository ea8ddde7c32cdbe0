"""A sound card of ALSA's own making: it swallows everything, is gone, or hangs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

DEVICE = "kiosk"
_VARIABLE = "ALSA_CONFIG_PATH"
_CARD = """\
pcm.null {{ type null }}
pcm.kiosk {{ type file slave.pcm null file "{path}" format raw }}
"""


def missing() -> str:
    return "" if shutil.which("aplay") else "needs the Debian package alsa-utils"


class SoundCard:
    """The configuration of ALSA in ``folder``, for the programs that this process starts.

    Orders: ``unplug``, ``plug`` – there is no such card, or there is. ``hang`` – a card that takes
    no samples, until ``well``.
    """

    address = DEVICE

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = os.environ.get(_VARIABLE)

    def start(self) -> None:
        os.mkfifo(self._folder / "nobody-reads")
        self.obey("plug")
        os.environ[_VARIABLE] = str(self._folder / "asound.conf")

    def stop(self) -> None:
        if self._before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = self._before

    def obey(self, order: str, **facts: Any) -> None:
        paths = {"plug": "/dev/null", "well": "/dev/null", "hang": self._folder / "nobody-reads"}
        text = _CARD.format(path=paths[order]) if order in paths else "pcm.null { type null }"
        fresh = self._folder / "fresh"
        fresh.write_text(text, encoding="ascii")
        fresh.replace(self._folder / "asound.conf")

    def look(self) -> dict[str, Any]:
        return {}
