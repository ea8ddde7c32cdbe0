"""How sure the centre is who stands there: four levels, in order."""

from __future__ import annotations

from enum import Enum
from functools import total_ordering


@total_ordering
class Level(Enum):
    """How sure the centre is. Only the centre says a session's level: the terminal compares levels
    and never computes one. A service says the least level that it needs."""

    PUBLIC = "public"
    """Nobody is known: what everybody may read."""
    HELD = "held"
    """A card was read, or the password of a unit's account was right: the centre shows nothing
    personal yet."""
    PROVED = "proved"
    """A card held and a secret known, a card held and a face, or a phone: own data and papers. A
    unit's account, and a code to its agent's phone: what is the unit's."""
    STRONG = "strong"
    """Two independent proofs, one of them a face or a phone: what is risky. Where a change is
    risky, as of the phone or of the bank card, the centre takes these two proofs for the operation
    itself (``Operation.confirmed_by``), which binds them to what was quoted. So none of our
    services asks for this level ahead, which would ask for the same face twice; a service that has
    no operation says it by its ``Needs``."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Level):
            return NotImplemented
        order = tuple(Level)
        return order.index(self) < order.index(other)
