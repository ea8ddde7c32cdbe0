"""Who may open a terminal for maintenance: tickets, the roster, PINs; what is out of service."""

from __future__ import annotations

import errno
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.device import Kind
from kiosk.centre.roster import StaffRole, Worker
from kiosk.enrolment import signed
from kiosk.enrolment import ticket as enrolment
from kiosk.enrolment.signed import TicketRefused
from kiosk.keeper.channel import Upkeep
from kiosk.maintenance import ticket
from kiosk.maintenance.session import MaintenanceSession, Pass
from kiosk.maintenance.ticket import SpentTickets
from kiosk.staff.roster_file import FOLDER
from kiosk.staff.tries import LOCKED, MOST_TRIES, PinTries
from kiosk.terminal.closures import TERMINAL, Closed, Closures
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.tickets import maintenance_ticket, sign
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.logged import messages

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> SandboxCa:
    return SandboxCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def signers(ca: SandboxCa) -> Path:
    return ca.signer_of_tickets()


def ticket_of(ca: SandboxCa, **facts: Any) -> str:
    usual = {"order": "W260115-07", "number": "6021", "name": "陈工"}
    return maintenance_ticket(ca, facts.pop("terminal", "T0001"), **{**usual, **facts})


def why_not(text: str, signers: Path, now: datetime | None = None) -> str:
    with pytest.raises(TicketRefused) as refused:
        ticket.check(text, signers, "T0001", now)
    return f"{refused.value.code}: {refused.value}"


# -- the ticket -----------------------------------------------------------------------------------


def test_a_ticket_opens_its_terminal_for_its_staff(ca: SandboxCa, signers: Path) -> None:
    before = datetime.now(UTC)
    found = ticket.check(ticket_of(ca, role=StaffRole.ATTENDANT, hours=2), signers, "T0001")
    assert found.worker == Worker("6021", "陈工", StaffRole.ATTENDANT)
    assert found.order == "W260115-07"
    assert len(found.id) == 32
    assert abs(found.ends - before - timedelta(hours=2)) < timedelta(minutes=1)


def test_a_ticket_fits_one_code(ca: SandboxCa) -> None:
    text = ticket_of(ca, terminal="T" * 32, order="W" * 24, number="abcdefgh123456", name="陈" * 20)
    assert len(text) <= 1000  # version 22 at level L (ISO/IEC 18004)


def test_another_terminals_ticket_opens_nothing(ca: SandboxCa, signers: Path) -> None:
    said = why_not(ticket_of(ca, terminal="T0002"), signers)
    assert said == "foreign: the ticket is for terminal T0002"


def test_a_ticket_has_its_hours(ca: SandboxCa, signers: Path) -> None:
    text = ticket_of(ca, hours=1)
    later, early = datetime.now(UTC) + timedelta(hours=1), datetime(1970, 1, 1, tzinfo=UTC)
    assert why_not(text, signers, later).startswith("expired: the ticket's time has passed")
    assert "this clock says 1970-01-01 00:00Z: set the clock" in why_not(text, signers, early)


def test_a_ticket_for_longer_than_a_day_opens_nothing(ca: SandboxCa, signers: Path) -> None:
    claims = {
        "terminal": "T0001",
        "order": "W1",
        "staff": {"number": "6021", "name": "陈工", "role": "technician"},
    }
    assert why_not(sign(ca, ticket.TYPE, 48, claims), signers).startswith("long: ")
    with pytest.raises(Refused):
        ticket_of(ca, hours=24)


def test_a_ticket_has_one_purpose(ca: SandboxCa, signers: Path) -> None:
    enrols = sign(ca, enrolment.TYPE, 1, {"sub": "ab" * 32, "terminal": {}})
    assert why_not(enrols, signers) == "purpose: this is no maintenance ticket"
    with pytest.raises(TicketRefused, match="this is no enrolment ticket"):
        enrolment.check(ticket_of(ca), signers, "ab" * 32)


@pytest.mark.parametrize(
    "text", ["", "12345", "https://12329.example/x", "KT1/3:abc", "a.b.c", "\udcff.b.c"]
)
def test_another_code_is_no_ticket(text: str, signers: Path) -> None:
    assert why_not(text, signers) == "none: this is no maintenance ticket"


