"""An operation in a visit, from its draft to its end: pages, evidence, and the calls in between.

What decides is :func:`kiosk.visit.money.deciding`. From the press on, neither 返回 nor 退出 nor the
clock ends the visit before the committer has written the commit down or a cancellation was tried.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.device import Kind
from drivers.sentence import en
from kiosk import events
from kiosk.centre.document_orders import (
    AgreementCopyOrder,
    DocumentOrder,
    OperationReceiptOrder,
)
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble, reference_number
from kiosk.centre.operations import (
    Confirmation,
    DraftRequest,
    Evidence,
    EvidenceKind,
    EvidenceSet,
    Operation,
    OperationStatus,
    Order,
    digest_of,
)
from kiosk.operation import OperationState
from kiosk.papers.pictures import CannotDraw
from kiosk.papers.receipt import operation_slip
from kiosk.privacy import Sensitive
from kiosk.visit.clerk_approval import await_clerk
from kiosk.visit.evidence_ways import evidence_page, evidence_tiles, sets_by_way
from kiosk.visit.face_consent import show_face
from kiosk.visit.money import (
    PATIENCE_S,
    Act,
    CentreSaid,
    CommitLine,
    Decision,
    Reply,
    RequestCommit,
    Run,
    Send,
    ShowWaiting,
    deciding,
    taking_back,
    watching,
)
from kiosk.visit.operation_steps import (
    ASK,
    CONFIRM,
    AwaitResult,
    ConfirmOperation,
    Deciding,
    ReadText,
)
from kiosk.visit.operation_words import (
    AGAIN,
    CANCEL,
    COPY,
    COPY_NAME,
    HOME,
    RECEIPT,
    RECEIPT_NAME,
    has_agreement,
    in_flight,
    not_done,
    outcome,
)
from kiosk.visit.phone_consent import agree_on_phone
from kiosk.visit.printing import document_key, make_and_check, preview
from kiosk.visit.spouse_consent import await_consent
from kiosk.visit.steps import CANNOT_DRAW, RESEND, SLIP, Action, EnterSmsCode, Step, WayTile
from kiosk.visit.troubles import RISK_CODES, Standing, closed_by
from kiosk.words import Sayable, Text, _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit

log = logging.getLogger(__name__)

RETYPED = frozenset({"code-wrong", "code-expired"})
"""Codes of refusals after which the operation is still drafted and the citizen types again."""
CODE_ON_ITS_WAY = frozenset({"sms-too-soon", "sms-daily-limit"})
"""Codes of refusals that say: type the code that the phone already has."""
MOST_RENEWED = 3
"""How often an order gets a new key. One is enough; a second draft can be superseded at another
terminal in the same moment."""
PEEK_S = 0.2
"""How often a page on which the citizen may press looks for a report of the committer."""
RESEND_S = 60


class ToMenu(Exception):
    """The service is over: the citizen goes on at the menu."""


class StartAnew(Exception):
    """The citizen wants to do the service once more, from its top."""


class CannotConfirm(Refusal):
    """No set of evidence that the centre takes can be given at this terminal."""

    def __init__(self) -> None:
        super().__init__(
            "no-evidence",
            _("这项业务本机还不能确认"),
            _("请带身份证到柜台办理，或用手机办理"),
            reference_number(),
        )


class OperationEnds:
    """Of which operations this visit does not know the end, and whether it has shown one."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._shown = False

    def open(self, operation: str) -> None:
        """The citizen has confirmed ``operation``: from now on its end is not known."""
        self._open.add(operation)

    def not_begun(self, operation: str) -> None:
        """The centre has not accepted the evidence: ``operation`` is still a draft."""
        self._open.discard(operation)

    def shown(self, operation: str) -> None:
        """The end of ``operation`` was on the screen."""
        self._open.discard(operation)
        self._shown = True

    @property
    def standing(self) -> Standing:
        """What a page may say of the citizen's account."""
        if self._open:
            return Standing.UNDECIDED
        return Standing.ENDED if self._shown else Standing.UNCHANGED


