"""A view that cannot be made is a page that says so, never the page before."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.ui.cases import cases
from tests.ui.theatre import Setting, Theatre
from ui.contents import ProblemContent
from ui.views import derive


def test_a_view_that_cannot_be_made_is_a_bug_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A number of the centre that no clock can count left the page before, with all its buttons."""
    menu = cases()["07-menu"]

    def broken(step: Any, look: Any) -> Any:
        if step is menu:
            raise OverflowError("a citizen's number")
        return derive(step, look)

    theatre = Theatre(Setting())
    try:
        monkeypatch.setattr("ui.current_page.derive", broken)
        with caplog.at_level(logging.ERROR):
            theatre.show(menu)
            theatre.appearance.toggleLanguage()
            theatre.settle()
        shown = theatre.page.shows
        assert isinstance(shown, ProblemContent)
        assert shown.title == "Something went wrong on this machine"
        assert shown.actions == ()
        (line,) = [record for record in caplog.records if record.message == "bug"]
        assert line.__dict__["reference"] == shown.reference
    finally:
        theatre.close()
