"""The error that a command to a device failed with, typed."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from drivers.device import DeviceError
from tests.waiting import PATIENCE_S


def error_of(future: Future[Any], seconds: float = PATIENCE_S) -> DeviceError:
    """Waits for the end of the command for at most ``seconds``; a command that succeeds fails the
    test."""
    error = future.exception(seconds)
    assert isinstance(error, DeviceError)
    return error
