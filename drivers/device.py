"""The contract every device keeps: what it is, how it is, what it can be asked, how it fails.

Classes and words follow XFS4IoT (CEN CWA 16926 successor) where it has them.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class State(StrEnum):
    """How a device is (XFS4IoT ``Common.Status.device``)."""

    ONLINE = "online"
    OFFLINE = "offline"  # there, but switched off or set off-line by somebody
    NO_DEVICE = "noDevice"  # nothing answers at its address
    BUSY = "deviceBusy"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"  # somebody must act: close the cover, lift the card
    TAMPER = "fraudAttempt"
    STARTING = "starting"
    UNKNOWN = "unknown"  # it did not say; never a guess


class Media(StrEnum):
    """What lies in the device's transport: a card on the reader, a sheet in the slot."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    JAMMED = "jammed"


class Supply(StrEnum):
    """Paper left (XFS4IoT ``Printer.Status.paper.supply``)."""

    UNKNOWN = "unknown"
    FULL = "full"
    LOW = "low"
    OUT = "out"


class Reason(StrEnum):
    """Why a device cannot do what it was asked. The screen has words for each."""

    JAM = "jam"
    PAPER_OUT = "paper-out"
    TONER_OUT = "toner-out"
    COVER_OPEN = "cover-open"
    NOT_TAKEN = "not-taken"  # earlier paper in the slot, or drawn back; an earlier card not lifted
    CARD_REMOVED = "card-removed"  # lifted in the middle of a read
    CARD_UNREADABLE = "card-unreadable"  # the card answered, its content did not come through
    CARD_UNKNOWN = "card-unknown"  # a kind of card this reader or this program does not know
    TIMEOUT = "timeout"  # the deadline passed; for a card reader: nobody put a card
    CANCELLED = "cancelled"
    OFFLINE = "offline"
    NO_DEVICE = "no-device"
    GARBLED = "garbled"  # an answer that the protocol does not allow
    NOT_AUTHORISED = "not-authorised"  # e.g. a reader whose SAM has no licence
    UNSUPPORTED = "unsupported"
    HARDWARE = "hardware"


class DeviceError(Exception):
    """A command that did not do what it was asked, for a reason with a name.

    ``detail`` is one sentence for the technician, without any citizen's data; ``mend`` is what
    mends it, a command or an act; ``pages`` says, for printers, how many pages are known to have
    come out whole (``None``: it cannot be known).
    """

    def __init__(
        self, reason: Reason, detail: str = "", *, pages: int | None = 0, mend: str = ""
    ) -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.pages = pages
        self.mend = mend

    def __reduce__(self) -> tuple[Callable[..., DeviceError], tuple[Any, ...]]:
        return _device_error, (self.reason, self.detail, self.pages, self.mend)


def _device_error(reason: Reason, detail: str, pages: int | None, mend: str) -> DeviceError:
    return DeviceError(reason, detail, pages=pages, mend=mend)


@dataclass(frozen=True, slots=True)
class Status:
    """How a device is now. Compared with ``==``: only a change is worth an event."""

    state: State
    media: Media = Media.UNKNOWN
    paper: Supply = Supply.UNKNOWN
    problem: Reason | None = None  # why it cannot be used now; None when it can
    detail: str = ""  # one sentence for the technician
    mend: str = ""  # what mends it: a command or an act

    @property
    def usable(self) -> bool:
        """True when a command may be tried: the device answers, and nothing stands against it."""
        return self.state in (State.ONLINE, State.BUSY) and self.problem is None


@dataclass(frozen=True, slots=True)
class Info:
    """What a device is, as far as it tells: for the doctor and the acceptance report."""

    kind: str  # the device class: "id_card", "receipt_printer", …
    driver: str  # the driver's name in the settings: "sdt", "escpos", "ipp"
    address: str  # where it is: a port, a host and port, a URI
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a self-test: what was tried, whether it held, what was seen."""

    name: str
    passed: bool
    seen: str
    mend: str = ""  # what mends it, where the status does not say so already


class Deadline:
    """A moment on the monotonic clock by which something must be over."""

    __slots__ = ("at",)

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())

    def passed(self) -> bool:
        return time.monotonic() >= self.at


@dataclass(frozen=True, slots=True)
class CancelToken:
    """Set by whoever no longer wants the answer; looked at by the driver while it waits."""

    _event: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``; True as soon as it is cancelled."""
        return self._event.wait(seconds)


class Request(Generic[T]):
    """A command to a device: a frozen, picklable dataclass. ``T`` is what the device gives back."""

    __slots__ = ()


class Driver(ABC):
    """One device, spoken to from one thread at a time (its host's).

    ``open`` may be called again after ``close``. Every method may raise :class:`DeviceError` and
    raises nothing else for what a device or a wire can do.
    """

    def __init__(self) -> None:
        self.report: Callable[[Status], None] = lambda status: None
        """Called by the driver while a command runs, so that status goes past the queue."""

    @property
    @abstractmethod
    def info(self) -> Info:
        """What is known of the device so far; more after ``open``."""

    @property
    @abstractmethod
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """The commands this driver understands: its capabilities."""

    @abstractmethod
    def open(self) -> None:
        """Take the port and make sure that the right device answers there."""

    @abstractmethod
    def close(self) -> None:
        """Give the port back. Never raises."""

    @abstractmethod
    def status(self) -> Status:
        """Ask the device how it is. Takes at most a second; called between commands."""

    @abstractmethod
    def reset(self) -> None:
        """Bring the device to its state after power-on, dropping whatever it was doing."""

    @abstractmethod
    def self_test(self) -> tuple[Check, ...]:
        """Try what can be tried without a citizen and without wasting paper."""

    def neighbours(self) -> tuple[Info, ...]:
        """All that is found where this device was looked for, itself too: the readers of its PC/SC
        service, the services of its machine. None for a device that is alone at its address.

        Also before and after an ``open`` that failed. Raises :class:`DeviceError` when the place
        itself does not answer.
        """
        return ()

    @abstractmethod
    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Do ``request`` and return what its type promises.

        Raises :class:`DeviceError`; ``UNSUPPORTED`` for a request not in ``requests``.
        """
