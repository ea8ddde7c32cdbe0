"""What the Chinese handbooks name in backticks is so: commands, settings, events, files, routes."""

from __future__ import annotations

import json
import logging
import re
import shlex
import tomllib
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from drivers import catalogue
from drivers.device import Kind
from kiosk import events
from kiosk.__main__ import main
from kiosk.papers.sealed import Flaw
from kiosk.settings import Settings, load
from kiosk.workshop import demo
from kiosk.workshop.conformance import CheckPlan
from tests.unit.test_docs import DOTTED, FOLDERS, MADE, ROOT, missing, read

README = "README.zh.md"
HANDBOOKS = (README, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.zh.md")))
OPERATION = "docs/operation.zh.md"
CENTRE = "docs/centre.zh.md"

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
QUOTED = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^(#+) (.*)$", re.M)
SETTING = re.compile(r"\[(?P<table>[a-z_.]+|devices\.…)\](?: (?P<key>\w+)(?: = .+)?)?")
TOP_SETTING = re.compile(r"(?P<key>\w+) = .+")
ROUTE = re.compile(r"(?P<method>GET|POST|PUT|DELETE) (?P<path>/v1/\S+)")
PROGRAMS = (
    *("adduser", "apt-get", "aplay", "cp", "journalctl", "ls", "lsblk", "modprobe", "mount"),
    *("python", "systemctl", "timedatectl", "udevadm"),
)
"""Programs of the system that a technician is told to run."""
SOURCES = ("kiosk", "drivers", "ui", "assets", "packaging", "tools")


def prose(document: str) -> str:
    return FENCE.sub("", read(document))


def blocks(document: str, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(read(document)) if kind == language]


def quotes(document: str) -> list[str]:
    """What stands in backticks, and each command of a block of shell."""
    lines = chain.from_iterable(block.splitlines() for block in blocks(document, "sh"))
    commands = (line.partition("  #")[0].split(" # ")[0].strip() for line in lines)
    return [*QUOTED.findall(prose(document)), *filter(None, commands)]


@cache
def sources() -> str:
    """The text of everything that a terminal or its workshop consists of, but for the words."""
    files = (path for room in SOURCES for path in (ROOT / room).rglob("*") if path.is_file())
    kinds = (".py", ".1", ".qml", ".toml", ".json", ".service", ".rules", ".typ", "", ".txt")
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in kinds and "__pycache__" not in path.parts
    )


@cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z]+):", read("Makefile"), re.M))


def wrong_command(words: list[str]) -> str:
    """What is wrong with a call of ``kiosk``; nothing if each subcommand and option is there."""
    command: click.Command = main
    for word in words[1:]:
        name = word.strip("[]").partition("=")[0]
        if name.startswith("-") and name != "-":
            known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
            if name not in known | {"--help", "-h"}:
                return f"{command.name} has no {name}"
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), name)
            if found is None and not _value_before(words, word, command):
                return f"{command.name} has no command {name}"
            command = found or command
    return ""


def _value_before(words: list[str], word: str, command: click.Command) -> bool:
    """Whether ``word`` is the value of the option before it: ``desk --directory DIR tell``."""
    before = words[words.index(word) - 1]
    return any(before in one.opts and not getattr(one, "is_flag", False) for one in command.params)


def wrong_setting(table: str, key: str | None) -> str:
    """What is wrong with ``[table] key``; nothing if ``terminal.toml`` may hold it."""
    at, _, inner = table.partition(".")
    if at == "devices":
        if inner != "…" and inner not in tuple(Kind):
            return "no such device class"
        kinds = list(Kind) if inner == "…" else [Kind(inner)]
        fits = key in (None, "driver", "host") or any(key in options(kind) for kind in kinds)
        return "" if fits else "no driver of this class has such a setting"
    fields = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    if inner or at not in fields:
        return "no such table"
    if at == "where":
        return "" if key in (None, *Kind) else "no such device class"
    known = [field.name for field in msgspec.structs.fields(fields[at])]
    return "" if key is None or key in known else "no such setting"


@cache
def options(kind: Kind) -> frozenset[str]:
    """The names of the settings of all shipped drivers of ``kind``."""
    places = (place.split(":") for (its, _), place in catalogue._DRIVERS.items() if its == kind)
    shapes = (getattr(import_module(module), name).Settings for module, name in places)
    annotated = (vars(base).get("__annotations__", ()) for s in shapes for base in s.__mro__)
    return frozenset(chain.from_iterable(annotated))


