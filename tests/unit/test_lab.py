"""What the lab does before and after its machine runs; the machine itself is ``make lab``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab import __main__ as command
from lab import initrd, report
from lab.report import Case, LabReport


def module(folder: Path, name: str, *depends: str) -> None:
    path = folder / "kernel" / f"{name}.ko"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF\0depends=" + ",".join(depends).encode() + b"\0name=" + name.encode())


def test_a_module_stands_behind_those_it_depends_on(tmp_path: Path) -> None:
    module(tmp_path, "usblp", "usbcore")
    module(tmp_path, "usbcore", "usb-common")
    module(tmp_path, "usb-common")
    module(tmp_path, "never_asked_for")
    names = [name for name, _ in initrd.in_order(tmp_path)]
    assert names == ["usb_common", "usbcore", "usblp"]


def test_the_first_file_system_is_one_that_cpio_reads(tmp_path: Path) -> None:
    module(tmp_path, "vivid")
    busybox = tmp_path / "busybox"
    busybox.write_bytes(b"a program")
    initrd.write(tmp_path / "initrd", tmp_path, busybox)
    into = tmp_path / "root"
    into.mkdir()
    with (tmp_path / "initrd").open("rb") as archive:
        subprocess.run(
            ["cpio", "-i", "--quiet"], stdin=archive, cwd=into, check=True, capture_output=True
        )
    assert (into / "bin/busybox").read_bytes() == b"a program"
    assert (into / "init").read_bytes() == initrd.INIT.read_bytes()
    assert (into / "init").stat().st_mode & 0o111
    assert (into / "mods/order").read_text() == f"vivid.ko {initrd.OPTIONS['vivid']}\n"
    assert (into / "proc").is_dir()


GOOD = Case("test_contract", "test_a_change_is_told_once", "usblp", True, 1.25)
BAD = Case("test_unplug", "test_it_ends", "ftdi: ID card", False, 2.0)
TPM = Case("test_tpm", "test_the_kernel_has_the_tpm", "", True, 0.5)


def written(folder: Path, *cases: Case, end: str = "0\n") -> Path:
    text = "".join(report.line(case) for case in cases)
    (folder / report.CASES).write_text(text, encoding="utf-8")
    if end:
        (folder / report.EXIT).write_text(end)
    return folder


def test_what_the_guest_wrote_is_read(tmp_path: Path) -> None:
    assert report.read(written(tmp_path, GOOD, BAD, TPM)).cases == (GOOD, BAD, TPM)
    assert report.read(written(tmp_path, GOOD, TPM)).well
    assert not report.read(written(tmp_path, GOOD, BAD, end="1\n")).well


@pytest.mark.parametrize("end", ["", "2\n", "139\n"])
def test_a_run_that_did_not_come_to_its_end_is_not_well(tmp_path: Path, end: str) -> None:
    found = report.read(written(tmp_path, GOOD, end=end))
    assert not found.well
    assert "did not come to their end" in report.text(found)


def test_a_machine_that_wrote_nothing_or_half_a_line_is_not_well(tmp_path: Path) -> None:
    assert report.read(tmp_path) == LabReport((), False)
    (tmp_path / report.CASES).write_text(report.line(GOOD) + '{"file": "te', encoding="utf-8")
    assert report.read(tmp_path).cases == (GOOD,)


def test_the_table_has_a_row_for_every_device_and_a_line_for_what_failed() -> None:
    assert report.text(LabReport((GOOD, BAD, TPM), True)).splitlines() == [
        "",
        "device        held   of   seconds",
        "usblp            1    1       1.2",
        "ftdi             0    1       2.0",
        "tpm              1    1       0.5",
        "all              2    3       3.8",
        "failed: ftdi: test_unplug.test_it_ends[ftdi: ID card]",
    ]


def test_without_qemu_it_is_skipped_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert command.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("lab: skipped, there is no qemu-system-x86_64 and no swtpm here")
    assert "apt-get install qemu-system-x86 swtpm" in said


def test_a_guest_that_died_says_so_with_its_last_lines(tmp_path: Path) -> None:
    assert "no test has run" in report.text(report.read(tmp_path))
    console = tmp_path / "console.txt"
    assert report.last_lines(console) == ""
    console.write_bytes(b"line\r\n" * 30 + b"Kernel panic - not syncing: \xff\r\n")
    said = report.last_lines(console).splitlines()
    assert len(said) == 15
    assert said[-1].startswith("  Kernel panic - not syncing")


@pytest.mark.parametrize(
    ("repo", "python"),
    [
        ("/tmp/w/here", "/tmp/w/here/.venv/bin/python"),
        ("/run/user/here", "/srv/venv/bin/python"),
        ("/srv/here", "/srv/here/.venv/bin/python"),
    ],
)
def test_the_guest_keeps_a_checkout_that_lies_under_its_ram_disks(
    tmp_path: Path, repo: str, python: str
) -> None:
    """The guest's init with a ``mount`` that only notes what it is told; the place of the checkout
    is there again behind the RAM disk that was laid over it."""
    script = initrd.INIT.read_text()
    part = script[script.index("venv=${python") : script.index("mount -t configfs")]
    part = part.replace("/new", f"{tmp_path}/new")
    part = part.replace("mkdir /repo /venv", "").replace("mkdir -p", "/bin/mkdir -p")
    (tmp_path / "new").mkdir()
    stub = f'mount() {{ echo "$@" >> {tmp_path}/mounts; }}\n'
    told = f'repo="{repo}" python="{python}"\n'
    subprocess.run(["sh", "-eu", "-c", told + stub + part], check=True, cwd=tmp_path)
    mounts = (tmp_path / "mounts").read_text().splitlines()
    disk = mounts.index(f"-t tmpfs tmp {tmp_path}/new/tmp")
    venv = python.removesuffix("/bin/python")
    for name, place in (("repo", repo), ("venv", venv)):
        assert f"-o bind {tmp_path}/new{place} /{name}" in mounts[:disk]
    assert f"-o bind /repo {tmp_path}/new{repo}" in mounts[disk:]
