"""An emulated sound card: ALSA writes samples to a pipe, and a thread recognizes what is played."""

from __future__ import annotations

import array
import json
import os
import select
import shutil
import sys
import threading
import wave
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from drivers.speaker.types import Sound

_QUIET_S = 0.2
"""A pause of this length ends a sound."""
_OBEYED_S = 30.0
"""Longest wait until the thread has obeyed an order."""
_LEAST = 1000  # samples; a shorter sound is only the driver's probe of the card
_SEEN = 20
_LOUD = 1500  # the first sample above it tells the volume
_COMPARED = 2400  # samples, 0.1 s
_NEAR = 200  # percent of a sample; the driver rounds to whole samples


class Speaker:
    """A sound card behind ALSA's ``tee``. Its pipe lies in ``folder``, which :meth:`start` makes
    and :meth:`stop` removes. It understands the sentences of ``assets/speech``.

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
        """What a listener would hear: ``plugged`` bool; ``played`` list, the last 20, newest last:
        ``sound``, a :class:`Sound` as str, or ``said``, a list of sentences of which the last may
        have been cut off, and ``volume``, percent; ``faults`` list of str."""
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
                if heard := recognized(data):
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


def recognized(data: bytes) -> dict[str, Any] | None:
    """What ``data`` (16-bit samples, little-endian) says, else the sound that it is, recognized by
    its length: the longest known sound that fits, since ALSA pads the last period with silence."""
    heard = _samples(data)
    if len(heard) < _LEAST:
        return None
    if said := _understood(heard):
        return said
    fitting = [sound for sound in Sound if len(_known(sound)) <= len(heard)]
    sound = max(fitting, key=lambda one: len(_known(one)), default=Sound.READ)
    volume = max(map(abs, heard)) * 100 / max(map(abs, _known(sound)))
    return {"sound": sound.value, "volume": round(volume)}


def _understood(heard: array.array[int]) -> dict[str, Any] | None:
    """The sentences of ``heard``, each recognized by its first audible samples; ``None`` when it
    begins with no sentence."""
    from drivers.speaker.clips import PAUSE_S, RATE

    said: list[str] = []
    volume = 0
    at = 0
    while at < len(heard):
        found = next((each for each in _sentences() if each.begins(heard, at)), None)
        if found is None:
            break
        volume = volume or found.volume(heard, at)
        said.append(found.words)
        at += found.length + round(PAUSE_S * RATE)
    return {"said": said, "volume": volume} if said else None


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A clip, as far as it is compared: from its first loud sample on."""

    words: str
    length: int  # samples
    start: int  # of the first loud sample
    beginning: array.array[int]

    def begins(self, heard: array.array[int], at: int) -> bool:
        """Whether ``heard`` goes on with this sentence at ``at``, however loud: the samples differ
        by rounding only."""
        volume = self.volume(heard, at)
        compared = heard[at + self.start : at + self.start + len(self.beginning)]
        return volume > 0 and all(
            abs(sample * 100 - known * volume) <= _NEAR
            for sample, known in zip(compared, self.beginning, strict=False)
        )

    def volume(self, heard: array.array[int], at: int) -> int:
        """Percent; 0 when nothing can be compared."""
        first = at + self.start
        return round(heard[first] * 100 / self.beginning[0]) if first < len(heard) else 0


@cache
def _sentences() -> tuple[_Sentence, ...]:
    path = files("assets") / "speech" / "clips.json"
    languages = json.loads(path.read_text(encoding="utf-8")).values()
    return tuple(_sentence(words, name) for clips in languages for words, name in clips.items())


def _sentence(words: str, name: str) -> _Sentence:
    # Imported late: numpy starts threads, and the desk blocks its signals before any thread.
    from drivers.speaker.clips import clip_samples

    samples = _samples(clip_samples(name))
    start = next(at for at, sample in enumerate(samples) if abs(sample) > _LOUD)
    return _Sentence(words, len(samples), start, samples[start : start + _COMPARED])


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
