"""变更 at the stand-in centre: personal data, query password, bank card, phone."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.device import Kind, State, Status
from drivers.smart_card.types import BankCard, BankCardKind
from kiosk.centre.evidence import PhoneLoginState
from kiosk.identity.face.hints import ENDS, HowEnded
from kiosk.login import LoginEvent
from kiosk.privacy import Sensitive
from kiosk.services.payee_card import number_page
from kiosk.visit.face_consent import AGAIN
from kiosk.visit.face_steps import (
    DECLINE,
    OTHER_WAY,
    CaptureFace,
    ConsentToFace,
    FaceTaken,
    ReadNotice,
)
from kiosk.visit.operation_steps import (
    CONFIRM,
    AwaitResult,
    ChooseReason,
    ConfirmOperation,
    ShowOutcome,
)
from kiosk.visit.steps import (
    AGREE,
    OTHER,
    WHOLE_TEXT,
    Choose,
    ChooseWay,
    Confirm,
    EnterDigits,
    EnterNewPassword,
    EnterNumber,
    EnterSmsCode,
    Menu,
    NotAnAnswer,
    PresentNewBankCard,
    Problem,
    ShowPhoneCode,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox.changes import second_card
from tests.services.captures import WITH_CAMERA, taken
from tests.services.money import DirectCommitLine
from tests.services.script import WELL, Line, Played, World, confirmed

BACK = WentBack()
ADDRESS: Line = (ChooseReason, "address")


def serve(here: World, persona: str, service: str, *lines: Line, **options: Any) -> Played:
    return here.serve(persona, service, *lines, committer=DirectCommitLine(here), **options)


def offered(words: str) -> Any:
    """The key of the choice whose Chinese title has ``words``."""

    def key(step: Any) -> str:
        return str(next(e.key for e in step.options if words in say(e.title, Language.ZH)))

    return key


def changes(played: Played) -> list[tuple[str, str, str]]:
    """What the confirmed quote changes: label, before, after."""
    return [
        (each.label.zh, each.before.reveal().zh, each.after.reveal().zh)
        for each in played.last(ConfirmOperation).operation.changes
    ]


# -- 个人信息 -------------------------------------------------------------------------------------


def test_p03_takes_over_the_address_of_the_police_register(here: World) -> None:
    new = "演示省云岭市示范区测试小区3栋2单元501"
    take: Line = (Choose, offered("测试小区3栋"))
    played = serve(
        here,
        "P03",
        "personal-data",
        ADDRESS,
        take,
        *confirmed(here),
    )
    assert changes(played) == [("联系地址", "演示省云岭市示范区旧街1号", new)]
    assert new in str(played.last(ShowOutcome).facts)


def test_what_agrees_with_the_register_says_so_and_leads_back(here: World) -> None:
    played = serve(
        here,
        "P03",
        "personal-data",
        (ChooseReason, "marital"),
        (Problem, "others"),
        (ChooseReason, "email"),
        (Problem, BACK),
        (ChooseReason, BACK),
        (Problem, BACK),
        (ChooseReason, BACK),
    )
    page = played.last(ChooseReason)
    assert [each.key for each in page.can] == ["address"]
    assert [each.key for each in page.cannot] == ["marital", "email"]
    assert "民政部门" in say(page.cannot[0].hint, Language.ZH)


def test_p02_is_divorced_as_the_civil_affairs_register_says(here: World) -> None:
    played = serve(
        here,
        "P02",
        "personal-data",
        (ChooseReason, "marital"),
        (Choose, offered("离婚")),
        *confirmed(here),
    )
    assert changes(played) == [("婚姻状况", "已婚", "离婚")]


def test_a_change_is_read_in_english_as_well(here: World) -> None:
    played = serve(
        here,
        "P02",
        "personal-data",
        (ChooseReason, "marital"),
        (Choose, "40"),
        *confirmed(here),
        language=Language.EN,
    )
    said = {
        say(fact.label, Language.EN): say(fact.value, Language.EN)
        for fact in played.last(ShowOutcome).facts
    }
    assert said["Marital status from now on"] == "Divorced"


# -- 查询密码 -------------------------------------------------------------------------------------


def test_p01_chooses_another_password(here: World) -> None:
    def asked(words: str) -> Any:
        return lambda step: (
            isinstance(step, EnterNewPassword) and words in say(step.wrong or "", Language.ZH)
        )

    played = serve(
        here,
        "P01",
        "query-password",
        (EnterNewPassword, "806293"),
        (EnterNewPassword, "806294"),
        (asked("不一样"), "111111"),
        (EnterNewPassword, "111111"),
        (asked("太容易猜到"), "806293"),
        (EnterNewPassword, "806293"),
        *confirmed(here),
    )
    assert "旧密码作废" in str(played.last(ConfirmOperation).operation.effects)


def test_a_password_has_six_digits() -> None:
    for wrong in ("12345", "1234567", "12345a", "１２３４５６", None):
        with pytest.raises(NotAnAnswer):
            EnterNewPassword().check(wrong)


# -- 收款银行卡 -----------------------------------------------------------------------------------

NEW_CARD = second_card("9999990000000000030")


def strongly(here: World, persona: str) -> tuple[Line, ...]:
    """The quote, agreed to on the citizen's phone, then its own code; the end."""
    return (
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, here.phone(persona)),
        (EnterSmsCode, here.code),
        (ShowOutcome, MENU),
    )


