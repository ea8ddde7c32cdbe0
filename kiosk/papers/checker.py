"""Checks a sealed document in a process of its own.

A file from outside is taken apart where nothing else is, and the memory of the signature library
goes when it is done. Run as ``python -m kiosk.papers.checker``: one line of JSON on standard input,
the file behind it; one line of JSON on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from kiosk.centre.models import Document
from kiosk.papers.sealed import Flaw, NotOurs, check_sealed

SECONDS = 15.0
"""The check takes half a second; a file that takes longer is not one of ours."""


def check_in_process(pdf: bytes, *, document: Document, holder: str, roots: Path) -> None:
    """As :func:`kiosk.papers.sealed.check_sealed`. Raises :class:`NotOurs`, also when the check
    itself does not come to its end."""
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
    """The process of one check."""
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
