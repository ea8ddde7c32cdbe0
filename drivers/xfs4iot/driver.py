"""What every driver over an XFS4IoT service shares: where the service is, how the device is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Neighbour,
    Reason,
    Request,
    State,
    Status,
)
from drivers.xfs4iot.client import CONNECT_S, PORTS, XfsService, discover
from drivers.xfs4iot.failures import status_of
from drivers.xfs4iot.messages import Command, XfsMessage
from drivers.xfs4iot.payloads import Capabilities, GetStatus, StatusFacts

STATUS_S = 0.9
"""How long a look at the state may take, all told."""
RESET_S = 10.0

_Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a device's service is; the same in every table of a device over XFS4IoT."""

    service: str = ""
    """Its whole address, ``wss://127.0.0.1:5846/xfs4iot/v1.0/ReceiptPrinter``; or only the name at
    its end, looked up among what the machine publishes. Empty: the first of the right kind."""
    machine: str = "127.0.0.1"
    """Whose publisher is asked when ``service`` is no whole address; a number or a name."""
    ports: tuple[_Port, ...] = PORTS
    """Where the publisher is looked for."""
    tls: bool = False
    """True: look for the publisher, and take a service, over TLS only."""
    ca: str = ""
    """A file (PEM) with the authorities whose certificates hold. Empty: the system's."""


