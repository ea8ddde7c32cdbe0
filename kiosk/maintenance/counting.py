"""The acts about counters, the day's report, and the pictures of how to mend a printer."""

from __future__ import annotations

import secrets
from datetime import datetime

from drivers.device import Kind, Reason
from drivers.document_printer.types import ReadSupplies
from drivers.receipt_printer.types import PrintSlip
from kiosk.counters import Counted, CounterState, Tally
from kiosk.maintenance.acts import ALL_ROLES, ActFunction, maintenance_act
from kiosk.maintenance.session import MaintenanceSession
from kiosk.papers.day_report import COUNTED, day_slip
from kiosk.visit.remedies import ShowRemedy, remedy_for
from kiosk.visit.steps import Fact, PrintingSlip, ShowStatement
from kiosk.words import Sayable, _

SUPPLIES_S = 8.0


def in_short(tally: Tally) -> tuple[Fact, ...]:
    """The counters that stand on the maintenance page itself."""
    today = _(
        "{visits} 人次 · A4 {sheets} 页 · 凭条 {slips} 张",
        visits=tally.day_of(Counted.VISITS),
        sheets=tally.day_of(Counted.SHEETS),
        slips=tally.day_of(Counted.SLIPS),
    )
    return (Fact(_("今天"), today), Fact(_("本卷凭条纸"), _used(tally)))


def _used(tally: Tally) -> Sayable:
    metres = tally.of(Counted.ROLL_MM).since_reset // 1000
    slips = tally.of(Counted.SLIPS).since_reset
    return _("用了约 {metres} 米 · {slips} 张", metres=metres, slips=slips)


def in_full(tally: Tally) -> ShowStatement:
    """All counters: since the last reset where there was one, and in all."""
    facts = [Fact(name, _state(tally.of(counted))) for counted, name in COUNTED.items()]
    head_km = f"{tally.of(Counted.HEAD_MM).since_reset / 1_000_000:.2f}"
    return ShowStatement(
        _("计数"),
        (
            *facts,
            Fact(_("本卷凭条纸"), _used(tally)),
            Fact(_("凭条打印头走纸"), _("{kilometres} 公里", kilometres=head_km)),
        ),
        lead=_("从投入使用起；换纸、清空回收箱后另从那时起"),
    )


def _state(state: CounterState) -> Sayable:
    if state.reset_at is None:
        return str(state.total)
    return _("{since}（共 {total}）", since=state.since_reset, total=state.total)


@maintenance_act("counters", title=_("计数"), icon="chart", roles=ALL_ROLES, noted=False)
def show_counters(session: MaintenanceSession) -> Sayable:
    """Show all counters."""
    session.ask(in_full(session.counters.read()))
    return ""


@maintenance_act(
    "day-report",
    title=_("打印日报"),
    icon="ledger",
    device=Kind.RECEIPT_PRINTER,
    front=True,
    roles=ALL_ROLES,
)
def print_day_report(session: MaintenanceSession) -> Sayable:
    """Print what happened today, by counts."""
    now = datetime.now().astimezone()
    slip = day_slip(session.settings.terminal, session.counters.read(), now)
    session.ask(PrintingSlip(PrintSlip(secrets.token_hex(8), slip)))
    return _("日报已出纸")


def _remedy(kind: Kind) -> ActFunction:
    def show(session: MaintenanceSession) -> Sayable:
        """Of the fault that there is; without one, how to put paper in."""
        problem = session.terminal.real_statuses()[kind].problem or Reason.PAPER_OUT
        session.ask(ShowRemedy(remedy_for(kind, problem), session.settings.terminal))
        return ""

    return show


for _key, _kind in (
    ("slip-remedy", Kind.RECEIPT_PRINTER),
    ("sheet-remedy", Kind.DOCUMENT_PRINTER),
):
    maintenance_act(
        _key, title=_("看图示"), icon="info", device=_kind, roles=ALL_ROLES, noted=False
    )(_remedy(_kind))


@maintenance_act(
    "toner",
    title=_("墨粉还剩多少"),
    icon="printer",
    device=Kind.DOCUMENT_PRINTER,
    roles=ALL_ROLES,
    noted=False,
)
def show_supplies(session: MaintenanceSession) -> Sayable:
    """Show what the A4 printer tells of its toner."""
    host = session.terminal.hosts[Kind.DOCUMENT_PRINTER]
    tells = ReadSupplies in host.requests
    found = host.execute(ReadSupplies(), SUPPLIES_S) if tells else ()
    if not found:
        return _("这台打印机不说墨粉还剩多少")
    facts = (Fact(each.name, _level(each.percent)) for each in found)
    session.ask(ShowStatement(_("墨粉还剩多少"), tuple(facts)))
    return ""


def _level(percent: int | None) -> Sayable:
    return _("没有说") if percent is None else _("{percent}%", percent=percent)
