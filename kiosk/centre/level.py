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
    """A card was read: the centre shows nothing personal yet."""
    PROVED = "proved"
    """A card held and a secret known, a card held and a face, or a phone: own data and papers."""
    STRONG = "strong"
    """Two independent proofs, one of them a face or a phone: what moves money or changes data."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Level):
            return NotImplemented
        order = tuple(Level)
        return order.index(self) < order.index(other)
