"""A visit's calls that need no session: is this paper genuine, a complaint.

Part of :class:`kiosk.centre.client.CentreClient`, whose connection every call uses and whose errors
every call raises.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from kiosk.centre.complaints import Complaint, ComplaintReceipt
from kiosk.centre.transport import Call
from kiosk.centre.verification import Verification, VerificationRequest

T = TypeVar("T")


class _AskPublic(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T], whole_s: float | None = None) -> T: ...


class PublicClient:
    """The calls that anybody may make. Each may be repeated without harm."""

    def __init__(self, ask: _AskPublic) -> None:
        self._ask = ask

    def verify(self, request: VerificationRequest) -> Verification:
        """Whether the paper with this code is the centre's, and still stands."""
        return self._ask(Call("POST", "/v1/verifications", body=request, keyed=True), _VERIFICATION)

    def complain(self, complaint: Complaint) -> ComplaintReceipt:
        """Hand in a complaint or an idea; the same key gives the same receipt."""
        return self._ask(Call("POST", "/v1/complaints", body=complaint, keyed=True), _RECEIPT)


_RECEIPT: TypeAdapter[ComplaintReceipt] = TypeAdapter(ComplaintReceipt)
_VERIFICATION: TypeAdapter[Verification] = TypeAdapter(Verification)
