"""Settles how Qt draws before anybody imports it; what Qt says fails a test."""

from __future__ import annotations

import os
from collections.abc import Iterator

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the desk behind the pages, because its Qt engine is another than theirs, and the unit
    tests last: short files at the end keep both worker processes busy."""
    items.sort(key=lambda item: (item.path.parent.name == "unit", item.path.name == "test_desk.py"))
