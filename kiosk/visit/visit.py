"""One visit: asks steps, keeps the answers, goes back by replay, ends."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from drivers.device import Deadline, DeviceError, Kind, Media, Reason, Status
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.types import PrintSlip, Slip
from kiosk import events
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.models import Catalogue, Document, Offer, Person, PrintReport, Rating
from kiosk.centre.operations import ClerkApproval, Operation, Order
from kiosk.centre.publication import KeptPublication, Publication
from kiosk.centre.units import Unit
from kiosk.endings import How
from kiosk.operation import Business, OperationState
from kiosk.papers.checker import Checkers
from kiosk.papers.receipt import SlipTerms
from kiosk.papers.sealed import NotOurs, SealRules, holder_mark
from kiosk.privacy import Sensitive, mask_name
from kiosk.settings import Settings
from kiosk.visit import undertaking
from kiosk.visit.money import CommitLine, CommitReport
from kiosk.visit.remedies import FOR_STAFF, Remedy, ShowRemedy, remedy_for
from kiosk.visit.replay import Answers, Entry
from kiosk.visit.steps import (
    SIGN_IN,
    STAFF,
    Attract,
    DeviceStep,
    Farewell,
    Menu,
    OtherWay,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    Step,
)
from kiosk.visit.troubles import (
    LEAVE,
    PAPER_TROUBLES,
    PASSING,
    RETRY,
    RISK_CODES,
    card_went,
    document_not_printed,
    problem_of,
    slip_not_printed,
    without_retry,
)
from kiosk.visit.undertaking import OperationEnds, OrderKeys, QuoteTimes, StartAnew, ToMenu
from kiosk.words import Language, Sayable, Text, _

T = TypeVar("T")
log = logging.getLogger(__name__)

CARDS = (Kind.ID_CARD, Kind.SMART_CARD)
"""The devices that may still hold the citizen's card when the visit ends."""
CALL_BACK_S = 60.0
"""Longest farewell to a card that stays: a sensor that is stuck holds the terminal no longer."""
CHIP_CARDS = Kind.SMART_CARD
"""The readers whose PC/SC service can miss that one card was exchanged for another."""


OTHER_CARD = _("读卡处放上了另一个人的证件，为保护您的信息，本次办理已经结束")


class WentBack(Exception):
    """The citizen pressed 返回."""


class Left(Exception):
    """The citizen pressed 退出."""


class TimedOut(Exception):
    """Nobody touched the screen for too long, or the visit lasted too long."""

    def __init__(self, how: How = "idle") -> None:
        super().__init__(how)
        self.how: How = how


class Asker(Protocol):
    """Shows a step to the citizen and returns the answer: a terminal's dialogue, or a script."""

    @property
    def language(self) -> Language:
        """The language the citizen reads now."""

    @property
    def large(self) -> bool:
        """Whether the citizen reads large letters 关怀版."""

    def ask(self, step: Step[T], *, back: bool, on_screen: Callable[[], None] | None = None) -> T:
        """The answer to ``step``. Calls ``on_screen`` once the first frame of the page is on the
        screen. Raises :class:`WentBack`, :class:`Left`, :class:`TimedOut`, or the
        :class:`DeviceError` of the device that ``step`` waits for."""

    def announce(self, step: Step[Any]) -> None:
        """Show ``step`` and return at once, while the visit works on. A 退出 pressed on the page
        before counts no more: the answer to that page came first."""

    def amend(self, step: Step[Any]) -> None:
        """Show on the announced page what ``step`` says now. It stays the same page: what was
        pressed on it counts, and the time for which nobody has touched it runs on."""

    def heard(self, step: Step[T], seconds: float) -> T | None:
        """The answer to the announced ``step``, or None after ``seconds``. Raises as ``ask``."""

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        """Show whose visit this is: the masked name in the head of every page. ``agent``: who
        acts for a unit."""


class Devices(Protocol):
    """The states of the terminal's devices now."""

    def statuses(self) -> Mapping[Kind, Status]: ...


class NoCommitter:
    """The line of a terminal that has no committer: no money service may begin."""

    @property
    def open(self) -> bool:
        return False

    def commit(self, operation: str, business: Business) -> None:
        return None

    def hear(self, seconds: float) -> CommitReport | None:
        time.sleep(seconds)
        return None


