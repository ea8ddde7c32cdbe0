"""The command ``kiosk enrol``: what it does, and what it says at the console."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import qrcode

from drivers.sentence import en
from kiosk import settings
from kiosk.centre.enrolment import EnrolledTerminal
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.enrolment import key as keys
from kiosk.enrolment import ticket as tickets
from kiosk.enrolment.enrolling import EnrolmentView, enrol
from kiosk.enrolment.identity import NotEnrolled, TerminalIdentity
from kiosk.enrolment.key import TerminalKey
from kiosk.enrolment.signed import TicketRefused
from kiosk.settings import SettingsError
from kiosk.whole_file import write_whole

STDIN = Path("-")


class EnrolmentCommand:
    """One run of the command; ``say`` writes a line. ``anew`` makes a new key in any case; without
    ``tpm`` the key lies in a file. Raises what the modules of this room raise."""

    def __init__(
        self, settings_path: Path, say: Callable[[str], object], *, anew: bool, tpm: bool
    ) -> None:
        self._path = settings_path
        self._say = say
        self._asked, self._state = settings.before_enrolment(settings_path)
        self._identity = TerminalIdentity(self._state)
        self._anew = anew
        self._tpm = tpm

    def ask(self, url: str | None, ca: Path | None, seconds: float) -> None:
        """Ask the centre at ``url`` until it grants, ``seconds`` at the longest."""
        address = url or self._asked.url
        if not address:
            raise NotEnrolled(en("name the centre's address, here or as url of [enrolment]"))
        key = self._key()
        began = time.monotonic()
        shown = EnrolmentView()

        def show(view: EnrolmentView) -> None:
            nonlocal shown
            if view != shown:
                shown = view
                if view.code:
                    self._say(f"code: {view.code}")
                if view.trouble:
                    self._say(view.trouble)

        def wait(pause: float) -> None:
            left = began + seconds - time.monotonic()
            if left <= 0:
                if shown.code:
                    raise NotEnrolled(en("the centre has not allowed this terminal in time"))
                raise NotEnrolled(
                    en("no code came from the centre in time: {why}", why=shown.trouble)
                )
            time.sleep(min(pause, left))  # the centre may allow it in the last pause

        try:
            centre = EnrolmentClient(address, ca=ca or self._asked.ca)
        except ValueError as error:
            raise NotEnrolled(str(error)) from error
        with centre:
            granted = enrol(centre, self._identity.request(key), show, wait)
        self._identity.accept(key, granted)
        self._done(granted, time.monotonic() - began)

    def write_request(self, file: Path) -> None:
        """Write the request that a ticket is signed for to ``file``."""
        request = self._identity.request(self._key()).request.encode()
        try:
            if file.exists() and not file.is_file():  # a console or a pipe: nothing to replace
                file.write_bytes(request)
            else:
                write_whole(file.resolve(), request, _for_everybody)  # a link stays a link
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from None
        self._say(f"request: {file}")

    def take_ticket(self, file: Path, signers: Path | None) -> None:
        """Enrol by the ticket in ``file``."""
        began = time.monotonic()
        try:
            told = sys.stdin if file == STDIN else file.read_text(encoding="ascii").splitlines()
            text = tickets.assembled(told)
        except UnicodeDecodeError as error:
            raise TicketRefused(en("this is no enrolment ticket")) from error
        key = self._identity.waiting_key()
        if key is None:
            raise NotEnrolled(
                en("no key waits for a ticket here: write the request first, with --request")
            )
        read = tickets.check(text, signers or self._asked.tickets, key.hash)
        self._identity.accept(key, read.terminal, read.id)
        self._done(read.terminal, time.monotonic() - began)

    def _key(self) -> TerminalKey:
        why = keys.why_no_tpm() if self._tpm else en("asked for by --no-tpm")
        key = self._identity.key(anew=self._anew, tpm=not why)
        where = "in the TPM" if key.place == "tpm" else f"in a file, not in a TPM: {why}"
        self._say(f"key: {where}")
        self._say(f"hash of the key: {key.hash}")
        self._say(_drawn(key.hash))
        return key

    def _done(self, granted: EnrolledTerminal, seconds: float) -> None:
        stand = self._identity.stand()
        until = f"{stand.until:%Y-%m-%d}" if stand else ""
        self._say(
            f"enrolled: {granted.terminal}, {granted.place or 'no place told'}, "
            f"until {until}, after {seconds:.0f} s"
        )
        try:
            loaded = settings.load(self._path)
        except SettingsError as error:
            self._say(f"not yet fit for service: {error}")
            return
        if (loaded.terminal, loaded.centre.url) != (granted.terminal, granted.url):
            self._say(f"{self._path} says another terminal or centre, and goes before this")
        self._say("next: kiosk doctor, then systemctl restart kiosk")


def _for_everybody(made: int) -> None:
    with suppress(PermissionError):  # a stick of FAT keeps no mode
        os.fchmod(made, 0o644)


def mend_of(refused: TicketRefused) -> str:
    """What a technician does about a ticket that was refused."""
    match refused.code:
        case "early":  # without a network, no server tells the time
            return "timedatectl set-ntp false; timedatectl set-time 'YYYY-MM-DD hh:mm'"
        case "parts":
            return en("scan all its codes again")
        case "signer":
            return en("name the file of those who may sign: --tickets, or tickets of [enrolment]")
    return en("have the centre sign another one, for this terminal: kiosk enrol --request FILE")


def _drawn(text: str) -> str:
    """``text`` as a QR code in block characters, for a dark console."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    drawn = io.StringIO()
    code.print_ascii(out=drawn, invert=True)
    return drawn.getvalue().rstrip("\n")
