"""A visit's questions about operations: what can be had, drafts, confirmation, how far they are.

Part of :class:`kiosk.centre.client.CentreClient`, whose session and connection every call uses and
whose errors every call raises. An answer about another operation counts as no answer.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import ConfigDict, TypeAdapter

from drivers.sentence import en
from kiosk.centre.answers import nonsense
from kiosk.centre.evidence import PhoneLogin
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.models import SmsSent
from kiosk.centre.operations import (
    Authorisation,
    AuthorisationAnswer,
    Confirmation,
    ConsentCode,
    DraftRequest,
    Eligibilities,
    Group,
    Operation,
    Operations,
    OperationStatus,
    Order,
    Trial,
    TrialRequest,
)
from kiosk.centre.transport import Call

T = TypeVar("T")
S = TypeVar("S", Operation, OperationStatus)

MOST_S = 10.0
"""Seconds for a complete answer; to a query of one operation, ``QUERY_S``."""
QUERY_S = 5.0


class _Ask(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T], whole_s: float | None = None) -> T: ...


class _Send(Protocol):
    def __call__(
        self, call: Call, good: tuple[int, ...], whole_s: float | None = None
    ) -> bytes: ...


class OperationsClient:
    """The calls of ``/v1/operations`` and around them, in the session of one visit.

    What the centre carries out once however often it hears it (a draft with its key, cancellation,
    told) is repeated within the time, as every query is. A confirmation is sent exactly once: the
    visit sends it again, and the centre answers a confirmed operation without looking at the
    evidence.
    """

    def __init__(self, ask: _Ask, send: _Send) -> None:
        self._ask = ask
        self._send = send
        self._drafts: dict[str, str] = {}

    # -- what can be had ----------------------------------------------------------------------

    def authorisation(self) -> Authorisation:
        """The text of 信息协查授权: which agencies the centre asks for which facts."""
        return self._ask(Call("GET", "/v1/authorisation"), _AUTHORISATION)

    def authorise(self, answer: AuthorisationAnswer) -> None:
        """Say whether the citizen agrees. Holds for this session. Refusal: text-outdated."""
        self._send(Call("POST", "/v1/authorisation", body=answer), (204,))

    def eligibility(self, group: Group) -> Eligibilities:
        """For each business of ``group``, and each account or loan it could be about: whether it
        can be had now, why not, how much at most. Those that can be had come first."""
        call = Call("GET", "/v1/eligibility", query=f"?group={group}")
        return self._ask(call, _ELIGIBILITIES)

    def trial(self, order: Order) -> Trial:
        """Compute what would come of ``order``. Refusals: those of :meth:`draft`."""
        return self._ask(Call("POST", "/v1/trials", body=TrialRequest(order=order)), _TRIAL, MOST_S)

    # -- one operation ------------------------------------------------------------------------

    def draft(self, request: DraftRequest) -> Operation:
        """Draft an operation: the answer is the quote to confirm, or, for a known key, the same
        operation in its present state.

        Refusals: ``in-flight`` and ``untold`` (``Refusal.operation`` names the operation that is
        to be shown first), the centre's reasons against the order, amount-above, amount-below,
        service-closed, key-reused.
        """
        call = Call("POST", "/v1/operations", body=request, keyed=True)
        operation = self._ask(call, _OPERATION, MOST_S)
        if operation.business is not request.order.business:
            raise nonsense(call, en("another business than was ordered"))
        if self._drafts.setdefault(request.key, operation.id) != operation.id:
            raise nonsense(call, en("another operation for the same key"))
        return operation

    def send_code(self, id: str) -> SmsSent:
        """Send the operation's own code: the SMS names business and amount. Refusals: sms-too-soon,
        sms-daily-limit, not-drafted."""
        return self._ask(Call("POST", "/v1/operations/{id}/sms", id=id), _SMS_SENT, MOST_S)

    def open_consent(self, id: str) -> ConsentCode:
        """A new code with which the spouse agrees to an operation that waits for a consent; every
        older code of the operation is void then. Refusal: not-awaiting-consent."""
        call = Call("POST", "/v1/operations/{id}/consent", id=id)
        return self._ask(call, _CONSENT_CODE, MOST_S)

    def open_phone(self, id: str) -> PhoneLogin:
        """Open a login with which the citizen's phone agrees to this operation and to nothing
        else; its id is the evidence ``qr``. Every older code of this terminal is void then.
        Refusals: way-closed, not-drafted."""
        return self._ask(Call("POST", "/v1/operations/{id}/login", id=id), _PHONE_LOGIN, MOST_S)

    def open_face(self, id: str) -> FaceChallenge:
        """What a capture is bound to that shows the face of the operation's citizen; the challenge
        is the evidence ``face``. Refusals: face-closed, face-locked, name-not-confirmed,
        not-drafted."""
        return self._ask(Call("POST", "/v1/operations/{id}/face", id=id), _FACE_CHALLENGE, MOST_S)

    def check_face(self, id: str, picture: FacePicture) -> None:
        """Have the sealed picture checked, for this operation and for nothing else. Refusals:
        face-expired, face-unreadable, face-foreign, face-not-live, face-locked, not-drafted."""
        call = Call("POST", "/v1/operations/{id}/face/check", id=id, body=picture)
        self._send(call, (204,), MOST_S)

    def confirm(self, id: str, confirmation: Confirmation) -> OperationStatus:
        """Confirm what was shown. Only ``confirmed`` in the answer is a confirmation; an operation
        that has ended meanwhile says so in its state.

        Refusals, after which the operation is still drafted: code-wrong, code-expired,
        evidence-missing, evidence-refused, quote-differs, in-flight, and those of risk rules. After
        the third wrong code: operation-locked, and the operation is cancelled.
        """
        path = "/v1/operations/{id}/confirmation"
        call = Call("POST", path, id=id, body=confirmation, to_the_end=True)
        return self._same(call, self._ask(call, _STATUS, MOST_S))

    def cancel(self, id: str) -> OperationStatus:
        """Take back what is drafted or confirmed. The state in the answer says whether the centre
        has: anything but ``cancelled`` goes on."""
        path = "/v1/operations/{id}/cancellation"
        call = Call("POST", path, id=id, keyed=True, to_the_end=True)
        return self._same(call, self._ask(call, _STATUS, MOST_S))

    def withdraw_application(self, id: str) -> Operation:
        """Take back an application on which another centre decides. The answer is the operation as
        it is now: anything but ``withdrawn`` in its referral goes on. Refusal: not-found."""
        path = "/v1/operations/{id}/referral/withdrawal"
        call = Call("POST", path, id=id, keyed=True, to_the_end=True)
        return self._same(call, self._ask(call, _OPERATION, MOST_S))

    def operation(self, id: str) -> Operation:
        """The operation as far as it has come. Refusal: not-found, which ends nothing."""
        call = Call("GET", "/v1/operations/{id}", id=id, to_the_end=True)
        return self._same(call, self._ask(call, _OPERATION, QUERY_S))

    def told(self, id: str) -> None:
        """The page of the operation's end was on the screen. Refusal: not-ended."""
        call = Call("POST", "/v1/operations/{id}/told", id=id, keyed=True, to_the_end=True)
        self._send(call, (204,), MOST_S)

    def open_operations(self) -> Operations:
        """What is to be shown first in a new visit: operations confirmed or in progress, and those
        that have ended since without the citizen being told. Newest first."""
        return self._ask(Call("GET", "/v1/operations", query="?open=true"), _OPERATIONS, QUERY_S)

    def all_operations(self) -> Operations:
        """我的办件: what was confirmed, or has waited for a consent, newest first."""
        return self._ask(Call("GET", "/v1/operations"), _OPERATIONS)

    def _same(self, call: Call, told: S) -> S:
        if told.id != call.id:
            raise nonsense(call, en("another operation"))
        return told


_QUIET = ConfigDict(hide_input_in_errors=True)
_AUTHORISATION: TypeAdapter[Authorisation] = TypeAdapter(Authorisation)
_ELIGIBILITIES: TypeAdapter[Eligibilities] = TypeAdapter(Eligibilities, config=_QUIET)
_TRIAL: TypeAdapter[Trial] = TypeAdapter(Trial)
_OPERATION: TypeAdapter[Operation] = TypeAdapter(Operation)
_OPERATIONS: TypeAdapter[Operations] = TypeAdapter(Operations, config=_QUIET)
_STATUS: TypeAdapter[OperationStatus] = TypeAdapter(OperationStatus)
_CONSENT_CODE: TypeAdapter[ConsentCode] = TypeAdapter(ConsentCode)
_FACE_CHALLENGE: TypeAdapter[FaceChallenge] = TypeAdapter(FaceChallenge)
_PHONE_LOGIN: TypeAdapter[PhoneLogin] = TypeAdapter(PhoneLogin)
_SMS_SENT: TypeAdapter[SmsSent] = TypeAdapter(SmsSent)
