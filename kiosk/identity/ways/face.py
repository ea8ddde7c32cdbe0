"""Way in: the citizen's own face, taken live: proves that the holder of the card is there."""

from __future__ import annotations

import logging
from functools import partial

from drivers.device import Kind
from kiosk import events
from kiosk.centre.errors import Refusal
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.identity.face.booth import closed_for_models
from kiosk.identity.face.envelope import as_text
from kiosk.identity.way import Present, Proves, Way
from kiosk.visit.face_steps import (
    CaptureFace,
    ConsentToFace,
    FaceTaken,
    ReadNotice,
)
from kiosk.visit.steps import AGREE, OTHER, WHOLE_TEXT, Choose, Option, OtherWay
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

log = logging.getLogger(__name__)

AGAIN = "again"
_TRY_AGAIN = ("face-expired", "face-unreadable", "face-not-live", "face-foreign")
"""Codes of refusals after which the citizen may try once more, or choose another way."""


def prove_by_face(visit: Visit, _present: Present, _others: bool) -> None:
    """Ask for consent, take the picture, have the centre check it. Raises ``OtherWay`` when
    the citizen wants another way, which every page offers."""
    challenge = visit.look_up(visit.centre.face_challenge)
    if not _agrees(visit, challenge):
        raise OtherWay
    while True:
        taken = visit.ask(CaptureFace(challenge, _session(visit)))
        if taken is None:
            raise OtherWay
        why = taken.why_not or _refused(visit, challenge, taken)
        if why is None:
            return
        if visit.ask(_once_more(why)) == OTHER:
            raise OtherWay
        # A challenge serves once: the refused picture has used it up.
        challenge = visit.look_up(visit.centre.face_challenge)


def closed(visit: Visit) -> Sayable | None:
    """Why this terminal cannot capture faces at all."""
    return closed_for_models(visit.face_models)


def _agrees(visit: Visit, challenge: FaceChallenge) -> bool:
    while (choice := visit.ask(ConsentToFace(challenge.notice))) == WHOLE_TEXT:
        visit.ask(ReadNotice(challenge.notice))
    version = challenge.notice.version

    def note() -> bool:
        events.FACE_CONSENT.log(log, choice=choice, version=version)
        return choice == AGREE

    return visit.once(note)


def _refused(visit: Visit, challenge: FaceChallenge, taken: FaceTaken) -> Sayable | None:
    """Why the centre does not take the picture; None when it does."""
    picture = FacePicture(
        challenge=challenge.challenge,
        consent=challenge.notice.version,
        sealed=as_text(taken.sealed),
    )
    try:
        visit.look_up(partial(visit.centre.check_face, picture))
    except Refusal as refusal:
        if refusal.code not in _TRY_AGAIN:
            raise
        return _("{reason}", reason=refusal.reason)
    return None


def _once_more(why: Sayable) -> Choose:
    return Choose(
        why,
        (
            Option(OTHER, _("换其他方式"), _("一样能办"), "message"),
            Option(AGAIN, _("再刷一次"), _("光线好一点、正对屏幕"), "face"),
        ),
        _("没关系，您的账户没有任何变动"),
    )


def _session(visit: Visit) -> str:
    if visit.centre.session is None:
        raise RuntimeError("a face is asked for after the session was opened")
    return visit.centre.session.id


WAY = Way(
    "face",
    Proves.ARE,
    _("刷脸"),
    _("约 5 秒，不保存照片"),
    "face",
    prove_by_face,
    devices=(Kind.CAMERA,),
    closed=closed,
)
