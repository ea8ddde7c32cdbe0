"""The command line, with the workshop beside the terminal and without it."""

import importlib
import inspect
import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Never

import pytest
from click.testing import CliRunner, Result

from kiosk import __main__ as command_line
from kiosk.keeper import keeper, rising
from kiosk.operations import process
from kiosk.workshop import robots

OF_A_TERMINAL = (
    "audit",
    "doctor",
    "enrol",
    "maintenance",
    "models",
    "prepare",
    "run",
    "screen",
    "setup",
    "unresolved",
)


class NoWorkshop(MetaPathFinder):
    """Finds no module of the workshop, like a machine where the terminal alone is installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.startswith("kiosk.workshop"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def no_workshop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("kiosk.workshop")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoWorkshop(), *sys.meta_path])


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(command_line.main, arguments, prog_name="kiosk")


def listed() -> dict[str, str]:
    """By name the help of each command that ``kiosk --help`` lists."""
    lines = invoke("--help").output.partition("Commands:\n")[2].splitlines()
    return dict(line.strip().split(maxsplit=1) for line in lines)


def test_every_command_of_the_workshop_is_there() -> None:
    for name in command_line.WORKSHOP_COMMANDS:
        done = invoke(name, "--help")
        assert done.exit_code == 0
        assert f"Usage: kiosk {name}" in done.output


def test_help_lists_all_commands() -> None:
    commands = listed()
    assert list(commands) == sorted([*OF_A_TERMINAL, *command_line.WORKSHOP_COMMANDS])
    assert command_line.WORKSHOP_DISTRIBUTION not in str(commands)


def test_help_says_which_commands_are_not_installed(no_workshop: None) -> None:
    commands = listed()
    assert list(commands) == sorted([*OF_A_TERMINAL, *command_line.WORKSHOP_COMMANDS])
    to_install = [n for n, h in commands.items() if command_line.WORKSHOP_DISTRIBUTION in h]
    assert to_install == sorted(command_line.WORKSHOP_COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sandbox", "--directory", "x", "--port", "1"),
        ("demo",),
        ("desk", "--directory", "x", "look", "printer"),
        ("bench", "--help"),
    ],
)
def test_a_command_that_is_not_installed_says_what_to_install(
    no_workshop: None, arguments: tuple[str, ...]
) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 1
    assert done.output == (
        f"Error: `kiosk {arguments[0]}` belongs to the workshop, which is not on this machine; "
        "install provident-kiosk-workshop\n"
    )


@pytest.mark.parametrize("command", ["tell", "look"])
def test_orders_to_a_desk_explain_themselves_without_one(command: str) -> None:
    helped = invoke("desk", command, "--help")
    assert helped.exit_code == 0
    assert command in helped.output
    refused = invoke("desk", command, "printer")
    assert refused.exit_code == 2
    assert "Missing option '--directory'" in refused.output


@pytest.mark.parametrize("command", ["run", "models"])
def test_a_command_without_settings_says_the_next_step(command: str, tmp_path: Path) -> None:
    told = invoke(command, "--settings", str(tmp_path / "none.toml"))
    assert told.exit_code == 1
    assert "there are no settings" in told.output
    assert "kiosk setup" in told.output
    assert "kiosk demo" in told.output


def test_an_unknown_command_is_none_of_the_workshop(no_workshop: None) -> None:
    done = invoke("sandcastle")
    assert done.exit_code == 2
    assert "No such command" in done.output


def test_a_library_that_the_workshop_lacks_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(name: str) -> Never:
        raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")

    monkeypatch.setattr(importlib, "import_module", lack)
    assert isinstance(invoke("demo").exception, ModuleNotFoundError)


@pytest.mark.parametrize("robot", [robots.METER, robots.PLAYER, robots.TRACE, robots.WATCH])
def test_a_robot_can_be_imported_and_takes_a_visit(robot: str) -> None:
    module, _, function = robot.partition(":")
    attach = getattr(importlib.import_module(module), function)
    assert next(iter(inspect.signature(attach).parameters)) == "visit_app"


def test_the_options_of_a_robot() -> None:
    assert robots.options("m:f", "a", "b") == ["--robot", "m:f", "--told", "a", "--told", "b"]


def test_the_help_of_tell_names_the_desk_to_tell() -> None:
    told = invoke("desk", "tell", "--help")
    assert told.exit_code == 0
    assert "--directory DIR tell" in told.output


def test_a_technicians_restart_begins_the_same_command_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(rising, "begin", lambda command: None)  # no poster for a keeper of nobody
    monkeypatch.setattr(keeper, "run", lambda *args, **options: keeper.RESTARTS)
    monkeypatch.setattr(os, "execv", lambda program, words: begun.append(words))
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "kiosk", "run"])
    CliRunner().invoke(command_line.main, ["run"])
    assert begun == [[sys.executable, "-m", "kiosk", "run"]]


def test_a_command_that_was_read_ahead_runs_with_its_channel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[Path, int]] = []
    monkeypatch.setattr(process, "run", lambda path, channel: told.append((path, channel)))
    program = command_line.prepared(["committer", "--settings", "/some/terminal.toml"])
    assert not told
    with pytest.raises(SystemExit) as end:
        program(7)
    assert told == [(Path("/some/terminal.toml"), 7)]
    assert not end.value.code


def test_a_command_that_was_read_ahead_says_what_is_wrong_with_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = command_line.prepared(["visit", "--settings", str(tmp_path / "none.toml")])
    with pytest.raises(SystemExit) as end:
        program(7)
    assert end.value.code == 1
    assert "there are no settings" in capsys.readouterr().err
