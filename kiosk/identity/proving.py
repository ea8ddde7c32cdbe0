"""Asks the citizen for one further proof after another, until the centre is sure enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.level import Level
from kiosk.centre.models import Session
from kiosk.identity.way import Present, Way
from kiosk.identity.ways import WAYS
from kiosk.visit.steps import ChooseWay, Fact, OtherWay, Tone, WayTile
from kiosk.visit.troubles import closed_by
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

OVER = frozenset({"sms-daily-limit", "face-locked", "face-closed", "way-closed"})
"""Codes of refusals that end one way in for this visit, and leave the others open."""
WHY = _("这项业务要更有把握确认是您本人，请再选一种方式")
"""Why a service asks for a further proof."""
_HALF_WAY = (
    Fact(_("第一步"), _("已完成"), Tone.GOOD),
    Fact(_("第二步"), _("再证明一次是您本人")),
)
"""What the page of the proofs says of what is done and what is to come."""


def prove_further(visit: Visit, level: Level, why: Sayable = "") -> bool:
    """Unless the centre says ``level`` or more, have the citizen prove who they are once more.
    Return whether the centre is sure enough then; otherwise a further proof is needed.

    ``why`` says on the page what the proof is for; without it, the first way that is open begins at
    once, and the citizen may change to another. Refusal: proof-not-possible.
    """
    session = visit.once(lambda: _session(visit))  # on a replay, as it was before the proof
    if session.level >= level:
        return True
    tiles = partial(proof_tiles, visit, session)
    run_one(visit, tiles, visit.centre.prove, why, so_far=_HALF_WAY)
    # On a replay, as it was after this proof: a later proof may have raised the level since.
    return visit.once(lambda: _session(visit).level >= level)


def run_one(
    visit: Visit,
    tiles: Callable[[], tuple[WayTile, ...]],
    present: Present,
    why: Sayable = "",
    *,
    so_far: tuple[Fact, ...],
) -> None:
    """Run one of the ways to its end: the first that is open, or another that the citizen chooses;
    with ``why``, the citizen chooses at once. ``tiles``: the ways as they are now, since a device
    may fail while the citizen is at it. ``so_far`` stands on the page that offers the ways. A way
    that the centre ends with a code of `OVER` is greyed with its reason, and the others stay.
    Refusal: proof-not-possible, and what a way raises."""
    # Kept for replays: a device that was lost since may not lead a replay to another way.
    now = tiles()
    chosen = visit.once(lambda: _first_open(now))
    if why:
        chosen = visit.ask(_choice(now, why, so_far))
    ended: dict[str, Sayable] = {}
    while True:
        lead: Sayable = ""
        last: Refusal | None = None
        try:
            WAYS[chosen].run(visit, present, len(_open(now)) > 1)
        except OtherWay:
            pass
        except Refusal as refusal:
            if refusal.code not in OVER:
                raise
            ended[chosen] = lead = refusal.reason
            last = refusal
        else:
            return
        now = _without(tiles(), ended)
        if not visit.once(partial(_open, now)):
            raise last or _not_possible()
        chosen = visit.ask(_choice(now, why, so_far, lead))


def _without(tiles: tuple[WayTile, ...], ended: Mapping[str, Sayable]) -> tuple[WayTile, ...]:
    """``tiles``, where those of ``ended`` are closed with the reason."""
    return tuple(
        replace(tile, closed=ended[tile.way]) if tile.way in ended else tile for tile in tiles
    )


def _open(tiles: tuple[WayTile, ...]) -> list[str]:
    return [tile.way for tile in tiles if tile.closed is None]


def _first_open(tiles: tuple[WayTile, ...]) -> str:
    open_ = _open(tiles)
    if not open_:
        raise _not_possible()
    return open_[0]


def _not_possible() -> Refusal:
    """No way is open at this terminal now."""
    return Refusal(
        "proof-not-possible",
        _("本机现在不能进一步核验身份"),
        _("请到柜台办理，或换一台终端"),
        reference_number(),
    )


def _choice(
    tiles: tuple[WayTile, ...], why: Sayable, so_far: tuple[Fact, ...], lead: Sayable = ""
) -> ChooseWay:
    title = _("再证明一次是您本人") if why else _("怎样确认是您本人？")
    return ChooseWay(title, tiles, lead or why or _("每种方式都一样有效"), so_far)


def proof_tiles(visit: Visit, session: Session) -> tuple[WayTile, ...]:
    """The ways that the centre offers for this session and this program knows; those whose device
    is down, or that the centre has closed, with the reason. A way without its device is left out
    where the terminal was built without the device."""
    statuses = visit.statuses()
    return tuple(
        tile_of(
            visit,
            WAYS[proof.way],
            open=proof.available,
            because=proof.reason,
            hint=proof.hint,
        )
        for proof in session.proofs
        if proof.way in WAYS and statuses.keys() >= set(WAYS[proof.way].devices)
    )


def _session(visit: Visit) -> Session:
    if visit.centre.session is None:
        raise RuntimeError("a proof is asked for before the session was opened")
    return visit.centre.session


def tile_of(
    visit: Visit, way: Way, *, open: bool, because: Sayable | None, hint: Sayable = ""
) -> WayTile:
    """The tile of ``way``, closed with its reason where the centre has not left it ``open``, or a
    device that it needs is not ready."""
    closed: Sayable | None = closed_by(visit.statuses(), way.devices)
    closed = closed or way.closed(visit)
    if not open:
        closed = because or _("暂停服务")
    return WayTile(way.id, way.title, hint or way.hint, way.icon, closed, way.seconds)
