"""转移 at the stand-in centre: accounts merged, brought from elsewhere; 跨省通办."""

from __future__ import annotations

import secrets
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
import requests

from drivers.receipt_printer.types import Pair
from kiosk.operation import OperationState
from kiosk.services.progress import operation_statement
from kiosk.visit.operation_steps import CONFIRM, ConfirmOperation, ShowOutcome
from kiosk.visit.steps import (
    Choose,
    EnterSmsCode,
    Menu,
    PrintingDocument,
    PrintingSlip,
    Problem,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox import operations
from tests.services.money import DirectCommitLine
from tests.services.script import (
    Line,
    Played,
    World,
    column,
    confirmed,
    facts,
    option,
    printed,
    slip_printed,
    texts,
)
from tests.services.test_papers import pages_of
from tests.services.test_receipts_of_operations import PRINT, RECEIPT_ASKED

BACK = WentBack()


def serve(here: World, persona: str, service: str, *lines: Line, **options: Any) -> Played:
    return here.serve(persona, service, *lines, committer=DirectCommitLine(here), **options)


# -- 账户合并 -------------------------------------------------------------------------------------


class Draws:
    """The module of secrets for who draws serials: each number drawn is the same part of all."""

    def __init__(self, share: int) -> None:
        self._share = share

    def __getattr__(self, name: str) -> object:
        return getattr(secrets, name)

    def randbelow(self, below: int) -> int:
        return (below - 1) * self._share


@pytest.mark.parametrize("share", [0, 1], ids=["the least serial", "the greatest"])
def test_p07_makes_one_account_of_two(
    here: World, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever serial is drawn, the ledger tells what was booked last first."""
    monkeypatch.setattr(operations, "secrets", Draws(share))
    stays: Line = (Choose, lambda step: step.options[0].key)
    ledger: tuple[Line, ...] = ((Menu, "ledger"), stays, (ShowTable, BACK), (Choose, BACK))
    played = serve(here, "P07", "account-merge", *confirmed(here), *ledger)
    quote = played.last(ConfirmOperation).operation
    assert (quote.amount, quote.interest) == (D("4401.41"), D("36.19"))
    assert (quote.payee, quote.balance_after) == (None, None)
    changes = {
        each.field: (each.before.reveal().zh, each.after.reveal().zh) for each in quote.changes
    }
    assert changes == {"balance": ("12,331.39元", "16,732.80元"), "accounts": ("2个", "1个")}
    assert "尾号0008的账户销户，4,401.41元并入尾号0007的账户" in quote.effects[0].zh
    assert say(played.last(ShowOutcome).title, Language.ZH) == "账户合并已办成"
    options = [say(each.hint, Language.ZH)[:4] for each in played.last(Choose).options]
    assert options == ["正常 ·", "合并销户"]
    assert say(played.last(Choose).lead, Language.ZH) == "您有 2 个账户"
    table = played.last(ShowTable)
    assert column(table, "金额（元）")[0] == D("4401.41")
    assert column(table, "余额（元）")[0] == D("16732.80")
    moved = [(each["account"], each["amount"]) for each in here.ask("GET", "/movements")]
    assert moved == [("9920070100008", -440_141), ("9925031000007", 440_141)]


@pytest.mark.parametrize("persona", ["P01", "P08"])
def test_who_has_nothing_to_merge_is_told_so(here: World, persona: str) -> None:
    played = serve(here, persona, "account-merge", (Problem, MENU), unrated=True)
    said = "".join(say(each, Language.ZH) for each in texts(played.last(Problem)))
    assert "只有一个账户" in said
    assert "异地转入" in said


# -- 异地转入 -------------------------------------------------------------------------------------

LINJIANG: Line = (Choose, option("临江市"))
DAY_S = 24 * 3600


def wrong(played: Played) -> str:
    """Why the centre that was chosen does not do, on the page that asks for another one."""
    asked = [each for each in played.script.steps if isinstance(each, Choose)]
    return say(asked[1].lead, Language.ZH)


def applied(here: World, **options: Any) -> Played:
    return serve(here, "P01", "transfer-in", LINJIANG, *confirmed(here), **options)


def test_p01_applies_and_the_other_centre_decides(here: World) -> None:
    played = applied(here)
    quote = played.last(ConfirmOperation).operation
    assert quote.referral is not None
    assert quote.referral.centre.zh == "临江市住房公积金管理中心(演示)"
    assert quote.referral.about.zh == "尾号7704的账户，8,640.50元"
    assert (quote.amount, quote.referral.day) == (None, date(2026, 1, 29))
    done = played.last(ShowOutcome)
    assert say(done.title, Language.ZH) == "异地转入已受理"
    said = {say(each.label, Language.ZH): say(each.value, Language.ZH) for each in done.facts}
    assert said["对方中心"] == "临江市住房公积金管理中心(演示)"
    assert said["办到哪一步"] == "申请已发给对方中心"
    assert said["最迟办结"] == "2026年1月29日"
    assert len(said["受理编号"]) == 15
    assert here.ask("GET", "/movements") == [], "nothing has moved with the application"

    look: tuple[Line, ...] = ((Choose, "operation:0"), (ShowStatement, MENU))
    stages = []
    for _day in range(2):
        here.ask("POST", "/clock", {"seconds": DAY_S})
        page = serve(here, "P01", "progress", *look).last(ShowStatement)
        stages.append(facts(page)["办到哪一步"])
    assert stages == ["对方中心已收到，正在核对", "对方中心已同意，正在转钱"]
    here.ask("POST", "/clock", {"seconds": DAY_S})
    once_more: tuple[Line, ...] = ((Menu, "transfer-in"), LINJIANG, (Choose, BACK), (Choose, BACK))
    last = serve(here, "P01", "progress", *look, *once_more)
    ended = facts(last.last(ShowStatement))
    assert (ended["状态"], ended["办到哪一步"]) == ("已办结", "钱已转入")
    assert (ended["转入金额"], ended["办结日期"][:5]) == ("8,640.50 元", "2026年")
    (moved,) = here.ask("GET", "/movements")
    assert (moved["account"], moved["amount"]) == ("9919070100001", 864_050)
    sent = [each["text"] for each in here.ask("GET", "/messages")]
    assert any("异地转入，已办结" in text for text in sent)
    assert any("异地转入已受理" in text for text in sent)
    asked = [each for each in last.script.steps if isinstance(each, Choose)]
    assert "没有查到您的账户" in say(asked[-2].lead, Language.ZH)


LOOK: tuple[Line, ...] = ((Choose, "operation:0"), (ShowStatement, MENU))


def days_pass(here: World, days: int) -> None:
    for _day in range(days):
        here.ask("POST", "/clock", {"seconds": DAY_S})


def pressable(step: ShowStatement) -> list[str]:
    return [say(each.title, Language.ZH) for each in step.actions]


def test_an_application_is_taken_back_until_the_other_centre_agrees(here: World) -> None:
    applied(here)
    days_pass(here, 1)
    take_back: tuple[Line, ...] = (
        (Choose, "operation:0"),
        (ShowStatement, "withdraw-application"),
        (ShowStatement, MENU),
    )
    played = serve(here, "P01", "progress", *take_back)
    before, after = (each for each in played.script.steps if isinstance(each, ShowStatement))
    assert pressable(before) == ["撤销申请", "反映问题", "返回首页"]
    assert (say(after.title, Language.ZH), pressable(after)) == ("申请已撤销", ["返回首页"])
    assert (facts(after)["状态"], facts(after)["办到哪一步"]) == ("已撤销", "申请已撤销")
    assert facts(after)["撤销日期"] == "2026年1月15日"
    sent = [each["text"] for each in here.ask("GET", "/messages")]
    assert any("异地转入，已撤销" in text for text in sent)
    days_pass(here, 3)
    assert here.ask("GET", "/movements") == [], "nobody decides on it any more"
    applied(here)  # and it can be applied for again


def test_what_the_other_centre_has_agreed_to_is_not_taken_back(here: World) -> None:
    applied(here)
    days_pass(here, 2)
    played = serve(here, "P01", "progress", *LOOK)
    assert "撤销申请" not in pressable(played.last(ShowStatement))


def test_the_other_centre_agrees_while_the_citizen_takes_it_back(here: World) -> None:
    applied(here)
    days_pass(here, 1)
    here.ask("POST", "/clock", {"seconds": DAY_S - 200})

    def too_late(step: ShowStatement) -> str:
        here.ask("POST", "/clock", {"seconds": 300})
        return "withdraw-application"

    lines: tuple[Line, ...] = (
        (Choose, "operation:0"),
        (ShowStatement, too_late),
        (ShowStatement, MENU),
    )
    page = serve(here, "P01", "progress", *lines).last(ShowStatement)
    assert say(page.title, Language.ZH) == "没有撤销"
    assert facts(page)["办到哪一步"] == "对方中心已同意，正在转钱"


def test_ten_days_in_which_nobody_asks_end_at_the_decision(here: World) -> None:
    """The other centre takes its steps by the clock, not by how often somebody asks."""
    address = applied(here).last(ConfirmOperation).operation.status_url
    here.ask("POST", "/clock", {"seconds": 10 * DAY_S})
    assert '<dd id="state">已办结</dd>' in requests.get(address, timeout=60).text
    (moved,) = here.ask("GET", "/movements")
    assert moved["amount"] == 864_050


def test_p12_is_paid_after_the_centres_have_clarified_something(here: World) -> None:
    haiwan: Line = (Choose, option("海湾市"))
    serve(here, "P12", "transfer-in", haiwan, *confirmed(here))
    days_pass(here, 2)
    page = serve(here, "P12", "progress", *LOOK).last(ShowStatement)
    assert facts(page)["办到哪一步"] == "两个中心正在核对"
    assert "撤销申请" in pressable(page)
    days_pass(here, 1)
    ended = facts(serve(here, "P12", "progress", *LOOK).last(ShowStatement))
    assert (ended["状态"], ended["办到哪一步"]) == ("已办结", "核对以后已转入")
    (moved,) = here.ask("GET", "/movements")
    assert moved["amount"] == 318_020


def test_it_fails_where_the_account_here_was_closed_meanwhile(here: World) -> None:
    applied(here)
    here.ask("PUT", "/accounts/9919070100001?status=05")
    days_pass(here, 3)
    page = serve(here, "P01", "progress", *LOOK).last(ShowStatement)
    assert (facts(page)["状态"], facts(page)["办到哪一步"]) == ("对方中心没有通过", "没有转成")
    assert here.ask("GET", "/movements") == []


def test_what_is_under_way_is_not_applied_for_again(here: World) -> None:
    applied(here)
    (number,) = [each["reference"] for each in here.ask("GET", "/operations")]
    played = serve(here, "P01", "transfer-in", (Problem, MENU), unrated=True)
    assert number in all_of(played)


def all_of(played: Played) -> str:
    return "".join(say(each, Language.ZH) for each in texts(played.last(Problem)))


def test_the_other_centre_may_refuse_in_the_end(here: World) -> None:
    applied(here)
    here.ask("PUT", "/elsewhere/P01/C02?status=06")
    for _day in range(3):
        here.ask("POST", "/clock", {"seconds": DAY_S})
    page = serve(here, "P01", "progress", (Choose, "operation:0"), (ShowStatement, MENU))
    shown = page.last(ShowStatement)
    assert facts(shown)["状态"] == "对方中心没有通过"
    assert "冻结" in say(shown.note, Language.ZH)
    assert here.ask("GET", "/movements") == []


@pytest.mark.parametrize(
    ("persona", "centre", "why"),
    [
        ("P01", "海湾市", "没有查到您的账户"),
        ("P03", "海湾市", "未结清的公积金贷款"),
        ("P06", "示范市", "冻结"),
        ("P11", "临江市", "正常缴存"),
    ],
)
def test_what_cannot_be_had_there_is_told_and_another_centre_chosen(
    here: World, persona: str, centre: str, why: str
) -> None:
    chosen: Line = (Choose, option(centre))
    played = serve(here, persona, "transfer-in", chosen, (Choose, BACK), (Choose, BACK))
    assert why in wrong(played)


@pytest.mark.parametrize(("persona", "why"), [("P02", "连续缴存满6个月"), ("P08", "冻结")])
def test_who_has_no_account_in_use_here_is_told_why(here: World, persona: str, why: str) -> None:
    played = serve(here, persona, "transfer-in", (Problem, MENU), unrated=True)
    assert why in all_of(played)


def test_slip_receipt_and_page_say_that_it_is_accepted_only(here: World) -> None:
    lines: tuple[Line, ...] = (
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, here.code),
        (ShowOutcome, "slip"),
        (PrintingSlip, slip_printed),
        RECEIPT_ASKED,
        PRINT,
        (PrintingDocument, printed),
        (ShowOutcome, MENU),
    )
    played = serve(here, "P01", "transfer-in", LINJIANG, *lines)
    slip = played.last(PrintingSlip).request.slip
    pairs = {each.label: each.value for each in slip.elements if isinstance(each, Pair)}
    assert pairs["状态"] == "已受理，对方中心办理中"
    assert pairs["对方中心"] == "临江市住房公积金管理中心(演示)"
    assert pairs["最迟办结"] == "2026年1月29日"
    assert "受理编号" in pairs
    (page,) = pages_of(played)
    for said in (
        "对方中心临江市住房公积金管理中心(演示)",
        "尾号7704的账户",
        "仅证明上列申请已经受理",
    ):
        assert said in page, said
    address = played.last(ConfirmOperation).operation.status_url
    assert "已受理，对方中心办理中" in requests.get(address, timeout=60).text


# -- 跨省通办 -------------------------------------------------------------------------------------

JIANGZHOU: Line = (Choose, option("江州市"))
RENT: Line = (Choose, "rent")


def test_p01_applies_to_a_centre_in_another_province(here: World) -> None:
    played = serve(here, "P01", "cross-province", JIANGZHOU, RENT, *confirmed(here))
    quote = played.last(ConfirmOperation).operation
    assert quote.referral is not None
    assert quote.referral.about.zh == "租房提取"
    assert "在对方中心登记的银行卡" in quote.effects[-1].zh
    done = played.last(ShowOutcome)
    assert say(done.title, Language.ZH) == "跨省通办已受理"
    said = {say(each.label, Language.ZH): say(each.value, Language.ZH) for each in done.facts}
    assert (said["对方中心"][:6], said["最迟办结"]) == ("江北省江州市", "2026年1月29日")
    assert "办到哪一步" not in said
    assert len(said["受理编号"]) == 15

    for state in (OperationState.CANCELLED, OperationState.EXPIRED, OperationState.REFUSED):
        ended = operation_statement(quote.model_copy(update={"state": state}), ())
        assert "最迟办结" not in facts(ended), "no centre decides on it"

    again: tuple[Line, ...] = (JIANGZHOU, RENT, (Choose, BACK), (Choose, BACK), (Choose, BACK))
    lead = [
        say(each.lead, Language.ZH)
        for each in serve(here, "P01", "cross-province", *again).script.steps
        if isinstance(each, Choose)
    ][2]
    assert said["受理编号"] in lead

    here.ask("POST", "/clock", {"seconds": DAY_S})
    page = serve(here, "P01", "progress", *LOOK).last(ShowStatement)
    assert facts(page)["状态"] == "已办结"


def test_an_application_to_another_province_is_taken_back(here: World) -> None:
    serve(here, "P01", "cross-province", JIANGZHOU, RENT, *confirmed(here))
    lines: tuple[Line, ...] = (
        (Choose, "operation:0"),
        (ShowStatement, "withdraw-application"),
        (ShowStatement, MENU),
    )
    page = serve(here, "P01", "progress", *lines).last(ShowStatement)
    assert facts(page)["状态"] == "已撤销"
    assert "办到哪一步" not in facts(page)


@pytest.mark.parametrize(
    ("persona", "centre", "item", "why"),
    [
        ("P01", "海阳市", "rent", "没有查到您的账户"),
        ("P01", "江州市", "settlement", "没有查到您的贷款"),
        ("P06", "江州市", "retirement", "冻结"),
    ],
)
def test_what_the_other_province_does_not_take_is_told(
    here: World, persona: str, centre: str, item: str, why: str
) -> None:
    chosen: tuple[Line, ...] = ((Choose, option(centre)), (Choose, item))
    back: tuple[Line, ...] = ((Choose, BACK),) * 3
    played = serve(here, persona, "cross-province", *chosen, *back)
    asked = [each for each in played.script.steps if isinstance(each, Choose)]
    assert why in say(asked[2].lead, Language.ZH)


def test_a_frozen_account_there_has_papers_all_the_same(here: World) -> None:
    item: Line = (Choose, "certificate")
    serve(here, "P06", "cross-province", JIANGZHOU, item, *confirmed(here))
    here.ask("POST", "/clock", {"seconds": DAY_S})
    page = serve(here, "P06", "progress", (Choose, "operation:0"), (ShowStatement, MENU))
    assert facts(page.last(ShowStatement))["状态"] == "已办结"


def test_the_other_province_may_refuse_in_the_end(here: World) -> None:
    serve(here, "P01", "cross-province", JIANGZHOU, RENT, *confirmed(here))
    here.ask("PUT", "/elsewhere/P01/X01?status=06")
    here.ask("POST", "/clock", {"seconds": DAY_S})
    page = serve(here, "P01", "progress", (Choose, "operation:0"), (ShowStatement, MENU))
    assert facts(page.last(ShowStatement))["状态"] == "对方中心没有通过"