class QuoteTimes:
    """Until when the quotes of this visit can be confirmed, on the monotonic clock. A kept quote
    that is shown once more counts on from when the centre gave it."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def given(self, operation: Operation) -> None:
        """The centre has just said how long ``operation`` can be confirmed."""
        if operation.draft_ttl_s is not None:
            self._until[operation.id] = time.monotonic() + operation.draft_ttl_s

    def until(self, operation: Operation) -> float | None:
        """None: the centre has not said."""
        return self._until.get(operation.id)


# -- the draft ------------------------------------------------------------------------------------


class OrderKeys:
    """The keys of the orders of this visit: the same order keeps its key, through every 返回 and
    every new start, until its operation has ended."""

    def __init__(self) -> None:
        self._of: dict[Order, str] = {}

    def of(self, order: Order) -> str:
        """The key of ``order``: 128 random bits, made once."""
        return self._of.setdefault(order, secrets.token_hex(16))

    def renew(self, order: Order) -> str:
        """A new key for ``order``, whose draft has ended without being confirmed."""
        self._of.pop(order, None)
        return self.of(order)

    def clear(self) -> None:
        """Forget all keys: an operation has ended, and the next order is a new intent."""
        self._of.clear()


def draft(visit: Visit, order: Order) -> Operation:
    """The quote for ``order``. An operation that stands in the way is shown first; raises
    :class:`ToMenu` while it goes on standing there, and :class:`CentreUnavailable` when what is
    newly drafted has always ended already."""
    calls = visit.centre.operations
    key = visit.keys.of(order)
    renewed = 0
    while True:
        try:
            operation = calls.draft(DraftRequest(key=key, order=order))
        except Refusal as refusal:
            if refusal.code not in ("in-flight", "untold") or refusal.operation is None:
                raise
            greet(visit, calls.operation(refusal.operation))
            continue
        if not operation.state.final:
            visit.quotes.given(operation)
            return operation
        if renewed == MOST_RENEWED:
            raise CentreUnavailable(Trouble.NONSENSE, en("each new draft has ended already"))
        # The key is that of a draft that a newer one has superseded, or that has expired.
        key = visit.keys.renew(order)
        renewed += 1


# -- what is open from an earlier visit -----------------------------------------------------------


def greet(visit: Visit, operation: Operation) -> None:
    """Show an operation that is in flight, or whose end was not told. Returns once its end was
    shown; raises :class:`ToMenu` when the citizen goes on although it has not ended."""
    if operation.state.final:
        _tell_end(visit, operation, reprint=True)
        return
    visit.ends.open(operation.id)
    if operation.state is OperationState.IN_PROGRESS:
        _Undertaking(visit, operation, resumed=True).watch()
    elif visit.present(in_flight(operation)) == CANCEL:
        _Undertaking(visit, operation, resumed=True).take_back()
    else:
        raise ToMenu


def greet_later(visit: Visit, operation: Operation) -> None:
    """As :func:`greet`, for an operation that the centre told of before another page: as long as
    that page stood there, an ``operation`` that had not ended can have been committed, or have
    expired."""
    if not operation.state.final:
        visit.ends.open(operation.id)
        operation = visit.centre.operations.operation(operation.id)
    greet(visit, operation)


def withdraw_request(visit: Visit, operation: Operation) -> None:
    """撤销申请: take back ``operation``, which waits for a consent or for its commit, and show its
    end. Whether it is cancelled, only the centre says."""
    visit.ends.open(operation.id)
    _Undertaking(visit, operation, resumed=True).take_back()


# -- confirm and commit ---------------------------------------------------------------------------


def confirm_and_commit(visit: Visit, operation: Operation) -> OperationState:
    """Have the citizen confirm ``operation``, commit it, and show its end: the final state.

    Raises what ``Asker.ask`` raises, before the press also :class:`Refusal` and
    :class:`CentreUnavailable`; :class:`ToMenu` when the citizen does not wait for the end.
    """
    confirming = _Confirming(visit, operation)
    while True:
        evidence = confirming.consent()
        undertaking = _Undertaking(visit, confirming.operation)
        ended = undertaking.decide(evidence)
        if ended is not None:
            break
        confirming.wrong = undertaking.refused
    return _tell_end(visit, ended, quoted=confirming.operation, stopped=undertaking.stopped)


class _Confirming:
    """The pages before the press: the quote, the texts, the evidence."""

    def __init__(self, visit: Visit, operation: Operation) -> None:
        self._visit = visit
        self.operation = operation
        self.wrong: Sayable | None = None  # why the centre has not accepted the last evidence
        self._kinds: EvidenceSet | None = None  # what the citizen has begun to give
        self._strong: dict[EvidenceKind, Evidence] = {}  # what stands as long as the draft
        self._code: EnterSmsCode | None = None  # the page of the code that was sent last

    def consent(self) -> tuple[Evidence, ...]:
        """The evidence, once the citizen has confirmed what they saw."""
        self._await_consent()
        sets = sets_by_way(self._visit, self.operation)
        tiles = evidence_tiles(self._visit, sets)
        if all(tile.closed is not None for tile in tiles):
            raise CannotConfirm
        while True:
            if self.wrong is None:
                self._show_approved_quote()
            evidence = self._choose_and_give(sets, tiles)
            if evidence is not None:
                return evidence
            self.wrong = None

    def _show_approved_quote(self) -> None:
        """Have a clerk approve the quote first, where the centre asks for that, and the citizen
        read just the one that was approved: the centre may give another in place of one whose time
        has passed."""
        approvals = self._visit.approvals
        while True:
            seen = digest_of(self.operation)
            if self.operation.clerk is not None and seen not in approvals:
                approvals[seen] = await_clerk(self._visit, self.operation)
            self._show_quote()
            if self.operation.clerk is None or digest_of(self.operation) in approvals:
                return

    def _await_consent(self) -> None:
        """Have the spouse agree first, where the operation waits for that. Raises :class:`ToMenu`
        when the citizen leaves it waiting, or it has ended."""
        if self.operation.state is not OperationState.AWAITING_CONSENT:
            return
        agreed = await_consent(self._visit, self.operation)
        if agreed is None:
            raise ToMenu
        self.operation = agreed
        self._visit.quotes.given(agreed)
        if agreed.state.final:
            _tell_end(self._visit, agreed)
            raise ToMenu

    def _choose_and_give(
        self, sets: Mapping[str, EvidenceSet], tiles: tuple[WayTile, ...]
    ) -> tuple[Evidence, ...] | None:
        """The evidence of one of the ``sets``: of the only one that is open, or of the one that the
        citizen chooses; None when the citizen goes back to the quote."""
        open_ = [tile.way for tile in tiles if tile.closed is None]
        while True:
            kinds = self._kinds
            if kinds is None and len(open_) == 1:
                kinds = self._kinds = sets[open_[0]]
            elif kinds is None:
                chosen = self._visit.present_or_back(evidence_page(tiles, self.operation))
                if chosen is None:
                    return None
                kinds = sets[chosen]
            evidence = self._give(kinds)
            if evidence is not None or self._kinds is not None:
                return evidence

    def _give(self, kinds: EvidenceSet) -> tuple[Evidence, ...] | None:
        """The evidence of all ``kinds``; None when the citizen goes back from one of them."""
        evidence = []
        for kind in kinds:
            one = GIVE[kind](self)
            if one is None:
                return None
            self._kinds = kinds
            evidence.append(one)
        return tuple(evidence)

    def _show_quote(self) -> None:
        visit = self._visit
        while True:
            until = visit.quotes.until(self.operation)
            page = ConfirmOperation(self.operation, visit.masked_holder(), until)
            answer = visit.present(page, back=True)
            if answer == CONFIRM:
                return
            if answer == ASK:
                self.operation = visit.centre.operations.operation(self.operation.id)
                visit.quotes.given(self.operation)
                if self.operation.state.final:
                    _tell_end(visit, self.operation)
                    raise ToMenu
                continue
            text = next(each for each in self.operation.texts if each.id == answer)
            visit.present_or_back(ReadText(text))

    def agree_on_phone(self) -> Evidence | None:
        """The citizen's agreement on their phone."""
        return self._kept("qr", agree_on_phone)

    def show_face(self) -> Evidence | None:
        """The citizen's face."""
        return self._kept("face", show_face)

    def _kept(
        self, kind: EvidenceKind, give: Callable[[Visit, Operation], Evidence | None]
    ) -> Evidence | None:
        """What ``give`` gives, once: the centre lets it stand as long as the draft, so that after a
        wrong code only the code is asked for again."""
        if kind not in self._strong and (given := give(self._visit, self.operation)):
            self._strong[kind] = given
        return self._strong.get(kind)

    def type_code(self) -> Evidence | None:
        """The operation's own code, which the centre sends with its business and amount; None when
        the citizen goes back to the quote."""
        if self._code is None:
            self._code = self._send_code()
        page = self._code
        while True:
            answer = self._visit.present_or_back(replace(page, wrong=self.wrong))
            if answer is None:
                return None
            if answer != RESEND:
                return Evidence(kind="sms", value=Sensitive(answer))
            self.wrong = None
            self._code = page = self._send_code()

    def _send_code(self) -> EnterSmsCode:
        title = self.operation.title
        try:
            sent = self._visit.centre.operations.send_code(self.operation.id)
        except Refusal as refusal:
            if refusal.code not in CODE_ON_ITS_WAY:
                raise
            self.wrong = _(
                "{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step
            )
            return EnterSmsCode(self.operation.phone, RESEND_S, business=title)
        return EnterSmsCode(sent.phone, sent.resend_after_s, business=title)


