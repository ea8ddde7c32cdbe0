"""Enrolment on the wire: how a new terminal gets its number, its certificate and its settings.

The pattern is that of RFC 8628: the centre gives a short code for the screen, a person allows the
code at the centre, the terminal asks from time to time. The request is PKCS#10 (RFC 2986).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kiosk.centre.models import CentreWords, Id, Line, Wait, WireModel, line

KeyPlace = Literal["tpm", "file"]
"""Where a terminal's private key lies: in a TPM 2.0, which never gives it out, or in a file."""
Pem = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000, pattern=r"^[\x20-\x7e\r\n]*$")
]
"""One or more PEM blocks (RFC 7468)."""
TerminalNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]
"""A terminal's number at the centre."""


class EnrolmentRequest(WireModel):
    """What a terminal without a certificate asks for: a certificate for its key. ``request`` is
    signed with that key; its subject is not read: the centre gives the number."""

    request: Pem
    key_place: KeyPlace


class Enrolment(WireModel):
    """A request that waits to be allowed. ``id`` is a secret of this terminal, at least 128 random
    bits; ``code`` stands on its screen until ``valid_s`` have passed; ``poll_s`` is the first pause
    between two questions."""

    id: Id
    code: Annotated[str, line(16, least=4)]
    valid_s: Wait
    poll_s: Annotated[int, Field(ge=1, le=60)]


class EnrolledTerminal(WireModel):
    """What an allowed terminal gets. ``certificate`` is its own with the chain above it, ``ca``
    what the centre's TLS certificate comes from, ``url`` where the contract is served,
    ``ticket_signers`` the certificates of those who may sign maintenance tickets."""

    terminal: TerminalNumber
    place: Line
    url: Annotated[str, line(255, least=1)]
    certificate: Pem
    ca: Pem | None = None
    seal_roots: Pem
    sealer: Annotated[str, line(255, least=1)]
    ticket_signers: Pem | None = None


class EnrolmentState(WireModel):
    """How far an enrolment is. ``over``: the code's time has passed, or its answer was fetched."""

    state: Literal["waiting", "allowed", "refused", "over"]
    terminal: EnrolledTerminal | None = None
    because: CentreWords | None = None


class RenewalRequest(WireModel):
    """A further certificate for the key of the present one (RFC 7030 4.2.2)."""

    request: Pem


class Renewal(WireModel):
    """The new certificate with the chain above it, and who may sign maintenance tickets now, where
    the enrolment has brought that."""

    certificate: Pem
    ticket_signers: Pem | None = None