def test_p03_reads_a_new_card_from_its_chip(here: World) -> None:
    card = BankCard(NEW_CARD, "", None, None, "A0", "", BankCardKind.DEBIT, "", "")
    statuses = {**WELL, Kind.SMART_CARD: WELL[Kind.ID_CARD]}
    read: tuple[Line, ...] = ((Choose, "read"), (PresentNewBankCard, card))
    lines = (*read, *strongly(here, "P03"), (Menu, "withdraw"), (Confirm, "yes"))
    cooling: tuple[Line, ...] = ((ChooseReason, BACK), (Confirm, BACK))
    played = serve(here, "P03", "payee-card", *lines, *cooling, statuses=statuses)
    after = f"演示银行 尾号 {NEW_CARD[-4:]}"
    assert changes(played) == [("收款银行卡", "演示银行 尾号 0030", after)]
    assert not played.last(ChooseReason).can
    assert "24小时" in say(played.last(ChooseReason).cannot[0].hint, Language.ZH)


def test_who_cannot_have_the_card_read_types_its_number(here: World) -> None:
    played = serve(
        here,
        "P03",
        "payee-card",
        (Choose, "read"),
        (PresentNewBankCard, OTHER),
        (EnterDigits, BACK),
        (PresentNewBankCard, OTHER),
        (EnterDigits, "9999990000000000014"),
        (Choose, "type"),
        (EnterDigits, NEW_CARD),
        *strongly(here, "P03"),
        statuses={**WELL, Kind.SMART_CARD: WELL[Kind.ID_CARD]},
    )
    assert "户名不是您本人" in say(played.last(Choose).lead, Language.ZH)


def test_a_card_that_does_not_do_says_why_where_the_number_is_typed(here: World) -> None:
    def asked(words: str) -> Any:
        return lambda step: (
            isinstance(step, EnterDigits) and words in say(step.wrong or "", Language.ZH)
        )

    played = serve(
        here,
        "P03",
        "payee-card",
        (EnterDigits, "9999990000000000014"),
        (asked("户名不是您本人"), "6222020000000000000"),
        (asked("银行查不到"), "9999990000000000030"),
        (asked("现在的收款银行卡"), NEW_CARD),
        *strongly(here, "P03"),
        statuses=WELL,
    )
    assert played.last(ShowPhoneCode).business


def test_after_a_wrong_code_the_phone_need_not_agree_again(here: World) -> None:
    serve(
        here,
        "P03",
        "payee-card",
        (EnterDigits, NEW_CARD),
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, BACK),
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, here.phone("P03")),
        (EnterSmsCode, "000000"),
        (EnterSmsCode, BACK),
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, here.code),
        (ShowOutcome, MENU),
        statuses=WELL,
    )


def test_a_code_whose_time_has_passed_is_followed_by_a_new_one(here: World) -> None:
    codes = []

    def too_late(step: ShowPhoneCode) -> PhoneLoginState:
        codes.append(step.content)
        return PhoneLoginState(state="over")

    line: tuple[Line, ...] = ((EnterDigits, NEW_CARD), (ConfirmOperation, CONFIRM))
    late: Line = (ShowPhoneCode, too_late)
    played = serve(here, "P03", "payee-card", *line, late, *strongly(here, "P03")[1:])
    assert played.last(ShowPhoneCode).content not in codes


