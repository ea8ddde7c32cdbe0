"""The language of fault scripts: text in, clauses out; touches no device.

``printer: paper out after 12 lines; refill after 5 s`` – see ``docs/fault-scripts.md``. Clauses
stand on lines of their own or between semicolons, ``#`` begins a comment::

    clause = [device ":"] order option…
    option = "after" count ("lines" | "pages" | "bytes" | "apdus")  when the order comes true
           | "after" seconds ("s" | "ms" | "min")                how long after the clause before
           | "for" seconds ("s" | "ms" | "min")                  then this order is undone
           | "for" count ["times"] | "times" count               how often
           | fact "=" value

A clause without a device is for the device of the clause before.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from drivers.emulators.orders import ALIASES, Form, orders_of

LONGEST = 65536
"""Characters of a script."""
MOST = 1000
"""Clauses of a script."""
LONGEST_WAIT_S = 86400.0

_DEVICE = re.compile(r"([A-Za-z][A-Za-z0-9_]*)[ \t]*[:：]")
_FACT = re.compile(r"([a-z][a-z0-9_]*)=")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?(?![0-9.])")
_UNIT = re.compile(r"[A-Za-z]+")
_BARE = re.compile(r"[^\s;；#\"\[{]+")
_SPACE = re.compile(r"[^\S\n]+")
_COUNTED = {
    unit + plural: f"after_{name}s"
    for unit, name in (
        ("line", "line"),
        ("page", "page"),
        ("sheet", "page"),
        ("byte", "byte"),
        ("apdu", "apdu"),
    )
    for plural in ("", "s")
}
_SECONDS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0}
_TIMES = ("", "time", "times", "answer", "answers")
_KEYWORDS = ("after", "for", "times")
_CONSTANTS = {"true": True, "yes": True, "false": False, "no": False, "none": None}
_MOST_COUNT = 10**9


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_no_number)  # NaN and Infinity are no numbers here


class ScriptError(ValueError):
    """A script cannot be run: the place in its text, and why."""

    def __init__(self, line: int, column: int, why: str) -> None:
        super().__init__(f"line {line}, column {column}: {why}")
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Clause:
    """One order to one device of the rig.

    ``delay``: seconds to wait after the clause before has come true; ``None``: do not wait.
    """

    device: str
    order: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    delay: float | None = None
    line: int = 1


def resolve(name: object, devices: Collection[str]) -> str:
    """The rig's name of the device that ``name`` means; ``name`` may be a short name.

    Raises ``ValueError`` when the device is not among ``devices``.
    """
    device = str(name)
    if device not in devices:
        device = ALIASES.get(device.lower(), device.lower())
    if not isinstance(name, str) or device not in devices:
        raise ValueError(f"no device {name!r}; there are {', '.join(devices)}")
    return device


def taking_back(clause: Clause) -> Clause | None:
    """The clause that undoes ``clause`` and nothing else; ``None`` when nothing undoes it."""
    known = orders_of(clause.device)
    if known is None:
        return Clause(clause.device, "well")
    order = known[clause.order]
    if not order.undo:
        return None
    facts = {"fault": clause.order} if order.undo == "well" else dict(order.back)
    # An order to one service or command is undone at the same service or command only.
    place = {name: clause.facts[name] for name in ("service", "command") if name in clause.facts}
    facts |= {name: told for name, told in place.items() if name in known[order.undo].facts}
    return Clause(clause.device, order.undo, facts)


def parse(text: str, devices: Collection[str]) -> tuple[Clause, ...]:
    """The clauses of a script for a rig with ``devices``, at least one.

    Raises :class:`ScriptError`.
    """
    return _Parser(text, devices).script()


@dataclass(frozen=True, slots=True)
class _About:
    """The device and order whose options are being parsed. ``facts`` is ``None`` for a device that
    ``ORDERS`` does not list: such a device checks its facts itself."""

    device: str = ""
    order: str = ""
    facts: Mapping[str, Form] | None = None


@dataclass(slots=True)
class _Options:
    facts: dict[str, Any] = field(default_factory=dict)
    delay: float | None = None
    lasts: float | None = None


class _Parser:
    def __init__(self, text: str, devices: Collection[str]) -> None:
        self._text = text
        self._devices = devices
        self._at = 0
        self._line, self._begun = 1, 0  # the current line, and its offset
        self._about = _About()

    def script(self) -> tuple[Clause, ...]:
        if len(self._text) > LONGEST:
            self._fail(f"a script has {LONGEST} characters at most")
        clauses: list[Clause] = []
        device = ""
        while self._next_clause():
            if found := self._match(_DEVICE):
                at = found.start()
                try:
                    device = resolve(found[1], self._devices)
                except ValueError as error:
                    self._fail(str(error), at)
                self._match(_SPACE)
            if not device:
                self._fail("which device? A script begins with one, and a colon")
            if not self._over():
                clauses += self._clause(device)
            if len(clauses) > MOST:
                self._fail(f"a script has {MOST} clauses at most")
        if not clauses:
            self._fail("there is no order in it")
        return tuple(clauses)

    # -- one clause ---------------------------------------------------------------------------

    def _clause(self, device: str) -> list[Clause]:
        start, line = self._at, self._line
        name = self._order()
        known = orders_of(device)
        if known is not None and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; do you mean {near[0]!r}?" if near else ""
            self._fail(f"{device} knows no order {name!r}{hint}", start)
        self._about = _About(device, name, known[name].facts if known is not None else None)
        told = self._options()
        clause = Clause(device, name, told.facts, told.delay, line)
        if told.lasts is None:
            return [clause]
        end = taking_back(clause)
        if end is None or name == "well":
            self._fail(f"{name!r} is nothing that lasts", start)
        return [clause, replace(end, delay=told.lasts, line=line)]

    def _order(self) -> str:
        words: list[str] = []
        while not self._over() and not self._looking_at(_FACT):
            start = self._at
            found = self._match(_WORD)
            if not found:
                self._fail("an order is needed", start)
            if found[0].lower() in _KEYWORDS:
                self._at = start
                break
            words.append(found[0].lower())
            self._match(_SPACE)
        if not words:
            self._fail("an order is needed")
        return " ".join(words)

    def _options(self) -> _Options:
        told = _Options()
        while not self._over():
            start = self._at
            if fact := self._match(_FACT):
                form = self._form(fact[1], start)
                self._take(told, fact[1], self._value(form), start)
            elif word := self._match(_WORD):
                match word[0].lower():
                    case "after":
                        self._after(told, start)
                    case "for":
                        self._for(told, start)
                    case "times":
                        self._match(_SPACE)
                        self._times(told, self._number(), start)
                    case other:
                        self._fail(f"{other!r} is not understood here", start)
            else:
                self._fail("an option is needed: after, for, times or fact=value", start)
            self._match(_SPACE)
        return told

    def _after(self, told: _Options, start: int) -> None:
        self._match(_SPACE)
        number, unit = self._number(), self._unit()
        if unit in _COUNTED:
            fact = _COUNTED[unit]
            self._form(fact, start)
            self._take(told, fact, self._whole(number, start), start)
        elif unit in _SECONDS:
            if told.delay is not None:
                self._fail("a clause comes after one time only", start)
            told.delay = self._time(number, unit, start)
        else:
            self._fail("after how many s, ms, min, lines, pages, bytes or apdus?", start)

    def _for(self, told: _Options, start: int) -> None:
        self._match(_SPACE)
        number, unit = self._number(), self._unit()
        if unit in _TIMES:
            self._times(told, number, start)
        elif unit in _SECONDS:
            if told.lasts is not None:
                self._fail("a clause lasts for one time only", start)
            told.lasts = self._time(number, unit, start)
        else:
            self._fail("for how many s, ms, min or times?", start)

    def _times(self, told: _Options, number: float, start: int) -> None:
        self._form("times", start)
        self._take(told, "times", self._whole(number, start), start)

    def _form(self, fact: str, start: int) -> Form:
        about = self._about
        if about.facts is None:
            return Form.VALUE
        if fact not in about.facts:
            takes = ", ".join(about.facts) or "nothing"
            said = f"{about.order!r} of {about.device} does not take {fact}; it takes {takes}"
            self._fail(said, start)
        return about.facts[fact]

    def _take(self, told: _Options, fact: str, value: Any, start: int) -> None:
        if fact in told.facts:
            self._fail(f"{fact} is said twice", start)
        told.facts[fact] = value

    # -- values -------------------------------------------------------------------------------

    def _value(self, form: Form) -> Any:
        start = self._at
        if self._text[self._at : self._at + 1] in ('"', "[", "{"):
            value = self._json()
            if form is Form.VALUE or (form is Form.TEXT and isinstance(value, str)):
                return value
            self._fail(f"a {form.value} is needed", start)
        found = self._match(_BARE)
        if not found:
            self._fail("a value is needed", start)
        value = _read(found[0], form)
        if value is _NOT_ONE:
            self._fail(f"{found[0]!r} is no {form.value}", start)
        return value

    def _json(self) -> Any:
        start = self._at
        try:
            value, self._at = _JSON.raw_decode(self._text, start)
        except RecursionError:
            self._fail("nested too deeply")
        except ValueError as error:
            self._fail(f"not JSON: {getattr(error, 'msg', 'no such number')}")
        if lines := self._text.count("\n", start, self._at):
            self._line += lines
            self._begun = self._text.rfind("\n", start, self._at) + 1
        return value

    def _number(self) -> float:
        found = self._match(_NUMBER)
        if not found:
            self._fail("a number is needed")
        self._match(_SPACE)
        return float(found[0])

    def _unit(self) -> str:
        start = self._at
        found = self._match(_UNIT)
        if not found:
            return ""
        unit = found[0].lower()
        if unit in _KEYWORDS[:2] or self._text[self._at : self._at + 1] in ("=", "_"):
            self._at = start  # the word begins the next option
            return ""
        return unit

    def _whole(self, number: float, start: int) -> int:
        if number != int(number):
            self._fail("a whole number is needed", start)
        return int(number)

    def _time(self, number: float, unit: str, start: int) -> float:
        seconds = number * _SECONDS[unit]
        if seconds > LONGEST_WAIT_S:
            self._fail("nothing waits longer than a day", start)
        return seconds

    # -- where we are -------------------------------------------------------------------------

    def _next_clause(self) -> bool:
        """Go to the next clause; False at the end."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif character.isspace() or character in ";；":
                self._at += 1
                if character == "\n":
                    self._line, self._begun = self._line + 1, self._at
            else:
                return True
        return False

    def _over(self) -> bool:
        return self._at >= len(self._text) or self._text[self._at] in ";；\n#"

    def _looking_at(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self._text, self._at) is not None

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _fail(self, why: str, at: int | None = None) -> NoReturn:
        column = (self._at if at is None else at) - self._begun + 1
        raise ScriptError(self._line, column, why) from None


_NOT_ONE = object()
_HEX = re.compile(r"hex:(?:[0-9A-Fa-f]{2})*")


def _read(word: str, form: Form) -> Any:
    """A bare word as a value of ``form``; ``_NOT_ONE`` when it does not fit that form."""
    try:
        match form:
            case Form.TEXT:
                return word
            case Form.BYTES:
                return bytes.fromhex(word.removeprefix("hex:"))
            case Form.COUNT:
                count = int(word, 0)
                return count if 0 <= count < _MOST_COUNT else _NOT_ONE
            case Form.NUMBER:
                number = float(word)
                return number if math.isfinite(number) else _NOT_ONE
            case Form.FLAG:
                flag = _CONSTANTS.get(word.lower())
                return _NOT_ONE if flag is None else flag
    except ValueError:
        return _NOT_ONE
    if word.lower() in _CONSTANTS:
        return _CONSTANTS[word.lower()]
    for one in (Form.COUNT, Form.NUMBER):
        if (value := _read(word, one)) is not _NOT_ONE:
            return value
    return bytes.fromhex(word[4:]) if _HEX.fullmatch(word) else word
