"""Pictures of a network camera: JPEGs out of an HTTP stream, always the newest that has come.

The pictures are found by their own markers (ISO/IEC 10918-1, B.1), not by the parts around them:
cameras leave out the first boundary, write it with more dashes than they announced, or give no
lengths. A picture that is cut off or no JPEG is left out; the next one counts.
"""

from __future__ import annotations

import re
import select
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from drivers.device import Deadline, DeviceError, Reason
from drivers.sentence import en

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PIECE = 1 << 18
_PATIENCE_S = 0.5
_LONGEST = 16 << 20  # bytes of one picture, and of a backlog that is read at once
_SOI = b"\xff\xd8\xff"
_EOI, _SOS, _RESTARTS = 0xD9, 0xDA, range(0xD0, 0xD8)
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In the coded data of a scan: the next marker that is no restart. FF00 is a byte of the data."""


class JpegSplitter:
    """Cuts a stream of bytes into its JPEGs; whatever stands between them is dropped."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; returns the pictures that are whole now, oldest first."""
        self._buffer += data
        pictures = []
        at = 0
        while True:
            begin = self._buffer.find(_SOI, at)
            if begin < 0:
                at = max(at, len(self._buffer) - len(_SOI) + 1)
                break
            end = self._end(begin + 2)
            if end is None:
                at = begin
                break
            if end > 0:
                pictures.append(bytes(self._buffer[begin:end]))
            at = end if end > 0 else -end
        del self._buffer[:at]
        if len(self._buffer) > _LONGEST:
            self._buffer.clear()
        return pictures

    def _end(self, at: int) -> int | None:
        """Where the picture ends whose first marker after SOI is ``at``; ``None`` when that has not
        come yet; the negative place from which to look on when it is no picture."""
        raw = self._buffer
        while len(raw) >= at + 4:
            if raw[at] != 0xFF:
                return -at
            marker = raw[at + 1]
            if marker == _EOI:
                return at + 2
            if marker == 0xFF or marker in _RESTARTS:
                at += 1 if marker == 0xFF else 2
                continue
            if marker < 0xC0 or marker == 0xD8:
                return -at
            at += 2 + int.from_bytes(raw[at + 2 : at + 4])
            if marker == _SOS:
                found = _MARKER.search(raw, at)
                if found is None:
                    return None
                at = found.start()
                if raw[at + 1] == _EOI:
                    return at + 2
        return None


class MjpegCapture:
    """An open stream of a network camera, read as a ``cv2.VideoCapture`` is."""

    def __init__(self, url: str, seconds: float) -> None:
        """Ask for the stream. ``seconds``: longest silence. Raises :class:`DeviceError`:
        ``OFFLINE``: no answer, ``NOT_AUTHORISED``: user or password, ``GARBLED``: the answer is no
        stream of pictures."""
        self._splitter = JpegSplitter()
        try:
            answer = _opener(url).open(_without_user(url), timeout=seconds)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.code) from None
        except (OSError, HTTPException, ValueError) as error:
            raise DeviceError(Reason.OFFLINE, en("the camera cannot be switched on")) from error
        assert isinstance(answer, HTTPResponse)
        self._answer = answer
        kind = answer.headers.get_content_type()
        if not kind.startswith(("multipart/", "image/", "video/", "application/octet")):
            answer.close()
            raise DeviceError(
                Reason.GARBLED,
                en("the camera's address gives {kind}, no pictures", kind=kind),
                mend=en("set source to the address of the camera's MJPEG stream"),
            )

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        """The newest picture; waits for one. A backlog is skipped: after a stall, pictures of then
        would be taken for pictures of now. False: the picture cannot be decoded, or what came for
        half a second is no picture.

        Raises ``OFFLINE`` when the stream ends or is silent for too long.
        """
        import cv2
        import numpy as np

        pictures: list[bytes] = []
        patience = Deadline(_PATIENCE_S)
        while not pictures:
            if patience.passed():
                return False, None
            pictures = self._splitter.feed(self._receive())
        behind = 0
        while behind < _LONGEST and select.select([self._answer], [], [], 0)[0]:
            try:
                data = self._receive()
            except DeviceError:
                break  # the next read tells it again
            behind += len(data)
            pictures = self._splitter.feed(data) or pictures
        image = cv2.imdecode(np.frombuffer(pictures[-1], np.uint8), cv2.IMREAD_COLOR)
        return image is not None, None if image is None else np.asarray(image, np.uint8)

    def release(self) -> None:
        """Hang up."""
        self._answer.close()

    def _receive(self) -> bytes:
        try:
            data = self._answer.read1(_PIECE)
        except TimeoutError as error:
            raise DeviceError(Reason.OFFLINE, en("no picture comes")) from error
        except (OSError, HTTPException, ValueError) as error:
            raise DeviceError(Reason.OFFLINE, en("the camera stopped sending")) from error
        if not data:
            raise DeviceError(Reason.OFFLINE, en("the camera stopped sending"))
        return data


def _opener(url: str) -> urllib.request.OpenerDirector:
    parts = urlsplit(url)
    users = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username:
        users.add_password(
            None, _without_user(url), unquote(parts.username), unquote(parts.password or "")
        )
    unchecked = ssl.create_default_context()  # cameras sign their certificates themselves
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=unchecked),
        urllib.request.HTTPDigestAuthHandler(users),
        urllib.request.HTTPBasicAuthHandler(users),
    )


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _refused(status: int) -> DeviceError:
    if status in (401, 403):
        return DeviceError(
            Reason.NOT_AUTHORISED,
            en("the camera wants another user or password (HTTP {status})", status=status),
            mend=en("set source to http://user:password@…"),
        )
    return DeviceError(
        Reason.GARBLED,
        en("the camera refuses the address (HTTP {status})", status=status),
        mend=en("check source in the settings"),
    )
