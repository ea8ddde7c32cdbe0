"""The process host under a driver that hangs, crashes, and does what no driver may."""

import ctypes
import errno
import gc
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import CancelToken, Deadline, DeviceError, Info, Kind, Reason, State, Status
from drivers.hosting import apart, process_host
from drivers.hosting.channel import Channel, SharedMemory
from drivers.hosting.child import CancelCall, DriverCall, _ServedDriver
from drivers.hosting.host import HostPace
from drivers.hosting.process_host import ProcessDriver, ProcessHost
from tests.failed import error_of
from tests.faults.naughty_driver import Do, DoOnce, NaughtyDriver
from tests.faults.nurseries import tended
from tests.logged import logged, messages
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, until

ONLINE = Status(State.ONLINE)
BACK_S = 0.2
GRACE_S = 0.1
PACE = HostPace(poll_s=0.05, back_off_s=(0.05, 0.1))
HANGS = ("hang", "sleep")
PROCESSES = {"fresh": 2, "forked": 1}
"""A device's: a spare waits only where a process takes long to start."""
DEATHS = {"crash": "died of SIGSEGV", "exit": "ended with 3"}


@pytest.fixture
def seen() -> list[Status]:
    return []


@pytest.fixture(scope="module", params=["fresh", "forked"])
def starts(request: pytest.FixtureRequest) -> Iterator[str]:
    """A driver's process is a fresh interpreter, or forked by a nursery: both behave alike."""
    if request.param == "fresh":
        yield "fresh"
        return
    with tended() as (_, process):
        yield "forked"
        assert process.poll() is None, "the nursery outlives what it has forked"


@pytest.fixture
def host(tmp_path: Path, seen: list[Status], starts: str) -> Iterator[ProcessHost]:
    one = ProcessHost(
        Kind.SPEAKER, partial(NaughtyDriver, tmp_path), seen.append, pace=PACE, grace=GRACE_S
    )
    yield one
    one.stop()
    until(lambda: not children())


@pytest.fixture
def patient(tmp_path: Path, seen: list[Status], starts: str) -> Iterator[ProcessHost]:
    """Asks for the status so rarely that only commands find out."""
    make = partial(NaughtyDriver, tmp_path)
    one = ProcessHost(Kind.SPEAKER, make, seen.append, pace=HostPace(poll_s=99.0), grace=GRACE_S)
    one.start()
    until(lambda: seen == [ONLINE])
    yield one
    one.stop()


