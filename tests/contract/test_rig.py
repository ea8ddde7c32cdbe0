"""The control socket, with the real emulators behind it and their drivers beside it."""

from __future__ import annotations

import io
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.device import Kind
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Remote, Rig
from drivers.hosting.thread_host import ThreadHost
from drivers.id_card.sdt import SdtReader
from drivers.id_card.sdt_frames import PHOTO_BYTES
from drivers.id_card.types import IdCard, ReadCard
from tests.waiting import PATIENCE_S, PROMPT_S

PERSON = {"name": "张三", "number": "990101199003071018"}
SLIP = "收到".encode("gb18030") + b"\n" * 4 + b"\x1dV\x00"


def make_rig(directory: Path) -> Rig:
    return Rig(
        {
            Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD, pace=False),
            Kind.RECEIPT_PRINTER: ReceiptPrinter(),
            Kind.DOCUMENT_PRINTER: DocumentPrinter(seconds_per_page=0.0),
        },
        directory / "desk.sock",
    )


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    # The path of a Unix socket holds 107 bytes; pytest's own directories can be longer.
    path = Path(tempfile.mkdtemp(prefix="rig-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def rig(directory: Path) -> Iterator[Rig]:
    rig = make_rig(directory)
    rig.start()
    yield rig
    rig.stop()


@pytest.fixture
def remote(rig: Rig, directory: Path) -> Iterator[Remote]:
    with closing(Remote(directory / "desk.sock")) as remote:
        yield remote
        for device in rig.devices:
            remote.tell(device, "well")
        remote.tell(Kind.ID_CARD, "plug")
        remote.tell(Kind.ID_CARD, "lift")
        remote.tell(Kind.RECEIPT_PRINTER, "tear")


def eventually(true: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    until = time.monotonic() + seconds
    while not (seen := true()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
    return seen


# -- orders -----------------------------------------------------------------------------------


def test_every_device_is_seen(rig: Rig, remote: Remote) -> None:
    for device in rig.devices:
        assert remote.look(device) == rig.look(device)


@pytest.mark.parametrize(
    ("device", "order", "facts", "key", "seen"),
    [
        (Kind.ID_CARD, "put", PERSON, "card", "put"),
        (Kind.ID_CARD, "put", {**PERSON, "kind": "hmt-resident"}, "kind", "hmt-resident"),
        (Kind.ID_CARD, "unplug", {}, "plugged", False),
        (Kind.ID_CARD, "slow", {"seconds": 1.5, "command": "read"}, "faults", ["slow"]),
        (Kind.RECEIPT_PRINTER, "paper near end", {}, "paper", "low"),
        (Kind.RECEIPT_PRINTER, "paper out", {}, "paper", "out"),
        (Kind.RECEIPT_PRINTER, "open cover", {}, "cover", "open"),
        (Kind.RECEIPT_PRINTER, "jam", {}, "jammed", True),
        (Kind.DOCUMENT_PRINTER, "paper out", {}, "reasons", ["media-empty-error"]),
        (Kind.DOCUMENT_PRINTER, "jam", {}, "reasons", ["media-jam-error"]),
        (Kind.DOCUMENT_PRINTER, "die", {}, "listening", False),
    ],
)
def test_an_order_is_obeyed(
    remote: Remote, device: str, order: str, facts: dict[str, Any], key: str, seen: object
) -> None:
    assert remote.look(device)[key] != seen
    remote.tell(device, order, **facts)
    assert remote.look(device)[key] == seen


def test_devices_answer_to_their_short_names(rig: Rig, remote: Remote) -> None:
    remote.tell("a4", "paper out")
    assert remote.look("A4") == remote.look(Kind.DOCUMENT_PRINTER)
    assert remote.look("a4")["reasons"] == ["media-empty-error"]


def test_the_driver_reads_what_was_put(remote: Remote, directory: Path) -> None:
    host = ThreadHost(SdtReader(SdtReader.Settings(port=str(directory / Kind.ID_CARD))))
    host.start()
    try:
        photo = bytes(range(256)) * 4
        remote.tell(Kind.ID_CARD, "put", **PERSON, photo=photo)
        card = host.execute(ReadCard(), 10.0)
    finally:
        host.stop()
    assert isinstance(card, IdCard)
    assert (card.name, card.number, card.photo) == (PERSON["name"], PERSON["number"], photo)
    assert len(photo) == PHOTO_BYTES


def test_bytes_come_as_bytes(rig: Rig, remote: Remote) -> None:
    print_slip(rig)
    slips = eventually(lambda: remote.look(Kind.RECEIPT_PRINTER)["slips"])
    with Image.open(io.BytesIO(slips[0])) as picture:
        assert (picture.format, picture.width) == ("PNG", 640)
    remote.tell(Kind.RECEIPT_PRINTER, "tear")
    assert remote.look(Kind.RECEIPT_PRINTER)["slips"] == []


def print_slip(rig: Rig) -> None:
    host, _, port = rig.devices[Kind.RECEIPT_PRINTER].address.removeprefix("tcp://").partition(":")
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(SLIP)


# -- what does not fit ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"\n", "Expecting value"),
        (b"{", "Expecting"),
        (b"\xff\xfe{}", ""),
        (b"[]", "one object"),
        (b"null", "one object"),
        (b"{}", "'order'"),
        (b'{"device": "id_card"}', "'order'"),
        (b'{"device": "dog", "order": "sit"}', "no device 'dog'"),
        (b'{"device": "dog", "order": "look"}', "no device 'dog'"),
        (b'{"device": ["id_card"], "order": "look"}', ""),
        (b'{"device": 7, "order": "look"}', "no device 7"),
        (b'{"device": "scanner", "order": "look"}', "no device 'scanner'"),
        (b'{"script": "reader: sit"}', "'sit'"),
        (b'{"device": "id_card", "order": "sit"}', "'sit'"),
        (b'{"device": "id_card", "order": 7}', "7"),
        (b'{"device": "id_card", "order": ["put"]}', ""),
        (b'{"device": "id_card", "order": "put", "facts": []}', "one object"),
        (b'{"device": "id_card", "order": "put", "facts": {}}', "number"),
        (b'{"device": "id_card", "order": "put", "facts": {"legs": 4}}', "legs"),
        (b'{"device": "id_card", "order": "lift", "facts": {"high": true}}', "high"),
        (b'{"device": "id_card", "order": "put", "facts": {"photo": {"base64": "?"}}}', ""),
        (b'{"device": "id_card", "order": "put", "facts": {"order": "lift"}}', "order"),
        (b'{"device": "id_card", "order": "put", "facts": {"self": 1}}', "self"),
        (b'{"device": "receipt_printer", "order": "dance"}', "dance"),
        (b'{"device": "receipt_printer", "order": "jam", "facts": {"after_lines": "x"}}', "x"),
        (b'{"device": "receipt_printer", "order": "jam", "facts": {"after_lines": 1e999}}', "inf"),
        (b'{"device": "document_printer", "order": "dance"}', "dance"),
        (b'{"device": "document_printer", "order": "slow", "facts": {"minutes": 1}}', "minutes"),
        (b"[" * 100_000 + b"]" * 100_000, ""),
    ],
)
@pytest.mark.usefixtures("rig")
def test_what_does_not_fit_is_an_answer(directory: Path, line: bytes, says: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk, talk.makefile("rb") as answers:
        talk.settimeout(PATIENCE_S)
        talk.connect(str(directory / "desk.sock"))
        talk.sendall(line.strip(b"\n") + b"\n")
        answer = json.loads(answers.readline())
        assert list(answer) == ["error"]
        assert says in answer["error"]
        assert answer["error"]
        # And the conversation goes on.
        talk.sendall(b'{"device": "id_card", "order": "look"}\n')
        assert json.loads(answers.readline())["ok"] is True


def test_the_other_end_raises_what_was_not_understood(remote: Remote) -> None:
    with pytest.raises(ValueError, match="'sit'"):
        remote.tell(Kind.ID_CARD, "sit")
    with pytest.raises(ValueError, match="no device 'dog'"):
        remote.look("dog")
    assert remote.look(Kind.ID_CARD)["plugged"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
ASKED = st.fixed_dictionaries(
    {
        "device": st.sampled_from([Kind.ID_CARD, Kind.DOCUMENT_PRINTER, Kind.RECEIPT_PRINTER])
        | JSON,
        "order": st.just("look") | JSON,
    },
    optional={"facts": JSON},
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | (ASKED | JSON).map(lambda asked: json.dumps(asked).encode()))
def test_any_line_is_answered(rig: Rig, line: bytes) -> None:
    answer = json.loads(json.dumps(rig.hear(line)))
    assert answer.get("ok") is True or answer["error"]


# -- many, and none ---------------------------------------------------------------------------


def test_two_at_once_each_get_their_own_answers(rig: Rig, directory: Path) -> None:
    wrong: list[object] = []
    begin = threading.Barrier(2)

    def talk(device: str, key: str) -> None:
        with closing(Remote(directory / "desk.sock")) as remote:
            begin.wait(PATIENCE_S)
            for _ in range(100):
                if key not in (seen := remote.look(device)):
                    wrong.append(seen)
                remote.tell(device, "well")

    threads = [
        threading.Thread(target=talk, args=each)
        for each in ((Kind.ID_CARD, "plugged"), (Kind.RECEIPT_PRINTER, "hanging"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert wrong == []


def test_one_device_obeys_one_after_another(rig: Rig, directory: Path) -> None:
    """Two who pull and plug the same cable: it ends as the last one left it."""

    def pull() -> None:
        with closing(Remote(directory / "desk.sock")) as remote:
            for _ in range(15):
                remote.tell(Kind.ID_CARD, "unplug")
                remote.tell(Kind.ID_CARD, "plug")

    threads = [threading.Thread(target=pull) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert rig.look(Kind.ID_CARD)["plugged"]
    assert (directory / Kind.ID_CARD).exists()


def test_who_hangs_up_disturbs_nobody(remote: Remote, directory: Path) -> None:
    for _ in range(5):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
            talk.connect(str(directory / "desk.sock"))
            talk.sendall(b'{"device": "receipt_printer", "order": "look"}\n' * 50)
    assert remote.look(Kind.RECEIPT_PRINTER)["paper"] == "full"


# -- beginning and end ------------------------------------------------------------------------


def test_a_stale_socket_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a short path
    path = Path("s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(path))
    rig = Rig({Kind.RECEIPT_PRINTER: ReceiptPrinter()}, path)
    rig.start()
    with closing(Remote(path)) as remote:
        assert remote.look(Kind.RECEIPT_PRINTER)["cover"] == "closed"
    rig.stop()
    assert not path.exists()


def test_where_somebody_listens_nobody_else_does(rig: Rig, directory: Path) -> None:
    printer = ReceiptPrinter()
    with pytest.raises(OSError, match="somebody listens there"):
        Rig({Kind.RECEIPT_PRINTER: printer}, directory / "desk.sock").start()
    with closing(Remote(directory / "desk.sock")) as remote:
        assert remote.look(Kind.RECEIPT_PRINTER)
    with pytest.raises(ConnectionRefusedError):  # what had been started was stopped again
        socket.create_connection(("127.0.0.1", int(printer.address.rpartition(":")[2])), 1).close()


def test_a_file_that_is_no_socket_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s").write_text("mine")
    with pytest.raises(OSError, match="in use"):
        Rig({Kind.RECEIPT_PRINTER: ReceiptPrinter()}, Path("s")).start()
    assert Path("s").read_text() == "mine"


def test_the_end_hangs_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rig = make_rig(Path())
    rig.start()
    with closing(Remote(Path("desk.sock"))) as remote:
        assert remote.look(Kind.ID_CARD)["plugged"]
        begun = time.monotonic()
        rig.stop()
        assert time.monotonic() - begun < PROMPT_S
        with pytest.raises(OSError, match=r"gone|reset|pipe"):
            remote.look(Kind.ID_CARD)
    with pytest.raises(FileNotFoundError):
        Remote(Path("desk.sock"))
    rig.start()  # and again
    with closing(Remote(Path("desk.sock"))) as remote:
        assert remote.look(Kind.ID_CARD)["plugged"]
    rig.stop()
