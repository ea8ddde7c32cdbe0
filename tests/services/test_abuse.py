"""Abuse: what is replayed, what is somebody else's, what is only typed; refused, and noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from kiosk.centre.client import CentreClient
from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import FundCodeEvidence, PasswordEvidence, PhoneEvidence, PinEvidence
from kiosk.centre.face import FacePicture
from kiosk.centre.level import Level
from kiosk.login import LoginEvent
from kiosk.papers.sealed import holder_mark
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import SERVICES
from kiosk.visit.card_reading import card_evidence
from kiosk.visit.face_steps import CaptureFace, ConsentToFace, FaceTaken
from kiosk.visit.steps import (
    AGREE,
    OTHER,
    Attract,
    Choose,
    ChooseWay,
    EnterSmsCode,
    Farewell,
    PresentIdCard,
)
from kiosk.visit.troubles import MENU
from kiosk.workshop.sandbox import documents
from tests.services.captures import WITH_CAMERA, taken
from tests.services.script import LEAVE, World, action, card, titled

REFUSED = LoginEvent.REFUSED
OPENAPI = Path(__file__).parents[2] / "assets" / "openapi.json"
PUBLIC_GROUPS = ("calculate", "read", "help")
Told = list[tuple[LoginEvent, str, str]]


def alarms(here: World) -> list[str]:
    return [alarm["kind"] for alarm in here.ask("GET", "/alarms")]


@contextmanager
def client(here: World, terminal: str = "T0001") -> Iterator[tuple[CentreClient, Told]]:
    """A terminal's client, and what its audit log is told."""
    told: Told = []
    with here.client(terminal, on_login=lambda *word: told.append(word)) as one:
        yield one, told


def held(one: CentreClient, persona: str = "P01") -> str:
    """Sign in with a card only; the id of the session."""
    return one.sign_in(card_evidence(card(persona))).id


# -- replayed -------------------------------------------------------------------------------------


def test_a_code_of_the_phone_serves_once_and_nowhere_else(here: World) -> None:
    logins: list[str] = []
    with client(here) as (one, told), client(here, "T0666") as (thief, theirs):
        login = one.logins.open_phone()
        form = {"person": "P01", "answer": "yes", "digits": login.digits}
        requests.post(login.content.reveal(), data=form, timeout=60)
        for stranger in (thief, one, one):
            try:
                stranger.sign_in(PhoneEvidence(login=login.id))
            except Refusal as refusal:
                logins.append(refusal.code)
            else:
                logins.append("signed in")
    assert logins == ["login-over", "signed in", "login-over"]
    assert (REFUSED, "", "login-over") in told
    assert theirs == [(REFUSED, "", "login-over")]
    assert alarms(here) == ["code-replayed", "code-replayed"]


def test_a_code_before_the_scanner_serves_once(here: World) -> None:
    code = here.ask("POST", "/fund-codes/P01")
    with client(here) as (one, told):
        shown = FundCodeEvidence(code=Sensitive(code))
        one.sign_in(shown)
        with pytest.raises(Refusal, match="fund-code-over"):
            one.sign_in(shown)
    assert told[-1] == (REFUSED, "", "fund-code-over")
    assert alarms(here) == ["code-replayed"]


def test_a_session_that_has_ended_is_not_taken_up_again(here: World) -> None:
    with client(here) as (one, told):
        id_ = held(one)
        session = one.session
        one.sign_out()
        one._session = session  # somebody has kept the token
        with pytest.raises(Refusal, match="session-over"):
            one.accounts()
    assert told[-2] == (REFUSED, id_, "session-over")
    assert alarms(here)[0] == "session-replayed"


def test_a_session_at_two_terminals_is_over_at_both(here: World) -> None:
    with client(here) as (one, told), client(here, "T0666") as (thief, theirs):
        id_ = held(one)
        thief._session = one.session
        for stranger in (thief, one):
            with pytest.raises(Refusal, match="session-over"):
                stranger.person()
        thief._session = None
    assert theirs == [(REFUSED, id_, "session-over")]
    assert (REFUSED, id_, "session-over") in told
    assert alarms(here)[0] == "session-elsewhere"


def test_a_picture_of_a_face_serves_once_and_in_its_own_session(faces: World) -> None:
    def shown(one: CentreClient) -> FacePicture:
        challenge = one.face_challenge()
        assert one.session
        return FacePicture.of(challenge, taken()(CaptureFace(challenge, one.session.id)).sealed)

    with client(faces) as (one, told), client(faces, "T0002") as (other, theirs):
        mine = held(one)
        picture = shown(one)
        one.check_face(picture)
        with pytest.raises(Refusal, match="face-expired"):
            one.check_face(picture)
        hers = held(other, "P02")
        with pytest.raises(Refusal, match="face-expired"):
            other.check_face(picture)
        again = other.face_challenge()
        with pytest.raises(Refusal, match="face-foreign"):
            other.check_face(picture.model_copy(update={"challenge": again.challenge}))
        with pytest.raises(Refusal, match="face-expired"):
            other.check_face(picture.model_copy(update={"challenge": "never asked"}))
    assert (REFUSED, mine, "face-expired") in told
    assert [word for word in theirs if word[0] is REFUSED] == [
        (REFUSED, hers, "face-expired"),
        (REFUSED, hers, "face-foreign"),
        (REFUSED, hers, "face-expired"),
    ]
    assert alarms(faces) == ["face-replayed"] * 3


