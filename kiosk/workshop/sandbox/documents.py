"""Documents of the stand-in centre: made once per key, sealed, and counted when printed."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, timedelta

from kiosk import calculations as rules
from kiosk.centre.document_orders import (
    AgreementCopyOrder,
    DepositCertificateOrder,
    DocumentOrder,
    LoanPaperOrder,
    OperationReceiptOrder,
    OutOfTownCertificateOrder,
    StatementOrder,
    UnitCertificateOrder,
)
from kiosk.centre.models import CentreWords, Document, DocumentRecord, PrintCount, PrintReport
from kiosk.centre.verification import Verification
from kiosk.papers.sealed import holder_mark
from kiosk.privacy import mask_name
from kiosk.workshop.sandbox.accounts import Accounts
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.deposit_papers import DepositPapers
from kiosk.workshop.sandbox.loan_papers import LoanPapers
from kiosk.workshop.sandbox.offers import (
    CENTRE,
    CERTIFICATE,
    HOTLINE,
    OUT_OF_TOWN,
    PAPERS,
    PRINTS_PER_DAY,
    UNIT_CERTIFICATE,
    Offers,
)
from kiosk.workshop.sandbox.operation_papers import OperationPapers
from kiosk.workshop.sandbox.operations import OperationDesk
from kiosk.workshop.sandbox.paper_words import PaperContent
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.seal import Seal
from kiosk.workshop.sandbox.sessions import IDLE_S, TokenHolder
from kiosk.workshop.sandbox.sheets import Sheet, render
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.unit_papers import UnitPapers
from kiosk.workshop.sandbox.units import UnitBook

_MOST_LISTED = 200
_ALSO_OF_UNITS = (UnitCertificateOrder, OperationReceiptOrder, AgreementCopyOrder)
"""What can be made in a session that serves a unit."""
_SERVICES = {
    CERTIFICATE: CERTIFICATE,
    OUT_OF_TOWN: OUT_OF_TOWN,
    "unit-deposit-certificate": UNIT_CERTIFICATE,
    "unit-clear-certificate": UNIT_CERTIFICATE,
}
"""The service that offers a kind of document; the others stand under ``PAPERS``."""


class Documents:
    """Makes documents for a visitor and counts how often they were printed."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seal: Seal,
        accounts: Accounts,
        offers: Offers,
        operations: OperationDesk,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._offers = offers
        self._deposits = DepositPapers(accounts)
        self._loans = LoanPapers(accounts)
        self._of_units = UnitPapers(lambda: UnitBook(store, clock.today()))
        self._receipts = OperationPapers(operations, accounts, bugs)
        self._unsealed = {"agreement-copy"} if CentreBug.COPY_UNSEALED in bugs else set()

    def make(self, visitor: TokenHolder, order: DocumentOrder) -> tuple[Document, bool]:
        """The document, and whether it is new: the same key gives the same document again, a new
        key a new seal.

        Refuses not-found, key-reused, service-closed, print-limit, and what the kind of document
        refuses.
        """
        with self._store.transaction():
            row = self._store.one(
                "SELECT * FROM document WHERE session = ? AND key = ?",
                visitor.session,
                order.key,
            )
            if row:
                if row["request"] != order.model_dump_json():
                    raise Refused("key-reused")
                return self._answer(row), False
            return self._answer(self._new(visitor, order)), True

    def file(self, visitor: TokenHolder, document: str) -> bytes:
        """The signed PDF. Refuses not-found, also for a document of another session."""
        row = self._store.one(
            "SELECT file FROM document WHERE id = ? AND session = ?", document, visitor.session
        )
        if not row:
            raise Refused("not-found")
        return bytes(row["file"])

    def records(self, visitor: TokenHolder) -> list[DocumentRecord]:
        """Every document that was made for the person, about themselves and their units, the newest
        first; in a session that serves a unit, those about it."""
        rows = self._store.all(
            "SELECT document.*, (SELECT count(*) FROM print WHERE document = document.id "
            "AND complete = 1) AS prints FROM document JOIN session ON session.id = session "
            "WHERE person = ? AND ? IN ('', document.unit) ORDER BY document.rowid DESC LIMIT ?",
            visitor.person["id"],
            visitor.unit,
            _MOST_LISTED,
        )
        return [
            DocumentRecord(
                number=row["number"],
                title=CentreWords.model_validate_json(row["title"]),
                made=date.fromisoformat(row["made"]),
                pages=row["pages"],
                verification_code=row["verification_code"],
                valid_until=_day(row["valid_until"]),
                prints=row["prints"],
                unit=visitor.handle(row["unit"]) if row["unit"] else "",
            )
            for row in rows
        ]

    def verify(self, code: str) -> Verification:
        """What a paper with this code is: its digits with or without marks between, or what its QR
        code holds. A paper whose time has passed is void."""
        row = self._store.one(
            "SELECT document.*, person.name, person.name_latin FROM document "
            "JOIN session ON session.id = session JOIN person ON person.id = person "
            "WHERE replace(verification_code, '-', '') = ? OR verify_url = ?",
            re.sub(r"[\s-]", "", code),
            code,
        )
        if not row:
            return Verification(verdict="unknown")
        until = _day(row["valid_until"])
        return Verification(
            verdict="void" if until and until < self._clock.today() else "genuine",
            title=CentreWords.model_validate_json(row["title"]),
            number=row["number"],
            made=date.fromisoformat(row["made"]),
            valid_until=until,
            # A unit's paper names the unit, and not the agent who had it made.
            holder=""
            if _SERVICES.get(row["kind"]) == UNIT_CERTIFICATE
            else mask_name(row["name"] or row["name_latin"]),
        )

    def void(self, code: str) -> None:
        """The document with this verification code counts no longer, from today on."""
        over = self._clock.today() - timedelta(days=1)
        self._store.run(
            "UPDATE document SET valid_until = ? WHERE verification_code = ?",
            over.isoformat(),
            code,
        )

    def revocations(self) -> bytes:
        """The revocation list of the seal's issuer, of now."""
        return self._seal.revocations(self._clock.now())

    def report_print(self, terminal: str, document: str, report: PrintReport) -> PrintCount:
        """Count a print job once. A later report of the same job may still turn it to complete.

        Only the terminal for which the document was made may report. Refuses not-found.
        """
        with self._store.transaction():
            row = self._store.one(
                "SELECT * FROM document WHERE id = ? AND terminal = ?", document, terminal
            )
            if not row:
                raise Refused("not-found")
            now = self._clock.now()
            self._store.run(
                "INSERT INTO print VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET pages = excluded.pages, complete = 1 "
                "WHERE excluded.complete > print.complete",
                document,
                report.job,
                terminal,
                report.pages,
                int(report.complete),
                now.date().isoformat(),
                now.isoformat(),
            )
            prints = self._store.count(
                "SELECT count(*) FROM print WHERE document = ? AND complete = 1", document
            )
            return PrintCount(
                prints=prints,
                prints_left_today=self._left(row["kind"], row["subject"], row["session"]),
            )

    # -- inside -------------------------------------------------------------------------------

    def _new(self, visitor: TokenHolder, order: DocumentOrder) -> Row:
        if visitor.unit and not isinstance(order, _ALSO_OF_UNITS):
            raise Refused("unit-only")
        self._offers.must_be_open(_SERVICES.get(order.kind, PAPERS))
        now, today = self._clock.now(), self._clock.today()
        content = self._content(visitor, order, today)
        if not self._left(order.kind, content.subject, visitor.session):
            raise Refused("print-limit", limit=PRINTS_PER_DAY)
        id_ = secrets.token_hex(16)
        serial = self._store.count("SELECT count(*) FROM document") + 1
        print_number = 1 + self._printed(order.kind, content)
        again = f"第{print_number}次打印（补打）"
        sheet = Sheet(
            body=content.body,
            number=content.number or f"云岭{content.series}〔{today.year}〕第{serial:08}号",
            issued=today,
            code=_verification_code(),
            verify_url=f"https://verify.example/v/{secrets.token_urlsafe(16)}",
            hotline=HOTLINE,
            centre=CENTRE,
            foot=f"本件由自助终端打印 · 终端 {visitor.terminal} · "
            f"{now:%Y-%m-%d %H:%M} · 咨询电话 {HOTLINE}",
            again=again if print_number > 1 else "",
        )
        person = visitor.person
        mark = holder_mark(visitor.session, person["name"], person["number"])
        pages_after = 1 if content.body.tail else 0
        unsigned = render(sheet)
        pdf, pages = self._seal.sign(unsigned, id_, mark, now, pages_after=pages_after)
        if order.kind in self._unsealed:
            pdf = unsigned
        months = content.valid_months
        self._store.insert(
            "document",
            {
                "id": id_,
                "session": visitor.session,
                "terminal": visitor.terminal,
                "request": order.model_dump_json(),
                "key": order.key,
                "kind": order.kind,
                "subject": content.subject,
                "unit": content.unit,
                "about": content.about,
                "title": content.title.model_dump_json(),
                "number": sheet.number,
                "print_number": print_number,
                "pages": pages,
                "sha256": hashlib.sha256(pdf).hexdigest(),
                "verification_code": sheet.code,
                "verify_url": sheet.verify_url,
                "made": today.isoformat(),
                "valid_until": rules.add_months(today, months).isoformat() if months else None,
                "file": pdf,
            },
        )
        row = self._store.one("SELECT * FROM document WHERE id = ?", id_)
        assert row  # inserted above, in the same transaction
        return row

    def _content(self, visitor: TokenHolder, order: DocumentOrder, today: date) -> PaperContent:
        match order:
            case DepositCertificateOrder():
                return self._deposits.certificate(visitor, order, today)
            case OutOfTownCertificateOrder():
                return self._deposits.out_of_town(visitor, order, today)
            case StatementOrder():
                return self._deposits.statement(visitor, order, today)
            case LoanPaperOrder():
                return self._loans.paper(visitor, order, today)
            case UnitCertificateOrder():
                return self._of_units.paper(visitor, order, today)
            case OperationReceiptOrder():
                return self._receipts.receipt(visitor, order)
            case AgreementCopyOrder():
                return self._receipts.agreement(visitor, order)

    def _answer(self, row: Row) -> Document:
        return Document(
            id=row["id"],
            number=row["number"],
            title=CentreWords.model_validate_json(row["title"]),
            pages=row["pages"],
            sha256=row["sha256"],
            verification_code=row["verification_code"],
            verify_url=row["verify_url"],
            valid_until=_day(row["valid_until"]),
            print_number=row["print_number"],
            prints_left_today=self._left(row["kind"], row["subject"], row["session"]),
        )

    def _printed(self, kind: str, content: PaperContent) -> int:
        """How often a document that says the same was printed whole, since ever."""
        return self._store.count(
            "SELECT count(*) FROM print JOIN document ON document.id = print.document "
            "WHERE kind = ? AND subject = ? AND about = ? AND complete = 1",
            kind,
            content.subject,
            content.about,
        )

    def _left(self, kind: str, subject: str, session: str) -> int:
        """How often ``session`` may still print a document of this kind about ``subject`` today.

        A document that another session has and may still print takes one of the day's prints as
        soon as it is made: else two terminals would both print the last one.
        """
        today = self._clock.today().isoformat()
        printed = self._store.count(
            "SELECT count(*) FROM print JOIN document ON document.id = print.document "
            "WHERE subject = ? AND kind = ? AND complete = 1 AND day = ?",
            subject,
            kind,
            today,
        )
        elsewhere = self._store.count(
            "SELECT count(DISTINCT session) FROM document JOIN session ON session.id = session "
            "WHERE subject = ? AND kind = ? AND made = ? AND session != ? "
            "AND closed = 0 AND used >= ? AND NOT EXISTS "
            "(SELECT 1 FROM print WHERE print.document = document.id AND complete = 1)",
            subject,
            kind,
            today,
            session,
            self._clock.ticks() - IDLE_S,
        )
        return max(0, PRINTS_PER_DAY - printed - elsewhere)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _verification_code() -> str:
    """Twelve random digits, in groups of four: a keypad has no letters."""
    digits = f"{secrets.randbelow(10**12):012}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
