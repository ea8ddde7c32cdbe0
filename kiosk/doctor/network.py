"""Probes of the way to the centre: name, connection, certificates, clock, and its answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.doctor.findings import Finding, Verdict
from kiosk.fund.client import FundClient
from kiosk.fund.errors import CentreUnavailable, Refusal
from kiosk.settings import Settings

SECTION = "network"
WARN_DAYS = 30
"""A certificate that ends sooner is worth a note."""
SKEW_S = 30.0
"""More than this between the centre's clock and ours is bad: signatures and sessions fail."""
ROUNDS = 5


def way(settings: Settings) -> Iterator[Finding]:
    """Name service, TCP and TLS, one after another; what follows a broken one is not tried."""
    parts = urlsplit(settings.centre.url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    began = time.perf_counter()
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        yield _bad(
            "DNS", f"{host}: {error.strerror or error}", "look at /etc/resolv.conf, the cable"
        )
        return
    took = _ms(began)
    yield Finding(
        SECTION, "DNS", Verdict.GOOD, f"{host} is {', '.join(map(str, addresses))}, {took}"
    )
    began = time.perf_counter()
    try:
        connection = socket.create_connection((host, port), settings.centre.connect_s)
    except OSError as error:
        yield _bad("TCP", f"{host}:{port}: {error}", "cable, firewall, or the centre is down")
        return
    with connection:
        yield Finding(SECTION, "TCP", Verdict.GOOD, f"{host}:{port} answers, {_ms(began)}")
        if tls:
            yield from _tls(connection, host, settings)
        else:
            yield Finding(SECTION, "TLS", Verdict.NOTE, "plain http: only on this machine")


def _tls(connection: socket.socket, host: str, settings: Settings) -> Iterator[Finding]:
    centre = settings.centre
    try:
        context = ssl.create_default_context(cafile=str(centre.ca) if centre.ca else None)
        if centre.certificate and centre.key:
            context.load_cert_chain(centre.certificate, centre.key)
        began = time.perf_counter()
        with context.wrap_socket(connection, server_hostname=host) as secured:
            seen = f"{secured.version()}, {_ms(began)}"
            certificate = secured.getpeercert() or {}
    except (ssl.SSLError, OSError) as error:
        yield _bad("TLS", str(error), "certificates and keys in [centre], and this clock")
        return
    yield Finding(SECTION, "TLS", Verdict.GOOD, seen)
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    yield _ends("the centre's certificate", datetime.fromtimestamp(ends, UTC))


def own_certificate(settings: Settings) -> Iterator[Finding]:
    """How long this terminal's own certificate and the roots of the seals are still good."""
    from cryptography import x509

    for name, path in (
        ("this terminal's certificate", settings.centre.certificate),
        ("roots of seals", settings.centre.seal_roots),
    ):
        if path is None:
            continue
        try:
            for certificate in x509.load_pem_x509_certificates(Path(path).read_bytes()):
                yield _ends(name, certificate.not_valid_after_utc)
        except (OSError, ValueError) as error:
            yield _bad(name, f"{path}: {error}", "install the file again")


def _ends(name: str, day: datetime) -> Finding:
    left = (day - datetime.now(UTC)).days
    seen = f"good until {day:%Y-%m-%d}, {left} days"
    if left < 0:
        return _bad(name, f"ended {day:%Y-%m-%d}", "install a new one")
    if left < WARN_DAYS:
        return Finding(SECTION, name, Verdict.NOTE, seen, "have a new one issued")
    return Finding(SECTION, name, Verdict.GOOD, seen)


def clock(settings: Settings) -> Iterator[Finding]:
    """Our clock beside the ``Date`` of the centre's answers (RFC 9110 6.6.1)."""
    parts = urlsplit(settings.centre.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=settings.centre.connect_s)
    try:
        connection.request("HEAD", "/")
        told = connection.getresponse().getheader("Date")
    except OSError as error:
        yield Finding(SECTION, "clock", Verdict.UNKNOWN, f"the centre does not tell: {error}")
        return
    finally:
        connection.close()
    if not told:
        yield Finding(SECTION, "clock", Verdict.UNKNOWN, "the centre tells no time")
        return
    skew = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    good = abs(skew) <= SKEW_S
    seen = f"{skew:+.0f} s beside the centre"
    mend = "" if good else "timedatectl set-ntp true"
    yield Finding(SECTION, "clock", Verdict.GOOD if good else Verdict.BAD, seen, mend)


def centre(settings: Settings) -> Iterator[Finding]:
    """The centre answers as the contract says, and how fast."""
    ours = settings.centre
    times: list[float] = []
    try:
        with FundClient(
            ours.url,
            settings.terminal,
            connect_s=ours.connect_s,
            read_s=ours.read_s,
            ca=ours.ca,
            certificate=ours.certificate,
            key=ours.key,
            on_time=lambda endpoint, seconds: times.append(seconds),
        ) as client:
            for _round in range(ROUNDS):
                catalogue = client.catalogue()
    except (CentreUnavailable, Refusal, ValueError) as error:
        yield _bad("centre", str(error), "ask the centre's operator, with the time of this report")
        return
    open_now = sum(offer.open for offer in catalogue.offers)
    seen = f"{open_now} of {len(catalogue.offers)} services open, version {catalogue.version}"
    yield Finding(SECTION, "centre", Verdict.GOOD, seen)
    median = statistics.median(times) * 1000
    seen = f"median {median:.0f} ms, worst {max(times) * 1000:.0f} ms of {len(times)}"
    yield Finding(SECTION, "latency", Verdict.GOOD if median < 1000 else Verdict.NOTE, seen)


def _bad(name: str, seen: str, mend: str) -> Finding:
    return Finding(SECTION, name, Verdict.BAD, seen, mend)


def _ms(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:.0f} ms"
