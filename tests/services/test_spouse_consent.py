"""委托按月还贷 with the spouse's account: the code, the wait, the way on at another terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from drivers.device import Deadline
from kiosk.visit.operation_steps import (
    CODE_OVER,
    LATER,
    AwaitConsent,
    ChooseReason,
    ConfirmOperation,
)
from kiosk.visit.steps import Choose, Menu, Problem, ShowStatement
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.money import DirectCommitLine
from tests.services.script import Line, Played, World, action, confirmed, facts, option, titled

BACK = WentBack()
BOTH: tuple[Line, ...] = (
    (ChooseReason, lambda step: step.can[-1].key),
    (Choose, "sign"),
    (Choose, "both"),
)
LIST = titled("我的办件")
MINE: Line = (LIST, option("委托按月还贷"))


def serve(here: World, service: str, *lines: Line, **options: Any) -> Played:
    return here.serve("P03", service, *lines, committer=DirectCommitLine(here), **options)


def answers(here: World, url: str, *, agrees: bool = True) -> None:
    """S1 scans the code and answers."""
    form = {"person": "S1", "password": "223344", "answer": "yes" if agrees else "no"}
    assert here._http.post(url, data=form, timeout=60).ok


def spouse(here: World, *, agrees: bool = True) -> Callable[[Any], Any]:
    """S1 answers the code on the screen."""

    def scan(step: Any) -> Any:
        assert isinstance(step, AwaitConsent)
        assert step.poll() is None
        answers(here, step.content.reveal(), agrees=agrees)
        return step.poll()

    return scan


def codes(played: Played) -> list[str]:
    return [s.content.reveal() for s in played.script.steps if isinstance(s, AwaitConsent)]


def test_the_spouse_agrees_beside_the_terminal_and_the_applicant_confirms_last(
    here: World,
) -> None:
    played = serve(here, "monthly-offset", *BOTH, (AwaitConsent, spouse(here)), *confirmed(here))
    assert played.last(AwaitConsent).operation.consent_of == "何*"
    assert "何*" in say(played.last(Choose).options[1].hint, Language.ZH)
    assert "先扣您的账户" in played.last(ConfirmOperation).operation.effects[0].zh


def test_it_goes_on_at_another_terminal_through_my_requests(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(here, "monthly-offset", *BOTH, (AwaitConsent, LATER), unrated=True)
    go_on: Line = (ShowStatement, action("go-on"))
    played = serve(here, "progress", MINE, go_on, (AwaitConsent, LATER), unrated=True)
    said = facts(played.last(ShowStatement))
    assert (said["状态"], said["要谁同意"]) == ("待同意", "何*")
    answers(here, codes(played)[-1])
    monkeypatch.setattr(here, "settings", msgspec.structs.replace(here.settings, terminal="T0002"))
    line = DirectCommitLine(here, "T0002")
    played = here.serve("P03", "progress", MINE, go_on, *confirmed(here), committer=line)
    assert facts(played.last(ShowStatement))["状态"] == "配偶已同意，等您确认"


NOT_FINISHED = titled("您有一份签约还没办完")


def test_a_new_agreement_asks_before_the_one_that_waits_becomes_void(here: World) -> None:
    serve(here, "monthly-offset", *BOTH, (AwaitConsent, LATER), unrated=True)
    lines = ((NOT_FINISHED, "anew"), *BOTH, (AwaitConsent, LATER))
    played = serve(here, "monthly-offset", *lines, unrated=True)
    asked = next(step for step in played.script.steps if isinstance(step, Choose))
    assert say(asked.options[0].hint, Language.ZH) == "待同意"
    states = [each["state"] for each in here.ask("GET", "/operations")]
    assert sorted(states) == ["awaiting-consent", "superseded"]


def test_the_agreement_that_waits_goes_on_where_it_was(here: World) -> None:
    serve(here, "monthly-offset", *BOTH, (AwaitConsent, LATER), unrated=True)
    go_on: tuple[Line, ...] = ((NOT_FINISHED, "go-on"), (ShowStatement, action("go-on")))
    lines = (*go_on, (AwaitConsent, spouse(here)), *confirmed(here))
    serve(here, "monthly-offset", *lines)
    assert [each["state"] for each in here.ask("GET", "/operations")] == ["done"]


def test_who_goes_back_finds_the_same_draft(here: World) -> None:
    back: tuple[Line, ...] = ((AwaitConsent, BACK), (Choose, "both"))
    lines = (*BOTH, *back, (AwaitConsent, spouse(here)), *confirmed(here))
    serve(here, "monthly-offset", *lines)
    assert len(here.ask("GET", "/operations")) == 1


def test_a_code_whose_time_has_passed_is_followed_by_a_new_one(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(step: Any) -> Any:
        assert isinstance(step, AwaitConsent)
        with monkeypatch.context() as later:
            later.setattr(Deadline, "passed", lambda _: True)
            assert step.poll() == CODE_OVER
        return CODE_OVER

    lines: tuple[Line, ...] = ((AwaitConsent, late), (AwaitConsent, LATER))
    played = serve(here, "monthly-offset", *BOTH, *lines, unrated=True)
    assert len(set(codes(played))) == 2


def test_who_declines_ends_it_and_the_page_says_so(here: World) -> None:
    no: Line = (AwaitConsent, spouse(here, agrees=False))
    played = serve(here, "monthly-offset", *BOTH, no, (Problem, MENU), unrated=True)
    page = played.last(Problem)
    assert say(page.title, Language.ZH) == "没有办成，什么都没有变"
    assert "配偶没有同意" in say(page.lead, Language.ZH)


def test_it_is_taken_back_while_it_waits(here: World) -> None:
    serve(here, "monthly-offset", *BOTH, (AwaitConsent, LATER), unrated=True)
    cancel: tuple[Line, ...] = (MINE, (ShowStatement, action("cancel")), (Problem, MENU))
    again: tuple[Line, ...] = ((Menu, "progress"), MINE, (ShowStatement, BACK), (LIST, BACK))
    played = serve(here, "progress", *cancel, *again)
    assert facts(played.last(ShowStatement))["状态"] == "已撤销"


def test_while_no_operation_may_begin_the_way_on_is_closed(here: World) -> None:
    serve(here, "monthly-offset", *BOTH, (AwaitConsent, LATER), unrated=True)
    lines: tuple[Line, ...] = (MINE, (ShowStatement, BACK), (LIST, BACK))
    played = here.serve("P03", "progress", *lines)
    closed = {each.key: each.closed for each in played.last(ShowStatement).actions}
    assert say(closed["go-on"] or "", Language.ZH) == "正在核对上一笔业务"
