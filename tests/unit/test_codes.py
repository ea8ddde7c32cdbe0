"""The code tables are whole, and a code nobody knows is worded all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.centre import codes
from kiosk.centre.codes import Table
from kiosk.words import Language


@pytest.mark.parametrize(
    ("table", "codes_known"),
    [
        (Table.DOCUMENT_KIND, "01 02 03 04 99"),
        (Table.EMPLOYER_STATUS, "01 02 03 04 05 99"),
        (Table.BOOKING_KIND, "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 71 99"),
        (Table.ACCOUNT_STATUS, "01 02 03 04 05 06 99"),
        (Table.WITHDRAWAL_REASON, "01 02 03 04 05 06 07 08 09 99"),
        (Table.WITHDRAWAL_WAY, "01 02 99"),
        (Table.REVERSAL, "01 02"),
        (Table.SECURITY, "01 02 03 99"),
        (Table.REPAYMENT_WAY, "01 02 03 04 99"),
        (Table.LOAN_KIND, "01 02 03 99"),
        (Table.HOUSE_KIND, "01 02 03 04 05 06 07 08 99"),
        (Table.LOAN_RISK, "01 02 03 04 05 99"),
        (Table.LOAN_BOOKING_KIND, "01 02 03 04 05 06 07 08 09 99"),
        (Table.LOAN_STATE, "0 1 2 3 4 5 6 8"),
        (Table.TRANSFER_STAGE, "00 01 02 05 06 08 13 20 40"),
        (Table.SEX, "0 1 2 9"),
        (Table.NATION, " ".join(f"{n:02}" for n in range(1, 57)) + " 97 98"),
    ],
)
def test_a_table_has_the_codes_of_the_standard(table: Table, codes_known: str) -> None:
    assert list(codes.known(table)) == codes_known.split()


@pytest.mark.parametrize(
    ("table", "code", "zh", "en"),
    [
        (Table.ACCOUNT_STATUS, "02", "封存", "Sealed"),
        (Table.BOOKING_KIND, "09", "年终结息", "Annual interest"),
        (Table.WITHDRAWAL_REASON, "06", "偿还购房贷款本息", "Repaying a home loan"),
        (Table.REPAYMENT_WAY, "01", "等额本息", "Equal instalments"),
        (Table.LOAN_RISK, "02", "关注", "Special mention"),
        (Table.NATION, "05", "维吾尔族", "Uyghur"),
        (Table.BOOKING_KIND, "73", "其他(73)", "Other (73)"),
    ],
)
def test_words_in_both_languages(table: Table, code: str, zh: str, en: str) -> None:
    word = codes.word(table, code)
    assert (word.say(Language.ZH), word.say(Language.EN)) == (zh, en)


def test_plain_words_explain_and_fall_back_to_the_official_word() -> None:
    sealed = codes.word(Table.ACCOUNT_STATUS, "02")
    assert sealed.explain(Language.ZH) == "暂停缴存，钱仍在账户里并计息"
    assert sealed.explain(Language.EN).startswith("Payments have stopped")
    assert codes.word(Table.WITHDRAWAL_REASON, "03").explain(Language.EN) == "Retirement"
    assert codes.word(Table.SEX, "7").explain(Language.ZH) == "其他(7)"


@pytest.mark.parametrize("table", Table)
def test_every_entry_speaks_both_languages(table: Table) -> None:
    for entry in codes.known(table).values():
        assert entry.zh
        assert entry.en.isascii()
        assert bool(entry.plain_zh) == bool(entry.plain_en)


@given(st.sampled_from(Table), st.text(max_size=12))
def test_any_code_has_a_word(table: Table, code: str) -> None:
    for language in Language:
        assert codes.word(table, code).say(language)


def test_the_import_is_cheap() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import kiosk.centre.codes, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"pydantic", "fastapi", "requests"} & set(seen)
