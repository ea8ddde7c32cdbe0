"""Where a camera is, and whether it is there: a V4L2 device, a film, or MJPEG over HTTP.

Nothing here switches a camera on or loads a library that reads pictures.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from urllib.parse import urlsplit

from drivers.device import DeviceError, Reason
from drivers.sentence import en, joined

_CONNECT_S = 0.8
MEND = {
    Reason.NO_DEVICE: en("check the camera's cable, and source in the settings"),
    Reason.OFFLINE: en("check the camera's cable; if that does not help, replace it"),
    Reason.NOT_AUTHORISED: en("add the terminal's user to the group video"),
    Reason.GARBLED: en("check source in the settings"),
}
"""What the technician can do."""

# linux/videodev2.h
_VIDIOC_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_CAP_VIDEO_CAPTURE = 0x00000001
_CAP_DEVICE_CAPS = 0x80000000


def find(source: str) -> str:
    """Check that the camera is there, without switching it on; returns its model, or "".

    Raises ``NO_DEVICE`` or ``NOT_AUTHORISED``.
    """
    if is_device(source):
        return _ask_device(source)
    if is_film(source):
        if not os.path.isfile(source):
            raise camera_error(Reason.NO_DEVICE, en("there is no film {source}", source=source))
        return "film"
    try:
        parts = urlsplit(source)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), _CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise camera_error(
            Reason.NO_DEVICE,
            en("{source} does not answer", source=without_password(source)),
        ) from error
    return en("MJPEG over HTTP")


def _ask_device(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise camera_error(
            Reason.NOT_AUTHORISED, en("{path} may not be used", path=path)
        ) from error
    except OSError as error:
        raise camera_error(
            Reason.NO_DEVICE, joined(": ", path, error.strerror or type(error).__name__)
        ) from error
    answer = bytearray(_CAPABILITY.size)
    try:
        fcntl.ioctl(fd, _VIDIOC_QUERYCAP, answer)
    except OSError as error:
        raise camera_error(Reason.NO_DEVICE, en("{path} is no camera", path=path)) from error
    finally:
        os.close(fd)
    return parse_capability(bytes(answer))


def parse_capability(answer: bytes) -> str:
    """The name of the camera in a ``struct v4l2_capability`` (104 bytes).

    Raises :class:`DeviceError` ``NO_DEVICE`` when the node takes no pictures: a USB camera has a
    second node for its metadata.
    """
    if len(answer) != _CAPABILITY.size:
        raise camera_error(Reason.GARBLED, en("not the size of a v4l2_capability"))
    _, card, _, _, capabilities, of_node = _CAPABILITY.unpack(answer)
    if not (of_node if capabilities & _CAP_DEVICE_CAPS else capabilities) & _CAP_VIDEO_CAPTURE:
        raise camera_error(Reason.NO_DEVICE, en("this node takes no pictures; its neighbour may"))
    return str(card.split(b"\0")[0].decode("utf-8", "replace"))


def is_device(source: str) -> bool:
    return source.startswith("/dev/")


def is_film(source: str) -> bool:
    return not is_device(source) and "://" not in source


def without_password(source: str) -> str:
    if "://" not in source:
        return source
    scheme, _, rest = source.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def camera_error(reason: Reason, detail: str) -> DeviceError:
    return DeviceError(reason, detail, mend=MEND.get(reason, ""))
