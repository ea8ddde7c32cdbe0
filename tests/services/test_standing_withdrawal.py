"""约定提取 at the stand-in centre: set, changed, ended; refused to who cannot withdraw for rent."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from kiosk.centre.errors import CentreUnavailable
from kiosk.centre.operations import Eligibility, Operation
from kiosk.operation import Business
from kiosk.services.standing_withdrawal import way_page
from kiosk.visit.operation_steps import ChooseReason, ConfirmOperation, ShowOutcome
from kiosk.visit.steps import Choose, Confirm, EnterNumber, Menu, Problem
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.money import DirectCommitLine
from tests.services.script import Line, Played, World, confirmed, option

BACK = WentBack()
AGREED: Line = (Confirm, "yes")
ACCOUNT: Line = (ChooseReason, lambda step: step.can[0].key)
SERVICE = "standing-withdrawal"


def serve(here: World, persona: str, *lines: Line, **options: Any) -> Played:
    line = DirectCommitLine(here)
    return here.serve(persona, SERVICE, AGREED, *lines, committer=line, **options)


def set_to(here: World, amount: str) -> Operation:
    """P01 has agreed on ``amount`` a month: the quote."""
    played = serve(here, "P01", ACCOUNT, (EnterNumber, amount), *confirmed(here))
    return played.last(ConfirmOperation).operation


def test_p01_sets_changes_and_ends_it(here: World) -> None:
    quote = set_to(here, "1200")
    assert (quote.amount, quote.balance_before, quote.arrives) == (D("1200.00"), None, None)
    assert "从2026年1月起，每月20日转1,200.00元" in quote.effects[0].zh
    assert quote.texts[0].id == "standing-withdrawal"

    change: tuple[Line, ...] = ((Choose, option("变更金额")), (EnterNumber, "1500"))
    changed = serve(here, "P01", ACCOUNT, *change, *confirmed(here))
    assert say(changed.last(Choose).lead, Language.ZH) == "现在每月提取 1,200.00 元"
    quote = changed.last(ConfirmOperation).operation
    assert quote.amount == D("1500.00")
    assert "（原来1,200.00元）" in quote.effects[0].zh
    assert say(changed.last(ShowOutcome).title, Language.ZH) == "变更约定提取已办成"

    ended = serve(here, "P01", ACCOUNT, (Choose, option("取消约定")), *confirmed(here))
    assert ended.last(ShowOutcome).amount is None
    assert say(ended.last(ShowOutcome).title, Language.ZH) == "取消约定提取已办成"
    serve(here, "P01", ACCOUNT, (EnterNumber, BACK), (ChooseReason, BACK), (Confirm, BACK))
    assert here.ask("GET", "/movements") == [], "no money moves with the agreement"


def test_a_centre_that_names_nothing_to_be_done_talks_nonsense() -> None:
    terms = Eligibility(business=Business.STANDING_WITHDRAWAL, can=True, ways=("pause",))
    with pytest.raises(CentreUnavailable):
        way_page(terms)


def test_no_more_can_be_agreed_on_than_the_centre_allows(here: World) -> None:
    played = serve(here, "P01", ACCOUNT, (EnterNumber, BACK), (ChooseReason, BACK), (Confirm, BACK))
    page = played.last(EnterNumber)
    assert (page.least, page.most) == (D("100.00"), D("1500.00"))


def test_while_it_is_set_nothing_else_can_be_had_for_rent(here: World) -> None:
    set_to(here, "1000")
    lines: tuple[Line, ...] = (AGREED, (ChooseReason, BACK), (Confirm, BACK))
    played = here.serve("P01", "withdraw", *lines, committer=DirectCommitLine(here))
    (rent,) = [e for e in played.last(ChooseReason).cannot if say(e.title, Language.ZH) == "租房"]
    assert "已约定每月提取" in say(rent.hint, Language.ZH)


@pytest.mark.parametrize(("persona", "why"), [("P03", "公积金贷款"), ("P06", "有住房")])
def test_who_may_not_withdraw_for_rent_is_told_why(here: World, persona: str, why: str) -> None:
    cannot: Line = (ChooseReason, lambda step: step.cannot[0].key)
    back: tuple[Line, ...] = ((Problem, BACK), (ChooseReason, BACK), (Confirm, BACK))
    played = serve(here, persona, cannot, *back)
    assert why in say(played.last(Problem).lead, Language.ZH)


def test_it_stands_under_my_requests(here: World) -> None:
    quote: tuple[Line, ...] = (ACCOUNT, (EnterNumber, "800"), *confirmed(here))
    look: tuple[Line, ...] = ((Menu, "progress"), (Choose, BACK))
    played = serve(here, "P01", *quote, *look)
    assert say(played.last(Choose).options[0].hint, Language.ZH) == "已办成 · 2026年1月15日"
