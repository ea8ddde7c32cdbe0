"""A terminal's certificate is renewed in time, and nothing that fails on the way is lost."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from kiosk import settings
from kiosk.centre.enrolment import EnrolledTerminal, Renewal, RenewalRequest
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.enrolment import key as keys
from kiosk.enrolment import renewal
from kiosk.enrolment.identity import TerminalIdentity
from kiosk.enrolment.renewal import CertificateRenewal, due_in
from kiosk.settings import EnrolledSettings, Settings
from kiosk.workshop.sandbox.enrolment import key_of
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.contract.test_enrolment import PowerCut

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ENROLLED = EnrolledSettings(
    place="", key_place="file", since=BEGIN, until=BEGIN + 90 * DAY, request=Path("request.pem")
)


@pytest.mark.parametrize(
    ("day", "due"),
    [(0, 60.0), (59, 1.0), (60, 0.0), (89, 0.0), (200, 0.0), (-20_000, 20_060.0)],
)
def test_a_certificate_is_renewed_when_a_third_of_its_time_is_left(day: int, due: float) -> None:
    assert due_in(ENROLLED, BEGIN + day * DAY) == due * 86400


class RenewingCentre:
    """Certifies requests with its CA, or fails as it is told first; its certificates began a day
    ago and last ``lasts``."""

    def __init__(self, ca: SandboxCa, *fails: Exception, lasts: timedelta = 90 * DAY) -> None:
        self.ca = ca
        self.fails = list(fails)
        self.lasts = lasts
        self.signers: str | None = None
        self.asked: list[str] = []

    @contextmanager
    def connect(self) -> Iterator[RenewingCentre]:
        yield self

    def renew(self, request: RenewalRequest) -> Renewal:
        self.asked.append(request.request)
        if self.fails:
            raise self.fails.pop(0)
        certificate = self.certificate(request.request)
        return Renewal(certificate=certificate, ticket_signers=self.signers)

    def certificate(self, request: str) -> str:
        return self.ca.certified("YL-1", key_of(request), self.lasts)


@pytest.fixture
def ca(tmp_path: Path) -> SandboxCa:
    return SandboxCa(tmp_path / "ca")


@pytest.fixture
def chosen(tmp_path: Path, ca: SandboxCa, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A terminal that was enrolled with a certificate of 90 days."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    identity = TerminalIdentity(tmp_path)
    key = identity.key(tpm=False)
    root = ca.root.read_text()
    identity.accept(
        key,
        EnrolledTerminal(
            terminal="YL-1",
            place="",
            url="https://127.0.0.1:9",
            certificate=RenewingCentre(ca).certificate(identity.request(key).request),
            seal_roots=root,
            sealer="somebody",
            ca=root,
        ),
    )
    (tmp_path / "terminal.toml").write_text("production = false\n")
    return settings.load(tmp_path / "terminal.toml")


def test_in_time_the_next_certificate_comes_into_force(
    chosen: Settings, ca: SandboxCa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    centre = RenewingCentre(ca, lasts=400 * DAY)
    now = datetime.now(UTC)
    assert chosen.enrolled
    assert CertificateRenewal(chosen, centre.connect).look() == (False, renewal.LOOK_S)
    assert centre.asked == []
    later = CertificateRenewal(chosen, centre.connect, lambda: now + 65 * DAY)
    assert later.look() == (True, renewal.LOOK_S)
    assert centre.asked == [chosen.enrolled.request.read_text()]
    assert later.look() == (False, renewal.LOOK_S)
    after = settings.load(tmp_path / "terminal.toml").enrolled
    assert after
    assert after.until > chosen.enrolled.until + 300 * DAY
    assert "certificate renewed" in caplog.text
    assert len(centre.asked) == 1


def test_a_failure_is_told_and_tried_again_after_growing_pauses(
    chosen: Settings, ca: SandboxCa, caplog: pytest.LogCaptureFixture
) -> None:
    down = [CentreUnavailable(Trouble.DOWN) for _ in range(8)]
    stopped = Refusal("terminal-stopped", "", "", "")
    other = Refusal("request-invalid", "", "", "")
    centre = RenewingCentre(ca, *down, stopped, other, lasts=400 * DAY)
    now = datetime.now(UTC)
    looks = CertificateRenewal(chosen, centre.connect, lambda: now + 89 * DAY)
    pauses = [looks.look() for _ in range(10)]
    assert pauses[:3] == [(False, 300.0), (False, 600.0), (False, 1200.0)]
    assert pauses[-1] == (False, renewal.MOST_AGAIN_S)
    told = [line for line in caplog.records if line.getMessage() == "certificate not renewed"]
    assert reasons(caplog)[-3:] == ["centre-down", "terminal-stopped", "request-invalid"]
    assert told[0].__dict__["days"] == 0
    assert "terminal stopped" in caplog.text
    assert looks.look() == (True, renewal.LOOK_S)


@pytest.mark.parametrize("fault", ["no certificate", "full disk"])
def test_signers_that_cannot_be_taken_hinder_no_certificate(
    chosen: Settings,
    ca: SandboxCa,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    assert chosen.centre.certificate
    assert chosen.enrolled
    signers = chosen.centre.certificate.with_name("ticket-signers.pem")
    signers.write_text(before := ca.root.read_text())
    centre = RenewingCentre(ca, lasts=400 * DAY)
    centre.signers = "nothing" if fault == "no certificate" else before
    write = keys.write_secret

    def full(path: Path, content: bytes) -> None:
        if path == signers:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(keys, "write_secret", full)
    now = datetime.now(UTC) + 65 * DAY
    assert CertificateRenewal(chosen, centre.connect, lambda: now).look() == (True, renewal.LOOK_S)
    assert signers.read_text() == before
    after = settings.load(tmp_path / "terminal.toml").enrolled
    assert after
    assert after.until > chosen.enrolled.until + 300 * DAY
    (told,) = [line for line in caplog.records if line.getMessage() == "ticket signers not taken"]
    expected = "ticket_signers" if fault == "no certificate" else "No space left on device"
    assert expected in told.__dict__["reason"]


def test_a_certificate_for_another_key_is_not_taken(
    chosen: Settings, ca: SandboxCa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert chosen.centre.certificate
    before = chosen.centre.certificate.read_bytes()
    other = TerminalIdentity(tmp_path).key(tpm=False).request()

    class Confused(RenewingCentre):
        def certificate(self, request: str) -> str:
            return super().certificate(other)

    looks = CertificateRenewal(chosen, Confused(ca).connect, lambda: datetime.now(UTC) + 89 * DAY)
    assert looks.look() == (False, renewal.AGAIN_S)
    assert chosen.centre.certificate.read_bytes() == before
    assert chosen.enrolled
    chosen.enrolled.request.unlink()
    assert looks.look() == (False, 2 * renewal.AGAIN_S)
    assert reasons(caplog) == ["the certificate is for another key", "No such file or directory"]


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = [line for line in caplog.records if line.getMessage() == "certificate not renewed"]
    return [line.__dict__["reason"] for line in told]


@pytest.mark.parametrize("when", ["before", "while the centre is asked"])
def test_a_terminal_that_was_enrolled_anew_keeps_the_dates_of_its_new_certificate(
    chosen: Settings, ca: SandboxCa, tmp_path: Path, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A committer that still has the identity of before in hand writes nothing into its file."""
    told = tmp_path / settings.ENROLLED
    anew = told.read_text().replace("/identity/", "/identity/other-")
    centre = RenewingCentre(ca, lasts=400 * DAY)
    make = centre.certificate

    def certificate(request: str) -> str:
        told.write_text(anew)
        return make(request)

    if when == "before":
        told.write_text(anew)
    centre.certificate = certificate  # type: ignore[method-assign]
    now = datetime.now(UTC)
    looks = CertificateRenewal(chosen, centre.connect, lambda: now + 65 * DAY)
    assert looks.look() == (False, renewal.AGAIN_S)
    assert told.read_text() == anew
    assert len(centre.asked) == (when != "before")
    assert "another identity is in force" in str(vars(caplog.records[-1]))


