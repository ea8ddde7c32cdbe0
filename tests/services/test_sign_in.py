"""Signing in: the card, the name the chip had cut, the code; every refusal, and no way back out."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.device import Deadline, DeviceError, Kind, Media, Reason, State, Status
from kiosk.centre.models import WayOffer
from kiosk.identity.sign_in import no_way_in
from kiosk.identity.ways import fund_code
from kiosk.visit.steps import (
    RESEND,
    Attract,
    ChooseWay,
    ConfirmName,
    EnterSmsCode,
    Farewell,
    Menu,
    PresentIdCard,
    Problem,
)
from kiosk.visit.troubles import LEAVE as LEAVE_KEY
from kiosk.visit.troubles import RETRY
from kiosk.visit.visit import Left, TimedOut
from kiosk.words import Language, say
from tests.services.script import LEAVE, WELL, World, action, card, texts, titled

TOUCH = (Attract, None)


def put(persona: str, **changes: Any) -> tuple[Any, Any]:
    return PresentIdCard, card(persona, **changes)


def zh(value: Any) -> str:
    return say(value, Language.ZH)


def wrong(here: World) -> Any:
    """A code that is not the one that was sent."""
    return lambda _step: f"{(int(here.code()) + 1) % 10**6:06}"


@pytest.mark.parametrize(
    ("persona", "greeting"),
    [
        ("P01", "张*"),
        ("P05", "孙*"),  # a number that ends in X
        ("P09", "陈*文"),  # 港澳居民居住证
        ("P10", "J** S** D**"),  # a permit without a Chinese name
        ("P11", "阿*明"),  # the chip had cut the name
        ("P12", "欧*㛃"),  # characters of four bytes
        ("P16", "林*君"),  # 台湾居民居住证
    ],
)
def test_who_is_known_is_greeted_without_the_whole_name(
    here: World, persona: str, greeting: str
) -> None:
    played = here.play(*here.signed_in(persona), LEAVE, (Farewell, None))
    assert played.script.greeting == greeting
    assert not any(played.script.backs), "nothing leads back out of signing in"


def test_a_cut_name_is_shown_whole_and_asked_for(here: World) -> None:
    played = here.play(*here.signed_in("P11"), LEAVE, (Farewell, None))
    assert played.last(ConfirmName).name.reveal() == "阿不都热依木·阿不都克里木·买买提明"


def test_a_name_that_is_not_theirs_ends_there(here: World) -> None:
    played = here.play(
        TOUCH,
        put("P11"),
        (ConfirmName, "no"),
        (Problem, action(RETRY)),
        put("P01"),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    page = played.last(Problem)
    assert "姓名没有得到确认" in zh(page.title)
    assert zh(page.actions[-1].title) == "换一张证件"
    assert played.script.greeting == "张*"


@pytest.mark.parametrize(
    ("persona", "says", "next_step"),
    [
        ("P13", "已过有效期", "公安机关"),
        ("P14", "没有查到", "单位经办人"),
        ("P17", "登记挂失", "新证"),
    ],
)
def test_a_card_that_is_refused_can_be_taken_back_for_another(
    here: World, persona: str, says: str, next_step: str
) -> None:
    played = here.play(
        TOUCH,
        put(persona),
        (Problem, action(RETRY)),
        put("P01"),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    page = played.last(Problem)
    assert says in zh(page.title)
    assert next_step in "".join(map(zh, texts(page)))
    assert [each.key for each in page.actions] == [RETRY], "no menu before signing in"


def test_leaving_instead_of_another_card_is_reminded_of_the_one_that_lies_there(
    here: World,
) -> None:
    played = here.play(TOUCH, put("P13"), (Problem, Left()), (Farewell, None))
    assert played.how == "left"


def test_leaving_without_a_card_needs_no_farewell(here: World) -> None:
    assert here.play(TOUCH, (PresentIdCard, Left())).how == "left"


@pytest.mark.parametrize(
    "reason",
    [
        Reason.CARD_REMOVED,
        Reason.CARD_UNREADABLE,
        Reason.GARBLED,
        Reason.CARD_UNKNOWN,
    ],
)
def test_a_card_that_was_not_read_is_put_again(here: World, reason: Reason) -> None:
    played = here.play(
        TOUCH,
        (PresentIdCard, DeviceError(reason)),
        (Problem, action(RETRY)),
        put("P01"),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert played.calls["POST /v1/sessions"] == 1


LIES = {**WELL, Kind.ID_CARD: Status(State.ONLINE, media=Media.PRESENT)}


class Twice(Deadline):
    """Has passed when it is asked for the third time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.asked = 0

    def passed(self) -> bool:
        self.asked += 1
        return self.asked > 2


