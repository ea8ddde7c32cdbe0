"""Probes of the way to the centre: cable, name, connection, certificates, clock, and its answer."""

from __future__ import annotations

import errno
import socket
import ssl
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from drivers.sentence import en, joined, words_of
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.resolving import resolve
from kiosk.centre.transport import NOT_YET_VALID, tls_context
from kiosk.doctor import certificates, plugged
from kiosk.doctor.findings import Finding, Section
from kiosk.settings import EnrolledSettings, Settings

NETWORK = Section("network")
DNS_S = 6.0
TCP_S = 12.0
"""Seconds after which no further address of the centre is tried."""
REFUSAL_S = 0.3
"""Seconds (plus the handshake's own time) to wait for an alert that rejects our certificate."""
SKEW_S = 30.0
"""More than this between the centre's clock and ours is bad: signatures and sessions fail."""
LATENCY_MS = 1000.0
"""A median above this is worth a note: citizens wait."""
ROUNDS, ROUNDS_S = 5, 10.0
"""Requests to the centre for its latency; none begins after ``ROUNDS_S``."""
_ONE_ROUND_S = 15.0  # the limit of a CentreClient for one call
_THEIRS = "the centre's certificate"
_WAY = ("DNS", "TCP", "TLS", _THEIRS, "clock", "centre", "latency")
_X509_EXPIRED, _X509_HOST, _X509_IP = 10, 62, 64  # openssl-verification-options(1)
_X509_LACKS = range(80, 94)
"""Codes of OpenSSL's strict mode: an extension is missing or wrong (``<openssl/x509_vfy.h>``)."""
_URL = en("correct url in [centre]")
_SET_CLOCK = "timedatectl set-ntp true"


def link(_settings: Settings, root: Path = plugged.ROOT) -> Iterator[Finding]:
    """The cables, and a way out (``/sys/class/net``, ``/proc/net/route``)."""
    ports = [
        path for path in sorted((root / "sys/class/net").glob("*")) if (path / "device").exists()
    ]
    routes = plugged.read(root / "proc/net/route").splitlines()[1:]
    out = [line.split()[0] for line in routes if line.split()[1] == "00000000"]
    said: list[str] = []
    mend = ""
    for path in ports:
        carrier = plugged.read(path / "carrier")
        if carrier:
            plugged_in = carrier == "1"
            said.append(
                en("{port}: cable in", port=path.name)
                if plugged_in
                else en("{port}: no cable", port=path.name)
            )
        else:  # a port that is down has no carrier to read (netdevice(7), IFF_UP)
            said.append(en("{port}: switched off", port=path.name))
            mend = mend or f"ip link set {path.name} up"
    route = en("default route by {port}", port=out[0]) if out else en("no default route")
    seen = joined(", ", *said, route)
    dead = bool(ports) and not any(plugged.read(path / "carrier") == "1" for path in ports)
    if dead and (not out or out[0] in {path.name for path in ports}):
        yield NETWORK.bad(
            "link", seen, mend or en("check the network cable, the plug's lamp, the switch")
        )
    elif not out:
        yield NETWORK.note("link", seen, en("networkctl; is the address given by DHCP or by hand?"))
    else:
        yield NETWORK.good("link", seen)


def patience(settings: Settings) -> float:
    """Seconds for the whole way when every step takes all of its own limit."""
    centre = settings.centre
    steps = DNS_S + TCP_S + ROUNDS_S + _ONE_ROUND_S
    return steps + 3 * centre.connect_s + 3 * centre.read_s


def way(settings: Settings) -> Iterator[Finding]:
    """Every step to the centre. After a step that fails, the later ones are "not tried"."""
    told: set[str] = set()
    broken = ""
    failure: Exception | None = None
    try:
        for finding in _steps(settings):
            told.add(finding.name)
            if finding.poor and not broken:
                broken = finding.name
            yield finding
    except Exception as error:  # noqa: BLE001 - raised again below, after all findings
        failure, broken = error, broken or "way"
    for name in _WAY:
        if name not in told:
            yield NETWORK.unknown(name, en("not tried"), because=broken)
    if failure is not None:
        raise failure


