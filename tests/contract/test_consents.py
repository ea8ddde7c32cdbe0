"""A spouse's consent at the stand-in centre: who can give it, how often, and what it opens."""

from __future__ import annotations

import pytest

from kiosk.centre.errors import Refusal
from kiosk.centre.operations import MonthlyOffsetOrder, Operation
from kiosk.operation import Business, OperationState
from tests.contract.test_operations import (
    OperationVisit,
    ServedCentre,
    Visits,
    centre,
    visits,
)

__all__ = ["centre", "visits"]  # fixtures
PASSWORD = "223344"
AWAITS, DRAFTED = OperationState.AWAITING_CONSENT, OperationState.DRAFTED


def signing(visit: OperationVisit, way: str = "sign") -> MonthlyOffsetOrder:
    """委托按月还贷 with the spouse's account."""
    loan = visit.of_group("loan")[Business.MONTHLY_OFFSET].loan
    facts = {"business": "monthly-offset", "loan": loan, "way": way, "spouse": True}
    return MonthlyOffsetOrder.model_validate(facts)


def waiting(visit: OperationVisit) -> tuple[Operation, str]:
    """The draft of P03 that waits for S1, and the address of the page on the phone of S1."""
    draft = visit.drafted(signing(visit))
    return draft, visit.money.open_consent(draft.id).content.reveal()


def answer(
    visit: OperationVisit, url: str, person: str = "S1", password: str = PASSWORD, yes: bool = True
) -> str:
    form = {"person": person, "password": password, "answer": "yes" if yes else "no"}
    return visit.post(url, form)


def test_the_draft_waits_until_the_spouse_agrees_and_the_applicant_confirms_last(
    visits: Visits,
) -> None:
    visit = visits("P03")
    assert visit.of_group("loan")[Business.MONTHLY_OFFSET].spouse == "何*"
    draft, url = waiting(visit)
    assert (draft.state, draft.consent_of) == (AWAITS, "何*")
    assert draft.draft_ttl_s
    assert draft.draft_ttl_s > 23 * 3600, "a day, not minutes"
    assert "先扣您的账户" in draft.effects[0].zh
    with pytest.raises(Refusal, match="not-drafted"):
        visit.money.send_code(draft.id)
    assert visit.confirm(draft) is AWAITS, "nothing can be confirmed before"
    with pytest.raises(Refusal, match="not-confirmed"):
        visit.committer.commit(draft.id)
    assert [each.id for each in visit.money.all_operations()] == [draft.id]
    assert visit.money.open_operations() == ()
    assert "已同意" in answer(visit, url)
    agreed = visit.money.operation(draft.id)
    assert agreed.state is DRAFTED
    assert "配偶已同意" in visit.texts()[0]
    assert visit.confirm(agreed) is OperationState.CONFIRMED
    assert visit.committer.commit(draft.id).state is OperationState.DONE


def test_only_the_spouse_with_their_own_password_agrees(visits: Visits) -> None:
    visit = visits("P03")
    draft, url = waiting(visit)
    assert "密码不对" in answer(visit, url, person="P01")
    assert "密码不对" in answer(visit, url, password="000000")
    assert "已失效" in answer(visit, url, password="111111"), "the third ends the code"
    assert "已失效" in answer(visit, url)
    assert visit.money.operation(draft.id).state is AWAITS
    assert [each["kind"] for each in visit.lever("GET", "/alarms")] == ["other-person"]


def test_a_new_code_gives_no_new_tries_at_the_spouse_s_password(visits: Visits) -> None:
    """At the terminal stands the applicant, who can have codes made anew at will."""
    visit = visits("P03")
    draft, url = waiting(visit)
    for guess in ("000001", "000002", "000003"):
        answer(visit, url, password=guess)
    new = visit.money.open_consent(draft.id).content.reveal()
    assert "密码不对" in answer(visit, new, password="000004")
    assert "请30秒后再试" in answer(visit, new)
    assert visit.money.operation(draft.id).state is AWAITS
    visit.lever("POST", "/clock", {"seconds": 31})
    assert "已同意" in answer(visit, new)


def test_a_code_serves_once_and_a_new_one_ends_the_old(visits: Visits) -> None:
    visit = visits("P03")
    draft, old = waiting(visit)
    new = visit.money.open_consent(draft.id).content.reveal()
    assert "已失效" in answer(visit, old)
    assert "已同意" in answer(visit, new)
    assert "已失效" in answer(visit, new)
    with pytest.raises(Refusal, match="not-awaiting-consent"):
        visit.money.open_consent(draft.id)


def test_a_code_is_over_after_ten_minutes(visits: Visits) -> None:
    visit = visits("P03")
    draft, url = waiting(visit)
    visit.lever("POST", "/clock", {"seconds": 601})
    assert "已失效" in answer(visit, url)
    assert visits("P03").money.operation(draft.id).state is AWAITS, "another can be had"


def test_who_declines_cancels_it(visits: Visits) -> None:
    visit = visits("P03")
    draft, url = waiting(visit)
    assert "没有同意" in answer(visit, url, yes=False)
    ended = visit.money.operation(draft.id)
    assert ended.state is OperationState.CANCELLED
    assert ended.refusal
    assert ended.refusal.code == "consent-declined"


def test_without_an_answer_it_expires(visits: Visits) -> None:
    visit = visits("P03")
    draft, _url = waiting(visit)
    visit.lever("POST", "/clock", {"seconds": 24 * 3600})
    assert visits("P03").money.operation(draft.id).state is OperationState.EXPIRED


def test_it_can_be_taken_back_while_it_waits(visits: Visits) -> None:
    visit = visits("P03")
    draft, url = waiting(visit)
    assert visit.money.operation(draft.id).cancellable
    assert visit.money.cancel(draft.id).state is OperationState.CANCELLED
    assert "已失效" in answer(visit, url)


def test_without_a_spouse_nobody_can_take_part(visits: Visits) -> None:
    visit = visits("P03")
    visit.carried_out(signing(visit).model_copy(update={"spouse": False}))
    assert visit.of_group("loan")[Business.MONTHLY_OFFSET].spouse == ""
    with pytest.raises(Refusal, match="no-spouse"):
        visit.drafted(signing(visit, "cancel"))


def test_the_page_says_what_is_agreed_to_and_takes_no_long_form(
    visits: Visits, centre: ServedCentre
) -> None:
    visit = visits("P03")
    _draft, url = waiting(visit)
    page = answer(visit, url, person="P01")
    assert "委托按月还贷" in page
    assert "委托人可以随时解约" in page, "the whole agreement"
    assert "太长" in visit.post(url, {"person": "x" * 5000})
    assert "已失效" in centre.post(url[:-1], {"person": "S1"})
