"""The audit log: its chain, its export, and 280 tamperings that a verification finds."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.audit.chain import (
    AuditHead,
    AuditKind,
    AuditRecord,
    chained,
    first_digest,
    read_line,
)
from kiosk.audit.verify import verify
from kiosk.operation import Business
from kiosk.operations.journal import FILE, Journal, audit_records
from kiosk.operations.rows import JournalEntry, JournalEvent

LENGTH = 60
WITNESSED = 50
EPOCH = "e" * 32


def log(length: int = LENGTH, epoch: str = EPOCH) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    before = first_digest(epoch)
    for seq in range(1, length + 1):
        at = f"2026-11-28T08:{seq // 60:02}:{seq % 60:02}.000Z"
        kind = AuditKind.OPERATION if seq > 1 else AuditKind.INSTALLED
        records.append(
            chained(before, seq, epoch, at, kind, f"{seq % 7:032x}" if seq > 1 else "", "sent:1")
        )
        before = records[-1].digest
    return records


RECORDS = log()
LINES = [record.line() for record in RECORDS]
HEADS = [RECORDS[19].head, RECORDS[WITNESSED - 1].head]


def rewritten(records: list[AuditRecord], before: str) -> list[str]:
    """``records`` with numbers and digests that fit, as whoever knows the rule may make them."""
    lines = []
    for record in records:
        made = chained(
            before, record.seq, record.epoch, record.at, record.kind, record.subject, record.detail
        )
        before = made.digest
        lines.append(made.line())
    return lines


def flip(at: int, random: Random) -> list[str]:
    line = bytearray(LINES[at].encode())
    line[random.randrange(len(line))] ^= 1 << random.randrange(7)
    return [*LINES[:at], line.decode(errors="replace"), *LINES[at + 1 :]]


def delete(at: int, random: Random) -> list[str]:
    return LINES[:at] + LINES[at + 1 :]


def swap(at: int, random: Random) -> list[str]:
    lines = list(LINES)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return lines


def insert(at: int, random: Random) -> list[str]:
    return [*LINES[:at], random.choice(log(LENGTH, "f" * 32)).line(), *LINES[at:]]


def truncate(at: int, random: Random) -> list[str]:
    return LINES[:at]


def duplicate(at: int, random: Random) -> list[str]:
    return [*LINES[: at + 1], LINES[at], *LINES[at + 1 :]]


def rewrite_tail(at: int, random: Random) -> list[str]:
    record = RECORDS[at]
    other = AuditRecord(
        record.seq, record.epoch, record.at, record.kind, record.subject, "done:1", ""
    )
    before = RECORDS[at - 1].digest if at else first_digest(EPOCH)
    return LINES[:at] + rewritten([other, *RECORDS[at + 1 :]], before)


TAMPERINGS: list[Callable[[int, Random], list[str]]] = [
    flip,
    delete,
    swap,
    insert,
    truncate,
    duplicate,
    rewrite_tail,
]


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_every_tampering_before_the_last_witnessed_head_is_found(
    tamper: Callable[[int, Random], list[str]],
) -> None:
    for at in range(40):  # 7 kinds at 40 places: 280
        verdict = verify(tamper(at, Random(at)), HEADS)
        assert not verdict.intact, f"{tamper.__name__} at {at}"


def test_an_intact_log_says_what_is_not_yet_witnessed() -> None:
    verdict = verify(LINES, HEADS)
    assert verdict.intact
    assert (verdict.records, verdict.witnessed, verdict.not_yet_witnessed) == (60, 50, 10)
    assert verify(LINES, []).not_yet_witnessed == 60
    assert verify([f"{line}\n" for line in LINES], HEADS).intact


def test_what_is_younger_than_the_last_head_is_only_chained() -> None:
    """Whoever owns the machine may rewrite it; therefore the verdict names it."""
    assert verify(rewrite_tail(WITNESSED, Random(0)), HEADS).not_yet_witnessed == 10
    assert not verify(flip(WITNESSED + 2, Random(0)), HEADS).intact


def test_another_installations_log_is_none_of_ours() -> None:
    other = [record.line() for record in log(60, "f" * 32)]
    assert verify(other, HEADS).broken == "the centre has witnessed another installation"
    assert verify(LINES, [*HEADS, AuditHead("f" * 32, 7, "0" * 64)]).intact
    assert not verify([*LINES[:5], other[5]], []).intact
    assert not verify([], HEADS).intact
    assert verify([], []).intact


def test_a_second_beginning_is_none() -> None:
    second = chained(RECORDS[0].digest, 2, EPOCH, RECORDS[1].at, AuditKind.INSTALLED, "", "").line()
    assert "begins elsewhere" in verify([LINES[0], second], []).broken


@given(st.lists(st.text() | st.sampled_from(LINES)))
def test_verification_never_raises(lines: list[str]) -> None:
    verify(lines, HEADS)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[" * 100_000,
        "1" * 5000,
        "null",
        LINES[3].replace('"seq":4', '"seq":4.0'),
        LINES[3].replace('"seq":4', '"seq":true'),
        LINES[3].replace('"seq":4', f'"seq":{2**63}'),
        LINES[3].replace('"operation"', '"anything"'),
        LINES[3].replace('"sent:1"', "1"),
        LINES[3].replace("sent:1", "张三"),
        LINES[3].replace(":", ": "),
        LINES[3] + " ",
        json.dumps({**json.loads(LINES[3]), "more": 1}),
    ],
)
def test_what_no_export_holds_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)
    assert "张" not in verify([*LINES[:3], line], []).broken


def test_a_journals_log_is_intact(tmp_path: Path) -> None:
    journal = Journal(tmp_path / FILE)
    for number in range(5):
        journal.append(
            JournalEntry(f"{number:032x}", Business.REPAY_LOAN_WITHDRAWAL, JournalEvent.INTENT)
        )
    head = journal.head
    journal.close()
    journal = Journal(tmp_path / FILE)
    lines = [record.line() for record in audit_records(journal._connection)]
    journal.close()
    assert verify(lines, [head]).not_yet_witnessed == 1
    assert read_line(lines[-1]).line() == lines[-1]
