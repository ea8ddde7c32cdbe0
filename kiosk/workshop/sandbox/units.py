"""Looks up what an agent may see of a unit: its account, its months, its employees.

What a unit has paid is read from the bookings of its employees, so that no list can differ from the
accounts; what it owes is what its employees in use have of each month since.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kiosk import calculations as rules
from kiosk.centre.models import CentreWords, MaskingRules
from kiosk.centre.units import (
    Employee,
    MonthList,
    MonthShare,
    RemittanceMonth,
    Remittances,
    Unit,
)
from kiosk.privacy import Sensitive, mask_name
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Row, Store, yuan

PAYING = ("01", "06")
"""A.6: what a unit pays for, accounts in use and frozen ones."""
_MASKING = MaskingRules().account
_PAID_IN = ("01", "02")


class UnitBook:
    """Looks up what belongs to the units of an agent; refuses not-found for any other unit."""

    def __init__(self, store: Store, today: date) -> None:
        self._store = store
        self._today = today

    @property
    def this_month(self) -> date:
        return self._today.replace(day=1)

    # -- for an agent -------------------------------------------------------------------------

    def units(self, visitor: TokenHolder) -> list[Unit]:
        """The units that the visitor may act for."""
        return [self._unit(visitor, row) for row in self._rows_of(visitor)]

    def find(self, visitor: TokenHolder, handle: str) -> Row:
        """The unit whose id in this session is ``handle``. Refuses not-found."""
        for row in self._rows_of(visitor):
            if visitor.handle(row["number"]) == handle:
                return row
        raise Refused("not-found")

    def find_employee(self, visitor: TokenHolder, handle: str) -> Row:
        """The account of an employee whose id in this session is ``handle``, of any unit of the
        visitor's. Refuses not-found."""
        for unit in self._rows_of(visitor):
            for row in self.accounts(unit["number"]):
                if visitor.handle(row["number"]) == handle:
                    return row
        raise Refused("not-found")

    def remittances(self, visitor: TokenHolder, handle: str, year: int | None) -> Remittances:
        """The months of ``year``; without ``year``, of the newest."""
        unit = self.find(visitor, handle)
        months = [*self.owed(unit["number"])[::-1], *self.paid(unit["number"])]
        years = tuple(dict.fromkeys(each.month.year for each in months))
        chosen = year or (years[0] if years else self._today.year)
        of_year = tuple(each for each in months if each.month.year == chosen)
        return Remittances(
            year=chosen,
            years=years,
            months=of_year,
            paid=sum((each.amount for each in of_year if each.paid_on), Decimal("0.00")),
            owed=sum((each.amount for each in of_year if not each.paid_on), Decimal("0.00")),
        )

    def month(self, visitor: TokenHolder, handle: str, month: date) -> MonthList:
        """Who has how much of ``month``. Refuses not-found."""
        unit = self.find(visitor, handle)
        paid = self._store.all(
            "SELECT account.*, person.name, person.name_latin, booking.amount AS booked_amount, "
            "booking.employer_amount AS booked_of_employer, booking.booked "
            "FROM booking JOIN account ON account.number = booking.account "
            "JOIN person ON person.id = account.person "
            "WHERE employer = ? AND kind IN (?, ?) AND month = ? ORDER BY account.number",
            unit["number"],
            *_PAID_IN,
            month.isoformat(),
        )
        if paid:
            shares = [_share(row, row["booked_amount"], row["booked_of_employer"]) for row in paid]
            paid_on = date.fromisoformat(max(row["booked"] for row in paid))
        else:
            owing = self.owing(unit["number"], month) if month <= self.this_month else []
            shares = [
                _share(row, row["employer_amount"] + row["personal_amount"], row["employer_amount"])
                for row in owing
            ]
            paid_on = None
        if not shares:
            raise Refused("not-found")
        amount = sum((share.amount for share in shares), Decimal("0.00"))
        return MonthList(month=month, paid_on=paid_on, shares=tuple(shares), amount=amount)

    def employees(self, visitor: TokenHolder, handle: str) -> list[Employee]:
        """Everybody with an account under the unit, those in use first."""
        unit = self.find(visitor, handle)
        return [
            Employee(
                id=visitor.handle(row["number"]),
                name=masked(row),
                account=_MASKING.mask(Sensitive(row["number"])),
                status=row["status"],
                base=yuan(row["base"]),
                amount=yuan(row["employer_amount"] + row["personal_amount"]),
                paid_to=_first(row["paid_to"]),
                no_sealing=_reason(why_no_sealing(row, self.this_month)),
                no_unsealing=_reason(why_no_unsealing(self._store, row)),
            )
            for row in self.accounts(unit["number"])
        ]

    # -- for the rules ------------------------------------------------------------------------

    def rows(self, person: str) -> list[Row]:
        """The units that ``person`` may act for."""
        return self._store.all(
            "SELECT unit.*, employer.name, employer.status FROM unit "
            "JOIN employer ON employer.number = unit.number WHERE agent = ? ORDER BY unit.number",
            person,
        )

    def accounts(self, unit: str) -> list[Row]:
        """The accounts under the unit that are not closed, those in use first."""
        return self._store.all(
            "SELECT account.*, person.name, person.name_latin FROM account "
            "JOIN person ON person.id = account.person "
            "WHERE employer = ? AND account.status NOT IN ('03', '04', '05') "
            "ORDER BY account.status, account.number",
            unit,
        )

    def paid(self, unit: str) -> list[RemittanceMonth]:
        """The months that the unit has paid, newest first."""
        rows = self._store.all(
            "SELECT month, min(kind) AS kind, count(*) AS people, sum(amount) AS amount, "
            "max(booked) AS booked FROM booking JOIN account ON account.number = booking.account "
            "WHERE employer = ? AND kind IN (?, ?) AND month IS NOT NULL "
            "GROUP BY month ORDER BY month DESC",
            unit,
            *_PAID_IN,
        )
        return [
            RemittanceMonth(
                month=date.fromisoformat(row["month"]),
                kind=row["kind"],
                people=row["people"],
                amount=yuan(row["amount"]),
                paid_on=date.fromisoformat(row["booked"]),
            )
            for row in rows
        ]

    def owing(self, unit: str, month: date) -> list[Row]:
        """The accounts in use for which ``month`` is not paid yet."""
        return [
            row
            for row in self.accounts(unit)
            if row["status"] in PAYING
            and (row["paid_to"] is None or date.fromisoformat(row["paid_to"]) < month)
        ]

    def owed(self, unit: str) -> list[RemittanceMonth]:
        """The months up to this one that the unit has not paid, oldest first."""
        paid_to = [_first(row["paid_to"]) for row in self.accounts(unit) if row["status"] in PAYING]
        month = min((each for each in paid_to if each), default=self.this_month)
        months = []
        while month < self.this_month:
            month = rules.add_months(month, 1)
            owing = self.owing(unit, month)
            amount = sum(row["employer_amount"] + row["personal_amount"] for row in owing)
            kind = "01" if month == self.this_month else "02"
            months.append(
                RemittanceMonth(month=month, kind=kind, people=len(owing), amount=yuan(amount))
            )
        return months

    # -- inside -------------------------------------------------------------------------------

    def _rows_of(self, visitor: TokenHolder) -> list[Row]:
        """The units that the session serves: all of its agent, or the one it was opened for."""
        rows = self.rows(visitor.person["id"])
        return [row for row in rows if visitor.unit in ("", row["number"])]

    def _unit(self, visitor: TokenHolder, row: Row) -> Unit:
        accounts = self.accounts(row["number"])
        paying = [each for each in accounts if each["status"] in PAYING]
        owed = self.owed(row["number"])
        late = [each for each in owed if each.month < self.this_month]
        paid = self.paid(row["number"])
        of_month = [each for each in (*owed, *paid) if each.month == self.this_month]
        return Unit(
            id=visitor.handle(row["number"]),
            name=row["name"],
            number=row["number"],
            status=row["status"],
            organisation=row["organisation"],
            address=row["address"],
            representative=Sensitive(row["representative"]),
            agent=Sensitive(visitor.person["name"]),
            bank=row["bank"],
            opened=date.fromisoformat(row["opened"]),
            pay_day=row["pay_day"],
            employer_ratio=yuan(row["employer_ratio"]),
            personal_ratio=yuan(row["personal_ratio"]),
            people=len(paying),
            sealed=sum(each["status"] == "02" for each in accounts),
            paid_to=rules.add_months(owed[0].month, -1)
            if owed
            else (paid[0].month if paid else None),
            month=self.this_month,
            due=sum((each.amount for each in of_month), Decimal("0.00")),
            paid=not owed,
            months_in_arrears=len(late),
            arrears=sum((each.amount for each in late), Decimal("0.00")),
            as_of=self._today,
        )


