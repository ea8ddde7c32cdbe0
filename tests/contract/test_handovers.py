"""Hand-overs at the stand-in centre: a code serves once, for the phone of its own citizen."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from kiosk.centre.complaints import Complaint
from kiosk.centre.errors import Refusal
from kiosk.centre.handovers import (
    AccountHandover,
    ComplaintHandover,
    FormHandover,
    Handover,
    HandoverRequest,
    LoanHandover,
    RequestsHandover,
    WithdrawalsHandover,
)
from kiosk.centre.transfer_orders import TransferInOrder
from kiosk.operation import Business, OperationState
from kiosk.visit.handover import PhoneTask
from tests.contract.test_operations import (
    CODE,
    OperationVisit,
    ServedCentre,
    Visits,
    centre,
    visits,
)

__all__ = ["centre", "visits"]  # fixtures
PASSWORD = "223344"
TRANSFER: Literal[Business.TRANSFER_IN] = Business.TRANSFER_IN
RENT: Literal[Business.RENT_WITHDRAWAL] = Business.RENT_WITHDRAWAL
OVER = "已失效"
ADDRESS = FormHandover(topic="form", business=Business.PERSONAL_DATA_CHANGE, field="address")


def opened(visit: OperationVisit, about: PhoneTask | None = None) -> Handover:
    """The code of 我的办件, or of ``about``."""
    request = HandoverRequest(about=about or RequestsHandover(topic="requests"))
    return visit.ask.handovers.open(request)


def prove(visit: OperationVisit, url: str, person: str, password: str = PASSWORD) -> str:
    return visit.post(url, {"person": person, "password": password, "answer": "go"})


def token(page: str) -> dict[str, str]:
    """The hidden fields of the form on ``page``."""
    hidden = [part.split('"') for part in page.split('<input type="hidden" name=')[1:]]
    return {part[1]: part[3] for part in hidden}


def first(page: str) -> str:
    """The first value that ``page`` offers."""
    return page.split('<option value="')[1].split('"', maxsplit=1)[0]


def account_of(visit: OperationVisit) -> AccountHandover:
    return AccountHandover(topic="account", account=visit.ask.accounts()[0].id)


def rent(visit: OperationVisit) -> FormHandover:
    """The form of 租房, without its amount."""
    found = visit.of_group("withdrawal")[RENT]
    assert found.can
    return FormHandover(topic="form", business=RENT, account=found.account)


# -- what is looked at ----------------------------------------------------------------------------


def test_the_code_alone_shows_nothing_personal(visits: Visits, centre: ServedCentre) -> None:
    visit = visits("P01")
    url = opened(visit, account_of(visit)).content.reveal()
    page = visit.post(url, {})
    assert "账户查询" in page
    assert "YL-0001" in page
    for secret in ("56,958", "云岭市第一中学", visit.ask.person().phone.reveal()):
        assert secret not in page


def test_the_citizen_sees_the_account_on_the_phone(visits: Visits) -> None:
    visit = visits("P01")
    handover = opened(visit, account_of(visit))
    assert visit.ask.handovers.state(handover.id).state == "waiting"
    page = prove(visit, handover.content.reveal(), "P01")
    assert "56,958.05 元" in page
    assert "2026 年明细" in page
    assert "1,920.00" in page
    assert visit.ask.handovers.state(handover.id).state == "taken"


def test_the_citizen_sees_the_withdrawals_on_the_phone(visits: Visits) -> None:
    visit = visits("P11")
    account = visit.ask.accounts()[0].id
    about = WithdrawalsHandover(topic="withdrawals", account=account)
    page = prove(visit, opened(visit, about).content.reveal(), "P11")
    newest = visit.ask.withdrawals(account)[0]
    assert "提取记录" in page
    assert f"{newest.booked}" in page
    assert f"{newest.amount:,.2f}" in page


def test_the_citizen_sees_the_loan_and_the_requests_on_the_phone(visits: Visits) -> None:
    visit = visits("P03")
    loan = LoanHandover(topic="loan", loan=visit.ask.loans()[0].id)
    page = prove(visit, opened(visit, loan).content.reveal(), "P03")
    assert "593,351.84 元" in page
    assert "2026-01-20 · 2,402.04 元" in page
    assert "还没有办过业务" in prove(visit, opened(visit).content.reveal(), "P03")


def test_the_requests_say_how_far_another_centre_or_the_bank_is(visits: Visits) -> None:
    """An operation here is done before: 已办成 would be said of what was refused, or is unpaid."""

    def requests() -> str:
        visit = visits("P01")
        return prove(visit, opened(visit).content.reveal(), "P01")

    visit = visits("P01")
    visit.lever("PATCH", "/facts/P01", {"card_closed": 1})
    account = visit.ask.accounts()[0].id
    visit.carried_out(TransferInOrder(business=TRANSFER, account=account, centre="C02"))
    visit.carried_out(visit.order(RENT, amount=Decimal("100.00")))
    page = requests()
    assert "<td>异地转入</td><td>已受理，对方中心办理中</td>" in page
    assert "<td>租房提取</td><td>已通过待入账</td>" in page
    visit.lever("PUT", "/elsewhere/P01/C02?status=06")
    visit.lever("POST", "/clock", {"seconds": 10 * 24 * 3600})
    page = requests()
    assert "<td>异地转入</td><td>对方中心没有通过</td>" in page
    assert "<td>租房提取</td><td>付款失败（换卡重付）</td>" in page


# -- misuse ---------------------------------------------------------------------------------------


def test_a_code_serves_once_and_its_second_use_is_alarming(visits: Visits) -> None:
    visit = visits("P01")
    url = opened(visit).content.reveal()
    assert OVER not in prove(visit, url, "P01")
    assert OVER in prove(visit, url, "P01")
    assert [each["kind"] for each in visit.lever("GET", "/alarms")] == ["code-replayed"]


def test_only_the_citizen_of_the_session_takes_over(visits: Visits) -> None:
    visit = visits("P01")
    handover = opened(visit, account_of(visit))
    url = handover.content.reveal()
    assert "密码不对" in prove(visit, url, "P03"), "a right password, of somebody else"
    assert "密码不对" in prove(visit, url, "P01", "000000")
    assert OVER in prove(visit, url, "P02"), "the third ends the code"
    assert OVER in prove(visit, url, "P01")
    assert [each["kind"] for each in visit.lever("GET", "/alarms")] == ["other-person"] * 2
    assert visit.ask.handovers.state(handover.id).state == "over"


def test_a_code_is_over_after_five_minutes(visits: Visits) -> None:
    visit = visits("P01")
    handover = opened(visit)
    visit.lever("POST", "/clock", {"seconds": 301})
    assert OVER in prove(visit, handover.content.reveal(), "P01")
    assert visit.ask.handovers.state(handover.id).state == "over"


def test_guesses_at_a_phone_count_with_all_others(visits: Visits) -> None:
    visit = visits("P01")
    for wrong in ("000000", "111111", "222222"):
        url = opened(visit).content.reveal()
        assert "密码不对" in prove(visit, url, "P01", wrong)
    url = opened(visit).content.reveal()
    assert "密码不对" in prove(visit, url, "P01", "333333")
    assert "秒" in prove(visit, url, "P01"), "even the right one has to wait"
    assert visit.ask.handovers.state(opened(visit).id).state == "waiting"


def test_guesses_at_a_code_that_is_over_count_for_nobody(visits: Visits) -> None:
    """Whoever once saw a code could shut its citizen out of all that asks for a secret."""
    visit = visits("P01")
    old = opened(visit).content.reveal()
    new = opened(visit).content.reveal()
    for wrong in ("000000", "111111", "222222", "333333"):
        assert OVER in prove(visit, old, "P01", wrong)
    assert "我的办件" in prove(visit, new, "P01")


def test_a_newer_code_and_a_page_that_was_left_end_a_code(visits: Visits) -> None:
    visit = visits("P01")
    old, new = opened(visit), opened(visit)
    assert OVER in prove(visit, old.content.reveal(), "P01")
    visit.ask.handovers.void(new.id)
    assert OVER in prove(visit, new.content.reveal(), "P01")


def test_what_a_phone_has_taken_stays_with_it(visits: Visits) -> None:
    visit = visits("P03")
    handover = opened(visit, ADDRESS)
    url = handover.content.reveal()
    page = prove(visit, url, "P03")
    visit.ask.handovers.void(handover.id)
    assert "请核对后确认" in visit.post(url, token(page) | {"given": first(page)})


def test_another_phone_cannot_go_on_with_a_code_that_was_taken(visits: Visits) -> None:
    visit, other = visits("P03"), visits("P01", "YL-0002")
    url = opened(visit, ADDRESS).content.reveal()
    prove(visit, url, "P03")
    theirs = opened(other, ADDRESS).content.reveal()
    stolen = token(prove(other, theirs, "P01"))
    assert OVER in visit.post(url, stolen | {"given": "1"}), "the token of another phone"
    assert OVER in visit.post(url, {"token": "x" * 43, "given": "1"})


def test_another_terminal_learns_nothing_of_a_hand_over(visits: Visits) -> None:
    handover, other = opened(visits("P01")), visits("P03", "YL-0002")
    for ask in (other.ask.handovers.state, other.ask.handovers.void):
        with pytest.raises(Refusal, match="not-found"):
            ask(handover.id)


def test_what_is_not_the_citizens_own_cannot_be_handed_over(visits: Visits) -> None:
    visit = visits("P01")
    for about in (
        AccountHandover(topic="account", account="0" * 32),
        WithdrawalsHandover(topic="withdrawals", account="0" * 32),
        LoanHandover(topic="loan", loan="0" * 32),
        ComplaintHandover(topic="complaint", complaint="k" * 16),
    ):
        with pytest.raises(Refusal, match="not-found"):
            opened(visit, about)
    visit.ask.sign_out()
    with pytest.raises(Refusal, match="proof-needed"):
        opened(visit)


def test_the_catalogue_says_whether_phones_go_on(visits: Visits) -> None:
    visit = visits("P01")
    assert visit.ask.catalogue().handover
    visit.lever("PUT", "/handover", {"open": False})
    assert not visit.ask.catalogue().handover
    with pytest.raises(Refusal, match="handover-closed"):
        opened(visit)


def test_a_form_that_is_too_long_is_not_read(visits: Visits) -> None:
    visit = visits("P01")
    assert "太长" in visit.post(opened(visit).content.reveal(), {"person": "x" * 20_000})


# -- a form ---------------------------------------------------------------------------------------


def test_a_withdrawal_is_filled_in_and_carried_out_on_the_phone(visits: Visits) -> None:
    visit = visits("P01")
    url = opened(visit, rent(visit)).content.reveal()
    page = prove(visit, url, "P01")
    assert "提取多少" in page
    assert "请重新填写" in visit.post(url, token(page) | {"given": "-5"})
    assert "请重新填写" in visit.post(url, token(page) | {"given": "0.00"})
    assert "最多" in visit.post(url, token(page) | {"given": "999999"})
    quote = visit.post(url, token(page) | {"given": "1500"})
    assert "1,500.00 元" in quote
    assert "尾号 0014" in quote
    wrong = visit.post(url, token(quote) | {"code": "000000", "answer": "confirm"})
    assert "验证码" in wrong
    assert visit.moved() == []
    done = visit.post(url, token(quote) | {"code": CODE, "answer": "confirm"})
    assert "已办成" in done
    visit.post(url, token(quote) | {"code": CODE, "answer": "confirm"})
    assert [amount for _operation, amount in visit.moved()] == [-150000], "once"
    ended = visit.money.all_operations()[0]
    assert (ended.state, ended.amount) == (OperationState.DONE, Decimal("1500.00"))
    assert visit.money.open_operations() == (), "its end was told on the phone"
    with pytest.raises(Refusal, match="other-terminal"):
        visit.committer.commit(ended.id)


def test_data_is_changed_on_the_phone_and_who_declines_changes_nothing(visits: Visits) -> None:
    visit = visits("P03")
    url = opened(visit, ADDRESS).content.reveal()
    page = prove(visit, url, "P03")
    quote = visit.post(url, token(page) | {"given": first(page)})
    assert "请核对后确认" in quote
    before = visit.ask.person()
    assert "已撤销" in visit.post(url, token(quote) | {"answer": "no"})
    assert visit.money.all_operations() == ()
    assert visit.ask.person() == before
    url = opened(visit, ADDRESS).content.reveal()
    page = prove(visit, url, "P03")
    quote = visit.post(url, token(page) | {"given": first(page)})
    assert "已办成" in visit.post(url, token(quote) | {"code": CODE, "answer": "confirm"})
    assert visit.money.all_operations()[0].state is OperationState.DONE


def test_a_form_that_cannot_be_had_any_more_says_why(visits: Visits) -> None:
    visit = visits("P01")
    form = rent(visit)
    visit.confirm(visit.draft(RENT, amount=Decimal("100.00")))
    url = opened(visit, form).content.reveal()
    assert "您有一笔在途业务" in prove(visit, url, "P01")


# -- a complaint ----------------------------------------------------------------------------------


def test_a_complaint_gets_its_words_on_a_phone_once(visits: Visits) -> None:
    visit = visits("P01")
    key = "c" * 16
    number = visit.ask.public.complain(Complaint(key=key, subject="idea")).number
    url = opened(visit, ComplaintHandover(topic="complaint", complaint=key)).content.reveal()
    assert "500 字" in visit.post(url, {"words": " "})
    assert number in visit.post(url, {"words": "长" * 501})
    assert "已经收到" in visit.post(url, {"words": "多放几把椅子<b>"})
    assert OVER in visit.post(url, {"words": "again"})
    assert visit.lever("GET", "/complaints")[0]["words"] == "多放几把椅子<b>"
