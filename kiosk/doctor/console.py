"""Runs the doctor for somebody at a console: the report as text or JSON, kept, and as a PDF."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from itertools import chain
from pathlib import Path

import click

from drivers.sentence import en
from kiosk.doctor import acceptance, examination, history, screen_pictures, trial_prints
from kiosk.doctor.acceptance import TrialPrint
from kiosk.doctor.examination import Report
from kiosk.doctor.text import text
from kiosk.settings import Settings, SettingsError
from kiosk.words import locale_language, say_sentence


def speak_anyway() -> None:
    """Let a console that is not UTF-8 show escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def report(
    settings: Settings,
    file: Path,
    as_json: bool,
    keep: Path,
    pdf: Path | None,
    *,
    prints: bool,
) -> int:
    """Examine, print the report, keep it in the directory ``keep``. ``file``: where the settings
    were read; ``prints``: also make the test prints. Returns the exit code."""
    at = datetime.now(UTC).replace(microsecond=0)
    printed = trial_prints.run(settings, at) if prints else ()
    made = examination.examine(settings, printed, keep, file)
    _show(made, as_json)
    try:
        history.keep(made.json(), made.at, keep)
    except OSError as error:
        _complain(en("not kept: {why}", why=error.strerror or type(error).__name__))
    if pdf:
        pictures = trial_prints.pictures(settings, at, printed) if prints else ()
        _write(pdf, made, settings.profile, chain(pictures, _screen(file)))
    return 0 if made.fit else 1


def report_without(
    error: SettingsError, file: Path, as_json: bool, pdf: Path | None, *, prints: bool
) -> int:
    """The same where ``file`` has no settings, for ``error``; nothing is kept, since the machine
    has no name yet, nor printed. Returns the exit code."""
    made = examination.without_settings(error, file)
    _show(made, as_json)
    if prints:
        _complain(en("nothing is printed: only the settings name the printers"))
    if pdf:
        _write(pdf, made, "", ())
    return 1


def _show(made: Report, as_json: bool) -> None:
    say = partial(say_sentence, language=locale_language())
    click.echo(made.json() if as_json else text(made, say, colour=sys.stdout.isatty()))


def _screen(file: Path) -> Iterator[TrialPrint]:
    """The screen's test page; a page that cannot be drawn is told, and breaks nothing."""
    try:
        yield screen_pictures.trial_page(file)
    except screen_pictures.NotDrawn as error:
        _complain(en("no picture of the screen's test page: {why}", why=str(error)))


def _write(pdf: Path, made: Report, profile: str, pictures: Iterable[TrialPrint]) -> None:
    """Write the acceptance report; a picture that cannot be drawn is told, and breaks nothing."""
    if why := acceptance.write(pdf, made, profile, pictures):
        _complain(en("no acceptance report: {why}", why=why))


def _complain(sentence: str) -> None:
    click.echo(say_sentence(sentence, locale_language()), err=True)
