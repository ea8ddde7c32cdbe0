"""The bank behind the stand-in centre: makes keys for PIN pads, and verifies PIN blocks."""

from __future__ import annotations

import hashlib
import secrets

from drivers.emulators.pin_pad import BANK_KEY, BANK_KEY_SERIAL, MASTER_KEYS, encrypt, format_0
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.types import Algorithm
from kiosk.centre.evidence import PinEvidence, PinKey
from kiosk.workshop.sandbox.store import Store

PIN = "112233"
"""The PIN of every bank card of the demo."""
PASSWORD = "223344"  # noqa: S105 - of invented people
"""The query password of everybody in the demo, until they change it."""
_BLOCKS = {Algorithm.TDEA: 8, Algorithm.SM4: 16}


class Bank:
    """Makes one SM4 key for each session; a key serves for one block. A pad of the bank's own keeps
    the bank's key, and names it in ``key_serial``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def key(self, session: str) -> PinKey:
        """A new key of ``session``, under the master key of the emulated pads."""
        key, serial = secrets.token_bytes(16), secrets.token_hex(4)
        self._store.run("INSERT OR REPLACE INTO pin_key VALUES (?, ?, ?)", session, serial, key)
        return PinKey(
            algorithm="sm4",
            serial=serial,
            encrypted=encrypt(Algorithm.SM4, MASTER_KEYS[Algorithm.SM4], key).hex(),
            check_value=encrypt(Algorithm.SM4, key, bytes(_BLOCKS[Algorithm.SM4]))[:3].hex(),
        )

    def verifies(self, session: str, evidence: PinEvidence, pan: str) -> bool:
        """Whether the block holds the PIN of the card ``pan``, under the session's own key or
        the bank's. A session asks for a key before every block. Under the session's key no block
        counts twice; under the bank's, the same PIN makes the same block again."""
        row = self._store.one("SELECT * FROM pin_key WHERE session = ?", session)
        self._store.run("DELETE FROM pin_key WHERE session = ?", session)
        if not row:
            return False
        keys = {row["serial"]: (Algorithm.SM4, row["key"]), BANK_KEY_SERIAL: BANK_KEY}
        algorithm, key = keys.get(evidence.key_serial, (None, b""))
        if algorithm is None or algorithm.value != evidence.algorithm:
            return False
        clear = format_0(PIN, pan_field(pan), _BLOCKS[algorithm])
        return secrets.compare_digest(encrypt(algorithm, key, clear).hex(), evidence.block.reveal())


def right_password(store: Store, person: str, password: str) -> bool:
    """Whether ``password`` is the query password of ``person``."""
    row = store.one("SELECT password FROM on_file WHERE person = ?", person)
    return row is not None and secrets.compare_digest(
        row["password"], password_digest(person, password)
    )


def password_digest(person: str, password: str) -> str:
    """The form in which the centre keeps a query password. Six digits are soon guessed from any
    digest: a real centre keeps a keyed one."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), person.encode(), 1).hex()
