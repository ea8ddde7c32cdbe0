"""The audit log's records and their chain: each digest covers its record and the digest before.

The digest is SM3 (GB/T 32905-2016), in hexadecimal. A record holds ids of logins, operations and
sessions of technicians, words of closed lists, staff numbers and times: no name, and no key made of
a person.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives import hashes

from kiosk.login import AUDIT_ID, AUDIT_WORD

_SUBJECT = re.compile(AUDIT_ID)
_DETAIL = re.compile(AUDIT_WORD)
_LONGEST_DETAIL = 64
_EPOCH = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
LARGEST_SEQ = 2**63 - 1


class AuditKind(StrEnum):
    """What an audit record tells: a closed list."""

    INSTALLED = "installed"  # the journal is new: a new epoch begins
    STARTED = "started"  # the committer has opened the journal
    OPERATION = "operation"  # an operation came further; ``detail``: the event and the attempt
    LOGIN_BEGUN = "login-begun"  # of a login, ``subject`` is its id; the details are those of
    LOGIN_PROVED = "login-proved"  # ``kiosk.login.LoginEvent``
    LOGIN_RAISED = "login-raised"
    LOGIN_REFUSED = "login-refused"  # ``subject``: also an operation, or empty: nobody was known
    LOGIN_APPROVED = "login-approved"  # ``subject``: an operation
    LOGIN_ENDED = "login-ended"
    UPKEEP_OPENED = "upkeep-opened"  # of a technician's session, ``subject`` is its id, or that of
    UPKEEP_REFUSED = "upkeep-refused"  # its ticket, or empty; the details are those of
    UPKEEP_DONE = "upkeep-done"  # ``kiosk.upkeep.UpkeepEvent``
    UPKEEP_ENDED = "upkeep-ended"


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of a chain: the last record's number and digest, of one installation."""

    epoch: str
    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record. ``subject`` is the 32 hexadecimal digits of a login, an operation or a
    technician's session, or empty; ``at`` is UTC with milliseconds, by the terminal's clock, which
    may be wrong."""

    seq: int
    epoch: str
    at: str
    kind: AuditKind
    subject: str
    detail: str
    digest: str

    @property
    def head(self) -> AuditHead:
        return AuditHead(self.epoch, self.seq, self.digest)

    def line(self) -> str:
        """The record as one line of an export: a JSON object, its keys in this order."""
        return json.dumps(
            {
                "seq": self.seq,
                "epoch": self.epoch,
                "at": self.at,
                "kind": self.kind.value,
                "subject": self.subject,
                "detail": self.detail,
                "digest": self.digest,
            },
            separators=(",", ":"),
        )


def first_digest(epoch: str) -> str:
    """What stands before the first record of an installation."""
    return _sm3(b"audit " + epoch.encode())


def chained(
    before: str, seq: int, epoch: str, at: str, kind: AuditKind, subject: str, detail: str
) -> AuditRecord:
    """The record that follows the digest ``before``.

    Raises ``ValueError`` for a subject, a detail or a time that is not written as such: free words
    could hold a citizen's data.
    """
    if not _well_written(epoch, at, subject, detail):
        raise ValueError("an audit record holds ids, words of closed lists and times only")
    return AuditRecord(
        seq, epoch, at, kind, subject, detail, digest(before, seq, epoch, at, kind, subject, detail)
    )


def digest(
    before: str, seq: int, epoch: str, at: str, kind: AuditKind, subject: str, detail: str
) -> str:
    """The digest of one record behind the digest ``before``."""
    fields = [seq, epoch, at, kind.value, subject, detail]
    return _sm3(bytes.fromhex(before) + json.dumps(fields, separators=(",", ":")).encode())


def read_line(line: str) -> AuditRecord:
    """One line of an export. Raises ``ValueError`` for everything that ``line`` never writes."""
    try:
        fields: Any = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    names = ["seq", "epoch", "at", "kind", "subject", "detail", "digest"]
    if not isinstance(fields, dict) or list(fields) != names:
        raise ValueError("not the fields of an audit record")
    seq, words = fields["seq"], [fields[name] for name in names[1:]]
    if type(seq) is not int or not 0 < seq <= LARGEST_SEQ:
        raise ValueError("no number of a record")
    if not all(isinstance(word, str) for word in words):
        raise ValueError("a field that is no text")
    epoch, at, kind, subject, detail, given = words
    if not _well_written(epoch, at, subject, detail) or not _DIGEST.fullmatch(given):
        raise ValueError("a field that is not written as such")
    known = {word.value: word for word in AuditKind}
    if kind not in known:
        raise ValueError("a kind that no record has")
    record = AuditRecord(seq, epoch, at, known[kind], subject, detail, given)
    if record.line() != line:
        raise ValueError("not written as an export is")
    return record


def _well_written(epoch: str, at: str, subject: str, detail: str) -> bool:
    return bool(
        _EPOCH.fullmatch(epoch)
        and _AT.fullmatch(at)
        and _SUBJECT.fullmatch(subject)
        and len(detail) <= _LONGEST_DETAIL
        and _DETAIL.fullmatch(detail)
    )


def _sm3(data: bytes) -> str:
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    return sm3.finalize().hex()
