"""Icons are kept for the pages that come, large pictures only by the page that shows them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from ui.images import Icons


@pytest.mark.parametrize(
    ("name", "width", "kept"), [("check/0f7a63", 48, True), ("house", 600, False)]
)
def test_only_small_pictures_are_kept(name: str, width: int, kept: bool) -> None:
    icons = Icons()
    size = QSize()
    first, second = (icons.requestImage(name, size, QSize(width, width)) for _time in range(2))
    assert size == QSize(width, width)
    assert first == second
    assert (first.cacheKey() == second.cacheKey()) is kept
