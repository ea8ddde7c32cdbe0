"""网点: where it goes quickest, a ticket for the queue 取号, an appointment 预约."""

from __future__ import annotations

import secrets
from datetime import date

from drivers.device import Kind
from kiosk.centre.outlets import (
    Appointment,
    AppointmentRequest,
    Outlet,
    Slot,
    TicketRequest,
)
from kiosk.papers.receipt import appointment_slip, ticket_slip
from kiosk.services.catalogue import EVERYBODY, service
from kiosk.visit.outlet_steps import BOOK, TICKET, ChooseOutlet
from kiosk.visit.steps import SLIP, Action, Choose, Fact, Option, PaperReady, ShowStatement, Tone
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_HOME = Action(MENU, _("返回首页"), "home")
_MINE = "mine"
_OTHER_DAY = "other-day"


@service("outlets", icon="place")
def find_outlet(visit: Visit) -> None:
    outlets = visit.look_up(visit.centre.outlets.outlets)
    kept = visit.look_up(visit.centre.outlets.appointments)
    chosen = visit.ask(_where(visit, outlets, kept))
    if chosen == _MINE:
        show_appointment(visit, kept[0])
    elif chosen == _OTHER_DAY:
        make_appointment(visit, _choose_outlet(visit, outlets))
    elif chosen.startswith(TICKET):
        take_ticket(visit, chosen.removeprefix(TICKET))
    else:
        make_appointment(visit, chosen.removeprefix(BOOK))


@service("tickets", icon="place", needs=EVERYBODY)
def find_queue(visit: Visit) -> None:
    """The outlets and their queues without signing in: tickets can be had, appointments not."""
    outlets = visit.look_up(visit.centre.outlets.outlets)
    shown = tuple(each.model_copy(update={"appointments": False}) for each in outlets)
    take_ticket(visit, visit.ask(_where(visit, shown, ())).removeprefix(TICKET))


def take_ticket(visit: Visit, outlet: str) -> None:
    """Take a ticket, print it, and show its number, which is enough without the paper."""
    request = visit.once(lambda: TicketRequest(key=secrets.token_hex(16), outlet=outlet))
    ticket = visit.look_up(lambda: visit.centre.outlets.take_ticket(request))
    if visit.person is not None:  # only who has signed in can rate
        visit.count_as_done("outlets")
    no_paper = closed_by(visit.statuses(), (Kind.RECEIPT_PRINTER,))
    printed = no_paper is None and visit.print_slip(ticket_slip(visit.terms(), ticket))
    wait = _("前面 {ahead} 人，约 {minutes} 分钟", ahead=ticket.ahead, minutes=ticket.minutes)
    visit.ask(
        ShowStatement(
            _("取号成功：{number}", number=ticket.number),
            (
                Fact(_("网点"), ticket.outlet),
                Fact(_("地址"), ticket.address),
                Fact(_("排队"), wait, Tone.GOOD),
                Fact(_("请在此前到达"), f"{ticket.until:%H:%M}"),
            ),
            lead=_("请取走小票") if printed else _("请记下号码，报号码就行"),
            note=_("过号请重新取号。带上本人身份证。"),
            actions=(_HOME,),
        )
    )


def make_appointment(visit: Visit, outlet: str) -> None:
    """Choose a day and a time, and have a counter kept."""
    slots = visit.look_up(lambda: visit.centre.outlets.slots(outlet))
    days = sorted({slot.at.date() for slot in slots})
    if not days:
        visit.ask(ShowStatement(_("近期都约满了"), (), lead=_("请换一个网点"), actions=(_HOME,)))
        return
    day = visit.ask(Choose(_("哪一天去？"), tuple(_day(one, slots) for one in days)))
    times = [slot for slot in slots if slot.at.date().isoformat() == day]
    lead = _("选好就约上，随时可以取消")
    at = visit.ask(Choose(_("几点去？"), tuple(map(_time, times)), lead))
    slot = next(slot for slot in times if slot.at.isoformat() == at)
    request = AppointmentRequest(outlet=outlet, at=slot.at)
    made = visit.look_up(lambda: visit.centre.outlets.make_appointment(request))
    visit.count_as_done("outlets")
    no_slip = closed_by(visit.statuses(), (Kind.RECEIPT_PRINTER,))
    slip = Action(SLIP, _("打印凭条"), "receipt", closed=no_slip)
    page = ShowStatement(
        _("约好了"), _facts(made), note=_("请带本人身份证，提前 10 分钟到"), actions=(slip, _HOME)
    )
    if visit.ask(page) == SLIP and visit.print_slip(appointment_slip(visit.terms(), made)):
        visit.ask(PaperReady(_("凭条打好了，请取走"), _("凭条不作为证明。"), actions=(_HOME,)))


def show_appointment(visit: Visit, kept: Appointment) -> None:
    """An appointment that was made before: keep it, or give it up."""
    cancel = Action("cancel", _("取消预约"), "trash")
    if visit.ask(ShowStatement(_("我的预约"), _facts(kept), actions=(cancel, _HOME))) != "cancel":
        return
    visit.look_up(lambda: visit.centre.outlets.cancel_appointment(kept.number))
    visit.ask(ShowStatement(_("预约已取消"), (), lead=_("可以重新约"), actions=(_HOME,)))


def _where(
    visit: Visit, outlets: tuple[Outlet, ...], kept: tuple[Appointment, ...]
) -> ChooseOutlet:
    lead: Sayable = _("按路上加排队的时间排 · {time} 更新", time=f"{visit.now():%H:%M}")
    actions = []
    if any(outlet.appointments for outlet in outlets):
        actions.append(Action(_OTHER_DAY, _("约其他日期"), "calendar"))
    if kept:
        lead = _("您已约 {day} {time}，{outlet}", outlet=kept[0].outlet, **_moment(kept[0]))
        actions.insert(0, Action(_MINE, _("我的预约"), "calendar"))
    return ChooseOutlet(outlets, lead, tuple(actions))


def _choose_outlet(visit: Visit, outlets: tuple[Outlet, ...]) -> str:
    options = tuple(
        Option(outlet.id, outlet.name, outlet.address, "place")
        for outlet in outlets
        if outlet.appointments
    )
    return visit.ask(Choose(_("约哪个网点？"), options))


def _day(day: date, slots: tuple[Slot, ...]) -> Option:
    left = sum(slot.left for slot in slots if slot.at.date() == day)
    hint = _("{weekday}，还有 {count} 个号", weekday=_WEEKDAYS[day.weekday()], count=left)
    return Option(day.isoformat(), day, hint, "calendar")


def _time(slot: Slot) -> Option:
    hint = _("还有 {count} 个号", count=slot.left)
    return Option(slot.at.isoformat(), f"{slot.at:%H:%M}", hint, "clock")


def _facts(appointment: Appointment) -> tuple[Fact, ...]:
    return (
        Fact(_("时间"), _("{day} {time}", **_moment(appointment))),
        Fact(_("网点"), appointment.outlet),
        Fact(_("地址"), appointment.address),
        Fact(_("预约编号"), appointment.number),
    )


def _moment(appointment: Appointment) -> dict[str, Sayable]:
    return {"day": appointment.at.date(), "time": f"{appointment.at:%H:%M}"}


_WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
