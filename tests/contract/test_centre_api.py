"""The stand-in centre over a real socket: sessions, refusals, documents, faults."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests

from kiosk.centre.models import Document, RefusalBody
from kiosk.papers.sealed import SealRules, check_sealed, holder_mark
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.offers import CENTRE
from kiosk.workshop.sandbox.pins import PASSWORD
from kiosk.workshop.sandbox.server import serving
from kiosk.workshop.sandbox.sessions import IDLE_S
from tests.waiting import PATIENCE_S

KEY = "k" * 16
OUT_OF_TOWN = "out-of-town-certificate"


class Ticks:
    """Real seconds, and those a test adds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture(scope="module")
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("centre")


@pytest.fixture(scope="module")
def served(directory: Path, ticks: Ticks) -> Iterator[str]:
    with serving(directory, ticks=ticks) as url:
        yield url


class WireTerminal:
    """A terminal with plain requests: what it sends is what is on the wire."""

    def __init__(self, url: str, id_: str = "YL-0001") -> None:
        self.url = url
        self.id = id_
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["X-Terminal"] = id_

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.http.request(method, self.url + path, json=body, timeout=60)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def card(self, persona: str, **changes: Any) -> dict[str, Any]:
        card = personas.load()[persona].card()
        fields = ("kind", "name", "name_latin", "name_cut", "number")
        to = str(card["valid_to"])
        valid_to = None if to == "长期" else to.replace("-", "")
        facts = {name: card[name] for name in fields}
        return {"way": "id-card", **facts, "valid_to": valid_to, **changes}

    def sign_in(self, persona: str, **changes: Any) -> requests.Response:
        body = {"terminal": self.id, "evidence": self.card(persona, **changes)}
        answer = self.ask("POST", "/v1/sessions", body)
        if answer.status_code == 201:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return answer

    def further(self, evidence: dict[str, Any]) -> requests.Response:
        """A further proof of the same citizen."""
        return self.ask("POST", "/v1/sessions/current/proofs", {"evidence": evidence})

    def code(self) -> str:
        return str(self.get("/sandbox/messages")[0]["code"])

    def prove(self, persona: str) -> dict[str, Any]:
        """Card, name, code: the session as it is then."""
        session = self.sign_in(persona).json()
        if session["name_to_confirm"]:
            self.ask("POST", "/v1/sessions/current/name", {"confirmed": True})
        assert self.ask("POST", "/v1/sessions/current/sms").status_code == 200
        answer = self.ask("POST", "/v1/sessions/current/sms/check", {"code": self.code()})
        proved: dict[str, Any] = answer.json()
        assert proved["level"] == "proved"
        return proved

    def order(self, **changes: Any) -> requests.Response:
        """A certificate for the first account."""
        body = {
            "kind": "deposit-certificate",
            "account": self.get("/v1/accounts")[0]["id"],
            "purpose": "01",
            "key": KEY,
        }
        return self.ask("POST", "/v1/documents", body | changes)

    def printed(self, document: str, job: str, complete: bool = True) -> requests.Response:
        body = {"job": job, "pages": 1 if complete else 0, "complete": complete}
        return self.ask("POST", f"/v1/documents/{document}/prints", body)


@pytest.fixture
def terminal(served: str, ticks: Ticks) -> Iterator[WireTerminal]:
    ticks.ahead = 0.0
    terminal = WireTerminal(served)
    assert terminal.ask("POST", "/sandbox/reset").status_code == 204
    yield terminal
    terminal.http.close()


def refused(answer: requests.Response, status: int, code: str) -> RefusalBody:
    """The refusal in ``answer``: complete, in both languages."""
    assert answer.status_code == status, answer.text
    body = RefusalBody.model_validate_json(answer.content)
    assert body.code == code
    for words in (body.reason, body.next_step):
        assert words.zh
        assert words.en.isascii()
        assert "{" not in words.zh + words.en
    assert len(body.reference) == 9
    return body


# -- the catalogue --------------------------------------------------------------------------------


