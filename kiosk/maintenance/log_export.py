"""Exports the terminal's log, masked once more and signed by the terminal; verifies an export.

An export is a file of JSON Lines, which anybody can read, and beside it the signature: a detached
JWS (RFC 7515, RFC 7797) with ``alg`` ES256, ``typ`` kiosk-log+jws, and the terminal's certificate
in ``x5c``. The first line says whose log it is, of when, and how many lines were left out.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.sentence import en
from kiosk import events
from kiosk.enrolment import key as keys
from kiosk.log import LONGEST
from kiosk.settings import Settings

TYPE = "kiosk-log+jws"
ALGORITHM = "ES256"
JOURNAL_S = 60.0
MOST_BYTES = 256 << 20
"""What :func:`verify` reads at most."""
_LEVELS = frozenset({"debug", "info", "warning", "error", "critical"})
_LOGGER = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
_PLACES = 64
"""Places of a traceback that are kept."""


class NotExported(Exception):
    """Nothing was exported: one sentence why, and what mends it."""


class NotVerified(Exception):
    """The export is not what the terminal wrote, or cannot be read: one sentence."""


@dataclass(frozen=True, slots=True)
class SignedLog:
    """An export: its two files, how many lines it has, and how many were left out."""

    file: Path
    signature: Path
    lines: int
    left_out: int


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """Whose log an export is: the name in the certificate that signed it, and what is in it."""

    signer: str
    terminal: str
    lines: int


def masked(lines: Iterable[str]) -> Iterator[str | None]:
    """Each line with nothing but what the catalogue of events allows; None for one that is no line
    of a terminal's log."""
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        yield _masked(found) if isinstance(found, dict) else None


def _masked(found: dict[str, Any]) -> str | None:
    event = events.BY_SENTENCE.get(str(found.get("message", "")))
    level, logger, time = (str(found.get(name, "")) for name in ("level", "logger", "time"))
    if level not in _LEVELS or not _LOGGER.fullmatch(logger) or not _is_time(time):
        return None
    kept: dict[str, Any] = {"time": time, "level": level, "logger": logger}
    if event:
        kept |= {"event": event.name, "message": event.sentence}
    kept |= {name: _short(found[name]) for name in events.FIELDS if name in found}
    if isinstance(found.get("error"), str):
        kept["error"] = _short(found["error"])
    if isinstance(places := found.get("trace"), list):
        kept["trace"] = [_short(place) for place in places[:_PLACES]]
    return json.dumps(kept, ensure_ascii=False)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return value[:LONGEST] if isinstance(value, str) else f"<{type(value).__name__}>"


def from_journal(days: int) -> list[str]:
    """The terminal's lines of the last ``days`` in systemd's journal. Raises
    :class:`NotExported`."""
    command = ["journalctl", "--unit=kiosk", "--output=cat", "--no-pager", f"--since=-{days}d"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=JOURNAL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        why = type(error).__name__
        raise NotExported(en("the journal cannot be read: {why}", why=why)) from error
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()[:LONGEST]
        raise NotExported(en("the journal cannot be read: {why}", why=why))
    return done.stdout.decode(errors="replace").splitlines()


def export(
    settings: Settings, lines: Iterable[str], folder: Path, now: datetime | None = None
) -> SignedLog:
    """Write what of ``lines`` may be told to ``folder``, with the terminal's signature beside it;
    on the disk, or the stick, when this returns. Raises :class:`NotExported`."""
    now = now or datetime.now(UTC)
    key, certificate = _identity(settings)
    found = list(masked(lines))
    kept = [line for line in found if line is not None]
    head = {
        "terminal": settings.terminal,
        "exported": now.isoformat(timespec="seconds"),
        "lines": len(kept),
        "left_out": len(found) - len(kept),
    }
    content = "".join(f"{line}\n" for line in (json.dumps(head), *kept)).encode()
    file = folder / f"kiosk-log-{settings.terminal}-{now:%Y%m%dT%H%M%SZ}.jsonl"
    signature = file.with_suffix(".jws")
    try:
        signed = jwt.api_jws.encode(
            content,
            key.private,
            ALGORITHM,
            headers={"typ": TYPE, "b64": False, "crit": ["b64"], "x5c": [_x5c(certificate)]},
            is_payload_detached=True,
        )
        _write(file, content)
        _write(signature, signed.encode())
    except keys.KeyUnusable as error:
        raise NotExported(error.args[0]) from error
    except jwt.PyJWTError as error:  # a key on another curve than that of ES256
        raise NotExported(f"{key.path}: {error}") from error
    except OSError as error:
        raise NotExported(f"{folder}: {error.strerror or type(error).__name__}") from error
    return SignedLog(file, signature, len(kept), len(found) - len(kept))


def _identity(settings: Settings) -> tuple[keys.TerminalKey, x509.Certificate]:
    ours = settings.centre
    if ours.certificate is None or ours.key is None:
        why = en("this terminal has no certificate to sign with; enrol it: kiosk enrol")
        raise NotExported(why)
    try:
        return keys.load(ours.key), x509.load_pem_x509_certificate(ours.certificate.read_bytes())
    except keys.KeyUnusable as error:
        raise NotExported(error.args[0]) from error
    except OSError as error:
        raise NotExported(f"{ours.certificate}: {error.strerror}") from error
    except ValueError as error:
        why = en("{path}: no certificate in it", path=ours.certificate)
        raise NotExported(why) from error


def _x5c(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def verify(file: Path, roots: Path, signature: Path | None = None) -> VerifiedLog:
    """Whose log ``file`` is. ``roots``: PEM file with the certificates that issue those of
    terminals. ``signature``: where it does not lie beside the file. A certificate that has ended
    since is no fault: it was good for what it signed. Raises :class:`NotVerified`, whatever the
    files hold."""
    try:
        content = _read(file)
        token = _read(signature or file.with_suffix(".jws")).decode("ascii").strip()
        trusted = x509.load_pem_x509_certificates(_read(roots))
        header = jwt.get_unverified_header(token)
        signer = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
        public = signer.public_key()
        if header.get("typ") != TYPE or not isinstance(public, ec.EllipticCurvePublicKey):
            raise NotVerified(en("this is no signature of a terminal's log"))
        jwt.api_jws.decode(
            token,
            public,
            algorithms=[ALGORITHM],
            detached_payload=content,
        )
        head = json.loads(content.partition(b"\n")[0])
        told = str(head["terminal"])[:LONGEST], int(head["lines"])
    except NotVerified:
        raise
    except jwt.InvalidSignatureError as error:
        raise NotVerified(en("the file was changed after the terminal signed it")) from error
    except Exception as error:  # a spoilt file may hold anything, and each library says it its way
        why = type(error).__name__
        raise NotVerified(en("the export cannot be read: {why}", why=why)) from error
    if not any(_issued(signer, root) for root in trusted):
        raise NotVerified(en("none of the roots has issued the certificate of the signature"))
    names = signer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    found = VerifiedLog(str(names[0].value) if names else "", *told)
    if found.signer != found.terminal:
        raise NotVerified(
            en(
                "the log is of {terminal}, and the certificate of its signature names {signer}",
                terminal=found.terminal,
                signer=found.signer,
            )
        )
    return found


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NotVerified(en("{path}: too large", path=path.name))
    return content


def _issued(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except Exception:  # noqa: BLE001 - another name, key or signature, or an algorithm of its own
        return False
    return True
