"""Setup at a console: lines, and questions with the usual answer in brackets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from drivers.sentence import en
from kiosk.doctor import console
from kiosk.settings import Settings
from kiosk.setup.discovery import Discovery
from kiosk.setup.technician import Check, Mark, Say, T


class AtConsole:
    """A :class:`~kiosk.setup.technician.Technician` who reads what ``say`` words."""

    def __init__(self, say: Say) -> None:
        self.say = say

    def announce(self, sentence: str) -> None:
        click.echo(self.say(sentence))

    def tell(self, mark: Mark, sentence: str, of: str = "", mend: str = "") -> None:
        what = f"{self.say(of)}: " if of else ""
        click.echo(f"  {mark}  {what}{self.say(sentence)}")
        if mend:
            click.echo(f"      → {self.say(mend)}")

    def note(self, sentence: str) -> None:
        click.echo(self.say(sentence))

    def complain(self, sentence: str) -> None:
        click.echo(self.say(sentence), err=True)

    def content(self, _found: Discovery) -> bool:
        return True  # who is not, calls the command again

    def enrolled(self, _file: Path) -> bool:
        return False  # a command of its own: kiosk enrol

    def through(self, questions: Callable[[], T]) -> T:
        return questions()

    def text(self, question: str, default: str, check: Check) -> str:
        return str(click.prompt(self.say(question), default=default or None, value_proc=check))

    address = text

    def number(self, question: str, default: str, most: int, check: Check) -> str:
        return self.text(question, default, check)

    def choose(self, question: str, answers: Mapping[str, str], default: str) -> str:
        def one_of(said: str) -> str:
            if said.strip() not in answers:
                raise click.UsageError(self.say(en("one of: {names}", names=", ".join(answers))))
            return said.strip()

        asked = f"{self.say(question)} ({', '.join(answers)})"
        return str(click.prompt(asked, default=default, value_proc=one_of))

    def pick(self, heading: str, things: Sequence[str], question: str) -> int:
        click.echo(self.say(heading))
        for index, thing in enumerate(things, 1):
            click.echo(f"  {index}  {self.say(thing)}")
        which = click.IntRange(1, len(things))
        return int(click.prompt(self.say(question), default=1, type=which)) - 1

    def agrees(self, change: str, *, ask: bool) -> bool:
        click.echo(f"\n{change}\n")
        return not ask or click.confirm(self.say(en("Write this?")), default=True)

    def accept(
        self, loaded: Settings, file: Path, keep: Path, pdf: Path | None, *, prints: bool
    ) -> int:
        click.echo("")
        return console.report(loaded, file, False, keep, pdf, prints=prints)
