"""The acts after paper was changed, a bin emptied, a head replaced; and the reset of a device."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.counters import BIN_EMPTIED, HEAD_CHANGED, ROLL_CHANGED
from kiosk.maintenance.acts import ALL_ROLES, ActFunction, maintenance_act
from kiosk.maintenance.session import MaintenanceSession
from kiosk.words import Sayable, _


@maintenance_act(
    "roll-changed",
    title=_("已换凭条纸卷"),
    icon="receipt",
    device=Kind.RECEIPT_PRINTER,
    roles=ALL_ROLES,
)
def paper_changed(session: MaintenanceSession) -> Sayable:
    """The roll is new: what is counted of it begins anew."""
    session.counters.reset(ROLL_CHANGED)
    return _("已记下：凭条纸卷是新的")


@maintenance_act(
    "bin-emptied",
    title=_("已清空回收箱"),
    icon="trash",
    device=Kind.RECEIPT_PRINTER,
    roles=ALL_ROLES,
)
def bin_emptied(session: MaintenanceSession) -> Sayable:
    """The retract bin is empty: what is counted of it begins anew."""
    session.counters.reset(BIN_EMPTIED)
    return _("已记下：回收箱是空的")


@maintenance_act("head-changed", title=_("已换打印头"), icon="change", device=Kind.RECEIPT_PRINTER)
def head_changed(session: MaintenanceSession) -> Sayable:
    """The head is new: its kilometres begin anew."""
    session.counters.reset(HEAD_CHANGED)
    return _("已记下：打印头是新的")


def _reset(kind: Kind) -> ActFunction:
    def run(session: MaintenanceSession) -> Sayable:
        session.terminal.hosts[kind].reset()
        return _("已复位，请看它的状态")

    return run


for _kind in Kind:
    if _kind is Kind.VENDOR_MODE:
        # It has nothing to reset, and its host nearly always waits for the next change of the mode,
        # longer than a reset waits for its turn: a well machine would be told as a fault.
        continue
    _word = _kind.replace("_", "-")
    maintenance_act(f"reset-{_word}", title=_("复位"), icon="again", device=_kind)(_reset(_kind))
