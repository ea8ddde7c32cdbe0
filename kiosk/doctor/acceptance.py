"""The acceptance report 验收报告: the findings in Chinese as a PDF, with the test prints."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Verdict

_CHINA = timezone(timedelta(hours=8))

_WORDS: Mapping[str, str] = {
    "machine": "主机",
    "devices": "设备",
    "network": "网络与中心",
    "id_card": "身份证阅读器",
    "receipt_printer": "凭条打印机",
    "document_printer": "证明打印机",
    "smart_card": "卡片阅读器",
    "camera": "摄像头",
    "code_scanner": "扫码器",
    "pin_pad": "密码键盘",
    "found": "连接",
    "status": "状态",
    "system": "操作系统",
    "packages": "系统软件包",
    "run directory": "运行目录",
    "rare characters": "生僻字字体",
    "disk": "磁盘",
    "memory": "内存",
    "display": "显示",
    "touch": "触摸",
    "DNS": "域名解析",
    "TCP": "网络连接",
    "TLS": "加密连接",
    "clock": "时钟",
    "centre": "中心接口",
    "latency": "响应时间",
    "roots of seals": "签章根证书",
    "this terminal's certificate": "本机证书",
    "the centre's certificate": "中心证书",
    "unknown serial port": "未登记的串口",
    "test print": "试打",
    "python": "Python",
    "qt": "图形库",
    "group dialout": "串口权限",
    "group lp": "打印口权限",
    "group video": "摄像头权限",
    "SAM status": "安全模块",
    "SAM number": "安全模块号",
    "antenna": "天线",
    "answers": "应答",
    "ready": "就绪",
    "paper": "纸张",
    "answers behind the data (gs-r)": "打印后回执",
    "answers behind the data (process-id)": "打印后回执",
    "fonts for rare names": "生僻字打印",
    "takes PDF": "接收 PDF",
    "knows A4": "支持 A4",
    "accepts a job": "接受作业",
}
"""Chinese for the names of findings; a name that is not here stands as it is."""


@dataclass(frozen=True, slots=True)
class TrialPrint:
    """What was sent to a printer as a test, and what came of it."""

    title: str
    png: bytes
    result: str


def pdf(report: Report, *, profile: str, prints: Sequence[TrialPrint] = ()) -> bytes:
    """The report as an A4 PDF. ``prints`` stand on its last page, to compare with the paper."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        template = resources.files("kiosk.doctor") / "acceptance.typ"
        (root / "report.typ").write_bytes(template.read_bytes())
        for number, picture in enumerate(prints):
            (root / f"print-{number}.png").write_bytes(picture.png)
        data = json.dumps(_data(report, profile, prints), ensure_ascii=False)
        (root / "data.json").write_text(data, encoding="utf-8")
        made = typst.compile(str(root / "report.typ"), root=str(root))
    assert isinstance(made, bytes)  # one format, no output file: one PDF in memory
    return made


def _data(report: Report, profile: str, prints: Sequence[TrialPrint]) -> dict[str, Any]:
    sections = dict.fromkeys(finding.section for finding in report.findings)
    return {
        "terminal": report.terminal,
        "at": f"{report.at.astimezone(_CHINA):%Y-%m-%d %H:%M}",
        "version": metadata.version("provident-kiosk"),
        "profile": profile or "—",
        "fit": report.fit,
        "bad": sum(f.verdict in (Verdict.BAD, Verdict.UNKNOWN) for f in report.findings),
        "sections": [
            {
                "title": _WORDS.get(section, section),
                "findings": [
                    {
                        "name": _name(finding.name),
                        "seen": finding.seen,
                        "mend": finding.mend,
                        "verdict": finding.verdict.value,
                    }
                    for finding in report.findings
                    if finding.section == section
                ],
            }
            for section in sections
        ],
        "pictures": [
            {"title": picture.title, "file": f"print-{number}.png", "result": picture.result}
            for number, picture in enumerate(prints)
        ],
    }


def _name(name: str) -> str:
    """``id_card: status`` becomes 身份证阅读器：状态."""
    return "：".join(_WORDS.get(part, part) for part in name.split(": "))
