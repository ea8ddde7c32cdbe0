"""单位信息变更: address, representative or pay day, to what the centre offers."""

from __future__ import annotations

from kiosk.centre.operations import PersonalField
from kiosk.centre.unit_orders import UnitDataOrder
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.services.acting import acted_for, undertake
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.personal_data import field_option, value_page, which_field
from kiosk.visit.operation_steps import ChooseReason
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("unit-data", icon="organisation", needs=Needs(committer=True, unit=True))
def change_unit_data(visit: Visit) -> None:
    unit = acted_for(visit)
    fields = must_be_possible(visit, Business.UNIT_DATA_CHANGE, "unit", unit.id).fields
    field = which_field(visit, fields, unit_field_page(fields))
    order = UnitDataOrder(
        business=Business.UNIT_DATA_CHANGE,
        unit=unit.id,
        field=field.field,
        value=Sensitive(visit.ask(value_page(field))),
    )
    undertake(visit, order)


def unit_field_page(fields: tuple[PersonalField, ...]) -> ChooseReason:
    """改哪一项？ What can be changed with what is on file, and what cannot with the reason."""
    return ChooseReason(
        _("改哪一项？"),
        _("单位名称要改，请带营业执照到柜台"),
        tuple(field_option(each) for each in fields if each.refusal is None),
        tuple(field_option(each) for each in fields if each.refusal is not None),
    )
