"""投诉建议 on the wire: what somebody complains of or suggests, without signing in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kiosk.centre.models import Day, WireModel, line
from kiosk.centre.operations import OperationId
from kiosk.privacy import Sensitive

Subject = Literal["wait", "staff", "terminal", "paper", "result", "idea"]


class Complaint(WireModel):
    """One complaint or idea. The same ``key`` gives the same receipt. ``about``: the id of the
    outlet, or the verification code of the paper. ``operation``: the operation that it is about, of
    the session's own. ``phone``: to be called back, with consent; it stays at the centre."""

    key: Annotated[str, line(64, least=16)]
    subject: Subject
    about: Annotated[str, line(64)] = Field(default="", examples=["shifan-road"])
    operation: OperationId | None = None
    phone: Sensitive[Annotated[str, StringConstraints(pattern=r"^1[0-9]{10}$")]] | None = None


class ComplaintReceipt(WireModel):
    """What the citizen quotes when they ask what became of it, and until when it is answered."""

    number: Annotated[str, line(24, least=1)] = Field(examples=["TS260115-0001"])
    answered_by: Day
