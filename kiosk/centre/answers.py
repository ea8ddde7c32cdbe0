"""Reads the answer to a call: a checked model, or a typed error that holds nothing of it."""

from __future__ import annotations

import codecs
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from drivers.sentence import en, joined
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import RefusalBody
from kiosk.centre.transport import Answered, Call, Silence

T = TypeVar("T")


def body_of(call: Call, outcome: Answered | Silence, good: tuple[int, ...] = (200, 201)) -> bytes:
    """The body of an answer with a ``good`` status; raises for every other outcome."""
    if isinstance(outcome, Silence):
        why = joined(": ", call.endpoint, outcome.detail)
        raise CentreUnavailable(
            outcome.trouble, why, outcome.retry_after_s, untrusted=outcome.untrusted
        )
    body = outcome.body.removeprefix(codecs.BOM_UTF8)  # RFC 8259 8.1: may be ignored
    if outcome.status in good:
        return body
    if 400 <= outcome.status < 500:
        no = _read_refusal(body)
        if no is not None:
            raise Refusal(no.code, no.reason, no.next_step, no.reference, no.operation)
    trouble = Trouble.BUSY if outcome.status == 429 else Trouble.NONSENSE
    why = en("status {status}", status=outcome.status)
    raise CentreUnavailable(trouble, joined(": ", call.endpoint, why), outcome.retry_after_s)


def read(call: Call, body: bytes, model: TypeAdapter[T]) -> T:
    """The model in ``body``; raises when the body does not fit."""
    try:
        return model.validate_json(body)
    except ValidationError as error:
        # Name only the field that does not fit: pydantic's error holds what the centre sent.
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
    raise nonsense(call, en("does not fit at {where}", where=where or "the top"))


def nonsense(call: Call, why: str) -> CentreUnavailable:
    """The error for an answer that fits its model and is not the answer to ``call``."""
    return CentreUnavailable(Trouble.NONSENSE, joined(": ", call.endpoint, why))


def _read_refusal(body: bytes) -> RefusalBody | None:
    try:
        return RefusalBody.model_validate_json(body)
    except ValidationError:
        return None
