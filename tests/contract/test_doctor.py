"""The doctor on a whole emulated terminal: what is broken is named, the report is always whole."""

from __future__ import annotations

import errno
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Never

import cv2
import numpy as np
import pypdfium2
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from drivers.device import Kind
from drivers.emulators.rig import Remote
from drivers.emulators.smart_cards import pcscd
from drivers.receipt_printer import escpos
from kiosk import settings as settings_file
from kiosk.__main__ import main
from kiosk.doctor import devices, examination, screen_pictures, trial_prints
from kiosk.doctor.findings import Finding, Probe, Section, Verdict, run_guarded
from kiosk.settings import Settings
from kiosk.workshop.demo import DemoPlace, place
from tests.waiting import PATIENCE_S

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def here() -> Iterator[DemoPlace]:
    with place(headless=True) as found:
        yield found


@pytest.fixture
def remote(here: DemoPlace) -> Iterator[Remote]:
    remote = Remote(here.desk)
    yield remote
    for device in (Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER, Kind.CAMERA):
        remote.tell(device, "well")
    remote.close()


def doctor(here: DemoPlace, tmp_path: Path, *options: str) -> Result:
    command = ["doctor", "--settings", str(here.settings), "--keep", str(tmp_path), *options]
    return CliRunner().invoke(main, command)


def only(here: DemoPlace, tmp_path: Path, *devices: Kind) -> DemoPlace:
    """The same terminal with these devices alone: that takes less time."""
    text = here.settings.read_text(encoding="utf-8").partition("\n[devices.")[0]
    text = re.sub(r"(?m)^profile = .*", "", text)
    tables = settings_file.load(here.settings).devices
    for device in devices:
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in tables[device].items()]
        text += "".join([f"\n[devices.{device}]\n", *lines])
    path = tmp_path / "terminal.toml"
    path.write_text(text, encoding="utf-8")
    return replace(here, settings=path)


