"""Faults of the stand-in centre, on request: slow, down, busy, cut off or talking nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import random
from threading import Lock
from typing import Literal

from pydantic import BaseModel, Field, field_validator
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.workshop.sandbox.refusals import Refused, known_codes


class CentreFault(BaseModel):
    """What goes wrong with the next requests that match.

    ``latency`` waits ``seconds``, then serves the request. ``status`` answers as a proxy does, with
    ``status`` and a page of HTML; ``refusal`` refuses with ``code``: both carry out nothing. The
    other three carry out the request: then ``cut`` sends half of the answer, ``garbage`` sends
    an answer that is not JSON, ``drop`` sends nothing.
    """

    match: str = Field(default="/v1", max_length=200)  # how the path begins
    ends: str = Field(default="", max_length=200)  # how the path ends, for example "/commit"
    method: str | None = Field(default=None, max_length=8)
    kind: Literal["latency", "status", "cut", "garbage", "drop", "refusal"]
    seconds: float = Field(default=1.0, ge=0, le=120)
    status: int = Field(default=502, ge=400, le=599)
    code: str = "service-busy"
    times: int | None = Field(default=None, ge=1, le=10**6)  # requests; None: until cleared

    @field_validator("code")
    @classmethod
    def _is_known(cls, code: str) -> str:
        if code not in known_codes():
            raise ValueError("no such refusal")
        return code


class Faults:
    """The faults that are set. :meth:`apply` runs them around the application, after the delay."""

    def __init__(self, delay: tuple[float, float]) -> None:
        self._delay = delay
        self._lock = Lock()
        self._set: list[tuple[CentreFault, int | None]] = []

    def add(self, fault: CentreFault) -> None:
        with self._lock:
            self._set.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._set.clear()

    async def apply(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1"):
            await app(scope, receive, send)
            return
        if self._delay[1]:
            await asyncio.sleep(random.uniform(*self._delay))  # noqa: S311 - not a secret
        for fault in self._due(scope["method"], scope["path"]):
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
                continue
            await _fail(fault, app, scope, receive, send)
            return
        await app(scope, receive, send)

    def _due(self, method: str, path: str) -> list[CentreFault]:
        """The faults that this request meets; each of them counts one request less."""
        due, kept = [], []
        with self._lock:
            for fault, left in self._set:
                fits = path.startswith(fault.match) and path.endswith(fault.ends)
                fits = fits and fault.method in (None, method)
                if fits:
                    due.append(fault)
                    left = None if left is None else left - 1  # noqa: PLW2901
                if left != 0:
                    kept.append((fault, left))
            self._set = kept
        return due


async def _fail(
    fault: CentreFault, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    match fault.kind:
        case "status":
            page = f"<html><head><title>{fault.status}</title></head><body></body></html>"
            await Response(page, fault.status, media_type="text/html")(scope, receive, send)
        case "refusal":
            body = Refused(fault.code, since="2025-09-01", seconds=60, limit=3, left=2)
            answer = JSONResponse(body.body.model_dump(mode="json"), body.status)
            await answer(scope, receive, send)
        case _:
            carried_out = await _carry_out(app, scope, receive)
            await _spoil(fault.kind, carried_out, scope, receive, send)


async def _carry_out(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Run the application to its end; returns its answer instead of sending it."""
    start: Message = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return start, bytes(body)


async def _spoil(
    kind: str, answer: tuple[Message, bytes], scope: Scope, receive: Receive, send: Send
) -> None:
    start, body = answer
    if kind == "garbage":
        nonsense = Response(b'{"grzhye": \xff\xfe<html>', 200, media_type="application/json")
        await nonsense(scope, receive, send)
        return
    if kind == "cut":
        await send(start)
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
    # The server sends every answer whole, so the fault closes the connection itself: through the
    # transport of uvicorn's object behind `send`. A test in the same process has no transport:
    # there the call raises.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the answer is lost")
    transport.close() if kind == "cut" else transport.abort()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while (await receive())["type"] != "http.disconnect":
                pass
