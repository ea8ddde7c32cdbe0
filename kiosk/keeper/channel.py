"""The channel between keeper and visit: a few words as JSON lines over a socket pair.

Each word is one JSON object on a line of its own, UTF-8, ``{"type": "ended", "how": "left"}``, at
most 4096 bytes with its newline. No word has a field that could carry a citizen's data: an
operation is named by 32 hexadecimal digits, its business and its states by words of closed lists.

A visit sends ``Ready``, and after it received ``Live``: ``Shown``, ``Begun``, ``Ended``, each once
and in this order. From ``Ready`` on, a visit also sends ``Alive`` about once a second, and after
``Live`` it sends ``HasLeftovers`` whenever the answer changes. ``Ended`` may come without ``Begun``
(nobody came, or trouble). Only those two words follow ``Ended``: the visit may keep the screen for
a while, and a reset of the printer that was under way may come to its end.

``Live`` may come while the visit before is still dying, so that the screen is not dark meanwhile.
Until it hears ``Alone``, once, a visit shows its page and opens no device.

Between ``Begun`` and ``Ended`` a visit may send ``Commit`` and ``Login``, which the keeper passes
on to the committer; ``Taken``, ``Outcome`` and ``Money`` come back the same way. A visit that a
technician has opened for maintenance never says ``Begun``; it sends ``Upkeep`` after ``Shown``.

The poster, which is on the screen before the first visit, waits for ``Live``, sends ``Shown``, and
then ``Touched`` for each press. The keeper passes ``Touched`` on to the visit that takes the
screen, after its ``Live``.

The committer sends ``Alive`` every few seconds, ``Money`` first and whenever the answer changes,
and answers each ``Login`` and each ``Upkeep`` with ``LoginNoted``, in order.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from kiosk.endings import How
from kiosk.login import AUDIT_ID, AUDIT_WORD, LoginEvent
from kiosk.operation import OPERATION_ID, Business, OperationState
from kiosk.upkeep import UpkeepEvent

CAP = 4096
"""The longest line, in bytes, newline included."""
SEND_S = 0.25
"""Longest block of one send; the buffer only fills when the peer has stopped reading."""


_Id = Annotated[str, msgspec.Meta(pattern=OPERATION_ID, max_length=32)]
_LoginId = Annotated[str, msgspec.Meta(pattern=rf"^{AUDIT_ID}\Z")]
_Detail = Annotated[str, msgspec.Meta(pattern=rf"^{AUDIT_WORD}\Z", max_length=64)]
_Reference = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]*\Z", max_length=40)]


class _Word(msgspec.Struct, frozen=True, tag=str.lower, forbid_unknown_fields=True):
    pass


OutOfTime = Literal["idle", "limit"]
"""How a visit ends for want of time."""


class Live(_Word, frozen=True, omit_defaults=True):
    """To the visit: take the screen. ``leftovers``: a device may still hold a previous citizen's
    card or paper, because that citizen's visit was killed in its work or left half a slip.
    ``after``: a citizen's visit has just ended for want of time, and the page says so for a while:
    who comes back would otherwise wonder where their page has gone."""

    leftovers: bool = False
    after: OutOfTime | None = None


Touch = Literal["start", "public", "language", "elder", "contrast"]
"""What can be pressed on the attract page."""


class Touched(_Word, frozen=True):
    """From the poster, and on to the visit: a citizen has pressed this, before there was a visit to
    hear it."""

    what: Touch


class Alone(_Word, frozen=True):
    """To the visit: no other one is waited for any more. It is dead and holds no device, or it
    hangs inside the kernel."""


class Quit(_Word, frozen=True):
    """To the visit: the terminal stops; exit now, or be killed in a moment."""


class Ready(_Word, frozen=True):
    """From the visit: warm. Qt is loaded, the window hidden, no device open."""


class Shown(_Word, frozen=True):
    """From the visit: the first frame of the attract page is on the screen."""


class Begun(_Word, frozen=True):
    """From the visit: a citizen has touched the screen."""


class Alive(_Word, frozen=True):
    """From the visit: sent by the screen's own thread, so that silence means a frozen screen."""


class HasLeftovers(_Word, frozen=True):
    """From the visit: whether half a slip of a citizen hangs in the receipt printer, which the
    next visit must cut off."""

    some: bool


class Ended(_Word, frozen=True):
    """From the visit: the screen shows a blank frame; the keeper may kill this visit.

    ``left``: the citizen is done; ``idle``: nobody touched the screen; ``limit``: the visit lasted
    too long; ``trouble``: something failed that the visit cannot mend; ``other-card``: a card of
    somebody else lay on a reader.
    """

    how: How


class Commit(_Word, frozen=True):
    """From the visit, and on to the committer: commit this operation, which the citizen has
    confirmed at the centre. Repeated until ``Taken`` comes."""

    id: _Id
    business: Business


class Login(_Word, frozen=True):
    """From the visit, and on to the committer: write down in the audit log what has come of a
    login. The keeper says ``ended`` for a visit that died signed in. Told again to the successor of
    a committer that died without ``LoginNoted``: then a record may stand twice."""

    event: LoginEvent
    id: _LoginId
    detail: _Detail