@cache
def routes() -> frozenset[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = json.loads(read("assets/openapi.json"))["paths"]
    return frozenset((method.upper(), path) for path, ways in paths.items() for method in ways)


@cache
def schemas() -> dict[str, frozenset[str]]:
    """The fields of each body in the centre's contract."""
    known: dict[str, dict[str, Any]] = json.loads(read("assets/openapi.json"))["components"]
    return {name: frozenset(one.get("properties", ())) for name, one in known["schemas"].items()}


def wrong(quoted: str) -> str:
    """What is wrong with what stands in backticks; nothing where it is so."""
    setting, route = SETTING.fullmatch(quoted), ROUTE.fullmatch(quoted)
    if setting:
        return wrong_setting(setting["table"], setting["key"])
    if route:
        return "" if (route["method"], route["path"]) in routes() else "no such request"
    top = TOP_SETTING.fullmatch(quoted)
    if top:
        return "" if top["key"] in Settings.__struct_fields__ else "no such setting"
    if demo._MADE.fullmatch(quoted):
        return ""
    quoted = re.sub(r"^(\w+=\S+ |sudo -u \w+ )+", "", quoted)
    first, *rest = quoted.split()
    if first == "kiosk" or first.endswith("/bin/kiosk"):
        return wrong_command(shlex.split(quoted))
    if first == "make":
        unknown = [word for word in rest if "=" not in word and word not in targets()]
        return f"no target {unknown}" if unknown else ""
    if first in PROGRAMS:
        return ""
    if (ROOT / quoted).exists() or quoted.split("/")[0] in MADE:
        return ""
    if DOTTED.fullmatch(quoted) or quoted.split("/")[0] in FOLDERS:
        return missing(quoted)
    schema, _, field = quoted.partition(".")
    if field in schemas().get(schema, ()):
        return ""
    return "" if quoted in sources() else "stands nowhere in the code"


@pytest.mark.parametrize("document", HANDBOOKS)
def test_what_a_handbook_names_is_there(document: str) -> None:
    found = {quoted: wrong(quoted) for quoted in quotes(document)}
    assert {quoted: why for quoted, why in found.items() if why} == {}


@pytest.mark.parametrize(
    ("quoted", "why"),
    [
        ("kiosk doctor --pdf FILE", ""),
        ("kiosk doctor --paper", "doctor has no --paper"),
        ("kiosk mend", "main has no command mend"),
        ("kiosk desk --directory DIR tell SCRIPT", ""),
        ("kiosk audit sign", "audit has no command sign"),
        ("make deb", ""),
        ("make coffee", "no target ['coffee']"),
        ("[centre] sealer", ""),
        ("[centre] seal", "no such setting"),
        ('services = ["bus-card"]', ""),
        ('service = "bus-card"', "no such setting"),
        ("[screens]", "no such table"),
        ("[devices.id_card] port", ""),
        ("[devices.id_card] uri", "no driver of this class has such a setting"),
        ("[devices.scales]", "no such device class"),
        ("GET /v1/catalogue", ""),
        ("GET /v1/catalog", "no such request"),
        ("/etc/kiosk/terminal.toml", ""),
        ("/etc/kiosk/terminals.toml", "stands nowhere in the code"),
        ("docs/none.md", "no such file"),
        ("kiosk/papers/sealed.py:check_sealed", ""),
        ("kiosk/papers/sealed.py:check_all", "no such name in this file"),
        ("Document.sha256", ""),
        ("Document.sha512", "stands nowhere in the code"),
        ("LANG=zh_CN.UTF-8 kiosk doctor --show", "doctor has no --show"),
        ("operation-unknown", ""),
        ("operation-unknowable", "stands nowhere in the code"),
    ],
)
def test_what_would_be_found(quoted: str, why: str) -> None:
    assert wrong(quoted) == why


def test_each_heading_of_the_readme_has_its_counterpart() -> None:
    """A comment behind the Chinese heading names the English one."""
    english = HEADING.findall(FENCE.sub("", read("README.md")))
    chinese = HEADING.findall(prose(README))
    named = [(marks, title.partition("<!-- ")[2].removesuffix(" -->")) for marks, title in chinese]
    assert named == english


def test_both_readmes_have_the_same_commands_and_settings() -> None:
    def said(document: str) -> list[str]:
        code = chain.from_iterable(blocks(document, kind) for kind in ("sh", "toml"))
        lines = chain.from_iterable(block.splitlines() for block in code)
        return [line.partition(" #")[0].strip() for line in lines]

    assert said(README) == said("README.md")


@pytest.mark.parametrize("document", HANDBOOKS)
def test_settings_that_a_handbook_shows_are_taken(document: str, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(document, "toml")):
        table = tomllib.loads(block)
        if "terminals" in table:
            CheckPlan.model_validate(table)
            continue
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        for kind, device in load(path).devices.items():
            own = {key: value for key, value in device.items() if key != "driver"}
            catalogue.create(kind, device["driver"], own)


def test_the_operator_finds_every_event_that_is_more_than_news() -> None:
    """And no row of the table is about an event that is no more."""
    tables = re.findall(r"^\| 事件 \|.*\n(?:\|.*\n)+", read(OPERATION), re.M)
    rows = re.findall(r"^\| `([a-z-]+)` \|", "".join(tables), re.M)
    named = {event.name: event for event in events.CATALOGUE}
    loud = {name for name, event in named.items() if event.level >= logging.WARNING}
    assert len(rows) == len(set(rows))
    assert loud - set(rows) == set()
    assert set(rows) - set(named) == set()


def test_a_centre_finds_every_reason_for_which_a_file_is_refused() -> None:
    assert set(Flaw) - set(QUOTED.findall(prose(CENTRE))) == set()


def leads_of(document: str) -> list[str]:
    """Where the links and pictures of a document lead."""
    return re.findall(r"\]\(([^)#]+)[^)]*\)", read(document))


@pytest.mark.parametrize("document", HANDBOOKS)
def test_every_picture_and_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    leads = leads_of(document)
    assert [lead for lead in leads if "://" not in lead and not (folder / lead).exists()] == []


def test_the_pictures_are_of_pages_that_there_are_and_small() -> None:
    """Which show a page as it was, ``make docs`` says."""
    folder = ROOT / "docs" / "pictures"
    shown = set(json.loads((folder / "shown.json").read_text(encoding="utf-8")))
    used = {lead.rpartition("/")[2] for each in HANDBOOKS for lead in leads_of(each)}
    drawn = {path.name: path.stat().st_size for path in folder.glob("*.webp")}
    assert set(drawn) == shown == {name for name in used if name.endswith(".webp")}
    assert {name: size for name, size in drawn.items() if size >= 100_000} == {}
