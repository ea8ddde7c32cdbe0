"""A log that leaves the terminal is masked and signed; whatever was changed in it is found."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kiosk import events
from kiosk.__main__ import main
from kiosk.enrolment import key as keys
from kiosk.log import AllowListed
from kiosk.maintenance.log_export import (
    NotExported,
    NotVerified,
    SignedLog,
    export,
    from_journal,
    masked,
    verify,
)
from kiosk.settings import CentreSettings, Settings

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
NUMBER = "110101199003077571"


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signs: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .sign(signs, hashes.SHA256())
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    centre = ec.generate_private_key(ec.SECP256R1())
    key = keys.make(tmp_path / "key.pem", tpm=False)
    for name, made in (
        ("issuers.pem", certificate("centre", centre, "centre", centre)),
        ("own.pem", certificate("T0001", key.private, "centre", centre)),
        ("foreign.pem", certificate("centre", key.private, "centre", key.private)),
    ):
        (tmp_path / name).write_bytes(made.public_bytes(Encoding.PEM))
    ours = CentreSettings(
        url="http://127.0.0.1:1",
        seal_roots=tmp_path / "issuers.pem",
        certificate=tmp_path / "own.pem",
        key=tmp_path / "key.pem",
    )
    return Settings(terminal="T0001", centre=ours, production=False)


def line(event: events.LogEvent, **facts: object) -> str:
    record = logging.LogRecord(
        "kiosk.terminal.terminal", event.level, "terminal.py", 1, event.sentence, (), None
    )
    vars(record).update(facts)
    return AllowListed(as_json=True).format(record)


LINES = (
    line(events.VISIT_BEGUN),
    line(events.DEVICE, device="camera", state="online"),
)


def exported(settings: Settings, tmp_path: Path) -> SignedLog:
    return export(settings, LINES, tmp_path, NOW)


def test_what_the_terminal_wrote_is_verified(settings: Settings, tmp_path: Path) -> None:
    written = exported(settings, tmp_path)
    assert (written.lines, written.left_out) == (2, 0)
    head, *lines = map(json.loads, written.file.read_text().splitlines())
    assert head == {
        "terminal": "T0001",
        "exported": "2026-11-20T08:00:00+00:00",
        "lines": 2,
        "left_out": 0,
    }
    assert [each["event"] for each in lines] == ["visit-begun", "device"]
    found = verify(written.file, tmp_path / "issuers.pem")
    assert (found.signer, found.terminal, found.lines) == ("T0001", "T0001", 2)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "not JSON",
        "[]",
        "[" * 100_000,
        '{"message": "visit begun"}',
        json.dumps({"level": "info", "logger": NUMBER, "time": NOW.isoformat()}),
        json.dumps({"level": "info", "logger": "kiosk", "time": f"at {NUMBER}"}),
        json.dumps({"level": NUMBER, "logger": "kiosk", "time": NOW.isoformat()}),
        json.dumps({"level": [], "logger": "kiosk", "time": NOW.isoformat()}),
        json.dumps({"level": {}, "logger": [], "time": 0}),
    ],
)
def test_what_is_no_line_of_the_log_is_left_out(
    settings: Settings, tmp_path: Path, given: str
) -> None:
    written = export(settings, [*LINES, given], tmp_path, NOW)
    assert (written.lines, written.left_out) == (2, 1)
    assert NUMBER not in written.file.read_text()


def test_a_line_keeps_only_what_the_catalogue_knows() -> None:
    table = json.loads(LINES[1])
    table |= {"name": NUMBER, "reason": {"name": NUMBER}, "trace": ["a.py:1 b", NUMBER * 20]}
    more = {"level": "info", "logger": "urllib3", "time": NOW.isoformat(), "message": NUMBER}
    (kept,), (library,) = masked([json.dumps(table)]), masked([json.dumps(more)])
    assert kept is not None
    assert "name" not in json.loads(kept)
    assert json.loads(kept)["reason"] == "<dict>"
    assert max(map(len, json.loads(kept)["trace"])) == 200
    assert library is not None
    assert NUMBER not in library


def _changed(written: SignedLog, tmp_path: Path) -> None:
    text = written.file.read_text()
    written.file.write_text(text.replace("online", "offline"))


def _cut(written: SignedLog, tmp_path: Path) -> None:
    written.file.write_bytes(written.file.read_bytes()[:-5])


def _without_signature(written: SignedLog, tmp_path: Path) -> None:
    written.signature.unlink()


def _garbage(written: SignedLog, tmp_path: Path) -> None:
    written.signature.write_bytes(b"\xff\x00..")


def _no_jws(written: SignedLog, tmp_path: Path) -> None:
    written.signature.write_bytes(b"a.b.c")


def _foreign_root(written: SignedLog, tmp_path: Path) -> None:
    (tmp_path / "foreign.pem").replace(tmp_path / "issuers.pem")


def _no_root(written: SignedLog, tmp_path: Path) -> None:
    (tmp_path / "issuers.pem").write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [_changed, _cut, _without_signature, _garbage, _no_jws, _foreign_root, _no_root],
    ids=lambda spoil: spoil.__name__[1:],
)
def test_what_was_spoilt_is_told_in_a_line(
    settings: Settings, tmp_path: Path, spoil: Callable[[SignedLog, Path], None]
) -> None:
    written = exported(settings, tmp_path)
    spoil(written, tmp_path)
    with pytest.raises(NotVerified):
        verify(written.file, tmp_path / "issuers.pem")
    told = CliRunner().invoke(
        main,
        ["maintenance", "verify", str(written.file), "--roots", str(tmp_path / "issuers.pem")],
    )
    assert told.exit_code == 1
    assert told.output.startswith("NOT GENUINE: ")
    assert told.output.count("\n") == 1


def test_no_terminal_signs_the_log_of_another(settings: Settings, tmp_path: Path) -> None:
    other = msgspec.structs.replace(settings, terminal="T0002")
    written = exported(other, tmp_path)
    with pytest.raises(NotVerified, match=r"of T0002, .* signature names T0001"):
        verify(written.file, tmp_path / "issuers.pem")


def test_no_signature_without_a_certificate_nor_on_a_full_stick(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(NotExported):
        export(settings, LINES, tmp_path / "no-stick", NOW)
    without = msgspec.structs.replace(
        settings, centre=msgspec.structs.replace(settings.centre, certificate=None, key=None)
    )
    with pytest.raises(NotExported, match="enrol"):
        export(without, LINES, tmp_path, NOW)
    (tmp_path / "own.pem").write_bytes(b"no certificate")
    with pytest.raises(NotExported, match="no certificate in it"):
        export(settings, LINES, tmp_path, NOW)
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(NotExported, match="others may read"):
        export(settings, LINES, tmp_path, NOW)


def test_a_key_on_another_curve_signs_nothing(settings: Settings, tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keys.write_secret(tmp_path / "key.pem", pem)
    with pytest.raises(NotExported, match=r"key\.pem: .*curve"):
        export(settings, LINES, tmp_path, NOW)
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_journal_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    with pytest.raises(NotExported, match="journal"):
        from_journal(7)


def test_the_commands(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(
        'terminal = "T0001"\nproduction = false\n[centre]\nurl = "http://127.0.0.1:1"\n'
        f'seal_roots = "{tmp_path}/issuers.pem"\ncertificate = "{tmp_path}/own.pem"\n'
        f'key = "{tmp_path}/key.pem"\n'
    )
    stick = tmp_path / "stick"
    stick.mkdir()
    order = ["maintenance", "export", "--settings", str(file), "--log", "-", str(stick)]
    done = CliRunner().invoke(main, order, input="\n".join((*LINES, "spoilt")))
    assert done.exit_code == 0, done.output
    assert done.output.startswith("2 lines, 1 left out")
    (log,) = stick.glob("*.jsonl")
    roots = ["--roots", str(tmp_path / "issuers.pem")]
    told = CliRunner().invoke(main, ["maintenance", "verify", str(log), *roots])
    assert told.output == "genuine: 2 lines of T0001, signed by T0001\n"
