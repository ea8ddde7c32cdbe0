"""For whom the visit acts: for the person's own account, or for a unit whose agent they are."""

from __future__ import annotations

from kiosk.centre.units import Unit
from kiosk.visit.steps import Choose, Option, Tone
from kiosk.visit.unit_steps import no_agent
from kiosk.visit.visit import Visit
from kiosk.words import _

OWN = "own"
"""The answer that stands for the person's own account."""
UNIT_GROUP = "unit"
"""The group of the catalogue's offers for units."""


def choose_unit(visit: Visit) -> Unit | None:
    """The unit that the person wants to act for; None: their own account. Asked only of an agent
    经办人, and only where the centre offers something for units. Whoever has signed in with the
    account of a unit acts for it, and is not asked."""
    session = visit.once(lambda: visit.centre.session)
    offered = any(offer.group == UNIT_GROUP for offer in visit.catalogue.offers)
    if session is None or not (session.unit or (session.units and offered)):
        return None
    units = visit.look_up(visit.centre.units.units)
    chosen = session.unit or visit.ask(whom_page(units))
    unit = next((unit for unit in units if unit.id == chosen), None)
    if unit is None and session.unit:
        raise no_agent()
    return unit


def whom_page(units: tuple[Unit, ...]) -> Choose:
    """今天为谁办？ The person's own account, and each unit with what it owes."""
    own = Option(OWN, _("我自己"), _("个人账户"), "account")
    return Choose(_("今天为谁办？"), (own, *map(_option, units)), _("您也是单位的经办人"))


def _option(unit: Unit) -> Option:
    hint = _("单位账号 {number}", number=unit.number)
    if not unit.months_in_arrears:
        return Option(unit.id, unit.name, hint, "organisation")
    owes = _("欠缴 {months} 个月 · {hint}", months=unit.months_in_arrears, hint=hint)
    return Option(unit.id, unit.name, owes, "organisation", Tone.ATTENTION)
