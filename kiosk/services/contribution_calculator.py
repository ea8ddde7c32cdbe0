"""缴存额计算: what is paid into the account a month, by both sides."""

from __future__ import annotations

from decimal import Decimal

from kiosk.calculations import contribution
from kiosk.centre.publication import Parameters
from kiosk.privacy import Sensitive
from kiosk.services.calculating import percent
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import EnterNumber, Fact, Headline, ShowStatement
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


@service("contribution-calculator", icon="account", needs=KEPT)
def calculate_contribution(visit: Visit) -> None:
    parameters = visit.publication.parameters
    base = visit.ask(
        EnterNumber(
            _("缴存基数是多少？"),
            _("缴存基数"),
            _("元"),
            least=parameters.least_base,
            most=parameters.most_base,
            lead=_("一般是上一年的月平均工资"),
            whole=False,
        )
    )
    employer = _ask_ratio(visit, parameters, _("单位缴多少？"), _("单位比例"))
    personal = _ask_ratio(visit, parameters, _("个人缴多少？"), _("个人比例"))
    visit.ask(contribution_statement(base, employer, personal, parameters))


def _ask_ratio(visit: Visit, parameters: Parameters, title: Sayable, label: Sayable) -> Decimal:
    share = visit.ask(
        EnterNumber(
            title,
            label,
            "%",
            least=(parameters.least_ratio * 100).to_integral_value(),
            most=(parameters.most_ratio * 100).to_integral_value(),
            places=0,
            whole=False,
        )
    )
    return share / 100


def contribution_statement(
    base: Decimal, employer: Decimal, personal: Decimal, parameters: Parameters
) -> ShowStatement:
    """The page of the result; each side is rounded by itself, as the centre does."""
    theirs = contribution(base, employer, parameters.rounding)
    own = contribution(base, personal, parameters.rounding)
    return ShowStatement(
        _("每月缴存多少"),
        (
            Fact(_("缴存基数"), _("{amount} 元", amount=base)),
            Fact(
                _("单位每月缴（{share}）", share=percent(employer)),
                _("{amount} 元", amount=theirs),
            ),
            Fact(_("个人每月缴（{share}）", share=percent(personal)), _("{amount} 元", amount=own)),
            Fact(_("一年合计"), _("{amount} 元", amount=(theirs + own) * 12)),
        ),
        Headline(_("月缴存额（元）"), Sensitive(theirs + own), plain=True),
        note=_("基数每年 7 月调整一次。仅供参考，以单位申报为准"),
    )
