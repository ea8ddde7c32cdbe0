"""Writes the contract as ``assets/openapi.json``: ``python -m kiosk.workshop.sandbox.openapi``."""

from __future__ import annotations

import json
from pathlib import Path

from kiosk.workshop.sandbox.app import openapi

DOCUMENT = Path(__file__).parents[3] / "assets" / "openapi.json"


def text() -> str:
    """The text of the file, with sorted keys: it differs only when the contract has changed."""
    return json.dumps(openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
