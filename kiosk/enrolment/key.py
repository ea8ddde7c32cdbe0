"""The terminal's private key: in a TPM 2.0 where there is one, else in a file of its owner's."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from drivers.sentence import en
from kiosk.centre.enrolment import KeyPlace
from kiosk.centre.tpm import DEVICE, is_tpm_key
from kiosk.whole_file import sync_folder, write_whole

TPM_ELSEWHERE = "TPM2OPENSSL_TCTI"
"""The environment's name for another way to a TPM, which tpm2-openssl reads."""
OPENSSL_S = 30.0
"""Seconds for one command of openssl; a slow TPM makes a key in one or two."""
_PROVIDERS = ("-provider", "tpm2", "-provider", "default")
_ASKED = (*_PROVIDERS, "-propquery", "?provider=tpm2")
_OTHERS = 0o077


class KeyUnusable(Exception):
    """The key cannot be used: one sentence, and what mends it."""


class _InTpm(ec.EllipticCurvePrivateKey):
    """A key of a TPM as ``cryptography`` wants one for its signatures; only ``openssl`` has it."""

    def __init__(self, path: Path, public: ec.EllipticCurvePublicKey) -> None:
        self._path = path
        self._public = public

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """ECDSA with SHA-256 in the TPM. Raises :class:`KeyUnusable`."""
        return _openssl("dgst", "-sha256", *_ASKED, "-sign", str(self._path), data=bytes(data))

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def _never(self, *_given: Any, **_more: Any) -> NoReturn:
        raise UnsupportedAlgorithm("a key in a TPM only signs")

    exchange = private_numbers = private_bytes = __copy__ = __deepcopy__ = _never


@dataclass(frozen=True)
class TerminalKey:
    """A key (EC on P-256) in the file ``path``: the key itself, or what only its TPM can open."""

    path: Path
    place: KeyPlace
    private: ec.EllipticCurvePrivateKey

    @cached_property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def hash(self) -> str:
        """SHA-256 of the public key, hexadecimal: what people compare."""
        return hashlib.sha256(self.public_der).hexdigest()

    def request(self) -> str:
        """The request for a certificate (PKCS#10) in PEM. Raises :class:`KeyUnusable`."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.hash[:16])])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        return builder.sign(self.private, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def why_no_tpm() -> str:
    """Why no key can lie in a TPM here, in one sentence; an empty string where one can."""
    if not DEVICE.exists() and not os.environ.get(TPM_ELSEWHERE):
        return en("this machine has no TPM 2.0, or it is switched off in the firmware")
    try:
        _openssl("list", "-providers", *_PROVIDERS)
    except KeyUnusable as error:
        return en("install tpm2-openssl: {why}", why=error)
    return ""


def make(path: Path, *, tpm: bool) -> TerminalKey:
    """A new key in ``path``. Raises :class:`KeyUnusable`, ``OSError``."""
    if not tpm:
        made = ec.generate_private_key(ec.SECP256R1())
        write_secret(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return TerminalKey(path, "file", made)
    curve = ("-algorithm", "EC", "-pkeyopt", "group:P-256")
    write_secret(path, _openssl("genpkey", *_PROVIDERS, *curve))
    return load(path)


def load(path: Path) -> TerminalKey:
    """The key in ``path``. Raises :class:`KeyUnusable` for one that others may read, that is
    damaged, on no elliptic curve, or whose TPM is another."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            raise KeyUnusable(
                en(
                    "{path}: others may read the key ({mode}); make a new one: kiosk enrol --anew",
                    path=path,
                    mode=f"{mode:04o}",
                )
            )
        if is_tpm_key(path):
            public = load_pem_public_key(_openssl("pkey", *_ASKED, "-in", str(path), "-pubout"))
            if isinstance(public, ec.EllipticCurvePublicKey):
                return TerminalKey(path, "tpm", _InTpm(path, public))
        else:
            found = load_pem_private_key(path.read_bytes(), None)
            if isinstance(found, ec.EllipticCurvePrivateKey):
                return TerminalKey(path, "file", found)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(en("{path}: no private key in it", path=path)) from error
    raise KeyUnusable(en("{path}: no key on an elliptic curve", path=path))


def write_secret(path: Path, content: bytes) -> None:
    """Write or replace ``path`` for its owner only, as a whole, also where the power is cut; on
    the disk when this returns. What root writes belongs to the owner of the folder."""
    write_whole(path, content, partial(_own_as, path.parent))


def make_folder(path: Path) -> None:
    """Make the folder ``path``, where it is not there, as :func:`write_secret` makes a file."""
    path.mkdir(mode=0o700, exist_ok=True)
    made = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _own_as(path.parent, made)
    finally:
        os.close(made)
    sync_folder(path.parent)


def _own_as(folder: Path, made: int) -> None:
    """By the descriptor ``made``: the owner of ``folder`` may put a link where a path was."""
    if os.geteuid() == 0:
        facts = folder.stat()
        os.fchown(made, facts.st_uid, facts.st_gid)


def _openssl(*arguments: str, data: bytes = b"") -> bytes:
    """What a command of openssl writes. Raises :class:`KeyUnusable`."""
    try:
        done = subprocess.run(
            ["/usr/bin/openssl", *arguments],
            input=data,
            capture_output=True,
            check=False,
            timeout=OPENSSL_S,
        )
    except OSError as error:
        raise KeyUnusable(f"/usr/bin/openssl: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise KeyUnusable(en("the TPM did not answer in time")) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise KeyUnusable(en("the TPM refuses: {why}", why=said[-1][:200] if said else "openssl"))
    return done.stdout
