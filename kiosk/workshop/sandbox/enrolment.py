"""The stand-in's enrolment: who asks, who is allowed, which certificates are good."""

from __future__ import annotations

import contextlib
import hashlib
import math
import secrets
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

from kiosk.centre.enrolment import (
    EnrolledTerminal,
    Enrolment,
    EnrolmentRequest,
    EnrolmentState,
    KeyPlace,
)
from kiosk.centre.errors import reference_number
from kiosk.centre.models import CentreWords
from kiosk.enrolment import ticket
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.offers import CENTRE
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.seal import Seal
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.tickets import sign
from kiosk.workshop.sandbox.tls import SandboxCa

VALID_S = 1800
"""Seconds for which a code waits to be allowed."""
POLL_S = 2
MOST_WAITING = 200
"""Codes that wait at a time; who asks for one more is asked to come back later."""
LASTS = timedelta(days=365)
"""How long a terminal's certificate is good."""
TICKET_HOURS = 72
REFUSED = CentreWords(
    zh="中心没有同意这台终端入网。", en="The centre does not allow this terminal."
)
_WAITING = "SELECT count(*) FROM enrolment WHERE state = 'waiting'"


class NotAllowed(Exception):
    """Why a terminal cannot be allowed, in the words of the centre's page."""


class EnrolmentDesk:
    """Numbers and certificates of terminals. A number that nobody enrolled is not looked at: its
    certificate comes from :meth:`SandboxCa.terminal`."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seal: Seal,
        directory: Path,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        self._bugs = bugs
        self._store = store
        self._clock = clock
        self._seal = seal
        self._directory = directory
        self.lasts = LASTS

    # -- the terminal asks ------------------------------------------------------------------------

    def open(self, asked: EnrolmentRequest) -> Enrolment:
        """A code for the screen; a key of the list is allowed at once, unless its terminal was
        taken out of use. Refuses request-invalid, try-later."""
        signed = CentreBug.UNSIGNED_REQUEST not in self._bugs
        key = hash_of(key_of(asked.request, signed=signed))
        now = self._clock.ticks()
        id_, code = secrets.token_urlsafe(24), reference_number()
        if CentreBug.GUESSABLE_ENROLMENT in self._bugs:
            id_ = code
        with self._store.transaction():
            self._store.run("DELETE FROM enrolment WHERE ? - opened > ?", now, VALID_S)
            if self._store.count(_WAITING) >= MOST_WAITING:
                raise Refused("try-later", retry_after_s=60, seconds=60)
            self._store.insert(
                "enrolment",
                {
                    "id": id_,
                    "code": code,
                    "key": key,
                    "request": asked.request,
                    "key_place": asked.key_place,
                    "state": "waiting",
                    "terminal": "",
                    "opened": now,
                },
            )
            listed = self._store.one(
                "SELECT * FROM listed_key WHERE key = ? AND NOT EXISTS "
                "(SELECT 1 FROM terminal WHERE terminal.key = listed_key.key AND stopped)",
                key,
            )
            if listed:
                with contextlib.suppress(NotAllowed):  # a technician looks at it
                    self.allow(code, listed["terminal"], listed["place"], exchange=False)
        return Enrolment(id=id_, code=code, valid_s=VALID_S, poll_s=POLL_S)

    def state(self, id: str, url: str) -> EnrolmentState:
        """How far the enrolment is; ``url`` is where the contract is served. What an allowed
        terminal gets may be fetched again until the code's time has passed. Refuses not-found."""
        row = self._store.one("SELECT * FROM enrolment WHERE id = ?", id)
        if row is None:
            raise Refused("not-found")
        if self._clock.ticks() - row["opened"] > self._valid_s:
            return EnrolmentState(state="over")
        if row["state"] == "refused":
            return EnrolmentState(state="refused", because=REFUSED)
        if row["state"] == "waiting":
            return EnrolmentState(state="waiting")
        newest = CentreBug.CERTIFIES_NEWEST_KEY in self._bugs
        request = (self.waiting()[-1] if newest else row)["request"]
        papers = self._papers(row["terminal"], self._new(row["terminal"], request), url)
        return EnrolmentState(state="allowed", terminal=papers)

    def renew(self, terminal: str, request: str) -> str:
        """A further certificate in PEM for the terminal's own key. Refuses request-invalid."""
        known = self._store.one("SELECT key FROM terminal WHERE number = ?", terminal)
        another = known is None or known["key"] != hash_of(key_of(request))
        if another and CentreBug.RENEWS_ANY_KEY not in self._bugs:
            raise Refused("request-invalid")
        return self._new(terminal, request)

    def must_serve(self, terminal: str, serial: str) -> None:
        """Refuses terminal-stopped for a terminal out of use, or a certificate that was revoked."""
        found = self._store.one("SELECT stopped FROM terminal WHERE number = ?", terminal)
        shown = self._store.one("SELECT revoked FROM certificate WHERE serial = ?", serial)
        if CentreBug.SERVES_STOPPED in self._bugs:
            return
        if (found and found["stopped"]) or (shown and shown["revoked"]):
            raise Refused("terminal-stopped")

    # -- the technician allows --------------------------------------------------------------------

    def waiting(self) -> list[Row]:
        """The enrolments that wait, oldest first."""
        return self._store.all(
            "SELECT * FROM enrolment WHERE state = 'waiting' AND ? - opened <= ? ORDER BY opened",
            self._clock.ticks(),
            VALID_S,
        )

    def terminals(self) -> list[Row]:
        """The enrolled terminals, by number, with the end of their newest certificate."""
        return self._store.all(
            "SELECT terminal.*, (SELECT max(until) FROM certificate "
            "WHERE certificate.terminal = number AND NOT revoked) AS until "
            "FROM terminal ORDER BY number"
        )

    def allow(self, code: str, number: str, place: str, *, exchange: bool) -> None:
        """Give ``number`` to the terminal whose screen shows ``code``. ``exchange``: its main board
        is new; the certificates of the old key are revoked. Raises :class:`NotAllowed`."""
        with self._store.transaction():
            row = self._waits(code)
            self._give(number, place, row["key"], exchange=exchange)
            self._store.run(
                "UPDATE enrolment SET state = 'allowed', terminal = ? WHERE id = ?",
                number,
                row["id"],
            )

    def refuse(self, code: str) -> None:
        """The terminal whose screen shows ``code`` gets nothing. Raises :class:`NotAllowed`."""
        with self._store.transaction():
            id_ = self._waits(code)["id"]
            self._store.run("UPDATE enrolment SET state = 'refused' WHERE id = ?", id_)

    def list_keys(self, text: str) -> int:
        """Allow beforehand: a line each of the key's hash, the number and the place. Raises
        :class:`NotAllowed` for a line that is none of these; then none is taken."""
        with self._store.transaction():
            lines = [line.split(maxsplit=2) for line in text.splitlines() if line.strip()]
            for words in lines:
                number, place = "".join(words[1:2]), "".join(words[2:3])
                if len(words[0]) != 64 or not _is_number(number):
                    raise NotAllowed("每行：公钥散列(64位)、编号、地点")
                self._store.run(
                    "INSERT OR REPLACE INTO listed_key VALUES (?, ?, ?)", words[0], number, place
                )
            return len(lines)

    def stop(self, number: str, because: str) -> None:
        """Take the terminal out of use, for a reason that the technicians read: every request of it
        is refused. One that was not enrolled here has no key that is known."""
        self._store.run(
            "INSERT OR IGNORE INTO terminal VALUES (?, '', ?, 0, '')", number, f"unknown:{number}"
        )
        self._store.run(
            "UPDATE terminal SET stopped = 1, because = ? WHERE number = ?", because, number
        )

    def resume(self, number: str) -> None:
        """Serve the terminal again."""
        self._store.run("UPDATE terminal SET stopped = 0, because = '' WHERE number = ?", number)

    def ticket(
        self, request: str, number: str, place: str, url: str, *, exchange: bool, hours: int
    ) -> str:
        """A signed ticket for the terminal that made ``request``, good for ``hours``. Raises
        :class:`NotAllowed`."""
        try:
            key = hash_of(key_of(request))
        except Refused:
            raise NotAllowed("不是证书请求文件 (PKCS#10)") from None
        with self._store.transaction():
            self._give(number, place, key, exchange=exchange)
            papers = self._papers(number, self._new(number, request), url)
        # Who signs tickets is known where one is taken, and one more code would have to be scanned.
        told = papers.model_dump(mode="json", exclude={"ticket_signers"})
        of = number if CentreBug.TICKET_FOR_NUMBER in self._bugs else key
        claims = {"sub": of, "terminal": told}
        return sign(self.ca, ticket.TYPE, hours, claims)

    @property
    def ca(self) -> SandboxCa:
        """The centre's CA, made when it is first needed."""
        return SandboxCa(self._directory)

    @property
    def _valid_s(self) -> float:
        return math.inf if CentreBug.CODE_FOR_EVER in self._bugs else VALID_S

    def _waits(self, code: str) -> Row:
        row = self._store.one(
            "SELECT * FROM enrolment WHERE code = ? AND state = 'waiting' AND ? - opened <= ?",
            code.strip().upper(),
            self._clock.ticks(),
            self._valid_s,
        )
        if row is None:
            raise NotAllowed("没有这个代码，或已过期")
        return row

    def _give(self, number: str, place: str, key: str, *, exchange: bool) -> None:
        if not _is_number(number):
            raise NotAllowed("编号只能有字母、数字和短横线")
        other = self._store.one("SELECT number FROM terminal WHERE key = ?", key)
        if other and other["number"] != number:
            raise NotAllowed(f"这把密钥已是终端 {other['number']}")
        known = self._store.one("SELECT key FROM terminal WHERE number = ?", number)
        alone = CentreBug.NUMBER_TWICE not in self._bugs
        if known and known["key"] != key and not exchange and alone:
            raise NotAllowed(f"编号 {number} 已有另一台终端；若是更换主板，请勾选")
        if known and known["key"] != key and CentreBug.OLD_BOARD_SERVED not in self._bugs:
            self._store.run("UPDATE certificate SET revoked = 1 WHERE terminal = ?", number)
        self._store.run(
            "INSERT INTO terminal VALUES (?, ?, ?, 0, '') ON CONFLICT (number) DO UPDATE "
            "SET key = excluded.key, place = excluded.place, stopped = 0, because = ''",
            number,
            place,
            key,
        )

    def _new(self, number: str, request: str) -> str:
        key = key_of(request)
        pem = self.ca.certified(number, key, self.lasts)
        made = x509.load_pem_x509_certificate(pem.encode())
        self._store.insert(
            "certificate",
            {
                "serial": serial_of(made),
                "terminal": number,
                "key": hash_of(key),
                "until": f"{made.not_valid_after_utc:%Y-%m-%d %H:%M}",
                "revoked": 0,
            },
        )
        return pem

    def _papers(self, number: str, certificate: str, url: str) -> EnrolledTerminal:
        row = self._store.one("SELECT place FROM terminal WHERE number = ?", number)
        assert row  # `_give` has written it
        return EnrolledTerminal(
            terminal=number,
            place=row["place"],
            url=url,
            certificate=certificate,
            ca=self.ca.root.read_text() if url.startswith("https") else None,
            seal_roots=self._seal.root.read_text(),
            sealer=CENTRE,
            ticket_signers=self.signers(),
        )

    def signers(self) -> str:
        """The certificates of those who sign tickets, in PEM, without their keys."""
        found = x509.load_pem_x509_certificates(self.ca.signer_of_tickets().read_bytes())
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)


def key_of(request: str, *, signed: bool = True) -> ec.EllipticCurvePublicKey:
    """The key that a request (PKCS#10) is for and, where it is ``signed``, signed with. Refuses
    request-invalid."""
    try:
        asked = x509.load_pem_x509_csr(request.encode())
        key = asked.public_key()
        good = asked.is_signature_valid
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused("request-invalid") from error
    whole = good or not signed
    if not whole or not isinstance(key, ec.EllipticCurvePublicKey) or key.key_size != 256:
        raise Refused("request-invalid")
    return key


def hash_of(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key, as the terminal shows it."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def serial_of(certificate: x509.Certificate) -> str:
    """Its serial number as ``ssl`` writes it in ``getpeercert``: whole bytes in capitals."""
    digits = f"{certificate.serial_number:X}"
    return digits if len(digits) % 2 == 0 else "0" + digits


KEY_PLACES: dict[KeyPlace, str] = {"tpm": "TPM 芯片", "file": "文件（没有 TPM）"}


def _is_number(number: str) -> bool:
    return 0 < len(number) <= 32 and all(c.isascii() and (c.isalnum() or c == "-") for c in number)
