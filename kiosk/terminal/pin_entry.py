"""Runs the entry of a PIN for the dialogue: the key, the dots, the encrypted block, the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace

from drivers.device import CancelToken, DeviceError, Kind, Reason, State, Status
from drivers.hosting.host import Host
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    Key,
    LoadSessionKey,
    MakePinBlock,
    SessionKey,
    StartPinEntry,
)
from kiosk import events
from kiosk.centre.evidence import PinKey
from kiosk.visit.pin_steps import PIN_DIGITS, EnterPin, PinTaken, ShowPin
from kiosk.visit.troubles import device_words
from kiosk.words import Text, _

log = logging.getLogger(__name__)

ENTRY_S = 60.0
"""Longest wait for the next key; the pad itself is less patient, where it is set so."""
COMMAND_S = 5.0
"""Longest wait for a pad that is to load a key, or to encrypt."""
LEFT_S = 10.0
"""Longest wait for the end of an entry whose page was left: only a pad whose driver hangs is not
done with it by then."""
_NOBODY = _("很久没有按键，密码已经清除")
_NOT_HERE: Mapping[Reason, Text] = {
    Reason.NOT_AUTHORISED: _("本机密码键盘没有可用的密钥"),
    Reason.UNSUPPORTED: _("本机密码键盘不能核对这张卡的密码"),
}
"""Why another try at the same pad is of no use."""


class PinTaker:
    """The entries of one visit, one at a time: an entry whose page was left ends in the pad before
    the next one begins."""

    def __init__(self, pad: Host) -> None:
        self._pad = pad
        self._one = threading.Lock()

    def take(self, step: EnterPin, show: ShowPin, cancel: CancelToken) -> Future[PinTaken | None]:
        """Begin an entry; the future has what came of it. After ``cancel`` the pad drops the PIN.
        ``show`` is called in the entry's own thread."""
        future: Future[PinTaken | None] = Future()
        threading.Thread(
            target=self._run, args=(step, show, cancel, future), name="pin", daemon=True
        ).start()
        return future

    def _run(
        self,
        step: EnterPin,
        show: ShowPin,
        cancel: CancelToken,
        future: Future[PinTaken | None],
    ) -> None:
        if not self._one.acquire(timeout=LEFT_S):
            future.set_result(_why_not(Reason.OFFLINE))
            return
        try:
            future.set_result(self._taken(step, show, cancel))
        except Exception as error:  # noqa: BLE001 - the dialogue raises it: a bug, with its number
            future.set_exception(error)
        finally:
            self._one.release()

    def _taken(self, step: EnterPin, show: ShowPin, cancel: CancelToken) -> PinTaken | None:
        try:
            return self._entered(step, show, cancel)
        except DeviceError as error:
            if not cancel.cancelled:
                events.PIN_NOT_TAKEN.log(log, reason=error.reason, detail=error.detail or None)
            return _why_not(error.reason)
        finally:
            self._pad.submit(EndPinEntry(), COMMAND_S)

    def _entered(self, step: EnterPin, show: ShowPin, cancel: CancelToken) -> PinTaken | None:
        if LoadSessionKey in self._pad.requests:
            self._pad.execute(LoadSessionKey(_session_key(step.key)), COMMAND_S, cancel)
        self._pad.execute(StartPinEntry(PIN_DIGITS, PIN_DIGITS), COMMAND_S, cancel)
        while True:
            try:
                press = self._pad.execute(AwaitKey(), ENTRY_S, cancel)
            except DeviceError as error:
                if error.reason in (Reason.TIMEOUT, Reason.CANCELLED):
                    return PinTaken(why_not=_NOBODY, again=True)
                raise
            if press.key is Key.CANCEL:
                return None
            done = press.key is Key.ENTER
            show(replace(step, entered=press.entered, checking=done, wrong=None))
            if done:
                made = MakePinBlock(step.number.reveal())
                return PinTaken(self._pad.execute(made, COMMAND_S, cancel))


def _session_key(key: PinKey) -> SessionKey:
    return SessionKey(
        Algorithm(key.algorithm),
        key.serial,
        bytes.fromhex(key.encrypted),
        bytes.fromhex(key.check_value),
    )


def _why_not(reason: Reason) -> PinTaken:
    if reason in _NOT_HERE:
        return PinTaken(why_not=_NOT_HERE[reason])
    pad = device_words(Kind.PIN_PAD, Status(State.OFFLINE, problem=reason))
    return PinTaken(why_not=pad, again=True)
