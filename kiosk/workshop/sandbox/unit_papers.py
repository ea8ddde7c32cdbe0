"""Papers about a unit: 单位缴存证明, 单位无欠缴证明."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from kiosk.centre import codes
from kiosk.centre.document_orders import UnitCertificateOrder
from kiosk.centre.models import CentreWords
from kiosk.centre.units import Unit
from kiosk.renminbi import in_words
from kiosk.words import Language
from kiosk.workshop.sandbox.accounts import worded_day
from kiosk.workshop.sandbox.paper_words import (
    ELECTRONIC,
    VALID_MONTHS,
    PaperContent,
    worded,
    worded_month,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.sheets import SheetBody, SheetLine, SheetPart
from kiosk.workshop.sandbox.units import UnitBook

_VALID = f"本证明自出具之日起{VALID_MONTHS}个月内有效；涂改无效，不得用于担保、抵押。"


class UnitPapers:
    """Writes the papers about a unit of the visitor's; refuses what a paper cannot say."""

    def __init__(self, units: Callable[[], UnitBook]) -> None:
        """``units``: looks up units as of now."""
        self._units = units
        self._papers: Mapping[str, Callable[[Unit, date], PaperContent]] = {
            "unit-deposit-certificate": _deposits,
            "unit-clear-certificate": _nothing_owed,
        }

    def paper(self, visitor: TokenHolder, order: UnitCertificateOrder, today: date) -> PaperContent:
        """Refuses not-found, unit-owes (a certificate that nothing is owed)."""
        book = self._units()
        number = book.find(visitor, order.unit)["number"]
        unit = next(unit for unit in book.units(visitor) if unit.number == number)
        return self._papers[order.kind](unit, today)


def _deposits(unit: Unit, today: date) -> PaperContent:
    status = codes.word("A.4", unit.status).say(Language.ZH)
    late = unit.months_in_arrears
    return PaperContent(
        subject=unit.number,
        unit=unit.number,
        title=CentreWords(
            zh="单位住房公积金缴存证明", en="Certificate of an employer's contributions"
        ),
        series="单证",
        valid_months=VALID_MONTHS,
        body=SheetBody(
            title="单位住房公积金缴存证明",
            title_en="Certificate of an Employer's Housing Provident Fund Contributions",
            parts=(
                SheetPart(
                    statement=f"兹证明，截至{worded_day(today)}，"
                    "下列单位在本中心为职工缴存住房公积金的情况如下：",
                    fields=(
                        *_head(unit),
                        SheetLine("单位状态", status),
                        SheetLine("受托银行", unit.bank),
                        SheetLine("缴存人数", f"{unit.people}人"),
                        SheetLine("封存人数", f"{unit.sealed}人"),
                        SheetLine(
                            "缴存比例",
                            f"单位{unit.employer_ratio:.0%} · 个人{unit.personal_ratio:.0%}",
                        ),
                        SheetLine("缴至年月", worded_month(unit.paid_to)),
                        SheetLine(
                            "月应缴额",
                            f"¥ {unit.due:,.2f}",
                            f"人民币{in_words(unit.due)}",
                            wide=True,
                            strong=True,
                        ),
                        SheetLine(
                            "欠缴情况",
                            f"欠缴{late}个月，共{worded(unit.arrears)}" if late else "无欠缴",
                            wide=True,
                            alert=bool(late),
                        ),
                    ),
                ),
            ),
            notes=(_VALID, ELECTRONIC),
        ),
    )


def _nothing_owed(unit: Unit, today: date) -> PaperContent:
    """Refuses unit-owes."""
    if unit.months_in_arrears:
        raise Refused("unit-owes", months=unit.months_in_arrears, amount=f"{unit.arrears:,.2f}")
    return PaperContent(
        subject=unit.number,
        unit=unit.number,
        title=CentreWords(
            zh="单位无欠缴证明", en="Certificate that an employer owes no contributions"
        ),
        series="单无欠",
        valid_months=VALID_MONTHS,
        body=SheetBody(
            title="单位住房公积金无欠缴证明",
            title_en="Certificate That an Employer Owes No Contributions",
            parts=(
                SheetPart(
                    statement=f"兹证明，截至{worded_day(today)}，"
                    f"{unit.name}已为其职工足额缴存住房公积金，在本中心没有欠缴记录。",
                    fields=(
                        *_head(unit),
                        SheetLine("缴存人数", f"{unit.people}人"),
                        SheetLine("缴至年月", worded_month(unit.paid_to), strong=True),
                    ),
                ),
            ),
            notes=(
                "本证明说明出具之日前各月的缴存情况；当月的汇缴以单位发薪日为准。",
                _VALID,
                ELECTRONIC,
            ),
        ),
    )


def _head(unit: Unit) -> tuple[SheetLine, ...]:
    return (
        SheetLine("单位名称", unit.name, wide=True),
        SheetLine("单位账号", unit.number),
        SheetLine("统一社会信用代码", unit.organisation),
        SheetLine("单位地址", unit.address, wide=True),
        SheetLine("开户日期", worded_day(unit.opened), wide=True),
    )
