"""异地转入: what another centre holds of a person, booked to their account here once it agrees."""

from __future__ import annotations

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Referral
from kiosk.operation import Business, ReferralState
from kiosk.workshop.sandbox import other_centres, referrals
from kiosk.workshop.sandbox.accounts import FROZEN
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Ruling,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, yuan
from kiosk.workshop.sandbox.withdrawals import must_have_months

MONTHS_HERE = 6
"""So many months in a row are paid here before anything is transferred."""
DAYS = 10
"""Working days that the two centres take at most."""
SENT, RECEIVED, AGREED, CLARIFYING = "01", "02", "08", "06"
COMPLETED, CLARIFIED, REFUSED, FAILED, TAKEN_BACK = "00", "20", "13", "40", "05"
"""Stages of the national platform."""
TRANSFERRED_IN = "08"
"""Kind of table A.5."""


def _judge(case: PersonCase) -> list[Terms]:
    accounts = case.accounts()
    if not accounts:
        return [Terms(Business.TRANSFER_IN, refusal=Refused("transfer-no-account"), payee=False)]
    found = [_judged(case, account) for account in accounts]
    return [terms for terms in found if not terms.refusal] or found[:1]


def _judged(case: PersonCase, account: Row) -> Terms:
    try:
        if account["status"] == FROZEN:
            raise Refused("transfer-frozen", since=account["frozen_on"])
        must_have_months(case, account, MONTHS_HERE)
        busy = referrals.waiting(case.store, case.person["id"], Business.TRANSFER_IN)
        if busy:
            raise Refused("transfer-under-way", number=busy["reference"])
    except Refused as refusal:
        return Terms(Business.TRANSFER_IN, account=account, refusal=refusal, payee=False)
    effects = (
        words(
            "对方中心同意后销户，本金和利息转到您这里的账户。",
            "If the other centre agrees, it closes your account there and pays it over here.",
        ),
    )
    return Terms(Business.TRANSFER_IN, account=account, effects=effects, payee=False)


def _held(case: PersonCase, target: OrderTarget) -> Row:
    """What the other centre holds. Refuses addressee-unknown, transfer-none-there,
    transfer-frozen-there, transfer-in-use-there, transfer-loan-there."""
    centre = other_centres.centre_of(target.centre or "").name
    held = other_centres.held(case.store, case.person["id"], target.centre or "")
    if held is None:
        raise Refused("transfer-none-there", zh=centre.zh, en=centre.en)
    if held["status"] == other_centres.FROZEN:
        raise Refused("transfer-frozen-there")
    if held["status"] == other_centres.IN_USE:
        raise Refused("transfer-in-use-there")
    if held["has_loan"]:
        raise Refused("transfer-loan-there")
    return held


def _refers(case: PersonCase, target: OrderTarget) -> Referral:
    held = _held(case, target)
    return Referral(
        centre=other_centres.centre_of(target.centre or "").name,
        about=_about(held),
        state=ReferralState.WAITING,
        day=case.working_day(DAYS),
    )


def _stages(case: PersonCase, target: OrderTarget) -> tuple[str, ...]:
    last = CLARIFYING if _held(case, target)["to_clarify"] else AGREED
    return SENT, RECEIVED, last


def _about(held: Row) -> CentreWords:
    tail, amount = held["number"][-4:], f"{yuan(held['balance']):,.2f}"
    return words(f"尾号{tail}的账户，{amount}元", f"Account ending {tail}, {amount} yuan")


def _decide(case: PersonCase, target: OrderTarget, serial: str) -> Ruling:
    """The other centre looks once more; what it pays over is booked here."""
    try:
        held = _held(case, target)
    except Refused as refusal:
        return Ruling(REFUSED, refusal=refusal)
    account = next((each for each in case.accounts() if each["number"] == target.account), None)
    if account is None:
        return Ruling(FAILED, refusal=Refused("transfer-no-account"))
    amount = int(held["balance"])
    balance = int(account["balance"]) + amount
    case.book(account["number"], f"{serial}8", TRANSFERRED_IN, amount, balance)
    case.store.run("UPDATE account SET balance = ? WHERE number = ?", balance, account["number"])
    case.store.run(
        "UPDATE elsewhere SET status = ?, balance = 0 WHERE person = ? AND centre = ?",
        other_centres.TRANSFERRED,
        held["person"],
        held["centre"],
    )
    stage = CLARIFIED if held["to_clarify"] else COMPLETED
    return Ruling(stage, paid=Movement(amount, account=account["number"]))


RULES = (
    BusinessRule(
        business=Business.TRANSFER_IN,
        group="transfer",
        kind="transfer-in",
        service="transfer-in",
        judge=_judge,
        carry_out=referrals.apply,
        refers=_refers,
        stages=_stages,
        too_late=(AGREED,),
        stage_withdrawn=TAKEN_BACK,
        decide=_decide,
    ),
)
