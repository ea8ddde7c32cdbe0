"""One seed: a world with its places and people, faults for a while, calm until all has ended."""

from __future__ import annotations

from kiosk.operation import OperationState
from tests.simulation.centre import ModelCentre
from tests.simulation.places import Parts, SimTerminal, SimVisit, ended_in
from tests.simulation.world import BrokenPromise, SimWorld

CALM_ROUNDS = 80
ROUND_S = 3600.0


def simulate(seed: int, parts: Parts | None = None, *, trace: list[str] | None = None) -> int:
    """Run the world of ``seed``; how many operations were drafted in it. Raises
    :class:`BrokenPromise`."""
    parts = parts or Parts()
    world = SimWorld(seed)
    world.trace = trace
    centre = parts.centre(world)
    random = world.random
    terminals = [
        SimTerminal(world, centre, parts, f"T{n + 1}") for n in range(random.randint(1, 2))
    ]
    phone = random.random() < 0.3 and not parts.only_forms
    places: list[SimTerminal | None] = [*terminals, *([None] if phone else [])]
    people = random.randint(1, 2)
    length = random.choice((120.0, 900.0, 2400.0))
    world.plan_outages(length)
    for place in places:
        _come_and_go(world, centre, parts, place, people, length)
    at = 0.0
    while at < length:
        at += 10.0
        world.run(at)
        _check(terminals)
        if parts.forgets and random.random() < 0.05:
            _forget(centre)
    world.calm = True
    _end(world, centre, parts, terminals, people)
    return len(world.operations)


def _come_and_go(
    world: SimWorld,
    centre: ModelCentre,
    parts: Parts,
    place: SimTerminal | None,
    people: int,
    length: float,
) -> None:
    """Visits at ``place``, one after another, until ``length``."""
    phones: list[SimVisit] = []

    def next_one() -> None:
        if world.now >= length:
            return
        free = (place.up and place.visit is None) if place else not any(v.alive for v in phones)
        if free:
            visit = SimVisit(world, centre, parts, world.random.randrange(people), place)
            if place and visit.alive:
                place.visit = visit
            elif place is None:
                phones[:] = [visit]
        world.after(world.random.uniform(1.0, 40.0), next_one)

    world.after(world.random.uniform(0.0, 20.0), next_one)


def _check(terminals: list[SimTerminal]) -> None:
    for terminal in terminals:
        terminal.check()


def _forget(centre: ModelCentre) -> None:
    for operation in list(centre.operations):
        if centre.operations[operation].state is OperationState.CONFIRMED:
            del centre.operations[operation]
            return


def _end(
    world: SimWorld,
    centre: ModelCentre,
    parts: Parts,
    terminals: list[SimTerminal],
    people: int,
) -> None:
    """No more faults: what was confirmed ends, in the journals and before the citizen's eyes."""
    left: list[str] = []
    for _ in range(CALM_ROUNDS):
        world.run(world.now + ROUND_S)
        _check(terminals)
        for person in range(people):
            _visit_once(world, centre, parts, terminals, person)
        left = [
            operation
            for operation, told in world.operations.items()
            if (told.confirmed and not told.shown)
            or not all(ended_in(terminal, operation) for terminal in terminals)
        ]
        if not left:
            return
    raise BrokenPromise(f"L1 never ends, or is never told: {left[0]}")


def _visit_once(
    world: SimWorld,
    centre: ModelCentre,
    parts: Parts,
    terminals: list[SimTerminal],
    person: int,
) -> None:
    """The person comes once more, looks at what is there to tell, and goes."""
    if not parts.greets:
        return
    for word in centre.open(person):
        if word.state is not None:
            world.show(word.operation, word.state)
            centre.tell(word.operation)
