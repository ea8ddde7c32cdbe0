"""What comes of logins stands in the audit log: ids, ways, levels, codes, and nothing personal."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.device import Kind, Media
from kiosk.centre.level import Level
from kiosk.login import LoginEvent
from kiosk.operations.journal import FILE, Journal, audit_records
from kiosk.services.catalogue import SERVICES, Needs
from kiosk.visit.steps import (
    AGREE,
    AgreeToTerms,
    Attract,
    ChooseWay,
    EnterSmsCode,
    Farewell,
    IsItYou,
    Menu,
    PresentIdCard,
    Problem,
    ShowPhoneCode,
    ShowStatement,
)
from kiosk.visit.troubles import RETRY
from kiosk.visit.visit import Left, WentBack
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.agreement import VERSION
from tests.services.hall import Hall
from tests.services.script import LEAVE, Played, World, action, card
from tests.waiting import PATIENCE_S

BEGUN, PROVED, RAISED = LoginEvent.BEGUN, LoginEvent.PROVED, LoginEvent.RAISED
REFUSED, ENDED = LoginEvent.REFUSED, LoginEvent.ENDED


def told(played: Played) -> list[tuple[LoginEvent, str]]:
    """What the audit log is told, without the ids, of which there must be one."""
    assert len({id for _, id, _ in played.logins if id}) <= 1
    return [(event, detail) for event, _, detail in played.logins]


def strong_visit(here: World, monkeypatch: pytest.MonkeyPatch) -> Played:
    """Agreement, card, code, and the phone for a service that moves money; one wrong code."""
    strong = replace(SERVICES["account"], needs=Needs(Level.STRONG))
    monkeypatch.setitem(SERVICES, "account", strong)
    here.ask("PUT", "/agreement", {"wanted": True, "bank": None})
    touch, put, code = here.signed_in("P01")
    return here.play(
        touch,
        (AgreeToTerms, AGREE),
        put,
        (EnterSmsCode, "000000"),
        code,
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P01")),
        (IsItYou, "yes"),
        (ShowStatement, WentBack()),
        LEAVE,
        (lambda step: type(step).__name__ == "Rate", "skip"),
        (Farewell, None),
    )


def test_a_login_from_its_beginning_to_its_end(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids: list[str] = []
    agreed = here.code

    def typed(step: Any) -> str:
        ids.extend(session["id"] for session in here.sessions())
        return agreed(step)

    monkeypatch.setattr(here, "code", typed)
    played = strong_visit(here, monkeypatch)
    assert told(played) == [
        (BEGUN, f"id-card:{VERSION}"),
        (REFUSED, "code-wrong"),
        (PROVED, "proved:sms"),
        (RAISED, "strong:phone"),
        (ENDED, "left"),
    ]
    assert {id for _, id, _ in played.logins} == set(ids), "the id of the centre's session"


def test_nothing_of_a_citizen_stands_in_the_audit_log(
    here: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    played = strong_visit(here, monkeypatch)
    journal = Journal(tmp_path / FILE)
    for word in played.logins:
        journal.note(*word)
    kinds = [record.kind.value for record in audit_records(journal._connection)]
    journal.close()
    assert kinds[-5:] == [f"login-{event}" for event, _, _ in played.logins]
    person = personas.load()["P01"]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for value in (person.name, person.number, person.phone, "P01"):
        for form in ("utf-8", "utf-16-le", "gb18030"):
            assert value.encode(form) not in written


def test_another_card_begins_another_login(here: World) -> None:
    played = here.play(
        (Attract, None),
        (PresentIdCard, card("P01")),
        (EnterSmsCode, "000000"),
        (EnterSmsCode, "000000"),
        (EnterSmsCode, "000000"),
        (Problem, action(RETRY)),
        (PresentIdCard, card("P02")),
        (EnterSmsCode, here.code),
        LEAVE,
        (Farewell, None),
    )
    events = [(event, detail) for event, _, detail in played.logins]
    wrong = (REFUSED, "code-wrong")
    assert events == [
        (BEGUN, "id-card"),
        *(wrong, wrong, (REFUSED, "code-locked"), (ENDED, "again")),
        *((BEGUN, "id-card"), (PROVED, "proved:sms"), (ENDED, "left")),
    ]
    assert len({id for _, id, _ in played.logins}) == 2


def test_a_card_that_opens_no_login_is_told_without_an_id(here: World) -> None:
    played = here.play(
        (Attract, None), (PresentIdCard, card("P13")), (Problem, Left()), (Farewell, None)
    )
    assert played.logins == [(REFUSED, "", "card-expired")]


@pytest.fixture
def shop(_hall: Hall) -> Hall:
    _hall.well()
    return _hall


def test_the_audit_log_is_told_how_the_visit_ended(shop: Hall) -> None:
    with shop.visit() as citizen:
        citizen.signs_in()
        end = time.monotonic() + PATIENCE_S
        while citizen.terminal.statuses()[Kind.ID_CARD].media is Media.PRESENT:
            assert time.monotonic() < end
            time.sleep(0.01)
        citizen.terminal.dialogue.time_out("idle")
        assert citizen.ended() == "idle"
    assert [(event, detail) for event, _, detail in citizen.logins] == [
        (BEGUN, "id-card"),
        (PROVED, "proved:sms"),
        (ENDED, "idle"),
    ]
