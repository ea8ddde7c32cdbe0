"""Verifies an exported audit log against the heads that the centre has witnessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.audit.chain import (
    AuditHead,
    AuditKind,
    AuditRecord,
    digest,
    first_digest,
    read_line,
)


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a verification found.

    ``broken``: what is wrong and where, empty for an intact log. ``records``: how many were read.
    ``witnessed``: how many of them the centre has vouched for; whoever owns the machine may have
    rewritten all that is younger, and nothing here would tell. ``short_of``: the number of the
    newest record that the centre has witnessed, where the log ends before that and nothing else is
    wrong; else 0. A log cut short looks so, and an export from before that.
    """

    broken: str
    records: int
    witnessed: int
    short_of: int = 0

    @property
    def intact(self) -> bool:
        return not self.broken

    @property
    def not_yet_witnessed(self) -> int:
        return self.records - self.witnessed


def verify(lines: Iterable[str], heads: Sequence[AuditHead]) -> AuditVerdict:
    """Verify the ``lines`` of one installation's export; ``heads`` come from the centre, never
    from this machine. Never raises, whatever the lines hold."""
    epoch = ""
    before = ""
    seq = 0
    digests: dict[int, str] = {}
    for line in lines:
        try:
            record = read_line(line.removesuffix("\n"))
        except ValueError as error:
            return _broken(f"record {seq + 1}: {_words(error)}", seq)
        if not epoch:
            epoch, before = record.epoch, first_digest(record.epoch)
        if fault := _fault(record, seq + 1, epoch, before):
            return _broken(f"record {seq + 1}: {fault}", seq)
        seq, before = record.seq, record.digest
        digests[seq] = record.digest
    ours = sorted((head for head in heads if head.epoch == epoch), key=lambda head: head.seq)
    witnessed = 0
    for head in ours:
        if head.seq not in digests:
            fault = f"record {head.seq}: witnessed by the centre, and missing"
            return AuditVerdict(fault, seq, witnessed, ours[-1].seq if head.seq > seq else 0)
        if digests[head.seq] != head.digest:
            return _broken(f"record {head.seq}: not the one that the centre has witnessed", seq)
        witnessed = head.seq
    if heads and not ours:
        return _broken("the centre has witnessed another installation", seq)
    return AuditVerdict("", seq, witnessed)


def _fault(record: AuditRecord, seq: int, epoch: str, before: str) -> str:
    if record.seq != seq:
        return f"has the number {record.seq}"
    if record.epoch != epoch:
        return "is of another installation"
    if (record.kind is AuditKind.INSTALLED) != (seq == 1):
        return "an installation begins elsewhere than at the beginning"
    made = digest(
        before, record.seq, record.epoch, record.at, record.kind, record.subject, record.detail
    )
    return "" if record.digest == made else "does not fit its digest"


def _broken(why: str, records: int) -> AuditVerdict:
    return AuditVerdict(why, records, 0)


def _words(error: ValueError) -> str:
    """Our own words; those of a library may repeat what the line holds."""
    return str(error) if type(error) is ValueError and error.__cause__ is None else "unreadable"
