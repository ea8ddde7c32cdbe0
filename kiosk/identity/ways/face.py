"""Way in: the citizen's own face, taken live: proves that the holder of the card is there."""

from __future__ import annotations

from functools import partial

from drivers.device import Kind
from kiosk.centre.face import FaceChallenge
from kiosk.identity.way import Present, Proves, Way
from kiosk.visit.face_consent import CROWD, log_consent, once_more, refused
from kiosk.visit.face_steps import CaptureFace, ConsentToFace, ReadNotice
from kiosk.visit.steps import OTHER, WHOLE_TEXT, OtherWay
from kiosk.visit.visit import Visit
from kiosk.words import _


def prove_by_face(visit: Visit, _present: Present, _others: bool) -> None:
    """Ask for consent, take the picture, have the centre check it. Raises ``OtherWay`` when
    the citizen wants another way, which every page offers."""
    challenge = visit.look_up(visit.centre.face_challenge)
    if not _agrees(visit, challenge):
        raise OtherWay
    while True:
        taken = visit.ask(CaptureFace(challenge, visit.session_id(), photo=visit.chip_photo))
        if taken is None:
            raise OtherWay
        if taken.crowd:
            visit.once(partial(visit.centre.tell_refused, CROWD))
        why = taken.why_not or refused(
            lambda picture: visit.look_up(partial(visit.centre.check_face, picture)),
            challenge,
            taken.sealed,
        )
        if why is None:
            return
        if visit.ask(once_more(why)) == OTHER:
            raise OtherWay
        # A challenge serves once: the refused picture has used it up.
        challenge = visit.look_up(visit.centre.face_challenge)


def _agrees(visit: Visit, challenge: FaceChallenge) -> bool:
    while (choice := visit.ask(ConsentToFace(challenge.notice))) == WHOLE_TEXT:
        visit.ask(ReadNotice(challenge.notice))
    return visit.once(partial(log_consent, choice, challenge))


WAY = Way(
    "face",
    Proves.ARE,
    _("刷脸"),
    _("看着镜头，不保存照片"),
    "face",
    prove_by_face,
    devices=(Kind.CAMERA,),
    closed=lambda visit: visit.faces_closed(),
    seconds=10,
)
