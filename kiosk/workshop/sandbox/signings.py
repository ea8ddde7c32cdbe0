"""短信签约 and 银行卡签约: what a citizen must have signed before anything can be withdrawn."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.centre.models import CentreWords
from kiosk.operation import Business
from kiosk.privacy import mask_phone
from kiosk.workshop.sandbox.cases import (
    BANK,
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
)
from kiosk.workshop.sandbox.refusals import Refused


def _judge(business: Business, column: str) -> Callable[[PersonCase], list[Terms]]:
    def judged(case: PersonCase) -> list[Terms]:
        if case.fact[column]:
            return [Terms(business, refusal=Refused("already-signed"), payee=False)]
        phone, tail = mask_phone(case.person["phone"]), case.person["bank_card"][-4:]
        if business is Business.SMS_SIGNING:
            effect = CentreWords(
                zh=f"业务结果发短信到{phone}", en=f"Results are sent to {phone} by SMS"
            )
        else:
            effect = CentreWords(
                zh=f"提取的钱付到{BANK}尾号{tail}的本人银行卡",
                en=f"Withdrawals go to your own card ending in {tail}",
            )
        return [Terms(business, effects=(effect,), payee=False)]

    return judged


def _carry_out(column: str) -> Callable[[PersonCase, OrderTarget, Terms, str], list[Movement]]:
    def carry_out(case: PersonCase, _: OrderTarget, __: Terms, ___: str) -> list[Movement]:
        case.store.run(
            f"UPDATE fact SET {column} = 1 WHERE person = ?",  # noqa: S608 - one of two columns
            case.person["id"],
        )
        return []

    return carry_out


RULES = tuple(
    BusinessRule(
        business=business,
        group="signing",
        kind=business,
        service="signing",
        judge=_judge(business, column),
        carry_out=_carry_out(column),
    )
    for business, column in (
        (Business.SMS_SIGNING, "sms_signed"),
        (Business.CARD_SIGNING, "card_signed"),
    )
)
