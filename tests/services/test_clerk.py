"""柜员授权: a clerk of the branch approves an operation before the citizen confirms it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Reason, State, Status
from drivers.smart_card.types import BankCard, BankCardKind
from kiosk.centre.operations import WithdrawalOrder
from kiosk.login import LoginEvent
from kiosk.staff.roster_file import RosterFile, roster_of_now
from kiosk.terminal.clerks import with_clerks
from kiosk.visit.clerk_approval import clerk_page, why_no_clerk
from kiosk.visit.maintenance_steps import EnterStaffPin, PresentStaffCard, PresentStaffIdCard
from kiosk.visit.operation_steps import (
    ASK,
    CONFIRM,
    AwaitClerk,
    AwaitResult,
    ChooseReason,
    ConfirmOperation,
    ShowOutcome,
)
from kiosk.visit.staff_cards import CHIP_CARD, ID_CARD
from kiosk.visit.steps import (
    Confirm,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    Problem,
    Rate,
    ShowStatement,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.visit.visit import Left, Visit, WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from tests.services.money import CODE, DirectCommitLine, MoneyModel, S
from tests.services.script import WELL, Line, Played, World, card, confirmed
from tests.ui.operation_samples import QUOTE
from ui.views import Look, derive

BACK = WentBack()
PIN = "603100"
CHIP = BankCard("6210009999990001", "", None, None, "A0", "", BankCardKind.UNKNOWN, "", "")
STM = {**WELL, Kind.SMART_CARD: Status(State.ONLINE)}
ORDER: tuple[Line, ...] = (
    (Confirm, "yes"),
    (ChooseReason, lambda step: step.can[0].key),
    (EnterNumber, "100"),
)


def puts(persona: str) -> Line:
    return (PresentStaffIdCard, card(persona))


CARD: tuple[Line, ...] = ((AwaitClerk, ID_CARD), puts("S1"))
APPROVES: tuple[Line, ...] = (*CARD, (EnterStaffPin, PIN))


@pytest.fixture
def branch(here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A terminal with a clerk, at a centre that asks for one in each withdrawal."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    fetch(here)
    return here


def fetch(here: World) -> None:
    """The terminal has the roster that the centre has now."""
    with here.client() as client:
        RosterFile(here.settings).follow(client.catalogue().staff, client.staff_roster)


def one_more_clerk(here: World, card: str) -> None:
    """Clerk 6032 has this card, and the terminal knows."""
    here.ask("PUT", "/staff/6032", {"name": "何静", "role": "clerk", "card": card, "pin": PIN})
    fetch(here)


def serve(here: World, *lines: Line, **options: Any) -> Played:
    options = {"committer": DirectCommitLine(here), **options}
    return here.serve("P03", "withdraw", *ORDER, *lines, **options)


def goes_away(here: World, *lines: Line, **options: Any) -> Played:
    """The citizen leaves on the page that waits for the clerk."""
    begin = (*here.signed_in("P03"), (Menu, "withdraw"), *ORDER)
    options = {"committer": DirectCommitLine(here), **options}
    return here.play(*begin, *lines, (AwaitClerk, Left()), (Farewell, None), **options)


def states(here: World) -> list[str]:
    return [each["state"] for each in here.ask("GET", "/operations")]


def of_clerks(played: Played) -> list[tuple[LoginEvent, str]]:
    kinds = (LoginEvent.APPROVED, LoginEvent.REFUSED)
    return [(event, detail) for event, _id, detail in played.logins if event in kinds]


def nothing_went_out(here: World, played: Played) -> None:
    """Neither a code nor a confirmation was asked of the centre."""
    assert states(here) == ["drafted"]
    assert here.ask("GET", "/approvals") == []
    asked = [call for call in played.calls if call.startswith("POST /v1/operations/{id}")]
    assert asked == []


def test_a_clerk_approves_before_the_citizen_confirms_and_the_centre_is_told_who(
    branch: World,
) -> None:
    played = serve(branch, *APPROVES, *confirmed(branch))
    (approval,) = branch.ask("GET", "/approvals")
    (operation,) = branch.ask("GET", "/operations")
    assert (operation["state"], operation["id"]) == ("done", approval["operation"])
    assert approval["number"] == "6031"
    assert datetime.fromisoformat(approval["at"]).tzinfo is not None
    assert (LoginEvent.APPROVED, operation["id"], "clerk:6031") in played.logins


def test_the_page_says_what_for_and_nothing_of_who_the_citizen_is(branch: World) -> None:
    played = serve(branch, *APPROVES, *confirmed(branch))
    person = personas.load()["P03"]
    shown = derive(played.last(AwaitClerk), Look())
    texts = repr([getattr(shown, field.name) for field in fields(shown)])
    assert "请等候工作人员授权" in texts
    assert "偿还公积金贷款" in texts
    assert "100.00 元" in texts
    assert "这项业务要网点工作人员当面核对" in texts
    for own in (person.name, person.number, person.phone, person.phone[-4:], person.bank_card):
        assert own not in texts


def test_where_no_money_moves_the_page_names_the_business_alone() -> None:
    operation = QUOTE.model_copy(update={"amount": None, "clerk": QUOTE.title})
    lead = say(clerk_page(operation, WELL).lead, Language.ZH)
    assert lead == "偿还公积金贷款提取。请叫网点工作人员，您不用操作"


def test_a_card_that_cannot_be_read_is_told_and_the_clerk_tries_again(branch: World) -> None:
    unreadable: Line = (
        PresentStaffIdCard,
        DeviceError(Reason.CARD_UNREADABLE, device=Kind.ID_CARD),
    )
    played = serve(
        branch, (AwaitClerk, ID_CARD), unreadable, (Problem, RETRY), *APPROVES, *confirmed(branch)
    )
    assert say(played.last(Problem).title, Language.ZH) == "没有授权"
    assert of_clerks(played) == [(LoginEvent.APPROVED, "clerk:6031")]


def test_a_chip_card_serves_as_well_and_the_clerk_may_begin_again(branch: World) -> None:
    one_more_clerk(branch, CHIP.number)
    lines: tuple[Line, ...] = (
        (AwaitClerk, CHIP_CARD),
        (PresentStaffCard, BACK),  # the clerk looks for the other card
        (AwaitClerk, CHIP_CARD),
        (PresentStaffCard, CHIP),
        (EnterStaffPin, BACK),
        (AwaitClerk, CHIP_CARD),
        (PresentStaffCard, DeviceError(Reason.CARD_UNREADABLE)),
        (Problem, RETRY),
        (AwaitClerk, CHIP_CARD),
        (PresentStaffCard, CHIP),
        (EnterStaffPin, PIN),
    )
    played = serve(branch, *lines, *confirmed(branch), statuses=STM)
    assert of_clerks(played) == [(LoginEvent.APPROVED, "clerk:6032")]
    assert [tile.way for tile in played.last(AwaitClerk).ways] == [ID_CARD, CHIP_CARD]


def test_an_id_card_is_known_again_where_the_clerk_then_takes_the_other_reader(
    branch: World,
) -> None:
    """It may lie on its reader still, and the watch for another person's card finds it."""
    one_more_clerk(branch, CHIP.number)
    chip: tuple[Line, ...] = ((AwaitClerk, CHIP_CARD), (PresentStaffCard, CHIP))
    lines = (*CARD, (EnterStaffPin, BACK), *chip, (EnterStaffPin, PIN))
    played = serve(branch, *lines, *confirmed(branch), statuses=STM)
    assert played.visit.other_card_read


