"""The acts that take something out of service and bring it back, and that restart the terminal."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.maintenance.acts import maintenance_act
from kiosk.maintenance.home import ICONS, TITLES
from kiosk.maintenance.session import MaintenanceSession, RestartAsked
from kiosk.terminal.closures import REASONS, TERMINAL, Closed, Closures, reason_words
from kiosk.visit.steps import Choose, Confirm, Option, Tone
from kiosk.words import Sayable, _

_OF_CITIZENS = (
    Kind.ID_CARD,
    Kind.SMART_CARD,
    Kind.RECEIPT_PRINTER,
    Kind.DOCUMENT_PRINTER,
    Kind.CAMERA,
    Kind.CODE_SCANNER,
    Kind.PIN_PAD,
)
"""The devices whose want a citizen notices: only these are worth taking out of service."""
_IN_USE = _("在用")


@maintenance_act("out-of-service", title=_("停用或恢复"), icon="refused", noted=False)
def change_service(session: MaintenanceSession) -> Sayable:
    """Take the terminal, a device or a service out of service, or bring it back."""
    closures = Closures(session.state)
    closed = closures.read()
    options = _whole_and_devices(session, closed) + _services(session, closed)
    what = session.ask(
        Choose(_("停用或恢复什么？"), options, _("在用的会停用，停用的会恢复；市民会看到原因"))
    )
    title = next(option.title for option in options if option.key == what)
    if closed.reason(what):
        session.note("bring-back", what)
        closures.change(what, "", session.worker.number)
        return _("已恢复：{what}", what=title)
    reasons = tuple(Option(key, words) for key, words in REASONS.items())
    reason = session.ask(
        Choose(_("为什么停用{what}？", what=title), reasons, _("市民会看到这句话"))
    )
    session.note("take-out", what, reason)
    closures.change(what, reason, session.worker.number)
    return _("已停用：{what}（{why}）", what=title, why=reason_words(reason))


def _option(closed: Closed, what: str, title: Sayable, icon: str) -> Option:
    reason = closed.reason(what)
    if not reason:
        return Option(what, title, _IN_USE, icon, tone=Tone.GOOD)
    hint: Sayable = _("停用：{why}", why=reason_words(reason))
    if note := closed.notes.get(what):
        hint = _(
            "停用：{why}（{at} 起，工号 {number}）",
            why=reason_words(reason),
            at=f"{note.since.astimezone():%m-%d %H:%M}",
            number=note.by,
        )
    return Option(what, title, hint, icon, tone=Tone.ATTENTION)


def _whole_and_devices(session: MaintenanceSession, closed: Closed) -> tuple[Option, ...]:
    here = session.terminal.hosts
    kinds = [kind for kind in _OF_CITIZENS if kind in here or kind in closed.devices]
    return (
        _option(closed, TERMINAL, _("整台终端"), "machine"),
        *(_option(closed, kind, TITLES[kind], ICONS[kind]) for kind in kinds),
    )


def _services(session: MaintenanceSession, closed: Closed) -> tuple[Option, ...]:
    catalogue = session.terminal.offered
    offers = catalogue.offers if catalogue else ()
    offered = tuple(
        _option(closed, offer.service, offer.title, "ledger")
        for offer in offers
        if offer.open or offer.service in closed.services
    )
    # The centre offers it no more, or no catalogue has come: it can still be brought back.
    named = {offer.service for offer in offers}
    gone = tuple(
        _option(closed, service, _("服务 {service}（现在的目录里没有）", service=service), "ledger")
        for service in closed.services
        if service not in named
    )
    return offered + gone


@maintenance_act("restart", title=_("重启终端"), icon="again", noted=False)
def restart(session: MaintenanceSession) -> Sayable:
    """Restart the terminal's program; the ticket opens it again."""
    sure = session.ask(
        Confirm(
            _("重启终端？"),
            (),
            yes=_("重启"),
            no=_("不重启"),
            note=_("约半分钟后回到首页；工单没有到期的，还可以再打开"),
        )
    )
    if sure:
        session.note("restart")
        raise RestartAsked
    return ""
