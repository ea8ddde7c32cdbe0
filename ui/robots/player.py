"""Plays the demo on the real pages, with real clicks: for a machine without a display.

A story is a generator: it presses buttons and takes pictures, and yields a condition to wait for
before it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import requests
from PySide6.QtCore import QObject, QPointF, QTimer
from PySide6.QtGui import QImage

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.identity.face.hints import ACTIONS, HeadAction
from kiosk.workshop.robots import FAILED_FILE, STORY_FILE
from kiosk.workshop.sandbox import personas
from ui.contents import ChooseContent, FaceCaptureContent, PhoneCodeContent
from ui.robots import finger
from ui.visit_app import VisitApp

Condition = Callable[[], bool]
Story = Generator[Condition, None, None]

POLL_MS = 5
PATIENCE_S = 30.0
SCAN_S = 0.2


class Robot(QObject):
    """Plays one story on a visit that has gone live: presses, puts the card, reads the code."""

    def __init__(self, visit_app: VisitApp, desk: Path, centre: str) -> None:
        super().__init__()
        self._visit_app = visit_app
        self._desk = Remote(desk)
        self._centre = centre
        self._camera: str = Kind.CAMERA
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy: the stand-in centre runs on this machine
        self._story: Story
        self._waiting: Condition = lambda: True
        self._since = time.monotonic()
        self._pressed_at = time.monotonic()
        self._is_drawn = False
        visit_app.page.pageShown.connect(self._await_drawing)
        visit_app.stage.window.frameSwapped.connect(self._note_drawing)
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
        """True once a frame of this page is drawn for a new step, and no answer is under way."""
        page = self._visit_app.page
        return lambda: page.page == name and not page.busy and self._ticket_is_new()

    def _ticket_is_new(self) -> bool:
        return self._is_drawn and self._visit_app.page.ticket != self._answered_ticket

    def _await_drawing(self) -> None:
        self._is_drawn = False  # only a frame puts the buttons of the page in their places
        self._visit_app.stage.window.update()

    def _note_drawing(self) -> None:
        self._is_drawn = True

    _answered_ticket = 0

    @staticmethod
    def after(seconds: float) -> Condition:
        """True once so many seconds have passed."""
        until = time.monotonic() + seconds
        return lambda: time.monotonic() > until

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

    def close_farewell(self) -> None:
        """Touch the farewell, which closes it; the page has no button."""
        window = self._visit_app.stage.window
        finger.click(window, QPointF(window.width() / 2, window.height() / 2))

    def at(self, name: str) -> bool:
        """Whether this page is shown."""
        return self._visit_app.page.page == name

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
        return str(self._asked("GET", f"{self._centre}/sandbox/messages").json()[0]["code"])

    def lever(self, method: str, path: str, body: object = None) -> None:
        """Move a lever of the stand-in centre."""
        self._asked(method, f"{self._centre}/sandbox{path}", json=body)

    def _asked(self, method: str, address: str, **body: Any) -> requests.Response:
        answer = self._http.request(method, address, timeout=5, **body)
        answer.raise_for_status()
        return answer

    # -- the phone ----------------------------------------------------------------------------

    def scan(self) -> str:
        """The text of the QR code on the screen, read from a picture of the screen as a phone reads
        it; "" while none is there. OpenCV's other detector fails on one code of twenty."""
        import cv2
        import numpy as np

        screen = self._visit_app.stage.window.grabWindow()
        grey = screen.convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
        text, *_ = cv2.QRCodeDetectorAruco().detectAndDecode(rows[:, : grey.width()].copy())
        return str(text)

    def sees_code(self) -> Condition:
        """True once a phone can read the code. Looks at most every ``SCAN_S`` seconds, because each
        look holds up the screen."""
        looked = -SCAN_S

        def sees() -> bool:
            nonlocal looked
            if time.monotonic() - looked < SCAN_S:
                return False
            seen = bool(self.scan())
            looked = time.monotonic()
            return seen

        return sees

    def agree_on_phone(self, persona: str) -> None:
        """Scan the code, and agree on the page that it leads to, with the digits on the screen."""
        content, page = self._visit_app.page.shows, self.scan()
        if not (isinstance(content, PhoneCodeContent) and page):
            raise LookupError(f"no code on {content.page}")
        self._asked("GET", page)
        told = {"person": persona, "digits": content.digits, "answer": "yes"}
        self._asked("POST", page, data=told)
        self._answered_ticket = self._visit_app.page.ticket

    # -- the face -----------------------------------------------------------------------------

    def shows_face(self) -> bool:
        """Have a live person stand before the camera. Returns whether the desk can draw one: the
        portrait is there."""
        for camera in (Kind.CAMERA, "xfs4iot"):
            try:
                self._desk.tell(camera, "face", who="live")
            except ValueError:
                continue
            self._camera = camera
            return True
        return False

    def action(self) -> HeadAction | None:
        """What the page of a face capture asks for now."""
        content = self._visit_app.page.shows
        if not isinstance(content, FaceCaptureContent):
            return None
        language = self._visit_app.page.language
        return next((each for each in ACTIONS if ACTIONS[each].say(language) == content.say), None)

    def move_head(self, action: HeadAction) -> None:
        """Have the person before the camera do it."""
        self._desk.tell(self._camera, "act", what=action.value)

    def step_aside(self) -> None:
        """Nobody stands before the camera any more."""
        self._desk.tell(self._camera, "face", who="nobody")

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
        # Before its first frame a page is not laid out: a press would meet another button.
        self._framed = self._shown = visit_app.page.ticket
        visit_app.page.pageShown.connect(self._await_frame)
        visit_app.stage.window.frameSwapped.connect(self._note_frame)
        self.play(STORIES[self._number % len(STORIES)](self))

    def _await_frame(self, ticket: int, _page: str) -> None:
        self._shown = ticket
        self._visit_app.stage.window.update()

    def _note_frame(self) -> None:
        self._framed = self._shown

    def page(self, name: str) -> Condition:
        """True once the first frame of this page was on the screen."""
        shown = super().page(name)
        return lambda: shown() and self._framed == self._visit_app.page.ticket

    def _next_number(self) -> int:
        file = self._out / STORY_FILE
        number = int(file.read_text()) if file.exists() else 0
        file.write_text(str(number + 1))
        return number

    def _fail(self, why: str) -> None:
        page = self._visit_app.page.page
        self.shot("failed")
        (self._out / FAILED_FILE).write_text(f"visit {self._number + 1}, {page}: {why}\n")
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