def test_whose_chip_card_is_not_on_the_roster_reads_which_card_is_meant(branch: World) -> None:
    """The citizen's own may be in the slot still."""
    chip: tuple[Line, ...] = ((AwaitClerk, CHIP_CARD), (PresentStaffCard, CHIP))
    played = goes_away(branch, *chip, (Problem, RETRY), statuses=STM)
    assert of_clerks(played) == [(LoginEvent.REFUSED, "card:unknown")]
    lead = say(played.last(Problem).lead, Language.ZH)
    assert lead == "卡槽里的卡没有登记，请取出，换上工作卡"


WRONG: Line = (EnterStaffPin, "000000")
REFUSED: dict[str, tuple[tuple[Line, ...], list[str], str]] = {
    "the citizen's own card": (((PresentStaffIdCard, card("P03")),), ["card:unknown"], "没有登记"),
    "a technician's card": (
        ((PresentStaffIdCard, card("S2")),),
        ["card:role:6021"],
        "没有这项权限",
    ),
    "wrong PINs": (
        ((PresentStaffIdCard, card("S1")), WRONG, WRONG, WRONG),
        [*["card:wrong-pin:6031"] * 3, "card:locked:6031"],
        "密码错了太多次",
    ),
}


@pytest.mark.parametrize(("lines", "words", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_counts_for_nothing_is_said_and_noted_and_nothing_goes_out(
    branch: World, lines: tuple[Line, ...], words: list[str], said: str
) -> None:
    played = goes_away(branch, (AwaitClerk, ID_CARD), *lines, (Problem, RETRY))
    assert of_clerks(played) == [(LoginEvent.REFUSED, word) for word in words]
    assert said in say(played.last(Problem).lead, Language.ZH)
    nothing_went_out(branch, played)


def test_a_card_that_is_locked_for_maintenance_approves_nothing_in_the_next_visit(
    branch: World,
) -> None:
    goes_away(branch, *CARD, WRONG, WRONG, WRONG, (Problem, RETRY))
    played = goes_away(branch, *CARD, (Problem, RETRY))
    assert of_clerks(played) == [(LoginEvent.REFUSED, "card:locked:6031")]


def test_a_clerk_does_not_approve_an_operation_of_their_own(branch: World) -> None:
    one_more_clerk(branch, personas.load()["P03"].number)
    played = goes_away(branch, (AwaitClerk, ID_CARD), puts("P03"), (Problem, RETRY))
    assert of_clerks(played) == [(LoginEvent.REFUSED, "card:own:6032")]
    nothing_went_out(branch, played)


def test_the_citizen_can_leave_while_nobody_comes(branch: World) -> None:
    nothing_went_out(branch, goes_away(branch))


def test_an_approval_stands_for_one_operation_as_the_clerk_saw_it(branch: World) -> None:
    """Who goes back and forward again needs no second approval; another amount does."""
    same: tuple[Line, ...] = ((ConfirmOperation, BACK), (EnterNumber, "100"))
    other: tuple[Line, ...] = ((ConfirmOperation, BACK), (EnterNumber, "200"))
    lines = (*APPROVES, *same, *other, *APPROVES, *confirmed(branch))
    played = serve(branch, *lines)
    assert of_clerks(played) == [(LoginEvent.APPROVED, "clerk:6031")] * 2
    (approval,) = branch.ask("GET", "/approvals")
    approved = [id for event, id, _detail in played.logins if event is LoginEvent.APPROVED]
    assert approved[0] != approved[1] == approval["operation"]
    assert sorted(states(branch)) == ["done", "superseded"]


def test_a_wrong_code_asks_for_the_code_alone(branch: World) -> None:
    wrong: tuple[Line, ...] = ((ConfirmOperation, CONFIRM), (EnterSmsCode, "000000"))
    again: tuple[Line, ...] = ((EnterSmsCode, branch.code), (ShowOutcome, MENU))
    played = serve(branch, *APPROVES, *wrong, *again)
    assert of_clerks(played)[0] == (LoginEvent.APPROVED, "clerk:6031")
    assert states(branch) == ["done"]


def test_a_quote_that_is_asked_for_again_and_is_the_same_stays_approved(branch: World) -> None:
    played = serve(branch, *APPROVES, (ConfirmOperation, ASK), *confirmed(branch))
    assert of_clerks(played) == [(LoginEvent.APPROVED, "clerk:6031")]


def test_another_quote_in_place_of_the_approved_one_is_approved_anew(branch: World) -> None:
    model = MoneyModel(QUOTE.model_copy(update={"clerk": QUOTE.title}))

    def withdraw(visit: Visit) -> None:
        order = {"business": "repay-loan-withdrawal", "account": "a", "loan": "l", "amount": "1.00"}
        visit.confirm_and_commit(visit.draft(WithdrawalOrder.model_validate(order)))

    def changes(_step: Any) -> str:
        (id,) = model.operations
        model._change(id, version=2)
        return ASK

    played = branch.play(
        *branch.signed_in("P03"),
        (Menu, "account"),
        *APPROVES,
        (ConfirmOperation, changes),
        (ConfirmOperation, CONFIRM),
        *APPROVES,
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, CODE),
        (ShowOutcome, MENU),
        (Menu, Left()),
        (Rate, "skip"),
        (Farewell, None),
        services={"account": withdraw},
        committer=model,
        operations=model,
    )
    assert of_clerks(played) == [(LoginEvent.APPROVED, "clerk:6031")] * 2
    assert len(model.moved) == 1


@pytest.mark.parametrize(
    ("found", "greeted"),
    [
        ({"state": S.DONE, "reference": "T0001-260114-0001"}, (ShowOutcome, MENU)),
        ({"state": S.CONFIRMED, "commit_ttl_s": 300}, (ShowStatement, "wait")),
        ({"state": S.IN_PROGRESS}, (AwaitResult, MENU)),
    ],
)
def test_what_a_visit_that_died_has_left_is_asked_by_its_id_without_a_clerk(
    branch: World, found: dict[str, Any], greeted: Line
) -> None:
    model = MoneyModel(QUOTE.model_copy(update={"clerk": QUOTE.title}))
    model.put(**found)
    lines = (*branch.signed_in("P03"), greeted, (Menu, Left()), (Farewell, None))
    played = branch.play(*lines, committer=model, operations=model)
    assert of_clerks(played) == []


def refused(here: World, *lines: Line) -> str:
    """What the page says once the centre has refused the confirmation."""
    played = serve(here, *lines, (EnterSmsCode, here.code), (Problem, MENU), statuses=STM)
    return say(played.last(Problem).title, Language.ZH)


def test_another_card_of_the_applicants_is_known_to_the_centre(branch: World) -> None:
    own = replace(CHIP, number=personas.load()["P03"].bank_card)
    one_more_clerk(branch, own.number)
    approves = ((AwaitClerk, CHIP_CARD), (PresentStaffCard, own), (EnterStaffPin, PIN))
    assert "就是办理人本人" in refused(branch, *approves, (ConfirmOperation, CONFIRM))
    assert states(branch) == ["cancelled"]


def test_who_was_taken_off_meanwhile_has_approved_nothing(branch: World) -> None:
    def taken_off(_step: Any) -> str:
        branch.ask("DELETE", "/staff/6031")
        return CONFIRM

    assert "已不在名单里" in refused(branch, *APPROVES, (ConfirmOperation, taken_off))
    assert states(branch) == ["cancelled"]


def test_without_a_clerk_here_nobody_is_waited_for(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    played = serve(here, (Problem, MENU), unrated=True)
    assert "这台机器现在不能授权" in say(played.last(Problem).title, Language.ZH)
    nothing_went_out(here, played)


def test_a_terminal_that_leaves_the_clerk_out_is_refused_by_the_centre(
    branch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of an earlier version, which does not know of clerks."""
    monkeypatch.setattr("kiosk.visit.undertaking.await_clerk", lambda visit, operation: None)
    assert "要网点工作人员授权" in refused(branch, (ConfirmOperation, CONFIRM))
    assert branch.ask("GET", "/movements") == []


# -- where a service that needs a clerk is offered ------------------------------------------------


def closed(here: World, statuses: dict[Kind, Status]) -> dict[str, str]:
    """The services that are closed here, each with what citizens read."""
    with here.client() as client:
        catalogue = client.catalogue()
    found = roster_of_now(here.settings, datetime.now(UTC))
    shown = with_clerks(catalogue, found, statuses).offers
    return {
        one.service: one.closed_because.zh
        for one, before in zip(shown, catalogue.offers, strict=True)
        if one != before and one.closed_because
    }


NO_READER = {Kind.RECEIPT_PRINTER: Status(State.ONLINE)}
BROKEN = {Kind.ID_CARD: Status(State.OFFLINE, problem=Reason.OFFLINE)}


def test_a_terminal_without_a_clerk_or_a_reader_greys_the_service_alone(branch: World) -> None:
    assert closed(branch, STM) == {}
    assert closed(branch, NO_READER) == {"withdraw": "要柜员授权，请到网点"}
    assert list(closed(branch, BROKEN)) == ["withdraw"]
    assert closed(branch, {**BROKEN, Kind.SMART_CARD: Status(State.ONLINE)}) == {}
    over = {"name": "何静", "role": "clerk", "card": "1234", "pin": PIN}
    branch.ask("PUT", "/staff/6031", {**over, "until": "2026-01-01T00:00:00+08:00"})
    fetch(branch)
    assert closed(branch, STM) == {"withdraw": "要柜员授权，请到网点"}
    branch.ask("PUT", "/offers/withdraw/clerk", {"open": False})
    assert closed(branch, NO_READER) == {}


def test_the_centres_page_says_what_needs_a_clerk(here: World) -> None:
    url = f"{here.beside}/terminals/clerk"

    def approved(service: str, answer: str) -> tuple[str, list[str]]:
        page = here._http.post(url, data={"service": service, "answer": answer}, timeout=60).text
        with here.client() as client:
            asks = [one.service for one in client.catalogue().offers if one.clerk]
        return page, asks

    page, asks = approved("prepay", "on")
    assert asks == ["prepay"]
    assert '<span id="approved">提前还款</span>' in page
    assert approved("prepay", "off")[1] == []
    assert "没有这项业务" in approved("king", "on")[0]


def test_a_roster_that_is_too_old_leaves_no_clerk(branch: World) -> None:
    kept = RosterFile(branch.settings).kept()
    assert kept
    assert why_no_clerk(roster_of_now(branch.settings, datetime.now(UTC)), STM) is None
    days_ago = datetime.now(UTC) - timedelta(days=4)
    RosterFile(branch.settings)._keep(kept.model_copy(update={"confirmed": days_ago}))
    assert why_no_clerk(roster_of_now(branch.settings, datetime.now(UTC)), STM) is not None
