"""An emulated sound card: ALSA writes samples to a pipe, and a thread recognizes the sounds."""

from __future__ import annotations

import array
import os
import select
import shutil
import sys
import threading
import wave
from collections import deque
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from drivers.speaker.types import Sound

_QUIET_S = 0.2
"""A pause of this length ends a sound."""
_OBEYED_S = 5.0
"""Longest wait until the thread has obeyed an order."""
_LEAST = 1000  # samples; a shorter sound is only the driver's probe of the card
_SEEN = 20


class Speaker:
    """A sound card behind ALSA's ``tee``. Its pipe lies in ``folder``, which :meth:`start` makes
    and :meth:`stop` removes.

    Orders: ``unplug``, ``plug`` – the card is gone, or there. ``hang`` – the card takes no samples,
    until ``well``; the fact ``fault`` of ``well`` may be ``hang``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._heard: deque[dict[str, Any]] = deque(maxlen=_SEEN)
        self._hangs = False
        self._full = threading.Event()  # the pipe takes no byte more
        self._wake = -1
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """The ALSA device for the driver's settings."""
        return f"tee:null,{self._folder / 'pipe'},raw"

    def start(self) -> None:
        """Plug the card in. Does nothing when it is in."""
        if self._thread is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        pipe = self._folder / "pipe"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        # Open for writing too: a pipe without a writer always reads as ended.
        reads = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        woken, self._wake = os.pipe()
        self._thread = threading.Thread(
            target=self._listen, args=(reads, woken), name="emulated speaker", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Pull the card out. Does nothing when it is out."""
        if self._thread is None:
            return
        # Remove the folder too: in an existing folder, ALSA would create a plain file for the pipe.
        shutil.rmtree(self._folder)
        os.close(self._wake)
        self._thread.join()
        self._thread = None

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        match order, facts:
            case "plug", {**rest} if not rest:
                self.start()
            case "unplug", {**rest} if not rest:
                self.stop()
            case "hang", {**rest} if not rest:
                self._hang(True)
            case "well", {**rest} if rest in ({}, {"fault": "hang"}):
                self._hang(False)
            case _:
                raise ValueError(f"a speaker knows no order {order!r} with {list(facts)}")

    def look(self) -> dict[str, Any]:
        """What a listener would hear: ``plugged`` bool; ``played`` list, the last 20 sounds, newest
        last: ``sound``, a :class:`Sound` as str, and ``volume``, percent; ``faults`` list of
        str."""
        return {
            "plugged": self._thread is not None,
            "played": list(self._heard),
            "faults": ["hang"] if self._hangs else [],
        }

    def _hang(self, hangs: bool) -> None:
        self._full.clear()
        self._hangs = hangs
        if self._thread is None:
            return
        os.write(self._wake, b"!")
        if hangs:  # a short sound fits into a pipe that is not full yet, and would be played
            self._full.wait(_OBEYED_S)

    def _listen(self, reads: int, woken: int) -> None:
        data = b""
        try:
            while True:
                if self._hangs:
                    _fill(reads)
                    self._full.set()
                watched = [woken] if self._hangs else [reads, woken]
                ready = select.select(watched, [], [], _QUIET_S if data else None)[0]
                if woken in ready:
                    if not os.read(woken, 1):
                        return
                    data = _drained(reads)
                    continue
                if reads in ready:
                    data += os.read(reads, 65536)
                    continue
                if heard := _recognized(data):
                    self._heard.append(heard)
                data = b""
        finally:
            os.close(reads)
            os.close(woken)


def _fill(pipe: int) -> None:
    """Fill the pipe, so that ALSA cannot write to it."""
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, bytes(4096))


def _drained(pipe: int) -> bytes:
    """Read and drop all bytes of the pipe; returns ``b""``."""
    with suppress(BlockingIOError):
        while os.read(pipe, 65536):
            pass
    return b""


def _recognized(data: bytes) -> dict[str, Any] | None:
    """The sound of ``data`` (16-bit samples, little-endian), recognized by its length: the longest
    known sound that fits, since ALSA pads the last period with silence."""
    heard = _samples(data)
    if len(heard) < _LEAST:
        return None
    fitting = [sound for sound in Sound if len(_known(sound)) <= len(heard)]
    sound = max(fitting, key=lambda one: len(_known(one)), default=Sound.READ)
    volume = max(map(abs, heard)) * 100 / max(map(abs, _known(sound)))
    return {"sound": sound.value, "volume": round(volume)}


@cache
def _known(sound: Sound) -> array.array[int]:
    path = files("assets") / "sounds" / f"{sound.value}.wav"
    with path.open("rb") as file, wave.open(file, "rb") as sounds:
        return _samples(sounds.readframes(sounds.getnframes()))


def _samples(data: bytes) -> array.array[int]:
    samples = array.array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples
