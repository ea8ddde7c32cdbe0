"""One IPP request and its response over HTTP or HTTPS, within one time limit (RFC 8010, 4)."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import select
import socket
import ssl
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from drivers.device import Deadline, DeviceError, Reason
from drivers.document_printer.codec import IppMessage, decode, encode
from drivers.sentence import en, joined

_ANSWER_LIMIT = 1 << 18  # bytes; the longest seen of a real printer are 60 kB
_PIECE = 1 << 16
_DEFAULT_PORT = 631
_USER = re.compile(r"//[^/]*@")
_HTTP_OK = 200
_REDIRECTS = range(300, 400)
_INTERIMS = range(100, 200)
_LONGEST = 200
_INTERIM = re.compile(rb"HTTP/1\.\d 1\d\d\b")
_STATUS_LINE = 12  # bytes up to the status code
_HTTP_MEANING = {
    401: (Reason.NOT_AUTHORISED, en("the printer wants a password")),
    403: (Reason.NOT_AUTHORISED, en("the printer forbids this address to print")),
    404: (Reason.UNSUPPORTED, en("the printer knows no such path")),
    426: (Reason.NOT_AUTHORISED, en("the printer wants ipps:// in its address")),
    503: (Reason.OFFLINE, en("the printer's server is not available")),
}
_OLD_TLS = en("the printer and this terminal have no TLS version or cipher in common")
_RENEW = en("renew the printer's firmware, switch TLS 1.2 on at the printer, or use ipp://")
_TLS_MEANING = {
    "TLSV1_ALERT_PROTOCOL_VERSION": (_OLD_TLS, _RENEW),
    "UNSUPPORTED_PROTOCOL": (_OLD_TLS, _RENEW),
    "NO_PROTOCOLS_AVAILABLE": (_OLD_TLS, _RENEW),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (_OLD_TLS, _RENEW),
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": (_OLD_TLS, _RENEW),
    "NO_SHARED_CIPHER": (_OLD_TLS, _RENEW),
    "DH_KEY_TOO_SMALL": (en("the printer's TLS key is too short"), _RENEW),
    "EE_KEY_TOO_SMALL": (
        en("the key of the printer's certificate is too short"),
        en("have the printer make a new certificate of 2048 bits"),
    ),
    "WRONG_VERSION_NUMBER": (en("the printer speaks no TLS at this port"), en("use ipp://")),
    "HTTP_REQUEST": (en("the printer speaks no TLS at this port"), en("use ipp://")),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": (
        en("the printer wants a client's certificate"),
        en("switch client certificates off at the printer"),
    ),
}
"""What a reason of OpenSSL means, and what mends it."""


class HttpRefusal(DeviceError):
    """The printer's web server refused the request; ``status`` is the HTTP status."""

    def __init__(self, status: int, place: str) -> None:
        reason, words = _HTTP_MEANING.get(status, (Reason.UNSUPPORTED, en("the printer refuses")))
        detail = en("{words} (HTTP {status})", words=words, status=status)
        mend = ""
        if status in _REDIRECTS and place:
            detail = en("{detail}; it points to {place}", detail=detail, place=place)
            mend = en("set uri to the place that the printer points to")
        super().__init__(reason, detail, mend=mend)
        self.status = status


