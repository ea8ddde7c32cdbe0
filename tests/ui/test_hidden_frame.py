"""A hidden window gives the memory of its frame back, and shows its page whole again."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.cases import cases
from tests.ui.theatre import Setting, Theatre

FRAME_KB = 4 * 1080 * 1920 // 1024


@pytest.fixture(params=["portrait", "landscape"])
def theatre(request: pytest.FixtureRequest) -> Iterator[Theatre]:
    theatre = Theatre(Setting(orientation=request.param))
    theatre.show(cases()["07-menu"])
    yield theatre
    theatre.close()


def anonymous_kb() -> int:
    """The memory of this process that is no file's, without what glibc keeps for later."""
    ctypes.CDLL(None).malloc_trim(0)
    rollup = Path("/proc/self/smaps_rollup").read_text()
    (line,) = [line for line in rollup.splitlines() if line.startswith("Anonymous:")]
    return int(line.split()[1])


def test_the_frame_goes_and_the_page_comes_back_whole(theatre: Theatre) -> None:
    theatre.settle()
    size, picture = theatre.window.size(), theatre.window.grabWindow()
    theatre.window.hide()
    before = anonymous_kb()
    theatre.stage.give_frame_back()
    given = before - anonymous_kb()
    assert given > 0.9 * FRAME_KB
    assert theatre.window.size() == size
    theatre.window.show()
    theatre.settle()
    assert theatre.window.grabWindow() == picture