def _steps(settings: Settings) -> Iterator[Finding]:
    """The steps to the centre, up to the first that fails."""
    try:
        parts = urlsplit(settings.centre.url)
        host, tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
    except ValueError as error:
        yield NETWORK.bad("DNS", en("no address of a server: {error}", error=error), _URL)
        return
    began = time.perf_counter()
    try:
        addresses = resolve(host, port, DNS_S)
    except OSError as error:
        why = error.strerror or words_of(error)
        mend = en(
            "resolvectl status, cat /etc/resolv.conf: is the name server right? url in [centre]"
        )
        if error.errno == errno.EINVAL:
            mend = _URL
        yield NETWORK.bad("DNS", joined(": ", host, why), mend)
        return
    yield NETWORK.good(
        "DNS",
        en(
            "{host} resolves to {addresses}, {took}",
            host=host,
            addresses=", ".join(addresses),
            took=_ms(began),
        ),
    )
    began = time.perf_counter()
    connection, dead = _connect(addresses, port, settings.centre.connect_s)
    if connection is None:
        mend = en("check the cable, the firewall (is this port open?), or the centre is down")
        yield NETWORK.bad(
            "TCP",
            en("no connection to port {port}: {dead}", port=port, dead=joined(", ", *dead)),
            mend,
        )
        return
    with connection:
        seen = en(
            "{address} port {port} answers, {took}",
            address=connection.getpeername()[0],
            port=port,
            took=_ms(began),
        )
        if dead:
            mend = en("ask the centre's operator about the address that does not answer")
            seen = en("{seen}; no connection to {dead}", seen=seen, dead=joined(", ", *dead))
            yield NETWORK.note("TCP", seen, mend)
        else:
            yield NETWORK.good("TCP", seen)
        connection.settimeout(settings.centre.read_s)
        if tls:
            yield from _tls(connection, host, settings)
        else:
            yield NETWORK.note("TLS", en("plain http: for a centre on this machine only"))
            yield NETWORK.note(_THEIRS, en("none: plain http"))
            try:
                fields = certificates.head(connection, host)
            except (OSError, ValueError):
                fields = {}
            yield from _heard(fields, host)
            yield from _centre(settings)


def _connect(
    addresses: list[str], port: int, seconds: float
) -> tuple[socket.socket | None, list[str]]:
    """A connection to the first address that answers, and why each of the others does not."""
    connection: socket.socket | None = None
    dead: list[str] = []
    until = time.monotonic() + TCP_S
    for address in addresses:
        if time.monotonic() > until:
            break
        try:
            answered = socket.create_connection((address, port), seconds)
        except OSError as error:
            dead.append(joined(": ", address, error.strerror or words_of(error)))
            continue
        if connection is None:
            connection = answered
        else:
            answered.close()
    return connection, dead


def _tls(connection: socket.socket, host: str, settings: Settings) -> Iterator[Finding]:
    centre = settings.centre
    try:
        context = tls_context(centre.ca, centre.certificate, centre.key)
    except ValueError as error:
        cause = error.__cause__
        why = (cause.strerror if isinstance(cause, OSError) else "") or type(cause).__name__
        seen = en("ca, certificate or key of [centre] cannot be used: {why}", why=why)
        yield NETWORK.bad(
            "TLS", seen, en("install the files again; key and certificate must match")
        )
        return
    address = connection.getpeername()[:2]
    began = time.perf_counter()
    try:
        secured = context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        yield from _not_trusted(error, address, host, settings)
        return
    except OSError as error:
        yield NETWORK.bad("TLS", _tls_words(error), _tls_mend(error))
        return
    with secured:
        seen = joined(", ", secured.version() or "TLS", _ms(began))
        try:
            if centre.certificate:
                certificates.await_refusal(secured, REFUSAL_S + time.perf_counter() - began)
            fields = certificates.head(secured, host)
        except TimeoutError:
            yield NETWORK.bad("TLS", en("no answer after the handshake"), _IN_BETWEEN)
            return
        except OSError as error:  # under TLS 1.3 a server refuses our certificate only now
            words = _tls_words(error)
            mend = _ENDED if "certificate expired" in words else _REFUSED
            yield NETWORK.bad("TLS", en("after the handshake: {words}", words=words), mend)
            return
        except ValueError:
            fields = {}
        yield NETWORK.good("TLS", seen)
        mend = en("have the centre renew its certificate")
        yield certificates.of_chain(NETWORK, _THEIRS, certificates.chain(secured), mend)
    yield from _heard(fields, host)
    yield from _centre(settings)


