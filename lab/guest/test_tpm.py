"""The terminal's key in its TPM: made in the TPM, used by the shipped client for mutual TLS."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from kiosk.workshop.sandbox.tls import key_usage
from tests.centre_server import CentreServer

ENVIRONMENT = {**os.environ, "TPM2OPENSSL_TCTI": "device:/dev/tpmrm0"}
PROVIDERS = ("-provider", "tpm2", "-provider", "default")
# Runs in a process of its own, because OpenSSL reads its configuration only once.
CLIENT = """
import sys
from pathlib import Path
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
url, ca, *own = sys.argv[1:]
paths = dict(zip(("certificate", "key"), map(Path, own)))
client = CentreClient(url, "T0001", ca=Path(ca), **paths)
try:
    client.catalogue()
except (CentreUnavailable, Refusal) as error:
    print(error)
client.close()
"""


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class TpmAuthority:
    """Signs certificates, its own too, by Ed25519.

    tpm2-openssl 1.1.1 does not know Ed25519. Signatures that it knows it verifies inside the TPM,
    where the kernel's resource manager has room for three objects, and fails (0x902).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ed25519.Ed25519PrivateKey.generate()
        self.path = self.sign("Authority", self._key.public_key(), ca=True)

    def sign(self, name: str, key: CertificatePublicKeyTypes, *, ca: bool = False) -> Path:
        now = datetime.now(UTC)
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = x509.CertificateBuilder(_name("Authority"), _name(name), key)
        made = (
            builder.serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(key_usage(ca=ca), critical=True)
            .add_extension(here, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, None)
        )
        path = self._folder / f"{name}.crt"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return path


@pytest.fixture
def authority(tmp_path: Path) -> TpmAuthority:
    return TpmAuthority(tmp_path)


@pytest.fixture
def tpm_key(tmp_path: Path) -> Path:
    path = tmp_path / "terminal.key"
    curve = ("-algorithm", "EC", "-pkeyopt", "group:P-256")
    _run("openssl", "genpkey", *PROVIDERS, *curve, "-out", str(path))
    return path


@pytest.fixture
def context(authority: TpmAuthority, tmp_path: Path) -> ssl.SSLContext:
    """A centre that admits every client with a certificate of ``authority``."""
    key = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "centre.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.path))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.sign("centre", key.public_key()), path)
    return context


def test_the_kernel_has_the_tpm_and_its_resource_manager() -> None:
    assert Path("/sys/class/tpm/tpm0/tpm_version_major").read_text().strip() == "2"
    fd = os.open("/dev/tpmrm0", os.O_RDWR | os.O_CLOEXEC)
    try:
        # TPM2_GetRandom of 16 bytes (TPM 2.0 part 3, 16.1)
        os.write(fd, bytes.fromhex("8001 0000000C 0000017B 0010"))
        answer = os.read(fd, 4096)
    finally:
        os.close(fd)
    assert answer[6:10] == bytes(4)
    assert len(answer) == 10 + 2 + 16


def test_a_key_in_the_tpm_opens_the_centre(
    authority: TpmAuthority, tpm_key: Path, context: ssl.SSLContext
) -> None:
    assert tpm_key.read_text().startswith("-----BEGIN TSS2 PRIVATE KEY-----")
    public = _run("openssl", "pkey", *PROVIDERS, "-in", str(tpm_key), "-pubout").encode()
    key = serialization.load_pem_public_key(public)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    certificate = authority.sign("T0001", key)
    with CentreServer(context) as centre:
        said = _ask(centre, authority, certificate, tpm_key)
        assert [request.path for request in centre.requests] == ["/v1/catalogue"], said


def test_without_it_nobody_is_let_in(authority: TpmAuthority, context: ssl.SSLContext) -> None:
    with CentreServer(context) as centre:
        assert "TLS" in _ask(centre, authority)
        assert centre.requests == []


def _ask(centre: CentreServer, authority: TpmAuthority, *own: Path) -> str:
    configuration = {"OPENSSL_CONF": str(Path(__file__).with_name("openssl.cnf"))}
    paths = map(str, (authority.path, *own))
    return _run(sys.executable, "-c", CLIENT, centre.url, *paths, environment=configuration)


def _run(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env=ENVIRONMENT | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
