"""办事指南: what to bring to the counter for one business, how long it takes, where to go."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import Kind
from kiosk.centre.errors import CentreUnavailable
from kiosk.centre.outlets import Outlet
from kiosk.centre.publication import Guide
from kiosk.papers.receipt import guide_slip
from kiosk.services.catalogue import KEPT, service
from kiosk.services.outlets import take_ticket
from kiosk.visit.public_steps import ReadGuide
from kiosk.visit.steps import SLIP, Action, Choose, Fact, Option, PaperReady
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.visit import Visit
from kiosk.words import _


@dataclass(frozen=True, slots=True)
class _Counter:
    """The counter to go to. ``ticket``: the outlet that gives tickets from here."""

    facts: tuple[Fact, ...]
    ticket: str = ""


@service("guides", icon="ticked", needs=KEPT)
def read_guides(visit: Visit) -> None:
    guides = visit.publication.guides
    options = tuple(Option(each.id, each.title, each.takes) for each in guides)
    chosen = visit.ask(Choose(_("去柜台办哪件事？"), options, _("看要带什么，少跑一趟")))
    guide = next(each for each in guides if each.id == chosen)
    counter = _nearest(visit)
    facts = (Fact(_("办理时限"), guide.takes), *counter.facts)
    match visit.ask(guide_page(visit, guide, facts, ticket=bool(counter.ticket))):
        case "ticket":
            take_ticket(visit, counter.ticket)
        case _:
            if visit.print_slip(guide_slip(visit.terms(), guide, facts)):
                home = Action(MENU, _("返回首页"), "home")
                lead = _("凭条不作为证明。")
                visit.ask(PaperReady(_("清单打好了，请取走"), lead, actions=(home,)))


def guide_page(visit: Visit, guide: Guide, facts: tuple[Fact, ...], *, ticket: bool) -> ReadGuide:
    """The page of ``guide``; ``ticket``: whether a ticket can be had for the counter."""
    no_slip = closed_by(visit.statuses(), (Kind.RECEIPT_PRINTER,))
    take = (Action("ticket", _("取号"), "place"),) if ticket else ()
    return ReadGuide(
        guide, facts, actions=(*take, Action(SLIP, _("打印清单"), "receipt", closed=no_slip))
    )


def _nearest(visit: Visit) -> _Counter:
    """The counter that is reached and serves soonest; while the centre cannot be reached, the
    nearest place that was kept."""
    outlets = [each for each in visit.look_up(lambda: _outlets(visit)) if each.queue is not None]
    outlet = next((each for each in outlets if each.open), outlets[0] if outlets else None)
    if outlet is not None:
        return _Counter(outlet_facts(outlet), outlet.id if outlet.tickets else "")
    places = sorted(visit.catalogue.places, key=lambda place: place.distance_m)
    return _Counter(
        tuple(
            Fact(
                _("最近的网点"),
                _("{name}，{metres} 米", name=place.name, metres=place.distance_m),
            )
            for place in places[:1]
        )
    )


def outlet_facts(outlet: Outlet) -> tuple[Fact, ...]:
    """Where the counter is, how to get there, and its hours of today."""
    hours = outlet.hours
    return (
        Fact(_("最近的网点"), outlet.name),
        Fact(_("地址"), _("{address}，{reach}", address=outlet.address, reach=outlet.reach)),
        Fact(
            _("今天办公"),
            _("{opens}–{closes}", opens=hours.opens, closes=hours.closes)
            if hours
            else _("今天不开"),
        ),
    )


def _outlets(visit: Visit) -> tuple[Outlet, ...]:
    """The outlets as they are now; none while the centre cannot be reached."""
    if visit.offline:
        return ()
    try:
        return visit.centre.outlets.outlets()
    except CentreUnavailable:
        return ()
