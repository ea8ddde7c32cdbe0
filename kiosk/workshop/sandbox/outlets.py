"""The stand-in's outlets: queues, tickets of today, counters kept at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil

from kiosk.centre.models import CentreWords, Hours
from kiosk.centre.outlets import (
    Appointment,
    AppointmentRequest,
    Outlet,
    OutletQueue,
    Slot,
    Ticket,
)
from kiosk.workshop.sandbox.cases import words
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Row, Store

MINUTES_EACH = 4
"""How long the centre reckons one citizen takes at the counters."""
HELD_MINUTES = 30
"""How long after its turn a ticket holds."""
DAYS_AHEAD = 5
_TIMES = tuple(time(hour) for hour in (9, 10, 11, 14, 15, 16))


@dataclass(frozen=True, slots=True)
class _Site:
    """What does not change of an outlet. ``minutes``: on the way there. ``waiting``: people there
    before the terminals give their first ticket; None: nobody has to wait. ``tickets``: how many a
    day the terminals may give. ``counters``: appointments at the same time."""

    id: str
    letter: str
    name: CentreWords
    address: CentreWords
    distance_m: int
    minutes: int
    way: tuple[str, str]
    hours: Hours
    waiting: int | None = None
    tickets: int = 0
    counters: int = 0


_ON_FOOT = ("步行 {} 分钟", "{} min on foot")
_BY_BUS = ("公交 {} 分钟", "{} min by bus")
_SITES = (
    _Site("shifan-road", "A", words("示范路服务大厅(演示)", "Shifan Road branch (demo)"),
          words("示范路 1 号", "1 Shifan Road"), 850, 12, _ON_FOOT,
          Hours(opens="09:00", closes="17:00"), waiting=3, tickets=40, counters=2),
    _Site("bus-station", "B", words("汽车站自助终端(演示)", "Bus station terminal (demo)"),
          words("云岭汽车站候车厅", "Waiting hall, bus station"), 1200,
          17, _ON_FOOT, Hours(opens="00:00", closes="23:59")),
    _Site("civic-centre", "C", words("政务服务中心(演示)", "Civic centre (demo)"),
          words("示范大道 88 号 2 楼", "88 Shifan Avenue, floor 2"), 2600,
          15, _BY_BUS, Hours(opens="09:00", closes="17:30"),
          waiting=11, tickets=40, counters=3),
    _Site("new-town", "D", words("开发区管理部(演示)", "New Town branch (demo)"),
          words("开发区科创路 6 号", "6 Kechuang Road, New Town"), 6100,
          35, _BY_BUS, Hours(opens="09:00", closes="17:00"),
          waiting=26, tickets=0, counters=1),
)  # fmt: skip


class OutletDesk:
    """Gives tickets, one a taker and outlet, and keeps counters, one appointment a person."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def outlets(self) -> tuple[Outlet, ...]:
        """All outlets as they are now: those where way and queue together take least first."""
        return tuple(self._now(site) for site in sorted(_SITES, key=self._minutes))

    def take_ticket(self, taker: str, outlet: str) -> Ticket:
        """The ticket of ``taker`` at ``outlet``; the same one again while it holds. A taker is a
        person, or the key of a request that came without a session.

        Refuses not-found, outlet-closed, tickets-gone.
        """
        site = _site(outlet)
        if not site.hours.contain(self._clock.now().time()):
            raise Refused("outlet-closed")
        with self._store.transaction():
            if not self._holds(taker, site):
                given = self._given(site)
                if given >= site.tickets:
                    raise Refused("tickets-gone")
                queue = self._queue(site)
                self._store.insert(
                    "ticket",
                    {
                        "taker": taker,
                        "outlet": site.id,
                        "number": f"{site.letter}{given + 1:03}",
                        "ahead": queue.ahead,
                        "until": self._clock.ticks() + 60 * (queue.minutes + HELD_MINUTES),
                    },
                )
            row = self._holds(taker, site)
            assert row  # found above, or just inserted
            left = timedelta(seconds=ceil(row["until"] - self._clock.ticks()))
            return Ticket(
                number=row["number"],
                outlet=site.name,
                address=site.address,
                ahead=row["ahead"],
                minutes=row["ahead"] * MINUTES_EACH,
                until=self._clock.now() + left,
            )

    def slots(self, outlet: str) -> tuple[Slot, ...]:
        """The free times of the next working days. Refuses not-found."""
        site = _site(outlet)
        return tuple(
            Slot(at=at, left=left)
            for at in self._times()
            if (left := site.counters - self._kept(site, at)) > 0
        )

    def appointments(self, visitor: TokenHolder) -> tuple[Appointment, ...]:
        """The person's appointment, or none."""
        rows = self._store.all("SELECT * FROM appointment WHERE person = ?", visitor.person["id"])
        return tuple(
            Appointment(
                number=row["number"],
                outlet=_site(row["outlet"]).name,
                address=_site(row["outlet"]).address,
                at=datetime.fromisoformat(row["at"]),
            )
            for row in rows
        )

    def make_appointment(self, visitor: TokenHolder, request: AppointmentRequest) -> Appointment:
        """Keep a counter; the person's earlier appointment is given up. The same request again
        gives the same appointment. Refuses not-found, slot-gone."""
        site, person = _site(request.outlet), visitor.person["id"]
        at = next((slot for slot in self._times() if slot == request.at), None)
        if at is None:
            raise Refused("slot-gone")
        with self._store.transaction():
            mine = self._store.one(
                "SELECT * FROM appointment WHERE person = ? AND outlet = ? AND at = ?",
                person,
                site.id,
                at.isoformat(),
            )
            if not mine:
                if self._kept(site, at) >= site.counters:
                    raise Refused("slot-gone")
                self._store.run("DELETE FROM appointment WHERE person = ?", person)
                serial = self._store.count("SELECT coalesce(max(serial), 0) FROM appointment") + 1
                self._store.insert(
                    "appointment",
                    {
                        "serial": serial,
                        "number": f"Y{serial:08}",
                        "person": person,
                        "outlet": site.id,
                        "at": at.isoformat(),
                    },
                )
            return self.appointments(visitor)[0]

    def cancel_appointment(self, visitor: TokenHolder, number: str) -> None:
        """Give the person's own appointment up; of another person's, nothing is said."""
        self._store.run(
            "DELETE FROM appointment WHERE person = ? AND number = ?",
            visitor.person["id"],
            number,
        )

    # -- inside -------------------------------------------------------------------------------

    def _now(self, site: _Site) -> Outlet:
        open_now = site.hours.contain(self._clock.now().time())
        return Outlet(
            id=site.id,
            name=site.name,
            address=site.address,
            distance_m=site.distance_m,
            reach=words(*(way.format(site.minutes) for way in site.way)),
            hours=site.hours,
            open=open_now,
            queue=None if site.waiting is None else self._queue(site),
            tickets=open_now and self._given(site) < site.tickets,
            appointments=site.counters > 0,
        )

    def _minutes(self, site: _Site) -> int:
        return site.minutes + (0 if site.waiting is None else self._queue(site).minutes)

    def _queue(self, site: _Site) -> OutletQueue:
        ahead = (site.waiting or 0) + self._given(site)
        return OutletQueue(ahead=ahead, minutes=ahead * MINUTES_EACH)

    def _given(self, site: _Site) -> int:
        return self._store.count("SELECT count(*) FROM ticket WHERE outlet = ?", site.id)

    def _holds(self, taker: str, site: _Site) -> Row | None:
        return self._store.one(
            "SELECT * FROM ticket WHERE taker = ? AND outlet = ? AND until > ? ORDER BY until DESC",
            taker,
            site.id,
            self._clock.ticks(),
        )

    def _kept(self, site: _Site, at: datetime) -> int:
        return self._store.count(
            "SELECT count(*) FROM appointment WHERE outlet = ? AND at = ?",
            site.id,
            at.isoformat(),
        )

    def _times(self) -> Iterator[datetime]:
        """Every time of the next working days, whether or not a counter is free then."""
        zone, day, found = self._clock.now().tzinfo, self._clock.today(), 0
        while found < DAYS_AHEAD:
            day += timedelta(days=1)
            if day.weekday() < 5:  # Monday to Friday
                found += 1
                yield from (datetime.combine(day, each, zone) for each in _TIMES)


def _site(outlet: str) -> _Site:
    for site in _SITES:
        if site.id == outlet:
            return site
    raise Refused("not-found")
