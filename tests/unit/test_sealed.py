"""A sealed document is accepted whole, and refused with the right name for every tampering."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from drivers.emulators.document_printer import rendered
from kiosk.centre.models import CentreWords, Document
from kiosk.papers import pictures, sealed
from kiosk.papers.names import normal_name
from kiosk.papers.pictures import CannotDraw, PaperPages, Picture
from kiosk.papers.sealed import (
    Flaw,
    NotOurs,
    SealedDocument,
    SealRules,
    check_sealed,
    holder_mark,
    names_of_sealer,
)
from tests.waiting import PATIENCE_S

NOW = datetime.now(UTC).replace(microsecond=0)
DOCUMENT_ID = "d-7f3a"
HOLDER = holder_mark("s-1", "演示甲", "990101199001011020")


# -- an office that makes and seals documents ------------------------------------------------------


@dataclass(frozen=True)
class SealAuthority:
    """A throwaway root and the key behind it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def name(text: str, organisation: str = "") -> x509.Name:
    common = x509.NameAttribute(NameOID.COMMON_NAME, text)
    if not organisation:
        return x509.Name([common])
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), common])


def make_root(
    title: str = "演示根",
    *,
    under: SealAuthority | None = None,
    ends: datetime = NOW + timedelta(days=4000),
) -> SealAuthority:
    """A root, or an authority ``under`` one."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name(title))
        .issuer_name(under.certificate.subject if under else name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=4000))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(under.key if under else key, hashes.SHA256())
    )
    return SealAuthority(certificate, key)


KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_usage(**used: bool) -> x509.KeyUsage:
    every = dict.fromkeys(KEY_USAGES, False)
    return x509.KeyUsage(**{**every, **used})


def make_seal(
    root: SealAuthority,
    *,
    begins: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=300),
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    uses: tuple[str, ...] = (),
    **usage: bool,
) -> SimpleSigner:
    """A seal of the centre. ``uses`` are extended key usages, as dotted numbers."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("演示中心", "演示公积金中心"))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            key_usage(**(usage or {"content_commitment": True, "digital_signature": True})),
            critical=True,
        )
    )
    if uses:
        extended = x509.ExtendedKeyUsage([x509.ObjectIdentifier(use) for use in uses])
        builder = builder.add_extension(extended, critical=True)
    certificate = builder.sign(root.key, hashes.SHA256())
    der = serialization.Encoding.DER
    chain = SimpleCertificateStore()  # a seal carries the authority that issued it
    chain.register(asn1_x509.Certificate.load(root.certificate.public_bytes(der)))
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(der)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=chain,
    )


Change = Callable[[PdfFileWriter], None]


def make_pdf(
    pages: int = 1,
    *,
    document: str | None = DOCUMENT_ID,
    holder: str | None = HOLDER,
    change: Change | None = None,
) -> bytes:
    """A small PDF with the centre's two marks, not yet signed."""
    writer = PdfFileWriter()
    for number in range(pages):
        content = f"0.8 0 0 rg {50 + number} 50 400 700 re f".encode()
        page = PageObject(
            contents=writer.add_object(generic.StreamObject(stream_data=content)),
            media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
        )
        writer.insert_page(page)
    info = generic.DictionaryObject()
    if document is not None:
        info[pdf_name("/FundDocument")] = pdf_string(document)
    if holder is not None:
        info[pdf_name("/FundHolder")] = pdf_string(holder)
    writer.set_info(writer.add_object(info))
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class Sealing(PdfSigner):
    """Signs at a given moment; None: without saying when."""

    def __init__(
        self,
        signer: SimpleSigner,
        at: datetime | None,
        field: str,
        timestamper: DummyTimeStamper | None = None,
    ) -> None:
        metadata = PdfSignatureMetadata(
            field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        super().__init__(metadata, signer, timestamper=timestamper)
        self.at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at  # type: ignore[assignment]  # None: tells no time
        return session


def seal(
    pdf: bytes,
    signer: SimpleSigner,
    *,
    at: datetime | None = NOW,
    field: str = "Seal",
    timestamper: DummyTimeStamper | None = None,
) -> bytes:
    out = Sealing(signer, at, field, timestamper).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf))
    )
    return bytes(out.getvalue())


def announce(pdf: bytes, *, pages: int = 1, id: str = DOCUMENT_ID) -> Document:
    """What the centre says about ``pdf``."""
    return Document(
        id=id,
        number="演示证字〔2026〕第00001号",
        title=CentreWords(zh="缴存证明", en="Certificate of contributions"),
        pages=pages,
        sha256=hashlib.sha256(pdf).hexdigest(),
        verification_code="ABCD-2345",
        verify_url="https://verify.example/v/x",
        valid_until=date(2026, 3, 15),
        prints_left_today=3,
    )


