"""A whole terminal without Qt: the real visit over emulated hardware and the stand-in centre.

:class:`Glass` is the screen: it notes what it is told to show, and a test presses for the citizen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any, TypeVar

import msgspec

from drivers.device import Kind
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.hosting.host import HostPace
from kiosk.login import LoginEvent
from kiosk.maintenance.page import maintain
from kiosk.privacy import Sensitive
from kiosk.settings import EnrolledSettings, Settings
from kiosk.terminal.terminal import Terminal
from kiosk.upkeep import UpkeepEvent
from kiosk.visit.money import CommitLine
from kiosk.visit.steps import (
    Attract,
    Choose,
    EnterSmsCode,
    Farewell,
    Menu,
    PaperReady,
    PresentIdCard,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Rate,
    Step,
)
from kiosk.words import Language
from kiosk.workshop.sandbox import personas
from tests.services.script import World, name, world
from tests.waiting import PATIENCE_S
from ui.contents import PageContent, ProblemContent
from ui.views import Look, derive

T = TypeVar("T")


class Glass:
    """A screen that notes what it is told; every call may come from any thread."""

    language = Language.ZH
    large = False

    def __init__(self) -> None:
        self.shown: Queue[tuple[Step[Any], int, bool]] = Queue()
        self.hints: Queue[Any] = Queue()
        self.coached: Queue[tuple[Any, int, Any]] = Queue()
        self.amended: Queue[Step[Any]] = Queue()
        self.greeting = ""
        self.look = Look()
        self.notices: tuple[Any, ...] = ()
        self.bulletins: tuple[Any, ...] = ()
        self.surrounded = 0  # how often it was told what stands around the pages
        self.blanked = False
        self.stood: list[bool] = []  # somebody has come before the screen, or gone

    def show(self, step: Step[Any], *, ticket: int, back: bool) -> None:
        self.shown.put((step, ticket, back))

    def hint(self, text: Any) -> None:
        self.hints.put(text)

    def coach(self, step: Any, *, ticket: int, preview: Any) -> None:
        self.coached.put((step, ticket, preview))

    def amend(self, step: Any, *, ticket: int) -> None:
        self.amended.put(step)

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        self.greeting = ("经办人 " if agent else "") + name.reveal()

    def surround(self, catalogue: Any, notices: Any, bulletins: Any = ()) -> None:
        self.surrounded += 1
        self.look = Look(catalogue=catalogue)
        self.notices, self.bulletins = tuple(notices), tuple(bulletins)

    def answered(self, ticket: int) -> None:
        """A page that waits looks the same here."""

    def stands_there(self, somebody: bool) -> None:
        self.stood.append(somebody)

    def blank(self) -> None:
        self.blanked = True


class Hall:
    """The centre and the emulated hardware; visits come one after another."""

    def __init__(self, here: World, directory: Path) -> None:
        self.here = here
        self.directory = directory
        self.reader = IdCardReader(directory / Kind.ID_CARD, pace=False)
        self.slips = ReceiptPrinter()
        self.sheets = DocumentPrinter(seconds_per_page=0.02)
        self.emulators = (self.reader, self.slips, self.sheets)

    def well(self) -> None:
        """As after a start."""
        self.here.reset()
        self.reader.obey("plug")
        self.reader.obey("lift")
        for emulator in self.emulators:
            emulator.obey("well")

    def settings(self, read_s: float) -> Settings:
        """``read_s``: how long an answer of the centre may take."""
        return Settings(
            terminal="T0001",
            production=False,
            run_directory=self.directory,
            centre=msgspec.structs.replace(self.here.settings.centre, read_s=read_s),
            devices={
                Kind.ID_CARD: {"driver": "sdt", "port": self.reader.address, "read_timeout": 0.5},
                Kind.RECEIPT_PRINTER: {"driver": "escpos", "address": self.slips.address},
                Kind.DOCUMENT_PRINTER: {
                    "driver": "ipp",
                    "uri": self.sheets.address,
                    "poll_s": 0.02,
                    "patience_s": 0.1,
                    "settle_s": 1.0,
                },
            },
        )

    @contextmanager
    def visit(
        self,
        *,
        read_s: float = 5.0,
        leftovers: bool = False,
        committer: CommitLine | None = None,
        enrolled: EnrolledSettings | None = None,
    ) -> Iterator[Citizen]:
        """One visit at the terminal; whoever is still there at the end leaves. ``leftovers``: the
        one before left something in a device. ``enrolled``: the terminal's certificate is the one
        beside the request of its enrolment, with its key."""
        settings = self.settings(read_s)
        if enrolled:
            own = enrolled.request.with_name("certificate.pem")
            known = msgspec.structs.replace(settings.centre, certificate=own, key=own)
            settings = msgspec.structs.replace(settings, enrolled=enrolled, centre=known)
        citizen = Citizen(self, settings, leftovers=leftovers, committer=committer)
        try:
            yield citizen
        finally:
            citizen.go_away()


class Citizen:
    """Stands at the terminal: sees pages and presses."""

    def __init__(
        self,
        hall: Hall,
        settings: Settings,
        *,
        leftovers: bool = False,
        committer: CommitLine | None = None,
    ) -> None:
        self.hall = hall
        self.glass = Glass()
        self._ended: Queue[str] = Queue()
        self.leftovers: list[bool] = []  # what the keeper is told of it
        self.logins: list[tuple[LoginEvent, str, str]] = []  # what the audit log is told
        self.upkeep: list[tuple[UpkeepEvent, str, str]] = []  # as well
        self.terminal = Terminal(
            settings,
            self._ended.put,
            committer=committer,
            on_leftovers=self.leftovers.append,
            on_login=lambda *told: self.logins.append(told),
            on_upkeep=lambda *told: self.upkeep.append(told),
            maintain=maintain,
        )
        self.ticket = 0
        self.step: Step[Any] | None = None
        # The farewell waits until the reader is seen to be empty: tests need not wait for it.
        self.terminal._hosts[Kind.ID_CARD]._pace = HostPace(poll_s=0.1)
        self.terminal.open(self.glass, leftovers=leftovers)

    def sees(self, kind: type[T]) -> T:
        """Wait for the next page, which must be of this kind."""
        try:
            step, self.ticket, _back = self.glass.shown.get(timeout=PATIENCE_S)
        except Empty:
            raise AssertionError(f"no page comes, {kind.__name__} was expected") from None
        self.step = step
        assert isinstance(step, kind), f"{kind.__name__} was expected, but {name(step)} came"
        return step

    def press(self, answer: object) -> None:
        self.terminal.begun()
        self.terminal.dialogue.answer(self.ticket, answer)

    def chooses(self, kind: type[Step[Any]], answer: object) -> None:
        """See this page next, and press there."""
        self.sees(kind)
        self.press(answer)

    def goes_back(self) -> None:
        self.terminal.dialogue.back(self.ticket)

    def puts(self, persona: str) -> None:
        """Put this persona's card at the page that asks for it, and take it away again."""
        self.sees(PresentIdCard)
        self.hall.reader.obey("put", **personas.load()[persona].card())

    def signs_in(self, persona: str = "P01") -> Menu:
        """From the attract page to the menu."""
        self.chooses(Attract, "start")
        self.puts(persona)
        self.types_code()
        return self.sees(Menu)

    def orders_a_slip(self, persona: str) -> None:
        """A certificate, and the slip about it, which is being printed then."""
        self.signs_in(persona)
        self.press("deposit-certificate")
        self.press(self.sees(Choose).options[0].key)
        self.chooses(Preview, "print")
        self.sees(PrintingDocument)
        self.chooses(PaperReady, "slip")
        self.sees(PrintingSlip)

    def types_code(self) -> None:
        self.sees(EnterSmsCode)
        self.hall.reader.obey("lift")
        self.press(self.hall.here.code())

    def reads(self, language: Language) -> PageContent:
        """The page as it is on the glass, in that language."""
        assert self.step is not None
        look = self.glass.look
        return derive(self.step, Look(language, revealed=True, catalogue=look.catalogue))

    def ended(self) -> str:
        """Wait until the visit ends by itself; how, as the keeper is told."""
        return self._ended.get(timeout=PATIENCE_S)

    def leaves(self) -> str:
        """Press 退出; how the visit ended, as the keeper is told."""
        self.hall.reader.obey("lift")
        self.terminal.dialogue.leave(self.ticket)
        end = time.monotonic() + PATIENCE_S
        while self._ended.empty():
            assert time.monotonic() < end, "the visit does not end"
            try:
                step, ticket, _back = self.glass.shown.get(timeout=0.01)
            except Empty:
                continue
            match step:
                case Rate() | Farewell():
                    self.terminal.dialogue.answer(ticket, "skip" if isinstance(step, Rate) else "")
                case _:  # it came as the button was pressed on the page before
                    self.terminal.dialogue.leave(ticket)
        return self._ended.get()

    def go_away(self) -> None:
        if not self.glass.blanked:
            self.leaves()
        self.terminal.quit(5.0)


@contextmanager
def hall(directory: Path) -> Iterator[Hall]:
    """Everything in one directory, for the length of the block."""
    with ExitStack() as stack:
        here = stack.enter_context(world(directory / "centre"))
        one = Hall(here, directory)
        for emulator in one.emulators:
            emulator.start()
            stack.callback(emulator.stop)
        yield one


def said(page: PageContent) -> str:
    """All the words of a problem page, one after another."""
    assert isinstance(page, ProblemContent)
    advice = [text for each in page.advice for text in (each.title, each.text)]
    actions = [each.title for each in page.actions]
    return " / ".join([page.title, page.lead, *advice, page.reference_label, *actions])
