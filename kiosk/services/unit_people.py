"""人员增减: a new employee's account, sealing 封存 of who leaves, unsealing 启封 of who returns."""

from __future__ import annotations

from typing import Literal

from kiosk.centre.operations import UnitLimits
from kiosk.centre.unit_orders import UnitEnrolmentOrder, UnitPeopleOrder
from kiosk.centre.units import Employee, Unit
from kiosk.operation import Business
from kiosk.privacy import mask_name
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import given
from kiosk.services.unit_trials import choose_employees, undertake_after_trial
from kiosk.visit.card_reading import card_evidence
from kiosk.visit.steps import Choose, EnterNumber, Option
from kiosk.visit.unit_steps import PresentEmployeeCard
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_SEALED = "02"
_Moves = Literal[Business.UNIT_SEALING, Business.UNIT_UNSEALING]
SEALING_TRIAL, UNSEALING_TRIAL = _("封存试算"), _("启封试算")
ENROLMENT_TRIAL = _("开户试算")
WHO_LEAVES, WHO_RETURNS = _("封存哪几位职工？"), _("启封哪几位职工？")
PEOPLE_PAGE = Choose(
    _("要办哪一种？"),
    (
        Option("enrol", _("新人开户"), _("请带上新职工本人的身份证"), "people"),
        Option("seal", _("封存"), _("离开单位的职工，不再缴存"), "leave"),
        Option("unseal", _("启封"), _("回到单位的职工，继续缴存"), "again"),
    ),
    _("都先试算，核对以后才提交"),
)


@service("unit-people", icon="people", needs=Needs(committer=True, unit=True))
def change_people(visit: Visit) -> None:
    unit = acted_for(visit)
    visit.expects_other_card = True  # the newcomer may put the card before the page asks for it
    chosen = visit.ask(PEOPLE_PAGE)
    visit.expects_other_card = chosen == "enrol"
    match chosen:
        case "enrol":
            enrol(visit, unit)
        case "seal":
            seal(visit, unit)
        case "unseal":
            unseal(visit, unit)


def enrol(visit: Visit, unit: Unit) -> None:
    """职工开户: the newcomer's own card on the reader, and the base that the agent enters."""
    terms = must_be_possible(visit, Business.UNIT_ENROLMENT, "unit", unit.id)
    card = visit.ask(PresentEmployeeCard())
    visit.other_card_read = True
    base = visit.ask(base_page(mask_name(card.name or card.name_latin), given(terms.limits)))
    order = UnitEnrolmentOrder(
        business=Business.UNIT_ENROLMENT, unit=unit.id, card=card_evidence(card), base=base
    )
    undertake_after_trial(visit, ENROLMENT_TRIAL, unit, order)


def seal(visit: Visit, unit: Unit) -> None:
    """封存 of employees whom the unit pays for."""
    must_be_possible(visit, Business.UNIT_SEALING, "unit", unit.id)
    staff = [each for each in _staff(visit, unit) if each.status != _SEALED]
    chosen = choose_employees(visit, WHO_LEAVES, staff, lambda each: each.no_sealing)
    order = _order(Business.UNIT_SEALING, unit, chosen)
    undertake_after_trial(visit, SEALING_TRIAL, unit, order)


def unseal(visit: Visit, unit: Unit) -> None:
    """启封 of employees whose accounts are sealed."""
    must_be_possible(visit, Business.UNIT_UNSEALING, "unit", unit.id)
    staff = [each for each in _staff(visit, unit) if each.status == _SEALED]
    chosen = choose_employees(visit, WHO_RETURNS, staff, lambda each: each.no_unsealing)
    order = _order(Business.UNIT_UNSEALING, unit, chosen)
    undertake_after_trial(visit, UNSEALING_TRIAL, unit, order)


def base_page(name: Sayable, limits: UnitLimits) -> EnterNumber:
    """The contribution base of one employee, within the city's limits."""
    return EnterNumber(
        _("{name} 的缴存基数是多少？", name=name),
        _("缴存基数"),
        _("元"),
        least=limits.least_base,
        most=limits.most_base,
        lead=_("一般是上一年的月平均工资"),
        whole=False,
    )


def _staff(visit: Visit, unit: Unit) -> tuple[Employee, ...]:
    return visit.look_up(lambda: visit.centre.units.employees(unit.id))


def _order(business: _Moves, unit: Unit, chosen: tuple[Employee, ...]) -> UnitPeopleOrder:
    return UnitPeopleOrder(
        business=business, unit=unit.id, employees=tuple(each.id for each in chosen)
    )