@pytest.mark.parametrize("lasts", [89 * DAY, 90 * DAY])
def test_a_certificate_that_brings_no_time_is_not_taken(
    chosen: Settings, ca: SandboxCa, lasts: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    assert chosen.centre.certificate
    assert chosen.enrolled
    key = key_of(chosen.enrolled.request.read_text())
    present = ca.certified("YL-1", key, 90 * DAY)
    chosen.centre.certificate.write_text(present)

    class Stubborn(RenewingCentre):
        def certificate(self, request: str) -> str:
            return present if lasts == 90 * DAY else super().certificate(request)

    centre = Stubborn(ca, lasts=lasts)
    looks = CertificateRenewal(chosen, centre.connect, lambda: datetime.now(UTC) + 65 * DAY)
    assert looks.look() == (False, renewal.AGAIN_S)
    assert reasons(caplog) == ["the certificate ends no later than the present one"]
    assert chosen.centre.certificate.read_text() == present


@pytest.mark.parametrize("writes", [0, 1])
@pytest.mark.parametrize("fault", ["power cut", "full disk"])
def test_a_renewal_that_ends_between_its_writes_is_made_good(
    chosen: Settings,
    ca: SandboxCa,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
    fault: str,
) -> None:
    """Also where the centre has no certificate that ends later: its own CA ends before."""
    assert chosen.enrolled
    centre = RenewingCentre(ca)
    last = ca.certified("YL-1", key_of(chosen.enrolled.request.read_text()), 400 * DAY)
    monkeypatch.setattr(centre, "certificate", lambda _request: last)
    now, left, write = datetime.now(UTC) + 65 * DAY, writes, keys.write_secret

    def cut(path: Path, content: bytes) -> None:
        nonlocal left
        if not left:
            raise PowerCut if fault == "power cut" else OSError(errno.ENOSPC, os.strerror(28))
        left -= 1
        write(path, content)

    looks = CertificateRenewal(chosen, centre.connect, lambda: now)
    with monkeypatch.context() as power:
        power.setattr(keys, "write_secret", cut)
        if fault == "power cut":
            with pytest.raises(PowerCut):
                looks.look()
        else:
            assert looks.look() == (False, renewal.AGAIN_S)
    if fault == "power cut":
        started = settings.load(tmp_path / "terminal.toml")
        looks = CertificateRenewal(started, centre.connect, lambda: now)
    assert looks.look() == (True, renewal.LOOK_S)
    assert len(centre.asked) == 2 - writes  # what was written is not asked for again
    assert looks.look() == (False, renewal.LOOK_S)
    after = settings.load(tmp_path / "terminal.toml")
    assert after.enrolled
    assert after.centre.certificate
    assert after.centre.certificate.read_text() == last
    certified = x509.load_pem_x509_certificate(last.encode())
    assert (after.enrolled.since, after.enrolled.until) == (
        certified.not_valid_before_utc,
        certified.not_valid_after_utc,
    )


@pytest.mark.parametrize("fault", ["power cut", "full disk"])
def test_a_renewal_that_ends_between_its_writes_has_taken_the_signers(
    chosen: Settings, ca: SandboxCa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    assert chosen.centre.certificate
    signers = chosen.centre.certificate.with_name("ticket-signers.pem")
    signers.write_text(ca.root.read_text())
    centre = RenewingCentre(ca, lasts=400 * DAY)
    centre.signers = SandboxCa(tmp_path / "others").root.read_text()
    now, write = datetime.now(UTC) + 65 * DAY, keys.write_secret

    def cut(path: Path, content: bytes) -> None:
        if path.name == settings.ENROLLED:
            raise PowerCut if fault == "power cut" else OSError(errno.ENOSPC, os.strerror(28))
        write(path, content)

    with monkeypatch.context() as power, suppress(PowerCut):
        power.setattr(keys, "write_secret", cut)
        CertificateRenewal(chosen, centre.connect, lambda: now).look()
    started = settings.load(tmp_path / "terminal.toml")
    assert CertificateRenewal(started, centre.connect, lambda: now).look() == (True, renewal.LOOK_S)
    assert len(centre.asked) == 1  # for the certificate and the signers, which came together
    assert signers.read_text() == centre.signers


def test_a_certificate_that_somebody_else_looks_after_is_left_alone(
    chosen: Settings, ca: SandboxCa, tmp_path: Path
) -> None:
    named = f'[centre]\ncertificate = "{tmp_path}/own.pem"\nkey = "{tmp_path}/own-key.pem"\n'
    (tmp_path / "terminal.toml").write_text("production = false\n" + named)
    beside = settings.load(tmp_path / "terminal.toml")
    assert beside.enrolled
    never = msgspec.structs.replace(chosen, enrolled=None)
    centre = RenewingCentre(ca)
    for by_hand in (never, beside):
        looks = CertificateRenewal(by_hand, centre.connect, lambda: datetime.now(UTC) + 500 * DAY)
        assert looks.look() == (False, renewal.LOOK_S)
    assert centre.asked == []


def test_the_client_of_a_renewal_has_the_present_certificate(chosen: Settings) -> None:
    with renewal.client(chosen) as centre, pytest.raises(CentreUnavailable):
        centre.renew(RenewalRequest(request="-"))
