"""A visit's calls that hand its work over to the citizen's phone 手机上继续.

Part of :class:`kiosk.centre.client.CentreClient`, whose session and connection every call uses and
whose errors every call raises.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from kiosk.centre.handovers import Handover, HandoverRequest, HandoverState
from kiosk.centre.transport import Call

T = TypeVar("T")


class _AskHandover(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T]) -> T: ...


class _SendHandover(Protocol):
    def __call__(self, call: Call, good: tuple[int, ...]) -> bytes: ...


class HandoversClient:
    """The calls of ``/v1/handovers``."""

    def __init__(self, ask: _AskHandover, send: _SendHandover) -> None:
        self._ask = ask
        self._send = send

    def open(self, request: HandoverRequest) -> Handover:
        """A new code; every older one of this terminal that nobody has used is void then. Refusals:
        handover-closed, not-found, service-closed."""
        return self._ask(Call("POST", "/v1/handovers", body=request), _HANDOVER)

    def state(self, handover: str) -> HandoverState:
        """How far the phone is."""
        return self._ask(Call("GET", "/v1/handovers/{id}", id=handover), _STATE)

    def void(self, handover: str) -> None:
        """Make the code worthless: its page was left. What a phone has taken over stays with it."""
        self._send(Call("DELETE", "/v1/handovers/{id}", id=handover), (204,))


_HANDOVER: TypeAdapter[Handover] = TypeAdapter(Handover)
_STATE: TypeAdapter[HandoverState] = TypeAdapter(HandoverState)
