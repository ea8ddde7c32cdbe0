"""The stand-in centre's rule: what a citizen has shown so far makes which level of certainty."""

from __future__ import annotations

from enum import StrEnum

from kiosk.centre.level import Level


class Factor(StrEnum):
    """One thing that proves something about who stands there."""

    HELD = "held"  # a card was read
    KNOWN = "known"  # a secret was right: a code sent by SMS, a PIN, a query password
    ARE = "are"  # a face
    PHONE = "phone"  # signed in on the citizen's own phone, and agreed there
    UNIT = "unit"  # the password of a unit's account was right


def level_of(shown: frozenset[Factor]) -> Level:
    """The level of a session whose citizen has shown all this.

    A secret or a face says nothing without knowing whose: without a card or a phone they count for
    nothing, so an identity that is only typed stays ``PUBLIC``. A secret adds nothing to a phone:
    an SMS goes to the same phone. A unit's account counts as a card does: it names the agent, and
    proves nothing alone.
    """
    held = bool({Factor.HELD, Factor.UNIT} & shown)
    known = Factor.KNOWN in shown
    are, phone = Factor.ARE in shown, Factor.PHONE in shown
    if (phone and (held or are)) or (held and known and are):
        return Level.STRONG  # two independent proofs, one of them a phone or a face
    if phone or (held and (known or are)):
        return Level.PROVED
    return Level.HELD if held else Level.PUBLIC
