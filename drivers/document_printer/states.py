"""Turns a printer's state reasons into the status of a device (RFC 8011 5.4.11, PWG 5100.9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from drivers.device import Media, Reason, State, Status, Supply
from drivers.document_printer.codec import Group
from drivers.document_printer.names import IppPrinterState
from drivers.document_printer.types import SupplyLevel
from drivers.sentence import en, joined

STATE_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-state-message",
    "printer-is-accepting-jobs",
    "printer-name",
    "cups-version",
)
"""The attributes that :func:`read_status` needs."""

SUPPLY_ATTRIBUTES = ("marker-names", "marker-levels", "marker-types")
"""The attributes that :func:`read_supplies` needs; CUPS and most network printers have them."""
_WHOLE = 100
_LONGEST = 300
_NAME = 40
_SEVERITIES = ("-error", "-warning", "-report")


@dataclass(frozen=True, slots=True)
class _Meaning:
    problem: Reason
    mend: str
    state: State = State.USER_ERROR


_JAM = _Meaning(Reason.JAM, en("open the printer, take out the jammed sheet, close it"))
_COVER = _Meaning(Reason.COVER_OPEN, en("close the printer's covers"))
_EMPTY = _Meaning(Reason.PAPER_OUT, en("put A4 paper into the tray"))
_TRAY = _Meaning(Reason.PAPER_OUT, en("push the paper tray in"))
_TONER = _Meaning(Reason.TONER_OUT, en("replace the toner cartridge"))
_FULL = _Meaning(Reason.HARDWARE, en("take the sheets out of the output tray"))
_WASTE = _Meaning(Reason.HARDWARE, en("replace the waste toner box"))
_PART = _Meaning(
    Reason.HARDWARE,
    en("switch the printer off and on, else replace the part"),
    State.HARDWARE_ERROR,
)
_OFF = _Meaning(Reason.OFFLINE, en("press Resume or Ready at the printer"), State.OFFLINE)

# When several hold, the first is reported.
_PROBLEMS: Mapping[str, _Meaning] = {
    "media-jam": _JAM,
    "cover-open": _COVER,
    "door-open": _COVER,
    "interlock-open": _COVER,
    "media-empty": _EMPTY,
    "media-needed": _EMPTY,
    "input-tray-missing": _TRAY,
    "toner-empty": _TONER,
    "marker-supply-empty": _TONER,
    "marker-supply-missing": _TONER,
    "developer-empty": _TONER,
    "output-area-full": _FULL,
    "output-tray-missing": _Meaning(Reason.HARDWARE, en("put the output tray in")),
    "marker-waste-full": _WASTE,
    "opc-life-over": _Meaning(Reason.HARDWARE, en("replace the drum"), State.HARDWARE_ERROR),
    "fuser-over-temp": _PART,
    "fuser-under-temp": _PART,
    "paused": _OFF,
    "moving-to-paused": _OFF,
    "shutdown": _OFF,
    "deactivated": _OFF,
    "offline": _Meaning(
        Reason.OFFLINE, en("switch the printer on and check its network cable"), State.OFFLINE
    ),
}
_LOW = ("media-low",)
_PERHAPS_NOT = (_EMPTY, _TRAY, _TONER, _WASTE)
"""Printers tell these also of a bypass tray, a waste box or a colour that the document does not
need."""
_STATES: Mapping[int | None, State] = {
    IppPrinterState.IDLE: State.ONLINE,
    IppPrinterState.PROCESSING: State.BUSY,
}


def keyword(reason: str) -> str:
    """``reason`` without its severity: "media-jam-warning" is "media-jam".

    The driver ignores severities: ippeveprinter, and firmware made after it, reports "-warning"
    while printing is stopped and "-report" when idle.
    """
    for severity in _SEVERITIES:
        if reason.endswith(severity):
            return reason.removesuffix(severity)
    return reason


def _printable(words: str) -> str:
    """A printer's words for one line of a log: at most 300 characters, none that moves a cursor."""
    return "".join(one if one.isprintable() else " " for one in words[:_LONGEST])


