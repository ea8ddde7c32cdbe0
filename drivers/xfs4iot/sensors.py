"""The sensors of the cabinet over XFS4IoT: ``Common.Status`` of an Auxiliaries service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from drivers.device import CancelToken, Deadline, DeviceError, Kind, Reason, Request, Status
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.sentence import en
from drivers.xfs4iot.client import TICK_S, XfsService
from drivers.xfs4iot.driver import STATUS_S, ServiceSettings, XfsDriver
from drivers.xfs4iot.messages import Payload, XfsMessage
from drivers.xfs4iot.payloads import (
    AuxiliariesStatus,
    DoorState,
    GetStatus,
    OnOff,
    Presence,
    StatusFacts,
    UpsStatus,
)

P = TypeVar("P", bound=Payload)

LOOK_S = 0.5
"""Seconds between two status requests while waiting; a service need not send an event for every
change."""
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
    """The machine's door, call button, proximity, power and volume.

    The driver counts presses and arrivals itself, from its first look on.
    """

    KIND = Kind.SENSORS
    INTERFACES = ("Auxiliaries",)
    REQUESTS = (ReadSensors, AwaitChange)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.sensors]``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._readings = Readings()
        self._told = AuxiliariesStatus()

    def reset(self) -> None:
        """Does nothing: sensors have no state to reset."""

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Readings:
        service, _ = self._ready()
        if isinstance(request, AwaitChange):
            self._await_change(request.known, service, deadline, cancel)
        return self._readings

    def _await_change(
        self, known: Readings, service: XfsService, deadline: Deadline, cancel: CancelToken
    ) -> None:
        look = Deadline(LOOK_S)
        while self._readings == known:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("nothing changed"))
            service.pump(TICK_S)
            if look.passed():
                self._status(service.ask(GetStatus(), STATUS_S))
                look = Deadline(LOOK_S)

    def _hear(self, message: XfsMessage) -> None:
        if message.is_named(StatusFacts.EVENT):
            self._note(message.read(StatusFacts).auxiliaries)

    def _status(self, facts: StatusFacts) -> Status:
        self._note(facts.auxiliaries)
        return super()._status(facts)

    def _note(self, facts: AuxiliariesStatus | None) -> None:
        if facts is not None:
            self._told = merged(self._told, facts)
            self._readings = read_sensors(self._told, self._readings)


def merged(before: AuxiliariesStatus, news: AuxiliariesStatus) -> AuxiliariesStatus:
    """``before``, updated by the fields of ``news``; a field that ``news`` omits has not
    changed."""
    ups = _over(before.ups, news.ups) if before.ups and news.ups else news.ups
    return _over(before, msgspec.structs.replace(news, ups=ups))


def _over(before: P, news: P) -> P:
    told = {name: getattr(news, name) for name in news.__struct_fields__}
    changed = {name: one for name, one in told.items() if one is not None}
    return msgspec.structs.replace(before, **changed)


def read_sensors(facts: AuxiliariesStatus, before: Readings) -> Readings:
    """The readings after ``facts``; a reading whose field is missing stays as in ``before``."""
    now = before
    if facts.operator_call_button_sensor is not None:
        held = _BUTTON.get(facts.operator_call_button_sensor)
        pressed = held is True and before.call_button is not True
        now = replace(now, call_button=held, call_presses=(before.call_presses + pressed) % _WRAP)
    if facts.proximity_sensor is not None:
        near = _PRESENCE.get(facts.proximity_sensor)
        came = near is True and before.person_near is not True
        now = replace(now, person_near=near, arrivals=(before.arrivals + came) % _WRAP)
    doors = [
        *(facts.cabinet_door, facts.cabinet_front_door, facts.cabinet_rear_door),
        *(facts.cabinet_left_door, facts.cabinet_right_door, facts.safe_door),
    ]
    if there := [_DOOR.get(door) for door in doors if door is not None]:
        now = replace(now, door_open=True if True in there else None if None in there else False)
    if facts.ups is not None:
        now = replace(now, power=_power(facts.ups))
    if facts.volume is not None:
        now = replace(now, volume_percent=max(0, min(100, round(facts.volume / 10))))
    return now


def _power(ups: UpsStatus) -> Power | None:
    if ups.engaged is None and ups.powering is None:
        return None
    if not (ups.engaged or ups.powering):
        return Power.MAINS
    return Power.BATTERY_LOW if ups.low else Power.BATTERY