def test_a_code_that_cannot_be_voided_now_holds_nobody_up(here: World) -> None:
    def left(_step: object) -> WentBack:
        here.fault("/v1/logins", "status")
        return WentBack()

    serve(
        here,
        "P03",
        "payee-card",
        (EnterDigits, NEW_CARD),
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, left),
        (ConfirmOperation, BACK),
        (EnterDigits, BACK),
    )


def test_a_phone_that_declines_changes_nothing(here: World) -> None:
    played = serve(
        here,
        "P03",
        "payee-card",
        (EnterDigits, NEW_CARD),
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, here.phone("P03", answer="no")),
        (Problem, MENU),
        statuses=WELL,
        unrated=True,
    )
    assert "没有同意这笔业务" in say(played.last(Problem).title, Language.ZH)


def test_a_number_of_a_card_is_whole() -> None:
    page = number_page(None)
    for wrong in ("12345678901", "1" * 20, "１" * 16, "1234 5678 9012", 1):
        with pytest.raises(NotAnAnswer):
            page.check(wrong)
    assert page.check("1" * 19) == Sensitive("1" * 19)
    with pytest.raises(NotAnAnswer):
        PresentNewBankCard().check("1" * 19)


# -- face or phone --------------------------------------------------------------------------------

CARD: tuple[Line, ...] = ((EnterDigits, NEW_CARD), (ConfirmOperation, CONFIRM))


def with_camera(here: World, *lines: Line, **options: Any) -> Played:
    return serve(here, "P03", "payee-card", *CARD, *lines, statuses=WITH_CAMERA, **options)


def test_p03_confirms_a_new_card_by_face(faces: World) -> None:
    played = with_camera(
        faces,
        (ChooseWay, "face"),
        (ConsentToFace, WHOLE_TEXT),
        (ReadNotice, None),
        (ConsentToFace, AGREE),
        (CaptureFace, lambda _: FaceTaken(why_not=ENDS[HowEnded.TOO_LONG], crowd=True)),
        (Choose, AGAIN),
        (CaptureFace, taken(reliefs=())),
        (Choose, AGAIN),
        (CaptureFace, taken()),
        (EnterSmsCode, "000000"),
        (EnterSmsCode, faces.code),
        (ShowOutcome, MENU),
    )
    assert [tile.way for tile in played.last(ChooseWay).ways] == ["qr", "face"]
    assert "只有短信验证码还不够" in say(played.last(ChooseWay).lead, Language.ZH)
    assert faces.ask("GET", "/faces")[-1]["outcome"] == "not-compared"
    assert played.calls["POST /v1/operations/{id}/face/check"] == 2
    assert "POST /v1/sessions/current/face" not in played.calls
    refused = [detail for event, _, detail in played.logins if event is LoginEvent.REFUSED]
    assert refused == ["two-faces", "face-not-live", "code-wrong"]


def test_who_wants_no_face_takes_the_phone(faces: World) -> None:
    other: Line = (ChooseWay, "face")
    with_camera(
        faces,
        (ChooseWay, BACK),
        (ConfirmOperation, CONFIRM),
        other,
        (ConsentToFace, DECLINE),
        other,
        (ConsentToFace, BACK),
        other,
        (ConsentToFace, AGREE),
        (CaptureFace, OTHER_WAY),
        other,
        (ConsentToFace, AGREE),
        (CaptureFace, taken(session="another")),
        (Choose, OTHER),
        (ChooseWay, "qr"),
        (ShowPhoneCode, BACK),
        (ChooseWay, "qr"),
        (ShowPhoneCode, faces.phone("P03")),
        (EnterSmsCode, faces.code),
        (ShowOutcome, MENU),
    )


def test_too_many_pictures_close_the_face(faces: World) -> None:
    again = ((CaptureFace, lambda _: FaceTaken(b"no envelope")), (Choose, AGAIN))
    tries = [line for _ in range(3) for line in again]
    played = with_camera(
        faces, (ChooseWay, "face"), (ConsentToFace, AGREE), *tries, (Problem, MENU), unrated=True
    )
    assert "次数太多" in say(played.last(Problem).title, Language.ZH)


