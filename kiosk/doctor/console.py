"""Runs the doctor for somebody at a console: the report as text or JSON, kept, and as a PDF."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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


class Examined:
    """One examination of the terminal with ``settings``, which were read in ``file``; kept in the
    directory ``keep``, or ``unkept`` says why not. ``prints``: with the test prints."""

    def __init__(self, settings: Settings, file: Path, keep: Path, *, prints: bool) -> None:
        self._settings = settings
        self._file = file
        self._at = datetime.now(UTC).replace(microsecond=0)
        self._printed = trial_prints.run(settings, self._at) if prints else ()
        self.report = examination.examine(settings, self._printed, keep, file)
        self.unkept = ""
        try:
            history.keep(self.report.json(), self.report.at, keep)
        except OSError as error:
            self.unkept = en("not kept: {why}", why=error.strerror or type(error).__name__)

    def write(self, pdf: Path) -> list[str]:
        """Write the acceptance report. Returns what went wrong, a sentence each; a picture that
        cannot be drawn breaks nothing."""
        complaints: list[str] = []
        pictures = trial_prints.pictures(self._settings, self._at, self._printed)
        drawn = chain(pictures if self._printed else (), self._screen(complaints))
        if why := acceptance.write(pdf, self.report, self._settings.profile, drawn):
            complaints.append(en("no acceptance report: {why}", why=why))
        return complaints

    def _screen(self, complaints: list[str]) -> Iterator[TrialPrint]:
        try:
            yield screen_pictures.trial_page(self._file)
        except screen_pictures.NotDrawn as error:
            complaints.append(en("no picture of the screen's test page: {why}", why=str(error)))


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
    made = Examined(settings, file, keep, prints=prints)
    _show(made.report, as_json)
    if made.unkept:
        _complain(made.unkept)
    if pdf:
        for why in made.write(pdf):
            _complain(why)
    return 0 if made.report.fit else 1


def report_without(
    error: SettingsError, file: Path, as_json: bool, pdf: Path | None, *, prints: bool
) -> int:
    """The same where ``file`` has no settings, for ``error``; nothing is kept, since the machine
    has no name yet, nor printed. Returns the exit code."""
    made = examination.without_settings(error, file)
    _show(made, as_json)
    if prints:
        _complain(en("nothing is printed: only the settings name the printers"))
    if pdf and (why := acceptance.write(pdf, made, "", ())):
        _complain(en("no acceptance report: {why}", why=why))
    return 1


def _show(made: Report, as_json: bool) -> None:
    say = partial(say_sentence, language=locale_language())
    click.echo(made.json() if as_json else text(made, say, colour=sys.stdout.isatty()))


def _complain(sentence: str) -> None:
    click.echo(say_sentence(sentence, locale_language()), err=True)
