"""Another person's card on a reader ends the visit; the citizen's own, put back, does not."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Media, Reason, State, Status
from drivers.smart_card.types import ReadSocialSecurityCard, SocialSecurityCard
from kiosk.centre.evidence import same_number
from kiosk.login import LoginEvent
from kiosk.privacy import Sensitive
from kiosk.terminal import card_watch
from kiosk.terminal.card_watch import CardWatch
from kiosk.visit.maintenance_steps import EnterStaffPin, PresentStaffIdCard
from kiosk.visit.operation_steps import (
    CONFIRM,
    AwaitClerk,
    ChooseReason,
    ConfirmOperation,
    Deciding,
    ShowOutcome,
)
from kiosk.visit.steps import (
    Attract,
    Choose,
    Confirm,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
)
from kiosk.visit.unit_steps import PresentEmployeeCard, UnitMenu
from kiosk.visit.visit import NoCommitter
from kiosk.words import Language
from kiosk.workshop.sandbox import personas
from tests.logged import messages
from tests.services.hall import Citizen, Hall
from tests.services.money import DirectCommitLine
from tests.services.script import option
from tests.services.test_maintenance import fetched
from tests.services.test_units import BUILDERS
from tests.waiting import until
from ui.contents import FarewellContent


@pytest.fixture
def here(_hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setattr(card_watch, "LOOK_S", 0.05)
    monkeypatch.setattr(card_watch, "OWN_S", 0.2)
    _hall.well()
    return _hall


def put(here: Hall, persona: str) -> None:
    here.reader.obey("put", **personas.load()[persona].card())


@pytest.mark.parametrize("at", ["code", "menu"])
def test_another_persons_card_ends_the_visit_and_the_page_says_why(here: Hall, at: str) -> None:
    with here.visit() as citizen:
        if at == "menu":
            citizen.signs_in("P01")
        else:
            citizen.chooses(Attract, "start")
            citizen.puts("P01")
            citizen.sees(EnterSmsCode)
        put(here, "P02")
        assert citizen.sees(Farewell).lies, "the card is not forgotten"
        page = citizen.reads(Language.ZH)
        assert isinstance(page, FarewellContent)
        assert page.title == "请拿走您的证件"
        assert "另一个人的证件" in page.lead
        here.reader.obey("lift")
        until(lambda: citizen.terminal.statuses()[Kind.ID_CARD].media is not Media.PRESENT)
        citizen.press("bye")
        assert not citizen.sees(Farewell).lies
        citizen.press("bye")
        assert citizen.ended() == "other-card"
    assert citizen.logins[-1][0] is LoginEvent.ENDED
    assert citizen.logins[-1][2] == "other-card"
    assert here.here.sessions() == []


def test_the_citizens_own_card_lifted_and_put_back_ends_nothing(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in("P01")
        reads = here.reader.look()["reads"]
        put(here, "P01")
        until(lambda: here.reader.look()["reads"] == reads + 1)
        finds = here.reader.look()["commands"].count("find")
        until(lambda: here.reader.look()["commands"].count("find") > finds)
        assert citizen.leaves() == "left"


def test_nobody_looks_for_cards_before_somebody_is_signed_in(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.sees(Attract)
        put(here, "P02")
        time.sleep(4 * card_watch.LOOK_S)
        assert "find" not in here.reader.look()["commands"][-3:]
        assert here.reader.look()["card"] == "put"


def test_a_newcomer_who_puts_the_card_early_ends_nothing(
    here: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only while the agent opens an account for the newcomer: in the menu the card is another's."""
    monkeypatch.setattr(NoCommitter, "open", True)
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("A1")
        citizen.types_code()
        unit = option(BUILDERS)(citizen.sees(Choose))
        citizen.press(unit)
        citizen.chooses(UnitMenu, "unit-people")
        citizen.sees(Choose)
        put(here, "P14")
        time.sleep(4 * card_watch.LOOK_S)
        citizen.press("enrol")
        citizen.sees(PresentEmployeeCard)
        citizen.sees(EnterNumber)
        here.reader.obey("lift")
        put(here, "P14")
        time.sleep(4 * card_watch.LOOK_S)
        citizen.goes_back()
        citizen.sees(Choose)
        citizen.goes_back()
        citizen.sees(UnitMenu)
        citizen.sees(Farewell)


