"""缴存比例调整: what employer and employees pay of the base, within the city's limits."""

from __future__ import annotations

from decimal import Decimal

from kiosk.centre.operations import UnitLimits
from kiosk.centre.unit_orders import UnitRatioOrder
from kiosk.operation import Business
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import given
from kiosk.services.unit_trials import undertake_after_trial
from kiosk.visit.steps import EnterNumber
from kiosk.visit.visit import Visit
from kiosk.words import Text, _

RATIO_TRIAL = _("比例调整试算")


@service("unit-ratio", icon="change", needs=Needs(committer=True, unit=True))
def change_ratio(visit: Visit) -> None:
    unit = acted_for(visit)
    terms = must_be_possible(visit, Business.UNIT_RATIO_CHANGE, "unit", unit.id)
    employer, personal = ask_ratios(visit, given(terms.limits))
    order = UnitRatioOrder(
        business=Business.UNIT_RATIO_CHANGE,
        unit=unit.id,
        employer_ratio=employer,
        personal_ratio=personal,
    )
    undertake_after_trial(visit, RATIO_TRIAL, unit, order)


def ask_ratios(visit: Visit, limits: UnitLimits) -> tuple[Decimal, Decimal]:
    """What the employer and what the employee pays of the base, in whole hundredths."""
    employer = visit.ask(ratio_page(_("单位缴多少？"), _("单位比例"), limits))
    personal = visit.ask(ratio_page(_("个人缴多少？"), _("个人比例"), limits))
    return employer / 100, personal / 100


def ratio_page(title: Text, label: Text, limits: UnitLimits) -> EnterNumber:
    """One ratio in per cent."""
    return EnterNumber(
        title,
        label,
        "%",
        least=(limits.least_ratio * 100).to_integral_value(),
        most=(limits.most_ratio * 100).to_integral_value(),
        lead=_("单位全体职工一样"),
        places=0,
        whole=False,
    )
