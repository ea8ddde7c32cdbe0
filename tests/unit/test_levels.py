"""The levels of certainty, in order; what makes which level at the stand-in centre."""

from itertools import chain, combinations

import pytest

from kiosk.centre.level import Level
from kiosk.identity.way import Proves
from kiosk.identity.ways import WAYS
from kiosk.workshop.sandbox.levels import Factor, level_of

ALL = list(chain.from_iterable(combinations(Factor, many) for many in range(len(Factor) + 1)))


def test_the_levels_are_in_order() -> None:
    assert sorted([Level.STRONG, Level.HELD, Level.PROVED, Level.PUBLIC]) == [
        Level.PUBLIC,
        Level.HELD,
        Level.PROVED,
        Level.STRONG,
    ]
    assert not Level.PROVED < Level.PROVED <= Level.STRONG
    with pytest.raises(TypeError):
        assert Level.HELD < "proved"


@pytest.mark.parametrize(
    ("shown", "level"),
    [
        ("", Level.PUBLIC),
        ("known", Level.PUBLIC),  # an identity that was only typed
        ("are", Level.PUBLIC),
        ("held", Level.HELD),
        ("held known", Level.PROVED),
        ("held are", Level.PROVED),
        ("phone", Level.PROVED),
        ("held phone", Level.STRONG),
        ("known phone", Level.PROVED),  # an SMS goes to the same phone
        ("held known phone", Level.STRONG),
        ("held known are", Level.STRONG),
        ("are phone", Level.STRONG),
        ("unit", Level.HELD),  # an account and a password that were only typed
        ("known unit", Level.PROVED),
        ("phone unit", Level.STRONG),
    ],
)
def test_what_was_shown_makes_a_level(shown: str, level: Level) -> None:
    assert level_of(frozenset(map(Factor, shown.split()))) is level


@pytest.mark.parametrize("shown", ALL, ids="+".join)
def test_more_shown_is_never_a_lower_level(shown: tuple[Factor, ...]) -> None:
    before = level_of(frozenset(shown))
    assert all(level_of(frozenset({*shown, more})) >= before for more in Factor)


@pytest.mark.parametrize("shown", ALL, ids="+".join)
def test_strong_never_without_a_face_or_a_phone(shown: tuple[Factor, ...]) -> None:
    if level_of(frozenset(shown)) is Level.STRONG:
        assert {Factor.ARE, Factor.PHONE} & set(shown)
        assert len(shown) > 1


def test_terminal_and_centre_name_the_same_proofs() -> None:
    assert {proof.value for proof in Proves} == {shown.value for shown in Factor}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_only_what_names_somebody_begins_a_visit(way: object) -> None:
    assert way.begins == (way.proves in (Proves.HELD, Proves.PHONE, Proves.UNIT))  # type: ignore[attr-defined]
