"""The driver of A4 printers over IPP (RFC 8011): the printer itself, or a CUPS queue before it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.document_printer.codec import Group, IppMessage, Tag, Value, attribute
from drivers.document_printer.names import IppOperation, IppStatus, JobState
from drivers.document_printer.states import (
    STATE_ATTRIBUTES,
    SUPPLY_ATTRIBUTES,
    queue_name,
    read_status,
    read_supplies,
)
from drivers.document_printer.transport import HttpRefusal, IppWire
from drivers.document_printer.types import PagesPrinted, PrintDocument, ReadSupplies, SupplyLevel
from drivers.sentence import en, joined

A4 = "iso_a4_210x297mm"  # PWG 5101.1
PDF = "application/pdf"

_STATUS_S = 1.0
_VERSIONS = ((2, 0), (1, 1), (1, 0))  # tried in this order
_BAD_REQUEST = 400  # HTTP
_LISTED = 100  # jobs that are over, of which a printer is asked; the newest come first
_MISSES = 3  # a printer counts as lost after so many requests in a row without an answer

_ABOUT = (
    *STATE_ATTRIBUTES,
    "printer-make-and-model",
    "printer-firmware-string-version",
    "printer-serial-number",
    "printer-device-id",
    "document-format-supported",
    "media-supported",
    "operations-supported",
    "ipp-versions-supported",
    "printer-error-policy",
)
_ABOUT_JOB = (
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "time-at-processing",
)
_NAMED = frozenset(IppStatus)
_REASONS: dict[int, Reason] = {
    IppStatus.FORBIDDEN: Reason.NOT_AUTHORISED,
    IppStatus.NOT_AUTHENTICATED: Reason.NOT_AUTHORISED,
    IppStatus.NOT_AUTHORIZED: Reason.NOT_AUTHORISED,
    IppStatus.INTERNAL_ERROR: Reason.HARDWARE,
    IppStatus.DEVICE_ERROR: Reason.HARDWARE,
    IppStatus.SERVICE_UNAVAILABLE: Reason.OFFLINE,
    IppStatus.TEMPORARY_ERROR: Reason.OFFLINE,
    IppStatus.NOT_ACCEPTING_JOBS: Reason.OFFLINE,
    IppStatus.BUSY: Reason.OFFLINE,
    IppStatus.JOB_CANCELED: Reason.CANCELLED,
}
_COME_BACK = (IppStatus.BUSY, IppStatus.TEMPORARY_ERROR, IppStatus.NOT_ACCEPTING_JOBS)
_UNPRINTABLE = (
    "document-format-error",
    "unsupported-document-format",
    "document-unprintable-error",
)


class _RefusedError(DeviceError):
    """The printer refused an operation; ``status`` is the status code of its answer."""

    def __init__(self, operation: IppOperation, status: int) -> None:
        reason, words = Reason.UNSUPPORTED, "unknown"
        if status in _NAMED:
            reason, words = _REASONS.get(status, reason), IppStatus(status).name
        super().__init__(
            reason,
            en(
                "{operation} refused: {words} ({status:#06x})",
                operation=operation.name,
                words=words,
                status=status,
            ),
        )
        self.status = status


@dataclass(slots=True)
class _PrinterJob:
    """A job at the printer, as last seen."""

    number: int
    of: int  # pages of its document
    state: int = JobState.PENDING
    reasons: tuple[str, ...] = ()
    pages: int | None = None  # whole pages that came out; None: this printer does not count them
    begun: bool = True  # False only when the printer reports that the job never began
    jammed: bool = False  # paper jammed after the last page that the printer counted

    @property
    def final(self) -> bool:
        return self.state >= JobState.CANCELED

    @property
    def all_out(self) -> bool:
        """Whether all pages came out, however the job ended. A counted page may still jam."""
        return self.pages == self.of and not self.jammed


class IppPrinter(Driver):
    """Prints PDFs on A4, one-sided, and reports how many pages really came out.

    A printer without a queue counts pages as it stacks them (``job-impressions-completed``). A CUPS
    queue counts the pages that its filters made: all within a tenth of a second, also for a dead
    printer. There, pages are known only when the job completed or never began; else they are
    ``None``.

    The driver cancels jobs with this terminal's user name that are still at the printer when it
    opens the printer, or after it could not end a job: so nobody finds an earlier citizen's paper.
    A CUPS queue keeps printed documents for a day: there the driver purges each job that has ended.
    """

    class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """The printer's table in the terminal's settings. Times in seconds."""

        uri: str
        """``ipp://192.168.1.20/ipp/print``, ``ipps://…``, or a queue: ``ipp://localhost/printers/A4``.
        Give a number, not a name, so that a dead name server delays nothing. Default port: 631."""
        certificate_sha256: str = ""
        """For ``ipps``: SHA-256 of the printer's own certificate, in hex; then no authority must
        have signed it. Empty: the certificate must be valid for the system."""
        user: str = "terminal"
        """``requesting-user-name``; unique among the terminals that share one printer."""
        answer_s: float = 5.0
        """Limit for one request and its answer (a status between jobs: 1 s)."""
        send_s: float = 30.0
        """Limit for sending a document."""
        poll_s: float = 0.5
        """Time between two looks at a running job."""
        patience_s: float = 20.0
        """How long an empty tray, a jam or an open cover may last before the job is given up."""
        stall_s: float = 60.0
        """How long a job may make no progress without a reason. A CUPS queue shows no progress
        within a document, so this must suffice for the longest document."""
        settle_s: float = 10.0
        """How long a cancelled job may take to end, also past the deadline."""
        trust_count: bool = True
        """False for a printer whose page counter is wrong or stays at zero. CUPS is never
        trusted."""
        ignored_reasons: tuple[str, ...] = ()
        """``printer-state-reasons`` that mean nothing, e.g. of a bypass tray that is always
        empty."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._wire = IppWire(settings.uri, settings.certificate_sha256)
        self._info = Info(Kind.DOCUMENT_PRINTER, "ipp", self._wire.uri)
        self._operations: frozenset[Value] = frozenset()
        self._cups = False
        self._version = _VERSIONS[0]  # of IPP; the last one that the printer has understood
        self._leftovers = False  # the printer may still hold a job of ours, or its document
        self._unsettled: _PrinterJob | None = None  # the last job, if nobody knows how it ended

    @property
    def info(self) -> Info:
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (PrintDocument, ReadSupplies)

    def open(self) -> None:
        """Check that a printer answers and takes PDF; cancel the leftover jobs of this terminal."""
        about = self._about()
        formats = about.texts("document-format-supported")
        if PDF not in formats:
            raise DeviceError(
                Reason.UNSUPPORTED, en("the printer takes no PDF; put a CUPS queue in front of it")
            )
        self._operations = frozenset(about.values("operations-supported"))
        self._cups = bool(about.values("cups-version"))
        device_id = _device_id(about.text("printer-device-id"))
        self._info = Info(
            Kind.DOCUMENT_PRINTER,
            "ipp",
            self._wire.uri,
            model=about.text("printer-make-and-model"),
            serial=about.text("printer-serial-number")
            or device_id.get("SN")
            or device_id.get("SERN", ""),
            firmware=about.text("printer-firmware-string-version")
            or ", ".join(f"CUPS {version}" for version in about.texts("cups-version")),
        )
        self._leftovers = True
        self._clear(self._settings.answer_s)

    def close(self) -> None:
        """Does nothing: every request opens and closes its own connection."""

    def status(self) -> Status:
        limit = Deadline(_STATUS_S)
        status = self._look(_STATUS_S)
        if self._leftovers and not limit.passed():
            self._clear(limit.remaining())
        return status

    def reset(self) -> None:
        """Cancel every job of this terminal."""
        self._leftovers = True
        self._clear(self._settings.answer_s)

    def self_test(self) -> tuple[Check, ...]:
        begun = time.monotonic()
        about = self._about()
        took = (time.monotonic() - begun) * 1000
        formats, media = about.texts("document-format-supported"), about.texts("media-supported")
        status = read_status(about, self._settings.ignored_reasons)
        checks = [
            Check(
                "answers",
                True,
                joined(", ", en("{ms:.0f} ms", ms=took), about.text("printer-make-and-model")),
            ),
            Check("takes PDF", PDF in formats, ", ".join(formats)),
            Check(
                "knows A4",
                A4 in media,
                A4 if A4 in media else en("{count} other sizes", count=len(media)),
            ),
            Check("ready", status.usable, status.detail or status.state.value),
        ]
        if about.values("cups-version"):
            checks.append(_error_policy(about))
        if IppOperation.VALIDATE_JOB in self._operations:
            try:
                self._ask(IppOperation.VALIDATE_JOB, *self._ticket("self-test"))
                checks.append(Check("accepts a job", True, en("Validate-Job: ok")))
            except _RefusedError as error:
                checks.append(Check("accepts a job", False, error.detail))
        return tuple(checks)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        if isinstance(request, ReadSupplies):
            return self._supplies()
        if not isinstance(request, PrintDocument):
            raise DeviceError(Reason.UNSUPPORTED, type(request).__name__)
        if not request.again:
            self._unsettled = None
        if self._leftovers:
            self._clear(self._settings.answer_s)
        self._await_ready(deadline, cancel)
        if request.again and self._came_out(request, deadline, cancel):
            return PagesPrinted(request.job, request.pages)
        job = self._submit(request, deadline, cancel)
        return self._follow(request, job, deadline, cancel)

    # -- before the document leaves ------------------------------------------------------------

    def _came_out(self, request: PrintDocument, deadline: Deadline, cancel: CancelToken) -> bool:
        """Whether an earlier job with this document was completed. Of one that was cancelled the
        last page may have jammed unseen, however many pages the printer has counted. False also
        where the printer keeps no history. Raises :class:`DeviceError` when it does not say it."""
        limit = Deadline(min(self._settings.settle_s, deadline.remaining()))
        try:
            job = self._unsettled or self._job_named(request)
            asked = False
            while job and not job.final:
                if asked and limit.passed():
                    raise DeviceError(Reason.TIMEOUT, en("the earlier job has not ended"))
                if asked and cancel.wait(min(self._settings.poll_s, limit.remaining())):
                    raise DeviceError(Reason.CANCELLED, en("while an earlier job was ending"))
                self._refresh(job, self._within(limit))
                asked = True
        except _RefusedError as error:
            if error.status not in (IppStatus.NOT_FOUND, IppStatus.OPERATION_NOT_SUPPORTED):
                raise
            job = None
        self._unsettled = None
        if job is None:
            return False
        return job.state == JobState.COMPLETED and job.pages in (None, job.of)

    def _job_named(self, request: PrintDocument) -> _PrinterJob | None:
        """This terminal's last job with the title of ``request``, where the printer lists jobs."""
        if IppOperation.GET_JOBS not in self._operations:
            return None
        owner = "job-originating-user-name"
        numbers = [0]
        for which in ("not-completed", "completed"):
            mine = Group(
                Tag.OPERATION_GROUP,
                (
                    attribute("requesting-user-name", Tag.NAME, self._settings.user),
                    attribute("limit", Tag.INTEGER, _LISTED),
                    attribute("which-jobs", Tag.KEYWORD, which),
                    attribute("my-jobs", Tag.BOOLEAN, True),
                    attribute("requested-attributes", Tag.KEYWORD, "job-id", "job-name", owner),
                ),
            )
            numbers += [
                job.number("job-id") or 0
                for job in self._ask(IppOperation.GET_JOBS, mine).all(Tag.JOB_GROUP)
                if job.text("job-name") == request.title
                and job.text(owner) in ("", self._settings.user)
            ]
        newest = max(numbers)
        return _PrinterJob(newest, request.pages) if newest else None

    def _await_ready(self, deadline: Deadline, cancel: CancelToken) -> None:
        """Wait until the printer can print, at most ``patience_s``, in which people may mend it."""
        patience = Deadline(self._settings.patience_s)
        while True:
            status = self._look(self._settings.answer_s)
            self.report(status)
            if cancel.cancelled:  # also by a citizen who left as somebody mended the printer
                raise DeviceError(Reason.CANCELLED, en("before anything was sent"))
            if status.problem is None:
                return
            if deadline.passed() or patience.passed():
                raise DeviceError(status.problem, status.detail, mend=status.mend)
            cancel.wait(self._pause(deadline))

    def _submit(
        self, request: PrintDocument, deadline: Deadline, cancel: CancelToken
    ) -> _PrinterJob:
        """Send the document; returns the job that the printer has made of it."""
        operation, job = self._ticket(request.title)
        if IppOperation.VALIDATE_JOB in self._operations:
            self._persist(IppOperation.VALIDATE_JOB, (operation, job), deadline, cancel)
        if IppOperation.CREATE_JOB not in self._operations:
            return self._print_job(request, (operation, job), deadline, cancel)
        # Create-Job before the data: after any later failure, the job's number is known, and the
        # job can be cancelled.
        self._leftovers = True
        made = self._persist(
            IppOperation.CREATE_JOB, (_without_format(operation), job), deadline, cancel
        )
        if made.group(Tag.JOB_GROUP).number("job-id") is None:  # nothing that a document can join
            return self._print_job(request, (operation, job), deadline, cancel)
        created = _job_of(made, request)
        document = Group(
            Tag.OPERATION_GROUP,
            (
                attribute("job-id", Tag.INTEGER, created.number),
                attribute("requesting-user-name", Tag.NAME, self._settings.user),
                attribute("document-format", Tag.MIME_TYPE, PDF),
                attribute("last-document", Tag.BOOLEAN, True),
            ),
        )
        try:
            self._persist(IppOperation.SEND_DOCUMENT, (document,), deadline, cancel, request.pdf)
        except DeviceError as error:
            self._give_up(request, created, error, 0 if _nothing_sent(error) else None)
        return created

    def _print_job(
        self,
        request: PrintDocument,
        ticket: tuple[Group, Group],
        deadline: Deadline,
        cancel: CancelToken,
    ) -> _PrinterJob:
        """Print-Job, for printers without Create-Job, or whose Create-Job names no job."""
        self._leftovers = True
        try:
            made = self._persist(IppOperation.PRINT_JOB, ticket, deadline, cancel, request.pdf)
        except _RefusedError:
            raise
        # the printer may have the document; the job's number is unknown
        except DeviceError as error:
            if _nothing_sent(error):
                raise
            raise error.with_pages(None) from error
        return _job_of(made, request)

    def _persist(
        self,
        operation: IppOperation,
        groups: tuple[Group, ...],
        deadline: Deadline,
        cancel: CancelToken,
        data: bytes = b"",
    ) -> IppMessage:
        """Repeat an operation while the printer is busy, until the deadline. Sends nothing after a
        cancel."""
        while True:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED, en("before anything was sent"))
            try:
                return self._ask(operation, *groups, data=data)
            except _RefusedError as error:
                if error.status not in _COME_BACK:
                    raise
                if deadline.passed():
                    reason = Reason.TIMEOUT if error.status == IppStatus.BUSY else error.reason
                    raise DeviceError(reason, error.detail) from None
            if cancel.wait(self._pause(deadline)):
                raise DeviceError(Reason.CANCELLED, en("while the printer was busy"))

    def _ticket(self, title: str) -> tuple[Group, Group]:
        """The attributes of the operation and of the job."""
        return (
            Group(
                Tag.OPERATION_GROUP,
                (
                    attribute("requesting-user-name", Tag.NAME, self._settings.user),
                    attribute("job-name", Tag.NAME, title),
                    attribute("document-format", Tag.MIME_TYPE, PDF),
                ),
            ),
            Group(
                Tag.JOB_GROUP,
                (
                    attribute("media", Tag.KEYWORD, A4),
                    attribute("sides", Tag.KEYWORD, "one-sided"),
                    attribute("copies", Tag.INTEGER, 1),
                ),
            ),
        )

    # -- while it prints -----------------------------------------------------------------------

    def _follow(
        self, request: PrintDocument, job: _PrinterJob, deadline: Deadline, cancel: CancelToken
    ) -> PagesPrinted:
        """Watch the job to its end; cancel it when it must not go on."""
        misses = 0
        problem: Reason | None = None
        why = ""
        moved = time.monotonic()  # when the job last made progress, or its problem changed
        while True:
            try:
                before = (job.state, job.pages)
                self._refresh(job, self._settings.answer_s)
                if job.final:
                    return self._ended(request, job, None)
                status = self._look(self._settings.answer_s)
            except _RefusedError as error:
                if error.status == IppStatus.NOT_FOUND:
                    lost = DeviceError(Reason.HARDWARE, en("the printer forgot the job"))
                    return self._forgotten(request, job, lost)
                status = Status(State.BUSY, detail=error.detail)
                misses = 0
            except DeviceError as error:
                misses += 1
                if cancel.cancelled:
                    return self._give_up(request, job, DeviceError(Reason.CANCELLED))
                if misses >= _MISSES or deadline.passed():
                    return self._give_up(request, job, error)
                cancel.wait(self._pause(deadline))
                continue
            else:
                misses = 0
                if (job.state, job.pages) != before or status.problem is not problem:
                    moved = time.monotonic()
                kept = job.jammed and job.pages == before[1]
                job.jammed = kept or status.problem is Reason.JAM
            problem, why = status.problem, status.detail
            self.report(status)
            still = time.monotonic() - moved
            if cancel.cancelled:
                return self._give_up(request, job, DeviceError(Reason.CANCELLED))
            if deadline.passed():
                return self._give_up(request, job, DeviceError(problem or Reason.TIMEOUT, why))
            if still > (self._settings.stall_s if problem is None else self._settings.patience_s):
                said = why or en("no progress for {still:.0f} s", still=still)
                return self._give_up(request, job, DeviceError(problem or Reason.TIMEOUT, said))
            cancel.wait(self._pause(deadline))

    def _refresh(self, job: _PrinterJob, seconds: float) -> None:
        seen = self._ask(
            IppOperation.GET_JOB_ATTRIBUTES, self._about_job(job, *_ABOUT_JOB), seconds=seconds
        ).group(Tag.JOB_GROUP)
        # A completed job on CUPS carries stray reasons: judge by the state.
        state = seen.number("job-state")
        if state is None:
            raise DeviceError(Reason.GARBLED, en("a job without a state"))
        job.state = state
        job.reasons = seen.texts("job-state-reasons")
        job.begun = not seen.has("time-at-processing") or bool(seen.values("time-at-processing"))
        if self._settings.trust_count and not self._cups:
            count = seen.number("job-impressions-completed")
            count = seen.number("job-media-sheets-completed") if count is None else count
            # Some printers count sides, or all pages of their life: an impossible count is unknown.
            job.pages = count if count is not None and 0 <= count <= job.of else None

    def _ended(
        self, request: PrintDocument, job: _PrinterJob, why: DeviceError | None
    ) -> PagesPrinted:
        """The result of a job that has ended at the printer; ``why``: the error for which this
        driver has cancelled it, or ``None``."""
        self._leftovers = self._cups
        if job.state == JobState.COMPLETED:
            if job.pages is not None and job.pages < job.of:
                raise DeviceError(
                    Reason.HARDWARE,
                    en("completed after {pages} of {of} pages", pages=job.pages, of=job.of),
                    pages=job.pages or None,  # 0 of a completed job: a printer that may not count
                    mend="" if job.pages else en("if the paper came out, set trust_count = false"),
                )
            return PagesPrinted(request.job, job.of)
        if job.all_out:  # after a failure, the citizen would print again and have the pages twice
            return PagesPrinted(request.job, job.of)
        if why is None:
            reason, said = Reason.HARDWARE, joined(", ", *job.reasons)
            if job.state == JobState.CANCELED:
                reason = Reason.CANCELLED
            elif set(_UNPRINTABLE).intersection(job.reasons):
                reason = Reason.UNSUPPORTED
            why = DeviceError(reason, en("ended by the printer: {reasons}", reasons=said))
        raise why.with_pages(job.pages if job.begun else 0) from why

    def _forgotten(
        self, request: PrintDocument, job: _PrinterJob, why: DeviceError, pages: int | None = None
    ) -> PagesPrinted:
        """The printer does not know the job any more: it was switched off, or keeps no history."""
        self._leftovers = False
        if job.all_out:
            return PagesPrinted(request.job, job.of)
        raise why.with_pages(pages) from why

    def _give_up(
        self,
        request: PrintDocument,
        job: _PrinterJob,
        why: DeviceError,
        unsettled: int | None = None,
    ) -> PagesPrinted:
        """Cancel the job, wait for its end, raise ``why`` with the pages that came out.

        ``unsettled``: the pages to report when the end of the job stays unknown; more may come out
        until the job can be cancelled. Returns only when the job turns out to be completed.
        """
        limit = Deadline(self._settings.settle_s)
        misses = 0
        asked = False
        while misses < _MISSES:
            try:
                if not asked:
                    self._cancel(job.number, self._within(limit))
                    asked = True
                self._refresh(job, self._within(limit))
            except _RefusedError as error:
                if error.status == IppStatus.NOT_FOUND:
                    return self._forgotten(request, job, why, unsettled)
                asked = asked or error.status not in _COME_BACK  # refused: only watch the job
            except DeviceError:
                misses += 1  # report `why`, not this error
            else:
                misses = 0
                if job.final:
                    return self._ended(request, job, why)
            if limit.passed():
                break
            time.sleep(min(self._settings.poll_s, limit.remaining()))
        if unsettled is None:
            self._unsettled = job
        raise why.with_pages(unsettled) from why

    def _within(self, limit: Deadline) -> float:
        return min(self._settings.answer_s, max(limit.remaining(), _STATUS_S))

    def _pause(self, deadline: Deadline) -> float:
        return min(self._settings.poll_s, deadline.remaining())

    # -- requests ------------------------------------------------------------------------------

    def _cancel(self, number: int, seconds: float, *, purge: bool = False) -> None:
        """Cancel-Job; no error for a job that has already ended. ``purge``: a CUPS queue also
        deletes the job's files."""
        purged = (attribute("purge-job", Tag.BOOLEAN, True),) if purge else ()
        try:
            self._ask(
                IppOperation.CANCEL_JOB,
                Group(
                    Tag.OPERATION_GROUP,
                    (
                        attribute("job-id", Tag.INTEGER, number),
                        attribute("requesting-user-name", Tag.NAME, self._settings.user),
                        *purged,
                    ),
                ),
                seconds=seconds,
            )
        except _RefusedError as error:
            if error.status not in (IppStatus.NOT_POSSIBLE, IppStatus.NOT_FOUND):
                raise

    def _clear(self, seconds: float) -> None:
        """Cancel every job of this terminal that is still at the printer; a CUPS queue also purges
        those that have ended."""
        limit = Deadline(seconds)
        if IppOperation.GET_JOBS not in self._operations:
            self._leftovers = False
            return
        last = self._unsettled
        if last and not last.final:
            try:
                self._refresh(last, limit.remaining())
            except _RefusedError as error:
                if error.status == IppStatus.NOT_FOUND:  # nobody can tell any more
                    self._unsettled = last = None
            except DeviceError as error:
                if error.reason is not Reason.GARBLED:
                    raise
        owner = "job-originating-user-name"
        mine = Group(
            Tag.OPERATION_GROUP,
            (
                attribute("requesting-user-name", Tag.NAME, self._settings.user),
                attribute("which-jobs", Tag.KEYWORD, "all" if self._cups else "not-completed"),
                attribute("my-jobs", Tag.BOOLEAN, True),
                attribute("requested-attributes", Tag.KEYWORD, "job-id", owner),
            ),
        )
        try:
            waiting = self._ask(IppOperation.GET_JOBS, mine, seconds=limit.remaining())
            for job in waiting.all(Tag.JOB_GROUP):
                number = job.number("job-id")
                # Some firmware ignores "my-jobs" and lists the jobs of all users.
                if number is not None and job.text(owner) in ("", self._settings.user):
                    # A queue forgets what it has purged.
                    known = last is None or last.final or last.number != number
                    self._cancel(number, limit.remaining(), purge=self._cups and known)
        except _RefusedError as error:  # a printer that does not list its jobs can still print
            self._leftovers = error.status in _COME_BACK
        else:
            self._leftovers = self._cups and last is not None and not last.final

    def _about(self) -> Group:
        """What the printer tells of itself, in the highest version of IPP that it understands."""
        asked = Group(
            Tag.OPERATION_GROUP, (attribute("requested-attributes", Tag.KEYWORD, *_ABOUT),)
        )
        refusal: DeviceError | None = None
        kept = self._version
        for version in (kept, *(one for one in _VERSIONS if one != kept)):
            self._version = version
            try:
                answer = self._ask(IppOperation.GET_PRINTER_ATTRIBUTES, asked)
            except _RefusedError as error:
                if error.status != IppStatus.VERSION_NOT_SUPPORTED:
                    raise
                refusal = refusal or error
            except HttpRefusal as error:
                if error.status != _BAD_REQUEST:
                    raise
                refusal = refusal or error
            else:
                about = answer.group(Tag.PRINTER_GROUP)
                if about.attributes:
                    return about
        self._version = kept
        raise refusal or DeviceError(Reason.GARBLED, en("the printer tells nothing of itself"))

    def _look(self, seconds: float) -> Status:
        asked = attribute("requested-attributes", Tag.KEYWORD, *STATE_ATTRIBUTES)
        try:
            answer = self._ask(
                IppOperation.GET_PRINTER_ATTRIBUTES,
                Group(Tag.OPERATION_GROUP, (asked,)),
                seconds=seconds,
            )
        except _RefusedError as error:
            if error.status == IppStatus.BUSY:
                return Status(State.BUSY, detail=error.detail)
            raise
        return read_status(answer.group(Tag.PRINTER_GROUP), self._settings.ignored_reasons)

    def _supplies(self) -> tuple[SupplyLevel, ...]:
        asked = attribute("requested-attributes", Tag.KEYWORD, *SUPPLY_ATTRIBUTES)
        group = Group(Tag.OPERATION_GROUP, (asked,))
        answer = self._ask(IppOperation.GET_PRINTER_ATTRIBUTES, group)
        return read_supplies(answer.group(Tag.PRINTER_GROUP))

    def _about_job(self, job: _PrinterJob, *names: str) -> Group:
        return Group(
            Tag.OPERATION_GROUP,
            (
                attribute("job-id", Tag.INTEGER, job.number),
                attribute("requesting-user-name", Tag.NAME, self._settings.user),
                attribute("requested-attributes", Tag.KEYWORD, *names),
            ),
        )

    def _ask(
        self,
        operation: IppOperation,
        *groups: Group,
        data: bytes = b"",
        seconds: float | None = None,
    ) -> IppMessage:
        """Send one request; ``groups`` begins with the operation's own attributes.

        Raises :class:`DeviceError`; :class:`_RefusedError` when the printer refuses.
        """
        first, *rest = groups
        # RFC 8011, 4.1.4: charset and language come first, the target third.
        opening = Group(
            Tag.OPERATION_GROUP,
            (
                attribute("attributes-charset", Tag.CHARSET, "utf-8"),
                attribute("attributes-natural-language", Tag.LANGUAGE, "en"),
                attribute("printer-uri", Tag.URI, self._wire.uri),
                *first.attributes,
            ),
        )
        if seconds is None:
            seconds = self._settings.send_s if data else self._settings.answer_s
        answer = self._wire.ask(
            IppMessage(operation, 0, (opening, *rest), data, self._version), seconds
        )
        if answer.code >= 0x0100:  # lower codes mean success, some with a remark
            raise _RefusedError(operation, answer.code)
        return answer


