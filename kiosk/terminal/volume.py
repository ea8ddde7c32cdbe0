"""How loud the terminal is where no knob of the cabinet says it: kept in the state directory."""

from __future__ import annotations

from pathlib import Path

from kiosk.enrolment import key as keys

FILE = "volume"
FULL = 100
"""Percent where nobody has set it."""


def kept_volume(directory: Path) -> int:
    """In percent; all of it where nothing was kept, or nothing that can be used."""
    try:
        volume = int((directory / FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return FULL
    return volume if 0 <= volume <= FULL else FULL


def keep_volume(directory: Path, percent: int) -> None:
    """For all visits to come. A power cut leaves the old one or the new one. Raises ``OSError``."""
    keys.write_secret(directory / FILE, str(percent).encode())
