"""The X server of a played day, and all that it tells whoever asks: selections, windows, names."""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes import byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.emulators.last_words import last_words

NAME = "X server"
SELECTIONS = ("PRIMARY", "SECONDARY", "CLIPBOARD")
TEXTS = ("UTF8_STRING", "STRING")
CUT_BUFFERS = tuple(f"CUT_BUFFER{number}" for number in range(8))
"""Properties of the root window: ICCCM, peer-to-peer communication by cut buffers."""
PLACES = (
    *(f"selection {selection}" for selection in SELECTIONS),
    *(CUT_BUFFERS[0], "property of a window", "names"),
)
"""Where a client may leave something, as :meth:`SearchedXServer.tells` names it."""
MISSING = "Xvfb is not installed (Debian: xvfb)"
SCREEN = (1080, 1920)
_ANY = 0  # AnyPropertyType
_KEEP, _REPLACE = 0, 0
_REQUEST, _NOTIFY = 30, 31  # SelectionRequest, SelectionNotify
_Z_PIXMAP = 2
_DEPTH = 24
_HEADER, _COLOUR = ">25L", 12
"""XWDFileHeader and the length of an XWDColor: X11/XWDFile.h."""
_LONGEST = 1 << 22
_PATIENCE_S = 60.0
_ENDS_S = 5.0