@pytest.mark.skipif(bool(pcscd.missing()), reason=pcscd.missing() or "complete")
def test_a_whole_terminal_is_fit(here: DemoPlace, tmp_path: Path) -> None:
    result = doctor(here, tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output.rstrip().endswith("fit for service")
    (kept,) = tmp_path.glob("doctor-*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["fit"] is True


@pytest.mark.parametrize(
    ("device", "order", "finding", "says"),
    [
        (Kind.ID_CARD, "not authorised", "id_card: status", "66"),
        (Kind.ID_CARD, "mute", "id_card: found", "no-device"),
        (Kind.RECEIPT_PRINTER, "paper out", "receipt_printer: status", "paper"),
        (Kind.RECEIPT_PRINTER, "open cover", "receipt_printer: status", "cover"),
        (Kind.DOCUMENT_PRINTER, "jam", "document_printer: status", "jam"),
        (Kind.DOCUMENT_PRINTER, "toner out", "document_printer: status", "toner"),
        (Kind.DOCUMENT_PRINTER, "garbage", "document_printer: found", "garbled"),
    ],
)
def test_what_is_broken_is_named_with_what_mends_it(
    here: DemoPlace,
    remote: Remote,
    tmp_path: Path,
    device: Kind,
    order: str,
    finding: str,
    says: str,
) -> None:
    remote.tell(device, order)
    result = doctor(only(here, tmp_path, device), tmp_path, "--json")
    assert result.exit_code == 1
    findings = {f["name"]: f for f in json.loads(result.output)["findings"]}
    assert findings[finding]["verdict"] == "bad"
    assert says in findings[finding]["seen"].lower()
    assert "centre" in findings  # whatever is broken, the report comes to its end


def test_what_the_status_says_already_is_one_cause(
    here: DemoPlace, remote: Remote, tmp_path: Path
) -> None:
    remote.tell(Kind.RECEIPT_PRINTER, "open cover")
    result = doctor(only(here, tmp_path, Kind.RECEIPT_PRINTER), tmp_path, "--print")
    assert "NOT fit for service: 1 to mend\n1. receipt_printer: status: " in result.output
    assert "receipt_printer: test print" in result.output.partition("with it:")[2]


def test_a_covered_lens_has_its_mend(here: DemoPlace, remote: Remote, tmp_path: Path) -> None:
    remote.tell(Kind.CAMERA, "black")
    result = doctor(only(here, tmp_path, Kind.CAMERA), tmp_path, "--json")
    findings = {f["name"]: f for f in json.loads(result.output)["findings"]}
    assert findings["camera: exposure"]["verdict"] == "bad"
    assert "covers the lens" in findings["camera: exposure"]["mend"]


def test_test_prints_come_out_and_stand_in_the_acceptance_report(
    here: DemoPlace, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escpos, "ANSWER_S", PATIENCE_S)  # the desk's process has to share a core
    path = tmp_path / "report.pdf"
    here = only(here, tmp_path, Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
    result = doctor(here, tmp_path, "--print", "--pdf", str(path))
    assert result.exit_code == 0, result.output
    text = "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path.read_bytes())
    )
    assert "验收报告" in text
    assert "合格，可以投入使用" in text
    assert "试打" in text
    assert "身份证阅读器" in text
    assert remote.look(Kind.RECEIPT_PRINTER)["slips"]
    assert remote.look(Kind.DOCUMENT_PRINTER)["documents"]


def test_the_screens_test_page_stands_in_the_acceptance_report(
    here: DemoPlace, tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    result = doctor(only(here, tmp_path, Kind.ID_CARD), tmp_path, "--pdf", str(path))
    assert result.exit_code == 0, result.output
    report = pypdfium2.PdfDocument(path.read_bytes())
    last = report[len(report) - 1]
    assert "屏幕试看页" in last.get_textpage().get_text_range()
    (picture,) = last.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    shown = np.asarray(picture.get_bitmap().to_pil().convert("L"))
    assert shown.shape[0] > shown.shape[1]  # upright, as the settings say
    assert shown.std() > 10  # not one colour: something is drawn


def test_the_test_page_is_drawn_by_no_program_of_the_callers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may call the doctor from a folder that somebody else can write."""
    (tmp_path / "ui.py").write_text("open('run', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(screen_pictures.NotDrawn):
        screen_pictures.trial_page(tmp_path / "terminal.toml")
    assert not (tmp_path / "run").exists()


def test_a_screen_that_is_not_drawn_takes_no_report_away(
    here: DemoPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui/__init__.py").write_text("raise SystemExit('no display here')")
    path = tmp_path / "report.pdf"
    monkeypatch.chdir(tmp_path)
    result = doctor(only(here, tmp_path, Kind.ID_CARD), tmp_path, "--pdf", str(path))
    assert "no picture of the screen's test page: no display here" in result.output
    assert path.read_bytes().startswith(b"%PDF")


def test_a_printer_without_paper_fails_its_test_print(here: DemoPlace, remote: Remote) -> None:
    remote.tell(Kind.RECEIPT_PRINTER, "paper out")
    loaded = settings_file.load(here.settings)
    found = trial_prints.run(loaded, AT)
    assert [one.verdict for one in found] == [Verdict.BAD, Verdict.GOOD]
    assert "paper" in found[0].seen
    slip, sheet = trial_prints.pictures(loaded, AT, found)
    assert (slip.result, sheet.result) == (found[0].seen, found[1].seen)
    for png in (slip.png, sheet.png):
        picture = np.asarray(Image.open(BytesIO(png)).convert("L"))
        assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == "https://12329.example/test"


def test_the_test_slip_has_names_that_a_small_font_lacks(
    here: DemoPlace, remote: Remote, tmp_path: Path
) -> None:
    """They go out as text of GBK: a printer whose own font ends at GB 2312 shows blanks there."""
    for name in trial_prints.NAMES:
        assert len(name.encode("gbk")) == 2
        with pytest.raises(UnicodeEncodeError):
            name.encode("gb2312")
    before = len(remote.look(Kind.RECEIPT_PRINTER)["texts"])
    loaded = settings_file.load(only(here, tmp_path, Kind.RECEIPT_PRINTER).settings)
    (found,) = trial_prints.run(loaded, AT)
    assert found.verdict is Verdict.GOOD
    (slip,) = remote.look(Kind.RECEIPT_PRINTER)["texts"][before:]
    assert any(line.startswith("人名用字") and line.endswith(trial_prints.NAMES) for line in slip)


def test_a_slip_is_shown_as_wide_as_its_paper(here: DemoPlace, tmp_path: Path) -> None:
    loaded = settings_file.load(only(here, tmp_path, Kind.RECEIPT_PRINTER).settings)
    loaded.devices[Kind.RECEIPT_PRINTER]["width"] = 384
    found = [devices.DEVICES.good("receipt_printer: test print", "")]
    (slip,) = trial_prints.pictures(loaded, AT, found)
    assert Image.open(BytesIO(slip.png)).width == 384


def test_a_test_print_that_goes_wrong_takes_no_report_away(
    here: DemoPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upset(terminal: str, at: datetime) -> Never:
        raise OverflowError("a page without end")

    monkeypatch.setattr(trial_prints, "trial_slip", upset)
    path = tmp_path / "report.pdf"
    here = only(here, tmp_path, Kind.RECEIPT_PRINTER)
    result = doctor(here, tmp_path, "--json", "--print", "--pdf", str(path))
    (kept,) = tmp_path.glob("doctor-*.json")
    report = json.loads(kept.read_text(encoding="utf-8"))
    findings = {one["name"]: one for one in report["findings"]}
    assert "OverflowError" in findings["receipt_printer: test print"]["seen"]
    assert findings["centre"]["verdict"] == "good"
    assert result.stderr == "no acceptance report: OverflowError: a page without end\n"
    assert result.exit_code == 1


def test_a_pdf_that_cannot_be_written_changes_nothing_else(here: DemoPlace, tmp_path: Path) -> None:
    path = tmp_path / "none" / "x.pdf"
    result = doctor(only(here, tmp_path, Kind.SPEAKER), tmp_path, "--pdf", str(path))
    assert result.exit_code == 0, result.output
    assert result.stderr == f"no acceptance report: {path}: No such file or directory\n"
    assert len(list(tmp_path.glob("doctor-*.json"))) == 1


@pytest.fixture
def no_chinese_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts").mkdir()
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{tmp_path / 'fonts'}</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts))


def test_nothing_is_printed_as_empty_boxes(
    here: DemoPlace, tmp_path: Path, remote: Remote, no_chinese_fonts: None
) -> None:
    before = len(remote.look(Kind.DOCUMENT_PRINTER)["documents"])
    path = tmp_path / "report.pdf"
    here = only(here, tmp_path, Kind.DOCUMENT_PRINTER)
    result = doctor(here, tmp_path, "--json", "--print", "--pdf", str(path))
    assert result.exit_code == 1
    findings = {one["name"]: one for one in json.loads(result.stdout)["findings"]}
    assert "no font shows 试" in findings["document_printer: test print"]["seen"]
    assert findings["document_printer: test print"]["mend"].startswith("apt-get install fonts-")
    assert "no font shows 自" in result.stderr
    assert "fonts-noto-cjk" in result.stderr
    assert not path.exists()
    assert len(remote.look(Kind.DOCUMENT_PRINTER)["documents"]) == before


@pytest.mark.parametrize("charset", ["gbk", "latin-1"])
def test_a_terminal_that_is_not_utf_8_gets_its_report(
    here: DemoPlace, tmp_path: Path, charset: str
) -> None:
    here = only(here, tmp_path, Kind.LIGHTS)
    runner = CliRunner(charset, env={"LC_ALL": "zh_CN", "TERM": "xterm"})
    command = ["doctor", "--settings", str(here.settings), "--keep", str(tmp_path / "kept")]
    result = runner.invoke(main, command)
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii() == (charset != "gbk")
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_device_that_blinked_gets_a_second_look(
    here: DemoPlace, remote: Remote, tmp_path: Path
) -> None:
    loaded = settings_file.load(only(here, tmp_path, Kind.ID_CARD).settings)
    remote.tell(Kind.ID_CARD, "mute")
    began = threading.Event()

    def mend() -> None:
        began.wait(PATIENCE_S)
        time.sleep(0.3)
        remote.tell(Kind.ID_CARD, "well")

    mending = threading.Thread(target=mend)
    mending.start()
    (probe,) = devices.probes(loaded)
    began.set()
    found = {finding.name: finding for finding in probe.look(loaded)}
    mending.join()
    assert found["id_card: found"].verdict is Verdict.GOOD
    seen = found["id_card: second look"].seen
    assert seen.startswith("well only when looked at again; at first: ")
    assert "is silent" in seen or "nothing answers" in seen  # by how far it was when it fell silent


def test_a_centre_that_is_not_there(here: DemoPlace, tmp_path: Path) -> None:
    broken = tmp_path / "terminal.toml"
    text = here.settings.read_text(encoding="utf-8")
    broken.write_text(text.replace(here.api, "https://127.0.0.1:9"), encoding="utf-8")
    report = examination.examine(settings_file.load(broken))
    verdicts = {f.name: f.verdict for f in report.findings}
    assert verdicts["TCP"] is Verdict.BAD
    assert verdicts["centre"] is Verdict.UNKNOWN
    assert not report.fit


def test_without_settings_the_doctor_examines_the_machine(tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    command = ["doctor", "--settings", str(none), "--keep", str(tmp_path / "kept"), "--print"]
    result = CliRunner().invoke(main, [*command, "--pdf", str(tmp_path / "report.pdf")])
    assert result.exit_code == 1
    assert "there are no settings" in result.output
    assert f"kiosk setup --settings {none}" in " ".join(result.output.split())
    assert "nothing is printed" in result.stderr
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "text", [None, "terminal = \n", 'terminal = "T1"\n[screen]\nlowred = true\n']
)
def test_json_is_json_whatever_the_settings_are(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "terminal.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["doctor", "--settings", str(path), "--json"])
    assert result.exit_code == 1
    findings = {f["name"]: f for f in json.loads(result.stdout)["findings"]}
    assert findings["settings"]["verdict"] == "bad"
    assert {"system", "disk", "display", "link"} <= set(findings)
    assert ("line 3; `lowered` is" in findings["settings"]["seen"]) == ("lowred" in (text or ""))


def closed(path: Path, usual: Callable[..., Any]) -> Callable[..., Any]:
    """A method of :class:`Path` as it is where the folder of ``path`` may not be entered."""

    def method(this: Path, *told: Any, **more: Any) -> Any:
        if this == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(this))
        return usual(this, *told, **more)

    return method


@pytest.mark.parametrize("command", [["doctor", "--json"], ["setup", "--yes"]])
def test_settings_that_this_user_may_not_read_are_told(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/etc/kiosk is closed to a technician who is not root: the path itself cannot be looked at."""
    path = tmp_path / "terminal.toml"
    for name in ("stat", "read_text"):
        monkeypatch.setattr(Path, name, closed(path, getattr(Path, name)))
    result = CliRunner().invoke(main, [*command, "--settings", str(path)])
    assert result.exit_code == 1
    assert "run this command as root" in result.output


HERE = Section("machine")


def upset(settings: Settings) -> Iterator[Finding]:
    yield HERE.good("before", "")
    raise KeyError("nothing here")


def stuck(settings: Settings, freed: threading.Event) -> Iterator[Finding]:
    yield HERE.good("before", "")
    freed.wait()


@pytest.mark.parametrize(("hangs", "says"), [(False, "KeyError"), (True, "no answer within 1 s")])
def test_a_probe_that_fails_or_hangs_is_a_finding(here: DemoPlace, hangs: bool, says: str) -> None:
    loaded, freed = settings_file.load(here.settings), threading.Event()
    look = partial(stuck, freed=freed) if hangs else upset
    probes = (Probe(HERE, "broken", look, 1.0), Probe(HERE, "next", lambda _: [HERE.good("x", "")]))
    before, broken, after = run_guarded(probes, loaded)
    freed.set()
    assert (before.name, after.name) == ("before", "x")
    assert (broken.name, broken.verdict) == ("broken", Verdict.UNKNOWN)
    assert says in broken.seen


def test_the_next_report_says_since_when(here: DemoPlace, remote: Remote, tmp_path: Path) -> None:
    here = only(here, tmp_path, Kind.RECEIPT_PRINTER)
    before = doctor(here, tmp_path)
    assert before.exit_code == 0, before.output
    (first,) = tmp_path.glob("doctor-*.json")
    at = json.loads(first.read_text(encoding="utf-8"))["at"]
    (tmp_path / "doctor-20200101T000000Z.json").write_text('{"terminal": "T0001", "at"')
    remote.tell(Kind.RECEIPT_PRINTER, "open cover")
    while not doctor_later_than(at):
        time.sleep(0.05)
    report = json.loads(doctor(here, tmp_path, "--json").output)
    findings = {f["name"]: f for f in report["findings"]}
    status = findings["receipt_printer: status"]
    assert (status["last_good"], status["bad_since"]) == (at, report["at"])
    assert findings["centre"]["bad_since"] is None
    said = doctor(here, tmp_path).output
    assert "last good" in said
    assert "1 kept results cannot be read" in said


def doctor_later_than(at: str) -> bool:
    """Whether a report of now has another second than that one."""
    return datetime.now(UTC).replace(microsecond=0) > datetime.fromisoformat(at)


def test_where_the_locale_is_chinese_so_is_the_report(
    here: DemoPlace, remote: Remote, tmp_path: Path
) -> None:
    remote.tell(Kind.RECEIPT_PRINTER, "paper out")
    here = only(here, tmp_path, Kind.RECEIPT_PRINTER)
    command = ["doctor", "--settings", str(here.settings), "--keep", str(tmp_path)]
    result = CliRunner(env={"LC_ALL": "zh_CN.UTF-8", "TERM": "xterm"}).invoke(main, command)
    assert result.exit_code == 1
    assert "不合格：有" in result.output
    assert "凭条打印机：状态：需人工处理，没有纸" in result.output
    assert "换上新的 80 毫米热敏纸卷" in result.output
