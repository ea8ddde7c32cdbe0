"""Hardware that never stops talking: a driver gives up in time, with a reason."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from drivers.catalogue import create
from drivers.device import DeviceError, Kind, Reason
from tests.waiting import PATIENCE_S

# Another process floods the line, so that no lock of this one slows it down.
_TERMINAL = (
    "import os, sys\nwhile True: os.write(int(sys.argv[1]), bytes([int(sys.argv[2])]) * 4096)"
)
_NETWORK = """
import contextlib, socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            while True:
                connection.sendall(bytes([int(sys.argv[1])]) * 65536)
"""


@contextmanager
def terminal(byte: int) -> Iterator[str]:
    """The path of a serial port on which ``byte`` comes without end."""
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        with flooding(_TERMINAL, str(master), str(byte), pass_fds=(master,)):
            yield os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@contextmanager
def network(byte: int) -> Iterator[str]:
    with flooding(_NETWORK, str(byte), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        yield f"tcp://127.0.0.1:{child.stdout.readline().strip()}"


@contextmanager
def flooding(program: str, *words: str, **how: Any) -> Iterator[subprocess.Popen[Any]]:
    with subprocess.Popen([sys.executable, "-c", program, *words], **how) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("kind", "driver", "option", "line", "byte"),
    [
        (Kind.ID_CARD, "sdt", "port", terminal, 0xAA),
        (Kind.PIN_PAD, "serial", "port", terminal, 0x02),
        (Kind.CODE_SCANNER, "serial", "port", terminal, 0x31),
        (Kind.LIGHTS, "io_board", "port", terminal, 0x01),
        (Kind.RECEIPT_PRINTER, "escpos", "address", network, 0x12),  # printer: all is well
        (Kind.RECEIPT_PRINTER, "escpos", "address", network, 0x11),  # XON
        (Kind.RECEIPT_PRINTER, "escpos", "address", network, 0x5F),  # text without end
    ],
)
def test_a_line_that_never_rests(
    kind: Kind, driver: str, option: str, line: Any, byte: int
) -> None:
    said: list[Reason | None] = []

    def use(address: str) -> None:
        with closing(create(kind, driver, {option: address})) as device:
            try:
                device.open()
                said.append(device.status().problem)
            except DeviceError as error:
                said.append(error.reason)

    with line(byte) as address:
        user = threading.Thread(target=use, args=(address,), daemon=True)
        user.start()
        user.join(PATIENCE_S)
        assert not user.is_alive()
    assert said
    assert said[0] in (Reason.GARBLED, Reason.OFFLINE, Reason.NO_DEVICE)
