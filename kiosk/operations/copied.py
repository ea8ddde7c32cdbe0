"""Reads a copy of the journal, which its committer holds; verifies the audit log in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw
from pydantic import ValidationError

from kiosk import settings
from kiosk.audit.chain import AuditHead
from kiosk.audit.verify import AuditVerdict, verify
from kiosk.centre.audit_heads import WitnessedHead
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.operations import process
from kiosk.operations.journal import audit_records, unresolved_in
from kiosk.operations.rows import JournalEntry, JournalUnwritable

TRIES = 20
"""How often a copy is made anew that the committer has written to meanwhile."""


def audit_lines(path: Path) -> Iterator[str]:
    """The audit log of the journal at ``path``, one line a record, oldest first.

    The committer holds its file exclusively, so this reads a copy. Raises
    :class:`JournalUnwritable` when the copy cannot be read, and ``OSError``.
    """
    with _opened(path) as connection:
        for record in audit_records(connection):
            yield record.line()


def unresolved(path: Path) -> list[JournalEntry]:
    """The operations of the journal at ``path`` that have not ended; none without a journal. Raises
    :class:`JournalUnwritable` and ``OSError``."""
    if not path.exists():
        return []
    with _opened(path) as connection:
        return unresolved_in(connection)


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """A connection to a copy of the journal at ``path``."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / path.name
        _copy(path, copy)
        connection = apsw.Connection(str(copy))
        try:
            yield connection
        except (apsw.Error, ValueError) as error:
            raise JournalUnwritable(f"cannot be read: {type(error).__name__}") from None
        finally:
            connection.close(True)


def _copy(path: Path, copy: Path) -> None:
    """Copy the file and the write-ahead log beside it, both as of one moment."""
    files = [(path, copy), (Path(f"{path}-wal"), Path(f"{copy}-wal"))]
    for _ in range(TRIES):
        before = _seen(files)
        for source, target in files:
            if source.exists():
                shutil.copyfile(source, target)
        if _seen(files) == before:
            return
    raise JournalUnwritable("is written to all the time; try again")


def _seen(files: Sequence[tuple[Path, Path]]) -> list[tuple[int, int] | None]:
    found = []
    for source, _ in files:
        facts = source.stat() if source.exists() else None
        found.append((facts.st_mtime_ns, facts.st_size) if facts else None)
    return found


def verdict(
    settings_path: Path, file: Path | None, heads: Path | None
) -> tuple[AuditVerdict | None, str]:
    """The verdict on the export ``file``, or on this terminal's own log, against the ``heads`` of a
    file, or those that the centre gives. None: not verified, and why. Never raises."""
    try:
        chosen = None if file and heads else settings.load(settings_path)
        witnessed = _from_file(heads) if heads else _from_centre(chosen)
        if file:
            lines = _exported(file)
        else:
            assert chosen
            lines = list(audit_lines(process.journal_path(chosen)))
        return verify(lines, witnessed), ""
    except ValidationError:
        return None, "the file of heads holds something else"
    except (Refusal, CentreUnavailable) as error:
        return None, f"the centre does not give its heads: {error}"
    except (settings.SettingsError, JournalUnwritable, OSError, ValueError) as error:
        return None, str(error)


def _exported(file: Path) -> list[str]:
    """The lines of an export. Only a line feed ends a line: the other line breaks of Unicode, and a
    carriage return, are bytes that no export holds, and must not pass for one."""
    text = file.read_bytes().decode("utf-8", errors="replace")
    return text.removesuffix("\n").split("\n") if text else []


def _from_file(heads: Path) -> list[AuditHead]:
    lines = heads.read_text(encoding="utf-8").splitlines()
    return [_head(WitnessedHead.model_validate_json(line)) for line in lines if line]


def _from_centre(chosen: settings.Settings | None) -> list[AuditHead]:
    assert chosen
    with process.client(chosen) as centre:
        return [_head(head) for head in centre.witnessed()]


def _head(head: WitnessedHead) -> AuditHead:
    return AuditHead(head.epoch, head.seq, head.digest)
