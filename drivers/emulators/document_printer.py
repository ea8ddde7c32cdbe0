"""An emulated A4 printer: an IPP server that counts, paces and renders its pages.

Speaks IPP/2.0 over HTTP/1.1 from the printer's side (RFC 8010, 8011), with faults on order.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from drivers.device import DeviceError, Kind
from drivers.document_printer.codec import (
    Attribute,
    Group,
    IppMessage,
    Tag,
    attribute,
    decode,
    encode,
)
from drivers.document_printer.names import IppOperation, IppPrinterState, IppStatus, JobState
from drivers.emulators.http_line import HttpLine
from drivers.emulators.ports import reserved

_FORMATS = ("application/pdf", "application/octet-stream")
_PDFIUM = threading.Lock()  # PDFium may run in one thread at a time


@dataclass(slots=True)
class _IppJob:
    number: int
    name: str
    user: str
    state: JobState = JobState.PENDING
    reason: str = "job-incoming"
    document: bytes = field(default=b"", repr=False)
    ready: bool = False  # the whole document has arrived
    pages: int = 0
    out: int = 0
    cancelled: str = ""  # the reason, as soon as a cancel was asked for
    begun_at: int | None = None


class DocumentPrinter:
    """The printer. ``address`` is the ``uri`` for the driver's settings.

    Orders for :meth:`obey`, with their facts:

    ==================  ==========================================================================
    paper out           the tray is empty; ``after_pages=n``: after n more sheets (default 0)
    paper low           "media-low" is reported
    refill              the tray is full again
    jam                 a sheet jams inside; ``after_pages=n``: after n more sheets
    clear jam           the jammed sheet is taken out and its page printed again
    open cover          printing stops
    close cover
    toner out           printing stops
    new toner
    pause               set off-line at the panel
    resume
    busy                new jobs are refused with server-error-busy
    mute                takes requests and never answers
    slow                answers after ``seconds=s``
    garbage             answers nonsense; ``kind`` "bytes" (not HTTP), "html" or "ipp"
    refuse              answers every request with HTTP ``code=n``
    stall               the job makes no progress, without a reason; ``after_pages=n``: after n
                        more sheets (default 0), also after the last
    die                 drops every connection, stops listening and printing
    revive              listens again, without its jobs; ``forget=False``: goes on with its jobs
    cancel at panel     the printing job is cancelled at the printer
    take                somebody takes the sheets out of the tray
    well                ends every fault, or only ``fault``
    ==================  ==========================================================================
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seconds_per_page: float = 0.05,
        dpi: int = 72,
        model: str = "Emulated A4 Laser",
        tls: ssl.SSLContext | None = None,
        without: tuple[IppOperation, ...] = (),
        formats: tuple[str, ...] = _FORMATS,
        cups_version: str = "",
        history: bool = True,
        counter: Callable[[int], int] = int,
        versions: tuple[tuple[int, int], ...] = ((1, 0), (1, 1), (2, 0)),
        names_jobs: bool = True,
    ) -> None:
        """``port`` 0 takes a free port. The printer does not know the operations in ``without``.
        With ``tls`` it is an ipps printer; with ``cups_version`` it reports itself as a CUPS queue.
        Without ``history`` it forgets a job that has ended. ``counter`` turns the pages that came
        out into the count that the printer reports. ``versions``: of IPP; a request in another one
        is refused. Without ``names_jobs``, Create-Job succeeds and names no job.
        """
        self._pace = seconds_per_page
        self._dpi = dpi
        self._model = model
        self._tls = tls
        self._operations = tuple(one for one in IppOperation if one not in without)
        self._formats = formats
        self._cups_version = cups_version
        self._history = history
        self._counter = counter
        self._versions = versions
        self._names_jobs = names_jobs
        self._port = port
        self._changed = threading.Condition()
        self._jobs: dict[int, _IppJob] = {}
        self._number = 0
        self._sheets: list[bytes] = []
        self._documents: list[bytes] = []
        self._pages = 0
        self._paper: int | None = None  # sheets left; None: plenty
        self._jam_in: int | None = None  # sheets until a sheet jams
        self._stall_in: int | None = None  # sheets until the job stalls
        self._faults: set[str] = set()  # "cover", "toner", "busy", "mute", …
        self._garbage = ""
        self._refusal = 0
        self._delay = 0.0
        self._dead = False
        self._stopping = False
        self._server: _IppServer | None = None
        self._engine: threading.Thread | None = None
        self._born = time.monotonic()

    @property
    def address(self) -> str:
        return f"{'ipps' if self._tls else 'ipp'}://127.0.0.1:{self._port}/ipp/print"

    def start(self) -> None:
        self._stopping = False
        self._listen()
        self._engine = threading.Thread(target=self._run, name="emulated printer", daemon=True)
        self._engine.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._fall_silent()
        if self._engine is not None:
            self._engine.join()
            self._engine = None

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        acts: Mapping[str, Callable[..., None]] = {
            "paper out": self._paper_out,
            "jam": self._jam,
            "stall": self._stall,
            "refill": self._refill,
            "clear jam": self._clear_jam,
            "slow": self._slow,
            "garbage": self._answer_garbage,
            "refuse": self._refuse,
            "die": self._die,
            "revive": self._revive,
            "cancel at panel": self._cancel_at_panel,
            "take": self._sheets.clear,
            "well": self._well,
        }
        begins = {
            "paper low": "low",
            "open cover": "cover",
            "toner out": "toner",
            "pause": "pause",
            "busy": "busy",
            "mute": "mute",
        }
        ends = {"close cover": "cover", "new toner": "toner", "resume": "pause"}
        with self._changed:
            if order in acts:
                acts[order](**facts)
            elif order in begins:
                self._faults.add(begins[order])
            elif order in ends:
                self._faults.discard(ends[order])
            else:
                raise ValueError(f"the document printer knows no order {order!r}")
            self._changed.notify_all()
        # Without the lock: the server's end joins its threads, which may wait for the lock.
        if order == "die":
            self._fall_silent()
        elif self._server is None and self._engine is not None and not self._dead:
            self._listen()

    def look(self) -> dict[str, Any]:
        """What a person beside the printer sees: ``sheets`` (PNG of each page in the output tray,
        oldest first), ``documents`` (PDF bytes as they arrived), ``pages`` (printed since the
        start), ``paper`` (sheets left, ``None``: plenty), ``reasons`` (as reported over IPP),
        ``jobs`` (``number``, ``name``, ``user``, ``state``, ``pages`` that came out of each),
        ``listening``, ``faults`` (orders that last and show in no ``reasons``).
        """
        with self._changed:
            return {
                "sheets": list(self._sheets),
                "documents": list(self._documents),
                "pages": self._pages,
                "paper": self._paper,
                "reasons": list(self._reasons()),
                "jobs": [
                    {
                        "number": job.number,
                        "name": job.name,
                        "user": job.user,
                        "state": job.state.name,
                        "pages": job.out,
                    }
                    for job in self._jobs.values()
                ],
                "listening": self._server is not None,
                "faults": self._lasting(),
            }

    def _lasting(self) -> list[str]:
        holds = {
            "stall": self._stalls(),
            "slow": self._delay,
            "garbage": self._garbage,
            "refuse": self._refusal,
        }
        unseen = sorted(self._faults & {"busy", "mute"})
        return [*unseen, *(order for order, lasts in holds.items() if lasts)]

    # -- orders, under the lock ----------------------------------------------------------------

    def _paper_out(self, after_pages: int = 0) -> None:
        self._paper = after_pages

    def _refill(self) -> None:
        self._paper = None
        self._faults.discard("low")

    def _jam(self, after_pages: int = 0) -> None:
        self._jam_in = after_pages

    def _stall(self, after_pages: int = 0) -> None:
        self._stall_in = after_pages

    def _stalls(self) -> bool:
        return self._stall_in is not None and self._stall_in <= 0

    def _clear_jam(self) -> None:
        self._jam_in = None

    def _slow(self, seconds: float = 1.0) -> None:
        self._delay = seconds

    def _answer_garbage(self, kind: str = "bytes") -> None:
        self._garbage = kind

    def _refuse(self, code: int = 503) -> None:
        self._refusal = code

    def _die(self) -> None:
        self._dead = True

    def _revive(self, forget: bool = True) -> None:
        self._dead = False
        if forget:
            self._jobs.clear()

    def _cancel_at_panel(self) -> None:
        for job in self._jobs.values():
            if job.state in (JobState.PROCESSING, JobState.STOPPED):
                job.cancelled = "job-canceled-at-device"

    def _well(self, fault: str = "") -> None:
        match fault:
            case "stall":
                self._stall_in = None
            case "slow":
                self._delay = 0.0
            case "garbage":
                self._garbage = ""
            case "refuse":
                self._refusal = 0
            case "":
                self._all_well()
            case _:
                self._faults.discard(fault)

    def _all_well(self) -> None:
        self._refill()
        self._faults.clear()
        self._jam_in = self._stall_in = None
        self._garbage, self._refusal, self._delay = "", 0, 0.0
        self._revive(forget=False)

    # -- the print engine ----------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                job = self._next()
                while job is None and not self._stopping:
                    self._changed.wait()
                    job = self._next()
                if job is None:
                    return
                job.state, job.reason = JobState.PROCESSING, "job-printing"
                job.begun_at = self._up_time()
            sheets = rendered(job.document, self._dpi)
            with self._changed:
                self._print(job, sheets)

    def _next(self) -> _IppJob | None:
        if self._dead or self._stopping:
            return None
        for job in self._jobs.values():
            if job.ready and job.state < JobState.CANCELED:
                return job
        return None

    def _print(self, job: _IppJob, sheets: list[bytes] | None) -> None:
        if sheets is None:
            job.state, job.reason = JobState.ABORTED, "document-format-error"
            return
        job.pages = len(sheets)
        for sheet in sheets[job.out :]:
            if not self._feed(job):
                self._break_off(job)
                return
            job.out += 1
            self._pages += 1
            self._sheets.append(sheet)
            if self._paper is not None:
                self._paper -= 1
            if self._jam_in is not None:
                self._jam_in -= 1
            if self._stall_in is not None:
                self._stall_in -= 1
        if self._stalls() and not self._feed(job):
            self._break_off(job)
            return
        job.state, job.reason = JobState.COMPLETED, "job-completed-successfully"

    def _break_off(self, job: _IppJob) -> None:
        if not self._dead and not self._stopping:
            job.state, job.reason = JobState.CANCELED, job.cancelled

    def _feed(self, job: _IppJob) -> bool:
        """Print one sheet; False when the job must end: cancelled, or the printer died or stops."""
        left = self._pace
        while not (job.cancelled or self._dead or self._stopping):
            held = bool(self._hindrances()) or self._stalls()
            hindered = bool(self._hindrances())
            job.state = JobState.STOPPED if hindered else JobState.PROCESSING
            job.reason = "printer-stopped" if hindered else "job-printing"
            if not held and left <= 0:
                return True
            begun = time.monotonic()
            self._changed.wait(None if held else left)
            if not held:
                left -= time.monotonic() - begun
        return False

    def _hindrances(self) -> tuple[str, ...]:
        return tuple(
            reason
            for reason, holds in (
                ("media-jam-error", self._jam_in is not None and self._jam_in <= 0),
                ("cover-open-error", "cover" in self._faults),
                ("media-empty-error", self._paper is not None and self._paper <= 0),
                ("toner-empty-error", "toner" in self._faults),
                ("paused", "pause" in self._faults),
            )
            if holds
        )

    def _reasons(self) -> tuple[str, ...]:
        low = ("media-low-warning",) if "low" in self._faults else ()
        return (*self._hindrances(), *low) or ("none",)

    def _up_time(self) -> int:
        return int(time.monotonic() - self._born) + 1

    # -- the wire ------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._port = self._port or reserved(self)
        self._server = _IppServer(self, self._port, self._tls)
        self._server.begin()

    def _fall_silent(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def respond(self, body: bytes) -> tuple[int, bytes] | bytes | None:
        """The printer's answer to the body of a POST: an HTTP status with a body, raw bytes, or
        ``None`` for no answer.
        """
        with self._changed:
            if self._delay:
                self._changed.wait_for(lambda: self._dead or self._stopping, self._delay)
            self._changed.wait_for(
                lambda: "mute" not in self._faults or self._dead or self._stopping
            )
            if self._dead or self._stopping:
                return None
            if self._garbage:
                return {
                    "html": (200, b"<html>Printer status: ready</html>"),
                    "ipp": (200, b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x21\xff\xf0junk"),
                }.get(self._garbage, b"\x00\xff\x1b%-12345X@PJL INFO STATUS\r\n" * 20)
            if self._refusal:
                return self._refusal, b""
            try:
                request = decode(body)
            except DeviceError:
                return 400, b""
            return 200, encode(self._answer(request))

    def _answer(self, request: IppMessage) -> IppMessage:
        status, groups = IppStatus.OPERATION_NOT_SUPPORTED, tuple[Group, ...]()
        if request.version not in self._versions:
            status = IppStatus.VERSION_NOT_SUPPORTED
        elif request.code == IppOperation.CREATE_JOB and not self._names_jobs:
            status = IppStatus.OK
        elif request.code in self._operations:
            status, groups = {
                IppOperation.GET_PRINTER_ATTRIBUTES: self._tell_printer,
                IppOperation.VALIDATE_JOB: self._validate,
                IppOperation.PRINT_JOB: self._print_job,
                IppOperation.CREATE_JOB: self._create,
                IppOperation.SEND_DOCUMENT: self._receive,
                IppOperation.GET_JOB_ATTRIBUTES: self._tell_job,
                IppOperation.CANCEL_JOB: self._cancel,
                IppOperation.GET_JOBS: self._tell_jobs,
            }[IppOperation(request.code)](request, request.group(Tag.OPERATION_GROUP))
        opening = Group(
            Tag.OPERATION_GROUP,
            (
                attribute("attributes-charset", Tag.CHARSET, "utf-8"),
                attribute("attributes-natural-language", Tag.LANGUAGE, "en"),
            ),
        )
        version = request.version if request.version in self._versions else self._versions[-1]
        return IppMessage(status, request.request_id, (opening, *groups), version=version)

    def _tell_printer(
        self, request: IppMessage, asked: Group
    ) -> tuple[IppStatus, tuple[Group, ...]]:
        printing = any(
            job.state in (JobState.PROCESSING, JobState.STOPPED) for job in self._jobs.values()
        )
        state = IppPrinterState.PROCESSING if printing else IppPrinterState.IDLE
        if self._hindrances():
            state = IppPrinterState.STOPPED
        known = [
            attribute("printer-state", Tag.ENUM, state),
            attribute("printer-state-reasons", Tag.KEYWORD, *self._reasons()),
            attribute("printer-is-accepting-jobs", Tag.BOOLEAN, True),
            attribute("printer-make-and-model", Tag.TEXT, self._model),
            attribute("printer-device-id", Tag.TEXT, "MFG:Emulated;MDL:A4;SN:EM0001;CMD:PDF;"),
            attribute("printer-firmware-string-version", Tag.TEXT, "1.0"),
            attribute("marker-names", Tag.NAME, "Black Toner Cartridge", "Waste Toner Box"),
            attribute("marker-levels", Tag.INTEGER, 23, -2),
            attribute("document-format-supported", Tag.MIME_TYPE, *self._formats),
            attribute("media-supported", Tag.KEYWORD, "iso_a4_210x297mm", "na_letter_8.5x11in"),
            attribute("operations-supported", Tag.ENUM, *self._operations),
            attribute(
                "ipp-versions-supported",
                Tag.KEYWORD,
                *(f"{major}.{minor}" for major, minor in self._versions),
            ),
        ]
        if self._cups_version:
            known.append(attribute("cups-version", Tag.TEXT, self._cups_version))
        return IppStatus.OK, (Group(Tag.PRINTER_GROUP, _wanted(known, asked)),)

    def _validate(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        if "busy" in self._faults:
            return IppStatus.BUSY, ()
        if asked.text("document-format") not in ("", *self._formats):
            return IppStatus.FORMAT_NOT_SUPPORTED, ()
        return IppStatus.OK, ()

    def _create(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        status, groups = self._validate(request, asked)
        if status is not IppStatus.OK:
            return status, groups
        self._number += 1
        job = _IppJob(self._number, asked.text("job-name"), asked.text("requesting-user-name"))
        self._jobs[job.number] = job
        return IppStatus.OK, (self._described(job, Group(Tag.OPERATION_GROUP, ())),)

    def _receive(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        job = self._jobs.get(asked.number("job-id") or 0)
        if job is None:
            return IppStatus.NOT_FOUND, ()
        if job.ready or job.state is not JobState.PENDING:
            return IppStatus.NOT_POSSIBLE, ()
        job.document, job.ready, job.reason = request.data, True, "none"
        self._documents.append(request.data)
        self._changed.notify_all()
        return IppStatus.OK, (self._described(job, Group(Tag.OPERATION_GROUP, ())),)

    def _print_job(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        status, groups = self._create(request, asked)
        if status is IppStatus.OK:
            number = attribute("job-id", Tag.INTEGER, self._number)
            return self._receive(request, Group(Tag.OPERATION_GROUP, (number,)))
        return status, groups

    def _known(self, asked: Group) -> _IppJob | None:
        job = self._jobs.get(asked.number("job-id") or 0)
        return None if job and job.state >= JobState.CANCELED and not self._history else job

    def _tell_job(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        job = self._known(asked)
        if job is None:
            return IppStatus.NOT_FOUND, ()
        return IppStatus.OK, (self._described(job, asked),)

    def _tell_jobs(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        over = {"completed": (True,), "all": (False, True)}.get(asked.text("which-jobs"), (False,))
        user = asked.text("requesting-user-name") if asked.flag("my-jobs") else None
        return IppStatus.OK, tuple(
            self._described(job, asked)
            for job in self._jobs.values()
            if (job.state >= JobState.CANCELED) in over and user in (None, job.user)
        )

    def _cancel(self, request: IppMessage, asked: Group) -> tuple[IppStatus, tuple[Group, ...]]:
        job = self._known(asked)
        if job is None:
            return IppStatus.NOT_FOUND, ()
        if job.state >= JobState.CANCELED and asked.flag("purge-job") and self._cups_version:
            del self._jobs[job.number]
            return IppStatus.OK, ()
        if job.state >= JobState.CANCELED:
            return IppStatus.NOT_POSSIBLE, ()
        job.cancelled = "job-canceled-by-user"
        if job.begun_at is None:
            job.state, job.reason = JobState.CANCELED, job.cancelled
        self._changed.notify_all()
        return IppStatus.OK, ()

    def _described(self, job: _IppJob, asked: Group) -> Group:
        begun = attribute("time-at-processing", Tag.NO_VALUE, None)
        if job.begun_at is not None:
            begun = attribute("time-at-processing", Tag.INTEGER, job.begun_at)
        known = [
            attribute("job-id", Tag.INTEGER, job.number),
            attribute("job-name", Tag.NAME, job.name),
            attribute("job-originating-user-name", Tag.NAME, job.user),
            attribute("job-state", Tag.ENUM, job.state),
            attribute("job-state-reasons", Tag.KEYWORD, job.reason),
            attribute("job-impressions", Tag.INTEGER, job.pages),
            attribute("job-impressions-completed", Tag.INTEGER, self._counter(job.out)),
            attribute("job-media-sheets-completed", Tag.INTEGER, self._counter(job.out)),
            begun,
        ]
        return Group(Tag.JOB_GROUP, _wanted(known, asked))


def _wanted(known: list[Attribute], asked: Group) -> tuple[Attribute, ...]:
    names = asked.texts("requested-attributes")
    if not names or {"all", "printer-description", "job-description"}.intersection(names):
        return tuple(known)
    return tuple(one for one in known if one.name in names)


def rendered(document: bytes, dpi: int) -> list[bytes] | None:
    """Each page of a PDF as PNG; ``None`` when ``document`` is no PDF."""
    import pypdfium2

    with _PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(document)
        except pypdfium2.PdfiumError:
            return None
        pdf.init_forms()  # a visible seal is a form's widget, and a printer prints it
        sheets = []
        for page in pdf:
            picture = io.BytesIO()
            page.render(scale=dpi / 72).to_pil().save(picture, "PNG")
            page.close()
            sheets.append(picture.getvalue())
        pdf.close()
    return sheets


class _IppServer(HttpLine):
    def __init__(self, printer: DocumentPrinter, port: int, tls: ssl.SSLContext | None) -> None:
        self.printer = printer
        self._tls = tls
        super().__init__(port, _IppHandler, Kind.DOCUMENT_PRINTER)

    def wrap(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        # The handler's thread does the handshake, so that a silent client blocks no other client.
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


class _IppHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    server: _IppServer

    def do_POST(self) -> None:
        answer = self.server.printer.respond(self._body())
        if answer is None:
            self.close_connection = True
            return
        if isinstance(answer, bytes):
            self.wfile.write(answer)
            self.close_connection = True
            return
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/ipp" if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""  # CUPS sends chunks
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the driver reports errors."""