GIVE: Mapping[EvidenceKind, Callable[[_Confirming], Evidence | None]] = {
    "sms": _Confirming.type_code,
    "qr": _Confirming.agree_on_phone,
    "face": _Confirming.show_face,
}
"""The kinds of evidence that this terminal can take, and how."""


class _Undertaking:
    """One operation from the press on: does what ``deciding`` says, and shows how far it is."""

    def __init__(self, visit: Visit, operation: Operation, *, resumed: bool = False) -> None:
        self._visit = visit
        self._calls = visit.centre.operations
        self._line: CommitLine = visit.committer
        self._operation = operation
        self._resumed = resumed
        self._confirmation: Confirmation | None = None
        self._seen: Operation | None = None  # the centre's newest word
        self._page: AwaitResult | None = None  # set: the citizen may press
        self._printed = False
        self.refused: Sayable | None = None
        self.stopped: Refusal | None = None  # of the confirmation; other evidence would not help

    def decide(self, evidence: tuple[Evidence, ...]) -> Operation | None:
        """The operation at its end; None: the evidence was not accepted, and nothing has begun."""
        digest = digest_of(self._operation)
        approved = self._visit.approvals[digest] if self._operation.clerk else None
        self._confirmation = Confirmation(evidence=evidence, digest=digest, clerk=approved)
        waiting = AwaitResult(self._operation, free=False)
        self._visit.ends.open(self._operation.id)
        self._visit.announce(Deciding(self._operation, waiting, PATIENCE_S))
        decision = self._follow(deciding(self._operation.id, time.monotonic))
        if decision.state is None:
            self._visit.ends.not_begun(self._operation.id)
            return None
        return self._ended(decision)

    def watch(self) -> None:
        """Ask about an operation that an earlier visit began, and show its end."""
        self._tell(watching(self._operation.id, time.monotonic))

    def take_back(self) -> None:
        """Cancel what an earlier visit confirmed, and show its end."""
        self._tell(taking_back(self._operation.id, time.monotonic))

    def _tell(self, run: Run) -> None:
        _tell_end(self._visit, self._ended(self._follow(run)), reprint=True)

    # -- doing what is to be done -------------------------------------------------------------

    def _follow(self, run: Run) -> Decision:
        act = next(run)
        while True:
            try:
                act = run.send(self._do(act))
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # the generator's own type

    def _do(self, act: Act) -> Reply:
        match act:
            case Send("confirmation"):
                return self._try(self._confirm)
            case Send("cancellation"):
                return self._try(lambda: self._calls.cancel(self._operation.id))
            case Send():
                return self._try(self._query)
            case RequestCommit():
                self._line.commit(self._operation.id, self._operation.business)
            case ShowWaiting():
                self._show(act)
            case _:
                return self._listen(act.seconds)
        return None

    def _confirm(self) -> OperationStatus:
        if self._confirmation is None:
            raise RuntimeError("a confirmation is sent only after the citizen has confirmed")
        try:
            return self._calls.confirm(self._operation.id, self._confirmation)
        except Refusal as refusal:
            self.stopped = None if refusal.code in RETYPED else refusal
            raise

    def _query(self) -> Operation:
        seen = self._seen = self._calls.operation(self._operation.id)
        return seen

    def _try(self, call: Callable[[], Operation | OperationStatus]) -> CentreSaid | None:
        try:
            status = call()
        except Refusal as refusal:
            self.refused = _(
                "{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step
            )
            return CentreSaid(retyped=refusal.code in RETYPED)
        except CentreUnavailable:
            return None
        return CentreSaid(status.id, status.state, status.reference)

    def _show(self, act: ShowWaiting) -> None:
        show = self._visit.announce if self._page is None else self._visit.amend
        self._page = AwaitResult(
            self._operation,
            accepted=act.accepted,
            resumed=self._resumed,
            free=act.free,
            next_s=act.next_s,
            actions=(self._slip(), HOME),
        )
        show(self._page)

    def _slip(self) -> Action:
        closed = (
            _("已打印")
            if self._printed
            else closed_by(self._visit.statuses(), (Kind.RECEIPT_PRINTER,))
        )
        return Action(SLIP, _("打印查询凭条"), "receipt", closed=closed)

    def _listen(self, seconds: float) -> Reply:
        if self._page is None:
            return self._line.hear(seconds)
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            report = self._line.hear(0.0)
            if report is not None or left <= 0:
                return report
            pressed = self._visit.heard(self._page, min(left, PEEK_S))
            if pressed == SLIP:
                state = OperationState.IN_PROGRESS if self._page.accepted else self._operation.state
                operation = self._operation.model_copy(update={"state": state})
                self._printed = _print(self._visit, operation, reprint=self._resumed)
                self._page = replace(self._page, actions=(self._slip(), HOME))
                self._visit.announce(self._page)
            elif pressed is not None:
                raise ToMenu

    def _ended(self, decision: Decision) -> Operation:
        """The operation as the centre reports it in the session. Where the centre does not answer
        now, only its final state and reference are known: no amount is shown."""
        seen = self._seen
        if seen is None or seen.state is not decision.state:
            self._try(self._query)
            seen = self._seen
        if seen is not None and seen.state is decision.state:
            return seen
        known = {"state": decision.state, "reference": decision.reference, "arrives": None}
        unknown = dict.fromkeys(("amount", "interest", "balance_after", "payee", "next_possible"))
        return self._operation.model_copy(update={**known, **unknown})