@dataclass(frozen=True)
class Office:
    root: SealAuthority
    signer: SimpleSigner
    roots: Path
    sealed: bytes

    def check(
        self,
        pdf: bytes,
        *,
        now: datetime = NOW,
        sealer: str = "",
        timestamp_roots: Path | None = None,
        revoked: bytes | None = None,
        **announced: Any,
    ) -> SealedDocument:
        """Check ``pdf`` as if the centre had announced exactly these bytes."""
        return check_sealed(
            pdf,
            document=announce(pdf, **announced),
            holder=HOLDER,
            now=now,
            rules=SealRules(self.roots, sealer, timestamp_roots),
            revoked=revoked,
        )

    def flaw(self, pdf: bytes, **facts: Any) -> Flaw:
        with pytest.raises(NotOurs) as caught:
            self.check(pdf, **facts)
        assert caught.value.__context__ is None or isinstance(caught.value.__context__, NotOurs)
        return caught.value.flaw


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    root = make_root()
    signer = make_seal(root)
    roots = tmp_path_factory.mktemp("roots") / "roots.pem"
    roots.write_bytes(root.pem())
    return Office(root, signer, roots, seal(make_pdf(), signer))


@pytest.fixture(autouse=True)
def _quiet_validator(caplog: pytest.LogCaptureFixture) -> None:
    """The library warns about each refused certificate, which is what these tests are about."""
    caplog.set_level(logging.CRITICAL, logger="pyhanko")


# -- what is accepted -----------------------------------------------------------------------------


def test_a_sealed_document_is_accepted(office: Office) -> None:
    sealed = office.check(office.sealed)
    assert sealed == SealedDocument(DOCUMENT_ID, office.sealed, 1, NOW, "演示中心")
    assert "演示甲" not in repr(sealed)
    assert "%PDF" not in repr(sealed)


