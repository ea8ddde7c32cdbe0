"""The words for what goes wrong: what happened, what now, whom to ask, and a number to quote."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Reason, State, Status
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import CentreWords, Document
from kiosk.papers.sealed import Flaw, NotOurs
from kiosk.visit.steps import Problem, Tone
from kiosk.visit.troubles import (
    LEAVE,
    MENU,
    PASSING,
    RETRY,
    SESSION_OVER,
    closed_by,
    device_words,
    not_printed,
    problem_of,
)
from kiosk.words import Language, say
from kiosk.workshop.sandbox.refusals import Refused, known_codes
from tests.services.script import texts

REFERENCE = re.compile(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}")
BLAME = ("您没有", "您应该", "您必须", "违规", "非法", "错误操作", "禁止")
DOCUMENT = Document(
    id="d-1",
    number="〔2026〕1",
    title=CentreWords(zh="证明", en="Certificate"),
    pages=2,
    sha256="0" * 64,
    verification_code="ABCD-EFGH",
    verify_url="https://verify.example/v/1",
    valid_until=date(2026, 3, 15),
    prints_left_today=2,
)


def refusal(code: str) -> Refusal:
    body = Refused(code, since="2025-09-01", seconds=60, limit=3, left=2).body
    return Refusal(body.code, body.reason, body.next_step, body.reference)


def zh(value: Any) -> str:
    return say(value, Language.ZH)


def keys(page: Problem) -> list[str]:
    return [each.key for each in page.actions]


TROUBLES = [
    *(refusal(code) for code in known_codes()),
    *(CentreUnavailable(trouble) for trouble in Trouble),
    *(DeviceError(reason) for reason in Reason),
    NotOurs(Flaw.BROKEN),
]


@pytest.mark.parametrize("error", TROUBLES, ids=lambda error: str(error).split()[0])
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_trouble_is_a_kind_page(error: Any, signed_in: bool) -> None:
    page = problem_of(error, signed_in=signed_in)
    assert REFERENCE.fullmatch(page.reference)
    assert page.advice, "what to do now"
    said = [zh(text) for text in texts(page)]
    assert any("12329" in text for text in said), "whom to ask"
    for text in (*said, *(say(text, Language.EN) for text in texts(page))):
        assert text.strip()
        assert not set("{}") & set(text)
        assert not any(word in text for word in BLAME)
        assert "Error" not in text
        assert "错误" not in text
    assert (MENU in keys(page)) == (signed_in and keys(page) != [LEAVE])


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("pages", [0, 1, 2, None])
@pytest.mark.parametrize("document", [None, DOCUMENT])
def test_every_way_not_to_print_is_a_kind_page(
    reason: Reason, pages: int | None, document: Document | None
) -> None:
    page = not_printed(DeviceError(reason, pages=pages), document)
    assert REFERENCE.fullmatch(page.reference)
    assert keys(page) == [MENU, RETRY]
    said = "".join(zh(text) for text in texts(page))
    assert "{" not in said
    assert "12329" in said
    if document is None:
        assert "凭条可以不要" in said
        assert ("没有打出来" in said) == (pages is not None)
    else:
        assert "不会丢失" in said
        assert ("已出 1 页" in said) == (pages == 1)
        assert ("还没有打完" in said) == (pages in (0, 1)), "known to be incomplete"
        assert ("没有计入打印次数" in said) == (pages in (0, 1)), "it may be whole"
    look = pages is None or (document is not None and pages == document.pages)
    assert ("查看出纸口" in said) == look


@pytest.mark.parametrize("reason", [Reason.UNSUPPORTED, Reason.NOT_AUTHORISED])
def test_a_printer_that_refuses_is_not_said_to_be_silent(reason: Reason) -> None:
    assert "没有响应" not in zh(not_printed(DeviceError(reason), DOCUMENT).title)


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_card_that_is_refused_may_be_changed_before_signing_in_only(signed_in: bool) -> None:
    page = problem_of(refusal("card-expired"), signed_in=signed_in)
    assert keys(page) == ([MENU] if signed_in else [RETRY])
    assert page.tone is Tone.BAD
    if not signed_in:
        assert zh(page.actions[0].title) == "换一张证件"


@pytest.mark.parametrize("code", sorted(PASSING))
@pytest.mark.parametrize("signed_in", [True, False])
def test_what_passes_by_itself_may_be_tried_again(code: str, signed_in: bool) -> None:
    page = problem_of(refusal(code), signed_in=signed_in)
    assert keys(page)[-1] == RETRY
    assert zh(page.actions[-1].title) == "再试一次", "not another card"
    assert page.tone is Tone.ATTENTION


def test_a_session_that_is_over_leads_to_the_beginning() -> None:
    for signed_in in (True, False):
        assert keys(problem_of(refusal(SESSION_OVER), signed_in=signed_in)) == [LEAVE]


def test_nothing_is_said_of_an_account_that_there_is_not() -> None:
    page = problem_of(refusal("no-account"), signed_in=False)
    assert "您的账户" not in zh(page.lead)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_an_outage_may_be_tried_again(trouble: Trouble) -> None:
    page = problem_of(CentreUnavailable(trouble), signed_in=False)
    assert keys(page) == [RETRY]
    assert page.tone is Tone.ATTENTION


def test_the_codes_of_the_centre_are_those_this_program_treats_apart() -> None:
    assert {*PASSING, SESSION_OVER} <= set(known_codes())


# -- devices --------------------------------------------------------------------------------------

ONLINE = Status(State.ONLINE)


@pytest.mark.parametrize(
    ("device", "status", "says"),
    [
        (Kind.DOCUMENT_PRINTER, Status(State.USER_ERROR, problem=Reason.PAPER_OUT), "打印机缺纸"),
        (Kind.DOCUMENT_PRINTER, Status(State.USER_ERROR, problem=Reason.JAM), "打印机卡纸"),
        (Kind.RECEIPT_PRINTER, Status(State.USER_ERROR, problem=Reason.JAM), "凭条打印机卡纸"),
        (Kind.DOCUMENT_PRINTER, Status(State.NO_DEVICE, problem=Reason.OFFLINE), "打印机没有响应"),
        (
            Kind.RECEIPT_PRINTER,
            Status(State.NO_DEVICE, problem=Reason.NO_DEVICE),
            "凭条打印机没有响应",
        ),
        (Kind.DOCUMENT_PRINTER, Status(State.OFFLINE, problem=Reason.GARBLED), "打印机出了故障"),
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.USER_ERROR, problem=Reason.HARDWARE),
            "打印机出了故障",
        ),
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.TAMPER, problem=Reason.UNSUPPORTED),
            "打印机暂时不可用",
        ),
        (Kind.DOCUMENT_PRINTER, Status(State.STARTING), "打印机正在启动"),
        (Kind.ID_CARD, Status(State.NO_DEVICE, problem=Reason.NO_DEVICE), "读卡器暂时不可用"),
    ],
)
def test_a_device_that_cannot_be_used_is_said_in_a_few_words(
    device: str, status: Status, says: str
) -> None:
    assert zh(device_words(device, status)) == says
    assert zh(closed_by({device: status}, (device,)) or "") == says


def test_what_is_well_closes_nothing() -> None:
    assert closed_by({Kind.ID_CARD: ONLINE}, (Kind.ID_CARD,)) is None
    assert closed_by({Kind.ID_CARD: ONLINE}, ()) is None


def test_a_device_that_is_not_there() -> None:
    assert zh(closed_by({}, (Kind.DOCUMENT_PRINTER,)) or "") == "本机没有此设备"


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("device", [Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER])
def test_every_problem_of_every_device_has_words(device: str, reason: Reason) -> None:
    status = Status(State.HARDWARE_ERROR, problem=reason)
    assert zh(device_words(device, status)).strip()
