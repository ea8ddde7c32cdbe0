"""Synthetic citizens have the facts of the demo's people, and values that stand nowhere else."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.id_card.record import check_digit_ok
from drivers.smart_card.emv import luhn_ok
from kiosk.workshop.sandbox import personas, seed
from kiosk.workshop.sandbox.store import Store
from tests.privacy.citizens import RARE, Cast, cast
from tests.privacy.needles import long_enough


@pytest.fixture(scope="module")
def people() -> Cast:
    return cast(7)


@pytest.fixture
def synthetic(people: Cast, tmp_path: Path) -> Iterator[None]:
    """The stand-in centre's people are the synthetic ones."""
    file = tmp_path / "people.toml"
    file.write_text(people.toml(), encoding="utf-8")
    personas.use(file)
    yield
    personas.use(personas.OURS)


@pytest.mark.usefixtures("synthetic")
def test_the_file_holds_exactly_these_people(people: Cast) -> None:
    assert personas.load() == people.people
    assert personas.other_values() == people.other_values


def test_the_demo_has_its_own_people() -> None:
    assert personas.load()["P01"].name == "张三"
    assert personas.other_values() == {}


def test_the_facts_are_the_demo_s(people: Cast) -> None:
    for id, demo in personas.load().items():
        new = people.people[id]
        for fact in ("id", "sex", "nation", "birth", "issuer", "valid_from", "valid_to", "kind"):
            assert getattr(new, fact) == getattr(demo, fact)
        assert new.card()["name_cut"] == demo.card()["name_cut"]
        assert bool(new.bank_card) == bool(demo.bank_card)


def test_numbers_have_right_check_digits(people: Cast) -> None:
    for person in people.people.values():
        assert check_digit_ok(person.number)
        assert f"{person.birth:%Y%m%d}" == person.number[6:14]
        assert not person.bank_card or luhn_ok(person.bank_card)


def test_every_value_is_one_person_s_alone_and_not_the_demo_s(people: Cast) -> None:
    demo = personas.OURS.read_text(encoding="utf-8")
    values = [value for theirs in people.values.values() for value in theirs.values()]
    assert len(values) == len(set(values))
    assert not [value for value in values if value in demo]
    assert all(map(long_enough, [*values, *people.employers().values()]))
    assert not [name for name in people.employers().values() if name in demo]


def test_names_mix_common_and_rare_characters(people: Cast) -> None:
    names = [person.name for person in people.people.values() if person.name]
    assert all(set(name) & set(RARE) for name in names)
    assert any(character > "\uffff" for name in names for character in name)


def test_another_seed_gives_other_people_and_the_same_seed_the_same() -> None:
    assert cast(7) == cast(7)
    assert cast(7).values["P01"] != cast(8).values["P01"]


@pytest.mark.usefixtures("synthetic")
def test_the_centre_holds_no_value_of_the_demo(people: Cast, tmp_path: Path) -> None:
    store = Store(tmp_path / "centre.db")
    seed.fill(store)
    store.close()
    with closing(sqlite3.connect(tmp_path / "centre.db")) as db:
        held = "\n".join(db.iterdump())
    demo = tomllib.loads(personas.OURS.read_text(encoding="utf-8"))
    for person in demo.values():
        for kind in ("number", "phone", "bank_card"):
            assert not person[kind] or person[kind] not in held
    assert not [old for old in people.other_values if f"'{old}'" in held]
    assert all(new in held for new in people.other_values.values())


def test_no_reference_breaks_when_values_change(tmp_path: Path) -> None:
    store = Store(tmp_path / "centre.db")
    seed.fill(store)
    store.rename({"9919070100001": "1234567890123"})
    assert store.count("SELECT count(*) FROM booking WHERE account = '1234567890123'")
    assert not store.all("PRAGMA foreign_key_check")
    with pytest.raises(sqlite3.IntegrityError):
        store.rename({"P01": "P02"})
    assert store.count("SELECT count(*) FROM person WHERE id = 'P01'"), "nothing has changed"
    store.close()


def test_a_long_name_keeps_its_dots(people: Cast) -> None:
    assert people.people["P11"].name.count("·") == 2
    assert repr(replace(people.people["P11"])) == "Persona(P11)", "never the values"
