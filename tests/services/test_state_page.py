"""Who scans an operation sees its business, its state and the time; nothing personal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from drivers.receipt_printer.types import Paragraph, Qr
from kiosk.centre.evidence import CardEvidence
from kiosk.papers.receipt import SlipTerms, operation_slip
from kiosk.privacy import Sensitive
from kiosk.visit.operation_steps import AwaitResult
from kiosk.words import Language
from kiosk.workshop.bench.peer import chromium
from kiosk.workshop.conformance import CheckedTerminal, CheckPlan, CheckStand
from kiosk.workshop.sandbox import personas
from tests.services.browser import NEEDS_BROWSER, SCREEN, Phone
from tests.services.script import World
from tests.ui.operation_samples import QUOTE
from tests.ui.samples import CATALOGUE
from ui.contents import AwaitResultContent
from ui.views import Look, derive

PERSON = personas.load()["P03"]
TERMS = SlipTerms(
    language=Language.ZH,
    centre="云岭市住房公积金管理中心",
    hotline="12329",
    terminal="T0001",
    holder="王*",
    now=CATALOGUE.clock,
    demo=True,
)


@pytest.fixture
def stand(here: World) -> Iterator[CheckStand]:
    plan = CheckPlan(
        terminals=tuple(
            CheckedTerminal(id=id, certificate=here.known(id)["certificate"])
            for id in ("T0001", "T0002")
        ),
        ca=here.known("T0001")["ca"],
        card=CardEvidence(
            kind="resident", name=Sensitive(PERSON.name), number=Sensitive(PERSON.number)
        ),
        levers=True,
    )
    with ExitStack() as stack:
        yield CheckStand(here.url, plan, stack)


def test_the_page_tells_business_state_and_time_and_nobody(stand: CheckStand) -> None:
    operation = stand.confirmed()
    answer = requests.get(operation.status_url, timeout=60)
    assert answer.headers["Cache-Control"] == "no-store"
    for said in (operation.title.zh, "结果确认中", "2026-01-15 10:"):
        assert said in answer.text
    secrets = (
        PERSON.name,
        PERSON.number,
        PERSON.phone,
        operation.phone,
        operation.id,
        operation.code,
        f"{operation.amount:,.2f}",
        f"{operation.amount:.2f}",
    )
    assert [secret for secret in secrets if secret in answer.text] == []
    assert operation.id not in operation.status_url
    assert operation.code not in operation.status_url
    stand.take_back(operation)
    assert '<dd id="state">已撤销</dd>' in requests.get(operation.status_url, timeout=60).text


@pytest.fixture
def handset() -> Iterator[Phone]:
    with chromium.chromium("about:blank") as process, chromium.attach(process) as browser:
        yield Phone(browser)


@NEEDS_BROWSER
def test_a_phone_shows_the_page_within_its_width(stand: CheckStand, handset: Phone) -> None:
    operation = stand.draft()
    handset.open(operation.status_url)
    assert handset.text("h1") == handset.text("#state") == "结果确认中"
    assert handset.text("#business") == operation.title.zh
    assert handset.see("document.documentElement.scrollWidth") <= SCREEN["width"]
    assert handset.see("document.querySelector('form, script')") is None


@pytest.mark.parametrize("token", ["0" * 32, "%", "%25" * 32, "_" * 32, ""])
def test_another_address_tells_nothing(here: World, token: str) -> None:
    assert requests.get(f"{here.beside}/state/{token}", timeout=60).status_code == 404


def test_every_operation_has_an_address_of_its_own(stand: CheckStand) -> None:
    one, other = stand.draft(), stand.draft()
    assert one.status_url != other.status_url
    assert stand.money.operation(other.id).status_url == other.status_url


def test_the_slip_and_the_page_of_an_unknown_result_show_the_code() -> None:
    elements = operation_slip(TERMS, QUOTE).elements
    assert Qr(QUOTE.status_url) in elements
    assert any(isinstance(each, Paragraph) and each.text == "扫码看进度" for each in elements)
    page = derive(AwaitResult(QUOTE), Look())
    assert isinstance(page, AwaitResultContent)
    assert len(page.rows) >= 21


def test_a_centre_without_such_a_page_has_no_code() -> None:
    without = QUOTE.model_copy(update={"status_url": ""})
    assert not any(isinstance(each, Qr) for each in operation_slip(TERMS, without).elements)
    page = derive(AwaitResult(without), Look())
    assert isinstance(page, AwaitResultContent)
    assert page.rows == ()
