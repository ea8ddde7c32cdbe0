"""The stand-in centre's database: SQLite, STRICT tables, money in whole fen."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

_VERSION = 19  # raised with every change of the schema or of the seed
_SCHEMA = """
CREATE TABLE person (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, name_latin TEXT NOT NULL, sex TEXT NOT NULL,
    card_kind TEXT NOT NULL, document_kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
    phone TEXT NOT NULL, bank_card TEXT NOT NULL, lost INTEGER NOT NULL
) STRICT;
CREATE TABLE employer (number TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL) STRICT;
CREATE TABLE unit (
    number TEXT PRIMARY KEY REFERENCES employer, organisation TEXT NOT NULL, address TEXT NOT NULL,
    representative TEXT NOT NULL, agent TEXT NOT NULL REFERENCES person, opened TEXT NOT NULL,
    employer_ratio INTEGER NOT NULL, personal_ratio INTEGER NOT NULL, bank TEXT NOT NULL,
    bank_account TEXT NOT NULL, pay_day INTEGER NOT NULL, ratio_since TEXT NOT NULL,
    password TEXT NOT NULL
) STRICT;
CREATE TABLE register (
    organisation TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL,
    representative TEXT NOT NULL, agent TEXT NOT NULL REFERENCES person, revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE account (
    number TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person,
    employer TEXT NOT NULL REFERENCES employer, status TEXT NOT NULL, opened TEXT NOT NULL,
    base INTEGER NOT NULL, personal_ratio INTEGER NOT NULL, employer_ratio INTEGER NOT NULL,
    personal_amount INTEGER NOT NULL, employer_amount INTEGER NOT NULL,
    balance INTEGER NOT NULL, paid_to TEXT, sealed_on TEXT, frozen_on TEXT
) STRICT;
CREATE TABLE booking (
    serial TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account, booked TEXT NOT NULL,
    kind TEXT NOT NULL, month TEXT, amount INTEGER NOT NULL, balance INTEGER NOT NULL,
    reason TEXT, way TEXT, bank TEXT, bank_card TEXT, employer_amount INTEGER
) STRICT;
CREATE INDEX booking_by_account ON booking (account, booked);
CREATE TABLE loan (
    number TEXT PRIMARY KEY, contract TEXT NOT NULL, person TEXT NOT NULL REFERENCES person,
    state TEXT NOT NULL, granted INTEGER NOT NULL, granted_on TEXT NOT NULL, rate TEXT NOT NULL,
    way TEXT NOT NULL, terms INTEGER NOT NULL, repay_day INTEGER NOT NULL, risk TEXT NOT NULL,
    security TEXT NOT NULL, bank TEXT NOT NULL, house TEXT NOT NULL, co_borrower TEXT,
    settled_on TEXT
) STRICT;
CREATE TABLE instalment (
    loan TEXT NOT NULL REFERENCES loan, term INTEGER NOT NULL, due TEXT NOT NULL, paid_on TEXT,
    kind TEXT NOT NULL, amount INTEGER NOT NULL, principal INTEGER NOT NULL,
    interest INTEGER NOT NULL, penalty INTEGER NOT NULL, balance INTEGER NOT NULL,
    PRIMARY KEY (loan, term)
) STRICT;
CREATE TABLE session (
    id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, terminal TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person, agreement TEXT NOT NULL,
    way TEXT NOT NULL, unit TEXT NOT NULL, shown TEXT NOT NULL, level TEXT NOT NULL,
    name_to_confirm INTEGER NOT NULL, used REAL NOT NULL, closed INTEGER NOT NULL,
    wrong_codes INTEGER NOT NULL, opened REAL NOT NULL
) STRICT;
CREATE INDEX session_by_terminal ON session (terminal, opened);
CREATE TABLE message (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session, phone TEXT NOT NULL,
    code TEXT NOT NULL, text TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, sent REAL NOT NULL
) STRICT;
CREATE TABLE face (
    challenge TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session, asked REAL NOT NULL,
    used INTEGER NOT NULL, consent TEXT NOT NULL, outcome TEXT NOT NULL, at TEXT NOT NULL,
    operation TEXT NOT NULL
) STRICT;
CREATE TABLE document (
    id TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session, terminal TEXT NOT NULL,
    request TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    unit TEXT NOT NULL, about TEXT NOT NULL, title TEXT NOT NULL, number TEXT NOT NULL,
    print_number INTEGER NOT NULL,
    pages INTEGER NOT NULL, sha256 TEXT NOT NULL, verification_code TEXT NOT NULL,
    verify_url TEXT NOT NULL, valid_until TEXT, made TEXT NOT NULL, file BLOB NOT NULL,
    UNIQUE (session, key)
) STRICT;
CREATE TABLE print (
    document TEXT NOT NULL REFERENCES document, job TEXT NOT NULL, terminal TEXT NOT NULL,
    pages INTEGER, complete INTEGER NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (document, job)
) STRICT;
CREATE TABLE fact (
    person TEXT PRIMARY KEY REFERENCES person, marital TEXT NOT NULL, spouse TEXT,
    retired_on TEXT, owns_home INTEGER NOT NULL, pays_elsewhere INTEGER NOT NULL,
    sms_signed INTEGER NOT NULL, card_signed INTEGER NOT NULL, card_closed INTEGER NOT NULL
) STRICT;
CREATE TABLE on_file (
    person TEXT PRIMARY KEY REFERENCES person, address TEXT NOT NULL, email TEXT NOT NULL,
    marital TEXT NOT NULL, password TEXT NOT NULL,
    card_changed REAL, phone_changed REAL, phone_before TEXT
) STRICT;
CREATE TABLE mortgage (
    contract TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person, bank TEXT NOT NULL,
    principal INTEGER NOT NULL, repaid INTEGER NOT NULL, overdue INTEGER NOT NULL
) STRICT;
CREATE TABLE authorisation (
    session TEXT PRIMARY KEY REFERENCES session, version TEXT NOT NULL, agreed INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE operation (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, person TEXT NOT NULL REFERENCES person,
    kind TEXT NOT NULL, business TEXT NOT NULL, target TEXT NOT NULL, terminal TEXT NOT NULL,
    quote TEXT NOT NULL, state TEXT NOT NULL, until REAL, drafted_at TEXT NOT NULL,
    was_confirmed INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0,
    wrong_codes INTEGER NOT NULL DEFAULT 0, ends_as TEXT, reference TEXT NOT NULL DEFAULT '',
    refusal TEXT, ended_at TEXT, ended REAL, consenter TEXT REFERENCES person
) STRICT;
CREATE INDEX operation_by_person ON operation (person, kind, state);
CREATE TABLE notice (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL REFERENCES operation, phone TEXT NOT NULL,
    code TEXT NOT NULL, text TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, sent REAL NOT NULL
) STRICT;
CREATE TABLE consent (
    code TEXT PRIMARY KEY, operation TEXT NOT NULL REFERENCES operation, state TEXT NOT NULL,
    wrong INTEGER NOT NULL, opened REAL NOT NULL
) STRICT;
CREATE TABLE approval (
    operation TEXT PRIMARY KEY REFERENCES operation, number TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE payout (
    operation TEXT PRIMARY KEY REFERENCES operation, card TEXT NOT NULL, state TEXT NOT NULL,
    day TEXT NOT NULL, due REAL NOT NULL
) STRICT;
CREATE TABLE elsewhere (
    person TEXT NOT NULL REFERENCES person, centre TEXT NOT NULL, number TEXT NOT NULL,
    status TEXT NOT NULL, balance INTEGER NOT NULL, has_loan INTEGER NOT NULL,
    to_clarify INTEGER NOT NULL,
    PRIMARY KEY (person, centre)
) STRICT;
CREATE TABLE referral (
    operation TEXT PRIMARY KEY REFERENCES operation, centre TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL, ahead TEXT NOT NULL DEFAULT '', day TEXT NOT NULL, next REAL NOT NULL,
    amount INTEGER, refusal TEXT
) STRICT;
CREATE TABLE movement (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL REFERENCES operation, account TEXT, loan TEXT,
    amount INTEGER NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE prepayment (
    serial TEXT PRIMARY KEY, loan TEXT NOT NULL REFERENCES loan, day TEXT NOT NULL,
    principal INTEGER NOT NULL, interest INTEGER NOT NULL, balance INTEGER NOT NULL
) STRICT;
CREATE TABLE offset_agreement (
    loan TEXT PRIMARY KEY REFERENCES loan, serial TEXT NOT NULL, since TEXT NOT NULL
) STRICT;
CREATE TABLE standing_order (
    account TEXT PRIMARY KEY REFERENCES account, serial TEXT NOT NULL, amount INTEGER NOT NULL,
    since TEXT NOT NULL
) STRICT;
CREATE TABLE audit_head (
    terminal TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL,
    UNIQUE (terminal, epoch, seq)
) STRICT;
CREATE TABLE rating (id INTEGER PRIMARY KEY, service TEXT NOT NULL, level INTEGER NOT NULL) STRICT;
CREATE TABLE alarm (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, terminal TEXT NOT NULL, session TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE wrong_tries (
    who TEXT PRIMARY KEY, many INTEGER NOT NULL, next REAL NOT NULL
) STRICT;
CREATE TABLE login (
    id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, digits TEXT NOT NULL, terminal TEXT NOT NULL,
    session TEXT NOT NULL, state TEXT NOT NULL, person TEXT REFERENCES person,
    wrong INTEGER NOT NULL, used INTEGER NOT NULL, opened REAL NOT NULL, operation TEXT NOT NULL
) STRICT;
CREATE TABLE fund_code (
    code TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person, made REAL NOT NULL,
    used INTEGER NOT NULL
) STRICT;
CREATE TABLE ticket (
    taker TEXT NOT NULL, outlet TEXT NOT NULL, number TEXT NOT NULL,
    ahead INTEGER NOT NULL, until REAL NOT NULL, UNIQUE (outlet, number)
) STRICT;
CREATE TABLE appointment (
    serial INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL UNIQUE REFERENCES person, outlet TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE complaint (
    id INTEGER PRIMARY KEY, terminal TEXT NOT NULL, key TEXT NOT NULL, subject TEXT NOT NULL,
    about TEXT NOT NULL, operation TEXT REFERENCES operation, phone TEXT NOT NULL,
    day TEXT NOT NULL,
    words TEXT NOT NULL DEFAULT '', UNIQUE (terminal, key)
) STRICT;
CREATE TABLE handover (
    id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, terminal TEXT NOT NULL, session TEXT NOT NULL,
    person TEXT REFERENCES person, about TEXT NOT NULL, state TEXT NOT NULL, wrong INTEGER NOT NULL,
    opened REAL NOT NULL, phone TEXT NOT NULL
) STRICT;
CREATE TABLE terminal (
    number TEXT PRIMARY KEY, place TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    stopped INTEGER NOT NULL, because TEXT NOT NULL
) STRICT;
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY, terminal TEXT NOT NULL REFERENCES terminal, key TEXT NOT NULL,
    until TEXT NOT NULL, revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE enrolment (
    id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, key TEXT NOT NULL, request TEXT NOT NULL,
    key_place TEXT NOT NULL, state TEXT NOT NULL, terminal TEXT NOT NULL, opened REAL NOT NULL
) STRICT;
CREATE TABLE listed_key (
    key TEXT PRIMARY KEY, terminal TEXT NOT NULL UNIQUE, place TEXT NOT NULL
) STRICT;
CREATE TABLE pin_key (session TEXT PRIMARY KEY, serial TEXT NOT NULL, key BLOB NOT NULL) STRICT;
"""

Row = sqlite3.Row


def fen(amount: Decimal) -> int:
    """Yuan as whole fen, the form in the database."""
    return int(amount * 100)


def yuan(amount: int) -> Decimal:
    """Whole fen as yuan with two places."""
    return Decimal(amount).scaleb(-2)


class Store:
    """One connection to the database; a lock lets the worker threads share it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # demo data: seeded anew at every start

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block take effect, or none; other threads wait."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def recreate(self) -> None:
        """Drop all tables and create them empty."""
        with self.transaction():
            # Newest table first: SQLite does not drop a table to which another one refers.
            for row in self.all(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC"
            ):
                self._db.execute(f'DROP TABLE "{row["name"]}"')
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def rename(self, values: Mapping[str, str]) -> None:
        """Put other texts in the place of ``values``, wherever one of them is all of a field."""
        with self.transaction():
            self._db.execute("PRAGMA defer_foreign_keys = ON")
            fields = self.all(
                "SELECT t.name AS of, c.name AS name "
                "FROM sqlite_master t, pragma_table_info(t.name) c "
                "WHERE t.type = 'table' AND c.type = 'TEXT'"
            )
            for old, new in values.items():
                for field in fields:
                    name = f'"{field["name"]}"'
                    sql = f'UPDATE "{field["of"]}" SET {name} = ? WHERE {name} = ?'  # noqa: S608
                    self._db.execute(sql, (new, old))

    def is_filled(self) -> bool:
        """Whether the database has the tables and the seed of this version."""
        return self.count("PRAGMA user_version") == _VERSION

    def one(self, sql: str, *values: Any) -> Row | None:
        with self._lock:
            row: Row | None = self._db.execute(sql, values).fetchone()
            return row

    def all(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def count(self, sql: str, *values: Any) -> int:
        """The single number that ``sql`` selects."""
        with self._lock:
            return int(self._db.execute(sql, values).fetchone()[0])

    def run(self, sql: str, *values: Any) -> None:
        with self._lock:
            self._db.execute(sql, values)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Add ``row``; table and column names come from this package only."""
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        with self._lock:
            self._db.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
                tuple(row.values()),
            )

    def insert_all(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.insert(table, row)