def test_the_catalogue_needs_no_session(terminal: WireTerminal) -> None:
    catalogue = terminal.get("/v1/catalogue")
    assert catalogue["clock"].startswith("2026-01-15T10:0")
    assert catalogue["clock"].endswith("+08:00")
    assert catalogue["demo"] is True
    groups: dict[str, list[str]] = {}
    for offer in catalogue["offers"]:
        groups.setdefault(offer["group"], []).append(offer["service"])
    assert groups == {
        "query": ["account", "ledger", "progress"],
        "paper": ["deposit-certificate", "out-of-town-certificate", "papers"],
        "withdrawal": ["withdraw", "standing-withdrawal", "withdrawals"],
        "loan": ["loan", "prepay", "monthly-offset"],
        "change": ["phone", "payee-card", "personal-data", "query-password", "signing"],
        "transfer": ["account-merge", "transfer-in", "cross-province"],
        "calculate": [
            "repayment-calculator",
            "prepayment-calculator",
            "loan-calculator",
            "contribution-calculator",
            "retirement-calculator",
        ],
        "help": ["verify-paper", "complaints"],
        "read": ["guides", "questions", "policies", "news", "tickets", "projects", "rates"],
        "other": ["outlets", "unit-opening"],
        "unit": [
            "unit-remittances",
            "unit-people",
            "unit-base",
            "unit-ratio",
            "unit-payment",
            "unit-back-payment",
            "unit-certificate",
            "unit-employees",
            "unit",
            "unit-data",
            "unit-progress",
        ],
    }
    offers = {offer["service"]: offer for offer in catalogue["offers"]}
    assert max(len(offer["short"]["zh"]) for offer in offers.values()) <= 6
    assert offers["withdraw"]["limits"] == {"least": "100.00", "most": None, "a_day": None}
    assert [each for each, offer in offers.items() if not offer["open"]] == ["unit-base"]
    certificate = offers["deposit-certificate"]
    assert certificate["limits"]["a_day"] == 3
    elsewhere = offers["out-of-town-certificate"]
    assert [len(elsewhere[each]) for each in ("purposes", "addressees")] == [4, 4]
    assert certificate["hours"] == {"opens": "08:00", "closes": "20:00"}
    assert [p["name"]["zh"] for p in certificate["purposes"]][:2] == ["购房贷款", "异地贷款"]


def test_the_business_day_starts_again_after_eight_hours(
    terminal: WireTerminal, ticks: Ticks
) -> None:
    ticks.ahead = 7.9 * 3600
    assert terminal.get("/v1/catalogue")["clock"] > "2026-01-15T17"
    ticks.ahead = 8.1 * 3600
    assert terminal.get("/v1/catalogue")["clock"] < "2026-01-15T11"


def test_an_offer_that_is_closed_says_why_and_refuses(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    version = terminal.get("/v1/catalogue")["version"]
    because = {"zh": "系统升级", "en": "Upgrade"}
    path = "/sandbox/offers/deposit-certificate"
    terminal.ask("PUT", path, {"open": False, "because": because})
    catalogue = terminal.get("/v1/catalogue")
    assert catalogue["version"] > version
    offers = {offer["service"]: offer for offer in catalogue["offers"]}
    assert offers["deposit-certificate"]["open"] is False
    assert offers["deposit-certificate"]["closed_because"] == because
    refused(terminal.order(), 409, "service-closed")
    terminal.ask("PUT", path, {"open": True})
    assert terminal.order().status_code == 201
    refused(terminal.ask("PUT", "/sandbox/offers/none", {"open": True}), 404, "not-found")


# -- who is there ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("persona", "changes", "status", "code"),
    [
        ("P13", {}, 403, "card-expired"),
        ("P17", {}, 403, "card-lost"),
        ("P14", {}, 404, "no-account"),
        ("S1", {}, 404, "no-account"),
        ("P01", {"number": "110105194912310026"}, 404, "no-account"),
        ("P01", {"kind": "foreigner-2023"}, 404, "no-account"),
        ("P01", {"valid_to": "20260114"}, 403, "card-expired"),
        ("P01", {"valid_to": "20250229"}, 403, "card-expired"),  # a day that no calendar has
        ("P01", {"name": "张三丰"}, 403, "card-name-differs"),
        ("P01", {"name": "张"}, 403, "card-name-differs"),
        ("P01", {"name": ""}, 403, "card-name-differs"),
        ("P11", {"name_cut": False}, 403, "card-name-differs"),
        ("P11", {"name": "阿不都克里木"}, 403, "card-name-differs"),
        ("P10", {"name_latin": "JANE DOE"}, 403, "card-name-differs"),
    ],
)
def test_cards_that_are_refused(
    terminal: WireTerminal, persona: str, changes: dict[str, Any], status: int, code: str
) -> None:
    refused(terminal.sign_in(persona, **changes), status, code)
    assert terminal.get("/sandbox/sessions") == []


