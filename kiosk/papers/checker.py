"""Checks a sealed document in a process of its own, which is started before it is needed.

An untrusted PDF is parsed in a process that holds nothing else and has a limit of memory; the
process ends after one document, and pyHanko's 26 MB go with it.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import socket
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from drivers.hosting.apart import end_apart, end_with, keep_memory_private, start_apart
from drivers.hosting.confine import LIBRARIES, ProcessNeeds, confine, of_python
from kiosk.centre.models import Document
from kiosk.papers.sealed import Flaw, NotOurs, SealRules, check_sealed

SECONDS = 15.0
"""Deadline of one check. A document of the centre takes 50 ms, and a second where the process has
just been started."""
MEMORY = 600_000_000
"""Bytes of address space beside what is mapped when the process begins. A check of ten megabytes
takes half of them; numbers of some million digits took 830 MB."""
_FLAWS = frozenset(Flaw)
_LONGEST = 1 << 16
"""Bytes of the longest answer that is read."""
_DYING_S = 3.0
"""How long a process that has answered may take to end."""


class NotChecked(Exception):
    """The terminal could not check a document: nothing is known of the document. ``str`` says why,
    for the technician."""


class Checker:
    """One checking process. It loads the signature library at once, and waits for one document.

    To be made in a thread that lives as long as the process. Raises :class:`NotChecked` when there
    is no process.
    """

    def __init__(self) -> None:
        with ExitStack() as undo:
            try:
                self._end, theirs = socket.socketpair()
                undo.callback(self._end.close)
                with theirs:
                    self._process = start_apart("kiosk.papers.checker", theirs)
            except OSError as error:
                raise NotChecked(f"no process: {os.strerror(error.errno or 0)}") from None
            undo.pop_all()
        self._answered = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def check(
        self,
        pdf: bytes,
        *,
        document: Document,
        holder: str,
        now: datetime,
        rules: SealRules,
        revoked: bytes | None = None,
    ) -> None:
        """As :func:`kiosk.papers.sealed.check_sealed`; then the process ends by itself. Raises
        :class:`NotOurs`, and :class:`NotChecked` when the process fails, takes more memory than
        ``MEMORY`` or longer than ``SECONDS``, or finds the terminal's roots unfit."""
        question = {
            "document": document.model_dump(mode="json"),
            "holder": holder,
            "now": now.isoformat(),
            "roots": str(rules.roots),
            "sealer": rules.sealer,
            "timestamp_roots": str(rules.timestamp_roots or ""),
            "revoked": None if revoked is None else revoked.hex(),
        }
        try:
            answer = json.loads(self._ask(json.dumps(question).encode() + b"\n" + pdf))
        except (TimeoutError, BlockingIOError):
            raise NotChecked("the check took too long") from None
        except (OSError, ValueError, RecursionError) as error:
            raise NotChecked(f"the check failed: {type(error).__name__}") from None
        finally:
            self._end.close()
            if not self._answered:
                self._process.kill()
        match answer:
            case {} if answer == {}:
                return
            case {"flaw": Flaw.NO_ROOTS, "detail": detail} | {"trouble": detail}:
                raise NotChecked(str(detail))
            case {"flaw": str(flaw), "detail": str(detail)} if flaw in _FLAWS:
                raise NotOurs(Flaw(flaw), detail)
            case _:  # only the empty answer is a pass
                raise NotChecked("the check failed: an answer of another form")

    def _ask(self, question: bytes) -> bytes:
        """The answer to ``question``, also one of a process that has died before it has read the
        question: it may have said why. What has come is read after the deadline, too: this process
        may have stood still."""
        until = time.monotonic() + SECONDS
        broken: OSError | None = None
        try:
            self._wait_at_most(until)
            self._end.sendall(question)
            self._end.shutdown(socket.SHUT_WR)
        except ConnectionError as error:
            broken = error
        answer = b""
        try:
            self._wait_at_most(until)
            while len(answer) < _LONGEST and (piece := self._end.recv(_LONGEST)):
                answer += piece
                self._wait_at_most(until)
        except ConnectionError as error:  # how a line ends whose process has left something unread
            broken = broken or error
        if broken and not answer:
            raise broken
        self._answered = bool(answer)
        return answer

    def _wait_at_most(self, until: float) -> None:
        """Let the next call of the socket end at ``until``; after it, let the call not wait."""
        self._end.settimeout(max(0.0, until - time.monotonic()))

    def end(self) -> None:
        """End the process, also in the middle of a check."""
        self._end.close()
        try:
            self._process.wait(_DYING_S if self._answered else 0)
        except subprocess.TimeoutExpired:
            end_apart(self._process)


