"""Imports requests without the tables by which it would guess the character set of a text.

Nobody asks it for a text: what the centre answers is JSON, which is UTF-8, or a file. The tables
take 1.4 MB of the memory that all visits share.
"""

from __future__ import annotations

import sys
import warnings

_GUESSES = "charset_normalizer"

_before = {_GUESSES: sys.modules[_GUESSES]} if _GUESSES in sys.modules else {}
try:
    sys.modules[_GUESSES] = None  # type: ignore[assignment]  # as if it was not installed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # requests warns that it cannot guess
        import requests as requests  # noqa: PLC0414 - for others to import from here
finally:
    del sys.modules[_GUESSES]
    sys.modules.update(_before)
