"""The clips of ``assets/speech``: spoken sentences, rendered when the project was built."""

from __future__ import annotations

from importlib.resources import files

RATE = 24000
"""Samples a second of every clip."""
PAUSE_S = 0.25
"""Silence between two sentences."""


def clip_samples(name: str) -> bytes:
    """The clip ``name`` as 16-bit samples, little-endian. Raises ``ValueError`` for a name without
    a clip, and for a file that is no clip. The first call takes 0.2 s: soundfile brings numpy,
    11 MB that a visit without a spoken sentence does not need."""
    import soundfile

    path = files("assets") / "speech" / f"{name}.ogg"
    try:
        with path.open("rb") as file:
            samples, rate = soundfile.read(file, dtype="int16")
    except (OSError, soundfile.SoundFileError) as error:
        raise ValueError(f"no clip {name}") from error
    if rate != RATE or samples.ndim != 1:
        raise ValueError(f"{name} has another rate, or more than one channel")
    return bytes(samples.astype("<i2").tobytes())


def spoken(clips: tuple[str, ...]) -> bytes:
    """All ``clips`` with pauses between them. Raises ``ValueError`` as :func:`clip_samples`."""
    pause = bytes(2 * round(PAUSE_S * RATE))
    return pause.join(clip_samples(name) for name in clips)
