"""The day's report 日报 on a slip: what happened at this terminal today, by counts only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from drivers.device import Kind
from drivers.receipt_printer.types import Align, Pair, Paragraph, Rule, Slip, Space
from kiosk.counters import Counted, FaultsOfDay, Tally
from kiosk.words import Language, Sayable, Text, _, say

COUNTED: Mapping[Counted, Text] = {
    Counted.VISITS: _("办理人次"),
    Counted.SHEETS: _("A4 页"),
    Counted.SLIPS: _("凭条张"),
    Counted.ID_CARDS: _("读身份证"),
    Counted.ID_CARDS_UNREAD: _("身份证没读出"),
    Counted.CHIP_CARDS: _("读芯片卡"),
    Counted.CODES: _("扫码"),
    Counted.JAMS: _("卡纸"),
    Counted.RETRACTED: _("没有取走的纸"),
}
"""What a day is told by, in the order of the slip."""
DEVICES: Mapping[Kind, Text] = {
    Kind.ID_CARD: _("身份证阅读器"),
    Kind.SMART_CARD: _("读卡器"),
    Kind.RECEIPT_PRINTER: _("凭条打印机"),
    Kind.DOCUMENT_PRINTER: _("A4 打印机"),
    Kind.CAMERA: _("摄像头"),
    Kind.CODE_SCANNER: _("扫码器"),
    Kind.PIN_PAD: _("密码键盘"),
    Kind.LIGHTS: _("指示灯"),
    Kind.SENSORS: _("传感器"),
    Kind.SPEAKER: _("扬声器"),
    Kind.VENDOR_MODE: _("厂商模式"),
}
"""Short names, since a line of 58 mm holds sixteen Han characters."""


def day_slip(terminal: str, tally: Tally, now: datetime, language: Language = Language.ZH) -> Slip:
    """The slip of the day of ``now``, a time of this terminal's own clock. It names nobody: all
    that it tells is counted."""

    def word(text: Sayable) -> str:
        return say(text, language)

    if tally.day != now.date():
        tally = Tally(counts=tally.counts, open=tally.open)  # nothing was counted today
    lines = [Pair(word(name), str(tally.day_of(counted))) for counted, name in COUNTED.items()]
    faults = {kind: tally.faults_of(kind, now) for kind in Kind}
    told: list[Pair | Paragraph] = [
        Pair(word(DEVICES[kind]), word(_fault_words(fault)))
        for kind, fault in faults.items()
        if fault.count
    ]
    return Slip(
        (
            Paragraph(word(_("终端日报")), Align.CENTRE, size=2, bold=True),
            Space(),
            Pair(word(_("终端编号")), terminal),
            Pair(word(_("日期")), f"{now:%Y-%m-%d}"),
            Pair(word(_("打印时间")), f"{now:%H:%M}"),
            Rule(),
            *lines,
            Rule(),
            Paragraph(word(_("设备故障")), bold=True),
            *(told or [Paragraph(word(_("今天没有故障")))]),
            Rule(),
            Paragraph(word(_("只有次数，没有市民的信息")), Align.CENTRE),
        )
    )


def _fault_words(fault: FaultsOfDay) -> Text:
    minutes = max(1, round(fault.seconds / 60))
    if minutes < 60:
        return _("{count} 次 {minutes} 分", count=fault.count, minutes=minutes)
    hours, rest = divmod(minutes, 60)
    return _("{count} 次 {hours} 时 {rest} 分", count=fault.count, hours=hours, rest=rest)
