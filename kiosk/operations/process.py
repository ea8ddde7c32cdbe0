"""The committer's process: one thread for the keeper's channel and the journal, workers for calls.

A hung connection holds up one worker only. ``kiosk committer`` starts it, the keeper restarts it;
it knows ids, businesses and states, and no citizen.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import NamedTuple, Protocol

from drivers.hosting.apart import keep_memory_private
from drivers.hosting.confine import ProcessNeeds, confine
from kiosk import events, settings
from kiosk import log as logs
from kiosk.audit.chain import AuditHead
from kiosk.centre.audit_heads import WitnessedHead
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.operations import OperationStatus
from kiosk.centre.tpm import DEVICE
from kiosk.enrolment import renewal
from kiosk.enrolment.renewal import CertificateRenewal
from kiosk.keeper.channel import Alive, Broken, Commit, CommitterEnd, Login, Money, Quit, Upkeep
from kiosk.operation import OperationState
from kiosk.operations.committer import (
    NO_ANSWER,
    CallAnswer,
    CallKind,
    Committer,
    CommitterAction,
    SendCall,
)
from kiosk.operations.journal import FILE, Journal, set_aside
from kiosk.operations.rows import JournalUnwritable

log = logging.getLogger(__name__)

ALIVE_S = 5.0
OPEN_AGAIN_S = 5.0
"""Pause before the next try to open a journal that cannot be used."""
WITNESS_S = 3600.0
"""The centre witnesses the head of the audit log after each commit, and at least so often."""
WITNESS_AGAIN_S = 300.0
"""Until the head is shown again to a centre that could not be reached, in seconds."""
WORKERS = 8
"""Calls on their way at the same time; each has its own connection."""


class CallEnded(NamedTuple):
    """A worker's note: what came of a call about an operation."""

    call: SendCall
    said: CallAnswer


class HeadUnseen(NamedTuple):
    """A worker's note: no centre saw the head of the audit log at ``at``, in monotonic seconds."""

    at: float


class CertificateSeen(NamedTuple):
    """A worker's note: it has looked at the certificate and perhaps renewed it; ``again`` is when
    to look next, in monotonic seconds."""

    renewed: bool
    again: float


WorkerNote = CallEnded | HeadUnseen | CertificateSeen


class Asks(Protocol):
    """The two calls to the centre; each is used by one thread and ends in bounded time."""

    def commit(self, id: str) -> OperationStatus: ...

    def query(self, id: str) -> OperationStatus: ...

    def witness(self, head: WitnessedHead) -> None: ...


