"""TLS of the stand-in centre: a small CA of its own, and the name in a terminal's certificate."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.types import Send

_DAYS = 3650


class SandboxCa:
    """A CA in ``directory``/tls: made once, and then kept. Everything is an EC key on P-256."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "tls"
        self._directory.mkdir(parents=True, exist_ok=True)
        self.root = self._directory / "ca.pem"
        """What a terminal trusts, and the centre asks of a client's certificate."""
        key_file = self._directory / "ca-key.pem"
        if key_file.exists():
            key = load_pem_private_key(key_file.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._key = key
            self._certificate = x509.load_pem_x509_certificate(self.root.read_bytes())
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            name = "Stand-in centre (demo)"
            builder = self._begun(name, self._key.public_key(), ca=True)
            builder = builder.issuer_name(_named(name))
            self._certificate = builder.sign(self._key, hashes.SHA256())
            self.root.write_bytes(self._certificate.public_bytes(Encoding.PEM))
            _write_secret(key_file, _pem(self._key))

    def server(self, host: str) -> Path:
        """Certificate and key of the centre at the address ``host``, in one file."""
        names = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(host)), x509.DNSName("localhost")]
        )
        return self._issue("server.pem", host, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def terminal(self, name: str) -> Path:
        """Certificate and key of the terminal ``name``, in one file: the ``certificate`` of
        :class:`kiosk.centre.client.CentreClient`."""
        return self._issue(f"terminal-{name}.pem", name, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def signer_of_tickets(self) -> Path:
        """Certificate and key of who signs enrolment tickets, in one file."""
        return self._issue("tickets.pem", "Enrolment tickets", None, None)

    def certified(self, name: str, key: ec.EllipticCurvePublicKey, lasts: timedelta) -> str:
        """A certificate in PEM for the terminal ``name`` and the key that it made itself."""
        builder = self._begun(name, key, ca=False, until=datetime.now(UTC) + lasts)
        builder = builder.issuer_name(self._certificate.subject).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def _issue(
        self,
        file: str,
        name: str,
        usage: x509.ObjectIdentifier | None,
        names: x509.SubjectAlternativeName | None,
    ) -> Path:
        path = self._directory / file
        if path.exists():
            return path
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._begun(name, key.public_key(), ca=False).issuer_name(
            self._certificate.subject
        )
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        _write_secret(path, certificate.public_bytes(Encoding.PEM) + _pem(key))
        return path

    def _begun(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        *,
        ca: bool,
        until: datetime | None = None,
    ) -> x509.CertificateBuilder:
        began = datetime.now(UTC) - timedelta(days=1)  # a terminal's clock may be behind
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(until or began + timedelta(days=_DAYS))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(key_usage(ca=ca), critical=True)
            # Python 3.13 asks for both identifiers (X509_V_FLAG_X509_STRICT).
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )


def certified_name(send: Send) -> str | None:
    """The common name in the client certificate of the connection behind ``send``; None without
    TLS. ASGI has no field for the certificate; uvicorn's ``send`` is a method of the object that
    holds the connection's transport."""
    for ((key, value),) in _shown(send).get("subject", ()):
        if key == "commonName":
            return str(value)
    return None


def certified_serial(send: Send) -> str:
    """The serial number in that certificate, hexadecimal in capitals; empty without TLS."""
    return str(_shown(send).get("serialNumber", ""))


def _shown(send: Send) -> dict[str, Any]:
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    return (transport.get_extra_info("peercert") if transport else None) or {}


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def key_usage(*, ca: bool) -> x509.KeyUsage:
    """RFC 5280 4.2.1.3: the key of an authority signs certificates, any other signs handshakes."""
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file with a key in it, whole from its first moment and for its owner only."""
    new = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)
