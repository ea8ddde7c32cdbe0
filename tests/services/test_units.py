"""An agent 经办人: for whom they act, the unit's menu, and what they may see of the unit."""

from __future__ import annotations

from datetime import date
from typing import Any

from kiosk.centre.units import Unit
from kiosk.identity.sign_in import identify
from kiosk.services.unit_account import show_unit
from kiosk.services.unit_remittances import LISTS
from kiosk.visit.operation_steps import CONFIRM, ConfirmOperation, ShowOutcome
from kiosk.visit.steps import (
    Attract,
    Choose,
    EnterSmsCode,
    Farewell,
    Menu,
    Problem,
    Rate,
    ShowStatement,
    ShowTable,
    Tone,
)
from kiosk.visit.unit_steps import UnitMenu
from kiosk.visit.visit import Left, Visit, WentBack
from kiosk.words import Language, Month, say
from kiosk.workshop.sandbox import personas
from tests.services.money import DirectCommitLine
from tests.services.script import (
    LEAVE,
    Line,
    Played,
    World,
    action,
    column,
    facts,
    option,
)

BACK = WentBack()
BUILDERS, TRADE = "云岭建设集团", "云岭商贸"
AWAY: tuple[Line, ...] = (LEAVE, (Rate, "skip"), (Farewell, None))


def acting(here: World, unit: str, *lines: Line, **options: Any) -> Played:
    """The agent signs in for ``unit``; then ``lines``, and away."""
    return here.play(*here.signed_in("A1"), (Choose, option(unit)), *lines, *AWAY, **options)


# -- for whom -------------------------------------------------------------------------------------


