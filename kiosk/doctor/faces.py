"""Probes of face capture: its models, and what compares a face with the photo of a chip."""

from __future__ import annotations

import os
from collections.abc import Iterator

from drivers.device import Kind
from drivers.sentence import en
from kiosk.doctor.findings import Finding
from kiosk.doctor.machine import MACHINE
from kiosk.identity.face.models import LIVENESS, SFACE, FileState, verify
from kiosk.settings import Settings

_INSTALL = "kiosk models install FOLDER"


def look(settings: Settings) -> Iterator[Finding]:
    """Nothing on a terminal without a camera. No finding makes a terminal unfit: without models
    the way by face is greyed, and others stay."""
    if Kind.CAMERA not in settings.devices:
        return
    states = verify(settings.face.models)
    missing = [name for name in LIVENESS if states[name] is not FileState.VERIFIED]
    if missing:
        names = ", ".join(missing)
        seen = en("nobody can sign in by face; missing or changed: {names}", names=names)
        yield MACHINE.note("face models", seen, _INSTALL)
    else:
        yield MACHINE.good("face models", en("all {count} there", count=len(LIVENESS)))
    decoder = settings.face.decoder
    if decoder is None:
        yield MACHINE.good("chip photo", en("not compared here: the settings name no decoder"))
    elif not os.access(decoder, os.X_OK):
        seen = en("not compared here: {path} cannot be run", path=str(decoder))
        yield MACHINE.note("chip photo", seen, en("install the vendor's decoder there"))
    elif states[SFACE] is not FileState.VERIFIED:
        seen = en("not compared here: {file} is missing or changed", file=SFACE)
        yield MACHINE.note("chip photo", seen, _INSTALL)
    else:
        yield MACHINE.good("chip photo", en("compared here by SFace, for the centre to judge"))
