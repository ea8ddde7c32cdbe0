"""How old the revocation list is against which every seal is held."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from drivers.sentence import en
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.doctor.findings import Finding
from kiosk.doctor.network import NETWORK
from kiosk.settings import Settings

NAME = "revocation list"
_RENEW = en("the centre must renew its revocation list: no document is printed without it")


def look(settings: Settings) -> Iterator[Finding]:
    """The list's age by the centre's clock, and by when the centre renews it."""
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
            crl = x509.load_der_x509_crl(client.revocation_list())
    except CentreUnavailable as error:
        yield NETWORK.unknown(NAME, str(error), en("the way to the centre says why"))
        return
    except (Refusal, ValueError):
        yield NETWORK.bad(NAME, en("no list in DER (RFC 5280 5)"), _RENEW)
        return
    made, until = crl.last_update_utc, crl.next_update_utc
    hours = round((now - made).total_seconds() / 3600)
    if until is None or until < now:
        yield NETWORK.bad(NAME, en("{hours} h old, and out of date", hours=hours), _RENEW)
        return
    seen = en("{hours} h old, good until {moment}", hours=hours, moment=f"{until:%Y-%m-%d %H:%M}")
    yield NETWORK.good(NAME, seen)
