"""The sentences that a terminal may say aloud, and the clip of each.

A spoken sentence tells what to do now and nothing about a person: whoever stands near hears it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from kiosk.identity.face.hints import ACTIONS, AGAIN, HELP, HINTS, HOLD_STILL, LEADS
from kiosk.visit.face_steps import FaceCoaching
from kiosk.visit.steps import TAKE_ALONG, TAKE_CARD
from kiosk.words import Language, Sayable, Text, say

SPOKEN: frozenset[Text] = frozenset(
    {
        FaceCoaching().say,
        HOLD_STILL,
        *HINTS.values(),
        *HELP.values(),
        *ACTIONS.values(),
        *LEADS.values(),
        *AGAIN.values(),
        TAKE_CARD,
        *(sentence for sentence in TAKE_ALONG.values() if isinstance(sentence, Text)),
    }
)
"""Every sentence that has a clip in each language; ``python -m tools.speech`` renders them."""


def clip_of(sentence: Sayable, language: Language) -> str | None:
    """The name of the clip that says ``sentence``; ``None`` for a sentence that is only shown."""
    return clips().get(language, {}).get(say(sentence, language))


@cache
def clips() -> Mapping[str, Mapping[str, str]]:
    """By language and worded sentence, the name of its clip, without a suffix."""
    path = resources.files("assets") / "speech" / "clips.json"
    found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return found