@pytest.mark.parametrize("seconds", [-590, 590])
def test_two_clocks_may_differ_by_minutes(office: Office, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert office.check(seal(make_pdf(), office.signer, at=at)).signed_at == at


def test_a_signing_time_without_an_offset_is_utc(office: Office) -> None:
    pdf = seal(make_pdf(), office.signer, at=NOW.replace(tzinfo=None))
    assert office.check(pdf).signed_at == NOW


def test_several_pages(office: Office) -> None:
    assert office.check(seal(make_pdf(3), office.signer), pages=3).pages == 3


def test_roots_file_may_hold_several_roots(office: Office, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(make_root("另一根").pem() + office.root.pem())
    replace(office, roots=roots).check(office.sealed)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_sealer_may_be_named_in_three_ways(office: Office, which: int) -> None:
    sealer = names_of_sealer(office.signer.signing_cert)[which]
    office.check(office.sealed, sealer=sealer)
    for other in (sealer[:-1], sealer + "0", "another"):
        assert office.flaw(office.sealed, sealer=other) is Flaw.NOT_THE_SEALER


@pytest.mark.parametrize("use", sorted(sealed.DOCUMENT_USES))
def test_a_certificate_for_documents_may_say_so(office: Office, use: str) -> None:
    office.check(seal(make_pdf(), make_seal(office.root, uses=(use,))))


# -- what is refused ------------------------------------------------------------------------------


def update(pdf: bytes) -> bytes:
    """An incremental update behind the signature that changes no page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.set_info(
        writer.add_object(generic.DictionaryObject({pdf_name("/Title"): pdf_string("x")}))
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def repaint(pdf: bytes) -> bytes:
    """An incremental update that paints over the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    stream = generic.StreamObject(stream_data=b"1 1 1 rg 0 0 600 900 re f")
    writer.add_stream_to_page(0, writer.add_object(stream))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def flip(pdf: bytes, where: bytes, shift: int = 0) -> bytes:
    at = pdf.index(where) + shift
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def move_byte_range(pdf: bytes) -> bytes:
    """The second part of the byte range begins one byte early and so leaves out the last byte."""
    begin = pdf.index(b"/ByteRange") + len(b"/ByteRange")
    end = pdf.index(b"]", begin)
    numbers = [int(number) for number in pdf[begin:end].strip(b" [").split()]
    numbers[2] -= 2
    text = b" [" + b" ".join(str(number).encode() for number in numbers)
    return pdf[:begin] + text.ljust(end - begin) + pdf[end:]


@pytest.mark.parametrize(
    ("tamper", "flaw"),
    [
        pytest.param(lambda pdf: b"", Flaw.NOT_A_PDF, id="nothing"),
        pytest.param(lambda pdf: b"<html>502</html>", Flaw.NOT_A_PDF, id="an error page"),
        pytest.param(lambda pdf: b" " + pdf, Flaw.NOT_A_PDF, id="a byte before the header"),
        pytest.param(lambda pdf: b"%PDF-1.7\n", Flaw.NOT_A_PDF, id="only a header"),
        pytest.param(lambda pdf: pdf[: len(pdf) // 2], Flaw.NOT_A_PDF, id="half of it"),
        pytest.param(lambda pdf: make_pdf(), Flaw.NO_SIGNATURE, id="not signed"),
        pytest.param(lambda pdf: pdf + b"\n", Flaw.NOT_COVERED, id="a byte behind the end"),
        pytest.param(update, Flaw.NOT_COVERED, id="an update behind the signature"),
        pytest.param(repaint, Flaw.NOT_COVERED, id="a page painted over"),
        pytest.param(move_byte_range, Flaw.NOT_COVERED, id="a moved byte range"),
        pytest.param(
            lambda pdf: pdf.replace(b"00>", b"  >"), Flaw.NOT_COVERED, id="a gap with blanks"
        ),
        pytest.param(
            lambda pdf: pdf.replace(b"00>", b"41>"), Flaw.NOT_COVERED, id="something in the gap"
        ),
        pytest.param(lambda pdf: flip(pdf, b"0.8 0 0 rg"), Flaw.BROKEN, id="a changed page"),
        pytest.param(
            lambda pdf: flip(pdf, b"/FundDocument", 16), Flaw.BROKEN, id="a changed document id"
        ),
        pytest.param(lambda pdf: flip(pdf, b"/M (D\\072", 12), Flaw.BROKEN, id="a changed time"),
    ],
)
def test_tampering(office: Office, tamper: Callable[[bytes], bytes], flaw: Flaw) -> None:
    assert office.flaw(tamper(office.sealed)) is flaw


def test_another_file_than_announced(office: Office) -> None:
    with pytest.raises(NotOurs) as caught:
        check_sealed(
            seal(make_pdf(), office.signer, field="Other"),
            document=announce(office.sealed),
            holder=HOLDER,
            now=NOW,
            rules=SealRules(office.roots),
        )
    assert caught.value.flaw is Flaw.OTHER_FILE


def test_a_second_signature_is_refused(office: Office) -> None:
    assert office.flaw(seal(office.sealed, office.signer, field="Second")) is Flaw.NOT_COVERED


def attach(writer: PdfFileWriter) -> None:
    stream = EmbeddedFileObject.from_file_data(writer, data=b"MZ")
    embed_file(writer, FileSpec("tool.exe", embedded_data=stream))


def open_action(**action: generic.PdfObject) -> Change:
    def change(writer: PdfFileWriter) -> None:
        writer.root[pdf_name("/OpenAction")] = writer.add_object(
            generic.DictionaryObject({pdf_name(f"/{key}"): value for key, value in action.items()})
        )

    return change


def button(writer: PdfFileWriter) -> None:
    """A link on the page that starts a program."""
    page = writer.root["/Pages"]["/Kids"][0]
    action = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/Launch"), pdf_name("/F"): pdf_string("tool.exe")}
    )
    annotation = generic.DictionaryObject(
        {pdf_name("/Subtype"): pdf_name("/Link"), pdf_name("/A"): action}
    )
    page[pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(annotation)])


def dangle(writer: PdfFileWriter) -> None:
    """A reference to an object that the file does not have."""
    writer.root[pdf_name("/PieceInfo")] = generic.IndirectObject(999, 0, writer)


def count(pages: int) -> Change:
    """The page tree says that it has so many pages."""

    def change(writer: PdfFileWriter) -> None:
        writer.root["/Pages"][pdf_name("/Count")] = generic.NumberObject(pages)

    return change


def circle(writer: PdfFileWriter) -> None:
    """A page tree that is a branch of its own."""
    writer.root["/Pages"]["/Kids"].append(writer.root.raw_get("/Pages"))


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        pytest.param({"document": "d-other"}, Flaw.OTHER_DOCUMENT, id="another document"),
        pytest.param({"document": None}, Flaw.OTHER_DOCUMENT, id="no document id"),
        pytest.param({"holder": "0" * 64}, Flaw.OTHER_HOLDER, id="another holder"),
        pytest.param({"holder": None}, Flaw.OTHER_HOLDER, id="no holder"),
        pytest.param({"pages": 2}, Flaw.PAGE_COUNT, id="a page more"),
        pytest.param({"pages": 2, "change": count(1)}, Flaw.PAGE_COUNT, id="a hidden page"),
        pytest.param({"change": circle}, Flaw.PAGE_COUNT, id="a circle of pages"),
        pytest.param({"change": attach}, Flaw.ACTIVE_CONTENT, id="an attachment"),
        pytest.param({"change": dangle}, Flaw.BROKEN, id="a reference to nothing"),
        pytest.param({"change": button}, Flaw.ACTIVE_CONTENT, id="a link to a program"),
        pytest.param(
            {"change": open_action(S=pdf_name("/JavaScript"), JS=pdf_string("app.alert(1)"))},
            Flaw.ACTIVE_CONTENT,
            id="a script",
        ),
        pytest.param(
            {"change": open_action(S=pdf_name("/URI"), URI=pdf_string("https://verify.example"))},
            None,
            id="a web address is harmless",
        ),
    ],
)
def test_what_the_centre_itself_sealed_wrongly(
    office: Office, content: dict[str, Any], flaw: Flaw | None
) -> None:
    pdf = seal(make_pdf(**content), office.signer)
    if flaw is None:
        office.check(pdf)
    else:
        assert office.flaw(pdf) is flaw


