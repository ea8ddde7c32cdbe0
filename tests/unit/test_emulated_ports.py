"""A port that an emulated device has kept for itself goes to nobody else."""

from __future__ import annotations

import errno
import gc
import os
import socket
from contextlib import ExitStack

import pytest

from drivers.emulators import ports
from drivers.emulators.ports import reserved


class Device:
    """Owns a port."""


def test_neighbours_are_all_kept() -> None:
    device = Device()
    first = reserved(device, neighbours=3)
    for port in range(first, first + 3):
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))


def test_a_port_that_is_kept_is_no_neighbour_of_another_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system gives the port below a kept one first, as it may when few are left."""
    device, other = Device(), Device()
    kept = reserved(device)
    free, tried = ports._bound, []

    def below(held: ExitStack, port: int) -> int:
        tried.append(port or kept - 1)
        return kept - 1 if tried == [kept - 1] else free(held, port)

    monkeypatch.setattr(ports, "_bound", below)
    first = reserved(other, neighbours=2)
    assert tried[:2] == [kept - 1, kept]
    assert kept not in (first, first + 1)


def test_without_descriptors_nobody_tries_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(held: ExitStack, port: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(ports, "_bound", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        reserved(Device())


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
