"""The stand-in centre's ``/sandbox`` calls over HTTP: messages, sessions, faults, reset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from ui.desk.levers import Order

TIMEOUT_S = 5.0


class Levers:
    """Client of the stand-in centre at ``address``. For one thread at a time.

    Every call raises ``OSError`` (``requests.RequestException``) if the centre does not answer, or
    answers with an error.
    """

    def __init__(self, address: str) -> None:
        self._base = f"{address.rstrip('/')}/sandbox"
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy: the stand-in centre runs on this machine

    def messages(self) -> list[dict[str, Any]]:
        """The SMS that the centre has sent, newest first: ``phone``, ``code``, ``text``, ``at``."""
        rows: list[dict[str, Any]] = self._call("GET", "messages").json()
        return rows

    def sessions(self) -> int:
        """The number of open sessions."""
        return len(self._call("GET", "sessions").json())

    def logins(self) -> list[dict[str, str]]:
        """The login whose code a terminal shows: ``terminal``, ``operation`` ("": to sign in)."""
        rows: list[dict[str, str]] = self._call("GET", "logins").json()
        return rows

    def set_faults(self, faults: Sequence[Order]) -> None:
        """Replace all faults of the centre by these; see ``ui.desk.levers.CENTRE``."""
        self._call("DELETE", "faults")
        for kind, facts in faults:
            self._call("POST", "faults", {"kind": kind, **facts})

    def reset(self) -> None:
        """Set all data as on the first day, without messages, sessions and faults."""
        self._call("POST", "reset")

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, what: str, body: Any = None) -> requests.Response:
        answer = self._http.request(method, f"{self._base}/{what}", json=body, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer
