"""The committer's questions: commit an operation, ask how far it is, with the terminal's identity.

No session and no citizen: an id goes out, an id and a state come back. The centre knows the
terminal by its TLS certificate.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from drivers.sentence import en
from kiosk.centre.answers import body_of, nonsense, read
from kiosk.centre.audit_heads import WitnessedHead, WitnessedHeads
from kiosk.centre.operations import OperationStatus
from kiosk.centre.transport import Call, Closing, OnTime, Transport, tls_context

COMMIT_S = 15.0
QUERY_S = 5.0
"""Seconds for a complete answer."""


class CommitClient(Closing):
    """The committer's connection to the centre. Used from one thread.

    Both methods give the state of exactly the operation that was asked about, or raise:
    :class:`~kiosk.centre.errors.CentreUnavailable` when there is no answer that can be trusted (a
    time-out, a 5xx, another id, an unknown state; ``retry_after_s`` when the centre names a
    pause), :class:`~kiosk.centre.errors.Refusal` when the centre refuses. **No error says that
    nothing has moved**: that is for a final state only.
    """

    def __init__(
        self,
        url: str,
        terminal: str,
        *,
        connect_s: float = 3.0,
        commit_s: float = COMMIT_S,
        query_s: float = QUERY_S,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        on_time: OnTime | None = None,
    ) -> None:
        """As :class:`kiosk.centre.client.CentreClient` takes them. ``commit_s`` and ``query_s``:
        seconds for a complete answer. Raises ``ValueError`` for a setting that cannot work."""
        self._transport = Transport(
            url,
            terminal,
            tls_context(ca, certificate, key),
            connect_s=connect_s,
            read_s=max(commit_s, query_s),
            on_time=on_time,
        )
        self._commit_s = commit_s
        self._query_s = query_s

    def commit(self, id: str) -> OperationStatus:
        """Carry out what the citizen has confirmed. Sent exactly once; without a body. The centre
        answers an operation that it has carried out already, or that has ended, with its state.

        Refusals: not-confirmed (still drafted), not-found, other-terminal.
        """
        return self._ask(Call("POST", "/v1/operations/{id}/commit", id=id), self._commit_s)

    def query(self, id: str) -> OperationStatus:
        """How far the operation is. Refusals: not-found, other-terminal."""
        return self._ask(Call("GET", "/v1/operations/{id}/status", id=id), self._query_s)

    def witness(self, head: WitnessedHead) -> None:
        """Show the centre the end of the audit log. Refusal: audit-differs, when the centre has
        witnessed another record under this number: somebody has rewritten the log."""
        call = Call("POST", "/v1/audit/heads", body=head, keyed=True)
        body_of(call, self._transport.outcome(call, None, self._query_s), (204,))

    def witnessed(self) -> WitnessedHeads:
        """The heads that the centre has witnessed of this terminal, oldest first."""
        call = Call("GET", "/v1/audit/heads")
        return read(call, body_of(call, self._transport.outcome(call, None, 60.0)), _HEADS)

    def close(self) -> None:
        """Close every connection. Also right when none is open."""
        self._transport.close()

    def _ask(self, call: Call, whole_s: float) -> OperationStatus:
        status = read(call, body_of(call, self._transport.outcome(call, None, whole_s)), _STATUS)
        if status.id != call.id:
            raise nonsense(call, en("another operation"))
        return status


_STATUS: TypeAdapter[OperationStatus] = TypeAdapter(OperationStatus)
_HEADS: TypeAdapter[WitnessedHeads] = TypeAdapter(WitnessedHeads)
