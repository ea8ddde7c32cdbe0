"""What the documents say of the code is so: every file, module and name they give is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
)
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0].isalpha())
MADE = ("build", "out")
"""Folders that the commands make: what a document names in them need not be there."""
QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?P<path>[\w.-]+(?:/[\w.*-]+)*/?)(?::(?P<name>[A-Za-z_][\w.]*))?")
DOTTED = re.compile(r"(?:kiosk|drivers|ui|tests)(?:\.[A-Za-z_]\w*)+")


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@cache
def names(path: Path) -> frozenset[str]:
    """All functions, classes and module-level names of a Python file; what stands in a class also
    as ``Class.name``."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for target in getattr(node, "targets", None) or [getattr(node, "target", node)]:
            found.add(getattr(target, "id", getattr(target, "name", "")))
        if isinstance(node, ast.ClassDef):
            inner = (getattr(item, "name", getattr(item, "target", None)) for item in node.body)
            found |= {f"{node.name}.{getattr(item, 'id', item)}" for item in inner if item}
    return frozenset(found)


def missing(quoted: str) -> str:
    """What is wrong with a quoted file or module; nothing for what is neither."""
    if DOTTED.fullmatch(quoted):
        place = ROOT / quoted.replace(".", "/")
        if place.is_dir() or place.with_suffix(".py").is_file():
            return ""
        module = place.parent.with_suffix(".py")  # the last part may be a name in the module
        return "" if module.is_file() and place.name in names(module) else "no such module or name"
    match = PATH.fullmatch(quoted)
    if not match or "/" not in quoted or quoted.split("/", maxsplit=1)[0] not in FOLDERS:
        return ""
    path, name = match["path"], match["name"]
    if path.split("/")[0] in MADE:
        return ""
    places = list(ROOT.glob(path)) if "*" in path else [ROOT / path]
    if not places or not all(place.exists() for place in places):
        return "no such file"
    if name and name not in names(places[0]):
        return "no such name in this file"
    return ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_names_is_there(document: str) -> None:
    wrong = {quoted: missing(quoted) for quoted in QUOTED.findall(read(document))}
    assert {quoted: why for quoted, why in wrong.items() if why} == {}


@pytest.mark.parametrize(
    ("quoted", "why"),
    [
        ("kiosk/visit/visit.py", ""),
        ("kiosk/visit/visit.py:Visit.ask", ""),
        ("drivers/hosting/host.py:HostPace.poll_s", ""),
        ("kiosk/endings.py:How", ""),
        ("kiosk.visit.replay", ""),
        ("kiosk.visit.replay.Answers", ""),
        ("tests/contract", ""),
        ("build/lab/out.txt", ""),
        ("text/plain", ""),
        ("kiosk/visit/counter.py", "no such file"),
        ("kiosk/visit/visit.py:Visit.guess", "no such name in this file"),
        ("kiosk.visit.counter", "no such module or name"),
    ],
)
def test_what_would_be_found(quoted: str, why: str) -> None:
    assert missing(quoted) == why


def rows(document: str) -> list[list[str]]:
    lines = [line for line in read(document).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_glossary_has_each_word_once_in_order_with_its_chinese() -> None:
    words = [row[0] for row in rows("docs/glossary.md")]
    assert words == sorted(set(words))
    assert [row for row in rows("docs/glossary.md") if not re.search("[一-鿿]", row[1])] == []


def test_a_word_of_the_glossary_stands_in_the_code_it_names() -> None:
    """A planned word names no code, and says that it is planned."""
    for word, _chinese, meaning, where in rows("docs/glossary.md"):
        places = QUOTED.findall(where)
        assert places or "planned" in meaning, word
        for place in places:
            path = ROOT / place.partition(":")[0]
            files = [path] if path.is_file() else sorted(path.rglob("*.py"))
            text = "".join(file.read_text(encoding="utf-8") for file in files) + place
            heart = max(re.findall("[a-z]+", word), key=len)
            assert heart in text.lower(), f"{word}: {place}"


def test_architecture_tells_every_room() -> None:
    told = read("docs/architecture.md")
    rooms = {path.parent for path in (ROOT / "kiosk").glob("*/__init__.py")}
    alone = set((ROOT / "kiosk").glob("[a-z]*.py"))
    for place in rooms | alone:
        assert place.relative_to(ROOT).as_posix() in told
