"""Errors of devices: what another one made from one keeps, and what travels."""

import pickle
import traceback

import pytest

from drivers.device import DeviceError, Kind, Reason
from drivers.hosting.host import LostError
from drivers.xfs4iot.failures import FailedError
from drivers.xfs4iot.messages import CompletionCode


def caught() -> DeviceError:
    """An error with everything that an error may have, and a cause."""
    try:
        try:
            raise OSError("no such port")
        except OSError as cause:
            raise DeviceError(Reason.JAM, "jammed", pages=3, mend="open it") from cause
    except DeviceError as error:
        return error


def facts(error: DeviceError) -> tuple[object, ...]:
    return error.reason, error.detail, error.mend, error.pages, error.device, str(error)


def test_another_error_differs_in_one_thing_and_the_first_stays_as_it_was() -> None:
    first = caught()
    was = facts(first)
    counted, named = first.with_pages(None), first.of(Kind.PIN_PAD)
    assert facts(first) == was == (Reason.JAM, "jammed", "open it", 3, None, "jam: jammed")
    assert facts(counted) == (Reason.JAM, "jammed", "open it", None, None, "jam: jammed")
    assert facts(named) == (Reason.JAM, "jammed", "open it", 3, Kind.PIN_PAD, "jam: jammed")
    assert facts(named.with_pages(1))[3:5] == (1, Kind.PIN_PAD)


def test_another_error_is_of_the_same_class_with_what_that_class_adds() -> None:
    failed = FailedError("Print", CompletionCode.TIME_OUT).with_pages(None)
    assert isinstance(failed, FailedError)
    assert failed.code is CompletionCode.TIME_OUT
    assert isinstance(LostError(Reason.HARDWARE).of(Kind.CAMERA), LostError)


def test_another_error_shows_where_and_why_the_first_was_raised() -> None:
    said = "".join(traceback.format_exception(caught().of(Kind.CAMERA)))
    assert "OSError: no such port" in said
    assert "direct cause" in said
    assert "in caught" in said
    assert said.count("DeviceError: jam: jammed") == 1


def fail_while_handling(*, hide: bool) -> None:
    try:
        raise OSError("no such port")
    except OSError:
        if hide:
            raise DeviceError(Reason.JAM) from None
        raise DeviceError(Reason.JAM)  # noqa: B904 - a driver that names no cause


@pytest.mark.parametrize("hide", [False, True])
def test_the_error_behind_an_error_is_shown_unless_it_was_hidden(hide: bool) -> None:
    with pytest.raises(DeviceError) as raised:
        fail_while_handling(hide=hide)
    said = "".join(traceback.format_exception(raised.value.of(Kind.CAMERA)))
    assert ("OSError: no such port" in said) is not hide


@pytest.mark.parametrize("device", [None, *Kind])
def test_an_error_travels_whole(device: Kind | None) -> None:
    error = DeviceError(Reason.JAM, "jammed", pages=None, mend="open it", device=device)
    again = pickle.loads(pickle.dumps(error))
    assert facts(again) == facts(error)
    assert isinstance(again.device, Kind) is (device is not None)
