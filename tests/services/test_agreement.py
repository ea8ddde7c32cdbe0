"""The way in begins with the centre's agreement, where the centre asks for one."""

from __future__ import annotations

import logging

import pytest

from kiosk.visit.face_steps import ReadNotice
from kiosk.visit.steps import (
    AGREE,
    WHOLE_TEXT,
    AgreeToTerms,
    Attract,
    Farewell,
    Menu,
    PresentIdCard,
    Problem,
    Rate,
)
from kiosk.visit.troubles import RETRY
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox.agreement import VERSION
from tests.services.script import LEAVE, World, action, card

BANK = {"zh": "云岭银行示范路支行", "en": "Yunling Bank, Shifan Road"}


def ask_for_it(here: World, bank: dict[str, str] | None = None) -> None:
    here.ask("PUT", "/agreement", {"wanted": True, "bank": bank})


def versions(here: World) -> list[str]:
    return [each["agreement"] for each in here.ask("GET", "/agreements")]


def test_nobody_is_asked_for_a_card_before_they_agree(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_it(here)
    touch, put, code = here.signed_in("P01")
    with caplog.at_level(logging.INFO):
        here.play(touch, (AgreeToTerms, AGREE), put, code, LEAVE, (Farewell, None))
    assert versions(here) == [VERSION], "the version stands in the login"
    (line,) = [
        record for record in caplog.records if record.getMessage() == "the agreement was accepted"
    ]
    assert line.__dict__["version"] == VERSION


def test_the_whole_text_is_one_press_away(here: World) -> None:
    ask_for_it(here, BANK)
    touch, *rest = here.signed_in("P01")
    played = here.play(
        touch,
        (AgreeToTerms, WHOLE_TEXT),
        (ReadNotice, None),
        (AgreeToTerms, AGREE),
        *rest,
        LEAVE,
        (Farewell, None),
    )
    agreement = played.last(AgreeToTerms).agreement
    assert played.last(ReadNotice).notice is agreement
    assert agreement.bank is not None
    assert say(agreement.bank, Language.ZH) == BANK["zh"]
    assert BANK["zh"] in agreement.full[-1].zh, "on a bank's machine the text names the bank"


def test_who_does_not_agree_leaves_and_nothing_was_asked(here: World) -> None:
    ask_for_it(here)
    played = here.play((Attract, None), (AgreeToTerms, Left()))
    assert versions(here) == []
    assert played.calls["POST /v1/sessions"] == 0


def test_it_is_asked_once_in_a_visit(here: World) -> None:
    """Another card after a refused one belongs to the same visit."""
    ask_for_it(here)
    touch, put, code = here.signed_in("P01")
    here.play(
        touch,
        (AgreeToTerms, AGREE),
        (PresentIdCard, card("P01", valid_to="2020-01-01")),
        (Problem, action(RETRY)),
        put,
        code,
        LEAVE,
        (Farewell, None),
    )
    assert versions(here) == [VERSION]


def test_a_replay_of_the_sign_in_takes_the_same_path(here: World) -> None:
    ask_for_it(here)
    here.fault("/v1/person", "status", times=3)
    touch, put, code = here.signed_in("P01")
    here.play(
        touch,
        (AgreeToTerms, AGREE),
        put,
        code,
        (Problem, action(RETRY)),
        (Menu, "account"),
        (lambda step: not isinstance(step, AgreeToTerms), WentBack()),
        LEAVE,
        (Rate, "skip"),
        (Farewell, None),
    )


def test_a_centre_without_an_agreement_asks_for_none(here: World) -> None:
    here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))
    assert versions(here) == [""]
