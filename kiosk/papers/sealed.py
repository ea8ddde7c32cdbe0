"""Checks a document that the centre sealed; refuses it unless made for this citizen's visit.

ISO 32000-2 12.8 (signatures over a byte range), ETSI EN 319 142-1 (PAdES baseline B-B and B-T). The
check fetches nothing and trusts no root but the terminal's own. What a centre's files must be:
``docs/sealed-papers.md``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.papers.names import normal_name
from kiosk.papers.revocations import split_lists

if TYPE_CHECKING:
    from kiosk.centre.models import Document


class Flaw(StrEnum):
    """Why the terminal neither shows nor prints a document."""

    NOT_A_PDF = "not-a-pdf"  # no PDF, or a PDF that is encrypted or cannot be read
    OTHER_FILE = "other-file"  # not the SHA-256 the centre announced
    NO_SIGNATURE = "no-signature"
    UNFIT_FORM = "unfit-form"  # a genuine PDF of a form that no terminal can check
    NOT_COVERED = "not-covered"  # the signature leaves out a part of the file
    BROKEN = "broken"  # changed after signing, or not a signature
    UNKNOWN_SIGNER = "unknown-signer"  # no chain to the terminal's roots, or not for sealing
    NOT_THE_SEALER = "not-the-sealer"  # under our roots, but not whom the settings name
    WRONG_USE = "wrong-use"  # the certificate is for something else than signing documents
    EXPIRED = "expired"  # the certificate is not valid by the centre's clock
    REVOKED = "revoked"  # the certificate stands on the centre's revocation list
    OTHER_TIME = "other-time"  # not sealed for this visit, moments ago
    TIMESTAMP = "timestamp"  # its time-stamp is broken, or not from the authority we know
    OTHER_DOCUMENT = "other-document"
    OTHER_HOLDER = "other-holder"  # made for another visit or another person
    PAGE_COUNT = "page-count"
    ACTIVE_CONTENT = "active-content"  # scripts, programs, attachments
    FONT = "font-not-embedded"  # a printer would draw other letters than the screen, or none
    NO_ROOTS = "no-roots"  # the terminal's own fault: its roots cannot be read


class NotOurs(Exception):
    """A document that must be neither shown nor printed. ``flaw`` says why; ``detail`` is for the
    technician and holds nothing of the document."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A document that is genuine, whole and of this visit."""

    id: str
    pdf: bytes = field(repr=False)
    pages: int
    signed_at: datetime  # as the signer says, with offset: moments before the centre's clock
    signer: str  # common name of the seal's certificate: the centre


@dataclass(frozen=True, slots=True)
class SealRules:
    """Whom a terminal believes. ``roots`` and ``timestamp_roots`` are PEM files, see
    :class:`kiosk.settings.CentreSettings`; so is ``sealer``."""

    roots: Path
    sealer: str = ""
    timestamp_roots: Path | None = None


NEAR = timedelta(minutes=10)
"""A document is sealed for this visit, so its time lies this near to the centre's clock: what a
slow seal, a queue and two clocks need."""


