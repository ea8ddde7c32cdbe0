"""The real committer for the crash harness: it kills itself at named points when it is told to.

``python -m tests.crashes.committing STAGE --channel N``. ``STAGE/point`` names a point; the first
process that comes there removes the file and dies at once, as by kill -9. ``STAGE/started`` and
``STAGE/opened`` hold the id of the last process that has started, and has opened its journal.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kiosk.centre.commit_client import CommitClient
from kiosk.centre.transport import Transport
from kiosk.keeper.channel import CommitterEnd, Outcome, Taken
from kiosk.operations import committer, process
from kiosk.operations.committer import Committer
from kiosk.operations.journal import Journal
from kiosk.operations.process import CommitterProcess
from kiosk.operations.rows import JournalEntry
from kiosk.settings import Settings

POINTS = (
    "C1 heard",
    "C2 inside intent",
    "C3 intent written",
    "C4 taken said",
    "C5 inside sent",
    "C6 sent written",
    "C7 call begins",
    "C9 answer read",
    "C10 inside an end",
    "C11 end written",
    "C12 unknown written",
    "C13 confirmed read",
    "C14 accepted written",
)
"""The committer's crash points. C8, a request on its way, is met by kills at any moment while the
centre takes its time."""


class Points:
    """Dies at the point that ``file`` names."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pass_by(self, point: str) -> None:
        try:
            wanted = self._file.read_text()
        except FileNotFoundError:
            return
        if wanted == point:
            with suppress(FileNotFoundError):  # the harness has just given the point up
                self._file.unlink()
                os.kill(os.getpid(), signal.SIGKILL)


def wrapped(
    owner: type, name: str, before: Callable[..., None], after: Callable[..., None]
) -> None:
    """Call ``before`` and ``after`` around the method ``name`` of ``owner``."""
    method = getattr(owner, name)

    def both(self: Any, *args: Any, **more: Any) -> Any:
        before(self, *args, **more)
        result = method(self, *args, **more)
        after(self, result, *args, **more)
        return result

    setattr(owner, name, both)


def nothing(*_: Any, **__: Any) -> None:
    pass


def arm(points: Points) -> None:
    """Put every point into the committer's classes."""
    inside = {"intent": "C2 inside intent", "sent": "C5 inside sent"}
    written = {
        "intent": "C3 intent written",
        "sent": "C6 sent written",
        "unknown": "C12 unknown written",
        "accepted": "C14 accepted written",
    }
    at_hand: list[str] = []

    def before_row(journal: Journal, entry: JournalEntry) -> None:
        at_hand[:] = [entry.event.value]

    def after_row(journal: Journal, result: None, entry: JournalEntry) -> None:
        at_hand.clear()
        points.pass_by(written.get(entry.event.value, "C11 end written"))

    def inside_row(journal: Journal, *_: Any, **__: Any) -> None:
        if at_hand:
            points.pass_by(inside.get(at_hand[0], "C10 inside an end"))

    def after_word(line: CommitterEnd, result: bool, word: object) -> None:
        if isinstance(word, Taken):
            points.pass_by("C4 taken said")
        elif isinstance(word, Outcome):
            points.pass_by("C11 end written")

    def before_call(client: CommitClient, *_: Any) -> None:
        points.pass_by("C7 call begins")

    def after_call(transport: Transport, result: object, call: Any, *_: Any) -> None:
        if call.method == "POST":
            points.pass_by("C9 answer read")
        else:
            points.pass_by("C13 confirmed read")

    wrapped(Journal, "append", before_row, after_row)
    wrapped(Journal, "_audit", inside_row, nothing)
    wrapped(CommitterEnd, "send", nothing, after_word)
    wrapped(CommitClient, "commit", before_call, nothing)
    wrapped(Transport, "outcome", nothing, after_call)
    wrapped(Committer, "commit", lambda *_: points.pass_by("C1 heard"), nothing)


def impatient(client: Callable[[Settings], CommitClient]) -> Callable[[Settings], CommitClient]:
    """``client`` with short times for an answer."""

    def made(chosen: Settings) -> CommitClient:
        found = client(chosen)
        found._commit_s, found._query_s = 2.0, 1.0
        return found

    return made


def say(file: Path) -> None:
    """Put the id of this process into ``file``, which is never seen half written."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text(str(os.getpid()))
    new.replace(file)


def main() -> None:
    stage, channel = Path(sys.argv[1]), int(sys.argv[3])
    say(stage / "started")
    # Shorter than in the field: what is in progress is asked about each second, and a line that
    # swallows everything is noticed after two.
    committer.MINUTE_S = committer.RARE_S = 1.0
    vars(process)["client"] = impatient(process.client)
    arm(Points(stage / "point"))

    def after_opening(opening: CommitterProcess, *_: Any) -> None:
        if opening._committer:
            say(stage / "opened")

    wrapped(CommitterProcess, "_open", nothing, after_opening)
    if bug := (stage / "bug").read_text():
        from tests.simulation.bugs import BUGS  # costs a fifth of a start

        vars(process)["Committer"] = BUGS[bug]().committer
    process.run(stage / "terminal.toml", channel)


if __name__ == "__main__":
    main()
