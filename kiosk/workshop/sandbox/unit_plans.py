"""What an application for a unit is about, and what it would come to, before anybody decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kiosk import calculations as rules
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Change, Order, Trial, TrialChoice, TrialLine, UnitLimits
from kiosk.centre.unit_orders import (
    UnitBaseOrder,
    UnitEnrolmentOrder,
    UnitOpeningOrder,
    UnitPeopleOrder,
    UnitRatioOrder,
    UnitRemittanceOrder,
)
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox.cases import OrderTarget, PersonCase, Terms, words
from kiosk.workshop.sandbox.publication import edition
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, fen, yuan
from kiosk.workshop.sandbox.units import PAYING, UnitBook

MOST_NAMED = 6
"""So many employees a trial names with their amounts; the others are in the sums."""
PAYMENTS = (Business.UNIT_BACK_PAYMENT, Business.UNIT_REMITTANCE)
APPLICATIONS = (
    Business.UNIT_SEALING,
    Business.UNIT_UNSEALING,
    Business.UNIT_ENROLMENT,
    Business.UNIT_BASE_CHANGE,
    Business.UNIT_RATIO_CHANGE,
)
"""What changes whom a unit pays for, or how much: never while a payment is under way 在途."""


YUAN, PEOPLE = words("元", "yuan"), words("人", "people")


def detail(order: Order, employee: Callable[[str], Row]) -> str | None:
    """What is new in an order for a unit, under the centre's own numbers, in whole fen and
    hundredths; None for every other order. ``employee``: the account behind an id of the session.
    Refuses not-found."""
    match order:
        case UnitPeopleOrder():
            return json.dumps([employee(each)["number"] for each in order.employees])
        case UnitBaseOrder():
            new = {employee(each.employee)["number"]: fen(each.base) for each in order.bases}
            return json.dumps(new)
        case UnitRatioOrder() | UnitOpeningOrder():
            return json.dumps([fen(order.employer_ratio), fen(order.personal_ratio)])
        case UnitRemittanceOrder():
            return order.month.isoformat()
        case UnitEnrolmentOrder():
            read = order.card
            return json.dumps(
                {
                    "kind": read.kind,
                    "name": read.name.reveal(),
                    "name_latin": read.name_latin.reveal(),
                    "name_cut": read.name_cut,
                    "number": read.number.reveal().upper(),
                    "valid_to": read.valid_to,
                    "base": fen(order.base),
                },
                ensure_ascii=False,
            )
    return None


def limits() -> UnitLimits:
    """The city's limits of bases and ratios 政策参数."""
    city = edition().parameters
    return UnitLimits(
        least_base=city.least_base,
        most_base=city.most_base,
        least_ratio=city.least_ratio,
        most_ratio=city.most_ratio,
    )


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What an application comes to: how many people the unit pays for and how much a month, before
    and after, in fen; ``since`` the first month that it counts for."""

    title: CentreWords
    people: tuple[int, int]
    monthly: tuple[int, int]
    since: date
    lines: tuple[TrialLine, ...]
    effects: tuple[CentreWords, ...]
    more: tuple[Change, ...] = ()  # what else changes

    def trial(self) -> Trial:
        before, after = (yuan(each) for each in self.monthly)
        sums = (
            TrialLine(
                label=words("办理后人数", "People paid for, after"),
                count=self.people[1],
                unit=PEOPLE,
            ),
            TrialLine(label=words("现在月缴存额", "A month, now"), money=before, unit=YUAN),
            TrialLine(label=words("办理后月缴存额", "A month, after"), money=after, unit=YUAN),
            TrialLine(label=words("起始日期", "From"), day=self.since),
        )
        return Trial(
            choices=(TrialChoice(way="all", title=self.title, lines=(*self.lines, *sums)),),
            note=words(
                "按现在的缴存基数和比例计算，以核对页为准。",
                "Computed with today's bases and ratios; the next page counts.",
            ),
        )

    def changes(self) -> tuple[Change, ...]:
        """What the agent confirms: the sums before and after, bound to the confirmation."""
        (people, later), (now, then) = self.people, map(yuan, self.monthly)
        counted = Change(
            field="people",
            label=words("缴存人数", "people paid for"),
            before=Sensitive(words(f"{people}人", str(people))),
            after=Sensitive(words(f"{later}人", str(later))),
        )
        paid = Change(
            field="monthly",
            label=words("月缴存额", "monthly payment"),
            before=Sensitive(_amount(now)),
            after=Sensitive(_amount(then)),
        )
        return (*self.more, *([counted] if people != later else []), paid)


def _amount(amount: Decimal) -> CentreWords:
    return words(f"{amount:,.2f}元", f"{amount:,.2f} yuan")


Planner = Callable[[PersonCase, OrderTarget], UnitPlan]
"""What a target comes to. Refuses what the unit cannot have."""


def trial_by(plan: Planner) -> Callable[[PersonCase, OrderTarget, Terms], Trial]:
    return lambda case, target, terms: plan(case, target).trial()


def changes_by(plan: Planner) -> Callable[[PersonCase, OrderTarget], tuple[Change, ...]]:
    return lambda case, target: plan(case, target).changes()


def effects_by(
    plan: Planner,
) -> Callable[[PersonCase, OrderTarget, Terms], tuple[CentreWords, ...]]:
    return lambda case, target, terms: plan(case, target).effects


def judge_units(case: PersonCase, business: Business, terms: Callable[[Row], Terms]) -> list[Terms]:
    """The terms of each unit that the person may act for; what ``terms`` refuses stands in them."""
    found = []
    units = book_of(case).rows(case.person["id"])
    if not units:
        return [Terms(business, refusal=Refused("not-agent"), payee=False)]
    for unit in units:
        try:
            found.append(terms(unit))
        except Refused as refusal:
            found.append(Terms(business, unit=unit, refusal=refusal, payee=False))
    return found


def book_of(case: PersonCase) -> UnitBook:
    return UnitBook(case.store, case.today)


def unit_of(case: PersonCase, target: OrderTarget) -> Row:
    """The unit of ``target``. Refuses not-agent."""
    for row in book_of(case).rows(case.person["id"]):
        if row["number"] == target.unit:
            return row
    raise Refused("not-agent")


def accounts_of(case: PersonCase, target: OrderTarget, numbers: Sequence[str]) -> list[Row]:
    """The accounts ``numbers`` under the unit of ``target``. Refuses not-found."""
    assert target.unit
    known = {row["number"]: row for row in book_of(case).accounts(target.unit)}
    if any(number not in known for number in numbers):
        raise Refused("not-found")
    return [known[number] for number in numbers]


def paying(case: PersonCase, unit: str) -> list[Row]:
    """The accounts that the unit pays for."""
    return [row for row in book_of(case).accounts(unit) if row["status"] in PAYING]


def monthly(row: Row) -> int:
    """What both sides pay for the account a month, in fen."""
    return int(row["employer_amount"] + row["personal_amount"])


def first_unpaid(case: PersonCase, unit: str) -> date:
    """The first month for which a change of the unit counts: this one, or the next when this one is
    paid."""
    book = book_of(case)
    paid = any(each.month == book.this_month for each in book.paid(unit))
    return rules.add_months(book.this_month, 1) if paid else book.this_month


def parts(base: int, employer_ratio: int, personal_ratio: int) -> tuple[int, int]:
    """What employer and employee pay a month, in fen, as the city rounds."""
    city = edition().parameters.rounding
    employer, personal = (
        fen(rules.contribution(yuan(base), yuan(ratio), city))
        for ratio in (employer_ratio, personal_ratio)
    )
    return employer, personal


def must_owe_nothing(case: PersonCase, unit: Row) -> None:
    """Refuses unit-owes-first while the unit owes months before this one."""
    book = book_of(case)
    late = [each for each in book.owed(unit["number"]) if each.month < book.this_month]
    if late:
        amount = sum((each.amount for each in late), Decimal(0))
        raise Refused("unit-owes-first", months=len(late), amount=f"{amount:,.2f}")


def must_be_idle(case: PersonCase, unit: Row, others: Sequence[Business]) -> None:
    """Refuses unit-under-way while one of ``others`` of the same unit is in flight, whoever of its
    agents has confirmed it."""
    marks = ", ".join("?" * len(others))
    if case.store.one(
        "SELECT 1 FROM operation WHERE state IN ('confirmed', 'in-progress') "  # noqa: S608
        f"AND json_extract(target, '$.unit') = ? AND business IN ({marks})",
        unit["number"],
        *others,
    ):
        raise Refused("unit-under-way")


def must_be_within(base: int) -> None:
    """Refuses base-outside."""
    city = limits()
    if not city.least_base <= yuan(base) <= city.most_base:
        raise Refused(
            "base-outside", least=f"{city.least_base:,.2f}", most=f"{city.most_base:,.2f}"
        )


def must_be_lawful(ratios: Sequence[int]) -> None:
    """Refuses ratio-outside."""
    city = limits()
    if not all(city.least_ratio <= yuan(each) <= city.most_ratio for each in ratios):
        raise Refused(
            "ratio-outside", least=f"{city.least_ratio:.0%}", most=f"{city.most_ratio:.0%}"
        )


def note(case: PersonCase, account: str, kind: str, serial: str) -> None:
    """A booking without an amount that tells what has become of the account."""
    balance = case.store.count("SELECT balance FROM account WHERE number = ?", account)
    case.book(account, serial, kind, 0, balance)


def worded_month(month: date) -> str:
    return f"{month.year}年{month.month}月"
