"""A unit's certificates: what they say, and that nobody gets one of a unit that owes."""

from __future__ import annotations

import re
from contextlib import closing

import pypdfium2
import pytest

from kiosk.services.unit_certificate import SERVICE
from kiosk.visit.steps import (
    Choose,
    EnterDigits,
    PaperReady,
    Preview,
    PrintingDocument,
    Problem,
    ShowStatement,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.unit_steps import UnitMenu
from kiosk.words import Language, say
from tests.services.script import LEAVE, Line, Played, World, action, facts, option, printed, titled
from tests.services.test_units import AWAY, BUILDERS, TRADE, acting

pytestmark = pytest.mark.usefixtures("checkers")

KIND = titled("要打印哪一种证明？")


def sheet(played: Played) -> str:
    """The text of the printed page, without spaces and line breaks."""
    with closing(pypdfium2.PdfDocument(played.last(PrintingDocument).request.pdf)) as pdf:
        assert len(pdf) == 1
        return re.sub(r"\s", "", pdf[0].get_textpage().get_text_range())


def printed_by(here: World, unit: str, paper: str) -> Played:
    lines: tuple[Line, ...] = (
        (UnitMenu, SERVICE),
        (KIND, option(paper)),
        (Preview, action("print")),
        (PrintingDocument, printed),
        (PaperReady, action(MENU)),
    )
    return acting(here, unit, *lines)


def prints(here: World, unit: str, paper: str) -> str:
    return sheet(printed_by(here, unit, paper))


def test_what_the_builders_have_paid(here: World) -> None:
    text = prints(here, BUILDERS, "单位缴存证明")
    for said in (
        "单位住房公积金缴存证明",
        "云岭建设集团(演示)",
        "9818010100002",
        "91990101MA0DEMO02X",
        "缴存人数3人",
        "单位12%·个人12%",
        "缴至年月2026年1月",
        "¥5,928.00",
        "人民币伍仟玖佰贰拾捌元整",
        "无欠缴",
        "终端T0001",
    ):
        assert said in text


def test_what_the_traders_owe_stands_on_their_certificate(here: World) -> None:
    text = prints(here, TRADE, "单位缴存证明")
    assert "单位状态缓缴" in text
    assert "欠缴4个月，共3,200.00元" in text
    assert "缴至年月2025年8月" in text


def test_the_builders_owe_nothing(here: World) -> None:
    text = prints(here, BUILDERS, "单位无欠缴证明")
    assert "在本中心没有欠缴记录" in text
    assert "缴至年月2026年1月" in text


def test_whoever_verifies_it_looks_for_no_name_that_is_not_on_it(here: World) -> None:
    made = printed_by(here, BUILDERS, "单位缴存证明").last(Preview).document
    digits = made.verification_code.replace("-", "")
    played = here.look("verify-paper", (EnterDigits, digits), (ShowStatement, action(MENU)))
    page = played.last(ShowStatement)
    assert facts(page)["编号"] == made.number
    assert "姓名" not in facts(page)
    assert "姓名" not in say(page.note, Language.ZH)


def test_a_unit_that_owes_gets_no_certificate_that_it_does_not(here: World) -> None:
    begin = here.signed_in("A1")
    ask: tuple[Line, ...] = ((UnitMenu, SERVICE), (KIND, option("单位无欠缴证明")))
    played = here.play(*begin, (Choose, option(TRADE)), *ask, (Problem, "menu"), LEAVE, AWAY[-1])
    assert "欠缴4个月，共3,200.00元" in say(played.last(Problem).title, Language.ZH)
    assert here.ask("GET", "/prints") == []