def children(of: int | None = None) -> list[int]:
    """The processes of drivers that ``of``, or this process, has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            line = stat.with_name("cmdline").read_bytes()
            if (
                int(parent) == (of or os.getpid())
                and state != "Z"
                and b"drivers.hosting.child" in line
            ):
                found.append(int(stat.parent.name))
    return found


def do(host: ProcessHost, what: str, facts: object = None, seconds: float = SOON_S) -> Any:
    return host.execute(Do(what, facts), seconds)


def fails(
    host: ProcessHost, what: str, seconds: float = SOON_S, cancel: CancelToken | None = None
) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        host.execute(Do(what), seconds, cancel)
    return caught.value


# -- the same as in a thread ---------------------------------------------------------------------


def test_it_is_another_process_of_which_all_is_known_here(
    host: ProcessHost, seen: list[Status]
) -> None:
    host.start()
    assert host.requests == (Do, DoOnce)
    assert host.info.driver == "test"
    assert do(host, "pid") in children()
    assert host.info == Info(Kind.SPEAKER, "test", "nowhere", serial="1")  # told once it was open
    assert host.self_test()[0].seen == str(do(host, "pid"))
    host.reset()
    until(lambda: seen == [ONLINE])


@pytest.mark.parametrize(
    "value", [None, "欧阳𬭎㛃", b"\x00" * 30_000_000, Status(State.BUSY), {"a": [1.5, (True,)]}]
)
def test_requests_and_results_of_any_size_and_kind(host: ProcessHost, value: object) -> None:
    host.start()
    assert do(host, "echo", value) == value


def test_memory_goes_both_ways_without_a_copy(host: ProcessHost) -> None:
    host.start()
    content = os.urandom(100_000)
    memory, again = do(host, "memory", content)
    assert memory.view[:] == again.view[:] == content
    memory.view[:3] = b"abc"
    assert again.view[:3] == b"abc"
    do(host, "share", memory)
    assert again.view[:4] == b"seen"


def test_status_goes_past_the_queue_and_a_cancel_too(host: ProcessHost, seen: list[Status]) -> None:
    host.start()
    cancel = CancelToken()
    future = host.submit(Do("obey cancel"), SOON_S, cancel)
    until(lambda: Status(State.BUSY, detail="waiting") in seen)
    assert not future.done()
    cancel.cancel()
    error = error_of(future)
    assert (error.reason, error.detail) == (Reason.CANCELLED, "obeyed")
    pid = do(host, "pid")
    do(host, "report", 50)
    assert [status.detail for status in seen if status.detail.isdecimal()] == [
        str(number) for number in range(50)
    ]
    assert do(host, "pid") == pid


def test_the_deadline_and_what_the_driver_says_when_it_has_passed(host: ProcessHost) -> None:
    host.start()
    assert SOON_S / 2 < do(host, "remaining", seconds=SOON_S) < SOON_S
    pid = do(host, "pid")
    error = fails(host, "obey cancel", 0.05)
    assert (error.reason, error.pages, error.mend) == (Reason.TIMEOUT, 2, "do nothing")
    assert do(host, "pid") == pid


def test_the_child_has_no_descriptor_of_ours(host: ProcessHost, tmp_path: Path) -> None:
    ours = os.open(tmp_path / "ours", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(ours, True)
    try:
        host.start()
        descriptors = do(host, "descriptors")
    finally:
        os.close(ours)
    assert {descriptors.pop(fd) for fd in "012"} == {"/dev/null"}
    assert [where.partition(":")[0] for where in descriptors.values()] == ["socket"]


@pytest.mark.parametrize("dumpable", [0, 1])
def test_the_child_s_memory_is_as_private_as_ours(host: ProcessHost, dumpable: int) -> None:
    """A new program is dumpable, whatever it was that started it (execve(2))."""
    prctl = ctypes.CDLL(None).prctl
    set_dumpable = 4
    assert prctl(set_dumpable, dumpable, 0, 0, 0) == 0
    try:
        host.start()
        assert do(host, "privacy") == (dumpable == 1, (0, 0))
        fails(host, "exit")
        assert do(host, "privacy") == (dumpable == 1, (0, 0))  # who takes over too
    finally:
        prctl(set_dumpable, 1, 0, 0, 0)


# -- what hangs and what dies --------------------------------------------------------------------


@pytest.mark.parametrize("what", HANGS)
def test_what_outlives_its_deadline_is_killed(host: ProcessHost, what: str) -> None:
    host.start()
    pid = do(host, "pid")
    error = fails(host, what, 0.05)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
    assert pid not in children()
    assert do(host, "pid") != pid


@pytest.mark.parametrize("what", HANGS)
def test_what_does_not_obey_a_cancel_is_killed(host: ProcessHost, what: str) -> None:
    host.start()
    pid = do(host, "pid")
    cancel = CancelToken()
    threading.Timer(0.05, cancel.cancel).start()
    error = fails(host, what, SOON_S, cancel)
    assert (error.reason, error.pages) == (Reason.CANCELLED, None)
    assert pid not in children()
    assert do(host, "echo", "x") == "x"


@pytest.mark.parametrize("what", DEATHS)
def test_a_process_that_dies_is_a_device_error(
    host: ProcessHost, seen: list[Status], what: str
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    error = fails(host, what)
    assert (error.reason, error.pages) == (Reason.HARDWARE, None)
    assert DEATHS[what] in error.detail
    assert do(host, "echo", "x") == "x"
    assert seen == [ONLINE]  # nothing was wrong with the device


@pytest.mark.parametrize("late", ["the limit is over", "it is dead and a cancel waits"])
def test_an_answer_that_lies_in_the_line_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: str, late: str
) -> None:
    """This process stood still between its question and its look for the answer."""
    cancel, deadline = CancelToken(), Deadline(GRACE_S)
    driver = ProcessDriver(
        Kind.SPEAKER, partial(NaughtyDriver, tmp_path), grace=GRACE_S, spare=False
    )
    send = driver._send

    def stand_still(child: Any, call: Any, patience: Any) -> None:
        send(child, call, patience)
        assert select.select([child.channel._end], [], [], SOON_S)[0]
        if late == "the limit is over":
            until(patience.over)
        else:
            child._process.kill()
            until(lambda: not child.alive())
            cancel.cancel()

    driver.open()
    reported: list[Status] = []
    driver.report = reported.append
    monkeypatch.setattr(driver, "_send", stand_still)
    assert driver.execute(Do("echo", "printed"), deadline, cancel) == "printed"
    driver.end()


def test_what_reports_without_end_is_killed_at_its_limit(host: ProcessHost) -> None:
    host.start()
    do(host, "pid")
    error = fails(host, "babble", 0.05)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
    assert do(host, "echo", "x") == "x"


def test_what_waits_behind_a_command_that_is_killed_is_done(host: ProcessHost) -> None:
    host.start()
    futures = [host.submit(Do("hang"), 0.1), *(host.submit(Do("echo", n), SOON_S) for n in "ab")]
    assert error_of(futures[0]).reason is Reason.TIMEOUT
    assert [future.result(SOON_S) for future in futures[1:]] == ["a", "b"]


def test_it_is_back_in_less_than_200_ms(host: ProcessHost, starts: str) -> None:
    """From the end of the grace; the best of some, because the machine may be busy."""
    host.start()
    times = []
    for _ in range(3):
        do(host, "pid")
        until(lambda: len(children()) == PROCESSES[starts])
        time.sleep(0.3)  # the spare loads its libraries
        killed = time.monotonic() + 0.01 + GRACE_S
        assert fails(host, "hang", 0.01).reason is Reason.TIMEOUT
        do(host, "pid")
        times.append(time.monotonic() - killed)
    assert min(times) < BACK_S, times


@pytest.mark.parametrize("how", [*HANGS, *DEATHS])
@pytest.mark.parametrize("where", ["open", "status"])
def test_hanging_and_dying_between_commands(
    host: ProcessHost,
    seen: list[Status],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    where: str,
) -> None:
    monkeypatch.setattr(process_host, f"{where.upper()}_S", 0.2)
    (tmp_path / f"{how}-{where}").touch()
    host.start()
    until(lambda: seen)
    assert seen[0].state is State.HARDWARE_ERROR
    assert f"hung in {where}" in seen[0].detail or DEATHS[how] in seen[0].detail
    (tmp_path / f"{how}-{where}").unlink()
    until(lambda: host.status == ONLINE)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_while_idle_is_replaced_before_anybody_is_told(
    host: ProcessHost,
    seen: list[Status],
    monkeypatch: pytest.MonkeyPatch,
    starts: str,
    how: signal.Signals,
) -> None:
    monkeypatch.setattr(process_host, "STATUS_S", 1.0)
    host.start()
    until(lambda: seen == [ONLINE])
    pid = do(host, "pid")
    until(lambda: len(children()) == PROCESSES[starts])
    os.kill(pid, how)
    until(lambda: len(others := children()) == PROCESSES[starts] and pid not in others)
    assert do(host, "echo", "x") == "x"
    assert seen == [ONLINE]


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_device_that_hangs_in_open_holds_a_command_no_longer_than_it_wants(
    tmp_path: Path, seen: list[Status], monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    (tmp_path / "hang-open").touch()
    make, rarely = partial(NaughtyDriver, tmp_path), HostPace(poll_s=99.0, back_off_s=(99.0,))
    one = ProcessHost(Kind.SPEAKER, make, seen.append, pace=rarely, grace=GRACE_S)
    with monkeypatch.context() as short:
        short.setattr(process_host, "OPEN_S", 0.2)
        one.start()
        until(lambda: seen)
    assert seen[0].state is State.HARDWARE_ERROR
    monkeypatch.setattr(process_host, "OPEN_S", 2 * SOON_S)
    cancel = CancelToken()
    future = one.submit(Do("pid"), SOON_S if cancelled else 0.1, cancel)
    if cancelled:
        until(future.running)
        cancel.cancel()
    error = error_of(future)
    one.stop()
    assert error.reason is (Reason.CANCELLED if cancelled else Reason.TIMEOUT)
    assert error.pages == 0  # it was not begun


@pytest.mark.parametrize("how", ["deadline", "cancel", "stop"])
def test_a_large_request_to_a_process_that_takes_nothing(patient: ProcessHost, how: str) -> None:
    os.kill(do(patient, "pid"), signal.SIGSTOP)
    cancel = CancelToken()
    request = Do("echo", bytes(5_000_000))
    begun = time.monotonic()
    future = patient.submit(request, 0.2 if how == "deadline" else SOON_S, cancel)
    if how != "deadline":
        until(future.running)
        time.sleep(0.1)
        cancel.cancel() if how == "cancel" else patient.stop()
    error = error_of(future)
    assert error.reason is (Reason.TIMEOUT if how == "deadline" else Reason.CANCELLED)
    assert "killed" in error.detail
    assert time.monotonic() - begun < PROMPT_S


def test_a_process_that_was_killed_while_nobody_asked(patient: ProcessHost) -> None:
    pid = do(patient, "pid")
    os.kill(pid, signal.SIGKILL)
    assert fails(patient, "pid").reason is Reason.HARDWARE
    assert do(patient, "pid") != pid


@pytest.mark.parametrize("starts", ["fresh"], indirect=True)
def test_a_spare_that_was_killed(patient: ProcessHost) -> None:
    pid = do(patient, "pid")
    until(lambda: len(children()) == 2)
    (spare,) = set(children()) - {pid}
    os.kill(spare, signal.SIGKILL)
    until(lambda: children() == [pid])
    fails(patient, "hang", 0.01)
    assert do(patient, "echo", 1) == 1


def test_a_reset_that_hangs(
    host: ProcessHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_host, "RESET_S", 0.1)
    host.start()
    (tmp_path / "hang-reset").touch()
    with pytest.raises(DeviceError) as caught:
        host.reset()
    assert caught.value.reason is Reason.HARDWARE
    (tmp_path / "hang-reset").unlink()
    host.reset()


def test_a_bug_is_told_without_its_words(
    host: ProcessHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.start()
    pid = do(host, "pid")
    error = fails(host, "raise")
    assert (error.reason, error.detail) == (Reason.HARDWARE, "ValueError")
    (record,) = logged(caplog, "drivers.hosting")
    assert record.message == "driver failed"
    detail = vars(record)["detail"]
    assert detail.startswith("naughty_driver.py:")
    assert "张" not in detail
    assert do(host, "pid") != pid


def test_an_answer_that_cannot_travel_is_a_bug(
    host: ProcessHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.start()
    assert fails(host, "unpicklable").reason is Reason.HARDWARE
    assert messages(caplog, "drivers.hosting") == ["driver failed"]
    assert do(host, "echo", 1) == 1


def test_a_request_that_cannot_travel_is_a_bug(
    host: ProcessHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.start()
    with pytest.raises(DeviceError) as caught:
        host.execute(Do("echo", lambda: None), SOON_S)
    assert caught.value.reason is Reason.HARDWARE
    assert messages(caplog, "drivers.hosting") == ["driver failed"]
    assert do(host, "echo", 1) == 1


@pytest.mark.parametrize(("what", "seconds"), [("hang", 0.01), ("exit", SOON_S), ("crash", SOON_S)])
def test_a_job_that_succeeded_is_remembered_when_its_process_is_gone(
    host: ProcessHost, what: str, seconds: float
) -> None:
    host.start()
    assert host.execute(DoOnce("echo", "first"), SOON_S) == "first"
    fails(host, what, seconds)
    assert host.execute(DoOnce("echo", "second"), SOON_S) == "first"  # by who took over
    host.reset()
    assert host.execute(DoOnce("echo", "third"), SOON_S) == "first"


def test_a_job_during_which_the_process_died_is_not_remembered(host: ProcessHost) -> None:
    host.start()
    with pytest.raises(DeviceError) as caught:
        host.execute(DoOnce("exit"), SOON_S)
    assert caught.value.pages is None
    assert host.execute(DoOnce("echo", "again"), SOON_S) == "again"


@pytest.mark.parametrize("what", ["refuse", "raise", "exit", "hang", "unpicklable"])
def test_every_error_names_the_device(host: ProcessHost, what: str) -> None:
    host.start()
    do(host, "pid")
    assert fails(host, what, 0.2 if what == "hang" else SOON_S).device is Kind.SPEAKER


def test_the_error_of_a_driver_that_cannot_be_made_names_the_device(
    host: ProcessHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "refuse-make").touch()
    with monkeypatch.context() as hurried:
        hurried.setattr(process_host, "START_S", 0.3)
        host.start()
        with pytest.raises(DeviceError) as caught:
            _ = host.requests
    assert (caught.value.reason, caught.value.device) == (Reason.OFFLINE, Kind.SPEAKER)
    error = fails(host, "pid")
    assert (error.reason, error.device) == (Reason.UNSUPPORTED, Kind.SPEAKER)


# -- the beginning and the end -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "problem", "detail"),
    [
        ("refuse", Reason.UNSUPPORTED, "no such library"),
        ("raise", Reason.HARDWARE, "ValueError"),
        ("exit", Reason.HARDWARE, "ended with 3"),
    ],
)
def test_a_driver_that_cannot_be_made(
    host: ProcessHost,
    seen: list[Status],
    tmp_path: Path,
    mark: str,
    problem: Reason,
    detail: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / f"{mark}-make").touch()
    host.start()
    until(lambda: seen)
    assert seen[0].problem is problem
    assert detail in seen[0].detail
    assert fails(host, "pid").reason is problem
    (tmp_path / f"{mark}-make").unlink()
    until(lambda: host.status == ONLINE)
    assert host.info.driver == "test"


def test_no_process_can_be_started(
    host: ProcessHost, seen: list[Status], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EAGAIN, "no process")

    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    if apart._forker:
        monkeypatch.setattr(apart, "_forker", refuse)
    host.start()
    until(lambda: seen)
    assert seen[0].problem is Reason.HARDWARE
    assert "no process" in seen[0].detail
    assert fails(host, "pid").reason is Reason.HARDWARE
    monkeypatch.undo()
    until(lambda: host.status == ONLINE)


def test_a_recipe_that_cannot_travel_is_refused_at_once() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        ProcessHost(Kind.SPEAKER, lambda: NaughtyDriver(Path()))


def test_nothing_but_its_kind_is_known_of_a_host_that_was_not_started(
    host: ProcessHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host.info == Info(Kind.SPEAKER, "", "")
    monkeypatch.setattr(process_host, "START_S", 0.01)
    with pytest.raises(DeviceError) as caught:
        _ = host.requests
    assert caught.value.reason is Reason.OFFLINE


@pytest.mark.parametrize("what", [*HANGS, "obey cancel"])
def test_stop_ends_what_runs_and_every_process(
    host: ProcessHost, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(process_host, "LEAVE_S", 0.2)
    host.start()
    do(host, "pid")
    futures = [host.submit(Do(what), SOON_S), host.submit(Do("pid"), SOON_S)]
    until(futures[0].running)
    host.stop()
    assert [error_of(future, 0).reason for future in futures] == [Reason.CANCELLED] * 2
    assert not children()


@pytest.mark.parametrize("where", ["open", "status", "close"])
def test_stop_while_the_driver_hangs(
    host: ProcessHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(process_host, "LEAVE_S", 0.1)
    host.start()
    do(host, "pid")
    (tmp_path / f"hang-{where}").touch()
    if where == "open":
        fails(host, "exit")  # opened anew
    time.sleep(0.2)
    begun = time.monotonic()
    host.stop()
    assert time.monotonic() - begun < PROMPT_S
    assert not children()


def test_nothing_is_left_open(host: ProcessHost) -> None:
    host.start()
    do(host, "pid")
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        fails(host, "exit")
        do(host, "memory", b"x" * 10)
    host.stop()
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before
    assert not children()


PARENT = """
import sys, time
from functools import partial
from pathlib import Path
from tests.faults.naughty_driver import Do, NaughtyDriver
from drivers.device import Kind
from drivers.hosting.process_host import ProcessHost
host = ProcessHost(Kind.SPEAKER, partial(NaughtyDriver, Path(sys.argv[1])))
host.start()
host.execute(Do("pid"), 20)
host.submit(Do(sys.argv[2]), 999)
time.sleep(0.2)
print("ready", flush=True)
time.sleep(999)
"""


@pytest.mark.parametrize("what", [*HANGS, "pid"])
def test_the_processes_die_with_their_parent(tmp_path: Path, what: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), what],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert parent.stdout
        assert parent.stdout.readline() == b"ready\n"
        family = children(parent.pid)
        assert len(family) == 2
    finally:
        parent.kill()
        parent.communicate()
    until(lambda: not any(is_alive(pid) for pid in family))


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


# -- the channel ---------------------------------------------------------------------------------


@pytest.fixture
def ends() -> Iterator[list[Channel]]:
    ends = [Channel(end) for end in socket.socketpair()]
    yield ends
    for end in ends:
        end.close()


class _EndsWhenLookedAt(dict[int, CancelToken]):
    """The calls of a driver; each ends as soon as somebody has looked whether it runs."""

    def __contains__(self, number: object) -> bool:
        return self.pop(number, None) is not None  # type: ignore[call-overload]


def test_a_cancel_that_meets_the_end_of_its_call_leaves_the_process_alive(
    ends: list[Channel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it dies before it has sent the answer of a print that is out."""
    monkeypatch.setattr("os._exit", lambda code: None)
    child = _ServedDriver(ends[1], NaughtyDriver(tmp_path))
    child._tokens = _EndsWhenLookedAt({1: CancelToken()})
    ends[0].send(CancelCall(1))
    ends[0].send(DriverCall(2, "status"))
    ends[0].close()
    with pytest.raises(EOFError):
        child._listen()
    assert child._calls.get_nowait()[0] == DriverCall(2, "status")


