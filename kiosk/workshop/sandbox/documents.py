"""Documents of the stand-in centre: made once per key, sealed, and counted when printed."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import date

from kiosk import calculations as rules
from kiosk.centre import codes
from kiosk.centre.models import (
    Account,
    CentreWords,
    Document,
    DocumentRequest,
    PrintCount,
    PrintReport,
)
from kiosk.papers.sealed import holder_mark
from kiosk.renminbi import in_words
from kiosk.words import Language
from kiosk.workshop.sandbox import certificate
from kiosk.workshop.sandbox.accounts import CLOSED, FROZEN, Accounts, worded_day
from kiosk.workshop.sandbox.certificate import Certificate, CertificateLine, Seal
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.offers import CENTRE, CERTIFICATE, HOTLINE, Offers, purpose_name
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Row, Store

PRINTS_PER_DAY = 3
VALID_MONTHS = 2
_TITLE = CentreWords(zh="个人住房公积金缴存证明", en="Certificate of provident fund contributions")
_CARD_NAMES = {
    "resident": "居民身份证",
    "hmt-resident": "港澳台居民居住证",
    "foreigner-2017": "外国人永久居留身份证",
    "foreigner-2023": "外国人永久居留身份证",
}


class Documents:
    """Makes documents for a visitor and counts how often they were printed."""

    def __init__(
        self, store: Store, clock: Clock, seal: Seal, accounts: Accounts, offers: Offers
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._accounts = accounts
        self._offers = offers

    def make(self, visitor: TokenHolder, request: DocumentRequest) -> tuple[Document, bool]:
        """The document, and whether it is new: the same key gives the same document again.

        Refuses not-found, key-reused, service-closed, purpose-unknown, account-closed,
        account-frozen, print-limit.
        """
        with self._store.transaction():
            row = self._store.one(
                "SELECT * FROM document WHERE session = ? AND key = ?",
                visitor.session,
                request.key,
            )
            if row:
                if row["request"] != request.model_dump_json():
                    raise Refused("key-reused")
                return self._answer(row), False
            return self._answer(self._new(visitor, request)), True

    def file(self, visitor: TokenHolder, document: str) -> bytes:
        """The signed PDF. Refuses not-found, also for a document of another session."""
        row = self._store.one(
            "SELECT file FROM document WHERE id = ? AND session = ?", document, visitor.session
        )
        if not row:
            raise Refused("not-found")
        return bytes(row["file"])

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
            return PrintCount(prints=prints, prints_left_today=self._left(row["account"]))

    # -- inside -------------------------------------------------------------------------------

    def _new(self, visitor: TokenHolder, request: DocumentRequest) -> Row:
        account_row = self._accounts.find(visitor, request.account)
        self._offers.must_be_open(CERTIFICATE)
        purpose = purpose_name(request.purpose)
        account = self._accounts.account(visitor, account_row)
        if account.status in CLOSED:
            raise Refused("account-closed")
        if account.status == FROZEN:
            raise Refused("account-frozen", since=account_row["frozen_on"])
        if not self._left(account_row["number"]):
            raise Refused("print-limit", limit=PRINTS_PER_DAY)
        id_ = secrets.token_hex(16)
        serial = self._store.count("SELECT count(*) FROM document") + 1
        today = self._clock.today()
        sheet = Certificate(
            number=f"云岭缴证〔{today.year}〕第{serial:08}号",
            statement=_statement(visitor, today),
            fields=self._fields(visitor, account, purpose),
            notes=(
                f"本证明自出具之日起{VALID_MONTHS}个月内有效；账户余额为截至出具之日的数额。",
                "本证明仅用于所列用途，不得用于担保、抵押；涂改无效。",
                "以电子签章文件为准，纸质件可扫描二维码或凭验证码核验真伪。",
            ),
            issued=today,
            code=_verification_code(),
            verify_url=f"https://verify.example/v/{secrets.token_urlsafe(16)}",
            hotline=HOTLINE,
            centre=CENTRE,
            foot=f"本证明由自助终端打印 · 终端 {visitor.terminal} · "
            f"{self._clock.now():%Y-%m-%d %H:%M} · 咨询电话 {HOTLINE}",
        )
        person = visitor.person
        mark = holder_mark(visitor.session, person["name"], person["number"])
        pdf = self._seal.sign(certificate.render(sheet), id_, mark, self._clock.now())
        self._store.insert(
            "document",
            {
                "id": id_,
                "session": visitor.session,
                "terminal": visitor.terminal,
                "request": request.model_dump_json(),
                "key": request.key,
                "account": account_row["number"],
                "kind": request.kind,
                "number": sheet.number,
                "pages": certificate.PAGES,
                "sha256": hashlib.sha256(pdf).hexdigest(),
                "verification_code": sheet.code,
                "verify_url": sheet.verify_url,
                "valid_until": rules.add_months(today, VALID_MONTHS).isoformat(),
                "file": pdf,
            },
        )
        row = self._store.one("SELECT * FROM document WHERE id = ?", id_)
        assert row  # inserted above, in the same transaction
        return row

    def _answer(self, row: Row) -> Document:
        return Document(
            id=row["id"],
            number=row["number"],
            title=_TITLE,
            pages=row["pages"],
            sha256=row["sha256"],
            verification_code=row["verification_code"],
            verify_url=row["verify_url"],
            valid_until=date.fromisoformat(row["valid_until"]),
            prints_left_today=self._left(row["account"]),
        )

    def _left(self, account: str) -> int:
        """How often a certificate of this account may still be printed today."""
        printed = self._store.count(
            "SELECT count(*) FROM print JOIN document ON document.id = print.document "
            "WHERE document.account = ? AND document.kind = ? AND print.complete = 1 "
            "AND print.day = ?",
            account,
            CERTIFICATE,
            self._clock.today().isoformat(),
        )
        return max(0, PRINTS_PER_DAY - printed)

    def _fields(
        self, visitor: TokenHolder, account: Account, purpose: str
    ) -> tuple[CertificateLine, ...]:
        person = visitor.person
        balance = account.balance.reveal()
        status = codes.word(codes.Table.ACCOUNT_STATUS, account.status).say(Language.ZH)
        arrears = account.months_in_arrears
        loan = "有，尚未结清" if account.has_loan else (
            "有，已结清" if self._accounts.has_had_loan(person["id"]) else "无贷款记录"
        )  # fmt: skip
        return (
            CertificateLine("姓名", person["name"]),
            CertificateLine("证件类型", _CARD_NAMES[person["card_kind"]]),
            CertificateLine("证件号码", person["number"]),
            CertificateLine("个人账号", account.number.reveal()),
            CertificateLine("单位名称", account.employer),
            CertificateLine("单位账号", account.employer_number),
            CertificateLine("开户日期", worded_day(account.opened)),
            CertificateLine(
                "账户状态", f"欠缴（{arrears}个月）" if arrears else status, alert=bool(arrears)
            ),
            CertificateLine("月缴存基数", f"{account.base:,.2f}元"),
            CertificateLine(
                "缴存比例",
                f"单位{account.employer_ratio:.0%} · 个人{account.personal_ratio:.0%}",
            ),
            CertificateLine(
                "月缴存额",
                f"{account.monthly:,.2f}元",
                f"单位{account.employer_amount:,.2f}元 + 个人{account.personal_amount:,.2f}元",
            ),
            CertificateLine(
                "缴至年月",
                f"{account.paid_to.year}年{account.paid_to.month}月" if account.paid_to else "—",
            ),
            CertificateLine("连续缴存", f"{account.continuous_months}个月"),
            CertificateLine("公积金贷款", loan),
            CertificateLine(
                "账户余额",
                f"¥ {balance:,.2f}",
                f"人民币{in_words(balance)}",
                wide=True,
                strong=True,
            ),
            CertificateLine("用途", purpose, wide=True),
        )


def _statement(visitor: TokenHolder, today: date) -> str:
    person = visitor.person
    return (
        f"兹证明，截至{worded_day(today)}，{person['name']}"
        f"（{_CARD_NAMES[person['card_kind']]}号码 {person['number']}）"
        "在本中心缴存住房公积金的情况如下："
    )


def _verification_code() -> str:
    """40 random bits in base32 (RFC 4648), in two groups of four."""
    letters = base64.b32encode(secrets.token_bytes(5)).decode()
    return f"{letters[:4]}-{letters[4:]}"
