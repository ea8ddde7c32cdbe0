"""The requests to a PIN pad, and its answers: the pad reports each key, but never which digit.

A PIN is entered in steps, so that the screen can follow: ``StartPinEntry``, then ``AwaitKey`` for
each key, and after ENTER ``MakePinBlock``. ``EndPinEntry`` drops the entry at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from drivers.device import Request


class Algorithm(StrEnum):
    """The cipher of a session key; it decides the size of the PIN block."""

    TDEA = "tdea"  # ISO/IEC 18033-3, two or three keys; 8 bytes
    SM4 = "sm4"  # GB/T 32907; 16 bytes


class Key(StrEnum):
    """A key (XFS4IoT ``Keyboard.KeyEvent``); ``DIGIT`` stands for all ten digits."""

    DIGIT = "digit"
    BACKSPACE = "backspace"
    CLEAR = "clear"
    ENTER = "enter"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A PIN key (TPK) from the centre or the bank, encrypted under the pad's master key.

    Without the master key, which never leaves the pad, the encrypted key is not secret.
    """

    algorithm: Algorithm
    serial: str  # 1 to 16 ASCII characters; tells the receiver of a PIN block which key it needs
    encrypted: bytes = field(repr=False)  # ECB; 16 or 24 bytes for TDEA, 16 for SM4
    check_value: bytes  # first 3 to 8 bytes of zeros encrypted with the key; the pad compares


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One key, and the number of digits entered after it (0 to 12): the dots on the screen."""

    key: Key
    entered: int


@dataclass(frozen=True, slots=True)
class PinBlock:
    """A PIN in format 0 of ISO 9564-1 (GB/T 21078.1), encrypted under a session key.

    ``repr`` does not show the block.
    """

    algorithm: Algorithm
    key_serial: str
    block: bytes = field(repr=False)  # 8 bytes for TDEA, 16 for SM4


@dataclass(frozen=True, slots=True)
class LoadSessionKey(Request[None]):
    """Load a session key in place of the last; needed after every power-on.

    ``NOT_AUTHORISED`` when the check value does not fit: the key was encrypted under another master
    key, or is damaged.
    """

    key: SessionKey


@dataclass(frozen=True, slots=True)
class StartPinEntry(Request[None]):
    """Begin a new PIN entry; drops a running entry. ``NOT_AUTHORISED`` without a session key."""

    shortest: int = 6  # digits from which ENTER has an effect; 4 to 12
    longest: int = 6  # the pad ignores further digits; 4 to 12
    auto_enter: bool = False  # the last digit also acts as ENTER


@dataclass(frozen=True, slots=True)
class AwaitKey(Request[KeyPress]):
    """The next key of the entry. Keys that were pressed between two requests come in their order.

    After ``ENTER`` the PIN waits in the pad for ``MakePinBlock``; after ``CANCEL`` the entry is
    over. ``TIMEOUT`` at the deadline: the entry goes on, until the pad's own time-out ends it.
    ``CANCELLED`` also when no entry is running: the pad has ended it.
    """


@dataclass(frozen=True, slots=True)
class MakePinBlock(Request[PinBlock]):
    """Encrypt the entered PIN, bound to a card. The pad forgets the PIN.

    ``pan`` 主账号: 13 to 19 digits with the check digit. ``CANCELLED`` when the pad holds no PIN.
    """

    pan: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndPinEntry(Request[None]):
    """Drop the entry and its digits; does nothing without an entry."""
