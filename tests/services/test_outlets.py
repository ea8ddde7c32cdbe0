"""网点: the quickest place, a ticket for its queue, an appointment; gone, closed, given up."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from drivers.device import Kind, State, Status
from drivers.receipt_printer.types import Paragraph, Slip
from kiosk.centre.outlets import TicketRequest
from kiosk.visit.outlet_steps import BOOK, TICKET, ChooseOutlet, way
from kiosk.visit.steps import Choose, PrintingSlip, Problem, ShowStatement
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import WELL, Line, Played, World, action, facts, slip_printed, titled
from tests.ui.outlet_samples import OUTLETS
from ui.contents import OutletsContent
from ui.views import Look, derive

BACK = WentBack()
OUT = titled("约好了")
DAY = titled("哪一天去？")
HOUR = titled("几点去？")
NO_SLIPS = {**WELL, Kind.RECEIPT_PRINTER: Status(State.OFFLINE)}


def slip_of(played: Played) -> Slip:
    return played.last(PrintingSlip).request.slip


def texts(slip: Slip) -> list[str]:
    return [part.text for part in slip.elements if isinstance(part, Paragraph)]


def test_the_quickest_place_stands_first(here: World) -> None:
    played = here.serve("P01", "outlets", (ChooseOutlet, BACK))
    page = played.last(ChooseOutlet)
    assert [(o.id, o.queue and o.queue.minutes, way(o)) for o in page.outlets] == [
        ("bus-station", None, ""),
        ("shifan-road", 12, TICKET + "shifan-road"),
        ("civic-centre", 44, TICKET + "civic-centre"),
        ("new-town", 104, BOOK + "new-town"),
    ]
    assert say(page.lead, Language.ZH).startswith("按路上加排队的时间排 · 10:")


def test_a_ticket_is_printed_and_shown(here: World) -> None:
    played = here.serve(
        "P01",
        "outlets",
        (ChooseOutlet, TICKET + "shifan-road"),
        (PrintingSlip, slip_printed),
        (titled("取号成功：A001"), action("menu")),
    )
    assert "A001" in texts(slip_of(played))
    said = facts(played.last(ShowStatement))
    assert said["排队"] == "前面 3 人，约 12 分钟"
    assert said["网点"] == "示范路服务大厅(演示)"
    until = time.fromisoformat(said["请在此前到达"])
    now = here.kept().catalogue.clock
    left = timedelta(hours=until.hour - now.hour, minutes=until.minute - now.minute)
    assert left in (timedelta(minutes=41), timedelta(minutes=42)), "12 minutes, and 30 in hand"


def test_a_second_ticket_at_the_same_place_is_the_first(here: World) -> None:
    ticket = (ChooseOutlet, TICKET + "shifan-road"), (titled("取号成功：A001"), action("menu"))
    for _ in range(2):
        here.serve("P01", "outlets", *ticket, statuses=NO_SLIPS)
    other = (ChooseOutlet, TICKET + "shifan-road"), (titled("取号成功：A002"), action("menu"))
    played = here.serve("P03", "outlets", *other, statuses=NO_SLIPS)
    assert facts(played.last(ShowStatement))["排队"] == "前面 4 人，约 16 分钟"
    assert say(played.last(ShowStatement).lead, Language.ZH) == "请记下号码，报号码就行"


def test_a_ticket_needs_no_sign_in_and_an_appointment_does(here: World) -> None:
    played = here.look(
        "tickets",
        (ChooseOutlet, TICKET + "shifan-road"),
        (PrintingSlip, slip_printed),
        (titled("取号成功：A001"), action("menu")),
    )
    assert [way(each) for each in played.last(ChooseOutlet).outlets] == [
        "",
        TICKET + "shifan-road",
        TICKET + "civic-centre",
        "",
    ]
    assert played.last(ChooseOutlet).actions == ()
    assert "A001" in texts(slip_of(played))
    assert "GET /v1/appointments" not in played.calls
    ticket = (ChooseOutlet, TICKET + "shifan-road"), (titled("取号成功：A002"), action("menu"))
    here.look("tickets", *ticket, statuses=NO_SLIPS)


def test_the_same_request_without_a_session_gives_the_same_ticket(here: World) -> None:
    first, second = (TicketRequest(key=letter * 16, outlet="shifan-road") for letter in "ab")
    with here.client() as client:
        taken = [client.outlets.take_ticket(each).number for each in (first, first, second)]
    assert taken == ["A001", "A001", "A002"]


@pytest.mark.parametrize(
    ("code", "words"), [("tickets-gone", "已经取完"), ("outlet-closed", "现在不办公")]
)
def test_a_ticket_that_cannot_be_had_any_more(here: World, code: str, words: str) -> None:
    here.fault("/v1/tickets", "refusal", code=code)
    played = here.serve(
        "P01", "outlets", (ChooseOutlet, TICKET + "shifan-road"), (Problem, action("menu")),
        unrated=True,
    )  # fmt: skip
    assert words in say(played.last(Problem).title, Language.ZH)


def test_an_appointment_is_made_looked_at_and_given_up(here: World) -> None:
    made = here.serve(
        "P01",
        "outlets",
        (ChooseOutlet, BOOK + "new-town"),
        (DAY, "2026-01-16"),
        (HOUR, "2026-01-16T09:00:00+08:00"),
        (OUT, action("slip")),
        (PrintingSlip, slip_printed),
        (titled("凭条打好了，请取走"), action("menu")),
    )
    assert "预约单" in texts(slip_of(made))
    assert facts(made.last(ShowStatement)) == {
        "时间": "2026年1月16日 09:00",
        "网点": "开发区管理部(演示)",
        "地址": "开发区科创路 6 号",
        "预约编号": "Y00000001",
    }
    looked = here.serve(
        "P01",
        "outlets",
        (ChooseOutlet, "mine"),
        (titled("我的预约"), action("cancel")),
        (titled("预约已取消"), action("menu")),
    )
    lead = say(looked.script.last(ChooseOutlet).lead, Language.ZH)
    assert lead == "您已约 2026年1月16日 09:00，开发区管理部(演示)"
    again = here.serve("P01", "outlets", (ChooseOutlet, BACK))
    assert "mine" not in [one.key for one in again.last(ChooseOutlet).actions]


def test_a_counter_is_kept_for_one_person_at_a_time(here: World) -> None:
    """The only counter of the time is taken: the time is not offered to the next citizen."""
    for persona, times in (("P01", 6), ("P03", 5)):
        played = here.serve(
            persona,
            "outlets",
            (ChooseOutlet, "other-day"),
            (titled("约哪个网点？"), "new-town"),
            (DAY, "2026-01-16"),
            (HOUR, f"2026-01-16T{9 if persona == 'P01' else 10:02}:00:00+08:00"),
            (OUT, action("menu")),
        )
        assert len(played.last(Choose).options) == times


@pytest.mark.parametrize("how_far", ["the day", "the hour"])
def test_going_back_keeps_nothing(here: World, how_far: str) -> None:
    lines: list[Line] = [(ChooseOutlet, BOOK + "new-town")]
    if how_far == "the hour":
        lines += [(DAY, "2026-01-16"), (HOUR, BACK)]
    lines.append((DAY, BACK))
    played = here.serve("P01", "outlets", *lines, (ChooseOutlet, BACK))
    assert played.calls["POST /v1/appointments"] == 0


def test_each_outlet_says_how_it_is_now() -> None:
    hall = OUTLETS[1]
    shut = hall.model_copy(update={"open": False, "tickets": False})
    gone = hall.model_copy(update={"tickets": False})
    page = derive(ChooseOutlet((*OUTLETS, shut, gone), ""), Look(Language.EN))
    assert isinstance(page, OutletsContent)
    assert [(each.state, each.tone, each.action) for each in page.outlets] == [
        ("No queue", "good", ""),
        ("3 waiting, about 12 min", "good", "Ticket"),
        ("11 waiting, about 44 min", "attention", "Ticket"),
        ("No tickets left today", "attention", "Book"),
        ("Closed now", "attention", "Book"),
        ("No tickets left today", "attention", "Book"),
    ]