def _job_of(answer: IppMessage, request: PrintDocument) -> _PrinterJob:
    number = answer.group(Tag.JOB_GROUP).number("job-id")
    if number is None:
        raise DeviceError(Reason.GARBLED, en("a job without a number"), pages=None)
    return _PrinterJob(number, request.pages)


def _nothing_sent(error: DeviceError) -> bool:
    """Whether nothing of a document has gone out: the printer was not reached, or the print was
    given up before."""
    refused = isinstance(error, _RefusedError)
    return not refused and error.reason in (Reason.NO_DEVICE, Reason.CANCELLED)


def _error_policy(about: Group) -> Check:
    """Whether a CUPS queue goes on by itself after an error of its printer."""
    policy = about.text("printer-error-policy")
    mend = en(
        "lpadmin -p {queue} -o printer-error-policy=retry-current-job",
        queue=queue_name(about) or "QUEUE",
    )
    stops = policy == "stop-printer"
    return Check("goes on after an error", not stops, policy or "?", mend if stops else "")


def _without_format(operation: Group) -> Group:
    """The attributes of Create-Job, which has no document and so no format (RFC 8011, 4.2.4)."""
    return Group(
        operation.tag, tuple(one for one in operation.attributes if one.name != "document-format")
    )


def _device_id(text: str) -> dict[str, str]:
    """The fields of an IEEE 1284 device ID, "MFG:x;SN:y;"."""
    fields = (field.partition(":") for field in text.split(";"))
    return {key.strip().upper(): value.strip() for key, _, value in fields if value}
