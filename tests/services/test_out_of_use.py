"""A terminal that was stopped, or whose certificate has ended: the attract page says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import requests

from kiosk.settings import ENROLLED, EnrolledSettings
from kiosk.terminal import terminal as terminals
from kiosk.visit.steps import Attract
from kiosk.words import Language, say
from tests.services.hall import Citizen, Hall
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def here(_hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Hall:
    _hall.well()
    monkeypatch.setattr(terminals, "REFRESH_S", 0.05)
    return _hall


def stop(here: Hall, answer: str) -> None:
    form = {"number": "T0001", "because": "搬走", "answer": answer}
    requests.post(f"{here.here.beside}/terminals/stop", data=form, timeout=10).raise_for_status()


def fault(citizen: Citizen) -> str:
    told = citizen.terminal._first_page().fault
    return say(told, Language.ZH) if told else ""


def test_a_terminal_that_the_centre_has_stopped_says_so_and_offers_nothing(
    here: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    with here.visit() as citizen:
        citizen.sees(Attract)
        until(lambda: bool(citizen.terminal._first_page().possible))
        stop(here, "stop")
        until(lambda: fault(citizen) == "本终端已停用，请换一台终端或到柜台")
        assert citizen.terminal._first_page().possible == ()
        assert citizen.glass.notices == ()
        assert "terminal stopped" in caplog.text


def test_a_certificate_that_ends_in_a_visit_lets_the_visit_end_and_then_nobody_begin(
    here: Hall,
) -> None:
    ended = EnrolledSettings(
        place="",
        key_place="file",
        since=datetime.now(UTC) - timedelta(days=90),
        until=datetime.now(UTC) - timedelta(seconds=1),
        request=Path("request.pem"),
    )
    with here.visit() as citizen:
        citizen.terminal._settings = msgspec.structs.replace(
            citizen.terminal._settings, enrolled=ended
        )
        citizen.signs_in("P06")  # on the connections that the centre has taken before
        assert fault(citizen) == ""
        citizen.terminal._centre_down = True  # a new connection is refused
        assert fault(citizen) == "本终端的证书已到期，暂停服务，请换一台终端或到柜台"


def test_a_renewed_certificate_ends_a_visit_that_nobody_has_begun(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.sees(Attract)
        path = here.directory / ENROLLED
        path.write_text("")
        try:
            assert citizen._ended.get(timeout=PATIENCE_S) == "left"
            citizen._ended.put("left")
        finally:
            path.unlink()