def test_a_strangers_ticket_opens_nothing(ca: SandboxCa, signers: Path, tmp_path: Path) -> None:
    strange = ticket_of(SandboxCa(tmp_path))
    assert why_not(strange, signers).startswith("signer: the ticket is signed by somebody")
    header, claims, _signature = ticket_of(ca).split(".")
    other = ticket_of(ca).split(".")[2]
    assert why_not(f"{header}.{claims}.{other}", signers).startswith("signature: ")
    assert why_not(ticket_of(ca), tmp_path / "none.pem").startswith("signer: ")


def test_a_ticket_of_a_signer_on_another_curve_opens_nothing(ca: SandboxCa, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tickets")])
    signer = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(NOW)
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    trusted = tmp_path / "signers.pem"
    trusted.write_bytes(signer.public_bytes(Encoding.PEM))
    header = {"typ": ticket.TYPE, signed.THUMBPRINT: signed.thumbprint(signer)}
    text = jwt.encode({}, ec.generate_private_key(ec.SECP256R1()), signed.ALGORITHM, header)
    assert why_not(text, trusted).startswith("signer: the ticket is signed by somebody")


@pytest.mark.parametrize("end", [10**18, 10**30, "soon", None, [], 1e400])
def test_a_ticket_whose_end_is_no_time_opens_nothing(
    end: object, ca: SandboxCa, signers: Path
) -> None:
    staff = {"number": "6021", "name": "陈工", "role": "technician"}
    claims = {"terminal": "T0001", "order": "W1", "staff": staff, "exp": end}
    assert why_not(sign(ca, ticket.TYPE, 1, claims), signers).startswith("signature: ")


@pytest.mark.parametrize(
    "staff",
    [
        {"number": "6021", "name": "陈工", "role": "director"},
        {"number": "6021\n", "name": "陈工", "role": "technician"},
        {"number": "6021:x", "name": "陈工", "role": "technician"},
        {"number": "1234567", "name": "陈工", "role": "technician"},
        {"number": "6021", "name": "", "role": "technician"},
    ],
)
def test_a_ticket_that_lacks_something_opens_nothing(
    staff: dict[str, str], ca: SandboxCa, signers: Path
) -> None:
    text = sign(ca, ticket.TYPE, 1, {"terminal": "T0001", "order": "W1", "staff": staff})
    assert why_not(text, signers).startswith("form: the ticket lacks")


def test_a_ticket_has_an_id_that_can_be_spent(ca: SandboxCa, signers: Path) -> None:
    staff = {"number": "6021", "name": "陈工", "role": "technician"}
    claims = {"terminal": "T0001", "order": "W1", "staff": staff, "jti": "ab" * 16 + "\n"}
    assert why_not(sign(ca, ticket.TYPE, 1, claims), signers).startswith("form: ")


def test_a_ticket_whose_work_has_ended_stays_spent(tmp_path: Path) -> None:
    assert not SpentTickets(tmp_path).has("ab" * 16)
    SpentTickets(tmp_path).spend("ab" * 16)
    SpentTickets(tmp_path).spend("cd" * 16)
    assert SpentTickets(tmp_path).has("ab" * 16)
    assert SpentTickets(tmp_path).has("cd" * 16)
    assert not SpentTickets(tmp_path).has("ef" * 16)


def test_a_spoilt_file_of_spent_tickets_still_holds_those_that_can_be_read(tmp_path: Path) -> None:
    SpentTickets(tmp_path).spend("ab" * 16)
    with (tmp_path / FOLDER / "spent-tickets").open("ab") as file:
        file.write(b"\xff\xfe\n")
    SpentTickets(tmp_path).spend("cd" * 16)
    assert SpentTickets(tmp_path).has("ab" * 16)
    assert SpentTickets(tmp_path).has("cd" * 16)


def test_whether_a_ticket_is_spent_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "spent-tickets").mkdir(parents=True)
    with pytest.raises(OSError, match="Is a directory"):
        SpentTickets(tmp_path).has("ab" * 16)


# -- wrong PINs -----------------------------------------------------------------------------------


def locked(state: Path) -> None:
    for left in range(MOST_TRIES - 1, -1, -1):
        assert PinTries(state).locked_until("6021", NOW) is None
        assert PinTries(state).count("6021", NOW) == left


def test_a_card_is_locked_after_wrong_pins_also_after_a_restart(tmp_path: Path) -> None:
    locked(tmp_path)
    assert PinTries(tmp_path).locked_until("6021", NOW) == NOW + LOCKED
    assert PinTries(tmp_path).locked_until("6022", NOW) is None
    later = NOW + LOCKED
    assert PinTries(tmp_path).locked_until("6021", later - timedelta(seconds=1))
    assert PinTries(tmp_path).locked_until("6021", later) is None
    assert PinTries(tmp_path).count("6021", later) == MOST_TRIES - 1


