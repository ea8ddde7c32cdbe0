"""合作楼盘: found by county and by name, also while the centre cannot be reached."""

from __future__ import annotations

from kiosk.services.projects import TITLE, projects_table
from kiosk.visit.steps import Choose, ShowTable
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import Line, Played, World, column, option

BACK = WentBack()


def names(played: Played) -> list[str]:
    return [say(each, Language.ZH) for each in column(played.last(ShowTable), "楼盘")]  # type: ignore[arg-type]  # words of the centre


def looked(here: World, *lines: Line) -> Played:
    back: tuple[Line, ...] = ((ShowTable, BACK), *((Choose, BACK),) * len(lines))
    return here.look("projects", *lines, *back)


def test_all_of_them_then_those_of_a_county_then_those_of_a_letter(here: World) -> None:
    everywhere = looked(here, (Choose, "all"))
    assert len(names(everywhere)) == 6
    assert say(everywhere.last(ShowTable).lead, Language.ZH) == "全部区县 · 共 6 个"
    county = looked(here, (Choose, option("临江县")))
    assert names(county) == ["滨江花园(演示)", "山水人家(演示)"]
    letter = looked(here, (Choose, "by-name"), (Choose, "C"))
    assert names(letter) == ["测试小区(演示)", "翠湖雅苑(演示)"]
    assert [each.key for each in letter.last(Choose).options][:2] == ["all", "county:0"]


def test_they_are_kept_for_the_time_without_a_centre(here: World) -> None:
    kept = here.kept()
    here.fault("/v1", "drop", times=99)
    lines: tuple[Line, ...] = ((Choose, "all"), (ShowTable, BACK), (Choose, BACK))
    assert len(names(here.look("projects", *lines, kept=kept))) == 6


def test_a_centre_without_projects_says_that_there_are_none() -> None:
    table = projects_table((), "")
    assert (table.title, table.rows, table.lead) == (TITLE, (), "")
