"""Checks a sealed document in a process of its own.

An untrusted PDF is parsed in a process that holds nothing else; pyHanko's 26 MB go when it exits.
Run as ``python -m kiosk.papers.checker``: standard input is one line of JSON followed by the bytes
of the PDF, standard output one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from kiosk.centre.models import Document
from kiosk.papers.sealed import Flaw, NotOurs, check_sealed

SECONDS = 15.0
"""Deadline of one check, which takes half a second for a document of the centre."""


def check_in_process(pdf: bytes, *, document: Document, holder: str, roots: Path) -> None:
    """As :func:`kiosk.papers.sealed.check_sealed`. Raises :class:`NotOurs`, also when the
    checking process fails or takes longer than ``SECONDS``."""
    question = {
        "document": document.model_dump(mode="json"),
        "holder": holder,
        "roots": str(roots),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kiosk.papers.checker"],
            input=json.dumps(question).encode() + b"\n" + pdf,
            stdout=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise NotOurs(Flaw.BROKEN, "the check took too long") from None
    except (OSError, ValueError) as error:
        raise NotOurs(Flaw.BROKEN, f"the check failed: {type(error).__name__}") from None
    if answer != {}:
        raise NotOurs(Flaw(answer["flaw"]), answer["detail"])


def main() -> None:
    """Run one check: the whole life of the checking process."""
    question = json.loads(sys.stdin.buffer.readline())
    try:
        check_sealed(
            sys.stdin.buffer.read(),
            document=Document.model_validate(question["document"]),
            holder=question["holder"],
            roots=Path(question["roots"]),
        )
        answer: dict[str, str] = {}
    except NotOurs as refused:
        answer = {"flaw": refused.flaw.value, "detail": refused.detail}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
