"""验真 on the wire: whether a paper was made by the centre, and still stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kiosk.centre.models import CentreWords, Day, Line, WireModel, line

Verdict = Literal["genuine", "void", "unknown"]
"""``void``: the centre has made it, and it counts no longer."""


class VerificationRequest(WireModel):
    """What stands on the paper: its code, or what its QR code holds, as it was read."""

    code: Annotated[str, line(200, least=1)] = Field(examples=["482109375526"])


class Verification(WireModel):
    """What the centre knows of the paper. ``holder`` is masked, and empty for a paper that names no
    person; nothing else is personal."""

    verdict: Verdict
    title: CentreWords | None = None
    number: Line = Field(default="", alias="bh")  # 编号
    made: Day | None = None
    valid_until: Day | None = None  # None: without an end
    holder: Line = Field(default="", examples=["张*"])

    @model_validator(mode="after")
    def _tells_what_is_known(self) -> Verification:
        if self.verdict != "unknown" and (self.title is None or self.made is None):
            raise ValueError("a paper that is known has a title and a day")
        return self
