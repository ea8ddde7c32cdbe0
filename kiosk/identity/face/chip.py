"""The photo on the chip of an ID card: decoded by the vendor's program, where one is installed.

The chip's photo is 1,024 bytes of WLT, a secret format that is decoded under a licence only. The
settings name a program that reads these bytes from its standard input and writes a picture (JPEG,
PNG or BMP) to its standard output.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

DECODE_S = 3.0
"""Longest wait for the decoder, which takes some milliseconds."""
LARGEST = 1 << 20
"""Bytes above which a decoder's answer is no photo of a chip."""
_JPEG = b"\xff\xd8\xff"


class NotCompared(StrEnum):
    """Why a face was not compared with the photo of a chip."""

    NO_PHOTO = "no-photo"  # no card was read in this visit, or its photo is blank
    NO_DECODER = "no-decoder"
    DECODER_FAILED = "decoder-failed"
    NO_MODEL = "no-model"
    NO_FACE = "no-face"  # the decoded picture does not show exactly one face


@dataclass(frozen=True, slots=True)
class ChipPhoto:
    """A decoded photo, or why there is none. ``repr`` shows no picture."""

    picture: bytes = field(default=b"", repr=False)
    why_not: NotCompared | None = None


def chip_photo(photo: bytes, decoder: Path | None) -> ChipPhoto:
    """``photo`` as a picture file. A photo that is a JPEG already needs no decoder. Never raises:
    without a photo, the centre compares."""
    if not photo.strip(b"\0"):
        return ChipPhoto(why_not=NotCompared.NO_PHOTO)
    if photo.startswith(_JPEG):
        return ChipPhoto(photo)
    if decoder is None:
        return ChipPhoto(why_not=NotCompared.NO_DECODER)
    try:
        done = subprocess.run(
            [decoder],
            input=photo,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=DECODE_S,
            check=True,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError):
        return ChipPhoto(why_not=NotCompared.DECODER_FAILED)
    if not 0 < len(done.stdout) <= LARGEST:
        return ChipPhoto(why_not=NotCompared.DECODER_FAILED)
    return ChipPhoto(done.stdout)
