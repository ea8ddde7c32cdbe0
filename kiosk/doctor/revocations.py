"""Whose the revocation lists are against which every seal is held, and how old."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from drivers.sentence import en
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.doctor.findings import Finding
from kiosk.doctor.network import NETWORK
from kiosk.papers.revocations import split_lists
from kiosk.settings import Settings

NAME = "revocation list"
_NO_LIST = en("no list in DER (RFC 5280 5)")
_SIGNING = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
_RENEW = en("the centre must renew its revocation list: no document is printed without it")


def look(settings: Settings) -> Iterator[Finding]:
    """Whether the centre serves a genuine list of a root of seals; the age of its oldest list by
    the centre's clock, and by when the centre renews it."""
    ours = settings.centre
    if not ours.revocation_list:
        seen = en("none: a revoked seal is accepted until its certificate ends")
        yield NETWORK.note(
            NAME, seen, en("revocation_list = true in [centre], if the centre has one")
        )
        return
    try:
        with CentreClient(
            ours.url,
            settings.terminal,
            connect_s=ours.connect_s,
            read_s=ours.read_s,
            ca=ours.ca,
            certificate=ours.certificate,
            key=ours.key,
        ) as client:
            now = client.catalogue().clock
            lists = [x509.load_der_x509_crl(one) for one in split_lists(client.revocation_list())]
    except CentreUnavailable as error:
        yield NETWORK.unknown(NAME, str(error), en("the way to the centre says why"))
        return
    except (Refusal, ValueError):
        yield NETWORK.bad(NAME, _NO_LIST, _RENEW)
        return
    try:
        roots = x509.load_pem_x509_certificates(ours.seal_roots.read_bytes())
    except (OSError, ValueError):
        seen = en("whose list it is cannot be told")
        yield NETWORK.unknown(NAME, seen, en("the roots of seals say why"))
        return
    if foreign := _foreign(lists, roots):
        yield NETWORK.bad(NAME, foreign, _RENEW)
        return
    made = min(one.last_update_utc for one in lists)
    until = min(one.next_update_utc or one.last_update_utc for one in lists)
    hours = round((now - made).total_seconds() / 3600)
    if until < now:
        yield NETWORK.bad(NAME, en("{hours} h old, and out of date", hours=hours), _RENEW)
        return
    seen = en("{hours} h old, good until {moment}", hours=hours, moment=f"{until:%Y-%m-%d %H:%M}")
    yield NETWORK.good(NAME, seen)


def _foreign(
    lists: Sequence[x509.CertificateRevocationList], roots: Sequence[x509.Certificate]
) -> str:
    """Why no seal can be held against ``lists``; "" when one of them is a root's. The lists of
    authorities below a root are not judged here: only a seal brings their certificates along."""
    if not lists:
        return _NO_LIST
    ours = 0
    for one in lists:
        if namesakes := [root for root in roots if root.subject == one.issuer]:
            if not any(_signed(one, root.public_key()) for root in namesakes):
                issuer = one.issuer.rfc4514_string()
                return en("not signed by {issuer}, whose list it claims to be", issuer=issuer)
            ours += 1
    issuers = ", ".join(one.issuer.rfc4514_string() for one in lists)
    return "" if ours else en("of {issuers}: no root of seals", issuers=issuers)


def _signed(one: x509.CertificateRevocationList, key: CertificatePublicKeyTypes) -> bool:
    return isinstance(key, _SIGNING) and one.is_signature_valid(key)
