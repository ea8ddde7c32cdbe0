"""跨省通办: applications to a centre in another province, which decides and sends the result."""

from __future__ import annotations

from kiosk.centre.models import CentreWords, Purpose
from kiosk.centre.operations import Referral
from kiosk.operation import Business, ReferralState
from kiosk.workshop.sandbox import other_centres, referrals
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    OrderTarget,
    PersonCase,
    Ruling,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused

DAYS = 10
"""Working days that the other centre takes at most."""


def _item(code: str, zh: str, en: str) -> Purpose:
    return Purpose(code=code, name=words(zh, en))


ITEMS = (
    _item("rent", "租房提取", "Withdrawal for rent"),
    _item("retirement", "正常退休提取", "Withdrawal on retirement"),
    _item("early-retirement", "提前退休提取", "Withdrawal on early retirement"),
    _item("certificate", "出具缴存使用证明", "Certificate of contributions"),
    _item("settled", "开具贷款还清证明", "Certificate of a settled loan"),
    _item("prepayment", "提前部分还款", "Early repayment in part"),
    _item("settlement", "提前还清贷款", "Early repayment in full"),
)
"""Those of the national list that need no original papers; the list must be checked again before a
release."""
_OF_LOANS = ("settled", "prepayment", "settlement")
_WITHDRAWS = ("rent", "retirement", "early-retirement")


def _judge(case: PersonCase) -> list[Terms]:
    return [Terms(Business.CROSS_PROVINCE, payee=False)]


def _fits(case: PersonCase, target: OrderTarget, item: str) -> CentreWords:
    """The name of the other centre, where what it holds allows the item. Refuses addressee-unknown,
    cross-none-there, cross-frozen-there, cross-no-loan-there."""
    code = target.centre or ""
    centre = other_centres.centre_of(code).name
    held = other_centres.held(case.store, case.person["id"], code)
    if held is None:
        raise Refused("cross-none-there", zh=centre.zh, en=centre.en)
    if item in _WITHDRAWS and held["status"] == other_centres.FROZEN:
        raise Refused("cross-frozen-there")
    if item in _OF_LOANS and not held["has_loan"]:
        raise Refused("cross-no-loan-there", zh=centre.zh, en=centre.en)
    return centre


def _refers(case: PersonCase, target: OrderTarget) -> Referral:
    """Refuses addressee-unknown, purpose-unknown, cross-none-there, cross-frozen-there,
    cross-no-loan-there, cross-under-way."""
    item = next((each for each in ITEMS if each.code == target.field), None)
    if item is None:
        raise Refused("purpose-unknown")
    centre = _fits(case, target, item.code)
    busy = referrals.waiting(
        case.store, case.person["id"], Business.CROSS_PROVINCE, target.centre, item.code
    )
    if busy:
        raise Refused("cross-under-way", number=busy["reference"])
    return Referral(
        centre=centre,
        about=item.name,
        state=ReferralState.WAITING,
        day=case.working_day(DAYS),
    )


_EFFECTS = (
    words("对方中心审核；缺材料会打电话给您。", "That centre decides, and calls if papers lack."),
)
_PAID_THERE = words(
    "钱付到您在对方中心登记的银行卡。", "Money goes to the card on file at that centre."
)


def _effects(case: PersonCase, target: OrderTarget, terms: Terms) -> tuple[CentreWords, ...]:
    return (*_EFFECTS, _PAID_THERE) if target.field in _WITHDRAWS else _EFFECTS


def _decide(case: PersonCase, target: OrderTarget, serial: str) -> Ruling:
    """The other centre looks once more at what it holds."""
    try:
        _fits(case, target, target.field or "")
    except Refused as refusal:
        return Ruling(refusal=refusal)
    return Ruling()


RULES = (
    BusinessRule(
        business=Business.CROSS_PROVINCE,
        group="transfer",
        kind="cross-province",
        service="cross-province",
        judge=_judge,
        carry_out=referrals.apply,
        effects=_effects,
        refers=_refers,
        decide=_decide,
    ),
)
