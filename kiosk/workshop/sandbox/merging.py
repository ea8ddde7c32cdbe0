"""账户合并: a person's sealed accounts closed, their money booked to the one that stays."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.centre.operations import Change
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox.accounts import FROZEN, NORMAL
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, yuan
from kiosk.workshop.sandbox.withdrawals import must_have_none_under_way

MERGED = "03"
"""State of table A.6."""
INTEREST, MERGE = "09", "71"
"""Kinds of table A.5; the second one is local."""
_MOST_NAMED = 7
"""So many closing accounts the quote has room for."""


@dataclass(frozen=True, slots=True)
class _Closing:
    """An account that closes, and the interest, in fen, that it has earned until today."""

    account: Row
    interest: int

    @property
    def whole(self) -> int:
        return int(self.account["balance"]) + self.interest


@dataclass(frozen=True, slots=True)
class _Merge:
    """The account that stays, and those that close."""

    stays: Row
    closing: tuple[_Closing, ...]

    @property
    def whole(self) -> int:
        return sum(each.whole for each in self.closing)


def _plan(case: PersonCase) -> _Merge:
    """Refuses merge-one-account, merge-frozen, merge-in-use, withdrawal-under-way. Where no account
    is in use, the one that was opened last stays."""
    accounts = case.accounts()
    if len(accounts) < 2:
        raise Refused("merge-one-account")
    frozen = next((each for each in accounts if each["status"] == FROZEN), None)
    if frozen:
        raise Refused("merge-frozen", since=frozen["frozen_on"])
    in_use = [each for each in accounts if each["status"] == NORMAL]
    if len(in_use) > 1:
        raise Refused("merge-in-use")
    must_have_none_under_way(case)
    stays = in_use[0] if in_use else max(accounts, key=lambda each: str(each["opened"]))
    return _Merge(
        stays,
        tuple(
            _Closing(each, case.accrued(each))
            for each in accounts
            if each["number"] != stays["number"]
        ),
    )


def _judge(case: PersonCase) -> list[Terms]:
    try:
        merge = _plan(case)
    except Refused as refusal:
        return [Terms(Business.ACCOUNT_MERGE, refusal=refusal, payee=False)]
    closed = tuple(
        words(
            f"尾号{number[-4:]}的账户销户，{yuan(each.whole):,.2f}元并入尾号{kept[-4:]}的账户。",
            f"The account ending {number[-4:]} is closed; its {yuan(each.whole):,.2f} yuan go to "
            f"the one ending {kept[-4:]}.",
        )
        for each in merge.closing
        for number, kept in [(str(each.account["number"]), str(merge.stays["number"]))]
    )
    forever = words("合并后不能再分开。", "This cannot be undone.")
    return [
        Terms(
            Business.ACCOUNT_MERGE,
            account=merge.stays,
            amount=merge.whole,
            interest=sum(each.interest for each in merge.closing),
            effects=(*closed[:_MOST_NAMED], forever),
            payee=False,
        )
    ]


def _changes(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    merge = _plan(case)
    before = int(merge.stays["balance"])
    balances = (yuan(before), yuan(before + merge.whole))
    many = len(merge.closing) + 1
    return (
        Change(
            field="balance",
            label=words("账户余额", "Balance"),
            before=Sensitive(words(f"{balances[0]:,.2f}元", f"{balances[0]:,.2f} yuan")),
            after=Sensitive(words(f"{balances[1]:,.2f}元", f"{balances[1]:,.2f} yuan")),
        ),
        Change(
            field="accounts",
            label=words("账户数", "Number of accounts"),
            before=Sensitive(words(f"{many}个", str(many))),
            after=Sensitive(words("1个", "1")),
        ),
    )


def _merge(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    merge = _plan(case)
    stays, balance = merge.stays["number"], int(merge.stays["balance"])
    moved = []
    for at, each in enumerate(merge.closing):
        number = each.account["number"]
        if each.interest:
            case.book(number, f"{serial}{at}1", INTEREST, each.interest, each.whole)
        case.book(number, f"{serial}{at}2", MERGE, -each.whole, 0)
        balance += each.whole
        case.book(stays, f"{serial}{at}3", MERGE, each.whole, balance)
        case.store.run(
            "UPDATE account SET balance = 0, status = ? WHERE number = ?", MERGED, number
        )
        case.store.run("DELETE FROM standing_order WHERE account = ?", number)
        moved.append(Movement(-each.whole, account=number))
    case.store.run("UPDATE account SET balance = ? WHERE number = ?", balance, stays)
    return [*moved, Movement(merge.whole, account=stays)]


RULES = (
    BusinessRule(
        business=Business.ACCOUNT_MERGE,
        group="transfer",
        kind="account-merge",
        service="account-merge",
        judge=_judge,
        carry_out=_merge,
        changes=_changes,
    ),
)
