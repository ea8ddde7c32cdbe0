"""The list of files that must stay whole under their tests, and how a hole in one is named."""

from typing import Any

from tests.unit.test_house import MODULES, ROOT
from tools.whole import WHOLE, holes


def test_the_list_names_what_is_there() -> None:
    assert [file for file in WHOLE if not (ROOT / file).is_file()] == []
    assert {test for tests in WHOLE.values() for test in tests if not (ROOT / test).is_file()} == (
        set()
    )


def test_the_whole_keeper_is_on_the_list() -> None:
    keeper = {m for m in MODULES if m.startswith("kiosk/keeper/") and "__init__" not in m}
    assert keeper <= WHOLE.keys()


def test_a_hole_has_a_file_and_a_line() -> None:
    measured: dict[str, list[Any]] = {
        "missing_lines": [7, 9],
        "missing_branches": [[6, 7], [8, -1]],
    }
    assert holes("a.py", measured) == [
        "a.py:7: never run",
        "a.py:9: never run",
        "a.py:6: never goes on to line 7",
        "a.py:8: never goes on to the end",
    ]
    assert holes("a.py", None) == ["a.py:1: no test runs this file"]
    assert holes("a.py", {"missing_lines": [], "missing_branches": []}) == []
