"""What comes of a login, and the form of the words that an audit record may hold of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

AUDIT_ID = r"(?:[0-9a-f]{32})?"
"""The id of a login or an operation, 128 random bits of the centre in hexadecimal; or none."""

AUDIT_WORD = r"(?:[a-z.:-]*[0-9]){0,8}[a-z.:-]*"
"""A word of a closed list, a version, a count. Eight digits at most, however they are parted: a day
fits, and no number of a citizen does, of a document, a phone, an account or a card."""


class LoginEvent(StrEnum):
    """What has come of a login. ``detail`` stands beside it in the audit log."""

    BEGUN = "begun"  # ``detail``: the way in, and the version of the agreement
    PROVED = "proved"  # the citizen's own data may be shown; ``detail``: the level and the proof
    RAISED = "raised"  # a further proof; ``detail``: the level and the proof
    REFUSED = "refused"  # evidence was not taken; ``detail``: the code of the reason
    APPROVED = "approved"  # by a clerk, of an operation; ``detail``: who: ``clerk:6031``
    ENDED = "ended"  # ``detail``: how


TellLogin = Callable[[LoginEvent, str, str], None]
"""Tells the audit log of an event: the id of the login, or of the operation that was approved, or
for which evidence was refused; and the detail. Both in the forms above."""


def tell_nobody(event: LoginEvent, id: str, detail: str) -> None:
    """The :data:`TellLogin` of a client that is no citizen's visit."""
