"""An emulated code scanner: 新大陆 (Newland) commands and codes on a pty."""

from __future__ import annotations

import re
import time
from collections import deque
from pathlib import Path
from typing import Any, Literal

from drivers.device import Kind
from drivers.emulators.pty_line import Answering

FAULTS = ("mute", "blind", "split", "slow", "refuse", "truncate", "junk")
_COMMAND = re.compile(rb"\x7e\x01(0000)([#@])([A-Z]{6})([^;\x03]*);\x03")
_ANSWER = b"\x02\x01"
_END = b";\x03"
_ACK, _NAK, _UNKNOWN = b"\x06", b"\x15", b"\x05"
_ABOUT = b"Demo code scanner 1.0"
_SEEN = 50


class CodeScanner(Answering):
    """A scanner on a pty under a stable name, with codes that people hold before it, and faults.

    ``link`` becomes a symbolic link to the pty: the driver's port. With ``trigger`` ``continuous``
    or ``presence`` the scanner sends a code as soon as it is held before the window. With ``host``
    it sends codes only during a scan that the driver has started; a code that was there before is
    sent then. A scan without a code ends by itself after ``scan_s`` seconds.

    Orders of :meth:`obey` and their facts:

    * ``present`` – a code is held before the window: ``text`` (in ``encoding``, default ``utf-8``)
      or ``data``, bytes; ``end``, the characters that the scanner adds, default CR LF; ``""`` for
      none. ``remove`` – the code is taken away.
    * ``two`` – two codes in one go: ``texts``, a list of two.
    * ``too long`` – a code of ``size`` bytes (5000). ``noise`` – bytes that mean nothing, or
      ``data``. Both are sent at once, also without a scan.
    * ``tire`` – the scan ends by itself, now.
    * Faults of the next ``times`` answers and codes; without ``times``, until ``well``: ``mute``,
      ``split``, and of answers only ``slow``, ``truncate``, ``junk``, see :class:`Answering`;
      ``blind``, the window is dirty; ``refuse``, the scanner refuses a command.
    * ``well`` – ends all faults, or only ``fault``. ``unplug``, ``plug`` – the cable.
    """

    NOISE = bytes.fromhex("00FF80550A7E3F00C0")

    def __init__(
        self,
        link: Path,
        *,
        trigger: Literal["continuous", "host", "presence"] = "host",
        scan_s: float = 30.0,
    ) -> None:
        super().__init__(link, Kind.CODE_SCANNER)
        self._host = trigger == "host"
        self._scan_s = scan_s
        self._before: list[bytes] = []  # codes before the window, as bytes with their end
        self._scans_until = 0.0
        self._sent = 0
        self._commands: deque[str] = deque(maxlen=_SEEN)
        self._input = b""

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        match order:
            case "present":
                self._present([_code(facts)])
            case "two":
                texts = facts.pop("texts", None)
                if not (isinstance(texts, list) and len(texts) == 2):
                    raise ValueError("two codes need texts, a list of two")
                self._present([_code(dict(facts, text=text)) for text in texts])
            case "too long":
                size = int(facts.pop("size", 5000))
                _nothing_else(order, facts)
                self._send(b"9" * size + b"\r\n")
            case "noise":
                noise = bytes(facts.pop("data", self.NOISE))
                _nothing_else(order, facts)
                self._send(noise)
            case "remove" if not facts:
                with self._guard:
                    self._before.clear()
            case "plug" if not facts:
                self.start()
            case "unplug" if not facts:
                self.stop()
                self._scans_until = 0.0
            case "tire" if not facts:
                self._scans_until = 0.0
            case "well" if facts.keys() <= {"fault"}:
                self._well(**facts)
            case _ if order in FAULTS:
                self._order_fault(order, facts)
            case _:
                raise ValueError(f"a code scanner knows no order {order!r} with {list(facts)}")

    def look(self) -> dict[str, Any]:
        """What a person beside the scanner would see; the texts of the codes are left out.

        ``plugged`` bool; ``scanning`` bool, whether its light is on; ``held`` int, codes before the
        window; ``sent`` int, codes that were sent; ``commands`` list of str, the last 50, newest
        last; ``faults`` list of str.
        """
        with self._guard:
            return {
                "plugged": self._line.plugged,
                "scanning": self._scanning,
                "held": len(self._before),
                "sent": self._sent,
                "commands": list(self._commands),
                "faults": list(self._faults),
            }

    # -- the scanner --------------------------------------------------------------------------

    @property
    def _scanning(self) -> bool:
        return not self._host or time.monotonic() < self._scans_until

    def _present(self, codes: list[bytes]) -> None:
        with self._guard:
            self._before = codes
        self._scan()

    def _scan(self) -> None:
        with self._guard:
            codes = self._before
            if not (codes and self._scanning) or self._fault("blind") or self._fault("mute"):
                return
            self._scans_until = 0.0
            self._sent += len(codes)
        self._send(b"".join(codes))

    def _send(self, data: bytes) -> None:
        self._line.send(data, gap_s=self.GAP_S if self._fault("split") else None)

    def _heard(self, data: bytes) -> None:
        self._input += data
        while found := _COMMAND.search(self._input):
            self._input = self._input[found.end() :]
            self._serve(found)
        self._input = self._input[-256:]

    def _serve(self, found: re.Match[bytes]) -> None:
        prefix, store, tag, given = found.groups()
        command = (tag + given).decode("ascii", "replace")
        with self._guard:
            self._commands.append(command)
        head = _ANSWER + prefix + store + tag + given
        if command not in ("SCNTRG1", "SCNTRG0", "QRYSYS"):
            return self._reply(head + _UNKNOWN + _END)
        if self._fault("refuse"):
            return self._reply(head + _NAK + _END)
        self._reply(head + (_ABOUT if command == "QRYSYS" else b"") + _ACK + _END)
        if self._host and command != "QRYSYS":
            on = command == "SCNTRG1"
            self._scans_until = time.monotonic() + self._scan_s if on else 0.0
            if on:
                self._scan()
        return None


def _code(facts: dict[str, Any]) -> bytes:
    rest = dict(facts)
    end = str(rest.pop("end", "\r\n"))
    encoding = str(rest.pop("encoding", "utf-8"))
    if ("text" in rest) == ("data" in rest):
        raise ValueError("a code has either text or data")
    try:
        data = bytes(rest.pop("data")) if "data" in rest else str(rest.pop("text")).encode(encoding)
    except (LookupError, UnicodeEncodeError, TypeError) as error:
        raise ValueError(f"a code that cannot be written: {type(error).__name__}") from None
    _nothing_else("present", rest)
    return data + end.encode("ascii")


def _nothing_else(order: str, facts: dict[str, Any]) -> None:
    if facts:
        raise ValueError(f"{order!r} does not take {sorted(facts)}")