class Checkers:
    """The checks of one visit. One process is ready ahead once :meth:`prepare` was called. Used
    from the visit's thread."""

    def __init__(self, rules: SealRules) -> None:
        self._rules = rules
        # One thread starts them all and lives until `close`: see `start_apart`.
        self._starter = ThreadPoolExecutor(1, "checker")
        self._ready: Future[Checker] | None = None
        self._used: list[Checker] = []

    def prepare(self) -> None:
        """Have the process of the next check started, and return at once: a citizen chooses slower
        than a library loads, but sees a page later by the 15 ms of a fork. Where there is no
        process, the check says so."""
        self._prepared()

    def check(
        self, pdf: bytes, *, document: Document, holder: str, now: datetime, revoked: bytes | None
    ) -> None:
        """See :meth:`Checker.check`."""
        checker, self._ready = self._prepared().result(), None
        self._used.append(checker)
        checker.check(
            pdf, document=document, holder=holder, now=now, rules=self._rules, revoked=revoked
        )

    def _prepared(self) -> Future[Checker]:
        """The process of the next check, or its start; anew when that failed, or it has died."""
        if self._ready is not None and self._ready.done():
            if self._ready.exception():
                self._ready = None
            elif not self._ready.result().alive:
                self._ready.result().end()
                self._ready = None
        self._ready = self._ready or self._start()
        return self._ready

    def _start(self) -> Future[Checker]:
        try:
            return self._starter.submit(Checker)
        except RuntimeError as error:  # the machine has no thread to spare
            self._starter = ThreadPoolExecutor(1, "checker")  # the old one would start two later
            failed: Future[Checker] = Future()
            failed.set_exception(NotChecked(str(error)))
            return failed

    def close(self) -> None:
        """End every process, also one that waits for a document."""
        if self._ready is not None:
            with suppress(NotChecked):
                self._used.append(self._ready.result())
            self._ready = None
        while self._used:
            self._used.pop().end()
        self._starter.shutdown()


def main(end: int, parent: int, *, dumpable: bool) -> None:
    """Run one check: the whole life of the checking process. See
    :func:`drivers.hosting.apart.start_apart`."""
    end_with(parent)
    keep_memory_private(dumpable=dumpable)
    most = _mapped() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    logging.disable(logging.CRITICAL)  # the library logs the names of signers
    with socket.socket(fileno=end) as line, line.makefile("rb") as asked:
        try:
            _load()
            question = json.loads(asked.readline())
            stamps = question["timestamp_roots"]
            confine(needs_of_check(question["roots"], stamps or ""), wanted=not dumpable)
            answer = _check(question, asked.read())
        except MemoryError:
            answer = {"trouble": "the check took too much memory"}
        line.sendall(json.dumps(answer).encode())


def needs_of_check(*roots: str) -> ProcessNeeds:
    """What a check needs: its libraries, and the files of ``roots``. A document that breaks them
    open finds nothing to read but programs, nobody to tell, and nowhere to stay."""
    return ProcessNeeds(reads=(*LIBRARIES, *of_python(), *roots), files=64, grows=False)


def _mapped() -> int:
    """Bytes of this process's address space now: a forked process has what it was forked from."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _load() -> None:
    """Import what a check needs, also what the libraries put off until their first use."""
    import cryptography.hazmat.backends.openssl  # noqa: F401
    import pyhanko.pdf_utils.filters
    import pyhanko.pdf_utils.reader
    import pyhanko.sign.validation  # noqa: F401
    from pyhanko_certvalidator import ValidationContext

    ValidationContext(trust_roots=(), allow_fetching=False)


def _check(question: dict[str, Any], pdf: bytes) -> dict[str, str]:
    stamps, revoked = question["timestamp_roots"], question["revoked"]
    try:
        check_sealed(
            pdf,
            document=Document.model_validate(question["document"]),
            holder=question["holder"],
            now=datetime.fromisoformat(question["now"]),
            rules=SealRules(
                roots=Path(question["roots"]),
                sealer=question["sealer"],
                timestamp_roots=Path(stamps) if stamps else None,
            ),
            revoked=None if revoked is None else bytes.fromhex(revoked),
        )
    except NotOurs as refused:
        return {"flaw": refused.flaw.value, "detail": refused.detail}
    return {}