def test_an_encrypted_document(office: Office) -> None:
    writer = PdfFileWriter()
    writer.encrypt("owner", "")
    writer.insert_page(
        PageObject(
            contents=writer.add_object(generic.StreamObject(stream_data=b"")),
            media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9))),
        )
    )
    out = io.BytesIO()
    writer.write(out)
    assert office.flaw(out.getvalue()) is Flaw.NOT_A_PDF


@pytest.mark.parametrize(
    ("certificate", "flaw"),
    [
        pytest.param({"ends": NOW - timedelta(days=1)}, Flaw.EXPIRED, id="expired"),
        pytest.param({"begins": NOW + timedelta(days=1)}, Flaw.EXPIRED, id="not yet valid"),
        pytest.param({"ends": NOW - timedelta(seconds=1)}, Flaw.EXPIRED, id="expired just now"),
        pytest.param({"begins": NOW + timedelta(seconds=1)}, Flaw.EXPIRED, id="valid in a moment"),
        pytest.param({"key_encipherment": True}, Flaw.UNKNOWN_SIGNER, id="for another use"),
        pytest.param({"digital_signature": True}, Flaw.UNKNOWN_SIGNER, id="of a server"),
        pytest.param(
            {"ends": NOW, "key_encipherment": True}, Flaw.UNKNOWN_SIGNER, id="in its last second"
        ),
        *(
            pytest.param({"uses": uses}, Flaw.WRONG_USE, id=title)
            for title, uses in {
                "of a terminal": ("1.3.6.1.5.5.7.3.2",),
                "of a web server": ("1.3.6.1.5.5.7.3.1",),
                "for programs": ("1.3.6.1.5.5.7.3.3",),
                "for mail": ("1.3.6.1.5.5.7.3.4",),
                "for time-stamps": ("1.3.6.1.5.5.7.3.8",),
                "for anything": ("2.5.29.37.0",),
                "for documents and terminals": ("1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.2"),
            }.items()
        ),
        pytest.param(
            {"begins": NOW, "key_encipherment": True}, Flaw.UNKNOWN_SIGNER, id="in its first second"
        ),
    ],
)
def test_certificates(office: Office, certificate: dict[str, Any], flaw: Flaw) -> None:
    pdf = seal(make_pdf(), make_seal(office.root, **certificate))
    assert office.flaw(pdf) is flaw


def test_the_authority_that_issued_a_seal_has_expired_just_now(office: Office) -> None:
    between = make_root("业务子CA", under=office.root, ends=NOW - timedelta(seconds=1))
    assert office.flaw(seal(make_pdf(), make_seal(between))) is Flaw.EXPIRED


@pytest.mark.parametrize(
    "title", [pytest.param("冒名根", id="another root"), pytest.param("演示根", id="a namesake")]
)
def test_another_root(office: Office, title: str) -> None:
    assert office.flaw(seal(make_pdf(), make_seal(make_root(title)))) is Flaw.UNKNOWN_SIGNER


def test_a_seal_that_expired_and_whose_root_is_unknown(office: Office) -> None:
    stranger = make_seal(make_root("冒名根"), ends=NOW - timedelta(days=1))
    assert office.flaw(seal(make_pdf(), stranger)) is Flaw.UNKNOWN_SIGNER


def test_a_signature_that_does_not_say_when(office: Office) -> None:
    assert office.flaw(seal(make_pdf(), office.signer, at=None)) is Flaw.BROKEN


@pytest.mark.parametrize(
    ("begins", "ends", "at"),
    [
        pytest.param(-900, -400, -500, id="expired and backdated"),
        pytest.param(100, 400, 200, id="not valid yet, and of the future"),
        pytest.param(-30, 3900, 3800, id="in ten years"),
        pytest.param(-3900, 300, -3650, id="ten years ago"),
    ],
)
def test_the_signers_own_word_for_the_time_is_not_believed(
    office: Office, begins: int, ends: int, at: int
) -> None:
    """A document is made for this visit, moments ago."""
    day = timedelta(days=1)
    signer = make_seal(office.root, begins=NOW + begins * day, ends=NOW + ends * day)
    flaw = office.flaw(seal(make_pdf(), signer, at=NOW + at * day))
    assert flaw in (Flaw.EXPIRED, Flaw.OTHER_TIME)


