"""An emulated ID card reader: a SAM that speaks SDT frames on a pty."""

from __future__ import annotations

import os
import pty
import select
import struct
import threading
import time
import tty
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from drivers.id_card.hid import REPORT
from drivers.id_card.record import encode_record
from drivers.id_card.sdt_frames import (
    PHOTO_BYTES,
    FrameError,
    SamCommand,
    SdtDecoder,
    SdtStatus,
    encode_answer,
)
from drivers.id_card.types import CardKind, IdCard

SAM_NUMBER = struct.pack("<HHIII", 5, 3, 20230101, 1234567, 987654)
FAULTS = (
    "mute",
    "slow",
    "answer",
    "sam failure",
    "not authorised",
    "wrong card",
    "unknown kind",
    "unreadable",
    "find again",
    "lift during read",
    "bad checksum",
    "truncate",
    "junk",
    "split",
)
_ONCE = ("answer", "lift during read")  # these strike once, the other faults until "well"
_SAM_S: Mapping[SamCommand, float] = {
    SamCommand.FIND: 0.02,
    SamCommand.SELECT: 0.08,
    SamCommand.READ: 0.6,
    SamCommand.READ_FINGERPRINTS: 0.9,
    SamCommand.READ_ADDRESS: 0.1,
}
_BLANK_ADDRESS = b" \0" * 35
_KIND_AT = 248
_NOISE = bytes.fromhex("00AA55AAAA69")
_WIRE_CHUNK = 64
_COMMANDS_SEEN = 50


class CardStage(StrEnum):
    """What the reader has done with the card. A card that was read, or whose reading failed, is
    found again only after it was lifted."""

    NONE = "none"
    PUT = "put"
    FOUND = "found"
    SELECTED = "selected"
    READ = "read"
    FAILED = "failed"


@dataclass(slots=True)
class _Card:
    kind: CardKind
    record: bytes
    photo: bytes
    new_address: str
    stage: CardStage = CardStage.PUT


@dataclass(slots=True)
class _ReaderFault:
    times: int | None  # None: until "well"
    command: str | None  # None: of answers to any command
    status: int = 0
    data: bytes = b""
    seconds: float = 0.0


class _UnpluggedError(Exception):
    """The cable was pulled while the SAM was working."""


