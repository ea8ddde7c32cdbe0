"""Compares names that registers, keyboards and chips write with different characters."""

from __future__ import annotations

import unicodedata

from drivers.gb18030 import assigned

_DOT = "\u00b7"
_DOTS = "\u0387\u2022\u2027\u2219\u22c5\u30fb\uff0e\uff65."
_UNIFIED = (  # Equivalent_Unified_Ideograph of U+2E81 to U+2EF3; U+2E9A is unassigned
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王"
    "𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長"
    "镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)
_RADICALS = dict(
    zip((code for code in range(0x2E81, 0x2EF4) if code != 0x2E9A), _UNIFIED, strict=True)
)
_KANGXI = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_ALIKE = dict.fromkeys(map(ord, _DOTS), _DOT) | _RADICALS | _KANGXI


def normal_name(name: str) -> str:
    """A name for comparing, never for showing: NFC, all middle dots and full stops as U+00B7,
    private code points of GBK and radicals as the characters that they stand for, no space around.
    """
    return unicodedata.normalize("NFC", assigned(name).translate(_ALIKE)).strip()