class Visit:
    """What a service works with: ask, look up, confirm, commit, print. One object for one
    citizen."""

    def __init__(
        self,
        asker: Asker,
        centre: CentreClient,
        devices: Devices,
        settings: Settings,
        committer: CommitLine | None = None,
        public: Callable[[], KeptPublication | None] = lambda: None,
        faces_closed: Callable[[], Sayable | None] = lambda: None,
        offered_here: Callable[[Catalogue], Catalogue] = lambda catalogue: catalogue,
    ) -> None:
        """``public``: what the terminal has kept of what everybody may read. ``faces_closed``: why
        a terminal with a camera cannot capture faces. ``offered_here``: the centre's catalogue
        without what a technician has taken out of service at this terminal."""
        self._asker = asker
        self._devices = devices
        self._settings = settings
        self._answers = Answers()
        self.centre = centre
        self.committer: CommitLine = committer or NoCommitter()
        self.keys = OrderKeys()
        self.quotes = QuoteTimes()
        self.ends = OperationEnds()
        self.approvals: dict[str, ClerkApproval] = {}
        """What a clerk has approved in this visit, by the digest of the quote that was approved."""
        self.checkers = Checkers(
            SealRules(
                settings.centre.seal_roots,
                settings.centre.sealer,
                settings.centre.timestamp_roots,
            )
        )
        self.faces_closed = faces_closed
        self._offered_here = offered_here
        self._catalogue: Catalogue | None = None
        self._fetched_at = 0.0  # when, on the monotonic clock
        self._outdated = False  # an operation has ended since the catalogue was fetched
        self._kept = public
        self._publication: Publication | None = None
        self._public = False
        self.offline = False
        """Whether the catalogue and the publication are those that the terminal has kept."""
        self.agreed = ""
        """The version of the centre's agreement that the citizen has accepted in this visit."""
        self.card_number: Sensitive[str] | None = None
        """The number of the bank card that opened the session, for its PIN."""
        self.chip_photo: Sensitive[bytes] = Sensitive(b"")
        """The photo on the chip of the ID card that the centre has accepted, undecoded."""
        self.expects_other_card = False
        """Whether the service that runs asks for another person's card, as of a new employee."""
        self.other_card_read = False
        """Whether such a card was the last that the reader has read: it may still lie there."""
        self.pin_closed: Sayable | None = None
        """Why the PIN pad cannot encrypt a PIN in this visit; None: nothing is known against it."""
        self.person: Person | None = None
        self.unit: Unit | None = None
        """The unit for which the citizen acts as its agent 经办人; None: for themselves."""
        self._card: Kind | None = None  # the reader of the last card, which may still lie there
        self._papers = False  # paper has come out, or may have
        self.leftovers = False
        """Whether the last slip failed: part of a slip may hang out of the receipt printer."""
        self._done: list[str] = []  # the services that may be rated, the last one last

    # -- for services -------------------------------------------------------------------------

    def ask(self, step: Step[T]) -> T:
        """Show ``step`` and return its answer; on a replay, return the kept answer."""
        if entry := self._answers.replayed():
            if isinstance(entry.value, OtherWay):
                raise entry.value
            return entry.value  # type: ignore[no-any-return]
        device = isinstance(step, DeviceStep)
        # No 返回 while the citizen signs in, nor once something was printed.
        at_home = self.person is not None or self._public
        back = at_home and not self._answers.sealed
        try:
            answer = self._asker.ask(step, back=back)
        except OtherWay as other:
            self._answers.keep(Entry(other, "answer"))
            raise
        except DeviceError as error:
            if isinstance(step, DeviceStep) and step.device == CHIP_CARDS:
                self._end_if_card_went(error)
            raise
        if isinstance(step, DeviceStep) and step.device in CARDS:
            self._card = step.device
        kind: Literal["answer", "turn", "device"] = (
            "device" if device else "turn" if step.only_turns(answer) else "answer"
        )
        self._answers.keep(Entry(answer, kind))
        return answer

    def _end_if_card_went(self, error: DeviceError) -> None:
        """End the visit when the chip card was pulled while the reader read it. The next card may
        be another person's, and the PC/SC service can miss the exchange."""
        if error.reason is Reason.CARD_REMOVED:
            self._tell(card_went(), error)
            raise Left from error

    def look_up(self, call: Callable[[], T]) -> T:
        """What ``call`` gets from the centre. A replay returns the kept answer, or raises the kept
        refusal, without asking the centre again. A refusal in ``PASSING`` is not kept: the next
        replay asks again."""
        if entry := self._answers.replayed():
            if entry.kind == "refusal":
                raise entry.value
            return entry.value  # type: ignore[no-any-return]
        try:
            value = call()
        except Refusal as refusal:
            if refusal.code not in PASSING:
                self._answers.keep(Entry(refusal, "refusal"))
            raise
        self._answers.keep(Entry(value, "look-up"))
        return value

    def once(self, make: Callable[[], T]) -> T:
        """The value of ``make``, called once: every replay returns the same value. For a value
        that must stay the same when the citizen goes back and forward again, such as the key of
        an order. When the citizen changes an earlier answer, ``make`` is called again."""
        if entry := self._answers.replayed():
            return entry.value  # type: ignore[no-any-return]
        value = make()
        self._answers.keep(Entry(value, "once"))
        return value

    def count_as_done(self, service: str) -> None:
        """``service`` has done what the citizen came for, and is what a rating is about; also when
        the citizen leaves on the page that says so, and when another service led here."""
        self._done.append(service)

    def draft(self, order: Order) -> Operation:
        """The centre's quote for ``order``. The same order gives the same operation, however often
        the citizen goes back and forward again. An operation that stands in the way is shown first.
        Raises :class:`Refusal` with the centre's reason against the order."""
        return self.look_up(lambda: undertaking.draft(self, order))

    def confirm_and_commit(self, operation: Operation) -> OperationState:
        """Have the citizen confirm the quote, commit it once, and show how it has ended: page,
        evidence, commit, one way and no way back. Return the final state."""
        return undertaking.confirm_and_commit(self, operation)

    def statuses(self) -> Mapping[Kind, Status]:
        """The states of the devices now, by class."""
        return self._devices.statuses()

    @property
    def settings(self) -> Settings:
        """Those of this terminal."""
        return self._settings

    # -- for an operation ---------------------------------------------------------------------

    def present(
        self, step: Step[T], *, back: bool = False, on_screen: Callable[[], None] | None = None
    ) -> T:
        """Show ``step`` and return its answer, which no replay keeps."""
        return self._asker.ask(step, back=back, on_screen=on_screen)

    def present_or_back(self, step: Step[T]) -> T | None:
        """As :meth:`present`; None when the citizen presses 返回."""
        try:
            return self._asker.ask(step, back=True)
        except WentBack:
            return None

    def announce(self, step: Step[Any]) -> None:
        """See :meth:`Asker.announce`."""
        self._asker.announce(step)

    def amend(self, step: Step[Any]) -> None:
        """See :meth:`Asker.amend`."""
        self._asker.amend(step)

    def heard(self, step: Step[T], seconds: float) -> T | None:
        """See :meth:`Asker.heard`."""
        return self._asker.heard(step, seconds)

    def operation_ended(self) -> None:
        """An operation has ended, so that nothing remembered counts any more: no kept answer, no
        look-up, no key, and not the catalogue. The end is shown before the centre is asked for the
        new one: the menu, or the service that begins anew, asks."""
        self.keys.clear()
        self._answers.close()
        self._outdated = True
        self.expects_other_card = False  # at the page of the end, only somebody else puts a card

    # -- paper --------------------------------------------------------------------------------

    def offer(self, service: str) -> Offer:
        """What the centre's catalogue says of ``service``."""
        return next(offer for offer in self.catalogue.offers if offer.service == service)

    def terms(self) -> SlipTerms:
        """The facts and the language that all slips of this visit share."""
        catalogue = self.catalogue
        return SlipTerms(
            language=self._asker.language,
            centre=catalogue.centre,
            hotline=catalogue.hotline,
            terminal=self._settings.terminal,
            holder=self.masked_holder() if self.person is not None else "",
            now=self.now(),
            demo=catalogue.demo,
            large=self._asker.large,
        )

    def now(self) -> datetime:
        """The centre's clock."""
        return self.catalogue.clock + timedelta(seconds=time.monotonic() - self._fetched_at)

    def masked_holder(self) -> str:
        """The citizen's name as pages and slips show it: 王*."""
        return mask_name(self._person().full_name.reveal())

    def revoked(self) -> bytes | None:
        """The centre's revocation list for seals; None where the settings say that it has none."""
        has_one = self._settings.centre.revocation_list
        return self.centre.revocation_list() if has_one else None

    def session_id(self) -> str:
        """The id of the centre's session, once it was opened."""
        if self.centre.session is None:
            raise RuntimeError("the session is named before signing in")
        return self.centre.session.id

    def holder(self) -> str:
        """The holder's mark that the centre puts into the documents of this visit."""
        person, session = self._person(), self.session_id()
        name, number = person.full_name.reveal(), person.document_number.reveal()
        return holder_mark(session, name, number)

    @property
    def catalogue(self) -> Catalogue:
        """The centre's catalogue, fetched after the first touch, as it can be had here now: what a
        reader closed that was starting at the first touch is open later."""
        if self._catalogue is None:
            raise RuntimeError("the catalogue is used before it was fetched")
        return self._offered_here(self._catalogue)

    @property
    def publication(self) -> Publication:
        """What everybody may read, in the edition of this visit."""
        if self._publication is None:
            raise RuntimeError("the publication is used before it was fetched")
        return self._publication

    def _person(self) -> Person:
        if self.person is None:
            raise RuntimeError("a service runs after the citizen has signed in")
        return self.person

    def welcome(self, person: Person, masked_name: str, unit: Unit | None = None) -> None:
        """Begin the signed-in part of the visit: the citizen has proved to be ``person``, and acts
        for ``unit`` or for themselves."""
        self.person, self.unit = person, unit
        self._asker.greet(Sensitive(masked_name), agent=unit is not None)

    def print_document(self, document: Document, pdf: Sensitive[bytes], paper: Text) -> bool:
        """Print a sealed document, which its pages call ``paper``, and again after each failure for
        as long as the citizen wants. Return whether the whole document came out. After each print
        the terminal tells the centre how many pages came out. From here on there is no 返回, and a
        replay prints nothing."""
        return self._on_paper(lambda: self._print_document(document, pdf, paper))

    def print_slip(self, slip: Slip) -> bool:
        """Print a slip, and again after each failure for as long as the citizen wants. Return
        whether the whole slip came out. A replay prints nothing."""
        return self._on_paper(lambda: self._print_slip(slip))

    def print_slip_now(self, slip: Slip) -> bool:
        """As :meth:`print_slip`, after an operation, where there is nothing to replay."""
        came_out = self._print_slip(slip)
        self._papers |= came_out
        return came_out

    def _on_paper(self, print_it: Callable[[], bool]) -> bool:
        if entry := self._answers.replayed():
            return bool(entry.value)
        self._answers.sealed = True
        came_out = print_it()
        self._answers.keep(Entry(came_out, "paper"))
        self._papers |= came_out
        return came_out

    def _print_document(self, document: Document, pdf: Sensitive[bytes], paper: Text) -> bool:
        # A number may stand on several files, of which one lies in the printer's list already.
        title, again = f"{document.number} {_job()[:8]}", False
        while True:
            job = _job()
            request = PrintDocument(job, pdf.reveal(), document.pages, title, again)
            try:
                printed = self._asker.ask(PrintingDocument(request, paper), back=False)
            except DeviceError as failed:
                again |= failed.pages is None
                # What an earlier job has printed unseen, this one cannot tell either.
                error = failed.with_pages(failed.pages or None) if again else failed
                self._papers |= error.pages != 0
                self._report(document, PrintReport(job=job, pages=error.pages, complete=False))
                problem = document_not_printed(error, document, paper)
                if self._tell(problem, error, Kind.DOCUMENT_PRINTER) != RETRY:
                    return False
            else:
                self._report(document, PrintReport(job=job, pages=printed.pages, complete=True))
                return True

    def _print_slip(self, slip: Slip) -> bool:
        while True:
            try:
                self._asker.ask(PrintingSlip(PrintSlip(_job(), slip)), back=False)
            except DeviceError as error:
                self._papers |= error.pages != 0
                self.leftovers = True
                problem = slip_not_printed(error)
                if self._tell(problem, error, Kind.RECEIPT_PRINTER) != RETRY:
                    return False
            else:
                self.leftovers = False
                return True

    def _tell(self, problem: Problem, error: Exception, usual: Kind | None = None) -> str:
        """Show ``problem`` and return the citizen's choice. The log gets the problem's number, so
        that the hotline can find the cause when the citizen quotes the number. ``usual``: the
        device that failed where ``error`` names none."""
        device = (error.device or usual) if isinstance(error, DeviceError) else None
        events.TROUBLE.log(log, reference=problem.reference, reason=str(error), device=device)
        if isinstance(error, Refusal) and error.code.startswith(RISK_CODES):
            events.STOPPED_BY_RISK_RULE.log(log, reference=problem.reference, reason=error.code)
        if isinstance(error, NotOurs):
            self.centre.tell_refused(error.flaw.value)
        if isinstance(error, DeviceError) and device:
            return self._tell_staff_too(problem, remedy_for(device, error.reason))
        return self._asker.ask(problem, back=False)

    def _tell_staff_too(self, problem: Problem, remedy: Remedy) -> str:
        """Show ``problem``, from which those who look after the place see what they can do."""
        if remedy.by_hand:
            problem = replace(problem, actions=(FOR_STAFF, *problem.actions))
        while (chosen := self._asker.ask(problem, back=False)) == STAFF:
            self._asker.ask(ShowRemedy(remedy, self._settings.terminal), back=False)
        return chosen

    def _report(self, document: Document, report: PrintReport) -> None:
        try:
            self.centre.report_print(document.id, report)
        except (CentreUnavailable, Refusal) as error:
            # The citizen has the paper. A page count that did not reach the centre is an event for
            # the operator, not a page for the citizen.
            events.PRINT_REPORT_NOT_DELIVERED.log(log, reason=str(error))

    # -- from the first touch to the last page ------------------------------------------------

    def run(
        self,
        identify: Callable[[Visit], None],
        menu: Callable[[Visit], Menu],
        services: Mapping[str, Callable[[Visit], None]],
        prove: Callable[[Visit, str], bool] = lambda visit, service: True,
        public_menu: Callable[[Visit], Menu] = lambda visit: Menu((), public=True),
    ) -> How:
        """Run the whole visit, from the first touch to the last page, and return how it ended.

        A citizen may first look at what needs no sign-in, from the ``public_menu``.
        ``prove`` runs before each service: it asks for one more proof where the service needs it,
        and returns whether the centre is sure enough then; otherwise it runs again.
        """
        how: How = "left"
        try:
            without_sign_in = self._asker.ask(Attract(), back=False)
            events.VISIT_BEGUN.log(log)
            if without_sign_in:
                self._serve_public(public_menu, services)
            self._serve(self._fetch_catalogue)
            self._serve(identify)
            if self.person is not None:
                self._greet_open()
                self._serve_menu(menu, services, prove)
        except Left:
            self._rate()
        except TimedOut as timeout:
            how = timeout.how
        finally:
            self.checkers.close()
        events.VISIT_ENDED.log(log, how=how)
        self._say_farewell(how)
        return how

    def _serve_public(
        self,
        menu: Callable[[Visit], Menu],
        services: Mapping[str, Callable[[Visit], None]],
    ) -> None:
        """What needs no sign-in, until the citizen wants to sign in."""
        self._public = self._serve(self._fetch_public)
        while self._public:
            chosen = self._asker.ask(menu(self), back=False)
            self._public = chosen != SIGN_IN
            if self._public:
                self._serve(services[chosen])

    def _fetch_public(self, visit: Visit) -> None:
        """The catalogue of now, or the kept one where the centre cannot be reached, with what
        everybody may read."""
        kept = self._kept()
        try:
            catalogue = self.look_up(self.centre.catalogue)
        except CentreUnavailable:
            if kept is None:
                raise
            self.offline = True
            catalogue = kept.catalogue.model_copy(update={"clock": datetime.now().astimezone()})
        self._take_catalogue(catalogue)
        if kept is None or not (self.offline or kept.publication.version == catalogue.publication):
            self._publication = self.look_up(self.centre.publication)
        else:
            self._publication = kept.publication

    def _fetch_catalogue(self, visit: Visit) -> None:
        self._take_catalogue(self.look_up(self.centre.catalogue))

    def _renew_catalogue(self) -> None:
        """Ask for the catalogue anew where an operation has ended since. The old one stays where
        the centre gives none."""
        if not self._outdated:
            return
        self._outdated = False
        try:
            self._take_catalogue(self.centre.catalogue())
        except (CentreUnavailable, Refusal) as error:
            events.NO_CATALOGUE.log(log, reason=str(error))

    def _take_catalogue(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._fetched_at = time.monotonic()

    def _serve_menu(
        self,
        menu: Callable[[Visit], Menu],
        services: Mapping[str, Callable[[Visit], None]],
        prove: Callable[[Visit, str], bool],
    ) -> None:
        while True:
            self._renew_catalogue()
            self.expects_other_card = False
            step = menu(self)
            chosen = self._asker.ask(step, back=False)
            before = len(self._done)
            done = self._has_proved(prove, chosen) and self._serve(services[chosen])
            if done and len(self._done) == before:
                self._done.append(chosen)

    def _has_proved(self, prove: Callable[[Visit, str], bool], service: str) -> bool:
        """Run ``prove`` until the centre is sure enough for ``service``. False when the citizen
        went back, or a trouble ended a proof. Each proof is served on its own, so that 返回 of the
        service or of the next proof never asks for it again."""
        while True:
            enough: list[bool] = []
            self._serve(lambda visit, found=enough: found.append(prove(visit, service)))  # type: ignore[misc]
            if not enough:
                return False
            if enough[0]:
                return True

    def _greet_open(self) -> None:
        """Show what an earlier visit has left: operations in flight, and ends that were not told.
        Trouble with one of them, as with its receipt, leaves the others to be shown."""
        found: list[Operation] = []
        self._serve(
            lambda visit: found.extend(visit.look_up(visit.centre.operations.open_operations))
        )
        for operation in found[:1]:
            self._serve(partial(undertaking.greet, operation=operation))
        for operation in found[1:]:
            self._serve(partial(undertaking.greet_later, operation=operation))

    def _serve(self, service: Callable[[Visit], None]) -> bool:
        """Run one service to its end, with every 返回 and every trouble. Return False when a
        trouble ended the service and the citizen did not try again."""
        answers = self._answers = Answers()
        while True:
            answers.rewind()
            try:
                service(self)
            except WentBack:
                if not answers.drop_last_answer():
                    return True
            except ToMenu:
                return False
            except StartAnew:
                self._renew_catalogue()
                answers = self._answers = Answers()
            except (Refusal, CentreUnavailable, DeviceError, *PAPER_TROUBLES) as error:
                signed_in = self.person is not None
                enrolled = self._settings.enrolled
                problem = problem_of(
                    error,
                    signed_in=signed_in,
                    public=self._public,
                    standing=self.ends.standing,
                    certified=enrolled is None or enrolled.until > datetime.now(UTC),
                )
                if answers.closed:  # an operation has ended: nothing may begin it once more
                    problem = without_retry(problem)
                chosen = self._tell(problem, error)
                if chosen == LEAVE:
                    raise Left from error
                if chosen != RETRY:
                    return False
                if isinstance(error, DeviceError) or _is_final(error):
                    # The citizen tries again, perhaps with another card: no kept answer counts.
                    answers = self._answers = Answers()
            else:
                return True

    def _rate(self) -> None:
        """Ask for one rating of the last service; not when no service was run to its end."""
        if not self._done:
            return
        service = self._done[-1]
        try:
            level = self._asker.ask(Rate(self.offer(service).title), back=False)
            if level is not None:
                self.centre.rate(Rating(service=service, level=level))
        except (Left, TimedOut):
            return
        except (Refusal, CentreUnavailable) as error:
            events.RATING_NOT_DELIVERED.log(log, reason=str(error))

    def _say_farewell(self, how: How) -> None:
        """Stay for as long as a card lies there, also when nobody has touched the screen for too
        long: who goes away then hears the sound."""
        why = OTHER_CARD if how == "other-card" else ""
        until = Deadline(CALL_BACK_S)
        lies = self._card_lies()
        try:
            while lies and not until.passed():
                self._asker.ask(Farewell(self._papers, self._card, True, why), back=False)
                lies = self._card_lies()
            if not lies and (why or (how == "left" and (self._card or self._papers))):
                self._asker.ask(Farewell(self._papers, self._card, False, why), back=False)
        except (Left, TimedOut):
            return

    def _card_lies(self) -> bool:
        statuses = self._devices.statuses()
        return any(kind in statuses and statuses[kind].media is Media.PRESENT for kind in CARDS)


def _is_final(error: Exception) -> bool:
    return isinstance(error, Refusal) and error.code not in PASSING


def _job() -> str:
    return secrets.token_hex(8)
