"""The cabinet's lights, sounds, voice and sensors: a light shows where to act, a sound the result.

Lights, sounds and the voice only help: the screen always shows the same. A light that stays dark
stops no visit; the status of its device tells the technician.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from drivers.device import Deadline, DeviceError, Kind, Media, Reason
from drivers.hosting.host import Host
from drivers.lights.types import AllOff, FlashRate, Light, SetLight
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.speaker.types import Play, Sound
from kiosk import events
from kiosk.terminal.voice import Voice
from kiosk.terminal.volume import FULL
from kiosk.visit.face_steps import CaptureFace, FaceCoaching
from kiosk.visit.pin_steps import EnterPin
from kiosk.visit.steps import DeviceStep, Farewell, PaperReady, PrintStep, Step
from kiosk.words import Language, Text, _

LIGHTS: Mapping[str, Light] = {
    Kind.ID_CARD: Light.CONTACTLESS,
    Kind.SMART_CARD: Light.CARD_READER,
    Kind.CODE_SCANNER: Light.SCANNER,
    Kind.PIN_PAD: Light.PIN_PAD,
    Kind.CAMERA: Light.CAMERA,
    Kind.RECEIPT_PRINTER: Light.RECEIPT_PRINTER,
    Kind.DOCUMENT_PRINTER: Light.DOCUMENT_PRINTER,
}
"""The light beside each device."""
_NOBODY = (Reason.TIMEOUT, Reason.CANCELLED)
_SECONDS = 5.0
_AGAIN_S = 2.0
_POWER: Mapping[Power | None, Text] = {
    Power.BATTERY: _("停电了，正在用备用电源，请尽快办完"),
    Power.BATTERY_LOW: _("备用电源快用完了，请到柜台办理"),
}
log = logging.getLogger(__name__)


class Cabinet:
    """Lights, speaker and sensors, as far as this terminal has them. No method except :meth:`watch`
    waits for a device."""

    def __init__(
        self, hosts: Mapping[Kind, Host], speaks: Callable[[], Language] | None = None
    ) -> None:
        """``speaks``: the language in which the speaker says sentences; without it, none."""
        self._hosts = hosts
        speaker = hosts.get(Kind.SPEAKER)
        self._voice = Voice(speaker, speaks, self._volume) if speaker and speaks else None
        self.usual_volume = FULL
        """In percent, where no knob of the cabinet tells another."""
        self._lit: Light | None = None
        self._readings: Readings | None = None  # None: not known yet, or not any more
        self._noted = Readings()  # the last that were read, also when they are known no more
        self._near: bool | None = None  # what the proximity sensor has said last

    @property
    def power(self) -> Text | None:
        """The notice for citizens about the power; ``None`` on mains power or when not known."""
        readings = self._readings
        return _POWER.get(readings.power) if readings else None

    def go_dark(self) -> None:
        """Switch off all lights, since the last visit may have left one lit."""
        self._tell(Kind.LIGHTS, AllOff())

    def guide(self, step: Step[Any]) -> None:
        """Switch on the light of the device that ``step`` uses, and the last light off. The light
        of a printer stays on through :class:`PaperReady`, until the paper is taken. A card that
        the citizen forgets has its light, and a sound each time that the farewell is shown."""
        light = self._lit if isinstance(step, PaperReady) else None
        if isinstance(step, Farewell) and step.lies:
            light = self._holder_of_card()
            self._play(Sound.ERROR)
        self._speak(step)
        if isinstance(step, DeviceStep):
            light = LIGHTS.get(step.device)
        if isinstance(step, EnterPin):
            light = LIGHTS[Kind.PIN_PAD]
        if light is self._lit:
            return
        if self._lit:
            self._tell(Kind.LIGHTS, SetLight(self._lit, FlashRate.OFF))
        if light:
            self._tell(Kind.LIGHTS, SetLight(light, FlashRate.MEDIUM))
        self._lit = light

    def _speak(self, step: Step[Any]) -> None:
        if self._voice is None:
            return
        match step:
            case CaptureFace(coaching=coaching):
                self.coach(coaching)
            case Farewell(lies=lies, why=why) if lies or not why:
                self._voice.show(step.words)
            case _:
                self._voice.fall_silent()

    def coach(self, coaching: FaceCoaching) -> None:
        """Say aloud what the page of a face capture shows now."""
        if self._voice:
            self._voice.show(coaching.say, coaching.lead)

    def fall_silent(self) -> None:
        """The page that spoke is gone: nothing of it is said any more."""
        if self._voice:
            self._voice.fall_silent()

    def _holder_of_card(self) -> Light | None:
        for kind in (Kind.ID_CARD, Kind.SMART_CARD):
            host = self._hosts.get(kind)
            if host and host.status.media is Media.PRESENT:
                return LIGHTS[kind]
        return None

    def tell_end(self, step: Step[Any], error: BaseException | None) -> None:
        """Play the sound for the end of ``step``: success or ``error``. Silent after a time-out or
        a cancel, since then nobody stands at the terminal."""
        self.fall_silent()
        if error is None:
            self._play(Sound.DONE if isinstance(step, PrintStep) else Sound.READ)
        elif not isinstance(error, DeviceError) or error.reason not in _NOBODY:
            self._play(Sound.ERROR)

    def watch(self, changed: Callable[[], None], stands: Callable[[bool], None]) -> None:
        """Follow the sensors until their host is stopped; calls ``changed`` when :attr:`power` has
        changed, ``stands`` when somebody has gone away or come: whether somebody stands in front
        now."""
        host = self._hosts[Kind.SENSORS]
        while not host.stopped:
            known, power = self._readings, self.power
            pause = Deadline(_AGAIN_S)
            try:
                readings = host.execute(AwaitChange(known) if known else ReadSensors(), _SECONDS)
            except DeviceError as error:
                if error.reason not in _NOBODY:
                    self._readings = None
                time.sleep(pause.remaining())  # no pause after a wait that took its whole time
            else:
                self._readings = readings
                _note(self._noted, readings)
                self._noted = readings
                self._note_near(readings.person_near, stands)
            if self.power is not power:
                changed()

    def _note_near(self, near: bool | None, stands: Callable[[bool], None]) -> None:
        """A sensor that says nothing, or has never seen anybody, sends nobody away."""
        before = self._near
        if near is not None:
            self._near = near
            if before is not None and near is not before:
                stands(near)

    def _play(self, sound: Sound) -> None:
        self._tell(Kind.SPEAKER, Play(sound, self._volume()))

    def _volume(self) -> int:
        """Percent, as the knob of the cabinet is turned; the usual one where there is no knob."""
        readings = self._readings
        volume = readings.volume_percent if readings else None
        return self.usual_volume if volume is None else volume

    def _tell(self, kind: Kind, request: AllOff | SetLight | Play) -> None:
        if host := self._hosts.get(kind):
            host.submit(request, _SECONDS)


def _note(before: Readings, now: Readings) -> None:
    """Log the changes that matter to the operator: call button, door, power.

    A count of 0 is that of a board which was switched on again, and no press.
    """
    if before != Readings() and now.call_presses not in (0, before.call_presses):
        events.CALL_BUTTON_PRESSED.log(log)
    if now.door_open and not before.door_open:
        events.CABINET_DOOR_OPEN.log(log)
    if before.door_open and not now.door_open:
        events.CABINET_DOOR_CLOSED.log(log)
    if now.power is not before.power and now.power is not None:
        events.POWER.log(log, state=now.power.value)
