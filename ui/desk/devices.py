"""The emulated devices as the desk's window shows them, and what a trainer does there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtQml import QmlElement

from drivers.emulators.orders import orders_of
from drivers.emulators.rig import Rig
from kiosk.words import Sayable, _
from ui.desk.chores import Chore
from ui.desk.levers import Lever, Seen, clauses, standing, undoing
from ui.desk.parts import DeskPart
from ui.desk.seen import LAMPS, Condition, Shining, lamps
from ui.desk.words import Tongue
from ui.lists import ListProperty

QML_IMPORT_NAME = "Kiosk.Desk"
QML_IMPORT_MAJOR_VERSION = 1

_BEFORE_THE_FIRST_LOOK = Condition("", "good", ())


@QmlElement
class DeskLever(QObject):
    """One lever of a device or of the stand-in centre; ``stands`` while its fault is set."""

    changed = Signal()

    def __init__(self, key: str, words: Sayable, tongue: Tongue) -> None:
        super().__init__()
        self.name = key
        self._words = words
        self._tongue = tongue
        self._stands = False
        tongue.changed.connect(self.changed)

    def set_stands(self, stands: bool) -> None:
        """Show the lever as set, or as taken back."""
        if stands != self._stands:
            self._stands = stands
            self.changed.emit()

    @Property(str, constant=True)
    def key(self) -> str:
        return self.name

    @Property(str, notify=changed)
    def text(self) -> str:
        return self._tongue.say(self._words)

    @Property(bool, notify=changed)
    def stands(self) -> bool:
        return self._stands


@QmlElement
class DeskLamp(QObject):
    """One guide light of the terminal."""

    changed = Signal()

    def __init__(self, words: Sayable, tongue: Tongue) -> None:
        super().__init__()
        self._words = words
        self._tongue = tongue
        self.shining: Shining | None = None
        tongue.changed.connect(self.changed)

    def set_shining(self, shining: Shining | None) -> None:
        """Show the light as it shines; None: dark."""
        if shining != self.shining:
            self.shining = shining
            self.changed.emit()

    @Property(str, notify=changed)
    def text(self) -> str:
        return self._tongue.say(self._words)

    @Property(bool, notify=changed)
    def shines(self) -> bool:
        return self.shining is not None

    @Property(str, notify=changed)
    def colour(self) -> str:
        return self.shining.colour if self.shining else "black"

    @Property(bool, notify=changed)
    def flashes(self) -> bool:
        return bool(self.shining and self.shining.flashes)


@QmlElement
class DeskDevice(QObject):
    """One part of the hardware: its state, its levers, and the acts of a person there.

    The slots return at once: ``ask`` hands each order to the thread that tells the ``rig``.
    """

    changed = Signal()

    def __init__(
        self, part: DeskPart, rig: Rig, ask: Callable[[Chore], None], tongue: Tongue
    ) -> None:
        super().__init__()
        self.part = part
        self._rig = rig
        self._ask = ask
        self._tongue = tongue
        self._acts = [DeskLever(each.key, each.words, tongue) for each in part.levers if each.act]
        self._faults = [
            DeskLever(each.key, each.words, tongue) for each in part.levers if not each.act
        ]
        self._lamps = {name: DeskLamp(words, tongue) for name, words in LAMPS.items()}
        self._how = _BEFORE_THE_FIRST_LOOK
        self._seen: Seen = {}
        self._film = ""
        self._pin = (False, 0)
        tongue.changed.connect(self.changed)

    def see(self, seen: Seen, film: str) -> bool:
        """Show the device as a look at it found it; ``film`` names the picture of a camera.

        Returns whether anything is new.
        """
        if (seen, film) == (self._seen, self._film):
            return False
        self._seen, self._film = seen, film
        self._how = self.part.condition(seen)
        self._pin = self.part.digits(seen) if self.part.digits else (False, 0)
        stand = standing(self.part.levers, seen)
        for lever in (*self._acts, *self._faults):
            lever.set_stands(lever.name in stand)
        shining = lamps(self.part.lights(seen)) if self.part.lights else {}
        for name, lamp in self._lamps.items():
            lamp.set_shining(shining.get(name))
        self.changed.emit()
        return True

    @property
    def found(self) -> bool:
        """Whether the device was looked at."""
        return bool(self._seen)

    @property
    def holds_card(self) -> bool:
        """Whether a card lies in or on the device, or a code is held before it."""
        return bool(self.found and self.part.card and self.part.card(self._seen))

    def act(self, act: str, then: Chore | None = None, /, **facts: Any) -> None:
        """Have a person do ``act`` (put, lift, take, …) at the device, in the chores' thread.

        ``then`` is called there once the emulator has obeyed.
        """

        def chore() -> None:
            for clause in clauses(self.part.device, self.part.orders[act]):
                self._rig.tell(self.part.device, clause.order, **clause.facts, **facts)
            if then:
                then()

        self._ask(chore)

    # -- what the window binds to -------------------------------------------------------------

    @Property(str, constant=True)
    def key(self) -> str:
        return self.part.key

    @Property(str, notify=changed)
    def title(self) -> str:
        return self._tongue.say(self.part.title)

    @Property(str, constant=True)
    def icon(self) -> str:
        return self.part.icon

    @Property(str, notify=changed)
    def word(self) -> str:
        return self._tongue.say(self._how.word)

    @Property(str, notify=changed)
    def tone(self) -> str:
        return self._how.tone

    @Property(str, notify=changed)
    def line(self) -> str:
        return " · ".join(self._tongue.say(each) for each in self._how.line)

    @Property(bool, constant=True)
    def films(self) -> bool:
        return self.part.picture is not None

    @Property(str, notify=changed)
    def film(self) -> str:
        return self._film

    @Property(bool, constant=True)
    def plays(self) -> bool:
        """Whether a film or a still can be held before the lens."""
        return "play" in self.part.orders

    @Property(str, notify=changed)
    def clip(self) -> str:
        """The file's name of the film or still before the lens, or ""."""
        return str(self._seen.get("clip", ""))

    @Property(bool, constant=True)
    def shows(self) -> bool:
        return "show" in self.part.orders

    @Property(bool, constant=True)
    def removes(self) -> bool:
        return {"show", "lift"} <= self.part.orders.keys()

    @Property(bool, constant=True)
    def presses(self) -> bool:
        return "press" in self.part.orders

    @Property(bool, notify=changed)
    def entering(self) -> bool:
        return self._pin[0]

    @Property(int, notify=changed)
    def digits(self) -> int:
        return self._pin[1]

    @Property(bool, constant=True)
    def lit(self) -> bool:
        return self.part.lights is not None

    @Property(bool, notify=changed)
    def dark(self) -> bool:
        return not any(lamp.shining for lamp in self._lamps.values())

    acts = ListProperty(DeskLever, lambda self: self._acts)
    levers = ListProperty(DeskLever, lambda self: self._faults)
    lamps = ListProperty(DeskLamp, lambda self: [*self._lamps.values()])

    # -- what the window calls ----------------------------------------------------------------

    @Slot(str)
    def press(self, key: str) -> None:
        """Set the fault of a lever, or take it back while it stands."""

        def chore() -> None:
            lever = self._lever(key)
            stands = lever.seen is not None and lever.seen(self._rig.look(self.part.device))
            device = self.part.device
            told = undoing(device, lever) if stands else clauses(device, lever.script)
            for clause in told:
                self._rig.tell(clause.device, clause.order, **clause.facts)

        self._ask(chore)

    def _lever(self, key: str) -> Lever:
        for lever in self.part.levers:
            if lever.key == key:
                return lever
        raise ValueError(f"no lever {key} at {self.part.key}")

    @Slot()
    def mend(self) -> None:
        """Take every fault back and plug the cable in."""

        def chore() -> None:
            self._rig.tell(self.part.device, "well")
            if "plug" in (orders_of(self.part.device) or {}):  # `well` of some leaves the cable out
                self._rig.tell(self.part.device, "plug")

        self._ask(chore)

    @Slot(str)
    def play(self, path: str) -> None:
        """Hold a film or a still before the lens, by the path of its file."""

        def chore() -> None:
            file = Path(path.strip()).expanduser()
            if not file.is_file():
                raise ValueError(self._tongue.say(_("没有这个文件：{file}", file=str(file))))
            try:
                self._rig.tell(self.part.device, self.part.orders["play"], clip=str(file))
            except ValueError as error:
                said = _("{file} 不是影片，也不是照片", file=file.name)
                raise ValueError(self._tongue.say(said)) from error

        self._ask(chore)

    @Slot()
    def stopClip(self) -> None:
        """Take the film or the still away: the drawn scene comes again."""
        self.act("play")

    @Slot(str)
    def show(self, code: str) -> None:
        """Hold a code before the scanner."""
        self.act("show", text=code)

    @Slot()
    def remove(self) -> None:
        """Take the code away from the scanner."""
        self.act("lift")

    @Slot(str)
    def pressKey(self, key: str) -> None:
        """Press one key of the PIN pad."""
        self.act("press", key=key)


