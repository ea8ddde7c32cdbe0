"""Whom setup tells and asks: the technician, at a console or before the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from kiosk.settings import Settings
from kiosk.setup.discovery import Discovery

T = TypeVar("T")
Say = Callable[[str], str]
Check = Callable[[str], str]
"""What an answer means, without its blanks. Raises ``click.UsageError`` for one that will not do:
a sentence in the technician's language."""
Mark = Literal["ok", ".."]
"""How a thing stands that is told of: good, or worth knowing."""


class Technician(Protocol):
    """The technician. Questions and sentences are English sentences of the catalogue
    (:func:`drivers.sentence.en`); every question blocks until it has its answer."""

    def say(self, sentence: str, /) -> str:
        """``sentence`` in the technician's language."""

    def announce(self, sentence: str) -> None:
        """What goes on from now on, or what the technician is to do now."""

    def tell(self, mark: Mark, sentence: str, of: str = "", mend: str = "") -> None:
        """One of several things that are so: ``of`` what, and what mends it."""

    def note(self, sentence: str) -> None:
        """Something that setup has done, or has not."""

    def complain(self, sentence: str) -> None:
        """Something that failed and hinders nothing else."""

    def content(self, found: Discovery) -> bool:
        """Whether ``found``, which was told of, is all that should be there; else setup looks
        again."""

    def enrolled(self, file: Path) -> bool:
        """Whether the terminal with the settings in ``file``, which may not be there yet, has been
        enrolled now, so that the centre has told what would be asked."""

    def through(self, questions: Callable[[], T]) -> T:
        """What comes of ``questions``, which may be called again: 返回 leads to the question before
        the one that is asked."""

    def text(self, question: str, default: str, check: Check) -> str:
        """Some words; "" as ``default``: there is no usual answer."""

    def address(self, question: str, default: str, check: Check) -> str:
        """The address of a service on the web."""

    def number(self, question: str, default: str, most: int, check: Check) -> str:
        """A whole number from 0 to ``most``, as digits."""

    def choose(self, question: str, answers: Mapping[str, str], default: str) -> str:
        """The key of one of ``answers``, whose values are sentences."""

    def pick(self, heading: str, things: Sequence[str], question: str) -> int:
        """Which of ``things``, from 0; the first one is usual."""

    def agrees(self, change: str, *, ask: bool) -> bool:
        """Whether ``change``, a unified diff of the files, is to be written; unless ``ask``, it is
        only shown."""

    def accept(
        self, loaded: Settings, file: Path, keep: Path, pdf: Path | None, *, prints: bool
    ) -> int:
        """Have the doctor examine the terminal, and see what was found. Arguments and result as of
        :func:`kiosk.doctor.console.report`."""
