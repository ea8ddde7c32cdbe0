"""手机上继续: the citizen's phone goes on with a query, a form, a complaint; in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kiosk.operation import OperationState
from kiosk.visit.handover import HANDOVER
from kiosk.visit.handover_steps import ShowHandover
from kiosk.visit.operation_steps import ChooseReason, ConfirmOperation
from kiosk.visit.public_steps import ShowLoanYears
from kiosk.visit.steps import (
    OTHER,
    Choose,
    Confirm,
    EnterNumber,
    Farewell,
    Menu,
    NotAnAnswer,
    Problem,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import Left, TimedOut, WentBack
from kiosk.words import Language, say
from tests.services.browser import NEEDS_BROWSER, SCREEN, Phone, phone
from tests.services.money import DirectCommitLine
from tests.services.script import LEAVE, Line, Played, World, action, facts, option, titled
from ui.views import Look, derive

__all__ = ["phone"]  # a fixture
BACK = WentBack()
ACCOUNT: Line = (titled("您的公积金账户"), action("handover"))
ADDRESS: tuple[Line, ...] = ((ChooseReason, "address"), (Choose, "handover"))
ON_PHONE: Line = (titled("请在手机上继续"), MENU)
PASSWORD = "223344"


def proves(here: World, person: str) -> Callable[[Any], Any]:
    """``person`` scans the code and proves on the phone who they are."""

    def scan(step: Any) -> Any:
        assert isinstance(step, ShowHandover)
        assert step.poll() is None
        form = {"person": person, "password": PASSWORD, "answer": "go"}
        assert here._http.post(step.content.reveal(), data=form, timeout=60).ok
        return step.poll()

    return scan


def option_of(title: str) -> Callable[[Any], str]:
    """The key of what can be had, by its Chinese title."""

    def choose(step: Any) -> str:
        return str(next(o.key for o in step.can if say(o.title, Language.ZH) == title))

    return choose


def seen(url: list[str]) -> Callable[[Any], Any]:
    """The citizen goes back from the code, whose address is kept."""

    def look(step: Any) -> Any:
        url.append(step.content.reveal())
        return BACK

    return look


def test_the_phone_takes_over_a_query_and_the_terminal_ends_it(here: World) -> None:
    played = here.serve(
        "P01", "account", ACCOUNT, (ShowHandover, proves(here, "P01")), ON_PHONE, unrated=True
    )
    said = facts(played.last(ShowStatement))
    assert said["业务"] == "账户查询"
    assert said["这台机器"] == "不保留您的信息"


def test_who_goes_back_finds_the_query_and_the_code_is_void(here: World) -> None:
    urls: list[str] = []
    again: Line = (titled("您的公积金账户"), BACK)
    played = here.serve("P01", "account", ACCOUNT, (ShowHandover, seen(urls)), again)
    assert played.calls["DELETE /v1/handovers/{id}"] == 1
    assert here._http.get(urls[0], timeout=60).status_code == 410


@pytest.mark.parametrize("ends", [Left(), TimedOut()])
def test_who_leaves_the_code_leaves_nothing_to_scan(here: World, ends: Exception) -> None:
    urls: list[str] = []

    def leave(step: Any) -> Any:
        urls.append(step.content.reveal())
        return ends

    begin = (*here.signed_in("P01"), (Menu, "account"), ACCOUNT)
    end: tuple[Line, ...] = ((Farewell, None),) if isinstance(ends, Left) else ()
    here.play(*begin, (ShowHandover, leave), *end)
    assert here._http.get(urls[0], timeout=60).status_code == 410


def test_a_code_whose_time_has_passed_is_followed_by_a_new_one(here: World) -> None:
    codes: list[str] = []

    def late(step: Any) -> Any:
        codes.append(step.content.reveal())
        here.ask("POST", "/clock", {"seconds": 301})
        return step.poll()

    again: Line = (titled("您的公积金账户"), BACK)
    lines: tuple[Line, ...] = ((ShowHandover, late), (ShowHandover, seen(codes)), again)
    here.serve("P01", "account", ACCOUNT, *lines)
    assert len(set(codes)) == 2


def test_the_loan_and_my_requests_are_handed_over_too(here: World) -> None:
    chart: tuple[Line, ...] = ((titled("我的贷款"), "years"), (ShowLoanYears, "handover"))
    scan: Line = (ShowHandover, proves(here, "P03"))
    here.serve("P03", "loan", *chart, scan, ON_PHONE, unrated=True)
    mine: Line = (titled("我的办件"), "handover")
    played = here.serve("P03", "progress", mine, scan, ON_PHONE, unrated=True)
    assert say(played.last(ShowHandover).what, Language.ZH) == "我的办件"


@pytest.mark.parametrize(
    ("persona", "service", "lines", "what"),
    [
        ("P01", "ledger", ((ShowTable, "2025"), (ShowTable, HANDOVER)), "缴存明细"),
        ("P11", "withdrawals", ((ShowTable, HANDOVER),), "提取记录"),
        ("P03", "loan", ((titled("我的贷款"), "plan"), (ShowTable, HANDOVER)), "我的贷款"),
        ("P03", "loan", ((titled("我的贷款"), "repayments"), (ShowTable, HANDOVER)), "我的贷款"),
    ],
    ids=["ledger", "withdrawals", "plan", "repayments"],
)
def test_a_phone_takes_over_from_a_table(
    here: World, persona: str, service: str, lines: tuple[Line, ...], what: str
) -> None:
    scan: Line = (ShowHandover, proves(here, persona))
    played = here.serve(persona, service, *lines, scan, ON_PHONE, unrated=True)
    assert facts(played.last(ShowStatement))["业务"] == what


def test_where_the_centre_hands_nothing_over_no_page_offers_it(here: World) -> None:
    here.ask("PUT", "/handover", {"open": False})
    played = here.serve("P03", "account", (titled("您的公积金账户"), BACK))
    assert "handover" not in [each.key for each in played.last(ShowStatement).actions]
    assert not here.serve("P01", "ledger", (ShowTable, BACK)).last(ShowTable).phone
    line = DirectCommitLine(here)
    chosen: tuple[Line, ...] = ((ChooseReason, "address"), (Choose, BACK), (ChooseReason, BACK))
    played = here.serve("P03", "personal-data", *chosen, committer=line)
    assert "handover" not in [each.key for each in played.last(Choose).options]
    amount: tuple[Line, ...] = (
        (Confirm, "yes"),
        (ChooseReason, lambda step: step.can[0].key),
        (EnterNumber, BACK),
        (ChooseReason, BACK),
        (Confirm, BACK),
    )
    assert not here.serve("P03", "withdraw", *amount, committer=line).last(EnterNumber).phone


def test_a_hand_over_that_the_centre_refuses_is_told_and_the_query_is_there(here: World) -> None:
    here.fault("/v1/handovers", "refusal", code="handover-closed")
    played = here.serve("P01", "account", ACCOUNT, (Problem, MENU), unrated=True)
    assert say(played.last(Problem).title, Language.ZH).startswith("现在不能转到手机上继续")


def test_a_code_that_cannot_be_voided_is_only_logged(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "kiosk")
    again: Line = (titled("您的公积金账户"), BACK)

    def leave(step: Any) -> Any:
        here.fault("/v1/handovers", "refusal", method="DELETE", code="not-found")
        return BACK

    here.serve("P01", "account", ACCOUNT, (ShowHandover, leave), again)
    assert "code not voided" in caplog.text


def test_no_page_of_a_confirmation_hands_over(here: World) -> None:
    """A form goes to the phone before its quote; what is confirmed stays at the terminal."""
    pages: tuple[Line, ...] = (
        (ChooseReason, "address"),
        (Choose, lambda step: step.options[0].key),
        (ConfirmOperation, BACK),
        (Choose, BACK),
        (ChooseReason, BACK),
    )
    played = here.serve("P03", "personal-data", *pages, committer=DirectCommitLine(here))
    quote = played.last(ConfirmOperation)
    with pytest.raises(NotAnAnswer):
        quote.check(HANDOVER)
    assert HANDOVER not in repr(derive(quote, Look()))


# -- in a real browser ----------------------------------------------------------------------------


def goes_on(phone: Phone, person: str, title: str) -> Callable[[Any], Any]:
    """Scan the code with ``phone``, mistake the password once, and prove who it is."""

    def scan(step: Any) -> Any:
        phone.open(step.content.reveal())
        assert phone.text("h1") == "在手机上继续"
        assert phone.text("#business") == title
        assert phone.text("#terminal") == "T0001"
        assert phone.see("document.documentElement.scrollWidth") <= SCREEN["width"]
        for password in ("000000", PASSWORD):
            phone.choose(person)
            phone.fill("password", password)
            phone.press("go")
        return step.poll()

    return scan


@NEEDS_BROWSER
def test_the_phone_changes_the_address_that_the_terminal_began(here: World, phone: Phone) -> None:
    scan: Line = (ShowHandover, goes_on(phone, "P03", "个人信息变更"))
    line = DirectCommitLine(here)
    played = here.serve(
        "P03", "personal-data", *ADDRESS, scan, ON_PHONE, committer=line, unrated=True
    )
    assert facts(played.last(ShowStatement))["这台机器"] == "没有提交任何内容"
    assert phone.text("#chosen") == "个人信息变更"
    phone.press("next")
    assert phone.text("h1") == "请核对后确认"
    assert phone.refuses_to_send("confirm"), "without the code"
    phone.fill("code", here.code())
    phone.press("confirm")
    assert phone.text("h1") == "已办成"
    assert phone.text("#reference")


@NEEDS_BROWSER
def test_the_phone_withdraws_what_the_terminal_began_and_greets_nobody_later(
    here: World, phone: Phone
) -> None:
    begun: tuple[Line, ...] = (
        (Confirm, "yes"),
        (ChooseReason, option_of("租房")),
        (EnterNumber, OTHER),
        (ShowHandover, goes_on(phone, "P01", "租房提取")),
        ON_PHONE,
    )
    here.serve("P01", "withdraw", *begun, committer=DirectCommitLine(here), unrated=True)
    phone.fill("given", "1200.50")
    phone.press("next")
    assert phone.text("#amount") == "1,200.50 元"
    phone.fill("code", here.code())
    phone.press("confirm")
    assert phone.text("h1") == "已办成"
    assert [move["amount"] for move in here.ask("GET", "/movements")] == [-120050]
    played: Played = here.play(*here.signed_in("P01"), LEAVE, (lambda step: True, None))
    assert played.how == "left"
    operation = here.ask("GET", "/operations")[0]
    assert operation["state"] == OperationState.DONE


@NEEDS_BROWSER
def test_a_complaint_is_told_in_ones_own_words_on_the_phone(here: World, phone: Phone) -> None:
    def write(step: Any) -> Any:
        assert not step.proves
        phone.open(step.content.reveal())
        assert phone.text("#number") == "TS260115-0001"
        phone.fill("words", "排了两个小时")
        phone.press("send")
        assert phone.text("h1") == "已经收到"
        return step.poll()

    here.look(
        "complaints",
        (Choose, option("建议")),
        (Choose, option("不用")),
        (Confirm, "yes"),
        (titled("已经收到"), "handover"),
        (ShowHandover, write),
        ON_PHONE,
    )
    assert here.ask("GET", "/complaints")[0]["words"] == "排了两个小时"
