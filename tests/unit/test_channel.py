"""The channel between keeper and visit: the words, their bytes, and everything that is no word."""

import json
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Generic, Self, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.endings import How
from kiosk.keeper.channel import (
    CAP,
    Alive,
    Alone,
    Begun,
    Broken,
    Ended,
    FromVisit,
    HasLeftovers,
    KeeperEnd,
    Live,
    Login,
    Quit,
    Ready,
    Shown,
    Touched,
    ToVisit,
    Upkeep,
    VisitEnd,
)
from kiosk.login import LoginEvent
from kiosk.upkeep import UpkeepEvent
from tests.waiting import PATIENCE_S, PROMPT_S, quickest

FROM_VISIT: list[tuple[FromVisit, bytes]] = [
    (Ready(), b'{"type":"ready"}\n'),
    (Shown(), b'{"type":"shown"}\n'),
    (Begun(), b'{"type":"begun"}\n'),
    (Alive(), b'{"type":"alive"}\n'),
    (HasLeftovers(True), b'{"type":"hasleftovers","some":true}\n'),
    (
        Login(LoginEvent.BEGUN, "5" * 32, "id-card:2026-01"),
        b'{"type":"login","event":"begun","id":"%s","detail":"id-card:2026-01"}\n' % (b"5" * 32),
    ),
    (
        Upkeep(UpkeepEvent.OPENED, "5" * 32, "ticket:technician:6021"),
        b'{"type":"upkeep","event":"opened","id":"%s","detail":"ticket:technician:6021"}\n'
        % (b"5" * 32),
    ),
    *(
        (Ended(how), b'{"type":"ended","how":"%s"}\n' % how.encode())
        for how in ("left", "idle", "limit", "trouble", "other-card", "restart")
    ),
]
TO_VISIT: list[tuple[ToVisit, bytes]] = [
    (Live(), b'{"type":"live"}\n'),
    (Live(leftovers=True), b'{"type":"live","leftovers":true}\n'),
    (Live(after="idle"), b'{"type":"live","after":"idle"}\n'),
    (Alone(), b'{"type":"alone"}\n'),
    (Touched("start"), b'{"type":"touched","what":"start"}\n'),
    (Quit(), b'{"type":"quit"}\n'),
]


End = TypeVar("End", VisitEnd, KeeperEnd)


class ChannelWire(Generic[End]):
    """One end of the channel, and a bare socket at the other."""

    def __init__(self, end: Callable[[int], End]) -> None:
        here, self.bare = socket.socketpair()
        self.end: End = end(here.detach())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end.close()
        self.bare.close()


@pytest.fixture
def visit() -> Iterator[ChannelWire[VisitEnd]]:
    with ChannelWire(VisitEnd) as wire:
        yield wire


@pytest.fixture
def keeper() -> Iterator[ChannelWire[KeeperEnd]]:
    with ChannelWire(KeeperEnd) as wire:
        yield wire


@pytest.mark.parametrize(("word", "line"), FROM_VISIT)
def test_what_a_visit_says(
    visit: ChannelWire[VisitEnd], keeper: ChannelWire[KeeperEnd], word: FromVisit, line: bytes
) -> None:
    assert visit.end.send(word)
    assert visit.bare.recv(CAP) == line
    keeper.bare.sendall(line)
    assert keeper.end.receive() == [word]


@pytest.mark.parametrize(("word", "line"), TO_VISIT)
def test_what_the_keeper_says(
    visit: ChannelWire[VisitEnd], keeper: ChannelWire[KeeperEnd], word: ToVisit, line: bytes
) -> None:
    assert keeper.end.send(word)
    assert keeper.bare.recv(CAP) == line
    visit.bare.sendall(line)
    assert visit.end.receive() == [word]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"hello",
        b"null",
        b"[]",
        b"{}",
        b'{"type":"live"}',  # a word of the other direction
        b'{"type":"ready"}{"type":"shown"}',
        b'{"type":"ready","name":"x"}',  # no room for anything else
        b'{"type":"ended"}',
        b'{"type":"ended","how":"somehow"}',
        b'{"type":"ended","how":null}',
        b'{"type":["ready"]}',
        b'{"type":"Ready"}',
        b"[" * 4000,
    ],
)
def test_garbage_is_a_value_and_the_last(keeper: ChannelWire[KeeperEnd], line: bytes) -> None:
    keeper.bare.sendall(b'{"type":"ready"}\n' + line + b'\n{"type":"alive"}\n')
    assert keeper.end.receive() == [Ready(), Broken("garbage")]
    assert keeper.end.receive() == [Broken("garbage")]


@pytest.mark.parametrize(
    ("id", "detail"),
    [
        ("350100199001011234", "sms"),
        ("5" * 32 + "\n", "sms"),
        ("", "张三"),
        ("", "zhang san"),
        ("", "13800138000"),
        ("", "id:350100199001011234"),
        ("", "138-0013-8000"),
        ("", "35010019.90010112.34"),
        ("", "sms\n"),
        ("", "a" * 65),
    ],
)
def test_no_login_carries_anything_of_a_citizen(
    keeper: ChannelWire[KeeperEnd], id: str, detail: str
) -> None:
    word = {"type": "login", "event": "refused", "id": id, "detail": detail}
    keeper.bare.sendall(json.dumps(word).encode() + b"\n")
    assert keeper.end.receive() == [Broken("garbage")]