def test_a_newcomers_card_that_lies_there_after_the_service_is_not_found_again(
    here: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some readers find a card that lies there again and again. Once it was lifted, it is another
    person's card as any other."""
    monkeypatch.setattr(NoCommitter, "open", True)
    here.reader.obey("find again")
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("A1")
        citizen.types_code()
        citizen.press(option(BUILDERS)(citizen.sees(Choose)))
        citizen.chooses(UnitMenu, "unit-people")
        citizen.chooses(Choose, "enrol")
        citizen.sees(PresentEmployeeCard)
        put(here, "P14")
        citizen.sees(EnterNumber)
        for page in (Choose, UnitMenu):
            citizen.goes_back()
            citizen.sees(page)
        time.sleep(4 * card_watch.LOOK_S)
        citizen.press("unit-people")
        citizen.sees(Choose)
        citizen.goes_back()
        citizen.sees(UnitMenu)
        here.reader.obey("lift")
        until(lambda: citizen.terminal.statuses()[Kind.ID_CARD].media is not Media.PRESENT)
        time.sleep(4 * card_watch.LOOK_S)
        put(here, "P14")
        citizen.sees(Farewell)


# -- the slot of chip cards -----------------------------------------------------------------------


class SlotStand:
    """A host of a chip card reader, of which a test says what it sees and reads."""

    kind = Kind.SMART_CARD

    def __init__(self, number: str) -> None:
        self.number = number
        self.status = Status(State.ONLINE, media=Media.NOT_PRESENT)
        self.read = 0
        self.fails: Reason | None = None

    def execute(self, request: object, seconds: float) -> SocialSecurityCard:
        assert isinstance(request, ReadSocialSecurityCard)
        self.read += 1
        if self.fails:
            raise DeviceError(self.fails, "so")
        return SocialSecurityCard("", "", self.number, "", "", "", None, "", None, None)


def watched(slot: SlotStand, holder: str | None = "35010019900101123X") -> CardWatch:
    hosts: Any = {Kind.SMART_CARD: slot}
    theirs = None if holder is None else Sensitive(holder)
    return CardWatch(hosts, lambda: theirs, lambda: None)


def shows(slot: SlotStand, watch: CardWatch, *seen: Status) -> list[bool | None]:
    """Whether the card is the citizen's own, look after look."""
    told: list[bool | None] = []
    for status in seen:
        slot.status = status
        told.append(watch._whose())
    return told


EMPTY = Status(State.ONLINE, media=Media.NOT_PRESENT)
FULL = Status(State.ONLINE, media=Media.PRESENT)


@pytest.mark.parametrize(
    ("number", "own"),
    [
        ("35010019900101123x", True),
        ("350100900101123", True),
        ("350100199001011248", False),
        ("350100900101124", False),
    ],
)
def test_a_social_security_card_that_is_put_later(number: str, own: bool) -> None:
    slot = SlotStand(number)
    assert shows(slot, watched(slot), EMPTY, FULL, FULL) == [None, own, None]
    assert slot.read == 1


def test_a_card_that_a_step_reads_or_that_lay_before_is_not_read_once_more() -> None:
    slot = SlotStand("350100199001011248")
    assert shows(slot, watched(slot), FULL, FULL) == [None, None]
    busy = Status(State.BUSY, media=Media.PRESENT)
    assert shows(slot, watched(slot), EMPTY, busy, FULL) == [None, None, None]
    assert slot.read == 0


@pytest.mark.parametrize(("reason", "told"), [(Reason.CARD_UNKNOWN, 0), (Reason.OFFLINE, 1)])
def test_a_card_that_cannot_be_told_ends_nothing(
    reason: Reason, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    slot = SlotStand("350100199001011248")
    slot.fails = reason
    with caplog.at_level(logging.WARNING):
        assert shows(slot, watched(slot), EMPTY, FULL) == [None, None]
    said = messages(caplog, "kiosk.terminal.card_watch")
    assert said == ["card not looked for"] * told


def test_a_card_that_is_still_being_pushed_in_is_read_at_the_next_look() -> None:
    slot = SlotStand("350100199001011248")
    watch, slot.fails = watched(slot), Reason.CARD_UNREADABLE
    assert shows(slot, watch, EMPTY, FULL) == [None, None]
    slot.fails = None
    assert shows(slot, watch, FULL, FULL) == [False, None]
    assert slot.read == 2


def test_a_card_that_is_never_told_does_not_keep_the_reader_busy() -> None:
    slot = SlotStand("350100199001011248")
    watch, slot.fails = watched(slot), Reason.CARD_UNREADABLE
    assert not any(shows(slot, watch, EMPTY, *[FULL] * 5))
    assert slot.read == card_watch.TRIES


def test_a_card_that_was_put_while_another_persons_was_asked_for_stays_unread() -> None:
    """A clerk has approved by it, and it is still in the slot at the menu."""
    slot = SlotStand("350100199001011248")
    holder: list[Sensitive[str] | None] = [Sensitive("35010019900101123X")]
    hosts: Any = {Kind.SMART_CARD: slot}
    watch = CardWatch(hosts, lambda: holder[0], lambda: None)
    slot.status = EMPTY
    assert watch._look() is None
    asked_meanwhile, holder[0], slot.status = holder[0], None, FULL
    assert watch._look() is None
    holder[0] = asked_meanwhile
    assert watch._look() is None
    assert slot.read == 0
    for slot.status, told in ((EMPTY, None), (FULL, False)):
        assert watch._look() is told


def test_who_has_left_meanwhile_owns_no_card() -> None:
    slot = SlotStand("350100199001011248")
    assert shows(slot, watched(slot, None), EMPTY, FULL) == [None, None]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("11010519491231002X", "11010519491231002x", True),
        ("110105491231002", "11010519491231002X", True),
        ("110105100101001", "110105201001010014", False),  # born in 2010: never had 15 digits
        ("110105491231003", "11010519491231002X", False),
        ("110105491231002", "110105491231002", True),
    ],
)
def test_the_short_form_of_a_number_is_of_the_last_century(
    one: str, other: str, same: bool
) -> None:
    assert same_number(one, other) is same_number(other, one) is same


