"""Plays the demo on the real pages, with real clicks: for a machine without a display.

A story is a generator: it presses buttons and takes pictures, and yields a condition to wait for
before it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path

import requests
from PySide6.QtCore import QObject, QTimer

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.workshop.sandbox import personas
from ui.contents import ChooseContent
from ui.robots import finger
from ui.visit_app import VisitApp

Condition = Callable[[], bool]
Story = Generator[Condition, None, None]

POLL_MS = 5
PATIENCE_S = 30.0
STORY_FILE = ".story"


class Robot(QObject):
    """Plays one story on a visit that has gone live: presses, puts the card, reads the code."""

    def __init__(self, visit_app: VisitApp, desk: Path, centre: str) -> None:
        super().__init__()
        self._visit_app = visit_app
        self._desk = Remote(desk)
        self._centre = centre
        self._story: Story
        self._waiting: Condition = lambda: True
        self._since = time.monotonic()
        self._pressed_at = time.monotonic()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._turn)

    def play(self, story: Story) -> None:
        """Begin ``story``."""
        self._story = story
        self._since = time.monotonic()
        self._timer.start()

    def _turn(self) -> None:
        if not self._waiting():
            if time.monotonic() - self._since > PATIENCE_S:
                self._fail("waited in vain")
            return
        try:
            self._waiting = next(self._story)
            self._since = time.monotonic()
        except StopIteration:
            self._timer.stop()
        except LookupError as error:
            self._fail(str(error))

    def _fail(self, why: str) -> None:
        self._timer.stop()
        self._visit_app.page.leave()

    # -- for stories --------------------------------------------------------------------------

    def page(self, name: str) -> Condition:
        """True once this page is shown for a new step, and no answer is under way."""
        page = self._visit_app.page
        return lambda: page.page == name and not page.busy and self._ticket_is_new()

    def _ticket_is_new(self) -> bool:
        return self._visit_app.page.ticket != self._answered_ticket

    _answered_ticket = 0

    def press(self, *names: str) -> float:
        """Click the first button whose key or whose label is one of ``names``.

        Returns the time at which the mouse went down, in seconds of the monotonic clock.
        """
        self._answered_ticket = self._visit_app.page.ticket
        self._pressed_at = finger.press(self._visit_app.stage.window, *names)
        return self._pressed_at

    def first_option(self) -> str:
        """The key of the first option on the page."""
        content = self._visit_app.page.shows
        if not isinstance(content, ChooseContent):
            raise LookupError(f"no options on {content.page}")
        return content.options[0].key

    def touch(self, *names: str) -> None:
        """Click a button that does not leave its page."""
        self.press(*names)
        self._answered_ticket = 0

    def offers(self, name: str) -> bool:
        """Whether the page has this button, and it can be pressed."""
        try:
            finger.find(self._visit_app.stage.window, name)
        except LookupError:
            return False
        return True

    def put_card(self, persona: str) -> None:
        self._desk.tell(Kind.ID_CARD, "put", **personas.load()[persona].card())
        self._answered_ticket = self._visit_app.page.ticket
        self._pressed_at = time.monotonic()

    def lift_card(self) -> None:
        self._desk.tell(Kind.ID_CARD, "lift")

    def sms_code(self) -> str:
        """The code of the newest message on the citizen's phone."""
        messages = requests.get(f"{self._centre}/sandbox/messages", timeout=5).json()
        return str(messages[0]["code"])

    def lever(self, method: str, path: str, body: object = None) -> None:
        """Move a lever of the stand-in centre."""
        answer = requests.request(method, f"{self._centre}/sandbox{path}", json=body, timeout=5)
        answer.raise_for_status()

    def type_code(self) -> None:
        for digit in self.sms_code():
            self.touch(digit)
        self.press("confirm")


class Player(Robot):
    """Plays the demo: one story a visit, with a picture and the waiting time of each page."""

    def __init__(self, visit_app: VisitApp, out: Path, desk: Path, centre: str) -> None:
        super().__init__(visit_app, desk, centre)
        self._out = out
        self._number = self._next_number()
        self._shots = 0
        self.play(STORIES[self._number % len(STORIES)](self))

    def _next_number(self) -> int:
        file = self._out / STORY_FILE
        number = int(file.read_text()) if file.exists() else 0
        file.write_text(str(number + 1))
        return number

    def _fail(self, why: str) -> None:
        page = self._visit_app.page.page
        self.shot("failed")
        (self._out / "failed.txt").write_text(f"story {self._number}, {page}: {why}\n")
        super()._fail(why)

    def shot(self, name: str) -> None:
        """Save a picture of the screen, and note the time since the last press."""
        milliseconds = (time.monotonic() - self._pressed_at) * 1000
        self._shots += 1
        image = self._visit_app.stage.window.grabWindow()
        image.save(str(self._out / f"{self._number + 1}-{self._shots:02}-{name}.png"))
        with (self._out / "times.txt").open("a", encoding="utf-8") as times:
            times.write(f"{self._number + 1}-{self._shots:02}  {name:<24}{milliseconds:>9.1f} ms\n")
        self._pressed_at = time.monotonic()


def attach(visit_app: VisitApp, out: str, desk: str, centre: str) -> None:
    """Have the demo played once the visit is live. Pictures go to ``out``; ``desk`` is the control
    socket of the emulated hardware, ``centre`` the address of the stand-in centre."""
    visit_app.live.connect(lambda: visit_app.keep(Player(visit_app, Path(out), Path(desk), centre)))


