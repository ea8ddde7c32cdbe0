"""Captures what the processes of this network namespace send, and sorts it by who is spoken to.

A namespace of its own needs no root where the kernel lets users make one (user_namespaces(7)). In
it, this process may read every packet (packet(7)), and a default route through the loopback device
brings also packets to strangers here, which have nowhere to go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ALL, _IPV4, _IPV6, _TCP, _UDP = 0x0003, 0x0800, 0x86DD, 6, 17
_EXTENSIONS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options: RFC 8200
_OUTGOING = 4  # PACKET_OUTGOING: of each packet on the loopback device, its sender's copy
_STATISTICS = 6  # PACKET_STATISTICS
_BUFFER = 1 << 26
_SOL_PACKET = 263
_FORCE = 33  # SO_RCVBUFFORCE: who may, takes a larger buffer than the kernel's limit
_IFF_UP, _GET_FLAGS, _SET_FLAGS = 1, 0x8913, 0x8914
_LISTEN = "0A"  # proc(5), TCP_LISTEN
_QUIET_S = 0.2


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction of a conversation: protocol, and who sends to whom, as address and port."""

    protocol: str  # tcp, udp, or the number of another protocol
    source: str
    source_port: int
    target: str
    target_port: int

    def touches(self, port: int) -> bool:
        return port in (self.source_port, self.target_port)

    def __str__(self) -> str:
        return (
            f"{self.protocol} {self.source}:{self.source_port} to {self.target}:{self.target_port}"
        )


def dissect(frame: bytes) -> tuple[Flow, bytes] | None:
    """Flow and payload of an Ethernet frame, or None: neither IPv4 nor IPv6, or cut."""
    if len(frame) < 14:
        return None
    kind, packet = int.from_bytes(frame[12:14], "big"), frame[14:]
    if kind == _IPV4 and len(packet) >= 20:
        head, protocol = (packet[0] & 15) * 4, packet[9]
        source, target = packet[12:16], packet[16:20]
        inside = packet[head : int.from_bytes(packet[2:4], "big") or None]
        family = socket.AF_INET
    elif kind == _IPV6 and len(packet) >= 40:
        protocol, inside = packet[6], packet[40:]
        source, target = packet[8:24], packet[24:40]
        while protocol in _EXTENSIONS and len(inside) >= 8:
            protocol, inside = inside[0], inside[(inside[1] + 1) * 8 :]
        family = socket.AF_INET6
    else:
        return None
    ends = socket.inet_ntop(family, source), socket.inet_ntop(family, target)
    ports, name, payload = (0, 0), str(protocol), inside
    if protocol == _TCP and len(inside) >= 20:
        name, payload = "tcp", inside[(inside[12] >> 4) * 4 :]
        ports = struct.unpack_from("!HH", inside)
    elif protocol == _UDP and len(inside) >= 8:
        name, payload = "udp", inside[8:]
        ports = struct.unpack_from("!HH", inside)
    return Flow(name, ends[0], ports[0], ends[1], ports[1]), payload


def listening_ports(pid: int) -> set[int]:
    """The TCP ports at which the process waits for callers."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            sockets.add(os.readlink(descriptor))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTEN and f"socket:[{inode}]" in sockets:
                found.add(int(local.rpartition(":")[2], 16))
    return found


class WireTap:
    """Reads every packet of this network namespace in a thread, until ``close``."""

    def __init__(self) -> None:
        """Raises ``PermissionError`` where packets may not be read."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
        for option in (socket.SO_RCVBUF, _FORCE):
            with contextlib.suppress(PermissionError):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        self._socket.settimeout(_QUIET_S)
        self._flows: defaultdict[Flow, bytearray] = defaultdict(bytearray)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="wire tap", daemon=True)
        self._thread.start()

    def close(self) -> dict[Flow, bytes]:
        """All that was said, by flow, also of those who said nothing; what TCP sent twice stands
        there twice. Raises ``RuntimeError`` when
        packets were lost: then nobody knows what was said."""
        self._over.set()
        self._thread.join()
        _, lost = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        self._socket.close()
        if lost:
            raise RuntimeError(f"{lost} packets were not captured")
        return {flow: bytes(said) for flow, said in self._flows.items()}

    def _read(self) -> None:
        while True:
            try:
                frame, (_, _, kind, *_) = self._socket.recvfrom(1 << 17)
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            if kind == _OUTGOING and (said := dissect(frame)):
                self._flows[said[0]] += said[1]


ALONE = "KIOSK_ALONE_ON_THE_WIRE"
"""The environment variable that says that this process has a network namespace of its own."""


def alone(command: Sequence[str]) -> list[str]:
    """``command``, to be run in a network namespace of its own."""
    return ["unshare", "--user", "--map-root-user", "--net", "env", f"{ALONE}=1", *command]


def can_be_alone() -> bool:
    """Whether this machine lets this user make a network namespace, and has the tools for it
    (util-linux, iproute2)."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run(alone(["true"]), capture_output=True, check=False).returncode == 0


def begin_alone() -> WireTap:
    """Bring the loopback device of this process's own namespace up, and lead every packet there,
    and capture all of them. Raises ``RuntimeError`` in a namespace that other processes share."""
    if ALONE not in os.environ:
        raise RuntimeError("this process shares its network with others")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        loopback = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack_from("16sh", fcntl.ioctl(any_socket, _GET_FLAGS, loopback))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    subprocess.run(["ip", "route", "add", "default", "dev", "lo"], check=True)
    return WireTap()
