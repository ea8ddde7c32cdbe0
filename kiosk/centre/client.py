"""Asks the centre over HTTPS, and gives typed answers or typed errors.

Whatever a network or a server does ends in one of three ways: a model of ``kiosk.centre.models``, a
:class:`Refusal` (the centre said no) or :class:`CentreUnavailable` (no answer that can be trusted).
Exceptions of the HTTP and JSON libraries carry the request or the answer, and with it a token and a
citizen's data: they are turned into values before anything is raised, so no traceback shows them.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from pydantic import ConfigDict, TypeAdapter, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import (
    Account,
    CardEvidence,
    Catalogue,
    Document,
    DocumentRequest,
    Ledger,
    Loan,
    NameConfirmation,
    Person,
    PlanEntry,
    PrintCount,
    PrintReport,
    Rating,
    RefusalBody,
    Repayment,
    Session,
    SignIn,
    SmsCheck,
    SmsSent,
    Wire,
    Withdrawal,
)
from kiosk.privacy import Sensitive

T = TypeVar("T")
M = TypeVar("M", bound=Wire)
OnTime = Callable[[str, float], None]
"""Is told a call's endpoint and how many seconds it took."""
log = logging.getLogger("kiosk.centre")

MOST_BYTES = 10_000_000
"""No answer of the centre is larger; a certificate has some 100 kB."""
PAUSES_S = (0.2, 0.6)
"""Pauses before the second and the third try of a request that may be repeated."""
FRESH_S = 1.0
"""A connection idle for longer is not used for what may not be repeated: the centre may be closing
it at this moment, and a request lost that way could not be told from one that was carried out."""
CLOSE_S = 1.8
"""How long signing out may hold up the end of a visit."""

_TERMINAL = re.compile(r"[A-Za-z0-9._-]{1,32}")
_ID = re.compile(r"(?=.*[A-Za-z0-9_~-])[A-Za-z0-9._~-]{1,64}")  # never "." or ".."
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True, repr=False)
class _Answer:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Silence:
    trouble: Trouble
    detail: str


