"""What pages say, as data: the parts that depend on the machine, the day or the history."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.visit.steps import PaperReady
from ui.contents import PaperReadyContent
from ui.views import Look, derive

SIDES = Look(where={Kind.DOCUMENT_PRINTER: "below", Kind.RECEIPT_PRINTER: "left"})


def paper(step: PaperReady, look: Look) -> PaperReadyContent:
    shown = derive(step, look)
    assert isinstance(shown, PaperReadyContent)
    return shown


def test_paper_lies_in_the_slot_of_its_printer() -> None:
    shown = paper(PaperReady("", "", Kind.DOCUMENT_PRINTER, 3), SIDES)
    assert (shown.paper, shown.sheets, shown.to) == ("a4", 3, "below")
    assert (shown.slot, shown.count) == ("A4 出纸口", "屏幕下方\n共 3 张 A4")
    shown = paper(PaperReady("", ""), SIDES)
    assert (shown.slot, shown.count, shown.to) == ("凭条出口", "屏幕左边\n共一张", "left")


def test_no_side_is_named_that_the_settings_do_not_tell() -> None:
    shown = paper(PaperReady("", ""), Look())
    assert (shown.count, shown.to) == ("共一张", "")
