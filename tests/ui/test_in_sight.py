"""The window before the citizen: seen or hidden, raised, never closed, and when its end waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtQuick import QQuickWindow
from PySide6.QtTest import QTest

from kiosk.visit.operation_steps import AwaitResult, Deciding
from tests.logged import messages
from tests.ui.cases import cases
from tests.ui.operation_samples import QUOTE
from tests.ui.theatre import Setting, Theatre, application
from ui.in_sight import InSight


@pytest.fixture
def window() -> Iterator[QQuickWindow]:
    application()
    window = QQuickWindow()
    yield window
    window.destroy()


def comes(true: Callable[[], bool]) -> bool:
    return any(true() or QTest.qWait(20) for _ in range(250))


def test_a_hidden_window_is_not_seen_and_comes_back(
    window: QQuickWindow, caplog: pytest.LogCaptureFixture
) -> None:
    in_sight = InSight(window)
    window.show()
    assert comes(in_sight.look)
    assert not in_sight.look(), "no frame since the last look"
    assert comes(in_sight.look)
    caplog.clear()
    window.hide()
    assert not in_sight.look()
    assert not in_sight.look(), "raised, and no frame drawn yet"
    assert messages(caplog, "ui.in_sight") == ["screen hidden"], "told once"
    assert comes(in_sight.look)
    assert window.isVisible()


def test_the_window_is_never_closed() -> None:
    theatre = Theatre(Setting())
    assert not theatre.window.close()
    assert theatre.window.isVisible()
    theatre.settle()
    theatre.close()


def test_nothing_ends_between_a_confirmation_and_its_record() -> None:
    theatre = Theatre(Setting())
    bound = AwaitResult(QUOTE, free=False)
    for step, undecided in (
        (cases()["09-account"], False),
        (Deciding(QUOTE, bound, 10.0), True),
        (bound, True),
        (replace(bound, free=True), False),
    ):
        theatre.show(step)
        assert theatre.page.undecided is undecided
    theatre.close()
