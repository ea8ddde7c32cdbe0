"""The list of files that must stay whole under their tests, and how what they miss is named."""

import json
from typing import Any

from tests.unit.test_house import MODULES, ROOT
from tools.mutants import told
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


def test_a_change_that_no_test_noticed_is_shown() -> None:
    def made(outcome: str | None) -> str:
        result = {"test_outcome": outcome, "diff": "--- a\n+++ b\n@@ -7 +7 @@\n-x + 1\n+x - 1\n y"}
        return json.dumps([{"mutations": [{"start_pos": [7, 3]}]}, result])

    assert told("a.py", [made("killed"), made("survived"), made(None), made("incompetent")]) == [
        "a.py:7: nobody noticed",
        "-x + 1",
        "+x - 1",
        "a.py: 3 changes, 2 noticed, 1 survived",
    ]
