"""退休时间: the statutory month of retirement, by birth and kind of work."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kiosk.calculations import Worker, months_between, retirement_month
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import Choose, EnterNumber, Fact, Option, ShowStatement
from kiosk.visit.visit import Visit
from kiosk.words import Month, Sayable, _

_WORKERS: dict[str, tuple[Worker, Sayable, Sayable]] = {
    "man": ("man", _("男职工"), _("原来 60 岁")),
    "cadre": ("cadre", _("女职工（管理、技术岗位）"), _("原来 55 岁")),
    "worker": ("worker", _("女职工（其他岗位）"), _("原来 50 岁")),
}
OLDEST = 100
YOUNGEST = 16
"""Ages in years that the page takes."""


@service("retirement-calculator", icon="clock", needs=KEPT)
def calculate_retirement(visit: Visit) -> None:
    key = visit.ask(
        Choose(
            _("谁要退休？"),
            tuple(
                Option(key, title, hint, "id-card")
                for key, (_kind, title, hint) in _WORKERS.items()
            ),
        )
    )
    this_year = visit.now().year
    year = _ask_whole(
        visit, _("哪一年出生？"), _("出生年份"), _("年"), this_year - OLDEST, this_year - YOUNGEST
    )
    month = _ask_whole(visit, _("几月出生？"), _("出生月份"), _("月"), 1, 12)
    worker, title, _hint = _WORKERS[key]
    visit.ask(retirement_statement(worker, title, date(year, month, 1), visit.now().date()))


def _ask_whole(
    visit: Visit, title: Sayable, label: Sayable, unit: Sayable, least: int, most: int
) -> int:
    return int(
        visit.ask(
            EnterNumber(
                title,
                label,
                unit,
                least=Decimal(least),
                most=Decimal(most),
                places=0,
                whole=False,
                grouped=False,
            )
        )
    )


def retirement_statement(worker: Worker, title: Sayable, birth: date, today: date) -> ShowStatement:
    """The page of the result. What counts is the record of the social insurance, not the age."""
    retires = retirement_month(birth, worker)
    years, months = divmod(months_between(birth, retires), 12)
    left = months_between(today, retires)
    return ShowStatement(
        _("法定退休时间"),
        (
            Fact(_("谁"), title),
            Fact(_("出生年月"), Month(birth)),
            Fact(_("退休年月"), Month(retires)),
            Fact(
                _("退休年龄"),
                _("{years} 岁 {months} 个月", years=years, months=months)
                if months
                else _("{years} 岁", years=years),
            ),
            Fact(
                _("还有"),
                _span(left) if left > 0 else _("已到退休年龄"),
            ),
        ),
        note=_("可以弹性提前或延后；能不能提取，以社保的退休记录为准。仅供参考"),
    )


def _span(months: int) -> Sayable:
    if months < 12:
        return _("{months} 个月", months=months)
    return _("{years} 年 {months} 个月", years=months // 12, months=months % 12)
