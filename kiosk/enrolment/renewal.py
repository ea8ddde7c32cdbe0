"""Renews the terminal's certificate before its end, in the committer, which outlives visits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from drivers.sentence import en
from kiosk import events, settings
from kiosk.centre.enrolment import Renewal, RenewalRequest
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.settings import EnrolledSettings, Settings

log = logging.getLogger(__name__)

LEFT = 1 / 3
"""A certificate is renewed when so much of its time is left: of a year, four months."""
LOOK_S = 6 * 3600.0
"""Longest pause between two looks at the certificate."""
AGAIN_S, MOST_AGAIN_S = 300.0, 6 * 3600.0
"""The first pause after a failure; each further one is twice as long, up to this."""
STOPPED = "terminal-stopped"
"""The centre's refusal for a terminal out of use or a certificate that was revoked."""


class AsksForRenewal(Protocol):
    """The call to the centre."""

    def renew(self, request: RenewalRequest) -> Renewal: ...


class CertificateRenewal:
    """Looks at the certificate of the terminal ``chosen``, and renews it in time. ``connect`` opens
    a connection to the centre with the present certificate. Used by one thread at a time."""

    def __init__(
        self,
        chosen: Settings,
        connect: Callable[[], AbstractContextManager[AsksForRenewal]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._certificate = chosen.centre.certificate
        self._told = settings.state_directory(chosen) / settings.ENROLLED
        self._enrolled = chosen.enrolled if _came_with_the_enrolment(chosen) else None
        self._connect = connect
        self._now = now
        self._failures = 0

    def look(self) -> tuple[bool, float]:
        """Renew the certificate where it is time. Returns whether it was renewed, and the seconds
        until the next look. Tells its failures in the log; raises nothing of them."""
        enrolled, certificate = self._enrolled, self._certificate
        if enrolled is None or certificate is None:  # somebody else looks after the certificate
            return False, LOOK_S
        waits = due_in(enrolled, self._now())
        if waits > 0:
            return False, min(waits, LOOK_S)
        try:
            until = self._renewed(enrolled, certificate)
        except Refusal as refusal:
            if refusal.code == STOPPED:
                events.TERMINAL_STOPPED.log(log)
            return False, self._failed(refusal.code, enrolled)
        except CentreUnavailable as error:
            return False, self._failed(error.trouble.value, enrolled)
        except OSError as error:
            return False, self._failed(error.strerror or type(error).__name__, enrolled)
        except ValueError as error:  # of this terminal's files, or of the centre's certificate
            return False, self._failed(str(error), enrolled)
        self._failures = 0
        events.CERTIFICATE_RENEWED.log(log, until=f"{until:%Y-%m-%d}")
        return True, LOOK_S

    def _renewed(self, enrolled: EnrolledSettings, certificate: Path) -> datetime:
        """The end of the certificate that is in force now."""
        # Imported late: a committer that renews once a year needs no X.509 until then.
        from kiosk.enrolment import identity

        try:
            self._unless_replaced(enrolled)
            # What an earlier renewal has left half written is told first: a centre whose
            # certificates end with its CA has none to give that ends later.
            dates = identity.told_late(certificate, self._told, enrolled.until)
            if dates:
                enrolled = self._tells(enrolled, *dates)
            if due_in(enrolled, self._now()) <= 0:
                with self._connect() as centre:
                    asked = RenewalRequest(request=enrolled.request.read_text())
                    told = centre.renew(asked)
                self._unless_replaced(enrolled)
                # The signers first: once the next certificate is written, a renewal that broke off
                # asks the centre for nothing any more.
                if told.ticket_signers:
                    _take_signers(certificate, told.ticket_signers)
                dates = identity.renewed(certificate, self._told, told.certificate)
                enrolled = self._tells(enrolled, *dates)
        except identity.NotEnrolled as error:
            raise ValueError(str(error)) from error
        return enrolled.until

    def _unless_replaced(self, enrolled: EnrolledSettings) -> None:
        """Raise ``ValueError`` where the terminal was enrolled anew meanwhile: the dates of the
        certificate of before are not for the file that is in force."""
        if settings.request_in_force(self._told.parent) != enrolled.request:
            raise ValueError(en("another identity is in force"))

    def _tells(
        self, enrolled: EnrolledSettings, since: datetime, until: datetime
    ) -> EnrolledSettings:
        self._enrolled = msgspec.structs.replace(enrolled, since=since, until=until)
        return self._enrolled

    def _failed(self, why: str, enrolled: EnrolledSettings) -> float:
        pause = min(AGAIN_S * 2.0**self._failures, MOST_AGAIN_S)
        self._failures = min(self._failures + 1, 30)
        days = (enrolled.until - self._now()).days
        events.CERTIFICATE_NOT_RENEWED.log(log, reason=why, days=days, pause_s=round(pause))
        return pause


def _take_signers(certificate: Path, pem: str) -> None:
    """Take over who may sign maintenance tickets from now on; a failure is told in the log."""
    from kiosk.enrolment import identity

    try:
        identity.renew_signers(certificate, pem)
    except identity.NotEnrolled as error:
        events.TICKET_SIGNERS_NOT_TAKEN.log(log, reason=str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        events.TICKET_SIGNERS_NOT_TAKEN.log(log, reason=reason)


def _came_with_the_enrolment(chosen: Settings) -> bool:
    """Whether the certificate lies beside the request that it was granted to: ``terminal.toml`` may
    name another one, and that one's owner renews it."""
    enrolled, certificate = chosen.enrolled, chosen.centre.certificate
    if enrolled is None or certificate is None:
        return False
    return certificate.parent == enrolled.request.parent


def due_in(enrolled: EnrolledSettings, now: datetime) -> float:
    """Seconds until the certificate is to be renewed; 0: now. A clock that is behind the
    certificate's beginning says nothing about its end."""
    lasts = (enrolled.until - enrolled.since).total_seconds()
    return max(0.0, (enrolled.until - now).total_seconds() - lasts * LEFT)


def client(chosen: Settings) -> EnrolmentClient:
    """A connection to the centre with the terminal's present certificate. Raises
    ``ValueError``."""
    centre = chosen.centre
    return EnrolmentClient(
        centre.url,
        chosen.terminal,
        connect_s=centre.connect_s,
        ca=centre.ca,
        certificate=centre.certificate,
        key=centre.key,
    )