class _SelectionEvent(ctypes.Structure):
    """XSelectionEvent; XSelectionRequestEvent has ``owner`` before ``requestor``."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("first", c_ulong),
        ("facts", c_ulong * 5),
        ("rest", c_long * 24),
    )


_ON_ERROR = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
_IGNORE = _ON_ERROR(lambda display, error: 0)  # a window may go, the last atom has no name


def _library() -> ctypes.CDLL:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = c_void_p
    x11.XSetErrorHandler(_IGNORE)
    for name in ("XDefaultRootWindow", "XCreateSimpleWindow", "XCreatePixmap", "XInternAtom"):
        getattr(x11, name).restype = c_ulong
    x11.XGetSelectionOwner.restype = c_ulong
    for name in ("XGetAtomName", "XListProperties", "XCreateImage", "XCreateGC"):
        getattr(x11, name).restype = c_void_p
    x11.XDefaultVisual.restype = c_void_p
    return x11


class SearchedXServer:
    """An X server, as any of its clients may ask it. ``pid``: its process."""

    def __init__(self, name: str, pid: int, screen: Path) -> None:
        """``screen``: the file in which the server keeps what it shows, as xwd(1) writes it. Raises
        ``OSError`` where no such server answers."""
        self.name, self.pid, self._screen = name, pid, screen
        self._x11 = _library()
        display = self._x11.XOpenDisplay(name.encode())
        if not display:
            raise OSError(f"no X server at {name}")
        self._display = c_void_p(display)
        self._root = c_ulong(self._x11.XDefaultRootWindow(self._display))
        self._own = self._window()
        self._leaks: dict[int, bytes] = {}  # text by the selection of which it was made

    def close(self) -> None:
        self._x11.XCloseDisplay(self._display)

    # -- what it tells ------------------------------------------------------------------------

    def tells(self) -> Iterator[tuple[str, bytes]]:
        """Everything, by what it is: the texts of the selections, the properties of all windows
        (titles, classes, cut buffers), and the names that clients have made, which stay."""
        for selection in SELECTIONS:
            for target in TEXTS:
                if (text := self._selected(selection, target)) is not None:
                    yield f"selection {selection}", text
        for window in self._windows(self._root):
            for atom in self._listed(window):
                name = self._name(atom)
                value = self._property(window, c_ulong(atom))
                where = name if name in CUT_BUFFERS else "property of a window"
                yield f"{where}", f"{name} ".encode(errors="surrogateescape") + value
        yield "names", "\n".join(self._names()).encode(errors="surrogateescape")

    def _windows(self, window: c_ulong) -> Iterator[c_ulong]:
        yield window
        root, parent, children, many = c_ulong(), c_ulong(), c_void_p(), c_uint()
        if not self._x11.XQueryTree(
            self._display, window, byref(root), byref(parent), byref(children), byref(many)
        ):
            return  # gone meanwhile
        found = list((c_ulong * many.value).from_address(children.value)) if children.value else []
        self._x11.XFree(children)
        for child in found:
            yield from self._windows(c_ulong(child))

    def _listed(self, window: c_ulong) -> list[int]:
        many = c_int()
        atoms = self._x11.XListProperties(self._display, window, byref(many))
        if not atoms:
            return []
        found = list((c_ulong * many.value).from_address(atoms))
        self._x11.XFree(c_void_p(atoms))
        return found

    def _property(self, window: c_ulong, name: c_ulong) -> bytes:
        kind, form, many, after, data = c_ulong(), c_int(), c_ulong(), c_ulong(), c_void_p()
        self._x11.XGetWindowProperty(
            self._display, window, name, c_long(0), c_long(_LONGEST), _KEEP, c_ulong(_ANY),
            byref(kind), byref(form), byref(many), byref(after), byref(data),
        )  # fmt: skip
        if not data.value:
            return b""
        if form.value == 32:  # Xlib gives longs, whatever their size is
            longs = (c_ulong * many.value).from_address(data.value)
            value = b"".join(struct.pack("<I", each & 0xFFFFFFFF) for each in longs)
        else:
            value = ctypes.string_at(data.value, many.value * form.value // 8)
        self._x11.XFree(data)
        return value

    def _name(self, atom: int) -> str | None:
        found = self._x11.XGetAtomName(self._display, c_ulong(atom))
        if not found:
            return None
        name = ctypes.string_at(found).decode(errors="surrogateescape")
        self._x11.XFree(c_void_p(found))
        return name

    def _names(self) -> Iterator[str]:
        atom = 1
        while (name := self._name(atom)) is not None:
            yield name
            atom += 1

    def _selected(self, selection: str, target: str) -> bytes | None:
        """The text of a selection as its owner gives it; None: nobody owns it, or gives no such
        text."""
        name, to = self._atom(selection), self._atom("KIOSK_PRIVACY")
        if not self._x11.XGetSelectionOwner(self._display, name):
            return None
        self._x11.XConvertSelection(
            self._display, name, self._atom(target), to, self._own, c_ulong(0)
        )
        event = _SelectionEvent()
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if not self._x11.XPending(self._display):
                time.sleep(0.005)
                continue
            self._x11.XNextEvent(self._display, byref(event))
            if event.type == _REQUEST:
                self._give(event)
            elif event.type == _NOTIFY:
                given = event.facts[2]
                return self._property(self._own, c_ulong(given)) if given else None
        return None

    def look(self) -> NDArray[np.uint8]:
        """The picture on the screen: rows, columns, and the bytes of each pixel. It is read where
        the server keeps it: its answer to a client that asks would leave strips of it in its
        buffers."""
        picture = self._screen.read_bytes()
        told = struct.unpack_from(_HEADER, picture)
        size, wide, high, line, colours = told[0], told[4], told[5], told[12], told[19]
        pixels = np.frombuffer(picture, np.uint8, line * high, size + colours * _COLOUR)
        return pixels.reshape(high, line // 4, 4)[:, :wide]

    # -- what is leaked on purpose ------------------------------------------------------------

    def leak(self, text: bytes, pixels: bytes) -> None:
        """Put ``text`` wherever a client may leave it: :data:`PLACES`; and a row of ``pixels``, of
        four bytes each, into a picture that the server keeps."""
        wide, high = c_uint(len(pixels) // 4), c_uint(1)
        kept = self._x11.XCreatePixmap(self._display, self._root, wide, high, c_uint(_DEPTH))
        self.draw(pixels, c_ulong(kept))
        for selection in SELECTIONS:
            name = self._atom(selection)
            self._leaks[name.value] = text
            self._x11.XSetSelectionOwner(self._display, name, self._own, c_ulong(0))
        self._put(self._root, self._atom(CUT_BUFFERS[0]), self._atom("STRING"), text)
        self._put(self._window(), self._atom("_NET_WM_NAME"), self._atom("UTF8_STRING"), text)
        self._atom(text)

    def draw(self, pixels: bytes, onto: c_ulong | None = None, row: int = 0) -> None:
        """Draw a ``row`` of ``pixels`` into a picture that the server keeps, or on the screen."""
        wide, high = c_uint(len(pixels) // 4), c_uint(1)
        onto = onto or self._root
        drawn = self._x11.XCreateImage(
            self._display, c_void_p(self._x11.XDefaultVisual(self._display, 0)), c_uint(_DEPTH),
            _Z_PIXMAP, 0, c_char_p(pixels), wide, high, 32, 0,
        )  # fmt: skip
        pen = c_void_p(self._x11.XCreateGC(self._display, onto, c_ulong(0), None))
        self._x11.XPutImage(self._display, onto, pen, c_void_p(drawn), 0, 0, 0, row, wide, high)
        self._x11.XFreeGC(self._display, pen)
        self._x11.XSync(self._display, 0)
        self._x11.XFree(c_void_p(drawn))  # not its pixels, which are ours

    def _give(self, event: _SelectionEvent) -> None:
        """Answer who asks for a selection that was made by :meth:`leak`."""
        requestor, selection, target, to, at = event.facts
        self._put(c_ulong(requestor), c_ulong(to), c_ulong(target), self._leaks[selection])
        told = _SelectionEvent(type=_NOTIFY, display=self._display, first=requestor)
        told.facts[:4] = [selection, target, to, at]
        self._x11.XSendEvent(self._display, c_ulong(requestor), 0, c_long(0), byref(told))

    def _put(self, window: c_ulong, name: c_ulong, kind: c_ulong, text: bytes) -> None:
        self._x11.XChangeProperty(
            self._display, window, name, kind, 8, _REPLACE, c_char_p(text), len(text)
        )

    def _window(self) -> c_ulong:
        zero, one = c_int(0), c_uint(1)
        return c_ulong(
            self._x11.XCreateSimpleWindow(
                self._display, self._root, zero, zero, one, one, c_uint(0), c_ulong(0), c_ulong(0)
            )
        )

    def _atom(self, name: str | bytes) -> c_ulong:
        text = name.encode() if isinstance(name, str) else name
        return c_ulong(self._x11.XInternAtom(self._display, c_char_p(text), 0))


def busiest(picture: NDArray[np.uint8], pixels: int = 256) -> bytes:
    """The ``pixels`` in a row in which the colour changes most often, from the middle half of a
    picture: the head and the buttons stand on every page."""
    high = picture.shape[0]
    middle = picture[high // 4 : high * 3 // 4]
    changes = np.pad((middle[:, 1:] != middle[:, :-1]).any(axis=2).cumsum(axis=1), ((0, 0), (1, 0)))
    many = changes[:, pixels - 1 :] - changes[:, : changes.shape[1] - pixels + 1]
    row, first = np.unravel_index(many.argmax(), many.shape)
    return middle[row, first : first + pixels].tobytes()


@contextmanager
def x_server() -> Iterator[SearchedXServer | None]:
    """An X server for the length of the block; None where none is installed."""
    if not shutil.which("Xvfb"):
        yield None
        return
    ours, theirs = os.pipe()
    screen = "x".join(map(str, (*SCREEN, _DEPTH)))
    # Without -noreset it would begin anew, with fresh memory, when its last client leaves.
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", screen, "-nolisten", "tcp"]
    with tempfile.TemporaryDirectory(prefix="kiosk-screen-") as kept:
        log = Path(kept, "log")
        with log.open("wb") as said:
            server = subprocess.Popen(
                [*command, "-noreset", "-fbdir", kept],
                pass_fds=[theirs],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        os.close(theirs)
        try:
            with os.fdopen(ours) as told:
                number = told.readline().strip()
            if not number:
                raise OSError(f"Xvfb did not start: {last_words(log)}")
            asked = SearchedXServer(f":{number}", server.pid, Path(kept, "Xvfb_screen0"))
            yield asked
            asked.close()
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(_ENDS_S)


def environment(server: SearchedXServer | None) -> Mapping[str, str]:
    """What tells Qt where to draw."""
    if server is None:
        return {"QT_QPA_PLATFORM": "offscreen"}
    return {"QT_QPA_PLATFORM": "xcb", "DISPLAY": server.name}
