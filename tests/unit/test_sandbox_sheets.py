"""The stand-in centre's sheets: what lies on the page of the seal, what a receipt proves."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pydantic import TypeAdapter

from kiosk.centre.document_orders import OperationReceiptOrder
from kiosk.centre.operations import Order
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.sheets import (
    Sheet,
    SheetBody,
    SheetColumn,
    SheetLine,
    SheetPart,
    render,
)
from tests.unit.test_sandbox_refusals import CODE, Counter

ORDER: TypeAdapter[Order] = TypeAdapter(Order)


def texts(pdf: bytes) -> list[str]:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def table(rows: int, heading: str = "") -> SheetPart:
    """A table with so many numbered rows."""
    return SheetPart(
        heading=heading,
        columns=(SheetColumn("期次"), SheetColumn("余额", right=True)),
        rows=tuple((f"第{n}期", "0.00") for n in range(1, rows + 1)),
        empty="没有",
    )


def pages(*parts: SheetPart) -> list[str]:
    """The texts of the pages of a sheet with these parts."""
    return texts(rendered(*parts))


def rendered(*parts: SheetPart) -> bytes:
    sheet = Sheet(
        body=SheetBody("明细", "Rows", parts, ("以此为准。",), framed=False),
        number="1",
        issued=date(2026, 1, 15),
        code="ABCD-2345",
        verify_url="https://verify.example/v/x",
        hotline="12329",
        centre="演示中心",
        foot="演示",
    )
    return render(sheet)


@pytest.mark.parametrize("rows", [0, 2, 5, 33, 36, 39, 42, 45, 48, 51, 90])
def test_the_seal_never_stands_on_a_page_without_rows(rows: int) -> None:
    found = pages(table(rows))
    *_, last = found
    assert "扫码或凭验证码核验" in last
    assert (f"第{rows}期" if rows else "没有") in last
    assert [text.count("期次") for text in found] == [1] * len(found)
    whole = "".join(found)
    assert all(whole.count(f"第{n}期") == 1 for n in range(1, rows + 1))


def filled(lines: int) -> SheetPart:
    """A part of so many lines before the last one."""
    return SheetPart(statement="\n".join(f"前{n}行" for n in range(lines)))


@pytest.mark.parametrize("lines", [18, 20, 23, 26, 29, 30, 33])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_last_table_of_few_rows_stands_with_the_seal(rows: int, lines: int) -> None:
    """All of it, with its heading and its head, wherever the page ends."""
    found = pages(filled(lines), table(rows, "欠缴的月份"))
    *before, last = found
    for said in ("欠缴的月份", "期次", f"第{rows}期" if rows else "没有", "扫码或凭验证码核验"):
        assert said in last
        assert said not in "".join(before)
    assert len(found) <= 2
    assert "前0行" in found[0]


@pytest.mark.parametrize("lines", [18, 20, 23, 26, 29, 30, 33])
def test_the_last_words_stand_with_the_seal(lines: int) -> None:
    facts = SheetPart(fields=(SheetLine("原因", "末项", wide=True),))
    for parts, end in (
        ((filled(lines),), f"前{lines - 1}行"),
        ((filled(lines), SheetPart(heading="声明", statement="末句")), "末句"),
        ((filled(lines), facts), "末项"),
    ):
        last = pages(*parts)[-1]
        assert end in last
        assert "扫码或凭验证码核验" in last


@pytest.mark.parametrize(
    ("persona", "order", "proves"),
    [
        ("P03", {"business": "monthly-offset", "way": "sign"}, "业务已经办成。"),
        ("P07", {"business": "account-merge"}, "业务已经办成。"),
        (
            "P03",
            {"business": "prepayment", "way": "shorter-term", "amount": "20000.00"},
            "业务已经办成；扣款时间以银行为准。",
        ),
    ],
)
def test_a_receipt_tells_of_a_payment_only_where_there_is_one(
    tmp_path: Path, persona: str, order: dict[str, Any], proves: str
) -> None:
    with closing(StandInCentre(tmp_path, fixed_code=CODE)) as centre:
        at = Counter(centre, persona)
        at.authorise()
        about = {
            "account": centre.accounts.accounts(at.visitor)[0].id,
            "loan": next((each.id for each in centre.accounts.loans(at.visitor)), None),
        }
        draft = at.draft(ORDER.validate_python(order | about))
        at.confirm(draft)
        at.desk.commit(at.terminal, draft.id)
        asked = OperationReceiptOrder(kind="operation-receipt", operation=draft.id, key="k" * 16)
        made, _new = centre.documents.make(at.visitor, asked)
        (text,) = texts(centre.documents.file(at.visitor, made.id))
    assert f"本回执仅证明上列{proves}" in text
    assert text.count("说明") == 1
    agreed = "《委托按月还贷协议》（2026-01）" in text
    assert agreed == (order["business"] == "monthly-offset")
