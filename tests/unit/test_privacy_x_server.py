"""What an X server is asked, and a machine without one."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.privacy import x_server
from tests.privacy.memory import memory_of
from tests.privacy.needles import Needles

TEXT = "龘㛃 leaked 990100199900990099"
PIXELS = bytes(range(256)) * 4


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs the Debian package xvfb")
def test_whatever_a_client_leaves_is_told_or_stands_in_memory() -> None:
    with x_server.x_server() as asked:
        assert asked
        assert x_server.environment(asked)["DISPLAY"] == asked.name
        assert not [data for _, data in asked.tells() if b"leaked" in data]
        asked.leak(TEXT.encode(), PIXELS)
        places = {place for place, data in asked.tells() if TEXT.encode() in data}
        assert places == set(x_server.PLACES)
        found = Needles({"text": TEXT}, {"pixels": PIXELS}).found_in_pieces(memory_of(asked.pid))
        assert {(leak.what, leak.form) for leak in found[1]} >= {
            ("text", "utf-8"),
            ("pixels", "bytes"),
        }
        assert asked.look().shape == (1920, 1080, 4)


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs the Debian package xvfb")
def test_a_look_at_the_screen_leaves_nothing_in_the_server() -> None:
    wide, high = x_server.SCREEN
    page = np.random.default_rng(1).integers(0, 255, (high, wide, 4), np.uint8)
    with x_server.x_server() as asked:
        assert asked
        for row in range(high):
            asked.draw(page[row].tobytes(), row=row)
        assert (asked.look()[:, :, :3] == page[:, :, :3]).all()
        blank = np.zeros_like(page)
        for row in range(high):
            asked.draw(blank[row].tobytes(), row=row)
        assert not asked.look().any()
        rows = {f"row {row}": page[row, :256].tobytes() for row in range(0, high, 8)}
        assert not Needles({"text": TEXT}, rows).found_in_pieces(memory_of(asked.pid))[1]


def test_without_an_x_server_the_terminal_draws_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with x_server.x_server() as asked:
        assert asked is None
    assert x_server.environment(None) == {"QT_QPA_PLATFORM": "offscreen"}


def test_the_busiest_stretch_of_a_page_is_remembered() -> None:
    picture = np.zeros((80, 300, 4), np.uint8)
    picture[2, :, 0] = np.arange(300) % 256  # in the head, which every page has
    picture[40, 10:266:2, 1] = 255
    assert x_server.busiest(picture) == picture[40, 9:265].tobytes()