def _prove(p: Player, persona: str) -> Story:
    """From the first touch to the code; what comes then depends on who comes."""
    yield p.page("AttractPage")
    p.shot("attract")
    p.press("start")
    yield p.page("AgreementPage")
    p.touch("tick")
    yield lambda: True
    p.shot("agreement")
    p.press("agree")
    yield p.page("PresentCardPage")
    p.shot("present-card")
    p.put_card(persona)
    yield p.page("EnterCodePage")
    p.shot("enter-code")
    p.lift_card()
    p.type_code()


def _sign_in(p: Player, persona: str) -> Story:
    yield from _prove(p, persona)
    yield p.page("MenuPage")
    p.shot("menu")


def _main_job(p: Player) -> Story:
    """张三 sees account and ledger, prints the certificate and a slip, and rates."""
    yield from _sign_in(p, "P01")
    p.press("account")
    yield p.page("StatementPage")
    p.shot("account-hidden")
    p.touch("eye")
    yield lambda: True
    p.shot("account")
    p.press("ledger")
    yield p.page("TablePage")
    p.shot("ledger")
    p.press("2025")
    yield p.page("TablePage")
    p.shot("ledger-2025")
    p.press("back")
    yield p.page("StatementPage")
    p.press("deposit-certificate")
    yield p.page("ChoosePage")
    p.shot("purpose")
    p.press(p.first_option())
    yield p.page("PreviewPage")
    until = time.monotonic() + 0.8
    yield lambda: time.monotonic() > until
    p.shot("preview")
    p.press("print")
    yield p.page("PrintingPage")
    p.shot("printing")
    yield p.page("PaperReadyPage")
    p.shot("printed")
    p.press("slip")
    yield p.page("PrintingPage")
    p.shot("printing-slip")
    yield p.page("PaperReadyPage")
    p.shot("slip-printed")
    p.press("menu")
    yield p.page("MenuPage")
    p.press("leave")
    yield p.page("RatePage")
    p.shot("rate")
    p.press("4")
    yield p.page("FarewellPage")
    p.shot("farewell")


def _loan(p: Player) -> Story:
    """王强 sees the loan, its plan and repayments, and the withdrawals; leaves without rating."""
    yield from _sign_in(p, "P03")
    p.press("loan")
    yield p.page("StatementPage")
    p.touch("eye")
    yield lambda: True
    p.shot("loan")
    p.press("plan")
    yield p.page("TablePage")
    p.shot("plan")
    p.press("back")
    yield p.page("StatementPage")
    p.press("repayments")
    yield p.page("TablePage")
    p.shot("repayments")
    p.press("back")
    yield p.page("StatementPage")
    p.press("back")
    yield p.page("MenuPage")
    p.press("withdrawals")
    yield p.page("TablePage")
    p.shot("withdrawals")
    p.press("leave")
    yield p.page("RatePage")
    p.press("skip")
    yield p.page("FarewellPage")


def _to_the_quote(p: Player, reason: str) -> Story:
    """From the menu to the quote of a withdrawal, or to the page of its amount."""
    p.press("withdraw")
    yield p.page("StatementPage")
    p.shot("authorisation")
    p.press("yes")
    yield p.page("ReasonsPage")
    p.shot("reasons")
    p.press(reason)


def _confirm(p: Player) -> Story:
    """The quote, confirmed in two presses; what the code page sends is the confirmation."""
    yield p.page("ConfirmOperationPage")
    p.shot("quote")
    p.touch("inTwo")
    p.touch("inTwo")
    p.press("second")
    yield p.page("EnterCodePage")
    p.shot("code-of-the-operation")


def _withdrawal(p: Player) -> Story:
    """王强 withdraws what he has repaid, and takes the slip."""
    yield from _sign_in(p, "P03")
    yield from _to_the_quote(p, "偿还公积金贷款")
    yield p.page("EnterNumberPage")
    p.touch("all")
    yield lambda: True
    p.shot("amount")
    p.press("confirm")
    yield from _confirm(p)
    p.type_code()
    yield p.page("OutcomePage")
    p.shot("done")
    p.press("slip")
    yield p.page("PrintingPage")
    yield p.page("OutcomePage")
    p.shot("slip-of-the-withdrawal")
    p.press("menu")
    yield p.page("MenuPage")
    p.press("leave")
    yield p.page("RatePage")
    p.press("skip")
    yield p.page("FarewellPage")


def _uncertain(p: Player) -> Story:
    """P04 withdraws at her retirement; the centre carries it out, and its answers are lost. She
    does not wait for the result."""
    yield from _sign_in(p, "P04")
    yield from _to_the_quote(p, "离休、退休")
    yield from _confirm(p)
    lost = {"kind": "drop", "match": "/v1/operations", "ends": "/commit", "times": 1}
    p.lever("POST", "/faults", lost)
    p.lever("POST", "/faults", {"kind": "status", "match": "/v1/operations/", "method": "GET"})
    p.type_code()
    yield p.page("AwaitResultPage")
    yield lambda: p.offers("leave")  # the committer has written the operation down
    p.shot("unknown")
    p.press("leave")
    yield p.page("FarewellPage")


def _resolved(p: Player) -> Story:
    """The centre answers again. P04 comes back and is told first what became of it."""
    p.lever("DELETE", "/faults")
    yield from _prove(p, "P04")
    yield p.page("OutcomePage")
    p.shot("told-at-the-next-visit")
    p.press("menu")
    yield p.page("MenuPage")
    p.press("leave")
    yield p.page("FarewellPage")


STORIES = (_main_job, _loan, _withdrawal, _uncertain, _resolved)
"""Played one a visit, in this order."""