@pytest.mark.parametrize("seconds", [-610, 610])
def test_a_document_of_another_time(office: Office, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert office.flaw(seal(make_pdf(), office.signer, at=at)) is Flaw.OTHER_TIME


def stamper(root: SealAuthority) -> DummyTimeStamper:
    """An authority of time-stamps, RFC 3161."""
    key = rsa.generate_private_key(65537, 2048)
    signer = make_seal(root, key=key, uses=("1.3.6.1.5.5.7.3.8",))
    return DummyTimeStamper(signer.signing_cert, signer.signing_key)


def test_a_time_stamp_has_roots_of_its_own(office: Office, tmp_path: Path) -> None:
    other = make_root("时间戳根")
    roots = tmp_path / "stamps.pem"
    roots.write_bytes(other.pem())
    pdf = seal(make_pdf(), office.signer, timestamper=stamper(other))
    office.check(pdf)
    office.check(pdf, timestamp_roots=roots)
    stranger = seal(make_pdf(), office.signer, timestamper=stamper(make_root("冒名根")))
    office.check(stranger)  # a seal's own time is compared with the centre's clock
    assert office.flaw(stranger, timestamp_roots=roots) is Flaw.TIMESTAMP
    with pytest.raises(NotOurs, match="no-roots"):
        office.check(pdf, timestamp_roots=tmp_path / "none.pem")


def a_list(
    root: SealAuthority, *revoked: SimpleSigner | SealAuthority, age: int = 1, lasts: int = 30
) -> bytes:
    """The revocation list of an authority, ``age`` days old, to be renewed after ``lasts``."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(NOW - timedelta(days=age))
        .next_update(NOW - timedelta(days=age) + timedelta(days=lasts))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
    )
    for each in revoked:
        known = each.certificate if isinstance(each, SealAuthority) else each.signing_cert
        assert known is not None
        entry = x509.RevokedCertificateBuilder().serial_number(known.serial_number)
        builder = builder.add_revoked_certificate(
            entry.revocation_date(NOW - timedelta(days=age)).build()
        )
    made = builder.sign(root.key, hashes.SHA256())
    return bytes(made.public_bytes(serialization.Encoding.DER))


def test_a_seal_that_was_revoked(office: Office) -> None:
    other = make_seal(office.root)
    office.check(office.sealed, revoked=a_list(office.root, other))
    revoked = a_list(office.root, other, office.signer)
    assert office.flaw(office.sealed, revoked=revoked) is Flaw.REVOKED


def test_an_authority_between_root_and_seal_has_a_list_of_its_own(office: Office) -> None:
    between = make_root("业务子CA", under=office.root)
    signer = make_seal(between)
    pdf = seal(make_pdf(), signer)
    roots, betweens = a_list(office.root), a_list(between)
    office.check(pdf)
    office.check(pdf, revoked=roots + betweens)
    office.check(pdf, revoked=betweens + roots)
    for missing in (roots, betweens, roots + betweens[:-1]):
        office.flaw(pdf, revoked=missing)
    for revoked in (roots + a_list(between, signer), a_list(office.root, between) + betweens):
        assert office.flaw(pdf, revoked=revoked) is Flaw.REVOKED


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda root: a_list(root, age=60), id="out of date"),
        pytest.param(lambda root: a_list(make_root("冒名根")), id="of a stranger"),
        pytest.param(lambda root: a_list(make_root()), id="of a namesake"),
        pytest.param(lambda root: b"", id="empty"),
        pytest.param(lambda root: b"no list", id="none"),
    ],
)
def test_a_revocation_list_that_says_nothing(
    office: Office, make: Callable[[SealAuthority], bytes]
) -> None:
    """Whoever keeps the list from the terminal could hide what stands on it."""
    with pytest.raises(NotOurs):
        office.check(office.sealed, revoked=make(office.root))


# -- the form of a file ---------------------------------------------------------------------------


def a_font(**more: generic.PdfObject) -> Change:
    """A page whose resources name a font, drawn or not."""

    def change(writer: PdfFileWriter) -> None:
        facts = {"Type": pdf_name("/Font"), "Subtype": pdf_name("/TrueType")} | more
        font = generic.DictionaryObject({pdf_name(f"/{k}"): v for k, v in facts.items()})
        fonts = generic.DictionaryObject({pdf_name("/F1"): writer.add_object(font)})
        page = writer.root["/Pages"]["/Kids"][0]
        page[pdf_name("/Resources")] = generic.DictionaryObject(
            {pdf_name("/Font"): writer.add_object(fonts)}
        )

    return change


def a_nameless_font(**facts: generic.PdfObject) -> Change:
    """As a_font, of a font that does not say that it is one."""

    def change(writer: PdfFileWriter) -> None:
        a_font(**facts)(writer)
        font = writer.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]["/F1"]
        del font["/Type"]
        if "Subtype" not in facts:
            del font["/Subtype"]

    return change


def a_font_of_a_state(writer: PdfFileWriter) -> None:
    """A graphics state that sets a font."""
    size = generic.NumberObject(12)
    font = generic.DictionaryObject({pdf_name("/BaseFont"): pdf_name("/SimSun")})
    state = generic.DictionaryObject(
        {pdf_name("/Font"): generic.ArrayObject([writer.add_object(font), size])}
    )
    states = generic.DictionaryObject({pdf_name("/G1"): state})
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Resources")] = generic.DictionaryObject({pdf_name("/ExtGState"): states})


def descending(**facts: generic.PdfObject) -> generic.ArrayObject:
    return generic.ArrayObject(
        [generic.DictionaryObject({pdf_name(f"/{k}"): v for k, v in facts.items()})]
    )


def described(*files: str) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {pdf_name(f"/{file}"): pdf_string("letters") for file in files}
        | {pdf_name("/FontName"): pdf_name("/SimSun")}
    )


@pytest.mark.parametrize(
    ("font", "flaw"),
    [
        pytest.param(a_font(BaseFont=pdf_name("/SimSun")), Flaw.FONT, id="named only"),
        pytest.param(a_font(FontDescriptor=described()), Flaw.FONT, id="described only"),
        pytest.param(
            a_font(Subtype=pdf_name("/CIDFontType0"), BaseFont=pdf_name("/STSong-Light")),
            Flaw.FONT,
            id="of a Java server",
        ),
        pytest.param(a_nameless_font(), Flaw.FONT, id="with nothing"),
        pytest.param(
            a_nameless_font(Subtype=pdf_name("/Unheard")), Flaw.FONT, id="of an unknown kind"
        ),
        pytest.param(
            a_nameless_font(Subtype=pdf_name("/TrueType"), BaseFont=pdf_name("/SimSun")),
            Flaw.FONT,
            id="nameless",
        ),
        pytest.param(a_font_of_a_state, Flaw.FONT, id="set by a graphics state"),
        pytest.param(
            a_font(Subtype=pdf_name("/Type0"), DescendantFonts=descending()),
            Flaw.FONT,
            id="a composite without letters",
        ),
        pytest.param(
            a_font(
                Subtype=pdf_name("/Type0"),
                DescendantFonts=descending(FontDescriptor=described("FontFile3")),
            ),
            None,
            id="a composite",
        ),
        pytest.param(a_font(FontDescriptor=described("FontFile2")), None, id="in the file"),
        pytest.param(a_font(BaseFont=pdf_name("/Helvetica-Bold")), None, id="every reader's"),
        pytest.param(a_font(Subtype=pdf_name("/Type3")), None, id="drawn by the page"),
        pytest.param(a_font(Subtype=pdf_name("/Type0")), None, id="a composite's head"),
    ],
)
def test_letters_are_in_the_file(office: Office, font: Change, flaw: Flaw | None) -> None:
    """A printer has other letters than this machine, or none."""
    pdf = seal(make_pdf(change=font), office.signer)
    if flaw is None:
        office.check(pdf)
    else:
        assert office.flaw(pdf) is flaw


def hybrid() -> bytes:
    """A file with a table and a stream of cross-references (ISO 32000-2 7.5.8.4), as word
    processors write it."""
    content = b"0.8 0 0 rg 50 50 400 700 re f "
    body = b"8 0 <</Type/StructTreeRoot>>"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        f"<</FundDocument({DOCUMENT_ID})/FundHolder({HOLDER})>>".encode(),
        b"<</Type/ObjStm/N 1/First 4/Length %d>>stream\n%s\nendstream" % (len(body), body),
        b"<</Type/XRef/Size 9/Index[8 1]/W[1 3 1]/Root 1 0 R/Length 5>>stream\n"
        b"\x02\0\0\x06\0\nendstream",
    ]
    out, places = b"%PDF-1.5\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"0000000008 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<</Size 9/Root 1 0 R/Info 5 0 R/XRefStm %d>>" % places[6]
    end = b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, len(out))
    return out + b"xref\n0 9\n" + table + b"0000000000 65535 f \n" + end


def test_a_file_with_two_kinds_of_cross_references(office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(hybrid()), strict=False)
    out = Sealing(office.signer, NOW, "Seal").sign_pdf(writer)
    with pytest.raises(NotOurs, match="unfit-form: a hybrid-reference file"):
        office.check(bytes(out.getvalue()))


def test_offsets_that_are_filled_with_blanks(office: Office) -> None:
    """Some readers believe such a table and others repair it, so the file has two meanings."""
    odd, changed = re.subn(rb"\n0000(\d{6} 00000 n)", rb"\n    \1", hybrid())
    assert changed == 7
    writer = IncrementalPdfFileWriter(
        io.BytesIO(odd.replace(b"/XRefStm", b"/Nothing")), strict=False
    )
    out = Sealing(office.signer, NOW, "Seal").sign_pdf(writer)
    assert office.flaw(bytes(out.getvalue())) is Flaw.NOT_A_PDF


def test_a_document_with_more_objects_than_can_be_searched(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "_MOST_OBJECTS", 20)
    assert office.flaw(office.sealed) is Flaw.ACTIVE_CONTENT


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"not a certificate", id="no PEM"),
        pytest.param(
            b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", id="only a key"
        ),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
            id="something else under its name",
        ),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", id="no certificate"
        ),
    ],
)
def test_roots_that_cannot_be_read(office: Office, tmp_path: Path, content: bytes | None) -> None:
    roots = tmp_path / "roots.pem"
    if content is not None:
        roots.write_bytes(content)
    with pytest.raises(NotOurs, match="no-roots"):
        replace(office, roots=roots).check(office.sealed)


def test_a_refusal_says_its_flaw_and_what_the_technician_needs() -> None:
    assert str(NotOurs(Flaw.BROKEN)) == "broken"
    assert str(NotOurs(Flaw.PAGE_COUNT, "2 instead of 1")) == "page-count: 2 instead of 1"


# -- any byte, anywhere ---------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_is_accepted(office: Office, place: float, bit: int) -> None:
    at = int(place * len(office.sealed))
    pdf = bytearray(office.sealed)
    pdf[at] ^= 1 << bit
    changed = bytes(pdf)
    with pytest.raises(NotOurs) as caught:
        check_sealed(
            changed,
            document=announce(office.sealed),
            holder=HOLDER,
            now=NOW,
            rules=SealRules(office.roots),
        )
    assert caught.value.flaw in (Flaw.OTHER_FILE, Flaw.NOT_A_PDF)
    # Even if the announcement were forged with it. What lies in the signature's own string is not
    # under the signature; accepted there means that every signed byte is as it was.
    begin = office.sealed.index(b"/Contents <") + len(b"/Contents ")
    end = office.sealed.index(b">", begin) + 1
    try:
        office.check(changed)
    except NotOurs:
        return
    assert begin <= at < end


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=400), cut=st.integers(0, 4000))
def test_no_bytes_raise_anything_else(office: Office, noise: bytes, cut: int) -> None:
    for pdf in (b"%PDF-1.7\n" + noise, office.sealed[:-cut] + noise, noise):
        if pdf != office.sealed:
            office.flaw(pdf)


# -- whose it is ----------------------------------------------------------------------------------


def test_the_mark_of_a_holder() -> None:
    text = "s-1\n演示甲\n99010119900101102X"
    assert holder_mark("s-1", "演示甲", "99010119900101102x") == (
        hashlib.sha256(text.encode()).hexdigest()
    )
    assert holder_mark("s-1", "a", "b") != holder_mark("s-2", "a", "b")


@pytest.mark.parametrize("dot", "·•・‧\u0387∙⋅･．.")
def test_names_compare_with_every_middle_dot(dot: str) -> None:
    assert normal_name(f" 阿依{dot}买买提 ") == "阿依\u00b7买买提"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\u2ee2\u2ef0", "马龙"),  # radicals of the supplement
        ("\u2f22\u2fd4", "夊龜"),  # Kangxi radicals
        ("王\ue863", "王䶮"),  # private in GBK
        ("\uf900", "豈"),  # a compatibility ideograph
    ],
)
def test_names_compare_by_what_their_characters_stand_for(written: str, meant: str) -> None:
    assert normal_name(written) == normal_name(meant) == meant
    assert holder_mark("s", written, "1") == holder_mark("s", meant, "1")


@pytest.mark.parametrize("name", ["欧阳\U0002cb4e\u36c3", "\u4dae", "\U00020164"])
def test_rare_characters_stay(name: str) -> None:
    assert normal_name(name) == name


# -- on the screen --------------------------------------------------------------------------------


def page_pictures(pdf: bytes, width: int) -> list[Picture]:
    with closing(PaperPages(pdf)) as pages:
        return [pages.picture(number, width) for number in range(pages.count)]


@pytest.mark.parametrize("width", [1, 7, 480, 595, 1001])
def test_pictures_have_the_width_asked_for(office: Office, width: int) -> None:
    drawn = page_pictures(seal(make_pdf(2), office.signer), width)
    assert [picture.width for picture in drawn] == [width, width]
    for picture in drawn:
        assert len(picture.pixels) == 4 * picture.width * picture.height
        assert abs(picture.height - width * 842 / 595) <= 1
        assert "pixels" not in repr(picture)


def test_pictures_show_what_is_on_the_page(office: Office) -> None:
    (picture,) = page_pictures(office.sealed, 595)
    corner, middle = 0, 4 * (picture.width * (picture.height // 2) + picture.width // 2)
    assert picture.pixels[corner : corner + 3] == b"\xff\xff\xff"
    assert picture.pixels[middle : middle + 3] == bytes((0, 0, 204))  # blue, green, red


def test_a_visible_seal_is_drawn(office: Office) -> None:
    """It is the widget of the signature's field, as platforms of seals make it."""
    metadata = PdfSignatureMetadata(field_name="Seal", subfilter=SigSeedSubFilter.PADES)
    signer = PdfSigner(
        metadata,
        office.signer,
        stamp_style=TextStampStyle(stamp_text="SEAL SEAL", border_width=3),
        new_field_spec=SigFieldSpec("Seal", on_page=0, box=(460, 760, 590, 840)),
    )
    pdf = bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(make_pdf()))).getvalue())
    office.check(pdf, now=datetime.now(UTC))
    (picture,) = page_pictures(pdf, 595)
    rows = [picture.pixels[4 * (y * 595 + 462) : 4 * (y * 595 + 588)] for y in range(2, 82)]
    assert sum(row.count(b"\0\0\0") for row in rows) > 50
    sheets = rendered(pdf, 72)  # as the emulated printer puts them out
    assert sheets
    (sheet,) = sheets
    with Image.open(io.BytesIO(sheet)) as printed:
        seal = printed.convert("L").crop((462, 2, 588, 82))
    assert sum(seal.histogram()[:64]) > 50


