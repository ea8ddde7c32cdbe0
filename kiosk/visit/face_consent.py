"""The citizen's face, taken live, as evidence for an operation; pages that signing in shares."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk import events
from kiosk.centre.errors import Refusal
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.operations import Evidence, Operation
from kiosk.privacy import Sensitive
from kiosk.visit.face_steps import CaptureFace, ConsentToFace, ReadNotice
from kiosk.visit.steps import AGREE, OTHER, WHOLE_TEXT, Choose, Option
from kiosk.words import Sayable, _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit

log = logging.getLogger(__name__)

AGAIN = "again"
CROWD = "two-faces"
"""What the audit log is told where somebody else was in the picture: the capture had stopped."""
TRY_AGAIN = ("face-expired", "face-unreadable", "face-not-live", "face-foreign")
"""Codes of refusals after which the citizen may try once more, or choose another way."""


def show_face(visit: Visit, operation: Operation) -> Evidence | None:
    """The evidence ``face`` for ``operation``; None when the citizen wants another way."""
    calls = visit.centre.operations
    challenge = calls.open_face(operation.id)
    if not _agrees(visit, challenge):
        return None
    while True:
        taken = visit.present(CaptureFace(challenge, visit.session_id(), photo=visit.chip_photo))
        if taken is None:
            return None
        if taken.crowd:
            visit.centre.tell_refused(CROWD)
        why = taken.why_not or refused(
            lambda picture: calls.check_face(operation.id, picture), challenge, taken.sealed
        )
        if why is None:
            return Evidence(kind="face", value=Sensitive(challenge.challenge))
        if visit.present(once_more(why)) == OTHER:
            return None
        # A challenge serves once: the refused picture has used it up.
        challenge = calls.open_face(operation.id)


def _agrees(visit: Visit, challenge: FaceChallenge) -> bool:
    notice = challenge.notice
    while (choice := visit.present_or_back(ConsentToFace(notice))) == WHOLE_TEXT:
        visit.present(ReadNotice(notice))
    if choice is None:
        return False
    return log_consent(choice, challenge)


def log_consent(choice: str, challenge: FaceChallenge) -> bool:
    """Record the citizen's ``choice``; return whether they agree."""
    events.FACE_CONSENT.log(log, choice=choice, version=challenge.notice.version)
    return choice == AGREE


def refused(
    check: Callable[[FacePicture], object], challenge: FaceChallenge, sealed: bytes
) -> Sayable | None:
    """Why the centre, asked by ``check``, does not take the picture; None when it does."""
    try:
        check(FacePicture.of(challenge, sealed))
    except Refusal as refusal:
        if refusal.code not in TRY_AGAIN:
            raise
        return _("{reason}", reason=refusal.reason)
    return None


def once_more(why: Sayable) -> Choose:
    """Another way, or once more: ``why`` says what the last picture lacks."""
    return Choose(
        why,
        (
            Option(OTHER, _("换其他方式"), _("一样能办"), "message"),
            Option(AGAIN, _("再刷一次"), _("光线好一点、正对屏幕"), "face"),
        ),
        _("没关系，您的账户没有任何变动"),
    )
