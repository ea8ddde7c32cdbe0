"""Makes the sounds of the terminal: soft, short, known apart with eyes closed.

    python assets/sounds/make_sounds.py [folder]

16 bits, mono, 16 kHz. Every tone is a sine with a little of its octave, that swells and dies away.
"""

from __future__ import annotations

import math
import struct
import sys
import wave
from pathlib import Path

RATE = 16000
LOUDEST = 0.35  # of full scale; the rest is the amplifier's
_SWELL_S = 0.008

# name: (frequency in Hz, begin, length in seconds) of each tone
SOUNDS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "read": ((1568.0, 0.0, 0.14),),  # 滴
    "done": ((880.0, 0.0, 0.22), (1318.5, 0.13, 0.34)),  # rising
    "error": ((493.9, 0.0, 0.22), (392.0, 0.17, 0.36)),  # falling, low
}


def samples(tones: tuple[tuple[float, float, float], ...]) -> list[int]:
    """The tones mixed, as signed 16-bit numbers."""
    total = [0.0] * round(RATE * max(begin + length for _, begin, length in tones))
    for frequency, begin, length in tones:
        first = round(RATE * begin)
        for at in range(round(RATE * length)):
            seconds = at / RATE
            swell = min(1.0, seconds / _SWELL_S)
            fade = (1 - seconds / length) ** 2
            turn = 2 * math.pi * frequency * seconds
            tone = math.sin(turn) + 0.2 * math.sin(2 * turn)
            total[first + at] += LOUDEST * swell * fade * tone / 1.2
    return [round(32767 * max(-1.0, min(1.0, value))) for value in total]


def write(folder: Path) -> None:
    for name, tones in SOUNDS.items():
        numbers = samples(tones)
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(struct.pack(f"<{len(numbers)}h", *numbers))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