class FundClient:
    """One visit's connection to the centre. Used from one thread.

    Every method asks once and gives a checked model. All of them raise :class:`Refusal` when the
    centre says no, and :class:`CentreUnavailable` when there is no answer that can be trusted:
    ``DOWN`` no connection or 5xx, ``SLOW`` not complete in time, ``BUSY`` 429 without a reason,
    ``NONSENSE`` cut off, not JSON, not fitting the model, or about something else than was asked.
    What may be repeated without harm (GET, DELETE, and the POSTs that carry a key or a job) is
    tried up to three times within ``whole_s``; everything else exactly once.
    """

    def __init__(
        self,
        url: str,
        terminal: str,
        *,
        connect_s: float = 3.0,
        read_s: float = 8.0,
        whole_s: float = 15.0,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        on_time: OnTime | None = None,
    ) -> None:
        """``url`` is the centre's address before ``/v1``: https, or http on this machine only.
        ``terminal`` is sent as ``X-Terminal``: 1 to 32 ASCII letters, digits, ``.``, ``_``, ``-``.

        Seconds: ``connect_s`` for a connection, ``read_s`` for any pause within an answer,
        ``whole_s`` for a complete answer with all repetitions. PEM files: ``ca`` the only roots to
        trust (None: the system's), ``certificate`` and ``key`` for mutual TLS; the key may be a TPM
        one (``TSS2 PRIVATE KEY``) when OpenSSL has the provider, and may stand in ``certificate``.

        ``on_time`` is told each call's endpoint (``GET /v1/accounts/{id}/ledger``) and seconds.
        Raises ``ValueError`` for a setting that cannot work.
        """
        if not _TERMINAL.fullmatch(terminal):
            raise ValueError("the terminal's id has 1 to 32 letters, digits, dots or dashes")
        self._url = _checked_url(url)
        self._connect_s = connect_s
        self._read_s = read_s
        self._whole_s = whole_s
        self._on_time = on_time or (lambda endpoint, seconds: None)
        self._patience = _Patience()
        self._session: Session | None = None
        self._documents: dict[str, str] = {}
        self._last_use = 0.0
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy, no netrc, no CA bundle from the environment
        self._http.headers.clear()
        self._http.headers.update(
            {
                "Accept": "application/json, application/pdf",
                "Accept-Encoding": "identity",
                "User-Agent": "provident-kiosk",
                "X-Terminal": terminal,
            }
        )
        adapter = _Adapter(_tls(ca, certificate, key), self._patience)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def __enter__(self) -> FundClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def session(self) -> Session | None:
        """The centre's side of this visit, as it last said; None before and after."""
        return self._session

    # -- what may be offered, who is there ----------------------------------------------------

    def catalogue(self) -> Catalogue:
        """What this terminal may offer now. Needs no session."""
        return self._ask(_Call("GET", "/v1/catalogue"), _CATALOGUE)

    def sign_in(self, card: CardEvidence) -> Session:
        """Open the session of this visit with what was read from the card; an older one is closed.

        Refusals: card-expired, card-lost, no-account, …
        """
        self._sign_out()
        terminal = str(self._http.headers["X-Terminal"])
        body = SignIn(terminal=terminal, card=card)
        return self._take(self._ask(_Call("POST", "/v1/sessions", body=body), _SESSION))

    def confirm_name(self, confirmed: bool) -> Session:
        """The citizen says whether the full name is theirs. Refusal: name-not-confirmed."""
        body = NameConfirmation(confirmed=confirmed)
        return self._renew(_Call("POST", "/v1/sessions/current/name", body=body))

    def send_sms(self) -> SmsSent:
        """Send a code to the phone on file. Refusals: sms-too-soon, sms-daily-limit."""
        return self._ask(_Call("POST", "/v1/sessions/current/sms"), _SMS_SENT)

    def check_sms(self, code: Sensitive[str]) -> Session:
        """Check the code the citizen typed: six digits, else ``ValueError``.

        Refusals: code-wrong, code-expired, code-locked. The session is then ``proved``.
        """
        body = _fitting(SmsCheck, code=code)
        if body is None:
            raise ValueError("a code has six digits")
        return self._renew(_Call("POST", "/v1/sessions/current/sms/check", body=body))

    def person(self) -> Person:
        """The account holder. From here on a session that is ``proved`` is needed."""
        return self._ask(_Call("GET", "/v1/person"), _PERSON)

    # -- the account, the loan ----------------------------------------------------------------

    def accounts(self) -> tuple[Account, ...]:
        """All accounts of the person, in the centre's order."""
        return self._ask(_Call("GET", "/v1/accounts"), _ACCOUNTS)

    def ledger(self, account_id: str, year: int | None = None) -> Ledger:
        """The bookings of a calendar year; without ``year`` the newest one that has any."""
        query = "" if year is None else f"?year={year:d}"
        ledger = self._ask(
            _Call("GET", "/v1/accounts/{id}/ledger", id=account_id, query=query), _LEDGER
        )
        if year is not None and ledger.year != year:
            raise CentreUnavailable(Trouble.NONSENSE, "the ledger of another year")
        return ledger

    def withdrawals(self, account_id: str) -> tuple[Withdrawal, ...]:
        """All withdrawals, newest first."""
        return self._ask(_Call("GET", "/v1/accounts/{id}/withdrawals", id=account_id), _WITHDRAWALS)

    def loans(self) -> tuple[Loan, ...]:
        """All loans of the person, the settled ones too."""
        return self._ask(_Call("GET", "/v1/loans"), _LOANS)

    def plan(self, loan_id: str) -> tuple[PlanEntry, ...]:
        """The instalments still to come, next first."""
        return self._ask(_Call("GET", "/v1/loans/{id}/plan", id=loan_id), _PLAN)

    def repayments(self, loan_id: str) -> tuple[Repayment, ...]:
        """The instalments paid or owed, newest first."""
        return self._ask(_Call("GET", "/v1/loans/{id}/repayments", id=loan_id), _REPAYMENTS)

    # -- documents, rating --------------------------------------------------------------------

    def make_document(self, request: DocumentRequest) -> Document:
        """Have a document made and sealed. The same key gives the same document.

        Refusals: account-closed, account-frozen, print-limit, seal-unavailable.
        """
        call = _Call("POST", "/v1/documents", body=request, keyed=True)
        document = self._ask(call, _DOCUMENT)
        if self._documents.setdefault(request.key, document.id) != document.id:
            raise CentreUnavailable(Trouble.NONSENSE, "another document for the same key")
        return document

    def document_file(self, document: Document) -> bytes:
        """The signed PDF of ``document``, whole: its SHA-256 is the one the centre announced.

        Whether it is genuine and belongs to this visit is for ``kiosk.papers.sealed``.
        """
        call = _Call("GET", "/v1/documents/{id}/file", id=document.id)
        body = self._body(call, (200,))
        if hashlib.sha256(body).hexdigest() != document.sha256:
            raise CentreUnavailable(Trouble.NONSENSE, f"{call.endpoint}: not the file announced")
        return body

    def report_print(self, document_id: str, report: PrintReport) -> PrintCount:
        """Tell what came out of the printer; the same job is counted once. Needs no session."""
        call = _Call("POST", "/v1/documents/{id}/prints", id=document_id, body=report, keyed=True)
        return self._ask(call, _PRINT_COUNT)

    def rate(self, rating: Rating) -> None:
        """Hand on an anonymous rating."""
        self._body(_Call("POST", "/v1/ratings", body=rating), (204,))

    def close(self) -> None:
        """Close the session at the centre, if it can be reached, and every connection.

        Never raises and takes less than two seconds. Also right when nothing is open.
        """
        self._sign_out()
        self._http.close()

    # -- one call -----------------------------------------------------------------------------

    def _renew(self, call: _Call) -> Session:
        """A call that changes what the session may do."""
        session = self._ask(call, _SESSION)
        known = self._session
        if known is None or session.id != known.id:
            raise CentreUnavailable(Trouble.NONSENSE, f"{call.endpoint}: another session")
        return self._take(session)

    def _take(self, session: Session) -> Session:
        if not _TOKEN.fullmatch(session.token.reveal()):
            raise CentreUnavailable(Trouble.NONSENSE, "a token that cannot stand in a header")
        self._session = session
        return session

    def _sign_out(self) -> None:
        session, self._session = self._session, None
        self._documents.clear()
        if session is None:
            return
        call = _Call("DELETE", "/v1/sessions/current")
        # A thread, because nothing bounds the time of a name look-up.
        leaving = threading.Thread(
            target=self._outcome, args=(call, session, CLOSE_S - 0.3), daemon=True, name="sign out"
        )
        leaving.start()
        leaving.join(CLOSE_S)

    def _ask(self, call: _Call, answer: TypeAdapter[T]) -> T:
        body = self._body(call, (200, 201))
        try:
            return answer.validate_json(body)
        except ValidationError as error:
            # Only where it does not fit: the error itself holds what the centre sent.
            where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise CentreUnavailable(
            Trouble.NONSENSE, f"{call.endpoint}: does not fit at {where or 'the top'}"
        )

    def _body(self, call: _Call, good: tuple[int, ...]) -> bytes:
        """The body of an answer with a ``good`` status; raises for every other outcome."""
        outcome = self._outcome(call, self._session, self._whole_s)
        if isinstance(outcome, _Silence):
            raise CentreUnavailable(outcome.trouble, f"{call.endpoint}: {outcome.detail}")
        if outcome.status in good:
            return outcome.body
        if 400 <= outcome.status < 500:
            no = _read_refusal(outcome.body)
            if no is not None:
                raise Refusal(no.code, no.reason, no.next_step, no.reference)
        trouble = Trouble.BUSY if outcome.status == 429 else Trouble.NONSENSE
        raise CentreUnavailable(trouble, f"{call.endpoint}: status {outcome.status}")

    def _outcome(self, call: _Call, session: Session | None, whole_s: float) -> _Answer | _Silence:
        """Ask, and ask again where that is harmless and may help. Never raises."""
        if call.id is not None and not _ID.fullmatch(call.id):
            return _Silence(Trouble.NONSENSE, "an id that cannot stand in a path")
        began = time.monotonic()
        self._patience.by = began + whole_s
        for pause in (*PAUSES_S, None) if call.repeatable else (None,):
            outcome = self._exchange(call, session)
            if isinstance(outcome, _Answer) or pause is None:
                break
            if self._patience.left() <= pause:
                break
            time.sleep(pause)
        self._on_time(call.endpoint, time.monotonic() - began)
        return outcome

    def _exchange(self, call: _Call, session: Session | None) -> _Answer | _Silence:
        """One request and its whole answer, as a value; one line in the log."""
        began = time.monotonic()
        if not call.repeatable and began - self._last_use > FRESH_S:
            self._http.close()
        outcome = self._transfer(call, session)
        self._last_use = time.monotonic()
        seen = str(outcome.status) if isinstance(outcome, _Answer) else outcome.trouble.value
        took = (self._last_use - began) * 1000
        log.info("%s %s %d ms", call.endpoint, seen, took)
        if isinstance(outcome, _Answer) and outcome.status >= 500:
            return _Silence(Trouble.DOWN, f"status {outcome.status}")
        return outcome

    def _transfer(self, call: _Call, session: Session | None) -> _Answer | _Silence:
        headers = {"Authorization": f"Bearer {session.token.reveal()}"} if session else {}
        data = None
        if call.body is not None:
            data = call.body.model_dump_json().encode()
            headers["Content-Type"] = "application/json"
        left = max(0.01, self._patience.left())
        body = bytearray()
        try:
            with self._http.request(
                call.method,
                self._url + call.path,
                data=data,
                headers=headers,
                timeout=(min(self._connect_s, left), min(self._read_s, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                for chunk in response.raw.stream(65536, decode_content=False):
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return _Silence(Trouble.NONSENSE, "the answer is too large")
                return _Answer(response.status_code, bytes(body))
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            return _Silence(Trouble.SLOW, "no complete answer in time")
        except requests.exceptions.SSLError as error:
            return _Silence(Trouble.DOWN, f"TLS: {_tls_reason(error)}")
        except requests.ConnectionError as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, urllib3.exceptions.MaxRetryError):
                return _Silence(Trouble.DOWN, f"no connection ({type(cause.reason).__name__})")
            return _Silence(Trouble.NONSENSE, "cut off before an answer")
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return _Silence(Trouble.NONSENSE, f"cut off or not HTTP ({type(error).__name__})")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request: ``template`` is what a log may name, ``{id}`` in it stands for ``id``."""

    method: str
    template: str
    id: str | None = None
    query: str = ""
    body: Wire | None = None
    keyed: bool = False  # a POST that carries a key or a job: the centre does it once

    @property
    def repeatable(self) -> bool:
        return self.keyed or self.method in ("GET", "DELETE")

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def path(self) -> str:
        return self.template.replace("{id}", self.id or "") + self.query


_QUIET = ConfigDict(hide_input_in_errors=True)
_CATALOGUE: TypeAdapter[Catalogue] = TypeAdapter(Catalogue)
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)
_SMS_SENT: TypeAdapter[SmsSent] = TypeAdapter(SmsSent)
_PERSON: TypeAdapter[Person] = TypeAdapter(Person)
_ACCOUNTS: TypeAdapter[tuple[Account, ...]] = TypeAdapter(tuple[Account, ...], config=_QUIET)
_LEDGER: TypeAdapter[Ledger] = TypeAdapter(Ledger)
_WITHDRAWALS: TypeAdapter[tuple[Withdrawal, ...]] = TypeAdapter(
    tuple[Withdrawal, ...], config=_QUIET
)
_LOANS: TypeAdapter[tuple[Loan, ...]] = TypeAdapter(tuple[Loan, ...], config=_QUIET)
_PLAN: TypeAdapter[tuple[PlanEntry, ...]] = TypeAdapter(tuple[PlanEntry, ...], config=_QUIET)
_REPAYMENTS: TypeAdapter[tuple[Repayment, ...]] = TypeAdapter(tuple[Repayment, ...], config=_QUIET)
_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_PRINT_COUNT: TypeAdapter[PrintCount] = TypeAdapter(PrintCount)


def _fitting(model: type[M], **values: object) -> M | None:
    """The model, or None when the values do not fit; without the error, which may hold them."""
    try:
        return model(**values)
    except ValidationError:
        return None


def _read_refusal(body: bytes) -> RefusalBody | None:
    try:
        return RefusalBody.model_validate_json(body)
    except ValidationError:
        return None


def _tls_reason(error: BaseException) -> str:
    """The reason OpenSSL gives, out of the wrappings of two libraries."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        found = next(
            (
                value
                for value in (*found.args, getattr(found, "reason", None), found.__context__)
                if isinstance(value, BaseException)
            ),
            None,
        )
    if isinstance(found, ssl.SSLCertVerificationError):
        return found.verify_message
    return str(getattr(found, "reason", None) or "handshake failed")


# -- the wire -------------------------------------------------------------------------------------


def _checked_url(url: str) -> str:
    """``url`` without a slash at its end, when personal data may travel to it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise ValueError("the centre's address is a URL like https://centre.example/api")
    if parts.username is not None:
        raise ValueError("no user name belongs into the centre's address")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ValueError("http is for this machine only; the centre needs https")
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """A context of the standard library: the only one that also takes a key inside a TPM."""
    if key is not None and certificate is None:
        raise ValueError("a key needs its certificate")
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            # An encrypted key would ask at the console and wait for ever: no password, an error.
            context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise ValueError(f"the files for TLS cannot be used: {error}") from error
    return context


class _Patience:
    """By when, on the monotonic clock, the call at hand must be over."""

    def __init__(self) -> None:
        self.by = 0.0

    def left(self) -> float:
        return self.by - time.monotonic()


class _Adapter(HTTPAdapter):
    """Uses one TLS context as it is, and connections whose answers end in time."""

    def __init__(self, context: ssl.SSLContext, patience: _Patience) -> None:
        self._context = context
        self._patience = patience
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._patience)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the context alone: the base class would make it trust the roots of certifi too."""
        conn.cert_reqs = "CERT_REQUIRED"


def _pools(patience: _Patience) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Connection pools that read every answer through :class:`_TimedBytes`."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_TimedBytes(self.fp.detach(), sock, patience))

    class Plain(HTTPConnection):
        response_class = Answer

    class Secure(HTTPSConnection):
        response_class = Answer

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _TimedBytes(io.RawIOBase):
    """What comes from a socket until patience ends.

    A time-out of a socket bounds one pause only: a server that sends a byte now and then would hold
    the citizen for ever, in the head of an answer as well as in its body.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, patience: _Patience) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._patience.left()
        if left <= 0:
            raise TimeoutError("the whole answer takes too long")
        pause = self._sock.gettimeout()
        if pause is None or pause > left:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
