"""Between the emulated hardware and the desk's window: what QML binds to and calls.

Orders, looks and questions to the centre run in two threads of chores; the screen waits for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

from drivers.emulators.rig import Rig
from kiosk.sandbox import personas
from kiosk.words import Language
from ui.desk import people
from ui.desk.centre import Levers
from ui.desk.chores import Chores
from ui.desk.levers import CENTRE, DEVICES, orders_for, standing
from ui.desk.pictures import Pictures
from ui.desk.seen import TITLES, condition
from ui.desk.words import DESK, Words

LOOK_S = 0.3
ASK_S = 0.8
TROUBLE_MS = 6000
OLDER_MESSAGES = 3
PAPERS = {"receipt_printer": "slips", "document_printer": "sheets"}
"""What of a printer's looks are pictures of paper."""
TAKING = {"receipt_printer": "tear", "document_printer": "take"}


class _Looked(NamedTuple):
    """All devices at one moment; papers as names of pictures, oldest first."""

    seen: dict[str, dict[str, Any]]
    stand: dict[str, tuple[str, ...]]
    papers: dict[str, list[str]]


class _Heard(NamedTuple):
    """The centre at one moment; ``messages`` newest first, None when it does not answer."""

    messages: list[dict[str, Any]] | None
    sessions: int


