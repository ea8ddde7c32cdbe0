"""An emulated chip card reader: cards in a virtual PC/SC reader (vpcd).

Runs as a program of its own too: ``python -m drivers.emulators.smart_card --help``. A process that
uses PC/SC must not emulate its own card: at its end it would wait for ever until the card is
powered down.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from drivers.device import Kind
from drivers.emulators.rig import Rig
from drivers.emulators.smart_cards.cards import ChipCard, make_card
from drivers.emulators.smart_cards.pcscd import PcscService, missing

__all__ = ["FAULTS", "READER", "VPCD_PORT", "SmartCardReader", "main", "missing"]

VPCD_PORT = 35963
"""The port at which Debian's vsmartcard-vpcd waits for the card of its first slot."""
READER = "Kiosk IC"
"""The reader's name in the emulator's own service; its first slot is ``Kiosk IC 00 00``."""
FAULTS = ("yank in mid-apdu", "mute", "slow", "garbage", "status")
_NOTICE_S = 0.5  # pcscd polls a virtual reader every 0.4 s and misses a faster exchange
_AGAIN_S = 0.05
_GARBAGE = bytes.fromhex("6FFE84FF00A5810061FF9000")
_COMMANDS_SEEN = 50
_HEADER = struct.Struct(">H")


class _Control(IntEnum):
    """Messages of one byte from the reader to the card; a longer message is an APDU."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


@dataclass(slots=True)
class _ChipFault:
    at: int = 1  # strikes from this APDU on, counted from the order or the last `put`
    seconds: float = 0.0
    status: int = 0
    ins: int | None = None
    data: bytes = _GARBAGE


class _ForeignProtocolError(EOFError):
    """The reader speaks the other protocol than the card: pcscd has missed an exchange."""


class SmartCardReader:
    """A slot of a virtual reader, with a card that is put and lifted, and faults.

    ``where`` is a folder for the emulator's own PC/SC service, which starts and stops with the
    reader, or the port of a slot of a running service.

    Orders of :meth:`obey` and their facts:

    * ``put`` – ``kind`` (``bank``, ``social-security``, ``unknown``) and the fields of its class in
      :mod:`drivers.emulators.smart_cards.cards`; a card that is in the reader is lifted first,
      slowly enough for pcscd to notice. ``lift`` – the card is taken away.
    * ``swap`` – the same facts; the card is exchanged faster than pcscd polls. With ``at``, the
      exchange comes in place of the answer to that APDU instead of now. A command in the protocol
      of the card before breaks the new card's contact, long enough for pcscd to notice.
    * Faults from the APDU ``at`` on (default: the next), counted anew with every ``put``:
      ``yank in mid-apdu``, once; ``mute``, no answer ever; ``slow``, every answer ``seconds``
      later; ``garbage``, ``data`` in place of every answer; ``status``, the code ``sw``, with
      ``ins`` only to that instruction. They last until ``well``.
    * ``well`` – ends all faults; a card that was mute stays mute until it is lifted.
    * ``unplug`` – the service dies as in a crash; ``plug`` – the service starts again. Both need
      the emulator's own service.

    When the service ends, the card stays in the reader, and is there when the service starts again.
    """

    def __init__(self, where: Path | int) -> None:
        self._service: PcscService | None = None
        if isinstance(where, int):
            self._port = where
        else:
            self._service = PcscService(where, [READER])
            self._port = self._service.readers[READER]
        self._changed = threading.Condition()
        self._card: ChipCard | None = None
        self._wire: socket.socket | None = None
        self._met = False  # whether the reader has spoken to this card
        self._protocol = ""  # of the card that the reader has powered up last
        self._thread: threading.Thread | None = None
        self._faults: dict[str, _ChipFault] = {}
        # the APDU that triggers the swap, and the new card
        self._swap: tuple[int, ChipCard] | None = None
        self._count = 0  # APDUs since the card was put or a fault was ordered
        self._commands: deque[str] = deque(maxlen=_COMMANDS_SEEN)
        self._resets = 0

    @property
    def address(self) -> str:
        """The socket of the emulator's own service, for ``service`` of the driver's settings; ""
        for another service."""
        return str(self._service.socket) if self._service else ""

    def start(self) -> None:
        """Start the emulator's own service, if it has one. Raises ``OSError`` when that fails."""
        if self._service:
            self._service.start()

    def stop(self) -> None:
        self._lift()
        if self._service:
            self._service.stop()

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other, and
        ``OSError`` when no service listens at the port of the slot."""
        match order:
            case "put":
                card = make_card(facts)
                if self._lift():
                    time.sleep(_NOTICE_S)
                self._put(card)
            case "lift" if not facts:
                self._lift()
            case "swap":
                self._order_swap(facts)
            case "well" if facts.keys() <= {"fault"}:
                with self._changed:
                    for fault in facts.values() or [*self._faults, "swap"]:
                        self._faults.pop(fault, None)
                        self._swap = None if fault == "swap" else self._swap
            case "plug" if self._service and not facts:
                self._service.start()
            case "unplug" if self._service and not facts:
                self._service.kill()
            case _ if order in FAULTS:
                fault = _fault_of(order, facts)
                with self._changed:
                    self._faults[order] = fault
                    self._count = 0
            case _:
                raise ValueError(f"a chip card reader knows no order {order!r} with {list(facts)}")

    def look(self) -> dict[str, Any]:
        """What a person beside the reader would see; the data of the card are left out.

        ``plugged`` bool, whether the service runs; ``card`` str, the kind of the card in the
        reader, or ""; ``connected`` bool, whether the card is connected to the service;
        ``commands`` list of str, the command headers since the card was put (CLA INS P1 P2 in
        hexadecimal), newest last, at most 50;
        ``resets`` int, how often a card was powered up or reset; ``faults`` list of str.
        """
        with self._changed:
            return {
                "plugged": self._service is None or self._service.runs,
                "card": self._card.kind if self._card else "",
                "connected": self._wire is not None,
                "commands": list(self._commands),
                "resets": self._resets,
                "faults": [*self._faults, *(["swap"] if self._swap else [])],
            }

    # -- the hand -----------------------------------------------------------------------------

    def _put(self, card: ChipCard) -> None:
        wire = self._connect()
        with self._changed:
            self._card, self._count, self._wire, self._met = card, 0, wire, False
            self._commands.clear()
            self._thread = threading.Thread(
                target=self._run, args=(card, wire), name="emulated smart_card", daemon=True
            )
            self._thread.start()

    def _lift(self) -> bool:
        """Take the card away; returns whether there was one. Waits first until the reader has
        spoken to a new card, at most :data:`_NOTICE_S`: the connection of a card that leaves sooner
        would stay in vpcd's queue, before the next card's."""
        with self._changed:
            self._changed.wait_for(lambda: self._met or self._wire is None, _NOTICE_S)
            card, self._card = self._card, None
            thread, self._thread = self._thread, None
            if self._wire is not None:
                with suppress(OSError):  # vpcd has closed it already
                    self._wire.shutdown(socket.SHUT_RDWR)
            self._changed.notify_all()
        if thread is not None:
            thread.join()
        return card is not None

    def _order_swap(self, facts: Mapping[str, Any]) -> None:
        rest = dict(facts)
        at = rest.pop("at", None)
        card = make_card(rest)
        if at is None:
            self._lift()
            self._put(card)
            return
        with self._changed:
            self._swap = (_natural(at), card)
            self._count = 0

    # -- the wire -----------------------------------------------------------------------------

    def _connect(self) -> socket.socket:
        wire = socket.create_connection(("127.0.0.1", self._port), 1.0)
        wire.settimeout(None)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wire

    def _run(self, card: ChipCard, wire: socket.socket | None) -> None:
        """Play ``card`` until it is lifted; when the service ends, connect to the next service."""
        while wire is not None:
            foreign = False
            with wire, suppress(OSError, EOFError):
                try:
                    self._serve(card, wire)
                except _ForeignProtocolError:
                    foreign = True
            with self._changed:
                self._wire = None
                self._changed.notify_all()
                if self._card is card and self._swap and self._swap[0] == self._count:
                    self._card = card = self._swap[1]
                    self._swap, self._count = None, 0
                    self._commands.clear()
                if foreign:
                    self._changed.wait(_NOTICE_S)  # a lifted card wakes this thread
            wire = self._connect_again(card)

    def _connect_again(self, card: ChipCard) -> socket.socket | None:
        """Connect as soon as a service listens; ``None`` when the card was lifted meanwhile."""
        while True:
            with self._changed:
                if self._card is not card:
                    return None
                # Under the lock, so that `_lift` finds and closes the new connection.
                with suppress(OSError):
                    self._wire, self._met = self._connect(), False
                    return self._wire
                self._changed.wait(_AGAIN_S)

    def _serve(self, card: ChipCard, wire: socket.socket) -> None:
        while True:
            (length,) = _HEADER.unpack(_receive(wire, _HEADER.size))
            message = _receive(wire, length)
            with self._changed:
                self._met = True
                self._changed.notify_all()
            ask = self._control if length == 1 else self._apdu
            answer = ask(card, message)
            if answer is not None:
                wire.sendall(_HEADER.pack(len(answer)) + answer)

    def _control(self, card: ChipCard, message: bytes) -> bytes | None:
        (code,) = message
        if code == _Control.GET_ATR:
            return card.atr
        if code in (_Control.POWER_ON, _Control.RESET):
            with self._changed:
                self._resets += 1
                self._protocol = card.protocol
        card.reset()
        return None

    def _apdu(self, card: ChipCard, apdu: bytes) -> bytes | None:
        """The card's answer; ``None``: the card stays silent. Raises ``EOFError`` when a fault
        takes the card away, and :class:`_ForeignProtocolError`."""
        with self._changed:
            if card.protocol != self._protocol:
                raise _ForeignProtocolError
            self._count += 1
            self._commands.append(apdu[:4].hex().upper())
            if self._swap and self._swap[0] == self._count:
                raise EOFError
            if self._strikes("yank in mid-apdu"):
                del self._faults["yank in mid-apdu"]
                self._card = None
                raise EOFError
            if slow := self._strikes("slow"):
                self._changed.wait_for(lambda: self._card is not card, slow.seconds)
            if self._strikes("mute"):
                return None
            if garbage := self._strikes("garbage"):
                return garbage.data
            status = self._strikes("status")
            if status and status.ins in (None, apdu[1] if len(apdu) > 1 else None):
                return status.status.to_bytes(2, "big")
        return card.answer(apdu)

    def _strikes(self, order: str) -> _ChipFault | None:
        fault = self._faults.get(order)
        return fault if fault and self._count >= fault.at else None


def _receive(wire: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        # vpcd sends length and message separately, without TCP_NODELAY: a delayed acknowledgement
        # would cost 40 ms a command. The kernel resets the option, so set it before every read.
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = wire.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _fault_of(order: str, facts: Mapping[str, Any]) -> _ChipFault:
    rest = dict(facts)
    fault = _ChipFault(at=_natural(rest.pop("at", 1)))
    match order:
        case "slow":
            fault.seconds = float(rest.pop("seconds", 2.0))
        case "garbage":
            fault.data = bytes(rest.pop("data", _GARBAGE))
        case "status":
            if "sw" not in rest:
                raise ValueError("'status' needs a code sw")
            fault.status = int(rest.pop("sw")) & 0xFFFF
            fault.ins = None if rest.get("ins") is None else int(rest["ins"])
            rest.pop("ins", None)
    if rest:
        raise ValueError(f"{order!r} does not take {list(rest)}")
    return fault


def _natural(value: Any) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("at is a number of 1 or more")
    return number


def main() -> None:
    """Emulate readers until SIGTERM or SIGINT; :mod:`drivers.emulators.rig` moves their cards over
    a control socket."""
    parser = argparse.ArgumentParser(
        prog="python -m drivers.emulators.smart_card",
        description="Emulated chip cards, moved over a control socket; the devices are called "
        "smart_card, smart_card_2, … One line of JSON says when they are there.",
    )
    parser.add_argument("control", type=Path, help="where the control socket shall be")
    parser.add_argument(
        "--port",
        type=int,
        action="append",
        help=f"the port of a slot; may be given several times; left out: {VPCD_PORT}",
    )
    parser.add_argument(
        "--own", type=Path, metavar="FOLDER", help="start a PC/SC service of its own there instead"
    )
    told = parser.parse_args()
    places = [told.own] if told.own else told.port or [VPCD_PORT]
    names = [Kind.SMART_CARD, *(f"smart_card_{n}" for n in range(2, len(places) + 1))]
    # Block the signals before any thread starts, so that only `sigwait` receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    readers = {name: SmartCardReader(place) for name, place in zip(names, places, strict=True)}
    rig = Rig(readers, told.control)
    rig.start()
    try:
        addresses = {name: reader.address for name, reader in readers.items()}
        print(json.dumps(addresses), flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    finally:
        rig.stop()


if __name__ == "__main__":
    main()
