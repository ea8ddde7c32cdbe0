"""The sensors of the cabinet over XFS4IoT: ``Common.Status`` of an Auxiliaries service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.device import CancelToken, Deadline, DeviceError, Reason, Request, Status
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.xfs4iot.client import TICK_S, Service
from drivers.xfs4iot.driver import STATUS_S, ServiceSettings, XfsDriver
from drivers.xfs4iot.messages import Message
from drivers.xfs4iot.payloads import (
    AuxiliariesStatus,
    DoorState,
    GetStatus,
    OnOff,
    Presence,
    StatusFacts,
    UpsStatus,
)

LOOK_S = 0.5
"""How often the sensors are asked: a service need not tell every change by itself."""
_WRAP = 0x10000
_DOOR = {
    DoorState.OPEN: True,
    DoorState.TAMPERED: True,
    DoorState.CLOSED: False,
    DoorState.LOCKED: False,
    DoorState.BOLTED: False,
}
_PRESENCE = {Presence.PRESENT: True, Presence.NOT_PRESENT: False}
_BUTTON = {OnOff.ON: True, OnOff.OFF: False}


class XfsSensors(XfsDriver):
    """What the machine tells of door, call button, proximity, power and volume.

    Presses and arrivals are counted here, from the first look on.
    """

    KIND = "sensors"
    INTERFACES = ("Auxiliaries",)
    REQUESTS = (ReadSensors, AwaitChange)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.sensors]``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._readings = Readings()

    def reset(self) -> None:
        """Nothing to bring back: sensors are only read."""

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Readings:
        service, _ = self._ready()
        if isinstance(request, AwaitChange):
            self._await_change(request.known, service, deadline, cancel)
        return self._readings

    def _await_change(
        self, known: Readings, service: Service, deadline: Deadline, cancel: CancelToken
    ) -> None:
        look = Deadline(LOOK_S)
        while self._readings == known:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, "nothing changed")
            service.pump(TICK_S)
            if look.passed():
                self._status(service.ask(GetStatus(), STATUS_S))
                look = Deadline(LOOK_S)

    def _hear(self, message: Message) -> None:
        if message.header.name == StatusFacts.EVENT:
            self._note(message.read(StatusFacts).auxiliaries)

    def _status(self, facts: StatusFacts) -> Status:
        self._note(facts.auxiliaries)
        return super()._status(facts)

    def _note(self, facts: AuxiliariesStatus | None) -> None:
        if facts is not None:
            self._readings = read_sensors(facts, self._readings)


def read_sensors(facts: AuxiliariesStatus, before: Readings) -> Readings:
    """The readings after ``facts``; what they do not mention stays as it was."""
    now = before
    if facts.operator_call_button_sensor is not None:
        held = _BUTTON.get(facts.operator_call_button_sensor)
        pressed = held is True and before.call_button is not True
        now = replace(now, call_button=held, call_presses=(before.call_presses + pressed) % _WRAP)
    if facts.proximity_sensor is not None:
        near = _PRESENCE.get(facts.proximity_sensor)
        came = near is True and before.person_near is not True
        now = replace(now, person_near=near, arrivals=(before.arrivals + came) % _WRAP)
    if facts.cabinet_door is not None:
        now = replace(now, door_open=_DOOR.get(facts.cabinet_door))
    if facts.ups is not None:
        now = replace(now, power=_power(facts.ups))
    if facts.volume is not None:
        now = replace(now, volume_percent=max(0, min(100, round(facts.volume / 10))))
    return now


def _power(ups: UpsStatus) -> Power:
    if not (ups.engaged or ups.powering):
        return Power.MAINS
    return Power.BATTERY_LOW if ups.low else Power.BATTERY
