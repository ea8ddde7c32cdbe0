"""The stand-in centre as the desk's window shows it: state, faults, messages on the phone."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtQml import QmlElement

from kiosk.words import _
from ui.desk import people
from ui.desk.centre import Levers
from ui.desk.chores import Chores
from ui.desk.devices import DeskLever
from ui.desk.levers import CENTRE
from ui.desk.words import Tongue
from ui.lists import ListProperty

QML_IMPORT_NAME = "Kiosk.Desk"
QML_IMPORT_MAJOR_VERSION = 1

ASK_S = 0.8
MESSAGES = 4
"""Messages that the phone shows: the newest, and older ones below it."""


class Heard(NamedTuple):
    """The answer of the centre at one moment; ``messages`` newest first, None: no answer."""

    messages: list[dict[str, Any]] | None
    sessions: int
    logins: list[dict[str, str]]


@QmlElement
class DeskMessage(QObject):
    """One line of the phone: the message that holds this place, or nothing (``code`` is "")."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._message: dict[str, str] = {}

    def hold(self, message: dict[str, str]) -> None:
        """Show ``message`` as the centre tells it; {}: nothing."""
        if message != self._message:
            self._message = message
            self.changed.emit()

    @Property(str, notify=changed)
    def code(self) -> str:
        return self._message.get("code", "")

    @Property(str, notify=changed)
    def to(self) -> str:
        """The owner of the phone, masked."""
        return people.owner(self._message["phone"]) if self._message else ""

    @Property(str, notify=changed)
    def at(self) -> str:
        """The time of day."""
        return self._message.get("at", "")[11:19]

    @Property(str, notify=changed)
    def text(self) -> str:
        return self._message.get("text", "")


@QmlElement
class DeskCentre(QObject):
    """The stand-in centre at ``address``. With None the desk has no centre and drops every order.

    A thread asks the centre again and again. The centre tells nobody which faults are set, so the
    desk remembers the faults that it has set. ``trouble`` carries the sentence of each failure.
    """

    changed = Signal()
    trouble = Signal(str)
    _heard = Signal(object)
    _faulted = Signal(object)

    def __init__(self, address: str | None, tongue: Tongue) -> None:
        super().__init__()
        self._tongue = tongue
        self._hears = Heard([], 0, [])
        self._faults: tuple[str, ...] = ()
        self._levers = [DeskLever(key, words, tongue) for key, (words, _) in CENTRE.items()]
        self._messages = [DeskMessage() for _ in range(MESSAGES)]
        self._http = Levers(address) if address else None
        self._chores = Chores("desk centre", self._listen, self.trouble.emit, every=ASK_S)
        self._heard.connect(self._take)
        self._faulted.connect(self._take_faults)
        tongue.changed.connect(self.changed)

    def start(self) -> None:
        """Begin to ask the centre."""
        if self._http:
            self._chores.start()

    def stop(self) -> None:
        """Do what is still asked for, then close the connection."""
        if self._http:
            self._chores.stop()
            self._http.close()

    def _listen(self) -> None:
        """In the chores' thread."""
        assert self._http
        try:
            heard = Heard(self._http.messages(), self._http.sessions(), self._http.logins())
        except OSError:
            heard = Heard(None, 0, [])
        self._heard.emit(heard)

    def _take(self, heard: Heard) -> None:
        if heard == self._hears:
            return
        self._hears = heard
        for index, place in enumerate(self._messages):
            place.hold((heard.messages or [])[index] if index < len(heard.messages or []) else {})
        self.changed.emit()

    def _take_faults(self, faults: tuple[str, ...]) -> None:
        self._faults = faults
        for lever in self._levers:
            lever.set_stands(lever.name in faults)
        self.changed.emit()

    def _set_faults(self, faults: tuple[str, ...]) -> None:
        if not (http := self._http):
            return
        self._take_faults(faults)
        told = [order for key, (_, order) in CENTRE.items() if key in faults]

        def chore() -> None:
            try:
                http.set_faults(told)
            except OSError:
                self._faulted.emit(())  # nobody knows which faults the centre has now
                raise

        self._chores.ask(chore)

    # -- what the window binds to -------------------------------------------------------------

    @Property(bool, constant=True)
    def there(self) -> bool:
        return self._http is not None

    @Property(str, notify=changed)
    def word(self) -> str:
        if self._hears.messages is None:
            return self._tongue.say(_("不回答"))
        return self._tongue.say(_("设有故障") if self._faults else _("正常"))

    @Property(str, notify=changed)
    def tone(self) -> str:
        if self._hears.messages is None:
            return "bad"
        return "attention" if self._faults else "good"

    @Property(str, notify=changed)
    def line(self) -> str:
        return self._tongue.say(_("{count} 个会话开着", count=self._hears.sessions))

    @Property(str, notify=changed)
    def asks(self) -> str:
        """What a terminal wants the citizen's phone to agree to; "" when none waits for a phone."""
        if not self._hears.logins:
            return ""
        login = self._hears.logins[0]
        who = login["terminal"]
        if login["operation"]:
            return self._tongue.say(_("{who} 请您同意办理：填屏幕上的两位数字", who=who))
        return self._tongue.say(_("{who} 请您同意登录：填屏幕上的两位数字", who=who))

    levers = ListProperty(DeskLever, lambda self: self._levers)
    messages = ListProperty(DeskMessage, lambda self: self._messages)

    # -- what the window calls ----------------------------------------------------------------

    @Slot(str)
    def press(self, key: str) -> None:
        """Set a fault of the centre, or take it back while it stands."""
        without = tuple(fault for fault in self._faults if fault != key)
        self._set_faults(without if key in self._faults else (*without, key))

    @Slot()
    def mend(self) -> None:
        """Take every fault back."""
        self._set_faults(())

    @Slot()
    def reset(self) -> None:
        """Set the centre's data as on the first day; this takes the faults back too."""
        if http := self._http:
            self._take_faults(())
            self._chores.ask(http.reset)
