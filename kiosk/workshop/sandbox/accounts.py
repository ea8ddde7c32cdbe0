"""Looks up what a person has at the centre: accounts, ledger, withdrawals and loans.

The answers are models of the contract, filled under their wire names: the field identifiers of
JGJ/T 320-2014.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from kiosk import calculations as rules
from kiosk.centre.models import (
    Account,
    CentreWords,
    Ledger,
    LedgerEntry,
    Loan,
    Person,
    PlanEntry,
    Repayment,
    Withdrawal,
)
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Row, Store, yuan

NORMAL, SEALED, FROZEN = "01", "02", "06"
CLOSED = frozenset({"03", "04", "05"})
OVERDUE = "04"


def person(visitor: TokenHolder) -> Person:
    row = visitor.person
    return Person(
        name=Sensitive(row["name"]),
        name_latin=Sensitive(row["name_latin"]),
        sex=row["sex"],
        document_kind=row["document_kind"],
        document_number=Sensitive(row["number"]),
        phone=Sensitive(row["phone"]),
    )


class Accounts:
    """Looks up what belongs to a visitor; refuses not-found for an id of anybody else."""

    def __init__(self, store: Store, today: date) -> None:
        self._store = store
        self._today = today

    # -- deposits -----------------------------------------------------------------------------

    def accounts(self, visitor: TokenHolder) -> list[Account]:
        """All accounts, those in use first."""
        return [self.account(visitor, row) for row in self._rows(visitor)]

    def find(self, visitor: TokenHolder, handle: str) -> Row:
        """The row of the account whose id in this session is ``handle``. Refuses not-found."""
        for row in self._rows(visitor):
            if visitor.handle(row["number"]) == handle:
                return row
        raise Refused("not-found")

    def account(self, visitor: TokenHolder, row: Row) -> Account:
        paid_to = _day(row["paid_to"])
        arrears = 0
        if row["status"] == NORMAL and paid_to:
            arrears = max(0, rules.months_between(paid_to, self._today))
        opened = date.fromisoformat(row["opened"])
        continuous = 0
        if row["status"] in (NORMAL, FROZEN) and paid_to and not arrears:
            continuous = rules.months_between(opened, paid_to) + 1
        owing = self._store.count(
            "SELECT count(*) FROM loan WHERE person = ? AND settled_on IS NULL", row["person"]
        )
        sealed, frozen = _day(row["sealed_on"]), _day(row["frozen_on"])
        return Account(
            id=visitor.handle(row["number"]),
            number=Sensitive(row["number"]),
            status=row["status"],
            opened=opened,
            balance=Sensitive(yuan(row["balance"])),
            base=yuan(row["base"]),
            personal_amount=yuan(row["personal_amount"]),
            employer_amount=yuan(row["employer_amount"]),
            personal_ratio=yuan(row["personal_ratio"]),
            employer_ratio=yuan(row["employer_ratio"]),
            employer=row["employer_name"],
            employer_number=row["employer"],
            employer_status=row["employer_status"],
            paid_to=paid_to,
            months_in_arrears=arrears,
            continuous_months=continuous,
            sealed_on=sealed,
            frozen_on=frozen,
            note=_note(row["status"], arrears, sealed, frozen),
            no_certificate=_NO_CERTIFICATE.get(row["status"]),
            has_loan=bool(owing),
            as_of=self._today,
        )

    def ledger(self, visitor: TokenHolder, handle: str, year: int | None) -> Ledger:
        """The bookings of ``year``; without ``year``, of the newest year that has bookings."""
        account = self.find(visitor, handle)
        rows = self._store.all(
            "SELECT * FROM booking WHERE account = ? ORDER BY booked DESC, rowid DESC",
            account["number"],
        )
        years = tuple(dict.fromkeys(int(row["booked"][:4]) for row in rows))
        chosen = year or (years[0] if years else self._today.year)
        of_year = [row for row in rows if int(row["booked"][:4]) == chosen]

        def total(*kinds: str) -> Decimal:
            return yuan(sum(row["amount"] for row in of_year if row["kind"] in kinds))

        return Ledger(
            year=chosen,
            years=years,
            entries=tuple(
                LedgerEntry(
                    booked=date.fromisoformat(row["booked"]),
                    kind=row["kind"],
                    month=_day(row["month"]),
                    amount=yuan(row["amount"]),
                    balance=yuan(row["balance"]),
                    serial=row["serial"],
                )
                for row in of_year
            ),
            paid_in=total("01", "02"),
            interest=total("09"),
            withdrawn=-total("11", "12"),
        )

    def withdrawals(self, visitor: TokenHolder, handle: str) -> list[Withdrawal]:
        """Withdrawals, newest first; ``total`` is the sum of a withdrawal and all before."""
        account = self.find(visitor, handle)
        rows = self._store.all(
            "SELECT *, sum(-amount) OVER (ORDER BY booked, rowid) AS total FROM booking "
            "WHERE account = ? AND kind IN ('11', '12') ORDER BY booked DESC, rowid DESC",
            account["number"],
        )
        return [
            Withdrawal(
                booked=date.fromisoformat(row["booked"]),
                reason=row["reason"],
                way=row["way"],
                amount=yuan(-row["amount"]),
                total=yuan(row["total"]),
                bank=row["bank"],
                bank_card=row["bank_card"],
                serial=row["serial"],
            )
            for row in rows
        ]

    def _rows(self, visitor: TokenHolder) -> list[Row]:
        return self._store.all(
            "SELECT account.*, employer.name AS employer_name, employer.status AS employer_status "
            "FROM account JOIN employer ON employer.number = account.employer "
            "WHERE person = ? ORDER BY account.status, account.number",
            visitor.person["id"],
        )

    # -- loans --------------------------------------------------------------------------------

    def loans(self, visitor: TokenHolder) -> list[Loan]:
        return [self._loan(visitor, row) for row in self._loan_rows(visitor)]

    def plan(self, visitor: TokenHolder, handle: str) -> list[PlanEntry]:
        """The instalments still to come; overdue instalments stand among the repayments."""
        loan = self.find_loan(visitor, handle)
        return [
            PlanEntry(
                term=row["term"],
                due=date.fromisoformat(row["due"]),
                amount=yuan(row["amount"]),
                principal=yuan(row["principal"]),
                interest=yuan(row["interest"]),
                balance=yuan(row["balance"]),
            )
            for row in self._instalments(loan)
            if row["paid_on"] is None and row["kind"] != OVERDUE
        ]

    def repayments(self, visitor: TokenHolder, handle: str) -> list[Repayment]:
        """Instalments that were paid or are overdue, newest first; the amount of an overdue
        instalment includes its penalty."""
        loan = self.find_loan(visitor, handle)
        lines = self._instalments(loan)
        balance = balance_of(self._store, loan, lines)
        early = self._store.all(
            "SELECT * FROM prepayment WHERE loan = ? ORDER BY rowid DESC", loan["number"]
        )
        term = next((row["term"] for row in lines if not row["paid_on"]), len(lines) or 1)
        prepaid = [
            Repayment(
                term=term,
                due=date.fromisoformat(row["day"]),
                paid_on=date.fromisoformat(row["day"]),
                kind="06" if loan["settled_on"] else "03",
                amount=yuan(row["principal"] + row["interest"]),
                principal=yuan(row["principal"]),
                interest=yuan(row["interest"]),
                penalty=yuan(0),
                balance=yuan(row["balance"]),
            )
            for row in early
        ]
        return prepaid + [
            Repayment(
                term=row["term"],
                due=date.fromisoformat(row["due"]),
                paid_on=_day(row["paid_on"]),
                kind=row["kind"],
                amount=yuan(row["amount"] + row["penalty"]),
                principal=yuan(row["principal"]),
                interest=yuan(row["interest"]),
                penalty=yuan(row["penalty"]),
                balance=yuan(row["balance"] if row["paid_on"] else balance),
            )
            for row in reversed(lines)
            if row["paid_on"] or row["kind"] == OVERDUE
        ]

    def has_had_loan(self, person: str) -> bool:
        return bool(self._store.count("SELECT count(*) FROM loan WHERE person = ?", person))

    def settlement_number(self, loan: str) -> str:
        """The number of the certificate that a loan is settled 结清证明: one for each settlement,
        counted within the year of it."""
        row = self._store.one("SELECT settled_on FROM loan WHERE number = ?", loan)
        assert row  # asked for a settled loan of the visitor's
        year = row["settled_on"][:4]
        before = self._store.count(
            "SELECT count(*) FROM loan WHERE settled_on LIKE ? AND (settled_on, number) <= (?, ?)",
            f"{year}-%",
            row["settled_on"],
            loan,
        )
        return f"云岭公积金结字〔{year}〕第{before:05}号"

    def _loan(self, visitor: TokenHolder, loan: Row) -> Loan:
        lines = self._instalments(loan)
        paid = [row for row in lines if row["paid_on"]]
        overdue = [row for row in lines if not row["paid_on"] and row["kind"] == OVERDUE]
        coming = next((r for r in lines if not r["paid_on"] and r["kind"] != OVERDUE), None)

        def total(rows: list[Row], column: str) -> Decimal:
            return yuan(sum(row[column] for row in rows))

        return Loan(
            id=visitor.handle(loan["number"]),
            number=Sensitive(loan["number"]),
            contract=Sensitive(loan["contract"]),
            state=loan["state"],
            granted=yuan(loan["granted"]),
            granted_on=date.fromisoformat(loan["granted_on"]),
            balance=Sensitive(yuan(balance_of(self._store, loan, lines))),
            rate=Decimal(loan["rate"]),
            way=loan["way"],
            terms=loan["terms"],
            terms_paid=len(paid),
            repay_day=loan["repay_day"],
            next_due=date.fromisoformat(coming["due"]) if coming else None,
            next_amount=yuan(coming["amount"]) if coming else None,
            next_principal=yuan(coming["principal"]) if coming else None,
            next_interest=yuan(coming["interest"]) if coming else None,
            principal_paid=total(paid, "principal") + self._early(loan, "principal"),
            interest_paid=total(paid, "interest") + self._early(loan, "interest"),
            overdue_principal=total(overdue, "principal"),
            overdue_interest=total(overdue, "interest"),
            penalty=total(overdue, "penalty"),
            terms_overdue=len(overdue),
            due_now=total(overdue, "amount") + total(overdue, "penalty"),
            risk=loan["risk"],
            security=loan["security"],
            bank=loan["bank"],
            house=Sensitive(loan["house"]),
            co_borrower=Sensitive(loan["co_borrower"]) if loan["co_borrower"] else None,
            settled_on=_day(loan["settled_on"]),
        )

    def find_loan(self, visitor: TokenHolder, handle: str) -> Row:
        """The row of the loan whose id in this session is ``handle``. Refuses not-found."""
        for row in self._loan_rows(visitor):
            if visitor.handle(row["number"]) == handle:
                return row
        raise Refused("not-found")

    def _loan_rows(self, visitor: TokenHolder) -> list[Row]:
        return self._store.all(
            "SELECT * FROM loan WHERE person = ? ORDER BY granted_on DESC", visitor.person["id"]
        )

    def _early(self, loan: Row, column: Literal["principal", "interest"]) -> Decimal:
        return yuan(
            self._store.count(
                f"SELECT coalesce(sum({column}), 0) FROM prepayment WHERE loan = ?",  # noqa: S608
                loan["number"],
            )
        )

    def _instalments(self, loan: Row) -> list[Row]:
        return self._store.all(
            "SELECT * FROM instalment WHERE loan = ? ORDER BY term", loan["number"]
        )


def balance_of(store: Store, loan: Row, lines: list[Row]) -> int:
    """The debt in fen: the balance after the last paid instalment, less what was paid early."""
    paid = [row["balance"] for row in lines if row["paid_on"]]
    early = store.count(
        "SELECT coalesce(sum(principal), 0) FROM prepayment WHERE loan = ?", loan["number"]
    )
    return int(paid[-1] if paid else loan["granted"]) - early


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def worded_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


_NO_CERTIFICATE = {
    FROZEN: CentreWords(zh="冻结期间不能开具", en="Not while frozen"),
    **dict.fromkeys(CLOSED, CentreWords(zh="账户已销户", en="This account is closed")),
}


def _note(
    status: str, arrears: int, sealed: date | None, frozen: date | None
) -> CentreWords | None:
    """The centre's note on a frozen, sealed or unpaid account: what it means, and whom to ask."""
    if frozen and status == FROZEN:
        return CentreWords(
            zh=f"账户自{worded_day(frozen)}起被人民法院依法冻结。冻结期间可以查询，不能提取，"
            "也不能出具缴存证明；缴存和计息照常。详情请咨询作出冻结的法院，或拨打12329。",
            en=f"A court has frozen this account since {frozen.isoformat()}. You can look things "
            "up, but not withdraw or get a certificate; contributions and interest go on. Ask "
            "the court that ordered it, or call 12329.",
        )
    if sealed and status == SEALED:
        return CentreWords(
            zh=f"账户自{worded_day(sealed)}起封存：单位已停止缴存，余额仍归您所有并照常计息。"
            "到新单位后请单位办理启封或转移；符合提取条件的可申请提取。咨询电话12329。",
            en=f"This account has been sealed since {sealed.isoformat()}: payments have stopped, "
            "the money stays yours and earns interest. A new employer can reopen or move it; you "
            "may withdraw if you qualify. Call 12329 for advice.",
        )
    if arrears:
        return CentreWords(
            zh=f"单位已有{arrears}个月没有为您缴存。请先向单位经办人了解；"
            "单位应当补缴，您可以拨打12329反映。",
            en=f"Your employer has not paid for {arrears} months. Please ask there first; the "
            "employer has to make up for it, and you may report it on 12329.",
        )
    return None
