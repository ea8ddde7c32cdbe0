"""The services this program knows, and the menu made of them and the centre's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from drivers.device import Kind, State, Status
from kiosk.centre.level import Level
from kiosk.centre.models import Catalogue, Hours, Offer
from kiosk.visit.steps import Menu, OpenKind, Tile
from kiosk.visit.troubles import closed_by
from kiosk.visit.unit_steps import UnitMenu
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


@dataclass(frozen=True, slots=True)
class Needs:
    """What a service needs: how sure the centre must be who stands there, and the classes of
    devices without which the service is closed."""

    level: Level = Level.PROVED
    devices: tuple[Kind, ...] = ()
    committer: bool = False
    """Whether the service carries out operations: closed while the committer takes none."""
    unit: bool = False
    """Whether the service is for a unit 单位, on the menu of its agent and on no other."""
    kept: bool = False
    """Whether what the terminal has kept is enough: open while the centre cannot be reached."""


EVERYBODY = Needs(Level.PUBLIC)
"""The needs of a service that nobody signs in for, and that asks the centre."""
KEPT = Needs(Level.PUBLIC, kept=True)
"""The needs of a service that nobody signs in for, and that asks nobody."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service. The terminal asks for a further proof before ``run`` where the session has not
    the level of ``needs``."""

    id: str
    icon: str
    needs: Needs
    run: Callable[[Visit], None]


UNIT_GROUP = "unit"
"""The group of the catalogue's offers for units."""
SERVICES: dict[str, Service] = {}
"""All services by their ids, which are those of the centre's catalogue."""


def service(
    id_: str, *, icon: str, needs: Needs = Needs()
) -> Callable[[Callable[[Visit], None]], Callable[[Visit], None]]:
    """A decorator that enters a function in ``SERVICES`` as the service ``id_`` of the centre."""

    def enter(run: Callable[[Visit], None]) -> Callable[[Visit], None]:
        SERVICES[id_] = Service(id_, icon, needs, run)
        return run

    return enter


def menu(visit: Visit) -> Menu:
    """The menu of this terminal now: all services on offer to who has signed in, or to the agent of
    a unit, closed ones with their reasons."""
    catalogue, unit = visit.catalogue, visit.unit
    offers = _offers(catalogue, units=unit is not None)
    shown = tiles(catalogue, offers, visit.statuses(), money=visit.committer.open)
    return Menu(shown) if unit is None else UnitMenu(shown, unit=unit)


def usual_menu(catalogue: Catalogue, devices: Iterable[Kind]) -> Menu:
    """What :func:`menu` mostly returns to who has signed in for themselves: at any hour, while each
    of ``devices`` can be used."""
    statuses = dict.fromkeys(devices, Status(State.ONLINE))
    always = Hours(opens="00:00", closes="23:59")
    offers = [each.model_copy(update={"hours": always}) for each in _offers(catalogue)]
    return Menu(tiles(catalogue, offers, statuses, money=True))


def _offers(catalogue: Catalogue, *, units: bool = False) -> tuple[Offer, ...]:
    """The offers to who has signed in for themselves, or to the agent of a unit."""
    return tuple(
        each for each in catalogue.offers if not _for_everybody(each) and _for_units(each) is units
    )


_OF_A_KIND = 3
"""Services of one kind that the attract page names, at most."""


def possible_now(
    catalogue: Catalogue, statuses: Mapping[Kind, Status], *, money: bool
) -> tuple[OpenKind, ...]:
    """What a citizen can do at this terminal now, by kind in the centre's order; ``money`` as
    ``tiles`` has it."""
    kinds: dict[str, list[Sayable]] = {}
    for tile in tiles(catalogue, _offers(catalogue), statuses, money=money):
        if tile.closed is None:
            kinds.setdefault(tile.group, []).append(tile.title)
    return tuple(OpenKind(group, tuple(titles[:_OF_A_KIND])) for group, titles in kinds.items())


def service_hours(catalogue: Catalogue) -> tuple[Sayable, ...]:
    """When the centre serves at this terminal: one line, or two where looking up has other hours
    than what needs more than a proof of who stands there. None where some of it is never open
    together with the rest: no line would be true."""
    known = [each for each in _offers(catalogue) if each.service in SERVICES]
    looked_up = [each.hours for each in known if SERVICES[each.service].needs == Needs()]
    done = [each.hours for each in known if SERVICES[each.service].needs != Needs()]
    spans = [_span(hours) for hours in (looked_up, done) if hours]
    if None in spans:
        return ()
    if len(spans) == 2 and spans[0] != spans[1]:
        return _("查询 {hours}", hours=spans[0]), _("办理 {hours}", hours=spans[1])
    return tuple(_("服务时间 {hours}", hours=span) for span in spans[:1])


def _span(hours: Sequence[Hours]) -> Sayable | None:
    """The hours in which all of ``hours`` are open; None: there are none."""
    opens, closes = max(each.opens for each in hours), min(each.closes for each in hours)
    if opens >= closes:
        return None
    if (opens, closes) == ("00:00", "23:59"):
        return _("24 小时")
    return _("{opens}–{closes}", opens=opens, closes=closes)


def public_menu(visit: Visit) -> Menu:
    """The menu of what needs no sign-in. While the centre cannot be reached, a service that asks it
    is closed."""
    catalogue = visit.catalogue
    offers = tuple(each for each in catalogue.offers if _for_everybody(each))
    shown = tiles(catalogue, offers, visit.statuses(), money=False)
    if visit.offline:
        shown = tuple(
            tile
            if tile.closed is not None or SERVICES[tile.service].needs.kept
            else replace(tile, closed=_("暂时连不上中心"))
            for tile in shown
        )
    return Menu(shown, public=True)


def _for_everybody(offer: Offer) -> bool:
    known = SERVICES.get(offer.service)
    return known is not None and known.needs.level is Level.PUBLIC


def _for_units(offer: Offer) -> bool:
    known = SERVICES.get(offer.service)
    return offer.group == UNIT_GROUP if known is None else known.needs.unit


def tiles(
    catalogue: Catalogue,
    offers: Sequence[Offer],
    statuses: Mapping[Kind, Status],
    *,
    money: bool,
) -> tuple[Tile, ...]:
    """``offers`` in the centre's order; a closed service carries its reason. An offer that this
    program does not know has a tile only while the centre says that it is closed. ``money``:
    whether a new operation may begin."""
    return tuple(
        Tile(
            offer.service,
            offer.short or offer.title,
            offer.hint,
            SERVICES[offer.service].icon if offer.service in SERVICES else "more",
            closed=closed_because(offer, catalogue.clock, statuses, money=money),
            group=offer.group,
        )
        for offer in offers
        if offer.service in SERVICES or not offer.open
    )


def closed_because(
    offer: Offer, clock: datetime, statuses: Mapping[Kind, Status], *, money: bool
) -> Sayable | None:
    """Why the service of ``offer`` is closed now, or None: the centre has closed it, the hour is
    outside its hours, no operation may begin, or a device that it needs is not ready."""
    if not offer.open:
        return offer.closed_because or _("暂停服务")
    if not offer.hours.contain(clock.time()):
        return _("服务时间 {opens}–{closes}", opens=offer.hours.opens, closes=offer.hours.closes)
    if SERVICES[offer.service].needs.committer and not money:
        return _("正在核对上一笔业务")
    return closed_by(statuses, SERVICES[offer.service].needs.devices)
