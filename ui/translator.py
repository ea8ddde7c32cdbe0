"""Hands the one catalogue of words to QML's ``qsTr``."""

from __future__ import annotations

from PySide6.QtCore import QTranslator

from kiosk.words import Language, translate


class Translator(QTranslator):
    """Answers ``qsTr`` from the gettext catalogue. Change ``target``, then retranslate."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.target = language

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = "", n: int = -1
    ) -> str:
        return translate(source, self.target)
