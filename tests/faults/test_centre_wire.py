"""Whatever the network or the centre does, the client ends in time and with a name for it."""

from __future__ import annotations

import ctypes
import ipaddress
import json
import re
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from kiosk.centre import client as client_module
from kiosk.centre import tpm, transport
from kiosk.centre.client import CentreClient
from kiosk.centre.document_orders import DepositCertificateOrder
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.evidence import CardEvidence
from kiosk.centre.models import PrintReport, Rating
from kiosk.login import LoginEvent
from kiosk.privacy import Sensitive
from tests.centre_server import (
    Answer,
    CentreHandler,
    CentreServer,
    late,
    raw,
    reply,
    reset,
    trickle,
)
from tests.unit.test_sealed import KEY_USAGES
from tests.waiting import HANGS_S, PATIENCE_S, PROMPT_S, until

NAME, NUMBER, TOKEN = "演示甲", "990101199001011020", "t0ken-of-the-visit"
CARD = CardEvidence(kind="resident", name=Sensitive(NAME), number=Sensitive(NUMBER))
SESSION = {
    "id": "5" * 32,
    "token": TOKEN,
    "expires": "2026-01-15T10:10:00+08:00",
    "level": "proved",
}
PERSON = {"xingming": NAME, "xingbie": "2", "zjlx": "01", "zjhm": NUMBER, "sjhm": "12300000001"}
DOCUMENT = {
    "id": "d-1",
    "bh": "1",
    "title": {"zh": "证明", "en": "Certificate"},
    "pages": 1,
    "sha256": "0" * 64,
    "yzm": "ABCD-2345",
    "verify_url": "https://verify.example/v/x",
    "valid_until": "20260315",
    "prints_left_today": 3,
}
WORDS = {"zh": "", "en": ""}
NO = {"code": "x", "reason": WORDS, "next_step": WORDS, "reference": "A-1"}
REQUEST = DepositCertificateOrder(
    kind="deposit-certificate", account="a-1", purpose="loan", key="0123456789abcdef"
)


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSES_S", (0.01, 0.02))


@pytest.fixture
def server() -> Iterator[CentreServer]:
    with CentreServer() as server:
        server.on("POST", "/v1/sessions", reply(201, SESSION))
        server.on("DELETE", "/v1/sessions/current", reply(204))
        yield server


@pytest.fixture
def client(server: CentreServer) -> Iterator[CentreClient]:
    with CentreClient(server.url, "T0001", connect_s=2, read_s=1, whole_s=2) as client:
        yield client


def trouble(call: Callable[[], Any]) -> CentreUnavailable:
    """The error of ``call``, made sure to show nobody's data."""
    with pytest.raises(CentreUnavailable) as caught:
        call()
    error: BaseException | None = caught.value
    while error is not None:
        shown = "".join(traceback.format_exception(error)) + repr(vars(error))
        for secret in (NAME, NUMBER, TOKEN, "12300000001"):
            assert secret not in shown
        assert isinstance(error, CentreUnavailable)
        error = error.__context__
    return caught.value


def head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


LONG = head("Content-Length: 1000")
BODY = json.dumps(PERSON).encode()

