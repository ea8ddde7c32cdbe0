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
from kiosk.workshop.sandbox.sheets import Sheet, SheetBody, SheetColumn, SheetPart, render
from tests.unit.test_sandbox_refusals import CODE, Counter

ORDER: TypeAdapter[Order] = TypeAdapter(Order)


def texts(pdf: bytes) -> list[str]:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def pages(rows: int) -> list[str]:
    """The texts of the pages of a table with so many numbered rows."""
    table = SheetPart(
        columns=(SheetColumn("期次"), SheetColumn("余额", right=True)),
        rows=tuple((f"第{n}期", "0.00") for n in range(1, rows + 1)),
        empty="没有",
    )
    sheet = Sheet(
        body=SheetBody("明细", "Rows", (table,), ("以此为准。",), framed=False),
        number="1",
        issued=date(2026, 1, 15),
        code="ABCD-2345",
        verify_url="https://verify.example/v/x",
        hotline="12329",
        centre="演示中心",
        foot="演示",
    )
    return texts(render(sheet))


@pytest.mark.parametrize("rows", [0, 2, 5, 33, 36, 39, 42, 45, 48, 51, 90])
def test_the_seal_never_stands_on_a_page_without_rows(rows: int) -> None:
    found = pages(rows)
    *_, last = found
    assert "扫码或凭验证码核验" in last
    assert (f"第{rows}期" if rows else "没有") in last
    assert [text.count("期次") for text in found] == [1] * len(found)
    whole = "".join(found)
    assert all(whole.count(f"第{n}期") == 1 for n in range(1, rows + 1))


@pytest.mark.parametrize(
    ("order", "proves"),
    [
        ({"business": "monthly-offset", "way": "sign"}, "业务已经办成。"),
        (
            {"business": "prepayment", "way": "shorter-term", "amount": "20000.00"},
            "业务已经办成；扣款时间以银行为准。",
        ),
    ],
)
def test_a_receipt_tells_of_a_payment_only_where_there_is_one(
    tmp_path: Path, order: dict[str, Any], proves: str
) -> None:
    with closing(StandInCentre(tmp_path, fixed_code=CODE)) as centre:
        at = Counter(centre, "P03")
        at.authorise()
        loan = centre.accounts.loans(at.visitor)[0].id
        draft = at.draft(ORDER.validate_python({**order, "loan": loan}))
        at.confirm(draft)
        at.desk.commit(at.terminal, draft.id)
        asked = OperationReceiptOrder(kind="operation-receipt", operation=draft.id, key="k" * 16)
        made, _new = centre.documents.make(at.visitor, asked)
        (text,) = texts(centre.documents.file(at.visitor, made.id))
    assert f"本回执仅证明上列{proves}" in text
    assert text.count("说明") == 1
    agreed = "《委托按月还贷协议》（2026-01）" in text
    assert agreed == (order["business"] == "monthly-offset")
