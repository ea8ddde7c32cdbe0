"""Starts a PC/SC service with two virtual readers, and the program that plays the cards."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from drivers.device import Kind, Media
from drivers.emulators.rig import Remote
from drivers.emulators.smart_cards.pcscd import PcscService, missing
from drivers.smart_card.pcsc import PcscReader
from tests.waiting import PATIENCE_S

__all__ = ["CONTACT", "CONTACTLESS", "FOLDER", "Bench", "ChipCardReader", "bench", "missing"]

CONTACT = "Kiosk IC 00 00"
CONTACTLESS = "Kiosk PICC 00 00"
NUMBER = "9999990000000000014"
# The library looks for the service's socket once in a process, so all tests of one have the same.
FOLDER = Path(tempfile.gettempdir()) / f"kiosk-pcsc-{os.getpid()}"


class Bench:
    """The service, which may be killed and started again, and the hand with the cards."""

    def __init__(self, service: PcscService, cards: Remote) -> None:
        self.service = service
        self.readers = dict(service.readers)
        self._cards = cards

    @property
    def address(self) -> str:
        return str(self.service.socket)

    def tell(self, order: str, reader: str = CONTACT, **facts: Any) -> None:
        self._cards.tell(_DEVICES[reader], order, **facts)

    def look(self, reader: str = CONTACT) -> dict[str, Any]:
        return self._cards.look(_DEVICES[reader])

    def take_away(self, reader: str = CONTACT) -> None:
        """Pull the reader's cable; the service and the other reader go on."""
        self._have({name: port for name, port in self.readers.items() if name not in reader})

    def give_back(self) -> None:
        """Plug in what was taken away."""
        self._have(self.readers)

    def _have(self, readers: Mapping[str, int]) -> None:
        """The service sees a reader of this kind come and go when it starts only."""
        if self.service.readers != readers:
            self.service.kill()
            self.service.readers = dict(readers)
            self.service.start()

    def clear(self) -> None:
        """As at the beginning: the service runs with both readers, no card, no fault. To start it
        anew takes less time than it takes to notice that a card is gone."""
        self.service.kill()
        for reader in _DEVICES:
            self.tell("well", reader)
            self.tell("lift", reader)
        self.service.readers = dict(self.readers)
        self.service.start()


_DEVICES = {CONTACT: Kind.SMART_CARD, CONTACTLESS: "smart_card_2"}


@contextmanager
def bench() -> Iterator[Bench]:
    """The cards are another program: a client of PC/SC must not play its own."""
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
    names = (CONTACT.removesuffix(" 00 00"), CONTACTLESS.removesuffix(" 00 00"))
    service = PcscService(FOLDER, names)
    service.start()
    first, second = (service.readers[name] for name in names)
    program = [sys.executable, "-m", "drivers.emulators.smart_card", str(FOLDER / "control")]
    try:
        with subprocess.Popen(
            [*program, "--port", str(first), "--port", str(second)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as cards:
            try:
                assert cards.stdout is not None
                assert set(json.loads(cards.stdout.readline())) == set(_DEVICES.values())
                remote = Remote(FOLDER / "control")
                try:
                    yield Bench(service, remote)
                finally:
                    remote.close()
            finally:
                cards.terminate()
    finally:
        service.stop()


class ChipCardReader:
    """The contact reader of a bench with a bank card in it, as an emulated device. Its service dies
    by ``unplug``; with ``pull reader`` the service goes on without it, until ``well``, which also
    puts a card in again that was lifted."""

    def start(self) -> None:
        with ExitStack() as stack:
            self._bench = stack.enter_context(bench())
            self._put()
            self._end = stack.pop_all()

    def _put(self) -> None:
        self._bench.tell("put", kind="bank", number=NUMBER)
        self._lifted = False
        self._await(Media.PRESENT)

    def _await(self, media: Media) -> None:
        """Until the service sees it so: it looks every 0.4 s."""
        driver = PcscReader(PcscReader.Settings(CONTACT, service=self.address))
        driver.open()
        end = time.monotonic() + PATIENCE_S
        while driver.status().media is not media:
            assert time.monotonic() < end, f"the card is not {media}"
            time.sleep(0.01)
        driver.close()

    def stop(self) -> None:
        self._end.close()

    @property
    def address(self) -> str:
        return self._bench.address

    def obey(self, order: str, **facts: Any) -> None:
        match order:
            case "unplug":
                self._bench.service.kill()
            case "plug":
                self._bench.service.start()
            case "pull reader":
                self._bench.take_away()
            case "well":
                self._bench.tell("well")
                self._bench.give_back()
                if self._lifted:
                    self._put()
            case "lift":
                self._bench.tell("lift")
                self._lifted = True
                self._await(Media.NOT_PRESENT)
            case _:
                self._bench.tell(order, **facts)

    def look(self) -> dict[str, Any]:
        return self._bench.look()
