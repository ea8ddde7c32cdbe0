"""What pages say, as data: the parts that depend on the machine, the day or the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from drivers.device import Kind
from kiosk.centre.models import Ledger
from kiosk.services.ledger import ledger_table
from kiosk.services.withdrawals import withdrawals_table
from kiosk.visit.handover import ON_PHONE
from kiosk.visit.steps import (
    Action,
    ChooseWay,
    OutOfService,
    PaperReady,
    PresentIdCard,
    PresentSocialSecurityCard,
    ShowFundCode,
    WayTile,
)
from kiosk.words import HIDDEN
from tests.ui.samples import CATALOGUE, LEDGER
from ui.contents import (
    ChooseContent,
    OutOfServiceContent,
    PaperReadyContent,
    PresentCardContent,
    PresentThingContent,
    TableContent,
)
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


def ways(*tiles: WayTile) -> list[tuple[str, bool]]:
    shown = derive(ChooseWay("", tiles), Look())
    assert isinstance(shown, ChooseContent)
    return [(option.badge, option.best) for option in shown.options]


def test_the_quickest_way_is_named_among_those_that_are_open() -> None:
    sms = WayTile("sms", "", "", "", seconds=30)
    face = WayTile("face", "", "", "", seconds=10)
    shut = replace(face, closed="no camera")
    desk = WayTile("desk", "", "", "")
    assert ways(sms, face, desk) == [("约 30 秒", False), ("最快，约 10 秒", True), ("", False)]
    phone = WayTile("phone", "", "", "", seconds=20)
    assert ways(sms, shut, phone) == [("约 30 秒", False), ("", False), ("最快，约 20 秒", True)]
    assert ways(sms, shut, desk) == [("", False)] * 3  # nothing to compare


def test_a_machine_under_maintenance_says_until_when_and_what_is_near() -> None:
    until = datetime(2026, 1, 15, 14, 35, tzinfo=timezone(timedelta(hours=8)))
    shown = derive(OutOfService(until), Look(catalogue=CATALOGUE))
    assert isinstance(shown, OutOfServiceContent)
    assert shown.until == "预计 14:35 恢复"
    assert [place.value for place in shown.nearest] == ["850 米", "1.2 公里", "2.6 公里"]
    shown = derive(OutOfService(), Look())
    assert isinstance(shown, OutOfServiceContent)
    assert (shown.until, shown.places, shown.nearest) == ("", "", ())


def test_the_page_of_the_card_points_to_the_reader() -> None:
    shown = derive(PresentIdCard(), Look(where={Kind.ID_CARD: "right"}))
    assert isinstance(shown, PresentCardContent)
    assert (shown.reader, shown.side, shown.to) == ("感应区", "屏幕右边", "right")


def sums(ledger: Ledger) -> list[str]:
    shown = derive(ledger_table(ledger), Look(revealed=True))
    assert isinstance(shown, TableContent)
    return [each.value for each in shown.sums]


def test_a_year_says_what_it_comes_to() -> None:
    assert sums(LEDGER) == ["23,040.00", "478.05", "0.00"]
    assert LEDGER.year == 2025 != LEDGER.years[0]
    none = LEDGER.model_copy(update={"interest": Decimal(0)})
    assert sums(none)[1] == "0.00"
    assert sums(none.model_copy(update={"year": 2026}))[1] == "6月30日结算"


def test_amounts_in_sums_are_hidden_and_an_empty_table_hides_none() -> None:
    shown = derive(ledger_table(LEDGER), Look())
    assert isinstance(shown, TableContent)
    assert {each.value for each in shown.sums} == {HIDDEN}
    assert shown.eye
    shown = derive(withdrawals_table(()), Look())
    assert isinstance(shown, TableContent)
    assert (shown.eye, shown.lead, shown.sums) == ("", "", ())


def test_a_table_that_cannot_be_printed_says_so_beside_its_lead() -> None:
    way = Action("print", "打印本年", "printer")
    shown = derive(ledger_table(LEDGER, way), Look())
    assert isinstance(shown, TableContent)
    assert (shown.on, shown.on_title, shown.lead) == ("print", "打印本年", "2025 年，共 14 笔")
    assert (shown.phone, shown.phone_title) == ("", "")
    shown = derive(ledger_table(LEDGER, way, ON_PHONE), Look())
    assert isinstance(shown, TableContent)
    assert (shown.phone, shown.phone_title) == ("handover", "手机上继续")
    shown = derive(ledger_table(LEDGER, replace(way, closed="缺纸")), Look())
    assert isinstance(shown, TableContent)
    assert (shown.on, shown.lead) == ("", "2025 年，共 14 笔 · 打印本年：缺纸")


def test_the_slot_and_the_window_are_where_the_settings_say() -> None:
    look = Look(where={Kind.SMART_CARD: "right"})
    shown = derive(PresentSocialSecurityCard(), look)
    assert isinstance(shown, PresentThingContent)
    assert (shown.icon, shown.device, shown.side, shown.to) == (
        "slot",
        "插卡口",
        "屏幕右边",
        "right",
    )
    shown = derive(ShowFundCode(), look)
    assert isinstance(shown, PresentThingContent)
    assert (shown.icon, shown.device, shown.side, shown.to) == ("scan", "", "", "")
