"""The centre's side of a face capture: the notice before it, and the challenge it is bound to."""

from __future__ import annotations

import base64
from typing import Annotated

from pydantic import Field, StringConstraints

from kiosk.centre.models import Id, Notice, Wait, WireModel, line


class FaceNotice(Notice):
    """《人脸信息处理告知书》: what the citizen agrees to before a face capture."""


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

    @classmethod
    def of(cls, challenge: FaceChallenge, sealed: bytes) -> FacePicture:
        """``sealed``, DER, as the answer to ``challenge``, whose notice the citizen agreed to."""
        return cls(
            challenge=challenge.challenge,
            consent=challenge.notice.version,
            sealed=base64.b64encode(sealed).decode("ascii"),
        )
