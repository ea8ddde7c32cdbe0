"""Between the emulated hardware and the desk's window: what QML binds to and calls.

Orders, looks and questions to the centre run in two threads of chores; the screen waits for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

from drivers.emulators.orders import orders_of
from drivers.emulators.rig import Rig
from kiosk.words import Language
from kiosk.workshop.sandbox import personas
from ui.desk import parts, people
from ui.desk.centre import Levers
from ui.desk.chores import Chores
from ui.desk.levers import CENTRE, Lever, Seen, clauses, standing, undoing
from ui.desk.parts import DeskPart
from ui.desk.pictures import Pictures
from ui.desk.seen import CARDS, lamps
from ui.desk.words import DESK, LIES, DeskWords

LOOK_S = 0.3
ASK_S = 0.8
TROUBLE_MS = 6000
OLDER_MESSAGES = 3
CHIP = "smart_card"
"""The part that takes every card but the ID card."""


class _Looked(NamedTuple):
    """All devices at one moment; by part the names of papers, oldest first, and of its picture."""

    seen: dict[str, dict[str, Any]]
    papers: dict[str, list[str]]
    films: dict[str, str]


class _Heard(NamedTuple):
    """The centre at one moment; ``messages`` newest first, None when it does not answer."""

    messages: list[dict[str, Any]] | None
    sessions: int


class Desk(QObject):
    """See the module. ``centre`` is the base address of the stand-in centre, or None; ``absent``
    says which devices cannot be played here, and why."""

    languageChanged = Signal()
    chosenChanged = Signal()
    looksChanged = Signal()
    papersChanged = Signal()
    centreChanged = Signal()
    troubleChanged = Signal()

    _looked = Signal(object)
    _heard = Signal(object)
    _lies = Signal(str, object)
    _faulted = Signal(object)
    _failed = Signal(str)

    def __init__(self, rig: Rig, centre: str | None, absent: Mapping[str, str]) -> None:
        super().__init__()
        self.pictures = Pictures()
        self._rig = rig
        self._parts = parts.of(rig.devices)
        self._absent = absent
        self._language = Language.ZH
        self._chosen = next(iter(personas.load()))
        self._card = people.CARDS[0]
        self._put: dict[str, tuple[str, str]] = {}  # by part, whose card and which the desk put
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
        looks = _Looked({device: self._rig.look(device) for device in self._rig.devices}, {}, {})
        for part in self._parts:
            seen = looks.seen[part.device]
            if part.papers:
                looks.papers[part.key] = self.pictures.keep(part.key, part.papers(seen))
            if part.picture and (picture := part.picture(seen)):
                (looks.films[part.key],) = self.pictures.keep(part.key, [picture])
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
        for part in self._parts:
            if part.card and not part.card(looks.seen[part.device]):
                self._put.pop(part.key, None)
        if (before.seen, before.films) != (looks.seen, looks.films):
            self.looksChanged.emit()
        if before.papers != looks.papers:
            self.papersChanged.emit()

    def _take_news(self, heard: _Heard) -> None:
        before, self._hears = self._hears, heard
        if before != heard:
            self.centreChanged.emit()

    def _take_card(self, part: str, whose: tuple[str, str]) -> None:
        self._put[part] = whose
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

    def _say(self, words: DeskWords) -> str:
        return words.say(self._language)

    def _get_words(self) -> dict[str, str]:
        return {key: self._say(words) for key, words in DESK.items()}

    def _get_card(self) -> dict[str, Any]:
        return people.face(self._chosen, self._card, self._language)

    def _get_cards(self) -> list[dict[str, Any]]:
        names = {"id_card": DeskWords("身份证", "ID card")} | CARDS
        return [
            {
                "key": card,
                "text": self._say(names[card]),
                "chosen": card == self._card,
                "has": people.has(self._chosen, card),
            }
            for card in people.CARDS
        ]

    def _get_place(self) -> dict[str, Any]:
        """Where the card in the hand goes, and what is there."""
        key = _place(self._card)
        part = next((part for part in self._parts if part.key == key), None)
        seen = self._looks.seen.get(part.device) if part else None
        there = bool(part and part.card and seen and part.card(seen))
        whose = self._put.get(key) if there else None
        lies = whose == (self._chosen, self._card)
        here, other = LIES[key]
        note = self._absent.get(key, "")
        if there and not lies:
            note = f"{whose[0]} {self._say(here)}" if whose else self._say(other)
        return {
            "has": seen is not None and people.has(self._chosen, self._card),
            "there": there,
            "lies": lies,
            "where": self._say(here if lies else DESK["in hand"]),
            "note": note,
        }

    def _get_hardware(self) -> list[dict[str, Any]]:
        return [
            {
                "part": part.key,
                "title": self._say(part.title),
                "icon": part.icon,
                "acts": self._named(lever for lever in part.levers if lever.act),
                "levers": self._named(lever for lever in part.levers if not lever.act),
                "films": part.picture is not None,
                "shows": "show" in part.orders,
                "removes": "remove" in part.orders,
                "presses": "press" in part.orders,
                "lights": part.lights is not None,
            }
            for part in self._parts
        ]

    def _named(self, levers: Iterable[Lever]) -> list[dict[str, str]]:
        return [{"key": lever.key, "text": self._say(lever.words)} for lever in levers]

    def _get_looks(self) -> dict[str, dict[str, Any]]:
        if not self._looks.seen:
            return {}
        return {part.key: self._look_of(part) for part in self._parts}

    def _look_of(self, part: DeskPart) -> dict[str, Any]:
        seen = self._looks.seen[part.device]
        how = part.condition(seen)
        entering, digits = part.digits(seen) if part.digits else (False, 0)
        return {
            "word": self._say(how.word),
            "tone": how.tone,
            "line": self._say(how.line),
            "stand": list(standing(part.levers, seen)),
            "film": self._looks.films.get(part.key, ""),
            "entering": entering,
            "digits": digits,
            "lamps": [
                {"text": self._say(name), "colour": colour, "flashes": flashes}
                for name, colour, flashes in (lamps(part.lights(seen)) if part.lights else ())
            ],
        }

    def _get_absent(self) -> list[dict[str, str]]:
        """What cannot be played here, and why."""
        found = [(parts.named(key), why) for key, why in self._absent.items()]
        return [
            {"part": part.key, "title": self._say(part.title), "icon": part.icon, "why": why}
            for part, why in found
        ]

    def _get_messages(self) -> list[dict[str, str]]:
        return [
            {
                "code": message["code"],
                "to": people.owner(message["phone"]),
                "at": message["at"][11:19],
                "text": message["text"],
            }
            for message in (self._hears.messages or [])[: OLDER_MESSAGES + 1]
        ]

    def _get_centre(self) -> dict[str, Any]:
        up = self._hears.messages is not None
        sessions = self._hears.sessions
        word, tone = DeskWords("不回答", "No answer"), "bad"
        if up:
            word, tone = DeskWords("正常", "Well"), "good"
        if up and self._faults:
            word, tone = DeskWords("设有故障", "Rigged"), "attention"
        return {
            "there": self._levers is not None,
            "title": self._say(DeskWords("模拟中心", "Stand-in centre")),
            "word": self._say(word),
            "tone": tone,
            "line": self._say(DeskWords(f"{sessions} 个会话开着", f"{sessions} open sessions")),
            "stand": list(self._faults),
        }

    def _get_centre_levers(self) -> list[dict[str, str]]:
        return [{"key": key, "text": self._say(words)} for key, (words, _) in CENTRE.items()]

    words = Property("QVariantMap", _get_words, notify=languageChanged)
    people = Property(
        "QVariantList", lambda self: people.listed(self._language), notify=languageChanged
    )
    chosen = Property(str, lambda self: self._chosen, notify=chosenChanged)
    cards = Property("QVariantList", _get_cards, notify=chosenChanged)
    card = Property("QVariantMap", _get_card, notify=chosenChanged)
    place = Property("QVariantMap", _get_place, notify=looksChanged)
    hardware = Property("QVariantList", _get_hardware, notify=languageChanged)
    absent = Property("QVariantList", _get_absent, notify=languageChanged)
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
    messages = Property("QVariantList", _get_messages, notify=centreChanged)
    centre = Property("QVariantMap", _get_centre, notify=centreChanged)
    centreLevers = Property("QVariantList", _get_centre_levers, notify=languageChanged)
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
        if not people.has(persona, self._card):
            self._card = people.CARDS[0]
        self.chosenChanged.emit()
        self.looksChanged.emit()

    @Slot(str)
    def hold(self, card: str) -> None:
        """Take another card of the same person into the hand."""
        self._card = card
        self.chosenChanged.emit()
        self.looksChanged.emit()

    @Slot()
    def put(self) -> None:
        """The card in the hand where it belongs, in place of any other."""
        whose, card = self._chosen, self._card
        on_reader = card == people.CARDS[0]
        facts = personas.load()[whose].card() if on_reader else people.chip(whose, card)

        def chore() -> None:
            self._do(_place(card), "put", **facts)
            self._lies.emit(_place(card), (whose, card))

        self._devices.ask(chore)

    @Slot()
    def lift(self) -> None:
        part = _place(self._card)
        self._devices.ask(lambda: self._do(part, "lift"))

    @Slot(str)
    def show(self, code: str) -> None:
        """Hold a code before the scanner."""
        self._devices.ask(lambda: self._do("code_scanner", "show", text=code))

    @Slot()
    def remove(self) -> None:
        """Take the code away."""
        self._devices.ask(lambda: self._do("code_scanner", "remove"))

    @Slot(str)
    def pressKey(self, key: str) -> None:
        """One key of the PIN pad."""
        self._devices.ask(lambda: self._do("pin_pad", "press", key=key))

    @Slot(str)
    def take(self, part: str) -> None:
        """The paper away from where it came out."""
        self._devices.ask(lambda: self._do(part, "take"))

    @Slot(str, str)
    def press(self, part: str, lever: str) -> None:
        """Set a fault of a part, or take it back when it stands."""

        def chore() -> None:
            here = self._part(part)
            seen: Seen = self._rig.look(here.device)
            (pressed,) = (one for one in here.levers if one.key == lever)
            stands = pressed.seen is not None and pressed.seen(seen)
            told = undoing(here.device, pressed) if stands else clauses(here.device, pressed.script)
            for clause in told:
                self._rig.tell(clause.device, clause.order, **clause.facts)

        self._devices.ask(chore)

    @Slot(str)
    def well(self, part: str) -> None:
        """Everything at the device of one part as it should be, the cable too."""

        def chore() -> None:
            device = self._part(part).device
            self._rig.tell(device, "well")
            if "plug" in (orders_of(device) or {}):  # some leave the cable as it is
                self._rig.tell(device, "plug")

        self._devices.ask(chore)

    @Slot()
    def allWell(self) -> None:
        for part in {part.device: part.key for part in self._parts}.values():
            self.well(part)
        self._set_faults(())

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

    def _part(self, key: str) -> DeskPart:
        for part in self._parts:
            if part.key == key:
                return part
        raise ValueError(f"no {key} here")

    def _do(self, key: str, act: str, /, **facts: Any) -> None:
        """What a person does at a part, in words of its emulator."""
        part = self._part(key)
        for clause in clauses(part.device, part.orders[act]):
            self._rig.tell(part.device, clause.order, **clause.facts, **facts)

    def _set_faults(self, faults: tuple[str, ...]) -> None:
        if not (self._centre and (levers := self._levers)):
            return
        self._take_faults(faults)
        told = [order for key, (_, order) in CENTRE.items() if key in faults]

        def chore() -> None:
            try:
                levers.set_faults(told)
            except OSError:
                self._faulted.emit(())  # what stands there now is not known
                raise

        self._centre.ask(chore)


def _place(card: str) -> str:
    """The part that takes ``card``."""
    return card if card == people.CARDS[0] else CHIP
