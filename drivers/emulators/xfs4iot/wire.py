"""Connections, messages and faults of the emulated XFS4IoT machine.

This module knows nothing of devices. It acknowledges, queues, cancels and times out commands, and
spoils answers by faults. Messages are plain dictionaries here and do not use the driver's message
classes, so that a mistake in those classes shows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from drivers.emulators.ports import reserved

PATH = "/xfs4iot/v1.0"
FRAMES_SEEN = 2000
AT_ONCE = ("ServicePublisher.", "Common.", "Storage.", "VendorMode.")
"""Interfaces whose commands move nothing: they run at once, without the queue."""
_ANYWHERE = ("unknown fields", "mute", "no code", "old code")
"""Faults that strike the commands of :data:`AT_ONCE` too, unless the fault names a command."""
_ENDS_S = 30.0  # on a machine that has no time for it
_MUTE = logging.Logger("websockets, mute", logging.CRITICAL + 1)
_GARBAGE: Mapping[str, str | bytes] = {
    "bytes": b"\x00\xff\x1b%-12345X",
    "text": "<html>Service temporarily unavailable</html>",
    "json": '{"header": {"type": "completion", "name": 5}}',
    "deep": "[" * 100_000,
}

Payload = dict[str, Any]


class EndedError(Exception):
    """A command ends without success; ``code``: its completion code, ``error``: its errorCode."""

    def __init__(self, code: str, error: str = "") -> None:
        super().__init__(error or code)
        self.code = code
        self.error = error


@dataclass(slots=True)
class ServiceFault:
    """A fault of answers: of one service or all, to one command or all that move something."""

    kind: str
    service: str = ""
    command: str = ""
    once: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class QueuedCommand:
    """A command that is queued or runs."""

    session: ClientSession
    name: str
    number: int
    version: str
    payload: Payload
    ends_at: float | None
    cancelled: bool = False

    def event(self, name: str, payload: Payload | None = None) -> None:
        """Send an event that belongs to this command."""
        self.session.send("event", name, payload, requestId=self.number)


class ClientSession:
    """One connection of one client to one service."""

    def __init__(self, wire: XfsServer, connection: ServerConnection, service: str) -> None:
        self.wire = wire
        self.service = service
        self.gone = False
        self.outbox: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._connection = connection
        self._loop = asyncio.get_running_loop()

    def send(self, kind: str, name: str, payload: Payload | None = None, **header: Any) -> None:
        version = self.wire.version(kind, name)
        head = {"type": kind, "name": name, "version": version, **header}
        message: Payload = {"header": {key: one for key, one in head.items() if one is not None}}
        if payload is not None:
            message["payload"] = payload
        fault = self.wire.fault("unknown fields", self.service, name)
        if fault:
            message["header"]["vendorTrace"] = {"deep": [1, None, "x"]}
            message.setdefault("payload", {})["vendorField"] = {"more": [{"and": "more"}]}
            message["comment"] = "not in any standard"
        text = json.dumps(message, ensure_ascii=False)
        self.wire.frames.append(("out", self.service, text))
        self.raw(text)

    def raw(self, data: str | bytes) -> None:
        """Send a frame unchanged; does nothing when the client has hung up."""
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self.outbox.put_nowait, data)

    def hang_up(self) -> None:
        """Break the connection without a closing handshake."""
        self.gone = True
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._connection.transport.abort)


class XfsServer:
    """The server: sessions, the queue of every service, and the faults."""

    def __init__(
        self,
        act: Callable[[QueuedCommand], Payload | None],
        knows: Callable[[str], bool],
        version: Callable[[str, str], str],
        *,
        port: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        """``act`` carries out a command and returns its payload; the server calls it under
        ``changed``. ``knows`` says whether a service exists; ``version`` gives the version of a
        message by type and name."""
        self.changed = threading.Condition(threading.RLock())
        self.faults: list[ServiceFault] = []
        self.frames: deque[tuple[str, str, str]] = deque(maxlen=FRAMES_SEEN)
        self.sessions: list[ClientSession] = []
        self.stopping = False
        self.port = port
        self.version = version
        self._act = act
        self._knows = knows
        self._tls = tls
        self._jobs: dict[tuple[ClientSession, int], QueuedCommand] = {}
        self._turns: dict[str, deque[QueuedCommand]] = {}
        self._ending: asyncio.Event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._workers: list[threading.Thread] = []

    @property
    def listening(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        self.stopping = False
        self.port = self.port or reserved(self)
        listening: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._listen(listening)),
            name="emulated machine",
            daemon=True,
        )
        self._thread.start()
        listening.result()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        if thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
            thread.join()
        for worker in self._workers:
            worker.join(_ENDS_S)
        self._workers.clear()

    # -- for devices --------------------------------------------------------------------------

    def wait(
        self, job: QueuedCommand, until: Callable[[], bool], seconds: float | None = None
    ) -> bool:
        """Wait until ``until`` is true, for ``seconds`` at most; returns whether it became true.
        Called under ``changed``.

        Raises :class:`EndedError` when the command is cancelled or its time is over.
        """
        limit = None if seconds is None else time.monotonic() + seconds
        while True:
            if until():
                return True
            now = time.monotonic()
            if job.cancelled or job.session.gone or self.stopping:
                raise EndedError("canceled")
            if job.ends_at is not None and now >= job.ends_at:
                raise EndedError("timeOut")
            if limit is not None and now >= limit:
                return False
            ends = [one for one in (limit, job.ends_at) if one is not None]
            self.changed.wait(min(ends) - now if ends else None)

    def tell(self, service: str, name: str, payload: Payload | None = None) -> None:
        """Send an unsolicited event to every client of ``service``."""
        for session in list(self.sessions):
            if session.service == service:
                session.send("unsolicited", name, payload)

    def fault(self, kind: str, service: str, command: str) -> ServiceFault | None:
        """The fault of ``kind`` that strikes ``command``, or ``None``; removes a fault that strikes
        once."""
        for fault in self.faults:
            if (
                fault.kind == kind
                and fault.service in ("", service)
                and (fault.command or command) == command
                and (fault.command or kind in _ANYWHERE or _moves(command))
            ):
                if fault.once:
                    self.faults.remove(fault)
                return fault
        return None

    # -- connections --------------------------------------------------------------------------

    async def _listen(self, listening: Future[None]) -> None:
        """Run the server until it is stopped, in its own thread."""
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        try:
            server = await serve(
                self._serve,
                "127.0.0.1",
                self.port,
                ssl=self._tls,
                process_request=self._route,
                compression=None,
                ping_interval=None,
                close_timeout=0.3,
                max_size=64 * 1024 * 1024,
                logger=_MUTE,
            )
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(None)
        await self._ending.wait()
        for session in list(self.sessions):
            session.hang_up()
        server.close()
        await server.wait_closed()

    def _route(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.rstrip("/")
        name = path.removeprefix(PATH).strip("/")
        if not path.startswith(PATH) or not (name == "" or self._knows(name)):
            return connection.respond(HTTPStatus.NOT_FOUND, "no such service\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        name = request.path.rstrip("/").removeprefix(PATH).strip("/")
        session = ClientSession(self, connection, name)
        with self.changed:
            self.sessions.append(session)
        writer = asyncio.create_task(_deliver(session.outbox, connection))
        try:
            async for data in connection:
                self._hear(session, data)
        except ConnectionClosed:
            pass  # the client has hung up
        finally:
            writer.cancel()
            with self.changed:
                session.gone = True
                self.sessions.remove(session)
                self.changed.notify_all()

    def _hear(self, session: ClientSession, data: str | bytes) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        with self.changed:
            self.frames.append(("in", session.service, text))
            if self.fault("mute", session.service, ""):
                return
            try:
                message = json.loads(text)
                header = message["header"]
                number, name = header["requestId"], header["name"]
                version = header["version"]
                timeout = header.get("timeout") or 0
            except (ValueError, KeyError, TypeError):
                session.send("acknowledge", "Common.Unknown", requestId=0, status="invalidMessage")
                return
            refused = None
            if not isinstance(number, int) or number < 1 or (session, number) in self._jobs:
                refused = "invalidRequestID"
            elif self.fault("queue full", session.service, name):
                refused = "tooManyRequests"
            if self.fault("no acknowledge", session.service, name) is None:
                session.send("acknowledge", name, requestId=number, status=refused)
            if refused:
                return
            ends_at = time.monotonic() + timeout / 1000 if timeout else None
            payload = message.get("payload") or {}
            job = QueuedCommand(session, name, number, version, payload, ends_at)
            self._jobs[session, number] = job
            if name == "Common.Cancel":
                self._cancel(job)
                return
        thread = threading.Thread(target=self._run, args=(job,), name=name, daemon=True)
        self._workers = [one for one in self._workers if one.is_alive()]
        self._workers.append(thread)
        thread.start()

    def _cancel(self, job: QueuedCommand) -> None:
        numbers = job.payload.get("requestIds")
        hit = [
            one
            for (session, number), one in self._jobs.items()
            if session is job.session and one is not job and (not numbers or number in numbers)
        ]
        for one in hit:
            one.cancelled = True
        self.changed.notify_all()
        if hit:
            self._complete(job, {}, "success")
        else:
            self._complete(job, {"errorCode": "noMatchingRequestIDs"}, "commandErrorCode")

    # -- commands -----------------------------------------------------------------------------

    def _run(self, job: QueuedCommand) -> None:
        with self.changed:
            turn = self._turns.setdefault(job.session.service, deque())
            queued = _moves(job.name)
            if queued:
                turn.append(job)
            try:
                if queued:
                    self.wait(job, lambda: turn[0] is job)
                payload = self._spoilt(job)
            except EndedError as end:
                self._complete(job, {"errorCode": end.error} if end.error else None, end.code)
            else:
                self._complete(job, payload, "success")
            finally:
                if queued:
                    turn.remove(job)
                self._jobs.pop((job.session, job.number), None)
                self.changed.notify_all()

    def _spoilt(self, job: QueuedCommand) -> Payload | None:
        service, name = job.session.service, job.name
        if self.fault("unknown events", service, name):
            job.event("Vendor.SomethingEvent", {"what": 1})
            job.event("Printer.SomethingNewEvent")
            job.session.send("unsolicited", "Vendor.WeatherEvent", {"rain": True})
            job.session.send("telemetry", "Vendor.Unheard", {}, requestId=job.number)
            job.session.send("completion", name, {}, requestId=job.number + 1000)
        if fault := self.fault("slow", service, name):
            self._dawdle(job, fault)
        if self.fault("silence", service, name):
            # Even a cancel does not end the command.
            self.changed.wait_for(lambda: job.session.gone or self.stopping)
            raise EndedError("canceled")
        if self.fault("hang up", service, name):
            job.session.hang_up()
            raise EndedError("canceled")
        if fault := self.fault("garbage", service, name):
            job.session.raw(_GARBAGE[fault.facts["form"]])
            self.changed.wait_for(lambda: job.session.gone or self.stopping)
            raise EndedError("canceled")
        if fault := self.fault("refuse", service, name):
            raise EndedError(fault.facts["code"])
        if fault := self.fault("fail", service, name):
            raise EndedError("commandErrorCode", fault.facts["error"])
        return self._act(job)

    def _dawdle(self, job: QueuedCommand, fault: ServiceFault) -> None:
        self.wait(job, lambda: not fault.once and fault not in self.faults, fault.facts["seconds"])

    def _complete(self, job: QueuedCommand, payload: Payload | None, code: str) -> None:
        said: str | None = code
        if code == "success" and self.fault("no code", job.session.service, job.name):
            said = None
        self._jobs.pop((job.session, job.number), None)
        header: Payload = {"requestId": job.number, "completionCode": said}
        if code != "success":
            header["errorDescription"] = "emulated"
        if self.fault("old code", job.session.service, job.name):
            # As in version 1, the completion code stands in the payload.
            payload = {**(payload or {}), "completionCode": header.pop("completionCode")}
        job.session.send("completion", job.name, payload, **header)


async def _deliver(outbox: asyncio.Queue[str | bytes], connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await connection.send(await outbox.get())


def _moves(command: str) -> bool:
    return bool(command) and not command.startswith(AT_ONCE)
