"""The doctor's report as a technician reads it: narrow, the cause first, in Chinese too."""

from __future__ import annotations

import ast
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import drivers
import kiosk.doctor
from drivers.device import DeviceError, Kind, Reason
from drivers.document_printer.codec import Group, Tag, attribute
from drivers.document_printer.states import read_status
from drivers.id_card.sdt_frames import FrameError, SdtStatus
from drivers.sentence import en, joined, words_of
from kiosk.centre.errors import CentreUnavailable, Trouble
from kiosk.doctor import network
from kiosk.doctor.causes import causes
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Section, plain
from kiosk.doctor.history import Past
from kiosk.doctor.text import WIDTH, _width, text
from kiosk.words import Language, locale_language, say_sentence

in_chinese = partial(say_sentence, language=Language.ZH)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAEMONS, DEVICES, NETWORK = Section("daemons"), Section("devices"), Section("network")
NOT_RUNNING = en("not running: there is no {path}", path="/run/pcscd/pcscd.comm")
FINDINGS = (
    DAEMONS.bad("pcscd", NOT_RUNNING, "systemctl start pcscd"),
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
    held = [
        DEVICES.unknown(f"{kind}: found", "in use", "stop it")
        for kind in (Kind.CAMERA, Kind.LIGHTS)
    ]
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
    said = text(REPORT, in_chinese)
    assert "没有运行：没有 /run/pcscd/pcscd.comm" in said
    assert "银行卡和社保卡读卡器" in said
    assert "受其影响：网络连接、加密连接" in said
    assert "自 2026-11-18 20:00 起异常；上次正常 2026-11-17 20:00" in said


@pytest.mark.parametrize("say", [str, in_chinese])
def test_no_line_is_wider_than_a_terminal(say: Callable[[str], str]) -> None:
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
    ("sentence", "said"),
    [
        (en("all {count} there", count=20), "20 个都已安装"),
        (en("{free_mb} MB free on {path}", free_mb=76953, path="/"), "/ 剩余 76953 MB"),
        (DeviceError(Reason.NO_DEVICE, en("{path} is not there", path="/dev/kiosk/id_card")),
         "找不到设备：没有 /dev/kiosk/id_card"),
        (joined(", ", "userError", "the cover is open", "paper low"),
         "需人工处理，盖子没关，纸将用完"),
        (en("name {path}", path="/dev/kiosk/id_card"), "设备名 /dev/kiosk/id_card"),
        (en("usermod -aG {group} {account}, and start the terminal anew",
            group="dialout", account="kiosk"),
         "usermod -aG dialout kiosk，再重启终端程序"),
        ("tcp://10.0.0.1:9100 RP-80 0001 1.0", "tcp://10.0.0.1:9100 RP-80 0001 1.0"),
        ("something no one has said before", "something no one has said before"),
    ],
)  # fmt: skip
def test_sentences(sentence: str | Exception, said: str) -> None:
    assert in_chinese(sentence if isinstance(sentence, str) else words_of(sentence)) == said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_a_driver_is_said_in_chinese(reason: Reason) -> None:
    said = in_chinese(words_of(DeviceError(reason, "ttyUSB0")))
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
def test_the_locale_decides(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], spoken: bool
) -> None:
    for name in ("LANG", "LC_ALL", "LC_MESSAGES", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (locale_language() is Language.ZH) is spoken


# Commands are the same in every language; a probe's own failure is a bug.
COMMAND = re.compile(
    r"(apt-get|chmod|chown|install -d|ip link|journalctl|networkctl|ps|systemctl|timedatectl"
    r"|udevadm|usermod) "
)
NO_WORDS = re.compile(r"[^a-z]*(\{\}|°|MB|ms|s|[^a-zA-Z]|PySide6|XFS4IoT)*")
MAKERS = ("good", "note", "bad", "unknown", "judged")


def texts(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """The texts of a module that no ``en(…)`` holds, with {} for what is filled in; no docstrings.
    Each with the names of the calls that it stands in, the innermost first."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(words)):
                pass
            case ast.JoinedStr(values=parts):
                words = "".join(
                    str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts
                )
            case _:
                continue
        above = [parents[node]]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        if isinstance(above[0], ast.JoinedStr | ast.FormattedValue | ast.Expr | ast.Assert):
            continue
        calls = [ast.unparse(one.func) for one in above if isinstance(one, ast.Call)]
        if "en" not in calls:
            yield words, calls


@pytest.mark.parametrize(
    "path", sorted(Path(kiosk.doctor.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_every_sentence_of_the_doctor_is_one_for_the_catalogue(path: Path) -> None:
    """What a finding is made of is ``en(…)``, a command, or a term that the catalogue knows."""
    raw = {
        words
        for words, calls in texts(ast.parse(path.read_text(encoding="utf-8")))
        if any(call.rpartition(".")[2] in MAKERS for call in calls) and " " in words.strip()
    }
    raw = {one for one in raw if not COMMAND.match(one) and not NO_WORDS.fullmatch(one)}
    assert sorted(one for one in raw if in_chinese(one) == one) == []


DRIVERS = Path(drivers.__file__).parent
UNHEARD = {
    "hosting/apart.py",  # on its own standard error, which leads nowhere
    "hosting/child.py",
    # What stands on a citizen's card or code: the doctor reads none.
    "code_scanner/framing.py",
    "id_card/record.py",
    "smart_card/apdu.py",
    "smart_card/emv.py",
    "smart_card/ssc.py",
    "smart_card/tlv.py",
}
NO_SENTENCE = re.compile(
    r"systemctl .*|sudo apt .*|from drivers.*|Noto Sans .*"
    r"|(Content-Type|Content-Length|Host|Connection): .*"
    r"|provident fund terminal|websockets, mute|Header\(.*|IppMessage\(.*|.*\\x21.*"
    r"|\{\}: \{detail\}"
)
NOT_TOLD = re.compile(r"log\.\w+|AssertionError|ValueError")
SPOKEN = sorted(
    {str(path.relative_to(DRIVERS)) for path in DRIVERS.rglob("*.py")}
    - {str(path.relative_to(DRIVERS)) for path in (DRIVERS / "emulators").rglob("*.py")}
    - UNHEARD
)


@pytest.mark.parametrize("module", SPOKEN)
def test_every_sentence_of_a_driver_is_one_for_the_catalogue(module: str) -> None:
    """Also those of commands: nobody can tell which of them a test print or a self-test meets."""
    raw = {
        words
        for words, calls in texts(ast.parse((DRIVERS / module).read_text(encoding="utf-8")))
        if " " in words.strip()
        and re.search(r"[a-z]{2}|\{\}[:;] \{\}", words)
        and not any(NOT_TOLD.fullmatch(call) for call in calls)
    }
    raw = {one for one in raw if not NO_SENTENCE.fullmatch(one)}
    assert sorted(one for one in raw if in_chinese(one) == one) == []


def of_printer(*reasons: str, say: str = "") -> str:
    """What the doctor is told of an A4 printer that gives ``reasons`` and says ``say``."""
    said = (
        attribute("printer-state-reasons", Tag.KEYWORD, *reasons),
        attribute("printer-state-message", Tag.TEXT, say),
    )
    return read_status(Group(Tag.PRINTER_GROUP, said)).detail


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (CentreUnavailable(Trouble.DOWN, joined(": ", "GET /v1/catalogue",
            en("no connection ({kind})", kind="NewConnectionError"))),
         "中心没有应答：GET /v1/catalogue：连不上（NewConnectionError）"),
        (joined(": ", "gjj.example", "No address associated with hostname"),
         "gjj.example：这个域名没有地址"),
        (joined(", ", "userError", of_printer("toner-empty-error", "media-low-report", say="C: 3")),
         "需人工处理，墨粉用完（错误），纸将用完（提示）（C: 3）"),
        (of_printer("some-vendor-thing-error"), "some-vendor-thing（错误）"),
        (DeviceError(Reason.TONER_OUT, of_printer("toner-empty")), "缺墨粉：墨粉用完"),
        (FrameError(SdtStatus.CHECKSUM_ERROR, en("frame with a wrong checksum")),
         "应答错乱：帧校验和错"),
    ],
)  # fmt: skip
def test_what_devices_and_the_centre_say_of_themselves(
    sentence: str | Exception, said: str
) -> None:
    assert in_chinese(sentence if isinstance(sentence, str) else words_of(sentence)) == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert (_ssl.c:2580)"),
         "对方报警：需要客户端证书"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"),
         "对方说的不是 TLS"),
        (ConnectionResetError(104, "Connection reset by peer"), "中心断开了连接"),
    ],
)  # fmt: skip
def test_what_openssl_says(error: OSError, said: str) -> None:
    if isinstance(error, ssl.SSLError):
        error.reason = error.args[1].partition("SSL: ")[2].partition("]")[0]
    words = network._tls_words(error)
    assert in_chinese(words) == said
    assert in_chinese(en("after the handshake: {words}", words=words)) == f"握手之后：{said}"


def test_what_openssl_says_of_a_certificate() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "Hostname mismatch, certificate is not valid for 'gjj.example'."
    words = network._verify_words(error)
    assert words == error.verify_message
    assert in_chinese(words) == "主机名不符，证书不是发给 'gjj.example' 的"
