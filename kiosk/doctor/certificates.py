"""How long certificates are good, and what is wrong with the one a server shows."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from drivers.sentence import en, joined
from kiosk.doctor.findings import Finding, Section, Verdict

WARN_DAYS = 30
"""A certificate that ends sooner is worth a note."""
Certificates = tuple[x509.Certificate, ...]


def of_file(section: Section, name: str, path: Path, *, roots: bool) -> Iterator[Finding]:
    """The certificates of a PEM file. Of ``roots``, the first to end; that is only a note while
    another root holds. Else this terminal's own certificate and its chain."""
    try:
        found = tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or en("no certificate in it")
        yield section.bad(name, joined(": ", str(path), why), en("install the file again"))
        return
    if not roots:
        mend = en("kiosk enrol; or have a new one issued, and install it")
        yield of_chain(section, name, found, mend)
        return
    mend = en("have a new one issued, and install it")
    finding = dates(section, name, found, mend)
    now = datetime.now(UTC)
    others = any(one.not_valid_before_utc < now < one.not_valid_after_utc for one in found)
    yield replace(finding, verdict=Verdict.NOTE) if finding.poor and others else finding


def of_chain(section: Section, name: str, found: Certificates, mend: str) -> Finding:
    """The first of ``found``. A fault of those above it in the chain is only a note: a server may
    send certificates that nobody needs."""
    own = dates(section, name, found[:1], mend)
    if own.verdict is not Verdict.GOOD or len(found) == 1:
        return own
    more = dates(section, name, found[1:], mend)
    return own if more.verdict is Verdict.GOOD else replace(more, verdict=Verdict.NOTE)


def dates(section: Section, name: str, found: Certificates, mend: str) -> Finding:
    """The certificate of ``found`` that is not valid yet, else the first to end."""
    now = datetime.now(UTC)
    early = next((one for one in found if one.not_valid_before_utc > now), None)
    if early is not None:
        begin = f"{early.not_valid_before_utc:%Y-%m-%d}"
        seen = en("{title}: not valid before {day}", title=_title(early), day=begin)
        return section.bad(name, seen, en("set this clock: timedatectl set-ntp true"))
    first = min(found, key=lambda one: one.not_valid_after_utc)
    end = first.not_valid_after_utc
    title, day, days = _title(first), f"{end:%Y-%m-%d}", (end - now).days
    if end < now:
        return section.bad(name, en("{title}: ended {day}", title=title, day=day), mend)
    seen = en("{title}: good until {day}, {days} days", title=title, day=day, days=days)
    return section.note(name, seen, mend) if days < WARN_DAYS else section.good(name, seen)


def common_name(path: Path) -> str:
    """Who the first certificate of a PEM file is for; "" where that cannot be read."""
    try:
        return _common(x509.load_pem_x509_certificates(path.read_bytes())[0])
    except (OSError, ValueError):
        return ""


def _common(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _title(certificate: x509.Certificate) -> str:
    """The common name, else the whole subject."""
    return _common(certificate) or certificate.subject.rfc4514_string() or "no name"


def server_names(certificate: x509.Certificate) -> str:
    """The host names and addresses that ``certificate`` is valid for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _title(certificate)
    return ", ".join(str(name.value) for name in names)


def issuer(certificate: x509.Certificate) -> str:
    return certificate.issuer.rfc4514_string()


def chain(secured: ssl.SSLSocket) -> Certificates:
    """What the server sent, its own certificate first."""
    told = getattr(secured, "get_unverified_chain", None)  # Python 3.13
    if told is not None:
        sent = told()
    else:  # before 3.13 the method has no public name
        kept = secured._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
        sent = [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in kept or ()]
    return tuple(x509.load_der_x509_certificate(one) for one in sent)


def shown(address: tuple[str, int], host: str, seconds: float) -> tuple[Certificates, str]:
    """The certificates of a server, fetched without checking them, and the server's ``Date`` (RFC
    9110 6.6.1), or "". Raises ``OSError``."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(address, seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        found = chain(secured)
        try:
            return found, head(secured, host).get("date", "")
        except (OSError, ValueError):
            return found, ""  # e.g. the server refuses us for want of our certificate


def await_refusal(connection: ssl.SSLSocket, seconds: float) -> None:
    """Wait for the server to refuse our certificate. Under TLS 1.3 the alert comes only after the
    handshake, and may be lost with the connection once we have sent a request.

    Raises ``OSError`` when the server refuses. A server that accepts sends nothing yet.
    """
    usual = connection.gettimeout()
    connection.settimeout(seconds)
    try:
        if not connection.recv(1):
            raise ConnectionResetError(errno.ECONNRESET, "closed")
    except TimeoutError:
        pass
    finally:
        connection.settimeout(usual)


def head(connection: socket.socket, host: str) -> dict[str, str]:
    """The fields of the answer to ``HEAD /``, names in small letters; ``:status`` is its number.

    Raises ``OSError``, also for a time-out, and ``ValueError`` when the answer is not HTTP.
    """
    connection.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        data += piece
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "nothing came")
        if not piece or len(data) > 65536:
            break
    lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    if not version.startswith("HTTP/"):
        raise ValueError("not HTTP")
    fields = (line.partition(":") for line in lines[1:])
    return {name.strip().lower(): value.strip() for name, _, value in fields} | {
        ":status": rest[:3]
    }
