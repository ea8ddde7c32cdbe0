"""The contract of every device: its info, its status, its requests and its errors.

Classes and words follow XFS4IoT (CEN CWA 16926 successor) where it has them.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from drivers.sentence import Sentence

T = TypeVar("T")


class Kind(StrEnum):
    """The device classes. The values are the names of the tables in the settings."""

    ID_CARD = "id_card"
    SMART_CARD = "smart_card"
    RECEIPT_PRINTER = "receipt_printer"
    DOCUMENT_PRINTER = "document_printer"
    CAMERA = "camera"
    CODE_SCANNER = "code_scanner"
    PIN_PAD = "pin_pad"
    LIGHTS = "lights"
    SENSORS = "sensors"
    SPEAKER = "speaker"
    VENDOR_MODE = "vendor_mode"


class State(StrEnum):
    """The state of a device (XFS4IoT ``Common.Status.device``)."""

    ONLINE = "online"
    OFFLINE = "offline"  # the device exists, but is switched off or set off-line
    NO_DEVICE = "noDevice"  # nothing answers at its address
    BUSY = "deviceBusy"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"  # somebody must act: close the cover, lift the card
    TAMPER = "fraudAttempt"
    STARTING = "starting"
    UNKNOWN = "unknown"  # the device does not tell; never a guess


class Media(StrEnum):
    """Whether media lie in the device's transport: a card on the reader, a sheet in the slot."""

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
    """Why a device cannot carry out a request. The screen has words for each."""

    JAM = "jam"
    PAPER_OUT = "paper-out"
    TONER_OUT = "toner-out"
    COVER_OPEN = "cover-open"
    NOT_TAKEN = "not-taken"  # earlier paper not taken (or retracted), or an earlier card not lifted
    CARD_REMOVED = "card-removed"  # lifted during a read
    CARD_UNREADABLE = "card-unreadable"  # the card answered, but its content could not be read
    CARD_UNKNOWN = "card-unknown"  # a kind of card that this reader or this program does not know
    TIMEOUT = "timeout"  # the deadline passed; for a card reader: nobody put a card
    CANCELLED = "cancelled"
    OFFLINE = "offline"
    NO_DEVICE = "no-device"
    GARBLED = "garbled"  # an answer that the protocol does not allow
    NOT_AUTHORISED = "not-authorised"  # e.g. a reader whose SAM has no licence
    UNSUPPORTED = "unsupported"
    HARDWARE = "hardware"


class DeviceError(Exception):
    """A command failed, for a :class:`Reason`.

    ``detail`` is one sentence for the technician (:func:`drivers.sentence.en`), without any
    citizen's data; ``mend`` is the command or act that mends the problem; ``pages`` is, for
    printers, how many pages surely came out whole (``None``: unknown); ``device`` is the class of
    the device that failed (``None`` until the device's host has handed the error out).

    Nobody changes an error that was raised: :meth:`with_pages` and :meth:`of` make another error.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        pages: int | None = 0,
        mend: str = "",
        device: Kind | None = None,
    ) -> None:
        form = f"{reason.value}: {{detail}}"
        super().__init__(Sentence(form, detail=detail) if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.pages = pages
        self.mend = mend
        self.device = device

    def with_pages(self, pages: int | None) -> Self:
        """This error with other ``pages``."""
        return self._with("pages", pages)

    def of(self, device: Kind) -> Self:
        """This error as one of ``device``."""
        return self._with("device", device)

    def _with(self, name: str, value: object) -> Self:
        """A copy in which the attribute ``name`` is ``value``, with the traceback and the cause of
        this error."""
        copy = type(self).__new__(type(self), *self.args)
        vars(copy).update(vars(self) | {name: value})
        hidden = self.__cause__ is not None or self.__suppress_context__
        copy.__cause__ = self.__cause__ if hidden else self.__context__
        return copy.with_traceback(self.__traceback__)

    def __reduce__(self) -> tuple[Callable[..., DeviceError], tuple[Any, ...]]:
        return _device_error, (self.reason, self.detail, self.pages, self.mend, self.device)


def _device_error(
    reason: Reason, detail: str, pages: int | None, mend: str, device: Kind | None
) -> DeviceError:
    return DeviceError(reason, detail, pages=pages, mend=mend, device=device)


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a device now. Hosts compare statuses with ``==`` and report only changes."""

    state: State
    media: Media = Media.UNKNOWN
    paper: Supply = Supply.UNKNOWN
    problem: Reason | None = None  # why the device cannot be used now; None when it can
    detail: str = ""  # one sentence for the technician
    mend: str = ""  # the command or act that mends the problem

    @property
    def usable(self) -> bool:
        """Whether a command may be tried: the device answers and reports no problem."""
        return self.state in (State.ONLINE, State.BUSY) and self.problem is None


@dataclass(frozen=True, slots=True)
class Info:
    """What a device tells of itself: for the doctor and the acceptance report."""

    kind: Kind
    driver: str  # the driver's name in the settings: "sdt", "escpos", "ipp"
    address: str  # a port, a host and port, a URI
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A device that was found where a device was looked for: a reader of a PC/SC service, a service
    of an XFS4IoT machine. A device is also its own neighbour."""

    name: str  # its name for the settings: the reader's name, the service's URI
    offers: str  # the abilities that it reports; "" when it does not answer
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a self-test: what was tried, whether it passed, what was seen."""

    name: str
    passed: bool
    seen: str
    mend: str = ""  # the act that mends a failure, unless the status tells it already


class Deadline:
    """A moment on the monotonic clock by which an action must be over."""

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
    """The caller sets it when it no longer wants the answer; the driver checks it while waiting."""

    _event: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``, but only until cancelled; returns whether cancelled."""
        return self._event.wait(seconds)


class Request(Generic[T]):
    """A command to a device: a frozen, picklable dataclass. ``T`` is the type of its answer."""

    __slots__ = ()


class Driver(ABC):
    """One device. One thread at a time uses it: that of its host.

    ``open`` may be called again after ``close``. Every method may raise :class:`DeviceError`, and
    raises no other exception for a failure of the device or the wire.
    """

    def __init__(self) -> None:
        self.report: Callable[[Status], None] = lambda status: None
        """The driver calls it with each new status while a command runs; the host's queue of
        commands does not delay it."""

    @property
    @abstractmethod
    def info(self) -> Info:
        """What is known of the device; more after ``open``."""

    @property
    @abstractmethod
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """The commands that this driver understands: its capabilities."""

    @abstractmethod
    def open(self) -> None:
        """Open the port and make sure that the right device answers there."""

    @abstractmethod
    def close(self) -> None:
        """Close the port. Never raises."""

    @abstractmethod
    def status(self) -> Status:
        """Ask the device for its status. Takes at most a second; called between commands."""

    @abstractmethod
    def reset(self) -> None:
        """Bring the device to its state after power-on; drops all that it was doing or holds."""

    @abstractmethod
    def self_test(self) -> tuple[Check, ...]:
        """Try the functions that need no citizen and waste no paper."""

    def neighbours(self) -> tuple[Neighbour, ...]:
        """All devices found where this device is looked for, itself included: the readers of its
        PC/SC service, the services of its machine. Empty for a device that is alone at its address.

        May be called before ``open`` and after a failed ``open``. Raises :class:`DeviceError` when
        the PC/SC service or the machine does not answer.
        """
        return ()

    @abstractmethod
    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; returns an answer of the request's type.

        Raises :class:`DeviceError`; ``UNSUPPORTED`` for a request not in ``requests``.
        """
