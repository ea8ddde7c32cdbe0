"""What can be done with a loan: 提前部分还款 with a trial both ways, 提前结清, 委托按月还贷."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from kiosk import calculations as rules
from kiosk.calculations import Instalment
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import AgreedText, Trial, TrialChoice, TrialLine
from kiosk.operation import Business
from kiosk.workshop.sandbox.accounts import balance_of
from kiosk.workshop.sandbox.cases import (
    BANK,
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, fen, yuan
from kiosk.workshop.sandbox.withdrawals import overdue

LEAST = 10_000_00
"""Least amount of a prepayment, in fen."""
TERMS_PAID = 6
"""Instalments that must be paid before a prepayment."""
DAYS_OFF_DUE = 2
"""No prepayment so many days before or after an instalment is due."""
SHORTER, LOWER = "shorter-term", "lower-payment"

Judge = Callable[[PersonCase, Row], Terms]


_YUAN = words("元", "yuan")
_PERIODS = words("期", "periods")


def _for_loans(business: Business, judge: Judge) -> Callable[[PersonCase], list[Terms]]:
    """Judges every loan that is not settled; without one, refuses."""

    def judged(case: PersonCase) -> list[Terms]:
        loans = case.open_loans()
        if not loans:
            why = "loan-settled" if case.loans() else "no-loan"
            return [Terms(business, refusal=Refused(why), payee=False)]
        return [_judged(business, judge, case, loan) for loan in loans]

    return judged


def _judged(business: Business, judge: Judge, case: PersonCase, loan: Row) -> Terms:
    try:
        due = overdue(case, loan)
        if due:
            raise Refused("loan-overdue", due=f"{yuan(due):,.2f}")
        return judge(case, loan)
    except Refused as refusal:
        return Terms(business, loan=loan, refusal=refusal, payee=False)


# -- 提前部分还款 ---------------------------------------------------------------------------------


def _lines(case: PersonCase, loan: Row) -> list[Row]:
    return case.store.all("SELECT * FROM instalment WHERE loan = ? ORDER BY term", loan["number"])


def _debt(case: PersonCase, loan: Row) -> int:
    return balance_of(case.store, loan, _lines(case, loan))


def _not_near_due(case: PersonCase, coming: Row) -> None:
    due = date.fromisoformat(coming["due"])
    if abs((due - case.today).days) <= DAYS_OFF_DUE:
        free = due + timedelta(days=DAYS_OFF_DUE + 1)
        raise Refused("too-near-due", day=free.isoformat())


def _not_twice_a_month(case: PersonCase, loan: Row) -> None:
    month = f"{case.today:%Y-%m}"
    if case.store.one(
        "SELECT 1 FROM prepayment WHERE loan = ? AND substr(day, 1, 7) = ?", loan["number"], month
    ):
        free = rules.add_months(case.today.replace(day=1), 1)
        raise Refused("prepaid-this-month", day=free.isoformat())


def _prepayment(case: PersonCase, loan: Row) -> Terms:
    lines = _lines(case, loan)
    coming = [row for row in lines if not row["paid_on"]]
    if len(lines) - len(coming) < TERMS_PAID:
        raise Refused("too-few-paid", needed=TERMS_PAID, months=len(lines) - len(coming))
    if len(coming) < 2:
        raise Refused("last-term")
    _not_near_due(case, coming[0])
    _not_twice_a_month(case, loan)
    debt = _debt(case, loan)
    least = max(LEAST, coming[0]["amount"])
    if debt <= least:
        raise Refused("last-term")
    return Terms(Business.PREPAYMENT, loan=loan, least=least, most=debt - 1, debt=debt, payee=False)


def _plans(
    case: PersonCase, loan: Row, amount: int
) -> tuple[list[Instalment], dict[str, list[Instalment]]]:
    """The plan as it is, and the plan after a prepayment, either way."""
    coming = [row for row in _lines(case, loan) if not row["paid_on"]]
    debt, rate = yuan(_debt(case, loan)), Decimal(loan["rate"])
    first, payment = coming[0]["term"], yuan(coming[0]["amount"])
    now = list(rules.equal_instalments(debt, rate, len(coming), payment=payment, first_term=first))
    left = debt - yuan(amount)
    return now, {
        SHORTER: list(
            rules.equal_instalments(left, rate, len(coming), payment=payment, first_term=first)
        ),
        LOWER: list(rules.equal_instalments(left, rate, len(coming), first_term=first)),
    }


def _interest(plan: list[Instalment]) -> Decimal:
    return sum((line.interest for line in plan), Decimal(0))


def _ends(case: PersonCase, loan: Row, plan: list[Instalment]) -> date:
    first = next(row for row in _lines(case, loan) if not row["paid_on"])
    return rules.add_months(date.fromisoformat(first["due"]), len(plan) - 1)


_CHOICES = {
    SHORTER: words("缩短年限，月供不变", "Shorter term, same payment"),
    LOWER: words("降低月供，年限不变", "Lower payment, same term"),
}


def _prepayment_trial(case: PersonCase, target: OrderTarget, terms: Terms) -> Trial:
    loan, amount = terms.loan, target.amount
    assert loan
    assert amount
    now, plans = _plans(case, loan, amount)
    return Trial(
        choices=tuple(
            TrialChoice(
                way=way,
                title=_CHOICES[way],
                lines=(
                    _line("月供", "Monthly payment", plan[0].amount, _YUAN),
                    _line("剩余期数", "Periods left", len(plan), _PERIODS),
                    _line("还清年月", "Paid off in", _ends(case, loan, plan)),
                    _line("以后利息合计", "Interest to come", _interest(plan), _YUAN),
                    _line("节约利息", "Interest saved", _interest(now) - _interest(plan), _YUAN),
                ),
                balances=tuple(line.balance for line in islice(plan, 11, None, 12)),
            )
            for way, plan in plans.items()
        ),
        note=words(
            "试算，按今天的利率；以扣款当日为准", "A trial at today's rate; the debit decides"
        ),
    )


def _line(
    zh: str, en: str, value: Decimal | int | date, unit: CentreWords | None = None
) -> TrialLine:
    match value:
        case Decimal():
            return TrialLine(label=words(zh, en), money=value, unit=unit)
        case int():
            return TrialLine(label=words(zh, en), count=value, unit=unit)
        case date():
            return TrialLine(label=words(zh, en), day=value, unit=unit)


def _prepayment_effects(
    case: PersonCase, target: OrderTarget, terms: Terms
) -> tuple[CentreWords, ...]:
    loan, amount, way = terms.loan, target.amount, target.way
    assert loan
    assert amount
    assert way
    now, plans = _plans(case, loan, amount)
    plan = plans[way]
    saved = _interest(now) - _interest(plan)
    return (
        _debit(case, amount),
        words(
            f"{_CHOICES[way].zh}：月供{plan[0].amount:,.2f}元，还剩{len(plan)}期",
            f"{_CHOICES[way].en}: {plan[0].amount:,.2f} yuan a month, {len(plan)} periods left",
        ),
        words(f"约节约利息{saved:,.2f}元", f"Saves some {saved:,.2f} yuan of interest"),
    )


def _debit(case: PersonCase, amount: int) -> CentreWords:
    day, tail = case.working_day(1), case.person["bank_card"][-4:]
    return words(
        f"{day.month}月{day.day}日从{BANK}尾号{tail}的还款卡扣款{yuan(amount):,.2f}元",
        f"{yuan(amount):,.2f} yuan are debited on {day.isoformat()} from the card ending in {tail}",
    )


def _book_prepayment(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    loan, amount, way = terms.loan, target.amount, target.way
    assert loan
    assert amount
    assert way
    _, plans = _plans(case, loan, amount)
    first = next(row for row in _lines(case, loan) if not row["paid_on"])
    due = date.fromisoformat(first["due"])
    _book(case, loan, serial, amount, 0)
    case.store.run("DELETE FROM instalment WHERE loan = ? AND paid_on IS NULL", loan["number"])
    case.store.insert_all(
        "instalment",
        (
            {
                "loan": loan["number"],
                "term": line.term,
                "due": rules.add_months(due, number).isoformat(),
                "paid_on": None,
                "kind": "06" if line is plans[way][-1] else "02",
                "amount": fen(line.amount),
                "principal": fen(line.principal),
                "interest": fen(line.interest),
                "penalty": 0,
                "balance": fen(line.balance),
            }
            for number, line in enumerate(plans[way])
        ),
    )
    return [Movement(-amount, loan=loan["number"])]


def _book(case: PersonCase, loan: Row, serial: str, principal: int, interest: int) -> None:
    case.store.insert(
        "prepayment",
        {
            "serial": serial,
            "loan": loan["number"],
            "day": case.today.isoformat(),
            "principal": principal,
            "interest": interest,
            "balance": _debt(case, loan) - principal,
        },
    )


# -- 提前结清 -------------------------------------------------------------------------------------


def _settlement(case: PersonCase, loan: Row) -> Terms:
    lines = _lines(case, loan)
    paid = [row for row in lines if row["paid_on"]]
    coming = [row for row in lines if not row["paid_on"]]
    _not_near_due(case, coming[0])
    since = date.fromisoformat(paid[-1]["due"] if paid else loan["granted_on"])
    debt = _debt(case, loan)
    interest = fen(
        rules.accrued_loan_interest(yuan(debt), Decimal(loan["rate"]), (case.today - since).days)
    )
    return Terms(
        Business.SETTLEMENT,
        loan=loan,
        amount=debt + interest,
        interest=interest,
        debt=debt,
        effects=(
            _debit(case, debt + interest),
            words("贷款结清，之后可以打印结清证明", "The loan is settled; proof can be printed"),
        ),
        payee=False,
    )


def _settlement_trial(case: PersonCase, target: OrderTarget, terms: Terms) -> Trial:
    assert terms.loan
    assert terms.amount
    now, _ = _plans(case, terms.loan, 0)
    saved = _interest(now) - yuan(terms.interest)
    choice = TrialChoice(
        way="settlement",
        title=words("提前结清", "Settlement"),
        lines=(
            _line("本金", "Principal", yuan(terms.amount - terms.interest), _YUAN),
            _line("到今天的利息", "Interest until today", yuan(terms.interest), _YUAN),
            _line("合计", "Together", yuan(terms.amount), _YUAN),
            _line("节约利息", "Interest saved", saved, _YUAN),
        ),
    )
    return Trial(choices=(choice,), saved=saved)


def _book_settlement(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    loan, amount = terms.loan, terms.amount
    assert loan
    assert amount
    _book(case, loan, serial, amount - terms.interest, terms.interest)
    case.store.run("DELETE FROM instalment WHERE loan = ? AND paid_on IS NULL", loan["number"])
    case.store.run(
        "UPDATE loan SET settled_on = ?, state = '3' WHERE number = ?",
        case.today.isoformat(),
        loan["number"],
    )
    return [Movement(-amount, loan=loan["number"])]


# -- 委托按月还贷 ---------------------------------------------------------------------------------

_AGREEMENT = AgreedText(
    id="monthly-offset",
    version="2026-01",
    title=words("委托按月还贷协议", "Agreement on monthly repayment"),
    short=words(
        "每月先从公积金账户还贷款，不足部分从还款卡扣",
        "Each month the loan is paid from the account first, the rest from the card",
    ),
    text="一、委托人委托中心每月从本人住房公积金账户提取资金，偿还本人的住房公积金贷款。\n"
    "二、扣划顺序：先借款人账户，后共同借款人账户；不足部分从还款银行卡扣收。\n"
    "三、账户保留0.01元。\n四、协议期间不再办理偿还公积金贷款提取。\n"
    "五、账户被冻结、封存或销户的，当月起停止扣划。\n六、贷款逾期的，先还逾期。\n"
    "七、提前还款后按新的月供扣划。\n八、委托人应保证还款银行卡余额充足。\n"
    "九、委托人可以随时解约，次月起停止扣划。\n十、贷款结清或账户销户时协议自动终止。\n"
    "十一、中心按月以短信告知扣划结果。\n十二、本协议自确认之日起生效，下一个还款日开始扣划。",
)


def _offset(case: PersonCase, loan: Row) -> Terms:
    account = next((row for row in case.accounts() if row["status"] == "01"), None)
    if account is None:
        raise Refused("account-not-eligible")
    signed = case.store.one("SELECT * FROM offset_agreement WHERE loan = ?", loan["number"])
    first = next(row for row in _lines(case, loan) if not row["paid_on"])
    if signed:
        return Terms(
            Business.MONTHLY_OFFSET,
            loan=loan,
            ways=("cancel",),
            effects=(words("解约，次月起停止扣划", "Ends; no more debits from next month on"),),
            payee=False,
        )
    return Terms(
        Business.MONTHLY_OFFSET,
        loan=loan,
        ways=("sign",),
        spouse=case.spouse() if loan["co_borrower"] else None,
        effects=(
            words(
                f"从{first['due']}起，每月{yuan(first['amount']):,.2f}元先从公积金账户扣",
                f"From {first['due']} on, {yuan(first['amount']):,.2f} yuan a month are taken "
                "from the account first",
            ),
            words(
                "协议期间不能办理偿还公积金贷款提取",
                "Meanwhile nothing can be withdrawn to repay the loan",
            ),
        ),
        texts=(_AGREEMENT,),
        payee=False,
    )


def _offset_effects(case: PersonCase, target: OrderTarget, terms: Terms) -> tuple[CentreWords, ...]:
    if not target.spouse:
        return terms.effects
    both = words(
        "先扣您的账户，不足部分再扣配偶的账户",
        "Your account is debited first, then your spouse's",
    )
    return (both, *terms.effects)


def _book_offset(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    assert terms.loan
    if target.way == "cancel":
        case.store.run("DELETE FROM offset_agreement WHERE loan = ?", terms.loan["number"])
    else:
        row = {"loan": terms.loan["number"], "serial": serial, "since": case.today.isoformat()}
        case.store.insert("offset_agreement", row)
    return []


RULES = (
    BusinessRule(
        business=Business.PREPAYMENT,
        group="loan",
        kind="prepayment",
        service="prepay",
        judge=_for_loans(Business.PREPAYMENT, _prepayment),
        carry_out=_book_prepayment,
        trial=_prepayment_trial,
        effects=_prepayment_effects,
    ),
    BusinessRule(
        business=Business.SETTLEMENT,
        group="loan",
        kind="prepayment",
        service="prepay",
        judge=_for_loans(Business.SETTLEMENT, _settlement),
        carry_out=_book_settlement,
        trial=_settlement_trial,
    ),
    BusinessRule(
        business=Business.MONTHLY_OFFSET,
        group="loan",
        kind="monthly-offset",
        service="monthly-offset",
        judge=_for_loans(Business.MONTHLY_OFFSET, _offset),
        carry_out=_book_offset,
        effects=_offset_effects,
    ),
)
