"""Withdrawals 提取: who can have how much for which reason, and the bookings they make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kiosk import calculations as rules
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import AgreedText, CheckedFact
from kiosk.operation import Business
from kiosk.privacy import mask_bank_card
from kiosk.workshop.sandbox.cases import (
    BANK,
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.personas import birth_of
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, yuan

LEAST = 100_00
"""Least amount of a withdrawal that leaves the account open, in fen."""
KEPT = 1
"""Fen that stay in an account that is not closed."""
RENT_A_YEAR = 18_000_00
MONTHS_BETWEEN = 12
MONTHS_SEALED = 6
MONTHS_FOR_RENT = 3
RETIRED, REPAYING, RENTING, OTHER = "03", "06", "07", "99"
"""Reasons of table A.7."""
NORMAL, SEALED, FROZEN, WITHDRAWN = "01", "02", "06", "05"
"""States of table A.6."""


_PROMISE = AgreedText(
    id="promise",
    version="2026-01",
    title=words("提取承诺", "Promise"),
    short=words("以上情况属实，同意中心核验", "All of this is true, and the centre may verify it"),
    text="本人承诺：提取原因真实，符合《住房公积金管理条例》规定的提取情形；同意中心向有关部门核验。"
    "如有不实，愿退回所提资金并承担相应责任。",
)
_CLOSES = (
    words("账户将销户，余额和利息一次付清", "The account is closed; balance and interest go out"),
)
_PENSIONS = words("市人力资源和社会保障局", "Social insurance bureau")
_HOMES = words("市不动产登记中心", "Real-estate register")
_CENTRE = words("本中心", "This centre")
_BANKS = words("商业银行", "Commercial banks")

Judge = Callable[[PersonCase, Row], Terms]


def _checked(
    fact: tuple[str, str], source: CentreWords, outcome: tuple[str, str], good: bool
) -> CheckedFact:
    return CheckedFact(fact=words(*fact), source=source, outcome=words(*outcome), good=good)


NO_HOME = _checked(
    ("本地住房", "Home in this city"), _HOMES, ("名下无房", "None in your name"), True
)


def for_accounts(business: Business, judge: Judge) -> Callable[[PersonCase], list[Terms]]:
    """Judges every open account: those that can be had, else the first refusal."""

    def judged(case: PersonCase) -> list[Terms]:
        accounts = case.accounts()
        if not accounts:
            return [Terms(business, refusal=Refused("no-open-account"))]
        all_terms = [_judged(business, judge, case, account) for account in accounts]
        return [terms for terms in all_terms if not terms.refusal] or all_terms[:1]

    return judged


def _judged(business: Business, judge: Judge, case: PersonCase, account: Row) -> Terms:
    try:
        if not case.fact["sms_signed"]:
            raise Refused("sms-signing-needed")
        if not case.fact["card_signed"]:
            raise Refused("card-signing-needed")
        case.must_have_cooled("card_changed")
        if account["status"] == FROZEN:
            raise Refused("withdrawal-frozen", since=account["frozen_on"])
        if account["status"] not in (NORMAL, SEALED):
            raise Refused("account-not-eligible")
        return judge(case, account)
    except Refused as refusal:
        return Terms(business, account=account, refusal=refusal)


# -- 离退休, 离职: they close the account ---------------------------------------------------------


def _closing(business: Business, case: PersonCase, account: Row, *checked: CheckedFact) -> Terms:
    if case.open_loans():
        raise Refused("loan-open")
    interest = case.accrued(account)
    return Terms(
        business,
        account=account,
        amount=account["balance"] + interest,
        interest=interest,
        effects=_CLOSES,
        texts=(_PROMISE,),
        checked=checked,
    )


def _retirement(case: PersonCase, account: Row) -> Terms:
    retired_on = case.fact["retired_on"]
    birth = birth_of(case.person["number"])
    month = rules.retirement_month(birth, "man" if case.person["sex"] == "1" else "cadre")
    if not retired_on and case.today < month:
        raise Refused("not-retired", month=f"{month:%Y-%m}")
    if account["status"] == NORMAL:
        raise Refused("seal-first")
    outcome = (f"{retired_on}起退休", f"Retired since {retired_on}")
    if not retired_on:
        outcome = ("已到法定退休年龄", "Statutory retirement age reached")
    return _closing(
        Business.RETIREMENT_WITHDRAWAL,
        case,
        account,
        _checked(("退休信息", "Retirement"), _PENSIONS, outcome, True),
    )


def _leaving(case: PersonCase, account: Row) -> Terms:
    if account["status"] == NORMAL:
        raise Refused("still-employed")
    if any(other["status"] == NORMAL for other in case.accounts()):
        raise Refused("pays-elsewhere")
    free = rules.add_months(date.fromisoformat(account["sealed_on"]), MONTHS_SEALED)
    if case.today < free:
        raise Refused("sealed-too-short", day=free.isoformat())
    if case.fact["pays_elsewhere"]:
        raise Refused("pays-elsewhere")
    return _closing(
        Business.LEAVING_WITHDRAWAL,
        case,
        account,
        _checked(
            ("参保缴费", "Employment"),
            _PENSIONS,
            ("没有新的单位缴存", "No new employer pays"),
            True,
        ),
        _checked(
            ("账户封存", "Sealed account"),
            _CENTRE,
            (f"{account['sealed_on']}起封存", f"Sealed since {account['sealed_on']}"),
            True,
        ),
    )


# -- 偿还公积金贷款, 偿还商业贷款, 租房: they leave the account open ------------------------------


def _partial(
    business: Business, case: PersonCase, account: Row, most: int, *checked: CheckedFact,
    loan: Row | None = None,
) -> Terms:  # fmt: skip
    most = min(most, account["balance"] - KEPT)
    if most < LEAST:
        raise Refused("nothing-to-withdraw")
    return Terms(
        business,
        account=account,
        loan=loan,
        least=LEAST,
        most=most,
        next_possible=rules.add_months(case.today, MONTHS_BETWEEN),
        texts=(_PROMISE,),
        checked=checked,
    )


def _not_within_a_year(case: PersonCase, *reasons: str) -> None:
    last = case.last_withdrawal(*reasons)
    if last and case.today < (day := rules.add_months(last, MONTHS_BETWEEN)):
        raise Refused("not-yet", day=day.isoformat())


def repaid(case: PersonCase, loan: Row) -> int:
    """Principal and interest repaid in the last twelve months, in fen."""
    since = rules.add_months(case.today, -MONTHS_BETWEEN)
    return case.store.count(
        "SELECT coalesce(sum(amount), 0) FROM (SELECT amount FROM instalment WHERE loan = ? "
        "AND paid_on > ? UNION ALL SELECT principal + interest FROM prepayment WHERE loan = ? "
        "AND day > ?)",
        loan["number"],
        since.isoformat(),
        loan["number"],
        since.isoformat(),
    )


def overdue(case: PersonCase, loan: Row) -> int:
    """What is overdue, with penalties, in fen."""
    return case.store.count(
        "SELECT coalesce(sum(amount + penalty), 0) FROM instalment "
        "WHERE loan = ? AND paid_on IS NULL AND kind = '04'",
        loan["number"],
    )


def _repay_loan(case: PersonCase, account: Row) -> Terms:
    loans = case.loans()
    if not loans:
        raise Refused("no-loan")
    loan = next(iter(case.open_loans()), None)
    if loan is None:
        raise Refused("loan-settled")
    due = overdue(case, loan)
    if due:
        raise Refused("loan-overdue", due=f"{yuan(due):,.2f}")
    if case.store.one("SELECT 1 FROM offset_agreement WHERE loan = ?", loan["number"]):
        raise Refused("offset-signed")
    _not_within_a_year(case, REPAYING)
    paid = repaid(case, loan)
    if not paid:
        raise Refused("loan-not-yet-repaid")
    return _partial(
        Business.REPAY_LOAN_WITHDRAWAL,
        case,
        account,
        paid,
        _checked(("贷款状态", "State of the loan"), _CENTRE, ("正常还款", "Repaid in time"), True),
        _checked(
            ("近12个月还款", "Repaid in twelve months"),
            _CENTRE,
            (f"{yuan(paid):,.2f}元", f"{yuan(paid):,.2f} yuan"),
            True,
        ),
        loan=loan,
    )


def _repay_mortgage(case: PersonCase, account: Row) -> Terms:
    mortgage = next(iter(case.mortgages()), None)
    if mortgage is None:
        raise Refused("no-mortgage")
    if mortgage["overdue"]:
        raise Refused("mortgage-overdue")
    _not_within_a_year(case, REPAYING)
    paid = yuan(mortgage["repaid"])
    return _partial(
        Business.REPAY_MORTGAGE_WITHDRAWAL,
        case,
        account,
        mortgage["repaid"],
        _checked(
            ("近12个月还款", "Repaid in twelve months"),
            _BANKS,
            (f"{mortgage['bank']}：{paid:,.2f}元", f"{paid:,.2f} yuan"),
            True,
        ),
    )


def must_rent(case: PersonCase, account: Row) -> None:
    """Refuses who has a fund loan or a home, and who has not been paid for long enough."""
    if case.open_loans():
        raise Refused("rent-with-loan")
    if case.fact["owns_home"]:
        raise Refused("owns-home")
    must_have_months(case, account, MONTHS_FOR_RENT)


def must_have_months(case: PersonCase, account: Row, needed: int) -> None:
    """Refuses too-few-months, unless so many months in a row are paid until now."""
    opened, paid_to = date.fromisoformat(account["opened"]), account["paid_to"]
    months = 0
    if account["status"] == NORMAL and paid_to:
        until = date.fromisoformat(paid_to)
        if rules.months_between(until, case.today) <= 0:
            months = rules.months_between(opened, until) + 1
    if months < needed:
        raise Refused("too-few-months", needed=needed, months=months)


def standing_order(case: PersonCase, account: Row) -> Row | None:
    """What is paid out of the account each month 约定提取."""
    return case.store.one("SELECT * FROM standing_order WHERE account = ?", account["number"])


def _rent(case: PersonCase, account: Row) -> Terms:
    must_rent(case, account)
    if standing_order(case, account):
        raise Refused("standing-set")
    left = RENT_A_YEAR - case.store.count(
        "SELECT coalesce(sum(-amount), 0) FROM booking WHERE account = ? AND reason = ? "
        "AND booked >= ?",
        account["number"],
        RENTING,
        f"{case.today.year}-01-01",
    )
    if left < LEAST:
        raise Refused("year-used-up")
    return _partial(
        Business.RENT_WITHDRAWAL,
        case,
        account,
        left,
        NO_HOME,
    )


def must_have_none_under_way(case: PersonCase) -> None:
    """Refuses withdrawal-under-way."""
    businesses = [rule.business for rule in RULES]
    marks = ", ".join("?" * len(businesses))
    if case.store.one(
        "SELECT 1 FROM operation WHERE person = ? AND state IN ('confirmed', 'in-progress') "  # noqa: S608
        f"AND business IN ({marks})",
        case.person["id"],
        *businesses,
    ):
        raise Refused("withdrawal-under-way")


# -- bookings -------------------------------------------------------------------------------------


def _book(reason: str) -> Callable[[PersonCase, OrderTarget, Terms, str], list[Movement]]:
    def carry_out(
        case: PersonCase, target: OrderTarget, terms: Terms, serial: str
    ) -> list[Movement]:
        account = terms.account
        assert account  # every withdrawal is from one
        number, card = account["number"], mask_bank_card(case.person["bank_card"])
        amount = target.amount if terms.amount is None else terms.amount
        assert amount
        closes = terms.amount is not None
        balance = account["balance"]
        if terms.interest:
            balance += terms.interest
            case.book(number, f"{serial}1", "09", terms.interest, balance)
        balance -= amount
        paid = {"reason": reason, "way": "02", "bank": BANK, "bank_card": card}
        case.book(number, serial, "12" if closes else "11", -amount, balance, **paid)
        if closes:
            case.store.run("DELETE FROM standing_order WHERE account = ?", number)
        case.store.run(
            "UPDATE account SET balance = ?, status = ? WHERE number = ?",
            balance,
            WITHDRAWN if closes else account["status"],
            number,
        )
        return [Movement(-amount, account=number)]

    return carry_out


def _rule(business: Business, judge: Judge, reason: str) -> BusinessRule:
    return BusinessRule(
        business=business,
        group="withdrawal",
        kind="withdrawal",
        service="withdraw",
        judge=for_accounts(business, judge),
        carry_out=_book(reason),
        needs_authorisation=True,
    )


RULES = (
    _rule(Business.REPAY_LOAN_WITHDRAWAL, _repay_loan, REPAYING),
    _rule(Business.RENT_WITHDRAWAL, _rent, RENTING),
    _rule(Business.REPAY_MORTGAGE_WITHDRAWAL, _repay_mortgage, REPAYING),
    _rule(Business.RETIREMENT_WITHDRAWAL, _retirement, RETIRED),
    _rule(Business.LEAVING_WITHDRAWAL, _leaving, OTHER),
)
