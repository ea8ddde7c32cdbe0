"""Characters that stood in Unicode's private use area until Unicode had them (GB 18030-2022).

GBK had some ninety characters before Unicode did. Chips and registers of those years hold them as
private code points, which nobody else can show or compare: U+E863 for the 䶮 of a name.
"""

from __future__ import annotations

_GBK_FE = 0xE815, (0xFE, range(0x50, 0xA1))  # 80 characters, in the order of their GBK codes
_LATIN = {0xE7C7: "\u1e3f", 0xE7C8: "\u01f9"}  # ḿ ǹ of Hanyu Pinyin
_VERTICAL = dict(zip(range(0xE78D, 0xE797), "︐︒︑︓︔︕︖︗︘︙", strict=True))
_SINCE_2005 = {  # Python's codec knows GB 18030-2000, which kept these of the 80 private
    0xE816: "\U00020087",
    0xE817: "\U00020089",
    0xE818: "\U000200cc",
    0xE81E: "\u9fb4",
    0xE826: "\u9fb5",
    0xE82B: "\u9fb6",
    0xE82C: "\u9fb7",
    0xE831: "\U000215d7",
    0xE832: "\u9fb8",
    0xE83B: "\U0002298f",
    0xE843: "\u9fb9",
    0xE854: "\u9fba",
    0xE855: "\U000241fe",
    0xE864: "\u9fbb",
}


def _since_2000() -> dict[int, str]:
    first, (lead, trails) = _GBK_FE
    codes = [bytes((lead, trail)) for trail in trails if trail != 0x7F]  # no GBK code ends in 7F
    return {first + place: code.decode("gb18030") for place, code in enumerate(codes)}


_PRIVATE = _since_2000() | _SINCE_2005 | _LATIN | _VERTICAL


def assigned(text: str) -> str:
    """``text`` with Unicode's own character for each private code point of GBK."""
    return text.translate(_PRIVATE)
