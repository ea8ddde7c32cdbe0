"""The words of the attract page: the poster has them before any step can be imported."""

from __future__ import annotations

from kiosk.words import _

LINES = (_("查公积金"), _("看贷款还款"), _("打缴存证明"))
LEAD = _("带上本人身份证，一般两分钟办完")
START = _("触摸屏幕开始")
PUBLIC = _("不登录也能办")
NAMELESS = _("住房公积金")
"""Stands for the centre's name until the terminal knows it."""


def unstopped(said: str) -> str:
    """A notice or a bulletin as it stands in a line of its own: without a full stop at the end."""
    return said.rstrip("。.")