# -- somebody else's ------------------------------------------------------------------------------


def test_a_document_of_somebody_else_raises_nothing(here: World) -> None:
    with client(here) as (one, told):
        id_ = held(one)
        with pytest.raises(Refusal, match="other-person"):
            one.prove(card_evidence(card("P02")))
    assert (REFUSED, id_, "other-person") in told
    assert alarms(here) == ["other-person"]


def test_a_paper_made_for_somebody_else_is_neither_shown_nor_printed(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(
        documents, "holder_mark", lambda s, _n, _i: holder_mark(s, "演示乙", "9" * 18)
    )
    played = here.serve(
        "P01",
        "deposit-certificate",
        (Choose, lambda step: step.options[0].key),
        (titled("文件没有通过核验，不能打印"), action(MENU)),
        unrated=True,
    )
    assert [detail for event, _, detail in played.logins if event is REFUSED] == ["other-holder"]
    assert here.ask("GET", "/prints") == []


def test_two_faces_are_noted_though_one_of_them_was_left_alone(faces: World) -> None:
    played = faces.play(
        (Attract, None),
        (PresentIdCard, card("P01")),
        (EnterSmsCode, OTHER),
        (ChooseWay, "face"),
        (ConsentToFace, AGREE),
        (CaptureFace, lambda step: FaceTaken(taken()(step).sealed, crowd=True)),
        LEAVE,
        (Farewell, None),
        statuses=WITH_CAMERA,
    )
    refused = [detail for event, _, detail in played.logins if event is REFUSED]
    assert refused == ["two-faces"]


# -- only typed -----------------------------------------------------------------------------------

OF_A_HELD_CARD = {"POST /v1/sessions/current/sms", "POST /v1/logins"}
"""What a card that was only read may ask for: a proof."""

PROOFS = {
    *(
        f"POST /v1/sessions/current/{what}"
        for what in ("name", "proofs", "sms/check", "face/check")
    ),
    "GET /v1/sessions/current/pin-key",
}
"""What is a proof itself; everything else is refused before its body is looked at."""


def secured() -> list[tuple[str, str]]:
    paths = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, about in methods.items()
        if about.get("security") and (method, path) != ("delete", "/v1/sessions/current")
    ]


def answers(here: World, token: str | None) -> dict[str, int]:
    """The status of every endpoint behind a session, asked with ``token``; an invalid body is
    looked at last of all."""
    headers = {"X-Terminal": "T0001"} | ({"Authorization": f"Bearer {token}"} if token else {})
    told = {}
    with requests.Session() as http:
        http.trust_env = False
        http.verify, http.cert = (str(path) for path in here.known("T0001").values())
        for method, path in secured():
            url = here.url + path.replace("{id}", "0" * 32)
            told[f"{method} {path}"] = http.request(
                method, url, headers=headers, timeout=60
            ).status_code
    return told


def test_what_is_only_typed_opens_no_session(here: World) -> None:
    password = PasswordEvidence(password=Sensitive("123456"))
    pin = PinEvidence(algorithm="sm4", key_serial="1", block=Sensitive("0" * 32))
    with client(here) as (one, told):
        for typed in (password, pin):
            with pytest.raises(Refusal):
                one.sign_in(typed)
    assert [word[:2] for word in told] == [(REFUSED, "")] * 2


def test_without_a_session_nothing_behind_one_answers(here: World) -> None:
    answered = {name for name, status in answers(here, None).items() if status < 300}
    assert answered == {"POST /v1/logins"}, "a phone may begin a visit"


def test_a_card_that_was_only_read_opens_nothing_personal(here: World) -> None:
    with client(here) as (one, _):
        held(one)
        assert one.session
        found = answers(here, one.session.token.reveal())
    assert {name for name, status in found.items() if status < 300} == OF_A_HELD_CARD
    assert {name for name, status in found.items() if status != 403} == OF_A_HELD_CARD | PROOFS
    assert 401 not in found.values(), "the session was open all the time"


def test_every_service_is_for_everybody_or_needs_a_proof(here: World) -> None:
    with client(here) as (one, _):
        groups = {offer.service: offer.group for offer in one.catalogue().offers}
    for name, service in SERVICES.items():
        public = service.needs.level is Level.PUBLIC
        assert public or service.needs.level >= Level.PROVED, name
        assert (groups.get(name, "") in PUBLIC_GROUPS) == public, name
