"""手机上继续 on the wire: a code with which a phone goes on where the terminal stops."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from kiosk.centre.models import Count, Id, Named, WireModel, line
from kiosk.operation import Business
from kiosk.privacy import Sensitive

FormBusiness = Literal[
    Business.REPAY_LOAN_WITHDRAWAL,
    Business.REPAY_MORTGAGE_WITHDRAWAL,
    Business.RENT_WITHDRAWAL,
    Business.PERSONAL_DATA_CHANGE,
]
FORMS: frozenset[Business] = frozenset(get_args(FormBusiness))
"""The businesses whose forms a phone can go on with."""


class AccountHandover(WireModel):
    """The phone shows this account and its newest bookings."""

    topic: Literal["account"]
    account: Named


class WithdrawalsHandover(WireModel):
    """The phone shows the newest withdrawals 提取记录 from this account."""

    topic: Literal["withdrawals"]
    account: Named


class LoanHandover(WireModel):
    """The phone shows this loan and its newest instalments."""

    topic: Literal["loan"]
    loan: Named


class RequestsHandover(WireModel):
    """The phone shows 我的办件."""

    topic: Literal["requests"]


class FormHandover(WireModel):
    """A form that the citizen has begun at the terminal: what was chosen so far. The phone asks for
    the rest, and only the phone can confirm what comes of it."""

    topic: Literal["form"]
    business: FormBusiness
    account: Named | None = None
    loan: Named | None = None
    field: Named | None = None  # of 个人信息变更


class ComplaintHandover(WireModel):
    """What somebody complains of, to be told in their own words: the complaint that this terminal
    has handed in under this key."""

    topic: Literal["complaint"]
    complaint: Annotated[str, line(64, least=16)]


class HandoverRequest(WireModel):
    """What the phone shall go on with. Everything but a complaint needs a session."""

    about: Annotated[
        AccountHandover
        | WithdrawalsHandover
        | LoanHandover
        | RequestsHandover
        | FormHandover
        | ComplaintHandover,
        Field(discriminator="topic"),
    ]


class Handover(WireModel):
    """A code that serves once, for minutes, and opens nothing personal by itself: who scans it has
    to prove to the centre to be the citizen of the session. ``content`` stands in the QR code."""

    id: Id
    content: Sensitive[Annotated[str, line(500, least=1)]]
    valid_s: Count


class HandoverState(WireModel):
    """``waiting``: nobody has used the code. ``taken``: the citizen's phone goes on. ``over``: the
    code was voided, or its time has passed."""

    state: Literal["waiting", "taken", "over"]
