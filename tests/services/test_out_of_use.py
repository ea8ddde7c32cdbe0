"""A terminal that was stopped, or whose certificate has ended: the attract page says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kiosk.settings import ENROLLED, EnrolledSettings
from kiosk.terminal import terminal as terminals
from kiosk.visit.steps import Attract, Menu, Problem
from kiosk.visit.troubles import MENU
from kiosk.words import Language, say
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.contract.test_doctor_network import CertificateAuthority, centre
from tests.services.hall import Citizen, Hall, said
from tests.waiting import PATIENCE_S, until

LASTS = timedelta(seconds=6)
"""Long enough to sign in on a busy machine."""


@pytest.fixture
def here(_hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Hall:
    _hall.well()
    monkeypatch.setattr(terminals, "REFRESH_S", 0.05)
    return _hall


def stop(here: Hall, answer: str) -> None:
    form = {"number": "T0001", "because": "搬走", "answer": answer}
    requests.post(f"{here.here.beside}/terminals/stop", data=form, timeout=60).raise_for_status()


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


def ending_soon(here: Hall, folder: Path) -> EnrolledSettings:
    """What an enrolment has brought, with a certificate that ends within a visit."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = SandboxCa(here.directory / "centre").certified("T0001", key.public_key(), LASTS)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "certificate.pem").write_bytes(pem.encode() + secret)
    made = x509.load_pem_x509_certificate(pem.encode())
    return EnrolledSettings(
        place="",
        key_place="file",
        since=made.not_valid_before_utc,
        until=made.not_valid_after_utc,
        request=folder / "request.pem",
    )


def test_a_certificate_that_ends_in_a_visit_is_told_and_nobody_begins_afterwards(
    here: Hall, tmp_path: Path
) -> None:
    enrolled = ending_soon(here, tmp_path)
    with here.visit(enrolled=enrolled) as citizen:
        citizen.signs_in("P03")
        assert fault(citizen) == ""
        until(lambda: datetime.now(UTC) > enrolled.until)
        here.here.fault("/v1/loans", "drop")  # the visit needs a new connection
        citizen.press("loan")
        told = citizen.sees(Problem)
        assert say(told.title, Language.ZH) == "本终端的证书已到期，暂停服务"
        assert "没有任何变动" in said(citizen.reads(Language.ZH))
        assert [action.key for action in told.actions] == [MENU]
        here.here.ask("DELETE", "/faults")
        citizen.press(MENU)
        citizen.sees(Menu)
        citizen.press("loan")
        assert citizen.sees(Problem).title == told.title, "no connection is taken any more"
        assert citizen.leaves() == "left"
    with here.visit(enrolled=enrolled) as citizen:
        ended = "本终端的证书已到期，暂停服务，请换一台终端或到柜台"
        until(lambda: fault(citizen) == ended)
        assert citizen.terminal._first_page().possible == ()


def test_with_a_clock_of_1970_the_attract_page_waits_for_the_centre_and_the_log_names_the_clock(
    here: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """To such a clock, the certificate of the centre has not begun."""
    authority = CertificateAuthority(tmp_path, "Root of the Centre")
    with centre(authority.issue("later", days=(5, 300))) as url:
        known = msgspec.structs.replace(here.here.settings.centre, url=url, ca=authority.file)
        there = msgspec.structs.replace(here.here.settings, centre=known)
        monkeypatch.setattr(here.here, "settings", there)
        with here.visit() as citizen:
            waits = "暂时连不上公积金中心，请稍候"
            until(lambda: waits in [say(each, Language.ZH) for each in citizen.glass.notices])
            assert citizen.terminal._first_page().possible == ()
    reasons = [vars(record).get("reason", "") for record in caplog.records]
    assert any("this clock says" in reason for reason in reasons)


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
