"""The stand-in centre's codes and challenges: each serves once, whoever asks at the same time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest

from kiosk.centre.evidence import PhoneLogin, SignIn
from kiosk.centre.face import FacePicture
from kiosk.centre.operations import DraftRequest
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.faces import NOTICE
from kiosk.workshop.sandbox.logins import VALID_S
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TOO_YOUNG
from kiosk.workshop.sandbox.store import Row
from kiosk.workshop.sandbox.tries import FREE
from tests.contract.test_operations import new_card

HERE = "YL-0001"


@pytest.fixture(scope="module")
def _centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCentre]:
    made = StandInCentre(tmp_path_factory.mktemp("centre"))
    yield made
    made.close()


@pytest.fixture
def centre(_centre: StandInCentre) -> StandInCentre:
    _centre.reset()
    return _centre


def agreed(centre: StandInCentre) -> PhoneLogin:
    """A login to which P01 has agreed on their phone."""
    login = centre.logins.open(HERE, "", "http://centre.example")
    code = login.content.reveal().rpartition("/")[2]
    assert centre.logins.agree(code, login.digits, "P01") == "agreed"
    return login


def twice_at_once(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch, table: str, call: Callable[[], Any]
) -> list[str]:
    """What two calls that have both read ``table`` before either writes are answered, in order. One
    that lets the other wait until it has written goes on alone."""
    both, read = threading.Barrier(2), centre.store.one

    def one(sql: str, *values: Any) -> Row | None:
        row = read(sql, *values)
        if f"FROM {table} " in sql:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.2)
        return row

    def answer(_: int) -> str:
        try:
            call()
        except Refused as refused:
            return refused.body.code
        return "taken"

    monkeypatch.setattr(centre.store, "one", one)
    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(answer, range(2)))


def test_a_login_that_is_only_late_sounds_no_alarm(centre: StandInCentre) -> None:
    late, void, used = agreed(centre).id, agreed(centre).id, agreed(centre).id
    centre.logins.claim(used, HERE, "")
    centre.logins.void(void, HERE)
    centre.clock.advance(VALID_S + 1)
    for login in (late, void, used):
        with pytest.raises(Refused, match="login-over"):
            centre.logins.claim(login, HERE, "")
    assert [row["kind"] for row in centre.store.all("SELECT kind FROM alarm")] == ["code-replayed"]


@pytest.mark.parametrize("does", ["view", "agree", "decline"])
def test_a_code_whose_page_is_left_while_the_phone_answers_stays_void(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    login = centre.logins.open(HERE, "", "http://centre.example")
    code, read = login.content.reveal().rpartition("/")[2], centre.store.one
    voids = [threading.Thread(target=centre.logins.void, args=(login.id, HERE))]

    def one(sql: str, *values: Any) -> Row | None:
        row = read(sql, *values)
        if "WHERE code" in sql:
            voids[0].start()
            voids[0].join(0.2)  # it has written, or waits until the phone's answer is written
        return row

    monkeypatch.setattr(centre.store, "one", one)
    given = {"view": (), "agree": (login.digits, "P01"), "decline": ()}[does]
    getattr(centre.logins, does)(code, *given)
    voids[0].join()
    assert centre.logins.state(login.id, HERE).state == "over"


def test_two_tries_at_once_are_weighed_one_after_the_other(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(FREE):
        assert not centre.tries.weigh("P01", lambda: False)
    tried = twice_at_once(
        centre, monkeypatch, "wrong_tries", lambda: centre.tries.weigh("P01", lambda: False)
    )
    assert tried == ["taken", "try-later"]


def test_two_claims_of_a_login_at_once(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = agreed(centre).id
    claimed = twice_at_once(
        centre, monkeypatch, "login", lambda: centre.logins.claim(id_, HERE, "")
    )
    assert claimed == ["login-over", "taken"]


def test_two_claims_of_a_fund_code_at_once(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = centre.logins.show_fund_code("P01")
    claimed = twice_at_once(
        centre, monkeypatch, "fund_code", lambda: centre.logins.claim_fund_code(code, HERE, "")
    )
    assert claimed == ["fund-code-over", "taken"]


@pytest.mark.parametrize(("birth", "may"), [("20120115", True), ("20120116", False)])
def test_nobody_under_fourteen_shows_their_face(
    centre: StandInCentre, birth: str, may: bool
) -> None:
    assert centre.clock.today() == date(2026, 1, 15)
    centre.sessions.faces_closed = None
    changed = "UPDATE person SET number = substr(number, 1, 6) || ? || substr(number, 15)"
    centre.store.run(f"{changed} WHERE id = 'P01'", birth)
    code = centre.logins.show_fund_code("P01")
    sign_in = {"terminal": HERE, "evidence": {"way": "fund-code", "code": code}}
    session = centre.sessions.open(SignIn.model_validate(sign_in))
    (face,) = (each for each in session.proofs if each.way == "face")
    assert (face.available, face.reason) == ((True, None) if may else (False, TOO_YOUNG))
    visitor = centre.sessions.visitor(session.token.reveal(), HERE)
    with nullcontext() if may else pytest.raises(Refused, match="face-closed"):
        centre.sessions.must_be_open_to_faces(visitor)
    request = DraftRequest(key="0" * 32, order=new_card("P01"))
    draft, _new = centre.operations.draft(visitor, request)
    assert draft.confirmed_by == (("qr", "sms"), *([("face", "sms")] if may else []))


def test_two_pictures_for_one_challenge_at_once(
    centre: StandInCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = centre.logins.show_fund_code("P01")
    sign_in = {"terminal": HERE, "evidence": {"way": "fund-code", "code": code}}
    session = centre.sessions.open(SignIn.model_validate(sign_in)).id
    challenge = centre.faces.challenge(session).challenge
    picture = FacePicture(challenge=challenge, consent=NOTICE.version, sealed="AAAA")
    taken = twice_at_once(
        centre, monkeypatch, "face", lambda: centre.faces.check(session, HERE, picture)
    )
    assert taken == ["face-expired", "face-unreadable"], "one of them was opened at all"