@pytest.mark.parametrize(
    ("persona", "changes"),
    [
        ("P01", {}),
        ("P01", {"valid_to": "20260115"}),  # the last day counts
        ("P01", {"valid_to": "20260229"}),  # a day that no calendar has
        ("P04", {}),
        ("P05", {"number": "99010119660102105x"}),
        ("P09", {}),
        ("P10", {}),
        ("P10", {"name_latin": "Jane  Sarah Doe"}),
        ("P11", {"name": "阿不都热依木•阿不都克里木・买买提明", "name_cut": False}),
        ("P12", {}),
        ("P16", {}),
    ],
)
def test_cards_that_are_known(
    terminal: WireTerminal, persona: str, changes: dict[str, Any]
) -> None:
    answer = terminal.sign_in(persona, **changes)
    assert answer.status_code == 201
    assert answer.json()["level"] == "held"
    assert answer.json()["name_to_confirm"] is None


def test_a_name_the_chip_had_cut_is_confirmed_first(terminal: WireTerminal) -> None:
    session = terminal.sign_in("P11").json()
    assert session["level"] == "held"
    assert session["name_to_confirm"] == "阿不都热依木·阿不都克里木·买买提明"
    refused(terminal.ask("POST", "/v1/sessions/current/sms"), 403, "name-not-confirmed")
    fund_code = terminal.ask("POST", "/sandbox/fund-codes/P11").json()
    for evidence in (
        {"way": "password", "password": PASSWORD},
        {"way": "fund-code", "code": fund_code},
        terminal.card("P11"),
    ):
        refused(terminal.further(evidence), 403, "name-not-confirmed")
    no = terminal.ask("POST", "/v1/sessions/current/name", {"confirmed": False})
    refused(no, 403, "name-not-confirmed")
    yes = terminal.ask("POST", "/v1/sessions/current/name", {"confirmed": True})
    assert yes.json()["level"] == "held"
    assert yes.json()["token"] == session["token"]
    terminal.ask("POST", "/v1/sessions/current/sms")
    terminal.ask("POST", "/v1/sessions/current/sms/check", {"code": terminal.code()})
    assert terminal.get("/v1/person")["xingming"] == session["name_to_confirm"]


def test_a_session_from_the_card_to_the_end(terminal: WireTerminal) -> None:
    opened = terminal.sign_in("P01").json()
    assert opened["proofs"][0] == {
        "way": "sms",
        "level": "proved",
        "available": True,
        "hint": "123****0001",
        "reason": None,
    }
    refused(terminal.ask("GET", "/v1/person"), 403, "proof-needed")
    sent = terminal.ask("POST", "/v1/sessions/current/sms").json()
    assert sent == {"phone": "123****0001", "resend_after_s": 60, "valid_s": 300}
    message = terminal.get("/sandbox/messages")[0]
    assert message["phone"] == "12300000001"
    assert message["code"] in message["text"]
    check = {"code": message["code"]}
    proved = terminal.ask("POST", "/v1/sessions/current/sms/check", check).json()
    assert (proved["id"], proved["level"]) == (opened["id"], "proved")
    person = terminal.get("/v1/person")
    assert (person["xingming"], person["zjhm"]) == ("张三", "990101199003071018")
    (listed,) = terminal.get("/sandbox/sessions")
    assert set(listed) == {"id", "terminal", "level", "idle_s"}
    assert listed["level"] == "proved"
    for _ in range(2):
        assert terminal.ask("DELETE", "/v1/sessions/current").status_code == 204
    over = terminal.ask("GET", "/v1/person")
    refused(over, 401, "session-over")
    assert over.headers["WWW-Authenticate"] == "Bearer"
    assert terminal.get("/sandbox/sessions") == []


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer ", "Bearer wrong", "Basic dTpw", "Bearer \xff\xfe"]
)
def test_a_token_that_is_none(terminal: WireTerminal, header: str | None) -> None:
    if header:
        terminal.http.headers["Authorization"] = header.encode("latin-1")
    refused(terminal.ask("GET", "/v1/person"), 401, "session-over")
    refused(terminal.ask("DELETE", "/v1/sessions/current"), 401, "session-over")