class IdCardReader:
    """A reader on a pty under a stable name, with a card that is put and lifted, and faults.

    ``link`` becomes a symbolic link to the pty: the driver's port. With ``pace`` the SAM takes its
    usual time and the bytes come at ``baud``; without ``pace`` both take no time. With ``hid`` the
    pty carries the same bytes as a ``/dev/hidraw…``: reports of 64 bytes; those to the reader begin
    with their report number, 0; the fault ``split`` has no effect then.

    Orders of :meth:`obey` and their facts:

    * ``put`` – the fields of :class:`IdCard`, dates as ISO strings, ``valid_to`` also ``"长期"``;
      name and number are needed, the rest has defaults. ``new_address``: the newest address on the
      chip. ``lift`` – the card is taken away.
    * Faults of the next ``times`` answers (without ``times``: until ``well``), to any command or to
      one ``command`` (a name of :class:`SamCommand`, in any case): ``mute``; ``slow``, by
      ``seconds``; ``bad checksum``; ``truncate``, half of the answer; ``junk``, noise before the
      answer; ``split``, byte by byte; ``sam failure``, status 60; ``not authorised``, status 66;
      ``wrong card``, status 40 to a select; ``unknown kind``, a layout letter that no standard
      has; ``unreadable``, status 41 to a read, and the reader finds the card again only after it
      was lifted; ``find again``, a card that was read and still lies there is found once more, as
      by some readers.
    * Faults that strike once unless ``times`` says otherwise: ``lift during read``; ``answer`` with
      ``status``, any code, and ``data`` after it.
    * ``well`` – ends all faults, or only ``fault``.
    * ``unplug`` – the pty vanishes; ``plug`` – a new pty appears under the same name.
    """

    def __init__(
        self, link: Path, *, baud: int = 115200, pace: bool = True, hid: bool = False
    ) -> None:
        self._link = link
        self._hid = hid
        self._baud = baud
        self._pace = pace
        self._changed = threading.Condition()
        self._card: _Card | None = None
        self._faults: dict[str, _ReaderFault] = {}
        self._commands: deque[str] = deque(maxlen=_COMMANDS_SEEN)
        self._reads = 0
        self._read_at = self._found_at = 0.0
        self._pulled = False
        self._thread: threading.Thread | None = None
        self._wake = -1

    @property
    def address(self) -> str:
        """The port for the driver's settings."""
        return f"hid:{self._link}" if self._hid else str(self._link)

    def start(self) -> None:
        """Plug the reader in: create a pty under the link. Does nothing when it is in."""
        if self._thread is not None:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(slave))
        fresh.replace(self._link)
        woken, self._wake = os.pipe()
        self._pulled = False
        self._reset_card()
        self._thread = threading.Thread(
            target=self._run, args=(master, slave, woken), name="emulated id_card", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Pull the cable, also during an answer. Does nothing when the cable is out."""
        if self._thread is None:
            return
        with self._changed:
            self._pulled = True
            self._changed.notify_all()
        os.close(self._wake)
        self._thread.join()
        self._thread = None
        self._link.unlink(missing_ok=True)

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        match order:
            case "put":
                card = _card_of(facts)
                with self._changed:
                    self._card = card
            case "lift" if not facts:
                with self._changed:
                    self._card = None
            case "plug" if not facts:
                self.start()
            case "unplug" if not facts:
                self.stop()
            case "well" if facts.keys() <= {"fault"}:
                with self._changed:
                    for fault in facts.values() or list(self._faults):
                        self._faults.pop(fault, None)
            case _ if order in FAULTS:
                fault = _fault_of(order, facts)
                with self._changed:
                    self._faults[order] = fault
            case _:
                raise ValueError(f"an ID card reader knows no order {order!r} with {list(facts)}")

    def look(self) -> dict[str, Any]:
        """What a person beside the reader would see; the data of the card are left out.

        ``plugged`` bool; ``card`` a :class:`CardStage` as str; ``kind`` a ``CardKind`` as str, or
        ""; ``reads`` int, how often a card was read whole; ``read_at`` float, the monotonic clock
        when the last byte of an answer to READ was sent, 0 before; ``found_at`` float, when the
        SAM was last asked for a card and had one, 0 before; ``commands`` list of str, the
        last 50 names, newest last; ``faults`` list of str.
        """
        with self._changed:
            card = self._card
            return {
                "plugged": self._thread is not None,
                "card": str(card.stage if card else CardStage.NONE),
                "kind": str(card.kind) if card else "",
                "reads": self._reads,
                "read_at": self._read_at,
                "found_at": self._found_at,
                "commands": list(self._commands),
                "faults": list(self._faults),
            }

    # -- the wire -----------------------------------------------------------------------------

    def _run(self, master: int, slave: int, woken: int) -> None:
        # Keep the slave open: without an open slave, reading from the master fails.
        decoder = SdtDecoder.for_commands()
        try:
            while True:
                ready, _, _ = select.select([master, woken], [], [])
                if woken in ready:
                    return
                # Every command fits into one report. The decoder skips the report's number and
                # padding as noise.
                decoder.feed(os.read(master, 4096))
                self._serve_all(decoder, master)
        except _UnpluggedError:
            return
        finally:
            for fd in (master, slave, woken):
                os.close(fd)

    def _serve_all(self, decoder: SdtDecoder, master: int) -> None:
        while True:
            try:
                payload = decoder.take()
            except FrameError as error:
                self._send(master, "", encode_answer(error.status))
                continue
            if payload is None:
                return
            try:
                command = SamCommand(payload)
            except ValueError:
                self._send(master, "", encode_answer(SdtStatus.UNKNOWN_COMMAND))
                continue
            frame = self._serve(command)
            if frame is not None:
                self._send(master, command.name, frame)

    def _send(self, master: int, name: str, frame: bytes) -> None:
        if self._fault("bad checksum", name):
            frame = frame[:-1] + bytes([frame[-1] ^ 0x5A])
        if self._fault("truncate", name):
            frame = frame[: len(frame) // 2]
        if self._fault("junk", name):
            frame = _NOISE + frame
        if self._hid:
            frame += bytes(-len(frame) % REPORT)
        step = 1 if self._fault("split", name) and not self._hid else _WIRE_CHUNK
        for at in range(0, len(frame), step):
            piece = frame[at : at + step]
            with suppress(BlockingIOError):  # no driver reads: the bytes are lost, as on a line
                os.write(master, piece)
            if name == SamCommand.READ.name:
                self._read_at = time.monotonic()  # the last piece leaves the last time
            self._pause(len(piece) * 10 / self._baud)

    def _pause(self, seconds: float, *, always: bool = False) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._pulled, seconds if self._pace or always else 0.0)
            if self._pulled:
                raise _UnpluggedError

    # -- the SAM ------------------------------------------------------------------------------

    def _serve(self, command: SamCommand) -> bytes | None:
        name = command.name
        with self._changed:
            self._commands.append(name.lower())
        if self._fault("mute", name):
            return None
        if slow := self._fault("slow", name):
            self._pause(slow.seconds, always=True)
        if forced := self._fault("answer", name):
            return encode_answer(forced.status, forced.data)
        if self._fault("sam failure", name):
            return encode_answer(SdtStatus.SELF_TEST_FAILED)
        if self._fault("not authorised", name):
            return encode_answer(SdtStatus.NOT_AUTHORISED)
        return encode_answer(*self._do(command))

    def _do(self, command: SamCommand) -> tuple[SdtStatus, bytes]:
        match command:
            case SamCommand.FIND:
                return self._find()
            case SamCommand.SELECT:
                return self._select()
            case SamCommand.READ | SamCommand.READ_FINGERPRINTS:
                return self._read(command)
            case SamCommand.READ_ADDRESS:
                return self._read_address()
            case SamCommand.SAM_NUMBER:
                return SdtStatus.OK, SAM_NUMBER
            case SamCommand.RESET_SAM:
                self._reset_card()
                return SdtStatus.OK, b""
            case SamCommand.SAM_STATUS:
                return SdtStatus.OK, b""

    def _reset_card(self) -> None:
        with self._changed:
            if self._card is not None:
                self._card.stage = CardStage.PUT

    def _find(self) -> tuple[SdtStatus, bytes]:
        asked_at = time.monotonic()
        self._pause(_SAM_S[SamCommand.FIND])
        with self._changed:
            card = self._card
            done = card is not None and card.stage in (CardStage.READ, CardStage.FAILED)
            if card is None or (done and not self._fault("find again", SamCommand.FIND.name)):
                return SdtStatus.NO_CARD, b""
            card.stage = CardStage.FOUND
            self._found_at = asked_at
            return SdtStatus.CARD_FOUND, bytes(4)

    def _select(self) -> tuple[SdtStatus, bytes]:
        self._pause(_SAM_S[SamCommand.SELECT])
        with self._changed:
            if self._card is None or self._card.stage in (CardStage.PUT, CardStage.FAILED):
                return SdtStatus.SELECT_FAILED, b""
            if self._fault("wrong card", SamCommand.SELECT.name):
                return SdtStatus.WRONG_CARD, b""
            if self._card.stage is CardStage.FOUND:
                self._card.stage = CardStage.SELECTED
            return SdtStatus.OK, bytes(8)

    def _read(self, command: SamCommand) -> tuple[SdtStatus, bytes]:
        card = self._selected()
        self._pause(_SAM_S[command] / 2)
        if card is not None and self._fault("lift during read", command.name):
            self.obey("lift")
        self._pause(_SAM_S[command] / 2)
        with self._changed:
            if card is None or card is not self._card:
                return SdtStatus.READ_FAILED, b""
            if self._fault("unreadable", command.name):
                card.stage = CardStage.FAILED
                return SdtStatus.READ_FAILED, b""
            card.stage = CardStage.READ
            self._reads += 1
            record = card.record
            if self._fault("unknown kind", command.name):
                record = record[:_KIND_AT] + "Z".encode("utf-16-le") + record[_KIND_AT + 2 :]
            sections = [record, card.photo]
            if command is SamCommand.READ_FINGERPRINTS:
                sections.append(b"")
            lengths = b"".join(struct.pack(">H", len(section)) for section in sections)
            return SdtStatus.OK, lengths + b"".join(sections)

    def _read_address(self) -> tuple[SdtStatus, bytes]:
        self._pause(_SAM_S[SamCommand.READ_ADDRESS])
        card = self._selected()
        if card is None:
            return SdtStatus.READ_FAILED, b""
        if not card.new_address:
            return SdtStatus.NO_CONTENT, b""
        units = card.new_address.encode("utf-16-le")
        return SdtStatus.OK, (units + _BLANK_ADDRESS[len(units) :])

    def _selected(self) -> _Card | None:
        with self._changed:
            card = self._card
            return card if card and card.stage in (CardStage.SELECTED, CardStage.READ) else None

    def _fault(self, order: str, name: str) -> _ReaderFault | None:
        """The fault ``order`` if it strikes this answer, else ``None``; counts its ``times``
        down."""
        with self._changed:
            fault = self._faults.get(order)
            if fault is None or fault.command not in (None, name):
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[order]
            return fault


def _fault_of(order: str, facts: Mapping[str, Any]) -> _ReaderFault:
    rest = dict(facts)
    times = rest.pop("times", 1 if order in _ONCE else None)
    command = rest.pop("command", None)
    try:
        fault = _ReaderFault(
            times=None if times is None else int(times),
            command=None if command is None else SamCommand[str(command).upper()].name,
        )
        if order == "answer":
            fault.status = int(rest.pop("status"))
            fault.data = bytes(rest.pop("data", b""))
    except KeyError as error:
        raise ValueError(f"{order!r} needs a status, and a command that exists") from error
    if order == "slow":
        fault.seconds = float(rest.pop("seconds", 2.0))
    if rest or (fault.times is not None and fault.times < 1):
        raise ValueError(f"{order!r} does not take {list(facts)} so")
    return fault


def _card_of(facts: Mapping[str, Any]) -> _Card:
    """A card from plain facts. Sex and birth default to those in an 18-digit number. Raises
    ``ValueError``."""
    rest = dict(facts)
    new_address = str(rest.pop("new_address", ""))
    if len(new_address.encode("utf-16-le")) > len(_BLANK_ADDRESS):
        raise ValueError("an address has at most 35 units")
    unknown = set(rest) - {field.name for field in fields(IdCard)}
    if unknown:
        raise ValueError(f"a card has no {sorted(unknown)}")
    kind = rest.get("kind", CardKind.RESIDENT)
    number = str(rest.get("number", ""))
    told = len(number) == 18
    defaults: dict[str, Any] = {
        "kind": kind,
        "name": "",
        "name_latin": "",
        "sex": ("1" if int(number[16]) % 2 else "2") if told else "1",
        "nation": "01" if kind == CardKind.RESIDENT else "",
        "birth": f"{number[6:10]}-{number[10:12]}-{number[12:14]}" if told else "1990-01-01",
        "address": "",
        "issuer": "",
        "valid_from": "2020-01-01",
        "valid_to": "20400101",
        "photo": bytes(PHOTO_BYTES),
    }
    if isinstance(until := rest.get("valid_to"), str):
        rest["valid_to"] = None if until == "长期" else until.replace("-", "")
    try:
        card = msgspec.convert(defaults | rest, IdCard)
    except msgspec.ValidationError as error:
        raise ValueError(f"no such card: {error}") from error
    if not number or not (card.name or card.name_latin) or len(card.photo) != PHOTO_BYTES:
        raise ValueError(f"a card needs a name, a number, and {PHOTO_BYTES} bytes of photo")
    return _Card(card.kind, encode_record(card), card.photo, new_address)
