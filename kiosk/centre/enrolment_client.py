"""A terminal's questions about its own certificate: a first one, and the next one in time."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from kiosk.centre.answers import body_of, read
from kiosk.centre.enrolment import (
    Enrolment,
    EnrolmentRequest,
    EnrolmentState,
    Renewal,
    RenewalRequest,
)
from kiosk.centre.transport import Call, Closing, Transport, tls_context

UNNAMED = "new"
"""What stands in ``X-Terminal`` of a terminal that has no number yet."""
WHOLE_S = 15.0
"""Seconds for a complete answer."""


class EnrolmentClient(Closing):
    """A connection to the centre for enrolment and renewal. Used from one thread.

    Without ``certificate`` and ``key`` only :meth:`open` and :meth:`state` are served. Every method
    raises as those of :class:`kiosk.centre.commit_client.CommitClient` do; the constructor raises
    ``ValueError`` for a setting that cannot work.
    """

    def __init__(
        self,
        url: str,
        terminal: str = UNNAMED,
        *,
        connect_s: float = 3.0,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        context = tls_context(ca, certificate, key)
        self._transport = Transport(url, terminal, context, connect_s=connect_s, read_s=WHOLE_S)

    def close(self) -> None:
        """Close every connection. Also right when none is open."""
        self._transport.close()

    def open(self, request: EnrolmentRequest) -> Enrolment:
        """Ask for a certificate. Refusals: request-invalid, try-later."""
        call = Call("POST", "/v1/enrolments", body=request)
        return read(call, body_of(call, self._transport.outcome(call, None, WHOLE_S)), _ENROLMENT)

    def state(self, id: str) -> EnrolmentState:
        """How far the enrolment is. Refusals: not-found."""
        call = Call("GET", "/v1/enrolments/{id}", id=id)
        return read(call, body_of(call, self._transport.outcome(call, None, WHOLE_S)), _STATE)

    def renew(self, request: RenewalRequest) -> Renewal:
        """The next certificate for the key of the present one. Refusals: terminal-stopped,
        request-invalid."""
        call = Call("POST", "/v1/certificates", body=request, keyed=True)
        return read(call, body_of(call, self._transport.outcome(call, None, WHOLE_S)), _RENEWAL)


_ENROLMENT: TypeAdapter[Enrolment] = TypeAdapter(Enrolment)
_STATE: TypeAdapter[EnrolmentState] = TypeAdapter(EnrolmentState)
_RENEWAL: TypeAdapter[Renewal] = TypeAdapter(Renewal)
