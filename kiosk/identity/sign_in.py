"""Signing in: the agreement, a way in, the name where the chip cuts it, a proof, for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from drivers.device import Kind, State, Status
from kiosk.centre.level import Level
from kiosk.centre.models import WayOffer
from kiosk.identity.acting import choose_unit
from kiosk.identity.agreement import agree
from kiosk.identity.proving import prove_further, run_one, tile_of
from kiosk.identity.way import Way
from kiosk.identity.ways import WAYS, id_card
from kiosk.privacy import Sensitive, mask_name
from kiosk.visit.steps import ConfirmName, Fact, WayTile
from kiosk.visit.troubles import closed_by, device_words
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

U_KEY = "u-key"
"""The centre's name of the way in by a digital certificate 数字证书 of a unit."""
_AHEAD = (
    Fact(_("第一步"), _("选一种方式，证明是您本人")),
    Fact(_("第二步"), _("核对后进入首页")),
)
"""What the page of the ways in says of what is to come."""


def identify(visit: Visit) -> None:
    """Sign the citizen in, from the agreement to the greeting. The centre makes every decision."""
    visit.once(partial(_begin_anew, visit))
    version = agree(visit)
    sign_in = partial(visit.centre.sign_in, agreement=version)
    run_one(visit, partial(first_tiles, visit), sign_in, so_far=_AHEAD)
    session = visit.once(lambda: visit.centre.session)
    if session is not None and session.name_to_confirm is not None:
        confirmed = visit.ask(ConfirmName(session.name_to_confirm))
        visit.look_up(partial(visit.centre.confirm_name, confirmed))
    while not prove_further(visit, Level.PROVED):
        pass
    person = visit.look_up(visit.centre.person)
    unit = choose_unit(visit)
    visit.welcome(person, mask_name(person.full_name.reveal()), unit)


def _begin_anew(visit: Visit) -> None:
    """Whoever tries again, with another card or another phone, has no session yet, and may be
    another person than the one whose card was read before."""
    visit.centre.sign_out()
    visit.chip_photo, visit.card_number = Sensitive(b""), None


def first_tiles(visit: Visit) -> tuple[WayTile, ...]:
    """The ways with which a visit may begin at this terminal: the identity card, and those that
    the centre offers and whose devices the terminal was built with."""
    offers = {offer.way: offer for offer in visit.catalogue.ways}
    offers.setdefault(id_card.WAY.id, WayOffer(way=id_card.WAY.id, open=True))
    fitted = visit.statuses().keys()
    tiles = tuple(
        _tile(visit, way, offers[way.id])
        for way in WAYS.values()
        if way.begins and way.id in offers and (way is id_card.WAY or fitted >= set(way.devices))
    )
    return (*tiles, u_key_tile(offers[U_KEY])) if U_KEY in offers else tiles


def u_key_tile(offer: WayOffer) -> WayTile:
    """The tile of the U 盾, which a centre may offer to agents of units: closed, because this
    program reads none. Who looks for it hears why."""
    closed = _("本机没有 U 盾接口，请用其他方式") if offer.open else offer.because
    return WayTile(U_KEY, _("U 盾"), "", "slot", closed=closed or _("暂停服务"))


def no_way_in(statuses: Mapping[Kind, Status], offers: Sequence[WayOffer]) -> Sayable | None:
    """The fault of the card reader, where no other way of ``offers`` works now; None: one does."""
    reader = statuses.get(Kind.ID_CARD)
    if reader is None or reader.usable or reader.state is State.STARTING:
        return None
    for offer in offers:
        way = WAYS.get(offer.way)
        if offer.open and way and way.begins and closed_by(statuses, way.devices) is None:
            return None
    return device_words(Kind.ID_CARD, reader)


def _tile(visit: Visit, way: Way, offer: WayOffer) -> WayTile:
    # Its own page says what is wrong with the reader, and the card may be put again there.
    if way is id_card.WAY and offer.open:
        return WayTile(way.id, way.title, way.hint, way.icon, seconds=way.seconds)
    return tile_of(visit, way, open=offer.open, because=offer.because)
