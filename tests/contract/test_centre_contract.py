"""The contract's document is the one that is served, and the stand-in keeps it for any request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kiosk.workshop.sandbox import openapi, personas
from kiosk.workshop.sandbox.server import serving

KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
TERMINAL = "YL-0001"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("centre"), fixed_code="123456") as url:
        yield url


@pytest.fixture(scope="module")
def headers(url: str) -> dict[str, str]:
    """A terminal with a proved session: random requests come further with it."""
    return session_headers(url, "P03")


def session_headers(url: str, persona: str) -> dict[str, str]:
    card = personas.load()[persona].card()
    evidence = {name: card[name] for name in ("kind", "name_latin", "number")}
    evidence["way"] = "id-card"
    evidence["name"] = personas.load()[persona].name  # whole: nothing to confirm
    headers = {"X-Terminal": TERMINAL}
    send = partial(requests.post, headers=headers, timeout=60)
    session = send(url + "/v1/sessions", json={"terminal": TERMINAL, "evidence": evidence}).json()
    headers["Authorization"] = f"Bearer {session['token']}"
    send(url + "/v1/sessions/current/sms")
    send(url + "/v1/sessions/current/sms/check", json={"code": "123456"})
    return headers


# The file is what is served, as a test below says. To make it of the models takes a second, in
# every process that collects this module.
SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.DOCUMENT.read_text(encoding="utf-8")))


def operations() -> Iterator[Any]:
    for result in SCHEMA.get_all_operations():
        assert isinstance(result, Ok)
        yield result.ok()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", list(operations()), ids=lambda operation: operation.label)
def test_any_request_is_answered_as_the_contract_says(
    operation: Any, mode: GenerationMode, url: str, headers: dict[str, str]
) -> None:
    if operation.method == "delete":
        headers = headers | {"Authorization": "Bearer none"}  # the others need the session

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=KEPT)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing about this request can be wrong


def test_real_answers_fit_the_document(url: str) -> None:
    """Every path that needs a real id, with personas that show every kind of it."""
    # The random requests have guessed codes: who guesses waits longer and longer.
    requests.post(url + "/sandbox/reset", timeout=60)
    for persona in ("P01", "P03", "P08", "P11", "P15", "P18", "A1"):
        http = requests.Session()
        http.headers.update(session_headers(url, persona))

        def ask(method: str, path: str, *, http: requests.Session = http, **values: Any) -> Any:
            real = path.format(**values.pop("ids", {}))
            answer = http.request(method, url + real, timeout=60, **values)
            assert answer.status_code < 300
            SCHEMA[path][method].validate_response(answer)
            return answer.json() if "json" in answer.headers["Content-Type"] else answer.content

        ask("GET", "/v1/catalogue")
        ask("GET", "/v1/person")
        for account in ask("GET", "/v1/accounts"):
            ids = {"id": account["id"]}
            ask("GET", "/v1/accounts/{id}/ledger", ids=ids, params={"year": 2025})
            ask("GET", "/v1/accounts/{id}/withdrawals", ids=ids)
            if persona == "P08":
                continue
            order = {"kind": "deposit-certificate", "account": account["id"], "purpose": "02"}
            document = ask("POST", "/v1/documents", json=order | {"key": "k" * 16})
            ask("POST", "/v1/complaints", json={"key": "k" * 16, "subject": "idea"})
            about = {"topic": "account", "account": account["id"]}
            handed = {"id": ask("POST", "/v1/handovers", json={"about": about})["id"]}
            ask("GET", "/v1/handovers/{id}", ids=handed)
            ask("POST", "/v1/verifications", json={"code": document["yzm"]})
            ids = {"id": document["id"]}
            assert ask("GET", "/v1/documents/{id}/file", ids=ids).startswith(b"%PDF-")
            report = {"job": "j", "pages": None, "complete": False}
            ask("POST", "/v1/documents/{id}/prints", ids=ids, json=report)
            statement = {"kind": "account-statement", "account": account["id"], "years": [2025]}
            ask("POST", "/v1/documents", json=statement | {"key": "s" * 16})
        for loan in ask("GET", "/v1/loans"):
            record = {"kind": "repayment-record", "loan": loan["id"], "key": "r" * 16}
            ask("POST", "/v1/documents", json=record)
            ask("GET", "/v1/loans/{id}/plan", ids={"id": loan["id"]})
            ask("GET", "/v1/loans/{id}/repayments", ids={"id": loan["id"]})
        if persona == "P01":
            for outlet in ask("GET", "/v1/outlets"):
                slots = ask("GET", "/v1/outlets/{id}/slots", ids={"id": outlet["id"]})
            taken = {"key": "k" * 16, "outlet": "shifan-road"}
            ask("POST", "/v1/tickets", json=taken)
            kept = {"outlet": "new-town", "at": slots[0]["at"]}
            number = ask("POST", "/v1/appointments", json=kept)["number"]
            ask("GET", "/v1/appointments")
            gone = http.delete(f"{url}/v1/appointments/{number}", timeout=60)
            assert (gone.status_code, gone.content) == (204, b"")
        for unit in ask("GET", "/v1/units"):
            ids = {"id": unit["id"]}
            ask("GET", "/v1/units/{id}/remittances", ids=ids, params={"year": 2025})
            ask("GET", "/v1/units/{id}/month", ids=ids, params={"month": unit["month"]})
            ask("GET", "/v1/units/{id}/employees", ids=ids)
        http.close()


def test_the_document_in_the_repository_is_the_one_that_is_served(url: str) -> None:
    kept = openapi.DOCUMENT.read_text(encoding="utf-8")
    assert kept == openapi.text(), "renew it with: python -m kiosk.workshop.sandbox.openapi"
    assert json.loads(kept) == requests.get(url + "/openapi.json", timeout=60).json()


def test_the_document_has_the_contract_and_nothing_of_the_sandbox() -> None:
    document = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    assert {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    } == {
        "GET /v1/catalogue",
        "GET /v1/publication",
        "POST /v1/certificates",
        "POST /v1/enrolments",
        "GET /v1/enrolments/{id}",
        "POST /v1/sessions",
        "DELETE /v1/sessions/current",
        "POST /v1/sessions/current/name",
        "POST /v1/sessions/current/sms",
        "POST /v1/sessions/current/face",
        "POST /v1/sessions/current/face/check",
        "POST /v1/sessions/current/sms/check",
        "POST /v1/sessions/current/proofs",
        "GET /v1/sessions/current/pin-key",
        "POST /v1/logins",
        "GET /v1/logins/{id}",
        "DELETE /v1/logins/{id}",
        "POST /v1/handovers",
        "GET /v1/handovers/{id}",
        "DELETE /v1/handovers/{id}",
        "GET /v1/person",
        "GET /v1/accounts",
        "GET /v1/accounts/{id}/ledger",
        "GET /v1/accounts/{id}/withdrawals",
        "GET /v1/outlets",
        "GET /v1/outlets/{id}/slots",
        "POST /v1/tickets",
        "GET /v1/appointments",
        "POST /v1/appointments",
        "DELETE /v1/appointments/{id}",
        "GET /v1/units",
        "GET /v1/units/{id}/remittances",
        "GET /v1/units/{id}/month",
        "GET /v1/units/{id}/employees",
        "GET /v1/loans",
        "GET /v1/loans/{id}/plan",
        "GET /v1/loans/{id}/repayments",
        "POST /v1/documents",
        "GET /v1/documents",
        "GET /v1/documents/{id}/file",
        "POST /v1/documents/{id}/prints",
        "GET /v1/revocations",
        "GET /v1/staff",
        "POST /v1/verifications",
        "POST /v1/complaints",
        "POST /v1/ratings",
        "GET /v1/audit/heads",
        "POST /v1/audit/heads",
        "GET /v1/authorisation",
        "POST /v1/authorisation",
        "GET /v1/eligibility",
        "POST /v1/trials",
        "POST /v1/operations",
        "GET /v1/operations",
        "GET /v1/operations/{id}",
        "POST /v1/operations/{id}/sms",
        "POST /v1/operations/{id}/consent",
        "POST /v1/operations/{id}/login",
        "POST /v1/operations/{id}/face",
        "POST /v1/operations/{id}/face/check",
        "POST /v1/operations/{id}/confirmation",
        "POST /v1/operations/{id}/cancellation",
        "POST /v1/operations/{id}/referral/withdrawal",
        "POST /v1/operations/{id}/told",
        "POST /v1/operations/{id}/commit",
        "GET /v1/operations/{id}/status",
    }
    for item in document["paths"].values():
        for operation in item.values():
            refusal = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert refusal["$ref"].endswith("/RefusalBody")
            assert "X-Terminal" in [p["name"] for p in operation["parameters"]]


def test_the_document_names_nothing_of_a_machine() -> None:
    text = openapi.DOCUMENT.read_text(encoding="utf-8")
    assert str(Path(__file__).parents[2]) not in text
    for said in ('"scheme": "bearer"', '"type": "http"', '"https://centre.example"'):
        text = text.replace(said, "")
    assert "http" not in text


OPEN = {
    "POST /v1/certificates",
    "POST /v1/enrolments",
    "GET /v1/enrolments/{id}",
    "GET /v1/catalogue",
    "GET /v1/outlets",
    "GET /v1/publication",
    "GET /v1/revocations",
    "GET /v1/staff",
    "POST /v1/sessions",
    "POST /v1/verifications",
    "POST /v1/ratings",
    "POST /v1/documents/{id}/prints",
    "GET /v1/operations/{id}/status",
    "POST /v1/operations/{id}/commit",
    "DELETE /v1/logins/{id}",
    "GET /v1/handovers/{id}",
    "DELETE /v1/handovers/{id}",
    "GET /v1/audit/heads",
    "GET /v1/logins/{id}",
    "POST /v1/audit/heads",
}
"""What a terminal asks by itself, without a citizen's session."""


def test_the_document_says_where_it_is_served_and_what_needs_no_session() -> None:
    document = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    assert [server["url"] for server in document["servers"]] == ["https://centre.example"]
    told = {
        f"{method.upper()} {path}": operation["security"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert {name for name, needed in told.items() if needed == []} == OPEN
    bearer: dict[str, list[str]] = {"HTTPBearer": []}
    for either in ("POST /v1/tickets", "POST /v1/complaints", "POST /v1/handovers"):
        assert told.pop(either) in ([{}, bearer], [bearer, {}])  # with a session or without
    assert all(needed == [bearer] for name, needed in told.items() if name not in OPEN)
    assert "X-Terminal" in document["info"]["description"]
