"""A new terminal gets number, certificate and settings: by the centre, or by a signed ticket."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
import requests
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kiosk import settings
from kiosk.__main__ import main
from kiosk.centre.client import CentreClient
from kiosk.centre.enrolment import EnrolmentRequest, RenewalRequest
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.tpm import MARK
from kiosk.centre.transport import tls_context
from kiosk.enrolment import command, identity
from kiosk.enrolment import key as keys
from kiosk.enrolment import signed as signed_tickets
from kiosk.enrolment import ticket as tickets
from kiosk.enrolment.enrolling import EnrolmentView, enrol
from kiosk.enrolment.identity import NotEnrolled, TerminalIdentity, renew_signers, renewed
from kiosk.enrolment.key import KeyUnusable
from kiosk.enrolment.signed import TicketRefused
from kiosk.maintenance import ticket as maintenance
from kiosk.operations.process import watch_for_another_identity
from kiosk.workshop.sandbox import enrolment as desk
from kiosk.workshop.sandbox.server import serving_both
from kiosk.workshop.sandbox.tickets import maintenance_ticket
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.contract.test_doctor_network import CertificateAuthority
from tests.contract.test_doctor_network import centre as centre_of
from tests.waiting import PATIENCE_S


@dataclass(frozen=True)
class EnrolmentStage:
    """A stand-in centre over TLS, its page for technicians, and its CA."""

    api: str
    beside: str
    ca: SandboxCa

    def page(self, path: str = "", **form: str) -> str:
        url = f"{self.beside}/terminals{path}"
        answer = (
            requests.post(url, data=form, timeout=60) if form else requests.get(url, timeout=60)
        )
        assert answer.ok
        answer.encoding = "utf-8"
        return answer.text

    def allow(self, code: str, number: str, **more: str) -> str:
        return self.page("/allow", code=code, number=number, answer="yes", **more)

    def client(self, found: settings.Settings) -> EnrolmentClient:
        """Of an enrolled terminal."""
        centre = found.centre
        return EnrolmentClient(
            centre.url,
            found.terminal,
            ca=centre.ca,
            certificate=centre.certificate,
            key=centre.key,
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentStage]:
    directory = tmp_path_factory.mktemp("centre")
    with serving_both(directory) as addresses:
        yield EnrolmentStage(addresses.api, addresses.beside, SandboxCa(directory))


@pytest.fixture(autouse=True)
def _empty_centre(stage: EnrolmentStage) -> None:
    requests.post(stage.beside + "/sandbox/reset", timeout=60)


class NewTerminal:
    """A machine out of its box: a state directory, and settings that lack what enrolment brings."""

    def __init__(self, directory: Path, beside: str) -> None:
        directory.mkdir(exist_ok=True)
        self.state = directory
        self.settings = directory / "terminal.toml"
        self.settings.write_text(
            f'production = false\nrun_directory = "{directory}"\n'
            f'[enrolment]\nurl = "{beside}"\ntickets = "{directory / "signers.pem"}"\n'
        )

    @property
    def identity(self) -> TerminalIdentity:
        return TerminalIdentity(self.state)

    def load(self) -> settings.Settings:
        return settings.load(self.settings)

    def command(self, *words: object) -> Result:
        told = [str(word) for word in words]
        return CliRunner().invoke(main, ["enrol", "--settings", str(self.settings), *told])

    def request(self, *words: object) -> str:
        """The request for a ticket."""
        file = self.state / "request.csr"
        assert self.command("--no-tpm", "--request", file, *words).exit_code == 0
        return file.read_text()

    def enrolled_by(self, stage: EnrolmentStage, number: str, **more: str) -> None:
        """Enrol with a code, as fast as the centre allows."""
        key = self.identity.key(tpm=False)
        request = self.identity.request(key)
        with EnrolmentClient(stage.beside) as client:
            opened = client.open(request)
            stage.allow(opened.code, number, **more)
            told = client.state(opened.id)
            assert told.terminal
        self.identity.accept(key, told.terminal)


@pytest.fixture
def new(tmp_path: Path, stage: EnrolmentStage) -> NewTerminal:
    return NewTerminal(tmp_path / "new", stage.beside)


# -- by the centre -------------------------------------------------------------------------------


def test_a_terminal_shows_a_code_and_is_in_service_once_it_is_allowed(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    done: list[Result] = []
    thread = threading.Thread(target=lambda: done.append(new.command("--no-tpm")))
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while '<li class="waiting">' not in (page := stage.page()):
        assert time.monotonic() < until
        time.sleep(0.02)
    code = page.partition('<li class="waiting"><b>')[2][:9]
    assert "文件（没有 TPM）" in page
    stage.allow(code, "YL-0301", place="新客站")
    thread.join(PATIENCE_S)
    told = done[0].output
    assert done[0].exit_code == 0, told
    assert f"code: {code}" in told
    assert "key: in a file, not in a TPM: asked for by --no-tpm" in told
    assert "enrolled: YL-0301, 新客站, until" in told
    loaded = new.load()
    assert (loaded.terminal, loaded.centre.url) == ("YL-0301", stage.api)
    assert loaded.centre.sealer
    assert loaded.centre.key
    assert loaded.centre.key.stat().st_mode & 0o777 == 0o600
    assert loaded.enrolled
    assert loaded.enrolled.until - datetime.now(UTC) > timedelta(days=360)
    assert (loaded.enrolled.place, loaded.enrolled.key_place) == ("新客站", "file")
    key = keys.load(loaded.centre.key)
    assert key.hash in page
    assert key.hash in told
    with stage.client(loaded) as client:  # speaks TLS with the certificate, and renews it
        client.renew(RenewalRequest(request=loaded.enrolled.request.read_text()))


def test_who_signs_maintenance_tickets_comes_with_the_enrolment(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    new.enrolled_by(stage, "YL-0317")
    loaded = new.load()
    signers = loaded.maintenance.tickets
    assert signers.parent == loaded.enrolled.request.parent  # type: ignore[union-attr]
    assert "KEY" not in signers.read_text()
    text = maintenance_ticket(stage.ca, "YL-0317", order="W1", number="6021", name="陈工")
    assert maintenance.check(text, signers, "YL-0317").worker.number == "6021"


def test_a_renewal_brings_who_signs_from_now_on(
    stage: EnrolmentStage, new: NewTerminal, tmp_path: Path
) -> None:
    new.enrolled_by(stage, "YL-0318")
    loaded = new.load()
    assert loaded.centre.certificate
    assert loaded.enrolled
    others = SandboxCa(tmp_path / "others").root.read_text()
    request = loaded.enrolled.request.read_text()
    with stage.client(loaded) as client:
        told = client.renew(RenewalRequest(request=request))
    assert told.ticket_signers == loaded.maintenance.tickets.read_text()
    later = stage.ca.certified("YL-0318", desk.key_of(request), timedelta(days=400))
    enrolled = new.state / settings.ENROLLED
    renewed(loaded.centre.certificate, enrolled, later)
    with pytest.raises(NotEnrolled, match="ticket_signers"):
        renew_signers(loaded.centre.certificate, "nothing")
    assert loaded.maintenance.tickets.read_text() == told.ticket_signers
    renew_signers(loaded.centre.certificate, others)
    assert loaded.maintenance.tickets.read_text() == others


def test_what_terminal_toml_says_goes_before_what_came_with_the_enrolment(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    new.enrolled_by(stage, "YL-0302")
    text = new.settings.read_text()
    new.settings.write_text('terminal = "YL-9"\n' + text + "[centre]\nconnect_s = 1.5\n")
    loaded = new.load()
    assert (loaded.terminal, loaded.centre.connect_s) == ("YL-9", 1.5)
    assert loaded.centre.url == stage.api


def test_a_batch_is_allowed_beforehand_and_a_bad_line_of_it_allows_nobody(
    stage: EnrolmentStage, tmp_path: Path
) -> None:
    one, two = (NewTerminal(tmp_path / name, stage.beside) for name in ("one", "two"))
    hashes = [each.identity.key(tpm=False).hash for each in (one, two)]
    lines = f"{hashes[0]} YL-0303 一店\n{hashes[1]} YL-0304 二店\n"
    assert "每行" in stage.page("/list", lines=lines + "nonsense\n")
    with EnrolmentClient(stage.beside) as client:
        asked = one.identity.request(one.identity.key(tpm=False))
        assert client.state(client.open(asked).id).state == "waiting"
        stage.page("/list", lines=lines)
        for each, number in ((one, "YL-0303"), (two, "YL-0304")):
            asked = each.identity.request(each.identity.key(tpm=False))
            told = client.state(client.open(asked).id)
            assert told.terminal
            assert told.terminal.terminal == number


def test_a_list_that_is_too_long_is_taken_not_even_in_part(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    """Cut at the longest body, its last line would allow a terminal under part of its number."""
    key = new.identity.key(tpm=False)
    many = (f"{count:064} YL-{count:04} 店" for count in range(1000))
    assert "名单太长" in stage.page("/list", lines="\n".join((f"{key.hash} YL-0313 四店", *many)))
    with EnrolmentClient(stage.beside) as client:
        assert client.state(client.open(new.identity.request(key)).id).state == "waiting"


def test_a_terminal_of_the_list_that_was_taken_out_of_use_waits_for_a_technician(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    key = new.identity.key(tpm=False)
    stage.page("/list", lines=f"{key.hash} YL-0312 三店\n")
    request = new.identity.request(key)
    with EnrolmentClient(stage.beside) as client:
        assert client.state(client.open(request).id).state == "allowed"
        stage.page("/stop", number="YL-0312", because="被盗", answer="stop")
        again = client.open(request)
        assert client.state(again.id).state == "waiting"
        assert "已停用：被盗" in stage.page()
        stage.allow(again.code, "YL-0312")
        assert client.state(again.id).state == "allowed"
        assert "已停用" not in stage.page()


def test_only_a_code_that_waits_is_refused_and_counts(
    stage: EnrolmentStage, new: NewTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_WAITING", 1)
    request = new.identity.request(new.identity.key(tpm=False))
    with EnrolmentClient(stage.beside) as client:
        first = client.open(request)
        with pytest.raises(Refusal) as refused:
            client.open(request)
        assert refused.value.code == "try-later"
        stage.allow(first.code, "YL-0313")
        assert "没有这个代码" in stage.page("/allow", code=first.code, answer="no")
        assert client.state(first.id).state == "allowed"
        second = client.open(request)
        stage.page("/allow", code=second.code.lower(), answer="no")
        assert client.state(second.id).state == "refused"


def test_a_terminal_that_is_refused_says_so(stage: EnrolmentStage, new: NewTerminal) -> None:
    key = new.identity.key(tpm=False)
    with EnrolmentClient(stage.beside) as client:

        def show(view: EnrolmentView) -> None:
            stage.page("/allow", code=view.code, answer="no")

        with pytest.raises(NotEnrolled, match="refuses this terminal"):
            enrol(client, new.identity.request(key), show, lambda pause: None)
    assert new.identity.stand() is None


def test_two_terminals_never_get_one_number_unless_the_main_board_is_exchanged(
    stage: EnrolmentStage, tmp_path: Path
) -> None:
    old = NewTerminal(tmp_path / "old", stage.beside)
    board = NewTerminal(tmp_path / "board", stage.beside)
    old.enrolled_by(stage, "YL-0305", place="三店")
    key = board.identity.key(tpm=False)
    request = board.identity.request(key)
    with EnrolmentClient(stage.beside) as client, stage.client(old.load()) as before:
        opened = client.open(request)
        assert "编号 YL-0305 已有另一台终端" in stage.allow(opened.code, "YL-0305")
        assert client.state(opened.id).state == "waiting"
        asked = RenewalRequest(request=old.identity.request(keys.load(key_of(old))).request)
        before.renew(asked)
        stage.allow(opened.code, "YL-0305", exchange="yes")
        told = client.state(opened.id)
        with pytest.raises(Refusal) as refused:
            before.renew(asked)
        assert refused.value.code == "terminal-stopped"
    assert told.terminal
    board.identity.accept(key, told.terminal)
    loaded = board.load()
    assert loaded.enrolled
    with stage.client(loaded) as now:
        now.renew(RenewalRequest(request=loaded.enrolled.request.read_text()))


def key_of(terminal: NewTerminal) -> Path:
    path = terminal.load().centre.key
    assert path
    return path


def test_a_terminal_out_of_use_is_refused_everything_until_it_is_served_again(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    new.enrolled_by(stage, "YL-0306")
    loaded = new.load()
    assert loaded.enrolled
    asked = RenewalRequest(request=loaded.enrolled.request.read_text())
    with stage.client(loaded) as client:
        assert "已停用：搬走" in stage.page(
            "/stop", number="YL-0306", because="搬走", answer="stop"
        )
        with pytest.raises(Refusal) as refused:
            client.renew(asked)
        assert refused.value.code == "terminal-stopped"
        stage.page("/stop", number="YL-0306", answer="resume")
        client.renew(asked)
        with pytest.raises(Refusal) as refused:  # a key that is not the terminal's
            client.renew(RenewalRequest(request=keys_request(new.state / "other.pem")))
        assert refused.value.code == "request-invalid"


def keys_request(path: Path) -> str:
    return keys.make(path, tpm=False).request()


def test_the_next_certificate_takes_the_place_of_the_present_one(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    new.enrolled_by(stage, "YL-0307")
    loaded = new.load()
    assert loaded.enrolled
    assert loaded.centre.certificate
    assert loaded.centre.key
    public = keys.load(loaded.centre.key).private.public_key()
    present = stage.ca.certified("YL-0307", public, timedelta(days=90))
    loaded.centre.certificate.write_text(present)
    with stage.client(loaded) as client:
        pem = client.renew(RenewalRequest(request=loaded.enrolled.request.read_text())).certificate
    enrolled = new.state / settings.ENROLLED
    _since, until = renewed(loaded.centre.certificate, enrolled, pem)
    assert loaded.centre.certificate.read_text() == pem
    again = new.load().enrolled
    assert again
    assert again.until == until
    assert again.place == loaded.enrolled.place
    foreign = stage.ca.terminal("YL-0307").read_text().partition("-----BEGIN PRIVATE")[0]
    with pytest.raises(NotEnrolled, match="another key"):
        renewed(loaded.centre.certificate, enrolled, foreign)
    assert loaded.centre.certificate.read_text() == pem


def test_who_has_the_identity_of_before_in_hand_keeps_it_until_the_next_enrolment(
    stage: EnrolmentStage, new: NewTerminal
) -> None:
    """A visit that stands by, while ``kiosk enrol`` runs; the committer makes way for another."""
    new.enrolled_by(stage, "YL-0312")
    first = new.load()
    assert first.centre.key
    replaced = watch_for_another_identity(first, spoilt=False)
    assert not replaced()
    new.enrolled_by(stage, "YL-0312", exchange="yes")
    assert replaced()
    for spoilt in (False, True):
        again = watch_for_another_identity(first, spoilt=spoilt)
        assert not again(), "a successor would read the same, and would make way for ever"
    assert tls_context(first.centre.ca, first.centre.certificate, first.centre.key)
    assert not watch_for_another_identity(new.load(), spoilt=False)()
    new.enrolled_by(stage, "YL-0312", exchange="yes")
    assert not first.centre.key.parent.exists()


def test_a_certificate_that_ends_in_a_visit_serves_to_the_end_of_its_connection(
    stage: EnrolmentStage, tmp_path: Path
) -> None:
    key = keys.make(tmp_path / "key.pem", tpm=False)
    pem = stage.ca.certified("YL-0311", key.private.public_key(), timedelta(seconds=4))
    (tmp_path / "short.pem").write_text(pem)
    ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    own: dict[str, Any] = {
        "ca": stage.ca.root,
        "certificate": tmp_path / "short.pem",
        "key": key.path,
    }
    with CentreClient(stage.api, "YL-0311", **own) as visit:
        visit.catalogue()
        while datetime.now(UTC) <= ends:
            time.sleep(0.05)
        visit.catalogue()
        with CentreClient(stage.api, "YL-0311", whole_s=2, **own) as following:
            with pytest.raises(CentreUnavailable) as refused:
                following.catalogue()
            # The centre closes behind its alert: whoever sees the end first has no reason to tell.
            told = ("EXPIRED", "CUT OFF", "HANDSHAKE FAILED")
            assert any(word in refused.value.detail.upper() for word in told)


class ScriptedCentre:
    """Answers as it is told, then with silence."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def _next(self, *_given: object) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    open = state = _next


