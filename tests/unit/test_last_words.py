"""What a program that did not start said last."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from drivers.emulators.cups import PrintServer, missing
from drivers.emulators.last_words import last_words
from kiosk.workshop import swtpm


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"first\nno such device\n", "first\nno such device"),
        (b"x" * 9999 + b"last", "x" * 1496 + "last"),
        (b"\xff\n", "\ufffd"),
        (b"\n", "it said nothing"),
        (None, "it said nothing"),
    ],
)
def test_last_words(tmp_path: Path, said: bytes | None, told: str) -> None:
    log = tmp_path / "log"
    if said is not None:
        log.write_bytes(said)
    assert last_words(log) == told


@pytest.mark.skipif(bool(missing()), reason=missing() or "can run")
def test_a_print_server_that_does_not_start_says_why() -> None:
    with tempfile.TemporaryDirectory(prefix="cups") as name:  # its user may not enter `tmp_path`
        server = PrintServer(Path(name))
        (Path(name) / "cupsd.conf").write_text("Nonsense\n")
        with pytest.raises(OSError, match=r"(?s)cupsd did not start: .*Nonsense"):
            server.start()


@pytest.mark.skipif(bool(swtpm.missing()), reason=swtpm.missing() or "can run")
def test_a_tpm_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(TimeoutError, match=r"(?s)no TPM: .*swtpm"),
        swtpm.beside(tmp_path / "not there"),
    ):
        pass
