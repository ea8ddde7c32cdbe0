"""The stand-in's endpoints of the audit log: it witnesses heads, and gives them back."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from kiosk.centre.audit_heads import WitnessedHead, WitnessedHeads
from kiosk.workshop.sandbox.asking import REFUSED, AtCentre, Terminal, named_terminal
from kiosk.workshop.sandbox.refusals import Refused

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.post("/audit/heads", status_code=204)
def witness(centre: AtCentre, terminal: Terminal, body: WitnessedHead) -> None:
    """Keep the head of the terminal's audit log, with the terminal's TLS certificate and without a
    session. A head once kept never changes: another digest for the same record refuses
    audit-differs."""
    with centre.store.transaction():
        known = centre.store.one(
            "SELECT digest FROM audit_head WHERE terminal = ? AND epoch = ? AND seq = ?",
            terminal,
            body.epoch,
            body.seq,
        )
        if known and known["digest"] != body.digest:
            raise Refused("audit-differs")
        if not known:
            centre.store.run(
                "INSERT INTO audit_head VALUES (?, ?, ?, ?)",
                terminal,
                body.epoch,
                body.seq,
                body.digest,
            )


@router.get("/audit/heads")
def witnessed(centre: AtCentre, terminal: Terminal) -> WitnessedHeads:
    """The heads that the centre has witnessed of this terminal, oldest first; 100,000 at most."""
    rows = centre.store.all(
        "SELECT epoch, seq, digest FROM (SELECT rowid AS n, * FROM audit_head WHERE terminal = ? "
        "ORDER BY rowid DESC LIMIT 100000) ORDER BY n",
        terminal,
    )
    return tuple(WitnessedHead(**dict(row)) for row in rows)
