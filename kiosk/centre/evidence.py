"""What the terminal lays before the centre to prove who stands there: one model for each way in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiosk.centre.models import AsRead, CardDay, Id, WireModel, line
from kiosk.privacy import Sensitive


class _Evidence(WireModel):
    @property
    def holder(self) -> Sensitive[str] | None:
        """The ID number of the citizen, where the evidence has it."""
        return None


class CardEvidence(_Evidence):
    """What was read from an identity card, unchanged: the centre decides whether it is enough."""

    way: Literal["id-card"] = "id-card"
    kind: Literal["resident", "hmt-resident", "foreigner-2017", "foreigner-2023"]
    name: AsRead
    name_latin: AsRead = Sensitive("")
    name_cut: bool = False
    number: AsRead
    valid_to: CardDay | None = None  # None: 长期
    reader: Id = ""  # the SAM number of the reader

    @property
    def holder(self) -> Sensitive[str]:
        return self.number


LoginEvidence = Annotated[CardEvidence, Field()]
"""The evidence of any way; ``way`` tells which."""


class SignIn(WireModel):
    """Opens a session: one per visit. ``agreement``: the version that the citizen has agreed to."""

    terminal: Annotated[str, line(32, least=1)]
    agreement: Annotated[str, line(32)] = ""
    evidence: LoginEvidence


class FurtherProof(WireModel):
    """Raises the level of the session with further evidence of the same citizen."""

    evidence: LoginEvidence