def test_the_right_pin_forgets_the_wrong_ones(tmp_path: Path) -> None:
    tries = PinTries(tmp_path)
    tries.count("6021", NOW)
    tries.forget("6021")
    assert tries.count("6021", NOW) == MOST_TRIES - 1


def test_a_clock_that_went_back_locks_no_longer_than_usual(tmp_path: Path) -> None:
    locked(tmp_path)
    before = NOW - timedelta(days=400)
    assert PinTries(tmp_path).locked_until("6021", before) == before + LOCKED
    assert PinTries(tmp_path).locked_until("6021", before + LOCKED) is None


def test_a_clock_that_is_set_by_minutes_shortens_no_lock_out(tmp_path: Path) -> None:
    locked(tmp_path)
    early = NOW - timedelta(minutes=50)
    assert PinTries(tmp_path).locked_until("6021", early) == NOW + LOCKED
    assert PinTries(tmp_path).locked_until("6021", NOW + timedelta(minutes=15)) == NOW + LOCKED


@pytest.mark.parametrize(
    ("service", "word"),
    [
        ("housing_loan", "housing-loan"),
        ("异地转移", "other"),
        ("2026-11-29-01-x", "other"),
    ],
)
def test_the_keeper_takes_what_was_done_to_a_service_of_any_name(service: str, word: str) -> None:
    told: list[Upkeep] = []
    terminal: Any = SimpleNamespace(tell_upkeep=lambda *words: told.append(Upkeep(*words)))
    worker = Worker("6021", "陈工", StaffRole.TECHNICIAN)
    MaintenanceSession(terminal, Pass("card", "ab" * 16, worker)).note(
        "take-out", service, "repair"
    )
    (sent,) = told
    assert sent.detail == f"take-out:{word}:repair"
    assert msgspec.json.decode(msgspec.json.encode(sent), type=Upkeep) == sent


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"6021\xff": {"wrong": 3, "last": "2026-01-15T09:00:00Z"}}',
        b'{"6021": {"wrong": 3, "last": "2026-01-15T09:00:00"}}',
        b'{"6021": {"more": ' + b"[" * 100_000,
    ],
)
def test_a_spoilt_count_of_pins_counts_anew(tmp_path: Path, content: bytes) -> None:
    locked(tmp_path)
    (tmp_path / FOLDER / "wrong-pins.json").write_bytes(content)
    locked(tmp_path)


# -- out of service -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"terminal": "\xff"}',
        b'{"devices": {"no-device": "repair"}}',
        b'{"more": ' + b"[" * 100_000,
    ],
)
def test_a_spoilt_file_of_closures_takes_nothing_out(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    Closures(tmp_path).change(TERMINAL, "repair", "6021")
    (tmp_path / FOLDER / "closures.json").write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert Closures(tmp_path).read() == Closed()
    assert messages(caplog, "kiosk.terminal.closures") == ["closures spoilt"]
    Closures(tmp_path).change(TERMINAL, "testing", "6021")
    assert Closures(tmp_path).read().terminal == "testing"


def test_what_is_out_of_service_stays_while_the_disk_gives_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    Closures(tmp_path).change(TERMINAL, "repair", "6021")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", broken)
        assert Closures(tmp_path).read() == Closed()
        with pytest.raises(OSError, match="Input/output"):
            Closures(tmp_path).change("ledger", "testing", "6021")
    assert Closures(tmp_path).read().terminal == "repair"


def test_who_has_taken_something_out_and_since_when_is_kept_with_it(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    Closures(tmp_path).change(Kind.CAMERA, "repair", "6021")
    Closures(tmp_path).change("ledger", "testing", "6022")
    notes = Closures(tmp_path).read().notes
    assert {what: note.by for what, note in notes.items()} == {"camera": "6021", "ledger": "6022"}
    assert before <= notes["camera"].since <= datetime.now(UTC)
    Closures(tmp_path).change(Kind.CAMERA, "", "6022")
    assert set(Closures(tmp_path).read().notes) == {"ledger"}


def test_a_file_of_closures_of_an_earlier_version_stays_in_force(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "closures.json").write_text(
        '{"devices": {"camera": "repair"}, "services": {}, "terminal": ""}'
    )
    assert Closures(tmp_path).read() == Closed(devices={Kind.CAMERA: "repair"})