Prove = Callable[[Player, str], Story]
"""How a persona proves who they are, from the first touch on."""


def _begin(p: Player) -> Story:
    """From the first touch to the page that asks for a card."""
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


def _prove(p: Player, persona: str) -> Story:
    """By card and SMS; what comes after the code depends on who comes."""
    yield from _begin(p)
    p.put_card(persona)
    yield p.page("EnterCodePage")
    p.shot("enter-code")
    p.lift_card()
    p.type_code()


def _prove_by_phone(p: Player, persona: str) -> Story:
    """By the code on the screen, which the phone scans; the citizen agrees on the phone's page."""
    yield from _begin(p)
    p.press("other")
    yield p.page("ChoosePage")
    p.shot("ways-in")
    p.press("phone")
    yield p.page("PhoneCodePage")
    yield p.sees_code()
    p.shot("phone-code")
    p.agree_on_phone(persona)
    yield p.page("ConfirmNamePage")
    p.shot("is-it-you")
    p.press("yes")


def _prove_by_face(p: Player, persona: str) -> Story:
    """By card and face; by SMS where the desk draws no faces, or the terminal has no models."""
    yield from _begin(p)
    drawn = p.shows_face()
    p.put_card(persona)
    yield p.page("EnterCodePage")
    p.lift_card()
    p.press("other")
    yield p.page("ChoosePage")
    p.shot("proofs")
    if not (drawn and p.offers("face")):
        p.press("sms")
        yield p.page("EnterCodePage")
        p.type_code()
        return
    p.press("face")
    yield p.page("FaceConsentPage")
    p.shot("face-consent")
    p.press("agree")
    yield p.page("FaceCapturePage")
    yield from _act(p)
    p.step_aside()


def _act(p: Player) -> Story:
    """Do what the page of the capture asks for, until it is left."""
    asked = None
    while p.at("FaceCapturePage"):
        before, asked = asked, p.action()
        if asked is not None:
            p.move_head(asked)
            if before is None:
                yield p.after(0.9)
                p.shot(f"face-{asked.value.replace('_', '-')}")
        yield lambda asked=asked: p.action() is not asked or not p.at("FaceCapturePage")  # type: ignore[misc]


def _sign_in(p: Player, persona: str, prove: Prove = _prove) -> Story:
    yield from prove(p, persona)
    yield p.page("MenuPage")
    p.shot("menu")


def _leave(p: Player, *, rates: bool = False) -> Story:
    """Leave from the menu, or from a page of a service, and close the farewell."""
    p.press("leave")
    yield p.page("RatePage")
    if rates:
        p.shot("rate")
    p.press("4" if rates else "skip")
    yield p.page("FarewellPage")
    if rates:
        p.shot("farewell")
    p.close_farewell()


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
    yield p.after(0.8)
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
    yield from _leave(p, rates=True)


def _loan(p: Player) -> Story:
    """王强, signed in by his phone, sees the loan, its plan and repayments, and the withdrawals."""
    yield from _sign_in(p, "P03", _prove_by_phone)
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
    yield from _leave(p)


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
    """王强, signed in by card and face, withdraws what he has repaid, and takes the slip."""
    yield from _sign_in(p, "P03", _prove_by_face)
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
    yield from _leave(p)


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
    p.close_farewell()


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
    p.close_farewell()


STORIES = (_main_job, _loan, _withdrawal, _uncertain, _resolved)
"""Played one a visit, in this order."""
