"""Settings that somebody spoils while the terminal serves: it goes on with what was checked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk import settings
from tests.faults.test_keeper import Start
from tests.faults.test_keeper import start as start  # noqa: PLC0414  a fixture of this file too

WELL = """
terminal = "T0001"
production = false
run_directory = "{place}"
[centre]
url = "http://127.0.0.1:9"
seal_roots = "roots.pem"
"""


def test_the_next_fork_server_loads_what_was_checked(start: Start) -> None:
    terminal = start("good")
    terminal.ready(2)
    (terminal.stage / "terminal.toml").write_text("terminal = T0001")
    server = terminal.named("fork server started")[0]["pid"]
    os.kill(server, signal.SIGKILL)
    terminal.wait("fork server failed")
    os.kill(terminal.pid(1), signal.SIGKILL)
    os.kill(terminal.pid(2), signal.SIGKILL)
    terminal.ready(4)
    assert len(terminal.named("fork server failed")) == 1
    terminal.stop()


@pytest.mark.parametrize("command", ["visit", "committer"])
def test_a_process_of_the_terminal_goes_on_and_says_so(tmp_path: Path, command: str) -> None:
    spoilt, checked = tmp_path / "terminal.toml", tmp_path / "checked.toml"
    checked.write_text(WELL.format(place=tmp_path))
    spoilt.write_text(checked.read_text().replace("terminal =", "terminus ="))
    here, there = socket.socketpair()
    with here, there:
        line = [sys.executable, "-m", "kiosk", command, "--settings", str(spoilt)]
        process = subprocess.Popen(
            [*line, "--channel", str(there.fileno())],
            env={**os.environ, settings.CHECKED: str(checked)},
            pass_fds=[there.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
        there.close()
        assert process.stderr
        for said in process.stderr:
            if "settings spoilt" in said:
                break
        else:
            pytest.fail("it has ended, or said nothing of its settings")
        assert "terminus" in said
        process.kill()
        process.communicate()


def test_without_anything_checked_spoilt_settings_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, checked = tmp_path / "terminal.toml", tmp_path / "checked.toml"
    monkeypatch.delenv(settings.CHECKED, raising=False)
    with pytest.raises(settings.SettingsError, match="there are no settings"):
        settings.in_service(gone)
    checked.write_text(WELL.format(place=tmp_path))
    monkeypatch.setenv(settings.CHECKED, str(checked))
    chosen, spoilt = settings.in_service(gone)
    assert chosen == settings.load(checked)
    assert "there are no settings" in spoilt
    checked.rename(gone)
    assert settings.in_service(gone) == (chosen, "")


def test_what_was_checked_is_for_the_terminals_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A printer's address may hold a password, and an earlier copy may lie there for everybody."""
    monkeypatch.setenv(settings.CHECKED, "")
    path, checked = tmp_path / "terminal.toml", tmp_path / "checked.toml"
    path.write_text(WELL.format(place=tmp_path))
    checked.touch(0o666)
    settings.keep_checked(path, tmp_path)
    assert checked.stat().st_mode & 0o777 == 0o600
    assert checked.read_text() == path.read_text()
    assert os.environ[settings.CHECKED] == str(checked)
    with pytest.raises(settings.SettingsError, match=r"checked\.toml: No such file or directory"):
        settings.keep_checked(path, tmp_path / "gone")


@pytest.mark.parametrize("spoilt", [b"terminal = T0001", b"terminal = '\xff'", b"x = 1"])
def test_what_is_spoilt_while_the_keeper_starts_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: bytes
) -> None:
    monkeypatch.setenv(settings.CHECKED, "")
    path = tmp_path / "terminal.toml"
    path.write_bytes(spoilt)
    with pytest.raises(settings.SettingsError, match=r"terminal\.toml"):
        settings.keep_checked(path, tmp_path)
    assert not (tmp_path / "checked.toml").exists()
    assert os.environ[settings.CHECKED] == ""
