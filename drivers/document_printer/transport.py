"""One IPP request and its response over HTTP or HTTPS, within one time limit (RFC 8010, 4)."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
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
_HTTP_MEANING = {
    401: (Reason.NOT_AUTHORISED, en("the printer wants a password")),
    403: (Reason.NOT_AUTHORISED, en("the printer forbids this address to print")),
    404: (Reason.UNSUPPORTED, en("the printer knows no such path")),
    426: (Reason.NOT_AUTHORISED, en("the printer wants ipps:// in its address")),
    503: (Reason.OFFLINE, en("the printer's server is not available")),
}


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
        ``NOT_AUTHORISED``: the password or certificate is wrong; ``UNSUPPORTED``: another HTTP
        refusal.
        """
        number = next(self._numbers)
        body = encode(
            IppMessage(request.code, number, request.groups, request.data, request.version)
        )
        limit = Deadline(seconds)
        with self._connect(limit) as sock:
            answer = decode(_exchange(sock, self._head(len(body)), body, limit))
        if answer.request_id != number:
            raise DeviceError(Reason.GARBLED, en("the printer answered another request"))
        return answer

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
            raise DeviceError(
                Reason.GARBLED, joined(": ", "TLS", error.reason or type(error).__name__)
            ) from error
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
    try:
        for start in range(0, len(body), _PIECE):
            sock.settimeout(limit.remaining() or 0.001)
            sock.sendall(head + body[start : start + _PIECE])
            head = b""
        with HTTPResponse(_Timed(sock, limit), method="POST") as response:  # type: ignore[arg-type]
            response.begin()
            if response.status != _HTTP_OK:
                reason, words = _HTTP_MEANING.get(
                    response.status, (Reason.UNSUPPORTED, en("the printer refuses"))
                )
                raise DeviceError(
                    reason, en("{words} (HTTP {status})", words=words, status=response.status)
                )
            answer = response.read(_ANSWER_LIMIT + 1)
    except OSError as error:
        raise DeviceError(
            Reason.OFFLINE, en("the printer fell silent: {why}", why=_named(error))
        ) from error
    # http.client raises ValueError for a chunk with a negative length.
    except (HTTPException, ValueError) as error:
        raise DeviceError(
            Reason.GARBLED, en("not HTTP: {kind}", kind=type(error).__name__)
        ) from error
    if len(answer) > _ANSWER_LIMIT:
        raise DeviceError(Reason.GARBLED, en("an answer without end"))
    return answer


def _named(error: OSError) -> str:
    return error.strerror or type(error).__name__


class _Timed(io.RawIOBase):
    """The receiving side of a socket, with one limit of time and one of bytes for all reads
    together. Without the limit of bytes, ``http.client`` would read a chunk of length -1 until the
    memory is full."""

    def __init__(self, sock: socket.socket, limit: Deadline) -> None:
        self._sock = sock
        self._limit = limit
        self._left = 2 * _ANSWER_LIMIT  # twice the body: head and chunk sizes count too

    def makefile(self, mode: str) -> io.BufferedReader:
        """The method of a socket that :class:`HTTPResponse` calls."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._limit.passed():
            raise TimeoutError
        if self._left <= 0:
            raise DeviceError(Reason.GARBLED, en("an answer without end"))
        self._sock.settimeout(self._limit.remaining() or 0.001)
        count = self._sock.recv_into(buffer)
        self._left -= count
        return count
