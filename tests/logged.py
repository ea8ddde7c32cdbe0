"""What the logger says that a test is about, whatever else this process logs beside."""

from __future__ import annotations

import logging

import pytest


def logged(caplog: pytest.LogCaptureFixture, logger: str) -> list[logging.LogRecord]:
    """The records of ``logger`` so far, and of the loggers below it."""
    below = f"{logger}."
    return [record for record in caplog.records if f"{record.name}.".startswith(below)]


def messages(caplog: pytest.LogCaptureFixture, logger: str) -> list[str]:
    """The messages of :func:`logged`."""
    return [record.getMessage() for record in logged(caplog, logger)]