def _not_trusted(
    error: ssl.SSLCertVerificationError,
    address: tuple[str, int],
    host: str,
    settings: Settings,
) -> Iterator[Finding]:
    """Why the centre's certificate is refused: fetches it again without a check and reads it."""
    try:
        found, date = certificates.shown(address, host, settings.centre.connect_s)
    except OSError:
        found, date = (), ""
    skew = _skew(date)
    wrong_clock = skew is not None and abs(skew) > SKEW_S and error.verify_code in _DATES
    seen, mend = _verify_words(error), en("have the centre renew its certificate")
    if wrong_clock:
        mend = _SET_CLOCK
    elif error.verify_code in (_X509_HOST, _X509_IP) and found:
        seen = en(
            "{host} is not what it is for: {names}",
            host=host,
            names=certificates.server_names(found[0]),
        )
        mend = en("correct url in [centre], or a login page of this network is in between")
    elif error.verify_code in _X509_LACKS:
        mend = en("have this certificate, or its root in ca of [centre], issued as RFC 5280 says")
    elif error.verify_code not in _DATES and found:
        seen = en(
            "{why}; issued by {issuer}",
            why=seen,
            issuer=certificates.issuer(found[-1]),
        )
        mend = en(
            "put the certificate of its issuer into ca of [centre], if the centre confirms it"
        )
    theirs = certificates.dates(NETWORK, _THEIRS, found, mend) if found else None
    cause = "clock" if wrong_clock else _THEIRS if theirs is not None and theirs.poor else ""
    yield NETWORK.bad("TLS", seen, mend, cause)
    if theirs is not None:
        yield replace(theirs, because="clock") if wrong_clock and theirs.poor else theirs
    if skew is not None:
        yield _clock(skew)


_DATES = (_X509_EXPIRED, NOT_YET_VALID)


def _tls_words(error: OSError) -> str:
    """OpenSSL's reason, without its place in the source."""
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return en("the centre hung up")
    if isinstance(error, TimeoutError):
        return en("timed out")
    reason = getattr(error, "reason", None)
    words = str(reason or error.strerror or error).lower().replace("_", " ")
    version, alert, said = words.partition(" alert ")
    return en("{version} alert {said}", version=version, said=said) if alert else words


def _verify_words(error: ssl.SSLCertVerificationError) -> str:
    """OpenSSL's sentence about a certificate; the name that does not match is a fact of it."""
    what, ours, name = error.verify_message.partition(", certificate is not valid for ")
    if not ours:
        return error.verify_message
    return joined(", ", what, en("certificate is not valid for {name}.", name=name.rstrip(".")))


def _tls_mend(error: OSError) -> str:
    words = _tls_words(error)
    if "certificate expired" in words:
        return _ENDED
    return _REFUSED if "alert" in words or "certificate" in words else _IN_BETWEEN


_REFUSED = en("the centre refuses this terminal's certificate: ask whether it is registered there")
_ENDED = en("this terminal's certificate has ended: kiosk enrol; or have a new one issued")
_IN_BETWEEN = en("a firewall or proxy may be in between; ask the centre's operator")


def _heard(fields: dict[str, str], host: str) -> Iterator[Finding]:
    """The clock against the centre's, and whether another server answered in its place."""
    skew = _skew(fields.get("date", ""))
    if skew is None:
        yield NETWORK.unknown(
            "clock", en("the centre tells no time"), en("date, beside a clock you trust")
        )
    else:
        yield _clock(skew)
    elsewhere = urlsplit(fields.get("location", "")).hostname or host
    if fields.get(":status", "").startswith("3") and elsewhere != host:
        seen = en("sent on to {elsewhere}: a login page of this network?", elsewhere=elsewhere)
        yield NETWORK.note(
            "redirect", seen, en("log in there once, or have this machine let through")
        )


