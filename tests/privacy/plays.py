"""What synthetic citizens do at the terminal: the ways in, and any service from page to page."""

from __future__ import annotations

import time
from contextlib import suppress
from random import Random
from typing import ClassVar

import cv2
import numpy as np

from drivers.device import Kind
from kiosk.identity.acting import OWN
from kiosk.identity.face.hints import ACTIONS
from kiosk.identity.ways import WAYS
from kiosk.words import Language
from kiosk.workshop.sandbox import unit_table
from kiosk.workshop.sandbox.changes import second_card
from kiosk.workshop.sandbox.pins import PASSWORD, PIN
from tests.privacy.stand import PlayedTerminal, Sight, StoryError
from tests.privacy.x_server import busiest

PAGE_S = 30.0
STILL_S = 2.0
"""Seconds after which a page that has not gone, with no answer under way, takes another press."""
NEW_PASSWORD = "583917"
NEWCOMER = "P14"
"""Who has no account yet."""
_HANDOVER = "/handover/"
"""In the address of the page on which a phone goes on with what was begun here."""
_CONSENT = "/consent/"
"""In the address of the page on which a spouse agrees."""
FACE_BYTES = 48
FACE_PIXELS = 64
"""Pixels in a row by which a picture is known: fewer than any preview is wide."""
USUAL = 36
"""A number that most questions take: years, months, ten thousand yuan."""
PHONE_DIGITS = 11
MOST_PAGES = 40
"""Pages after which a service that still goes on has lost its way."""
_AROUND = frozenset(
    {"", "contrast", "elder", "language", "leave", "back", "eye", "bulletins", "previous", "sheet"}
    | {"part0", "part1", "part2"}
)
"""Buttons around a page, and those that lead nowhere new."""
_BACK = ("", "back")
"""Been there: the citizen has seen all behind a page, and does not enter things again."""
_WAITS = frozenset({"PrintingPage", "DecidingPage"})
_MENUS = frozenset({"MenuPage", "UnitMenuPage"})
_OVER = frozenset({"AttractPage", "RatePage", "FarewellPage"})


