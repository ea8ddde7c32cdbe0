"""A client of XFS4IoT services: finds them, and speaks to one over one connection (CWA 17852-1).

Used from one thread. The client closes a connection over which nonsense came, or no answer in time.
The next command opens a new connection, so that no late answer is taken for the answer to another
command.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from drivers.device import CancelToken, Deadline, DeviceError, Reason
from drivers.sentence import en
from drivers.xfs4iot.failures import FailedError
from drivers.xfs4iot.messages import (
    AcknowledgeStatus,
    Command,
    Completion,
    CompletionCode,
    Header,
    MessageType,
    XfsMessage,
    choose,
    decode,
    encode,
)
from drivers.xfs4iot.payloads import (
    COMMANDS,
    EVENTS,
    Cancel,
    Capabilities,
    GetCapabilities,
    GetServices,
    Services,
    SetVersions,
)
from drivers.xfs4iot.wire import WebSocket

C = TypeVar("C", bound=Completion)

PORTS = (80, 443, *range(5846, 5857))
"""The ports at which a machine's service publisher may listen; on 443 over TLS."""
PATH = "/xfs4iot/v1.0"
CONNECT_S = 2.0
ACKNOWLEDGE_S = 2.0
"""Longest wait for the acknowledge of a command, in seconds; then the service counts as silent."""
GRACE_S = 0.3
"""Seconds past the deadline in which the service may still end a command by itself."""
CANCEL_S = 2.5
"""Seconds that a cancelled command may take to end; less than the three seconds after which a
process host kills its driver."""
TICK_S = 0.045
"""Seconds between two looks of a wait at its cancel token, below the 50 ms of the contract."""
_EVENT_MAJORS = (2, 3)
_NAMES = {name.casefold(): name for name in (*(one.NAME for one in COMMANDS), *EVENTS)}
_SEND_S = 5.0  # for a whole frame


def _ignore(message: XfsMessage) -> None:
    """Does nothing: the handler of events that nobody waits for."""


@dataclass(slots=True)
class Running:
    """A command that was sent, and the answers that have come so far."""

    number: int
    on_event: Callable[[XfsMessage], None]
    acknowledged: bool = False
    end: XfsMessage | None = None  # its completion, or the acknowledge that refused it