def test_a_sensor_that_is_stuck_holds_no_farewell_for_ever(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.visit.visit.Deadline", Twice)
    bye = (Farewell, None)
    played = here.play(*here.signed_in("P01"), LEAVE, bye, bye, statuses=LIES)
    assert played.how == "left"
    assert [step.lies for step in played.script.steps if isinstance(step, Farewell)] == [True, True]


LOST = Status(State.NO_DEVICE, problem=Reason.NO_DEVICE)


@pytest.mark.parametrize(
    ("reader", "scanner", "says"),
    [
        (Status(State.ONLINE), None, None),
        (Status(State.STARTING), None, None),
        (LOST, None, "身份证阅读器没有响应"),
        (LOST, LOST, "身份证阅读器没有响应"),
        (LOST, Status(State.ONLINE), None),
    ],
)
def test_a_reader_that_is_lost_is_no_fault_while_another_way_in_works(
    reader: Status, scanner: Status | None, says: str | None
) -> None:
    offer = WayOffer(way=fund_code.WAY.id, open=True)
    statuses = {Kind.ID_CARD: reader}
    if scanner:
        statuses[Kind.CODE_SCANNER] = scanner
    fault = no_way_in(statuses, (offer,))
    assert (zh(fault) if fault else None) == says
    assert no_way_in({}, ()) is None


def test_a_reader_that_does_not_come_back_is_told(here: World) -> None:
    hangs = DeviceError(Reason.TIMEOUT, device=Kind.ID_CARD, pages=None)
    played = here.play(TOUCH, (PresentIdCard, hangs), (Problem, Left()))
    assert played.how == "left"
    assert zh(played.last(Problem).title) == "身份证阅读器没有响应"


@pytest.mark.parametrize("end", [Left(), TimedOut("idle"), TimedOut("limit")])
def test_going_away_at_the_card_or_at_the_code(here: World, end: Exception) -> None:
    here.play(TOUCH, (PresentIdCard, end))
    reminder = [(Farewell, None)] if isinstance(end, Left) else []
    here.play(TOUCH, put("P01"), (EnterSmsCode, end), *reminder)
    assert here.sessions() == []


# -- the code -------------------------------------------------------------------------------------


def test_a_wrong_code_may_be_typed_again(here: World) -> None:
    played = here.play(
        TOUCH,
        put("P01"),
        (EnterSmsCode, wrong(here)),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert played.last(EnterSmsCode).wrong is not None
    assert "还可以输入2次" in zh(played.last(EnterSmsCode).wrong)
    first, second = (step for step in played.script.steps if isinstance(step, EnterSmsCode))
    assert first.sent_at == second.sent_at, "a wrong code sends nothing"
    assert played.calls["POST /v1/sessions/current/sms"] == 1, "no second message"


def test_three_wrong_codes_and_begin_again(here: World) -> None:
    played = here.play(
        TOUCH,
        put("P01"),
        *[(EnterSmsCode, wrong(here))] * 3,
        (Problem, action(RETRY)),
        put("P01"),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert "锁定" in zh(played.last(Problem).title)
    assert zh(played.last(Problem).actions[-1].title) == "重新开始"


def test_another_code_too_soon_is_said_on_the_page(here: World) -> None:
    played = here.play(
        TOUCH,
        put("P01"),
        (EnterSmsCode, RESEND),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert "秒后重新获取" in zh(played.last(EnterSmsCode).wrong)


def test_a_code_that_was_sent_though_the_answer_was_lost(here: World) -> None:
    """The message is on its way: asking again must not turn the citizen away."""
    here.fault("/v1/sessions/current/sms", "drop", times=1)
    played = here.play(
        TOUCH,
        put("P01"),
        (titled("公积金中心的回应不完整"), action(RETRY)),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert played.last(EnterSmsCode).phone == "123****0001"
    assert len(here.ask("GET", "/messages")) == 1


def test_no_more_codes_today(here: World) -> None:
    for _ in range(5):
        here.play(TOUCH, put("P01"), (EnterSmsCode, Left()), (Farewell, None))
    played = here.play(TOUCH, put("P01"), (ChooseWay, Left()), (Farewell, None))
    page = played.last(ChooseWay)
    closed = {tile.way: tile.closed for tile in page.ways if tile.closed is not None}
    assert closed.keys() == {"sms"}, "the others stay"
    assert "已达上限" in zh(page.lead)


def test_a_check_whose_answer_was_lost_is_asked_again_with_the_same_code(here: World) -> None:
    here.fault("/v1/sessions/current/sms/check", "drop", times=1)
    here.play(
        TOUCH,
        put("P01"),
        (EnterSmsCode, here.code),
        (titled("公积金中心的回应不完整"), action(RETRY)),
        LEAVE,
        (Farewell, None),
    )


# -- the session ----------------------------------------------------------------------------------


def test_a_sign_in_whose_answer_was_lost_leaves_no_open_session(here: World) -> None:
    here.fault("/v1/sessions", "drop", times=1)
    here.play(
        TOUCH,
        put("P01"),
        (titled("公积金中心的回应不完整"), action(RETRY)),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    assert here.sessions() == []


@pytest.mark.parametrize("at", ["code", "service"])
def test_a_session_that_is_over_ends_the_visit(here: World, at: str) -> None:
    """The centre has ended it: no page of this visit can be had, so no menu is offered."""
    over = (titled("本次办理已结束或超时。"), action(LEAVE_KEY))
    if at == "code":
        here.fault("/v1/sessions/current/sms/check", "refusal", code="session-over")
        lines: tuple[Any, ...] = ((EnterSmsCode, "123456"), over)
        here.play(TOUCH, put("P01"), *lines, (Farewell, None))
    else:
        here.fault("/v1/accounts", "refusal", code="session-over")
        here.play(*here.signed_in("P01"), (Menu, "account"), over, (Farewell, None))


def test_a_centre_that_is_down_at_the_first_touch(here: World) -> None:
    here.fault("/v1/catalogue", "status", times=3)
    here.play(
        TOUCH,
        (titled("暂时连不上公积金中心"), action(RETRY)),
        put("P01"),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )


def test_answers_and_refusals_are_remembered_when_something_is_tried_again(here: World) -> None:
    """Trying again asks only what had no answer: no card, no message and no wrong code twice."""
    here.fault("/v1/person", "status", times=3)
    played = here.play(
        TOUCH,
        put("P11"),
        (ConfirmName, "yes"),
        (EnterSmsCode, wrong(here)),
        (EnterSmsCode, here.code),
        (titled("暂时连不上公积金中心"), action(RETRY)),
        LEAVE,
        (Farewell, None),
    )
    once = ("", "/current/name", "/current/sms")
    assert [played.calls[f"POST /v1/sessions{path}"] for path in once] == [1, 1, 1]
    assert played.calls["POST /v1/sessions/current/sms/check"] == 2
    assert played.calls["GET /v1/person"] == 2
