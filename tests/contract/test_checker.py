"""The check of a sealed document in a process of its own: the same verdicts, and nothing left."""

from __future__ import annotations

import hashlib
import sys
from datetime import date
from pathlib import Path

import pytest

from kiosk.centre.models import CentreWords, Document
from kiosk.papers import checker
from kiosk.papers.checker import check_in_process
from kiosk.papers.sealed import Flaw, NotOurs
from tests.unit.test_sealed import HOLDER, announce, make_pdf, make_root, make_seal, seal


def document(pdf: bytes) -> Document:
    return Document(
        id="d",
        number="1",
        title=CentreWords(zh="证明", en="Certificate"),
        pages=1,
        sha256=hashlib.sha256(pdf).hexdigest(),
        verification_code="X",
        verify_url="https://verify.example/v/0",
        valid_until=date(2026, 3, 15),
        prints_left_today=3,
    )


def test_a_sealed_document_passes(tmp_path: Path) -> None:
    root = make_root()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(root.pem())
    pdf = seal(make_pdf(), make_seal(root))
    check_in_process(pdf, document=announce(pdf), holder=HOLDER, roots=roots)
    with pytest.raises(NotOurs) as refused:
        check_in_process(pdf, document=announce(pdf, pages=2), holder=HOLDER, roots=roots)
    assert (refused.value.flaw, refused.value.detail) == (Flaw.PAGE_COUNT, "1 instead of 2")


@pytest.mark.parametrize(
    ("pdf", "announced", "flaw"),
    [
        (b"no paper at all", b"no paper at all", Flaw.NOT_A_PDF),
        (b"%PDF-1.7 changed", b"%PDF-1.7", Flaw.OTHER_FILE),
        (b"%PDF-1.7\n\n\n", b"%PDF-1.7\n\n\n", Flaw.NO_ROOTS),
    ],
)
def test_what_is_not_ours_is_refused_with_its_flaw(
    tmp_path: Path, pdf: bytes, announced: bytes, flaw: Flaw
) -> None:
    with pytest.raises(NotOurs) as refused:
        check_in_process(pdf, document=document(announced), holder="h", roots=tmp_path / "none.pem")
    assert refused.value.flaw is flaw


@pytest.mark.parametrize(
    ("program", "seconds", "said"),
    [
        ("exit 0", 15.0, "the check failed: JSONDecodeError"),
        ("exit 1", 15.0, "the check failed: JSONDecodeError"),
        ("kill -SEGV $$", 15.0, "the check failed: JSONDecodeError"),
        ("exec sleep 60", 0.2, "the check took too long"),
    ],
)
def test_a_check_that_dies_or_hangs_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, seconds: float, said: str
) -> None:
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    monkeypatch.setattr(checker, "SECONDS", seconds)
    with pytest.raises(NotOurs) as refused:
        check_in_process(b"%PDF-", document=document(b"%PDF-"), holder="h", roots=tmp_path)
    assert (refused.value.flaw, refused.value.detail) == (Flaw.BROKEN, said)


def test_a_check_that_cannot_be_started_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with pytest.raises(NotOurs, match="the check failed: FileNotFoundError"):
        check_in_process(b"%PDF-", document=document(b"%PDF-"), holder="h", roots=tmp_path)
