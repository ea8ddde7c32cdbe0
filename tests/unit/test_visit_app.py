"""What a visit does at the moments that real processes reach only by chance."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from ui.visit_app import VisitApp


@pytest.mark.parametrize("told", [False, True])
def test_a_standby_makes_way_for_another_unless_it_has_just_been_given_the_screen(
    told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nursery has died, and the keeper's ``Live`` may lie unread."""
    exits: list[int] = []
    app: Any = SimpleNamespace(
        _mourner=SimpleNamespace(setEnabled=lambda on: None), _nursery=None, _live=False
    )
    app._hear = lambda: setattr(app, "_live", told)
    monkeypatch.setattr(os, "_exit", exits.append)
    VisitApp._lose_nursery(app)
    assert exits == ([] if told else [1])