WIRE = [
    pytest.param(reply(500, b"oops"), Trouble.DOWN, id="500"),
    pytest.param(reply(502, b"<html>Bad Gateway</html>", kind="text/html"), Trouble.DOWN, id="502"),
    pytest.param(reply(503, {"code": "x"}), Trouble.DOWN, id="503"),
    pytest.param(late(HANGS_S, reply(200, BODY)), Trouble.SLOW, id="silent"),
    pytest.param(trickle(head("X-Fill: " + "x" * 400), 0.05), Trouble.SLOW, id="head trickles"),
    pytest.param(trickle(LONG + b" " * 400, 0.05), Trouble.SLOW, id="body trickles"),
    pytest.param(trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 20, 0.05), Trouble.SLOW, id="100s"),
    pytest.param(raw(b"HTTP/1.1 102 Processing\r\n\r\n" * 99), Trouble.NONSENSE, id="hints only"),
    pytest.param(raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), Trouble.NONSENSE, id="101"),
    pytest.param(
        raw(head("Content-Encoding: gzip", "Content-Length: 2") + b"\x1f\x8b"),
        Trouble.NONSENSE,
        id="gzip",
    ),
    pytest.param(raw(b""), Trouble.NONSENSE, id="closed without a word"),
    pytest.param(reset(), Trouble.NONSENSE, id="reset"),
    pytest.param(reset(LONG + b"{"), Trouble.NONSENSE, id="reset in the body"),
    pytest.param(raw(LONG + BODY), Trouble.NONSENSE, id="cut off"),
    pytest.param(raw(head()[:-4]), Trouble.NONSENSE, id="cut off in the head"),
    pytest.param(
        raw(head("Transfer-Encoding: chunked") + b"5\r\n{"), Trouble.NONSENSE, id="cut chunk"
    ),
    pytest.param(
        raw(head("Transfer-Encoding: chunked") + b"zz\r\n{}"), Trouble.NONSENSE, id="bad chunk"
    ),
    pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Trouble.NONSENSE, id="not HTTP"),
    pytest.param(raw(bytes(range(256))), Trouble.NONSENSE, id="binary"),
    pytest.param(raw(b"HTTP/1.1 999999 ?\r\n\r\n"), Trouble.NONSENSE, id="no such status"),
    pytest.param(
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), Trouble.NONSENSE, id="headers"
    ),
    pytest.param(reply(200, b""), Trouble.NONSENSE, id="empty"),
    pytest.param(reply(200, BODY[:-1]), Trouble.NONSENSE, id="half a JSON"),
    pytest.param(reply(200, b"\xff\xfe{}"), Trouble.NONSENSE, id="not UTF-8"),
    pytest.param(reply(200, b"[" * 100_000), Trouble.NONSENSE, id="nested without end"),
    pytest.param(reply(200, b"<html>login to the wifi</html>"), Trouble.NONSENSE, id="a portal"),
    pytest.param(reply(200, [PERSON]), Trouble.NONSENSE, id="a list"),
    pytest.param(reply(200, PERSON | {"sjhm": None}), Trouble.NONSENSE, id="a field missing"),
    pytest.param(reply(204), Trouble.NONSENSE, id="nothing"),
    pytest.param(reply(206, BODY), Trouble.NONSENSE, id="a part"),
    pytest.param(
        raw(b"HTTP/1.1 302 Found\r\nLocation: /v1/x\r\nContent-Length: 0\r\n\r\n"),
        Trouble.NONSENSE,
        id="a way elsewhere",
    ),
    pytest.param(reply(404, b"<html>nginx</html>"), Trouble.NONSENSE, id="404 of a proxy"),
    pytest.param(reply(401, {"code": "x"}), Trouble.NONSENSE, id="no without a reason"),
    pytest.param(reply(429, b""), Trouble.BUSY, id="429 without a reason"),
]


