"""A centre whose certificate no authority vouches for: known by the SHA-256 that it tells."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import click
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.sentence import en
from kiosk.doctor import certificates
from kiosk.setup.technician import Say

CONNECT_S = 3.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_of(said: str, say: Say) -> str:
    """The SHA-256 that ``said`` is, in 64 small digits; with colons, as browsers show it, or as
    ``openssl x509 -fingerprint -sha256`` prints it. Raises ``click.UsageError``."""
    digits = said.rpartition("=")[2].replace(":", "").replace(" ", "").lower()
    if not _SHA256.fullmatch(digits):
        raise click.UsageError(say(en("64 digits and letters from a to f")))
    return digits


def certificate_with(sha256: str, url: str, say: Say) -> str:
    """The certificate with this SHA-256 among those that the server at ``url`` shows, in PEM: its
    own, or one above. Nothing else is checked. Raises ``click.UsageError`` where there is none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found, _date = certificates.shown((host, parts.port or 443), host, CONNECT_S)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else ""
        why = why or str(error)
        raise click.UsageError(say(en("the server does not answer: {why}", why=why))) from error
    for one in found:
        if one.fingerprint(SHA256()).hex() == sha256:
            return one.public_bytes(Encoding.PEM).decode()
    raise click.UsageError(
        say(en("the server shows another certificate: go no further, ask the centre"))
    )
