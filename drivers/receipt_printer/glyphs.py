"""Draws characters that a printer's own font lacks, dot by dot, from the system's Chinese fonts.

Faces are tried in order: Noto Sans Mono CJK SC, then Hanazono for the rest of Ext B to F. The
module finds them by fontconfig, or at Debian's paths (fonts-noto-cjk, fonts-hanazono).
"""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL = 12
"""Width of a half-width character in dots. A full-width character has two cells; every character is
two cells high."""
INK = 112
"""Grey level (255 is black) from which a dot is printed; low, so that thin strokes do not break."""

_FAMILIES = ("Noto Sans Mono CJK SC", "HanaMinA", "HanaMinB")
_DEBIAN = {
    ("Noto Sans Mono CJK SC", False): ("opentype/noto/NotoSansCJK-Regular.ttc", 7),
    ("Noto Sans Mono CJK SC", True): ("opentype/noto/NotoSansCJK-Bold.ttc", 7),
    ("HanaMinA", False): ("truetype/hanazono/HanaMinA.ttf", 0),
    ("HanaMinB", False): ("truetype/hanazono/HanaMinB.ttf", 0),
}
_DEBIAN_FONTS = Path("/usr/share/fonts")
_ASCENT = 0.88
"""Height of the baseline in the em square of these fonts."""
_NOBODY = "\U0010fffe"
"""A non-character, which no font has: its glyph is how a face draws characters that it lacks."""


def cells(char: str) -> int:
    """Width of a character on paper: 0 combining, 1 half-width, 2 full-width.

    Counts as a printer in Chinese mode does: every character with a GBK code is full-width, also
    those that Unicode calls ambiguous or narrow, such as ``·`` or ``°``.
    """
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    if in_gbk(char) or unicodedata.east_asian_width(char) in "WFA":
        return 2
    return 1


def in_gbk(char: str) -> bool:
    """Whether a printer with a Chinese font shows the character: ASCII, or a two-byte code of GBK.

    GB18030 has more two-byte codes, and four-byte codes; such printers show rubbish for them.
    """
    if char.isascii():
        return char.isprintable()
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=64)
def drawable(char: str) -> bool:
    """Whether one of the faces has the character."""
    return char in {" ", "\u3000"} or _face(char, bold=False, pixels=24) is not None


def available() -> bool:
    """Whether this machine has a Chinese font."""
    return drawable("公")


def draw(
    image: Image.Image, x: int, y: int, text: str, *, size: int = 1, bold: bool = False
) -> None:
    """Draw text in black (0), every character in its cells, the upper left corner at ``x``, ``y``.

    ``image`` has mode ``L``; ``size`` is 1 for 24 dots, 2 for 48. A character that no face has
    leaves its cells white: ask :func:`drawable` first.
    """
    canvas = ImageDraw.Draw(image)
    for char in text:
        width = cells(char) * CELL * size
        face = _face(char, bold=bold, pixels=2 * CELL * size)
        if face is not None and not char.isspace():
            # A combining mark has no width: draw it over the character before.
            left = x if width else max(0, x - 2 * CELL * size)
            slack = max(0, width - int(face.getlength(char))) // 2
            baseline = y + round(_ASCENT * 2 * CELL * size)
            canvas.text((left + slack, baseline), char, fill=0, font=face, anchor="ls")
        x += width


def ink(image: Image.Image) -> Image.Image:
    """A grey picture (mode ``L``) as dots (mode ``1``): black from the level :data:`INK` on."""
    return image.point(lambda level: 0 if level < 255 - INK else 255, mode="1")


def pack(image: Image.Image) -> tuple[int, bytes]:
    """Dots (mode ``1``) as raster data: the number of bytes in a row, and the rows; 1 is black.
    White columns at the right are left out."""
    inverse = image.convert("L").point(lambda level: 255 - level)
    box = inverse.getbbox()
    columns = 1 if box is None else (box[2] + 7) // 8
    return columns, inverse.crop((0, 0, columns * 8, image.height)).convert("1").tobytes()


def _face(char: str, *, bold: bool, pixels: int) -> ImageFont.FreeTypeFont | None:
    for face in _faces(bold, pixels):
        if _has(face, char):
            return face
    return None


def _has(face: ImageFont.FreeTypeFont, char: str) -> bool:
    if "\ud800" <= char <= "\udfff":
        return False
    mask, nothing = face.getmask(char), face.getmask(_NOBODY)
    return mask.size != nothing.size or bytes(mask) != bytes(nothing)


@lru_cache(maxsize=8)
def _faces(bold: bool, pixels: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    return tuple(
        ImageFont.truetype(str(path), pixels, index, layout_engine=ImageFont.Layout.BASIC)
        for path, index in _files(bold)
    )


@lru_cache(maxsize=2)
def _files(bold: bool) -> tuple[tuple[Path, int], ...]:
    return tuple(_find(bold))


def _find(bold: bool) -> Iterator[tuple[Path, int]]:
    for family in _FAMILIES:
        found = _by_fontconfig(family, bold) or _by_path(family, bold)
        if found is not None:
            yield found


def _by_fontconfig(family: str, bold: bool) -> tuple[Path, int] | None:
    pattern = f"{family}:bold" if bold else family
    try:
        answer = subprocess.run(
            ("fc-match", "-f", "%{family}\n%{file}\n%{index}", pattern),
            capture_output=True,
            check=True,
            text=True,
            timeout=5,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None  # no fontconfig: the caller tries Debian's path
    # fontconfig always answers with some font: accept only the family that was asked for.
    if len(answer) != 3 or family not in answer[0].split(","):
        return None
    return Path(answer[1]), int(answer[2]) & 0xFFFF


def _by_path(family: str, bold: bool) -> tuple[Path, int] | None:
    name, index = _DEBIAN.get((family, bold)) or _DEBIAN[family, False]
    path = _DEBIAN_FONTS / name
    return (path, index) if path.exists() else None
