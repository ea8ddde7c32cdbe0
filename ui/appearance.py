"""How the screen looks to this citizen: language, letters, contrast, amounts, layout."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.settings import Settings
from kiosk.words import Language
from ui.properties import readable

ELDER_SCALE = 1.5


QML_IMPORT_NAME = "Kiosk"


class Appearance(QObject):
    """The settings of the site and the switches of the citizen; the singleton ``Appearance`` of
    QML."""

    changed = Signal()
    languageChanged = Signal(object)  # a Language
    amountsChanged = Signal()

    def __init__(self, settings: Settings, *, motion: bool = True) -> None:
        super().__init__()
        self._motion = motion
        self._arrange(settings)
        self._contrast = settings.screen.high_contrast

    def _arrange(self, settings: Settings) -> None:
        self._switch_back(settings)
        self._contrast = False
        self._lowered = settings.screen.lowered
        upright = settings.screen.orientation == "portrait"
        self.stage_size = (1080, 1920) if upright else (1920, 1080)
        """Width and height for which the pages are made, in pixels."""
        self._window = self.stage_size

    def _switch_back(self, settings: Settings) -> None:
        self.language = Language(settings.screen.language)
        self.large = False
        self.revealed = False
        self._contrast = settings.screen.high_contrast

    def begin_anew(self, settings: Settings) -> None:
        """Set the citizen's switches back to the settings of the site."""
        self._switch_back(settings)
        self._tell()

    def _tell(self) -> None:
        self.languageChanged.emit(self.language)
        self.amountsChanged.emit()
        self.changed.emit()

    def arrange_anew(self, settings: Settings) -> None:
        """Begin again as another terminal's screen. Only tests need this: they show many terminals
        on a process's one screen."""
        self._arrange(settings)
        self._tell()

    def set_window(self, width: int, height: int) -> None:
        """Set a window size other than the stage's; to be called before the window is made."""
        self._window = (width, height)

    stageWidth = readable(int, lambda self: self.stage_size[0], changed)
    stageHeight = readable(int, lambda self: self.stage_size[1], changed)
    windowWidth = readable(int, lambda self: self._window[0], changed)
    windowHeight = readable(int, lambda self: self._window[1], changed)
    motion = readable(bool, lambda self: self._motion)
    lowered = readable(bool, lambda self: self._lowered, changed)
    highContrast = readable(bool, lambda self: self._contrast, changed)
    scale = readable(float, lambda self: ELDER_SCALE if self.large else 1.0, changed)
    otherLanguage = readable(
        str, lambda self: "EN" if self.language is Language.ZH else "中文", changed
    )

    @Slot()
    def toggleLanguage(self) -> None:
        self.language = self.language.other
        self.languageChanged.emit(self.language)
        self.changed.emit()

    @Slot()
    def toggleNumbers(self) -> None:
        self.revealed = not self.revealed
        self.amountsChanged.emit()

    @Slot()
    def toggleElder(self) -> None:
        self.large = not self.large
        self.changed.emit()

    @Slot()
    def toggleContrast(self) -> None:
        self._contrast = not self._contrast
        self.changed.emit()
