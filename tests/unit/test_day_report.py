"""The day's report tells counts of today, on both widths of paper, and nobody's name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from drivers.device import Kind
from drivers.receipt_printer.layout import TextLine, columns, lay_out
from drivers.receipt_printer.types import Pair, Paragraph, Slip
from kiosk.counters import Counted, FaultsOfDay, OpenFault, Tally
from kiosk.papers.day_report import COUNTED, DEVICES, day_slip
from kiosk.words import Language

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
TALLY = Tally(
    day=date(2026, 11, 20),
    today={Counted.VISITS: 86, Counted.SLIPS: 40, Counted.SHEETS: 12, "stamps": 3},
    faults={Kind.DOCUMENT_PRINTER: FaultsOfDay(2, 300.0)},
    open={Kind.CAMERA: OpenFault(datetime(2026, 11, 20, 16, 25, tzinfo=UTC), "no-device")},
)


def pairs(slip: Slip) -> dict[str, str]:
    return {each.label: each.value for each in slip.elements if isinstance(each, Pair)}


def test_what_happened_today() -> None:
    said = pairs(day_slip("T0001", TALLY, NOW))
    wanted = {"办理人次": "86", "凭条张": "40", "A4 页": "12", "卡纸": "0"}
    assert wanted.items() <= said.items()
    assert said["A4 打印机"] == "2 次 5 分"
    assert said["摄像头"] == "1 次 2 时 5 分"
    assert said["日期"] == "2026-11-20"


def test_a_day_on_which_nothing_was_counted_yet() -> None:
    slip = day_slip("T0001", Tally(day=date(2026, 11, 19), today={Counted.SLIPS: 4}), NOW)
    assert pairs(slip)["凭条张"] == "0"
    assert any(isinstance(e, Paragraph) and e.text == "今天没有故障" for e in slip.elements)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [576, 384])
def test_every_line_fits_the_paper(width: int, language: Language) -> None:
    full = Tally(
        day=TALLY.day,
        today=dict.fromkeys(Counted, 99_999),
        faults={kind: FaultsOfDay(99, 86_000.0) for kind in Kind},
    )
    slip = day_slip("T0001", full, NOW, language)
    assert len(pairs(slip)) == 3 + len(COUNTED) + len(DEVICES)
    for line in lay_out(slip, width):
        if isinstance(line, TextLine):
            for run in line.runs:
                assert run.x + columns(run.text) * 12 * line.size <= width
