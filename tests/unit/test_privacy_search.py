"""The search for what outlives a visit finds a value in every form and every place."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from drivers.camera.slots import Slots
from tests.privacy import files
from tests.privacy.files import search_tree
from tests.privacy.memory import frames_of, memory_of, plant, regions, weed
from tests.privacy.needles import Needles
from tests.privacy.spellings import ENCODINGS, spellings

NAME = "龘𬭎小雨"
NUMBER = "990177196508204829"


@pytest.fixture(scope="module")
def needles() -> Needles:
    return Needles({"name": NAME, "ID number": NUMBER})


def whats(needles: Needles, data: bytes) -> set[str]:
    return {leak.what for leak in needles.found_in(data)}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("value", [NAME, NUMBER])
def test_every_encoding_is_found_at_every_place(
    needles: Needles, value: str, encoding: str
) -> None:
    plain = value.encode(encoding)
    for form in (plain, plain[::-1], value[::-1].encode(encoding), plain.hex().encode()):
        for before in range(9):
            assert whats(needles, bytes(before) + form + b"\xff")
    assert whats(needles, plain.hex().upper().encode())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_base64_is_found_wherever_in_a_longer_text(needles: Needles, encoding: str) -> None:
    for before in range(7):
        text = b"x" * before + NAME.encode(encoding) + b"behind"
        assert whats(needles, base64.b64encode(text)) == {"name"}
        assert whats(needles, base64.urlsafe_b64encode(text)) == {"name"}


def test_escapes_are_found(needles: Needles) -> None:
    assert whats(needles, json.dumps({"name": NAME}).encode()) == {"name"}
    assert whats(needles, quote(f"/who?={NAME}").encode()) == {"name"}


def test_a_leak_says_what_and_where_and_never_the_value(needles: Needles) -> None:
    (leak,) = needles.found_in(b"!" + NUMBER.encode("utf-16-le"), "keeper.log")
    assert str(leak) == "keeper.log: ID number as utf-16-le"


def test_what_is_nearly_there_is_not_found(needles: Needles) -> None:
    plain = NUMBER.encode()
    assert not needles.found_in(plain[:-1])
    assert not needles.found_in(plain[1:])
    assert not needles.found_in(plain[:9] + b"0" + plain[9:])
    assert not needles.found_in(b"")


def test_two_values_in_the_same_place_are_both_found() -> None:
    both = Needles({"long": "12345678901234", "short": "1234567890"})
    assert whats(both, b"12345678901234") == {"long", "short"}


def test_a_value_is_found_across_the_borders_of_pieces(needles: Needles) -> None:
    text = b"-" * 50 + NAME.encode("utf-32-be") + b"-" * 50
    for size in (1, 7, 16, 64):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        searched, found = needles.found_in_pieces(pieces, "there")
        assert searched == len(text)
        assert {(each.what, each.form) for each in found} == {("name", "utf-32-be")}


def test_chance_writes_none_of_a_hundred_people() -> None:
    chance = random.Random(4)
    people = {str(n): f"990177{chance.randrange(10**12):012}" for n in range(100)}
    assert not Needles(people).found_in(chance.randbytes(1 << 20))


def test_what_is_too_short_to_be_found_is_refused() -> None:
    with pytest.raises(ValueError, match="code is too short"):
        Needles({"code": "123456"})
    with pytest.raises(ValueError, match="nothing to look for"):
        Needles({})


# -- memory ---------------------------------------------------------------------------------------

HOLDS = """
import sys
print("ready", flush=True)
value = sys.stdin.readline().strip()
print("there", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """A process that waits for a value, and then holds it."""
    with subprocess.Popen(
        [sys.executable, "-S", "-X", "utf8", "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_the_memory_of_a_process_is_searched(
    needles: Needles, holder: subprocess.Popen[str]
) -> None:
    assert holder.stdin
    assert holder.stdout
    searched, found = needles.found_in_pieces(memory_of(holder.pid))
    assert searched > 1 << 20
    assert not found
    holder.stdin.write(f"{NAME}\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "there\n"
    _, found = needles.found_in_pieces(memory_of(holder.pid))
    # Python keeps characters beyond the first plane in four bytes each.
    assert {("name", "utf-8"), ("name", "utf-32-le")} <= {(f.what, f.form) for f in found}


def test_a_planted_leak_is_found_and_can_be_weeded(
    needles: Needles, holder: subprocess.Popen[str]
) -> None:
    assert holder.stdin
    assert holder.stdout
    for form in spellings(NUMBER):
        at = plant(holder.pid, form)
        assert needles.found_in_pieces(memory_of(holder.pid))[1]
        weed(holder.pid, at, len(form))
    assert not needles.found_in_pieces(memory_of(holder.pid))[1]
    with pytest.raises(ValueError, match="in use"):
        plant(holder.pid, bytes(1 << 20))
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "there\n", "the process goes on"


SMAPS = """\
55d000000000-55d000002000 r--p 00000000 08:01 131 /usr/bin/python3
Rss:                   8 kB
Anonymous:             0 kB
Swap:                  0 kB
55d000002000-55d000003000 rw-p 00002000 08:01 131 /usr/bin/python3
Anonymous:             4 kB
Swap:                  0 kB
55d000003000-55d000004000 rw-p 00002000 08:01 131 /usr/lib/a library.so (deleted)
Anonymous:             0 kB
Swap:                  4 kB
55d000010000-55d000011000 rw-p 00000000 00:00 0
Anonymous:             0 kB
55d000020000-55d000021000 rw-s 00000000 00:01 9 /memfd:picture
Anonymous:             0 kB
55d000030000-55d000031000 ---p 00000000 00:00 0
Anonymous:             0 kB
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             4 kB
"""


def test_only_a_file_that_was_not_changed_is_left_out() -> None:
    found = regions(SMAPS)
    assert [each.holds_data for each in found] == [False, True, True, True, True, False, False]
    assert found[1].last - found[1].first == 4096
    assert found[2].name == "/usr/lib/a library.so (deleted)"


def test_a_process_that_is_gone_is_an_error() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    with pytest.raises(FileNotFoundError):
        list(memory_of(process.pid))


def test_the_pictures_that_a_process_holds_are_seen() -> None:
    picture = np.full((4, 6, 3), 7, np.uint8)
    empty, shown = Slots(picture.nbytes), Slots(2 * picture.nbytes)
    shown.put(picture, time.monotonic())
    begun = os.memfd_create("frames")  # a camera's process has not said its size yet
    seen = list(frames_of(os.getpid()))
    assert seen
    assert all((each == picture).all() for each in seen), "once for each descriptor"
    os.close(begun)
    del empty


# -- files ----------------------------------------------------------------------------------------


def test_files_are_searched_by_name_link_and_content(needles: Needles, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "log").write_text(f"hello {NUMBER}")
    (tmp_path / f"{NAME}.pdf").touch()
    (tmp_path / "link").symlink_to(f"/nowhere/{NUMBER}")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(NAME.encode("gb18030")))
    (tmp_path / "packed").write_bytes(zlib.compress(NUMBER.encode("utf-16-be")))
    (tmp_path / "spoilt.gz").write_bytes(b"\x1f\x8b\xff\xff" + NUMBER.encode())
    (tmp_path / "x").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    searched, found = search_tree(needles, tmp_path)
    assert searched > len(NUMBER)
    assert {str(each).replace(str(tmp_path), "") for each in found} == {
        "/deep/er/log: ID number as utf-8",
        f"name of /{NAME}.pdf: name as utf-8",
        "link /link: ID number as utf-8",
        "/packed.gz: name as gb18030",
        "/packed: ID number as utf-16-be",
        "/spoilt.gz: ID number as utf-8",
    }


def test_what_is_packed_is_searched_across_borders_and_members(
    needles: Needles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log is packed piece by piece, and read so: with the number on any border."""
    monkeypatch.setattr(files, "_PIECE", 5)
    noise = random.Random(1).randbytes(50)
    for before in range(5):
        packed = gzip.compress(b"first") + gzip.compress(noise[before:] + NUMBER.encode())
        (tmp_path / f"{before}.gz").write_bytes(packed)
    assert len(search_tree(needles, tmp_path)[1]) == 5


def test_what_plays_the_world_is_left_out(needles: Needles, tmp_path: Path) -> None:
    (tmp_path / "centre").mkdir()
    (tmp_path / "centre" / "centre.db").write_text(NUMBER)
    assert search_tree(needles, tmp_path)[1]
    assert search_tree(needles, tmp_path, but=[tmp_path / "centre"]) == (0, set())
    assert search_tree(needles, tmp_path / "nowhere") == (0, set())
    assert search_tree(needles, tmp_path / "centre" / "centre.db")[1], "a single file"
