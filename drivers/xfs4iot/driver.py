"""Base of the drivers over XFS4IoT: finds the service, connects to it, reads the status."""

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
from drivers.sentence import en, words_of
from drivers.xfs4iot.client import CONNECT_S, PORTS, XfsService, discover
from drivers.xfs4iot.failures import status_of
from drivers.xfs4iot.messages import Command, XfsMessage
from drivers.xfs4iot.payloads import Capabilities, GetStatus, StatusFacts

STATUS_S = 0.9
"""Longest time of one status, in seconds, a new connection included."""
RESET_S = 10.0

_Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of a device's service; every table of a device over XFS4IoT has these
    settings."""

    service: str = ""
    """The whole address, ``wss://127.0.0.1:5846/xfs4iot/v1.0/ReceiptPrinter``, or only the name at
    its end, which is looked up among the published services. Empty: the first service of the right
    kind."""
    machine: str = "127.0.0.1"
    """The machine whose publisher is asked unless ``service`` is a whole address; number or
    name."""
    ports: tuple[_Port, ...] = PORTS
    """The ports at which to look for the publisher."""
    tls: bool = False
    """True: look for the publisher, and use services, over TLS only."""
    ca: str = ""
    """A file (PEM) with the authorities that may sign certificates. Empty: those of the system."""


class XfsDriver(Driver):
    """A driver of one device class over one service; the next command reopens a lost connection.

    ``KIND`` is the device class, ``INTERFACES`` the interfaces that the service must offer,
    ``NEEDS`` the commands that the driver cannot do without.
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
        """From ``Common.Capabilities`` of the service; before ``open``, only kind and address."""
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return self.REQUESTS

    def open(self) -> None:
        """Find the service and agree on versions with it.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when no service is of this kind, ``UNSUPPORTED``
        when the service is too old, ``NOT_AUTHORISED`` when its certificate is invalid.
        """
        self.close()
        self._take(self._found())

    def close(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.close()

    def status(self) -> Status:
        """The device's status (``Common.Status``). Raises ``OFFLINE`` when the service is gone."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        return self._status(self._look(service, limit.remaining()))

    def self_test(self) -> tuple[Check, ...]:
        """Whether the service answers and knows the commands, and the device is ready."""
        try:
            service = self._connected()
            status = self.status()
        except DeviceError as error:
            return (Check("service", False, words_of(error)),)
        missing = [need.NAME for need in self.NEEDS if not _knows(service, need)]
        return (
            Check("service", True, service.uri),
            Check("commands", not missing, ", ".join(missing) or en("all known")),
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
        """Carry out ``request``; passes a cancel on to the service within 50 ms.

        Raises the errors of the request; ``OFFLINE`` when the service is gone or takes no commands,
        ``GARBLED`` for nonsense, ``UNSUPPORTED`` when service or device cannot do it.
        """
        if not isinstance(request, self.requests):
            raise DeviceError(
                Reason.UNSUPPORTED,
                en("a {kind} knows no {request}", kind=self.KIND, request=type(request).__name__),
            )
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        return self._do(request, deadline, cancel)

    # -- what a device class adds -------------------------------------------------------------

    @abstractmethod
    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out one of ``REQUESTS``."""

    def _suits(self, capabilities: Capabilities) -> bool:
        """Whether a service with these capabilities is of the right kind."""
        return True

    def _look(self, service: XfsService, seconds: float) -> StatusFacts:
        """Ask the service for the status of the device."""
        return service.ask(GetStatus(), seconds)

    def _status(self, facts: StatusFacts) -> Status:
        """The status that ``facts`` mean for this kind of device."""
        return status_of(facts.common.device if facts.common else None)

    def _begin(self, service: XfsService) -> None:
        """Called first on every new connection."""

    def _hear(self, message: XfsMessage) -> None:
        """Called for every unsolicited event."""

    # -- the service --------------------------------------------------------------------------

    def _connected(self, seconds: float = CONNECT_S) -> XfsService:
        """The connection; reopens a lost connection at the same address."""
        if self._service is None:
            raise DeviceError(Reason.NO_DEVICE, en("not opened yet"))
        if self._service.closed:
            self._take(self._greeted(self._service.uri, seconds))
        return self._service

    def _ready(self) -> tuple[XfsService, Status]:
        """A service that answers now, and the status of its device.

        Tries a failed connection once more: nothing was asked of the device yet, so that is safe.
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
        """As :meth:`_ready`, but raises the device's problem, with ``pages`` 0."""
        try:
            service, status = self._ready()
        except DeviceError as error:
            raise error.with_pages(0) from error
        if not status.usable:
            self.report(status)
            raise DeviceError(status.problem or Reason.OFFLINE, status.detail, mend=status.mend)
        return service

    def _take(self, service: XfsService) -> None:
        """Use a new connection from now on; closes it instead when :meth:`_begin` fails."""
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
            en("none of {count} services is a {kind}", count=len(addresses), kind=self.KIND),
            mend=en("correct service in the settings, or add the device to the machine's services"),
        )

    def _addresses(self) -> Sequence[str]:
        where = self._where
        if "://" in where.service:
            if where.tls and not where.service.startswith("wss://"):
                raise DeviceError(
                    Reason.UNSUPPORTED,
                    en("{service} is not over TLS", service=where.service),
                    mend=en("write wss://…"),
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
        offers = ", ".join(i.name for i in interfaces if i.name and i.name.casefold() != "common")
        info = _info(self.KIND, service)
        service.close()
        offered = (v for i in interfaces for v in (i.commands or {}).values() if v)
        majors = {said.partition(".")[0] for one in offered for said in one.versions or ()}
        told = [f"XFS4IoT {', '.join(sorted(majors))}" if majors else "", info.firmware]
        return Neighbour(uri, offers, info.model, "; ".join(filter(None, told)))

    def _is_right(self, capabilities: Capabilities) -> bool:
        offered = {one.name.casefold() for one in capabilities.interfaces or () if one.name}
        needed = {name.casefold() for name in self.INTERFACES}
        return offered.issuperset(needed) and self._suits(capabilities)

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
    """Whether ``status`` has no problem so far, so that a driver may add its own findings."""
    return status.state in (State.ONLINE, State.BUSY)
