"""A slip says what it must, in both languages and sizes, and nothing that it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.receipt_printer.encode import TextMode, encode
from drivers.receipt_printer.types import Pair, Paragraph, Qr, Slip
from kiosk.centre.models import CentreWords, Document
from kiosk.papers.receipt import SlipTerms, document_slip
from kiosk.words import Language

TERMS = SlipTerms(
    language=Language.ZH,
    centre=CentreWords(
        zh="云岭市住房公积金管理中心(演示)", en="Yunling Housing Provident Fund Centre"
    ),
    hotline="12329",
    terminal="T0001",
    holder="张*",
    now=datetime(2026, 1, 15, 10, 2, 33, tzinfo=timezone(timedelta(hours=8))),
    demo=True,
)
DOCUMENT = Document(
    id="d-1",
    number="云岭缴证〔2026〕第00000001号",
    title=CentreWords(zh="个人住房公积金缴存证明", en="Certificate of contributions"),
    pages=1,
    sha256="0" * 64,
    verification_code="ABCD-EFGH",
    verify_url="https://verify.example/v/opaque",
    valid_until=date(2026, 3, 15),
    prints_left_today=2,
)


def texts(slip: Slip) -> list[str]:
    return [each.text for each in slip.elements if isinstance(each, Paragraph)]


def facts(slip: Slip) -> dict[str, str]:
    return {each.label: each.value for each in slip.elements if isinstance(each, Pair)}


def test_what_stands_on_it() -> None:
    slip = document_slip(TERMS, DOCUMENT)
    assert facts(slip) == {
        "姓名": "张*",
        "编号": "云岭缴证〔2026〕第00000001号",
        "验证码": "ABCD-EFGH",
        "有效期至": "2026年3月15日",
        "打印时间": "2026-01-15 10:02",
        "终端编号": "T0001",
    }
    assert texts(slip)[0] == "云岭市住房公积金管理中心(演示)"
    assert "本凭条不作为证明" in texts(slip)
    assert "如有疑问请拨打 12329" in texts(slip)
    assert slip.scale == 1


def test_the_code_to_check_it_holds_the_address_and_nothing_else() -> None:
    (code,) = [each for each in document_slip(TERMS, DOCUMENT).elements if isinstance(each, Qr)]
    assert code.data == DOCUMENT.verify_url


@pytest.mark.parametrize("demo", [True, False])
def test_a_demonstration_says_so(demo: bool) -> None:
    said = texts(document_slip(replace(TERMS, demo=demo), DOCUMENT))
    assert ("演示数据 · 不作任何证明" in said) is demo


def test_in_english_the_centre_s_own_words_are_english() -> None:
    said = texts(document_slip(replace(TERMS, language=Language.EN), DOCUMENT))
    assert said[0] == "Yunling Housing Provident Fund Centre"
    assert "Certificate of contributions" in said
    assert (
        "15 Mar 2026"
        in facts(document_slip(replace(TERMS, language=Language.EN), DOCUMENT)).values()
    )


def test_large_for_elders() -> None:
    assert document_slip(replace(TERMS, large=True), DOCUMENT).scale == 2


@pytest.mark.parametrize(
    ("name", "large", "lines"),
    [
        ("云岭市住房公积金管理中心(演示)", False, ["云岭市住房公积金管理中心(演示)"]),
        ("云岭市住房公积金管理中心", True, ["云岭市", "住房公积金", "管理中心"]),
        ("延边朝鲜族自治州住房公积金管理中心", False, ["延边朝鲜族自治州", "住房公积金管理中心"]),
        (
            "克孜勒苏柯尔克孜自治州住房公积金管理中心",
            True,
            ["克孜勒苏柯尔克孜自治州", "住房公积金", "管理中心"],
        ),
    ],
)
def test_the_name_of_a_centre_breaks_between_its_words(
    name: str, large: bool, lines: list[str]
) -> None:
    terms = replace(TERMS, centre=CentreWords(zh=name, en="-"), large=large, demo=False)
    assert texts(document_slip(terms, DOCUMENT))[: len(lines)] == lines


def test_a_slip_shows_nobody_in_a_log() -> None:
    assert "张" not in repr(document_slip(TERMS, DOCUMENT))


@settings(max_examples=40, deadline=None)
@given(
    holder=st.text(max_size=30),
    number=st.text(max_size=64),
    language=st.sampled_from(Language),
    large=st.booleans(),
    width=st.sampled_from([384, 576]),
)
def test_whatever_stands_on_it_the_printer_gets_bytes(
    holder: str, number: str, language: Language, large: bool, width: int
) -> None:
    terms = replace(TERMS, holder=holder, language=language, large=large)
    slip = document_slip(terms, DOCUMENT.model_copy(update={"number": number}))
    assert encode(slip, width=width, text=TextMode.GB18030)
