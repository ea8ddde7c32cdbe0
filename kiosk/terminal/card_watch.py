"""Looks for another person's card on the readers while a citizen is signed in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from drivers.device import DeviceError, Kind, Media, Reason, State
from drivers.hosting.host import Host
from drivers.id_card.types import LookForCard
from drivers.smart_card.types import ReadSocialSecurityCard, SocialSecurityCard
from kiosk import events
from kiosk.centre.evidence import same_number
from kiosk.privacy import Sensitive

T = TypeVar("T")
log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Pause between two looks. A look for a card that is not there takes a reader some 0.1 s."""
OWN_S = 5.0
"""Pause after the citizen's own card was found: some readers find a card that lies there, again and
again, and are busy for a second each time."""
READ_S = 4.0
"""Longest wait for the reading of a card that was found."""
PASSING = (
    Reason.CARD_REMOVED,
    Reason.CARD_UNREADABLE,
    Reason.CARD_UNKNOWN,
    Reason.TIMEOUT,
    Reason.CANCELLED,
)
"""Errors of a look that say nothing against the reader: the card cannot be told, or is gone."""
TRIES = 3
"""Readings of a chip card that was put: one that is still being pushed in may have no contact."""
_MAY_COME = (Reason.CARD_REMOVED, Reason.CARD_UNREADABLE, Reason.TIMEOUT)
"""Errors of a reading after which the next look may tell the same card."""


class CardWatch:
    """Calls ``found`` once when a card lies on a reader whose number is not ``holder()``.

    The citizen's own card, lifted and put back, is nothing: its number is compared, so that a new
    card of the same person is theirs too. ``holder`` gives None while nobody is signed in, or while
    a service asks for another person's card: then no reader is asked. ``asked_for``: whether such a
    card still lies where it was read; then that reader is not asked, which may find the card again.
    A bank card names nobody, and is passed over.

    A card that lies beneath another one, and a card that lies shorter than a look, are not seen.
    """

    def __init__(
        self,
        hosts: Mapping[Kind, Host],
        holder: Callable[[], Sensitive[str] | None],
        found: Callable[[], None],
        asked_for: Callable[[], bool] = lambda: False,
    ) -> None:
        self._hosts = hosts
        self._asked_for = asked_for
        self._holder = holder
        self._found = found
        self._over = threading.Event()
        self._chip_card = Media.UNKNOWN  # in the slot, at the last look
        self._tries = 0  # readings that are left for the card in the slot

    def start(self) -> None:
        """Look from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="cards", daemon=True).start()

    def stop(self) -> None:
        """Look no more; returns at once."""
        self._over.set()

    def _run(self) -> None:
        pause = LOOK_S
        while not self._over.wait(pause):
            theirs = self._look()
            if theirs is False and not self._over.is_set():
                self._found()
                return
            pause = OWN_S if theirs else LOOK_S

    def _look(self) -> bool | None:
        """As :meth:`_whose`. A card that is put into the slot while nobody has signed in, or while
        another person's is asked for, is no news afterwards."""
        if self._holder() is not None:
            return self._whose()
        if host := self._hosts.get(Kind.SMART_CARD):
            self._chip_card, self._tries = host.status.media, 0
        return None

    def _whose(self) -> bool | None:
        """Whether a card that was put now is the citizen's own; None: none was put."""
        numbers = [number for number in (self._on_reader(), self._in_slot()) if number]
        holder = self._holder()
        if holder is None or not numbers:  # None: signed out meanwhile
            return None
        return all(same_number(number.reveal(), holder.reveal()) for number in numbers)

    def _on_reader(self) -> Sensitive[str] | None:
        """The number of the identity card that was put since the last card was read."""
        host = self._hosts.get(Kind.ID_CARD)
        if host is None or host.status.state is not State.ONLINE or self._asked_for():
            return None
        card = self._ask(host, lambda: host.execute(LookForCard(), READ_S))
        return Sensitive(card.number) if card else None

    def _in_slot(self) -> Sensitive[str] | None:
        """The number of the social security card that was put into the slot, once it is told."""
        host = self._hosts.get(Kind.SMART_CARD)
        if host is None:
            return None
        status = host.status
        before, self._chip_card = self._chip_card, status.media
        if before is Media.NOT_PRESENT:
            self._tries = TRIES
        if status.media is not Media.PRESENT:
            return None
        if status.state is not State.ONLINE:  # a step of the visit reads the card itself
            self._tries = 0
        if not self._tries:
            return None
        card = self._ask(host, lambda: self._read(host))
        return Sensitive(card.number) if card else None

    def _read(self, host: Host) -> SocialSecurityCard:
        left, self._tries = self._tries - 1, 0
        try:
            return host.execute(ReadSocialSecurityCard(), READ_S)
        except DeviceError as error:
            if error.reason in _MAY_COME:
                self._tries = left
            raise

    def _ask(self, host: Host, look: Callable[[], T]) -> T | None:
        """What ``look`` finds; None where the card cannot be told. A fault of the reader is its
        status, too: the page and the operator hear of it there."""
        try:
            return look()
        except DeviceError as error:
            if error.reason not in PASSING:
                events.CARD_NOT_LOOKED_FOR.log(log, device=host.kind, reason=str(error))
            return None
