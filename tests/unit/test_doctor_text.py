"""The doctor's report as a technician reads it: narrow, the cause first, in Chinese too."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import drivers
import kiosk.doctor
from drivers.device import DeviceError, Reason
from kiosk.doctor import chinese
from kiosk.doctor.causes import causes
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Section, plain
from kiosk.doctor.history import Past
from kiosk.doctor.text import WIDTH, _width, text

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAEMONS, DEVICES, NETWORK = Section("daemons"), Section("devices"), Section("network")
FINDINGS = (
    DAEMONS.bad("pcscd", "not running: there is no /run/pcscd/pcscd.comm", "systemctl start pcscd"),
    DEVICES.good("id_card: found", "/dev/kiosk/id_card SDT/SAM"),
    DEVICES.note("receipt_printer: status", "online, paper low", "Bring a new roll."),
    DEVICES.bad("smart_card: found", "offline: the PC/SC service does not answer: x", "", "pcscd"),
    NETWORK.bad("DNS", "gjj.example: Name or service not known", "cat /etc/resolv.conf"),
    NETWORK.unknown("TCP", "not tried", because="DNS"),
    NETWORK.unknown("TLS", "not tried", because="TCP"),
)
PAST = {
    ("daemons", "pcscd"): Past(AT - timedelta(days=2), AT - timedelta(days=3), AT, 1),
    ("devices", "id_card: found"): Past(last_bad=AT - timedelta(days=1), turns=3),
}
REPORT = Report("T0001", AT, FINDINGS, PAST)


def test_causes_come_first_with_what_hangs_on_them() -> None:
    found = causes(FINDINGS)
    assert [(one.findings[0].name, one.behind) for one in found] == [
        ("pcscd", ("smart_card: found",)),
        ("DNS", ("TCP", "TLS")),
    ]


def test_findings_that_say_the_same_are_one_cause() -> None:
    held = [DEVICES.unknown(f"{kind}: found", "in use", "stop it") for kind in ("camera", "lights")]
    (cause,) = causes(held)
    assert [one.name for one in cause.findings] == ["camera: found", "lights: found"]


def test_the_end_of_the_report_is_what_to_do() -> None:
    end = text(REPORT).partition("NOT fit for service: 2 to mend\n")[2].splitlines()
    assert end == [
        "1. pcscd: not running: there is no /run/pcscd/pcscd.comm",
        "   → systemctl start pcscd",
        "   with it: smart_card",
        "   bad since 2026-11-18 20:00; last good 2026-11-17 20:00",
        "2. DNS: gjj.example: Name or service not known",
        "   → cat /etc/resolv.conf",
        "   with it: TCP, TLS",
    ]


def test_what_is_well_and_was_often_bad_says_so() -> None:
    assert "was bad 3 times before, last on 2026-11-19 20:00" in text(REPORT)


def test_chinese() -> None:
    said = text(REPORT, chinese.say)
    assert "没有运行：没有 /run/pcscd/pcscd.comm" in said
    assert "卡片阅读器" in said
    assert "受其影响：网络连接、加密连接" in said
    assert "自 2026-11-18 20:00 起异常；上次正常 2026-11-17 20:00" in said


@pytest.mark.parametrize("say", [str, chinese.say])
def test_no_line_is_wider_than_a_terminal(say) -> None:
    long = DEVICES.bad(
        "id_card: found", "the reader answers and says much of it " * 9, "look " * 30
    )
    name = DEVICES.good("document_printer: answers behind the data (process-id)", "是的" * 60)
    said = text(Report("T0001", AT, (*FINDINGS, long, name)), say)
    assert max(map(_width, said.splitlines())) <= WIDTH


def test_a_devices_name_moves_no_cursor() -> None:
    finding = plain(DEVICES.good("camera: found\x9b2J", "Camera\x1b[2J\x07\u202e A"))
    assert (finding.name, finding.seen) == ("camera: found?2J", "Camera?[2J?? A")


def test_colours_only_where_asked_for() -> None:
    assert "\x1b" not in text(REPORT)
    assert "\x1b[" in text(REPORT, colour=True)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("all 20 there", "20 个都已安装"),
        ("76953 MB free on /", "/ 剩余 76953 MB"),
        ("no-device: /dev/kiosk/id_card does not exist", "找不到设备：没有 /dev/kiosk/id_card"),
        ("userError, the cover is open, paper low", "需人工处理，盖子没关，纸将用完"),
        ("name /dev/kiosk/id_card", "设备名 /dev/kiosk/id_card"),
        ("usermod -aG dialout kiosk, and start the terminal anew",
         "usermod -aG dialout kiosk，再重启终端程序"),
        ("tcp://10.0.0.1:9100 RP-80 0001 1.0", "tcp://10.0.0.1:9100 RP-80 0001 1.0"),
        ("something no one has said before", "something no one has said before"),
    ],
)  # fmt: skip
def test_sentences(english, said) -> None:
    assert chinese.say(english) == said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_a_driver_is_said_in_chinese(reason) -> None:
    said = chinese.say(str(DeviceError(reason, "ttyUSB0")))
    assert said.endswith("：ttyUSB0")
    assert not said.startswith(reason.value)


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "TERM": "linux"}, False),  # the kernel's console has no font
        ({}, False),
    ],
)
def test_the_locale_decides(monkeypatch: pytest.MonkeyPatch, environment, spoken) -> None:
    for name in ("LANG", "LC_ALL", "LC_MESSAGES", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert chinese.is_spoken() is spoken


COMMAND = re.compile(
    r"(apt-get|chmod|chown|install -d|ip link|journalctl|networkctl|systemctl|timedatectl|udevadm"
    r"|usermod) "
)
NO_WORDS = re.compile(r"[^a-z]*(\{\}|°|MB|ms|s|[^a-zA-Z]|PySide6|XFS4IoT)*")
MAKERS = ("good", "note", "bad", "unknown", "judged")


def templates(path):
    """The sentences that findings are made of, with {} for what is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    filled = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in node.values}  # fmt: skip
    spoken = [node for node in ast.walk(tree) if isinstance(node, ast.Call)
              and isinstance(node.func, ast.Attribute) and node.func.attr in MAKERS]  # fmt: skip
    spoken += [node for node in ast.walk(tree) if isinstance(node, ast.Assign)
               and any(isinstance(name, ast.Name) and name.id in ("seen", "mend", "start")
                       for target in node.targets for name in ast.walk(target))]  # fmt: skip
    for call in spoken:
        for node in ast.walk(call):
            match node:
                case ast.Constant(value=str(words)) if id(node) not in filled:
                    yield words
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) else "{}" for part in parts
                    )


