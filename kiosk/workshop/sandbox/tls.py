"""TLS of the stand-in centre: a small CA of its own, and the name in a terminal's certificate."""

from __future__ import annotations

from typing import Any

from starlette.types import Send


def certified_name(send: Send) -> str | None:
    """The common name in the client certificate of the connection behind ``send``; None without
    TLS. ASGI has no field for the certificate; uvicorn's ``send`` is a method of the object that
    holds the connection's transport."""
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    peer = transport.get_extra_info("peercert") if transport else None
    for ((key, value),) in (peer or {}).get("subject", ()):
        if key == "commonName":
            return str(value)
    return None
