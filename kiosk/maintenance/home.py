"""What the maintenance page says: what is to be done first, the devices, the acts."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Kind, Media, State, Status, Supply
from drivers.sentence import joined
from kiosk.centre.roster import StaffRole
from kiosk.counters import OpenFault
from kiosk.maintenance.acts import MaintenanceAct
from kiosk.maintenance.counting import in_short
from kiosk.maintenance.session import MaintenanceSession
from kiosk.terminal.closures import Closed, Closures, reason_words
from kiosk.visit.maintenance_steps import DeviceCard, MaintenanceHome, Todo
from kiosk.visit.steps import Action, Tone
from kiosk.visit.troubles import NOUNS, device_words
from kiosk.words import Sayable, Text, _

ICONS: Mapping[Kind, str] = {
    Kind.ID_CARD: "id-card",
    Kind.SMART_CARD: "slot",
    Kind.RECEIPT_PRINTER: "receipt",
    Kind.DOCUMENT_PRINTER: "printer",
    Kind.CAMERA: "camera",
    Kind.CODE_SCANNER: "scan",
    Kind.PIN_PAD: "keypad",
    Kind.LIGHTS: "eye",
    Kind.SENSORS: "people",
    Kind.SPEAKER: "speaker",
    Kind.VENDOR_MODE: "machine",
}
TITLES: Mapping[Kind, Sayable] = {**NOUNS, Kind.SMART_CARD: _("插卡口")}
"""What each device is called here, in a few words."""
ROLE_WORDS: Mapping[StaffRole, Text] = {
    StaffRole.TECHNICIAN: _("维护人员"),
    StaffRole.ATTENDANT: _("值守人员"),
}
_WORST = {Tone.BAD: 0, Tone.ATTENTION: 1, Tone.PLAIN: 2, Tone.GOOD: 3}


def home(session: MaintenanceSession, said: Sayable = "") -> MaintenanceHome:
    """The page as the devices are now; ``said``: what the last act came to."""
    statuses = session.terminal.real_statuses()
    closed = Closures(session.state).read()
    tally = session.counters.read()
    cards = tuple(
        _card(kind, status, closed.devices.get(kind, ""), tally.open.get(kind))
        for kind, status in statuses.items()
    )
    opened_by = session.opened_by
    terminal = session.settings.terminal
    worker = session.worker
    heading: Sayable = _("维护 · 终端 {terminal}", terminal=terminal)
    who: Sayable = _(
        "{role} {name}（工号 {number}）",
        role=ROLE_WORDS[worker.role],
        name=worker.name,
        number=worker.number,
    )
    if opened_by.order:
        who = _(
            "工单 {order} · {name}（工号 {number}）",
            order=opened_by.order,
            name=worker.name,
            number=worker.number,
        )
    return MaintenanceHome(
        session.over,
        renew=lambda: home(session, said),
        heading=heading,
        who=who,
        todo=todo(statuses, closed),
        devices=cards,
        counters=in_short(tally),
        acts=actions(session, session.acts(lambda act: act.device is None or act.front)),
        said=said,
        lasts_s=session.lasts_s,
        since=session.since,
    )


def actions(session: MaintenanceSession, acts: tuple[MaintenanceAct, ...]) -> tuple[Action, ...]:
    """The buttons of ``acts``."""
    return tuple(Action(act.key, act.title, act.icon, act.closed(session)) for act in acts)


def todo(statuses: Mapping[Kind, Status], closed: Closed) -> tuple[Todo, ...]:
    """What is to be done, the worst first; at last, what waits to be brought back into service."""
    found = [
        Todo(device_words(kind, status), joined("; ", status.detail, status.mend), tone, kind)
        for kind, status in statuses.items()
        if (tone := tone_of(status)) is Tone.BAD
    ]
    found += [
        Todo(_("{device}纸快用完了", device=NOUNS[kind]), status.mend, Tone.ATTENTION, kind)
        for kind, status in statuses.items()
        if tone_of(status) is Tone.ATTENTION and status.paper is Supply.LOW
    ]
    found += [
        Todo(_("{what}停用：{why}", what=TITLES[kind], why=reason_words(why)), "", Tone.PLAIN, kind)
        for kind, why in closed.devices.items()
    ]
    if closed.terminal:
        found.append(
            Todo(_("整台终端停用：{why}", why=reason_words(closed.terminal)), "", Tone.PLAIN)
        )
    if closed.services:
        found.append(Todo(_("{count} 项服务停用", count=len(closed.services)), "", Tone.PLAIN))
    return tuple(sorted(found, key=lambda each: _WORST[each.tone]))


def tone_of(status: Status) -> Tone:
    """How the state of a device counts."""
    if status.state is State.STARTING and status.problem is None:
        return Tone.PLAIN
    if not status.usable:
        return Tone.BAD
    return Tone.ATTENTION if status.paper is Supply.LOW else Tone.GOOD


def _card(kind: Kind, status: Status, closed: str, fault: OpenFault | None) -> DeviceCard:
    if closed:
        why = reason_words(closed)
        return DeviceCard(kind, TITLES[kind], ICONS[kind], _("已停用"), Tone.ATTENTION, why)
    tone = tone_of(status)
    line = _line(status)
    if fault and tone is Tone.BAD:
        since = since_words(fault)
        line = _("{line}（{since}）", line=line, since=since) if line else since
    return DeviceCard(kind, TITLES[kind], ICONS[kind], state_word(status), tone, line)


def since_words(fault: OpenFault) -> Sayable:
    """Since when a device has its fault, by this terminal's clock."""
    return _("{at} 起", at=f"{fault.since.astimezone():%m-%d %H:%M}")


def state_word(status: Status) -> Sayable:
    """The state of a device in a word."""
    return {
        Tone.PLAIN: _("正在启动"),
        Tone.BAD: _("要处理"),
        Tone.ATTENTION: _("纸将尽"),
        Tone.GOOD: _("正常"),
    }[tone_of(status)]


def _line(status: Status) -> Sayable:
    if status.detail:
        return status.detail
    if status.media is Media.PRESENT:
        return _("里面有卡或纸")
    return ""
