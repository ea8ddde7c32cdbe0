"""The people who come to the terminal, and the card that one of them has in the hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtQml import QmlElement

from drivers.device import Kind
from kiosk.words import Text, _
from kiosk.workshop.sandbox import personas
from ui.desk import people
from ui.desk.chores import Chore
from ui.desk.devices import DeskDevice
from ui.desk.words import Tongue
from ui.lists import ListProperty

QML_IMPORT_NAME = "Kiosk.Desk"
QML_IMPORT_MAJOR_VERSION = 1

LIES: Mapping[str, tuple[Text, Text]] = {
    people.ID_CARD: (_("在读卡区"), _("读卡区上是另一张卡")),
    Kind.SMART_CARD: (_("在插卡口"), _("插卡口里是另一张卡")),
    Kind.CODE_SCANNER: (_("在扫码窗前"), _("扫码窗前是另一个码")),
}
"""By part: the words for the card in the hand that lies there, and for another card there."""


class ActAs(Protocol):
    """Gives the desk's citizen an order, in the chores' thread; ``then`` is called there once the
    order was obeyed."""

    def __call__(self, order: str, then: Chore | None = None, /, **facts: Any) -> None: ...


@QmlElement
class DeskPerson(QObject):
    """One persona in the list of people."""

    changed = Signal()

    def __init__(self, id: str, tongue: Tongue) -> None:
        super().__init__()
        self._id = id
        self._tongue = tongue
        self._chosen = False
        tongue.changed.connect(self.changed)

    def choose(self, chosen: str) -> None:
        """Show this persona as chosen if ``chosen`` is its id."""
        self._chosen = chosen == self._id
        self.changed.emit()

    @Property(str, constant=True)
    def key(self) -> str:
        return self._id

    @Property(str, constant=True)
    def name(self) -> str:
        return people.name(self._id)

    @Property(str, notify=changed)
    def purpose(self) -> str:
        return self._tongue.say(people.PURPOSES[self._id])

    @Property(bool, notify=changed)
    def chosen(self) -> bool:
        return self._chosen


@QmlElement
class DeskCard(QObject):
    """One kind of card that a person may carry."""

    changed = Signal()

    def __init__(self, key: str, tongue: Tongue) -> None:
        super().__init__()
        self._key = key
        self._tongue = tongue
        self._chosen = self._has = False
        tongue.changed.connect(self.changed)

    def choose(self, chosen: str, *, has: bool) -> None:
        """Show whether this is the ``chosen`` card, and whether the person has one."""
        self._chosen, self._has = chosen == self._key, has
        self.changed.emit()

    @Property(str, constant=True)
    def key(self) -> str:
        return self._key

    @Property(str, notify=changed)
    def text(self) -> str:
        return self._tongue.say(people.CARDS[self._key])

    @Property(bool, notify=changed)
    def chosen(self) -> bool:
        return self._chosen

    @Property(bool, notify=changed)
    def has(self) -> bool:
        return self._has


@QmlElement
class DeskHand(QObject):
    """The chosen person, the card (or phone) in the hand, and the place where it belongs.

    ``absent`` says by part why a device cannot be emulated here; ``act`` moves the card.
    """

    changed = Signal()
    _was_put = Signal(str, object)

    def __init__(
        self,
        devices: Iterable[DeskDevice],
        absent: Mapping[str, str],
        tongue: Tongue,
        act: ActAs,
    ) -> None:
        super().__init__()
        self._act = act
        self._devices = {device.part.key: device for device in devices}
        self._absent = absent
        self._tongue = tongue
        self._persons = [DeskPerson(id, tongue) for id in personas.load()]
        self._cards = [DeskCard(key, tongue) for key in people.CARDS]
        self._person = next(iter(personas.load()))
        self._card: str = people.ID_CARD
        self._put: dict[str, tuple[str, str]] = {}  # by part: person and card that the desk put
        self._was_put.connect(self._remember)
        tongue.changed.connect(self.changed)
        self._choose(self._person, self._card)

    def see(self) -> None:
        """Show the card's place anew; the devices were looked at."""
        for key in [*self._put]:
            if not self._devices[key].holds_card:
                del self._put[key]
        self.changed.emit()

    def _remember(self, part: str, whose: tuple[str, str]) -> None:
        self._put[part] = whose
        self.changed.emit()

    def _choose(self, person: str, card: str) -> None:
        self._person, self._card = person, card
        for each in self._persons:
            each.choose(person)
        for key, choice in zip(people.CARDS, self._cards, strict=True):
            choice.choose(card, has=people.has(person, key))
        self.changed.emit()

    @property
    def _place(self) -> str:
        """The part that takes the card in the hand."""
        return people.place_of(self._card)

    @property
    def _device(self) -> DeskDevice | None:
        return self._devices.get(self._place)

    def _holds_card(self) -> bool:
        return bool(self._device and self._device.holds_card)

    def _lies(self) -> bool:
        whose = self._put.get(self._place)
        return self._holds_card() and whose == (self._person, self._card)

    # -- what the window binds to -------------------------------------------------------------

    persons = ListProperty(DeskPerson, lambda self: self._persons)
    cards = ListProperty(DeskCard, lambda self: self._cards)

    @Property(str, notify=changed)
    def kind(self) -> str:
        return self._tongue.say(people.face(self._person, self._card).kind)

    @Property(str, notify=changed)
    def name(self) -> str:
        return people.name(self._person)

    @Property("QStringList", notify=changed)  # type: ignore[arg-type]  # the stub knows no names
    def facts(self) -> list[str]:
        """The labels and values printed on the card, in turn."""
        said: list[str] = []
        for fact in people.face(self._person, self._card).facts:
            said += [self._tongue.say(each) for each in fact]
        return said

    @Property(str, notify=changed)
    def person(self) -> str:
        """The id of the chosen person."""
        return self._person

    @Property(bool, notify=changed)
    def code(self) -> bool:
        """Whether a phone with a code is in the hand, in place of a card."""
        return self._card == people.FUND_CODE

    @Property(bool, notify=changed)
    def takes(self) -> bool:
        """Whether the card can be put: its device is here, and the person has such a card."""
        found = self._device is not None and self._device.found
        return found and people.has(self._person, self._card)

    @Property(bool, notify=changed)
    def there(self) -> bool:
        """Whether any card lies in the place of the card in the hand."""
        return self._holds_card()

    @Property(bool, notify=changed)
    def lies(self) -> bool:
        """Whether the card in the hand lies in its place."""
        return self._lies()

    @Property(str, notify=changed)
    def where(self) -> str:
        """The words for the place of the card in the hand."""
        return self._tongue.say(LIES[self._place][0] if self._lies() else _("在手里"))

    @Property(str, notify=changed)
    def note(self) -> str:
        """The words for another card in the place, or why there is no such place; else ""."""
        if not self._holds_card() or self._lies():
            return self._absent.get(self._place, "")
        here, other = LIES[self._place]
        whose = self._put.get(self._place)
        return self._tongue.say(_("{id} {here}", id=whose[0], here=here) if whose else other)

    # -- what the window calls ----------------------------------------------------------------

    @Slot(str)
    def choose(self, person: str) -> None:
        """Let another person come; a card that this person lacks is changed for the ID card."""
        self._choose(person, self._card if people.has(person, self._card) else people.ID_CARD)

    @Slot(str)
    def hold(self, card: str) -> None:
        """Take another card of the same person into the hand."""
        self._choose(self._person, card)

    @Slot()
    def put(self) -> None:
        """Put the card in the hand into its place, instead of any other card there."""
        whose, place = (self._person, self._card), self._place
        order, facts = ("show code", {}) if self.code else ("put", {"card": self._card})
        self._act(order, lambda: self._was_put.emit(place, whose), who=self._person, **facts)

    @Slot()
    def lift(self) -> None:
        """Take the card out of the place of the card in the hand."""
        self._act("lift", card=self._card)