def waits_for_a_clerk(citizen: Citizen) -> None:
    """P03 withdraws what a clerk must approve, once the terminal has the roster."""
    fetched(citizen)
    citizen.signs_in("P03")
    citizen.press("withdraw")
    citizen.chooses(Confirm, "yes")
    citizen.press(citizen.sees(ChooseReason).can[0].key)
    citizen.chooses(EnterNumber, "100")
    citizen.sees(AwaitClerk)


def approves(citizen: Citizen) -> None:
    citizen.press("id-card")
    citizen.sees(PresentStaffIdCard)
    citizen.chooses(EnterStaffPin, "603100")
    citizen.sees(ConfirmOperation)


def test_the_card_of_the_clerk_who_approves_ends_nothing(here: Hall) -> None:
    """Put early, and left there to the end of the service and in the menu."""
    here.here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    here.reader.obey("find again")
    with here.visit(committer=DirectCommitLine(here.here)) as citizen:
        waits_for_a_clerk(citizen)
        put(here, "S1")
        time.sleep(4 * card_watch.LOOK_S)
        approves(citizen)
        time.sleep(4 * card_watch.LOOK_S)
        for page in (EnterNumber, ChooseReason, Confirm, Menu):
            citizen.goes_back()
            citizen.sees(page)
        time.sleep(4 * card_watch.LOOK_S)
        assert citizen.leaves() == "left"
    assert "clerk:6031" in [detail for _event, _id, detail in citizen.logins]


def test_another_card_at_the_page_of_the_end_ends_the_visit_although_a_clerk_has_approved(
    here: Hall,
) -> None:
    here.here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    with here.visit(committer=DirectCommitLine(here.here)) as citizen:
        waits_for_a_clerk(citizen)
        put(here, "S1")
        approves(citizen)
        here.reader.obey("lift")
        citizen.press(CONFIRM)
        citizen.sees(EnterSmsCode)
        citizen.press(here.here.code())
        citizen.sees(Deciding)
        citizen.sees(ShowOutcome)
        until(lambda: citizen.terminal.statuses()[Kind.ID_CARD].media is not Media.PRESENT)
        put(here, "P02")
        assert citizen.sees(Farewell).lies
