"""The log: constant sentences and listed fields, and no way in for anything personal."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Never

import pytest

from kiosk import events
from kiosk.events import FIELDS
from kiosk.log import LONGEST, AllowListed
from kiosk.privacy import Sensitive

SECRET = "110101199001011234"  # the shape of an ID number


LogLines = tuple[logging.Logger, Callable[[], list[dict[str, Any]]]]


@pytest.fixture
def lines() -> LogLines:
    """A logger of ours that nobody else listens to, and the JSON lines that it has written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AllowListed(as_json=True))
    logger = logging.Logger("kiosk.test_log")
    logger.addHandler(handler)
    return logger, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line(lines: LogLines) -> None:
    log, written = lines
    events.VISIT_SHOWN.log(log, visit=3, ms=1.5)
    (line,) = written()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "kiosk.test_log",
        "event": "visit-shown",
        "message": "visit shown",
        "visit": 3,
        "ms": 1.5,
    }


@pytest.mark.parametrize(
    ("extra", "written_as"),
    [
        ({"name_of_citizen": SECRET}, {"dropped": ["name_of_citizen"]}),
        ({"reason": Sensitive(SECRET)}, {"reason": "<Sensitive>"}),
        ({"reason": [SECRET]}, {"reason": "<list>"}),
        ({"reason": ValueError(SECRET)}, {"reason": "<ValueError>"}),
        ({"reason": "x" * 1000}, {"reason": "x" * LONGEST}),
        ({"code": None, "ms": True}, {"code": None, "ms": True}),
        ({"detail": "two\nlines"}, {"detail": "two\nlines"}),
    ],
)
def test_fields(lines: LogLines, extra: dict[str, object], written_as: dict[str, object]) -> None:
    log, written = lines
    log.info("x", extra=extra)
    (line,) = written()
    assert {key: line.get(key) for key in written_as} == written_as
    assert SECRET not in str(line)


@pytest.mark.parametrize(
    ("message", "arguments", "sentence"),
    [
        ("visit %d", (3,), "visit 3"),
        ("name %s", (Sensitive(SECRET),), "name %s"),
        ("name %r", (Sensitive(SECRET),), "name <Sensitive>"),
        ("name %d", (SECRET,), "name %d"),
        ("too few %s %s", (SECRET,), "too few %s %s"),
        (Sensitive(SECRET), (), "<Sensitive>"),
    ],
)
def test_a_refusing_argument_costs_the_words_and_not_the_line(
    lines: LogLines, message: object, arguments: tuple[object, ...], sentence: str
) -> None:
    log, written = lines
    log.info(message, *arguments)
    (line,) = written()
    assert line["message"] == sentence
    assert SECRET not in str(line)


def test_an_exception_shows_where_and_what_but_not_its_words(lines: LogLines) -> None:
    log, written = lines

    def inner() -> Never:
        raise KeyError(SECRET)

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError:
        log.exception("bug")
    (line,) = written()
    assert line["error"] == "ValueError"
    assert line["trace"][1] == "from KeyError"
    assert line["trace"][2].endswith(" inner")
    assert SECRET not in str(line)


def test_a_traceback_has_an_end(lines: LogLines) -> None:
    log, written = lines

    def deep(left: int) -> None:
        if not left:
            raise ValueError
        deep(left - 1)

    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    for error in (first, None):
        try:
            if error:
                raise error
            deep(200)
        except ValueError:
            log.exception("bug")
    assert all(len(line["trace"]) < 40 for line in written())


def test_a_plain_line_stays_one_line() -> None:
    record = logging.makeLogRecord({"name": "kiosk", "msg": "a\nb", "detail": "c\nd"})
    text = AllowListed(as_json=False).format(record)
    assert text.endswith("kiosk: a b detail=c d")


def test_the_words_of_a_library_are_not_written() -> None:
    record = logging.makeLogRecord(
        {"name": "urllib3.retry", "msg": f"/accounts/{SECRET}", "module": "retry", "lineno": 7}
    )
    line = json.loads(AllowListed(as_json=True).format(record))
    assert line["message"] == "retry:7"


def test_no_listed_field_is_one_of_the_loggers_own() -> None:
    assert not FIELDS.keys() & set(vars(logging.makeLogRecord({})))


PROGRAM = f"""
import logging, sys, threading, warnings
from kiosk import log
log.set_up(production=True)
logging.getLogger("kiosk.x").info("hello", extra={{"visit": 1}})
logging.getLogger("kiosk.x").debug("{SECRET}")
logging.getLogger("urllib3").info("{SECRET}")
warnings.warn("{SECRET}", UserWarning)
class Dying:
    def __del__(self): raise ValueError("{SECRET}")
Dying()
def work(): raise ValueError("{SECRET}")
thread = threading.Thread(target=work)
thread.start()
thread.join()
raise ValueError("{SECRET}")
"""


def test_a_whole_process_says_nothing_personal() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert SECRET not in ended.stderr + ended.stdout
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["message"] for line in said] == ["hello", "warning", *["uncaught"] * 3]
    assert {line.get("error") for line in said[2:]} == {"ValueError"}


UNREAD = """
import logging, sys, time
from kiosk import log
log.set_up(production=True)
mine = logging.getLogger("kiosk.x")
begun = time.monotonic()
for number in range(3000):
    mine.info("line", extra={"visit": number})
print(time.monotonic() - begun, flush=True)
sys.stdin.readline()
mine.info("x" * 10_000)
mine.info("last")
"""


def test_a_log_that_nobody_reads_holds_nobody_up() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", UNREAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        assert float(process.stdout.readline()) < 10
        os.set_blocking(process.stderr.fileno(), False)
        unread = process.stderr.read()
        os.set_blocking(process.stderr.fileno(), True)
        process.stdin.write(b"\n")
        process.stdin.close()
        lines = [json.loads(line) for line in (unread + process.stderr.read()).splitlines()]
    *first, lost, long, last = lines
    assert [line["visit"] for line in first] == list(range(len(first)))
    assert (lost["event"], lost["count"]) == ("log-lost", 3000 - len(first))
    assert (long["message"], last["message"]) == ("x" * 10_000, "last")


FULL = """
import logging, os, sys
from kiosk.log import set_up
set_up(production=True)
mine = logging.getLogger("kiosk.test")
for number in range(5):
    mine.info("on a full disk")
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 2)
mine.info("room again")
"""


def test_a_full_disk_costs_lines_and_the_next_tells_how_many(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-c", FULL, str(log)]
        subprocess.run(command, stderr=full, check=True, timeout=60)
    lost, after = map(json.loads, log.read_text().splitlines())
    assert (lost["event"], lost["count"]) == ("log-lost", 5)
    assert after["message"] == "room again"


def test_a_reader_that_has_gone_holds_nobody_up() -> None:
    program = UNREAD.replace("sys.stdin.readline()", "")
    ours, theirs = os.pipe()
    os.close(ours)
    ended = subprocess.run([sys.executable, "-c", program], stderr=theirs, check=False, timeout=60)
    os.close(theirs)
    assert ended.returncode == 0
