"""Signing in by face: consent, another way at every moment, and what the centre refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.device import Kind, Reason, State, Status
from drivers.smart_card.types import BankCard, BankCardKind
from kiosk.identity.face.hints import ENDS, HowEnded
from kiosk.identity.face.models import LIVENESS, SFACE, pinned
from kiosk.settings import FaceSettings
from kiosk.visit.face_consent import AGAIN
from kiosk.visit.face_steps import (
    DECLINE,
    OTHER_WAY,
    CaptureFace,
    ConsentToFace,
    FaceTaken,
    ReadNotice,
)
from kiosk.visit.pin_steps import PresentBankCard
from kiosk.visit.steps import (
    AGREE,
    OTHER,
    WHOLE_TEXT,
    Attract,
    Choose,
    ChooseWay,
    EnterSmsCode,
    Farewell,
    PresentIdCard,
    Problem,
)
from kiosk.visit.troubles import RETRY
from kiosk.visit.visit import Left
from kiosk.words import Language, _, say
from tests.services.captures import WITH_CAMERA, taken
from tests.services.script import LEAVE, WELL, Line, Played, World, card

END: Line = (Farewell, None)


def begun(*lines: Line, way: str = "face") -> tuple[Line, ...]:
    other = (EnterSmsCode, OTHER)  # the code by SMS comes first, and every page leads to the others
    return ((Attract, None), (PresentIdCard, card("P01")), other, (ChooseWay, way), *lines)


def signed_in(here: World, *lines: Line) -> Played:
    return here.play(*begun(*lines), LEAVE, END, statuses=WITH_CAMERA)


def outcomes(here: World) -> list[tuple[str, str]]:
    return [(row["consent"], row["outcome"]) for row in here.ask("GET", "/faces")]


def test_a_face_signs_in(faces: World) -> None:
    played = signed_in(faces, (ConsentToFace, AGREE), (CaptureFace, taken()))
    assert played.script.greeting == "张*"
    assert outcomes(faces)[-1] == ("2026-01", "not-compared")
    assert played.calls["POST /v1/sessions/current/face/check"] == 1


@pytest.mark.parametrize(("with_model", "outcome"), [(True, "compared"), (False, "not-compared")])
def test_the_centre_is_told_whether_the_chips_photo_was_compared(
    faces: World, with_model: bool, outcome: str
) -> None:
    """However alike both are: the comparison decides nothing. One that names no model is none."""
    names = (*LIVENESS, SFACE) if with_model else LIVENESS
    models = {name: pinned()[name].sha256 for name in names}
    compared = taken(chip="compared", similarity=0.1, models=models)
    touch, _card, *on = begun((ConsentToFace, AGREE), (CaptureFace, compared))
    own = (PresentIdCard, replace(card("P01"), photo=b"WLf"))
    played = faces.play(touch, own, *on, LEAVE, END, statuses=WITH_CAMERA)
    assert played.last(CaptureFace).photo.reveal() == b"WLf"
    assert played.script.greeting == "张*"
    assert outcomes(faces)[-1] == ("2026-01", outcome)


def test_the_photo_of_a_card_goes_with_its_session(faces: World) -> None:
    """Whoever begins anew in the same visit, by another way, is not compared with that photo."""
    faces.fault("/v1/sessions/current/sms", "refusal", code="card-lost", times=1)
    other = BankCard(
        number="9999990000000000014",
        holder="",
        expires=None,
        sequence=1,
        aid="A000000333010101",
        label="PBOC DEBIT",
        kind=BankCardKind.DEBIT,
        bank="",
        bank_en="",
    )
    played = faces.play(
        (Attract, None),
        (PresentIdCard, replace(card("P02"), photo=b"WLf")),
        (Problem, RETRY),
        (PresentIdCard, OTHER),
        (ChooseWay, "bank-card"),
        (PresentBankCard, other),
        (EnterSmsCode, OTHER),
        (ChooseWay, "face"),
        (ConsentToFace, AGREE),
        (CaptureFace, taken()),
        LEAVE,
        END,
        statuses={**WITH_CAMERA, Kind.SMART_CARD: Status(State.ONLINE)},
    )
    assert not played.last(CaptureFace).photo.reveal()


def test_the_whole_text_is_one_press_away(faces: World) -> None:
    played = signed_in(
        faces,
        (ConsentToFace, WHOLE_TEXT),
        (ReadNotice, "close"),
        (ConsentToFace, AGREE),
        (CaptureFace, taken()),
    )
    assert len(played.last(ReadNotice).notice.full) == 7
    assert [point.about for point in played.last(ConsentToFace).notice.points] == [
        "what",
        "why",
        "kept",
        "who",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ((ConsentToFace, DECLINE),),
        ((ConsentToFace, AGREE), (CaptureFace, OTHER_WAY)),
        (
            (ConsentToFace, AGREE),
            (CaptureFace, lambda _: FaceTaken(why_not=ENDS[HowEnded.NOT_LIVE])),
            (Choose, OTHER),
        ),
    ],
)
def test_another_way_does_the_same(faces: World, lines: tuple[Line, ...]) -> None:
    played = signed_in(faces, *lines, (ChooseWay, "sms"), (EnterSmsCode, faces.code))
    assert played.script.greeting == "张*"
    assert outcomes(faces)[-1] == ("", "")  # nothing was sent


def test_a_capture_may_be_tried_again(faces: World) -> None:
    played = signed_in(
        faces,
        (ConsentToFace, AGREE),
        (CaptureFace, lambda _: FaceTaken(why_not=ENDS[HowEnded.TOO_LONG])),
        (Choose, AGAIN),
        (CaptureFace, taken()),
    )
    assert say(played.last(Choose).title, Language.ZH) == "时间太长了"
    first, second = (s for s in played.script.steps if isinstance(s, CaptureFace))
    assert first.challenge.challenge != second.challenge.challenge


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"session": "another"}, "这张照片不属于这次办理"),
        ({"challenge": "another"}, "这张照片不属于这次办理"),
        ({"terminal": "T0002"}, "这张照片不属于这次办理"),
        ({"actions": ("nod", "blink")}, "没有确认是您本人在场"),
        ({"actions": ("turn_left", "turn_left")}, "没有确认是您本人在场"),
        ({"reliefs": (0.0, 0.04)}, "没有确认是您本人在场"),
        ({"reliefs": ()}, "没有确认是您本人在场"),
        ({"models": {}}, "没有确认是您本人在场"),
        ({"picture": b"GIF89a"}, "没有确认是您本人在场"),
    ],
)
def test_the_centre_refuses_what_is_not_bound_or_not_live(
    faces: World, changes: dict[str, Any], why: str
) -> None:
    played = signed_in(
        faces,
        (ConsentToFace, AGREE),
        (CaptureFace, taken(**changes)),
        (Choose, OTHER),
        (ChooseWay, "sms"),
        (EnterSmsCode, faces.code),
    )
    assert why in say(played.last(Choose).title, Language.ZH)
    assert outcomes(faces)[-1] == ("2026-01", "refused")


def test_a_replayed_picture_is_refused(faces: World) -> None:
    kept: list[FaceTaken] = []

    def first(step: Any) -> FaceTaken:
        kept.append(taken()(step))
        return kept[0]

    signed_in(faces, (ConsentToFace, AGREE), (CaptureFace, first))
    again = signed_in(
        faces,
        (ConsentToFace, AGREE),
        (CaptureFace, lambda _: kept[0]),
        (Choose, OTHER),
        (ChooseWay, "sms"),
        (EnterSmsCode, faces.code),
    )
    assert "不属于这次办理" in say(again.last(Choose).title, Language.ZH)


def test_bytes_that_are_no_envelope_are_refused_and_lock_in_the_end(faces: World) -> None:
    """Then the other ways are still open."""
    tries = [line for _ in range(3) for line in ((CaptureFace, _nonsense), (Choose, AGAIN))]
    played = signed_in(
        faces, (ConsentToFace, AGREE), *tries, (ChooseWay, "sms"), (EnterSmsCode, faces.code)
    )
    page = played.last(ChooseWay)
    assert say(page.lead, Language.ZH) == "刷脸没有成功的次数太多，已停用。"
    assert [tile.way for tile in page.ways if tile.closed is not None] == ["face"]


def _nonsense(_step: Any) -> FaceTaken:
    return FaceTaken(b"no envelope")


@pytest.mark.parametrize(
    ("camera", "tile"),
    [
        (None, None),
        (Status(State.NO_DEVICE, problem=Reason.NO_DEVICE), "摄像头没有响应"),
        (Status(State.USER_ERROR), "摄像头暂时不可用"),
    ],
    ids=["none was built in", "unplugged", "black"],
)
def test_without_a_camera_the_way_is_greyed(
    faces: World, camera: Status | None, tile: str | None
) -> None:
    """A terminal that was built without a camera offers the other ways only."""
    statuses = {**WELL, **({Kind.CAMERA: camera} if camera else {})}
    touch, own, other, _way = begun()
    played = faces.play(touch, own, other, (ChooseWay, Left()), END, statuses=statuses)
    ways = {one.way: one.closed for one in played.last(ChooseWay).ways}
    assert say(ways.get("face", ""), Language.ZH) == (tile or "")  # type: ignore[arg-type]
    assert ("face" in ways) == (camera is not None)


def test_a_camera_that_is_lost_in_a_capture_leads_to_the_other_ways(faces: World) -> None:
    lost = FaceTaken(why_not=_("摄像头没有响应"))
    played = faces.play(
        *begun((ConsentToFace, AGREE), (CaptureFace, lost), (Choose, OTHER)),
        (ChooseWay, "sms"),
        (EnterSmsCode, faces.code),
        LEAVE,
        END,
        statuses=WITH_CAMERA,
    )
    assert say(played.last(Choose).title, Language.ZH) == "摄像头没有响应"


def test_without_models_the_way_is_greyed(here: World, tmp_path: Path) -> None:
    here.ask("POST", "/faces", {"open": True})
    here.settings = msgspec.structs.replace(here.settings, face=FaceSettings(models=tmp_path))
    try:
        played = here.play(
            (Attract, None),
            (PresentIdCard, card("P01")),
            (EnterSmsCode, here.code),  # the only way that is open
            LEAVE,
            END,
            statuses=WITH_CAMERA,
        )
    finally:
        here.ask("POST", "/faces", {"open": False})
    assert say(played.visit.faces_closed() or "", Language.ZH) == "本机没有安装人脸识别"


def test_where_the_centre_checks_no_faces_nothing_is_asked(here: World) -> None:
    played = here.play(
        (Attract, None),
        (PresentIdCard, card("P01")),
        (EnterSmsCode, here.code),
        LEAVE,
        END,
        statuses=WITH_CAMERA,
    )
    assert played.calls["POST /v1/sessions/current/face"] == 0


def test_a_taken_face_shows_nothing() -> None:
    assert "secret" not in repr(FaceTaken(b"secret"))
