"""The stand-in centre's seal: the key that signs its documents, and the round picture of it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kiosk.workshop.sandbox.sheets import seal_picture

SEAL_BOX = (360, 93, 479, 212)
"""Where the round seal stands, over the centre's name and the day: left, bottom, right and top in
points from the lower left corner of the page."""
ROOT_FILE = "root.pem"
"""The root certificate: a terminal that trusts it accepts the documents of this centre."""
_SEAL_FILE = "seal.pem"
_KEY_FILE = "seal-key.pem"
_ROOT_KEY_FILE = "root-key.pem"


class Seal:
    """The demo centre's seal: a root, a certificate it issued, and the key (ECDSA P-256).

    Made in ``directory`` at the first start and kept there, the key readable to its owner only.
    A real seal is GB/T 38540 with SM2, at the centre.
    """

    def __init__(self, directory: Path, centre: str) -> None:
        files = (ROOT_FILE, _SEAL_FILE, _KEY_FILE, _ROOT_KEY_FILE)
        if not all((directory / name).exists() for name in files):
            _issue(directory, centre)
        self.root = directory / ROOT_FILE
        self._centre = centre
        self._root_key = directory / _ROOT_KEY_FILE
        self._picture = directory / "seal.pdf"
        self._key = asn1_keys.PrivateKeyInfo.load(_der(directory / _KEY_FILE))
        self._certificate = asn1_x509.Certificate.load(_der(directory / _SEAL_FILE))
        self._chain = [asn1_x509.Certificate.load(_der(self.root))]

    def revocations(self, at: datetime) -> bytes:
        """The root's revocation list of ``at``, for a day: nothing was ever revoked."""
        root = x509.load_pem_x509_certificate(self.root.read_bytes())
        key = load_pem_private_key(self._root_key.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.subject)
            .last_update(at)
            .next_update(at + timedelta(days=1))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        return made.public_bytes(Encoding.DER)

    def sign(
        self, pdf: bytes, document: str, holder: str, at: datetime, *, pages_after: int = 0
    ) -> tuple[bytes, int]:
        """``pdf`` with one PAdES signature over the whole file, made at ``at``, and how many pages
        it has. The field shows the round seal on the last page, or ``pages_after`` pages before.

        The signed revision carries ``/FundDocument`` and ``/FundHolder`` in the information
        dictionary, so that nobody can change either without breaking the seal.
        """
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        info = writer.trailer["/Info"]
        info[pdf_name("/FundDocument")] = pdf_string(document)
        info[pdf_name("/FundHolder")] = pdf_string(holder)
        writer.update_container(info)
        store = SimpleCertificateStore()
        store.register_multiple(self._chain)
        signer = SimpleSigner(self._certificate, self._key, store)
        metadata = PdfSignatureMetadata(
            field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        if not self._picture.exists():
            self._picture.write_bytes(seal_picture(self._centre))
        look = StaticStampStyle.from_pdf_file(str(self._picture), border_width=0)
        pages = int(writer.root["/Pages"]["/Count"])
        field = SigFieldSpec("Seal", on_page=pages - 1 - pages_after, box=SEAL_BOX)
        sealing = _SignsAt(metadata, signer, stamp_style=look, new_field_spec=field)
        sealing.at = at
        signed: io.BytesIO = sealing.sign_pdf(writer)
        return signed.getvalue(), pages


class _SignsAt(PdfSigner):
    """Signs by the centre's clock, which stands on a day of its own."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


def _der(path: Path) -> bytes:
    _, _, der = asn1_pem.unarmor(path.read_bytes())
    return der  # type: ignore[no-any-return]


def _issue(directory: Path, centre: str) -> None:
    """Make root, seal certificate and their keys; the root's own signs revocation lists."""
    root_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = _name(centre, "演示根证书 Demo Root")
    root = (
        _builder(root_name, root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    seal = (
        _builder(_name(centre, "演示业务专用章 Demo Seal"), root_name, seal_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    for name, made in ((_KEY_FILE, seal_key), (_ROOT_KEY_FILE, root_key)):
        (directory / name).touch(mode=0o600)
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (directory / name).write_bytes(pem)
    (directory / _SEAL_FILE).write_bytes(seal.public_bytes(Encoding.PEM))
    (directory / ROOT_FILE).write_bytes(root.public_bytes(Encoding.PEM))


def _name(centre: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, centre),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    # Valid on the fixed business day and on the real day of the demo.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
