"""The centre's side of a face capture: the notice before it, and the challenge it is bound to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kiosk.centre.models import CentreWords, Day, Id, Wait, WireModel, line

Subject = Literal["what", "why", "kept", "who"]


class NoticePoint(WireModel):
    """One thing that the notice answers: what is taken, what for, how long it is kept, by whom."""

    about: Subject
    title: CentreWords
    text: CentreWords


class FaceNotice(WireModel):
    """《人脸信息处理告知书》: what the citizen agrees to, and which version of it."""

    title: CentreWords
    version: Annotated[str, line(32, least=1)] = Field(examples=["2026-01"])
    effective: Day
    points: tuple[NoticePoint, ...] = Field(min_length=1, max_length=4)
    full: tuple[CentreWords, ...] = Field(min_length=1, max_length=60)
    """The whole text, one paragraph each."""


class FaceChallenge(WireModel):
    """What a capture is bound to. ``challenge`` serves once, in this session, for ``valid_s``;
    the picture is encrypted to the RSA key of ``certificate`` (PEM)."""

    challenge: Id
    valid_s: Wait
    certificate: Annotated[str, StringConstraints(max_length=8192)]
    notice: FaceNotice


class FacePicture(WireModel):
    """The sealed picture, as the answer to a challenge. ``consent``: the version of the notice that
    the citizen agreed to, the record of the consent; ``sealed``: CMS EnvelopedData, DER, base64."""

    challenge: Id
    consent: Annotated[str, line(32, least=1)]
    sealed: Annotated[str, StringConstraints(max_length=400_000, pattern=r"^[A-Za-z0-9+/=]*$")] = (
        Field(repr=False)
    )