def _said(reasons: Sequence[str], message: str) -> str:
    """The reasons and the message of a printer, at most 300 characters together."""
    detail = joined(", ", *(_reason(_printable(one)) for one in reasons))
    if message := _printable(message):
        detail = en("{detail} ({message})", detail=detail, message=message) if detail else message
    return detail if len(detail) <= _LONGEST else detail[:_LONGEST]


def _reason(said: str) -> str:
    word = keyword(said)
    match said.removeprefix(word):
        case "-error":
            return en("{reason}-error", reason=word)
        case "-warning":
            return en("{reason}-warning", reason=word)
        case "-report":
            return en("{reason}-report", reason=word)
        case _:
            return said


def read_status(printer: Group, ignored: Collection[str] = ()) -> Status:
    """The status in a printer's attributes. Unknown reasons stand in ``detail``, never guessed at.

    ``ignored``: reasons that mean nothing on this printer, as sent or without severity.
    """
    said = [
        reason
        for reason in printer.texts("printer-state-reasons")
        if reason != "none" and reason not in ignored and keyword(reason) not in ignored
    ]
    words = {keyword(reason) for reason in said}
    detail = _said(said, printer.text("printer-state-message"))
    paper = Supply.LOW if words.intersection(_LOW) else Supply.UNKNOWN
    media = Media.JAMMED if "media-jam" in words else Media.UNKNOWN
    for word, meaning in _PROBLEMS.items():
        if word in words:
            if meaning is _EMPTY:
                paper = Supply.OUT
            return Status(
                meaning.state,
                media,
                paper,
                meaning.problem,
                detail=detail,
                mend=_mend(printer, word, meaning),
            )
    if printer.flag("printer-is-accepting-jobs") is False:
        mend = en("let the printer or queue accept jobs (cupsaccept for a queue)")
        return Status(State.OFFLINE, media, paper, Reason.OFFLINE, detail, mend)
    number = printer.number("printer-state")
    if number == IppPrinterState.STOPPED:
        mend = _enable(printer) or en("look at the printer's panel: it is stopped")
        return Status(State.OFFLINE, media, paper, Reason.OFFLINE, detail or en("stopped"), mend)
    return Status(_STATES.get(number, State.UNKNOWN), media, paper, None, detail)


def read_supplies(printer: Group) -> tuple[SupplyLevel, ...]:
    """Each supply with how full it is, as ``marker-levels`` of CUPS tells it, in percent. A level
    below zero is none: -1 unavailable, -2 unknown, -3 some is left. A waste box is full at 100."""
    levels = printer.values("marker-levels")
    names = printer.texts("marker-names") or printer.texts("marker-types")
    return tuple(
        SupplyLevel(_printable(name)[:_NAME], _percent(level))
        for name, level in zip(names, levels, strict=False)
    )


def _percent(level: object) -> int | None:
    if not isinstance(level, int) or isinstance(level, bool) or level < 0:
        return None
    return min(_WHOLE, level)


def queue_name(printer: Group) -> str:
    """The name of a CUPS queue for the commands that mend it; "" for a printer without a queue."""
    return _printable(printer.text("printer-name")) if printer.values("cups-version") else ""


def _enable(printer: Group) -> str:
    queue = queue_name(printer)
    return en("start the queue again: cupsenable {queue}", queue=queue) if queue else ""


def _mend(printer: Group, word: str, meaning: _Meaning) -> str:
    """What mends the problem: for a queue that CUPS has stopped, also the command that starts it;
    for a reason that a printer tells though it can print, also the setting that ignores it."""
    stopped = printer.number("printer-state") == IppPrinterState.STOPPED
    if enable := _enable(printer) if stopped or meaning is _OFF else "":
        return enable if meaning is _OFF else joined("; ", meaning.mend, enable)
    if meaning in _PERHAPS_NOT and not stopped:
        ignore = en(
            'if the printer prints all the same: ignored_reasons = ["{reason}"]', reason=word
        )
        return joined("; ", meaning.mend, ignore)
    return meaning.mend