MESSAGES = st.lists(
    st.recursive(
        st.none() | st.integers() | st.text() | st.binary(max_size=200),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(messages=MESSAGES, cuts=st.lists(st.integers(1, 50), min_size=1))
def test_messages_come_whole_however_they_are_cut(messages: list[Any], cuts: list[int]) -> None:
    to, our = socket.socketpair()
    from_, their = socket.socketpair()
    ends = Channel(to), Channel(their)
    with our, from_:
        for message in messages:
            ends[0].send(message)
        ends[0].close()
        stream = bytearray()
        while piece := our.recv(65536):
            stream += piece
        come = []
        while stream:
            for cut in cuts:
                from_.send(stream[:cut])
                del stream[:cut]
                with suppress(TimeoutError):
                    while True:
                        come.append(ends[1].receive(0.0001))
                if not stream:
                    break
        assert come == messages
        from_.close()
        with pytest.raises(EOFError):
            ends[1].receive(SOON_S)
        ends[1].close()


def test_a_message_that_nobody_takes_is_given_up(ends: list[Channel]) -> None:
    asked: list[None] = []

    def patient() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        ends[0].send(bytes(10_000_000), patient)


def test_descriptors_that_came_and_were_not_fetched_are_closed(ends: list[Channel]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    ends[0].send([SharedMemory(10)])
    ends[0].send(None)
    assert len(ends[1].receive(SOON_S)) == 1
    ends[0].send(SharedMemory(10))
    head = ends[1]
    with suppress(TimeoutError):
        head.receive(0.01)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 2
