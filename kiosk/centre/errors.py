"""The errors of the centre's client: the centre refuses, or gives no answer to trust."""

from __future__ import annotations

import secrets
from enum import StrEnum

from drivers.sentence import joined
from kiosk.words import Sayable

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread on the telephone


def reference_number() -> str:
    """A number the citizen can quote: two groups of four, e.g. ``K7Q2-9XMD``."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class Refusal(Exception):
    """The centre refuses a request: why, what the citizen can do next, and the number to quote.
    ``operation``: the id of the operation that stands in the way, where one does."""

    def __init__(
        self,
        code: str,
        reason: Sayable,
        next_step: Sayable,
        reference: str,
        operation: str | None = None,
    ) -> None:
        super().__init__(f"{code} {reference}")
        self.code = code
        self.reason = reason
        self.next_step = next_step
        self.reference = reference
        self.operation = operation


class Trouble(StrEnum):
    """Why there is no answer that can be trusted."""

    DOWN = "centre-down"  # no connection, or 5xx
    SLOW = "centre-slow"  # no answer in time
    NONSENSE = "centre-nonsense"  # cut off, not JSON, not what was asked for
    BUSY = "centre-busy"  # 429: asked to come back later


class CentreUnavailable(Exception):
    """The centre gave no usable answer. It may still have carried out the request.
    ``retry_after_s``: how long the centre asks to be left alone, where it does. ``untrusted``: its
    certificate comes from nobody who is trusted here."""

    def __init__(
        self,
        trouble: Trouble,
        detail: str = "",
        retry_after_s: int | None = None,
        *,
        untrusted: bool = False,
    ) -> None:
        super().__init__(joined(": ", trouble.value, detail))
        self.trouble = trouble
        self.retry_after_s = retry_after_s
        self.untrusted = untrusted
        self.detail = detail  # for the technician; no citizen's data
        self.reference = reference_number()


class AnotherPerson(CentreUnavailable):
    """The centre answered about somebody else than who signed in: this visit is over."""
