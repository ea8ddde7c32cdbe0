"""验真: genuine, void, unknown; by the scanner or the keypad; nobody signs in for it."""

from __future__ import annotations

from datetime import date

import pytest

from drivers.code_scanner.types import Code
from drivers.device import Kind, State, Status
from kiosk.centre.document_orders import DepositCertificateOrder
from kiosk.centre.models import CentreWords, Document
from kiosk.centre.verification import Verification
from kiosk.privacy import Sensitive
from kiosk.services.verify_paper import LEAST, MOST, verdict_page
from kiosk.visit.card_reading import card_evidence
from kiosk.visit.public_steps import ScanPaper
from kiosk.visit.steps import (
    OTHER,
    WITHOUT_SIGN_IN,
    Attract,
    EnterDigits,
    ShowStatement,
)
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Language, say
from tests.services.script import (
    PUBLIC_MENU,
    WELL,
    Line,
    Played,
    World,
    action,
    card,
    facts,
    titled,
)

SCANS = {**WELL, Kind.CODE_SCANNER: Status(State.ONLINE)}


def paper(here: World) -> Document:
    """A certificate that somebody else has printed."""
    with here.client() as client:
        client.sign_in(card_evidence(card("P01")))
        client.send_sms()
        client.check_sms(Sensitive(here.code()))
        account = client.accounts()[0].id
        order = DepositCertificateOrder(
            kind="deposit-certificate", key="k" * 16, account=account, purpose="01"
        )
        return client.make_document(order)


def title(played: Played) -> str:
    return say(played.last(ShowStatement).title, Language.ZH)


def typed(here: World, digits: str) -> Played:
    lines: tuple[Line, ...] = ((EnterDigits, digits), (ShowStatement, action("menu")))
    return here.look("verify-paper", *lines)


def scanned(here: World, *lines: Line) -> Played:
    """Somebody verifies papers at a terminal with a scanner. They have shown no card: nothing is
    said of one when they leave."""
    begin: tuple[Line, ...] = ((Attract, WITHOUT_SIGN_IN), (PUBLIC_MENU, "verify-paper"))
    return here.play(*begin, *lines, (PUBLIC_MENU, Left()), statuses=SCANS)


def test_a_code_on_a_paper_can_be_typed(here: World) -> None:
    made = paper(here)
    digits = made.verification_code.replace("-", "")
    assert digits.isdecimal()
    assert LEAST <= len(digits) <= MOST
    played = typed(here, digits)
    assert title(played) == "这份证明是真的"
    said = facts(played.last(ShowStatement))
    assert said["姓名"] == "张*"
    assert said["编号"] == made.number
    assert said["出具日期"] == "2026年1月15日"
    assert "有效期至" in said
    assert played.calls["POST /v1/verifications"] == 1


def test_a_code_can_be_scanned_and_another_one_typed(here: World) -> None:
    made = paper(here)
    played = scanned(
        here,
        (ScanPaper, Code(made.verify_url)),
        (titled("这份证明是真的"), action("another")),
        (ScanPaper, OTHER),
        (EnterDigits, "00000000"),
        (titled("没有查到这份证明"), action("menu")),
    )
    assert "拨打 12329" in say(played.last(ShowStatement).note, Language.ZH)


def test_from_the_scanner_a_press_leads_back_to_the_menu(here: World) -> None:
    typed = (PUBLIC_MENU, "verify-paper"), (ScanPaper, OTHER), (EnterDigits, WentBack())
    scanned(here, (ScanPaper, WentBack()), *typed, (ScanPaper, WentBack()))


def test_whatever_is_scanned_is_at_worst_unknown(here: World) -> None:
    for text in ("你好\n", "x" * 4000, "' OR 1=1 --"):
        unknown = (titled("没有查到这份证明"), action("menu"))
        scanned(here, (ScanPaper, Code(text)), unknown)


def test_a_paper_whose_time_has_passed_is_void(here: World) -> None:
    code = paper(here).verification_code
    here.ask("DELETE", f"/documents/{code}")
    assert title(typed(here, code.replace("-", ""))) == "这份证明已经失效"


def test_a_name_that_comes_whole_is_masked() -> None:
    """Nobody has signed in: the paper may have been found."""
    found = Verification(
        verdict="genuine",
        title=CentreWords(zh="缴存证明", en="Certificate"),
        made=date(2026, 1, 15),
        holder="王小明",
    )
    assert facts(verdict_page(found, "12329"))["姓名"] == "王*明"


def test_a_known_paper_has_a_title_and_a_day() -> None:
    with pytest.raises(ValueError, match="has a title"):
        Verification(verdict="genuine")
