"""The acceptance report 验收报告: the findings in Chinese as a PDF, with the test prints."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from drivers.sentence import en, joined
from kiosk.doctor import typeset
from kiosk.doctor.causes import Cause, causes
from kiosk.doctor.devices import DEVICES
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding
from kiosk.doctor.history import EarlierResult, worst
from kiosk.doctor.text import CHINA, moment, said_name, said_names, since, unsteady
from kiosk.words import Language, say_sentence

say = partial(say_sentence, language=Language.ZH)
_TITLE = "自助终端验收报告"
COLUMNS = 6
"""Earlier results beside today's, in the table of devices."""


@dataclass(frozen=True, slots=True)
class TrialPrint:
    """A test that was sent to a printer, and its result."""

    title: str
    png: bytes
    result: str
    rim: bool = False  # the picture lacks the rims of the paper, where nothing is printed


def write(path: Path, report: Report, profile: str, prints: Iterable[TrialPrint]) -> str:
    """Write the report as a PDF. Returns "", or one sentence: why it was not written.

    Never raises: the caller has printed and kept the examination already, and goes on.
    """
    try:
        boxes = typeset.unshown(_TITLE)
        if boxes:
            return joined(": ", en("no font shows {characters}", characters=boxes), typeset.MEND)
        path.write_bytes(pdf(report, profile, tuple(prints)))
    except OSError as error:
        return joined(": ", str(path), error.strerror or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - see above
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def pdf(report: Report, profile: str, prints: Sequence[TrialPrint] = ()) -> bytes:
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
        "at": moment(report.at),
        "version": metadata.version("provident-kiosk"),
        "profile": profile or "—",
        "fit": report.fit,
        "causes": [_cause(cause, report) for cause in causes(report.findings)],
        "sections": [
            {
                "title": say(section),
                "findings": [
                    _finding(finding, report)
                    for finding in report.findings
                    if finding.section == section
                ],
            }
            for section in sections
        ],
        "history": _history(report),
        "pictures": [
            {
                "title": picture.title,
                "file": f"print-{number}.png",
                "result": say(picture.result),
                "rim": picture.rim,
            }
            for number, picture in enumerate(prints)
        ],
    }


def _cause(cause: Cause, report: Report) -> dict[str, str]:
    first = cause.findings[0]
    return {
        "name": said_names([one.name for one in cause.findings], say),
        "seen": say(first.seen),
        "mend": say(first.mend),
        "behind": said_names(cause.behind, say),
        "since": say(since(report.past_of(first))),
    }


def _finding(finding: Finding, report: Report) -> dict[str, str]:
    past = report.past_of(finding)
    return {
        "name": said_name(finding.name, say),
        "seen": say(finding.seen),
        "because": said_name(finding.because, say) if finding.because else "",
        # what mends a poor finding stands in the list of causes
        "mend": "" if finding.poor else say(finding.mend),
        "past": "" if finding.poor else say(unsteady(past)),
        "verdict": finding.verdict.value,
    }


def _history(report: Report) -> dict[str, Any]:
    """For every device its worst verdict in the newest kept results, and now."""
    now = EarlierResult(report.at, worst(report.findings))
    shown = [*report.before[-COLUMNS:], now]
    kinds = dict.fromkeys(
        name.partition(": ")[0] for section, name in now.verdicts if section == DEVICES.name
    )
    return {
        "dates": [f"{one.at.astimezone(CHINA):%m-%d %H:%M}" for one in shown],
        "devices": [
            {"name": say(kind), "verdicts": [_of_device(one, kind) for one in shown]}
            for kind in kinds
        ],
    }


def _of_device(result: EarlierResult, kind: str) -> str:
    """The worst of a device's findings; "" when it was not looked at."""
    found = [
        Finding(section, kind, verdict, "")
        for (section, name), verdict in result.verdicts.items()
        if section == DEVICES.name and name.partition(": ")[0] == kind
    ]
    return worst(found)[DEVICES.name, kind].value if found else ""