def check_sealed(
    pdf: bytes,
    *,
    document: Document,
    holder: str,
    now: datetime,
    rules: SealRules,
    revoked: bytes | None = None,
) -> SealedDocument:
    """Check ``pdf`` whole; the terminal may show and print the returned document.

    ``document`` is what the centre announced, ``holder`` the :func:`holder_mark` of this visit,
    ``now`` the centre's clock, ``revoked`` the centre's revocation lists (RFC 5280 5, DER), one
    after another; None: the centre has none. Exactly one signature must cover the whole file, made
    by the sealer of ``rules`` within :data:`NEAR` of ``now``, with a certificate for
    non-repudiation (RFC 5280 4.2.1.3) and for no other use than documents (4.2.1.12, RFC 9336) that
    is valid now. Raises :class:`NotOurs` for everything else, whatever the bytes are, and
    ``MemoryError``.

    The first call in a process loads the signature library: 0.2 s and 26 MB; the terminal makes it
    in a process of its own (:mod:`kiosk.papers.checker`).
    """
    if not pdf.startswith(b"%PDF-"):
        raise NotOurs(Flaw.NOT_A_PDF, "no PDF header")
    if hashlib.sha256(pdf).hexdigest() != document.sha256:
        raise NotOurs(Flaw.OTHER_FILE, "SHA-256 differs")
    seals = _Seals(
        _read_roots(rules.roots),
        _read_roots(rules.timestamp_roots) if rules.timestamp_roots else None,
        rules.sealer,
        now,
        revoked,
    )
    try:
        return _check(pdf, document, holder, seals)
    except (NotOurs, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a parser may fail on foreign bytes in any way
        flaw = NotOurs(Flaw.BROKEN, type(error).__name__)
    raise flaw  # not inside `except`: as its context, `error` could carry parts of the document


@dataclass(frozen=True, slots=True)
class _Seals:
    """What decides whether a signature is the centre's: certificates of asn1crypto."""

    roots: list[Any]
    timestamp_roots: list[Any] | None
    sealer: str
    now: datetime
    revoked: bytes | None


def _check(pdf: bytes, document: Document, holder: str, seals: _Seals) -> SealedDocument:
    from io import BytesIO

    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    unreadable = None
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        if reader.encrypted:
            raise NotOurs(Flaw.NOT_A_PDF, "encrypted, if only with an owner password")
        if reader.xrefs.hybrid_xrefs_present:
            raise NotOurs(Flaw.UNFIT_FORM, "a hybrid-reference file, with a table and a stream")
        signatures = reader.embedded_signatures
        trailer = reader.trailer_view
        info = trailer["/Info"]
        tree = reader.root["/Pages"]
        pages = int(tree["/Count"])
    except PdfError as error:
        unreadable = type(error).__name__
    if unreadable:
        raise NotOurs(Flaw.NOT_A_PDF, unreadable)
    if not signatures:
        raise NotOurs(Flaw.NO_SIGNATURE)
    if len(signatures) != 1:
        raise NotOurs(Flaw.NOT_COVERED, f"{len(signatures)} signatures")
    _check_coverage(pdf, signatures[0])
    signed_at, signer = _check_signature(signatures[0], seals)
    if str(info.get("/FundDocument", "")) != document.id:
        raise NotOurs(Flaw.OTHER_DOCUMENT)
    if str(info.get("/FundHolder", "")) != holder:
        raise NotOurs(Flaw.OTHER_HOLDER)
    if pages != document.pages:
        raise NotOurs(Flaw.PAGE_COUNT, f"{pages} instead of {document.pages}")
    _check_tree(tree, pages)
    _check_content(trailer)
    return SealedDocument(document.id, pdf, pages, signed_at, signer)


def _check_coverage(pdf: bytes, signature: Any) -> None:
    """Refuse a byte range that leaves out more than the signature's own hexadecimal string."""
    from asn1crypto.parser import peek

    start, before, after, rest = (int(number) for number in signature.byte_range)
    gap = pdf[before:after]
    contents = bytes(signature.pkcs7_content)
    if start != 0 or after + rest != len(pdf) or not 0 < before < after:
        raise NotOurs(Flaw.NOT_COVERED, "byte range")
    if not _HEX.fullmatch(gap) or bytes.fromhex(gap[1:-1].decode()) != contents:
        raise NotOurs(Flaw.NOT_COVERED, "gap of the byte range")
    if contents[peek(contents) :].strip(b"\0"):
        raise NotOurs(Flaw.NOT_COVERED, "something behind the signature's DER")


_HEX = re.compile(rb"<[0-9A-Fa-f]+>")


def _check_signature(signature: Any, seals: _Seals) -> tuple[datetime, str]:
    """Signing time and signer's name of a signature that the sealer made moments ago."""
    from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signed_at = signature.self_reported_timestamp
    if signed_at is None:
        raise NotOurs(Flaw.BROKEN, "no signing time")
    if signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=UTC)
    now = seals.now
    context = ValidationContext(
        trust_roots=seals.roots,
        allow_fetching=False,
        moment=now,
        crls=split_lists(seals.revoked or b""),
        revocation_mode="soft-fail" if seals.revoked is None else "require",
        time_tolerance=NEAR,
    )
    stamps = ValidationContext(
        trust_roots=seals.timestamp_roots or (), allow_fetching=False, moment=now
    )
    status = validate_pdf_signature(
        signature, signer_validation_context=context, ts_validation_context=stamps
    )
    if not (status.intact and status.valid and status.seed_value_ok):
        raise NotOurs(Flaw.BROKEN, status.summary())
    seal = status.signing_cert
    if not status.trusted:
        problem = status.trust_problem_indic
        revocations = (AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE)
        if problem in (AdESFailure.REVOKED, *revocations):
            raise NotOurs(Flaw.REVOKED)
        known = problem is not AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND
        if known and not seal.not_valid_before <= now <= seal.not_valid_after:
            raise NotOurs(Flaw.EXPIRED)
        raise NotOurs(Flaw.UNKNOWN_SIGNER, str(problem))
    # The library gives these dates the tolerance that revocation lists need.
    path = status.validation_path
    if path is None or not all(
        certificate.not_valid_before <= now <= certificate.not_valid_after
        for certificate in path.iter_certs(include_root=False)
    ):
        raise NotOurs(Flaw.EXPIRED)
    _check_sealer(seal, seals.sealer)
    if abs(signed_at - now) > NEAR:
        seconds = (signed_at - now).total_seconds()
        raise NotOurs(Flaw.OTHER_TIME, f"sealed {seconds:+.0f} s from the centre's clock")
    _check_timestamp(status.timestamp_validity, seals)
    return signed_at, str(seal.subject.native.get("common_name", ""))


