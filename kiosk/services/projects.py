"""合作楼盘: the housing projects whose buyers may have fund loans, by county or by name."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre.models import CentreWords
from kiosk.centre.publication import Project
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import Choose, Column, Option, ShowTable
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _

_ALL, _BY_NAME, _COUNTY = "all", "by-name", "county:"
TITLE = _("合作楼盘")


@service("projects", icon="home", needs=KEPT)
def show_projects(visit: Visit) -> None:
    projects = visit.publication.projects
    chosen = visit.ask(county_page(projects)) if projects else _ALL
    found: Sequence[Project] = projects
    lead: Sayable = _("全部区县")
    if chosen == _BY_NAME:
        letter = visit.ask(letter_page(projects))
        found = [each for each in projects if each.initial == letter]
        lead = _("拼音首字母 {letter}", letter=letter)
    elif chosen != _ALL:
        county = _counties(projects)[int(chosen.removeprefix(_COUNTY))]
        found = [each for each in projects if each.county == county]
        lead = county
    visit.ask(projects_table(found, lead))


def county_page(projects: Sequence[Project]) -> Choose:
    """Where the project lies, or by which letter its name begins."""
    options = (
        Option(_ALL, _("全部区县"), _many(len(projects)), "home"),
        *(
            Option(
                f"{_COUNTY}{at}",
                county,
                _many(sum(each.county == county for each in projects)),
                "place",
            )
            for at, county in enumerate(_counties(projects))
        ),
        Option(_BY_NAME, _("按楼盘名称找"), _("选名称的拼音首字母"), "keypad"),
    )
    return Choose(TITLE, options, _("这些楼盘可以办公积金贷款"))


def letter_page(projects: Sequence[Project]) -> Choose:
    """The letters by which names begin, in the order of the alphabet."""
    letters = sorted({each.initial for each in projects})
    options = tuple(
        Option(letter, letter, _many(sum(each.initial == letter for each in projects)))
        for letter in letters
    )
    return Choose(_("名称的拼音首字母是？"), options, _("例如“滨江花园”选 B"))


def projects_table(projects: Sequence[Project], lead: Sayable) -> ShowTable:
    """The projects in the centre's order; possibly none."""
    return ShowTable(
        TITLE,
        (
            Column(_("楼盘"), "strong"),
            Column(_("区县"), "quiet", wide=True),
            Column(_("地址")),
            Column(_("开发企业"), "quiet", wide=True),
            Column(_("准入日期"), "quiet", wide=True),
        ),
        tuple(
            (each.name, each.county, each.address, each.developer, each.since) for each in projects
        ),
        empty=_("现在没有内容"),
        lead=_("{where} · 共 {count} 个", where=lead, count=len(projects)) if projects else "",
    )


def _counties(projects: Sequence[Project]) -> tuple[CentreWords, ...]:
    """Each county once, in the order of the projects."""
    return tuple(dict.fromkeys(each.county for each in projects))


def _many(count: int) -> Text:
    return _("{count} 个", count=count)