def test_a_word_may_come_in_pieces(keeper: ChannelWire[KeeperEnd]) -> None:
    for piece in (b'{"type', b'":"rea', b'dy"}'):
        keeper.bare.sendall(piece)
        assert keeper.end.receive() == []
    keeper.bare.sendall(b'\n{"type":"alive"}\n{"ty')
    assert keeper.end.receive() == [Ready(), Alive()]
    assert keeper.end.receive() == []


@pytest.mark.parametrize("extra", [0, 1])
def test_the_longest_line(keeper: ChannelWire[KeeperEnd], extra: int) -> None:
    word = b'{"type":"ready"}'
    keeper.bare.sendall(word.ljust(CAP - 1 + extra) + b"\n")
    heard = keeper.end.receive()
    assert heard == ([Broken("too long")] if extra else [Ready()])


def test_a_line_that_never_ends_is_not_kept(keeper: ChannelWire[KeeperEnd]) -> None:
    keeper.bare.sendall(b" " * CAP)
    assert keeper.end.receive() == [Broken("too long")]


def test_the_other_end_is_gone(keeper: ChannelWire[KeeperEnd]) -> None:
    keeper.bare.sendall(b'{"type":"ready"}\n{"type":"ended","ho')
    keeper.bare.close()
    assert keeper.end.receive() == [Ready()]
    assert keeper.end.receive() == [Broken("closed")]
    assert not keeper.end.send(Live())
    keeper.end.close()
    assert keeper.end.receive() == [Broken("closed")]


def test_the_other_end_is_gone_and_never_read_what_was_sent(keeper: ChannelWire[KeeperEnd]) -> None:
    assert keeper.end.send(Live())
    keeper.bare.close()  # with a word unread, the kernel says ECONNRESET instead of an end
    assert keeper.end.receive() == [Broken("closed")]


def test_sending_never_waits_long(visit: ChannelWire[VisitEnd]) -> None:
    began = time.monotonic()
    while visit.end.send(Alive()):
        pass
    assert time.monotonic() - began < PROMPT_S

    def send() -> None:
        assert not visit.end.send(Alive())

    assert quickest(send, 0.2) < 0.2, "who does not read is not waited for twice"
    # What arrived are whole words, except perhaps for the very last.
    visit.bare.setblocking(False)
    got = b""
    while select.select([visit.bare], [], [], 0)[0]:
        got += visit.bare.recv(65536)
    assert set(got.split(b"\n")[:-1]) == {b'{"type":"alive"}'}
    assert not visit.end.send(Alive()), "after half a word no other may follow"


def test_many_threads_may_send(
    keeper: ChannelWire[KeeperEnd], visit: ChannelWire[VisitEnd]
) -> None:
    count = 200

    def send(how: How) -> None:
        for _ in range(count):
            assert visit.end.send(Ended(how))

    threads = [threading.Thread(target=send, args=(how,)) for how in ("left", "idle", "limit")]
    for thread in threads:
        thread.start()
    got = b""
    while got.count(b"\n") < 3 * count:
        assert select.select([visit.bare], [], [], PATIENCE_S)[0]
        got += visit.bare.recv(65536)
    for thread in threads:
        thread.join()
    said = [json.loads(line)["how"] for line in got.splitlines()]
    assert {how: said.count(how) for how in said} == dict.fromkeys(("left", "idle", "limit"), count)


def test_a_child_of_the_visit_does_not_inherit_the_line() -> None:
    here, there = socket.socketpair()
    here.set_inheritable(True)
    line = VisitEnd(here.detach())
    assert not os.get_inheritable(line.fileno())
    line.close()
    there.close()


def test_a_descriptor_that_is_no_socket(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, pytest.raises(OSError, match="socket"):
        VisitEnd(file.fileno())


@given(st.lists(st.binary(max_size=6000), max_size=6))
def test_any_bytes_are_words_or_a_broken_line(pieces: list[bytes]) -> None:
    heard: list[FromVisit | Broken] = []
    with ChannelWire(KeeperEnd) as wire:
        for piece in pieces:
            wire.bare.sendall(piece)
            heard += wire.end.receive()
        wire.bare.close()
        heard += wire.end.receive()
    assert isinstance(heard[-1], Broken)
    first = next(n for n, word in enumerate(heard) if isinstance(word, Broken))
    assert set(heard[first:]) == {heard[first]}


@given(st.lists(st.sampled_from(FROM_VISIT), max_size=30), st.randoms(use_true_random=False))
def test_words_survive_any_cutting(said: list[tuple[FromVisit, bytes]], random: Random) -> None:
    data = b"".join(line for _, line in said)
    heard: list[FromVisit | Broken] = []
    with ChannelWire(KeeperEnd) as wire:
        while data:
            cut = random.randint(1, len(data))
            wire.bare.sendall(data[:cut])
            data = data[cut:]
            heard += wire.end.receive()
    assert heard == [word for word, _ in said]
