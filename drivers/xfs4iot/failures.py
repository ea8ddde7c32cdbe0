"""Translates the codes of XFS4IoT services into the reasons and states of our devices."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import DeviceError, Media, Reason, State, Status, Supply
from drivers.sentence import en, joined
from drivers.xfs4iot.messages import CompletionCode, ErrorCode
from drivers.xfs4iot.payloads import DeviceState

_ENDS: Mapping[CompletionCode, tuple[Reason, str]] = {
    CompletionCode.CANCELED: (Reason.CANCELLED, ""),
    CompletionCode.DEVICE_NOT_READY: (Reason.OFFLINE, en("look after the machine's own messages")),
    CompletionCode.HARDWARE_ERROR: (Reason.HARDWARE, en("call the machine's service")),
    CompletionCode.INTERNAL_ERROR: (Reason.HARDWARE, en("restart the machine's XFS4IoT service")),
    CompletionCode.TIME_OUT: (Reason.TIMEOUT, ""),
    CompletionCode.USER_ERROR: (Reason.OFFLINE, en("remove what stands in the device's way")),
    CompletionCode.INVALID_COMMAND: (Reason.UNSUPPORTED, ""),
    CompletionCode.UNSUPPORTED_COMMAND: (Reason.UNSUPPORTED, ""),
    CompletionCode.UNSUPPORTED_DATA: (Reason.UNSUPPORTED, ""),
    CompletionCode.INVALID_DATA: (Reason.UNSUPPORTED, ""),
    CompletionCode.INVALID_REQUEST_ID: (Reason.GARBLED, ""),
    CompletionCode.FRAUD_ATTEMPT: (Reason.HARDWARE, en("search the machine for foreign parts")),
    # Services answer this while the machine is in vendor mode.
    CompletionCode.SEQUENCE_ERROR: (Reason.OFFLINE, en("end the machine's vendor mode")),
    CompletionCode.AUTHORISATION_REQUIRED: (Reason.NOT_AUTHORISED, en("have the bank permit it")),
    CompletionCode.AUTHORIZATION_REQUIRED: (Reason.NOT_AUTHORISED, en("have the bank permit it")),
}

REFUSALS = frozenset(
    {
        CompletionCode.DEVICE_NOT_READY,
        CompletionCode.INVALID_COMMAND,
        CompletionCode.UNSUPPORTED_COMMAND,
        CompletionCode.UNSUPPORTED_DATA,
        CompletionCode.INVALID_DATA,
        CompletionCode.INVALID_REQUEST_ID,
        CompletionCode.SEQUENCE_ERROR,
        CompletionCode.AUTHORISATION_REQUIRED,
        CompletionCode.AUTHORIZATION_REQUIRED,
    }
)
"""Codes after which the command has surely not begun."""

_ERRORS: Mapping[Reason, tuple[ErrorCode, ...]] = {
    Reason.JAM: (ErrorCode.MEDIA_JAMMED, ErrorCode.PAPER_JAMMED, ErrorCode.MEDIA_JAM),
    Reason.PAPER_OUT: (ErrorCode.PAPER_OUT,),
    Reason.TONER_OUT: (ErrorCode.TONER_OUT, ErrorCode.INK_OUT),
    Reason.NOT_TAKEN: (ErrorCode.MEDIA_RETRACTED,),
    Reason.TIMEOUT: (ErrorCode.ENTRY_TIMEOUT,),
    Reason.CARD_REMOVED: (ErrorCode.NO_MEDIA,),
    Reason.CARD_UNKNOWN: (
        ErrorCode.INVALID_MEDIA,
        ErrorCode.CARD_TOO_SHORT,
        ErrorCode.CARD_TOO_LONG,
        ErrorCode.PROTOCOL_NOT_SUPPORTED,
    ),
    Reason.CARD_UNREADABLE: (
        ErrorCode.INVALID_DATA,
        ErrorCode.ATR_NOT_OBTAINED,
        ErrorCode.CARD_COLLISION,
        ErrorCode.SECURITY_FAIL,
    ),
    Reason.CANCELLED: (ErrorCode.NO_PIN,),
    Reason.NOT_AUTHORISED: (
        ErrorCode.KEY_NOT_FOUND,
        ErrorCode.KEY_NO_VALUE,
        ErrorCode.ACCESS_DENIED,
        ErrorCode.USE_VIOLATION,
        ErrorCode.DUKPT_OVERFLOW,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.RANDOM_INVALID,
        ErrorCode.INVALID_VALUE,
        ErrorCode.FORMAT_INVALID,
        ErrorCode.CONTENT_INVALID,
    ),
    Reason.UNSUPPORTED: (
        ErrorCode.SEQUENCE_INVALID,
        ErrorCode.MEDIA_OVERFLOW,
        ErrorCode.SOURCE_INVALID,
        ErrorCode.CHIP_POWER_NOT_SUPPORTED,
        ErrorCode.CAMERA_NOT_SUPPORTED,
        ErrorCode.INVALID_LIGHT,
        ErrorCode.INVALID_AUXILIARY,
        ErrorCode.KEY_INVALID,
        ErrorCode.KEY_NOT_SUPPORTED,
        ErrorCode.NO_ACTIVE_KEYS,
        ErrorCode.NO_TERMINATE_KEYS,
        ErrorCode.MINIMUM_LENGTH,
        ErrorCode.TOO_MANY_FRAMES,
        ErrorCode.PARTIAL_FRAME,
        ErrorCode.FORMAT_NOT_SUPPORTED,
        ErrorCode.INVALID_KEY_LENGTH,
        ErrorCode.ALGORITHM_NOT_SUPPORTED,
        ErrorCode.CRYPTO_METHOD_NOT_SUPPORTED,
        ErrorCode.SIGNATURE_NOT_SUPPORTED,
        ErrorCode.MODE_NOT_SUPPORTED,
    ),
}
_REASONS = {code: reason for reason, codes in _ERRORS.items() for code in codes}
"""Error code to reason; any other code means ``HARDWARE``."""

_MEND = {
    Reason.JAM: en("open the machine, take out what is jammed, close it"),
    Reason.PAPER_OUT: en("put in paper"),
    Reason.TONER_OUT: en("put in toner or a ribbon"),
    Reason.NOT_AUTHORISED: en("load the keys again"),
}


class FailedError(DeviceError):
    """The service ended a command without success; ``code`` and ``error`` as it sent them."""

    def __init__(self, name: str, code: CompletionCode, error: ErrorCode | None = None) -> None:
        reason, mend = _ENDS.get(code, (Reason.HARDWARE, en("call the machine's service")))
        said = code.value
        if code is CompletionCode.COMMAND_ERROR_CODE and error is not None:
            reason = _REASONS.get(error, Reason.HARDWARE)
            said, mend = error.value, _MEND.get(reason, "")
        super().__init__(reason, joined(": ", name, said), mend=mend)
        self.code = code
        self.error = error


_STATES: Mapping[DeviceState, tuple[State, Reason | None, str, str]] = {
    DeviceState.ONLINE: (State.ONLINE, None, "", ""),
    DeviceState.DEVICE_BUSY: (State.BUSY, None, "", ""),
    DeviceState.OFFLINE: (
        State.OFFLINE,
        Reason.OFFLINE,
        en("switched off-line at the machine"),
        en("switch the device on-line"),
    ),
    DeviceState.POWER_OFF: (
        State.OFFLINE,
        Reason.OFFLINE,
        en("without power, or not connected"),
        en("check the device's power and cable"),
    ),
    DeviceState.NO_DEVICE: (
        State.NO_DEVICE,
        Reason.NO_DEVICE,
        en("this machine has no such device"),
        en("take the device out of the settings"),
    ),
    DeviceState.HARDWARE_ERROR: (
        State.HARDWARE_ERROR,
        Reason.HARDWARE,
        en("out of order"),
        en("call the machine's service"),
    ),
    DeviceState.USER_ERROR: (
        State.USER_ERROR,
        Reason.OFFLINE,
        en("something stands in the device's way"),
        en("remove what stands in the device's way"),
    ),
    # Potential fraud counts as fraud: nobody is at the terminal who could check.
    DeviceState.FRAUD_ATTEMPT: (
        State.TAMPER,
        Reason.HARDWARE,
        en("it reports tampering"),
        en("search the machine for foreign parts"),
    ),
    DeviceState.POTENTIAL_FRAUD: (
        State.TAMPER,
        Reason.HARDWARE,
        en("it suspects tampering"),
        en("search the machine for foreign parts"),
    ),
    DeviceState.STARTING: (State.STARTING, Reason.OFFLINE, "starting", ""),
}


def status_of(state: DeviceState | None) -> Status:
    """The status of a device from ``common.device``; UNKNOWN when the service does not tell."""
    if state is None or state not in _STATES:
        return Status(State.UNKNOWN, detail=en("the service does not tell how the device is"))
    ours, problem, detail, mend = _STATES[state]
    return Status(ours, problem=problem, detail=detail, mend=mend)


_AFTER = {
    Reason.JAM: State.HARDWARE_ERROR,
    Reason.HARDWARE: State.HARDWARE_ERROR,
    Reason.PAPER_OUT: State.USER_ERROR,
    Reason.TONER_OUT: State.USER_ERROR,
    Reason.OFFLINE: State.OFFLINE,
}


def status_after(error: DeviceError) -> Status:
    """The status of a device right after ``error``, until the next look at it."""
    if error.reason not in _AFTER:
        return Status(State.UNKNOWN, detail=error.detail)
    return Status(
        _AFTER[error.reason],
        Media.JAMMED if error.reason is Reason.JAM else Media.UNKNOWN,
        Supply.OUT if error.reason is Reason.PAPER_OUT else Supply.UNKNOWN,
        error.reason,
        error.detail,
        error.mend,
    )
