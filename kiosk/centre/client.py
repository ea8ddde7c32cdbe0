"""Asks the centre, and gives typed answers or typed errors.

Whatever a network or a server does ends in one of three ways: a model of ``kiosk.centre.models``, a
:class:`Refusal` (the centre said no) or :class:`CentreUnavailable` (no answer that can be trusted).
Exceptions of the HTTP and JSON libraries carry the request or the answer, and with it a token and a
citizen's data: they are turned into values before anything is raised, so no traceback shows them.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from drivers.device import Deadline
from drivers.sentence import en, joined
from kiosk.centre.answers import body_of, read
from kiosk.centre.document_orders import DocumentOrder
from kiosk.centre.errors import AnotherPerson, CentreUnavailable, Refusal, Trouble
from kiosk.centre.evidence import FurtherProof, LoginEvidence, SignIn, same_number
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.handovers_client import HandoversClient
from kiosk.centre.level import Level
from kiosk.centre.logins import Logins
from kiosk.centre.models import (
    Account,
    Accounts,
    Catalogue,
    Document,
    DocumentRecord,
    DocumentRecords,
    Ledger,
    Loan,
    Loans,
    NameConfirmation,
    Person,
    Plan,
    PlanEntry,
    PrintCount,
    PrintReport,
    Rating,
    Repayment,
    Repayments,
    Session,
    SmsCheck,
    SmsSent,
    WireModel,
    Withdrawal,
    Withdrawals,
)
from kiosk.centre.operations_client import OperationsClient
from kiosk.centre.outlets_client import OutletsClient
from kiosk.centre.public_client import PublicClient
from kiosk.centre.publication import Publication
from kiosk.centre.roster import StaffRoster
from kiosk.centre.transport import (
    Answered,
    Call,
    Closing,
    Meanwhile,
    OnTime,
    Silence,
    Transport,
    tls_context,
)
from kiosk.centre.units_client import UnitsClient
from kiosk.endings import How
from kiosk.login import LoginEvent, TellLogin, tell_nobody
from kiosk.privacy import Sensitive

T = TypeVar("T")
M = TypeVar("M", bound=WireModel)

CLOSE_S = 1.8
"""Seconds for which signing out may hold up the end of a visit."""
LATE_S = 1.2
"""How many of them closing a visit waits for the answer to a sign-in that the citizen has left."""

_EVIDENCE = re.compile(
    r"/v1/(sessions|logins|operations/\{id\}/(sms|login|face|confirmation))(/|$)"
)
"""The endpoints whose refusals the audit log is told: they sign in, prove or confirm."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class CentreClient(Closing):
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
        context: ssl.SSLContext | None = None,
        on_time: OnTime | None = None,
        meanwhile: Meanwhile | None = None,
        on_login: TellLogin = tell_nobody,
    ) -> None:
        """``url`` is the centre's address before ``/v1``: https, or http on this machine only.
        ``terminal`` is sent as ``X-Terminal``: 1 to 32 ASCII letters, digits, ``.``, ``_``, ``-``.

        Seconds: ``connect_s`` for a connection, ``read_s`` for any pause within an answer,
        ``whole_s`` for a complete answer with all repetitions. PEM files: ``ca`` the only roots to
        trust (None: the system's), ``certificate`` and ``key`` for mutual TLS; the key may be a TPM
        one (``TSS2 PRIVATE KEY``) when OpenSSL has the provider, and may stand in ``certificate``.
        ``context``, of :func:`~kiosk.centre.transport.tls_context`, is in place of the three files,
        for clients that share one.

        ``on_time`` is told each call's endpoint (``GET /v1/accounts/{id}/ledger``) and seconds.
        ``meanwhile`` is called while a call waits, and ends the call by raising; not a call that
        says how an operation goes on, what was printed, or that the session is over.
        ``on_login`` is told what comes of the visit's logins, for the audit log.
        Raises ``ValueError`` for a setting that cannot work.
        """
        self._transport = Transport(
            url,
            terminal,
            context or tls_context(ca, certificate, key),
            connect_s=connect_s,
            read_s=read_s,
            on_time=on_time,
            meanwhile=meanwhile,
        )
        self._terminal = terminal
        self._whole_s = whole_s
        self._on_login = on_login
        self._session: Session | None = None
        self._signing_in: tuple[Call, LoginEvidence, str] | None = None
        self._number: Sensitive[str] | None = None  # of who is signed in
        self._documents: dict[str, str] = {}
        self.logins = Logins(self._ask, self._body)
        self.operations = OperationsClient(self._ask, self._body)
        self.units = UnitsClient(self._ask)
        self.outlets = OutletsClient(self._ask, self._body)
        self.public = PublicClient(self._ask)
        self.handovers = HandoversClient(self._ask, self._body)

    @property
    def holder(self) -> Sensitive[str] | None:
        """The ID number of who is signed in; None while it is not known."""
        return self._number

    @property
    def session(self) -> Session | None:
        """The session as the centre last described it; None before sign-in and after ``close``."""
        return self._session

    # -- what may be offered, who is there ----------------------------------------------------

    def catalogue(self) -> Catalogue:
        """What this terminal may offer now. Needs no session."""
        return self._ask(Call("GET", "/v1/catalogue"), _CATALOGUE)

    def publication(self) -> Publication:
        """What everybody may read. Needs no session."""
        return self._ask(Call("GET", "/v1/publication"), _PUBLICATION)

    def staff_roster(self) -> StaffRoster:
        """Whose card and PIN count at this terminal. Needs no session."""
        return self._ask(Call("GET", "/v1/staff"), _ROSTER)

    def sign_in(self, evidence: LoginEvidence, agreement: str = "") -> Session:
        """Close an older session of this visit, then open one with what proves who is there.
        ``agreement``: the version of the agreement that the citizen has accepted.

        Refusals: card-expired, card-lost, no-account, …
        """
        self._sign_out("again")
        body = SignIn(terminal=self._terminal, agreement=agreement, evidence=evidence)
        call = Call("POST", "/v1/sessions", body=body)
        self._signing_in = call, evidence, agreement
        return self._signed_in(call, evidence, agreement, self._body(call))

    def sign_out(self) -> None:
        """Close the session of this visit, where there is one: the citizen begins again. Never
        raises."""
        self._sign_out("again")

    def prove(self, evidence: LoginEvidence) -> Session:
        """Raise the level of the session with further evidence of the same citizen. The centre
        says the level that the session has then. Refusal: other-person, …"""
        call = Call("POST", "/v1/sessions/current/proofs", body=FurtherProof(evidence=evidence))
        return self._renew(call, evidence.way)

    def confirm_name(self, confirmed: bool) -> Session:
        """The citizen says whether the full name is theirs. Refusal: name-not-confirmed."""
        body = NameConfirmation(confirmed=confirmed)
        call = Call("POST", "/v1/sessions/current/name", body=body)
        return self._renew(call)

    def send_sms(self) -> SmsSent:
        """Send a code to the phone on file. Refusals: sms-too-soon, sms-daily-limit."""
        return self._ask(Call("POST", "/v1/sessions/current/sms"), _SMS_SENT)

    def check_sms(self, code: Sensitive[str]) -> Session:
        """Check the code the citizen typed: six digits, else ``ValueError``.

        Refusals: code-wrong, code-expired, code-locked. The level of the session has risen then.
        """
        body = _fitting(SmsCheck, code=code)
        if body is None:
            raise ValueError("a code has six digits")
        return self._renew(Call("POST", "/v1/sessions/current/sms/check", body=body), "sms")

    def face_challenge(self) -> FaceChallenge:
        """What a face capture is to be bound to, and the notice that comes before it. Refusals:
        face-closed, face-locked, name-not-confirmed."""
        return self._ask(Call("POST", "/v1/sessions/current/face"), _FACE_CHALLENGE)

    def check_face(self, picture: FacePicture) -> Session:
        """Have the sealed picture checked. Refusals: face-expired, face-unreadable, face-foreign,
        face-not-live, face-locked. The level of the session has risen then."""
        call = Call("POST", "/v1/sessions/current/face/check", body=picture)
        return self._renew(call, f"face:{picture.consent}")

    def person(self) -> Person:
        """The account holder. From here on a session of the level ``PROVED`` is needed.

        Raises :class:`AnotherPerson`, after the session was closed, when the centre answers about
        somebody else than the holder of the card that opened the session.
        """
        call = Call("GET", "/v1/person")
        person = self._ask(call, _PERSON)
        ours, theirs = self._number, person.document_number
        if ours is not None and not same_number(ours.reveal(), theirs.reveal()):
            self.tell_refused("other-person")
            self._sign_out("other-person")
            why = en("another person than the card's")
            raise AnotherPerson(Trouble.NONSENSE, joined(": ", call.endpoint, why))
        self._number = theirs
        return person

    # -- the account, the loan ----------------------------------------------------------------

    def accounts(self) -> tuple[Account, ...]:
        """All accounts of the person, in the centre's order."""
        return self._ask(Call("GET", "/v1/accounts"), _ACCOUNTS)

    def ledger(self, account_id: str, year: int | None = None) -> Ledger:
        """The bookings of a calendar year; without ``year``, of the newest year with bookings."""
        query = "" if year is None else f"?year={year:d}"
        ledger = self._ask(
            Call("GET", "/v1/accounts/{id}/ledger", id=account_id, query=query), _LEDGER
        )
        if year is not None and ledger.year != year:
            raise CentreUnavailable(Trouble.NONSENSE, en("the ledger of another year"))
        return ledger

    def withdrawals(self, account_id: str) -> tuple[Withdrawal, ...]:
        """All withdrawals, newest first."""
        return self._ask(Call("GET", "/v1/accounts/{id}/withdrawals", id=account_id), _WITHDRAWALS)

    def loans(self) -> tuple[Loan, ...]:
        """All loans of the person, the settled ones too."""
        return self._ask(Call("GET", "/v1/loans"), _LOANS)

    def plan(self, loan_id: str) -> tuple[PlanEntry, ...]:
        """The instalments still to come, next first."""
        return self._ask(Call("GET", "/v1/loans/{id}/plan", id=loan_id), _PLAN)

    def repayments(self, loan_id: str) -> tuple[Repayment, ...]:
        """The instalments that were paid or are overdue, newest first."""
        return self._ask(Call("GET", "/v1/loans/{id}/repayments", id=loan_id), _REPAYMENTS)

    # -- documents, rating --------------------------------------------------------------------

    def make_document(self, request: DocumentOrder) -> Document:
        """Have a document made and sealed. The same key gives the same document.

        Refusals: account-closed, account-frozen, addressee-unknown, loan-not-settled,
        no-bookings, no-plan, operation-not-done, print-limit, purpose-unknown, seal-unavailable,
        service-closed.
        """
        call = Call("POST", "/v1/documents", body=request, keyed=True)
        document = self._ask(call, _DOCUMENT)
        if self._documents.setdefault(request.key, document.id) != document.id:
            raise CentreUnavailable(Trouble.NONSENSE, en("another document for the same key"))
        return document

    def documents(self) -> tuple[DocumentRecord, ...]:
        """Every document that the centre has made for the person, the newest first."""
        return self._ask(Call("GET", "/v1/documents"), _DOCUMENTS)

    def document_file(self, document: Document) -> bytes:
        """The signed PDF of ``document``, whole: its SHA-256 is the one the centre announced.

        Whether it is genuine and belongs to this visit is for ``kiosk.papers.sealed``.
        """
        call = Call("GET", "/v1/documents/{id}/file", id=document.id)
        body = self._body(call, (200,))
        if hashlib.sha256(body).hexdigest() != document.sha256:
            raise CentreUnavailable(
                Trouble.NONSENSE, joined(": ", call.endpoint, en("not the file announced"))
            )
        return body

    def revocation_list(self) -> bytes:
        """The revocation lists of those who issue the centre's seals (RFC 5280 5, DER), one after
        another. Needs no session. Whether they are genuine and of today is for
        ``kiosk.papers.sealed``."""
        return self._body(Call("GET", "/v1/revocations"), (200,))

    def report_print(self, document_id: str, report: PrintReport) -> PrintCount:
        """Tell what came out of the printer; the same job is counted once. Needs no session."""
        path = "/v1/documents/{id}/prints"
        call = Call("POST", path, id=document_id, body=report, keyed=True, to_the_end=True)
        return self._ask(call, _PRINT_COUNT)

    def rate(self, rating: Rating) -> None:
        """Send an anonymous rating."""
        self._body(Call("POST", "/v1/ratings", body=rating), (204,))

    def tell_refused(self, code: str) -> None:
        """Tell the audit log that the terminal itself has refused something in this visit."""
        self._on_login(LoginEvent.REFUSED, self._session.id if self._session else "", code)

    def tell_of_clerk(self, event: LoginEvent, operation: str, detail: str) -> None:
        """Tell the audit log that a clerk has approved ``operation``, or what card or PIN of the
        staff was refused for it."""
        self._on_login(event, operation, detail)

    def close(self, how: How = "left") -> None:
        """Close the session, if the centre can be reached, and every connection. ``how`` the visit
        ends, for the audit log. Also closes the session of a sign-in that the citizen has left,
        when the centre's answer comes within ``LATE_S``.

        Never raises and takes less than two seconds. Also right when nothing is open.
        """
        until = Deadline(CLOSE_S)
        self._hear_late_sign_in()
        self._sign_out(how, until.remaining())
        self._transport.close()

    # -- one call -----------------------------------------------------------------------------

    def _renew(self, call: Call, proof: str = "") -> Session:
        """Make a call that changes the session, or with ``proof`` its level, and keep the session
        of the answer. The name has been confirmed then."""
        session = self._ask(call, _SESSION)
        known = self._session
        if known is None or session.id != known.id:
            raise CentreUnavailable(
                Trouble.NONSENSE, joined(": ", call.endpoint, en("another session"))
            )
        if session.name_to_confirm is not None or (proof and session.level <= known.level):
            why = en("a session that is only {level}", level=session.level.value)
            raise CentreUnavailable(Trouble.NONSENSE, joined(": ", call.endpoint, why))
        self._take(session)
        self._tell_rise(known.level, session, proof)
        return session

    def _tell_rise(self, before: Level, session: Session, proof: str) -> None:
        """Tell the audit log where ``proof`` has raised the level above ``before``."""
        if session.level <= before:
            return
        event = LoginEvent.PROVED if before < Level.PROVED else LoginEvent.RAISED
        self._on_login(event, session.id, f"{session.level.value}:{proof}")

    def _signed_in(
        self, call: Call, evidence: LoginEvidence, agreement: str, body: bytes
    ) -> Session:
        """Take the session in ``body``, the centre's answer to the sign-in ``call``."""
        session = self._take(read(call, body, _SESSION))
        self._signing_in = None
        self._number = evidence.holder
        begun = f"{evidence.way}:{agreement}" if agreement else evidence.way
        self._on_login(LoginEvent.BEGUN, session.id, begun)
        self._tell_rise(Level.HELD, session, evidence.way)
        return session

    def _hear_late_sign_in(self) -> None:
        """The citizen has left while a sign-in was on its way: take the session that the centre may
        have opened since, so that it can be closed."""
        if self._signing_in is None:
            return
        call, evidence, agreement = self._signing_in
        outcome = self._transport.late_outcome(call, LATE_S)
        if outcome is None:
            return
        with suppress(Refusal, CentreUnavailable):  # no session, and nobody is there to be told
            self._signed_in(call, evidence, agreement, self._good_body(call, outcome))

    def _take(self, session: Session) -> Session:
        if not _TOKEN.fullmatch(session.token.reveal()):
            raise CentreUnavailable(Trouble.NONSENSE, en("a token that cannot stand in a header"))
        self._session = session
        return session

    def _sign_out(self, how: str, seconds: float = CLOSE_S) -> None:
        session, self._session = self._session, None
        self._number = None
        self._documents.clear()
        if session is None:
            return
        self._on_login(LoginEvent.ENDED, session.id, how)
        call = Call("DELETE", "/v1/sessions/current", to_the_end=True)
        # A thread, because no time-out bounds the look-up of a host name.
        leaving = threading.Thread(
            target=self._transport.outcome,
            args=(call, session.token, seconds - 0.3),
            daemon=True,
            name="sign out",
        )
        leaving.start()
        leaving.join(seconds)

    def _ask(self, call: Call, answer: TypeAdapter[T], whole_s: float | None = None) -> T:
        return read(call, self._body(call, whole_s=whole_s), answer)

    def _body(
        self, call: Call, good: tuple[int, ...] = (200, 201), whole_s: float | None = None
    ) -> bytes:
        """The body of an answer with a ``good`` status, in ``whole_s`` or less; raises for every
        other outcome."""
        token = self._session.token if self._session else None
        most = self._whole_s if whole_s is None else min(whole_s, self._whole_s)
        return self._good_body(call, self._transport.outcome(call, token, most), good)

    def _good_body(
        self, call: Call, outcome: Answered | Silence, good: tuple[int, ...] = (200, 201)
    ) -> bytes:
        """As :func:`body_of`; tells the audit log of a refused proof."""
        try:
            return body_of(call, outcome, good)
        except Refusal as refusal:
            if refusal.code == "session-over" or _EVIDENCE.match(call.template):
                self._tell_refusal(call, refusal)
            raise

    def _tell_refusal(self, call: Call, refusal: Refusal) -> None:
        """Tell the audit log of it: by the operation that the evidence was for, or the login."""
        of_login = self._session.id if self._session else ""
        operation = call.id if call.template.startswith("/v1/operations/") else None
        self._on_login(LoginEvent.REFUSED, operation or of_login, refusal.code)


