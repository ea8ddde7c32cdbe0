"""Makes the forms of XFS4IoT's messages, in ``assets/xfs4iot``, from the published classes.

``python -m tools.xfs4iot_forms CLASSES.json`` reads messages as JSON schemas with their versions,
taken by program from the message classes of KAL's framework (MIT licence). It writes each form that
has a class, changed by ``differences.json``, which gives a reason for each change. The classes are
published in their newest version only: a form of version 2 whose class has come to version 3 stays
as it stands, and so does the form of the header, which has no class.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

FOLDER = Path(__file__).parents[1] / "assets" / "xfs4iot"
MAJORS = (2, 3)
STATUS = "completion Common.Status"
STATUS_CHANGED = "unsolicited Common.StatusChangedEvent"
CAPABILITIES = "completion Common.Capabilities"
TOLD_BY_INTERFACE = {STATUS: "status", STATUS_CHANGED: "status", CAPABILITIES: "capabilities"}
NOTHING = {"type": "null"}
"""The form of a message without a payload."""

Form = dict[str, Any]


def main() -> None:
    classes = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for major in MAJORS:
        text = written(make(classes, committed(major), differences(), major))
        _path(major).write_text(text, encoding="utf-8")


def committed(major: int) -> Form:
    found: Form = json.loads(_path(major).read_text(encoding="utf-8"))
    return found


def differences() -> list[Form]:
    """Each has a reason, ``why``, and ``changes``: a JSON Merge Patch (RFC 7396) for a form."""
    found: list[Form] = json.loads((FOLDER / "differences.json").read_text(encoding="utf-8"))
    return found


def make(classes: Form, document: Form, changes: list[Form], major: int) -> Form:
    """``document`` with every form that has a class of version ``major`` made from that class."""
    forms = document["$defs"]
    made = _drawn(classes, major, met=set(forms))
    for change in changes:
        for name, patch in change["changes"].items():
            if name in made:
                made[name] = merged(made[name], patch)
    return {**document, "$defs": {name: made.get(name, forms[name]) for name in forms}}


def plain(schema: Any) -> Any:
    """A class's schema without what the framework writes for every property: a property may be
    null there, and the type of an enumeration's values is told twice."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    match schema:
        case {"anyOf": [inner, {"type": "null"}]}:
            return plain(inner)
        case {"enum": _, "type": "string"}:
            schema = {key: value for key, value in schema.items() if key != "type"}
    return {key: plain(value) for key, value in schema.items()}


def merged(target: Any, patch: Any) -> Any:
    """``target`` changed by ``patch``, a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    old = target if isinstance(target, dict) else {}
    kept = {key: value for key, value in old.items() if key not in patch}
    new = {key: merged(old.get(key), value) for key, value in patch.items() if value is not None}
    return {**kept, **new}


def written(document: Form) -> str:
    """The text of a file of forms: a form a line, so that a change shows which form it changed."""
    head = "".join(
        f"  {json.dumps(key)}: {json.dumps(value)},\n"
        for key, value in document.items()
        if key != "$defs"
    )
    forms = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(form)}" for name, form in document["$defs"].items()
    )
    return f'{{\n{head}  "$defs": {{\n{forms}\n  }}\n}}\n'


def _path(major: int) -> Path:
    return FOLDER / f"{major}.0.json"


def _drawn(classes: Form, major: int, met: set[str]) -> Form:
    """The forms of the classes of ``major``, before any difference. What an interface says in its
    status and of its capabilities is a form of its own, for the interfaces that are ``met``."""
    drawn = {
        name: NOTHING if one["schema"] is None else plain(one["schema"])
        for name, one in classes.items()
        if one["version"].partition(".")[0] == str(major) and name in met
    }
    for name, word in (
        (STATUS, "status"),
        (STATUS_CHANGED, "status"),
        (CAPABILITIES, "capabilities"),
    ):
        if name not in drawn:
            continue
        fields = {}
        for interface, form in drawn[name]["properties"].items():
            own = f"{interface} {word}"
            if own in met:
                fields[interface] = _reference(own)
                told = _lights(drawn, form, f"light {word}") if interface == "lights" else form
                if drawn.setdefault(own, told) != told:
                    raise ValueError(f"{own} differs in {name}")
            elif interface in ("common", "interfaces"):
                fields[interface] = form
        drawn[name] = {**drawn[name], "properties": fields}
    return drawn


def _lights(drawn: Form, form: Form, name: str) -> Form:
    """``form`` with one form, ``name``, for all lights: they differ in nothing but their place."""
    lights = form["properties"]
    if "lights" in lights:
        inner = _lights(drawn, lights["lights"], name)
        return {**form, "properties": {**lights, "lights": inner}}
    [one] = {json.dumps(light) for light in lights.values()}
    drawn[name] = json.loads(one)
    return {**form, "properties": dict.fromkeys(lights, _reference(name))}


def _reference(name: str) -> Form:
    return {"$ref": f"#/$defs/{quote(name)}"}


if __name__ == "__main__":
    main()
