"""What comes of a technician's maintenance of the terminal, as the audit log is told."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class UpkeepEvent(StrEnum):
    """What has come of a maintenance session. ``detail`` stands beside it in the audit log."""

    OPENED = "opened"  # ``detail``: by what, the role, the staff number: ``ticket:technician:6021``
    REFUSED = "refused"  # a ticket, card or PIN was not taken; ``detail``: by what, and why
    DONE = "done"  # ``detail``: the act, to what, and why: ``take-out:receipt-printer:repair``
    ENDED = "ended"  # ``detail``: how


TellUpkeep = Callable[[UpkeepEvent, str, str], None]
"""Tells the audit log of an event: the id of the session, which is that of its ticket, and the
detail. Both in the forms of :mod:`kiosk.login`."""


def tell_no_log(event: UpkeepEvent, id: str, detail: str) -> None:
    """The :data:`TellUpkeep` of a terminal without a keeper."""
