"""职工名单: everybody with an account under the unit, masked as the centre masks them."""

from __future__ import annotations

from kiosk.centre import codes
from kiosk.centre.units import Employees
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.visit.steps import Cell, Column, ShowTable, Tone, amounts
from kiosk.visit.visit import Visit
from kiosk.words import Month, _

_IN_USE = "01"


@service("unit-employees", icon="people", needs=Needs(unit=True))
def show_employees(visit: Visit) -> None:
    unit = acted_for(visit)
    visit.ask(employees_table(visit.look_up(lambda: visit.centre.units.employees(unit.id))))


def employees_table(employees: Employees) -> ShowTable:
    """Everybody in the centre's order, those in use first; possibly nobody."""
    return ShowTable(
        _("职工名单"),
        (
            Column(_("姓名"), "strong"),
            Column(_("个人账号"), "quiet"),
            Column(_("状态")),
            amounts(_("缴存基数"), "quiet", wide=True),
            amounts(_("月缴存额（元）"), "strong"),
            Column(_("缴至"), "quiet", right=True, wide=True),
        ),
        tuple(
            (
                each.name,
                each.account,
                Cell(
                    codes.word("A.6", each.status),
                    Tone.GOOD if each.status == _IN_USE else Tone.ATTENTION,
                ),
                each.base,
                each.amount,
                Month(each.paid_to) if each.paid_to else "—",
            )
            for each in employees
        ),
        empty=_("单位名下没有职工账户"),
        lead=_("共 {count} 人，姓名和账号已隐去一部分", count=len(employees)),
    )
