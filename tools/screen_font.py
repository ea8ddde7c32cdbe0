"""Makes the screen's small fonts, ``assets/fonts``, out of Noto Sans CJK SC.

``python -m tools.screen_font`` writes both anew: the characters of all words, of GB 2312's level 1,
and of Latin 1, with outlines, widths and hints as they are in the whole font. The same
``fonts-noto-cjk`` makes the same bytes. Neither terminals nor tests make fonts: a test fails when
the words have a character that the fonts lack. Making wants an environment of its own::

    python -m venv fonts && . fonts/bin/activate
    pip install fonttools==4.68.0
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "fonts"
WHOLE = Path("/usr/share/fonts/opentype/noto")
"""Where Debian's ``fonts-noto-cjk`` puts the collections."""
WEIGHTS = ("Regular", "Bold")
FAMILY, SMALL = "Noto Sans CJK SC", "Kiosk Sans SC"
"""A changed font may not keep the name, says its licence."""
POSTSCRIPT, SMALL_POSTSCRIPT = "NotoSansCJKsc", "KioskSansSC"
FEATURES = ("calt", "ccmp", "clig", "halt", "kern", "liga", "locl", "mark", "mkmk", "rlig")
"""What a text has unasked, and the half brackets of tables."""
LANGUAGES = tuple(
    f"{script}.{language}"
    for script in ("DFLT", "cyrl", "grek", "hani", "kana", "latn")
    for language in ("dflt", "ZHS ")
)
"""Without those whose forms would bring twice as many glyphs: the face is that of the mainland."""
WORDS = ("assets/translations/*.po", "ui/**/*.qml", "ui/**/*.py")
"""Where the words of the screen stand."""


def main() -> None:
    """Write both fonts."""
    FOLDER.mkdir(exist_ok=True)
    for weight in WEIGHTS:
        path = FOLDER / f"{SMALL_POSTSCRIPT}-{weight}.otf"
        _make(WHOLE / f"NotoSansCJK-{weight}.ttc", path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def characters() -> set[str]:
    """The characters that the small fonts have."""
    written = {
        character
        for pattern in WORDS
        for path in ROOT.glob(pattern)
        for character in path.read_text(encoding="utf-8")
    }
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    return {each for each in written | latin if each.isprintable()} | set(_level_1())


def _level_1() -> Iterator[str]:
    """GB 2312: symbols (rows 1 to 9) and the 3755 characters used most (rows 16 to 55)."""
    for row in (*range(1, 10), *range(16, 56)):
        for cell in range(1, 95):
            character = bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312", "ignore")
            if character:
                yield character


def _make(collection: Path, path: Path) -> None:
    subset: Any = import_module("fontTools.subset")
    library: Any = import_module("fontTools.ttLib")
    faces = library.TTCollection(collection, lazy=True).fonts
    (number,) = [n for n, face in enumerate(faces) if face["name"].getDebugName(1) == FAMILY]
    font = library.TTFont(
        collection, fontNumber=number, lazy=True, recalcBBoxes=False, recalcTimestamp=False
    )
    options = subset.Options(
        layout_features=list(FEATURES),
        layout_scripts=list(LANGUAGES),
        notdef_outline=True,
        name_IDs=["*"],
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(each) for each in characters()])
    subsetter.subset(font)
    for record in font["name"].names:
        renamed = record.toUnicode().replace(FAMILY, SMALL)
        record.string = renamed.replace(POSTSCRIPT, SMALL_POSTSCRIPT)
    font["CFF "].cff.fontNames = [path.stem]
    font.save(path)


if __name__ == "__main__":
    main()
