"""What the papers of the stand-in centre have in common: a paper's contents, and words on many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kiosk.centre.models import CentreWords
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.sheets import SheetBody

VALID_MONTHS = 2
ELECTRONIC = "以电子签章文件为准，纸质件可扫描二维码或凭验证码核验真伪。"
_CARD_NAMES = {
    "resident": "居民身份证",
    "hmt-resident": "港澳台居民居住证",
    "foreigner-2017": "外国人永久居留身份证",
    "foreigner-2023": "外国人永久居留身份证",
}


@dataclass(frozen=True, slots=True, repr=False)
class PaperContent:
    """One paper before it is numbered, set and sealed.

    ``subject``: the number of the account, loan or operation that the paper is about. ``about``:
    what else makes it another paper, such as its years. ``unit``: the number of the unit that the
    paper is about; empty for a paper about the person. ``number``: its own number, or the name of
    its series (缴证), in which the centre counts on.
    """

    subject: str
    title: CentreWords
    body: SheetBody
    about: str = ""
    unit: str = ""
    series: str = ""
    number: str = ""
    valid_months: int | None = None


def card_name(visitor: TokenHolder) -> str:
    return _CARD_NAMES[visitor.person["card_kind"]]


def worded_month(month: date | None) -> str:
    return f"{month.year}年{month.month}月" if month else "—"


def worded(amount: Decimal) -> str:
    return f"{amount:,.2f}元"