DOCUMENT_USES = frozenset(
    {
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning, RFC 9336
        "1.3.6.1.4.1.311.10.3.12",  # Microsoft's document signing
        "1.2.840.113583.1.1.5",  # Adobe's authentic documents
    }
)
"""Extended key usages of a seal. A certificate without any (RFC 5280 4.2.1.12) is for all uses that
its key usage allows."""


def _check_sealer(seal: Any, sealer: str) -> None:
    """Any certificate under a root can sign, a citizen's and a terminal's own too: the settings
    name the one that seals."""
    uses = seal.extended_key_usage_value
    if uses is not None and not {use.dotted for use in uses} <= DOCUMENT_USES:
        raise NotOurs(Flaw.WRONG_USE)
    if sealer and sealer not in names_of_sealer(seal):
        raise NotOurs(Flaw.NOT_THE_SEALER)


def names_of_sealer(seal: Any) -> tuple[str, ...]:
    """What ``sealer`` of the settings may say for this certificate: the organisations of its
    subject, and the SHA-256 of the certificate and of its public key, in small hexadecimal."""
    organisations = [
        str(each["value"].native)
        for name in seal.subject.chosen
        for each in name
        if each["type"].native == "organization_name"
    ]
    marks = (hashlib.sha256(der).hexdigest() for der in (seal.dump(), seal.public_key.dump()))
    return (*organisations, *marks)


def _check_timestamp(stamp: Any, seals: _Seals) -> None:
    """A time-stamp (RFC 3161) must be whole where there is one. Who made it counts only where the
    settings name the authorities: the seal's own time is compared with the centre's clock."""
    if stamp is None:
        return
    known = stamp.trusted or seals.timestamp_roots is None
    if not (stamp.intact and stamp.valid and known):
        raise NotOurs(Flaw.TIMESTAMP, str(stamp.trust_problem_indic))


def _read_roots(roots: Path) -> list[Any]:
    from asn1crypto import pem, x509

    try:
        found = [
            x509.Certificate.load(der)
            for kind, _, der in pem.unarmor(roots.read_bytes(), multiple=True)
            if kind == "CERTIFICATE"
        ]
        for certificate in found:
            certificate.dump(force=True)  # parse it to its end now: a damaged root is NO_ROOTS
    except (OSError, ValueError) as error:
        raise NotOurs(Flaw.NO_ROOTS, f"{roots.name}: {type(error).__name__}") from None
    if not found:
        raise NotOurs(Flaw.NO_ROOTS, f"{roots.name}: no certificate")
    return found


