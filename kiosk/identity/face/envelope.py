"""Seals the picture of a face for the centre alone: CMS EnvelopedData (RFC 5652).

The content is one JSON object with the picture, the session and the challenge it belongs to, and
how it was taken. Session and challenge stand inside, so an envelope cannot be used for another
session, nor twice. The key that encrypts is in no file: ``cryptography`` draws one per envelope and
encrypts it to the centre's certificate.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    pkcs7_decrypt_der,
)

LEAST_BITS = 2048
_Word = Annotated[str, msgspec.Meta(max_length=128)]


class FaceContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the envelope holds. ``repr`` would show the picture, so it shows nothing."""

    session: _Word
    challenge: _Word
    """The centre's challenge: random, for one capture."""
    taken_at: _Word
    """When, ISO 8601 with offset, by the terminal's clock."""
    terminal: _Word
    engine: _Word
    models: dict[str, str]
    """SHA-256 of every model in use, by file name."""
    actions: tuple[str, ...]
    reliefs: tuple[float, ...]
    raster: float
    edges: int
    attempts: int
    score: float
    measures: dict[str, float]
    picture: bytes
    """JPEG of the head; base64 in the JSON."""
    chip: Literal["compared", "not-compared"] = "not-compared"
    """Whether the terminal has compared the face with the photo of the chip, which decides nothing:
    the centre does."""
    similarity: float | None = None
    """How alike both are, the cosine of SFace."""
    cause: _Word = ""
    """Why they were not compared: ``no-photo``, ``no-decoder``, ``decoder-failed``, ``no-model``,
    ``no-face``."""

    def __repr__(self) -> str:
        return "<FaceContent>"


class NotSealed(Exception):
    """The envelope cannot be made or opened; the message is one sentence."""


def seal(content: FaceContent, certificate: bytes) -> bytes:
    """``content`` encrypted to the RSA key of ``certificate`` (PEM), as DER.

    Raises :class:`NotSealed` for a certificate that cannot be used.
    """
    try:
        recipient = x509.load_pem_x509_certificate(certificate)
        key = recipient.public_key()
    except ValueError:
        raise NotSealed("the centre's certificate cannot be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise NotSealed(f"the centre's certificate has no RSA key of {LEAST_BITS} bits or more")
    return (
        PKCS7EnvelopeBuilder()
        .set_data(msgspec.json.encode(content))
        .set_content_encryption_algorithm(AES256)
        .add_recipient(recipient)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def unseal(sealed: bytes, certificate: x509.Certificate, key: RSAPrivateKey) -> FaceContent:
    """The content of ``sealed``: what a centre does. Raises :class:`NotSealed`."""
    try:
        data = pkcs7_decrypt_der(sealed, certificate, key, [])
        return msgspec.json.decode(data, type=FaceContent)
    except (ValueError, msgspec.DecodeError) as error:
        raise NotSealed(f"no envelope for this key: {type(error).__name__}") from None
