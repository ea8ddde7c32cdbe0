"""What needs no sign-in: the menu, rates, calculators; without a centre too."""

from __future__ import annotations

import time
from decimal import Decimal as D

import pytest

from kiosk.centre.errors import Refusal
from kiosk.centre.publication import KeptPublication
from kiosk.centre.shelf import FILE, Shelf
from kiosk.services.calculating import loan_plan
from kiosk.visit.operation_steps import CompareTrial
from kiosk.visit.public_steps import ShowLoanYears
from kiosk.visit.steps import (
    SIGN_IN,
    WITHOUT_SIGN_IN,
    Attract,
    Choose,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    PresentIdCard,
    Problem,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.visit import Left, Visit, WentBack
from kiosk.words import Language, _, say
from tests.services.hall import Hall
from tests.services.script import (
    LEAVE,
    PUBLIC_MENU,
    Line,
    Played,
    World,
    action,
    card,
    column,
    facts,
    option,
    titled,
)
from tests.waiting import PATIENCE_S

BACK = WentBack()
AWAY: Line = (PUBLIC_MENU, Left())
YEARS = titled("这笔贷款怎么还完")


def chart(played: Played) -> dict[str, str]:
    page = played.last(ShowLoanYears)
    return {say(each.label, Language.ZH): say(each.value, Language.ZH) for each in page.facts}


def headline(page: ShowStatement) -> D:
    assert page.headline is not None
    assert page.headline.plain, "nobody's amount is hidden"
    return page.headline.amount.reveal()


# -- the menu -------------------------------------------------------------------------------------


def test_the_public_menu_has_what_needs_no_sign_in_and_the_other_has_not(here: World) -> None:
    played = here.play((Attract, WITHOUT_SIGN_IN), AWAY)
    public = {tile.service for tile in played.last(Menu).tiles}
    assert {"rates", "repayment-calculator", "retirement-calculator"} <= public
    assert played.calls == {"GET /v1/catalogue": 1, "GET /v1/publication": 1}
    signed_in = here.play(*here.signed_in("P01"), LEAVE, (Farewell, None)).last(Menu)
    assert not public & {tile.service for tile in signed_in.tiles}


def test_who_looked_first_may_sign_in_then(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "rates"),
        (ShowTable, BACK),
        (PUBLIC_MENU, SIGN_IN),
        (PresentIdCard, card("P01")),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert played.script.backs == [False, False, True, False, False, False, False, False]
    assert not played.last(Menu).public


def test_a_kept_edition_is_not_fetched_again(here: World) -> None:
    played = here.play((Attract, WITHOUT_SIGN_IN), AWAY, kept=here.kept())
    assert "GET /v1/publication" not in played.calls
    old = here.kept()
    other = old.publication.model_copy(update={"version": 77})
    older = old.model_copy(update={"publication": other})
    played = here.play((Attract, WITHOUT_SIGN_IN), AWAY, kept=older)
    assert played.calls["GET /v1/publication"] == 1


def test_without_a_centre_what_was_kept_serves(here: World) -> None:
    kept = here.kept()
    here.fault("/v1/catalogue", "status", status=503)
    played = here.look("rates", (ShowTable, BACK), kept=kept)
    assert played.visit.offline
    assert column(played.last(ShowTable), "首套房") == ["2.1%", "2.6%"]
    assert {tile.service for tile in played.last(Menu).tiles if tile.closed is None} >= {
        "rates",
        "loan-calculator",
    }


def test_without_a_centre_and_nothing_kept_there_is_a_way_to_try_again(here: World) -> None:
    here.fault("/v1/catalogue", "status", status=503, times=3)
    played = here.play((Attract, WITHOUT_SIGN_IN), (Problem, action("retry")), AWAY)
    assert not played.visit.offline


def test_a_trouble_of_a_public_service_leads_back_to_its_menu(here: World) -> None:
    def stumbles(visit: Visit) -> None:
        raise Refusal("not-known", _("没有查到"), _("请核对后再试"), "K7Q2-9XMD")

    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "rates"),
        (Problem, action("menu")),
        AWAY,
        services={"rates": stumbles},
    )
    assert say(played.last(Problem).lead, Language.ZH) == "本机不保留您的任何信息"


def test_a_service_that_the_centre_closes_is_closed_here_too(here: World) -> None:
    because = {"zh": "正在更新", "en": "Being renewed"}
    here.ask("PUT", "/offers/rates", {"open": False, "because": because})
    kept = here.kept()
    here.fault("/v1/catalogue", "status", status=503)
    tiles = here.play((Attract, WITHOUT_SIGN_IN), AWAY, kept=kept).last(Menu).tiles
    closed = next(tile.closed for tile in tiles if tile.service == "rates")
    assert closed is not None
    assert say(closed, Language.ZH) == "正在更新"


# -- rates ----------------------------------------------------------------------------------------


