"""HTTP and TLS to the centre: one request, and its whole answer in time, as a value.

Nothing raises here: an exception of the HTTP library carries the request or the answer, and with it
a token and a citizen's data, so every outcome is an :class:`Answered` or a :class:`Silence`.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from drivers.sentence import en, joined
from kiosk import events
from kiosk.centre.errors import Trouble
from kiosk.centre.http_library import requests
from kiosk.centre.models import WireModel
from kiosk.centre.resolving import resolve
from kiosk.centre.tpm import is_tpm_key, load_provider
from kiosk.privacy import Sensitive

OnTime = Callable[[str, float], None]
"""Called after each call with its endpoint and the seconds that the call took."""
Meanwhile = Callable[[], None]
"""Called again and again while a call waits for its answer; what it raises ends the wait."""
log = logging.getLogger("kiosk.centre")

MOST_BYTES = 10_000_000
"""No answer of the centre is larger; a certificate has some 100 kB."""
PAUSES_S = (0.2, 0.6)
"""Pauses before the second and the third try of a request that may be repeated."""
LOOK_S = 0.05
"""Seconds between two calls of ``Meanwhile``."""
MOST_HINTS = 50
"""Answers of the class 1xx before the real one; RFC 9110 15.2 allows any number."""
_EXPECTED = frozenset((200, 201, 204, *range(400, 500)))
"""Statuses of the contract, after which a connection is used again."""
FRESH_S = 1.0
"""A request that may not be repeated never uses a connection that was idle for longer. The centre
may be closing such a connection at this moment, and when no answer comes, the terminal cannot know
whether the centre has carried out the request."""

NOT_YET_VALID = 9
"""``X509_V_ERR_CERT_NOT_YET_VALID`` of OpenSSL: seldom the certificate's fault."""
_OF_NOBODY_KNOWN = frozenset((18, 19, 20, 21))
"""OpenSSL's codes (``x509_vfy.h``) for a certificate that comes from nobody who is trusted here."""

_SECONDS = re.compile(r"[0-9]{1,6}")
_TERMINAL = re.compile(r"[A-Za-z0-9._-]{1,32}")
_ID = re.compile(r"(?=.*[A-Za-z0-9_~-])[A-Za-z0-9._~-]{1,64}")  # never "." or ".."


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """A complete answer. Its body may hold personal data and is not shown."""

    status: int
    body: bytes
    retry_after_s: int | None = None  # the header Retry-After, in seconds


@dataclass(frozen=True, slots=True)
class Silence:
    """The centre gave no answer that can be trusted. ``detail`` tells the technician why;
    ``untrusted``: its certificate comes from nobody who is trusted here."""

    trouble: Trouble
    detail: str
    retry_after_s: int | None = None
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request: ``template`` is what a log may name, ``{id}`` in it stands for ``id``."""

    method: str
    template: str
    id: str | None = None
    query: str = ""
    body: WireModel | None = None
    keyed: bool = False  # a POST that carries a key or a job: the centre does it once
    to_the_end: bool = False  # nothing but its answer or its time ends it

    @property
    def repeatable(self) -> bool:
        return self.keyed or self.method in ("GET", "DELETE")

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def path(self) -> str:
        return self.template.replace("{id}", self.id or "") + self.query


class Closing(ABC):
    """A client that ``with`` closes at the block's end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close every connection. Also right when none is open."""