def test_a_session_is_bound_to_its_terminal(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    terminal.http.headers["X-Terminal"] = "YL-0002"
    refused(terminal.ask("GET", "/v1/person"), 401, "session-over")
    del terminal.http.headers["X-Terminal"]
    refused(terminal.ask("GET", "/v1/catalogue"), 422, "request-invalid")


def test_a_session_ends_when_idle_and_lives_while_used(
    terminal: WireTerminal, ticks: Ticks
) -> None:
    terminal.prove("P01")
    for _ in range(3):
        ticks.ahead += 590
        terminal.get("/v1/person")
    ticks.ahead += 601
    refused(terminal.ask("GET", "/v1/person"), 401, "session-over")
    assert terminal.ask("DELETE", "/v1/sessions/current").status_code == 204


def test_three_wrong_codes_lock_the_session_only(terminal: WireTerminal) -> None:
    terminal.sign_in("P01")
    check = "/v1/sessions/current/sms/check"
    refused(terminal.ask("POST", check, {"code": "000000"}), 409, "code-expired")
    terminal.ask("POST", "/v1/sessions/current/sms")
    wrong = {"code": f"{(int(terminal.code()) + 1) % 10**6:06}"}
    first = refused(terminal.ask("POST", check, wrong), 403, "code-wrong")
    assert "2" in first.next_step.zh
    refused(terminal.ask("POST", check, wrong), 403, "code-wrong")
    refused(terminal.ask("POST", check, wrong), 403, "code-locked")
    refused(terminal.ask("POST", check, {"code": terminal.code()}), 403, "code-locked")
    refused(terminal.ask("POST", "/v1/sessions/current/sms"), 403, "code-locked")
    assert terminal.prove("P01")["level"] == "proved"


def test_a_code_lives_five_minutes_and_a_new_one_replaces_it(
    terminal: WireTerminal, ticks: Ticks
) -> None:
    terminal.sign_in("P01")
    send, check = "/v1/sessions/current/sms", "/v1/sessions/current/sms/check"
    terminal.ask("POST", send)
    first = terminal.code()
    soon = terminal.ask("POST", send)
    refused(soon, 429, "sms-too-soon")
    assert 55 <= int(soon.headers["Retry-After"]) <= 60
    ticks.ahead += 301
    refused(terminal.ask("POST", check, {"code": first}), 409, "code-expired")
    assert terminal.ask("POST", send).status_code == 200
    if terminal.code() != first:
        refused(terminal.ask("POST", check, {"code": first}), 403, "code-wrong")
    assert terminal.ask("POST", check, {"code": terminal.code()}).status_code == 200


def test_five_codes_a_day_for_a_phone(terminal: WireTerminal) -> None:
    for _ in range(5):
        terminal.prove("P01")
    terminal.sign_in("P01")
    refused(terminal.ask("POST", "/v1/sessions/current/sms"), 429, "sms-daily-limit")
    assert terminal.prove("P03")["level"] == "proved"


# -- looking things up ----------------------------------------------------------------------------


def test_wire_names_and_forms(terminal: WireTerminal) -> None:
    terminal.prove("P03")
    (account,) = terminal.get("/v1/accounts")
    assert account["grzhye"] == "61248.93"
    assert account["jzny"] == "2026-01"
    assert account["khrq"] == "20120601"
    assert account["grjcbl"] == "0.12"
    assert account["grzh"] not in account["id"]
    ledger = terminal.get(f"/v1/accounts/{account['id']}/ledger")
    assert (ledger["year"], ledger["years"]) == (2026, [2026, 2025, 2024])
    assert ledger["entries"][0]["fse"] == "2400.00"
    (loan,) = terminal.get("/v1/loans")
    assert (loan["dkll"], loan["dkye"]) == ("0.0260000", "593351.84")
    assert len(terminal.get(f"/v1/loans/{loan['id']}/plan")) == 354
    assert len(terminal.get(f"/v1/loans/{loan['id']}/repayments")) == 6


@pytest.mark.parametrize(
    "path",
    [
        "/v1/accounts/{id}/ledger",
        "/v1/accounts/{id}/withdrawals",
        "/v1/loans/{id}/plan",
        "/v1/loans/{id}/repayments",
        "/v1/documents/{id}/file",
    ],
)
def test_ids_of_another_session_are_unknown(terminal: WireTerminal, path: str) -> None:
    terminal.prove("P03")
    theirs = terminal.get("/v1/accounts")[0]["id"]
    terminal.prove("P03")
    for id_ in (theirs, "nothing", "%00", "%ff", "x" * 64):
        refused(terminal.ask("GET", path.replace("{id}", id_)), 404, "not-found")


@pytest.mark.parametrize("year", ["1989", "99999", "9" * 5000, "x", "-1", "2025.5", "%00"])
def test_years_that_are_none(terminal: WireTerminal, year: str) -> None:
    terminal.prove("P01")
    id_ = terminal.get("/v1/accounts")[0]["id"]
    path = f"/v1/accounts/{id_}/ledger?year={year}"
    refused(terminal.ask("GET", path), 422, "request-invalid")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"\\ud800"',
        b'{"evidence": {"kind": "resident", "name": "x", "number": "\\ud800"}}',
        b'{"terminal": ' + b"9" * 10_000 + b', "evidence": {}}',
        b'{"terminal": 1e999, "evidence": NaN}',
        b"[" * 100_000,
    ],
)
def test_bodies_that_are_none(terminal: WireTerminal, body: bytes) -> None:
    answer = terminal.http.post(
        terminal.url + "/v1/sessions",
        data=body,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    refused(answer, answer.status_code, "request-invalid")
    assert answer.status_code in (400, 422)


def test_a_nul_in_a_text_is_only_a_wrong_text(terminal: WireTerminal) -> None:
    refused(terminal.sign_in("P01", name="张\0三"), 403, "card-name-differs")
    refused(terminal.sign_in("P01", number="9\0"), 404, "no-account")


def test_half_a_surrogate_pair_is_refused_wherever_it_stands(terminal: WireTerminal) -> None:
    refused(terminal.sign_in("P01", name="\ud800"), 422, "request-invalid")
    terminal.prove("P01")
    refused(terminal.order(key="\ud800" * 16), 422, "request-invalid")
    id_ = terminal.order().json()["id"]
    refused(terminal.printed(id_, "\udfff"), 422, "request-invalid")
    assert terminal.printed(id_, "job-1").json()["prints"] == 1


def test_paths_and_methods_that_are_none(terminal: WireTerminal) -> None:
    refused(terminal.ask("GET", "/v1/nothing"), 404, "request-not-served")
    refused(terminal.ask("PATCH", "/v1/person"), 405, "request-not-served")


# -- documents ------------------------------------------------------------------------------------


def test_a_document_that_the_terminal_accepts(terminal: WireTerminal, directory: Path) -> None:
    session = terminal.prove("P12")
    answer = terminal.order()
    assert answer.status_code == 201
    document = Document.model_validate_json(answer.content)
    file = terminal.ask("GET", f"/v1/documents/{document.id}/file")
    assert file.headers["Content-Type"] == "application/pdf"
    assert hashlib.sha256(file.content).hexdigest() == document.sha256
    holder = holder_mark(session["id"], "欧阳𬭎㛃", "990101199607281120")
    sealed = check_sealed(
        file.content,
        document=document,
        holder=holder,
        now=datetime.fromisoformat(terminal.get("/v1/catalogue")["clock"]),
        rules=SealRules(directory / "root.pem", CENTRE),
        revoked=terminal.ask("GET", "/v1/revocations").content,
    )
    assert (sealed.pages, sealed.id) == (1, document.id)


def test_the_same_key_gives_the_same_document(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    first = terminal.order()
    again = terminal.order()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    refused(terminal.order(purpose="02"), 409, "key-reused")
    assert terminal.order(key="other" * 4).json()["id"] != first.json()["id"]


def test_the_same_key_at_the_same_time_makes_one_document(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    answers: list[requests.Response] = []
    body = terminal.order(key="z" * 16).json()  # the account is known, the fonts are loaded
    account = terminal.get("/v1/accounts")[0]["id"]
    order = {"kind": "deposit-certificate", "account": account, "purpose": "01", "key": KEY}
    headers = dict(terminal.http.headers)

    def send() -> None:
        url = terminal.url + "/v1/documents"
        answers.append(requests.post(url, json=order, headers=headers, timeout=60))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["id"] != body["id"]


def test_two_papers_in_the_same_second_are_each_their_own_persons(
    terminal: WireTerminal, directory: Path
) -> None:
    other = WireTerminal(terminal.url, "YL-0002")
    people = {"P01": terminal, "P12": other}
    sessions = {persona: there.prove(persona) for persona, there in people.items()}
    other.order()  # the fonts are loaded
    made: dict[str, requests.Response] = {}
    both = threading.Barrier(2)

    def send(persona: str) -> None:
        both.wait(PATIENCE_S)
        made[persona] = people[persona].order(key=KEY)  # and both have drawn the same key

    threads = [threading.Thread(target=send, args=(persona,)) for persona in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for persona, there in people.items():
        document = Document.model_validate_json(made[persona].content)
        who = personas.load()[persona]
        sealed = check_sealed(
            there.ask("GET", f"/v1/documents/{document.id}/file").content,
            document=document,
            holder=holder_mark(sessions[persona]["id"], who.name, who.number),
            now=datetime.fromisoformat(there.get("/v1/catalogue")["clock"]),
            rules=SealRules(directory / "root.pem", CENTRE),
            revoked=there.ask("GET", "/v1/revocations").content,
        )
        assert sealed.id == document.id
    other.http.close()


def test_a_document_of_another_session_is_unknown(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    id_ = terminal.order().json()["id"]
    terminal.prove("P01")
    refused(terminal.ask("GET", f"/v1/documents/{id_}/file"), 404, "not-found")


def test_a_frozen_account_has_no_certificate_and_can_be_looked_up(terminal: WireTerminal) -> None:
    terminal.prove("P08")
    body = refused(terminal.order(), 409, "account-frozen")
    assert "法院" in body.next_step.zh
    assert "12329" in body.next_step.zh
    (account,) = terminal.get("/v1/accounts")
    assert "法院" in account["note"]["zh"]
    assert terminal.get(f"/v1/accounts/{account['id']}/ledger")["entries"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"purpose": "77"}, 422, "purpose-unknown"),
        ({"account": "nothing"}, 404, "not-found"),
        ({"kind": "settlement"}, 422, "request-invalid"),
        ({"key": "short"}, 422, "request-invalid"),
    ],
)
def test_orders_that_are_refused(
    terminal: WireTerminal, changes: dict[str, str], status: int, code: str
) -> None:
    terminal.prove("P01")
    refused(terminal.order(**changes), status, code)


@pytest.mark.parametrize(
    ("kind", "changes", "status", "code"),
    [
        ("account-statement", {"years": [2019]}, 409, "no-bookings"),
        ("account-statement", {"years": []}, 422, "request-invalid"),
        (
            "out-of-town-certificate",
            {"addressee": "C09", "purpose": "01"},
            422,
            "addressee-unknown",
        ),
        ("out-of-town-certificate", {"addressee": "C01", "purpose": "05"}, 422, "purpose-unknown"),
        ("repayment-plan", {"loan": "nothing"}, 404, "not-found"),
    ],
)
def test_other_papers_that_are_refused(
    terminal: WireTerminal, kind: str, changes: dict[str, Any], status: int, code: str
) -> None:
    terminal.prove("P01")
    refused(terminal.order(kind=kind, **changes), status, code)


def test_each_kind_of_paper_has_its_own_three_prints_a_day(terminal: WireTerminal) -> None:
    terminal.prove("P02")
    statement = terminal.order(kind="account-statement", years=[2024]).json()
    for job in ("a", "b", "c"):
        left = terminal.printed(statement["id"], job).json()["prints_left_today"]
    assert left == 0
    other = {"kind": "account-statement", "key": "other" * 4}
    refused(terminal.order(**other, years=[2025]), 429, "print-limit")
    certificate = terminal.order(key="third" * 4).json()
    assert (certificate["print_number"], certificate["prints_left_today"]) == (1, 3)


def test_only_whole_prints_count_and_three_are_enough(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    document = terminal.order().json()
    assert document["prints_left_today"] == 3
    id_ = document["id"]
    jammed = terminal.printed(id_, "job-1", complete=False).json()
    assert jammed == {"prints": 0, "prints_left_today": 3}
    for _ in range(2):
        once = terminal.printed(id_, "job-2").json()
        assert once == {"prints": 1, "prints_left_today": 2}
    assert terminal.printed(id_, "job-1").json()["prints"] == 2  # it did come out after all
    assert terminal.printed(id_, "job-1", complete=False).json()["prints"] == 2
    terminal.ask("DELETE", "/v1/sessions/current")
    # Told by the keeper, after the visit: no session any more.
    assert terminal.printed(id_, "job-3").json() == {"prints": 3, "prints_left_today": 0}
    terminal.prove("P01")
    refused(terminal.order(), 429, "print-limit")
    prints = terminal.get("/sandbox/prints")
    assert [(p["job"], p["complete"]) for p in prints] == [("job-1", 1), ("job-2", 1), ("job-3", 1)]


def test_two_terminals_together_cannot_both_have_the_last_print(
    terminal: WireTerminal, ticks: Ticks
) -> None:
    other = WireTerminal(terminal.url, "YL-0002")
    terminal.prove("P01")
    document = terminal.order().json()
    for job in ("a", "b"):
        terminal.printed(document["id"], job)
    other.prove("P01")
    together = threading.Barrier(2)

    def order(at: WireTerminal) -> requests.Response:
        together.wait(timeout=60)
        return at.order(key="last" * 4)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(order, (terminal, other)))
    assert sorted(answer.status_code for answer in answers) == [201, 429]
    had, lacked = (terminal, other) if answers[0].status_code == 201 else (other, terminal)
    assert had.order(key="more" * 4).json()["prints_left_today"] == 1  # looked at, not printed
    refused(lacked.order(key="late" * 4), 429, "print-limit")
    had.ask("DELETE", "/v1/sessions/current")  # the citizen has left without the paper
    assert lacked.order(key="last" * 4).status_code == 201
    ticks.ahead += IDLE_S + 1  # nobody has ended that session
    had.prove("P01")
    assert had.order(key="last" * 4).status_code == 201
    other.http.close()


def test_prints_are_reported_by_the_terminal_that_made_them(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    id_ = terminal.order().json()["id"]
    del terminal.http.headers["Authorization"]
    terminal.http.headers["X-Terminal"] = "YL-0002"
    refused(terminal.printed(id_, "job-1"), 404, "not-found")
    refused(terminal.printed("nothing", "job-1"), 404, "not-found")


def test_ratings_are_anonymous(terminal: WireTerminal) -> None:
    assert terminal.ask("POST", "/v1/ratings", {"service": "loan", "level": 5}).status_code == 204
    for body in ({"service": "loan", "level": 6}, {"service": "loan", "level": 10**30}):
        refused(terminal.ask("POST", "/v1/ratings", body), 422, "request-invalid")
    refused(terminal.ask("POST", "/v1/ratings", {"service": "x", "level": 1}), 404, "not-found")
    assert terminal.get("/sandbox/ratings") == [{"service": "loan", "level": 5}]


# -- faults on request ----------------------------------------------------------------------------


def test_latency(terminal: WireTerminal) -> None:
    fault = {"match": "/v1/catalogue", "kind": "latency", "seconds": 0.3, "times": 1}
    assert terminal.ask("POST", "/sandbox/faults", fault).status_code == 204
    started = time.monotonic()
    terminal.get("/v1/catalogue")
    assert time.monotonic() - started >= 0.3


def test_a_page_of_a_proxy(terminal: WireTerminal) -> None:
    fault = {"match": "/v1/cat", "method": "GET", "kind": "status", "status": 502, "times": 2}
    terminal.ask("POST", "/sandbox/faults", fault)
    for _ in range(2):
        answer = terminal.ask("GET", "/v1/catalogue")
        assert answer.status_code == 502
        assert answer.text.startswith("<html>")
    terminal.get("/v1/catalogue")


def test_half_an_answer(terminal: WireTerminal) -> None:
    terminal.ask("POST", "/sandbox/faults", {"kind": "cut", "times": 1})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        terminal.ask("GET", "/v1/catalogue")
    terminal.get("/v1/catalogue")


def test_an_answer_that_is_lost_after_the_work_was_done(terminal: WireTerminal) -> None:
    fault = {"match": "/v1/ratings", "kind": "drop", "times": 1}
    terminal.ask("POST", "/sandbox/faults", fault)
    with pytest.raises(requests.exceptions.ConnectionError):
        terminal.ask("POST", "/v1/ratings", {"service": "loan", "level": 4})
    assert terminal.get("/sandbox/ratings") == [{"service": "loan", "level": 4}]


def test_an_answer_that_is_not_json(terminal: WireTerminal) -> None:
    terminal.ask("POST", "/sandbox/faults", {"kind": "garbage", "times": 1})
    answer = terminal.ask("GET", "/v1/catalogue")
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_refusal_on_request(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    fault = {"match": "/v1/documents", "kind": "refusal", "code": "seal-unavailable"}
    terminal.ask("POST", "/sandbox/faults", fault)
    for _ in range(2):
        refused(terminal.order(), 409, "seal-unavailable")
    terminal.ask("DELETE", "/sandbox/faults")
    assert terminal.order().status_code == 201


@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "fire"}, {"kind": "refusal", "code": "no-such"}, {"kind": "status", "status": 1}],
)
def test_faults_that_are_none(terminal: WireTerminal, fault: dict[str, Any]) -> None:
    refused(terminal.ask("POST", "/sandbox/faults", fault), 422, "request-invalid")


def test_reset_forgets_everything(terminal: WireTerminal) -> None:
    terminal.prove("P01")
    id_ = terminal.order().json()["id"]
    terminal.printed(id_, "job-1")
    terminal.ask("POST", "/v1/ratings", {"service": "loan", "level": 5})
    terminal.ask("PUT", "/sandbox/offers/loan", {"open": False})
    terminal.ask("POST", "/sandbox/faults", {"kind": "garbage"})
    terminal.ask("POST", "/sandbox/reset")
    for list_ in ("messages", "prints", "ratings", "sessions"):
        assert terminal.get(f"/sandbox/{list_}") == []
    offers = terminal.get("/v1/catalogue")["offers"]
    assert [each["service"] for each in offers if not each["open"]] == ["unit-base"]


# -- starting and stopping ------------------------------------------------------------------------


def test_options_and_what_is_kept_in_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "centre"
    with serving(directory, fixed_code="123456", codes_per_day=1, delay=(0.05, 0.06)) as url:
        terminal = WireTerminal(url)
        started = time.monotonic()
        terminal.prove("P01")
        assert time.monotonic() - started >= 3 * 0.05
        assert terminal.code() == "123456"
        terminal.sign_in("P01")
        refused(terminal.ask("POST", "/v1/sessions/current/sms"), 429, "sms-daily-limit")
        terminal.http.close()
    root = (directory / "root.pem").read_bytes()
    assert (directory / "seal-key.pem").stat().st_mode & 0o077 == 0
    with serving(directory, fresh=False) as url:
        kept = WireTerminal(url)
        assert len(kept.get("/sandbox/messages")) == 1
        kept.http.close()
    with serving(directory) as url:
        fresh = WireTerminal(url)
        assert fresh.get("/sandbox/messages") == []
        fresh.http.close()
    assert (directory / "root.pem").read_bytes() == root


@pytest.mark.parametrize(
    ("persona", "expected", "alert"),
    [
        ("P01", ["张三", "56,958.05", "人民币伍万陆仟玖佰伍拾捌元零伍分", "79个月"], False),
        ("P12", ["欧阳𬭎㛃", "9925070100013"], False),
        ("P18", ["欠缴（5个月）", "2025年8月", "0个月"], True),
        ("P02", ["封存"], False),
        ("P03", ["有，尚未结清"], False),
        ("P06", ["有，已结清"], False),
        ("P10", ["JANE SARAH DOE", "外国人永久居留身份证"], False),
        ("P11", ["阿不都热依木·阿不都克里木·", "买买提明", "无贷款记录"], False),
        ("P16", ["港澳台居民居住证", "单位0% · 个人10%"], False),
    ],
)
def test_what_a_certificate_says(
    terminal: WireTerminal, persona: str, expected: list[str], alert: bool
) -> None:
    terminal.prove(persona)
    document = terminal.order().json()
    file = terminal.ask("GET", f"/v1/documents/{document['id']}/file").content
    with pypdfium2.PdfDocument(io.BytesIO(file)) as pdf:
        assert len(pdf) == document["pages"] == 1
        assert [round(side / 72 * 25.4) for side in pdf[0].get_size()] == [210, 297]
        text = pdf[0].get_textpage().get_text_bounded().replace("\r\n", "\n")
    always = [
        "个人住房公积金缴存证明",
        document["bh"],
        document["yzm"],
        "购房贷款",
        "2个月内有效",
        "12329",
        "DEMO",
        "演示样张",
        "YL-0001",
    ]
    for words in expected + always:
        assert words in text
    assert ("欠缴" in text) is alert
    assert document["verify_url"].startswith("https://verify.example/v/")
    assert document["valid_until"] == "20260315"
