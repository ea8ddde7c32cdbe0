"""The HTTP side of IPP against a peer that sends whatever it likes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import Deadline, DeviceError, Reason
from drivers.document_printer.codec import Group, IppMessage, Tag, attribute, encode
from drivers.document_printer.transport import HttpRefusal, IppWire, _exchange
from tests.waiting import PATIENCE_S, PROMPT_S

ASKED = IppMessage(
    0x000B, 0, (Group(1, (attribute("attributes-charset", Tag.CHARSET, "utf-8"),)),), b"d" * 100_000
)
ANSWER = encode(IppMessage(0, 1, (Group(1, (attribute("a", Tag.KEYWORD, "b"),)),)))
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection; ``talk`` is called when the request has arrived."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                request = b""
                while len(request.partition(b"\r\n\r\n")[2]) < len(encode(ASKED)):
                    request += connection.recv(1 << 16)
                try:
                    talk(connection)
                except OSError:
                    return  # the wire hung up first, as it should on nonsense

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"ipp://127.0.0.1:{server.getsockname()[1]}/ipp/print"
        finally:
            thread.join()


def asked(talk: Callable[[socket.socket], None], seconds: float = PATIENCE_S) -> IppMessage:
    with peer(talk) as uri:
        return IppWire(uri).ask(ASKED, seconds)


def failure(talk: Callable[[socket.socket], None], seconds: float = PATIENCE_S) -> Reason:
    with pytest.raises(DeviceError) as caught:
        asked(talk, seconds)
    return caught.value.reason


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER,
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(ANSWER),
        OK + b"\r\n" + ANSWER,  # to the end of the connection
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n" + ANSWER,
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + (OK + b"\r\n" + ANSWER),
        b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER,
        # Some firmware answers with the number 1, or 0, whatever was asked.
        OK + b"\r\n" + ANSWER.replace(b"\x00\x00\x00\x01", b"\x00\x00\x00\x09"),
    ],
)
def test_every_way_to_frame_an_answer(raw: bytes) -> None:
    answer = asked(lambda sock: sock.sendall(raw))
    assert answer.group(Tag.OPERATION_GROUP).text("a") == "b"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.OFFLINE),
        (b"HTTP/1.1 200", Reason.GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc", Reason.GARBLED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Reason.GARBLED),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabcdefgh\r\n", Reason.GARBLED),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, Reason.GARBLED),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, Reason.GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", Reason.GARBLED),
        (b"HTTP/1.1 abc OK\r\n\r\n", Reason.GARBLED),
        (b"HTTP/1.1 500 No\r\n\r\n", Reason.UNSUPPORTED),
        (b"HTTP/1.1 503 No\r\n\r\n", Reason.OFFLINE),
        (b"HTTP/1.1 403 No\r\n\r\n", Reason.NOT_AUTHORISED),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + ANSWER, Reason.GARBLED),
        (b"HTTP/1.1 102 Processing\r\n\r\n" * 100_000, Reason.GARBLED),
    ],
)
def test_what_is_no_answer(raw: bytes, reason: Reason) -> None:
    assert failure(lambda sock: sock.sendall(raw)) is reason


@pytest.mark.parametrize("closes", [True, False])
def test_an_answer_before_the_end_of_the_document_is_read(closes: bool) -> None:
    """A printer that refuses may answer, and hang up or not, without reading the document."""
    big = IppMessage(2, 0, (), bytes(1 << 24))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            connection.recv(1 << 10)
            connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
            if closes:
                connection.shutdown(socket.SHUT_WR)
            done.wait(PATIENCE_S)
            connection.close()

        done = threading.Event()
        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(DeviceError) as caught:
            IppWire(f"ipp://127.0.0.1:{server.getsockname()[1]}/").ask(big, PATIENCE_S)
        done.set()
        thread.join()
    assert caught.value.reason is Reason.NOT_AUTHORISED


def test_an_interim_answer_does_not_stop_the_document() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                head, _, body = connection.recv(1 << 16).partition(b"\r\n\r\n")
                connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
                length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
                connection.recv(length - len(body), socket.MSG_WAITALL)
                connection.sendall(OK + b"\r\n" + ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        wire = IppWire(f"ipp://127.0.0.1:{server.getsockname()[1]}/")
        assert wire.ask(IppMessage(2, 0, (), bytes(1 << 22)), 5.0).code == 0
        thread.join()


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://10.0.0.9:631/ipp/lp", "ipp://10.0.0.9:631/ipp/lp"),
        ("https://printer.local/ipp", "ipps://printer.local/ipp"),
        ("http://u:secret@10.0.0.9/\x1b", "ipp://10.0.0.9/ "),
        ("/ipp/lp", "/ipp/lp"),
    ],
)
def test_where_a_redirection_points_to_is_told(location: str, told: str) -> None:
    raw = f"HTTP/1.1 307 Elsewhere\r\nLocation: {location}\r\n\r\n".encode()
    with pytest.raises(HttpRefusal) as caught:
        asked(lambda sock: sock.sendall(raw))
    assert caught.value.detail.endswith(f"(HTTP 307); it points to {told}")
    assert caught.value.mend


@pytest.mark.parametrize(
    ("alert", "reason"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", Reason.UNSUPPORTED),  # protocol_version
        (b"\x15\x03\x03\x00\x02\x02\x28", Reason.UNSUPPORTED),  # handshake_failure
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.UNSUPPORTED),  # no TLS here
        (b"\x15\x03\x03\x00\x02\x02\x32", Reason.GARBLED),  # decode_error
    ],
)
def test_a_tls_alert_is_named_and_what_mends_it(alert: bytes, reason: Reason) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(alert)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(DeviceError) as caught:
            IppWire(f"ipps://127.0.0.1:{server.getsockname()[1]}/").ask(ASKED, PATIENCE_S)
        thread.join()
    assert caught.value.reason is reason
    assert caught.value.detail.startswith("TLS: ")
    assert bool(caught.value.mend) == (reason is Reason.UNSUPPORTED)


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER,
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(bytes(9000)),
    ],
)
def test_an_answer_that_lies_in_the_line_counts(raw: bytes) -> None:
    """This process stood still between its request and its look for the answer."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(raw)
        answer = _exchange(here, b"POST / HTTP/1.1\r\n\r\n", b"request", Deadline(0.0))
    assert answer in (ANSWER, bytes(9000))


