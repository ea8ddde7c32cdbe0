"""单位: how the stand-in centre judges and carries out what an agent does for a unit."""

from __future__ import annotations

from datetime import date

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Trial, TrialChoice, TrialLine
from kiosk.centre.units import RemittanceMonth
from kiosk.operation import Business
from kiosk.workshop.sandbox.cases import BusinessRule, Movement, OrderTarget, PersonCase, Terms
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, fen, yuan
from kiosk.workshop.sandbox.units import UnitBook

BACK_PAYMENT = "02"


def _words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


_YUAN = _words("元", "yuan")


def _late(case: PersonCase, unit: Row) -> list[RemittanceMonth]:
    """The months that the unit owes before this one, oldest first."""
    book = UnitBook(case.store, case.today)
    return [each for each in book.owed(unit["number"]) if each.month < book.this_month]


def _judge(case: PersonCase) -> list[Terms]:
    units = UnitBook(case.store, case.today).rows(case.person["id"])
    if not units:
        return [Terms(Business.UNIT_BACK_PAYMENT, refusal=Refused("not-agent"), payee=False)]
    return [_terms(case, unit) for unit in units]


def _terms(case: PersonCase, unit: Row) -> Terms:
    late = _late(case, unit)
    if not late:
        no = Refused("nothing-owed")
        return Terms(Business.UNIT_BACK_PAYMENT, unit=unit, refusal=no, payee=False)
    first, last = (f"{each.month:%Y-%m}" for each in (late[0], late[-1]))
    bank, tail = unit["bank"], unit["bank_account"]
    return Terms(
        Business.UNIT_BACK_PAYMENT,
        unit=unit,
        amount=sum(fen(each.amount) for each in late),
        effects=(
            _words(
                f"从单位在{bank}的账户（{tail}）扣款",
                f"Paid from the employer's account at {bank} ({tail})",
            ),
            _words(
                f"补缴{first}至{last}，记入职工个人账户",
                f"For {first} to {last}, booked to the employees' accounts",
            ),
        ),
        payee=False,
    )


def _trial(case: PersonCase, target: OrderTarget, terms: Terms) -> Trial:
    assert terms.unit
    late = _late(case, terms.unit)
    book = UnitBook(case.store, case.today)
    rows = [row for each in late for row in book.owing(terms.unit["number"], each.month)]
    employer = yuan(sum(row["employer_amount"] for row in rows))
    personal = yuan(sum(row["personal_amount"] for row in rows))
    lines = (
        TrialLine(label=_words("补缴月数", "Months"), count=len(late)),
        TrialLine(label=_words("人次", "Payments"), count=len(rows)),
        TrialLine(label=_words("单位部分", "Employer's part"), money=employer, unit=_YUAN),
        TrialLine(label=_words("个人部分", "Personal part"), money=personal, unit=_YUAN),
        TrialLine(label=_words("合计", "Together"), money=employer + personal, unit=_YUAN),
    )
    first, last = (f"{each.month:%Y-%m}" for each in (late[0], late[-1]))
    title = _words(f"{first} 至 {last}", f"{first} to {last}")
    return Trial(
        choices=(TrialChoice(way="all", title=title, lines=lines),),
        note=_words(
            "按现在的缴存基数和比例计算，以核对页为准。",
            "Computed with today's bases and ratios; the next page counts.",
        ),
    )


def _pay(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    assert terms.unit
    book, moved = UnitBook(case.store, case.today), list[Movement]()
    for each in _late(case, terms.unit):
        for row in book.owing(terms.unit["number"], each.month):
            moved.append(_book(case, row, each.month, f"{serial}{len(moved):03}"))
    return moved


def _book(case: PersonCase, row: Row, month: date, serial: str) -> Movement:
    """Book one month to the account of one employee."""
    amount = row["employer_amount"] + row["personal_amount"]
    balance = case.store.count("SELECT balance FROM account WHERE number = ?", row["number"])
    case.store.insert(
        "booking",
        {
            "serial": serial,
            "account": row["number"],
            "booked": case.today.isoformat(),
            "kind": BACK_PAYMENT,
            "month": month.isoformat(),
            "amount": amount,
            "balance": balance + amount,
        },
    )
    case.store.run(
        "UPDATE account SET balance = ?, paid_to = ? WHERE number = ?",
        balance + amount,
        month.isoformat(),
        row["number"],
    )
    return Movement(amount, account=row["number"])


RULES = (
    BusinessRule(
        business=Business.UNIT_BACK_PAYMENT,
        group="unit",
        kind="unit-back-payment",
        service="unit-back-payment",
        judge=_judge,
        carry_out=_pay,
        trial=_trial,
    ),
)