_QUIET = ConfigDict(hide_input_in_errors=True)
_CATALOGUE: TypeAdapter[Catalogue] = TypeAdapter(Catalogue)
_PUBLICATION: TypeAdapter[Publication] = TypeAdapter(Publication)
_ROSTER: TypeAdapter[StaffRoster] = TypeAdapter(StaffRoster)
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)
_SMS_SENT: TypeAdapter[SmsSent] = TypeAdapter(SmsSent)
_FACE_CHALLENGE: TypeAdapter[FaceChallenge] = TypeAdapter(FaceChallenge)
_PERSON: TypeAdapter[Person] = TypeAdapter(Person)
_ACCOUNTS: TypeAdapter[tuple[Account, ...]] = TypeAdapter(Accounts, config=_QUIET)
_LEDGER: TypeAdapter[Ledger] = TypeAdapter(Ledger)
_WITHDRAWALS: TypeAdapter[tuple[Withdrawal, ...]] = TypeAdapter(Withdrawals, config=_QUIET)
_LOANS: TypeAdapter[tuple[Loan, ...]] = TypeAdapter(Loans, config=_QUIET)
_PLAN: TypeAdapter[tuple[PlanEntry, ...]] = TypeAdapter(Plan, config=_QUIET)
_REPAYMENTS: TypeAdapter[tuple[Repayment, ...]] = TypeAdapter(Repayments, config=_QUIET)
_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_DOCUMENTS: TypeAdapter[tuple[DocumentRecord, ...]] = TypeAdapter(DocumentRecords)
_PRINT_COUNT: TypeAdapter[PrintCount] = TypeAdapter(PrintCount)


def _fitting(model: type[M], **values: object) -> M | None:
    """The model, or None when the values do not fit: pydantic's error may hold the values."""
    try:
        return model(**values)
    except ValidationError:
        return None
