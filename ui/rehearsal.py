"""Pages with made-up figures, drawn in the standby and shown to nobody.

What a page needs for its first time, it then has: its types, its icons, its letters in every size.
Without, each page of a visit takes some 15 ms longer when it first comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from kiosk.centre.models import Account, Ledger, LedgerEntry
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES
from kiosk.visit.steps import (
    Action,
    Choose,
    EnterSmsCode,
    Farewell,
    Menu,
    Option,
    PaperReady,
    PresentIdCard,
    Rate,
    ShowAccount,
    ShowLedger,
    Step,
    Tile,
)
from kiosk.words import _

_DAY = date(2026, 1, 1)
_MONEY = Decimal("12345.67")
_EMPLOYER = "某某市某某单位"


def steps() -> Iterator[Step[Any]]:
    """One of every page of the main job that needs no device and no document."""
    ways = (
        Action("ledger", _("看缴存明细"), "ledger"),
        Action("deposit-certificate", _("打印证明"), "printer"),
    )
    yield PresentIdCard()
    yield EnterSmsCode("138****0000", 60)
    yield Menu(
        tuple(Tile(s.id, _("账户查询"), _("余额、缴存、贷款"), s.icon) for s in SERVICES.values())
    )
    yield ShowAccount(account=_account(), actions=ways)
    yield ShowLedger(_ledger())
    purpose = Option("purpose", _("打印证明"), icon="certificate")
    yield Choose(_("证明用来做什么？"), (purpose,) * 4, _("会写在证明上"))
    yield PaperReady(
        title=_("证明打好了，请取走"),
        lead=_("需要凭条的话，上面有证明编号和验证二维码。"),
        actions=(Action("menu", _("返回首页"), "home"),),
    )
    yield Rate(_("账户查询"))
    yield Farewell(papers=True)


def _account() -> Account:
    return Account(
        id="0",
        number=Sensitive("0123456789"),
        status="01",
        opened=_DAY,
        balance=Sensitive(_MONEY),
        base=_MONEY,
        personal_amount=_MONEY,
        employer_amount=_MONEY,
        personal_ratio=Decimal("0.12"),
        employer_ratio=Decimal("0.12"),
        employer=_EMPLOYER,
        employer_number="0",
        employer_status="01",
        paid_to=_DAY,
        continuous_months=12,
        as_of=_DAY,
    )


def _ledger() -> Ledger:
    entry = LedgerEntry(booked=_DAY, kind="01", amount=_MONEY, balance=_MONEY, serial="0")
    return Ledger(
        year=_DAY.year,
        years=(_DAY.year, _DAY.year - 1),
        entries=(entry,) * 12,
        paid_in=_MONEY,
        interest=_MONEY,
        withdrawn=_MONEY,
    )
