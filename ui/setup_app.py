"""Setup on the terminal's own screen: the pages, and a thread that goes through the procedure."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from kiosk import events
from kiosk import log as logs
from kiosk.centre.errors import reference_number
from kiosk.settings import CentreSettings, ScreenSettings, Settings
from kiosk.setup import procedure
from kiosk.setup.at_screen import WELCOME, AtScreen, ScreenClosed
from kiosk.setup.discovery import SearchPlace
from kiosk.setup.procedure import SetupOrder
from kiosk.visit.setup_steps import ShowChecks
from kiosk.visit.steps import Action, Tone
from kiosk.visit.visit import Left, WentBack
from kiosk.words import _
from ui.stage import Stage

log = logging.getLogger(__name__)

SERVE = 0
"""The exit code: the terminal is to serve."""
CONSOLE = 3
"""The exit code: the technician wants the console."""


class SetupApp(QObject):
    """The window, and the thread in which ``run`` is called with the technician before it."""

    over = Signal(int)
    """The exit code."""

    def __init__(self, stage: Stage, run: Callable[[AtScreen], int]) -> None:
        super().__init__()
        self._run = run
        stage.page.sets_up = True
        stage.page.in_visit = True  # nobody's idle time counts
        self.technician = AtScreen(stage.page)
        stage.page.listener = self.technician
        self._thread = threading.Thread(target=self._work, name="setup", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Let the thread end with its next question."""
        self.technician.close()
        self._thread.join()

    def _work(self) -> None:
        with suppress(ScreenClosed):
            while (code := self._once()) is None:
                continue
            self.over.emit(code)

    def _once(self) -> int | None:
        """Setup from its first page on; None: it begins anew."""
        try:
            if self.technician.ask(WELCOME) == "console":
                return CONSOLE
            return SERVE if self._run(self.technician) == 0 else None
        except (Left, WentBack):
            return None
        except ScreenClosed:
            raise
        except click.ClickException as error:
            self._failed(error.format_message())
        except Exception as error:  # noqa: BLE001 - a bug: the technician begins anew
            events.BUG.log(log, error=error, reference=reference_number())
            self._failed(f"{type(error).__name__}: {error}")
        return None

    def _failed(self, why: str) -> None:
        page = ShowChecks(
            _("没有做成"),
            note=why,
            note_tone=Tone.BAD,
            actions=(Action("again", _("从头再来"), "again"),),
        )
        with suppress(Left):
            self.technician.ask(page)


def main(order: SetupOrder, place: SearchPlace) -> NoReturn:
    """Set the terminal up by touching. Ends the process, with :data:`SERVE` or :data:`CONSOLE`."""
    logs.set_up(production=True)
    app = QGuiApplication(["kiosk"])
    size = QGuiApplication.primaryScreen().size()
    stage = Stage(app, _settings(wide=size.width() > size.height()))
    setup = SetupApp(stage, lambda technician: procedure.run(order, place, technician))
    setup.over.connect(app.exit)
    stage.show()
    setup.start()
    os._exit(app.exec())  # no page outlives what it reads from


def _settings(*, wide: bool) -> Settings:
    """Those of a terminal that has none yet: its pages stand as its panel does."""
    screen = ScreenSettings(orientation="landscape" if wide else "portrait")
    return Settings(terminal="", screen=screen, centre=CentreSettings(url="", seal_roots=Path()))
