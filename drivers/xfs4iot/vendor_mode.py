"""Vendor mode over XFS4IoT: whether the bank's technician asks for the machine, or has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en
from drivers.vendor_mode.types import Agree, AwaitMode, Mode, ReadMode
from drivers.xfs4iot.client import CONNECT_S, TICK_S, XfsService
from drivers.xfs4iot.driver import STATUS_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.messages import XfsMessage
from drivers.xfs4iot.payloads import (
    AcknowledgeEnter,
    AcknowledgeExit,
    GetStatus,
    RegisterVendorMode,
    StatusFacts,
    VendorModeDevice,
    VendorModeEvent,
    VendorModeState,
)

LOOK_S = 0.5
_MODES = {
    VendorModeState.INACTIVE: Mode.INACTIVE,
    VendorModeState.ENTER_PENDING: Mode.ENTER_PENDING,
    VendorModeState.ACTIVE: Mode.ACTIVE,
    VendorModeState.EXIT_PENDING: Mode.EXIT_PENDING,
}
_EVENTS = {
    VendorModeEvent.ENTER_REQUEST: Mode.ENTER_PENDING,
    VendorModeEvent.ENTERED: Mode.ACTIVE,
    VendorModeEvent.EXIT_REQUEST: Mode.EXIT_PENDING,
    VendorModeEvent.EXITED: Mode.INACTIVE,
}


class XfsVendorMode(XfsDriver):
    """Registers with the service, so that the machine is handed over only when this driver agrees.

    In any other mode than ``INACTIVE`` the status is ``OFFLINE``, with the mode as detail.
    """

    KIND = Kind.VENDOR_MODE
    INTERFACES = ("VendorMode",)
    NEEDS = (RegisterVendorMode, AcknowledgeEnter, AcknowledgeExit)
    REQUESTS = (ReadMode, AwaitMode, Agree)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.vendor_mode]``."""

        name: str = "provident fund terminal"
        """The name of this program in the technician's list."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._mode = Mode.UNKNOWN

    def reset(self) -> None:
        """Does nothing: vendor mode has no state to reset."""

    def _begin(self, service: XfsService) -> None:
        register = RegisterVendorMode(app_name=self._settings.name)
        service.call(register, Deadline(CONNECT_S), CancelToken())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Mode | None:
        service, _ = self._ready()
        match request:
            case AwaitMode(known):
                self._await_change(known, service, deadline, cancel)
            case Agree():
                self._agree(service, deadline, cancel)
                return None
        return self._mode

    def _await_change(
        self, known: Mode, service: XfsService, deadline: Deadline, cancel: CancelToken
    ) -> None:
        look = Deadline(LOOK_S)
        while self._mode is known:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("nothing changed"))
            service.pump(TICK_S)
            if look.passed():
                self._status(service.ask(GetStatus(), STATUS_S))
                look = Deadline(LOOK_S)

    def _agree(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        match self._mode:
            case Mode.ENTER_PENDING:
                service.call(AcknowledgeEnter(), deadline, cancel)
            case Mode.EXIT_PENDING:
                service.call(AcknowledgeExit(), deadline, cancel)
            case _:
                raise DeviceError(Reason.UNSUPPORTED, en("nobody asks to hand the machine over"))

    def _hear(self, message: XfsMessage) -> None:
        event = VendorModeEvent(message.header.name)
        if event in _EVENTS:
            self._mode = _EVENTS[event]

    def _status(self, facts: StatusFacts) -> Status:
        told = facts.vendor_mode
        if told is not None and told.service is not None:
            self._mode = _MODES.get(told.service, Mode.UNKNOWN)
        # This service has no device, and some services report no state of one.
        status = super()._status(facts)
        if status.state is State.UNKNOWN and told is not None:
            well = told.device is VendorModeDevice.ONLINE
            status = Status(State.ONLINE) if well else status
        if online(status) and self._mode is not Mode.INACTIVE:
            return replace(
                status,
                state=State.OFFLINE,
                problem=Reason.OFFLINE,
                detail=en("the machine's vendor mode: {mode}", mode=self._mode),
                mend=en("end the vendor mode at the machine"),
            )
        return status
