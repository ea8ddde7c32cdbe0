"""The envelope of XFS4IoT messages (CEN CWA 17852): header, message, version. Touches no wire.

A message is one JSON object in one WebSocket frame: ``{"header": {…}, "payload": {…}}``. Names are
camelCase, bytes are base64, and a null field may be missing. This client ignores unknown fields,
events and values, as the standard asks of every client. It reads every name in any case: services
made with KAL's framework call an interface ``cardReader``, the standard ``CardReader``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec
import msgspec.inspect

from drivers.device import DeviceError, Reason
from drivers.sentence import en

P = TypeVar("P", bound="Payload")
C = TypeVar("C", bound="Completion")

VERSION = re.compile(r"[1-9][0-9]{0,5}\.(?:[1-9][0-9]{0,5}|0)")
"""A message's own version, ``major.minor`` (CWA 17852-1)."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")


class Named(StrEnum):
    """Values of a field, read in any case; an unknown value is read as the member ``UNKNOWN``, if
    there is one."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        folded = value.casefold() if isinstance(value, str) else value
        known = (member for member in cls if member.casefold() == folded)
        return next(known, None) or cls.__members__.get("UNKNOWN")


class Payload(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True, kw_only=True):
    """The payload of a message. ``repr`` shows its kind only: it may be a citizen's data."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class MessageType(Named):
    COMMAND = "command"
    ACKNOWLEDGE = "acknowledge"
    EVENT = "event"  # belongs to a running command
    COMPLETION = "completion"
    UNSOLICITED = "unsolicited"  # belongs to no command: a card was pulled, a door opened
    UNKNOWN = "unknown"


class AcknowledgeStatus(Named):
    """Why a command was not queued; the acknowledge of a queued command has no status."""

    INVALID_MESSAGE = "invalidMessage"
    INVALID_REQUEST_ID = "invalidRequestID"
    TOO_MANY_REQUESTS = "tooManyRequests"
    UNKNOWN = "unknown"


class CompletionCode(Named):
    """How a command ended. Newer services leave it out after a success."""

    SUCCESS = "success"
    COMMAND_ERROR_CODE = "commandErrorCode"  # the payload's errorCode says more
    CANCELED = "canceled"
    DEVICE_NOT_READY = "deviceNotReady"
    HARDWARE_ERROR = "hardwareError"
    INTERNAL_ERROR = "internalError"
    INVALID_COMMAND = "invalidCommand"
    INVALID_REQUEST_ID = "invalidRequestID"
    TIME_OUT = "timeOut"
    UNSUPPORTED_COMMAND = "unsupportedCommand"
    INVALID_DATA = "invalidData"
    USER_ERROR = "userError"
    UNSUPPORTED_DATA = "unsupportedData"
    FRAUD_ATTEMPT = "fraudAttempt"
    SEQUENCE_ERROR = "sequenceError"
    AUTHORISATION_REQUIRED = "authorisationRequired"
    AUTHORIZATION_REQUIRED = "authorizationRequired"  # services use both spellings
    NOT_ENOUGH_SPACE = "notEnoughSpace"
    UNKNOWN = "unknown"


