"""What is asked of a PIN pad, and what it tells: that a key was pressed, never which digit.

A PIN is entered in steps, so that the screen can follow: ``StartPinEntry``, then ``AwaitKey`` again
and again, after ENTER ``MakePinBlock``; ``EndPinEntry`` whenever somebody changes their mind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from drivers.device import Request


class Algorithm(StrEnum):
    """The cipher of a session key, with the size of the PIN block it makes."""

    TDEA = "tdea"  # ISO/IEC 18033-3, two or three keys; 8 bytes
    SM4 = "sm4"  # GB/T 32907; 16 bytes


class Key(StrEnum):
    """What was pressed (XFS4IoT ``Keyboard.KeyEvent``); all ten digits are one."""

    DIGIT = "digit"
    BACKSPACE = "backspace"
    CLEAR = "clear"
    ENTER = "enter"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A PIN key (TPK) as it came from the centre or the bank, encrypted under the pad's master key.

    It is as good as public without the master key, which never leaves the pad.
    """

    algorithm: Algorithm
    serial: str  # 1 to 16 ASCII characters: by it the receiver finds the key again
    encrypted: bytes = field(repr=False)  # ECB; 16 or 24 bytes for TDEA, 16 for SM4
    check_value: bytes  # first 3 to 8 bytes of zeros encrypted with it: the pad compares


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One key, and how many digits stand there after it (0 to 12): as many dots on the screen."""

    key: Key
    entered: int


@dataclass(frozen=True, slots=True)
class PinBlock:
    """A PIN, format 0 of ISO 9564-1 (GB/T 21078.1) under a session key.

    ``repr`` does not show the block.
    """

    algorithm: Algorithm
    key_serial: str
    block: bytes = field(repr=False)  # 8 bytes for TDEA, 16 for SM4


@dataclass(frozen=True, slots=True)
class LoadSessionKey(Request[None]):
    """Give the pad a session key in place of the one it has; needed after every power-on.

    ``NOT_AUTHORISED`` when the check value does not fit: another master key, or damaged.
    """

    key: SessionKey


@dataclass(frozen=True, slots=True)
class StartPinEntry(Request[None]):
    """Begin a new entry; one that is under way is dropped. ``NOT_AUTHORISED`` without a key."""

    shortest: int = 6  # digits before ENTER does anything; 4 to 12
    longest: int = 6  # further digits are not taken; 4 to 12
    auto_enter: bool = False  # the last digit presses ENTER


@dataclass(frozen=True, slots=True)
class AwaitKey(Request[KeyPress]):
    """The next key of this entry; those pressed meanwhile come one after another.

    After ``ENTER`` the PIN waits in the pad for ``MakePinBlock``; after ``CANCEL`` the entry is
    over. ``TIMEOUT`` at the deadline: the entry goes on, until the pad itself gives it up.
    ``CANCELLED`` also when no entry is under way: the pad gave it up.
    """


@dataclass(frozen=True, slots=True)
class MakePinBlock(Request[PinBlock]):
    """Encrypt the PIN that was entered, bound to a card, and forget it.

    ``pan`` 主账号: 13 to 19 digits with the check digit. ``CANCELLED`` when no entered PIN waits.
    """

    pan: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndPinEntry(Request[None]):
    """Drop the entry and what was entered; does nothing when there is none."""
