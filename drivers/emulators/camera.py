"""An emulated camera: MJPEG over HTTP, from a film or drawn, with faults on order."""

from __future__ import annotations

import select
import threading
import time
from functools import cache, lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from drivers.device import Kind
from drivers.emulators.drawn_booth import DrawnBooth, jpeg, must_be_action
from drivers.emulators.http_line import HttpLine
from drivers.emulators.ports import reserved

FAULTS = ("freeze", "black", "underexposed", "overexposed", "slow", "garbage", "mute")
_BOUNDARY = "frame"
_GARBAGE = bytes(range(256)) * 20
_SLOW_FPS = 2.0
_DRAWN = 50  # drawn pictures; then the first comes again
_TICK_S = 0.05
_BOOTH_FPS = 15.0


class Camera:
    """A camera at ``address``, a URL, with a film or a drawn scene before its lens.

    ``clip`` is a film that OpenCV reads; the camera repeats it at the film's own rate. Without
    ``clip`` the camera draws a scene of ``size`` (width, height), ``fps`` pictures a second.

    Orders of :meth:`obey` and their facts:

    * ``play`` – ``clip``, a path: another film; without ``clip`` the drawn scene.
    * ``face`` – ``who`` of :data:`drivers.emulators.face_scene.WHO` ("live") stands before the
      camera. Needs ``portrait``, the pinned picture from which faces are drawn.
    * ``act`` – ``what`` of :data:`drivers.emulators.face_scene.ACTIONS`: who stands there does it.
    * ``unplug`` – every connection breaks, nothing listens; ``plug`` – the camera listens again, at
      the same address.
    * Faults: ``freeze``, always the same picture; ``black``; ``underexposed``; ``overexposed``;
      ``slow``, ``fps`` pictures a second (2); ``garbage``, bytes that are no picture; ``mute``,
      connections stay open and no picture comes.
    * ``well`` – ends all faults, or only ``fault``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clip: Path | None = None,
        fps: float = 25.0,
        size: tuple[int, int] = (640, 480),
        portrait: Path | None = None,
    ) -> None:
        self._port = port
        self._portrait = portrait
        self._booth: DrawnBooth | None = None
        self._size = self._drawn_size = size
        self._drawn_fps = fps
        self._clip = clip
        self._changed = threading.Condition()
        self._pictures: list[bytes] = []
        self._fps = fps
        self._faults: dict[str, float] = {}  # to the fps of "slow", else 0
        self._frozen = b""
        self._sent = 0
        self._last = b""
        self._server: _FilmServer | None = None
        self._born = time.monotonic()

    @property
    def address(self) -> str:
        """The source for the driver's settings."""
        return f"http://127.0.0.1:{self._port}/stream"

    def start(self) -> None:
        """Plug the camera in. Does nothing when it is in."""
        if not self._pictures:
            self._load(self._clip)
        if self._server is None:
            self._port = self._port or reserved(self)
            self._server = _FilmServer(self, self._port)
            self._server.begin()

    def stop(self) -> None:
        """Pull the camera's cable. Does nothing when it is out."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other, and for a
        film that OpenCV cannot read."""
        match order:
            case "play":
                clip = facts.pop("clip", None)
                _no_more(order, facts)
                self._load(Path(clip) if clip else None)
            case "face":
                who = facts.pop("who", "live")
                _no_more(order, facts)
                self._seat(who)
            case "act":
                what = facts.pop("what", "")
                _no_more(order, facts)
                must_be_action(what)
                if self._booth is not None:
                    self._booth.act(what)
            case "plug":
                _no_more(order, facts)
                self.start()
            case "unplug":
                _no_more(order, facts)
                self.stop()
            case "well":
                fault = facts.pop("fault", "")
                _no_more(order, facts)
                with self._changed:
                    for one in [fault] if fault else list(self._faults):
                        self._faults.pop(one, None)
                    self._changed.notify_all()
            case _ if order in FAULTS:
                fps = float(facts.pop("fps", _SLOW_FPS)) if order == "slow" else 0.0
                _no_more(order, facts)
                with self._changed:
                    self._frozen = self._last or self._pictures[0]
                    self._faults[order] = fps
                    self._changed.notify_all()
            case _:
                raise ValueError(f"a camera knows no order {order!r}")

    def look(self) -> dict[str, Any]:
        """What a person sees: ``plugged`` bool; ``viewers`` int, open connections (the camera's
        lamp is lit while there are any); ``sent`` int, pictures so far; ``clip`` str, the film's
        file name or ""; ``who`` str, who stands before the camera, or ""; ``picture`` bytes, the
        last sent picture, JPEG or b""; ``faults`` list of str."""
        server = self._server
        with self._changed:
            return {
                "plugged": server is not None,
                "viewers": server.viewers if server else 0,
                "sent": self._sent,
                "clip": self._clip.name if self._clip else "",
                "who": self._booth.who if self._booth else "",
                "picture": self._last,
                "faults": list(self._faults),
            }

    # -- the lens -----------------------------------------------------------------------------

    def _load(self, clip: Path | None) -> None:
        size, fps = self._drawn_size, self._drawn_fps
        if clip:
            pictures, size, fps = _film(clip)
        else:
            pictures = _drawn(*size)
        with self._changed:
            self._size = size
            self._clip, self._pictures, self._fps = clip, pictures, fps
            self._booth = None
            self._born = time.monotonic()

    def _seat(self, who: str) -> None:
        """Have ``who`` stand before the camera."""
        booth = DrawnBooth(self._portrait, self._drawn_size, who)
        with self._changed:
            self._booth, self._clip = booth, None
            self._size, self._fps = self._drawn_size, _BOOTH_FPS
            self._pictures = [booth.picture()]
            self._born = time.monotonic()

    def expose(self, number: int) -> tuple[int, bytes] | None:
        """A picture that is newer than ``number``, with its own number; ``None``, after a short
        wait, when its time has not come yet or the camera is mute."""
        with self._changed:
            fps = self._faults.get("slow") or self._fps
            now = int((time.monotonic() - self._born) * fps) + 1
            if "mute" in self._faults or now == number:
                self._changed.wait(_TICK_S if "mute" in self._faults else 0.25 / fps)
                return None
            booth = self._booth
            if booth is None:
                picture = self._pictures[now % len(self._pictures)]
            else:
                picture = booth.picture()
            if "freeze" in self._faults:
                picture = self._frozen
            else:
                for fault in ("black", "underexposed", "overexposed"):
                    picture = _exposed(fault, picture) if fault in self._faults else picture
            self._sent += 1
            self._last = picture
            return now, _GARBAGE if "garbage" in self._faults else picture


