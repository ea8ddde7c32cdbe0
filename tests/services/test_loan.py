"""我的贷款: what is owed, the plan, what was paid; overdue, settled, none."""

from __future__ import annotations

from decimal import Decimal

from kiosk.visit.steps import Problem, ShowLoan, ShowPlan, ShowRepayments
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import World, action

BACK = WentBack()


def test_a_loan_that_is_being_repaid(here: World) -> None:
    played = here.serve(
        "P03",
        "loan",
        (ShowLoan, action("plan")),
        (ShowPlan, BACK),
        (ShowLoan, action("repayments")),
        (ShowRepayments, BACK),
        (ShowLoan, BACK),
    )
    loan = played.last(ShowLoan).loan
    assert loan.balance.reveal() == Decimal("593351.84")
    assert (loan.next_amount, loan.terms_overdue) == (Decimal("2402.04"), 0)
    plan = played.last(ShowPlan).entries
    assert len(plan) == 354
    assert (plan[0].principal, plan[0].interest) == (Decimal("1116.44"), Decimal("1285.60"))
    assert plan[-1].balance == 0
    paid = played.last(ShowRepayments).entries
    assert len(paid) == 6
    assert all(entry.paid_on for entry in paid)
    assert played.calls["GET /v1/loans"] == 1, "going back asks nothing twice"
    assert played.calls["GET /v1/loans/{id}/plan"] == 1


def test_a_loan_in_arrears(here: World) -> None:
    played = here.serve(
        "P15", "loan", (ShowLoan, action("repayments")), (ShowRepayments, BACK), (ShowLoan, BACK)
    )
    loan = played.last(ShowLoan).loan
    assert (loan.terms_overdue, loan.due_now) == (2, Decimal("4100.71"))
    assert loan.penalty == Decimal("17.69")
    owed = [entry for entry in played.last(ShowRepayments).entries if entry.paid_on is None]
    assert [entry.term for entry in owed] == [6, 5]


def test_a_loan_that_is_settled(here: World) -> None:
    played = here.serve(
        "P06", "loan", (ShowLoan, action("plan")), (ShowPlan, BACK), (ShowLoan, BACK)
    )
    loan = played.last(ShowLoan).loan
    assert loan.balance.reveal() == 0
    assert loan.settled_on is not None
    assert played.last(ShowPlan).entries == ()


def test_no_loan_is_said_kindly_and_leads_home(here: World) -> None:
    played = here.serve("P01", "loan", (Problem, action("menu")), unrated=True)
    page = played.last(Problem)
    assert say(page.title, Language.ZH) == "您名下没有公积金贷款"
    assert "借款人" in say(page.advice[0][1], Language.ZH)
