"""The files that make a terminal known to the centre: key, certificate, roots, ``enrolled.toml``.

They lie in the state directory: ``identity/<start of the key's hash>/`` for each key,
``identity/next/`` for one that waits for its certificate, and ``enrolled.toml``, which names the
files of the key in force and is written after them. A loss of power at any moment leaves the old
identity whole or the new one; until the new one is in force, its key waits.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drivers.sentence import en
from kiosk.centre.enrolment import EnrolledTerminal, EnrolmentRequest, KeyPlace
from kiosk.enrolment import key as keys
from kiosk.enrolment.key import TerminalKey
from kiosk.enrolment.signed import TicketRefused
from kiosk.settings import ENROLLED, request_in_force

FOLDER = "identity"
_NEXT = "next"
_SIGNERS = "ticket-signers"
"""Without ``.pem``: the certificates of those who may sign maintenance tickets."""
_USED = "used-tickets"
"""The ids of the tickets that were used here, one a line."""


class NotEnrolled(Exception):
    """The terminal was not enrolled: one sentence why."""


@dataclass(frozen=True, slots=True)
class EnrolmentStand:
    """What ``enrolled.toml`` says of the identity in force."""

    terminal: str
    place: str
    key_place: KeyPlace
    until: datetime


class TerminalIdentity:
    """The identity of one terminal in its ``state`` directory."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._folder = state / FOLDER

    def stand(self) -> EnrolmentStand | None:
        """The identity in force. Raises :class:`NotEnrolled` for a file that cannot be read."""
        path = self._state / ENROLLED
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            told = table["enrolled"]
            return EnrolmentStand(
                table["terminal"], told["place"], told["key_place"], told["until"]
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotEnrolled(f"{path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise NotEnrolled(en("{path}: damaged; enrol again", path=path)) from error

    def key(self, *, anew: bool = False, tpm: bool) -> TerminalKey:
        """The key to enrol: the one that waits for its certificate, or a new one; with ``anew``
        always a new one. Raises :class:`~kiosk.enrolment.key.KeyUnusable`, ``OSError``."""
        if not anew and (key := self.waiting_key()):
            return key
        waiting = self._folder / _NEXT
        shutil.rmtree(waiting, ignore_errors=True)
        for folder in (self._folder, waiting):
            keys.make_folder(folder)
        return keys.make(waiting / "key.pem", tpm=tpm)

    def waiting_key(self) -> TerminalKey | None:
        """The key that waits for its certificate, if one does. Raises
        :class:`~kiosk.enrolment.key.KeyUnusable`."""
        path = self._folder / _NEXT / "key.pem"
        return keys.load(path) if path.exists() else None

    def request(self, key: TerminalKey) -> EnrolmentRequest:
        """What to ask the centre for; the same request as long as the key waits."""
        path = key.path.with_name("request.pem")
        if not path.exists():
            _write(path, key.request())
        return EnrolmentRequest(request=path.read_text(), key_place=key.place)

    def accept(self, key: TerminalKey, granted: EnrolledTerminal, ticket: str = "") -> None:
        """Put what the centre granted to ``key`` in force; ``ticket``: the id of the ticket that
        it came by. The identity before stays until the next one: a terminal in service has it in
        hand. Raises :class:`NotEnrolled`, and for a ticket that was used before
        :class:`~kiosk.enrolment.signed.TicketRefused`, then nothing has changed; ``OSError``."""
        certificate = own_certificate(granted.certificate, key, granted.terminal)
        for name, pem in (
            ("seal_roots", granted.seal_roots),
            ("ca", granted.ca),
            ("ticket_signers", granted.ticket_signers),
        ):
            if pem is not None:
                _certificates(name, pem)
        if ticket and ticket in self.used_tickets():
            raise TicketRefused(en("this ticket was used here before"))
        folder = self._folder / key.hash[:16]
        files = {"key": key.path.read_text(), "request": self.request(key).request}
        files |= {"certificate": granted.certificate, "seal-roots": granted.seal_roots}
        files |= {"ca": granted.ca} if granted.ca else {}
        files |= {_SIGNERS: granted.ticket_signers} if granted.ticket_signers else {}
        before = request_in_force(self._state)
        keys.make_folder(folder)
        for name, pem in files.items():
            _write(folder / f"{name}.pem", pem)
        _write(self._state / ENROLLED, _table(granted, key.place, folder, certificate))
        # Only now: after a loss of power before this the same ticket fits the key that still waits.
        if ticket:
            _write(
                self._folder / _USED, "".join(f"{id}\n" for id in (*self.used_tickets(), ticket))
            )
        for other in self._folder.iterdir():
            if other.is_dir() and other not in (folder, before and before.parent):
                shutil.rmtree(other, ignore_errors=True)

    def used_tickets(self) -> tuple[str, ...]:
        """The ids of the tickets that have enrolled this terminal."""
        with suppress(FileNotFoundError):
            return tuple((self._folder / _USED).read_text().split())
        return ()


def renewed(file: Path, enrolled: Path, pem: str) -> tuple[datetime, datetime]:
    """Put the next certificate ``pem`` into ``file``, for the same key, and its dates into
    ``enrolled.toml``; returns them. Raises :class:`NotEnrolled` for another's and for one that
    brings no time, ``OSError``."""
    before = _certificates("certificate", file.read_text())[0]
    after = _certificates("certificate", pem)[0]
    if _public(after) != _public(before) or after.subject != before.subject:
        raise NotEnrolled(en("the certificate is for another key"))
    if after.not_valid_after_utc <= before.not_valid_after_utc:
        raise NotEnrolled(en("the certificate ends no later than the present one"))
    _in_time(after)
    _write(file, pem)
    return _tell_dates(enrolled, after)


def renew_signers(file: Path, pem: str) -> None:
    """Put the certificates ``pem`` of those who may sign maintenance tickets from now on in the
    place of those that the enrolment has brought beside the certificate in ``file``; nothing where
    it has brought none. Raises :class:`NotEnrolled`, ``OSError``; then the present ones stay."""
    beside = file.with_name(f"{_SIGNERS}.pem")
    if beside.exists():
        _certificates("ticket_signers", pem)
        _write(beside, pem)


def told_late(file: Path, enrolled: Path, until: datetime) -> tuple[datetime, datetime] | None:
    """Where the certificate in ``file`` ends after ``until``, the end that ``enrolled.toml`` tells,
    put its dates there and return them: the power was cut, or the disk full, between the two writes
    of :func:`renewed`. Raises :class:`NotEnrolled` for a file without a certificate, ``OSError``.
    """
    present = _certificates("certificate", file.read_text())[0]
    return _tell_dates(enrolled, present) if present.not_valid_after_utc > until else None


def _tell_dates(enrolled: Path, certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """Put the dates of the certificate into ``enrolled.toml``, and return them."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    lines = enrolled.read_text(encoding="utf-8").splitlines()
    for name, value in (("since", since), ("until", until)):
        lines = [f"{name} = {_moment(value)}" if ln.startswith(f"{name} =") else ln for ln in lines]
    _write(enrolled, "\n".join(lines) + "\n")
    return since, until


def own_certificate(pem: str, key: TerminalKey, terminal: str) -> x509.Certificate:
    """The certificate for ``key`` that names ``terminal``, good now. Raises
    :class:`NotEnrolled`."""
    found = _certificates("certificate", pem)[0]
    if _public(found) != key.public_der:
        raise NotEnrolled(en("the certificate is for another key"))
    names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if [name.value for name in names] != [terminal]:
        raise NotEnrolled(en("the certificate names another terminal"))
    _in_time(found)
    return found


def _in_time(certificate: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if now < certificate.not_valid_before_utc:
        begins = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
        raise NotEnrolled(
            en(
                "the certificate begins on {begins}, and this clock says {now}: set the clock",
                begins=begins,
                now=f"{now:%Y-%m-%d}",
            )
        )
    if certificate.not_valid_after_utc <= now:
        raise NotEnrolled(en("the certificate has ended already"))


def _certificates(name: str, pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise NotEnrolled(en("{name}: no certificate in it", name=name)) from error


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _table(
    granted: EnrolledTerminal, key_place: KeyPlace, folder: Path, certificate: x509.Certificate
) -> str:
    """``enrolled.toml``; a JSON string is a basic string of TOML."""
    files = {"seal_roots": "seal-roots.pem", "certificate": "certificate.pem", "key": "key.pem"}
    files |= {"ca": "ca.pem"} if granted.ca else {}
    centre = {"url": granted.url, "sealer": granted.sealer}
    centre |= {name: str(folder / file) for name, file in files.items()}
    enrolled = {"place": granted.place, "key_place": key_place}
    enrolled["request"] = str(folder / "request.pem")
    return "\n".join(
        [
            "# Written when the terminal was enrolled, and renewed with its certificate.",
            "# Change terminal.toml instead, which goes before this file.",
            f"terminal = {json.dumps(granted.terminal)}",
            "[centre]",
            *(f"{name} = {json.dumps(value)}" for name, value in centre.items()),
            *_maintenance(granted, folder),
            "[enrolled]",
            *(f"{name} = {json.dumps(value)}" for name, value in enrolled.items()),
            f"since = {_moment(certificate.not_valid_before_utc)}",
            f"until = {_moment(certificate.not_valid_after_utc)}",
            "",
        ]
    )


def _maintenance(granted: EnrolledTerminal, folder: Path) -> list[str]:
    if not granted.ticket_signers:
        return []
    return ["[maintenance]", f"tickets = {json.dumps(str(folder / f'{_SIGNERS}.pem'))}"]


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"


def _write(path: Path, text: str) -> None:
    keys.write_secret(path, text.encode())