class Enough(Exception):
    """Ends an endless wait."""


def test_pauses_grow_while_the_centre_is_silent_and_end_with_it(stage: EnrolmentStage) -> None:
    request = EnrolmentRequest(request="-", key_place="file")
    busy = CentreUnavailable(Trouble.BUSY, retry_after_s=17)
    down = [CentreUnavailable(Trouble.DOWN)] * 11
    pauses: list[float] = []
    views: list[EnrolmentView] = []

    def wait(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 12:
            raise Enough

    with pytest.raises(Enough):
        enrol(ScriptedCentre(busy, *down), request, views.append, wait)
    assert pauses[:4] == [17, 1.5, 2.25, 3.375]
    assert pauses[-1] == 30
    assert {view.code for view in views} == {""}
    assert all("centre" in view.trouble for view in views)


def test_a_code_whose_time_has_passed_is_replaced(stage: EnrolmentStage, new: NewTerminal) -> None:
    request = new.identity.request(new.identity.key(tpm=False))
    with EnrolmentClient(stage.beside) as client:
        codes: list[str] = []

        def show(view: EnrolmentView) -> None:
            if view.code in codes:
                return
            codes.append(view.code)
            if len(codes) == 1:
                requests.post(
                    stage.beside + "/sandbox/clock", json={"seconds": 2000}, timeout=60
                ).raise_for_status()
            else:
                stage.allow(view.code, "YL-0308")

        granted = enrol(client, request, show, lambda pause: None)
    assert granted.terminal == "YL-0308"
    assert len(set(codes)) == 2


# -- bad input -----------------------------------------------------------------------------------


def test_a_centre_that_cannot_be_reached_is_told_and_nothing_is_written(new: NewTerminal) -> None:
    done = new.command("http://127.0.0.1:9", "--no-tpm", "--minutes", 0.01)
    assert done.exit_code == 1
    assert "centre-down" in done.output
    assert "Error: no code came from the centre in time: centre-down: " in done.output
    assert not (new.state / settings.ENROLLED).exists()
    assert new.command("http://centre.example").exit_code == 1  # no code over plain http
    new.settings.write_text("production = false\n")
    bare = CliRunner().invoke(
        main,
        ["enrol", "--settings", str(new.settings)],
        env={"STATE_DIRECTORY": str(new.state)},
    )
    assert bare.output == ("Error: name the centre's address, here or as url of [enrolment]\n")
    new.settings.write_text("[enrolment]\nurll = 1\n")
    assert "urll" in new.command().output


def test_a_centre_that_puts_off_is_not_told_as_one_that_was_not_reached(
    new: NewTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_WAITING", 0)
    done = new.command("--no-tpm", "--minutes", 0)
    assert done.exit_code == 1
    last = done.output.splitlines()[-1]
    assert last.startswith("Error: no code came from the centre in time: the centre refuses")
    assert "try-later" in last


def test_a_code_that_nobody_allows_in_time_ends_the_command(new: NewTerminal) -> None:
    done = new.command("--no-tpm", "--minutes", 0)
    assert done.exit_code == 1
    assert "code: " in done.output
    assert "Error: the centre has not allowed this terminal in time" in done.output


def test_a_code_that_is_allowed_in_the_last_second_is_granted(
    stage: EnrolmentStage, new: NewTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    allowed = False

    def sleep(seconds: float) -> None:
        nonlocal now, allowed
        now += seconds
        if now >= 1799 and not allowed:
            allowed = True
            code = stage.page().partition('<li class="waiting"><b>')[2][:9]
            stage.allow(code, "YL-0319")

    monkeypatch.setattr(command, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
    done = new.command("--no-tpm", "--minutes", 30)
    assert done.exit_code == 0, done.output
    assert "enrolled: YL-0319" in done.output
    assert now == 1800


def test_a_terminal_that_is_not_enrolled_says_what_to_do(new: NewTerminal) -> None:
    with pytest.raises(settings.NotYetEnrolled, match="not enrolled yet: kiosk enrol"):
        new.load()


def test_a_key_that_others_may_read_is_not_used(new: NewTerminal) -> None:
    path = new.identity.key(tpm=False).path
    path.chmod(0o640)
    with pytest.raises(KeyUnusable, match="others may read the key \\(0640\\)"):
        new.identity.key(tpm=False)
    before = path.read_bytes()
    new.identity.key(anew=True, tpm=False)
    assert path.read_bytes() != before
    path.write_bytes(b"nonsense")
    with pytest.raises(KeyUnusable, match="no private key in it"):
        new.identity.key(tpm=False)


@pytest.mark.parametrize("tpm", [False, True])
def test_an_rsa_key_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tpm: bool) -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keys.write_secret(tmp_path / "key.pem", MARK if tpm else pem)
    monkeypatch.setattr(keys, "_openssl", lambda *_asked: public)  # what the TPM's provider tells
    with pytest.raises(KeyUnusable, match="no key on an elliptic curve"):
        keys.load(tmp_path / "key.pem")


def clock_of(year: int) -> type[datetime]:
    """A clock that stands at the beginning of ``year``."""

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(year, 1, 1, tzinfo=UTC)

    return WrongClock


@pytest.mark.parametrize("year", [1970, 2099])
def test_with_a_wrong_clock_no_certificate_is_taken(
    stage: EnrolmentStage, new: NewTerminal, year: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "datetime", clock_of(year))
    why = "this clock says 1970-01-01: set the clock" if year == 1970 else "ended already"
    with pytest.raises(NotEnrolled, match=why):
        new.enrolled_by(stage, "YL-0309")
    assert new.identity.stand() is None


def test_with_a_clock_of_1970_the_centre_is_not_trusted_and_the_reason_is_told(
    new: NewTerminal, tmp_path: Path
) -> None:
    """To a clock that is behind, the certificate of the centre has not begun."""
    authority = CertificateAuthority(tmp_path, "Root of the Centre")
    today = datetime.now(UTC)
    with centre_of(authority.issue("later", days=(5, 300))) as url:
        done = new.command(url, "--ca", authority.file, "--no-tpm", "--minutes", 0.01)
    assert done.exit_code == 1
    days = (today, datetime.now(UTC))  # midnight may fall between
    why = [f"not yet valid; this clock says {day:%Y-%m-%d}: set the clock" for day in days]
    assert any(words in done.output.splitlines()[-1] for words in why)
    assert not (new.state / settings.ENROLLED).exists()


def test_a_full_stick_gets_no_half_request(
    new: NewTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = new.state / "stick"
    stick.mkdir()
    file = stick / "request.csr"
    new.identity.request(new.identity.key(tpm=False))  # on the terminal's own disk, with room

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        done = new.command("--no-tpm", "--request", file)
    assert done.output.endswith(f"Error: {file}: No space left on device\n")
    assert not list(stick.iterdir())


def test_a_full_disk_of_the_terminal_is_not_told_as_a_full_stick(
    new: NewTerminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "request.csr"
    new.identity.key(tpm=False)

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        done = new.command("--no-tpm", "--request", file)
    told = done.output.splitlines()[-1]
    assert re.fullmatch(r"Error: .*/identity/next/request\.pem: No space left on device", told)


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_a_request_goes_through_a_link_as_dev_stdout_is_one(
    new: NewTerminal, tmp_path: Path, kind: str
) -> None:
    """Root could put a file in the place of the link."""
    behind, link = tmp_path / kind, tmp_path / "stdout"
    link.symlink_to(behind)
    if kind == "pipe":
        os.mkfifo(behind)
    else:
        behind.write_text("an older request")
    reader = os.open(behind, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert new.command("--no-tpm", "--request", link).exit_code == 0
        told = os.read(reader, 10_000).decode() if kind == "pipe" else behind.read_text()
    finally:
        os.close(reader)
    assert told == new.identity.request(new.identity.key(tpm=False)).request
    assert link.readlink() == behind


def test_a_request_that_nobody_signed_gets_no_code(stage: EnrolmentStage, tmp_path: Path) -> None:
    good = keys_request(tmp_path / "key.pem")
    other = keys_request(tmp_path / "other.pem")
    lines, others = good.splitlines(), other.splitlines()
    spoilt = "\n".join([*lines[:-2], *others[-2:]]) + "\n"
    with EnrolmentClient(stage.beside) as client:
        for request in ("nonsense", spoilt):
            with pytest.raises(Refusal) as refused:
                client.open(EnrolmentRequest(request=request, key_place="file"))
            assert refused.value.code == "request-invalid"
        with pytest.raises(Refusal) as refused:
            client.state("unknown")
        assert refused.value.code == "not-found"


def test_what_came_with_the_enrolment_is_told_when_it_is_damaged(
    stage: EnrolmentStage, new: NewTerminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new.enrolled_by(stage, "YL-0310")
    well = new.load()
    monkeypatch.setenv(settings.CHECKED, "")
    settings.keep_checked(new.settings, tmp_path)
    path = new.state / settings.ENROLLED
    path.write_text("terminal = ")
    with pytest.raises(settings.EnrolledDamaged, match="enrol again: kiosk enrol"):
        new.load()
    with pytest.raises(NotEnrolled, match="damaged"):
        new.identity.stand()
    # A terminal in service goes on with what its keeper checked.
    found, why = settings.in_service(new.settings)
    assert found == well
    assert settings.ENROLLED in why
    path.unlink()
    path.mkdir()
    with pytest.raises(settings.EnrolledDamaged, match="Is a directory"):
        new.load()


# -- by a ticket ---------------------------------------------------------------------------------

ANOTHER = "have the centre sign another one, for this terminal: kiosk enrol --request FILE"
SET_CLOCK = "timedatectl set-ntp false; timedatectl set-time 'YYYY-MM-DD hh:mm'"


@dataclass
class TicketStage:
    """A terminal without a network, and the ticket that the centre signed for it."""

    new: NewTerminal
    text: str
    ca: SandboxCa

    def take(self, text: str | None = None) -> Result:
        file = self.new.state / "ticket"
        file.write_text(self.text if text is None else text)
        return self.new.command("--no-tpm", "--ticket", file)

    def changed(self, by: SandboxCa | None = None, **claims: Any) -> str:
        """The ticket with other claims, signed by its signer, or by the one of another CA."""
        said = jwt.decode(self.text, options={"verify_signature": False}) | claims
        pem = (by or self.ca).signer_of_tickets().read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        thumb = signed_tickets.thumbprint(x509.load_pem_x509_certificate(pem))
        header = {"typ": tickets.TYPE, signed_tickets.THUMBPRINT: thumb}
        return jwt.encode(said, key, signed_tickets.ALGORITHM, header)


@pytest.fixture
def signed(stage: EnrolmentStage, new: NewTerminal) -> TicketStage:
    text = stage.page("/ticket", request=new.request(), number="YL-0320", place="山里", hours="8")
    signer = stage.ca.signer_of_tickets().read_text().partition("-----BEGIN PRIVATE")[0]
    (new.state / "signers.pem").write_text(signer)
    return TicketStage(new, text, stage.ca)


def test_a_ticket_from_a_stick_enrols_once(signed: TicketStage, stage: EnrolmentStage) -> None:
    done = signed.take()
    assert done.exit_code == 0, done.output
    assert "enrolled: YL-0320, 山里" in done.output
    loaded = signed.new.load()
    assert loaded.enrolled
    with stage.client(loaded) as client:
        client.renew(RenewalRequest(request=loaded.enrolled.request.read_text()))
    before = (signed.new.state / settings.ENROLLED).read_bytes()
    again = signed.take()  # the key that waited is in force
    assert again.exit_code == 1
    assert "no key waits for a ticket here: write the request first, with --request" in again.output
    assert (signed.new.state / settings.ENROLLED).read_bytes() == before
    assert signed.new.identity.waiting_key() is None


def test_a_ticket_that_was_used_here_is_not_used_again(signed: TicketStage) -> None:
    key = signed.new.identity.key(tpm=False)
    found = tickets.check(signed.text, signed.new.state / "signers.pem", key.hash)
    saved = key.path.read_bytes()
    signed.new.identity.accept(key, found.terminal, found.id)
    back = signed.new.state / "identity" / "next"
    back.mkdir()
    keys.write_secret(back / "key.pem", saved)  # somebody has put the key back
    again = signed.take()
    assert again.output == f"Error: this ticket was used here before\n→ {ANOTHER}\n"


class PowerCut(BaseException):
    """Nothing of the process runs after it."""


def test_a_power_cut_at_any_write_loses_neither_the_ticket_nor_an_identity(
    signed: TicketStage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new = signed.new
    stranger = tmp_path / "stranger"
    stranger.write_text("")
    before = stranger.stat().st_uid
    (new.state / "identity" / "link").symlink_to(stranger)
    if os.geteuid() == 0:
        for path in (new.state, new.state / "identity", *new.state.glob("identity/**/*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
    owner = new.state.stat().st_uid
    write = keys.write_secret
    for last in range(20):
        key = new.identity.key(tpm=False)
        found = tickets.check(signed.text, new.state / "signers.pem", key.hash)
        left = last

        def cut(path: Path, content: bytes) -> None:
            nonlocal left
            if not left:
                raise PowerCut
            left -= 1
            write(path, content)

        with monkeypatch.context() as power, suppress(PowerCut):
            power.setattr(keys, "write_secret", cut)
            new.identity.accept(key, found.terminal, found.id)
            break
        if (new.state / settings.ENROLLED).exists():
            assert (new.state / settings.ENROLLED).stat().st_uid == owner
            new.load()
    assert last > 5
    assert new.load().terminal == "YL-0320"
    assert new.identity.used_tickets() == (found.id,)
    made = [path for path in new.state.glob("identity/*/*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in made} == {owner}
    assert stranger.stat().st_uid == before


def test_a_full_disk_is_told_at_any_write_and_the_ticket_enrols_once_there_is_room(
    signed: TicketStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = keys.write_secret
    for room in range(20):
        left = room

        def fill(path: Path, content: bytes) -> None:
            nonlocal left
            if not left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            left -= 1
            write(path, content)

        with monkeypatch.context() as disk:
            disk.setattr(keys, "write_secret", fill)
            done = signed.take()
        if done.exit_code == 0:
            break
        assert "Error: " in done.output
        assert os.strerror(errno.ENOSPC) in done.output
        if (signed.new.state / settings.ENROLLED).exists():
            break  # all but the note that the ticket was used
    assert room > 4
    assert signed.new.load().terminal == "YL-0320"


def test_a_key_comes_to_its_place_when_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    there: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda number: there.append(path.exists()))
    keys.make(path, tpm=False)
    assert there == [False, True]  # the file, then its folder


def test_a_ticket_is_scanned_in_parts(signed: TicketStage) -> None:
    parts = tickets.parts(signed.text)
    assert 2 <= len(parts) <= 6
    assert max(map(len, parts)) < 800
    scanned = "\n".join(["", *reversed(parts), parts[0]]) + "\n"
    done = CliRunner().invoke(
        main,
        ["enrol", "--settings", str(signed.new.settings), "--no-tpm", "--ticket", "-"],
        input=scanned,
    )
    assert done.exit_code == 0, done.output
    garbled = CliRunner().invoke(
        main,
        ["enrol", "--settings", str(signed.new.settings), "--no-tpm", "--ticket", "-"],
        input=b"KT1/3:\xff\n",
    )
    assert garbled.output == f"Error: this is no enrolment ticket\n→ {ANOTHER}\n"
    missing = CliRunner().invoke(
        main,
        ["enrol", "--settings", str(signed.new.settings), "--no-tpm", "--ticket", "-"],
        input=parts[0] + "\n",
    )
    assert "1 of " in missing.output
    assert missing.output.endswith("→ scan all its codes again\n")
    with pytest.raises(TicketRefused, match="1 of 3 parts"):
        tickets.assembled(["KT2/3:abc"])
    with pytest.raises(TicketRefused, match="more than one ticket"):
        tickets.assembled(["KT2/3:abc", "KT1/2:abc"])


@pytest.mark.parametrize(
    ("claims", "told", "mend"),
    [
        ({"exp": 1_700_000_000, "nbf": 1_600_000_000}, "the ticket's time has passed", ANOTHER),
        ({"nbf": 4_000_000_000, "exp": 4_100_000_000}, "set the clock", SET_CLOCK),
        ({"sub": "0" * 64}, "for the key of another terminal", ANOTHER),
        ({"terminal": {"terminal": "YL-1"}}, "lacks what a terminal needs", ANOTHER),
        ({"exp": "soon"}, "does not fit, or it was changed", ANOTHER),
    ],
)
def test_a_ticket_out_of_its_time_or_of_another_is_refused(
    signed: TicketStage, claims: dict[str, Any], told: str, mend: str
) -> None:
    done = signed.take(signed.changed(**claims))
    assert done.exit_code == 1
    assert told in done.output
    assert done.output.endswith(f"\n→ {mend}\n")
    assert signed.new.identity.stand() is None


def test_a_ticket_that_nobody_trusted_has_signed_is_refused(
    signed: TicketStage, tmp_path: Path
) -> None:
    foreign = signed.take(signed.changed(by=SandboxCa(tmp_path / "foreign")))
    assert "signed by somebody who is not trusted here" in foreign.output
    assert "→ name the file of those who may sign" in foreign.output
    head, body, signature = signed.text.split(".")
    spoilt = signature[:-6] + ("AAAAAA" if not signature.endswith("AAAAAA") else "BBBBBB")
    assert "was changed" in signed.take(f"{head}.{body}.{spoilt}").output
    for text in ("nonsense", "a.b.c", "x" * 50_000, jwt.encode({}, "k" * 32, "HS256")):
        assert "this is no enrolment ticket" in signed.take(text).output
    (signed.new.state / "signers.pem").write_text("nothing")
    assert "no certificate in it" in signed.take().output
    (signed.new.state / "signers.pem").unlink()
    assert "signers.pem: No such file" in signed.take().output


def test_a_ticket_read_in_1970_says_that_the_clock_is_wrong_and_enrols_later(
    signed: TicketStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as early:
        early.setattr(tickets, "datetime", clock_of(1970))
        done = signed.take()
    assert "this clock says 1970-01-01 00:00Z: set the clock" in done.output
    assert done.output.endswith(f"\n→ {SET_CLOCK}\n")
    assert signed.take().exit_code == 0


def test_the_centre_signs_no_ticket_for_nonsense(stage: EnrolmentStage, new: NewTerminal) -> None:
    given = {"number": "YL-1", "hours": "8"}
    assert "不是证书请求文件" in stage.page("/ticket", request="nonsense", **given)
    given["request"] = new.request()
    assert "编号只能有" in stage.page("/ticket", **{**given, "number": "../1"})
    for hours in ("", "八", "８", "-1", "1.5", "0", "721", "9" * 5000):
        told = stage.page("/ticket", **{**given, "hours": hours})
        assert "有效小时要写 1 到 720 之间的整数" in told
    assert "YL-1" not in stage.page()  # nobody has got the number


# -- the key in a TPM ----------------------------------------------------------------------------


def test_a_key_in_a_tpm_is_enrolled_and_renews_and_never_leaves_it(
    stage: EnrolmentStage, new: NewTerminal, tmp_path: Path
) -> None:
    (tmp_path / "tpm").mkdir()
    player = [sys.executable, "-m", "tests.contract.tpm_player", str(tmp_path / "tpm")]
    with subprocess.Popen(
        ["dbus-run-session", "--", *player, str(new.settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 120
        while '<li class="waiting">' not in (page := stage.page()):
            assert time.monotonic() < until
            assert process.poll() is None, process.communicate(timeout=60)
            time.sleep(0.05)
        assert "TPM 芯片" in page
        stage.allow(page.partition('<li class="waiting"><b>')[2][:9], "YL-0330")
        told, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert "key: in the TPM" in told
    assert "enrolled: YL-0330" in told
    assert "renewed" in told
    loaded = new.load()
    assert loaded.enrolled
    assert loaded.enrolled.key_place == "tpm"
    assert loaded.centre.key
    assert loaded.centre.key.read_bytes().startswith(MARK)