class XfsService:
    """One connection to one service."""

    def __init__(self, uri: str, *, ca: str = "", seconds: float = CONNECT_S) -> None:
        """Connect to ``ws://…`` or ``wss://…``. ``ca``: a file (PEM) with the authorities that may
        sign the certificate; "": those of the system.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when no WebSocket server listens at ``uri``,
        ``NOT_AUTHORISED`` for an invalid certificate, ``OFFLINE`` when the service does not answer.
        """
        self.uri = uri
        self.hear: Callable[[XfsMessage], None] = _ignore
        """Called for every unsolicited message, in the thread that calls this service."""
        self.capabilities = Capabilities()
        self._numbers = count(1)
        self._versions: dict[str, str] = {}
        self._offered: dict[str, Sequence[str]] = {}
        self._theirs: dict[str, str] = {}  # the names of messages as the service writes them
        self._running: dict[int, Running] = {}
        self._wire: WebSocket | None = _connected(uri, ca, seconds)

    @property
    def closed(self) -> bool:
        return self._wire is None

    def close(self) -> None:
        """Close the connection. Never raises. The service cancels the commands of this connection
        that still run."""
        wire, self._wire = self._wire, None
        self._running.clear()
        if wire is not None:
            wire.close()

    # -- versions -----------------------------------------------------------------------------

    def negotiate(self, seconds: float = CONNECT_S) -> Capabilities:
        """Read the service's capabilities and agree on versions. Raises :class:`DeviceError`."""
        deadline = Deadline(seconds)
        self.capabilities = self.ask(GetCapabilities(), deadline.remaining())
        told: dict[str, Sequence[str]] = {}
        self._offered.clear()
        for interface in self.capabilities.interfaces or ():
            for said, one in (interface.commands or {}).items():
                self._offered[self._ours(said)] = one.versions or () if one else ()
            for said, one in (interface.events or {}).items():
                told[self._ours(said)] = one.versions or () if one else ()
        for command in COMMANDS:
            version = choose(self._offered.get(command.NAME, ()), command.MAJORS)
            if version is not None:
                self._versions[command.NAME] = version
        heard = {name: choose(told.get(name, ()), _EVENT_MAJORS) for name in EVENTS}
        events = {name: _major(version) for name, version in heard.items() if version is not None}
        commands = {name: _major(version) for name, version in self._versions.items()}
        several = any(len(told[name]) > 1 for name in events)
        several |= any(len(self._offered[name]) > 1 for name in commands)
        events = {self._theirs[name]: major for name, major in events.items()}
        commands = {self._theirs[name]: major for name, major in commands.items()}
        if several and SetVersions.NAME in self._offered:
            agreed = SetVersions(commands=commands or None, events=events or None)
            try:
                self.ask(agreed, deadline.remaining())
            except DeviceError:
                # A refusal does no harm: every command names its version, and this client reads
                # events of both versions.
                if self.closed:
                    raise
        return self.capabilities

    def _ours(self, said: str) -> str:
        """The standard's name of the message that the service calls ``said``."""
        name = _NAMES.get(said.casefold(), said)
        self._theirs[name] = said
        return name

    def offers(self, command: type[Command[Any]]) -> bool:
        """Whether the service lists the command in a version that this client knows."""
        return command.NAME in self._versions

    def require(self, command: type[Command[Any]]) -> str:
        """The newest version of the command that both sides know, as the service writes it. Raises
        ``UNSUPPORTED``.

        For a service that does not list its commands: the oldest version.
        """
        if not self._offered:
            return f"{min(command.MAJORS)}.0"
        if command.NAME in self._versions:
            return self._versions[command.NAME]
        said = " and ".join(self._offered.get(command.NAME, ())) or en("not at all")
        ours = " and ".join(f"{major}.0" for major in command.MAJORS)
        raise DeviceError(
            Reason.UNSUPPORTED,
            en(
                "{uri} knows {name} {said}; needed is {ours}",
                uri=self.uri,
                name=command.NAME,
                said=said,
                ours=ours,
            ),
            mend=en("update the machine's XFS4IoT services"),
        )

    # -- commands -----------------------------------------------------------------------------

    def call(
        self,
        command: Command[C],
        deadline: Deadline,
        cancel: CancelToken,
        on_event: Callable[[XfsMessage], None] = _ignore,
    ) -> C:
        """Send a command and wait for its end; calls ``on_event`` with its events.

        When the deadline passes or ``cancel`` is set, the command is cancelled at the service. Then
        its end is awaited, and a success still counts. Raises :class:`FailedError` when the service
        ends the command without success; ``TIMEOUT``, ``CANCELLED``, ``OFFLINE`` and ``GARBLED``
        with ``pages`` None when its end is unknown.
        """
        running = self.start(command, deadline.remaining(), on_event)
        acknowledge = Deadline(ACKNOWLEDGE_S)
        overdue = Deadline(deadline.remaining() + GRACE_S)
        stopped: Reason | None = None
        give_up = overdue
        while not self._has_ended(running):
            if stopped is not None:
                if give_up.passed():
                    self._abandon(
                        stopped, en("{name} did not end when it was cancelled", name=command.NAME)
                    )
            elif cancel.cancelled or overdue.passed():
                stopped = Reason.CANCELLED if cancel.cancelled else Reason.TIMEOUT
                give_up = Deadline(CANCEL_S)
                self._send(Cancel(request_ids=[running.number]), CANCEL_S)
            elif not running.acknowledged and acknowledge.passed():
                self._abandon(Reason.OFFLINE, en("{uri} does not answer", uri=self.uri))
            self.pump(TICK_S)
        return self.result(command, running, stopped)

    def ask(
        self,
        command: Command[C],
        seconds: float,
        on_event: Callable[[XfsMessage], None] = _ignore,
    ) -> C:
        """The completion of a command that moves nothing, which services answer at once. Raises
        ``OFFLINE`` without an answer in ``seconds``."""
        running = self.start(command, seconds, on_event)
        deadline = Deadline(seconds)
        while not self._has_ended(running):
            if deadline.passed():
                self._abandon(Reason.OFFLINE, en("{uri} does not answer", uri=self.uri))
            self.pump(min(TICK_S, deadline.remaining()))
        return self.result(command, running)

    def start(
        self,
        command: Command[Any],
        seconds: float,
        on_event: Callable[[XfsMessage], None] = _ignore,
    ) -> Running:
        """Send a command without waiting; :meth:`pump` notes its answers in the result."""
        running = Running(self._send(command, seconds), on_event)
        self._running[running.number] = running
        return running

    def await_end(
        self, command: Command[C], running: Running, deadline: Deadline, cancel: CancelToken
    ) -> C:
        """Wait for the completion of a started command that must not be interrupted: after
        ``TIMEOUT`` or ``CANCELLED`` the command goes on at the service. Else raises as :meth:`call`
        does."""
        while not self._has_ended(running):
            if cancel.cancelled or deadline.passed():
                reason = Reason.CANCELLED if cancel.cancelled else Reason.TIMEOUT
                raise DeviceError(reason, en("{name} still goes on", name=command.NAME))
            self.pump(TICK_S)
        return self.result(command, running)

    def cancel(self, running: Running) -> None:
        """Cancel a started command and wait for its end. Raises ``OFFLINE`` when it does not
        end."""
        self._send(Cancel(request_ids=[running.number]), CANCEL_S)
        deadline = Deadline(CANCEL_S)
        while not self._has_ended(running):
            if deadline.passed():
                self._abandon(
                    Reason.OFFLINE, en("{uri} does not end a command when told", uri=self.uri)
                )
            self.pump(TICK_S)

    def _has_ended(self, running: Running) -> bool:
        """Whether the command has ended; reads what has arrived. Asked before a limit is judged:
        where this thread stood still, an answer may have come in time."""
        if running.end is None:
            self.pump()
        return running.end is not None

    def result(self, command: Command[C], running: Running, stopped: Reason | None = None) -> C:
        """The completion of a command that has ended. Raises :class:`DeviceError` as :meth:`call`
        does; ``stopped``: why this client has cancelled the command."""
        end = running.end
        assert end is not None
        if end.header.status is not None:
            busy = end.header.status is AcknowledgeStatus.TOO_MANY_REQUESTS
            raise DeviceError(
                Reason.OFFLINE if busy else Reason.UNSUPPORTED,
                en("{name} was not taken: {status}", name=command.NAME, status=end.header.status),
            )
        code = end.code
        if code is CompletionCode.SUCCESS:
            return end.read(command.COMPLETION)  # type: ignore[return-value]
        if code is CompletionCode.CANCELED and stopped is not None:
            raise DeviceError(stopped, en("{name} was cancelled", name=command.NAME), pages=None)
        raise FailedError(command.NAME, code, end.read(Completion).error_code)

    def pump(self, seconds: float = 0.0) -> None:
        """Handle all messages that have arrived; waits up to ``seconds`` for the first.

        Raises ``OFFLINE`` when the connection is lost and no message came before its end,
        ``GARBLED`` for nonsense.
        """
        heard = False
        while True:
            wire = self._open_wire()
            with self._wire_errors():
                try:
                    data = wire.receive(0.0 if heard else seconds)
                except OSError:
                    if heard:  # an answer may be among that; the next look tells of the loss
                        return
                    raise
            if data is None:
                return
            heard = True
            try:
                self._sort(decode(data))
            except DeviceError as error:
                self._abandon(error.reason, error.detail)

    def _sort(self, message: XfsMessage) -> None:
        header = message.header
        if header.type is MessageType.UNSOLICITED:
            self.hear(message)
            return
        running = self._running.get(header.request_id or 0)
        if running is None:
            return  # the message belongs to a command that nobody waits for any more
        match header.type:
            case MessageType.ACKNOWLEDGE if header.status is None:
                running.acknowledged = True
            case MessageType.ACKNOWLEDGE | MessageType.COMPLETION:
                running.end = message
                del self._running[running.number]
            case MessageType.EVENT:
                running.on_event(message)

    # -- the wire -----------------------------------------------------------------------------

    def _send(self, command: Command[Any], seconds: float) -> int:
        # These commands are sent before versions are known, or to services that do not list them.
        basic = isinstance(command, GetCapabilities | GetServices | SetVersions | Cancel)
        if basic and not self.offers(type(command)):
            version = f"{min(command.MAJORS)}.0"
        else:
            version = self.require(type(command))
        header = Header(
            type=MessageType.COMMAND,
            name=self._theirs.get(command.NAME, command.NAME),
            version=version,
            request_id=next(self._numbers),
            timeout=max(1, math.ceil(seconds * 1000)),  # 0 would mean: no time-out
        )
        wire = self._open_wire()
        with self._wire_errors():
            wire.send(encode(header, command.body(_major(version))), _SEND_S)
        assert header.request_id is not None
        return header.request_id

    def _open_wire(self) -> WebSocket:
        if self._wire is None:
            raise DeviceError(
                Reason.OFFLINE, en("{uri} is not connected", uri=self.uri), pages=None
            )
        return self._wire

    @contextmanager
    def _wire_errors(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            self._abandon(Reason.OFFLINE, en("{uri} takes no more bytes", uri=self.uri))
        except OSError:
            self._abandon(Reason.OFFLINE, en("{uri} hung up", uri=self.uri))

    def _abandon(self, reason: Reason, detail: str) -> NoReturn:
        self.close()
        raise DeviceError(reason, detail, pages=None) from None


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def discover(
    host: str,
    ports: Sequence[int] = PORTS,
    *,
    tls: bool = False,
    ca: str = "",
    seconds: float = CONNECT_S,
) -> tuple[str, ...]:
    """The addresses of all services of a machine, in the order of its publishers' ports.

    With ``tls``: asks publishers over TLS only, and returns only services with TLS. Raises
    ``NO_DEVICE`` when no publisher answers on any port.
    """

    def ask(port: int) -> tuple[str, ...]:
        scheme = "wss" if tls or port == 443 else "ws"
        try:
            return _published(f"{scheme}://{host}:{port}{PATH}", ca, seconds)
        except DeviceError as error:
            failures[port] = error
            return ()

    failures: dict[int, DeviceError] = {}
    with ThreadPoolExecutor(len(ports)) as pool:
        answers = list(pool.map(ask, ports))
    if len(failures) == len(ports):
        told = [error for error in failures.values() if error.reason is not Reason.NO_DEVICE]
        if told:
            raise told[0]
        raise DeviceError(
            Reason.NO_DEVICE,
            en(
                "no service publisher on {host}, ports {ports}",
                host=host,
                ports=", ".join(map(str, ports)),
            ),
            mend=en("start the machine's XFS4IoT services, or correct host in the settings"),
        )
    found = dict.fromkeys(uri for answer in answers for uri in answer)
    return tuple(uri for uri in found if uri.startswith("wss://" if tls else ("ws://", "wss://")))


def _published(uri: str, ca: str, seconds: float) -> tuple[str, ...]:
    publisher = XfsService(uri, ca=ca, seconds=seconds)
    found: list[str] = []

    def note(services: Services) -> None:
        found.extend(one.service_uri for one in services.services or () if one.service_uri)

    def hear(message: XfsMessage) -> None:
        if message.is_named(Services.EVENT):
            note(message.read(Services))

    try:
        note(publisher.ask(GetServices(), seconds, hear))
    finally:
        publisher.close()
    return tuple(found)


def _connected(uri: str, ca: str, seconds: float) -> WebSocket:
    try:
        parts = urlsplit(uri)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.port == 0:
            raise ValueError
    except ValueError:
        raise DeviceError(
            Reason.UNSUPPORTED,
            en("{uri} is no address of a service", uri=uri),
            mend=en("write ws://host:port/…"),
        ) from None
    try:
        secure = ssl.create_default_context(cafile=ca or None) if parts.scheme == "wss" else None
    except OSError as error:  # also raised for a file without certificates
        raise DeviceError(
            Reason.UNSUPPORTED, en("{ca} cannot be read", ca=ca), mend=en("correct ca")
        ) from error
    try:
        return WebSocket(uri, secure, seconds)
    except ssl.SSLCertVerificationError as error:
        raise DeviceError(
            Reason.NOT_AUTHORISED,
            en(
                "the certificate of {uri} does not hold: {why}",
                uri=uri,
                why=error.verify_message,
            ),
            mend=en("give the file of its authority in ca, or have the certificate renewed"),
        ) from error
    except (TimeoutError, ssl.SSLError) as error:
        raise DeviceError(Reason.OFFLINE, en("{uri} does not answer", uri=uri)) from error
    except (OSError, WebSocketException) as error:
        raise DeviceError(
            Reason.NO_DEVICE,
            en("no service at {uri}", uri=uri),
            mend=en("start the machine's XFS4IoT services, or correct the address in the settings"),
        ) from error
