"""A port that an emulated device has kept for itself goes to nobody else."""

from __future__ import annotations

import gc
import socket

import pytest

from drivers.emulators.ports import reserved


class Device:
    """Owns a port."""


def test_neighbours_are_all_kept() -> None:
    device = Device()
    first = reserved(device, neighbours=3)
    for port in range(first, first + 3):
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))


def test_nobody_answers_until_the_device_listens() -> None:
    device = Device()
    port = reserved(device)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1.0)
    with socket.create_server(("127.0.0.1", port)):  # sets SO_REUSEADDR
        socket.create_connection(("127.0.0.1", port), 1.0).close()


def test_a_port_is_given_back_with_its_device() -> None:
    device = Device()
    port = reserved(device)
    del device
    gc.collect()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