def test_rates_of_today_and_of_before(here: World) -> None:
    played = here.look(
        "rates", (ShowTable, "2022-10-01"), (ShowTable, "2024-05-18"), (ShowTable, BACK)
    )
    shown = [step for step in played.script.steps if isinstance(step, ShowTable)]
    assert [column(step, "首套房") for step in shown] == [
        ["2.1%", "2.6%"],
        ["2.6%", "3.1%"],
        ["2.35%", "2.85%"],
    ]
    assert column(shown[0], "二套房") == ["2.525%", "3.075%"]
    assert say(shown[0].lead, Language.ZH).endswith("账户存款年利率 1.5%")


# -- calculators, exact to the vectors ------------------------------------------------------------


def loan(amount: str, years: str, home: str = "首套") -> tuple[Line, ...]:
    return ((EnterNumber, amount), (EnterNumber, years), (Choose, option(home)))


def test_repayments_in_both_ways(here: World) -> None:
    played = here.look(
        "repayment-calculator",
        *loan("600000", "30"),
        (Choose, option("等额本息")),
        (YEARS, action("every")),
        (ShowTable, BACK),
        (YEARS, action("other-way")),
        (YEARS, BACK),
        (YEARS, BACK),
        (Choose, BACK),
        (Choose, BACK),
        (EnterNumber, BACK),
        (EnterNumber, BACK),
    )
    first, _, falling, *_ = [s for s in played.script.steps if isinstance(s, ShowLoanYears)]
    assert chart(played) == {
        "每月还": "2,402.04 元",
        "利息合计": "264,733.47 元",
        "本息合计": "864,733.47 元",
        "余额减到一半": "2043 年",
        "全部还清": "2056年1月",
    }
    assert say(first.lead, Language.ZH) == "等额本息 · 600,000.00 元 · 30 年 · 年利率 2.6%"
    assert say(first.note, Language.ZH).endswith("仅供参考")
    assert [say(fact.value, Language.ZH) for fact in falling.facts[:3]] == [
        "2,966.67 元",
        "3.61 元",
        "234,649.55 元",
    ]
    table = played.last(ShowTable)
    assert len(table.rows) == 360
    assert column(table, "应还（元）")[-1] == D("2401.11")
    assert column(table, "余额（元）")[5] == D("593351.84")


@pytest.mark.parametrize(
    ("years", "home", "rate"),
    [
        ("5", "首套", "2.1%"),
        ("6", "首套", "2.6%"),
        ("5", "二套", "2.525%"),
        ("30", "二套", "3.075%"),
    ],
)
def test_the_rate_follows_the_years_and_the_home(
    here: World, years: str, home: str, rate: str
) -> None:
    played = here.look(
        "repayment-calculator",
        *loan("300000", years, home),
        (Choose, option("等额本息")),
        (YEARS, BACK),
        *[(step, BACK) for step in (Choose, Choose, EnterNumber, EnterNumber)],
    )
    assert say(played.last(ShowLoanYears).lead, Language.ZH).endswith(f"年利率 {rate}")
    if rate == "2.1%":
        assert chart(played)["利息合计"] == "16,287.74 元"


def test_a_prepayment_shows_both_ways_and_the_chosen_one(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "prepayment-calculator"),
        (EnterNumber, "593351.84"),
        (EnterNumber, "354"),
        (Choose, option("首套")),
        (EnterNumber, "100000"),
        (CompareTrial, "shorter-term"),
        (YEARS, action("every")),
        (ShowTable, BACK),
        (YEARS, BACK),
        (CompareTrial, "lower-payment"),
        (YEARS, Left()),
    )
    trial = played.last(CompareTrial).trial
    found = {c.way: [line.value for line in c.lines] for c in trial.choices}
    assert found["shorter-term"][:2] == [D("2402.04"), 273]
    assert found["shorter-term"][3:] == [D("160122.33"), D("96847.06")]
    assert found["lower-payment"][:2] == [D("1997.21"), 354]
    assert found["lower-payment"][3:] == [D("213662.06"), D("43307.33")]
    assert column(played.last(ShowTable), "应还（元）")[-1] == D("119.29")
    assert chart(played)["每月还"] == "1,997.21 元"
    shorter = next(s for s in played.script.steps if isinstance(s, ShowLoanYears))
    assert say(shorter.lead, Language.ZH) == "等额本息 · 493,351.84 元 · 273 期 · 年利率 2.6%"


def test_from_the_chart_to_a_prepayment(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "repayment-calculator"),
        *loan("600000", "30"),
        (Choose, option("等额本金")),
        (YEARS, action("prepay")),
        (EnterNumber, "599000"),
        (CompareTrial, Left()),
    )
    assert played.last(EnterNumber).most == 599_000


def test_how_much_can_be_borrowed(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "loan-calculator"),
        (Choose, option("夫妻")),
        (EnterNumber, "56958.05"),
        (EnterNumber, "900000"),
        (EnterNumber, "8000"),
        (EnterNumber, "30"),
        (Choose, option("首套")),
        (ShowStatement, action("years")),
        (YEARS, Left()),
    )
    page = played.last(ShowStatement)
    assert headline(page) == 720_000
    assert list(facts(page).values()) == [
        "720,000.00 元",
        "800,000.00 元",
        "854,000.00 元",
        "999,000.00 元",
        "2,882.45 元",
    ]
    assert chart(played)["每月还"] == "2,882.45 元"


