"""Between the emulated hardware and the desk's window: puts the typed objects of QML together.

Looks and orders run in a thread of chores, questions to the centre in another; the screen waits
for neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot
from PySide6.QtQml import QmlElement

from drivers.device import Kind
from drivers.emulators.rig import Rig
from kiosk.words import Language
from ui.desk import parts
from ui.desk.chores import Chore, Chores
from ui.desk.citizen import CITIZEN
from ui.desk.devices import DeskAbsent, DeskDevice, DeskTray
from ui.desk.hand import DeskHand
from ui.desk.pictures import Pictures
from ui.desk.stand_in import DeskCentre
from ui.desk.words import Tongue
from ui.lists import ListProperty

QML_IMPORT_NAME = "Kiosk.Desk"
QML_IMPORT_MAJOR_VERSION = 1

LOOK_S = 0.3
TROUBLE_MS = 6000


class _Looked(NamedTuple):
    """All devices at one moment; by part the names of its papers, oldest first, and of its
    picture."""

    seen: dict[str, dict[str, Any]]
    papers: dict[str, list[str]]
    films: dict[str, str]


@QmlElement
class Desk(QObject):
    """The root of all that the window binds to.

    ``centre`` is the base address of the stand-in centre, or None; ``absent`` says by part which
    devices cannot be emulated here, and why.
    """

    changed = Signal()
    troubleChanged = Signal()

    _looked = Signal(object)
    _failed = Signal(str)

    def __init__(self, rig: Rig, centre: str | None, absent: Mapping[str, str]) -> None:
        super().__init__()
        self.pictures = Pictures()
        self.tongue = Tongue()
        self._rig = rig
        self._parts = parts.of(rig.devices)
        self._chores = Chores("desk devices", self._look, self._failed.emit, every=LOOK_S)
        self._devices = [
            DeskDevice(part, rig, self._chores.ask, self.tongue) for part in self._parts
        ]
        self._absent = [
            DeskAbsent(parts.named(key), why, self.tongue) for key, why in absent.items()
        ]
        self._hand = DeskHand(self._devices, absent, self.tongue, self._act)
        self._centre = DeskCentre(centre, self.tongue)
        by_key = {device.part.key: device for device in self._devices}
        self._slips = DeskTray(by_key.get(Kind.RECEIPT_PRINTER))
        self._sheets = DeskTray(by_key.get(Kind.DOCUMENT_PRINTER))
        self._trouble = ""
        self._calm = QTimer(self, singleShot=True, interval=TROUBLE_MS)
        self._calm.timeout.connect(lambda: self._set_trouble(""))
        self._looked.connect(self._take_looks)
        self._failed.connect(self._set_trouble)
        self._centre.trouble.connect(self._set_trouble)
        self.tongue.changed.connect(self.changed)

    def start(self) -> None:
        """Begin to look at the hardware and to ask the centre."""
        self._chores.start()
        self._centre.start()

    def stop(self) -> None:
        """Do what is still asked for, then end both threads."""
        self._chores.stop()
        self._centre.stop()

    def _look(self) -> None:
        """In the chores' thread."""
        looks = _Looked({device: self._rig.look(device) for device in self._rig.devices}, {}, {})
        for part in self._parts:
            seen = looks.seen[part.device]
            if part.papers:
                looks.papers[part.key] = self.pictures.keep(part.key, part.papers(seen))
            if part.picture and (picture := part.picture(seen)):
                (looks.films[part.key],) = self.pictures.keep(part.key, [picture])
        self._looked.emit(looks)

    def _act(self, order: str, then: Chore | None = None, /, **facts: Any) -> None:
        """Give the citizen an order, in the chores' thread; see :class:`ui.desk.hand.ActAs`."""

        def chore() -> None:
            self._rig.tell(CITIZEN, order, **facts)
            if then:
                then()

        self._chores.ask(chore)

    def _take_looks(self, looks: _Looked) -> None:
        new = [
            device.see(looks.seen[device.part.device], looks.films.get(device.part.key, ""))
            for device in self._devices
        ]
        if any(new):
            self._hand.see()
        self._slips.lay(looks.papers.get(Kind.RECEIPT_PRINTER, []))
        self._sheets.lay(looks.papers.get(Kind.DOCUMENT_PRINTER, []))

    def _set_trouble(self, trouble: str) -> None:
        self._trouble = trouble
        if trouble:
            self._calm.start()
        self.troubleChanged.emit()

    # -- what the window binds to -------------------------------------------------------------

    @Property(DeskHand, constant=True)
    def hand(self) -> DeskHand:
        return self._hand

    @Property(DeskCentre, constant=True)
    def centre(self) -> DeskCentre:
        return self._centre

    @Property(DeskTray, constant=True)
    def slips(self) -> DeskTray:
        return self._slips

    @Property(DeskTray, constant=True)
    def sheets(self) -> DeskTray:
        return self._sheets

    devices = ListProperty(DeskDevice, lambda self: self._devices)
    absent = ListProperty(DeskAbsent, lambda self: self._absent)

    @Property(str, notify=troubleChanged)
    def trouble(self) -> str:
        """The sentence of the last failure, for some seconds."""
        return self._trouble

    @Property(str, notify=changed)
    def otherLanguage(self) -> str:
        """The name of the language that :meth:`toggleLanguage` changes to."""
        return "EN" if self.tongue.language is Language.ZH else "中文"

    # -- what the window calls ----------------------------------------------------------------

    @Slot()
    def toggleLanguage(self) -> None:
        """Change between Chinese and English."""
        self.tongue.toggle()

    @Slot(str)
    def agree(self, digits: str) -> None:
        """The chosen person agrees on their phone, with the digits of the terminal's screen."""
        self._act("agree", who=self._hand.person, digits=digits)

    @Slot()
    def decline(self) -> None:
        """The chosen person does not agree on their phone."""
        self._act("decline")

    @Slot()
    def allWell(self) -> None:
        """Take back every fault of every device and of the centre."""
        for device in {each.part.device: each for each in self._devices}.values():
            device.mend()
        self._centre.mend()
