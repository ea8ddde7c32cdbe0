"""The catalogue of log events: name, level, sentence, fields, and what the operator does.

Code logs through an entry, ``events.VISIT_SHOWN.log(log, visit=3, ms=31.5)``, so that a line cannot
differ from its entry. Drivers, which import nothing of ``kiosk``, write the same sentences with the
plain logging calls. A test holds every call of the house against its entry, and
``python -m kiosk.events`` prints ``docs/events.md``.
"""

from __future__ import annotations

import logging
import textwrap
from dataclasses import dataclass

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One thing that a log may tell.

    ``fields`` stand on every line of this event, ``optional`` ones where they are known. ``means``
    and ``do`` are for the operator: what happened, and what to do about it.
    """

    name: str
    level: int
    sentence: str
    means: str
    do: str
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def log(
        self, log: logging.Logger, *, error: BaseException | None = None, **facts: Fact
    ) -> None:
        """Write one line to ``log``; a fact that is ``None`` is left out.

        ``error``: the exception that caused the event; the line tells its type and its traceback.
        """
        known = {name: fact for name, fact in facts.items() if fact is not None}
        log.log(self.level, self.sentence, exc_info=error, extra=known, stacklevel=2)


_NOTHING = "Nothing."
_CALL = "Nothing at once. If the line repeats, report it with its `trace`: a fault of the software."

KEEPER_STARTED = LogEvent(
    "keeper-started",
    logging.INFO,
    "keeper started",
    means="The terminal's first process runs and starts the first visit.",
    do=_NOTHING,
    fields=("pid",),
)
KEEPER_STOPPED = LogEvent(
    "keeper-stopped",
    logging.INFO,
    "keeper stopped",
    means="The terminal was told to stop, and every process of it has ended.",
    do=_NOTHING,
)
LOG_LOST = LogEvent(
    "log-lost",
    logging.WARNING,
    "log lost",
    means="So many lines (`count`) before this one were lost, because nobody read the log, "
    "or its disk was full.",
    do="Look why: `systemctl status systemd-journald`, `df -h /var/log`.",
    fields=("count",),
)
SETTINGS_SPOILT = LogEvent(
    "settings-spoilt",
    logging.ERROR,
    "settings spoilt",
    means="The file of settings can no longer be used (`detail`). The terminal goes on with what "
    "its keeper checked when it started, and could not be started again.",
    do="Mend the file now: `kiosk doctor` says when it is well. Then restart the terminal.",
    fields=("detail",),
)
STATE_NOT_KEPT = LogEvent(
    "state-not-kept",
    logging.ERROR,
    "state not kept",
    means="The marker file that says whether a device holds a citizen's data could not be written.",
    do="Check that the state directory is writable and that its disk is neither full nor worn out.",
    fields=("code",),
)
JOURNAL_NOT_WRITTEN = LogEvent(
    "journal-not-written",
    logging.ERROR,
    "journal not written",
    means="The journal of operations can no longer be written (`reason`). No service that moves "
    "money can be begun; what is under way is asked about at the centre. `damaged`, `input/output "
    "error`: the committer ends, and its successor reads the file through; one that is damaged is "
    "set aside (`journal-set-aside`).",
    do="Free or mend the disk of the state directory.",
    fields=("reason",),
)
AUDIT_NOT_WITNESSED = LogEvent(
    "audit-not-witnessed",
    logging.WARNING,
    "audit not witnessed",
    means="The centre could not be shown the end of the audit log. It is shown the next one after "
    "the next commit, or within the hour.",
    do="Nothing, if the line stands alone. Check the link to the centre if it repeats.",
    fields=("reason",),
)
AUDIT_REFUSED = LogEvent(
    "audit-refused",
    logging.ERROR,
    "audit refused",
    means="The centre has witnessed another audit log of this terminal (`audit-differs`), or does "
    "not take this one. Somebody may have rewritten the log, restored an old disk, or put a "
    "copy of the disk into a second machine, so that two terminals have one number.",
    do="Run `kiosk audit verify`, and report what it says to the centre. The second machine "
    "with the copy: `kiosk enrol --anew` there, with a number of its own.",
    fields=("reason",),
)
TERMINAL_STOPPED = LogEvent(
    "terminal-stopped",
    logging.ERROR,
    "terminal stopped",
    means="The centre has taken this terminal out of use, or revoked its certificate: it refuses "
    "every request. The attract page says that the terminal is out of use.",
    do="Ask the centre why. It can serve the terminal again, or allow a new key: `kiosk enrol`.",
)
CERTIFICATE_RENEWED = LogEvent(
    "certificate-renewed",
    logging.INFO,
    "certificate renewed",
    means="The terminal has its next certificate for the centre, good `until` that day.",
    do=_NOTHING,
    fields=("until",),
)
CERTIFICATE_NOT_RENEWED = LogEvent(
    "certificate-not-renewed",
    logging.WARNING,
    "certificate not renewed",
    means="The centre has not given the next certificate (`reason`). The present one is good for "
    "`days` more; the terminal asks again after `pause_s` seconds.",
    do="Nothing while many days are left. Else look at the link to the centre, and ask the centre "
    "why; when the certificate has ended, run `kiosk enrol`.",
    fields=("reason", "days", "pause_s"),
)
TICKET_SIGNERS_NOT_TAKEN = LogEvent(
    "ticket-signers-not-taken",
    logging.WARNING,
    "ticket signers not taken",
    means="Who may sign maintenance tickets from now on came with the next certificate, and was "
    "not taken over (`reason`). Those of before still may; the renewal of the certificate goes on.",
    do="Ask the centre to look at its `ticket_signers`, or look at the disk. They come again with "
    "the next renewal; `kiosk enrol` brings them now.",
    fields=("reason",),
)
OPERATION_UNKNOWN = LogEvent(
    "operation-unknown",
    logging.WARNING,
    "operation unknown",
    means="For ten minutes the centre has not said what became of a commit. The terminal asks on "
    "for as long as it takes; other operations go on.",
    do="Ask the centre about the operation's id, and check the link.",
    fields=("operation",),
)
OPERATION_STRANDED = LogEvent(
    "operation-stranded",
    logging.ERROR,
    "operation stranded",
    means="For half an hour the centre has answered that there is nothing to commit under an id "
    "that a citizen confirmed. The terminal now asks once a day.",
    do="Report the operation's id to the centre: it may have been restored from an old copy.",
    fields=("operation",),
)
FORK_SERVER_STARTED = LogEvent(
    "fork-server-started",
    logging.INFO,
    "fork server started",
    means="The process that makes the processes of visits was started.",
    do=_NOTHING,
    fields=("pid",),
)
FORK_SERVER_NOT_STARTED = LogEvent(
    "fork-server-not-started",
    logging.ERROR,
    "fork server not started",
    means="The system refused a process for the fork server. The keeper tries again after a pause; "
    "meanwhile visits start more slowly.",
    do="Check memory, number of processes and open files: `kiosk doctor`. Restart the machine if "
    "the line repeats.",
    fields=("code", "failures"),
)
FORK_SERVER_FAILED = LogEvent(
    "fork-server-failed",
    logging.WARNING,
    "fork server failed",
    means="The fork server died, hung, or held what no visit may inherit (`cause`). No visit is "
    "harmed. The keeper replaces it; meanwhile visits start more slowly.",
    do="Nothing, if the line stands alone. If the line repeats, report it to the maker of the "
    "software.",
    fields=("cause", "pause_s"),
)
POSTER_SHOWN = LogEvent(
    "poster-shown",
    logging.INFO,
    "poster shown",
    means="The terminal has been started, and its first page is on the screen, `ms` milliseconds "
    "after the keeper began. The first visit takes its place.",
    do=_NOTHING,
    fields=("ms",),
)
POSTER_FAILED = LogEvent(
    "poster-failed",
    logging.WARNING,
    "poster failed",
    means="The process of the first page after a start could not be made, died, or said what it "
    "may not (`cause`). The screen stays dark a second longer, until the first visit.",
    do="Nothing, if the line stands alone. If the line repeats, report it to the maker of the "
    "software.",
    fields=("cause",),
)
NURSERY_FAILED = LogEvent(
    "nursery-failed",
    logging.WARNING,
    "nursery failed",
    means="The process of a visit that forks the processes of drivers and checks died, hung, or "
    "could not be made (`cause`). A standby makes way for another; until a visit on the screen "
    "ends, its processes start more slowly.",
    do="Nothing, if the line stands alone. If the line repeats, report it to the maker of the "
    "software.",
    fields=("cause",),
)
COMMITTER_STARTED = LogEvent(
    "committer-started",
    logging.INFO,
    "committer started",
    means="The process that keeps the journal of operations and commits them runs.",
    do=_NOTHING,
    fields=("pid",),
)
COMMITTER_NOT_STARTED = LogEvent(
    "committer-not-started",
    logging.ERROR,
    "committer not started",
    means="The system refused a process for the committer. The keeper tries again after a pause; "
    "until then no service that moves money can be begun.",
    do="Check memory, number of processes and open files: `kiosk doctor`.",
    fields=("code", "failures"),
)
COMMITTER_FAILED = LogEvent(
    "committer-failed",
    logging.ERROR,
    "committer failed",
    means="The committer ended or fell silent. The keeper starts it again after a pause; until "
    "then no service that moves money can be begun. Nothing is lost: the journal tells the next "
    "committer what is open.",
    do="Nothing, if the line stands alone. If the line repeats, check the disk of the state "
    "directory and the lines of the committer before it.",
    fields=("cause", "pause_s"),
)
JOURNAL_NOT_OPENED = LogEvent(
    "journal-not-opened",
    logging.ERROR,
    "journal not opened",
    means="The journal of operations cannot be used (`reason`). No service that moves money can be "
    "begun; look-ups and papers go on. The terminal tries again every few seconds.",
    do="Free or mend the disk of the state directory. A file system in memory is refused: put the "
    "state directory on a disk.",
    fields=("reason",),
)
JOURNAL_SET_ASIDE = LogEvent(
    "journal-set-aside",
    logging.ERROR,
    "journal set aside",
    means="The journal was damaged. It is kept beside under another name, and a new one has begun. "
    "No operation is lost by that: what was confirmed is done or expires at the centre, which "
    "tells the citizen.",
    do="Keep the damaged file for the maker of the software, and check the disk.",
)
LOGIN_NOT_NOTED = LogEvent(
    "login-not-noted",
    logging.ERROR,
    "login not noted",
    means="So many words about logins wait for the committer that this one is lost: it will be "
    "missing from the audit log.",
    do="Look why the committer does not run: the lines above say it. Mend the state directory.",
)
CARD_NOT_LOOKED_FOR = LogEvent(
    "card-not-looked-for",
    logging.WARNING,
    "card not looked for",
    means="A reader could not be asked whether somebody else's card lies on it (`reason`). The "
    "visit went on.",
    do="See the lines of the device around this one.",
    fields=("device", "reason"),
)
OPERATION_NOT_PASSED_ON = LogEvent(
    "operation-not-passed-on",
    logging.WARNING,
    "operation not passed on",
    means="A visit asked for a commit, and the committer could not be told for so long that the "
    "centre has let the operation expire.",
    do="See the lines about the committer before this one.",
    fields=("operation",),
)
VISIT_STARTED = LogEvent(
    "visit-started",
    logging.INFO,
    "visit started",
    means="A process for a coming visit was started; it warms up behind the live one.",
    do=_NOTHING,
    fields=("visit", "pid"),
)
SERVICE_REFUSED = LogEvent(
    "service-refused",
    logging.WARNING,
    "service refused",
    means="A service of another maker is not in the menu: the settings do not name it, its package "
    "is missing, or it cannot be used (`reason`). All other services are there.",
    do="`kiosk doctor` says what mends it.",
    fields=("service", "package", "reason"),
)
VISIT_NOT_STARTED = LogEvent(
    "visit-not-started",
    logging.ERROR,
    "visit not started",
    means="The system refused a process for the next visit. The keeper tries again after a pause.",
    do="Check memory, number of processes and open files: `kiosk doctor`. Restart the machine if "
    "the line repeats.",
    fields=("code", "failures"),
)
VISIT_SHOWN = LogEvent(
    "visit-shown",
    logging.INFO,
    "visit shown",
    means="A visit has the screen and shows its first page. `ms`: how long the screen was dark.",
    do=_NOTHING,
    fields=("visit",),
    optional=("ms",),
)
VISIT_OVER = LogEvent(
    "visit-over",
    logging.INFO,
    "visit over",
    means="A visit ended as it should; its process is killed, and the next visit takes the screen.",
    do=_NOTHING,
    fields=("visit", "stage", "cause", "pause_s"),
)
VISIT_FAILED = LogEvent(
    "visit-failed",
    logging.WARNING,
    "visit failed",
    means="A visit died, hung, or ended with a trouble that it could not mend (`cause`). Its "
    "process is killed, and the next visit takes the screen.",
    do="Nothing, if the line stands alone. If the line repeats, read the lines of the visit before "
    "it and run `kiosk doctor`.",
    fields=("visit", "stage", "cause", "pause_s"),
)
VISIT_REAPED = LogEvent(
    "visit-reaped",
    logging.INFO,
    "visit reaped",
    means="The process of a visit is gone, and with it all that it knew.",
    do=_NOTHING,
    fields=("visit", "exit"),
)
VISIT_BEGUN = LogEvent(
    "visit-begun",
    logging.INFO,
    "visit begun",
    means="A citizen touched the screen.",
    do=_NOTHING,
)
VISIT_ENDED = LogEvent(
    "visit-ended",
    logging.INFO,
    "visit ended",
    means="The visit says how it ended, before its process is killed.",
    do=_NOTHING,
    fields=("how",),
)
TROUBLE = LogEvent(
    "trouble",
    logging.WARNING,
    "trouble",
    means="A citizen was shown a page of trouble with this number, and may report the number.",
    do="When somebody calls with the number, look it up here; `device` names the device that "
    "failed, `reason` its error or the centre's answer.",
    fields=("reference", "reason"),
    optional=("device",),
)
STOPPED_BY_RISK_RULE = LogEvent(
    "stopped-by-risk-rule",
    logging.WARNING,
    "stopped by a risk rule",
    means="The centre's risk rules have stopped an operation or a sign-in; `reason` is the "
    "centre's code. The citizen was shown why, with this number and the way to a counter.",
    do="One alone is the centre's affair. Several at one terminal within an hour: look at who "
    "stands there, and ask the centre for its alarms.",
    fields=("reference", "reason"),
)
BUG = LogEvent(
    "bug",
    logging.ERROR,
    "bug",
    means="The terminal's own software failed. The citizen was shown a page with this number.",
    do="Report the line to the maker of the software.",
    fields=("reference",),
)
END_NOT_REPORTED = LogEvent(
    "end-not-reported",
    logging.WARNING,
    "end not reported",
    means="The citizen saw how an operation had ended, and the centre could not be told so. The "
    "citizen's next visit shows the page once more.",
    do="Check the link to the centre.",
    fields=("reason",),
)
AMOUNT_DIFFERS = LogEvent(
    "amount-differs",
    logging.ERROR,
    "amount differs",
    means="The centre reports another amount for an operation than the citizen has confirmed. The "
    "page says so and asks the citizen to call.",
    do="Tell the centre: the operation's id finds both amounts there.",
    fields=("operation", "business"),
)
PRINT_REPORT_NOT_DELIVERED = LogEvent(
    "print-report-not-delivered",
    logging.WARNING,
    "print report not delivered",
    means="A document was printed, or failed to print, and the centre could not be told how many "
    "pages came out.",
    do="Check the link to the centre. The centre's count of this document may be wrong.",
    fields=("reason",),
)
CODE_NOT_VOIDED = LogEvent(
    "code-not-voided",
    logging.WARNING,
    "code not voided",
    means="The page with a code for the citizen's phone was left, and the centre could not be told "
    "that the code is void.",
    do="Check the link to the centre. The code is over by itself within minutes; the phone asks "
    "for two digits that stand on no screen any more.",
    fields=("reason",),
)
RATING_NOT_DELIVERED = LogEvent(
    "rating-not-delivered",
    logging.WARNING,
    "rating not delivered",
    means="A citizen rated a service, and the centre could not be told. The rating is lost.",
    do="Check the link to the centre if the line repeats.",
    fields=("reason",),
)
CENTRE_ASKED = LogEvent(
    "centre-asked",
    logging.INFO,
    "centre asked",
    means="One request to the centre: `status` is the centre's HTTP status, or why none came.",
    do="Nothing for 2xx and 4xx. 5xx and words: check the link, then the centre.",
    fields=("endpoint", "status", "ms"),
)
NO_UNIT = LogEvent(
    "no-unit",
    logging.WARNING,
    "no unit",
    means="After an operation of a unit, the centre did not give the unit's figures. The menu of "
    "the unit keeps the figures of before.",
    do="Nothing, unless it comes often: then check the link to the centre with `kiosk doctor`.",
    fields=("reason",),
)
NO_CATALOGUE = LogEvent(
    "no-catalogue",
    logging.WARNING,
    "no catalogue",
    means="The centre did not give its list of services. The terminal says that the centre cannot "
    "be reached, and asks again every few seconds.",
    do="Check the link to the centre: `kiosk doctor`.",
    fields=("reason",),
)
PUBLIC_NOT_KEPT = LogEvent(
    "public-not-kept",
    logging.WARNING,
    "public information not kept",
    means="What everybody may read (rates, guides, news) could not be written to the state "
    "directory (`reason`). Without a link to the centre, citizens will read an older edition.",
    do="Check that the state directory is writable and that its disk is neither full nor worn out.",
    fields=("reason",),
)
COUNTERS_NOT_KEPT = LogEvent(
    "counters-not-kept",
    logging.WARNING,
    "counters not kept",
    means="What the devices do (slips, papers, cards read) could not be counted (`reason`). The "
    "terminal serves all the same.",
    do="Check that the state directory is writable and that its disk is neither full nor worn out.",
    fields=("reason",),
)
COUNTERS_SPOILT = LogEvent(
    "counters-spoilt",
    logging.WARNING,
    "counters spoilt",
    means="The file of counters could not be read (`reason`). The terminal counts from nought.",
    do="Nothing, if the line stands alone. Check the disk of the state directory if it repeats.",
    fields=("reason",),
)
FACE_MODELS_MISSING = LogEvent(
    "face-models-missing",
    logging.WARNING,
    "models of face capture missing",
    means="Model files of face capture are absent, or their bytes are not the pinned ones. The way "
    "to sign in by face is greyed; all others stay.",
    do="Run `kiosk models install` with a folder or an address that has the files, then `kiosk "
    "models`. If a file that was installed differs, find out who changed it.",
    fields=("files",),
)
AGREED = LogEvent(
    "agreed",
    logging.INFO,
    "the agreement was accepted",
    means="A citizen accepted the centre's agreement and privacy notice before signing in.",
    do=_NOTHING,
    fields=("version",),
)
FACE_CONSENT = LogEvent(
    "face-consent",
    logging.INFO,
    "consent to face capture",
    means="A citizen agreed to a face capture, or declined it and was offered the other ways.",
    do=_NOTHING,
    fields=("choice", "version"),
)
PIN_NOT_TAKEN = LogEvent(
    "pin-not-taken",
    logging.WARNING,
    "no PIN was taken",
    means="The PIN pad gave no encrypted PIN, and the citizen was offered the other ways.",
    do="`not-authorised`: load the pad's master key, or have the centre or the bank check theirs. "
    "Else look at the pad.",
    fields=("reason",),
    optional=("detail",),
)
CHIP_PHOTO_NOT_DECODED = LogEvent(
    "chip-photo-not-decoded",
    logging.WARNING,
    "photo of a chip not decoded",
    means="The decoder that the settings name failed, so a captured face was not compared with the "
    "photo of the ID card's chip. The capture went on, and the centre compares.",
    do="Run `kiosk doctor`; have the decoder's licence checked.",
)
FACE_CAPTURE_ENDED = LogEvent(
    "face-capture-ended",
    logging.INFO,
    "face capture ended",
    means="A face capture ended. With another outcome than `captured` nothing was sent, and the "
    "citizen was offered the other ways.",
    do="If `not-live`, `too-long` or `camera-too-coarse` repeat, look at the light and the camera.",
    fields=("outcome",),
)
FACE_CAPTURE_FAILED = LogEvent(
    "face-capture-failed",
    logging.ERROR,
    "face capture failed",
    means="The process of a face capture failed. The citizen was offered the other ways.",
    do=_CALL,
    fields=("reason",),
)
DEVICE = LogEvent(
    "device",
    logging.INFO,
    "device",
    means="The state of a device changed. `reason` and `detail` say what is wrong with the device.",
    do="If the state stays other than ONLINE, run `kiosk doctor`, which names the remedy.",
    fields=("device", "state"),
    optional=("detail", "reason"),
)
DEVICE_NOT_MADE = LogEvent(
    "device-not-made",
    logging.ERROR,
    "device not made",
    means="A device of the settings cannot be used: its driver or an option of it is wrong.",
    do="Mend the device's table in the settings; `kiosk doctor` names the option.",
    fields=("device", "reason"),
)
DEVICE_NOT_RESET = LogEvent(
    "device-not-reset",
    logging.WARNING,
    "device not reset",
    means="A device may hold a previous citizen's card or paper, and refused to be reset. The "
    "visit tries again.",
    do="Open the machine and look into the device if the line repeats.",
    fields=("device", "reason"),
)
DRIVER_FAILED = LogEvent(
    "driver-failed",
    logging.ERROR,
    "driver failed",
    means="A driver ended with an error that it does not know. The device counts as broken until "
    "it is opened again.",
    do=_CALL,
    fields=("device",),
    optional=("detail",),
)
STATUS_NOT_TOLD = LogEvent(
    "status-not-told",
    logging.ERROR,
    "status not told",
    means="The visit failed while it took note of a device's new state.",
    do=_CALL,
    fields=("device",),
)
RESULT_NOT_TOLD = LogEvent(
    "result-not-told",
    logging.ERROR,
    "result not told",
    means="The visit failed while it counted what a device had done.",
    do=_CALL,
    fields=("device",),
)
SCREEN_HIDDEN = LogEvent(
    "screen-hidden",
    logging.WARNING,
    "screen hidden",
    means="Another program or the window manager has hidden the terminal's window, or the display "
    "server draws no more. The visit raises its window; after five seconds in vain the keeper ends "
    "the visit (cause `frozen`), but never between a confirmation and its record.",
    do="Find out who has a keyboard there, and which other programs run on the screen.",
)
MAINTENANCE_OPENED = LogEvent(
    "maintenance-opened",
    logging.INFO,
    "maintenance opened",
    means="A technician has opened the terminal with a ticket or a staff card (`by`); who, stands "
    "in the audit log.",
    do=_NOTHING,
    fields=("by",),
)
MAINTENANCE_ENDED = LogEvent(
    "maintenance-ended",
    logging.INFO,
    "maintenance ended",
    means="A technician's work at the terminal has ended: `left`, `idle`, `limit` when the time of "
    "the ticket was over, `restart`, or `trouble`.",
    do="Nothing, unless it is `trouble`: then look at the lines before.",
    fields=("how",),
)
MAINTENANCE_REFUSED = LogEvent(
    "maintenance-refused",
    logging.WARNING,
    "maintenance refused",
    means="A ticket, a staff card or a PIN did not open the terminal for maintenance; `reason` "
    "says by what, and why. The page has shown the sentence with this `reference`.",
    do="Ask the technician. If nobody of the staff was there, look who was.",
    fields=("reference", "reason"),
)
CLERK_REFUSED = LogEvent(
    "clerk-refused",
    logging.WARNING,
    "clerk refused",
    means="An operation that needs a clerk was not approved; `reason` says why: `card:…` is the "
    "card, the roster or the count of tries, `device:…` the reader. The page has shown the "
    "sentence with this `reference`.",
    do="With `device:` look at the reader; with `card:roster` or `card:disk`, `kiosk doctor`. Else "
    "ask the clerk. If nobody of the branch was there, look who was.",
    fields=("reference", "reason"),
)
CLOSURES_SPOILT = LogEvent(
    "closures-spoilt",
    logging.ERROR,
    "closures spoilt",
    means="The file of what technicians have taken out of service could not be read (`reason`): "
    "everything is in service.",
    do="Take it out of service again on the maintenance page. Check the disk if it repeats.",
    fields=("reason",),
)
DISK_HANGS = LogEvent(
    "disk-hangs",
    logging.ERROR,
    "disk hangs",
    means="What is kept in the state directory was not read within five seconds, as a visit began. "
    "The screen says 设备维护中, and nobody is served until it is read.",
    do="Look at the disk: `smartctl -a`, `dmesg`. Replace a disk that hangs again.",
)
TRIES_NOT_KEPT = LogEvent(
    "tries-not-kept",
    logging.ERROR,
    "PIN tries not kept",
    means="The count of wrong staff PINs could not be written, so that no card opens the terminal.",
    do="Check that the state directory is writable and that its disk is neither full nor worn out. "
    "A maintenance ticket opens the terminal meanwhile.",
    fields=("reason",),
)
ROSTER_TAKEN = LogEvent(
    "roster-taken",
    logging.INFO,
    "staff roster taken",
    means="The centre has given a new edition of the roster of the staff, with so many people.",
    do=_NOTHING,
    fields=("count",),
)
ROSTER_NOT_TAKEN = LogEvent(
    "roster-not-taken",
    logging.WARNING,
    "staff roster not taken",
    means="The catalogue names a new edition of the roster of the staff, and the centre gave none "
    "that can be used (`reason`). The earlier one counts until `staff_hours` are over; "
    "who was taken off meanwhile still opens the terminal.",
    do="Tell the centre: `GET /v1/staff`. `kiosk doctor` says how old the roster is.",
    fields=("reason",),
)
ROSTER_NOT_KEPT = LogEvent(
    "roster-not-kept",
    logging.ERROR,
    "staff roster not kept",
    means="The roster of the staff could not be written (`reason`).",
    do="Check that the state directory is writable and that its disk is neither full nor worn out. "
    "A maintenance ticket opens the terminal meanwhile.",
    fields=("reason",),
)
TICKET_NOT_SPENT = LogEvent(
    "ticket-not-spent",
    logging.ERROR,
    "maintenance ticket not spent",
    means="It could not be written down that the work of a ticket has ended: the ticket opens the "
    "terminal again until its time is over.",
    do="Check that the state directory is writable and that its disk is neither full nor worn out.",
    fields=("reason",),
)
NOT_CONFINED = LogEvent(
    "not-confined",
    logging.WARNING,
    "not confined",
    means="The kernel cannot take from a visit or the committer what they do not need: they may "
    "write wherever their user may.",
    do="Switch landlock on in the kernel: `lsm=landlock,…` on its command line; `kiosk doctor`.",
    fields=("cause",),
)
VENDOR_MODE_NOT_KNOWN = LogEvent(
    "vendor-mode-not-known",
    logging.WARNING,
    "vendor mode not known",
    means="The bank's machine does not say whether a technician has it. The visit takes the "
    "machine's devices.",
    do="Check that the machine's XFS4IoT service runs: `kiosk doctor`.",
    fields=("reason",),
)
VENDOR_MODE_ENTERED = LogEvent(
    "vendor-mode-entered",
    logging.INFO,
    "vendor mode entered",
    means="The bank's technician has the machine. The terminal holds no device and serves nobody.",
    do=_NOTHING,
)
VENDOR_MODE_LEFT = LogEvent(
    "vendor-mode-left",
    logging.INFO,
    "vendor mode left",
    means="The bank's technician gave the machine back. The terminal serves again.",
    do=_NOTHING,
)
CALL_BUTTON_PRESSED = LogEvent(
    "call-button-pressed",
    logging.INFO,
    "call button pressed",
    means="Somebody at the terminal pressed the button that asks for help.",
    do="Go there, or call.",
)
CABINET_DOOR_OPEN = LogEvent(
    "cabinet-door-open",
    logging.WARNING,
    "cabinet door open",
    means="The door of the cabinet was opened.",
    do="If nobody is at work there, have the machine looked at.",
)
CABINET_DOOR_CLOSED = LogEvent(
    "cabinet-door-closed",
    logging.INFO,
    "cabinet door closed",
    means="The door of the cabinet was closed.",
    do=_NOTHING,
)
POWER = LogEvent(
    "power",
    logging.WARNING,
    "power",
    means="The power supply changed: mains, battery, or a battery that is nearly empty.",
    do="On battery: restore the mains. On a low battery: stop the terminal.",
    fields=("state",),
)
FAULT_SCRIPT_ENDED_EARLY = LogEvent(
    "fault-script-ended-early",
    logging.WARNING,
    "a fault script ended early",
    means="Only on a training or test machine: a line of a fault script was not understood.",
    do="Mend the script: `docs/fault-scripts.md`.",
    fields=("device",),
)
UNCAUGHT = LogEvent(
    "uncaught",
    logging.CRITICAL,
    "uncaught",
    means="An error that nobody expected ended a thread or a process.",
    do="Report the line to the maker of the software.",
)
WARNING = LogEvent(
    "warning",
    logging.WARNING,
    "warning",
    means="Python or a library warned about the code at `detail`. The kind of warning is `reason`.",
    do=_CALL,
    fields=("reason", "detail"),
)

CATALOGUE = tuple(value for value in list(globals().values()) if isinstance(value, LogEvent))
"""Every event, in the order of this module."""
BY_SENTENCE = {event.sentence: event for event in CATALOGUE}

FIELDS = {
    "by": "what has opened the terminal for maintenance: ticket or card",
    "cause": "why a visit ended: an ending (left, idle, limit, vendor-mode, other-card, restart, "
    "trouble) or a fault (died, frozen, hung, not ready, not shown, out of turn, garbage, too "
    "long); of the fork server and the nursery also: a thread, a connection, a Qt application, not "
    "forked",
    "code": "the number of the system's error (errno)",
    "count": "how many",
    "days": "whole days; negative: so many have passed",
    "detail": "the driver's own sentence about the device, or a place in the code",
    "device": "the class of the device, as in the settings",
    "endpoint": "the request to the centre, with `{id}` for every identifier",
    "exit": "the exit status of a process; negative: the signal that killed the process",
    "choice": "agree or decline",
    "files": "names of files, with a space between two",
    "outcome": "how a face capture ended: captured, not-live, screen, too-long, camera-too-coarse",
    "version": "the version of the centre's notice",
    "failures": "how many times in a row it has failed",
    "how": "how a visit ended: left, idle, limit, trouble, vendor-mode, other-card",
    "ms": "milliseconds",
    "business": "the kind of operation, one of a closed list",
    "operation": "the id of an operation at the centre, 32 hexadecimal digits",
    "package": "an installed package and its version; empty where there is none",
    "pause_s": "seconds until the next one may be started",
    "pid": "the number of a process",
    "reason": "what is wrong, in a word or a sentence",
    "reference": "the number on the citizen's page of trouble",
    "service": "the id of a service, as in the centre's catalogue",
    "stage": "how far a visit had come: warming, ready, live, shown, begun",
    "state": "the state of a device or of the power supply",
    "status": "the HTTP status, or the kind of silence",
    "until": "a day, YYYY-MM-DD",
    "visit": "the number of a visit since the keeper's start",
}
"""Every field that a line may have, with its meaning. None may ever hold a personal value."""


_HEAD = """
Made by `make events` from `kiosk/events.py`; a test compares. In production a line is one JSON
object: `time` (UTC), `level`, `logger`, `event` (the name below), `message` (the sentence), and the
event's fields. A field in brackets stands only where it is known. A line about an error of the
software has `error` (its type) and `trace` (its places) too. A line of a library has no event and
no words, only a place. No line holds personal data.
"""


def document() -> str:
    """``docs/events.md``: the catalogue as the operator reads it."""
    lines = [
        "# Log events",
        "",
        *textwrap.wrap(_HEAD.strip(), 100),
        "",
    ]
    for event in CATALOGUE:
        fields = [f"`{name}`" for name in event.fields]
        fields += [f"[`{name}`]" for name in event.optional]
        lines += [
            f"## {event.name}",
            "",
            f"{logging.getLevelName(event.level).lower()} · “{event.sentence}”"
            + (f" · {', '.join(fields)}" if fields else ""),
            "",
            event.means,
            "",
            f"**Do:** {event.do}",
            "",
        ]
    lines += ["## The fields", "", "| field | what it tells |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in FIELDS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