def test_a_centre_that_closes_the_face_during_the_capture_says_so(faces: World) -> None:
    def closed(step: Any) -> FaceTaken:
        faces.ask("POST", "/faces", {"open": False})
        return taken()(step)

    agreed: tuple[Line, ...] = ((ChooseWay, "face"), (ConsentToFace, AGREE))
    played = with_camera(faces, *agreed, (CaptureFace, closed), (Problem, MENU), unrated=True)
    assert "不能用人脸核验" in say(played.last(Problem).title, Language.ZH)


def test_with_the_phone_closed_the_face_is_asked_for_at_once(faces: World) -> None:
    faces.ask("PUT", "/ways/phone", {"open": False})
    face: tuple[Line, ...] = ((ConsentToFace, AGREE), (CaptureFace, taken()))
    with_camera(faces, *face, (EnterSmsCode, faces.code), (ShowOutcome, MENU))


def test_with_phone_and_face_closed_the_change_is_refused_before_the_card(here: World) -> None:
    here.ask("PUT", "/ways/phone", {"open": False})
    played = serve(here, "P03", "payee-card", (Problem, MENU), unrated=True)
    assert "都暂停" in say(played.last(Problem).title, Language.ZH)


def test_where_only_a_face_would_do_a_terminal_without_camera_says_so(faces: World) -> None:
    faces.ask("PUT", "/ways/phone", {"open": False})
    lines: tuple[Line, ...] = ((EnterDigits, NEW_CARD), (Problem, MENU))
    played = serve(faces, "P03", "payee-card", *lines, unrated=True)
    assert "本机还不能确认" in say(played.last(Problem).title, Language.ZH)


def test_a_camera_that_is_down_greys_the_face(faces: World) -> None:
    statuses = {**WELL, Kind.CAMERA: Status(State.OFFLINE)}
    phone: tuple[Line, ...] = strongly(faces, "P03")[1:]
    serve(faces, "P03", "payee-card", *CARD, *phone, statuses=statuses)


# -- 手机号 ---------------------------------------------------------------------------------------


def test_p03_takes_another_phone_number(here: World) -> None:
    def asked(words: str) -> Any:
        return lambda step: (
            isinstance(step, EnterDigits) and words in say(step.wrong or "", Language.ZH)
        )

    lines: tuple[Line, ...] = (
        (EnterDigits, "12777770301"),
        (EnterDigits, "12777770302"),
        (asked("不一样"), "12300000001"),
        (EnterDigits, "12300000001"),
        (asked("已被别人登记"), "12777770301"),
        (EnterDigits, "12777770301"),
        *strongly(here, "P03"),
        (Menu, "payee-card"),
        (Problem, MENU),
    )
    played = serve(here, "P03", "phone", *lines)
    assert changes(played) == [("手机号", "123****0003", "127****0301")]
    assert played.last(EnterSmsCode).phone == "127****0301"
    assert "您刚变更过手机号" in say(played.last(Problem).title, Language.ZH)


def test_a_withdrawal_under_way_is_named_before_a_card_is_asked_for(here: World) -> None:
    here.ask("POST", "/operations/course", {"after_s": None})
    lines: tuple[Line, ...] = (
        (Confirm, "yes"),
        (ChooseReason, lambda step: step.can[0].key),
        (EnterNumber, "100"),
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, here.code),
        (AwaitResult, MENU),
        (Menu, "payee-card"),
        (Problem, MENU),
    )
    played = serve(here, "P03", "withdraw", *lines, unrated=True)
    assert "正在办理" in say(played.last(Problem).title, Language.ZH)


# -- one at a time --------------------------------------------------------------------------------


def test_a_change_under_way_is_shown_before_the_next(here: World) -> None:
    here.ask("POST", "/operations/course", {"after_s": None})
    under_way = (
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, here.code),
        (AwaitResult, MENU),
    )
    take: Line = (Choose, offered("离婚"))
    again: tuple[Line, ...] = ((Menu, "personal-data"), (AwaitResult, MENU))
    marital: Line = (ChooseReason, "marital")
    lines = (marital, take, *under_way, *again)
    played = serve(here, "P02", "personal-data", *lines, unrated=True)
    assert played.last(AwaitResult).resumed
