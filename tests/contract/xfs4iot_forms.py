"""Messages of XFS4IoT held against the published forms, version by version."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import jsonschema_rs


@cache
def forms(major: int) -> dict[str, Any]:
    text = (files("assets") / "xfs4iot" / f"{major}.0.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def form(major: int, name: str) -> Any:
    document = forms(major)
    return jsonschema_rs.validator_for({**document, "$ref": f"#/$defs/{quote(name)}"})


def known(major: int, kind: str, name: str) -> bool:
    return f"{kind} {name}" in forms(major)["$defs"]


def check_payload(major: int, kind: str, name: str, payload: Any) -> None:
    """Raises what jsonschema raises, or ``KeyError`` for a message that is not in the excerpt."""
    if not known(major, kind, name):
        raise KeyError(f"{kind} {name} {major}.0")
    form(major, f"{kind} {name}").validate(payload)


def check(text: str) -> None:
    """A whole message. Without its payload only when it is an acknowledge or failed."""
    message = json.loads(text)
    assert set(message) <= {"header", "payload"}
    header = message["header"]
    major = int(header["version"].partition(".")[0])
    form(major, "header").validate(header)
    failed = header.get("completionCode") not in (None, "success", "commandErrorCode")
    payload = message.get("payload")
    if header["type"] == "acknowledge" or (failed and payload is None):
        assert payload is None
    elif header["type"] == "completion" and payload is None:
        # Every property of it may be null.
        assert known(major, "completion", header["name"])
    else:
        check_payload(major, header["type"], header["name"], payload)
