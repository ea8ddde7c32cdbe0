"""The check of a sealed paper is ready before the citizen asks for the paper.

Its library loads in 0.3 s, while the citizen reads the page with the button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kiosk.papers.checker import Checkers
from kiosk.visit.operation_steps import ChooseReason, ShowOutcome
from kiosk.visit.steps import Choose, Step
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import WentBack
from tests.services.script import Line, World, confirmed, titled
from tests.services.test_withdraw_and_repay import reason, serve

BACK = WentBack()
Ready = Callable[[Any], Callable[[Step[Any]], Any]]


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Ready:
    """Makes of an answer one that is given where a check is ready by then."""
    prepared: list[Checkers] = []

    def prepare(checkers: Checkers) -> None:
        prepared.append(checkers)

    monkeypatch.setattr(Checkers, "prepare", prepare)

    def answer_of(answer: Any) -> Callable[[Step[Any]], Any]:
        def answer_when_ready(step: Step[Any]) -> Any:
            assert prepared, "no check is ready"
            prepared.clear()
            return answer(step) if callable(answer) else answer

        return answer_when_ready

    return answer_of


@pytest.mark.parametrize(
    ("service", "page"),
    [
        ("deposit-certificate", titled("证明用来做什么？")),
        ("papers", titled("要打印哪一种？")),
        ("out-of-town-certificate", titled("证明出具给哪个中心？")),
    ],
)
def test_where_the_paper_is_chosen(here: World, ready: Ready, service: str, page: Any) -> None:
    here.serve("P01", service, (page, ready(BACK)))


def test_where_an_operation_has_ended_and_where_it_is_found_again(
    here: World, ready: Ready
) -> None:
    signed: tuple[Line, ...] = (
        (ChooseReason, reason("委托按月还贷")),
        (Choose, "sign"),
        (Choose, "mine"),
        *confirmed(here)[:-1],
    )
    serve(here, "P03", "monthly-offset", *signed, (ShowOutcome, ready(MENU)))
    mine: Line = (titled("我的办件"), "operation:0")
    found: Line = (titled("委托按月还贷"), ready(BACK))
    here.serve("P03", "progress", mine, found, (titled("我的办件"), BACK))