class CommitterProcess:
    """Runs a :class:`Committer` until the keeper says ``Quit`` or is gone, the journal breaks, or
    the terminal is enrolled anew.

    ``connect`` makes one connection to the centre, ``open_journal`` opens the journal or raises
    :class:`JournalUnwritable`; ``make_room`` sets a damaged one aside. ``renews`` renews the
    terminal's certificate in time; None: nobody does. ``replaced`` says whether another identity is
    in force: a successor then speaks with that one.
    """

    def __init__(
        self,
        line: CommitterEnd,
        open_journal: Callable[[], Journal],
        make_room: Callable[[], object],
        connect: Callable[[], Asks],
        renews: CertificateRenewal | None = None,
        replaced: Callable[[], bool] = lambda: False,
    ) -> None:
        self._replaced = replaced
        self._line = line
        self._open_journal = open_journal
        self._make_room = make_room
        self._connect = connect
        self._renews = renews
        self._looks_at = 0.0 if renews else float("inf")  # at the certificate
        self._age = 0  # of the certificate: raised whenever it was renewed
        self._journal: Journal | None = None
        self._committer: Committer | None = None
        self._opens_after = 0.0
        self._logins: list[Login | Upkeep] = []  # heard, and not handed to the committer yet
        self._closed = False  # ``Money(False)`` was told because there is no journal
        self._alive_at = 0.0
        self._witness_at = 0.0
        # What workers have to tell. Only the main thread reads it, and it alone writes this object.
        self._notes: queue.SimpleQueue[WorkerNote] = queue.SimpleQueue()
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._workers = ThreadPoolExecutor(WORKERS, "centre")
        self._own = threading.local()  # each worker's connection

    def run(self) -> None:
        """Work until the keeper says ``Quit`` or is gone, the open journal is in doubt, or another
        identity is in force."""
        try:
            # This process does not go over to another journal, which would know nothing of the
            # calls that are under way. The opening of the successor reads the file through and sets
            # a damaged one aside; the keeper passes on what was not taken and not noted.
            with contextlib.suppress(JournalUnwritable):
                while not self._replaced() and self._turn():
                    pass
        finally:
            self._workers.shutdown(wait=False, cancel_futures=True)
            if self._journal:
                self._journal.close()
            for end in (self._line, self._wake, self._waker):
                end.close()

    def _turn(self) -> bool:
        now = time.monotonic()
        if now >= self._alive_at:
            self._line.send(Alive())
            self._alive_at = now + ALIVE_S
        if self._committer is None and now >= self._opens_after:
            self._open(now)
        until = self._alive_at
        if self._journal and now >= self._witness_at:
            self._witness(self._journal.head)
        if now >= self._looks_at:
            self._looks_at = float("inf")
            self._workers.submit(self._renew)
        until = min(until, self._looks_at)
        if self._committer:
            self._do(self._committer.wake(now))
            until = min(until, self._committer.next_wake(now))
        sources: list[CommitterEnd | socket.socket] = [self._line, self._wake]
        readable, _, _ = select.select(sources, [], [], max(0.0, until - now))
        if self._wake in readable:
            self._take_notes()
        goes_on = self._line not in readable or self._hear()
        if self._committer:
            self._hand_over_logins(self._committer)
        return goes_on

    def _hand_over_logins(self, committer: Committer) -> None:
        for word in self._logins:
            self._do(committer.note(word, time.monotonic()))
        self._logins.clear()

    def _open(self, now: float) -> None:
        try:
            self._journal = self._open_journal()
            self._committer = Committer(self._journal, now, SystemRandom())
        except JournalUnwritable as error:
            if self._journal:
                self._journal.close()
                self._journal = None
            self._opens_after = now + OPEN_AGAIN_S
            if not self._closed:
                events.JOURNAL_NOT_OPENED.log(log, reason=error.reason)
                self._line.send(Money(False))
                self._closed = True
            if error.damaged:
                self._set_aside()

    def _set_aside(self) -> None:
        with contextlib.suppress(OSError):  # the disk is read-only: the next opening says so
            self._make_room()
            events.JOURNAL_SET_ASIDE.log(log)
            self._opens_after = 0.0

    def _hear(self) -> bool:
        for word in self._line.receive():
            match word:
                case Commit(operation, business):
                    # Without a journal nothing is taken: the visit asks again, or cancels.
                    if self._committer:
                        self._hand_over_logins(self._committer)  # what was told before
                        now = time.monotonic()
                        self._do(self._committer.commit(operation, business, now))
                case Login() | Upkeep():
                    self._logins.append(word)
                case Quit() | Broken():
                    return False
        return True

    def _take_notes(self) -> None:
        self._wake.recv(4096)
        while not self._notes.empty():
            match self._notes.get():
                case CertificateSeen(renewed, again):
                    self._age += renewed
                    self._looks_at = again
                case HeadUnseen(at):
                    self._witness_at = min(self._witness_at, at + WITNESS_AGAIN_S)
                case CallEnded(call, said) if self._committer:
                    self._do(self._committer.answered(call, said, time.monotonic()))
                    if call.kind is CallKind.COMMIT:
                        self._witness_at = 0.0

    def _do(self, actions: list[CommitterAction]) -> None:
        for action in actions:
            if isinstance(action, SendCall):
                self._workers.submit(self._call, action)
            else:
                self._line.send(action)

    def _witness(self, head: AuditHead) -> None:
        self._witness_at = time.monotonic() + WITNESS_S
        self._workers.submit(self._show_head, head)

    # -- the workers --------------------------------------------------------------------------

    def _centre(self) -> Asks:
        """This worker's own connection, with the certificate in force."""
        if getattr(self._own, "age", None) != self._age:
            age = self._age
            self._own.centre = self._connect()
            self._own.age = age
        centre: Asks = self._own.centre
        return centre

    def _show_head(self, head: AuditHead) -> None:
        """In a worker: the centre witnesses the head of the audit log, or the next one."""
        try:
            self._centre().witness(
                WitnessedHead(epoch=head.epoch, seq=head.seq, digest=head.digest)
            )
        except CentreUnavailable as error:
            events.AUDIT_NOT_WITNESSED.log(log, reason=error.trouble.value)
            self._tell(HeadUnseen(time.monotonic()))
        except Refusal as refusal:
            if refusal.code == renewal.STOPPED:
                events.TERMINAL_STOPPED.log(log)
            else:
                events.AUDIT_REFUSED.log(log, reason=refusal.code)
        except Exception as error:  # noqa: BLE001 - a fault of the software; the log goes on
            events.UNCAUGHT.log(log, error=error)

    def _renew(self) -> None:
        """In a worker: look at the certificate, and renew it where it is time."""
        assert self._renews
        renewed, pause = False, renewal.LOOK_S
        try:
            renewed, pause = self._renews.look()
        except Exception as error:  # noqa: BLE001 - a fault of the software; looked at again
            events.UNCAUGHT.log(log, error=error)
        self._tell(CertificateSeen(renewed, time.monotonic() + pause))

    def _call(self, call: SendCall) -> None:
        """In a worker: one call, one answer."""
        said = NO_ANSWER
        try:
            said = answer_of(call, self._centre())
        except Exception as error:  # noqa: BLE001 - a fault of the software; the centre is asked
            events.UNCAUGHT.log(log, error=error)
        self._tell(CallEnded(call, said))

    def _tell(self, note: WorkerNote) -> None:
        """In a worker: leave ``note`` for the main thread, and wake that thread."""
        self._notes.put(note)
        with contextlib.suppress(OSError):  # full, or closed: nobody has to be woken
            self._waker.send(b".")


