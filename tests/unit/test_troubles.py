"""The words for what goes wrong: what happened, what now, whom to ask, and a number to quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Reason, State, Status
from kiosk.centre.errors import AnotherPerson, CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import CentreWords, Document
from kiosk.papers.sealed import Flaw, NotOurs
from kiosk.visit.steps import Problem, Tone
from kiosk.visit.troubles import (
    LEAVE,
    MENU,
    NOUNS,
    PASSING,
    RETRY,
    SESSION_OVER,
    Standing,
    closed_by,
    device_words,
    document_not_printed,
    problem_of,
    slip_not_printed,
)
from kiosk.words import Language, Sayable, Text, _, say, translate
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


FACTS: dict[str, Any] = {
    "amount": "2026-05",
    "balance": "2026-05",
    "day": "2026-05",
    "days": 90,
    "due": "2026-05",
    "en": "card",
    "hours": 24,
    "least": "2026-05",
    "left": 2,
    "limit": 3,
    "month": "2026-05",
    "months": "2026-05",
    "most": "2026-05",
    "needed": "2026-05",
    "number": "012601150000042",
    "seconds": 60,
    "since": "2025-09-01",
    "year": "2026-05",
    "zh": "银行卡",
}
"""What the words of a refusal may name."""


def refusal(code: str) -> Refusal:
    body = Refused(code, **FACTS).body
    return Refusal(body.code, body.reason, body.next_step, body.reference)


def zh(value: Any) -> str:
    return say(value, Language.ZH)


def keys(page: Problem) -> list[str]:
    return [each.key for each in page.actions]


def error_id(error: Exception) -> str:
    device = error.device if isinstance(error, DeviceError) else None
    return f"{device} {error}" if device else str(error).split()[0]


TROUBLES = [
    *(refusal(code) for code in known_codes()),
    *(CentreUnavailable(trouble) for trouble in Trouble),
    *(DeviceError(reason, device=kind) for reason in Reason for kind in (None, *Kind)),
    NotOurs(Flaw.BROKEN),
]


@pytest.mark.parametrize("error", TROUBLES, ids=error_id)
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


@pytest.mark.parametrize("standing", [Standing.ENDED, Standing.UNDECIDED])
def test_once_something_was_confirmed_no_trouble_says_that_nothing_changed(
    standing: Standing,
) -> None:
    errors: list[Any] = TROUBLES
    for error in errors:
        page = problem_of(error, signed_in=True, standing=standing)
        assert "没有任何变动" not in "".join(zh(text) for text in texts(page))


def not_printed(error: DeviceError, document: Document | None = None) -> Problem:
    """The page for a slip, or for ``document``, that did not come out."""
    if document is None:
        return slip_not_printed(error)
    return document_not_printed(error, document, _("对账单"))


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("pages", [0, 1, 2, None])
@pytest.mark.parametrize("document", [None, DOCUMENT])
def test_every_way_not_to_print_is_a_kind_page(
    reason: Reason, pages: int | None, document: Document | None
) -> None:
    error = DeviceError(reason, pages=pages)
    page = not_printed(error, document)
    assert REFERENCE.fullmatch(page.reference)
    assert keys(page) == [MENU, RETRY]
    said = "".join(zh(text) for text in texts(page))
    assert "{" not in said
    assert "12329" in said
    if document is None:
        assert "凭条可以不要" in said
        assert ("没有打出来" in said) == (pages is not None)
    else:
        assert "对账单已经开好，不会丢失" in said
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


@pytest.mark.parametrize("code", ["code-locked", "login-over", "fund-code-over", "try-later"])
def test_no_card_is_blamed_for_a_proof_that_failed_before_signing_in(code: str) -> None:
    page = problem_of(refusal(code), signed_in=False)
    assert [(each.key, zh(each.title)) for each in page.actions] == [(RETRY, "重新开始")]


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


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("signed_in", [True, False])
def test_once_the_certificate_has_ended_no_second_try_is_offered(
    trouble: Trouble, signed_in: bool
) -> None:
    page = problem_of(CentreUnavailable(trouble), signed_in=signed_in, certified=False)
    assert keys(page) == [MENU if signed_in else LEAVE]
    said = [zh(text) for text in texts(page)]
    assert said[0] == "本终端的证书已到期，暂停服务"
    assert "换一台终端" in said
    assert not any("几分钟" in text for text in said)
    assert any("12329" in text for text in said)
    sure = problem_of(
        CentreUnavailable(trouble), signed_in=True, certified=False, standing=Standing.UNDECIDED
    )
    assert "最多只办一次" in zh(sure.lead)
    over = AnotherPerson(Trouble.NONSENSE)
    assert keys(problem_of(over, signed_in=signed_in, certified=False)) == [LEAVE]


@pytest.mark.parametrize("signed_in", [True, False])
def test_after_an_answer_about_another_person_the_visit_is_over(signed_in: bool) -> None:
    page = problem_of(AnotherPerson(Trouble.NONSENSE), signed_in=signed_in)
    assert keys(page) == [LEAVE]


def test_the_codes_of_the_centre_are_those_this_program_treats_apart() -> None:
    assert {*PASSING, SESSION_OVER} <= set(known_codes())


# -- devices --------------------------------------------------------------------------------------

ONLINE = Status(State.ONLINE)


@pytest.mark.parametrize(
    ("device", "status", "says"),
    [
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.USER_ERROR, problem=Reason.PAPER_OUT),
            "A4 打印机缺纸",
        ),
        (Kind.DOCUMENT_PRINTER, Status(State.USER_ERROR, problem=Reason.JAM), "A4 打印机卡纸"),
        (Kind.RECEIPT_PRINTER, Status(State.USER_ERROR, problem=Reason.JAM), "凭条打印机卡纸"),
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.NO_DEVICE, problem=Reason.OFFLINE),
            "A4 打印机没有响应",
        ),
        (
            Kind.RECEIPT_PRINTER,
            Status(State.NO_DEVICE, problem=Reason.NO_DEVICE),
            "凭条打印机没有响应",
        ),
        (Kind.DOCUMENT_PRINTER, Status(State.OFFLINE, problem=Reason.GARBLED), "A4 打印机出了故障"),
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.USER_ERROR, problem=Reason.HARDWARE),
            "A4 打印机出了故障",
        ),
        (
            Kind.DOCUMENT_PRINTER,
            Status(State.TAMPER, problem=Reason.UNSUPPORTED),
            "A4 打印机暂时不可用",
        ),
        (Kind.DOCUMENT_PRINTER, Status(State.STARTING), "A4 打印机正在启动"),
        (Kind.ID_CARD, Status(State.NO_DEVICE, problem=Reason.NO_DEVICE), "身份证阅读器没有响应"),
    ],
)
def test_a_device_that_cannot_be_used_is_said_in_a_few_words(
    device: Kind, status: Status, says: str
) -> None:
    assert zh(device_words(device, status)) == says
    assert zh(closed_by({device: status}, (device,)) or "") == says


def test_what_is_well_closes_nothing() -> None:
    assert closed_by({Kind.ID_CARD: ONLINE}, (Kind.ID_CARD,)) is None
    assert closed_by({Kind.ID_CARD: ONLINE}, ()) is None


def test_a_device_that_is_not_there() -> None:
    assert zh(closed_by({}, (Kind.DOCUMENT_PRINTER,)) or "") == "本机没有此设备"


# -- every device class, every reason --------------------------------------------------------------

PRINTERS = (Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
READERS = (Kind.ID_CARD, Kind.SMART_CARD)
OF_THE_CARD = {Reason.CARD_REMOVED, Reason.CARD_UNREADABLE, Reason.CARD_UNKNOWN, Reason.NOT_TAKEN}


def said_of(kind: Kind, reason: Reason) -> list[Sayable]:
    """All that a citizen may read when a device of ``kind`` fails for ``reason``; titles first."""
    status = Status(State.HARDWARE_ERROR, problem=reason)
    error = DeviceError(reason, device=kind)
    pages = [problem_of(error, signed_in=signed_in) for signed_in in (True, False)]
    if kind in PRINTERS:
        pages.append(not_printed(error, DOCUMENT if kind is Kind.DOCUMENT_PRINTER else None))
    closed = closed_by({kind: status}, (kind,))
    assert closed is not None
    titles = [*(page.title for page in pages), device_words(kind, status), closed]
    return [*titles, *(page.lead for page in pages)]


def messages(text: Sayable) -> Iterator[str]:
    """The messages of the catalogue in ``text``, also of what stands in it."""
    if isinstance(text, Text):
        yield text.message
        for _, value in text.arguments:
            yield from messages(value)


@pytest.mark.parametrize("language", list(Language))
def test_no_device_is_called_by_another_device_s_name(language: Language) -> None:
    assert set(NOUNS) == set(Kind)
    for kind, noun in NOUNS.items():
        for other in set(Kind) - {kind}:
            assert say(NOUNS[other], language) not in say(noun, language)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("kind", list(Kind))
def test_a_trouble_is_told_of_the_device_that_has_it(
    kind: Kind, reason: Reason, language: Language
) -> None:
    for text in said_of(kind, reason):
        said = say(text, language)
        assert said.strip()
        assert not set("{}") & set(said)
        for other in set(Kind) - {kind}:
            assert say(NOUNS[other], language) not in said
    (title, *_) = said_of(kind, reason)
    of_card = kind in READERS and reason in OF_THE_CARD | {Reason.GARBLED, Reason.JAM}
    of_code = (kind, reason) == (Kind.CODE_SCANNER, Reason.GARBLED)
    assert of_card or of_code or say(NOUNS[kind], language) in say(title, language)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("kind", list(Kind))
def test_every_trouble_of_a_device_is_translated(kind: Kind, reason: Reason) -> None:
    for text in said_of(kind, reason):
        for message in messages(text):
            assert translate(message, Language.EN) != message


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("reason", list(Reason))
def test_no_two_devices_fail_in_the_same_words(reason: Reason, language: Language) -> None:
    for place in (0, 2):  # a page's title; the words of a closed service
        said = [say(said_of(kind, reason)[place], language) for kind in Kind]
        assert len(set(said)) == len(Kind)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("reason", sorted(OF_THE_CARD))
def test_a_reader_that_works_is_not_blamed_for_a_card(kind: Kind, reason: Reason) -> None:
    page = problem_of(DeviceError(reason, device=kind), signed_in=False)
    assert zh(NOUNS[kind]) not in zh(page.title)
    assert not any(zh(page.title).endswith(words) for words in ("没有响应", "出了故障", "不可用"))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("reason", [Reason.PAPER_OUT, Reason.TONER_OUT, Reason.JAM])
def test_only_a_printer_has_trouble_with_paper(kind: Kind, reason: Reason) -> None:
    said = "".join(zh(text) for text in said_of(kind, reason))
    paper = any(word in said for word in ("缺纸", "墨粉", "卡纸"))
    assert paper == (kind in PRINTERS)


def test_a_device_that_is_starting_is_not_said_to_be_broken() -> None:
    for kind in Kind:
        assert zh(device_words(kind, Status(State.STARTING))) == zh(NOUNS[kind]) + "正在启动"


def test_an_error_that_passed_no_host_is_told_of_a_device() -> None:
    assert zh(problem_of(DeviceError(Reason.OFFLINE), signed_in=True).title) == "设备没有响应"
    assert zh(not_printed(DeviceError(Reason.JAM)).title).startswith("凭条打印机卡纸")
    assert zh(not_printed(DeviceError(Reason.JAM), DOCUMENT).title).startswith("A4 打印机卡纸")
