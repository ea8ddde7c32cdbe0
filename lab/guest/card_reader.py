"""The chip card reader of the lab: QEMU's CCID reader, pcscd with Debian's libccid, our cards.

QEMU speaks with a card in the protocol of libcacard (VSCard: type, reader, length, all big-endian),
our emulated cards speak the protocol of a virtual reader (vpcd). This module translates.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import struct
import subprocess
import threading
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import Any

from drivers.emulators.smart_card import SmartCardReader
from drivers.smart_card.winscard import Context, PcscError
from lab.guest.cables import Hotplug, until
from lab.guest.qmp import port

_HEAD = struct.Struct(">III")
_LENGTH = struct.Struct(">H")
_HELLO = struct.pack(">4sII", b"VSCD", 0x00000002, 0)  # magic, version 0.0.2, no capabilities
_POWER_ON, _GET_ATR = b"\0\1\1", b"\0\1\4"
_OUR_READER = 0
_SOCKET = Path("/run/pcscd/pcscd.comm")


class _Type(IntEnum):
    INIT = 1
    ERROR = 2
    READER_ADD = 3
    ATR = 5
    CARD_REMOVE = 6
    APDU = 7


class CcidReader:
    """A card reader on USB, the PC/SC service, and a card that is put and lifted.

    Orders besides those of :class:`SmartCardReader`: ``unplug`` and ``plug``, the reader's cable;
    ``end service`` and ``start service``, pcscd.
    """

    address = "CCID"  # part of the reader's name in PC/SC

    def __init__(self, cable: Hotplug) -> None:
        self.cable = cable
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._cards = SmartCardReader(self._listener.getsockname()[1])
        self._guard = threading.RLock()
        self._line = os.open(port("card"), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._plugged = False
        self._card: socket.socket | None = None
        self._heard = bytearray()
        self._atr = b""
        self._service: subprocess.Popen[bytes] | None = None
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="card reader", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.obey("start service")
        self.obey("plug")

    def stop(self) -> None:
        self._cards.stop()
        self.obey("unplug")
        self.obey("end service")
        os.close(self._wake)
        self._thread.join()
        self._listener.close()
        os.close(self._line)
        os.close(self._woken)

    def obey(self, order: str, **facts: Any) -> None:
        match order:
            case "plug":
                self._plug()
            case "unplug":
                with self._guard:
                    self._plugged = False
                self.cable.unplug()
                until(lambda: not self._listed(), "the service keeps a reader that is gone")
            case "start service":
                self._start_service()
            case "end service":
                self._end_service()
            case _:
                self._cards.obey(order, **facts)
                if order == "well":
                    self._start_service()

    def look(self) -> dict[str, Any]:
        return self._cards.look()

    def _plug(self) -> None:
        self.cable.plug()
        with self._guard:
            if not self._plugged:
                self._plugged = True
                self._tell(_Type.INIT, _HELLO)
                self._tell(_Type.READER_ADD, b"Lab\0")
                if self._atr:
                    self._tell(_Type.ATR, self._atr)
        if self._service is not None:
            until(self._listed, "the service does not find the reader")

    def _listed(self) -> bool:
        """Whether the service lists a reader; False if no service runs."""
        try:
            context = Context()
        except PcscError:
            return False
        try:
            return bool(context.readers())
        finally:
            context.release()

    def _start_service(self) -> None:
        if self._service is None:
            shutil.rmtree(_SOCKET.parent, ignore_errors=True)
            _SOCKET.parent.mkdir()
            known = subprocess.run(["pcscd", "--help"], capture_output=True, check=False).stdout
            free = ["--disable-polkit"] if b"--disable-polkit" in known else []
            self._service = subprocess.Popen(["pcscd", "--foreground", *free])
            until(_SOCKET.exists, "pcscd did not start")

    def _end_service(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.kill()
            service.wait()

    # -- between card and reader --------------------------------------------------------------

    def _tell(self, kind: _Type, data: bytes) -> None:
        with self._guard:
            message = _HEAD.pack(kind, _OUR_READER, len(data)) + data
            while self._plugged and message:
                with suppress(BlockingIOError):
                    message = message[os.write(self._line, message) :]

    def _run(self) -> None:
        from_reader = bytearray()
        while True:
            sources = [self._woken, self._line, (self._card or self._listener).fileno()]
            ready, _, _ = select.select(sources, [], [])
            if self._woken in ready:
                break
            if self._line in ready:
                with suppress(BlockingIOError):
                    from_reader += os.read(self._line, 4096)
                for apdu in _apdus(from_reader):
                    self._ask_card(apdu)
            elif self._card is None:
                self._take_card()
            else:
                self._hear_card(self._card)
        if self._card is not None:
            self._card.close()

    def _take_card(self) -> None:
        self._card, _ = self._listener.accept()
        self._card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard.clear()
        # QEMU does not tell when the reader powers a card up; ours answer only after that.
        self._card.sendall(_POWER_ON + _GET_ATR)

    def _ask_card(self, apdu: bytes) -> None:
        if self._card is not None:
            with suppress(OSError):  # the card is being lifted: `_hear_card` finds out next
                self._card.sendall(_LENGTH.pack(len(apdu)) + apdu)

    def _hear_card(self, card: socket.socket) -> None:
        try:
            data = card.recv(4096)
        except ConnectionError:
            data = b""
        self._heard += data
        for answer in _answers(self._heard):
            if self._atr:
                self._tell(_Type.APDU, answer)
            else:
                self._atr = answer
                self._tell(_Type.ATR, answer)
        if not data:
            card.close()
            self._card, self._atr = None, b""
            self._tell(_Type.CARD_REMOVE, b"")


def _apdus(come: bytearray) -> list[bytes]:
    """Take all whole messages out of ``come``; returns the APDUs among them."""
    found = []
    while len(come) >= _HEAD.size:
        kind, _, length = _HEAD.unpack_from(come)
        if len(come) < _HEAD.size + length:
            break
        if kind == _Type.APDU:
            found.append(bytes(come[_HEAD.size : _HEAD.size + length]))
        del come[: _HEAD.size + length]
    return found


def _answers(come: bytearray) -> list[bytes]:
    """Take all whole answers of the card out of ``come``."""
    found = []
    while len(come) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(come)
        if len(come) < _LENGTH.size + length:
            break
        found.append(bytes(come[_LENGTH.size : _LENGTH.size + length]))
        del come[: _LENGTH.size + length]
    return found
