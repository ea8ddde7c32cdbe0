"""The forms of XFS4IoT's messages are what the published classes make of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools import xfs4iot_forms as tool

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "xfs4iot" / "kal.json"
"""The published classes as JSON schemas: test data that the project does not contain."""

MAYBE = {"type": "null"}
LIGHT = {
    "type": "object",
    "properties": {"color": {"anyOf": [{"type": "string", "enum": ["red"]}, MAYBE]}},
}
FIELDS = {
    "common": {"anyOf": [{"type": "object"}, MAYBE]},
    "lights": {"type": "object", "properties": {"pinPad": LIGHT, "cardReader": LIGHT}},
    "check": {"type": "object"},
}
CLASSES: dict[str, Any] = {
    "command Common.Status": {"version": "2.0", "schema": None},
    tool.STATUS: {"version": "3.0", "schema": {"type": "object", "properties": FIELDS}},
    tool.STATUS_CHANGED: {"version": "3.0", "schema": {"type": "object", "properties": FIELDS}},
    "command Check.Eject": {"version": "3.0", "schema": None},
}
MET = ("header", "lights status", "light status", *CLASSES)


@pytest.fixture(scope="module")
def classes() -> dict[str, Any]:
    path = Path(os.environ.get("XFS4IOT_CLASSES", SHARED))
    if not path.is_file():
        pytest.skip(f"the published classes of XFS4IoT are not here: {SHARED.name}")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("major", tool.MAJORS)
def test_the_committed_forms_are_what_the_program_makes(
    classes: dict[str, Any], major: int
) -> None:
    document = tool.committed(major)
    assert tool.make(classes, document, tool.differences(), major) == document


def test_each_difference_changes_a_form_that_is_made(classes: dict[str, Any]) -> None:
    changes = tool.differences()
    for number, change in enumerate(changes):
        others = changes[:number] + changes[number + 1 :]
        for name in change["changes"]:
            without = [*others, {"changes": dict(change["changes"])}]
            del without[-1]["changes"][name]
            assert any(
                tool.make(classes, tool.committed(major), without, major) != tool.committed(major)
                for major in tool.MAJORS
            ), (change["why"], name)


def document(*names: str) -> dict[str, Any]:
    return {"title": "excerpt", "$defs": {name: {"const": "by hand"} for name in names}}


def test_the_newest_version_is_made_and_the_other_stays() -> None:
    met = document(*MET)
    assert tool.make(CLASSES, met, [], 2)["$defs"] == {
        **met["$defs"],
        "command Common.Status": tool.NOTHING,
    }
    made = tool.make(CLASSES, met, [], 3)
    assert made["title"] == "excerpt"
    status = {
        "type": "object",
        "properties": {
            "common": {"type": "object"},
            "lights": {"$ref": "#/$defs/lights%20status"},
        },
    }
    light = {"$ref": "#/$defs/light%20status"}
    assert made["$defs"] == {
        "header": {"const": "by hand"},
        "command Common.Status": {"const": "by hand"},
        "lights status": {"type": "object", "properties": {"pinPad": light, "cardReader": light}},
        "light status": {"type": "object", "properties": {"color": {"enum": ["red"]}}},
        tool.STATUS: status,
        tool.STATUS_CHANGED: status,
        "command Check.Eject": tool.NOTHING,
    }


def test_lights_one_floor_down_are_one_form_as_well() -> None:
    inner = {"type": "object", "properties": {"lights": FIELDS["lights"]}}
    whole = {"type": "object", "properties": {"lights": inner}}
    found = tool.make(
        {tool.CAPABILITIES: {"version": "3.0", "schema": whole}},
        document(tool.CAPABILITIES, "lights capabilities", "light capabilities"),
        [],
        3,
    )["$defs"]
    light = {"$ref": "#/$defs/light%20capabilities"}
    assert found["lights capabilities"]["properties"]["lights"]["properties"]["pinPad"] == light
    assert found["light capabilities"]["properties"] == {"color": {"enum": ["red"]}}


def test_a_status_that_is_told_in_two_ways_is_no_form() -> None:
    other = {
        "type": "object",
        "properties": {"lights": {"type": "object", "properties": {"a": {}}}},
    }
    with pytest.raises(ValueError, match="lights status differs"):
        tool.make(
            {**CLASSES, tool.STATUS_CHANGED: {"version": "3.0", "schema": other}},
            document(*MET),
            [],
            3,
        )


def test_a_difference_is_a_merge_patch() -> None:
    """The examples of RFC 7396, section 3 and appendix A, that differ in kind."""
    assert tool.merged({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {
        "a": "z",
        "c": {"d": "e"},
    }
    assert tool.merged({"a": [{"b": "c"}]}, {"a": [1]}) == {"a": [1]}
    assert tool.merged({"a": "foo"}, {"a": {"bb": {"ccc": None}}}) == {"a": {"bb": {}}}
    made = tool.make(
        CLASSES, document(*MET), [{"changes": {tool.STATUS: {"required": ["common"]}}}], 3
    )
    assert made["$defs"][tool.STATUS]["required"] == ["common"]


@pytest.mark.parametrize("major", tool.MAJORS)
def test_the_file_is_as_the_program_writes_it(major: int) -> None:
    path = tool.FOLDER / f"{major}.0.json"
    assert tool.written(tool.committed(major)) == path.read_text(encoding="utf-8")