_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA"})
_ACTIVE_KINDS = frozenset(
    {"/JavaScript", "/Launch", "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Rendition"}
    | {"/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Movie"}
)
_MOST_OBJECTS = 200_000
_MOST_NODES = 1000
"""Of a page tree: fifty pages at most, and their branches."""
_FONTS_OF_FILES = frozenset(("/Type1", "/MMType1", "/TrueType", "/CIDFontType0", "/CIDFontType2"))
_FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_STANDARD_FONTS = re.compile(r"/(Helvetica|Times|Courier|Symbol|ZapfDingbats)(-[A-Za-z]+)?")
"""The fourteen that every reader and printer has: ISO 32000-1 9.6.2.2."""


def _check_tree(tree: Any, pages: int) -> None:
    """Refuse a page tree (ISO 32000-2 7.7.3) whose leaves are not as many as its root says: the
    preview believes the root, a printer may walk the tree and print what nobody has seen."""
    leaves = 0
    waiting = [tree]
    for _ in range(_MOST_NODES):
        if not waiting:
            break
        node = waiting.pop()
        if "/Kids" in node:
            kids = node["/Kids"]
            waiting.extend(kids[index] for index in range(len(kids)))
        else:
            leaves += 1
    if waiting or leaves != pages:
        raise NotOurs(Flaw.PAGE_COUNT, f"{leaves} in the tree instead of {pages}")


def _check_content(trailer: Any) -> None:
    """Refuse what would make a PDF reader act, and letters that are not in the file."""
    from pyhanko.pdf_utils import generic

    seen: set[Any] = set()
    waiting: list[Any] = [trailer]
    visited = 0
    while waiting:
        item = waiting.pop()
        visited += 1
        if visited > _MOST_OBJECTS:
            raise NotOurs(Flaw.ACTIVE_CONTENT, "too many objects")
        if isinstance(item, generic.IndirectObject):
            if item.reference in seen:
                continue
            seen.add(item.reference)
            item = item.get_object()
        if isinstance(item, generic.DictionaryObject):
            kinds = {str(item[key]) for key in ("/S", "/Type", "/Subtype") if key in item}
            names = _ACTIVE_KEYS.intersection(item) | (_ACTIVE_KINDS & kinds)
            if names:
                raise NotOurs(Flaw.ACTIVE_CONTENT, min(names))
            if not all(map(_has_letters, _fonts_of(item, kinds))):
                raise NotOurs(Flaw.FONT, "embed every font, as a subset")
            waiting.extend(item.raw_get(key) for key in item)
        elif isinstance(item, generic.ArrayObject):
            waiting.extend(item.raw_get(index) for index in range(len(item)))


def _fonts_of(item: Any, kinds: set[str]) -> list[Any]:
    """The fonts that ``item`` is, or names for drawing (ISO 32000-2 7.8.3, 8.4.5, 9.7.6). Readers
    take what stands there for a font of the kind Type1, whatever its own words say."""
    from pyhanko.pdf_utils import generic

    def inside(fonts: Any) -> list[Any]:
        if isinstance(fonts, generic.DictionaryObject):  # resources
            return [fonts[name] for name in fonts]
        return [fonts[0]]  # a graphics state: the font and its size; a composite: its descendant

    fonts = [item] if _FONTS_OF_FILES & kinds else []
    for key in ("/Font", "/DescendantFonts"):
        fonts += item.get_and_apply(key, inside, default=[])
    return fonts


def _has_letters(font: Any) -> bool:
    """Whether the letters of a font are drawn alike everywhere: those of a simple font or a CID
    font (ISO 32000-2 9.6, 9.7.4) are in the file, those of the others are drawn by a page or by a
    descendant."""
    if "/Subtype" in font and font["/Subtype"] in ("/Type0", "/Type3"):
        return True
    if "/FontDescriptor" in font:
        descriptor = font["/FontDescriptor"]
        if any(file in descriptor for file in _FONT_FILES):
            return True
    return bool(_STANDARD_FONTS.fullmatch(str(font.get("/BaseFont", ""))))


def holder_mark(session: str, name: str, number: str) -> str:
    """The mark of a sealed document's holder: hexadecimal SHA-256 of session, name and number.

    The centre writes the mark into the signed file; the terminal computes the mark of its own visit
    and compares. An equal mark proves that the file was made for this visit, and tells nobody who
    the holder is.
    """
    text = "\n".join((session, normal_name(name), number.upper()))
    return hashlib.sha256(text.encode()).hexdigest()