class Transport:
    """The connection of one visit to the centre. Used from one thread at a time."""

    def __init__(
        self,
        url: str,
        terminal: str,
        context: ssl.SSLContext,
        *,
        connect_s: float,
        read_s: float,
        on_time: OnTime | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> None:
        """``url`` and ``terminal`` as :class:`kiosk.centre.client.CentreClient` takes them;
        ``context`` from :func:`tls_context`. Raises ``ValueError`` for what cannot work."""
        if not _TERMINAL.fullmatch(terminal):
            raise ValueError("the terminal's id has 1 to 32 letters, digits, dots or dashes")
        url = _checked_url(url)
        self._new_line: Callable[[], _Line] = partial(
            _Line, url, terminal, context, connect_s, read_s
        )
        self._line = self._new_line()
        self._on_time = on_time or (lambda endpoint, seconds: None)
        self._meanwhile = meanwhile
        self._left: _Left | None = None

    def close(self) -> None:
        """Close every connection. Also right when none is open."""
        self._line.close()

    def outcome(
        self, call: Call, token: Sensitive[str] | None, whole_s: float
    ) -> Answered | Silence:
        """Send the request; when no answer comes, send a repeatable request again after a pause.
        ``whole_s`` bounds all tries together. Raises only what ``meanwhile`` raises."""
        if call.id is not None and not _ID.fullmatch(call.id):
            return Silence(Trouble.NONSENSE, en("an id that cannot stand in a path"))
        began = time.monotonic()
        if self._meanwhile is None or call.to_the_end:
            outcome = self._line.outcome(call, token, whole_s)
        else:
            outcome = self._outcome_unless(self._meanwhile, call, token, whole_s)
        self._on_time(call.endpoint, time.monotonic() - began)
        return outcome

    def _outcome_unless(
        self, meanwhile: Meanwhile, call: Call, token: Sensitive[str] | None, whole_s: float
    ) -> Answered | Silence:
        """As :meth:`outcome`. When ``meanwhile`` raises, the call goes on alone on its connection,
        and the next call gets a connection of its own."""
        line = self._line
        future: Future[Answered | Silence] = Future()

        def ask() -> None:
            try:
                future.set_result(line.outcome(call, token, whole_s))
            except BaseException as bug:  # noqa: BLE001 - raised in the thread that waits
                future.set_exception(bug)

        threading.Thread(target=ask, daemon=True, name="centre").start()
        while not wait((future,), LOOK_S).done:
            try:
                meanwhile()
            except BaseException:
                self._left = _Left(call, future, line)
                self._line = self._new_line()
                raise
        return future.result()

    def late_outcome(self, call: Call, seconds: float) -> Answered | Silence | None:
        """What came of ``call``, which ``meanwhile`` has ended; None when it is not the last such
        call, goes on for more than ``seconds``, or ended with a bug. The next call is sent on its
        connection."""
        left = self._left
        if left is None or left.call is not call or not wait((left.future,), seconds).done:
            return None
        self._left = None
        self._line.close()
        self._line = left.line
        return None if left.future.exception() else left.future.result()


@dataclass(frozen=True, slots=True)
class _Left:
    """A call that the visit has left, and that goes on alone."""

    call: Call
    future: Future[Answered | Silence]
    line: _Line


class _Line:
    """One kept connection, and one call at a time on it."""

    def __init__(
        self, url: str, terminal: str, context: ssl.SSLContext, connect_s: float, read_s: float
    ) -> None:
        self._url = url
        self._connect_s = connect_s
        self._read_s = read_s
        self._patience = _CallDeadline()
        self._last_use = 0.0
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy, no netrc, no CA bundle from the environment
        self._http.headers.clear()
        self._http.headers.update(
            {
                "Accept": "application/json, application/pdf",
                "Accept-Encoding": "identity",
                "User-Agent": "provident-kiosk",
                "X-Terminal": terminal,
            }
        )
        adapter = _Adapter(context, self._patience)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def close(self) -> None:
        self._http.close()

    def outcome(
        self, call: Call, token: Sensitive[str] | None, whole_s: float
    ) -> Answered | Silence:
        """Send the request and its repetitions. Never raises."""
        self._patience.by = time.monotonic() + whole_s
        outcome = self._exchange(call, token)
        for pause in PAUSES_S if call.repeatable else ():
            if isinstance(outcome, Answered) or self._patience.left() <= pause:
                break
            time.sleep(pause)
            outcome = self._exchange(call, token)
        return outcome

    def _exchange(self, call: Call, token: Sensitive[str] | None) -> Answered | Silence:
        """One request and its whole answer, as a value; one line in the log."""
        began = time.monotonic()
        if not call.repeatable and began - self._last_use > FRESH_S:
            self._http.close()
        outcome = self._transfer(call, token)
        self._last_use = time.monotonic()
        seen = str(outcome.status) if isinstance(outcome, Answered) else outcome.trouble.value
        took = (self._last_use - began) * 1000
        events.CENTRE_ASKED.log(log, endpoint=call.endpoint, status=seen, ms=round(took))
        if isinstance(outcome, Answered) and outcome.status >= 500:
            why = en("status {status}", status=outcome.status)
            return Silence(Trouble.DOWN, why, outcome.retry_after_s)
        return outcome

    def _transfer(self, call: Call, token: Sensitive[str] | None) -> Answered | Silence:
        headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        data = None
        if call.body is not None:
            data = call.body.model_dump_json().encode()
            headers["Content-Type"] = "application/json"
        left = max(0.01, self._patience.left())
        body = bytearray()
        try:
            with self._http.request(
                call.method,
                self._url + call.path,
                data=data,
                headers=headers,
                timeout=(min(self._connect_s, left), min(self._read_s, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code not in _EXPECTED:
                    self._http.close()  # its body may come late: not into the next call's answer
                coding = response.headers.get("Content-Encoding", "identity")
                if coding.lower() != "identity":
                    said = en("encoded as {coding}, though not asked for", coding=coding[:20])
                    return Silence(Trouble.NONSENSE, said)
                for chunk in response.raw.stream(65536, decode_content=False):
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return Silence(Trouble.NONSENSE, en("the answer is too large"))
                wait = response.headers.get("Retry-After", "")
                seconds = int(wait) if _SECONDS.fullmatch(wait) else None
                return Answered(response.status_code, bytes(body), seconds)
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            return Silence(Trouble.SLOW, en("no complete answer in time"))
        except requests.exceptions.SSLError as error:
            return _tls_silence(error)
        except requests.ConnectionError as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, urllib3.exceptions.MaxRetryError):
                return Silence(
                    Trouble.DOWN, en("no connection ({kind})", kind=type(cause.reason).__name__)
                )
            return Silence(Trouble.NONSENSE, en("cut off before an answer"))
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return Silence(
                Trouble.NONSENSE, en("cut off or not HTTP ({kind})", kind=type(error).__name__)
            )


def _tls_silence(error: BaseException) -> Silence:
    """By OpenSSL's own error, which two libraries have wrapped in their own exceptions."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        found = next(
            (
                value
                for value in (*found.args, getattr(found, "reason", None), found.__context__)
                if isinstance(value, BaseException)
            ),
            None,
        )
    untrusted = False
    why = str(getattr(found, "reason", None) or "handshake failed")
    if isinstance(found, ssl.SSLCertVerificationError):
        untrusted = found.verify_code in _OF_NOBODY_KNOWN
        why = found.verify_message
        if found.verify_code == NOT_YET_VALID:
            clock = f"{datetime.now(UTC):%Y-%m-%d}"
            why = joined("; ", why, en("this clock says {now}: set the clock", now=clock))
    return Silence(Trouble.DOWN, joined(": ", "TLS", why), untrusted=untrusted)


def _checked_url(url: str) -> str:
    """``url`` without a slash at its end, when personal data may travel to it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise ValueError(en("the centre's address is a URL like https://centre.example/api"))
    if parts.username is not None:
        raise ValueError(en("no user name belongs into the centre's address"))
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ValueError(en("http is for this machine only; the centre needs https"))
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _SharedContext(ssl.SSLContext):
    """A context on which several threads may connect at once.

    urllib3 sets the same protocols of ALPN anew for each connection. OpenSSL frees the list that
    was set before, even while a connection that begins in another thread copies that list: the
    centre would be sent whatever lies in that memory now.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Do nothing: they are set once, by :func:`tls_context`."""


def tls_context(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """A context of the standard library, the only TLS of Python that takes a key inside a TPM.
    Threads may share it. To make it takes 17 ms of CPU where the system's roots are read."""
    if key is not None and certificate is None:
        raise ValueError(en("a key needs its certificate"))
    try:
        context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)
        ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
        if ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # As Python 3.13 does by itself, so that a certificate is good on every Python or on none.
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        if certificate is not None:
            if is_tpm_key(key or certificate):
                load_provider()
            # Without a password, OpenSSL would ask for one at the console and wait for ever.
            context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise ValueError(en("the files for TLS cannot be used: {error}", error=error)) from error
    return context


class _CallDeadline:
    """By when, on the monotonic clock, the call at hand must be over."""

    def __init__(self) -> None:
        self.by = 0.0

    def left(self) -> float:
        return self.by - time.monotonic()


class _Adapter(requests.adapters.HTTPAdapter):
    """Uses the given TLS context unchanged; its connections read no answer past the deadline."""

    def __init__(self, context: ssl.SSLContext, patience: _CallDeadline) -> None:
        self._context = context
        self._patience = patience
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._patience)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the context alone: the base class would make it trust the roots of certifi too."""
        conn.cert_reqs = "CERT_REQUIRED"


def _pools(patience: _CallDeadline) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Connection pools that keep to the call's deadline, from the name's look-up to the last byte
    of the answer."""

    class CentreResponse(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_TimedBytes(self.fp.detach(), sock, patience))

        def _read_status(self) -> tuple[str, int, str]:
            """The status of the real answer: the base class takes 102 and 103 for one."""
            for _hint in range(MOST_HINTS):
                version, status, reason = super()._read_status()  # type: ignore[misc]
                if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                    return version, status, reason
                http.client.parse_headers(self.fp)
            raise http.client.HTTPException("no answer behind so many hints")

    class Plain(HTTPConnection):
        response_class = CentreResponse

        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, patience)

    class Secure(HTTPSConnection):
        response_class = CentreResponse

        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, patience)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(
    connection: HTTPConnection, connect: Callable[[], socket.socket], patience: _CallDeadline
) -> socket.socket:
    """What ``connect`` gives for the first address that answers; the look-up of the name and all
    addresses together take no longer than the connection's time-out and the call's deadline.

    ``connect`` alone would wait for a dead name server without a limit, and for each address of
    the name as long as for one.
    """
    name = connection._dns_host
    seconds = min(float(connection.timeout or 0), patience.left())
    until = time.monotonic() + seconds
    try:
        addresses = resolve(name, connection.port, seconds)
    except OSError as error:
        reason = socket.gaierror(*error.args)
        raise urllib3.exceptions.NameResolutionError(name, connection, reason) from error
    failure: Exception = TimeoutError()
    try:
        for address in addresses:
            connection._dns_host = address
            connection.timeout = max(0.01, until - time.monotonic())
            try:
                return connect()
            except urllib3.exceptions.ConnectTimeoutError as error:
                failure = error
    finally:
        connection._dns_host = name
    raise failure


class _TimedBytes(io.RawIOBase):
    """The bytes of one answer, read until the call's deadline.

    The time-out of a socket bounds one pause only: a server that sends a byte now and then, in the
    head or the body of an answer, would keep the citizen waiting for ever.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, patience: _CallDeadline) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._patience.left()
        if left <= 0:
            raise TimeoutError("the whole answer takes too long")
        pause = self._sock.gettimeout()
        if pause is None or pause > left:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
