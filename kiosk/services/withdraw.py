"""提取公积金: agree to the look-ups, choose the reason, say how much, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kiosk.centre.handovers import FORMS, FormHandover
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Authorisation, AuthorisationAnswer, Eligibility, WithdrawalOrder
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import WORDS, choose, given
from kiosk.visit.handover import hand_over
from kiosk.visit.operation_words import PAYS_OUT
from kiosk.visit.steps import Confirm, EnterNumber, Fact, OtherWay, Rest
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("withdraw", icon="withdrawals", needs=Needs(committer=True))
def withdraw(visit: Visit) -> None:
    authorise(visit)
    found = visit.look_up(lambda: visit.centre.operations.eligibility("withdrawal"))
    lead = _("能不能办，中心已替您核对，不用带材料")
    chosen = choose(visit, _("请选择提取原因"), lead, found, PAYS_OUT)
    try:
        amount = _how_much(visit, chosen)
    except OtherWay:
        so_far = {"business": chosen.business, "account": chosen.account, "loan": chosen.loan}
        form = FormHandover.model_validate({"topic": "form", **so_far})
        hand_over(visit, form, WORDS[chosen.business][0])
    order = WithdrawalOrder(
        business=chosen.business,  # type: ignore[arg-type]  # PAYS_OUT has only these
        account=given(chosen.account),
        amount=amount,
        loan=chosen.loan,
    )
    visit.confirm_and_commit(visit.draft(order))


def authorise(visit: Visit) -> None:
    """信息协查授权: the citizen agrees that the centre asks other agencies, or does not."""
    calls = visit.centre.operations
    text = visit.look_up(calls.authorisation)
    agreed = visit.ask(authorisation_page(text))
    answer = AuthorisationAnswer(version=text.version, agreed=agreed)
    visit.look_up(lambda: calls.authorise(answer))


def authorisation_page(text: Authorisation) -> Confirm:
    """What the centre looks up, where, what for; two equal buttons."""
    return Confirm(
        _("让中心替您查资料？"),
        (
            Fact(_("向谁查"), _joined(text.agencies)),
            Fact(_("查什么"), _joined(text.facts)),
            Fact(_("做什么用"), text.purpose),
        ),
        yes=_("同意查询"),
        no=_("不同意"),
        lead=_("同意后不用带纸质材料"),
        note=text.text,
    )


def _joined(words: Sequence[CentreWords]) -> CentreWords:
    return CentreWords(
        zh="、".join(each.zh for each in words), en=", ".join(each.en for each in words)
    )


def _how_much(visit: Visit, chosen: Eligibility) -> Decimal | None:
    """The amount; None where the centre pays out the whole account."""
    if chosen.least is None or chosen.most is None:
        return None
    reason = WORDS[chosen.business][0]
    page = EnterNumber(
        _("提取多少？"),
        _("提取金额"),
        _("元"),
        least=chosen.least,
        most=chosen.most,
        lead=_("{business} · 最多可提 {most} 元", business=reason, most=chosen.most),
        rest=Rest(_("提取后账户余额"), chosen.balance) if chosen.balance is not None else None,
        phone=visit.catalogue.handover and chosen.business in FORMS,
    )
    return visit.ask(page)
