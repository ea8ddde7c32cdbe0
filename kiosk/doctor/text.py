"""The report as text, 80 columns wide; what must be mended stands at its end, the cause first."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

import click

from drivers.sentence import en, joined
from kiosk.doctor.causes import causes
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding, Verdict
from kiosk.doctor.history import Past

WIDTH = 80
CHINA = timezone(timedelta(hours=8))
_NAME = 26  # columns for the name of a finding; a longer one has a line of its own
_MARKS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.GOOD: ("  ok ", "green"),
    Verdict.NOTE: ("  .. ", "yellow"),
    Verdict.BAD: (" BAD ", "red"),
    Verdict.UNKNOWN: (" ??? ", "magenta"),
}
Say = Callable[[str], str]
"""Words a sentence in the reader's language."""


def text(report: Report, say: Say = str, *, colour: bool = False) -> str:
    """The whole report; ``say`` words it, ``colour`` adds what a terminal shows as colours."""
    lines = [f"{report.terminal}  {moment(report.at)}"]
    section = ""
    for finding in report.findings:
        if finding.section != section:
            section = finding.section
            lines += ["", say(section)]
        lines += _lines(finding, report.past_of(finding), say, colour)
    if report.torn:
        lines += ["", *_wrapped(say(en("{torn} kept results cannot be read", torn=report.torn)), 0)]
    return "\n".join([*lines, "", *_summary(report, say, colour)])


def _lines(finding: Finding, past: Past, say: Say, colour: bool) -> Iterator[str]:
    mark, tone = _MARKS[finding.verdict]
    mark = click.style(mark, fg=tone, bold=finding.poor) if colour else mark
    name = said_name(finding.name, say)
    indent = 6 + _NAME
    body = list(_wrapped(say(finding.seen), indent))
    if _width(name) < _NAME:
        first = body.pop(0).lstrip() if body else ""
        yield f"{mark} {name}{' ' * (_NAME - _width(name))}{first}".rstrip()
    else:
        yield f"{mark} {name}"
    yield from body
    if finding.because:
        cause = en("because of {cause}", cause=said_name(finding.because, say))
        yield from _wrapped(say(cause), indent)
    elif finding.mend and not finding.poor:  # of poor findings it stands in the summary
        yield from _wrapped(f"→ {say(finding.mend)}", indent)
    if not finding.poor and unsteady(past):
        yield from _wrapped(say(unsteady(past)), indent)


def unsteady(past: Past) -> str:
    """A sentence for a finding that is good and was bad more than once (a loose cable), or ""."""
    if past.turns < 2:
        return ""
    last = moment(past.last_bad) if past.last_bad else "?"
    return en("was bad {turns} times before, last on {last}", turns=past.turns, last=last)


def _summary(report: Report, say: Say, colour: bool) -> Iterator[str]:
    if report.fit:
        fit = say(en("fit for service"))
        yield click.style(fit, fg="green", bold=True) if colour else fit
        return
    wrong = causes(report.findings)
    bad = say(en("NOT fit for service: {count} to mend", count=len(wrong)))
    yield click.style(bad, fg="red", bold=True) if colour else bad
    for number, cause in enumerate(wrong, 1):
        first = cause.findings[0]
        whose = said_names([one.name for one in cause.findings], say)
        yield from _wrapped(f"{number}. {say(joined(': ', whose, first.seen))}", 0, hang=3)
        if first.mend:
            yield from _wrapped(f"→ {say(first.mend)}", 3, hang=2)
        if cause.behind:
            listed = said_names(cause.behind, say)
            yield from _wrapped(say(en("with it: {names}", names=listed)), 3, hang=2)
        past = since(report.past_of(first))
        if past:
            yield from _wrapped(say(past), 3)


def since(past: Past) -> str:
    """Since when a finding is bad, and when it was last good; "" without kept results."""
    bad = good = ""
    if past.last_bad and past.bad_since:
        bad = en("bad since {moment}", moment=moment(past.bad_since))
    if past.last_good:
        good = en("last good {moment}", moment=moment(past.last_good))
    return joined("; ", bad, good)


def said_name(name: str, say: Say) -> str:
    """The name of a finding, worded. ``id_card: found`` reads as the device alone."""
    return say(name.removesuffix(": found") if name.endswith(": found") else name)


def said_names(names: Iterable[str], say: Say) -> str:
    """The names of several findings, worded, each once."""
    return say(en(", ")).join(dict.fromkeys(said_name(name, say) for name in names))


def moment(at: datetime) -> str:
    """In China's time, whatever zone the machine is set to."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _wrapped(words: str, indent: int, *, hang: int = 0) -> Iterator[str]:
    """Lines of at most ``WIDTH`` columns. A longer word stays whole, because a path is copied from
    the screen. Between Chinese characters a line may end anywhere."""
    line, room = "", WIDTH - indent
    for piece in _pieces(words):
        if line and _width(line) + _width(piece.rstrip()) > room:
            yield " " * indent + line.rstrip()
            line = " " * hang + piece.lstrip()
        else:
            line += piece
    if line.strip():
        yield " " * indent + line.rstrip()


def _pieces(words: str) -> Iterator[str]:
    """The pieces that a line must not break: a word with its space; a Chinese character with the
    opening mark before it and the closing marks after it."""
    piece = ""
    for character in words:
        wide = _wide(character) or _wide(piece[-1:] or " ")
        if piece and wide and character not in _CLOSING and piece[-1] not in _OPENING:
            yield piece
            piece = ""
        piece += character
        if character == " ":
            yield piece
            piece = ""
    yield piece


_CLOSING = "，。；：、）” "
_OPENING = "（“→"


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _width(words: str) -> int:
    """Columns on a terminal."""
    return sum(2 if _wide(character) else 1 for character in words)