@pytest.mark.parametrize(
    "path", sorted(Path(kiosk.doctor.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_every_sentence_of_the_doctor_has_chinese_words(path) -> None:
    """Commands are the same in every language."""
    words = {one for one in templates(path) if " " in one.strip()}
    words = {one for one in words if not COMMAND.match(one) and not NO_WORDS.fullmatch(one)}
    plain = {one: one.replace("{}", "§") for one in words}
    assert sorted(one for one in words if chinese.say(plain[one]) == plain[one]) == []


DRIVERS = Path(drivers.__file__).parent
UNHEARD = {
    "bare.py",  # of the bench
    "hosting/child.py",  # on its own standard error
    # What stands on a citizen's card or code: the doctor reads none.
    "code_scanner/framing.py",
    "id_card/record.py",
    "smart_card/apdu.py",
    "smart_card/emv.py",
    "smart_card/ssc.py",
    "smart_card/tlv.py",
}
NO_SENTENCE = re.compile(
    r"systemctl .*|sudo apt .*|from drivers.*|Noto Sans .*|Content-Type: .*|Connection: .*"
    r"|provident fund terminal|websockets, mute|Header\(.*|.*\\x21.*"
)
SPOKEN = sorted(
    {str(path.relative_to(DRIVERS)) for path in DRIVERS.rglob("*.py")}
    - {str(path.relative_to(DRIVERS)) for path in (DRIVERS / "emulators").rglob("*.py")}
    - UNHEARD
)


def sentences(path):
    """All texts of a module that have a space, with {} for what is filled in; no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.format_spec) for node in nodes if isinstance(node, ast.FormattedValue)}
    parts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts |= {id(node.msg) for node in nodes if isinstance(node, ast.Assert)}
    for node in nodes:
        match node:
            case ast.Constant(value=str(words)) if id(node) not in parts:
                found = words
            case ast.JoinedStr(values=values) if id(node) not in parts:
                found = "".join(
                    part.value if isinstance(part, ast.Constant) else "{}" for part in values
                )
            case _:
                continue
        if " " in found.strip() and re.search("[a-z]{2}", found) and not NO_SENTENCE.match(found):
            yield found


@pytest.mark.parametrize("module", SPOKEN)
def test_every_sentence_of_a_driver_has_chinese_words(module) -> None:
    """Also those of commands: nobody can tell which of them a test print or a self-test meets."""
    plain = {one.replace("{}", "§") for one in sentences(DRIVERS / module)}
    assert sorted(one for one in plain if chinese.say(one) == one) == []


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("userError, toner-empty-error, media-low-report (C: 3)",
         "需人工处理，墨粉用完（错误），纸将用完（提示）（C: 3）"),
        ("toner-out: toner-empty", "缺墨粉：墨粉用完"),
        ("some-vendor-thing-error", "some-vendor-thing（错误）"),
        ("640×480 after 10 ms", "640×480，用时 10 毫秒"),
        ("centre-down: GET /v1/catalogue: no connection (NewConnectionError)",
         "中心没有应答：GET /v1/catalogue：连不上（NewConnectionError）"),
        ("after the handshake: tlsv13 alert certificate required",
         "握手之后：对方报警：需要客户端证书"),
        ("Hostname mismatch, certificate is not valid for 'gjj.example'.",
         "主机名不符，证书不是发给 'gjj.example' 的"),
        ("gjj.example: No address associated with hostname", "gjj.example：这个域名没有地址"),
        ("garbled: frame with a wrong checksum", "应答错乱：帧校验和错"),
    ],
)  # fmt: skip
def test_what_devices_and_the_centre_say_of_themselves(english, said) -> None:
    assert chinese.say(english) == said