def test_who_can_borrow_nothing_gets_no_chart(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "loan-calculator"),
        (Choose, option("一个人")),
        (EnterNumber, "0"),
        (EnterNumber, "900000"),
        (EnterNumber, "8000"),
        (EnterNumber, "30"),
        (Choose, option("首套")),
        (ShowStatement, Left()),
    )
    page = played.last(ShowStatement)
    assert headline(page) == 0
    assert not page.actions


def test_a_small_loan_offers_no_prepayment_that_no_amount_would_satisfy(here: World) -> None:
    played = here.play(
        (Attract, WITHOUT_SIGN_IN),
        (PUBLIC_MENU, "loan-calculator"),
        (Choose, option("一个人")),
        (EnterNumber, "100"),
        (EnterNumber, "900000"),
        (EnterNumber, "8000"),
        (EnterNumber, "30"),
        (Choose, option("首套")),
        (ShowStatement, action("years")),
        (YEARS, Left()),
    )
    assert headline(played.last(ShowStatement)) == 1000
    assert "prepay" not in {each.key for each in played.last(ShowLoanYears).actions}


def test_contributions_of_both_sides(here: World) -> None:
    played = here.look(
        "contribution-calculator",
        (EnterNumber, "8000"),
        (EnterNumber, "12"),
        (EnterNumber, "5"),
        (ShowStatement, BACK),
        *[(EnterNumber, BACK)] * 3,
    )
    page = played.last(ShowStatement)
    assert headline(page) == D("1360.00")
    assert facts(page) == {
        "缴存基数": "8,000.00 元",
        "单位每月缴（12%）": "960.00 元",
        "个人每月缴（5%）": "400.00 元",
        "一年合计": "16,320.00 元",
    }


@pytest.mark.parametrize(
    ("who", "birth", "retires", "age", "left"),
    [
        ("男", ("1966", "1"), "2026年5月", "60 岁 4 个月", "4 个月"),
        ("男", ("1990", "3"), "2053年3月", "63 岁", "27 年 2 个月"),
        ("管理", ("1970", "1"), "2025年2月", "55 岁 1 个月", "已到退休年龄"),
        ("其他", ("1984", "11"), "2039年11月", "55 岁", "13 年 10 个月"),
    ],
)
def test_when_somebody_retires(
    here: World, who: str, birth: tuple[str, str], retires: str, age: str, left: str
) -> None:
    played = here.look(
        "retirement-calculator",
        (Choose, option(who)),
        (EnterNumber, birth[0]),
        (EnterNumber, birth[1]),
        (ShowStatement, BACK),
        (EnterNumber, BACK),
        (EnterNumber, BACK),
        (Choose, BACK),
    )
    said = facts(played.last(ShowStatement))
    assert (said["退休年月"], said["退休年龄"], said["还有"]) == (retires, age, left)


def test_a_plan_in_either_way_pays_the_whole_loan() -> None:
    for way in ("01", "02"):
        plan = loan_plan(D(123_456), D("0.026"), 77, way)
        assert sum(line.principal for line in plan) == 123_456


def test_what_is_kept_has_nobody_in_it(here: World) -> None:
    kept: KeptPublication = here.kept()
    assert kept.catalogue.publication == kept.publication.version
    assert "9901" not in kept.model_dump_json()


# -- the terminal ---------------------------------------------------------------------------------


@pytest.fixture
def counter(_hall: Hall) -> Hall:
    _hall.well()
    return _hall


def test_a_terminal_keeps_what_everybody_may_read(counter: Hall) -> None:
    shelf = Shelf(counter.directory)
    with counter.visit() as citizen:
        citizen.sees(Attract)
        end = time.monotonic() + PATIENCE_S
        while shelf.read() is None:
            assert time.monotonic() < end, "nothing is kept"
            time.sleep(0.01)
        citizen.press(WITHOUT_SIGN_IN)
        assert citizen.sees(Menu).public
    told = [say(each, Language.ZH) for each in citizen.glass.bulletins]
    assert told[0].startswith("本机为演示环境")
    assert told[-2:] == ["存量贷款利率 1 月 1 日起调整", "示范路服务大厅增加周六服务"]
    written = (counter.directory / FILE).stat().st_mtime_ns
    counter.here.fault("/v1/catalogue", "status", status=503)
    with counter.visit() as citizen:
        citizen.sees(Attract)
        while not citizen.glass.notices:
            assert time.monotonic() < end, "nothing is said"
            time.sleep(0.01)
        assert [say(each, Language.ZH) for each in citizen.glass.bulletins] == told
        citizen.press(WITHOUT_SIGN_IN)
        citizen.sees(Menu)
        citizen.press("rates")
        citizen.sees(ShowTable)
    assert (counter.directory / FILE).stat().st_mtime_ns == written
