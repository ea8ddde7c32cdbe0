"""The steps of what needs no sign-in: the years of a loan as a chart, texts, guides."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.code_scanner.types import Code, ReadCode
from drivers.device import Kind, Request
from kiosk.calculations import PlanYear
from kiosk.centre.publication import Article, Guide
from kiosk.visit.steps import (
    OTHER,
    Action,
    DeviceStep,
    Fact,
    NotAnAnswer,
    OtherWay,
    Step,
    one_of,
)
from kiosk.words import Sayable, _


@dataclass(frozen=True, slots=True)
class ShowLoanYears(Step[str]):
    """How a loan is paid off, year by year: principal and interest of each year, the debt that is
    left, and what it comes to. ``note`` says how far the figures can be relied on. ``own``: the
    citizen's own loan, whose amounts are hidden until the citizen presses the eye."""

    title: Sayable
    lead: Sayable
    years: tuple[PlanYear, ...]
    facts: tuple[Fact, ...]
    note: Sayable
    own: bool = field(default=False, kw_only=True)
    actions: tuple[Action, ...] = field(default=(), kw_only=True)

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))


@dataclass(frozen=True, slots=True)
class ReadArticle(Step[None]):
    """A text of the centre in full, with its edition; only 返回 leads on."""

    article: Article


@dataclass(frozen=True, slots=True)
class ReadGuide(Step[str]):
    """What to bring to the counter, and ``facts``: how long it takes, where the counter is."""

    guide: Guide
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...] = field(default=(), kw_only=True)

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))


@dataclass(frozen=True, slots=True)
class ScanPaper(DeviceStep[Code]):
    """请把证明上的二维码对准扫码窗. The scanner answers. Raises :class:`OtherWay` where the citizen
    types the code instead."""

    request: Request[Code] = field(default_factory=ReadCode)
    device: Kind = field(default=Kind.CODE_SCANNER, init=False)
    seconds: float = field(default=90.0, init=False)

    def check(self, answer: object) -> Code:
        if answer == OTHER:
            raise OtherWay
        raise NotAnAnswer(_("请把证明上的二维码对准扫码窗"))