class IppWire:
    """Speaks to the printer or queue at an address; opens a connection for each request.

    Uses plain sockets and ``http.client`` rather than ``requests``: so the limit holds for the
    whole exchange, also against a printer that sends a byte a second; no proxy of the environment
    is used; and no large library is loaded.
    """

    def __init__(self, uri: str, certificate_sha256: str = "") -> None:
        """``uri`` as in the settings; a user name and a password in it are neither sent nor shown.
        Raises ``UNSUPPORTED`` when ``uri`` is no printer's address."""
        self.uri = uri = _USER.sub("//", uri)
        try:
            parts = urlsplit(uri)
            port = parts.port or _DEFAULT_PORT
        except ValueError as error:
            raise DeviceError(
                Reason.UNSUPPORTED, en("printer address {uri!r}: {error}", uri=uri, error=error)
            ) from None
        unusable = not uri.isascii() or not uri.isprintable() or " " in uri
        if parts.scheme not in ("ipp", "ipps") or not parts.hostname or unusable:
            raise DeviceError(
                Reason.UNSUPPORTED, en("not an ipp:// or ipps:// address: {uri!r}", uri=uri)
            )
        self._secure = parts.scheme == "ipps"
        self._address = (parts.hostname, port)
        self._path = parts.path or "/"
        self._host = parts.netloc.rpartition("@")[2]
        self._pin = certificate_sha256.replace(":", "").lower()
        self._numbers = itertools.count(1)

    def ask(self, request: IppMessage, seconds: float) -> IppMessage:
        """Send ``request`` with a new request number; returns the response, whatever its status.

        ``seconds``: limit for the whole exchange, from connecting to the last byte. Only the
        look-up of a host name may take longer, so settings should give a printer's number. Raises
        :class:`DeviceError`: ``NO_DEVICE``: nothing listens at the address; ``OFFLINE``: the
        printer fell silent, hung up or is unavailable; ``GARBLED``: the answer is not IPP;
        ``NOT_AUTHORISED``: the password or certificate is wrong; ``UNSUPPORTED``: no TLS in common;
        :class:`HttpRefusal` for a refusal of the printer's web server. The number in the response
        is not compared: a connection carries one request, and some firmware always answers 1.
        """
        number = next(self._numbers)
        body = encode(
            IppMessage(request.code, number, request.groups, request.data, request.version)
        )
        limit = Deadline(seconds)
        with self._connect(limit) as sock:
            return decode(_exchange(sock, self._head(len(body)), body, limit))

    def _head(self, length: int) -> bytes:
        lines = (
            f"POST {self._path} HTTP/1.1",
            f"Host: {self._host}",
            "Content-Type: application/ipp",
            f"Content-Length: {length}",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _connect(self, limit: Deadline) -> socket.socket:
        try:
            plain = socket.create_connection(self._address, timeout=limit.remaining() or 0.001)
        except OSError as error:
            raise DeviceError(
                Reason.NO_DEVICE,
                en("nothing answers at {uri}: {why}", uri=self.uri, why=_named(error)),
            ) from error
        if not self._secure:
            return plain
        try:
            return self._wrapped(plain, limit)
        except BaseException:
            plain.close()
            raise

    def _wrapped(self, plain: socket.socket, limit: Deadline) -> socket.socket:
        context = ssl.create_default_context()
        if self._pin:  # a self-signed certificate: check its fingerprint, not its authority
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        plain.settimeout(limit.remaining() or 0.001)
        try:
            secure = context.wrap_socket(plain, server_hostname=self._address[0])
        except ssl.SSLCertVerificationError as error:
            raise DeviceError(
                Reason.NOT_AUTHORISED,
                en("the printer's certificate: {why}", why=error.verify_message),
            ) from error
        except ssl.SSLError as error:
            raise _no_tls(error) from error
        except OSError as error:
            raise DeviceError(Reason.OFFLINE, joined(": ", "TLS", _named(error))) from error
        seen = hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()
        if self._pin and seen != self._pin:
            secure.close()
            raise DeviceError(
                Reason.NOT_AUTHORISED, en("another certificate than set up: {seen}", seen=seen)
            )
        return secure


def _exchange(sock: socket.socket, head: bytes, body: bytes, limit: Deadline) -> bytes:
    """Send a request; returns the body of the answer, at most ``_ANSWER_LIMIT`` bytes."""
    unsent: OSError | None = None
    try:
        _send(sock, head, body, limit)
    except OSError as error:  # a printer that refuses may hang up before it has the whole document
        unsent = error
    try:
        answer = _answer(sock, limit)
    except OSError as error:
        raise DeviceError(
            Reason.OFFLINE, en("the printer fell silent: {why}", why=_named(unsent or error))
        ) from error
    # http.client raises ValueError for a chunk with a negative length.
    except (HTTPException, ValueError) as error:
        if unsent is not None:
            raise DeviceError(
                Reason.OFFLINE, en("the printer fell silent: {why}", why=_named(unsent))
            ) from unsent
        raise DeviceError(
            Reason.GARBLED, en("not HTTP: {kind}", kind=type(error).__name__)
        ) from error
    if len(answer) > _ANSWER_LIMIT:
        raise DeviceError(Reason.GARBLED, en("an answer without end"))
    return answer


def _send(sock: socket.socket, head: bytes, body: bytes, limit: Deadline) -> None:
    """Send a request; stops when the printer has answered before the end of the body."""
    for start in range(0, len(body), _PIECE):
        if start and _answered(sock):
            return
        sock.settimeout(limit.remaining() or 0.001)
        sock.sendall(head + body[start : start + _PIECE])
        head = b""


def _answered(sock: socket.socket) -> bool:
    """Whether a final answer waits in ``sock``; unknown, and so false, over TLS."""
    if isinstance(sock, ssl.SSLSocket) or not select.select([sock], [], [], 0)[0]:
        return False
    begun = sock.recv(_STATUS_LINE, socket.MSG_PEEK)
    return len(begun) == _STATUS_LINE and not _INTERIM.match(begun)


def _answer(sock: socket.socket, limit: Deadline) -> bytes:
    """The body of the first final answer: any number of interim ones (1xx) may come before it
    (RFC 9110, 15.2)."""
    source = _Timed(sock, limit)
    while True:
        with HTTPResponse(source, method="POST") as response:  # type: ignore[arg-type]
            response.begin()
            if response.status in _INTERIMS:
                continue
            if response.status != _HTTP_OK:
                raise HttpRefusal(response.status, _place(response.getheader("Location") or ""))
            coding = response.getheader("Content-Encoding") or "identity"
            if coding.lower() != "identity":
                raise DeviceError(
                    Reason.GARBLED,
                    en("the printer's answer is encoded: {coding}", coding=_line(coding)),
                )
            return response.read(_ANSWER_LIMIT + 1)


def _place(location: str) -> str:
    """Where a redirection points to, as an address for the settings."""
    if location.startswith("http"):
        location = "ipp" + location.removeprefix("http")
    return _line(_USER.sub("//", location))


def _line(words: str) -> str:
    """A printer's words for one line of a log."""
    return "".join(one if one.isprintable() else " " for one in words[:_LONGEST])


def _no_tls(error: ssl.SSLError) -> DeviceError:
    said = error.reason or type(error).__name__
    meaning, mend = _TLS_MEANING.get(said, ("", ""))
    reason = Reason.UNSUPPORTED if meaning else Reason.GARBLED
    return DeviceError(reason, joined(": ", "TLS", meaning, said), mend=mend)


def _named(error: OSError) -> str:
    return error.strerror or type(error).__name__


class _OpenReader(io.BufferedReader):
    """The bytes of a connection; an interim answer that is over does not close it."""

    def close(self) -> None:
        """Does nothing: the socket belongs to the exchange."""


class _Timed(io.RawIOBase):
    """The receiving side of a socket, with one limit of time and one of bytes for all reads
    together. What has come is read also after the time: this process may have stood still. Without
    the limit of bytes, ``http.client`` would read a chunk of length -1 until the memory is full."""

    def __init__(self, sock: socket.socket, limit: Deadline) -> None:
        self._sock = sock
        self._limit = limit
        self._left = 2 * _ANSWER_LIMIT  # twice the body: head and chunk sizes count too
        self._buffered = _OpenReader(self)

    def makefile(self, mode: str) -> _OpenReader:
        """The method of a socket that :class:`HTTPResponse` calls."""
        return self._buffered

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise DeviceError(Reason.GARBLED, en("an answer without end"))
        self._sock.settimeout(self._limit.remaining())
        try:
            count = self._sock.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            raise TimeoutError from None
        self._left -= count
        return count
