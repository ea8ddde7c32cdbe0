"""The capture of a namespace's traffic reads every packet, and says who was spoken to."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from socket import AF_INET, AF_INET6, inet_pton

import pytest

from tests.privacy import wire
from tests.privacy.wire import Flow, dissect

ETHERNET = bytes(12)
PORTS = struct.pack("!HH", 40000, 443)
TCP = PORTS + bytes(8) + bytes([6 << 4]) + bytes(11)  # with an option of four bytes
UDP = PORTS + bytes(4)


def ipv4(protocol: int, inside: bytes, *, options: int = 0) -> bytes:
    head = bytes([0x40 | (5 + options)]) + b"\0" + struct.pack("!H", 20 + 4 * options + len(inside))
    head += bytes(5) + bytes([protocol]) + bytes(2)
    ends = inet_pton(AF_INET, "127.0.0.1") + inet_pton(AF_INET, "8.8.8.8")
    return ETHERNET + b"\x08\x00" + head + ends + bytes(4 * options) + inside


def ipv6(protocol: int, inside: bytes) -> bytes:
    head = bytes(4) + struct.pack("!H", len(inside)) + bytes([protocol, 64])
    ends = inet_pton(AF_INET6, "::1") + inet_pton(AF_INET6, "2001:db8::8")
    return ETHERNET + b"\x86\xdd" + head + ends + inside


@pytest.mark.parametrize(
    ("frame", "flow", "payload"),
    [
        (ipv4(6, TCP + b"said"), Flow("tcp", "127.0.0.1", 40000, "8.8.8.8", 443), b"said"),
        (
            ipv4(17, UDP + b"said") + b"pad",
            Flow("udp", "127.0.0.1", 40000, "8.8.8.8", 443),
            b"said",
        ),
        (ipv4(17, UDP, options=2), Flow("udp", "127.0.0.1", 40000, "8.8.8.8", 443), b""),
        (ipv4(1, b"ping"), Flow("1", "127.0.0.1", 0, "8.8.8.8", 0), b"ping"),
        (ipv6(6, TCP + b"said"), Flow("tcp", "::1", 40000, "2001:db8::8", 443), b"said"),
        (
            ipv6(0, bytes([17, 0]) + bytes(6) + UDP + b"said"),
            Flow("udp", "::1", 40000, "2001:db8::8", 443),
            b"said",
        ),
    ],
)
def test_a_packet_says_who_says_what_to_whom(frame: bytes, flow: Flow, payload: bytes) -> None:
    assert dissect(frame) == (flow, payload)


def test_what_is_no_packet_of_the_internet_says_nothing() -> None:
    assert dissect(b"") is None
    assert dissect(ETHERNET + b"\x08\x06" + bytes(28)) is None, "ARP"
    assert dissect(ipv4(6, TCP)[:30]) is None
    assert dissect(ipv6(6, TCP)[:40]) is None


def test_a_flow_tells_its_ends() -> None:
    flow = Flow("tcp", "127.0.0.1", 40000, "8.8.8.8", 443)
    assert str(flow) == "tcp 127.0.0.1:40000 to 8.8.8.8:443"
    assert flow.touches(443)
    assert flow.touches(40000)
    assert not flow.touches(80)


SAYS = """
import json, socket
from tests.privacy.wire import begin_alone

tap = begin_alone()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
    stranger.sendto(b"to a stranger", ("192.0.2.1", 53))
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as there, server.accept()[0] as here:
        there.sendall(b"x" * 300_000)
        heard = 0
        while heard < 300_000:
            heard += len(here.recv(1 << 20))
with socket.socket() as caller:
    caller.setblocking(False)
    caller.connect_ex(("192.0.2.2", 443))
said = tap.close()
print(json.dumps([[f.protocol, f.target, len(text)] for f, text in said.items()]))
"""


def test_every_word_is_captured_also_to_strangers() -> None:
    if not wire.can_be_alone():
        pytest.skip("this machine lets no user make a network namespace (user_namespaces(7))")
    command = wire.alone([sys.executable, "-c", SAYS])
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said = json.loads(done.stdout)
    assert ["udp", "192.0.2.1", len(b"to a stranger")] in said
    assert max(many for _, target, many in said if target == "127.0.0.1") >= 300_000
    assert ["tcp", "192.0.2.2", 0] in said, "who was called, though nobody answered"


def test_the_ports_of_a_process_are_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in wire.listening_ports(os.getpid())
    assert port not in wire.listening_ports(os.getpid())


def test_nobody_captures_a_network_that_others_use() -> None:
    assert wire.ALONE not in os.environ
    with pytest.raises(RuntimeError, match="shares its network"):
        wire.begin_alone()
