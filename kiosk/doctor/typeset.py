"""Finds characters that no font of this machine shows: typst would print empty boxes."""

from __future__ import annotations

MEND = "apt-get install fonts-noto-cjk fonts-hanazono"
_PAGE = '#set text(font: ("Noto Sans CJK SC", "HanaMinA", "HanaMinB"))\n#sys.inputs.text'


def unshown(text: str) -> str:
    """The characters of ``text`` for which typst finds no glyph on this machine.

    PDF/A demands a glyph for each character (ISO 19005-2, 6.2.11.8), so typst refuses to make a PDF
    of a character without a glyph.
    """
    import typst

    compiler = typst.Compiler()
    page, missing = _PAGE.encode(), []
    for character in dict.fromkeys(text):
        try:
            inputs = {"text": character}
            compiler.compile(page, format="pdf", pdf_standards="a-2u", sys_inputs=inputs)
        except typst.TypstError as error:
            if "could not be displayed" not in error.message:
                raise
            missing.append(character)
    return "".join(missing)
