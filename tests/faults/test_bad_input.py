"""What bad input gets: a page that says what happened, what to do, whom to ask, and a number.

The real visit, the real drivers on emulated wires, the real stand-in centre over HTTP.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kiosk.visit.steps import (
    STAFF,
    Attract,
    Choose,
    ConfirmName,
    EnterSmsCode,
    Menu,
    PaperReady,
    PresentIdCard,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
    ShowStatement,
)
from kiosk.visit.troubles import LEAVE, MENU, RETRY
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from tests.services.hall import Citizen, Hall, hall, said
from tests.services.script import action, option
from tests.waiting import PATIENCE_S
from ui.contents import ProblemContent

REFERENCE = re.compile(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}")
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
NO_CLERK_SAYS = re.compile(
    r"Traceback|Exception|Error|None|null|\{|\}|HTTP|JSON|SAM|SDT|IPP|错误|违规|非法|您必须", re.I
)
CERTIFICATE = "deposit-certificate"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as here:
        yield here


@pytest.fixture
def here(everything: Hall, caplog: pytest.LogCaptureFixture) -> Iterator[Hall]:
    everything.well()
    with caplog.at_level(logging.INFO):
        yield everything
    bugs = [record for record in caplog.records if record.exc_info]
    assert not bugs, "nothing here is a bug of ours"
    people = [personas.load()[name] for name in personas.load()]
    for record in caplog.records:
        line = " ".join(str(value) for value in vars(record).values())
        for person in people:
            assert person.number not in line
            assert person.full_name not in line


def page(citizen: Citizen, zh: str, en: str, *keys: str) -> Problem:
    """The problem page that is shown next, checked as every one of them must be."""
    step = citizen.sees(Problem)
    assert REFERENCE.fullmatch(step.reference)
    assert step.advice, "what to do now"
    assert tuple(each.key for each in step.actions) == keys
    for language, words in ((Language.ZH, zh), (Language.EN, en)):
        view = citizen.reads(language)
        assert isinstance(view, ProblemContent)
        assert view.reference == step.reference
        text = said(view)
        assert re.search(words, text, re.I), text
        assert "12329" in text, "whom to ask"
        assert not NO_CLERK_SAYS.search(text)
        assert all(part.strip() for part in text.split(" / "))
    assert not CHINESE.search(said(citizen.reads(Language.EN)))
    return step


# -- the card -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "facts", "zh", "en"),
    [
        ("truncate", {"command": "read"}, "没有读出证件内容", "could not be read"),
        ("bad checksum", {"command": "read"}, "没有读出证件内容", "could not be read"),
        ("bad checksum", {"command": "find"}, "没有读出证件内容", "could not be read"),
        ("answer", {"command": "read", "status": 0x41, "times": 9}, "擦一擦", "could not be read"),
        ("unknown kind", {}, "这不是本机能读的证件", "cannot read"),
        ("wrong card", {}, "这不是本机能读的证件", "cannot read"),
        ("answer", {"command": "read", "status": 0x80}, "证件移开得早了一点", "too (soon|early)"),
        ("lift during read", {}, "屏幕变化前不要移开", "until the screen changes"),
        ("unreadable", {}, "请拿起证件", "Lift it"),
        ("mute", {"command": "read"}, "身份证阅读器没有响应", "ID card reader: no answer"),
        ("sam failure", {}, "身份证阅读器出了故障", "ID card reader: out of order"),
        ("not authorised", {}, "身份证阅读器暂时不可用", "ID card reader: not available"),
        ("unplug", {}, "身份证阅读器没有响应", "ID card reader: no answer"),
    ],
)
def test_a_card_or_a_reader_in_trouble(
    here: Hall, fault: str, facts: dict[str, Any], zh: str, en: str
) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.sees(PresentIdCard)
        here.reader.obey(fault, **facts)
        if fault != "unplug":
            here.reader.obey("put", **personas.load()["P01"].card())
        page(citizen, zh, en, RETRY)
        here.reader.obey("plug" if fault == "unplug" else "well")
        here.reader.obey("lift")
        citizen.press(RETRY)
        citizen.puts("P01")
        citizen.types_code()
        citizen.sees(Menu)


@pytest.mark.parametrize(
    ("persona", "zh", "en"),
    [
        ("P13", "您的证件已过有效期。", "Your identity document has expired."),
        (
            "P14",
            "没有查到您在本中心的住房公积金账户。",
            "We found no housing provident fund account",
        ),
        ("P17", "已被登记挂失", "has been reported lost"),
    ],
)
def test_a_card_that_the_centre_does_not_take(here: Hall, persona: str, zh: str, en: str) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts(persona)
        page(citizen, zh, en, RETRY)
        here.reader.obey("lift")
        citizen.press(RETRY)
        citizen.puts("P01")
        citizen.types_code()
        citizen.sees(Menu)


@pytest.mark.parametrize(
    ("persona", "greeting"),
    [("P09", "陈*文"), ("P10", "J** S** D**"), ("P12", "欧*㛃"), ("P16", "林*君")],
)
def test_a_card_of_another_kind_or_with_rare_characters(
    here: Hall, persona: str, greeting: str
) -> None:
    with here.visit() as citizen:
        citizen.signs_in(persona)
        assert citizen.glass.greeting == greeting


def test_a_name_the_chip_has_cut_and_it_is_theirs(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P11")
        asked = citizen.sees(ConfirmName)
        assert asked.name.reveal() == personas.load()["P11"].name
        citizen.press("yes")
        citizen.types_code()
        citizen.sees(Menu)
        assert citizen.glass.greeting == "阿*明"


def test_a_name_the_chip_has_cut_and_it_is_not_theirs(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P11")
        citizen.chooses(ConfirmName, "no")
        page(citizen, "姓名没有得到确认", "The name was not confirmed", RETRY)


def test_a_code_typed_wrong_three_times(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P01")
        for _ in range(3):
            citizen.sees(EnterSmsCode)
            citizen.press(f"{(int(here.here.code()) + 1) % 10**6:06}")
        page(citizen, "为保护您的账户", "To protect your account", RETRY)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５６", None, 123456])
def test_what_is_no_code_is_a_hint_and_not_sent(here: Hall, typed: object) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P01")
        citizen.chooses(EnterSmsCode, typed)
        assert "6 位数字" in citizen.glass.hints.get(timeout=60).message
        citizen.press(here.here.code())
        citizen.sees(Menu)


# -- the account ----------------------------------------------------------------------------------


def test_a_frozen_account_can_be_seen_and_gets_no_certificate(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in("P08")
        citizen.press("account")
        account = citizen.sees(ShowStatement)
        assert "法院" in say(account.note, Language.ZH)
        ways = {way.key: way.closed for way in account.actions}
        assert say(ways[CERTIFICATE] or "", Language.ZH) == "冻结期间不能开具"
        citizen.goes_back()
        citizen.sees(Menu)
        citizen.press(CERTIFICATE)
        citizen.press(option("其他")(citizen.sees(Choose)))
        step = page(citizen, "司法冻结", "frozen by a court", MENU)
        assert "查询不受影响" in said(citizen.reads(Language.ZH))
        citizen.press(action(MENU)(step))
        citizen.sees(Menu)


def test_no_loan_is_no_fault_of_theirs(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        citizen.press("loan")
        page(citizen, "您名下没有公积金贷款", "loan", MENU)


# -- the printers ---------------------------------------------------------------------------------


def to_the_printer(citizen: Citizen) -> None:
    """From the menu to the button that prints."""
    citizen.press(CERTIFICATE)
    citizen.press(option("购房贷款")(citizen.sees(Choose)))
    citizen.chooses(Preview, "print")
    citizen.sees(PrintingDocument)


def completed(here: Hall) -> int:
    """How many sheets have come out."""
    return len(here.sheets.look()["sheets"])


def reports(here: Hall) -> list[tuple[int | None, int]]:
    return [(each["pages"], each["complete"]) for each in here.here.ask("GET", "/prints")]


@pytest.mark.parametrize(
    ("order", "mend", "zh", "en"),
    [
        ("paper out", "refill", "A4 打印机缺纸", "no paper"),
        ("open cover", "close cover", "A4 打印机盖子没有关好", "cover"),
        ("toner out", "new toner", "A4 打印机缺墨粉", "toner"),
        ("jam", "clear jam", "A4 打印机卡纸", "jam"),
        ("die", "revive", "A4 打印机没有响应", "printer"),
    ],
)
def test_a_printer_in_trouble_and_then_well_again(
    here: Hall, order: str, mend: str, zh: str, en: str
) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        before = completed(here)
        here.sheets.obey(order)
        to_the_printer(citizen)
        by_hand = () if order == "die" else (STAFF,)  # who looks after the place can mend the rest
        page(citizen, zh, en, *by_hand, MENU, RETRY)
        assert "不会丢失" in said(citizen.reads(Language.ZH))
        here.sheets.obey(mend)
        citizen.press(RETRY)
        citizen.sees(PrintingDocument)
        citizen.sees(PaperReady)
        assert completed(here) == before + 1
    assert [complete for _, complete in reports(here)] == [0, 1]
    here.sheets.obey("take")


def test_a_printer_that_dies_in_the_middle_of_a_job(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        here.sheets.obey("stall")
        to_the_printer(citizen)
        wait_for(lambda: any(j["state"] == "PROCESSING" for j in here.sheets.look()["jobs"]))
        here.sheets.obey("die")
        step = page(citizen, "A4 打印机没有响应，缴存证明可能没有打全", "printer", MENU, RETRY)
        citizen.press(action(MENU)(step))
        citizen.sees(Menu)
        here.sheets.obey("revive", forget=False)
        here.sheets.obey("well")
    assert [complete for _, complete in reports(here)] == [0]


def test_a_slip_that_jams(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        to_the_printer(citizen)
        citizen.press(action("slip")(citizen.sees(PaperReady)))
        here.slips.obey("jam", after_lines=2)
        citizen.sees(PrintingSlip)
        page(citizen, "凭条打印机卡纸，凭条没有打出来", "jam", STAFF, MENU, RETRY)
        assert "凭条可以不要" in said(citizen.reads(Language.ZH))


# -- the centre -----------------------------------------------------------------------------------

CENTRE = [
    ("status", {"status": 502}, "暂时连不上公积金中心", "centre"),
    ("status", {"status": 503}, "暂时连不上公积金中心", "centre"),
    ("latency", {"seconds": 6.0}, "公积金中心回应得太慢", "slow"),
    ("cut", {}, "公积金中心的回应不完整", "incomplete"),
    ("garbage", {}, "公积金中心的回应不完整", "incomplete"),
    ("drop", {}, "公积金中心的回应不完整", "incomplete"),
    ("status", {"status": 429}, "现在办理的人较多", "busy|many people"),
    ("refusal", {"code": "service-busy"}, "系统繁忙", "The centre is busy"),
]


def patience(kind: str) -> float:
    """Short only where it is what is tested: on a busy machine a good answer may take its time."""
    return 2.0 if kind == "latency" else 5.0


@pytest.mark.parametrize(("kind", "facts", "zh", "en"), CENTRE)
def test_a_centre_in_trouble_before_signing_in(
    here: Hall, kind: str, facts: dict[str, Any], zh: str, en: str
) -> None:
    with here.visit(read_s=patience(kind)) as citizen:
        citizen.chooses(Attract, "start")
        here.here.fault("/v1/sessions", kind, **facts)
        citizen.puts("P01")
        page(citizen, zh, en, RETRY)
        here.here.ask("DELETE", "/faults")
        citizen.press(RETRY)
        citizen.types_code()
        citizen.sees(Menu)


@pytest.mark.parametrize(
    ("kind", "facts", "zh", "en"), [CENTRE[0], CENTRE[2], CENTRE[3], CENTRE[-1]]
)
def test_a_centre_in_trouble_in_the_middle_of_a_service(
    here: Hall, kind: str, facts: dict[str, Any], zh: str, en: str
) -> None:
    with here.visit(read_s=patience(kind)) as citizen:
        citizen.signs_in("P03")
        here.here.fault("/v1/loans", kind, **facts)
        citizen.press("loan")
        page(citizen, zh, en, MENU, RETRY)
        assert "没有任何变动" in said(citizen.reads(Language.ZH))
        here.here.ask("DELETE", "/faults")
        citizen.press(RETRY)
        citizen.sees(ShowStatement)


def test_a_centre_that_is_away_altogether(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.sees(Attract)
        here.here.fault("/v1", "drop")
        citizen.press("start")
        page(citizen, "公积金中心的回应不完整", "incomplete", RETRY)
        assert citizen.leaves() == "left"


def test_a_session_that_the_centre_has_ended(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        here.here.fault("/v1/accounts", "refusal", code="session-over")
        citizen.press("account")
        page(citizen, "本次办理已结束或超时", "This visit has ended", LEAVE)


def test_a_seal_that_is_not_available_may_be_tried_again(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.signs_in()
        here.here.fault("/v1/documents", "refusal", code="seal-unavailable", times=1)
        citizen.press(CERTIFICATE)
        citizen.press(option("其他")(citizen.sees(Choose)))
        page(citizen, "电子印章服务暂时不可用", "seal is not available", MENU, RETRY)
        citizen.press(RETRY)
        citizen.sees(Preview)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)