class XfsDriver(Driver):
    """A driver of one device class over one service; a lost connection is opened anew when asked.

    ``KIND`` is the device class here, ``INTERFACES`` what the service must offer, ``NEEDS`` the
    commands without which the driver is of no use.
    """

    KIND: ClassVar[Kind]
    INTERFACES: ClassVar[tuple[str, ...]]
    NEEDS: ClassVar[tuple[type[Command[Any]], ...]] = ()
    REQUESTS: ClassVar[tuple[type[Request[Any]], ...]]

    def __init__(self, settings: ServiceSettings) -> None:
        super().__init__()
        self._where = settings
        self._service: XfsService | None = None
        self._info = Info(self.KIND, "xfs4iot", settings.service or settings.machine)

    @property
    def info(self) -> Info:
        """As ``Common.Capabilities`` tells it, once the service was found."""
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return self.REQUESTS

    def open(self) -> None:
        """Find the service and agree on versions with it.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when there is none of this kind, ``UNSUPPORTED``
        when it is too old, ``NOT_AUTHORISED`` when its certificate does not hold.
        """
        self.close()
        self._take(self._found())

    def close(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.close()

    def status(self) -> Status:
        """How the device is (``Common.Status``). Raises ``OFFLINE`` for a service that is gone."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        return self._status(self._look(service, limit.remaining()))

    def self_test(self) -> tuple[Check, ...]:
        """The service answers, knows the commands, and the device is ready."""
        try:
            service = self._connected()
            status = self.status()
        except DeviceError as error:
            return (Check("service", False, str(error)),)
        missing = [need.NAME for need in self.NEEDS if not _knows(service, need)]
        return (
            Check("service", True, service.uri),
            Check("commands", not missing, ", ".join(missing) or "all known"),
            Check("ready", status.usable, status.detail or status.state.value),
        )

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Every service that the machine publishes; ``offers`` is its interfaces besides Common;
        ``firmware`` begins with the major versions of its commands.
        Raises ``NO_DEVICE`` when there is no publisher."""
        where = self._where
        host, ports = where.machine, where.ports
        if "://" in where.service:
            parts = urlsplit(where.service)
            host, ports = parts.hostname or host, (parts.port or ports[0],)
        found = discover(host, ports, tls=where.tls, ca=where.ca)
        return tuple(self._neighbour(uri) for uri in found)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Do ``request``; a cancel is passed on to the service within 50 ms.

        Raises what the request says; ``OFFLINE`` when the service is gone or takes no commands,
        ``GARBLED`` for nonsense, ``UNSUPPORTED`` for what service or device cannot do.
        """
        if not isinstance(request, self.REQUESTS):
            raise DeviceError(
                Reason.UNSUPPORTED, f"a {self.KIND} knows no {type(request).__name__}"
            )
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        return self._do(request, deadline, cancel)

    # -- what a device class adds -------------------------------------------------------------

    @abstractmethod
    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Do one of ``REQUESTS``."""

    def _suits(self, capabilities: Capabilities) -> bool:
        """Whether a service with these interfaces is of the right kind."""
        return True

    def _look(self, service: XfsService, seconds: float) -> StatusFacts:
        """Ask the service how the device is."""
        return service.ask(GetStatus(), seconds)

    def _status(self, facts: StatusFacts) -> Status:
        """What the facts mean for this kind of device."""
        return status_of(facts.common.device if facts.common else None)

    def _begin(self, service: XfsService) -> None:
        """What comes first on every new connection."""

    def _hear(self, message: XfsMessage) -> None:
        """An unsolicited event."""

    # -- the service --------------------------------------------------------------------------

    def _connected(self, seconds: float = CONNECT_S) -> XfsService:
        """The connection; one that was lost is opened again at the address that is known."""
        if self._service is None:
            raise DeviceError(Reason.NO_DEVICE, "not opened yet")
        if self._service.closed:
            self._take(self._greeted(self._service.uri, seconds))
        return self._service

    def _ready(self) -> tuple[XfsService, Status]:
        """A service that answers just now, and how its device is.

        Nothing was asked of the device yet, so a connection that only blinked is tried again.
        """
        try:
            service = self._connected()
            facts = self._look(service, STATUS_S)
        except DeviceError as error:
            if self._service is None or error.reason not in (Reason.OFFLINE, Reason.GARBLED):
                raise
            service = self._connected()
            facts = self._look(service, STATUS_S)
        return service, self._status(facts)

    def _usable(self) -> XfsService:
        """As :meth:`_ready`; raises what stands against a command, with ``pages`` 0."""
        try:
            service, status = self._ready()
        except DeviceError as error:
            error.pages = 0
            raise
        if not status.usable:
            self.report(status)
            raise DeviceError(status.problem or Reason.OFFLINE, status.detail, mend=status.mend)
        return service

    def _take(self, service: XfsService) -> None:
        """Go on with a new connection; one on which nothing can be begun is not kept."""
        service.hear = self._hear
        try:
            self._begin(service)
        except DeviceError:
            service.close()
            raise
        self._service = service
        self._info = _info(self.KIND, service)

    def _found(self) -> XfsService:
        addresses = self._addresses()
        first: DeviceError | None = None
        for uri in addresses:
            try:
                service = self._greeted(uri, CONNECT_S)
            except DeviceError as error:
                first = first or error
                continue
            if self._is_right(service.capabilities):
                self._check_commands(service)
                return service
            service.close()
        if first is not None:
            raise first
        raise DeviceError(
            Reason.NO_DEVICE,
            f"none of {len(addresses)} services is a {self.KIND}",
            mend="correct service in the settings, or add the device to the machine's services",
        )

    def _addresses(self) -> Sequence[str]:
        where = self._where
        if "://" in where.service:
            if where.tls and not where.service.startswith("wss://"):
                raise DeviceError(
                    Reason.UNSUPPORTED, f"{where.service} is not over TLS", mend="write wss://…"
                )
            return (where.service,)
        found = discover(where.machine, where.ports, tls=where.tls, ca=where.ca)
        named = where.service.casefold()
        return [uri for uri in found if not named or _name(uri).casefold() == named]

    def _greeted(self, uri: str, seconds: float) -> XfsService:
        service = XfsService(uri, ca=self._where.ca, seconds=seconds)
        try:
            service.negotiate(seconds)
        except DeviceError:
            service.close()
            raise
        return service

    def _neighbour(self, uri: str) -> Neighbour:
        try:
            service = self._greeted(uri, CONNECT_S)
        except DeviceError:
            return Neighbour(uri, "")
        interfaces = service.capabilities.interfaces or ()
        offers = ", ".join(i.name for i in interfaces if i.name and i.name != "Common")
        info = _info(self.KIND, service)
        service.close()
        offered = (v for i in interfaces for v in (i.commands or {}).values() if v)
        majors = {said.partition(".")[0] for one in offered for said in one.versions or ()}
        told = [f"XFS4IoT {', '.join(sorted(majors))}" if majors else "", info.firmware]
        return Neighbour(uri, offers, info.model, "; ".join(filter(None, told)))

    def _is_right(self, capabilities: Capabilities) -> bool:
        offered = {one.name for one in capabilities.interfaces or ()}
        return offered.issuperset(self.INTERFACES) and self._suits(capabilities)

    def _check_commands(self, service: XfsService) -> None:
        try:
            for need in self.NEEDS:
                service.require(need)
        except DeviceError:
            service.close()
            raise


def _knows(service: XfsService, command: type[Command[Any]]) -> bool:
    try:
        service.require(command)
    except DeviceError:
        return False
    return True


def _info(kind: Kind, service: XfsService) -> Info:
    common = service.capabilities.common
    devices = (common.device_information if common else None) or []
    model = serial = firmware = ""
    if devices:
        model = devices[0].model_name or ""
        serial = devices[0].serial_number or ""
        parts = [one.firmware_version for one in devices[0].firmware or () if one.firmware_version]
        firmware = ", ".join(parts)
    return Info(kind, "xfs4iot", service.uri, model, serial, firmware)


def _name(uri: str) -> str:
    return urlsplit(uri).path.rstrip("/").rpartition("/")[2]


def online(status: Status) -> bool:
    """Whether nothing is known to be wrong so far, so that more may be said."""
    return status.state in (State.ONLINE, State.BUSY)
