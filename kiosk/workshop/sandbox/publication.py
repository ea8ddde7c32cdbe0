"""What the stand-in centre lets everybody read: rates, parameters, news, questions, guides."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from kiosk.centre.publication import Publication


@cache
def edition() -> Publication:
    """The edition in ``publication.toml``."""
    file = resources.files("kiosk.workshop.sandbox") / "publication.toml"
    return Publication.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