# -- the end --------------------------------------------------------------------------------------


def _tell_end(
    visit: Visit,
    operation: Operation,
    *,
    quoted: Operation | None = None,
    stopped: Refusal | None = None,
    reprint: bool = False,
) -> OperationState:
    """Show how ``operation`` has ended, and tell the centre once the page is on the screen.
    ``stopped``: why the centre has not taken the confirmation."""
    visit.operation_ended()
    if stopped is not None and stopped.code.startswith(RISK_CODES):
        events.STOPPED_BY_RISK_RULE.log(log, reference=stopped.reference, reason=stopped.code)
    if quoted is not None and operation.amount not in (None, quoted.amount):
        events.AMOUNT_DIFFERS.log(log, operation=operation.id, business=operation.business)
    papers = _PapersOfEnd(visit, operation, reprint=reprint)

    def told() -> None:
        try:
            visit.centre.operations.told(operation.id)
        except (CentreUnavailable, Refusal) as error:
            # The next visit shows the page once more.
            events.END_NOT_REPORTED.log(log, reason=str(error))
        if operation.state is OperationState.DONE:
            papers.prepare()

    on_screen: Callable[[], None] | None = told
    while True:
        page: Step[str]
        if operation.state is OperationState.DONE:
            page = outcome(operation, quoted, (*papers.actions(), HOME))
        else:
            page = not_done(operation, stopped, again=quoted is not None)
        pressed = visit.present(page, on_screen=on_screen)
        visit.ends.shown(operation.id)
        on_screen = None
        if pressed == AGAIN:
            raise StartAnew
        if pressed not in (SLIP, RECEIPT, COPY):
            return operation.state
        papers.print(pressed)


