"""The stand-in's signed tickets: how all are signed, and those for maintenance."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kiosk.centre.roster import STAFF_NUMBER, StaffRole
from kiosk.enrolment import signed
from kiosk.maintenance import ticket as maintenance
from kiosk.workshop.sandbox.offers import CENTRE
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.tls import SandboxCa

EARLY_S = 300
"""How long before it is signed a ticket begins: clocks differ."""
MOST_HOURS = 23
_ORDER = re.compile(r"[0-9A-Za-z-]{1,24}")
_TERMINAL = re.compile(r"[0-9A-Za-z-]{1,32}")


def sign(ca: SandboxCa, purpose: str, hours: float, claims: dict[str, Any]) -> str:
    """A ticket for ``purpose``, good for ``hours`` from now."""
    now = int(datetime.now(UTC).timestamp())
    whole = {
        "iss": CENTRE,
        "jti": secrets.token_hex(16),
        "iat": now,
        "nbf": now - EARLY_S,
        "exp": now + int(hours * 3600),
        **claims,
    }
    pem = ca.signer_of_tickets().read_bytes()
    private = load_pem_private_key(pem, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    header = {
        "typ": purpose,
        signed.THUMBPRINT: signed.thumbprint(x509.load_pem_x509_certificate(pem)),
    }
    return jwt.encode(whole, private, signed.ALGORITHM, header)


def maintenance_ticket(
    ca: SandboxCa,
    terminal: str,
    *,
    order: str,
    number: str,
    name: str,
    role: StaffRole = StaffRole.TECHNICIAN,
    hours: float = 4,
) -> str:
    """A ticket that opens ``terminal`` for one of the staff. Refuses request-invalid."""
    forms = ((_TERMINAL, terminal), (_ORDER, order), (re.compile(STAFF_NUMBER), number))
    fits = all(form.fullmatch(text) for form, text in forms) and 0 < len(name) <= 20
    if not fits or not 0 < hours <= MOST_HOURS:
        raise Refused("request-invalid")
    staff = {"number": number, "name": name, "role": role.value}
    claims = {"terminal": terminal, "order": order, "staff": staff}
    return sign(ca, maintenance.TYPE, hours, claims)