class ErrorCode(Named):
    """``errorCode`` of all commands that the drivers use, in the order of their interfaces."""

    NO_MATCHING_REQUEST_IDS = "noMatchingRequestIDs"  # Common.Cancel
    SHUTTER_FAIL = "shutterFail"  # Printer, CardReader
    MEDIA_JAMMED = "mediaJammed"
    PAPER_JAMMED = "paperJammed"
    PAPER_OUT = "paperOut"
    TONER_OUT = "tonerOut"
    INK_OUT = "inkOut"
    NO_MEDIA_PRESENT = "noMediaPresent"
    FLUSH_FAIL = "flushFail"
    RETRACT_BIN_FULL = "retractBinFull"
    STACKER_FULL = "stackerFull"
    PAGE_TURN_FAIL = "pageTurnFail"
    MEDIA_TURN_FAIL = "mediaTurnFail"
    SEQUENCE_INVALID = "sequenceInvalid"
    MEDIA_OVERFLOW = "mediaOverflow"
    MEDIA_RETAINED = "mediaRetained"  # retracted, because it could not be ejected
    MEDIA_RETRACTED = "mediaRetracted"  # retracted, because nobody took it
    MEDIA_REJECTED = "mediaRejected"
    BLACK_MARK = "blackMark"
    SOURCE_INVALID = "sourceInvalid"
    MEDIA_JAM = "mediaJam"  # CardReader
    NO_MEDIA = "noMedia"
    INVALID_MEDIA = "invalidMedia"
    CARD_TOO_SHORT = "cardTooShort"
    CARD_TOO_LONG = "cardTooLong"
    SECURITY_FAIL = "securityFail"
    CARD_COLLISION = "cardCollision"
    INVALID_DATA = "invalidData"
    PROTOCOL_NOT_SUPPORTED = "protocolNotSupported"
    ATR_NOT_OBTAINED = "atrNotObtained"
    CHIP_POWER_NOT_SUPPORTED = "chipPowerNotSupported"
    OCCUPIED = "occupied"
    RETAIN_BIN_FULL = "retainBinFull"
    FULL = "full"
    BARCODE_INVALID = "barcodeInvalid"  # BarcodeReader
    CAMERA_NOT_SUPPORTED = "cameraNotSupported"  # Camera
    MEDIA_FULL = "mediaFull"
    CAMERA_INOPERABLE = "cameraInoperable"
    INVALID_LIGHT = "invalidLight"  # Lights
    LIGHT_ERROR = "lightError"
    INVALID_AUXILIARY = "invalidAuxiliary"  # Auxiliaries
    KEY_INVALID = "keyInvalid"  # Keyboard
    KEY_NOT_SUPPORTED = "keyNotSupported"
    NO_ACTIVE_KEYS = "noActivekeys"
    NO_TERMINATE_KEYS = "noTerminatekeys"
    MINIMUM_LENGTH = "minimumLength"
    TOO_MANY_FRAMES = "tooManyFrames"
    PARTIAL_FRAME = "partialFrame"
    ENTRY_TIMEOUT = "entryTimeout"
    KEY_NOT_FOUND = "keyNotFound"  # PinPad, KeyManagement
    ACCESS_DENIED = "accessDenied"
    KEY_NO_VALUE = "keyNoValue"
    USE_VIOLATION = "useViolation"
    NO_PIN = "noPin"
    FORMAT_NOT_SUPPORTED = "formatNotSupported"
    INVALID_KEY_LENGTH = "invalidKeyLength"
    ALGORITHM_NOT_SUPPORTED = "algorithmNotSupported"
    DUKPT_OVERFLOW = "dukptOverflow"
    CRYPTO_METHOD_NOT_SUPPORTED = "cryptoMethodNotSupported"
    DUPLICATE_KEY = "duplicateKey"
    NO_KEY_RAM = "noKeyRam"
    SIGNATURE_NOT_SUPPORTED = "signatureNotSupported"
    SIGNATURE_INVALID = "signatureInvalid"
    RANDOM_INVALID = "randomInvalid"
    MODE_NOT_SUPPORTED = "modeNotSupported"
    INVALID_VALUE = "invalidValue"
    FORMAT_INVALID = "formatInvalid"
    CONTENT_INVALID = "contentInvalid"
    UNKNOWN = "unknown"


class Completion(Payload, frozen=True, kw_only=True):
    """The completion of a command; most commands have no other fields, the others derive from
    it."""

    error_code: ErrorCode | None = None
    completion_code: CompletionCode | None = None
    """Only from older services, which do not know ``completionCode`` in the header."""


class Command(Payload, Generic[C], frozen=True, kw_only=True):
    """A command to a service; ``C`` is the class of its completion.

    ``NAME`` is the name of the message, ``MAJORS`` the major versions that the class can write.
    """

    NAME: ClassVar[str]
    MAJORS: ClassVar[tuple[int, ...]] = (2, 3)
    COMPLETION: ClassVar[type[Completion]] = Completion

    def body(self, major: int) -> Payload | dict[str, Any] | None:
        """The payload in the form of the version ``major``; ``None`` for no payload."""
        return self if self.__struct_fields__ else None


class Header(Payload, frozen=True, kw_only=True):
    """The head of every message; times in milliseconds."""

    type: MessageType
    name: str
    version: str = "2.0"
    request_id: int | None = None  # from 1, unique on a connection; none when unsolicited
    timeout: int | None = None  # commands only; 0: never
    status: AcknowledgeStatus | None = None  # acknowledges only
    completion_code: CompletionCode | None = None  # completions only

    def __repr__(self) -> str:
        return f"Header({self.type.value} {self.name} {self.request_id})"


