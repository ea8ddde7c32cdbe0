"""The catalogue of words is whole: nothing missing, nothing left over, the same arguments."""

from __future__ import annotations

import re
import string
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PO = ROOT / "assets" / "translations" / "en.po"
KEYWORDS = {"_": None, "qsTr": None}


def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def messages_of_the_code() -> set[str]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found: set[str] = set()
    for folder in ("kiosk", "ui"):
        mapping = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        found |= {
            message
            for _, _, message, _, _ in extract_from_dir(
                ROOT / folder, mapping, options, keywords=KEYWORDS
            )
            if isinstance(message, str)
        }
    return found


def arguments(message: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(message) if name}
    return named | set(re.findall(r"%\d", message))


def test_every_message_of_the_code_is_in_the_catalogue_and_no_other() -> None:
    known = {message.id for message in catalogue() if message.id}
    code = messages_of_the_code()
    assert len(code) > 150
    assert code - known == set(), "run: make extract, and translate"
    assert known - code == set(), "no longer in the code"


def test_every_message_is_translated() -> None:
    for message in catalogue():
        if message.id:
            assert message.string, message.id
            assert not message.fuzzy, message.id
            assert not re.search(r"[\u4e00-\u9fff]", message.string), message.string


def test_translations_take_the_same_arguments() -> None:
    for message in catalogue():
        if message.id:
            assert arguments(message.id) == arguments(message.string), message.id


def test_the_header_names_the_project_and_nothing_that_changes() -> None:
    text = PO.read_text(encoding="utf-8")
    header = text[: text.index("\n\n", text.index("msgid"))]
    assert "provident-kiosk" in header
    assert "charset=utf-8" in header
    for placeholder in ("PROJECT", "EMAIL", "FULL NAME", "Date", "FIRST AUTHOR"):
        assert placeholder not in header


def test_english_is_set_as_english() -> None:
    for message in catalogue():
        if message.id:
            assert not re.search(r"[，。：；？！（）、“”‘’]|  ", message.string), message.string
            assert message.string == message.string.strip()
