"""The channel between a host and its child process: Python objects and shared memory.

The channel is a socket pair. Objects travel as pickles, so the other end must be a process that
this program has started. Nothing touches a disk, and shared memory has no name, so the kernel
frees all of it when the processes end.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import socket
import struct
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_HEAD = struct.Struct(">QB")  # bytes of the pickle, descriptors beside it
_PIECE = 1 << 18
_MOST_DESCRIPTORS = 8
_SLICE_S = 0.02


class SharedMemory:
    """Anonymous memory that both ends of a channel see. The kernel frees the memory when the last
    process that has it ends."""

    def __init__(self, size: int) -> None:
        """``size`` is in bytes. The new memory is filled with zeros."""
        fd = os.memfd_create("frames", os.MFD_CLOEXEC)
        os.ftruncate(fd, size)
        self._take(fd)

    @classmethod
    def of(cls, fd: int) -> SharedMemory:
        """The memory of the descriptor ``fd``, which came over a channel. The new object owns
        ``fd``."""
        memory = cls.__new__(cls)
        memory._take(fd)
        return memory

    def _take(self, fd: int) -> None:
        self._fd = fd
        weakref.finalize(self, os.close, fd)
        self.view = mmap.mmap(fd, os.fstat(fd).st_size)

    def fileno(self) -> int:
        return self._fd


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.beside: list[int] = []

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, SharedMemory):
            return None
        self.beside.append(obj.fileno())
        return len(self.beside) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, beside: list[SharedMemory]) -> None:
        super().__init__(file)
        self._beside = beside

    def persistent_load(self, pid: int) -> SharedMemory:
        return self._beside[pid]


class Channel:
    """One end of the channel. At most one thread sends and one thread receives at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._come = bytearray()
        self._beside: deque[int] = deque()

    def send(self, message: Any, patient: Callable[[], object] | None = None) -> None:
        """Send the whole ``message``, with no time limit of its own.

        While the other end does not read, ``patient`` is called every 20 ms. When ``patient``
        raises, the message may be half sent, and the channel must be closed. Raises ``OSError``
        when the other end is closed, and every error of pickling and of ``patient``.
        """
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(message)
        with file.getbuffer() as body:
            data = memoryview(_HEAD.pack(len(body), len(pickler.beside)) + body)
        beside = pickler.beside
        self._end.settimeout(_SLICE_S if patient else None)
        while data:
            with suppress(TimeoutError):
                sent = socket.send_fds(self._end, [data], beside)
                data, beside = data[sent:], []
            if data and patient:
                patient()

    def receive(self, seconds: float | None = None) -> Any:
        """The next message.

        Raises ``TimeoutError`` when nothing arrives for ``seconds``; the next call then goes on
        with the part of the message that has arrived. Raises ``EOFError`` when the other end is
        closed, and ``OSError``.
        """
        while not self._whole():
            self._end.settimeout(seconds)
            data, descriptors, _, _ = socket.recv_fds(
                self._end, _PIECE, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
            )
            self._beside.extend(descriptors)
            if not data:
                raise EOFError
            self._come += data
        size, beside = _HEAD.unpack_from(self._come)
        body = io.BytesIO(self._come[_HEAD.size : _HEAD.size + size])
        del self._come[: _HEAD.size + size]
        memory = [SharedMemory.of(self._beside.popleft()) for _ in range(beside)]
        return _Unpickler(body, memory).load()

    def close(self) -> None:
        self._end.close()
        while self._beside:
            os.close(self._beside.popleft())

    def _whole(self) -> bool:
        come = len(self._come)
        return come >= _HEAD.size and come >= _HEAD.size + _HEAD.unpack_from(self._come)[0]
