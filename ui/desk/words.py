"""The language of the desk's window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from kiosk.words import Language, Sayable, say


class Tongue(QObject):
    """The language in which the desk's window speaks; :meth:`toggle` changes it at any time."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.language = Language.ZH

    def say(self, words: Sayable) -> str:
        """``words`` in the present language."""
        return say(words, self.language)

    def toggle(self) -> None:
        """Change to the other language, then tell everybody who shows words."""
        self.language = self.language.other
        self.changed.emit()
