"""个人信息变更: address or marital status, to what the centre knows from other agencies."""

from __future__ import annotations

from kiosk.centre.handovers import FormHandover
from kiosk.centre.operations import PersonalDataOrder, PersonalField
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import cannot_be_had
from kiosk.visit.handover import HANDOVER, ON_PHONE, hand_over
from kiosk.visit.operation_steps import ChooseReason
from kiosk.visit.steps import Choose, Option, Tone
from kiosk.visit.visit import Visit
from kiosk.words import _

_ICONS = {
    "address": "place",
    "marital": "heart",
    "email": "message",
    "representative": "account",
    "pay_day": "calendar",
}


@service("personal-data", icon="account", needs=Needs(committer=True))
def change_personal_data(visit: Visit) -> None:
    fields = must_be_possible(visit, Business.PERSONAL_DATA_CHANGE).fields
    field = which_field(visit, fields, field_page(fields))
    value = visit.ask(value_page(field, phone=visit.catalogue.handover))
    if value == HANDOVER:
        so_far = FormHandover(
            topic="form", business=Business.PERSONAL_DATA_CHANGE, field=field.field
        )
        hand_over(visit, so_far, _("个人信息变更"))
    order = PersonalDataOrder(
        business=Business.PERSONAL_DATA_CHANGE, field=field.field, value=Sensitive(value)
    )
    visit.confirm_and_commit(visit.draft(order))


def which_field(
    visit: Visit, fields: tuple[PersonalField, ...], page: ChooseReason
) -> PersonalField:
    """Which of the ``fields`` on ``page`` the citizen wants to change. What cannot be changed leads
    to its reason, and back here."""
    while True:
        chosen = visit.ask(page)
        field = next(each for each in fields if each.field == chosen)
        if field.refusal is None:
            return field
        visit.ask(cannot_be_had(field.label, field.refusal))


def field_page(fields: tuple[PersonalField, ...]) -> ChooseReason:
    """改哪一项？ What can be changed with what is on file, and what cannot with the reason."""
    return ChooseReason(
        _("改哪一项？"),
        _("姓名和证件号码要改，请带户口簿到柜台"),
        tuple(field_option(each) for each in fields if each.refusal is None),
        tuple(field_option(each) for each in fields if each.refusal is not None),
    )


def value_page(field: PersonalField, *, phone: bool = False) -> Choose:
    """The values that the centre offers, and where it has them from. ``phone``: the citizen may go
    on with the form on a phone."""
    icon = _ICONS.get(field.field, "more")
    options = [Option(each.code, each.words.reveal(), each.source, icon) for each in field.choices]
    if phone:
        options.append(Option(HANDOVER, ON_PHONE.title, _("扫码，在自己手机上选"), ON_PHONE.icon))
    return Choose(
        _("{what}改成什么？", what=field.label),
        tuple(options),
        _("现在登记的：{now}", now=field.held.reveal()),
    )


def field_option(each: PersonalField) -> Option:
    """One of the data: what is on file, or why it cannot be changed here."""
    icon = _ICONS.get(each.field, "more")
    if each.refusal is not None:
        return Option(each.field, each.label, each.refusal.reason, icon, Tone.ATTENTION)
    return Option(each.field, each.label, each.held.reveal(), icon)
