"""What a visit and the committer ask about operations, and which answers they take for none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kiosk.centre.client import CentreClient
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import WireModel
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Evidence,
    Operation,
    OperationStatus,
    Payee,
    TrialLine,
    WithdrawalOrder,
    digest_of,
)
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from tests.centre_server import CentreServer, late, raw, reply

ID, OTHER, KEY = "0" * 31 + "1", "f" * 32, "a" * 32
WORDS = {"zh": "字", "en": "words"}
NO = {"code": "in-flight", "reason": WORDS, "next_step": WORDS, "reference": "K7Q2-9XMD"}
STATUS = {"id": ID, "state": "confirmed"}
DRAFT = {
    "id": ID,
    "business": "repay-loan-withdrawal",
    "state": "drafted",
    "version": 1,
    "title": WORDS,
    "amount": "14412.24",
    "payee": {"id": "c-1", "bank": "演示银行", "tail": "0030"},
    "confirmed_by": [["sms"]],
    "draft_ttl_s": 600,
}
ORDER = WithdrawalOrder(
    business=Business.REPAY_LOAN_WITHDRAWAL, account="a-1", loan="l-1", amount=Decimal("14412.24")
)
REQUEST = DraftRequest(key=KEY, order=ORDER)
CONFIRMATION = Confirmation(
    evidence=(Evidence(kind="sms", value=Sensitive("123456")),), digest="0" * 64
)
OPERATIONS = "/v1/operations"
ONE = f"{OPERATIONS}/{ID}"


@pytest.fixture
def server() -> Iterator[CentreServer]:
    with CentreServer() as server:
        yield server


@pytest.fixture
def visit(server: CentreServer) -> Iterator[CentreClient]:
    with CentreClient(server.url, "YL-0001", whole_s=2.0) as client:
        yield client


@pytest.fixture
def committer(server: CentreServer) -> Iterator[CommitClient]:
    with CommitClient(server.url, "YL-0001", commit_s=0.4, query_s=0.4) as client:
        yield client


def test_a_draft_is_what_was_ordered_under_the_same_id(
    server: CentreServer, visit: CentreClient
) -> None:
    server.on("POST", OPERATIONS, reply(201, DRAFT), reply(200, DRAFT | {"state": "confirmed"}))
    draft = visit.operations.draft(REQUEST)
    assert (draft.id, draft.amount, draft.payee) == (
        ID,
        Decimal("14412.24"),
        Payee(id="c-1", bank="演示银行", tail="0030"),
    )
    assert visit.operations.draft(REQUEST).state is OperationState.CONFIRMED
    assert server.requests[0].json == {
        "key": KEY,
        "order": {
            "business": "repay-loan-withdrawal",
            "account": "a-1",
            "amount": "14412.24",
            "loan": "l-1",
        },
    }


def test_only_what_is_done_is_paid(server: CentreServer, visit: CentreClient) -> None:
    paid = DRAFT | {"payout": {"state": "due", "day": "20260120"}}
    server.on("POST", OPERATIONS, reply(200, paid | {"state": "done"}), reply(200, paid))
    assert visit.operations.draft(REQUEST).payout is not None
    with pytest.raises(CentreUnavailable) as error:
        visit.operations.draft(REQUEST)
    assert error.value.trouble is Trouble.NONSENSE


@pytest.mark.parametrize("wrong", [{"id": OTHER}, {"business": "retirement-withdrawal"}])
def test_a_draft_of_something_else_is_no_answer(
    server: CentreServer, visit: CentreClient, wrong: dict[str, str]
) -> None:
    server.on("POST", OPERATIONS, reply(201, DRAFT), reply(200, DRAFT | wrong))
    visit.operations.draft(REQUEST)
    with pytest.raises(CentreUnavailable) as error:
        visit.operations.draft(REQUEST)
    assert error.value.trouble is Trouble.NONSENSE


def test_a_refused_draft_names_the_operation_in_the_way(
    server: CentreServer, visit: CentreClient
) -> None:
    server.on("POST", OPERATIONS, reply(409, NO | {"operation": OTHER, "state": "confirmed"}))
    with pytest.raises(Refusal) as error:
        visit.operations.draft(REQUEST)
    assert (error.value.code, error.value.operation) == ("in-flight", OTHER)


def test_every_call_of_a_visit_goes_where_the_contract_says(
    server: CentreServer, visit: CentreClient
) -> None:
    server.on("GET", "/v1/authorisation", reply(200, {
        "version": "1", "agencies": [WORDS], "facts": [WORDS], "purpose": WORDS, "text": WORDS,
    }))  # fmt: skip
    server.on("POST", "/v1/authorisation", reply(204))
    server.on("GET", "/v1/eligibility", reply(200, [
        {"business": "repay-loan-withdrawal", "can": True, "most": "14412.24"},
        {"business": "rent-withdrawal", "can": False, "refusal": NO},
    ]))  # fmt: skip
    server.on("POST", "/v1/trials", reply(200, {"choices": []}))
    server.on("POST", f"{ONE}/sms", reply(200, {
        "phone": "123****0003", "resend_after_s": 60, "valid_s": 300,
    }))  # fmt: skip
    server.on("POST", f"{ONE}/consent", reply(201, {
        "content": "https://centre.example/consent/x", "valid_s": 600,
    }))  # fmt: skip
    server.on("POST", f"{ONE}/confirmation", reply(200, STATUS))
    server.on("POST", f"{ONE}/cancellation", reply(200, STATUS | {"state": "cancelled"}))
    server.on("POST", f"{ONE}/told", reply(204))
    server.on("GET", ONE, reply(200, DRAFT | {"state": "done", "reference": "01"}))
    server.on("GET", OPERATIONS, reply(200, [DRAFT]))
    ask = visit.operations
    ask.authorise(AuthorisationAnswer(version=ask.authorisation().version, agreed=True))
    can, cannot = ask.eligibility("withdrawal")
    assert can.most == Decimal("14412.24")
    assert cannot.refusal
    assert cannot.refusal.code == "in-flight"
    ask.trial(ORDER)
    assert ask.send_code(ID).phone == "123****0003"
    assert ask.open_consent(ID).content.reveal() == "https://centre.example/consent/x"
    assert ask.confirm(ID, CONFIRMATION).state is OperationState.CONFIRMED
    assert ask.cancel(ID).state is OperationState.CANCELLED
    ask.told(ID)
    assert ask.operation(ID).reference == "01"
    assert [operation.id for operation in ask.open_operations()] == [ID]
    assert [operation.id for operation in ask.all_operations()] == [ID]
    assert [f"{seen.method} {seen.path}" for seen in server.requests] == [
        "GET /v1/authorisation",
        "POST /v1/authorisation",
        "GET /v1/eligibility?group=withdrawal",
        "POST /v1/trials",
        f"POST {ONE}/sms",
        f"POST {ONE}/consent",
        f"POST {ONE}/confirmation",
        f"POST {ONE}/cancellation",
        f"POST {ONE}/told",
        f"GET {ONE}",
        "GET /v1/operations?open=true",
        "GET /v1/operations",
    ]
    confirmed = server.requests[6].json
    assert confirmed == {
        "evidence": [{"kind": "sms", "value": "123456"}],
        "digest": "0" * 64,
    }


STATES: list[tuple[str, str, Callable[[CentreClient], object]]] = [
    ("POST", f"{ONE}/confirmation", lambda visit: visit.operations.confirm(ID, CONFIRMATION)),
    ("POST", f"{ONE}/cancellation", lambda visit: visit.operations.cancel(ID)),
    (
        "POST",
        f"{ONE}/referral/withdrawal",
        lambda visit: visit.operations.withdraw_application(ID),
    ),
    ("GET", ONE, lambda visit: visit.operations.operation(ID)),
]


@pytest.mark.parametrize("wrong", [{"id": OTHER}, {"state": "lost"}, {"state": None}])
@pytest.mark.parametrize(("method", "path", "ask"), STATES)
def test_another_operation_or_an_unknown_state_is_no_answer(
    server: CentreServer,
    visit: CentreClient,
    method: str,
    path: str,
    ask: Callable[[CentreClient], object],
    wrong: dict[str, Any],
) -> None:
    server.on(method, path, reply(200, DRAFT | wrong))
    with pytest.raises(CentreUnavailable) as error:
        ask(visit)
    assert error.value.trouble is Trouble.NONSENSE


def test_a_confirmation_is_sent_once_and_a_cancellation_again(
    server: CentreServer, visit: CentreClient
) -> None:
    server.on("POST", f"{ONE}/confirmation", reply(503))
    server.on("POST", f"{ONE}/cancellation", reply(503), reply(200, STATUS))
    with pytest.raises(CentreUnavailable):
        visit.operations.confirm(ID, CONFIRMATION)
    assert len(server.requests) == 1
    assert visit.operations.cancel(ID).state is OperationState.CONFIRMED
    assert len(server.requests) == 3


# -- the committer --------------------------------------------------------------------------------


def test_a_commit_carries_an_id_and_nothing_else(
    server: CentreServer, committer: CommitClient
) -> None:
    done = STATUS | {"state": "done", "reference": "0126011500000001"}
    server.on("POST", f"{ONE}/commit", reply(200, done))
    server.on("GET", f"{ONE}/status", reply(200, STATUS | {"state": "in-progress"}))
    assert committer.commit(ID).reference == "0126011500000001"
    assert committer.query(ID).state is OperationState.IN_PROGRESS
    commit = server.requests[0]
    assert commit.body == b""
    assert "Authorization" not in commit.headers
    assert commit.headers["X-Terminal"] == "YL-0001"


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, STATUS | {"id": OTHER}),
        reply(200, STATUS | {"state": "finished"}),
        reply(200, {"state": "done"}),
        reply(200, "<html>"),
        reply(502, "<html>", kind="text/html"),
        reply(404, "<html>", kind="text/html"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"),
        late(1.0, reply(200, STATUS)),
    ],
)
def test_what_is_no_answer_about_this_operation_moves_nothing_on(
    server: CentreServer, committer: CommitClient, answer: Any
) -> None:
    server.on("POST", f"{ONE}/commit", answer)
    with pytest.raises(CentreUnavailable):
        committer.commit(ID)
    assert len(server.requests) == 1, "a commit is never repeated by the connection itself"


def test_a_refusal_of_a_commit_is_a_refusal(server: CentreServer, committer: CommitClient) -> None:
    server.on("POST", f"{ONE}/commit", reply(409, NO | {"code": "not-confirmed"}))
    server.on("GET", f"{ONE}/status", reply(404, NO | {"code": "not-found"}))
    with pytest.raises(Refusal, match="not-confirmed"):
        committer.commit(ID)
    with pytest.raises(Refusal, match="not-found"):
        committer.query(ID)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("sent", "heard"), [("7", 7), ("", None), ("soon", None)])
def test_the_pause_that_the_centre_asks_for_is_heard(
    server: CentreServer, committer: CommitClient, status: int, sent: str, heard: int | None
) -> None:
    head = f"HTTP/1.1 {status} Later\r\nRetry-After: {sent}\r\nContent-Length: 0\r\n\r\n"
    server.on("POST", f"{ONE}/commit", raw(head.encode()))
    with pytest.raises(CentreUnavailable) as error:
        committer.commit(ID)
    assert error.value.retry_after_s == heard


# -- the models -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "sent", "value"),
    [
        ("money", "1997.21", Decimal("1997.21")),
        ("count", 273, 273),
        ("day", "20260315", date(2026, 3, 15)),
    ],
)
def test_a_line_of_a_trial_has_one_value(field: str, sent: object, value: object) -> None:
    read = TrialLine.model_validate({"label": WORDS, field: sent})
    assert read.value == value
    assert TrialLine.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("values", [{}, {"money": "1.00", "count": 1}])
def test_a_line_of_a_trial_with_another_number_of_values_is_none(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrialLine.model_validate({"label": WORDS} | values)


def test_the_digest_changes_with_everything_that_was_seen() -> None:
    text = {"id": "t", "version": "1", "title": WORDS, "short": WORDS, "text": "…"}
    seen = TypeAdapter(Operation).validate_python(DRAFT | {"texts": [text]})
    others: list[dict[str, Any]] = [
        {"id": OTHER},
        {"version": 2},
        {"amount": Decimal("14412.25")},
        {"amount": None},
        {"payee": Payee(id="c-1", bank="演示银行", tail="0031")},
        {"payee": None},
        {"texts": ()},
        {"texts": (seen.texts[0].model_copy(update={"version": "2"}),)},
    ]
    digests = {digest_of(seen.model_copy(update=change)) for change in others}
    assert len(digests | {digest_of(seen)}) == len(others) + 1
    assert digest_of(seen.model_copy(update={"state": OperationState.CONFIRMED})) == digest_of(seen)


@pytest.mark.parametrize("model", [DraftRequest, Confirmation, OperationStatus])
def test_the_examples_of_the_contract_fit_their_models(model: type[WireModel]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        assert model.model_validate(example).model_dump(mode="json", exclude_none=True) == example
