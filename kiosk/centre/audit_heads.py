"""The contract of the audit log: heads that a terminal shows, and that the centre vouches for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kiosk.centre.models import WireModel


class WitnessedHead(WireModel):
    """The end of a terminal's audit log: the number of its last record, and that record's digest
    (SM3, hexadecimal). ``epoch`` names the installation; a new disk begins a new one."""

    epoch: str = Field(pattern=r"^[0-9a-f]{32}$")
    seq: int = Field(ge=1, le=2**53 - 1)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


WitnessedHeads = Annotated[tuple[WitnessedHead, ...], Field(max_length=100_000)]
