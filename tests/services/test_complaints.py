"""投诉建议: by choosing alone; called back only with consent; one receipt a complaint."""

from __future__ import annotations

from kiosk.centre.complaints import Complaint
from kiosk.visit.steps import Choose, Confirm, EnterDigits, ShowStatement
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import Line, World, action, facts, option

BACK = WentBack()
DONE: Line = (ShowStatement, action("menu"))


def test_a_long_queue_with_a_call_back(here: World) -> None:
    played = here.look(
        "complaints",
        (Choose, option("排队太久")),
        (Choose, option("示范路")),
        (Choose, option("留号码")),
        (EnterDigits, "23800000003"),
        (EnterDigits, "13800000003"),
        (Confirm, "yes"),
        DONE,
    )
    wrong = played.last(EnterDigits).wrong
    assert wrong is not None
    assert say(wrong, Language.ZH) == "手机号以 1 开头"
    asked = {
        say(f.label, Language.ZH): say(f.value, Language.ZH) for f in played.last(Confirm).facts
    }
    assert asked == {
        "反映的事": "排队太久",
        "和什么有关": "示范路服务大厅(演示)",
        "回电话": "138****0003",
    }
    said = facts(played.last(ShowStatement))
    assert said["受理编号"] == "TS260115-0001"
    assert said["最晚答复"] == "2026年1月30日"
    assert said["怎么知道结果"] == "会打您留的电话"
    taken = {"subject": "wait", "about": "shifan-road", "operation": None, "words": ""}
    assert here.ask("GET", "/complaints") == [taken | {"phone": "138****0003"}], "masked"


def test_a_paper_by_its_code_and_no_call(here: World) -> None:
    played = here.look(
        "complaints",
        (Choose, option("证明有问题")),
        (EnterDigits, "482109375526"),
        (Choose, option("不用")),
        (Confirm, "yes"),
        DONE,
    )
    assert facts(played.last(ShowStatement))["怎么知道结果"] == "拨打 12329 报编号可查"
    assert here.ask("GET", "/complaints")[0]["about"] == "482109375526"


def test_this_machine_an_idea_and_another_place(here: World) -> None:
    away: tuple[Line, ...] = ((Choose, option("不用")), (Confirm, "yes"), DONE)
    here.look("complaints", (Choose, option("自助机器")), *away)
    here.look("complaints", (Choose, option("建议")), *away)
    here.look("complaints", (Choose, option("办理结果")), (Choose, option("其他地方")), *away)
    taken = [(each["subject"], each["about"]) for each in here.ask("GET", "/complaints")]
    assert taken == [("terminal", ""), ("idea", ""), ("result", "")]


def test_nothing_is_sent_before_it_is_confirmed(here: World) -> None:
    idea = (Choose, option("建议")), (Choose, option("不用"))
    played = here.look("complaints", *idea, (Confirm, "no"))
    assert "POST /v1/complaints" not in played.calls
    assert here.ask("GET", "/complaints") == []


def test_the_same_key_gives_the_same_receipt(here: World) -> None:
    one, other = (Complaint(key=letter * 16, subject="idea") for letter in "ab")
    with here.client() as client:
        numbers = [client.public.complain(each).number for each in (one, one, other)]
    assert numbers[0] == numbers[1] != numbers[2]
