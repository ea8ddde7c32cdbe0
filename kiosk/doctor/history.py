"""The dated results of earlier examinations: kept, read again, compared with today's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kiosk.doctor.findings import Finding, Verdict

KEPT = 50
"""How many dated results are kept."""
_NAME = re.compile(r"doctor-(?:(\d{6})-)?(\d{8}T\d{6}Z)\.json")
_ORDER = (Verdict.GOOD, Verdict.NOTE, Verdict.UNKNOWN, Verdict.BAD)

Key = tuple[str, str]
"""Section and name of a finding."""


class _KeptLine(msgspec.Struct, frozen=True):
    section: str
    name: str
    verdict: Verdict


class _File(msgspec.Struct, frozen=True):
    terminal: str
    at: datetime
    findings: tuple[_KeptLine, ...]


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """The part of an earlier examination that is compared: the worst verdict under each name."""

    at: datetime
    verdicts: Mapping[Key, Verdict]


@dataclass(frozen=True, slots=True)
class Past:
    """How one finding was in the kept examinations before this one. All times are aware."""

    bad_since: datetime | None = None  # first of the examinations that found it bad up to now
    last_good: datetime | None = None
    last_bad: datetime | None = None  # before now
    turns: int = 0  # how often it went from good to bad: more than once is a loose cable


def file_name(at: datetime, number: int) -> str:
    """``doctor-000012-20261120T081200Z.json``; ``at`` in UTC.

    The running number is the order: a clock whose battery is dead begins anew with every start.
    """
    return f"doctor-{number:06d}-{at:%Y%m%dT%H%M%SZ}.json"


def keep(text: str, at: datetime, directory: Path) -> Path:
    """Write a report (JSON) beside the kept ones; the oldest are deleted, other files stay.

    A power cut leaves the whole file or none. Raises ``OSError``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    before = _kept(directory)
    path = directory / file_name(at, _place(before[-1])[0] + 1 if before else 1)
    half = path.with_suffix(".part")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    for old in before[: max(0, len(before) + 1 - KEPT)]:
        old.unlink(missing_ok=True)
    return path


def read(directory: Path, terminal: str, now: datetime) -> tuple[tuple[EarlierResult, ...], int]:
    """The kept results of ``terminal``, oldest first, and how many files could not be read.

    A result of another terminal, left on a copied disk, is not ours and not counted; nor is one
    whose time cannot be right, because it is to come or before that of an earlier one.
    """
    results: list[EarlierResult] = []
    torn, since = 0, datetime.min.replace(tzinfo=UTC)
    try:
        files = _kept(directory)
    except OSError:
        return (), 1  # the directory exists and cannot be read
    for path in files:
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            torn += 1
            continue
        if file.at.tzinfo is None:
            torn += 1
        elif file.terminal == terminal and since <= file.at <= now:
            since = file.at
            results.append(EarlierResult(file.at, worst(file.findings)))
    return tuple(results), torn


def _kept(directory: Path) -> list[Path]:
    if not directory.exists():
        return []
    return sorted((p for p in directory.iterdir() if _NAME.fullmatch(p.name)), key=_place)


def _place(path: Path) -> tuple[int, str]:
    """The running number and date of a result; names without a number are the oldest."""
    found = _NAME.fullmatch(path.name)
    return (int(found[1] or 0), found[2]) if found else (0, "")


def worst(findings: Iterable[Finding | _KeptLine]) -> Mapping[Key, Verdict]:
    """The worst verdict under each name."""
    verdicts: dict[Key, Verdict] = {}
    for finding in findings:
        key = finding.section, finding.name
        verdicts[key] = max(verdicts.get(key, Verdict.GOOD), finding.verdict, key=_ORDER.index)
    return verdicts


def compare(now: EarlierResult, before: Sequence[EarlierResult]) -> Mapping[Key, Past]:
    """Of every name of today its past; ``before`` is in the order of time."""
    return {
        key: _past([(one.at, one.verdicts.get(key)) for one in before], now.at, verdict)
        for key, verdict in now.verdicts.items()
    }


def _past(before: Sequence[tuple[datetime, Verdict | None]], at: datetime, now: Verdict) -> Past:
    bad_since: datetime | None = None
    last_good: datetime | None = None
    last_bad: datetime | None = None
    turns = 0
    was_bad = False
    for when, verdict in (*before, (at, now)):
        if verdict is None:  # not looked at then
            continue
        bad = verdict in (Verdict.BAD, Verdict.UNKNOWN)
        turns += bad and not was_bad and last_good is not None
        if bad:
            bad_since = bad_since or when
            last_bad = when if when != at else last_bad
        else:
            bad_since = None
            last_good = when if when != at else last_good
        was_bad = bad
    return Past(bad_since, last_good, last_bad, turns)