def test_an_agent_chooses_between_their_own_account_and_their_units(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit"), (ShowStatement, BACK))
    page = played.last(Choose)
    assert [say(each.title, Language.ZH) for each in page.options] == [
        "我自己",
        "云岭建设集团(演示)",
        "云岭商贸(演示)",
    ]
    assert "欠缴 4 个月" in say(page.options[2].hint, Language.ZH)
    assert page.options[2].tone is Tone.ATTENTION
    assert played.script.greeting == "经办人 刘*"


def test_for_themselves_an_agent_has_the_menu_of_everybody(here: World) -> None:
    played = here.play(
        *here.signed_in("A1"),
        (Choose, "own"),
        (Menu, "account"),
        (ShowStatement, BACK),
        *AWAY,
    )
    menu = played.last(Menu)
    assert not isinstance(menu, UnitMenu)
    assert not [tile for tile in menu.tiles if tile.group == "unit"]
    assert played.script.greeting == "刘*"


def test_who_is_no_agent_is_not_asked(here: World) -> None:
    played = here.serve("P03", "account", (ShowStatement, BACK))
    assert "GET /v1/units" not in played.calls
    assert not isinstance(played.last(Menu), UnitMenu)


def test_without_services_for_units_nobody_is_asked(here: World) -> None:
    """An older centre: its catalogue offers nothing for units."""

    def bare(visit: Visit) -> Menu:
        return Menu(())

    def without_units(visit: Visit) -> None:
        offers = tuple(each for each in visit.catalogue.offers if each.group != "unit")
        visit._catalogue = visit.catalogue.model_copy(update={"offers": offers})
        identify(visit)

    played = here.play(
        *here.signed_in("A1"), (Menu, Left()), (Farewell, None), identify_by=without_units,
        menu_of=bare,
    )  # fmt: skip
    assert "GET /v1/units" not in played.calls


# -- what they may see ----------------------------------------------------------------------------


def test_the_menu_of_the_picture(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit"), (ShowStatement, BACK))
    menu = played.last(UnitMenu)
    assert (str(menu.unit.due), menu.unit.paid, menu.unit.people) == ("5928.00", True, 3)
    assert {tile.service for tile in menu.tiles} >= {"unit", "unit-remittances", "unit-employees"}
    assert all(tile.group == "unit" for tile in menu.tiles)


def test_the_facts_of_a_unit_lead_to_its_employees_and_arrears(here: World) -> None:
    played = acting(
        here,
        TRADE,
        (UnitMenu, "unit"),
        (ShowStatement, action("employees")),
        (ShowTable, BACK),
        (ShowStatement, action("arrears")),
        (ShowTable, BACK),
        (ShowStatement, BACK),
    )
    said = facts(played.last(ShowStatement))
    assert said["单位状态"] == "缓缴"
    assert said["缴存 / 封存人数"] == "1 / 2"
    assert said["单位 / 个人比例"] == "8% / 8%"
    assert said["法定代表人"] == "高*"
    owed = [each for each in played.script.steps if isinstance(each, ShowTable)][-1]
    months = [date(2026, 1, 1), *(date(2025, month, 1) for month in (12, 11, 10, 9))]
    assert column(owed, "月份") == [Month(month) for month in months]
    assert sum(map(float, map(str, column(owed, "应缴（元）")))) == 4000.0


def test_a_unit_that_has_paid_has_no_arrears_to_look_at(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit"), (ShowStatement, BACK))
    page = played.last(ShowStatement)
    assert [each.key for each in page.actions] == ["employees"]
    assert page.note == ""


def test_employees_are_masked(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit-employees"), (ShowTable, BACK))
    table = played.last(ShowTable)
    assert column(table, "姓名") == ["孙*", "冯*", "王*"]
    assert column(table, "个人账号")[0] == "99********005"


def test_the_months_and_who_has_how_much_of_one(here: World) -> None:
    played = acting(
        here,
        BUILDERS,
        (UnitMenu, "unit-remittances"),
        (ShowTable, "2025"),
        (ShowTable, "2026"),
        (ShowTable, LISTS),
        (Choose, "2026-01-01"),
        (ShowTable, BACK),
        (Choose, BACK),
    )
    table = played.last(ShowTable)
    assert say(table.title, Language.ZH) == "2026年1月 汇缴清册"
    assert [str(each) for each in column(table, "合计（元）")] == ["1800.00", "1728.00", "2400.00"]
    assert "3 人，共 5,928.00 元" in say(table.lead, Language.ZH)


def test_the_traders_months_say_what_is_unpaid(here: World) -> None:
    played = acting(
        here,
        TRADE,
        (UnitMenu, "unit-remittances"),
        (ShowTable, "2025"),
        (ShowTable, LISTS),
        (Choose, "2025-12-01"),
        (ShowTable, BACK),
        (Choose, BACK),
    )
    page = played.last(Choose)
    assert "未缴" in say(page.options[0].hint, Language.ZH)
    assert page.options[0].tone is Tone.ATTENTION
    assert page.options[-1].tone is Tone.PLAIN


def test_the_progress_of_a_unit_is_apart_from_the_agents_own(here: World) -> None:
    played = acting(here, BUILDERS, (UnitMenu, "unit-progress"), (ShowTable, BACK))
    assert played.last(ShowTable).rows == ()


def test_who_is_no_longer_the_agent_is_told_so(here: World) -> None:
    """The centre has given the unit to another agent while the menu stood there."""

    def elsewhere(visit: Visit) -> None:
        assert isinstance(visit.unit, Unit)
        visit.unit = visit.unit.model_copy(update={"id": "another"})
        show_unit(visit)

    played = here.play(
        *here.signed_in("A1"),
        (Choose, option(TRADE)),
        (UnitMenu, "unit"),
        (Problem, "menu"),
        LEAVE,
        (Farewell, None),
        services={"unit": elsewhere},
    )
    assert "经办人" in say(played.last(Problem).title, Language.ZH)


# -- privacy --------------------------------------------------------------------------------------


def test_no_whole_name_or_number_of_an_employee_reaches_the_terminal(here: World) -> None:
    played = acting(
        here,
        BUILDERS,
        (UnitMenu, "unit-employees"),
        (ShowTable, BACK),
        (UnitMenu, "unit-remittances"),
        (ShowTable, LISTS),
        (Choose, "2026-01-01"),
        (ShowTable, BACK),
        (Choose, BACK),
    )
    seen = "".join(map(repr, played.script.steps))
    for id in ("P03", "P05", "P13"):
        persona = personas.load()[id]
        assert persona.name not in seen
        assert persona.number not in seen
        assert persona.phone not in seen


def test_the_code_goes_to_the_agents_own_phone(here: World) -> None:
    played = here.play(
        (Attract, None),
        *here.signed_in("A1")[1:-1],
        (EnterSmsCode, here.code),
        (Choose, option(TRADE)),
        (UnitMenu, Left()),
        (Farewell, None),
    )
    assert played.last(EnterSmsCode).phone == "123****0021"


# -- 补缴 -----------------------------------------------------------------------------------------


def pays(here: World, *lines: Line, unit: str = TRADE) -> Played:
    return acting(
        here,
        unit,
        (UnitMenu, "unit-back-payment"),
        *lines,
        committer=DirectCommitLine(here),
    )


PAID: tuple[Line, ...] = ((ConfirmOperation, CONFIRM),)


def test_the_traders_pay_four_months_after_a_trial(here: World) -> None:
    end: tuple[Line, ...] = ((EnterSmsCode, here.code), (ShowOutcome, "menu"))
    played = pays(here, (ShowStatement, action("go-on")), *PAID, *end)
    said = facts(played.last(ShowStatement))
    assert (said["缴存月数"], said["合计"]) == ("4", "3,200.00 元")
    assert str(played.last(ConfirmOperation).operation.amount) == "3200.00"
    assert str(played.last(ShowOutcome).amount) == "3200.00"
    after = played.last(UnitMenu).unit
    assert (after.months_in_arrears, str(after.arrears), after.paid) == (0, "0.00", False)
    assert after.paid_to == date(2025, 12, 1)
    again = acting(here, TRADE, (UnitMenu, "unit-progress"), (Choose, "operation:0"),
                   (ShowStatement, BACK), (Choose, BACK))  # fmt: skip
    assert len(again.last(Choose).options) == 1
    assert facts(again.last(ShowStatement))["状态"] == "已办成"


def test_what_was_paid_adds_up_in_months_and_accounts(here: World) -> None:
    end: tuple[Line, ...] = ((EnterSmsCode, here.code), (ShowOutcome, "menu"))
    pays(here, (ShowStatement, action("go-on")), *PAID, *end)
    seen = acting(
        here, TRADE, (UnitMenu, "unit-remittances"), (ShowTable, "2025"), (ShowTable, BACK)
    )
    table = seen.last(ShowTable)
    assert [str(each) for each in column(table, "金额（元）")] == ["800.00"] * 12
    assert "未缴 0.00 元" in say(table.lead, Language.ZH)


def test_the_builders_have_nothing_to_pay_back(here: World) -> None:
    played = here.play(
        *here.signed_in("A1"),
        (Choose, option(BUILDERS)),
        (UnitMenu, "unit-back-payment"),
        (Problem, "menu"),
        LEAVE,
        (Farewell, None),
        committer=DirectCommitLine(here),
    )
    assert "没有欠缴" in say(played.last(Problem).title, Language.ZH)


def test_the_figures_of_before_stay_where_the_centre_gives_no_new_ones(here: World) -> None:
    def code(step: Any) -> str:
        sent = here.code()
        here.fault("/v1/units", "status", times=9)
        return sent

    played = pays(
        here,
        (ShowStatement, action("go-on")),
        *PAID,
        (EnterSmsCode, code),
        (ShowOutcome, "menu"),
    )
    assert played.last(UnitMenu).unit.months_in_arrears == 4
