"""Checks a document that the centre sealed; refuses it unless made for this citizen's visit.

ISO 32000-2 12.8 (signatures over a byte range), ETSI EN 319 142-1 (PAdES baseline B-B). Nothing is
fetched: no revocation, no time-stamp, no root but the terminal's own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.papers.names import normal_name

if TYPE_CHECKING:
    from kiosk.centre.models import Document


class Flaw(StrEnum):
    """Why the terminal neither shows nor prints a document."""

    NOT_A_PDF = "not-a-pdf"  # no PDF, or a PDF that is encrypted or cannot be read
    OTHER_FILE = "other-file"  # not the SHA-256 the centre announced
    NO_SIGNATURE = "no-signature"
    NOT_COVERED = "not-covered"  # the signature leaves out a part of the file
    BROKEN = "broken"  # changed after signing, or not a signature
    UNKNOWN_SIGNER = "unknown-signer"  # no chain to the terminal's roots, or not for sealing
    EXPIRED = "expired"  # the certificate was not valid at the signing time
    OTHER_DOCUMENT = "other-document"
    OTHER_HOLDER = "other-holder"  # made for another visit or another person
    PAGE_COUNT = "page-count"
    ACTIVE_CONTENT = "active-content"  # scripts, programs, attachments
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
    signed_at: datetime  # as the signer says, with offset; no time-stamp confirms it
    signer: str  # common name of the seal's certificate: the centre


def check_sealed(pdf: bytes, *, document: Document, holder: str, roots: Path) -> SealedDocument:
    """Check ``pdf`` whole; the terminal may show and print the returned document.

    ``document`` is what the centre announced, ``holder`` the :func:`holder_mark` of this visit,
    ``roots`` a PEM file with the certificates that seals must lead to. Exactly one signature must
    cover the whole file, made by a certificate for non-repudiation (RFC 5280 4.2.1.3) that was
    valid at the signing time. Raises :class:`NotOurs` for everything else, whatever the bytes are.

    The first call in a process loads the signature library: 0.2 s and 26 MB; the terminal makes it
    in a process of its own (:mod:`kiosk.papers.checker`).
    """
    if not pdf.startswith(b"%PDF-"):
        raise NotOurs(Flaw.NOT_A_PDF, "no PDF header")
    if hashlib.sha256(pdf).hexdigest() != document.sha256:
        raise NotOurs(Flaw.OTHER_FILE, "SHA-256 differs")
    trusted = _read_roots(roots)
    try:
        return _check(pdf, document, holder, trusted)
    except NotOurs:
        raise
    except Exception as error:  # noqa: BLE001 - a parser may fail on foreign bytes in any way
        flaw = NotOurs(Flaw.BROKEN, type(error).__name__)
    raise flaw  # not inside `except`: as its context, `error` could carry parts of the document


def _check(pdf: bytes, document: Document, holder: str, roots: list[Any]) -> SealedDocument:
    from io import BytesIO

    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    unreadable = None
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        if reader.encrypted:
            raise NotOurs(Flaw.NOT_A_PDF, "encrypted")
        signatures = reader.embedded_signatures
        trailer = reader.trailer_view
        info = trailer["/Info"]
        pages = int(reader.root["/Pages"]["/Count"])
    except PdfError as error:
        unreadable = type(error).__name__
    if unreadable:
        raise NotOurs(Flaw.NOT_A_PDF, unreadable)
    if not signatures:
        raise NotOurs(Flaw.NO_SIGNATURE)
    if len(signatures) != 1:
        raise NotOurs(Flaw.NOT_COVERED, f"{len(signatures)} signatures")
    _check_coverage(pdf, signatures[0])
    signed_at, signer = _check_signature(signatures[0], roots)
    if str(info.get("/FundDocument", "")) != document.id:
        raise NotOurs(Flaw.OTHER_DOCUMENT)
    if str(info.get("/FundHolder", "")) != holder:
        raise NotOurs(Flaw.OTHER_HOLDER)
    if pages != document.pages:
        raise NotOurs(Flaw.PAGE_COUNT, f"{pages} instead of {document.pages}")
    found = _active(trailer)
    if found:
        raise NotOurs(Flaw.ACTIVE_CONTENT, found)
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


def _check_signature(signature: Any, roots: list[Any]) -> tuple[datetime, str]:
    """Signing time and signer's name of a valid signature whose certificate leads to ``roots``."""
    from pyhanko.sign.ades.report import AdESIndeterminate
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signed_at = signature.self_reported_timestamp
    if signed_at is None:
        raise NotOurs(Flaw.BROKEN, "no signing time")
    if signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=UTC)
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=signed_at)
    status = validate_pdf_signature(signature, signer_validation_context=context)
    if not (status.intact and status.valid):
        raise NotOurs(Flaw.BROKEN, status.summary())
    seal = status.signing_cert
    if not status.trusted:
        known = status.trust_problem_indic is not AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND
        if known and not seal.not_valid_before <= signed_at <= seal.not_valid_after:
            raise NotOurs(Flaw.EXPIRED)
        raise NotOurs(Flaw.UNKNOWN_SIGNER, str(status.trust_problem_indic))
    if not status.bottom_line:
        raise NotOurs(Flaw.BROKEN, status.summary())
    return signed_at, str(seal.subject.native.get("common_name", ""))


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


def _active(trailer: Any) -> str:
    """The first name in the object graph that would make a PDF reader act; empty: none."""
    from pyhanko.pdf_utils import generic

    seen: set[Any] = set()
    waiting: list[Any] = [trailer]
    visited = 0
    while waiting:
        item = waiting.pop()
        visited += 1
        if visited > _MOST_OBJECTS:
            return "too many objects"
        if isinstance(item, generic.IndirectObject):
            if item.reference in seen:
                continue
            seen.add(item.reference)
            item = item.get_object()
        if isinstance(item, generic.DictionaryObject):
            kinds = {str(item[key]) for key in ("/S", "/Type", "/Subtype") if key in item}
            names = _ACTIVE_KEYS.intersection(item) | (_ACTIVE_KINDS & kinds)
            if names:
                return min(names)
            waiting.extend(item.raw_get(key) for key in item)
        elif isinstance(item, generic.ArrayObject):
            waiting.extend(item.raw_get(index) for index in range(len(item)))
    return ""


def holder_mark(session: str, name: str, number: str) -> str:
    """The mark of a sealed document's holder: hexadecimal SHA-256 of session, name and number.

    The centre writes the mark into the signed file; the terminal computes the mark of its own visit
    and compares. An equal mark proves that the file was made for this visit, and tells nobody who
    the holder is.
    """
    text = "\n".join((session, normal_name(name), number.upper()))
    return hashlib.sha256(text.encode()).hexdigest()
