"""Kept results of the doctor: since when something is bad, and what lies among them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.doctor import history
from kiosk.doctor.findings import Finding, Verdict
from kiosk.doctor.history import EarlierResult, Past

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = ("devices", "id_card: found")
VERDICTS = {"g": Verdict.GOOD, "n": Verdict.NOTE, "b": Verdict.BAD, "?": Verdict.UNKNOWN}


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def results(letters: str) -> list[EarlierResult]:
    """One result an hour; "-": that was not looked at then."""
    return [
        EarlierResult(hour(number), {KEY: VERDICTS[letter]} if letter != "-" else {})
        for number, letter in enumerate(letters)
    ]


@pytest.mark.parametrize(
    ("letters", "past"),
    [
        ("g", Past()),
        ("b", Past(bad_since=hour(0))),
        ("gb", Past(bad_since=hour(1), last_good=hour(0), turns=1)),
        ("gbbb", Past(bad_since=hour(1), last_good=hour(0), last_bad=hour(2), turns=1)),
        ("gn?b", Past(bad_since=hour(2), last_good=hour(1), last_bad=hour(2), turns=1)),
        ("bbg", Past(last_bad=hour(1))),
        ("gbgbg", Past(last_good=hour(2), last_bad=hour(3), turns=2)),
        ("g-b-b", Past(bad_since=hour(2), last_good=hour(0), last_bad=hour(2), turns=1)),
    ],
)
def test_since_when(letters: str, past: Past) -> None:
    *before, now = results(letters)
    assert history.compare(now, before) == {KEY: past}


def test_of_several_under_one_name_the_worst_counts() -> None:
    findings = [Finding("devices", "camera: rate", VERDICTS[one], "") for one in "gbn"]
    assert history.worst(findings) == {("devices", "camera: rate"): Verdict.BAD}


def kept(at: datetime, terminal: str = "T0001", verdict: str = "bad") -> str:
    line = {"section": KEY[0], "name": KEY[1], "verdict": verdict, "seen": "silent"}
    return json.dumps({"terminal": terminal, "at": at.isoformat(), "findings": [line]})


def test_what_was_kept_is_read_again_oldest_first(tmp_path: Path) -> None:
    old = tmp_path / "doctor-20261120T120000Z.json"  # as they were called without a number
    old.write_text(kept(hour(0)))
    for number in (1, 2):
        history.keep(kept(hour(number)), hour(number), tmp_path)
    found, torn = history.read(tmp_path, "T0001", hour(3))
    assert [one.at for one in found] == [hour(0), hour(1), hour(2)]
    assert found[0].verdicts == {KEY: Verdict.BAD}
    assert torn == 0


@pytest.mark.parametrize(
    ("content", "is_torn"),
    [
        (b"", True),
        (b'{"terminal": "T0001", "at": "2026-', True),
        (b"\xff\xfe\x00", True),
        (b"[1, 2]", True),
        (b'{"more": ' + b"[" * 100_000, True),
        (
            b'{"terminal": "T0001", "at": "2026-11-20T12:00:00", "findings": []}',
            True,
        ),  # which zone?
        (kept(NOON, verdict="splendid").encode(), True),
        (kept(NOON, terminal="T0002").encode(), False),  # left on a copied disk
    ],
)
def test_what_cannot_be_read_is_counted_and_harms_nothing(
    tmp_path: Path, content: bytes, is_torn: bool
) -> None:
    history.keep(kept(hour(1)), hour(1), tmp_path)
    (tmp_path / history.file_name(NOON, 0)).write_bytes(content)
    found, torn = history.read(tmp_path, "T0001", hour(2))
    assert ([one.at for one in found], torn) == ([hour(1)], int(is_torn))


def test_the_oldest_go_and_other_files_stay(tmp_path: Path) -> None:
    other = tmp_path / "doctor-notes.json"
    other.write_text("call the electrician")
    (tmp_path / "doctor-20260101T000000Z.json.part").mkdir()
    for number in range(history.KEPT + 3):
        last = history.keep(kept(hour(number)), hour(number), tmp_path)
    names = sorted(path.name for path in tmp_path.glob("doctor-*Z.json"))
    assert len(names) == history.KEPT
    assert names[0] == history.file_name(hour(3), 4)
    assert names[-1] == last.name
    assert other.read_text() == "call the electrician"


def test_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    assert history.read(tmp_path / "none", "T0001", NOON) == ((), 0)
    assert history.keep(kept(NOON), NOON, tmp_path / "a" / "b").is_file()


def test_a_clock_that_lost_its_time_loses_no_result_and_misdates_none(tmp_path: Path) -> None:
    """Kept at noon, then with the clock back in 1970 and ahead in 2099, then right again."""
    wrong = datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    for at in (*map(hour, range(history.KEPT)), *wrong):
        last = history.keep(kept(at), at, tmp_path)
        assert last.is_file()
    history.keep(kept(hour(60)), hour(60), tmp_path)
    assert len(list(tmp_path.iterdir())) == history.KEPT
    found, torn = history.read(tmp_path, "T0001", hour(61))
    assert [one.at for one in found] == [*map(hour, range(3, history.KEPT)), hour(60)]
    assert torn == 0
    assert history.read(tmp_path, "T0001", wrong[0])[0][0].at == wrong[0]