class Upkeep(_Word, frozen=True):
    """From a visit whose attract page a technician has opened for maintenance, and on to the
    committer: write down in the audit log what has come of it. The keeper passes it on, repeats it
    and ends it as it does a ``Login``."""

    event: UpkeepEvent
    id: _LoginId
    detail: _Detail


class LoginNoted(_Word, frozen=True):
    """From the committer, to the keeper: the oldest ``Login`` or ``Upkeep`` not answered yet stands
    in the audit log."""


class Taken(_Word, frozen=True):
    """From the committer, on to the visit that asked: the operation stands in the journal."""

    id: _Id


class Outcome(_Word, frozen=True):
    """From the committer, on to the visit that asked: the centre's own final state of the
    operation, or that it is in progress. ``reference``: the business serial, where there is one."""

    id: _Id
    state: OperationState
    reference: _Reference = ""


class Money(_Word, frozen=True):
    """From the committer, on to every visit: whether a new service that moves money may begin."""

    open: bool


ToVisit = Live | Alone | Touched | Quit | Taken | Outcome | Money
FromVisit = Ready | Shown | Begun | Alive | HasLeftovers | Ended | Commit | Login | Upkeep
FromPoster = Shown | Touched
ToCommitter = Commit | Login | Upkeep | Quit
FromCommitter = Alive | Taken | LoginNoted | Outcome | Money
_Sent = TypeVar("_Sent", ToVisit, FromVisit, ToCommitter, FromCommitter, FromPoster, Live)
_Heard = TypeVar("_Heard", ToVisit, FromVisit, ToCommitter, FromCommitter, FromPoster, Live)


@dataclass(frozen=True, slots=True)
class Broken:
    """The channel can no longer be used, and why. Always the last word of ``receive``."""

    why: Literal["closed", "garbage", "too long"]


class _End(Generic[_Sent, _Heard]):
    """One end of the channel. Any thread may ``send``; one thread alone may ``receive``."""

    _decoder: msgspec.json.Decoder[Any]  # of the words that arrive here; made once, before any fork

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        # If a child process inherited the socket, the channel would stay open after this process
        # died, and the other end would never notice.
        self._socket.set_inheritable(False)
        self._sending = threading.Lock()
        self._rest = bytearray()
        self._broken: Broken | None = None
        self._deaf = False

    def fileno(self) -> int:
        """For ``select`` or a socket notifier: readable when ``receive`` has a word to return."""
        return self._socket.fileno()

    def send(self, word: _Sent) -> bool:
        """Send ``word``. False when the other end is closed or has stopped reading."""
        line = memoryview(msgspec.json.encode(word) + b"\n")
        until = time.monotonic() + SEND_S
        with self._sending:
            while line and not self._deaf:
                try:
                    line = line[self._socket.send(line) :]
                except BlockingIOError:
                    left = until - time.monotonic()
                    self._deaf = left <= 0 or not _writable(self._socket, left)
                except OSError:
                    self._deaf = True
            # `_deaf` stays set: the failed send may have left half a line in the socket, and no
            # word may follow half a line.
            return not self._deaf

    def receive(self) -> list[_Heard | Broken]:
        """All words that have arrived, without waiting. A :class:`Broken` is last, and repeats."""
        if self._broken:
            return [self._broken]
        try:
            data = self._socket.recv(16 * CAP)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._broken = Broken("closed")
            return [self._broken]
        self._rest += data
        words: list[_Heard | Broken] = []
        while not self._broken and (end := self._rest.find(b"\n", 0, CAP)) >= 0:
            words.append(self._read(bytes(self._rest[:end])))
            del self._rest[: end + 1]
        if not self._broken and len(self._rest) >= CAP:
            self._broken = Broken("too long")
            words.append(self._broken)
        return words

    def _read(self, line: bytes) -> _Heard | Broken:
        try:
            return self._decoder.decode(line)  # type: ignore[no-any-return]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._broken = Broken("garbage")
            return self._broken

    def close(self) -> None:
        """Give the descriptor back. The other end hears ``Broken("closed")``."""
        self._socket.close()


class VisitEnd(_End[FromVisit, ToVisit]):
    """The visit's end. ``fd`` is the value of ``--channel``; raises ``OSError`` when that
    descriptor is no socket."""

    _decoder = msgspec.json.Decoder(ToVisit)


class KeeperEnd(_End[ToVisit, FromVisit]):
    """The keeper's end."""

    _decoder = msgspec.json.Decoder(FromVisit)


class PosterEnd(_End[FromPoster, Live]):
    """The poster's end; ``fd`` as for :class:`VisitEnd`."""

    _decoder = msgspec.json.Decoder(Live)


class KeeperToPoster(_End[Live, FromPoster]):
    """The keeper's end of the channel to the poster."""

    _decoder = msgspec.json.Decoder(FromPoster)


class CommitterEnd(_End[FromCommitter, ToCommitter]):
    """The committer's end; ``fd`` as for :class:`VisitEnd`."""

    _decoder = msgspec.json.Decoder(ToCommitter)


class KeeperToCommitter(_End[ToCommitter, FromCommitter]):
    """The keeper's end of the channel to the committer."""

    _decoder = msgspec.json.Decoder(FromCommitter)


def _writable(sock: socket.socket, seconds: float) -> bool:
    poll = select.poll()  # select() refuses descriptors above 1023
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))
