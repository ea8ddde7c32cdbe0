"""Both catalogues of words are whole: nothing missing, nothing left over, the same arguments."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "assets" / "translations"
KEYWORDS = {"en": {"_": None, "qsTr": None}, "zh_CN": {"en": None}}
"""By the language of a catalogue, the calls in the code whose messages it translates."""
LEFT_OUT = {"{version} alert {said}": {"version"}}
"""Facts that the Chinese sentence does without."""
both = pytest.mark.parametrize("language", KEYWORDS)


def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence of the catalogue with its translation; there are no plurals."""
    for message in catalogue(language):
        if message.id:
            assert isinstance(message.id, str)
            assert isinstance(message.string, str), message.id
            yield message.id, message.string


def messages_of_the_code(language: str) -> set[str]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found: set[str] = set()
    for folder in ("kiosk", "ui", "drivers"):
        mapping = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        found |= {
            message
            for _, _, message, _, _ in extract_from_dir(
                ROOT / folder, mapping, options, keywords=KEYWORDS[language]
            )
            if isinstance(message, str)
        }
    return found


def arguments(message: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(message) if name}
    return named | set(re.findall(r"%\d", message))


@both
def test_every_message_of_the_code_is_in_the_catalogue_and_no_other(language: str) -> None:
    known = {message.id for message in catalogue(language) if message.id}
    code = messages_of_the_code(language)
    assert len(code) > 150
    assert code - known == set(), "run: make extract, and translate"
    assert known - code == set(), "no longer in the code"


@both
def test_every_message_is_translated(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert message.string, message.id
            assert not message.fuzzy, message.id
            english = message.string if language == "en" else message.id
            assert not re.search(r"[\u4e00-\u9fff]", str(english)), english


@both
def test_translations_take_the_same_arguments(language: str) -> None:
    for sentence, translation in translations(language):
        wanted = arguments(sentence) - LEFT_OUT.get(sentence, set())
        assert wanted == arguments(translation), sentence


@both
def test_the_header_names_the_project_and_nothing_that_changes(language: str) -> None:
    text = (FOLDER / f"{language}.po").read_text(encoding="utf-8")
    header = text[: text.index("\n\n", text.index("msgid"))]
    assert "provident-kiosk" in header
    assert "charset=utf-8" in header
    for placeholder in ("PROJECT", "EMAIL", "FULL NAME", "Date", "FIRST AUTHOR"):
        assert placeholder not in header


def test_english_is_set_as_english() -> None:
    for _, translation in translations("en"):
        assert not re.search(r"[，。：；？！（）、“”‘’]|  ", translation), translation
        assert translation == translation.strip()
