"""Logging, set up once for a process: what may stand in a log, and nothing else.

A line has a time (UTC), a level, the logger, and an event of :mod:`kiosk.events`: its name, its
constant sentence and its fields. Left out, because a citizen's data could hide there: fields that
the catalogue does not list, the messages of exceptions, every word of a library's own log lines.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import select
import sys
import threading
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from kiosk import events

OURS = ("kiosk", "drivers", "ui", "__main__")
"""The packages whose sentences are written out."""
LONGEST = 200
"""Characters of a text field; the rest is cut."""
PATIENCE_S = 0.05
"""How long a process waits for whoever reads its log."""
FRAMES = 12
"""Frames of a traceback, innermost first."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class AllowListed(logging.Formatter):
    """One line a record: JSON for the journal of a terminal, plain for a person at a desk.

    A field outside ``events.FIELDS`` is dropped, and its name (never its value) stands in
    ``dropped``. A value that is no number, text or truth shows as the name of its type.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        sentence = _sentence(record)
        if self._as_json:
            head = {"time": when, "level": record.levelname.lower(), "logger": record.name}
            if event := events.BY_SENTENCE.get(sentence):
                head["event"] = event.name
            return json.dumps({**head, "message": sentence, **facts}, ensure_ascii=False)
        tail = "".join(f" {key}={value}" for key, value in facts.items())
        return f"{when} {record.levelname:<8} {record.name}: {sentence}{tail}".replace("\n", " ")


class UnhinderedHandler(logging.Handler):
    """Writes lines to a descriptor, and waits for no reader: a pipe, a socket or a console that
    nobody empties takes no more lines, nor does a file on a full disk, and the process goes on.

    After ``PATIENCE_S`` without room a line is lost, and then every line until there is room; the
    next line is preceded by how many were lost.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
            if self._lost and self._has_room(0.0):
                lost, self._lost = self._lost, 0
                events.LOG_LOST.log(logging.getLogger(__name__), count=lost)
                if self._lost:  # poll(2) finds room on a full disk; no line but that one was lost
                    self._lost = lost
            if self._lost or not self._write(line):
                self._lost += 1
        except Exception:  # noqa: BLE001 - as every handler of the standard library
            self.handleError(record)

    def _write(self, line: str) -> bool:
        """Write ``line``; False, when there was no room for all of it, or nobody to read it."""
        data = f"{line}\n".encode()
        until = time.monotonic() + PATIENCE_S
        # Where poll(2) finds room, so many bytes never wait, and are written at once.
        for first in range(0, len(data), select.PIPE_BUF):
            if not self._has_room(until - time.monotonic()):
                return False
            try:
                os.write(self._descriptor, data[first : first + select.PIPE_BUF])
            except OSError:  # a full disk, or a reader that has gone
                return False
        return True

    def _has_room(self, seconds: float) -> bool:
        return bool(self._room.poll(max(0.0, seconds) * 1000))


def set_up(*, production: bool, stream: TextIO | None = None) -> None:
    """Log to ``stream`` (stderr when ``None``): JSON lines in production, plain ones otherwise.

    Uncaught exceptions and warnings of Python are logged too, because Python's own report of them
    would write values to stderr beside the log. Call once, from the main thread.
    """
    logging.raiseExceptions = not production
    handler = _handler(stream or sys.stderr)
    handler.setFormatter(AllowListed(as_json=production))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    _set_level(root, logging.WARNING)
    for package in OURS:
        _set_level(logging.getLogger(package), logging.INFO)
    warnings.showwarning = lambda message, category, filename, lineno, file=None, line=None: (
        _warned(category, filename, lineno)
    )
    faulthandler.enable(file=sys.__stderr__ or 2)  # frames only, never values
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _set_level(logger: logging.Logger, level: int) -> None:
    """A forked process has its levels already. To set a level again would empty what each logger
    of the process has noted, in pages that are shared."""
    if logger.level != level:
        logger.setLevel(level)


def _handler(stream: TextIO) -> logging.Handler:
    try:
        return UnhinderedHandler(stream.fileno())
    except (OSError, ValueError):  # a stream in memory, as tests give it
        return logging.StreamHandler(stream)


def _uncaught(
    kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        events.UNCAUGHT.log(logging.getLogger(__name__), error=error or kind())


def _warned(category: type[Warning], filename: str, lineno: int) -> None:
    place = f"{Path(filename).name}:{lineno}"
    events.WARNING.log(logging.getLogger(__name__), reason=category.__name__, detail=place)


def _ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _sentence(record: logging.LogRecord) -> str:
    if not _ours(record.name):
        return f"{record.module}:{record.lineno}"  # a library's words may hold anything
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - an argument's __str__ may raise anything; Sensitive does
        return record.msg if isinstance(record.msg, str) else f"<{type(record.msg).__name__}>"


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    facts = {key: _plain(value) for key, value in extra.items() if key in events.FIELDS}
    if _ours(record.name) and (dropped := sorted(extra.keys() - events.FIELDS)):
        facts["dropped"] = dropped
    if record.exc_info and record.exc_info[1]:
        facts["error"] = type(record.exc_info[1]).__name__
        facts["trace"] = _trace(record.exc_info[1])
    return facts


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)[:LONGEST]
    return f"<{type(value).__name__}>"


def _trace(error: BaseException) -> list[str]:
    """The places of ``error``, innermost first, then those of its causes: no values, no words."""
    places: list[str] = []
    seen: set[int] = set()
    while error and id(error) not in seen and len(places) < 3 * FRAMES:
        seen.add(id(error))
        frames = []
        step = error.__traceback__
        while step:
            code = step.tb_frame.f_code
            frames.append(f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
            step = step.tb_next
        places += frames[: -FRAMES - 1 : -1]
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        places.append(f"from {type(cause).__name__}")
        error = cause
    return places
