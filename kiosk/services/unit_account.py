"""单位信息: the facts of a unit's account, its employees, and what it owes."""

from __future__ import annotations

from kiosk.centre import codes
from kiosk.centre.units import Unit
from kiosk.privacy import Sensitive, mask_name
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.unit_employees import show_employees
from kiosk.services.unit_remittances import show_arrears
from kiosk.visit.steps import Action, Fact, Headline, ShowStatement, Tone
from kiosk.visit.visit import Visit
from kiosk.words import Month, _

_EMPLOYEES = Action("employees", _("职工名单"), "people")
_ARREARS = Action("arrears", _("欠缴月份"), "calendar")


@service("unit", icon="organisation", needs=Needs(unit=True))
def show_unit(visit: Visit) -> None:
    unit = acted_for(visit)
    match visit.ask(unit_statement(unit)):
        case "employees":
            show_employees(visit)
        case "arrears":
            show_arrears(visit)


def unit_statement(unit: Unit) -> ShowStatement:
    """The page of a unit: what it has to pay this month, its state and its facts."""
    late = unit.months_in_arrears
    tone = Tone.ATTENTION if late else Tone.GOOD
    return ShowStatement(
        unit.name,
        (
            Fact(_("单位状态"), codes.word("A.4", unit.status), tone),
            Fact(_("统一社会信用代码"), unit.organisation),
            Fact(_("缴存 / 封存人数"), f"{unit.people} / {unit.sealed}"),
            Fact(_("单位 / 个人比例"), f"{unit.employer_ratio:.0%} / {unit.personal_ratio:.0%}"),
            Fact(_("缴至年月"), Month(unit.paid_to) if unit.paid_to else "—"),
            Fact(_("受托银行"), unit.bank),
            Fact(_("单位地址"), unit.address),
            Fact(_("法定代表人"), mask_name(unit.representative.reveal())),
            Fact(_("开户日期"), unit.opened),
        ),
        Headline(
            _("{month}应缴（元）", month=Month(unit.month)),
            Sensitive(unit.due),
            _("截至 {day} · 单位账号 {number}", day=unit.as_of, number=unit.number),
            plain=True,
        ),
        note=_("欠缴 {months} 个月，共 {amount} 元。", months=late, amount=unit.arrears)
        if late
        else "",
        actions=(_EMPLOYEES, _ARREARS) if unit.arrears or not unit.paid else (_EMPLOYEES,),
    )
