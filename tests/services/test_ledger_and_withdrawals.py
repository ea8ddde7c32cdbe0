"""缴存明细 by year, and 提取记录."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kiosk.visit.steps import Choose, ShowLedger, ShowWithdrawals
from kiosk.visit.visit import WentBack
from tests.services.script import World, option

BACK = WentBack()
LEDGER = "GET /v1/accounts/{id}/ledger"


def test_the_newest_year_first_and_others_on_demand(here: World) -> None:
    played = here.serve(
        "P01", "ledger", (ShowLedger, "2025"), (ShowLedger, "2024"), (ShowLedger, BACK)
    )
    shown = [step.ledger for step in played.script.steps if isinstance(step, ShowLedger)]
    assert [ledger.year for ledger in shown] == [2026, 2025, 2024]
    assert {ledger.years for ledger in shown} == {(2026, 2025, 2024)}
    assert shown[0].entries[0].balance == Decimal("56958.05")
    assert shown[1].interest == Decimal("478.05")
    assert shown[1].paid_in == 12 * Decimal("1920.00")


def test_back_skips_the_turned_pages(here: World) -> None:
    turned = [(ShowLedger, year) for year in ("2025", "2024", "2025", "2026")]
    played = here.serve("P01", "ledger", *turned, (ShowLedger, BACK))
    assert played.calls[LEDGER] == 5
    assert played.calls["GET /v1/accounts"] == 1


def test_back_from_a_turned_page_is_the_question_before(here: World) -> None:
    played = here.serve(
        "P07",
        "ledger",
        (Choose, option("云岭软件")),
        (ShowLedger, "2025"),
        (ShowLedger, BACK),
        (Choose, option("封存")),
        (ShowLedger, BACK),
        (Choose, BACK),
    )
    assert played.calls["GET /v1/accounts"] == 1


def test_a_withdrawal_with_its_reason_and_total(here: World) -> None:
    played = here.serve("P11", "withdrawals", (ShowWithdrawals, BACK))
    (record,) = played.last(ShowWithdrawals).withdrawals
    assert (record.amount, record.total) == (Decimal("18000.00"), Decimal("18000.00"))
    assert record.booked.isoformat() == "2025-01-10"
    assert "9999990000000000113" not in record.bank_card


@pytest.mark.parametrize("persona", ["P01", "P16"])
def test_no_withdrawal_is_a_page_too(here: World, persona: str) -> None:
    played = here.serve(persona, "withdrawals", (ShowWithdrawals, BACK))
    assert played.last(ShowWithdrawals).withdrawals == ()
