"""Edits ``terminal.toml``: what a technician wrote by hand stays as it is, comments too."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from typing import Any

import tomlkit
from tomlkit.items import Array, Item
from tomlkit.toml_document import TOMLDocument

from drivers.sentence import en
from kiosk.setup.proposal import NOT_FOUND, Assignment
from kiosk.words import Language, say_sentence

Say = Callable[[str], str]


def edited(text: str, assignments: Iterable[Assignment], heading: Iterable[str], say: Say) -> str:
    """``text`` with ``assignments``. An empty ``text`` becomes a new file, under the lines of
    ``heading``; ``say`` words the comments. Raises ``ValueError`` for a ``text`` that is no TOML,
    or in which the assignments would land elsewhere."""
    document = tomlkit.parse(text)
    if not text.strip():
        for line in heading:
            document.add(tomlkit.comment(line))
        document.add(tomlkit.nl())
    for one in assignments:
        _assign(document, one, say)
    new = tomlkit.dumps(document)
    # tomlkit puts a new table among keys with dots; those below it would become keys of the table.
    if tomllib.loads(new) != document.unwrap():
        raise ValueError(en("write a table, [devices.id_card], instead of keys with dots"))
    return new


def withheld(text: str) -> frozenset[str]:
    """The classes in `without` of ``text`` that a person wrote: beside a list of setup's own stands
    its comment, in the language of that run."""
    listed = tomlkit.parse(text).get("without")
    if not isinstance(listed, Array):
        return frozenset()
    ours = [say_sentence(NOT_FOUND, language) for language in Language]
    if any(comment in listed.trivia.comment for comment in ours):
        return frozenset()
    return frozenset(map(str, listed))


def _assign(document: TOMLDocument, one: Assignment, say: Say) -> None:
    *way, key = one.path
    table: Any = document
    for name in way:
        if name not in table:
            if one.value is None:
                return
            # Only the last table of the way has a header: [devices.id_card], and no [devices].
            table[name] = tomlkit.table(is_super_table=name != way[-1])
        table = table[name]
    if one.value is None:
        table.pop(key, None)
        return
    present = table.get(key)
    new = tomlkit.item(_plain(one.value))
    if present is not None:
        _keep_comment(present, new)
    elif one.comment:
        new.comment(say(one.comment))
    table[key] = new


def _keep_comment(present: Any, new: Item) -> None:
    """The comment beside a value outlives the value."""
    if isinstance(present, Item):
        new.trivia.comment_ws = present.trivia.comment_ws
        new.trivia.comment = present.trivia.comment


def _plain(value: Any) -> Any:
    """Kinds of devices are texts here."""
    if isinstance(value, str):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
