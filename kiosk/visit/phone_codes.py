"""Codes that a page shows to a phone: worthless once the page is left."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk import events
from kiosk.centre.errors import CentreUnavailable, Refusal

log = logging.getLogger(__name__)


def void_quietly(void: Callable[[str], object], code: str) -> None:
    """Have the centre make ``code`` worthless. A centre that cannot be told voids the code as well
    when its time has passed, so the citizen hears nothing of it."""
    try:
        void(code)
    except (CentreUnavailable, Refusal) as error:
        events.CODE_NOT_VOIDED.log(log, reason=str(error))