@pytest.mark.parametrize(("answer", "expected"), WIRE)
def test_wire(
    server: CentreServer, client: CentreClient, answer: Answer, expected: Trouble
) -> None:
    client.sign_in(CARD)
    server.on("GET", "/v1/person", answer)
    began = time.monotonic()
    error = trouble(client.person)
    assert time.monotonic() - began < PROMPT_S
    assert error.trouble is expected
    assert error.detail.startswith("GET /v1/person: ")
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", error.reference)
    # The next call finds the way again.
    server.on("GET", "/v1/person", reply(200, BODY))
    assert client.person().name == Sensitive(NAME)


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints", "199 Whatever"])
def test_hints_before_an_answer_are_read_past(
    server: CentreServer, client: CentreClient, status: str
) -> None:
    """RFC 9110 15.2. Taken for the answer, a hint would leave the real answer on the connection,
    and the next call would show it."""

    def hinted(handler: CentreHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 {status}\r\nLink: </x>\r\n\r\n".encode() * 2)
        reply(200, b"[]")(handler)

    server.on("GET", "/v1/accounts", hinted)
    server.on("GET", "/v1/person", reply(200, BODY))
    client.sign_in(CARD)
    assert client.accounts() == ()
    assert client.person().name == Sensitive(NAME)
    assert {seen.connection for seen in server.requests} == {0}


@pytest.mark.parametrize("status", [101, 203, 205, 206, 302, 500])
def test_a_connection_with_an_unexpected_answer_is_not_used_again(
    server: CentreServer, client: CentreClient, status: int
) -> None:
    """What belongs to such an answer may come late, in front of another call's."""

    def odd(handler: CentreHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n".encode())

    server.on("POST", "/v1/sessions/current/sms", odd)
    server.on("GET", "/v1/person", reply(200, BODY))
    client.sign_in(CARD)
    trouble(client.send_sms)
    client.person()
    assert [seen.connection for seen in server.requests] == [0, 0, 1]


def test_a_byte_order_mark_before_the_json(server: CentreServer, client: CentreClient) -> None:
    """Some servers write one; RFC 8259 8.1 lets a reader ignore it."""
    server.on("GET", "/v1/accounts", reply(200, b"\xef\xbb\xbf[]"))
    assert client.accounts() == ()
    server.on("GET", "/v1/loans", reply(403, b"\xef\xbb\xbf" + json.dumps(NO).encode()))
    with pytest.raises(Refusal):
        client.loans()


def test_a_dead_name_server_holds_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    woken = threading.Event()

    def dead(*asked: object, **more: object) -> list[Any]:
        woken.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", dead)
    with CentreClient("https://centre.example", "T0001", connect_s=0.2, whole_s=0.5) as client:
        began = time.monotonic()
        error = trouble(client.catalogue)
        assert time.monotonic() - began < PROMPT_S
    woken.set()
    assert error.trouble is Trouble.DOWN
    assert error.detail.endswith("no connection (NameResolutionError)")


@pytest.mark.parametrize("host", ["nobody.invalid", "xn--" + "a" * 70 + ".example"])
def test_a_name_that_is_none(host: str) -> None:
    with CentreClient(f"https://{host}", "T0001", whole_s=2) as client:
        assert trouble(client.catalogue).trouble in (Trouble.DOWN, Trouble.NONSENSE)


def test_an_address_that_is_dead_leaves_time_for_the_next(
    server: CentreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "resolve", lambda *asked: ["127.0.0.201", "127.0.0.1"])
    server.on("GET", "/v1/accounts", reply(200, b"[]"))
    with CentreClient(server.url, "T0001", connect_s=2, whole_s=3) as client:
        assert client.accounts() == ()


def test_nobody_listens() -> None:
    with socket.socket() as held:  # else another process could begin to
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with CentreClient(f"http://127.0.0.1:{port}", "T0001", whole_s=1) as client:
            assert trouble(client.catalogue).trouble is Trouble.DOWN


def test_nobody_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        queued = [socket.socket() for _ in range(3)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with CentreClient(
            f"http://127.0.0.1:{port}", "T0001", connect_s=0.3, whole_s=0.8
        ) as client:
            assert trouble(client.catalogue).trouble is Trouble.SLOW
        for one in queued:
            one.close()


def test_an_answer_without_end(
    server: CentreServer, client: CentreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 100_000)
    server.on("GET", "/v1/accounts", reply(200, b" " * 200_000))
    error = trouble(client.accounts)
    assert error.trouble is Trouble.NONSENSE
    assert "too large" in error.detail


# -- what is tried again, and what is not ---------------------------------------------------------

PASSING = [
    pytest.param(reply(503), id="503"),
    pytest.param(reset(), id="reset"),
    pytest.param(raw(LONG + b"{"), id="cut off"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_query_is_tried_three_times(
    server: CentreServer, client: CentreClient, fault: Answer
) -> None:
    server.on("GET", "/v1/accounts", fault, fault, reply(200, b"[]"))
    assert client.accounts() == ()
    assert len(server.requests) == 3


def test_and_not_a_fourth_time(server: CentreServer, client: CentreClient) -> None:
    server.on("GET", "/v1/accounts", reply(503))
    assert trouble(client.accounts).trouble is Trouble.DOWN
    assert len(server.requests) == 3


def test_a_document_is_asked_for_again_with_the_same_key(
    server: CentreServer, client: CentreClient
) -> None:
    server.on("POST", "/v1/documents", reset(), reply(200, DOCUMENT))
    assert client.make_document(REQUEST).id == "d-1"
    assert [seen.json["key"] for seen in server.requests] == [REQUEST.key] * 2


def test_a_print_is_told_again_with_the_same_job(
    server: CentreServer, client: CentreClient
) -> None:
    count = {"prints": 1, "prints_left_today": 2}
    server.on("POST", "/v1/documents/d-1/prints", reply(502), reply(200, count))
    report = PrintReport(job="j-1", pages=1, complete=True)
    assert client.report_print("d-1", report).prints == 1
    assert [seen.json["job"] for seen in server.requests] == ["j-1", "j-1"]


ONCE: list[tuple[str, Callable[[CentreClient], Any]]] = [
    ("/v1/sessions", lambda c: c.sign_in(CARD)),
    ("/v1/sessions/current/name", lambda c: c.confirm_name(True)),
    ("/v1/sessions/current/sms", lambda c: c.send_sms()),
    ("/v1/sessions/current/sms/check", lambda c: c.check_sms(Sensitive("123456"))),
    ("/v1/ratings", lambda c: c.rate(Rating(service="account", level=1))),
]


@pytest.mark.parametrize(("path", "call"), ONCE, ids=[path for path, _ in ONCE])
@pytest.mark.parametrize("fault", PASSING)
def test_everything_else_is_asked_once(
    server: CentreServer,
    client: CentreClient,
    path: str,
    call: Callable[[CentreClient], Any],
    fault: Answer,
) -> None:
    server.on("POST", path, fault)
    trouble(lambda: call(client))
    assert len(server.requests) == 1


def test_a_refusal_is_not_an_outage(server: CentreServer, client: CentreClient) -> None:
    words = {"zh": "请", "en": "please"}
    body = {"code": "sms-too-soon", "reason": words, "next_step": words, "reference": "A-1"}
    server.on("POST", "/v1/sessions/current/sms", reply(429, body))
    with pytest.raises(Refusal) as caught:
        client.send_sms()
    assert caught.value.__context__ is None


def test_an_idle_connection_is_not_used_for_what_is_asked_once(
    server: CentreServer, client: CentreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FRESH_S", 0.0)
    server.on("GET", "/v1/accounts", reply(200, b"[]"))
    client.accounts()
    client.sign_in(CARD)
    client.accounts()
    assert [seen.connection for seen in server.requests] == [0, 1, 1]


def test_a_connection_the_centre_closed_meanwhile(
    server: CentreServer, client: CentreClient
) -> None:
    def last(handler: Any) -> None:
        reply(200, b"[]")(handler)
        handler.close_connection = True

    server.on("GET", "/v1/accounts", last)
    for _ in range(3):
        assert client.accounts() == ()


# -- leaving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(late(HANGS_S, reply(204)), id="silent"),
        pytest.param(trickle(b"x" * 500, 0.05), id="trickles"),
        pytest.param(reset(), id="reset"),
        pytest.param(reply(500), id="500"),
        pytest.param(raw(b"?"), id="not HTTP"),
    ],
)
def test_close_is_quick_and_silent(server: CentreServer, answer: Answer) -> None:
    client = CentreClient(server.url, "T0001")
    client.sign_in(CARD)
    server.on("DELETE", "/v1/sessions/current", answer)
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < PROMPT_S
    assert client.session is None


def test_close_when_the_centre_is_gone() -> None:
    with CentreServer() as server:
        server.on("POST", "/v1/sessions", reply(201, SESSION))
        client = CentreClient(server.url, "T0001")
        client.sign_in(CARD)
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < PROMPT_S


def test_nothing_stays_open(server: CentreServer) -> None:
    before = threading.active_count()
    client = CentreClient(server.url, "T0001")
    client.sign_in(CARD)
    client.close()
    until(lambda: threading.active_count() <= before)


# -- a citizen who does not wait ------------------------------------------------------------------


class Gone(Exception):
    """Somebody has pressed 退出."""


def leave() -> None:
    raise Gone


def test_who_leaves_waits_for_no_answer_and_the_next_call_is_well(server: CentreServer) -> None:
    server.on("GET", "/v1/person", late(HANGS_S, reply(200, PERSON)))
    server.on("POST", "/v1/documents/d-1/prints", reply(200, {"prints": 1, "prints_left_today": 2}))
    client = CentreClient(server.url, "T0001", meanwhile=leave)
    began = time.monotonic()
    with pytest.raises(Gone):
        client.person()
    assert time.monotonic() - began < PROMPT_S
    client.report_print("d-1", PrintReport(job="j-1", pages=1, complete=True))
    assert server.requests[-1].connection == 1, "the call that goes on has the old connection"
    client.close()


def left_sign_in(
    server: CentreServer, answer: Answer, logins: list[tuple[LoginEvent, str]]
) -> CentreClient:
    """The client of a citizen who pressed 退出 once the centre had the sign-in. The centre gives
    ``answer`` to that; ``logins`` gets what the audit log is told."""

    def leave_once_asked() -> None:
        if server.requests:
            raise Gone

    def note(event: LoginEvent, id: str, detail: str) -> None:
        logins.append((event, detail))

    server.on("POST", "/v1/sessions", answer)
    client = CentreClient(server.url, "T0001", meanwhile=leave_once_asked, on_login=note)
    with pytest.raises(Gone):
        client.sign_in(CARD)
    assert client.session is None
    return client


@pytest.mark.parametrize("comes", ["before the visit closes", "while the visit closes"])
def test_a_session_that_is_opened_for_who_has_left_is_closed(
    server: CentreServer, monkeypatch: pytest.MonkeyPatch, comes: str
) -> None:
    monkeypatch.setattr(client_module, "LATE_S", PATIENCE_S)
    monkeypatch.setattr(client_module, "CLOSE_S", 2 * PATIENCE_S)
    answers = threading.Event()

    def once_told(handler: CentreHandler) -> None:
        answers.wait(PATIENCE_S)
        reply(201, SESSION)(handler)

    logins: list[tuple[LoginEvent, str]] = []
    client = left_sign_in(server, once_told, logins)
    if comes == "before the visit closes":
        answers.set()
        until(lambda: all(thread.name != "centre" for thread in threading.enumerate()))
    closing_time = threading.Thread(target=client.close, args=("left",))
    closing_time.start()
    answers.set()
    closing_time.join()
    opened, closed = server.requests
    assert (closed.method, closed.path) == ("DELETE", "/v1/sessions/current")
    assert closed.headers["Authorization"] == f"Bearer {TOKEN}"
    assert closed.connection == opened.connection, "no time is lost with a new connection"
    begun, proved = (LoginEvent.BEGUN, "id-card"), (LoginEvent.PROVED, "proved:id-card")
    assert logins == [begun, proved, (LoginEvent.ENDED, "left")]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(late(HANGS_S, reply(201, SESSION)), [], id="silent"),
        pytest.param(late(0.1, reply(201, {"id": "5" * 32})), [], id="not a session"),
        pytest.param(
            late(0.1, reply(403, {**NO, "code": "no-account"})),
            [(LoginEvent.REFUSED, "no-account")],
            id="refused",
        ),
    ],
)
def test_a_sign_in_that_was_left_and_opens_no_session_ends_the_visit_as_soon(
    server: CentreServer, answer: Answer, told: list[tuple[LoginEvent, str]]
) -> None:
    logins: list[tuple[LoginEvent, str]] = []
    client = left_sign_in(server, answer, logins)
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < PROMPT_S
    assert [seen.method for seen in server.requests] == ["POST"]
    assert logins == told


def test_a_call_that_goes_to_the_end_is_not_left(server: CentreServer) -> None:
    counted = {"prints": 1, "prints_left_today": 2}
    server.on("POST", "/v1/documents/d-1/prints", late(0.2, reply(200, counted)))
    with CentreClient(server.url, "T0001", meanwhile=leave) as client:
        report = PrintReport(job="j-1", pages=1, complete=True)
        assert client.report_print("d-1", report).prints_left_today == 2


def test_while_nobody_leaves_an_answer_is_waited_for(server: CentreServer) -> None:
    looked: list[None] = []
    server.on("GET", "/v1/accounts", late(0.3, reply(200, [])))
    with CentreClient(server.url, "T0001", meanwhile=lambda: looked.append(None)) as client:
        assert client.accounts() == ()
    assert looked


def test_a_bug_in_a_call_is_raised_where_it_waits(
    server: CentreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise TimeoutError("of our own")

    monkeypatch.setattr(transport._Line, "outcome", bug)
    with (
        CentreClient(server.url, "T0001", meanwhile=lambda: None) as client,
        pytest.raises(TimeoutError, match="of our own"),
    ):
        client.accounts()


# -- any bytes ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[CentreServer, CentreClient]]:
    with (
        CentreServer() as server,
        CentreClient(server.url, "T0001", read_s=0.5, whole_s=0.15) as client,
    ):
        yield server, client


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*PERSON, *SESSION, *DOCUMENT]), inner, max_size=5)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(status=st.sampled_from([200, 201, 204, 302, 400, 404, 429, 500]), body=JSON)
def test_any_json(echo: tuple[CentreServer, CentreClient], status: int, body: object) -> None:
    server, client = echo
    server.on("POST", "/v1/sessions/current/sms", reply(status, json.dumps(body)))
    trouble(client.send_sms)


