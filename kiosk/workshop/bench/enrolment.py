"""Measures what a technician waits for, and does, until a new terminal has its certificate.

``kiosk enrol`` is a process of its own, as at the machine, and the stand-in centre answers over
TLS. Its page for technicians is filled in as soon as the code stands on the console, so that what
is measured is the terminal's time, and not a telephone call.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import requests

from kiosk.workshop import swtpm
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, Values
from kiosk.workshop.sandbox.server import serving_both
from kiosk.workshop.sandbox.tls import SandboxCa

NAMES: Mapping[str, Name] = {
    "enrol_steps": Name("", 5),
    "enrol_code": Name("s"),
    "enrol_whole": Name("s", 10),
    "enrol_code_tpm": Name("s"),
    "enrol_whole_tpm": Name("s", 10),
    "enrol_ticket_steps": Name(""),
    "enrol_ticket": Name("s", 10),
}
"""The enrolment of a new terminal, from the command to the certificate in its place.

* ``enrol_steps``: what people do: commands that they type, those that the terminal names as the
  next ones too, and forms of the centre's page
* ``enrol_code``: seconds from the command until the code stands on the console
* ``enrol_whole``: the same until the certificate is in its place, where the code is allowed at
  once; 2 s of them are the pause before the terminal asks for the first time
* ``…_tpm``: with a key in a TPM in software
* ``enrol_ticket_steps``, ``enrol_ticket``: without a network, by a signed ticket; seconds of both
  commands, without the way of the stick
"""

_PATIENCE_S = 120.0
_CODE = "code: "
_NEXT = re.compile(r"^next: (.*)$", re.MULTILINE)
_ENROLLED = "enrolled: "


@dataclass(frozen=True, slots=True)
class EnrolmentScale:
    """How often each is measured."""

    rounds: int


FULL = EnrolmentScale(rounds=10)
QUICK = EnrolmentScale(rounds=1)


def run(quick: bool) -> dict[str, Figure | NotMeasured]:
    """See :func:`measure`."""
    return measure(QUICK if quick else FULL)


def measure(scale: EnrolmentScale) -> dict[str, Figure | NotMeasured]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`."""
    found: Values = {name: [] for name in NAMES}
    why = swtpm.missing()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        at = stack.enter_context(serving_both(folder / "centre"))
        bench = _EnrolmentBench(folder, at.beside, SandboxCa(folder / "centre"), found)
        for _ in range(scale.rounds):
            bench.by_code("", os.environ, "--no-tpm")
            bench.by_ticket()
        if not why:
            (folder / "tpm").mkdir()
            try:
                environment = stack.enter_context(swtpm.beside(folder / "tpm"))
                for _ in range(scale.rounds):
                    bench.by_code("_tpm", environment)
            except TimeoutError:
                why = "no TPM in software comes here: is tpm2-openssl installed?"
    lacks = NotMeasured(why)
    return {name: Figure(tuple(values)) if values else lacks for name, values in found.items()}


class _EnrolmentBench:
    """New machines, one after another, before one centre."""

    def __init__(self, folder: Path, beside: str, ca: SandboxCa, found: Values) -> None:
        self._folder = folder
        self._beside = beside
        self._found = found
        self._count = 0
        signers = ca.signer_of_tickets().read_text().partition("-----BEGIN PRIVATE")[0]
        (folder / "signers.pem").write_text(signers)

    def by_code(self, kind: str, environment: Mapping[str, str], *options: str) -> None:
        """A terminal that shows a code. ``kind``: what its figures' names end with."""
        command = [*self._machine(), *options]
        began = time.monotonic()
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if line.startswith(_CODE):
                    self._found[f"enrol_code{kind}"].append(time.monotonic() - began)
                    code = line.removeprefix(_CODE).strip()
                    self._form("allow", code=code, number=self._number, answer="yes")
                elif line.startswith(_ENROLLED):
                    self._found[f"enrol_whole{kind}"].append(time.monotonic() - began)
        told = "".join(said)
        _must_be_enrolled(process.returncode, told)
        if kind and "key: in the TPM" not in told:
            raise BenchError(f"the key is not in the TPM: {told}")
        if not kind:
            self._found["enrol_steps"].append(2 + _named_next(told))

    def by_ticket(self) -> None:
        """A terminal without a network."""
        request, ticket = (self._folder / name for name in ("request.csr", "ticket"))
        command = [*self._machine(), "--no-tpm"]
        began = time.monotonic()
        _done([*command, "--request", str(request)])
        took = time.monotonic() - began
        answer = self._form("ticket", request=request.read_text(), number=self._number, hours="1")
        ticket.write_text(answer)
        began = time.monotonic()
        told = _done([*command, "--ticket", str(ticket)])
        self._found["enrol_ticket"].append(took + time.monotonic() - began)
        self._found["enrol_ticket_steps"].append(3 + _named_next(told))

    @property
    def _number(self) -> str:
        return f"BENCH-{self._count}"

    def _machine(self) -> list[str]:
        """``kiosk enrol`` at the next machine."""
        self._count += 1
        state = self._folder / self._number
        state.mkdir()
        settings = state / "terminal.toml"
        settings.write_text(
            f'production = false\nrun_directory = "{state}"\n'
            f'[enrolment]\nurl = "{self._beside}"\ntickets = "{self._folder / "signers.pem"}"\n'
        )
        return [sys.executable, "-m", "kiosk", "enrol", "--settings", str(settings)]

    def _form(self, act: str, **form: str) -> str:
        answer = requests.post(f"{self._beside}/terminals/{act}", data=form, timeout=_PATIENCE_S)
        answer.raise_for_status()
        return answer.text


def _done(command: list[str]) -> str:
    """What the command says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def _must_be_enrolled(code: int, told: str) -> None:
    if code or _ENROLLED not in told:
        raise BenchError(f"kiosk enrol ended with {code}: {told}")


def _named_next(told: str) -> int:
    """How many commands the terminal names as the next ones."""
    found = _NEXT.search(told)
    if not found:
        raise BenchError(f"kiosk enrol names no next step: {told}")
    return len(found[1].split(", then "))