class _PapersOfEnd:
    """What can be printed of an operation that is done, each once on its page: the slip, which is
    ours, and what the centre makes and seals, the receipt and a copy of what was signed."""

    def __init__(self, visit: Visit, operation: Operation, *, reprint: bool) -> None:
        self._visit = visit
        self._operation = operation
        self._reprint = reprint
        receipt = OperationReceiptOrder(
            kind="operation-receipt", operation=operation.id, key=document_key()
        )
        copy = AgreementCopyOrder(kind="agreement-copy", operation=operation.id, key=document_key())
        self._sealed: dict[str, tuple[DocumentOrder, Text]] = {RECEIPT: (receipt, RECEIPT_NAME)}
        if has_agreement(operation):
            self._sealed[COPY] = (copy, COPY_NAME)
        self._printed: set[str] = set()

    def prepare(self) -> None:
        """Have the check of a sealed paper ready: the citizen reads how the operation ended, and
        many press the receipt."""
        if not self._closed(RECEIPT, Kind.DOCUMENT_PRINTER):
            self._visit.checkers.prepare()

    def actions(self) -> tuple[Action, ...]:
        """A button for each; what is printed, and what cannot be printed now, says so."""
        slip = _("补打凭条") if self._reprint else _("打印凭条")
        sealed = (
            Action(
                paper,
                _("打印{paper}", paper=name),
                "printer",
                closed=self._closed(paper, Kind.DOCUMENT_PRINTER),
            )
            for paper, (_order, name) in self._sealed.items()
        )
        closed = self._closed(SLIP, Kind.RECEIPT_PRINTER)
        return (Action(SLIP, slip, "receipt", closed=closed), *sealed)

    def _closed(self, paper: str, printer: Kind) -> Text | None:
        printed = paper in self._printed
        return _("已打印") if printed else closed_by(self._visit.statuses(), (printer,))

    def print(self, paper: str) -> None:
        """Print ``paper``: ``SLIP``, ``RECEIPT`` or ``COPY``."""
        if paper == SLIP:
            out = _print(self._visit, self._operation, reprint=self._reprint)
        else:
            out = self._print_sealed(*self._sealed[paper])
        if out:
            self._printed.add(paper)

    def _print_sealed(self, order: DocumentOrder, name: Text) -> bool:
        """Have the centre make and seal the paper, show and print it; 返回 leads to the end."""
        visit = self._visit
        document, pdf = make_and_check(visit, order)
        answer = visit.present_or_back(preview(document, pdf, name))
        if answer == CANNOT_DRAW:
            raise CannotDraw("a page of the paper")
        return answer is not None and visit.print_document(document, pdf, name)


def _print(visit: Visit, operation: Operation, *, reprint: bool) -> bool:
    return visit.print_slip_now(operation_slip(visit.terms(), operation, reprint=reprint))