@settings(max_examples=60, deadline=None)
@given(before=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", LONG]), noise=st.binary(max_size=200))
def test_any_bytes(echo: tuple[CentreServer, CentreClient], before: bytes, noise: bytes) -> None:
    server, client = echo
    server.on("POST", "/v1/sessions/current/sms", raw(before + noise))
    trouble(client.send_sms)


# -- TLS ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyPair:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Issuer:
    """A throwaway root that writes its certificates into a folder."""

    folder: Path
    title: str
    key: ec.EllipticCurvePrivateKey

    @property
    def root(self) -> Path:
        return self.folder / f"{self.title}.pem"

    def issue(self, name: str, *, ca: bool = False, days: int = 1, strict: bool = True) -> KeyPair:
        """``strict``: with the key identifiers that RFC 5280 4.2.1 demands."""
        key = self.key if ca else ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        subject, issuer = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
            for title in (self.title if ca else name, self.title)
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=5 if name == "not yet valid" else -9))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if name != "another name":
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        if ca:
            usage = {name: name in ("key_cert_sign", "crl_sign") for name in KEY_USAGES}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        if strict:
            ours, theirs = self.key.public_key(), key.public_key()
            builder = builder.add_extension(
                x509.SubjectKeyIdentifier.from_public_key(theirs), critical=False
            ).add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False
            )
        certificate = builder.sign(self.key, hashes.SHA256())
        pair = KeyPair(
            self.root if ca else self.folder / f"{name}.pem", self.folder / f"{name}.key"
        )
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair


