"""The driver of the speaker: plays sounds and spoken sentences by ALSA's own ``aplay``."""

from __future__ import annotations

import array
import io
import os
import subprocess
import sys
import wave
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en, words_of
from drivers.speaker import clips
from drivers.speaker.types import Play, Say, Sound

PROBE_S = 0.9
"""Seconds that playing a short silence may take."""
KILLED_S = 0.5
"""Seconds to wait for a player that was killed to end."""
_SLICE_S = 0.03  # between two looks at the cancel token
_SILENCE = bytes(640)  # 20 ms
_RATE = 16000


class AplaySpeaker(Driver):
    """A speaker behind ALSA. Without a sound card the terminal is silent and the status says so."""

    @dataclass(frozen=True, slots=True)
    class Settings:
        """The sound card."""

        device: str = "default"
        """The name of an ALSA device (``aplay -L`` lists them); ``null`` drops all sounds."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._device = settings.device
        self._open = False

    @property
    def info(self) -> Info:
        return Info(Kind.SPEAKER, "aplay", self._device)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (Play, Say)

    def open(self) -> None:
        """Play a short silence, to check that the sound card works.

        Raises :class:`DeviceError`: ``NO_DEVICE`` without a sound card or without ``aplay``,
        ``OFFLINE`` when another program holds the card.
        """
        self._open = False
        self._play(_wav(_SILENCE), Deadline(PROBE_S), CancelToken())
        self._open = True

    def close(self) -> None:
        self._open = False

    def status(self) -> Status:
        """Whether ``open`` has succeeded; a speaker cannot be asked for its state."""
        if not self._open:
            return Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet"))
        return Status(State.ONLINE)

    def reset(self) -> None:
        """Check that the sound card works; a speaker has no state to reset."""
        self._play(_wav(_SILENCE), Deadline(PROBE_S), CancelToken())

    def self_test(self) -> tuple[Check, ...]:
        """Whether the sound card plays; inaudible."""
        try:
            self.reset()
        except DeviceError as error:
            return (Check("sound card", False, words_of(error)),)
        return (Check("sound card", True, en("{device} plays", device=self._device)),)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Play a sound or say sentences to the end; obeys a cancel within 50 ms.

        Raises ``TIMEOUT`` when the deadline has cut the sound off, ``CANCELLED``, ``NO_DEVICE`` and
        ``OFFLINE`` as :meth:`open`, ``UNSUPPORTED`` for a volume that is no percentage and for a
        sentence that has no clip.
        """
        if not isinstance(request, Play | Say):
            raise DeviceError(
                Reason.UNSUPPORTED,
                en(
                    "{device} knows no {request}",
                    device="a speaker",
                    request=type(request).__name__,
                ),
            )
        if not 0 <= request.volume <= 100:
            raise DeviceError(Reason.UNSUPPORTED, en("volume is a percentage"))
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        if not self._open:
            raise DeviceError(Reason.NO_DEVICE, en("{device} is not open", device=self._device))
        frames, rate = _frames(request)
        self._play(_wav(_louder(frames, request.volume), rate), deadline, cancel)

    def _play(self, wav: bytes, deadline: Deadline, cancel: CancelToken) -> None:
        try:
            player = subprocess.Popen(
                ["aplay", "-q", "-t", "wav", "-D", self._device, "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=dict(os.environ, LC_ALL="C"),
            )
        except OSError as error:
            raise DeviceError(
                Reason.NO_DEVICE,
                en("aplay is not installed"),
                mend="sudo apt install alsa-utils",
            ) from error
        said = self._await(player, wav, deadline, cancel)
        if player.returncode:
            raise self._refused(said.decode("utf-8", "replace"))

    def _await(
        self, player: subprocess.Popen[bytes], wav: bytes, deadline: Deadline, cancel: CancelToken
    ) -> bytes:
        given: bytes | None = wav
        while True:
            try:
                return player.communicate(given, timeout=_SLICE_S)[1]
            except subprocess.TimeoutExpired:
                given = None  # `communicate` keeps the bytes that it has not sent yet
            if cancel.cancelled or deadline.passed():
                _kill(player)
                if cancel.cancelled:
                    raise DeviceError(Reason.CANCELLED)
                raise DeviceError(Reason.TIMEOUT, en("the sound did not end in time"))

    def _refused(self, said: str) -> DeviceError:
        lines = said.strip().splitlines()
        why = lines[-1].removeprefix("aplay: ")[:200] if lines else en("no reason given")
        detail = en("nothing can be played on {device}: {why}", device=self._device, why=why)
        if "busy" in why:
            return DeviceError(
                Reason.OFFLINE, detail, mend=en("find what holds it: fuser -v /dev/snd/*")
            )
        return DeviceError(
            Reason.NO_DEVICE,
            detail,
            mend=en("look for a sound card with: aplay -l; the user must be in the group audio"),
        )


def _kill(player: subprocess.Popen[bytes]) -> None:
    """Kill the player and wait at most :data:`KILLED_S`; a player stuck in the kernel stays."""
    player.kill()
    for pipe in (player.stdin, player.stderr):
        with suppress(OSError):
            if pipe:
                pipe.close()
    with suppress(subprocess.TimeoutExpired):
        player.wait(KILLED_S)


def _frames(request: Play | Say) -> tuple[bytes, int]:
    """What ``request`` plays: 16-bit little-endian samples, and how many of them a second."""
    if isinstance(request, Play):
        return _samples(request.sound), _RATE
    try:
        return clips.spoken(request.clips), clips.RATE
    except ValueError as error:
        raise DeviceError(Reason.UNSUPPORTED, en("there is no such clip")) from error


def _samples(sound: Sound) -> bytes:
    path = files("assets") / "sounds" / f"{sound.value}.wav"
    with path.open("rb") as file, wave.open(file, "rb") as sounds:
        return sounds.readframes(sounds.getnframes())


def _louder(frames: bytes, percent: int) -> bytes:
    """16-bit little-endian samples, scaled to ``percent`` of their loudness."""
    samples = array.array("h", frames)
    if sys.byteorder == "big":
        samples.byteswap()
    quiet = array.array("h", (sample * percent // 100 for sample in samples))
    if sys.byteorder == "big":
        quiet.byteswap()
    return quiet.tobytes()


def _wav(frames: bytes, rate: int = _RATE) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return whole.getvalue()