@QmlElement
class DeskAbsent(QObject):
    """A device that cannot be emulated on this computer, and why."""

    changed = Signal()

    def __init__(self, part: DeskPart, why: str, tongue: Tongue) -> None:
        super().__init__()
        self._part = part
        self._why = why
        self._tongue = tongue
        tongue.changed.connect(self.changed)

    @Property(str, constant=True)
    def key(self) -> str:
        return self._part.key

    @Property(str, notify=changed)
    def title(self) -> str:
        return self._tongue.say(self._part.title)

    @Property(str, constant=True)
    def icon(self) -> str:
        return self._part.icon

    @Property(str, constant=True)
    def why(self) -> str:
        return self._why


@QmlElement
class DeskTray(QObject):
    """The papers that came out of one printer and were not taken yet."""

    changed = Signal()

    def __init__(self, device: DeskDevice | None) -> None:
        super().__init__()
        self._device = device
        self._names: list[str] = []

    def lay(self, names: list[str]) -> None:
        """Show the papers with these picture names, oldest first."""
        if names != self._names:
            self._names = names
            self.changed.emit()

    @Property("QStringList", notify=changed)  # type: ignore[arg-type]  # the stub knows no names
    def papers(self) -> list[str]:
        """Names of pictures, the newest paper first."""
        return self._names[::-1]

    @Slot()
    def take(self) -> None:
        """Take all papers away."""
        if self._device:
            self._device.act("take")
