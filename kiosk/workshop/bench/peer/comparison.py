"""Measures the terminal and a Chromium kiosk in turn, in one session, and their ratios."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.workshop import demo
from kiosk.workshop.bench import visits
from kiosk.workshop.bench.figures import Figure, Name, NotMeasured, Values
from kiosk.workshop.bench.peer import chromium
from kiosk.workshop.bench.peer.throttle import throttled, way

NAMES: Mapping[str, Name] = {
    "peer_start": Name("ms"),
    "peer_tap": Name("ms"),
    "peer_memory": Name("MB"),
    "peer_idle_cpu": Name("%"),
    "terminal_start": Name("ms"),
    "terminal_start_forked": Name("ms"),
    "terminal_tap": Name("ms"),
    "terminal_memory": Name("MB"),
    "terminal_memory_without_drivers": Name("MB"),
    "terminal_idle_cpu": Name("%"),
    "terminal_dark_after_short_visit": Name("ms", 100, p99=True),
    "ratio_start": Name("x", 0.9),
    "ratio_start_forked": Name("x", 0.3),
    "ratio_tap_p99": Name("x", 0.6),
    "ratio_memory": Name("x", 0.6),
    "ratio_memory_without_drivers": Name("x", 0.5),
}
"""``peer``: Debian's Chromium, headless, with the six pages of ``site.html``; ``terminal``: a
keeper and all its processes, offscreen, with the devices of the demo. Both without a GPU and with
nothing that moves.

* ``start``: start of the first process to the first page, whatever of both is in the disk cache;
  ``start_forked``: from the request to the terminal's fork server to the first frame of a visit,
  beside the same start of Chromium
* ``tap``: mouse press to the next page's frame; Chromium's ends when the frame is laid out, which
  is before it is drawn; the terminal's are those of a citizen who comes at once, while the next
  standby warms up
* ``memory``: proportional set size of all processes, the first page on the screen
* ``dark_after_short_visit``: see :data:`kiosk.workshop.bench.visits.NAMES`; once in a run, many
  visits in a row
* ``ratio``: the terminal's median (of ``tap_p99`` the p99) by Chromium's
"""
SETTLE_S = 2.0
"""From the last tap, or from a warm standby, to rest; on a part of one CPU as much longer."""
_MISSING = "needs the Debian package chromium"
_ROUND = ("card", "code", "menu", "account", "preview", "account", "menu", "attract")


@dataclass(frozen=True, slots=True)
class PeerScale:
    """How often both are started; how long they are used and watched at rest, at every second
    start; how many visits in a row end half a second after they began, at the last start."""

    starts: int
    rounds: int
    idle_s: float
    shorts: int


FULL = PeerScale(starts=8, rounds=10, idle_s=4.0, shorts=40)
QUICK = PeerScale(starts=2, rounds=3, idle_s=2.0, shorts=2)


def run(quick: bool, throttle: float = 1.0) -> dict[str, Figure | NotMeasured]:
    """See :func:`measure`. ``throttle``: the share of one CPU that each of both gets; stderr says
    by which means."""
    return measure(QUICK if quick else FULL, throttle)


def measure(
    scale: PeerScale, throttle: float = 1.0, here: demo.DemoPlace | None = None
) -> dict[str, Figure | NotMeasured]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`. ``here``: see
    :func:`kiosk.workshop.bench.visits.placed`."""
    if not chromium.program():
        return {name: NotMeasured(_MISSING) for name in NAMES}
    if throttle < 1:
        print(f"bench: {throttle:g} of one CPU, by {way()}", file=sys.stderr)
    found: Values = {name: [] for name in NAMES if not name.startswith("ratio_")}
    with visits.placed(here) as place:
        for number in range(scale.starts):
            whole = number % 2 == 1
            shorts = scale.shorts if number == scale.starts - 1 else 0
            _measure_peer(found, scale, throttle, whole=whole)
            _measure_terminal(found, place, scale, throttle, whole=whole, shorts=shorts)
            _measure_fork(found, place, throttle)
    figures: dict[str, Figure | NotMeasured] = {
        name: Figure(tuple(values)) for name, values in found.items()
    }
    return figures | _ratios({name: Figure(tuple(values)) for name, values in found.items()})


def _measure_peer(found: Values, scale: PeerScale, throttle: float, *, whole: bool) -> None:
    began = time.time()
    with (
        chromium.chromium() as process,
        throttled(throttle, lambda: visits.family(process.pid)),
        chromium.attach(process) as peer,
    ):
        found["peer_start"].append((peer.painted_at() - began) * 1000)
        if not whole:
            return
        for _ in range(scale.rounds):
            found["peer_tap"] += [peer.tap(to) for to in _ROUND]
        time.sleep(SETTLE_S / throttle)
        family = list(visits.family(peer.pid))
        found["peer_memory"].append(sum(map(visits.pss_mb, family)))
        found["peer_idle_cpu"].append(visits.cpu_percent(family, scale.idle_s))


def _measure_terminal(
    found: Values,
    here: demo.DemoPlace,
    scale: PeerScale,
    throttle: float,
    *,
    whole: bool,
    shorts: int,
) -> None:
    # The first visit is killed when the fork server has made a standby: citizens come later.
    stories = ("still", "queue") if whole else ()
    each = visits.VisitsScale(
        starts=0,
        stories=stories,
        rounds=scale.rounds,
        idle_s=scale.idle_s,
        settle_s=SETTLE_S / throttle,
        shorts=shorts,
    )
    seen = visits.play(here, each, throttle)
    found["terminal_start"].append(seen["start_cold"][0])
    if whole:
        found["terminal_tap"] += seen["tap_next_page_queue"]
        found["terminal_memory"] += seen["memory_terminal"]
        found["terminal_memory_without_drivers"] += seen["memory_without_drivers"]
        found["terminal_idle_cpu"] += seen["idle_cpu"]
        found["terminal_dark_after_short_visit"] += seen["dark_after_short_visit"]


def _measure_fork(found: Values, here: demo.DemoPlace, throttle: float) -> None:
    # A fork server for this start alone: beside another, a terminal's pages would count half.
    with visits.forks_of(here) as forks:
        visits.start_forked(forks, 0)  # the first fork, which in service the poster covers
        took, _ = visits.start_forked(forks, 1, throttle)
        found["terminal_start_forked"].append(took)


def _ratios(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    of = {name: figure.median for name, figure in figures.items()}
    return {
        "ratio_start": Figure((of["terminal_start"] / of["peer_start"],)),
        "ratio_start_forked": Figure((of["terminal_start_forked"] / of["peer_start"],)),
        "ratio_tap_p99": Figure((figures["terminal_tap"].p99 / figures["peer_tap"].p99,)),
        "ratio_memory": Figure((of["terminal_memory"] / of["peer_memory"],)),
        "ratio_memory_without_drivers": Figure(
            (of["terminal_memory_without_drivers"] / of["peer_memory"],)
        ),
    }
