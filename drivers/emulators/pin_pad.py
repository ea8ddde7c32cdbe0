"""An emulated PIN pad: keys, PIN entry and ISO 9564 blocks on a pty."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from drivers.device import DeviceError, Kind
from drivers.emulators.pty_line import Answering
from drivers.pin_pad.frames import (
    Flag,
    KeyEntry,
    Keys,
    PadCommand,
    PadDecoder,
    PadFrame,
    PadResult,
    PadStatus,
    encode_answer,
    encode_keys,
    encode_pin_block,
    encode_status,
    parse_session_key,
)
from drivers.pin_pad.types import Algorithm, Key, KeyPress, PinBlock

MASTER_KEYS: Mapping[Algorithm, bytes] = {
    Algorithm.TDEA: bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"),
    Algorithm.SM4: bytes.fromhex("1234567890ABCDEFABCDEF0987654321"),
}
"""The master keys of an emulated pad. They are public: an emulated pad has no secrets to keep."""
BANK_KEY_SERIAL = "BANK-TPK"
BANK_KEY = Algorithm.TDEA, bytes.fromhex("A1B2C3D4E5F60718293A4B5C6D7E8F90")
"""The PIN key that the bank keeps in the pad of an emulated machine of its own; public as well."""
FAULTS = ("mute", "slow", "bad checksum", "truncate", "junk", "split")
_IDENTITY = b"DEMO-PP;00000001;1.0"
_BLOCK_BYTES = {Algorithm.TDEA: 8, Algorithm.SM4: 16}
_SEEN = 50
_MOST_KEYS = 100
_KEYS = {
    "backspace": Key.BACKSPACE,
    "clear": Key.CLEAR,
    "enter": Key.ENTER,
    "cancel": Key.CANCEL,
} | dict.fromkeys("0123456789", Key.DIGIT)


@dataclass(slots=True)
class _PinEntry:
    shortest: int
    longest: int
    auto_enter: bool
    patience: int
    state: KeyEntry = KeyEntry.ENTERING
    digits: str = field(default="", repr=False)
    presses: list[KeyPress] = field(default_factory=list)
    touched: float = field(default_factory=time.monotonic)


class PinPad(Answering):
    """A pad on a pty under a stable name, with keys that people press, and faults.

    ``link`` becomes a symbolic link to the pty: the driver's port.

    Orders of :meth:`obey` and their facts:

    * ``press`` – one key, ``key``: a digit as str, ``backspace``, ``clear``, ``enter``, ``cancel``.
      As on a real pad, a key does nothing outside a PIN entry.
    * ``give up`` – the entry times out at once.
    * ``tamper`` – somebody opens the pad: its keys are wiped for good. ``break`` – its self-test
      fails, until ``well``. ``power cycle`` – the session key and the entry are gone.
    * Faults of the next ``times`` answers; without ``times``, until ``well``: ``mute``, ``slow``,
      ``bad checksum``, ``truncate``, ``junk``, ``split``; see :class:`Answering`.
    * ``well`` – ends all faults, or only ``fault``; a tampered pad is replaced by a new one.
      ``unplug``, ``plug`` – the cable.
    """

    NOISE = bytes.fromhex("00FF8055")

    def __init__(self, link: Path, *, master_keys: Mapping[Algorithm, bytes] = MASTER_KEYS) -> None:
        super().__init__(link, Kind.PIN_PAD)
        self._masters = dict(master_keys)
        self._tampered = self._broken = False
        self._algorithm: Algorithm | None = None
        self._key = b""
        self._key_serial = ""
        self._entry: _PinEntry | None = None
        self._blocks = 0
        self._commands: deque[str] = deque(maxlen=_SEEN)
        self._decoder = PadDecoder()
        self._last: tuple[PadFrame, PadFrame] | None = None  # last request and its answer

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        match order, facts:
            case "press", {"key": str(name), **rest} if not rest and name in _KEYS:
                with self._guard:
                    self._press(name)
            case "plug", {**rest} if not rest:
                self.start()
            case "unplug", {**rest} if not rest:
                self.stop()
            case "well", {**rest} if rest.keys() <= {"fault"}:
                self._well(**rest)
            case (("give up" | "tamper" | "break" | "power cycle"), {**rest}) if not rest:
                with self._guard:
                    self._change(order)
            case _ if order in FAULTS:
                self._order_fault(order, facts)
            case _:
                raise ValueError(f"a PIN pad knows no order {order!r} with {list(facts)}")

    def look(self) -> dict[str, Any]:
        """What a person beside the pad would see; never a digit.

        ``plugged`` bool; ``entering`` bool, whether the keys are lit; ``entered`` int, how many
        digits were entered; ``tampered``, ``broken`` bool; ``session_key`` str, its serial or "";
        ``blocks`` int, how many PIN blocks were made; ``commands`` list of str, the last 50 names,
        newest last; ``faults`` list of str.
        """
        with self._guard:
            self._give_up_in_time()
            entry = self._entry
            return {
                "plugged": self._line.plugged,
                "entering": entry is not None and entry.state is KeyEntry.ENTERING,
                "entered": len(entry.digits) if entry else 0,
                "tampered": self._tampered,
                "broken": self._broken,
                "session_key": self._key_serial,
                "blocks": self._blocks,
                "commands": list(self._commands),
                "faults": list(self._faults),
            }

    # -- hands --------------------------------------------------------------------------------

    def _press(self, name: str) -> None:
        self._give_up_in_time()
        entry = self._entry
        if entry is None or entry.state is not KeyEntry.ENTERING:
            return
        key = _KEYS[name]
        match key:
            case Key.DIGIT if len(entry.digits) < entry.longest:
                entry.digits += name
            case Key.BACKSPACE if entry.digits:
                entry.digits = entry.digits[:-1]
            case Key.CLEAR if entry.digits:
                entry.digits = ""
            case Key.ENTER if len(entry.digits) >= entry.shortest:
                entry.state = KeyEntry.PIN_WAITS
            case Key.CANCEL:
                entry.digits = ""
                entry.state = KeyEntry.CANCELLED
            case _:
                return  # the pad does not report a key that has no effect now
        entry.touched = time.monotonic()
        entry.presses.append(KeyPress(key, len(entry.digits)))
        if len(entry.presses) >= _MOST_KEYS and entry.state is KeyEntry.ENTERING:
            self._change("give up")
        elif key is Key.DIGIT and entry.auto_enter and len(entry.digits) == entry.longest:
            self._press("enter")

    def _change(self, order: str) -> None:
        match order:
            case "give up":
                if self._entry:
                    self._entry.digits = ""
                    self._entry.state = KeyEntry.TIMED_OUT
            case "tamper":
                self._tampered = True
                self._power_cycle()
            case "break":
                self._broken = True
            case _:
                self._power_cycle()

    def _well(self, fault: str = "") -> None:
        with self._guard:
            self._tampered = self._tampered and fault not in ("", "tamper")
            self._broken = self._broken and fault not in ("", "break")
            super()._well(fault)

    def _power_cycle(self) -> None:
        self._algorithm, self._key, self._key_serial = None, b"", ""
        self._entry = self._last = None

    def _give_up_in_time(self) -> None:
        entry = self._entry
        if entry is None or entry.state not in (KeyEntry.ENTERING, KeyEntry.PIN_WAITS):
            return
        if time.monotonic() - entry.touched > entry.patience:
            self._change("give up")

    # -- the wire -----------------------------------------------------------------------------

    def _heard(self, data: bytes) -> None:
        self._decoder.feed(data)
        while frame := self._decoder.take():
            with self._guard:
                answer = self._answer(frame)
            self._reply(answer.encode())

    # -- the pad ------------------------------------------------------------------------------

    def _answer(self, asked: PadFrame) -> PadFrame:
        if self._last and self._last[0] == asked:
            return self._last[1]
        try:
            command = PadCommand(asked.code)
        except ValueError:
            return encode_answer(asked, PadResult.UNKNOWN_COMMAND)
        self._commands.append(command.name.lower())
        answer = encode_answer(asked, *self._do(command, asked.data))
        self._last = (asked, answer)
        return answer

    def _do(self, command: PadCommand, data: bytes) -> tuple[PadResult, bytes]:
        self._give_up_in_time()
        match command:
            case PadCommand.IDENTIFY:
                return PadResult.OK, _IDENTITY
            case PadCommand.STATUS:
                return PadResult.OK, encode_status(self._facts())
            case _ if self._tampered:
                return PadResult.TAMPERED, b""
            case _ if self._broken:
                return PadResult.BROKEN, b""
            case PadCommand.RESET | PadCommand.END:
                self._entry = None
                return PadResult.OK, b""
            case PadCommand.LOAD_KEY:
                return self._load(data), b""
            case PadCommand.START:
                return self._start(data), b""
            case PadCommand.KEYS:
                return self._keys(data)
            case PadCommand.PIN_BLOCK:
                return self._pin_block(data)

    def _facts(self) -> PadStatus:
        flags = Flag(0)
        if self._tampered:
            flags |= Flag.TAMPERED
        if self._broken:
            flags |= Flag.BROKEN
        state = self._entry.state if self._entry else KeyEntry.NONE
        if state is KeyEntry.ENTERING:
            flags |= Flag.ENTERING
        if state is KeyEntry.PIN_WAITS:
            flags |= Flag.PIN_WAITS
        return PadStatus(flags, self._algorithm, self._key_serial)

    def _load(self, data: bytes) -> PadResult:
        try:
            given = parse_session_key(data)
            key = decrypt(given.algorithm, self._masters[given.algorithm], given.encrypted)
            check_value = encrypt(given.algorithm, key, bytes(_BLOCK_BYTES[given.algorithm]))
        except (DeviceError, ValueError, KeyError):
            return PadResult.BAD_DATA
        if len(given.check_value) < 3 or not check_value.startswith(given.check_value):
            return PadResult.WRONG_CHECK_VALUE
        self._entry = None
        self._algorithm, self._key, self._key_serial = given.algorithm, key, given.serial
        return PadResult.OK

    def _start(self, data: bytes) -> PadResult:
        if self._algorithm is None:
            return PadResult.NO_KEY
        if len(data) != 4 or not 4 <= data[0] <= data[1] <= 12:
            return PadResult.BAD_DATA
        self._entry = _PinEntry(data[0], data[1], bool(data[2] & 1), data[3])
        return PadResult.OK

    def _keys(self, data: bytes) -> tuple[PadResult, bytes]:
        if len(data) != 2:
            return PadResult.BAD_DATA, b""
        entry = self._entry
        if entry is None:
            return PadResult.OK, encode_keys(Keys(KeyEntry.NONE, 0, ()))
        after = int.from_bytes(data, "big")
        behind = tuple(entry.presses[after:])
        return PadResult.OK, encode_keys(Keys(entry.state, len(entry.presses), behind))

    def _pin_block(self, data: bytes) -> tuple[PadResult, bytes]:
        entry = self._entry
        if self._algorithm is None:
            return PadResult.NO_KEY, b""
        if entry is None or entry.state is not KeyEntry.PIN_WAITS:
            return PadResult.NO_PIN, b""
        if len(data) != 6:
            return PadResult.BAD_DATA, b""
        clear = format_0(entry.digits, data, _BLOCK_BYTES[self._algorithm])
        self._entry = None
        self._blocks += 1
        block = encrypt(self._algorithm, self._key, clear)
        return PadResult.OK, encode_pin_block(PinBlock(self._algorithm, self._key_serial, block))


def format_0(pin: str, pan: bytes, size: int = 8) -> bytes:
    """The clear PIN block, format 0 of ISO 9564-1 (ANSI X9.8), for a cipher of ``size`` bytes.

    ``pan``: twelve digits, BCD. For 16 bytes both fields are padded as Chinese banks do for SM4.
    """
    pin_field = bytes.fromhex(f"0{len(pin):X}{pin}".ljust(2 * size, "F"))
    return bytes(a ^ b for a, b in zip(pin_field, pan.rjust(size, b"\0"), strict=True))


def encrypt(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Encrypt in ECB mode; for one block this equals CBC from zeros. Raises ``ValueError`` for
    wrong sizes."""
    encryptor = _cipher(algorithm, key).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decrypt(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Decrypt in ECB mode. Raises ``ValueError`` for wrong sizes."""
    decryptor = _cipher(algorithm, key).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cipher(algorithm: Algorithm, key: bytes) -> Cipher[modes.ECB]:
    # ECB leaks equal blocks of one message, but here a message is one block, or a random key.
    if algorithm is Algorithm.SM4:
        return Cipher(SM4(key), modes.ECB())  # noqa: S305
    whole = key + key[:8] if len(key) == 16 else key
    return Cipher(TripleDES(whole), modes.ECB())  # noqa: S305
