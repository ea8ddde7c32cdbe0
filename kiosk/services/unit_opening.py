"""单位开户: an account for a company whose agent in the market register signs in; no papers."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre.operations import Eligibility
from kiosk.centre.unit_orders import UnitOpeningOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import cannot_be_had, given
from kiosk.services.unit_ratio import ask_ratios
from kiosk.visit.operation_steps import ChooseReason
from kiosk.visit.steps import Option, Tone
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


@service("unit-opening", icon="organisation", needs=Needs(committer=True))
def open_account(visit: Visit) -> None:
    company = _which(visit)
    employer, personal = ask_ratios(visit, given(company.limits))
    order = UnitOpeningOrder(
        business=Business.UNIT_OPENING,
        unit=given(company.unit),
        employer_ratio=employer,
        personal_ratio=personal,
    )
    visit.confirm_and_commit(visit.draft(order))


def _which(visit: Visit) -> Eligibility:
    """The company that the citizen chooses. One that cannot get an account leads to its reason, and
    back here."""
    found = visit.look_up(lambda: visit.centre.operations.eligibility("unit"))
    named = [each for each in found if each.business is Business.UNIT_OPENING and each.fields]
    if not named:
        return must_be_possible(visit, Business.UNIT_OPENING, "unit")
    page = companies_page(named)
    while True:
        chosen = named[int(visit.ask(page))]
        if chosen.refusal is None:
            return chosen
        visit.ask(cannot_be_had(_name(chosen), chosen.refusal))


def companies_page(named: Sequence[Eligibility]) -> ChooseReason:
    """为哪个单位开户？ The companies of the market register that name the citizen."""
    options = [
        Option(
            str(at),
            _name(each),
            _("市场监管部门登记您为联络员") if each.refusal is None else each.refusal.reason,
            "organisation",
            Tone.PLAIN if each.refusal is None else Tone.ATTENTION,
        )
        for at, each in enumerate(named)
    ]
    return ChooseReason(
        _("为哪个单位开户？"),
        _("不用带材料，营业执照由中心核查"),
        tuple(option for option, each in zip(options, named, strict=True) if each.can),
        tuple(option for option, each in zip(options, named, strict=True) if not each.can),
    )


def _name(company: Eligibility) -> Sayable:
    return company.fields[0].held.reveal()
