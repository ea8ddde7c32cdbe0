"""What an agent applies for: choose, try, confirm, and what menu and lists say afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk.visit.operation_steps import CONFIRM, ChooseReason, ConfirmOperation, ShowOutcome
from kiosk.visit.steps import (
    Attract,
    Choose,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    NotAnAnswer,
    Problem,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.unit_steps import ChooseEmployees, Pick, PresentEmployeeCard, UnitMenu
from kiosk.words import Language, say
from tests.services.money import DirectCommitLine
from tests.services.script import (
    LEAVE,
    Line,
    Played,
    World,
    action,
    card,
    column,
    facts,
    option,
)
from tests.services.test_units import AWAY, BACK, BUILDERS, TRADE, acting

GO_ON: Line = (ShowStatement, action("go-on"))
AGREE: Line = (ConfirmOperation, CONFIRM)
DONE: Line = (ShowOutcome, "menu")


def applies(here: World, unit: str, *lines: Line, **options: Any) -> Played:
    """The agent goes through ``lines`` in the menu of ``unit``, with a committer."""
    return acting(here, unit, *lines, committer=DirectCommitLine(here), **options)


def fails(here: World, unit: str, *lines: Line) -> str:
    """What the page of trouble says that ``lines`` lead to."""
    played = here.play(
        *here.signed_in("A1"),
        (Choose, option(unit)),
        *lines,
        (Problem, MENU),
        LEAVE,
        AWAY[-1],
        committer=DirectCommitLine(here),
    )
    return say(played.last(Problem).title, Language.ZH)


def named(*names: str) -> Any:
    """Tick those whose titles begin so."""

    def choose(step: ChooseEmployees) -> str:
        keys = {say(pick.title, Language.ZH): pick.key for pick in step.picks}
        return ",".join(keys[name] for name in names)

    return choose


def confirmed(here: World) -> tuple[Line, ...]:
    return (GO_ON, AGREE, (EnterSmsCode, here.code), DONE)


# -- 封存、启封 -----------------------------------------------------------------------------------


def test_two_are_sealed_and_stand_as_sealed_in_the_list(here: World) -> None:
    played = applies(
        here,
        BUILDERS,
        (UnitMenu, "unit-people"),
        (Choose, "seal"),
        (ChooseEmployees, named("孙*", "冯*")),
        *confirmed(here),
        (UnitMenu, "unit-employees"),
        (ShowTable, BACK),
    )
    assert facts(played.script.last(ShowStatement))["办理后月缴存额"] == "2,400.00 元"
    menu = played.last(UnitMenu)
    assert (menu.unit.people, menu.unit.sealed, str(menu.unit.due)) == (1, 2, "5928.00")
    said = [say(value, Language.ZH) for value in column(played.last(ShowTable), "状态")]  # type: ignore[arg-type]
    assert said == ["正常", "封存", "封存"]


def test_who_returns_is_unsealed(here: World) -> None:
    played = applies(
        here,
        TRADE,
        (UnitMenu, "unit-people"),
        (Choose, "unseal"),
        (ChooseEmployees, named("李*")),
        *confirmed(here),
    )
    page = played.last(ChooseEmployees)
    closed = {say(each.title, Language.ZH): each.closed for each in page.picks}
    assert closed["李*"] is None
    assert closed["吴*"] is not None
    assert "别的单位" in say(closed["吴*"], Language.ZH)
    assert (played.last(UnitMenu).unit.people, played.last(UnitMenu).unit.sealed) == (2, 1)


def test_nobody_can_be_sealed_while_the_months_are_unpaid(here: World) -> None:
    lines: tuple[Line, ...] = ((UnitMenu, "unit-people"), (Choose, "seal"))
    assert fails(here, TRADE, *lines) == "现在没有可以选的职工"


def test_nobody_is_sealed_whom_a_unit_does_not_have(here: World) -> None:
    lines: tuple[Line, ...] = ((UnitMenu, "unit-people"), (Choose, "unseal"))
    assert fails(here, BUILDERS, *lines) == "现在没有可以选的职工"


@pytest.mark.parametrize("answer", ["", "a,a", "a,b", "b", "c", None])
def test_answers_that_choose_nobody(answer: object) -> None:
    page = ChooseEmployees("", "", (Pick("a", "王*"), Pick("b", "孙*", closed="no")), 1)
    with pytest.raises(NotAnAnswer):
        page.check(answer)


def test_more_than_the_centre_takes_at_once_are_no_answer() -> None:
    page = ChooseEmployees("", "", (Pick("a", "王*"), Pick("b", "孙*")), 1)
    assert page.check("a") == ("a",)
    with pytest.raises(NotAnAnswer, match="最多"):
        page.check("a,b")


# -- 职工开户 -------------------------------------------------------------------------------------


def enrols(here: World, answer: Any, *lines: Line) -> tuple[Line, ...]:
    return (
        (UnitMenu, "unit-people"),
        (Choose, "enrol"),
        (PresentEmployeeCard, answer),
        *lines,
    )


def test_a_newcomers_own_card_gets_an_account(here: World) -> None:
    lines = enrols(here, card("P14"), (EnterNumber, "5000"))
    played = applies(here, BUILDERS, *lines, *confirmed(here))
    number = played.last(EnterNumber)
    assert say(number.title, Language.ZH) == "褚* 的缴存基数是多少？"
    assert (str(number.least), str(number.most)) == ("2200.00", "28000.00")
    assert played.last(UnitMenu).unit.people == 4
    assert "褚婷" not in "".join(map(repr, played.script.steps))
    assert "990101200109051141" not in "".join(map(repr, played.script.steps))


@pytest.mark.parametrize(("persona", "said"), [("P13", "有效期"), ("P01", "已经有")])
def test_a_card_that_gets_no_account(here: World, persona: str, said: str) -> None:
    lines = enrols(here, card(persona), (EnterNumber, "5000"))
    assert said in fails(here, BUILDERS, *lines)


# -- 比例、基数、汇缴 -----------------------------------------------------------------------------


def test_the_ratio_becomes_ten_per_cent_with_the_promise_of_a_resolution(here: World) -> None:
    played = applies(
        here,
        BUILDERS,
        (UnitMenu, "unit-ratio"),
        (EnterNumber, "10"),
        (EnterNumber, "10"),
        *confirmed(here),
    )
    (text,) = played.last(ConfirmOperation).operation.texts
    assert text.title.zh == "决议承诺书"
    assert str(played.last(UnitMenu).unit.employer_ratio) == "0.10"
    again: Line = (UnitMenu, "unit-ratio")
    assert "2027-01-15" in fails(here, BUILDERS, again)


def test_bases_are_closed_but_in_july(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit"), (ShowStatement, BACK))
    tile = next(each for each in played.last(UnitMenu).tiles if each.service == "unit-base")
    assert tile.closed is not None
    assert say(tile.closed, Language.ZH) == "每年 7 月办理"


def test_each_chosen_employee_gets_a_new_base(here: World) -> None:
    here.ask("PUT", "/offers/unit-base", {"open": True})
    played = applies(
        here,
        BUILDERS,
        (UnitMenu, "unit-base"),
        (ChooseEmployees, named("王*", "孙*")),
        (EnterNumber, "8000"),
        (EnterNumber, "12000"),
        *confirmed(here),
        (UnitMenu, "unit-employees"),
        (ShowTable, BACK),
    )
    assert facts(played.script.last(ShowStatement))["孙*"] == "1,920.00 元"
    table = played.last(ShowTable)
    assert list(map(str, column(table, "缴存基数"))) == ["8000.00", "7200.00", "12000.00"]


def test_the_month_is_paid_after_the_arrears(here: World) -> None:
    played = applies(
        here,
        TRADE,
        (UnitMenu, "unit-back-payment"),
        *confirmed(here),
        (UnitMenu, "unit-payment"),
        *confirmed(here),
    )
    assert str(played.last(ShowOutcome).amount) == "800.00"
    after = played.last(UnitMenu).unit
    assert (after.paid, after.months_in_arrears) == (True, 0)


def test_a_paid_month_is_not_paid_again(here: World) -> None:
    assert "2026年1月已经缴清" in fails(here, BUILDERS, (UnitMenu, "unit-payment"))


# -- 信息变更、单位开户 ---------------------------------------------------------------------------


def test_the_builders_have_moved(here: World) -> None:
    played = applies(
        here,
        BUILDERS,
        (UnitMenu, "unit-data"),
        (ChooseReason, "representative"),
        (Problem, "others"),
        (ChooseReason, "address"),
        (Choose, lambda step: step.options[0].key),
        *confirmed(here)[1:],
    )
    assert played.last(UnitMenu).unit.address == "演示省云岭市示范区建设路18号"


def test_a_company_gets_an_account_and_its_agent_chooses_it_next_time(here: World) -> None:
    played = here.play(
        *here.signed_in("A1"),
        (Choose, "own"),
        (Menu, "unit-opening"),
        (ChooseReason, "1"),
        (Problem, "others"),
        (ChooseReason, "0"),
        (EnterNumber, "8"),
        (EnterNumber, "5"),
        *confirmed(here)[1:],
        *AWAY,
        committer=DirectCommitLine(here),
    )
    assert say(played.last(ShowOutcome).title, Language.ZH) == "单位开户已办成"
    opened = acting(here, "云岭餐饮", (UnitMenu, "unit"), (ShowStatement, BACK))
    assert opened.last(UnitMenu).unit.people == 0


def test_who_is_no_registered_agent_opens_nothing(here: World) -> None:
    played = here.serve("P01", "unit-opening", (Problem, MENU), unrated=True,
                        committer=DirectCommitLine(here))  # fmt: skip
    assert "联络员" in say(played.last(Problem).title, Language.ZH)


def test_the_menu_of_a_unit_follows_the_picture(here: World) -> None:
    played = here.play(
        (Attract, None),
        *here.signed_in("A1")[1:],
        (Choose, option(BUILDERS)),
        LEAVE,
        (Farewell, None),
    )
    titles = [say(tile.title, Language.ZH) for tile in played.last(UnitMenu).tiles]
    assert titles[:4] == ["汇缴核对", "人员增减", "基数调整", "比例调整"]
