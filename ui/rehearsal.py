"""Pages with made-up figures, drawn in the standby and shown to nobody.

Drawing a page once loads its QML types, its icons and its glyphs in every size. Without the
rehearsal, each page of a visit takes some 15 ms longer when it is first shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import cycle
from typing import Any

from drivers.device import Kind
from kiosk.centre.models import Catalogue
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, usual_menu
from kiosk.services.account import usual_page
from kiosk.services.choosing import purpose_options
from kiosk.visit.steps import (
    Action,
    Choose,
    Column,
    EnterSmsCode,
    Fact,
    Farewell,
    Headline,
    Menu,
    Option,
    PaperReady,
    PresentIdCard,
    Rate,
    ShowStatement,
    ShowTable,
    Step,
    Tab,
    Tile,
    Tone,
    amounts,
)
from kiosk.words import Month, _

_PAPER = "deposit-certificate"
"""The paper that most citizens print."""
_DAY = date(2026, 1, 1)
_MONEY = Decimal("12345.67")
_GROUPS = ("query", "paper", "withdrawal", "loan", "change")


def steps() -> Iterator[Step[Any]]:
    """A step for every page of the main job that needs no device and no document."""
    yield PresentIdCard()
    yield EnterSmsCode("138****0000", 60)
    yield Menu(
        tuple(
            Tile(s.id, _("账户查询"), _("余额、缴存、贷款"), s.icon, group=group)
            for s, group in zip(SERVICES.values(), cycle(_GROUPS), strict=False)
        )
    )
    yield _statement()
    yield _table()
    purpose = Option("purpose", _("打印证明"), icon="certificate")
    yield Choose(_("证明用来做什么？"), (purpose,) * 4, _("会写在证明上"))
    yield PaperReady(
        title=_("{paper}打好了，请取走", paper=_("缴存证明")),
        lead=_("如需凭条请按“打印凭条”，凭条上有编号和验证二维码。"),
        actions=(Action("menu", _("返回首页"), "home"),),
    )
    yield Rate(_("账户查询"))
    yield Farewell(papers=True)


def ahead(catalogue: Catalogue | None, devices: Iterable[Kind] = ()) -> Iterator[Step[Any]]:
    """A step, which says nothing of anybody, for every page that is made ahead: pages of almost
    every visit, whose buttons are known before, and which read and move nothing while they wait.
    ``devices``: those of the terminal."""
    yield EnterSmsCode("", 0)
    yield Rate("")
    if catalogue is None:
        return
    yield usual_menu(catalogue, devices)
    yield usual_page(catalogue, devices)
    for offer in catalogue.offers:
        if offer.service == _PAPER and len(offer.purposes) > 1:
            yield Choose("", purpose_options(offer))


def _statement() -> ShowStatement:
    facts = (
        Fact(_("账户状态"), "正常", Tone.GOOD),
        Fact(_("缴存单位"), "某某市某某单位"),
        *(Fact(_("月缴存额"), _("{amount} 元", amount=_MONEY)) for _fact in range(5)),
    )
    return ShowStatement(
        _("您的公积金账户"),
        facts,
        Headline(_("账户余额（元）"), Sensitive(_MONEY), _("开户日期")),
        actions=(
            Action("ledger", _("看缴存明细"), "ledger"),
            Action("deposit-certificate", _("打印证明"), "printer"),
        ),
    )


def _table() -> ShowTable:
    columns = (
        Column(_("日期")),
        Column(_("业务"), "strong"),
        Column(_("月份"), "quiet", wide=True),
        amounts(_("金额（元）"), "strong"),
        amounts(_("余额（元）"), "quiet"),
    )
    row = (_DAY, "汇缴", Month(_DAY), _MONEY, _MONEY)
    years = (str(_DAY.year), str(_DAY.year - 1))
    return ShowTable(
        _("缴存明细"),
        columns,
        (row,) * 12,
        empty=_("这一年没有记录"),
        tabs=tuple(Tab(year, _("{year} 年", year=year)) for year in years),
        tab=years[0],
    )
