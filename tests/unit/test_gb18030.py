"""Private code points of GBK become the characters that stand at the same codes today."""

from __future__ import annotations

import unicodedata

import pytest

from drivers.gb18030 import assigned

GBK_FE = "".join(map(chr, range(0xE815, 0xE865)))
OTHERS = "".join(map(chr, (*range(0xE78D, 0xE797), 0xE7C7, 0xE7C8)))


def test_each_private_code_point_has_a_character_of_its_own() -> None:
    characters = assigned(GBK_FE + OTHERS)
    assert len(set(characters)) == len(GBK_FE + OTHERS) == 92
    assert "Co" not in {unicodedata.category(one) for one in characters}


def test_the_characters_stand_in_the_order_of_their_codes() -> None:
    codes = [assigned(one).encode("gb18030") for one in GBK_FE]
    two = [code for code in codes if len(code) == 2]  # those that GB 18030-2000 had already
    assert two == sorted(two)
    assert (two[0], two[-1], len(two)) == (b"\xfe\x50", b"\xfe\x9f", 66)


@pytest.mark.parametrize(
    ("private", "character"),
    [
        ("\ue863", "䶮"),
        ("\ue815", "\u2e81"),
        ("\ue816", "\U00020087"),
        ("\ue831", "\U000215d7"),
        ("\ue81e", "\u9fb4"),
        ("\ue864", "\u9fbb"),
        ("\ue7c7", "ḿ"),
        ("\ue78f", "︑"),
    ],
)
def test_published_pairs(private: str, character: str) -> None:
    assert assigned(f"王{private}") == f"王{character}"


@pytest.mark.parametrize("text", ["王䶮·A", "\ue000", "\uf8ff", "\ud800"])
def test_everything_else_stays(text: str) -> None:
    assert assigned(text) == text