def make_issuer(folder: Path, title: str) -> Issuer:
    issuer = Issuer(folder, title, ec.generate_private_key(ec.SECP256R1()))
    issuer.issue(title, ca=True)
    return issuer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return make_issuer(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return make_issuer(tmp_path_factory.mktemp("strange"), "strange")


def serving(pair: KeyPair, clients: Path | None = None) -> CentreServer:
    """A server over TLS; with ``clients`` it asks for a certificate of that root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    server = CentreServer(context)
    server.on("GET", "/v1/accounts", reply(200, b"[]"))
    return server


def test_tls_with_our_root(issuer: Issuer) -> None:
    with (
        serving(issuer.issue("centre")) as server,
        CentreClient(server.url, "T0001", ca=issuer.root) as client,
    ):
        assert client.accounts() == ()
        assert client.accounts() == ()
        assert {seen.connection for seen in server.requests} == {0}


def test_a_root_without_its_key_identifiers_is_refused_on_every_python(tmp_path: Path) -> None:
    """Python 3.13 refuses such a certificate by itself, 3.11 would take it."""
    loose = Issuer(tmp_path, "loose", ec.generate_private_key(ec.SECP256R1()))
    loose.issue("loose", ca=True, strict=False)
    with (
        serving(loose.issue("centre", strict=False)) as server,
        CentreClient(server.url, "T0001", ca=loose.root, whole_s=1) as client,
    ):
        error = trouble(client.accounts)
        assert error.trouble is Trouble.DOWN
        assert "Missing Authority Key Identifier" in error.detail


def test_mutual_tls(issuer: Issuer) -> None:
    terminal = issuer.issue("terminal")
    with (
        serving(issuer.issue("centre"), issuer.root) as server,
        CentreClient(
            server.url,
            "T0001",
            ca=issuer.root,
            certificate=terminal.certificate,
            key=terminal.key,
        ) as client,
    ):
        assert client.accounts() == ()


def test_mutual_tls_without_a_certificate(issuer: Issuer) -> None:
    with (
        serving(issuer.issue("centre"), issuer.root) as server,
        CentreClient(server.url, "T0001", ca=issuer.root, whole_s=1) as client,
    ):
        assert trouble(client.accounts).trouble in (Trouble.DOWN, Trouble.NONSENSE)
        assert not server.requests


@pytest.mark.parametrize(
    "name", ["stranger", "expired", "not yet valid", "another name", "no root given"]
)
def test_a_centre_that_is_not_ours(issuer: Issuer, stranger: Issuer, name: str) -> None:
    pair = (
        stranger.issue(name)
        if name == "stranger"
        else issuer.issue(name, days={"expired": -1, "not yet valid": 9}.get(name, 1))
    )
    ca = None if name == "no root given" else issuer.root
    with (
        serving(pair) as server,
        CentreClient(server.url, "T0001", ca=ca, whole_s=1) as client,
    ):
        error = trouble(client.accounts)
        assert error.trouble is Trouble.DOWN
        assert "TLS" in error.detail
        if name in ("expired", "not yet valid"):  # as a terminal sees it whose clock is wrong
            assert name in error.detail
        assert not server.requests


def test_only_our_root_is_trusted_after_a_call(issuer: Issuer) -> None:
    """The HTTP library would add the roots of the public web at its first request."""
    with (
        serving(issuer.issue("centre")) as server,
        CentreClient(server.url, "T0001", ca=issuer.root) as client,
    ):
        client.accounts()
        adapter = client._transport._line._http.get_adapter(server.url)
        assert isinstance(adapter, HTTPAdapter)
        context = adapter.poolmanager.connection_pool_kw["ssl_context"]
        assert len(context.get_ca_certs()) == 1


def test_a_connection_changes_no_context_that_another_thread_connects_on(issuer: Issuer) -> None:
    """The HTTP library sets the protocols of ALPN for each connection. OpenSSL would free the list
    that another connection is copying."""
    context = transport.tls_context(issuer.root, None, None)
    greetings = []
    for _ in range(2):
        sent = ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="centre").do_handshake()
        greetings.append(sent.read())
        context.set_alpn_protocols(["h2"])
    for greeting in greetings:
        assert b"\x08http/1.1" in greeting
        assert b"\x02h2" not in greeting


def test_clients_share_a_context(issuer: Issuer) -> None:
    terminal = issuer.issue("terminal")
    context = transport.tls_context(issuer.root, terminal.certificate, terminal.key)
    with (
        serving(issuer.issue("centre"), issuer.root) as server,
        CentreClient(server.url, "T0001", context=context) as one,
        CentreClient(server.url, "T0001", context=context) as other,
        ThreadPoolExecutor(2) as workers,
    ):
        asked = [workers.submit(client.accounts) for client in (one, other)]
        assert [call.result() for call in asked] == [(), ()]


def test_the_environment_is_not_asked(
    issuer: Issuer, stranger: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.root))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with (
        serving(issuer.issue("centre")) as server,
        CentreClient(server.url, "T0001", ca=issuer.root) as client,
    ):
        assert client.accounts() == ()


def test_a_slow_answer_over_tls_ends_in_time(issuer: Issuer) -> None:
    with (
        serving(issuer.issue("centre")) as server,
        CentreClient(server.url, "T0001", ca=issuer.root, whole_s=1) as client,
    ):
        server.on("GET", "/v1/accounts", trickle(LONG + b" " * 400, 0.05))
        began = time.monotonic()
        assert trouble(client.accounts).trouble is Trouble.SLOW
        assert time.monotonic() - began < PROMPT_S


def test_nothing_is_read_past_the_deadline_of_a_call() -> None:
    """Not even a byte that is there already: a server may always have one more ready."""
    here, there = socket.socketpair()
    deadline = transport._CallDeadline()
    with here, there, closing(here.makefile("rb", buffering=0)) as raw_bytes:
        there.sendall(b"ab")
        answer = transport._TimedBytes(raw_bytes, here, deadline)
        deadline.by = time.monotonic() + 10
        assert answer.read(1) == b"a"
        deadline.by = time.monotonic()
        with pytest.raises(TimeoutError):
            answer.read(1)
        answer.close()
        assert raw_bytes.closed


def test_plain_http_where_tls_was_meant(server: CentreServer, issuer: Issuer) -> None:
    url = server.url.replace("http:", "https:")
    with CentreClient(url, "T0001", ca=issuer.root, whole_s=1) as client:
        assert trouble(client.catalogue).trouble is Trouble.DOWN


def test_a_handshake_that_never_ends(issuer: Issuer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with CentreClient(url, "T0001", ca=issuer.root, connect_s=0.3, whole_s=0.5) as client:
            began = time.monotonic()
            assert trouble(client.catalogue).trouble is Trouble.SLOW
            assert time.monotonic() - began < PROMPT_S


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"ca": "missing.pem"}, id="no root"),
        pytest.param({"ca": "garbage.pem"}, id="a root that is none"),
        pytest.param({"certificate": "missing.pem"}, id="no certificate"),
        pytest.param({"key": "garbage.pem"}, id="a key alone"),
        pytest.param({"certificate": "terminal.pem"}, id="no key in the file"),
        pytest.param({"certificate": "terminal.pem", "key": "other.key"}, id="another key"),
        pytest.param({"certificate": "terminal.pem", "key": "locked.key"}, id="a locked key"),
    ],
)
def test_files_for_tls_that_cannot_be_used(issuer: Issuer, files: dict[str, str]) -> None:
    issuer.issue("terminal")
    issuer.issue("other")
    (issuer.folder / "garbage.pem").write_text("garbage")
    (issuer.folder / "locked.key").write_bytes(
        issuer.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    paths: dict[str, Any] = {what: issuer.folder / file for what, file in files.items()}
    with pytest.raises(ValueError, match=r"TLS|certificate"):
        CentreClient("https://centre.example", "T0001", **paths)


def test_a_key_in_a_tpm_needs_the_provider_that_opens_it(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = issuer.issue("YL-0001")
    key = own.key.with_suffix(".tpm")
    key.write_bytes(tpm.MARK + b"\n")

    def missing() -> None:
        raise OSError("no OpenSSL provider for the TPM: install tpm2-openssl")

    monkeypatch.setattr(transport, "load_provider", missing)
    with pytest.raises(ValueError, match="install tpm2-openssl"):
        transport.tls_context(issuer.root, own.certificate, key)


class _CountingLibrary:
    """Stands for the OpenSSL of ``ssl``; its first provider for the TPM is missing."""

    def __init__(self) -> None:
        self.lacks = True
        self.queries: list[bytes] = []

    def __call__(self, _path: str | None) -> SimpleNamespace:
        def load(_context: None, name: bytes) -> bool:
            return name != b"tpm2" or not self.lacks

        def query(_context: None, properties: bytes) -> None:
            self.queries.append(properties)

        return SimpleNamespace(OSSL_PROVIDER_load=load, EVP_set_default_properties=query)


def test_the_query_for_the_tpm_is_set_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    library = _CountingLibrary()
    monkeypatch.setattr(ctypes, "CDLL", library)
    tpm._load.cache_clear()
    try:
        with pytest.raises(OSError, match="install tpm2-openssl"):
            tpm.load_provider()
        library.lacks = False  # installed meanwhile
        with ThreadPoolExecutor(4) as workers:
            for call in [workers.submit(tpm.load_provider) for _ in range(8)]:
                call.result()
    finally:
        tpm._load.cache_clear()
    assert library.queries == [tpm.PROPERTIES.encode()]