class XfsMessage:
    """A header, and a payload that stays undecoded until :meth:`read`, whose caller knows its
    class."""

    __slots__ = ("_payload", "header")

    def __init__(self, header: Header, payload: object = None) -> None:
        """``payload``: of the builtin types of JSON."""
        self.header = header
        self._payload = payload

    def __repr__(self) -> str:
        return f"XfsMessage({self.header!r})"

    def is_named(self, name: str) -> bool:
        """Whether it is the message ``name``, written in any case."""
        return self.header.name.casefold() == name.casefold()

    def read(self, form: type[P]) -> P:
        """The payload as ``form``; a null payload has no fields. Raises ``GARBLED``."""
        try:
            return _read({} if self._payload is None else self._payload, form)
        except _UNREADABLE as error:
            # Raised without its cause, which may quote the payload.
            name = self.header.name if _NAME.fullmatch(self.header.name) else en("a message")
            raise DeviceError(
                Reason.GARBLED,
                en("{name}: {what} payload", name=name, what=_which(error)),
                pages=None,
            ) from None

    @property
    def code(self) -> CompletionCode:
        """How the command ended; success when neither header nor payload has a code."""
        return (
            self.header.completion_code
            or self.read(Completion).completion_code
            or CompletionCode.SUCCESS
        )


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def encode(header: Header, payload: Payload | dict[str, Any] | None = None) -> str:
    """The text of a message."""
    frame: dict[str, Any] = {"header": header}
    if payload is not None:
        frame["payload"] = payload
    return msgspec.json.encode(frame).decode()


def decode(data: bytes | str) -> XfsMessage:
    """The message in one frame. Raises :class:`DeviceError` ``GARBLED`` when it is no message."""
    try:
        frame = msgspec.json.decode(data, type=dict[str, Any])
        parts = {name.casefold(): part for name, part in frame.items()}
        header = _read(parts.get("header"), Header)
    except _UNREADABLE as error:
        raise DeviceError(
            Reason.GARBLED, en("a frame that is no message: {what}", what=_which(error)), pages=None
        ) from None
    return XfsMessage(header, parts.get("payload"))


def _read(value: object, form: type[P]) -> P:
    return msgspec.convert(_spelled(value, _type_info(form)), form)


@cache
def _type_info(form: type[P]) -> msgspec.inspect.Type:
    with _preparing:
        # msgspec prepares a class when it first meets it, and crashes the process when another
        # thread meets the class meanwhile: the decoder is made for its preparation only.
        msgspec.json.Decoder(form)
        return msgspec.inspect.type_info(form)


_preparing = threading.Lock()


def _spelled(value: Any, form: msgspec.inspect.Type) -> Any:
    """``value`` with the names of fields as ``form`` writes them; drops unknown fields."""
    match form:
        case msgspec.inspect.StructType(fields=fields) if isinstance(value, dict):
            named = {field.encode_name.casefold(): field for field in fields}
            known = ((named.get(name.casefold()), one) for name, one in value.items())
            return {f.encode_name: _spelled(one, f.type) for f, one in known if f is not None}
        case msgspec.inspect.ListType(item_type=item) if isinstance(value, list):
            return [_spelled(one, item) for one in value]
        case msgspec.inspect.DictType(value_type=item) if isinstance(value, dict):
            return {name: _spelled(one, item) for name, one in value.items()}
        case msgspec.inspect.UnionType(types=types):
            for one in types:
                if not isinstance(one, msgspec.inspect.NoneType):
                    return _spelled(value, one)
    return value


def choose(offered: Iterable[str], ours: Iterable[int]) -> str | None:
    """The newest offered version whose major version is one of ``ours``, as the service writes it;
    ``None`` when there is none. Services accept only the minor versions that they offer."""
    majors = frozenset(ours)
    theirs = {_numbers(one): one for one in offered if VERSION.fullmatch(one)}
    fit = [numbers for numbers in theirs if numbers[0] in majors]
    return theirs[max(fit)] if fit else None


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _which(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return "unfit"
    return en("nested too deeply") if isinstance(error, RecursionError) else en("no JSON")