class Desk(QObject):
    """See the module. ``centre`` is the base address of the stand-in centre, or None."""

    languageChanged = Signal()
    chosenChanged = Signal()
    looksChanged = Signal()
    papersChanged = Signal()
    centreChanged = Signal()
    troubleChanged = Signal()

    _looked = Signal(object)
    _heard = Signal(object)
    _lies = Signal(str)
    _faulted = Signal(object)
    _failed = Signal(str)

    def __init__(self, rig: Rig, centre: str | None) -> None:
        super().__init__()
        self.pictures = Pictures()
        self._rig = rig
        self._language = Language.ZH
        self._chosen = next(iter(personas.load()))
        self._put = ""  # whose card lies on the reader, if the desk put it
        self._looks = _Looked({}, {}, {})
        self._hears = _Heard([], 0)
        self._faults: tuple[str, ...] = ()  # at the centre, which does not tell
        self._trouble = ""
        self._calm = QTimer(self, singleShot=True, interval=TROUBLE_MS)
        self._calm.timeout.connect(lambda: self._set_trouble(""))
        self._looked.connect(self._take_looks)
        self._heard.connect(self._take_news)
        self._lies.connect(self._take_card)
        self._faulted.connect(self._take_faults)
        self._failed.connect(self._set_trouble)
        self._devices = Chores("desk devices", self._look, self._failed.emit, every=LOOK_S)
        self._levers = Levers(centre) if centre else None
        self._centre = (
            Chores("desk centre", self._listen, self._failed.emit, every=ASK_S) if centre else None
        )

    def start(self) -> None:
        self._devices.start()
        if self._centre:
            self._centre.start()

    def stop(self) -> None:
        self._devices.stop()
        if self._centre and self._levers:
            self._centre.stop()
            self._levers.close()

    # -- in the chores' threads ---------------------------------------------------------------

    def _look(self) -> None:
        looks = _Looked({}, {}, {})
        for device in self._rig.devices:
            seen = self._rig.look(device)
            levers = DEVICES.get(device, ())
            looks.stand[device] = standing(levers, self._rig.told(device), seen)
            looks.seen[device] = seen
            if papers := PAPERS.get(device):
                looks.papers[device] = self.pictures.keep(device, seen[papers])
        self._looked.emit(looks)

    def _listen(self) -> None:
        assert self._levers
        try:
            heard = _Heard(self._levers.messages(), self._levers.sessions())
        except OSError:
            heard = _Heard(None, 0)
        self._heard.emit(heard)

    # -- in the screen's thread ---------------------------------------------------------------

    def _take_looks(self, looks: _Looked) -> None:
        before, self._looks = self._looks, looks
        if looks.seen.get("id_card", {}).get("card") == "none":
            self._put = ""
        if (before.seen, before.stand) != (looks.seen, looks.stand):
            self.looksChanged.emit()
        if before.papers != looks.papers:
            self.papersChanged.emit()

    def _take_news(self, heard: _Heard) -> None:
        before, self._hears = self._hears, heard
        if before != heard:
            self.centreChanged.emit()

    def _take_card(self, persona: str) -> None:
        self._put = persona
        self.looksChanged.emit()

    def _take_faults(self, faults: tuple[str, ...]) -> None:
        self._faults = faults
        self.centreChanged.emit()

    def _set_trouble(self, trouble: str) -> None:
        self._trouble = trouble
        if trouble:
            self._calm.start()
        self.troubleChanged.emit()

    # -- what the window binds to -------------------------------------------------------------

    def _say(self, words: Words) -> str:
        return words.say(self._language)

    def _get_words(self) -> dict[str, str]:
        return {key: self._say(words) for key, words in DESK.items()}

    def _get_reader(self) -> dict[str, Any]:
        seen = self._looks.seen.get("id_card")
        there = seen is not None and seen["card"] != "none"
        return {
            "has": seen is not None,
            "card": there,
            "who": self._put if there else "",
            "stranger": there and not self._put,
        }

    def _get_looks(self) -> dict[str, dict[str, Any]]:
        looks = {}
        for device, seen in self._looks.seen.items():
            stand = self._looks.stand[device]
            how = condition(device, seen, stand)
            looks[device] = {
                "word": self._say(how.word),
                "tone": how.tone,
                "line": self._say(how.line),
                "stand": list(stand),
            }
        return looks

    def _get_hardware(self) -> list[dict[str, Any]]:
        return [
            {
                "device": device,
                "title": self._say(TITLES[device][0]) if device in TITLES else device,
                "icon": TITLES[device][1] if device in TITLES else "info",
                "levers": self._levers_of(DEVICES.get(device, ())),
            }
            for device in self._rig.devices
        ]

    def _levers_of(self, levers: Sequence[Any]) -> list[dict[str, str]]:
        return [{"key": lever.key, "text": self._say(lever.words)} for lever in levers]

    def _get_phone(self) -> dict[str, Any]:
        messages = self._hears.messages or []
        rows = [
            {
                "code": message["code"],
                "to": people.owner(message["phone"]),
                "at": message["at"][11:19],
                "text": message["text"],
            }
            for message in messages[: OLDER_MESSAGES + 1]
        ]
        return {"newest": rows[0] if rows else None, "older": rows[1:], "count": len(messages)}

    def _get_centre(self) -> dict[str, Any]:
        up = self._hears.messages is not None
        sessions = self._hears.sessions
        word, tone = Words("不回答", "No answer"), "bad"
        if up:
            word, tone = Words("正常", "Well"), "good"
        if up and self._faults:
            word, tone = Words("设有故障", "Rigged"), "attention"
        return {
            "there": self._levers is not None,
            "title": self._say(Words("模拟中心", "Stand-in centre")),
            "word": self._say(word),
            "tone": tone,
            "line": self._say(Words(f"{sessions} 个会话开着", f"{sessions} open sessions")),
            "stand": list(self._faults),
        }

    words = Property("QVariantMap", _get_words, notify=languageChanged)
    people = Property(
        "QVariantList", lambda self: people.listed(self._language), notify=languageChanged
    )
    chosen = Property(str, lambda self: self._chosen, notify=chosenChanged)
    card = Property(
        "QVariantMap", lambda self: people.card(self._chosen, self._language), notify=chosenChanged
    )
    reader = Property("QVariantMap", _get_reader, notify=looksChanged)
    hardware = Property("QVariantList", _get_hardware, notify=languageChanged)
    looks = Property("QVariantMap", _get_looks, notify=looksChanged)
    slips = Property(
        "QVariantList",
        lambda self: self._looks.papers.get("receipt_printer", [])[::-1],
        notify=papersChanged,
    )
    sheets = Property(
        "QVariantList",
        lambda self: self._looks.papers.get("document_printer", [])[::-1],
        notify=papersChanged,
    )
    phone = Property("QVariantMap", _get_phone, notify=centreChanged)
    centre = Property("QVariantMap", _get_centre, notify=centreChanged)
    centreLevers = Property(
        "QVariantList", lambda self: self._levers_of(CENTRE), notify=languageChanged
    )
    trouble = Property(str, lambda self: self._trouble, notify=troubleChanged)

    # -- what the window calls ----------------------------------------------------------------

    @Slot()
    def toggleLanguage(self) -> None:
        self._language = self._language.other
        self.languageChanged.emit()
        self.chosenChanged.emit()
        self.looksChanged.emit()
        self.centreChanged.emit()

    @Slot(str)
    def choose(self, persona: str) -> None:
        self._chosen = persona
        self.chosenChanged.emit()

    @Slot()
    def put(self) -> None:
        """The chosen person's card on the reader, in place of any other."""
        persona = personas.load()[self._chosen]

        def chore() -> None:
            self._rig.tell("id_card", "put", **persona.card())
            self._lies.emit(persona.id)

        self._devices.ask(chore)

    @Slot()
    def lift(self) -> None:
        self._devices.ask(lambda: self._rig.tell("id_card", "lift"))

    @Slot(str, str)
    def press(self, device: str, lever: str) -> None:
        """Set a fault of a device, or take it back when it stands."""

        def chore() -> None:
            levers = DEVICES[device]
            stand = standing(levers, self._rig.told(device), self._rig.look(device))
            for order, facts in orders_for(levers, lever, stand):
                self._rig.tell(device, order, **facts)

        self._devices.ask(chore)

    @Slot(str)
    def well(self, device: str) -> None:
        """Everything at one device as it should be, the cable too."""

        def chore() -> None:
            self._rig.tell(device, "well")
            if device == "id_card":  # whose "well" leaves the cable as it is
                self._rig.tell(device, "plug")

        self._devices.ask(chore)

    @Slot()
    def allWell(self) -> None:
        for device in self._rig.devices:
            self.well(device)
        self._set_faults(())

    @Slot(str)
    def take(self, device: str) -> None:
        """The paper away from where it came out."""
        self._devices.ask(lambda: self._rig.tell(device, TAKING[device]))

    @Slot(str)
    def pressCentre(self, lever: str) -> None:
        """Set a fault of the centre, or take it back when it stands."""
        without = tuple(key for key in self._faults if key != lever)
        self._set_faults(without if lever in self._faults else (*without, lever))

    @Slot()
    def centreWell(self) -> None:
        self._set_faults(())

    @Slot()
    def resetCentre(self) -> None:
        """The centre's data as on the first day; its faults go too."""
        if self._centre and (levers := self._levers):
            self._take_faults(())
            self._centre.ask(levers.reset)

    def _set_faults(self, faults: tuple[str, ...]) -> None:
        if not (self._centre and (levers := self._levers)):
            return
        self._take_faults(faults)
        told = [each.told for each in CENTRE if each.key in faults]

        def chore() -> None:
            try:
                levers.set_faults(told)
            except OSError:
                self._faulted.emit(())  # what stands there now is not known
                raise

        self._centre.ask(chore)
