"""Presses in a visit what a citizen has pressed before the visit's first step had come."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from ui.appearance import Appearance
from ui.current_page import WARMING, CurrentPage


class FirstPress(QObject):
    """Takes the keeper's ``Touched``, and what was pressed on the visit's first frame. A switch
    turns at once, so that the visit looks as the poster did; a button waits for the first frame and
    for a page that takes answers."""

    def __init__(self, page: CurrentPage, appearance: Appearance) -> None:
        super().__init__()
        self._page = page
        self._appearance = appearance
        self._button = ""
        self._on_screen = False
        page.pageShown.connect(lambda: QTimer.singleShot(0, self._press))
        page.early.connect(self.take)

    def take(self, what: str) -> None:
        """``what`` was pressed on the poster, or here too soon. Who has gone on since has pressed
        here as well. Any other button is nothing."""
        if self._page.in_visit:
            return
        match what:
            case "language":
                self._appearance.toggleLanguage()
            case "elder":
                self._appearance.toggleElder()
            case "contrast":
                self._appearance.toggleContrast()
            case "start" | "public":
                self._button = self._button or what
                self._press()

    def shown(self) -> None:
        """The visit's first frame is on the screen, and the keeper knows."""
        self._on_screen = True
        self._press()

    def _press(self) -> None:
        """Press the button on the attract page. Another page, such as 设备维护中, takes no answer:
        whoever pressed may be gone when the attract page comes."""
        if not self._on_screen or self._page.ticket == WARMING:
            return
        button, self._button = self._button, ""
        if button and not self._page.in_visit and self._page.page == "AttractPage":
            self._page.answer(button)