def why_no_sealing(row: Row, month: date) -> Refused | None:
    """Why the account cannot be sealed in ``month``; None: it can."""
    if row["status"] == "06":
        return Refused("employee-frozen")
    if row["status"] != "01":
        return Refused("employee-sealed")
    if row["paid_to"] is None or date.fromisoformat(row["paid_to"]) < month:
        return Refused("seal-unpaid", month=f"{month.year}年{month.month}月", en=f"{month:%Y-%m}")
    return None


def why_no_unsealing(store: Store, row: Row) -> Refused | None:
    """Why the account cannot be unsealed; None: it can."""
    if row["status"] != "02":
        return Refused("employee-in-use")
    if store.one("SELECT 1 FROM account WHERE person = ? AND status IN (?, ?)", row["person"],
                 *PAYING):  # fmt: skip
        return Refused("employee-elsewhere")
    return None


def _reason(refused: Refused | None) -> CentreWords | None:
    return refused.body.reason if refused else None


def masked(row: Row) -> str:
    """The name of an employee as agents see it: 王*."""
    return mask_name(row["name"] or row["name_latin"])


def _share(row: Row, amount: int, employer: int) -> MonthShare:
    return MonthShare(
        name=masked(row),
        account=_MASKING.mask(Sensitive(row["number"])),
        employer_amount=yuan(employer),
        personal_amount=yuan(amount - employer),
        amount=yuan(amount),
    )


def _first(month: str | None) -> date | None:
    return date.fromisoformat(month) if month else None
