"""What everybody may read: news, questions, policies; what to bring to the counter."""

from __future__ import annotations

import pytest

from drivers.device import Kind, State, Status
from drivers.receipt_printer.types import Pair, Paragraph, Slip
from kiosk.visit.public_steps import ReadArticle, ReadGuide
from kiosk.visit.steps import Choose, PaperReady, PrintingSlip, ShowStatement
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import WELL, Line, Played, World, action, option, slip_printed, titled
from ui.contents import GuideContent, ReadTextContent
from ui.views import Look, derive

BACK = WentBack()
TEXTS = {"news": "news", "questions": "question", "policies": "policy"}


def read(played: Played) -> ReadTextContent:
    page = derive(played.last(ReadArticle), Look())
    assert isinstance(page, ReadTextContent)
    return page


def guided(played: Played, language: Language = Language.ZH) -> GuideContent:
    page = derive(played.last(ReadGuide), Look(language))
    assert isinstance(page, GuideContent)
    return page


def where(played: Played) -> dict[str, str]:
    return {fact.label: fact.value for fact in guided(played).facts}


@pytest.mark.parametrize(
    ("service", "title", "lead"),
    [
        ("news", "存量贷款利率 1 月 1 日起调整", "2026年1月4日"),
        ("questions", "办业务要收费吗？", "2025-07 版，2025年7月1日起执行"),
        ("policies", "住房公积金提取管理办法（摘要）", "2025-07 版，2025年7月1日起执行"),
    ],
)
def test_a_text_is_read_and_left_for_the_titles(
    here: World, service: str, title: str, lead: str
) -> None:
    played = here.look(service, (Choose, option(title)), (ReadArticle, BACK), (Choose, BACK))
    page = read(played)
    assert (page.title, page.lead) == (title, lead)
    assert page.paragraphs
    known = here.kept().publication.articles_of((TEXTS[service],))
    assert len(played.last(Choose).options) == len(known)


def test_texts_are_read_without_a_centre(here: World) -> None:
    kept = here.kept()
    here.fault("/v1/catalogue", "status", status=503)
    lines: tuple[Line, ...] = ((Choose, option("要收费")), (ReadArticle, BACK), (Choose, BACK))
    assert "都是骗子" in read(here.look("questions", *lines, kept=kept)).paragraphs[0]


def test_a_centre_without_texts_says_so(here: World) -> None:
    kept = here.kept()
    none = kept.publication.model_copy(update={"articles": ()})
    played = here.look(
        "news",
        (ShowStatement, action("menu")),
        kept=kept.model_copy(update={"publication": none}),
    )
    assert say(played.last(ShowStatement).lead, Language.ZH) == "现在没有内容"


def test_what_to_bring_and_where(here: World) -> None:
    played = here.look("guides", (Choose, option("租房")), (ReadGuide, BACK), (Choose, BACK))
    page = guided(played)
    assert (page.title, page.lead) == ("租房提取要带什么", "2026-01 版，2026年1月1日起执行")
    assert page.here == "这里也能办：登录后选“提取公积金”"
    assert page.bring[0] == "本人身份证"
    assert where(played) == {
        "办理时限": "当场办结",
        "最近的网点": "示范路服务大厅(演示)",
        "地址": "示范路 1 号，步行 12 分钟",
        "今天办公": "09:00–17:00",
    }


def test_a_ticket_for_the_counter_of_the_guide(here: World) -> None:
    ticket = (ReadGuide, action("ticket")), (PrintingSlip, slip_printed)
    here.look(
        "guides", (Choose, option("购房")), *ticket, (titled("取号成功：A001"), action("menu"))
    )


def test_the_list_is_printed_to_take_home(here: World) -> None:
    played = here.look(
        "guides",
        (Choose, option("购房")),
        (ReadGuide, action("slip")),
        (PrintingSlip, slip_printed),
        (PaperReady, action("menu")),
    )
    assert guided(played).here == "", "only at the counter"
    slip: Slip = played.last(PrintingSlip).request.slip
    texts = [part.text for part in slip.elements if isinstance(part, Paragraph)]
    assert [text for text in texts if text.startswith("□ ")] == [
        f"□ {thing}" for thing in guided(played).bring
    ]
    pairs = {part.label: part.value for part in slip.elements if isinstance(part, Pair)}
    assert pairs["最近的网点"] == "示范路服务大厅(演示)"
    assert pairs["版本"] == "2026-01"


def test_without_a_slip_printer_the_list_is_read(here: World) -> None:
    no_slips = {**WELL, Kind.RECEIPT_PRINTER: Status(State.OFFLINE)}
    lines: tuple[Line, ...] = ((Choose, option("申请贷款")), (ReadGuide, BACK), (Choose, BACK))
    played = here.look("guides", *lines, statuses=no_slips)
    assert [part.enabled for part in guided(played).actions] == [True, False]


@pytest.mark.parametrize("match", ["/v1/catalogue", "/v1/outlets"])
def test_without_a_centre_the_nearest_place_that_was_kept(here: World, match: str) -> None:
    kept = here.kept()
    here.fault(match, "status", status=503, times=9)
    lines: tuple[Line, ...] = ((Choose, option("异地")), (ReadGuide, BACK), (Choose, BACK))
    played = here.look("guides", *lines, kept=kept)
    assert where(played)["最近的网点"] == "云岭管理部示范路服务大厅(演示)，850 米"
    assert "今天办公" not in where(played)
    assert [part.key for part in guided(played).actions] == ["slip"]
