"""The catalogue of log events: every logging call of the house stands in it, and nothing else."""

import ast
import logging
import re
from collections.abc import Iterator

import pytest

from kiosk import events
from kiosk.events import BY_SENTENCE, CATALOGUE, FIELDS, LogEvent
from tests.logged import logged
from tests.unit.test_house import MODULES, ROOT, parsed

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
}
PLAIN = re.compile(r"(log|logging|logging\.getLogger\(.*\))\.(\w+)")


def entries(node: ast.AST) -> list[str]:
    """The names of the catalogue in ``node``: ``events.BUG``, or either of ``a if c else b``."""
    return [
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "events"
    ]


def calls(module: str) -> Iterator[tuple[int, list[LogEvent], set[str]]]:
    """Every logging call: its line, its events, and the names of the fields that it gives."""
    if module == "kiosk/events.py":
        return
    for node in ast.walk(parsed(module)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        plain = PLAIN.fullmatch(ast.unparse(node.func))
        if node.func.attr == "log" and (names := entries(node.func.value)):
            given = {keyword.arg for keyword in node.keywords if keyword.arg} - {"error"}
            yield node.lineno, [getattr(events, name) for name in names], given
        elif plain and (plain[2] in LEVELS or plain[2] == "log"):
            assert module.startswith("drivers/"), f"{module}:{node.lineno}: not by the catalogue"
            sentence = ast.literal_eval(node.args[0])
            extra = next(k.value for k in node.keywords if k.arg == "extra")
            event = BY_SENTENCE[sentence]
            assert LEVELS[plain[2]] == event.level, f"{module}:{node.lineno}: not its level"
            assert isinstance(extra, ast.Dict)
            yield node.lineno, [event], {ast.literal_eval(key) for key in extra.keys if key}


@pytest.mark.parametrize("module", MODULES)
def test_every_call_is_as_its_entry_says(module: str) -> None:
    for line, found, given in calls(module):
        for event in found:
            assert set(event.fields) <= given, f"{module}:{line}: a field is missing"
            assert given <= {*event.fields, *event.optional}, f"{module}:{line}: a field too many"


def test_every_entry_is_logged_somewhere() -> None:
    logged = {event.name for m in MODULES for _, found, _ in calls(m) for event in found}
    assert {event.name for event in CATALOGUE} == logged


def test_a_name_and_a_sentence_mean_one_event() -> None:
    assert len({event.name for event in CATALOGUE}) == len(BY_SENTENCE) == len(CATALOGUE)
    for event in CATALOGUE:
        assert getattr(events, event.name.replace("-", "_").upper()) is event


def test_every_field_is_explained_and_used() -> None:
    assert set(FIELDS) == {name for event in CATALOGUE for name in event.fields + event.optional}


def test_the_document_is_the_catalogue() -> None:
    kept = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    assert kept == events.document(), "put the output of `make events` into docs/events.md"


def test_a_fact_that_is_not_known_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        events.VISIT_SHOWN.log(logging.getLogger("kiosk.test"), visit=1, ms=None)
    (record,) = logged(caplog, "kiosk.test")
    assert vars(record)["visit"] == 1
    assert not hasattr(record, "ms")
    assert record.filename == "test_events.py", "the place of the call, not of the catalogue"
