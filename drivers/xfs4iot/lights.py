"""Lights over XFS4IoT: ``Lights.SetLight``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drivers.device import CancelToken, Deadline, DeviceError, Kind, Reason, Request
from drivers.lights.types import AllOff, FlashRate, Light, SetLight
from drivers.sentence import en
from drivers.xfs4iot.client import XfsService
from drivers.xfs4iot.driver import RESET_S, ServiceSettings, XfsDriver
from drivers.xfs4iot.failures import FailedError
from drivers.xfs4iot.messages import ErrorCode
from drivers.xfs4iot.payloads import LightState, SwitchLights


class XfsLights(XfsDriver):
    """The guidance lights of a machine, whose capabilities list them."""

    KIND = Kind.LIGHTS
    INTERFACES = ("Lights",)
    NEEDS = (SwitchLights,)
    REQUESTS = (SetLight, AllOff)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.lights]``."""

        position: str = "default"
        """The position of a light to use, for machines whose lights have several."""
        names: Mapping[Light, str] = msgspec.field(default_factory=dict)
        """A vendor's names of lights that XFS4IoT does not name: ``camera = "oemFaceLight"``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def reset(self) -> None:
        """Switch every light off."""
        self._all_off(Deadline(RESET_S), CancelToken())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> None:
        service, _ = self._ready()
        match request:
            case SetLight(light, rate, colour):
                name = self._name(light)
                there = service.capabilities.light_names()
                if name is None or (there and name.casefold() not in there):
                    raise DeviceError(
                        Reason.UNSUPPORTED, en("this machine has no light {light}", light=light)
                    )
                state = LightState(flash_rate=rate.value, color=colour.value)
                name = there.get(name.casefold(), name)
                self._switch(service, {name: state}, deadline, cancel)
            case AllOff():
                self._all_off(deadline, cancel)

    def _all_off(self, deadline: Deadline, cancel: CancelToken) -> None:
        service, _ = self._ready()
        off = LightState(flash_rate=FlashRate.OFF.value)
        names = [name for name in map(self._name, Light) if name is not None]
        there = service.capabilities.light_names()
        if there:
            ours = {there[name.casefold()]: off for name in names if name.casefold() in there}
            if ours:
                self._switch(service, ours, deadline, cancel)
            return
        for name in names:  # the machine does not list its lights: try all
            try:
                self._switch(service, {name: off}, deadline, cancel)
            except FailedError as error:
                if error.error is not ErrorCode.INVALID_LIGHT:
                    raise

    def _switch(
        self,
        service: XfsService,
        lights: dict[str, LightState],
        deadline: Deadline,
        cancel: CancelToken,
    ) -> None:
        command = SwitchLights(lights=lights, position=self._settings.position)
        service.call(command, deadline, cancel)

    def _name(self, light: Light) -> str | None:
        """The machine's name of a light; ``None`` when neither standard nor settings name it."""
        return self._settings.names.get(light, None if light is Light.CAMERA else light.value)
