"""我的贷款: what is owed, the plan, what was paid; overdue, settled, none."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from kiosk.centre.client import CentreClient
from kiosk.visit.public_steps import ShowLoanYears
from kiosk.visit.steps import Problem, ShowStatement, ShowTable, Tone
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import World, action, column, facts, titled
from ui.contents import LoanYearsContent
from ui.views import Look, derive

BACK = WentBack()
LOAN = titled("我的贷款")
PLAN = titled("还款计划")
REPAYMENTS = titled("还款明细")


def balance(loan: ShowStatement) -> Decimal:
    assert loan.headline is not None
    return loan.headline.amount.reveal()


def sums(table: ShowTable) -> list[tuple[str, str]]:
    return [(say(each.label, Language.ZH), say(each.value, Language.ZH)) for each in table.sums]


def states(paid: ShowTable) -> list[str]:
    return [say(value, Language.ZH) for value in column(paid, "状态")]  # type: ignore[arg-type]


def test_the_years_of_a_loan_as_a_chart(here: World) -> None:
    played = here.serve("P03", "loan", (LOAN, action("years")), (ShowLoanYears, BACK), (LOAN, BACK))
    page = played.last(ShowLoanYears)
    assert page.own
    assert [year.year for year in page.years] == list(range(2025, 2056))
    assert page.years[0].principal == Decimal("6648.16")
    assert page.years[0].balance == Decimal("593351.84")
    assert page.years[-1].balance == 0
    assert sum(year.principal for year in page.years) == 600_000
    assert {say(fact.label, Language.ZH): say(fact.value, Language.ZH) for fact in page.facts} == {
        "已还本金": "6,648.16 元",
        "已还利息": "7,764.08 元",
        "贷款余额": "593,351.84 元",
        "以后利息合计": "256,969.39 元",
        "余额减到一半": "2043 年",
        "全部还清": "2055年6月",
    }
    seen = derive(page, Look(revealed=True))
    hidden = derive(page, Look(revealed=False))
    assert isinstance(seen, LoanYearsContent)
    assert isinstance(hidden, LoanYearsContent)
    assert seen.balance == "剩余贷款（60 万 → 0）"
    assert hidden.balance == "剩余贷款"
    assert not re.search(r"\d[.,]\d", str((hidden.scale, hidden.facts, hidden.spoken)))
    assert set(hidden.scale) == {""}
    assert (seen.eye, hidden.eye) == ("隐藏金额", "显示金额")


def test_an_overdue_loan_has_its_owed_instalments_in_the_chart(here: World) -> None:
    loans = here.serve("P15", "loan", (LOAN, action("years")), (ShowLoanYears, BACK), (LOAN, BACK))
    page = loans.last(ShowLoanYears)
    assert sum(year.principal for year in page.years) == 450_000


def test_a_settled_loan_has_only_what_was_paid(here: World) -> None:
    played = here.serve("P06", "loan", (LOAN, action("years")), (ShowLoanYears, BACK), (LOAN, BACK))
    page = played.last(ShowLoanYears)
    assert page.note == ""
    assert page.years[-1].balance == 0


def test_a_loan_without_any_instalment_has_no_chart(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in ("plan", "repayments"):
        monkeypatch.setattr(CentreClient, call, lambda self, loan: ())
    here.serve("P03", "loan", (LOAN, action("years")), (REPAYMENTS, BACK), (LOAN, BACK))


def test_a_loan_that_is_being_repaid(here: World) -> None:
    played = here.serve(
        "P03",
        "loan",
        (LOAN, action("plan")),
        (PLAN, "2055"),
        (PLAN, BACK),
        (LOAN, action("repayments")),
        (REPAYMENTS, BACK),
        (LOAN, BACK),
    )
    loan = played.last(ShowStatement)
    assert balance(loan) == Decimal("593351.84")
    assert facts(loan) == {
        "贷款状态": "正常",
        "下次还款日": "2026年1月20日",
        "下次应还": "2,402.04 元",
        "放款金额": "600,000.00 元",
        "放款日期": "2025年6月10日",
        "年利率": "2.6%",
        "还款方式": "等额本息",
        "已还期数": "6 / 360 期",
    }
    assert loan.facts[0].tone is Tone.GOOD
    assert loan.note == ""
    tables = [step for step in played.script.steps if isinstance(step, ShowTable) and PLAN(step)]
    plan, end = tables[:2]
    assert say(plan.lead, Language.ZH) == "还有 354 期"
    assert [tab.key for tab in plan.tabs] == [str(year) for year in range(2026, 2056)]
    assert column(plan, "期次") == list(range(7, 19))
    assert column(plan, "本金")[0] == Decimal("1116.44")
    assert column(plan, "利息")[0] == Decimal("1285.60")
    assert sums(plan) == [
        ("这年本金（元）", "13,558.13"),
        ("这年利息（元）", "15,266.35"),
        ("年底余额（元）", "579,793.71"),
    ]
    assert end.tab == "2055"
    assert column(end, "余额（元）")[-1] == 0
    paid = played.last(ShowTable)
    assert len(paid.rows) == 6
    assert "未还" not in states(paid)
    assert say(paid.lead, Language.ZH) == "到期的 6 期都已还款"
    assert played.calls["GET /v1/loans"] == 1, "going back asks nothing twice"
    assert played.calls["GET /v1/loans/{id}/plan"] == 1


def test_a_loan_in_arrears(here: World) -> None:
    played = here.serve(
        "P15", "loan", (LOAN, action("repayments")), (REPAYMENTS, BACK), (LOAN, BACK)
    )
    loan = played.last(ShowStatement)
    assert say(loan.note, Language.ZH).startswith(
        "有 2 期未还，今天还清需 4,100.71 元（含罚息 17.69 元）。"
    )
    assert (loan.facts[0].tone, loan.note_tone) == (Tone.BAD, Tone.BAD)
    paid = played.last(ShowTable)
    owed = [
        term
        for term, state in zip(column(paid, "期次"), states(paid), strict=True)
        if state == "未还"
    ]
    assert owed == [6, 5]
    assert say(paid.lead, Language.ZH) == "有 2 期未还"


def test_a_loan_that_is_settled(here: World) -> None:
    played = here.serve("P06", "loan", (LOAN, action("plan")), (PLAN, BACK), (LOAN, BACK))
    loan = played.last(ShowStatement)
    assert balance(loan) == 0
    assert "结清日期" in facts(loan)
    assert "下次还款日" not in facts(loan)
    assert played.last(ShowTable).rows == ()


def test_no_loan_is_said_kindly_and_leads_home(here: World) -> None:
    played = here.serve("P01", "loan", (Problem, action("menu")), unrated=True)
    page = played.last(Problem)
    assert say(page.title, Language.ZH) == "您名下没有公积金贷款"
    assert "借款人" in say(page.advice[0][1], Language.ZH)