def _no_more(order: str, facts: dict[str, Any]) -> None:
    if facts:
        raise ValueError(f"{order!r} does not take {list(facts)}")


def _film(clip: Path) -> tuple[list[bytes], tuple[int, int], float]:
    """All pictures of a film as JPEG, their width and height, and the pictures per second. Raises
    ``ValueError``."""
    import cv2

    capture = cv2.VideoCapture(str(clip))
    try:
        pictures = []
        while (read := capture.read())[0]:
            pictures.append(jpeg(read[1]))
        if not pictures:
            raise ValueError(f"{clip} is no film")
        size = (
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        return pictures, size, capture.get(cv2.CAP_PROP_FPS) or 25.0
    finally:
        capture.release()


@cache
def _drawn(width: int, height: int) -> list[bytes]:
    """Pictures of a disc that moves from left to right before a grey wall."""
    import cv2
    import numpy as np

    pictures = []
    for number in range(_DRAWN):
        image = np.full((height, width, 3), 96, np.uint8)
        centre = (width * number // _DRAWN, height // 2)
        cv2.circle(image, centre, height // 5, (120, 160, 220), -1)
        pictures.append(jpeg(image))
    return pictures


@lru_cache(_DRAWN)
def _exposed(fault: str, picture: bytes) -> bytes:
    """The picture as it looks under ``fault``: black, too dark, or with parts too bright."""
    import cv2
    import numpy as np

    image = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    match fault:
        case "black":
            image[:] = 0
        case "underexposed":
            image //= 4
        case "overexposed":
            height = len(image)
            image[: height // 5] = image[height * 3 // 5 :] = 255
    return jpeg(image)


class _FilmServer(HttpLine):
    def __init__(self, camera: Camera, port: int) -> None:
        self.camera = camera
        self.ending = threading.Event()
        self.viewers = 0
        self._counting = threading.Lock()
        super().__init__(port, _FilmHandler, Kind.CAMERA)

    def watched(self, more: int) -> None:
        with self._counting:
            self.viewers += more

    def end(self) -> None:
        self.ending.set()
        super().end()


class _FilmHandler(BaseHTTPRequestHandler):
    timeout = 10.0
    server: _FilmServer

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        self.server.watched(1)
        try:
            self._play()
        finally:
            self.server.watched(-1)

    def _play(self) -> None:
        number = 0
        while not self.server.ending.is_set():
            exposed = self.server.camera.expose(number)
            if exposed is None:
                if self._hung_up():
                    return
                continue
            number, picture = exposed
            head = (
                f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n"
            )
            self.wfile.write(head.encode() + b"\r\n" + picture + b"\r\n")

    def _hung_up(self) -> bool:
        """Whether the viewer has closed its connection. A viewer sends nothing after its request,
        so a readable connection is a closed one."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the driver reports errors."""
