"""The client of the centre keeps the contract: what it sends, and what it makes of good answers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from kiosk.centre.client import CentreClient
from kiosk.centre.document_orders import DepositCertificateOrder
from kiosk.centre.errors import AnotherPerson, CentreUnavailable, Refusal, Trouble
from kiosk.centre.evidence import CardEvidence
from kiosk.centre.level import Level
from kiosk.centre.models import (
    Account,
    Catalogue,
    CentreWords,
    Document,
    DocumentRecord,
    Ledger,
    LedgerEntry,
    Loan,
    Person,
    PlanEntry,
    PrintCount,
    PrintReport,
    Rating,
    Repayment,
    Session,
    ShortName,
    SmsSent,
    WireModel,
    Withdrawal,
)
from kiosk.centre.operations import Confirmation, Evidence
from kiosk.login import LoginEvent
from kiosk.privacy import Sensitive
from kiosk.words import Language
from kiosk.workshop.sandbox.publication import edition
from tests.centre_server import CentreServer, late, reply
from tests.waiting import PROMPT_S

CHINA = timezone(timedelta(hours=8))
NUMBER = "990101199001011020"
TOKEN = "t0k-en.of.this~visit"
PDF = b"%PDF-1.7 not read here"

CARD = CardEvidence(
    kind="resident",
    name=Sensitive("演示甲"),
    number=Sensitive(NUMBER),
    valid_to="20360101",
    reader="05.01-20200101",
)
SESSION = Session(
    id="5" * 32,
    token=Sensitive(TOKEN),
    expires=datetime(2026, 1, 15, 10, 10, tzinfo=CHINA),
    level=Level.HELD,
)
PERSON = Person(
    name=Sensitive("演示甲"),
    sex="2",
    document_kind="01",
    document_number=Sensitive(NUMBER),
    phone=Sensitive("12300000001"),
)
ACCOUNT = Account(
    id="a-1",
    number=Sensitive("9919070100001"),
    status="01",
    opened=date(2019, 7, 1),
    balance=Sensitive(Decimal("56958.05")),
    base=Decimal("8000.00"),
    personal_amount=Decimal("960.00"),
    employer_amount=Decimal("960.00"),
    personal_ratio=Decimal("0.12"),
    employer_ratio=Decimal("0.12"),
    employer="云岭市第一中学(演示)",
    employer_number="9818010100001",
    employer_status="01",
    paid_to=date(2026, 1, 1),
    as_of=date(2026, 1, 15),
)
LEDGER = Ledger(
    year=2026,
    years=(2026, 2025, 2024),
    entries=(
        LedgerEntry(
            booked=date(2026, 1, 15),
            kind="01",
            month=date(2026, 1, 1),
            amount=Decimal("1920.00"),
            balance=Decimal("56958.05"),
            serial="20260115000001",
        ),
    ),
    paid_in=Decimal("1920.00"),
    interest=Decimal("0.00"),
    withdrawn=Decimal("0.00"),
)
WITHDRAWAL = Withdrawal(
    booked=date(2025, 1, 10),
    reason="06",
    way="02",
    amount=Decimal("18000.00"),
    total=Decimal("18000.00"),
    serial="20250110000001",
)
LOAN = Loan(
    id="l-1",
    number=Sensitive("8025061000003"),
    contract=Sensitive("9025061000003"),
    state="2",
    granted=Decimal("600000.00"),
    granted_on=date(2025, 6, 10),
    balance=Sensitive(Decimal("593351.84")),
    rate=Decimal("0.0260000"),
    way="01",
    terms=360,
    terms_paid=6,
    repay_day=20,
    next_due=date(2026, 1, 20),
    next_amount=Decimal("2402.04"),
    next_principal=Decimal("1116.44"),
    next_interest=Decimal("1285.60"),
    principal_paid=Decimal("6648.16"),
    interest_paid=Decimal("7764.08"),
    overdue_principal=Decimal("0.00"),
    overdue_interest=Decimal("0.00"),
    penalty=Decimal("0.00"),
    terms_overdue=0,
    due_now=Decimal("0.00"),
    risk="01",
    security="02",
    bank="演示银行",
    house=Sensitive("演示省云岭市示范区测试小区3栋2单元501"),
)
PLAN = PlanEntry(
    term=7,
    due=date(2026, 1, 20),
    amount=Decimal("2402.04"),
    principal=Decimal("1116.44"),
    interest=Decimal("1285.60"),
    balance=Decimal("592235.40"),
)
REPAYMENT = Repayment(
    term=6,
    due=date(2025, 12, 20),
    paid_on=date(2025, 12, 20),
    kind="01",
    amount=Decimal("2402.04"),
    principal=Decimal("1114.03"),
    interest=Decimal("1288.01"),
    penalty=Decimal("0.00"),
    balance=Decimal("593351.84"),
)
DOCUMENT = Document(
    id="d-1",
    number="演示证字〔2026〕第00001号",
    title=CentreWords(zh="缴存证明", en="Certificate of contributions"),
    pages=1,
    sha256=hashlib.sha256(PDF).hexdigest(),
    verification_code="ABCD-2345",
    verify_url="https://verify.example/v/x",
    valid_until=date(2026, 3, 15),
    prints_left_today=3,
)
REQUEST = DepositCertificateOrder(
    kind="deposit-certificate", account="a-1", purpose="loan", key="0123456789abcdef"
)
REPORT = PrintReport(job="j-1", pages=1, complete=True)
COUNT = PrintCount(prints=1, prints_left_today=2)
RECORD = DocumentRecord(
    number="云岭缴字〔2026〕第00000001号",
    title=CentreWords(zh="缴存证明", en="Certificate"),
    made=date(2026, 1, 15),
    pages=1,
    verification_code="ABCD-EFGH",
    prints=1,
)
SMS = SmsSent(phone="123****0001", resend_after_s=60, valid_s=300)
CATALOGUE = Catalogue(
    version=1,
    clock=datetime(2026, 1, 15, 10, tzinfo=CHINA),
    centre=CentreWords(zh="云岭市住房公积金管理中心(演示)", en="Yunling (demo)"),
    short_name=ShortName(zh="中心", en="Centre"),
    hotline="12329",
    demo=True,
    offers=(),
)


def wire(value: WireModel | tuple[WireModel, ...]) -> bytes:
    """As the centre writes it."""
    if isinstance(value, tuple):
        return b"[" + b",".join(wire(one) for one in value) + b"]"
    return value.model_dump_json().encode()


@pytest.fixture
def server() -> Iterator[CentreServer]:
    with CentreServer() as server:
        server.on("POST", "/v1/sessions", reply(201, wire(SESSION)))
        server.on("DELETE", "/v1/sessions/current", reply(204))
        yield server


@pytest.fixture
def client(server: CentreServer) -> Iterator[CentreClient]:
    with CentreClient(server.url, "T0001", read_s=2, whole_s=4) as client:
        yield client


CALLS: list[tuple[str, WireModel | tuple[WireModel, ...], Callable[[CentreClient], Any]]] = [
    ("GET /v1/catalogue", CATALOGUE, lambda c: c.catalogue()),
    ("GET /v1/publication", edition(), lambda c: c.publication()),
    ("GET /v1/person", PERSON, lambda c: c.person()),
    ("GET /v1/accounts", (ACCOUNT, ACCOUNT), lambda c: c.accounts()),
    ("GET /v1/accounts/a-1/ledger", LEDGER, lambda c: c.ledger("a-1")),
    ("GET /v1/accounts/a-1/ledger?year=2026", LEDGER, lambda c: c.ledger("a-1", 2026)),
    ("GET /v1/accounts/a-1/withdrawals", (WITHDRAWAL,), lambda c: c.withdrawals("a-1")),
    ("GET /v1/loans", (LOAN,), lambda c: c.loans()),
    ("GET /v1/loans/l-1/plan", (PLAN,), lambda c: c.plan("l-1")),
    ("GET /v1/loans/l-1/repayments", (REPAYMENT,), lambda c: c.repayments("l-1")),
    ("POST /v1/sessions/current/sms", SMS, lambda c: c.send_sms()),
    ("POST /v1/documents", DOCUMENT, lambda c: c.make_document(REQUEST)),
    ("GET /v1/documents", (RECORD,), lambda c: c.documents()),
    ("POST /v1/documents/d-1/prints", COUNT, lambda c: c.report_print("d-1", REPORT)),
]


@pytest.mark.parametrize(("asked", "answer", "call"), CALLS, ids=[call[0] for call in CALLS])
def test_calls(
    server: CentreServer,
    client: CentreClient,
    asked: str,
    answer: WireModel | tuple[WireModel, ...],
    call: Callable[[CentreClient], Any],
) -> None:
    client.sign_in(CARD)
    method, _, path = asked.partition(" ")
    server.on(method, path.partition("?")[0], reply(200, wire(answer)))
    assert call(client) == answer
    seen = server.requests[-1]
    assert f"{seen.method} {seen.path}" == asked
    assert seen.headers["X-Terminal"] == "T0001"
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"


def test_no_account_and_no_loan(server: CentreServer, client: CentreClient) -> None:
    server.on("GET", "/v1/accounts", reply(200, b"[]"))
    assert client.accounts() == ()


def test_a_visit_from_sign_in_to_close(server: CentreServer, client: CentreClient) -> None:
    before = client.session
    assert before is None
    named = SESSION.model_copy(update={"name_to_confirm": None})
    proved = SESSION.model_copy(update={"level": Level.PROVED, "token": Sensitive("second")})
    server.on("POST", "/v1/sessions/current/name", reply(200, wire(named)))
    server.on("POST", "/v1/sessions/current/sms/check", reply(200, wire(proved)))
    assert (client.sign_in(CARD), client.session) == (SESSION, SESSION)
    assert client.confirm_name(True) == named
    assert (client.check_sms(Sensitive("123456")), client.session) == (proved, proved)
    client.close()
    assert client.session is None
    client.close()
    sign_in, confirm, check, leave = server.requests
    assert sign_in.json == {
        "terminal": "T0001",
        "agreement": "",
        "evidence": {
            "way": "id-card",
            "kind": "resident",
            "name": "演示甲",
            "name_latin": "",
            "name_cut": False,
            "number": NUMBER,
            "valid_to": "20360101",
            "reader": "05.01-20200101",
        },
    }
    assert "Authorization" not in sign_in.headers
    assert sign_in.headers["Content-Type"] == "application/json"
    assert confirm.json == {"confirmed": True}
    assert check.json == {"code": "123456"}
    assert check.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (leave.method, leave.path) == ("DELETE", "/v1/sessions/current")
    assert leave.headers["Authorization"] == "Bearer second"


@pytest.mark.parametrize(
    "number", ["990101199001011039", "", "99010119900101102", "990101900101103"]
)
def test_a_person_that_is_not_who_holds_the_card_ends_the_session(
    server: CentreServer, client: CentreClient, number: str
) -> None:
    other = PERSON.model_copy(update={"document_number": Sensitive(number)})
    server.on("GET", "/v1/person", reply(200, wire(other)))
    client.sign_in(CARD)
    with pytest.raises(AnotherPerson) as caught:
        client.person()
    assert caught.value.trouble is Trouble.NONSENSE
    assert client.session is None
    assert server.requests[-1].method == "DELETE"


@pytest.mark.parametrize("small", ["99010119900101102x", "990101900101102"])
def test_a_number_in_another_form_is_the_same_person(
    server: CentreServer, client: CentreClient, small: str
) -> None:
    """A check character in small letters; the 15 digits of an old card (GB 11643-1989)."""
    large = "99010119900101102X"
    card = CARD.model_copy(update={"number": Sensitive(small)})
    person = PERSON.model_copy(update={"document_number": Sensitive(large)})
    server.on("GET", "/v1/person", reply(200, wire(person)))
    client.sign_in(card)
    assert client.person() == person


@pytest.mark.parametrize(
    "update",
    [{"level": Level.HELD}, {"level": Level.PROVED, "name_to_confirm": Sensitive("演示甲")}],
)
def test_a_proof_that_raises_nothing_is_none(
    server: CentreServer, client: CentreClient, update: dict[str, Any]
) -> None:
    still = SESSION.model_copy(update=update)
    server.on("POST", "/v1/sessions/current/sms/check", reply(200, wire(still)))
    client.sign_in(CARD)
    with pytest.raises(CentreUnavailable, match="a session that is only"):
        client.check_sms(Sensitive("123456"))
    assert client.session == SESSION


def test_a_second_card_closes_the_first_session(server: CentreServer, client: CentreClient) -> None:
    client.sign_in(CARD)
    client.sign_in(CARD)
    assert [seen.method for seen in server.requests] == ["POST", "DELETE", "POST"]


def test_the_file_of_a_document(server: CentreServer, client: CentreClient) -> None:
    server.on("GET", "/v1/documents/d-1/file", reply(200, PDF, kind="application/pdf"))
    assert client.document_file(DOCUMENT) == PDF


def test_the_revocation_list_needs_no_session(server: CentreServer, client: CentreClient) -> None:
    server.on("GET", "/v1/revocations", reply(200, b"DER", kind="application/pkix-crl"))
    assert client.revocation_list() == b"DER"
    assert "Authorization" not in server.requests[-1].headers


def test_the_roster_of_the_staff_needs_no_session(
    server: CentreServer, client: CentreClient
) -> None:
    one = {"number": "6021", "name": "陈工", "role": "clerk-of-2030", "card": "1" * 64}
    staff = [{**one, "pin": "2" * 64, "new": 1}]
    good: dict[str, Any] = {"edition": 7, "salt": "ab" * 16, "staff": staff}
    server.on("GET", "/v1/staff", reply(200, json.dumps(good).encode()))
    assert client.staff_roster().edition == 7
    assert "Authorization" not in server.requests[-1].headers
    bad: Any
    for bad in ({**good, "staff": staff * 2}, {**good, "edition": 0}, []):
        server.on("GET", "/v1/staff", reply(200, json.dumps(bad).encode()))
        with pytest.raises(CentreUnavailable, match="GET /v1/staff"):
            client.staff_roster()


def test_an_approval_is_told_to_the_audit_log_by_the_operation(server: CentreServer) -> None:
    told: list[tuple[LoginEvent, str, str]] = []
    with CentreClient(server.url, "T0001", on_login=lambda *one: told.append(one)) as client:
        client.tell_of_clerk(LoginEvent.APPROVED, "7f" * 16, "clerk:6031")
    assert told == [(LoginEvent.APPROVED, "7f" * 16, "clerk:6031")]
    assert server.requests == []


def test_a_rating_is_anonymous_in_its_body(server: CentreServer, client: CentreClient) -> None:
    server.on("POST", "/v1/ratings", reply(204))
    client.rate(Rating(service="account", level=5))
    assert server.requests[-1].json == {"service": "account", "level": 5}


def test_a_print_is_reported_without_a_session(server: CentreServer, client: CentreClient) -> None:
    server.on("POST", "/v1/documents/d-1/prints", reply(200, wire(COUNT)))
    unknown = PrintReport(job="j-1", pages=None, complete=False)
    assert client.report_print("d-1", unknown) == COUNT
    assert "Authorization" not in server.requests[-1].headers
    assert server.requests[-1].json == {"job": "j-1", "pages": None, "complete": False}


def test_an_address_with_a_path_before_v1(server: CentreServer) -> None:
    server.on("GET", "/api/v1/catalogue", reply(200, wire(CATALOGUE)))
    with CentreClient(server.url + "/api/", "T0001") as client:
        assert client.catalogue() == CATALOGUE


def test_unknown_fields_of_a_newer_centre_are_ignored(
    server: CentreServer, client: CentreClient
) -> None:
    body = COUNT.model_dump() | {"new": {"deep": [1]}}
    server.on("POST", "/v1/documents/d-1/prints", reply(200, body))
    assert client.report_print("d-1", REPORT) == COUNT


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_a_refusal_says_why_and_what_next(
    server: CentreServer, client: CentreClient, status: int
) -> None:
    body = {
        "code": "print-limit",
        "reason": {"zh": "今日打印次数已满", "en": "No more prints today"},
        "next_step": {"zh": "请明日再来", "en": "Come back tomorrow"},
        "reference": "K7Q2-9XMD",
    }
    server.on("POST", "/v1/documents", reply(status, body))
    with pytest.raises(Refusal) as caught:
        client.make_document(REQUEST)
    assert caught.value.code == "print-limit"
    assert caught.value.reference == "K7Q2-9XMD"
    assert isinstance(caught.value.reason, CentreWords)
    assert caught.value.reason.say(Language.ZH) == "今日打印次数已满"
    assert isinstance(caught.value.next_step, CentreWords)
    assert caught.value.next_step.say(Language.EN) == "Come back tomorrow"
    assert len(server.requests) == 1  # a no is an answer


def test_the_audit_log_is_told_of_evidence_refused_and_of_no_other_refusal(
    server: CentreServer,
) -> None:
    told: list[tuple[LoginEvent, str, str]] = []
    words = {"zh": "不行", "en": "No"}
    body = {"reason": words, "next_step": words, "reference": "K7Q2-9XMD"}
    operation = "7" * 32
    proof = Evidence(kind="sms", value=Sensitive("123456"))
    confirmation = Confirmation(digest="0" * 64, evidence=(proof,))
    client = CentreClient(server.url, "T0001", on_login=lambda *word: told.append(word))
    with client:
        calls: list[tuple[str, str, str, Callable[[], object]]] = [
            ("POST", "/v1/sessions", "card-lost", lambda: client.sign_in(CARD)),
            ("GET", "/v1/accounts", "no-account", client.accounts),
            ("GET", "/v1/loans", "session-over", client.loans),
            (
                "POST",
                f"/v1/operations/{operation}/confirmation",
                "code-wrong",
                lambda: client.operations.confirm(operation, confirmation),
            ),
            (
                "GET",
                f"/v1/operations/{operation}",
                "not-found",
                lambda: client.operations.operation(operation),
            ),
        ]
        for method, path, code, call in calls:
            server.on(method, path, reply(403, body | {"code": code}))
            with pytest.raises(Refusal):
                call()
    assert told == [
        (LoginEvent.REFUSED, "", "card-lost"),
        (LoginEvent.REFUSED, "", "session-over"),
        (LoginEvent.REFUSED, operation, "code-wrong"),
    ]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n"])
def test_a_code_of_another_form_is_not_sent(
    server: CentreServer, client: CentreClient, code: str
) -> None:
    with pytest.raises(ValueError, match="six digits") as caught:
        client.check_sms(Sensitive(code))
    assert caught.value.__context__ is None
    assert not server.requests


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "a?b", "a#b", "a b", "%2e", "é", "x" * 65])
def test_an_id_that_would_change_the_path_is_not_sent(
    server: CentreServer, client: CentreClient, id: str
) -> None:
    with pytest.raises(CentreUnavailable) as caught:
        client.ledger(id)
    assert caught.value.trouble is Trouble.NONSENSE
    assert not server.requests


@pytest.mark.parametrize(
    ("method", "answer", "call"),
    [
        pytest.param(
            ("GET", "/v1/accounts/a-1/ledger"),
            wire(LEDGER),
            lambda c: c.ledger("a-1", 2025),
            id="the ledger of another year",
        ),
        pytest.param(
            ("POST", "/v1/sessions/current/sms/check"),
            wire(SESSION.model_copy(update={"id": "6" * 32})),
            lambda c: c.check_sms(Sensitive("123456")),
            id="another session",
        ),
        pytest.param(
            ("POST", "/v1/sessions"),
            wire(SESSION.model_copy(update={"token": Sensitive("a\r\nX-Evil: 1")})),
            lambda c: c.sign_in(CARD),
            id="a token with a line break",
        ),
        pytest.param(
            ("POST", "/v1/sessions"),
            wire(SESSION.model_copy(update={"token": Sensitive("")})),
            lambda c: c.sign_in(CARD),
            id="an empty token",
        ),
        pytest.param(
            ("GET", "/v1/documents/d-1/file"),
            PDF + b"of another",
            lambda c: c.document_file(DOCUMENT),
            id="another file",
        ),
    ],
)
def test_an_answer_about_something_else(
    server: CentreServer,
    client: CentreClient,
    method: tuple[str, str],
    answer: bytes,
    call: Callable[[CentreClient], Any],
) -> None:
    client.sign_in(CARD)
    server.on(*method, reply(200, answer))
    with pytest.raises(CentreUnavailable) as caught:
        call(client)
    assert caught.value.trouble is Trouble.NONSENSE
    assert client.session in (SESSION, None)


def test_another_document_for_the_same_key(server: CentreServer, client: CentreClient) -> None:
    other = DOCUMENT.model_copy(update={"id": "d-2"})
    server.on(
        "POST",
        "/v1/documents",
        reply(201, wire(DOCUMENT)),
        reply(200, wire(DOCUMENT)),
        reply(200, wire(other)),
    )
    assert client.make_document(REQUEST) == DOCUMENT
    assert client.make_document(REQUEST) == DOCUMENT
    with pytest.raises(CentreUnavailable) as caught:
        client.make_document(REQUEST)
    assert caught.value.trouble is Trouble.NONSENSE


def test_the_log_has_one_line_for_a_request_and_nobody_in_it(
    server: CentreServer, client: CentreClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on("GET", "/v1/accounts/a-1/ledger", reply(200, wire(LEDGER)))
    server.on("GET", "/v1/person", reply(200, wire(PERSON)))
    client.sign_in(CARD)
    client.ledger("a-1", 2026)
    client.person()
    lines = [vars(record) for record in caplog.records if record.name == "kiosk.centre"]
    assert [(line["message"], line["endpoint"], line["status"]) for line in lines] == [
        ("centre asked", "POST /v1/sessions", "201"),
        ("centre asked", "GET /v1/accounts/{id}/ledger", "200"),
        ("centre asked", "GET /v1/person", "200"),
    ]
    assert all(line["ms"] >= 0 for line in lines)
    for secret in (TOKEN, NUMBER, "演示甲", "12300000001", "56958.05"):
        assert secret not in caplog.text + str(lines)


def test_times_are_told_for_the_benchmark(server: CentreServer) -> None:
    told: list[tuple[str, float]] = []
    server.on("GET", "/v1/accounts/a-1/ledger", late(0.1, reply(200, wire(LEDGER))))
    with CentreClient(server.url, "T0001", on_time=lambda *time: told.append(time)) as client:
        client.ledger("a-1", 2026)
    ((endpoint, seconds),) = told
    assert endpoint == "GET /v1/accounts/{id}/ledger"
    assert 0.1 <= seconds < PROMPT_S


def test_connections_are_kept_between_calls(server: CentreServer, client: CentreClient) -> None:
    server.on("GET", "/v1/accounts", reply(200, b"[]"))
    for _ in range(3):
        client.accounts()
    assert {seen.connection for seen in server.requests} == {0}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "centre.example",
        "ftp://centre.example",
        "https://",
        "http://centre.example",  # a citizen's data in the clear
        "http://10.0.0.1:8080",
        "http://localhost.centre.example",
        "https://user:secret@centre.example",
        "https://centre.example/?a=1",
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ValueError, match="centre"):
        CentreClient(url, "T0001")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_without_tls_only_on_this_machine(host: str) -> None:
    CentreClient(f"http://{host}:8080/api", "T0001").close()


@pytest.mark.parametrize("terminal", ["", "a b", "T1\r\nX: 1", "终端", "x" * 33])
def test_terminals_that_cannot_be(terminal: str) -> None:
    with pytest.raises(ValueError, match="terminal"):
        CentreClient("https://centre.example", terminal)


def test_further_evidence_raises_the_level_that_the_centre_says(
    server: CentreServer, client: CentreClient
) -> None:
    client.sign_in(CARD, "2026-01")
    strong = SESSION.model_copy(update={"level": Level.STRONG})
    server.on("POST", "/v1/sessions/current/proofs", reply(200, wire(strong)))
    assert client.prove(CARD).level is Level.STRONG
    assert server.requests[0].json["agreement"] == "2026-01"
    assert server.requests[1].json["evidence"]["way"] == "id-card"
