"""What synthetic citizens do at the terminal: the ways in, and any service from page to page."""

from __future__ import annotations

import time
from random import Random

from drivers.device import Kind
from kiosk.workshop.sandbox.pins import PASSWORD
from tests.privacy.citizens import bank_card
from tests.privacy.stand import PlayedTerminal, Sight, StoryError

PAGE_S = 30.0
STILL_S = 2.0
"""Seconds after which a page that has not gone, with no answer under way, takes another press."""
PHONE_DIGITS = 11
MOST_PAGES = 40
"""Pages after which a service that still goes on has lost its way."""
_AROUND = frozenset({"", "contrast", "elder", "language", "leave", "back", "eye", "bulletins"})
"""Buttons around a page, and those that end nothing."""
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
        self._answered = -1
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
        self._answered = self._seen.ticket
        self.terminal.order(press=names)

    def touch(self, *names: str) -> None:
        """Press a button that does not leave its page."""
        self.terminal.order(press=names)

    def type(self, digits: str) -> None:
        self.terminal.order(type=digits)

    # -- the ways in ----------------------------------------------------------------------------

    def sign_in(self, way: str) -> None:
        """From the first page to the menu, by ``way``."""
        self.sees("AttractPage")
        self.press("start")
        getattr(self, "_by_" + way.replace("-", "_"))()
        while True:
            sight = self.sees()
            match sight.page:
                case "MenuPage" | "UnitMenuPage":
                    return
                case "ConfirmNamePage":
                    self.press("yes")
                case "ChoosePage":
                    self.press(self._options(sight)[-1])  # for a unit, where there is one
                case "EnterCodePage":
                    self._enter_code(sight)
                case "OutcomePage" | "AwaitResultPage":
                    self.press("menu")
                case page:
                    raise StoryError(f"{self.person}: {page} while signing in")

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

    def _other_way(self, way: str) -> None:
        self.sees("PresentCardPage")
        self.press("other")
        self.sees("ChoosePage")
        self.press(way)

    def _agree_on_phone(self) -> None:
        """Open the page of the code on the citizen's telephone, and agree with the two digits."""
        self._answered = self._seen.ticket
        ((code, digits),) = self.terminal.at_centre(
            "SELECT code, digits FROM login ORDER BY opened DESC LIMIT 1"
        )
        self.typed["code of the phone"] = code
        page = f"{self.terminal.place.centre}/phone/{code}"
        form = {"answer": "yes", "digits": digits, "person": self.person}
        self.terminal.http.get(page, timeout=10).raise_for_status()
        self.terminal.http.post(page, data=form, timeout=10).raise_for_status()

    # -- a service ------------------------------------------------------------------------------

    def offered(self) -> list[str]:
        """The services on the menu that are open."""
        return self._options(self.sees(*_MENUS))

    def serve(self, service: str) -> list[str]:
        """Go through ``service`` from the menu to the menu; the pages that were seen. On each page
        the citizen goes on where they have not been yet, and else back."""
        first = len(self.pages)
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
        if self.sees("RatePage", "FarewellPage", "AttractPage").page == "RatePage":
            self.press("skip")

    def _go_on(self, sight: Sight, been: set[tuple[str, str]]) -> None:
        if "eye" in sight.buttons:
            self.touch("eye")
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
                self._agree_on_phone()
            case "FaceConsentPage":
                self.press("decline")
            case _:
                self._choose(sight, been)

    def _choose(self, sight: Sight, been: set[tuple[str, str]]) -> None:
        fresh = [each for each in self._options(sight) if (sight.page, each) not in been]
        # Away from the page only when nothing else is left to see.
        fresh.sort(key=lambda each: each in ("menu", "again", "other", "previous", "next", "no"))
        if fresh:
            been.add((sight.page, fresh[0]))
            if fresh[0] in ("otherTabs", "previous", "next", "more", "sheet"):
                self.touch(fresh[0])
            else:
                self.press(fresh[0])
        else:
            self.press("back", "menu")

    def _enter_code(self, sight: Sight) -> None:
        """The query password where the page hides it, else the code of the newest message."""
        code = PASSWORD if sight.secret else self.terminal.lever("GET", "/messages")[0]["code"]
        self.type(str(code))
        self.press("confirm")

    def _enter_number(self, sight: Sight) -> None:
        if "all" in sight.buttons:
            self.touch("all")
        else:
            self.type("36")
        self.press("confirm")

    def _enter_digits(self, sight: Sight) -> None:
        """A number that nobody has, the same each time: of a telephone or of a bank card."""
        kind = "new phone" if sight.most == PHONE_DIGITS else "new bank card"
        if kind not in self.typed:
            number = f"12{self._random.randrange(10**9):09}"
            self.typed[kind] = number if kind == "new phone" else bank_card(self._random)
        self.type(self.typed[kind])
        self.press("confirm")

    @staticmethod
    def _options(sight: Sight) -> list[str]:
        return [each for each in sight.buttons if each not in _AROUND]
