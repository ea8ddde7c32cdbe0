"""What all signed tickets share: JWT (RFC 7519) in JWS (RFC 7515), for one purpose, for some time.

Header: ``alg`` ES256, ``typ`` the purpose, ``x5t#S256`` the SHA-256 of the signer's certificate. A
ticket for one purpose is none for another: ``typ`` is signed with it and compared (RFC 8725 3.11).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.sentence import en

ALGORITHM = "ES256"
THUMBPRINT = "x5t#S256"
MOST_CHARACTERS = 40_000
_SPAN = ("nbf", "exp")


class TicketRefused(Exception):
    """The ticket grants nothing here: one sentence why. ``code``: the reason as an audit word."""

    def __init__(self, why: str, code: str = "other") -> None:
        super().__init__(why)
        self.code = code


def thumbprint(certificate: x509.Certificate) -> str:
    """RFC 7515 4.1.8: base64url of the SHA-256 of the certificate in DER, without padding."""
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def checked_claims(
    text: str, purpose: str, required: tuple[str, ...], trusted: Path, now: datetime, none: str
) -> dict[str, Any]:
    """The claims of the ticket ``text`` for ``purpose``, whose signature and time have been
    checked. ``trusted``: PEM file with the certificates of those who may sign tickets; ``none``:
    the sentence for what is no such ticket. Raises :class:`TicketRefused`."""
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise TicketRefused(none, "none")
    try:
        header = jwt.get_unverified_header(text)
    except (jwt.InvalidTokenError, UnicodeError) as error:  # or what a console could not read
        raise TicketRefused(none, "none") from error
    if header.get("typ") != purpose:
        raise TicketRefused(none, "purpose")
    signer = _signer(trusted, header.get(THUMBPRINT), now)
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            signer,
            algorithms=[ALGORITHM],
            options={
                "require": ["jti", "iat", "nbf", "exp", *required],
                "verify_iat": False,
                "verify_nbf": False,
                "verify_exp": False,
            },
        )
        begins, ends = (datetime.fromtimestamp(int(claims[name]), now.tzinfo) for name in _SPAN)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError) as error:
        raise TicketRefused(
            en("the ticket's signature does not fit, or it was changed"), "signature"
        ) from error
    # Compared here: PyJWT knows only the clock of this machine, which may say 1970.
    if now < begins:
        raise TicketRefused(
            en(
                "the ticket begins at {begins}, and this clock says {now}: set the clock",
                begins=f"{begins:%Y-%m-%d %H:%M}Z",
                now=f"{now:%Y-%m-%d %H:%M}Z",
            ),
            "early",
        )
    if now >= ends:
        raise TicketRefused(
            en("the ticket's time has passed: it ended at {ends}", ends=f"{ends:%Y-%m-%d %H:%M}Z"),
            "expired",
        )
    return claims


def _signer(trusted: Path, named: object, now: datetime) -> ec.EllipticCurvePublicKey:
    """The key of the certificate in ``trusted`` that the ticket names."""
    try:
        found = x509.load_pem_x509_certificates(trusted.read_bytes())
    except OSError as error:
        raise TicketRefused(f"{trusted}: {error.strerror}", "signer") from error
    except ValueError as error:
        raise TicketRefused(en("{path}: no certificate in it", path=trusted), "signer") from error
    signer = next((one for one in found if thumbprint(one) == named), None)
    if signer is None:
        raise TicketRefused(
            en("the ticket is signed by somebody who is not trusted here"), "signer"
        )
    if signer.not_valid_after_utc <= now:
        raise TicketRefused(en("the certificate of the ticket's signer has ended"), "signer")
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TicketRefused(
            en("the ticket is signed by somebody who is not trusted here"), "signer"
        )
    return key