def test_half_an_answer_that_lies_in_the_line_is_silence() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(OK + b"Content-Length: 9\r\n\r\nhalf")
        with pytest.raises(DeviceError) as caught:
            _exchange(here, b"POST / HTTP/1.1\r\n\r\n", b"request", Deadline(0.0))
    assert caught.value.reason is Reason.OFFLINE
    assert caught.value.detail == "the printer fell silent: TimeoutError"


def test_one_limit_for_a_peer_that_sends_a_byte_now_and_then() -> None:
    def drip(sock: socket.socket) -> None:
        for byte in OK * 10:
            sock.sendall(bytes((byte,)))
            time.sleep(0.05)

    begun = time.monotonic()
    assert failure(drip, 0.4) is Reason.OFFLINE
    assert time.monotonic() - begun < PROMPT_S


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n\r\n-1"])
def test_an_answer_without_end(head: bytes) -> None:
    sent = 0

    def flood(sock: socket.socket) -> None:
        nonlocal sent
        sock.sendall(OK + head + b"\r\n")
        for _ in range(1000):
            sent += sock.send(bytes(1 << 16))

    assert failure(flood) is Reason.GARBLED
    assert sent < 16 << 20  # what is under way in the sockets included


def test_a_peer_that_takes_no_document_holds_up_nothing() -> None:
    big = IppMessage(2, 0, (), bytes(1 << 24))
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = IppWire(f"ipp://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(DeviceError) as caught:
            wire.ask(big, 0.3)
    assert caught.value.reason is Reason.OFFLINE


def test_nobody_listens() -> None:
    with socket.socket() as held:  # else another process could begin to
        held.bind(("127.0.0.1", 0))
        wire = IppWire(f"ipp://127.0.0.1:{held.getsockname()[1]}/")
        with pytest.raises(DeviceError) as caught:
            wire.ask(ASKED, 1.0)
    assert caught.value.reason is Reason.NO_DEVICE


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 ", OK, OK + b"\r\n"]))
def test_any_bytes_end_in_a_message_or_a_typed_error(raw: bytes, before: bytes) -> None:
    with suppress(DeviceError):
        assert isinstance(asked(lambda sock: sock.sendall(before + raw)), IppMessage)