def test_a_page_is_shown_where_no_thread_is_left_for_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with closing(PaperPages(seal(make_pdf(2), office.signer))) as pages:
        with monkeypatch.context() as machine:
            machine.setattr(threading.Thread, "start", refuse)
            assert pages.picture(0, 100).width == 100
        assert pages.picture(1, 100).width == 100


def test_a_page_is_drawn_once_and_the_next_one_ahead(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    ahead = threading.Event()
    draw = pictures._draw

    def noted(page: Any, width: int) -> Picture:
        drawn.append(threading.get_ident())
        if len(drawn) > 1:
            ahead.set()
        return draw(page, width)

    monkeypatch.setattr(pictures, "_draw", noted)
    with closing(PaperPages(seal(make_pdf(9), office.signer))) as pages:
        pages.picture(0, 100)
        assert ahead.wait(PATIENCE_S)
        pages.picture(1, 100)
        me = threading.get_ident()
        assert drawn[0] == me != drawn[1]
        assert drawn.count(me) == 1, "the second page was drawn ahead"


def test_a_document_that_is_closed_is_not_drawn(office: Office) -> None:
    pages = PaperPages(office.sealed)
    pages.close()
    pages.close()
    with pytest.raises(CannotDraw):
        pages.picture(0, 10)


@pytest.mark.parametrize(
    "pdf", [b"", b"%PDF-1.7\n", b"<html>", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"]
)
def test_what_cannot_be_drawn(pdf: bytes) -> None:
    with pytest.raises(CannotDraw):
        page_pictures(pdf, 100)


def test_a_page_too_large_to_draw() -> None:
    with pytest.raises(CannotDraw):
        page_pictures(make_pdf(), 100_000)


def test_a_picture_needs_a_width(office: Office) -> None:
    with pytest.raises(ValueError, match="pixel"):
        page_pictures(office.sealed, 0)


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=300), cut=st.integers(0, 3000))
def test_drawing_any_bytes(office: Office, noise: bytes, cut: int) -> None:
    for pdf in (noise, b"%PDF-1.7\n" + noise, office.sealed[:cut] + noise + office.sealed[cut:]):
        try:
            drawn = page_pictures(pdf, 60)
        except CannotDraw:
            continue
        assert drawn


def test_the_document_for_centres_shows_the_mark_of_a_holder_whose_name_is_folded() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sealed-papers.md").read_text(encoding="utf-8")
    told = re.search(
        r"session `(.+?)`, name `(.+?)`, which folds to `(.+?)`.*number `(.+?)`.*mark\s`(.+?)`",
        page,
        re.DOTALL,
    )
    assert told
    session, name, folded, number, mark = told.groups()
    name, folded = (re.sub(r"U\+(\w+) ?", lambda m: chr(int(m[1], 16)), n) for n in (name, folded))
    assert normal_name(name) == folded
    assert holder_mark(session, name, number) == holder_mark(session, folded, number) == mark
