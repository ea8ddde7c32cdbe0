"""How a visit may end: the words that the visit, the keeper and the channel between them share."""

from __future__ import annotations

from typing import Literal

How = Literal["left", "idle", "limit", "trouble", "vendor-mode", "other-card", "restart"]
"""``left``: the citizen is done. ``idle``: nobody touched the screen. ``limit``: the visit lasted
too long. ``trouble``: something failed that the visit cannot mend. ``vendor-mode``: the bank's
technician asked for the machine before anybody came. ``other-card``: a card of somebody else lay on
a reader. ``restart``: a technician has restarted the terminal."""

RESTART: How = "restart"

OF_ITSELF: frozenset[How] = frozenset(
    {"left", "idle", "limit", "vendor-mode", "other-card", "restart"}
)
"""Ends that leave nothing undone. Every other end counts as the visit's failure."""