def _skew(date: str) -> float | None:
    """Seconds by which this clock is ahead of ``date``; None when ``date`` is no date."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (datetime.now(UTC) - told.replace(tzinfo=told.tzinfo or UTC)).total_seconds()


def _clock(skew: float) -> Finding:
    seen = en("{skew:+.0f} s beside the centre", skew=skew)
    return NETWORK.judged("clock", abs(skew) <= SKEW_S, seen, _SET_CLOCK)


def _centre(settings: Settings) -> Iterator[Finding]:
    """The centre answers as the contract says, and how fast."""
    ours = settings.centre
    times: list[float] = []
    try:
        with CentreClient(
            ours.url,
            settings.terminal,
            connect_s=ours.connect_s,
            read_s=ours.read_s,
            ca=ours.ca,
            certificate=ours.certificate,
            key=ours.key,
            on_time=lambda endpoint, seconds: times.append(seconds),
        ) as client:
            until = time.monotonic() + ROUNDS_S
            catalogue = client.catalogue()
            while len(times) < ROUNDS and time.monotonic() < until:
                catalogue = client.catalogue()
    except (CentreUnavailable, Refusal, ValueError) as error:
        mend = en("ask the centre's operator, with the time of this report")
        yield NETWORK.bad("centre", words_of(error), mend)
        if times[:-1]:  # the last time is of the call that failed, with its repetitions
            yield _latency(times[:-1])
        return
    open_now = sum(offer.open for offer in catalogue.offers)
    seen = en(
        "{open_now} of {count} services open, version {version}",
        open_now=open_now,
        count=len(catalogue.offers),
        version=catalogue.version,
    )
    yield NETWORK.good("centre", seen)
    yield _latency(times)


def _latency(times: list[float]) -> Finding:
    median = statistics.median(times) * 1000
    seen = en(
        "median {median:.0f} ms, worst {worst:.0f} ms of {count}",
        median=median,
        worst=max(times) * 1000,
        count=len(times),
    )
    if median > LATENCY_MS:
        return NETWORK.note("latency", seen, en("a slow line, or a busy centre: mtr shows where"))
    return NETWORK.good("latency", seen)


def own_certificates(settings: Settings) -> Iterator[Finding]:
    """How long this terminal's own certificate, and the roots that it trusts, are still good."""
    centre = settings.centre
    for name, path, roots in (
        ("this terminal's certificate", centre.certificate, False),
        ("roots of the centre", centre.ca, True),
        ("roots of seals", centre.seal_roots, True),
    ):
        if path is not None:
            yield from certificates.of_file(NETWORK, name, path, roots=roots)
    if settings.enrolled:
        yield _place_of_key(settings.enrolled)
        theirs = certificates.common_name(centre.certificate) if centre.certificate else ""
        if theirs not in ("", settings.terminal):
            yield _other_number(settings.terminal, theirs)
    if not centre.sealer:
        # In production no terminal starts so: kiosk.settings.
        seen = en("anybody with a certificate under seal_roots may seal")
        yield NETWORK.note("sealer", seen, en("name the sealer in [centre]"))


def _other_number(ours: str, theirs: str) -> Finding:
    """The settings and the certificate of the enrolment do not agree: the centre goes by the
    certificate, and another terminal may have the number of the settings."""
    seen = en(
        "{ours} in the settings, {theirs} in the certificate of the enrolment",
        ours=ours,
        theirs=theirs,
    )
    mend = en("strike terminal out of terminal.toml: the enrolment says the number")
    return NETWORK.bad("this terminal's number", seen, mend)


def _place_of_key(enrolled: EnrolledSettings) -> Finding:
    """Whether the terminal's private key can be copied: a key in a TPM cannot."""
    name = "this terminal's key"
    if enrolled.key_place == "tpm":
        return NETWORK.good(name, en("in the TPM, which never gives it out"))
    mend = en("switch the TPM 2.0 on in the firmware, install tpm2-openssl, then kiosk enrol")
    return NETWORK.note(name, en("in a file, not in a TPM"), mend)


def _ms(began: float) -> str:
    return en("{ms:.0f} ms", ms=(time.perf_counter() - began) * 1000)
