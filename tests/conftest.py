"""Settles how Qt draws before anybody imports it; what Qt says fails a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import qt_messages

# Before anybody imports Qt: no display is needed, and every picture is drawn the same way.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")


@pytest.fixture(autouse=True)
def _qt_says_nothing() -> Iterator[None]:
    qt_messages.said.clear()
    yield
    said = list(qt_messages.said)
    qt_messages.said.clear()
    if said:
        pytest.fail("Qt said:\n" + "\n".join(said), pytrace=False)


UI = Path(__file__).parent / "ui"
OWN_PROCESSES = ("test_real_window.py",)
"""Files under ``ui`` that start Qt in processes of their own."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays in one process, and so do all that share a Qt engine: one process has one. The
    desk, whose engine is another, comes last."""
    items.sort(key=lambda item: item.path.name == "test_desk.py")
    for item in items:
        shared = item.path.parent == UI and item.path.name not in OWN_PROCESSES
        item.add_marker(pytest.mark.xdist_group("ui" if shared else str(item.path)))
