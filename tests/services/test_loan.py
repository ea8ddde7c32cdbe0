"""我的贷款: what is owed, the plan, what was paid; overdue, settled, none."""

from __future__ import annotations

from decimal import Decimal

from kiosk.visit.steps import Problem, ShowStatement, ShowTable, Tone
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import World, action, column, facts, titled

BACK = WentBack()
LOAN = titled("我的贷款")
PLAN = titled("还款计划")
REPAYMENTS = titled("还款明细")


def balance(loan: ShowStatement) -> Decimal:
    assert loan.headline is not None
    return loan.headline.amount.reveal()


def states(paid: ShowTable) -> list[str]:
    return [say(value, Language.ZH) for value in column(paid, "状态")]  # type: ignore[arg-type]


def test_a_loan_that_is_being_repaid(here: World) -> None:
    played = here.serve(
        "P03",
        "loan",
        (LOAN, action("plan")),
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
        "年利率": "2.6 %",
        "还款方式": "等额本息",
        "已还期数": "6 / 360 期",
    }
    assert loan.facts[0].tone is Tone.GOOD
    assert loan.note == ""
    plan = next(step for step in played.script.steps if PLAN(step))
    assert len(column(plan, "期次")) == 354
    assert column(plan, "本金")[0] == Decimal("1116.44")
    assert column(plan, "利息")[0] == Decimal("1285.60")
    assert column(plan, "余额（元）")[-1] == 0
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
