"""The audit log: its chain, its export, and 280 tamperings that a verification finds."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.__main__ import main
from kiosk.audit.chain import (
    AuditHead,
    AuditKind,
    AuditRecord,
    chained,
    first_digest,
    read_line,
)
from kiosk.audit.verify import verify
from kiosk.login import LoginEvent
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


def test_a_log_from_before_a_head_is_short_and_not_changed() -> None:
    """The normal end of an export that is verified days later."""
    verdict = verify(LINES[:40], HEADS)
    assert (verdict.intact, verdict.short_of) == (False, WITNESSED)
    assert (verdict.records, verdict.witnessed) == (40, 20)
    for tamper in (flip, delete, swap, insert, duplicate, rewrite_tail):
        changed = verify(tamper(10, Random(0))[:40], HEADS)
        assert changed.broken, tamper.__name__
        assert not changed.short_of, tamper.__name__
    assert not verify(LINES, HEADS).short_of
    assert not verify(LINES, [AuditHead(EPOCH, 0, "0" * 64)]).short_of


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


# -- the command, over the bytes of an exported file ----------------------------------------------


class ExportedLog:
    """A journal's log of logins and operations, exported to a file, with its witnessed heads."""

    def __init__(self, directory: Path) -> None:
        journal = Journal(directory / FILE)
        for number in range(20):
            subject = f"{number:032x}"
            journal.note(LoginEvent.BEGUN, subject, "id-card:2026-01")
            journal.append(JournalEntry(subject, Business.PREPAYMENT, JournalEvent.INTENT))
            if number == 15:
                head = journal.head
            journal.note(LoginEvent.ENDED, subject, "left")
        lines = [record.line() for record in audit_records(journal._connection)]
        journal.close()
        self.lines = [f"{line}\n".encode() for line in lines]
        self.witnessed = head.seq
        self.file, self.heads = directory / "log.jsonl", directory / "heads.jsonl"
        told = {"epoch": head.epoch, "seq": head.seq, "digest": head.digest}
        self.heads.write_text(json.dumps(told) + "\n")

    def verify(self, log: bytes) -> Result:
        self.file.write_bytes(log)
        return self.run()

    def run(self) -> Result:
        words = ["audit", "verify", "--settings", "none", str(self.file), "--heads"]
        done = CliRunner().invoke(main, [*words, str(self.heads)])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        assert done.output.count("\n") == 1, "told in a line"
        return done


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedLog:
    return ExportedLog(tmp_path_factory.mktemp("log"))


def flipped(line: bytes, bit: int) -> bytes:
    at = bit // 8
    return line[:at] + bytes([line[at] ^ 1 << bit % 8]) + line[at + 1 :]


def rewritten_bytes(lines: list[bytes], at: int) -> list[bytes]:
    """The tail from ``at`` on, written anew with digests that fit."""
    records = [read_line(line.decode().removesuffix("\n")) for line in lines]
    before = records[at - 1].digest if at else first_digest(records[0].epoch)
    changed = replace(records[at], at="2020-01-01T00:00:00.000Z")
    return [f"{line}\n".encode() for line in rewritten([changed, *records[at + 1 :]], before)]


BYTE_TAMPERINGS: dict[str, Callable[[list[bytes], int], list[bytes]]] = {
    "flip": lambda lines, at: [
        *lines[:at],
        flipped(lines[at], Random(at).randrange(8 * len(lines[at]))),
        *lines[at + 1 :],
    ],
    "delete": lambda lines, at: lines[:at] + lines[at + 1 :],
    "swap": lambda lines, at: [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]],
    "insert": lambda lines, at: [*lines[:at], f"{RECORDS[at].line()}\n".encode(), *lines[at:]],
    "truncate": lambda lines, at: [*lines[:at], lines[at][: Random(at).randrange(len(lines[at]))]],
    "duplicate": lambda lines, at: [*lines[: at + 1], lines[at], *lines[at + 1 :]],
    "rewrite": lambda lines, at: lines[:at] + rewritten_bytes(lines, at),
}


@pytest.mark.parametrize("kind", BYTE_TAMPERINGS)
def test_the_command_finds_each_of_280_tamperings_of_a_file(
    exported: ExportedLog, kind: str
) -> None:
    for at in range(40):  # 7 kinds at 40 places
        assert at < exported.witnessed
        log = b"".join(BYTE_TAMPERINGS[kind](exported.lines, at))
        done = exported.verify(log)
        assert (done.exit_code, done.output[:8]) == (1, "BROKEN: "), f"{kind} at {at}"


def test_the_command_finds_each_bit_of_a_record_and_of_its_line_end(exported: ExportedLog) -> None:
    """A line feed that became a vertical tab still looks like the end of a line to many readers."""
    lines = [line.decode() for line in exported.lines]
    end = 8 * (len(exported.lines[7]) - 1)
    for bit in [*range(end, end + 8), *range(0, end, 31)]:
        log = [*exported.lines[:7], flipped(exported.lines[7], bit), *exported.lines[8:]]
        assert exported.verify(b"".join(log)).exit_code == 1, bit
    for other in ("\r\n", "\x0b", "\x1c", "\x85", "\u2028", "\n\n"):
        log = [line.replace("\n", other).encode() for line in lines]
        assert exported.verify(b"".join(log)).exit_code == 1, repr(other)


def test_the_command_tells_what_is_not_yet_witnessed(exported: ExportedLog) -> None:
    whole = b"".join(exported.lines)
    count, witnessed = len(exported.lines), exported.witnessed
    told = f"intact: {count} records, {witnessed} witnessed by the centre, "
    assert exported.verify(whole).output == f"{told}{count - witnessed} not yet witnessed\n"
    younger = exported.lines[:witnessed] + rewritten_bytes(exported.lines, witnessed)
    assert exported.verify(b"".join(younger)).output.endswith(" not yet witnessed\n"), "so it says"
    assert exported.verify(b"").exit_code == 1


def test_the_command_calls_an_export_from_before_a_head_short(exported: ExportedLog) -> None:
    done = exported.verify(b"".join(exported.lines[:30]))
    assert (done.exit_code, done.output) == (
        3,
        f"SHORT: 30 records, 0 witnessed by the centre, which has witnessed {exported.witnessed}: "
        "the file is cut short, or was exported before that\n",
    )


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=50, deadline=None)
def test_the_command_never_raises(exported: ExportedLog, rubbish: bytes, of_heads: bool) -> None:
    told = exported.heads.read_bytes()
    if of_heads:
        exported.file.write_bytes(b"".join(exported.lines))
        exported.heads.write_bytes(rubbish)
    else:
        exported.file.write_bytes(exported.lines[0] + rubbish)
    try:
        done = exported.run()
    finally:
        exported.heads.write_bytes(told)
    assert done.exit_code in ((0, 1, 2) if of_heads else (1, 3))


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