def answer_of(call: SendCall, centre: Asks) -> CallAnswer:
    """What came of ``call``, as the committer takes it."""
    try:
        ask = centre.commit if call.kind is CallKind.COMMIT else centre.query
        status = ask(call.operation)
    except Refusal as refusal:
        if refusal.code == "not-confirmed":
            return CallAnswer(True, call.operation, OperationState.DRAFTED)
        return CallAnswer(True, missing=refusal.code == "not-found")
    except CentreUnavailable as error:
        return CallAnswer(error.trouble is Trouble.BUSY, retry_after_s=error.retry_after_s or 0.0)
    return CallAnswer(True, status.id, status.state, status.reference)


def journal_path(chosen: settings.Settings) -> Path:
    """Where the journal lies: in the state directory."""
    return settings.state_directory(chosen) / FILE


def client(chosen: settings.Settings) -> CommitClient:
    """A connection to the centre with this terminal's own identity."""
    centre = chosen.centre
    return CommitClient(
        centre.url,
        chosen.terminal,
        connect_s=centre.connect_s,
        ca=centre.ca,
        certificate=centre.certificate,
        key=centre.key,
    )


def enrolled_anew(chosen: settings.Settings) -> bool:
    """Whether the terminal was enrolled with another key since ``chosen`` was read."""
    now = settings.request_in_force(settings.state_directory(chosen))
    return now is not None and now != (chosen.enrolled and chosen.enrolled.request)


def watch_for_another_identity(chosen: settings.Settings, *, spoilt: bool) -> Callable[[], bool]:
    """:func:`enrolled_anew` of ``chosen``, where a successor would read other settings: not where
    they are ``spoilt`` and a copy serves, nor where ``terminal.toml`` names an identity itself."""
    if spoilt or enrolled_anew(chosen):
        return lambda: False
    return partial(enrolled_anew, chosen)


def needs_of_committer(journal: Path) -> ProcessNeeds:
    """What the committer needs: the directory of its journal, the TPM, and the centre."""
    return ProcessNeeds(writes=(str(journal.parent), str(DEVICE)), connects=True)


def run(settings_path: Path, channel_fd: int) -> None:
    """The whole process. Raises :class:`kiosk.settings.SettingsError`."""
    chosen, spoilt = settings.in_service(settings_path)
    logs.set_up(production=chosen.production)
    if spoilt:
        events.SETTINGS_SPOILT.log(log, detail=spoilt)
    path = journal_path(chosen)
    keep_memory_private(dumpable=not chosen.production)
    if why := confine(needs_of_committer(path), wanted=chosen.production):
        events.NOT_CONFINED.log(log, cause=why)
    events.COMMITTER_STARTED.log(log, pid=os.getpid())
    CommitterProcess(
        CommitterEnd(channel_fd),
        lambda: Journal(path, production=chosen.production),
        lambda: set_aside(path),
        lambda: client(chosen),
        CertificateRenewal(chosen, lambda: renewal.client(chosen)),
        watch_for_another_identity(chosen, spoilt=bool(spoilt)),
    ).run()
    os._exit(0)  # a call on its way may take another fifteen seconds; nobody waits for its answer