class SyntheticCitizen:
    """One person before the terminal, who sees pages and presses."""

    def __init__(self, terminal: PlayedTerminal, person: str) -> None:
        self.terminal = terminal
        self.person = person
        self.pages: list[str] = []
        self.typed: dict[str, str] = {}
        """What the person has typed that is theirs alone, by what it is."""
        self.shown: dict[str, bytes] = {}
        """Parts of the pictures that the camera took of the person."""
        self.instead = ""
        """What was played in place of the way in; empty where it was the way itself."""
        self._answered = -1
        self._service = ""
        self._random = Random(person)

    # -- pages ----------------------------------------------------------------------------------

    def sees(self, *pages: str) -> Sight:
        """Wait for one of ``pages``, or without any for the next page that waits for an answer."""
        end, still = time.monotonic() + PAGE_S, time.monotonic() + STILL_S
        while True:
            sight = self.terminal.order(look=True)
            if not sight.busy and sight.page not in _WAITS and time.monotonic() > still:
                self._answered = -1  # what was pressed has not left its page
            # Ticket 0 is of a page that a standby drew: no answer to it is taken.
            fresh = not sight.busy and sight.ticket not in (0, self._answered)
            if fresh and (sight.page in pages or not (pages or sight.page in _WAITS)):
                self.pages.append(sight.page)
                self._seen = sight
                return sight
            if fresh and pages and sight.page == "ProblemPage":
                raise StoryError(f"{self.person}: a problem in place of {pages[0]}")
            if time.monotonic() > end:
                raise StoryError(f"{self.person}: {sight.page}, not {pages or 'a page'}")
            time.sleep(0.02)

    def press(self, *names: str) -> None:
        """Answer the page."""
        if self.terminal.x and "eye" in self._seen.buttons:  # it shows what is the citizen's
            self.shown[f"page {len(self.shown)}"] = busiest(self.terminal.x.look())
        self._answered = self._seen.ticket
        self.terminal.order(press=names)

    def touch(self, *names: str) -> None:
        """Press a button that does not leave its page."""
        self.terminal.order(press=names)

    def type(self, digits: str) -> None:
        self.terminal.order(type=digits)

    # -- the ways in ----------------------------------------------------------------------------

    def sign_in(self, way: str, *, for_unit: bool = False) -> None:
        """From the first page to the menu, by ``way``; by "" to what needs no signing in. An agent
        acts for the last unit that is named, or for themselves."""
        self.sees("AttractPage")
        if not way:
            self.press("public")
            return
        self.press("start")
        self.sign_in_by(way)
        for _ in range(MOST_PAGES):
            sight = self.sees()
            match sight.page:
                case "MenuPage" | "UnitMenuPage":
                    return
                case "ConfirmNamePage":
                    self.press("yes")
                case "EnterPinPage":
                    self.press("other")
                case "ChoosePage":
                    options = self._options(sight)
                    self.press(OWN if OWN in options and not for_unit else options[-1])
                case "EnterCodePage":
                    self._enter_code(sight)
                case "OutcomePage" | "AwaitResultPage":
                    self.press("menu")
                case page:
                    raise StoryError(f"{self.person}: {page} while signing in")
        raise StoryError(f"{self.person}: no menu after {self.pages[-5:]}")

    def sign_in_by(self, way: str) -> None:
        """From the first page of the ways in to what follows on ``way``."""
        getattr(self, "_by_" + way.replace("-", "_"))()

    def _present_card(self) -> None:
        self.sees("PresentCardPage")
        self._answered = self._seen.ticket
        self.terminal.put_card(self.person)
        self.sees()
        self.terminal.lift_card()
        self._answered = -1

    def _by_id_card(self) -> None:
        self._present_card()

    def _by_password(self) -> None:
        self._present_card()
        sight = self.sees()
        if sight.page == "ConfirmNamePage":
            self.press("yes")
            self.sees("EnterCodePage")
        self.press("other")
        self.sees("ChoosePage")
        self.press("password")

    def _by_face(self) -> None:
        """By card and face, where the models of face capture are there and a face can be drawn;
        else by card and SMS."""
        self.terminal.lever("POST", "/faces", {"open": True})
        drawn = self._stands_there("live")
        self._present_card()
        self.sees("EnterCodePage")
        self.press("other")
        options = self.sees("ChoosePage").buttons
        if not (drawn and "face" in options):
            why = "the terminal does not offer the face" if drawn else "there is no portrait"
            self.instead = f"a code by SMS, because {why}"
            self.press("sms")
            return
        self.press("face")
        self.sees("FaceConsentPage")
        self.press("agree")
        self.sees("FaceCapturePage")
        self._answered = self._seen.ticket
        asked = None
        while (sight := self.terminal.order(look=True)).page == "FaceCapturePage":
            before, asked = asked, self._ACTIONS.get(sight.says)
            if asked and asked is not before:
                self.terminal.desk.tell(Kind.CAMERA, "act", what=asked.value)
                self._remember_face(sight)
            time.sleep(0.05)
        self._stands_there("nobody")

    def _remember_face(self, sight: Sight) -> None:
        """Stretches of the pictures of the person: as the camera sends it, as the processes of the
        visit hold it, and as the screen shows it."""
        sent = self.terminal.desk.look(Kind.CAMERA)["picture"]
        stretches = {sent[len(sent) // 2 :][:FACE_BYTES]}
        stretches |= {busiest(frame, FACE_PIXELS) for frame in self.terminal.frames()}
        if self.terminal.x and sight.preview:
            left, top, wide, high = sight.preview
            screen = self.terminal.x.look()[top : top + high, left : left + wide]
            stretches.add(busiest(screen, FACE_PIXELS))
        self.shown |= {
            f"face {number}": stretch for number, stretch in enumerate(stretches, len(self.shown))
        }

    _ACTIONS: ClassVar = {text.say(Language.ZH): action for action, text in ACTIONS.items()}

    def _stands_there(self, who: str) -> bool:
        try:
            self.terminal.desk.tell(Kind.CAMERA, "face", who=who)
        except ValueError:  # there is no portrait to draw from
            return False
        return True

    def _by_phone(self) -> None:
        self._other_way("phone")
        self.sees("PhoneCodePage")
        self._agree_on_phone()
        self.sees("ConfirmNamePage")
        self.press("yes")

    def _by_fund_code(self) -> None:
        self._other_way("fund-code")
        self.sees("PresentThingPage")
        self._answered = self._seen.ticket
        code = self.terminal.lever("POST", f"/fund-codes/{self.person}")
        self.typed["fund code"] = code
        self.terminal.desk.tell(Kind.CODE_SCANNER, "present", text=code)
        self.sees()
        self.terminal.desk.tell(Kind.CODE_SCANNER, "remove")
        self._answered = -1

    def _by_social_security_card(self) -> None:
        self._other_way("social-security-card")
        who = self.terminal.cast.people[self.person]
        number, card = (
            f"S{self._random.randrange(10**8):08}",
            f"{self._random.randrange(16**32):032X}",
        )
        self.typed |= {"card number": number, "card id": card}
        facts = {"name": who.name, "number": who.number, "card_number": number, "card_id": card}
        self._put_chip(kind="social-security", **facts)

    def _by_bank_card(self) -> None:
        self._other_way("bank-card")
        who = self.terminal.cast.people[self.person]
        self._put_chip(kind="bank", number=who.bank_card, holder=who.name_latin)

    def _by_pin(self) -> None:
        self._by_bank_card()
        self.sees("EnterPinPage")
        self._answered = self._seen.ticket
        pad = self.terminal.desk
        self.terminal.until(lambda: pad.look(Kind.PIN_PAD)["entering"], "the pad takes no PIN")
        for key in (*PIN, "enter"):
            pad.tell(Kind.PIN_PAD, "press", key=key)

    def _by_unit_account(self) -> None:
        self._other_way("unit-account")
        for page, digits in (
            ("EnterDigitsPage", unit_table.UNITS[0].number),
            ("EnterCodePage", unit_table.UNIT_PASSWORD),
        ):
            self.sees(page)
            self.type(digits)
            self.press("confirm")

    def _put_chip(self, **facts: str) -> None:
        self.sees("PresentThingPage")
        self._answered = self._seen.ticket
        self.terminal.desk.tell(Kind.SMART_CARD, "put", **facts)
        self.sees()
        self.terminal.desk.tell(Kind.SMART_CARD, "lift")
        self._answered = -1

    def _other_way(self, way: str) -> None:
        self.sees("PresentCardPage")
        for device in WAYS[way].devices:
            self.terminal.until(lambda device=device: self.terminal.has(device), f"no {device}")  # type: ignore[misc]
        self.press("other")
        self.sees("ChoosePage")
        self.press(way)

    def _agree_on_phone(self) -> None:
        """Open the page of the code on the citizen's telephone, and agree with the two digits."""
        page = _scanned(self._seen.code)
        self.typed["code of the phone"] = page.rpartition("/")[2]
        ((digits,),) = self.terminal.at_centre(
            "SELECT digits FROM login ORDER BY opened DESC LIMIT 1"
        )
        form = {"answer": "yes", "digits": digits, "person": self.person}
        self._answered = self._seen.ticket
        self.terminal.http.get(page, timeout=60).raise_for_status()
        self.terminal.http.post(page, data=form, timeout=60).raise_for_status()

    def _have_spouse_agree(self, page: str) -> None:
        self.typed["code of the spouse"] = page.rpartition("/")[2]
        ((spouse,),) = self.terminal.at_centre(
            "SELECT consenter FROM operation WHERE state = 'awaiting-consent'"
        )
        form = {"answer": "yes", "person": spouse, "password": PASSWORD}
        self._answered = self._seen.ticket
        self.terminal.http.post(page, data=form, timeout=60).raise_for_status()

    # -- a service ------------------------------------------------------------------------------

    def offered(self) -> list[str]:
        """The services on the menu that are open."""
        return self._options(self.sees(*_MENUS))

    def serve(self, service: str) -> list[str]:
        """Go through ``service`` from the menu to the menu; the pages that were seen. On each page
        the citizen goes on where they have not been yet, and else back."""
        first = len(self.pages)
        self._service = service
        self.press(service)
        been: set[tuple[str, str]] = set()
        for _ in range(MOST_PAGES):
            sight = self.sees()
            if sight.page in _MENUS:
                self._answered = -1
                return self.pages[first:-1]
            if sight.page in _OVER:
                raise StoryError(f"{service}: the visit has ended")
            self._go_on(sight, been)
        raise StoryError(f"{service}: no end after {self.pages[first:]}")

    def leave(self) -> None:
        """From the menu to the end of the visit."""
        self.sees(*_MENUS)
        self.press("leave")
        with suppress(OSError):  # the visit has ended, and with it the hands in it
            if self.sees("RatePage", "FarewellPage", "AttractPage").page == "RatePage":
                self.press("skip")

    def _go_on(self, sight: Sight, been: set[tuple[str, str]]) -> None:
        if "eye" in sight.buttons:
            self.touch("eye")
        if _BACK in been and sight.page.startswith("Enter") and "back" in sight.buttons:
            self.press("back")
            return
        match sight.page:
            case "EnterCodePage":
                self._enter_code(sight)
            case "EnterNumberPage":
                self._enter_number(sight)
            case "EnterDigitsPage":
                self._enter_digits(sight)
            case "ConfirmOperationPage":
                self.touch("inTwo")
                self.touch("inTwo")
                self.press("second")
            case "PhoneCodePage":
                if _HANDOVER in (page := _scanned(sight.code)):
                    self.typed["code to go on"] = page.rpartition("/")[2]
                    self.press("back")  # they would rather go on here
                elif _CONSENT in page:
                    self._have_spouse_agree(page)
                else:
                    self._agree_on_phone()
            case "PresentThingPage":
                self.press("other")
            case "PresentCardPage":  # a unit opens an account for a new employee
                self._answered = self._seen.ticket
                self.typed |= self.terminal.cast.values[NEWCOMER]
                self.terminal.put_card(NEWCOMER)
                self.sees()
                self.terminal.lift_card()
                self._answered = -1
            case "FaceConsentPage":
                self.press("decline")
            case _:
                self._choose(sight, been)

    def _choose(self, sight: Sight, been: set[tuple[str, str]]) -> None:
        fresh = [each for each in self._options(sight) if (sight.page, each) not in been]
        # Together with the spouse, where they may; away only when nothing else is left to see.
        fresh.sort(key=lambda each: each in ("menu", "again", "other", "next", "no"))
        fresh.sort(key=lambda each: each != "both")
        if fresh:
            been.add((sight.page, fresh[0]))
            if fresh[0] in ("otherTabs", "next", "more"):
                self.touch(fresh[0])
            else:
                self.press(fresh[0])
        else:
            been.add(_BACK)
            self.press("back", "menu")

    def _enter_code(self, sight: Sight) -> None:
        """The query password where the page hides it, else the code of the newest message."""
        if not sight.secret:
            # The end of an operation is told by message too, and has no code.
            told = (str(each["code"]) for each in self.terminal.lever("GET", "/messages"))
            code = next(code for code in told if code)
        else:
            code = NEW_PASSWORD if self._service == "query-password" else PASSWORD
        self.type(code)
        self.press("confirm")

    def _enter_number(self, sight: Sight) -> None:
        if "all" in sight.buttons:
            self.touch("all")
        else:
            self.type(str(USUAL if sight.least <= USUAL <= sight.most else sight.most))
        self.press("confirm")

    def _enter_digits(self, sight: Sight) -> None:
        """A telephone number that nobody has, or the citizen's other bank card."""
        if not self.person:
            self.type("1" * sight.most)
            self.press("confirm")
            return
        kind = "new phone" if sight.most == PHONE_DIGITS else "other bank card"
        if kind not in self.typed:
            own = self.terminal.cast.people[self.person].bank_card
            phone = f"124{self._random.randrange(10**8):08}"
            self.typed[kind] = phone if kind == "new phone" else second_card(own)
        self.type(self.typed[kind])
        self.press("confirm")

    @staticmethod
    def _options(sight: Sight) -> list[str]:
        return [each for each in sight.buttons if each not in _AROUND]


def _scanned(rows: list[str]) -> str:
    """What a telephone reads in a QR code."""
    modules = np.array([[255 * (digit == "0") for digit in row] for row in rows], dtype=np.uint8)
    quiet = np.pad(modules, 4, constant_values=255)
    for size in (8, 6, 10):  # OpenCV's other detector fails on one code of twenty
        text, *_ = cv2.QRCodeDetectorAruco().detectAndDecode(quiet.repeat(size, 0).repeat(size, 1))
        if text:
            return text
    raise StoryError("the code on the screen cannot be read")
