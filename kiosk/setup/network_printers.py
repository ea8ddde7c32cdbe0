"""Finds the printers of the network by mDNS and DNS-SD (RFC 6762, RFC 6763)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from zeroconf import Error, IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

IPP, IPPS, RAW = "_ipp._tcp.local.", "_ipps._tcp.local.", "_pdl-datastream._tcp.local."
LISTEN_S = 3.0
"""Seconds to wait for answers: printers answer within 0.12 s (RFC 6762, 6), slow ones repeat."""
_ANSWER_MS = 1500
_NO_SLIPS = ("pdf", "postscript", "pcl", "urf", "pwg", "jpeg")
"""A printer whose page description languages hold one of these prints sheets, not slips."""


@dataclass(frozen=True, slots=True)
class NetworkPrinter:
    """A printer that tells of itself: its model, and its address for the settings.

    ``address`` holds a number, not a name, so that a dead name server delays nothing.
    """

    title: str
    address: str  # "ipp://192.168.1.20:631/ipp/print", "tcp://192.168.1.30:9100"


def look(interfaces: Sequence[str] = (), seconds: float = LISTEN_S) -> tuple[NetworkPrinter, ...]:
    """Every printer that answers within ``seconds``, by its address. ``interfaces``: the addresses
    of this machine to ask from; empty: all. Raises ``OSError`` where the network cannot be asked.
    """
    chosen = {"interfaces": list(interfaces)} if interfaces else {}
    try:
        asked = Zeroconf(ip_version=IPVersion.V4Only, **chosen)  # type: ignore[arg-type]
    except Error as error:
        raise OSError(str(error)) from error
    names: dict[str, str] = {}  # instance name -> service type

    def hear(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        names[name] = service_type

    try:
        browser = ServiceBrowser(asked, [IPP, IPPS, RAW], handlers=[hear])
        threading.Event().wait(seconds)
        browser.cancel()
        infos = [asked.get_service_info(kind, name, _ANSWER_MS) for name, kind in names.items()]
    finally:
        asked.close()
    return tuple(_printers([info for info in infos if info is not None]))


def _printers(infos: Sequence[ServiceInfo]) -> Iterator[NetworkPrinter]:
    """One address a printer: IPP, else IPP over TLS, else the raw port of a slip printer."""
    told: dict[str, str] = {}  # host -> how its printers are spoken to
    for kind in (IPP, IPPS, RAW):
        for info in sorted(infos, key=lambda one: one.name):
            host = next(iter(info.parsed_addresses(IPVersion.V4Only)), "")
            if info.type != kind or not host or told.setdefault(host, kind) != kind:
                continue
            facts = _facts(info)
            if kind == RAW and any(one in facts.get("pdl", "").lower() for one in _NO_SLIPS):
                continue
            title = facts.get("ty") or info.get_name()
            if kind == RAW:
                yield NetworkPrinter(title, f"tcp://{host}:{info.port}")
            else:
                scheme = "ipp" if kind == IPP else "ipps"
                path = facts.get("rp", "ipp/print").lstrip("/")
                yield NetworkPrinter(title, f"{scheme}://{host}:{info.port}/{path}")


def _facts(info: ServiceInfo) -> dict[str, str]:
    """The TXT record, keys in lower case; a value that is no UTF-8 is left out."""
    found = {}
    for key, value in info.properties.items():
        with suppress(UnicodeDecodeError):
            found[key.decode().lower()] = (value or b"").decode()
    return found
