"""Measures readers: from the card, the code or the key to the driver's answer.

Every driver runs in the host that a terminal uses, and is waiting when the card comes. For the
floor, :mod:`drivers.emulators.bare` sends the same bytes over the same wire without a driver.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from drivers.camera.types import StartStream, StopStream, Stream
from drivers.catalogue import create_host
from drivers.code_scanner.types import ReadCode
from drivers.device import Deadline, DeviceError, Kind, Media, Request, State, Status
from drivers.emulators import bare
from drivers.hosting.host import PACE, Host, HostPace
from drivers.id_card.types import ReadCard
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    Key,
    LoadSessionKey,
    MakePinBlock,
    SessionKey,
    StartPinEntry,
)
from drivers.smart_card.types import ReadBankCard, ReadSocialSecurityCard
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, Values
from kiosk.workshop.bench.hardware import EmulatedHardware
from kiosk.workshop.sandbox import personas

NAMES: Mapping[str, Name] = {
    "id_card_read": Name("ms", floor="floor_id_card_read"),
    "id_card_notice": Name("ms"),
    "id_card_stack": Name("ms", 20, floor="floor_id_card_stack"),
    "social_security_read": Name("ms", floor="floor_social_security_read"),
    "social_security_notice": Name("ms", floor="floor_social_security_notice"),
    "social_security_stack": Name("ms", floor="floor_social_security_stack"),
    "bank_card_read": Name("ms", floor="floor_bank_card_read"),
    "bank_card_notice": Name("ms", floor="floor_bank_card_notice"),
    "bank_card_stack": Name("ms", floor="floor_bank_card_stack"),
    "xfs_card_read": Name("ms", floor="floor_xfs_card_stack"),
    "xfs_card_notice": Name("ms", floor="floor_xfs_round_trip"),
    "xfs_card_stack": Name("ms", floor="floor_xfs_card_stack"),
    "code_read": Name("ms", floor="floor_code_read"),
    "pin_block": Name("ms", floor="floor_pin_block"),
    "camera_first_frame": Name("ms", floor="floor_camera_first_frame"),
    "camera_rate": Name("1/s", floor="floor_camera_rate"),
    "floor_id_card_read": Name("ms"),
    "floor_id_card_stack": Name("ms"),
    "floor_social_security_read": Name("ms"),
    "floor_social_security_notice": Name("ms"),
    "floor_social_security_stack": Name("ms"),
    "floor_bank_card_read": Name("ms"),
    "floor_bank_card_notice": Name("ms"),
    "floor_bank_card_stack": Name("ms"),
    "floor_xfs_card_stack": Name("ms"),
    "floor_xfs_round_trip": Name("ms"),
    "floor_code_read": Name("ms"),
    "floor_pin_block": Name("ms"),
    "floor_camera_first_frame": Name("ms"),
    "floor_camera_rate": Name("1/s"),
}
"""In milliseconds unless said otherwise. For every card reader:

* ``…_read``: the card is put while the driver waits, to the driver's answer; the moments are spread
  evenly over the pause between two looks for a card
* ``…_notice``, a part of ``…_read``: until the driver reports that a card is there
* ``…_stack``: the command to its answer when the card lies there already; for SDT with a SAM and a
  line that take no time. This is the time of the driver and the software below it
* ``floor_…``: the same bytes without the driver. ``floor_id_card_read`` uses the paced line: it is
  the time of SAM and wire. For PC/SC: bare calls after the same event, which include the 0.4 s
  between the service's looks at a virtual reader. For XFS4IoT: the same messages
  (``floor_xfs_card_stack``), and a single one (``floor_xfs_round_trip``)

``id_card``: SDT at 115200 baud, SAM times as usual. ``social_security`` (社保卡) and ``bank_card``:
PC/SC, the driver in a process of its own. ``xfs_card``: a bank card in the motor reader of a bank's
machine, until the machine has given the card back. ``code_read``: a code is shown, to its text.
``pin_block``: ENTER to the PIN block, two commands. ``camera_first_frame``: switched on, to the
first picture, MJPEG over HTTP; ``camera_rate``: pictures a second, where more is better. The floor
of both is OpenCV without a driver.
"""

SDT_LOOKS_S = 0.3
PCSC_LOOKS_S = 0.4
PIN_LOOKS_S = 0.04
_PATIENCE_S = 20.0
_SETTLE_S = 0.15  # from a command until its driver waits for a card
_CODE = "https://verify.example/v/7Q4M-2K9D"
_PIN, _PAN = "246810", "6230606601007726888"
BANK_CARD = {"kind": "bank", "number": "6228480402564890018", "holder": "TEST/CARD"}


@dataclass(frozen=True, slots=True)
class ReadersScale:
    """How often each reader reads."""

    reads: int  # by each reader, from a card that is put
    codes: int  # codes and PIN blocks, and reads of a card that lies there
    films: int  # how often the camera is switched on
    film_s: float  # how long its pictures are counted


Found = dict[str, Figure | NotMeasured]


def measure(hardware: EmulatedHardware, scale: ReadersScale) -> Found:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`."""
    found: Values = {name: [] for name in NAMES}
    missing: dict[str, str] = {}
    try:
        _id_card(found, hardware, scale)
        if why := no_smart_cards(hardware):
            missing = {n: why for n in NAMES if "social_security" in n or "bank_card" in n}
        else:
            _smart_cards(found, hardware, scale)
        _xfs_card(found, hardware, scale)
        _codes(found, hardware, scale)
        _pin_blocks(found, hardware, scale)
        _camera(found, hardware, scale)
    except (DeviceError, OSError, ValueError) as error:
        raise BenchError(f"a reader did not do what it should: {error}") from error
    return {
        name: NotMeasured(missing[name]) if name in missing else Figure(tuple(values))
        for name, values in found.items()
    }


def phases(count: int, seconds: float) -> Iterator[float]:
    """``count`` moments, spread evenly over ``seconds``."""
    yield from ((number + 0.5) / count * seconds for number in range(count))


@contextmanager
def host(
    kind: Kind,
    table: Mapping[str, Any],
    on_status: Callable[[Status], None] | None = None,
    pace: HostPace = PACE,
) -> Iterator[Host]:
    """The host that a terminal would use, once its device can be used. Raises
    :class:`BenchError`."""
    one = create_host(kind, table, on_status, pace=pace)
    one.start()
    try:
        await_usable(one)
        yield one
    finally:
        one.stop()


def await_usable(one: Host) -> None:
    """Wait until the device of the host can be used. Raises :class:`BenchError` after
    :data:`_PATIENCE_S`."""
    limit = Deadline(_PATIENCE_S)
    while not one.status.usable:
        if limit.passed():
            raise BenchError(f"a device stays {one.status.state}: {one.status.detail}")
        time.sleep(0.001)


def ms(began: float) -> float:
    return (time.monotonic() - began) * 1000


# -- cards ----------------------------------------------------------------------------------------


def _read_cards(
    found: Values,
    name: str,
    table: tuple[Kind, Mapping[str, Any]],
    request: Request[Any],
    moments: Sequence[float],
    put: Callable[[], None],
    lift: Callable[[], None],
) -> None:
    """Put a card at each of ``moments`` after the driver has begun to wait for one."""
    told: list[tuple[float, Status]] = []

    def note(status: Status) -> None:
        told.append((time.monotonic(), status))

    with host(*table, note) as one:
        for moment in moments:
            waiting = one.submit(request, _PATIENCE_S)
            time.sleep(_SETTLE_S + moment)
            began = time.monotonic()
            put()
            waiting.result()
            found[f"{name}_read"].append(ms(began))
            noticed = next(at for at, status in told if at > began and _sees_card(status))
            found[f"{name}_notice"].append((noticed - began) * 1000)
            lift()


def _sees_card(status: Status) -> bool:
    return status.state is State.BUSY and status.media is Media.PRESENT


def _id_card(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    facts = personas.load()["P01"].card()
    table = {"driver": "sdt", "port": hardware.addresses[Kind.ID_CARD]}
    moments = list(phases(scale.reads, SDT_LOOKS_S))
    for device, name in ((Kind.ID_CARD, "read"), ("id_card_2", "stack")):

        def put(device: str = device) -> None:
            hardware.hand.tell(device, "put", **facts)

        def lift(device: str = device) -> None:
            hardware.hand.tell(device, "lift")

        runs = scale.reads if name == "read" else scale.codes
        _bare_id_cards(found[f"floor_id_card_{name}"], hardware.addresses[device], put, lift, runs)
        if name == "read":
            _read_cards(found, Kind.ID_CARD, (Kind.ID_CARD, table), ReadCard(), moments, put, lift)
            continue
        with host(Kind.ID_CARD, {**table, "port": hardware.addresses[device]}) as one:
            for _ in range(scale.codes):
                put()
                began = time.monotonic()
                one.execute(ReadCard(), _PATIENCE_S)
                found["id_card_stack"].append(ms(began))
                lift()


def _bare_id_cards(
    found: list[float],
    port: str,
    put: Callable[[], None],
    lift: Callable[[], None],
    runs: int,
) -> None:
    """Time the frames that every read needs: find, select and read."""
    from drivers.id_card.sdt_frames import SamCommand, encode_frame

    frames = [
        encode_frame(one.value) for one in (SamCommand.FIND, SamCommand.SELECT, SamCommand.READ)
    ]
    with bare.BareLine(port) as line:
        put()
        lengths = [len(line.ask_once(frame)) for frame in frames]
        lift()
        for _ in range(runs):
            put()
            began = time.monotonic()
            for frame, length in zip(frames, lengths, strict=True):
                line.ask(frame, length)
            found.append(ms(began))
            lift()


def no_smart_cards(hardware: EmulatedHardware) -> str:
    from drivers.emulators.smart_card import missing

    return "" if Kind.SMART_CARD in hardware.addresses else missing()


def _smart_cards(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    from drivers.smart_card.emv import read_bank_card
    from drivers.smart_card.ssc import read_social_security_card

    person = personas.load()["P01"]
    social = {"kind": "social-security", "number": person.number, "name": person.name}
    for name, facts, request, read in (
        ("social_security", social, ReadSocialSecurityCard(), read_social_security_card),
        ("bank_card", BANK_CARD, ReadBankCard(), read_bank_card),
    ):
        _smart_card(found, name, hardware, facts, (request, read), scale)


def _smart_card(
    found: Values,
    name: str,
    hardware: EmulatedHardware,
    facts: Mapping[str, Any],
    what: tuple[Request[Any], Callable[[Any], Any]],
    scale: ReadersScale,
) -> None:
    from drivers.emulators.smart_card import READER
    from drivers.smart_card.apdu import Card

    service, slot = hardware.addresses[Kind.SMART_CARD], f"{READER} 00 00"
    table = {"driver": "pcsc", "service": service, "reader": slot}
    request, read = what
    moments = list(phases(scale.reads, PCSC_LOOKS_S))

    def put() -> None:
        hardware.hand.tell(Kind.SMART_CARD, "put", **facts)

    def lift() -> None:
        hardware.hand.tell(Kind.SMART_CARD, "lift")
        reader.await_card(present=False)

    with closing(bare.CardReader(service, slot)) as reader:
        apdus: list[bytes] = []

        def record(transmit: Callable[[bytes], bytes], t0: bool) -> None:
            def send(apdu: bytes) -> bytes:
                apdus.append(apdu)
                return transmit(apdu)

            read(Card(send, t0=t0))

        put()
        reader.await_card()
        reader.talk(record)
        with host(Kind.SMART_CARD, table) as one:
            for _ in range(scale.codes):
                began = time.monotonic()
                reader.send(apdus)
                found[f"floor_{name}_stack"].append(ms(began))
                began = time.monotonic()
                one.execute(request, _PATIENCE_S)
                found[f"{name}_stack"].append(ms(began))
        lift()
        for moment in moments:
            time.sleep(_SETTLE_S + moment)
            began = time.monotonic()
            put()
            reader.await_card()
            found[f"floor_{name}_notice"].append(ms(began))
            reader.send(apdus)
            found[f"floor_{name}_read"].append(ms(began))
            lift()
        _read_cards(found, name, (Kind.SMART_CARD, table), request, moments, put, lift)


def _xfs_card(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    hand = hardware.hand
    service = f"{hardware.addresses['xfs4iot']}/CardReader"
    table = {"driver": "xfs4iot", "service": service}

    def put() -> None:
        hand.tell("xfs4iot", "put card", **BANK_CARD)

    def lift() -> None:
        hand.tell("xfs4iot", "pull card")

    with host(Kind.SMART_CARD, table) as one, bare.web_socket(service) as ask:
        read: list[str] = []  # the messages of one read: status, card data, eject
        for _ in range(scale.codes):
            put()
            began = time.monotonic()
            one.execute(ReadBankCard(), _PATIENCE_S)
            found["xfs_card_stack"].append(ms(began))
            lift()
            read = read or _last_read(hand.look("xfs4iot")["frames"])
            put()
            began = time.monotonic()
            for text in read:
                ask(text)
            found["floor_xfs_card_stack"].append(ms(began))
            lift()
            began = time.monotonic()
            ask(read[0])
            found["floor_xfs_round_trip"].append(ms(began))
    moments = list(phases(scale.reads, PCSC_LOOKS_S))
    _read_cards(found, "xfs_card", (Kind.SMART_CARD, table), ReadBankCard(), moments, put, lift)


def _last_read(frames: Sequence[tuple[str, str, str]]) -> list[str]:
    """The messages that the driver sent for the last card: status, then the commands of the
    read."""
    sent = [text for way, service, text in frames if (way, service) == ("in", "CardReader")]
    names = [json.loads(text)["header"]["name"] for text in sent]
    first = max(n for n, name in enumerate(names) if name == "CardReader.ReadRawData")
    last = max(n for n, name in enumerate(names) if name.startswith("CardReader."))
    return sent[first - 1 : last + 1]


# -- codes and keys -------------------------------------------------------------------------------


def _codes(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    from drivers.code_scanner.serial import NEWLAND_START

    port, hand = hardware.addresses[Kind.CODE_SCANNER], hardware.hand
    start, code = bytes.fromhex(NEWLAND_START), _CODE.encode() + b"\r\n"
    with bare.BareLine(port) as line:
        length = len(line.ask_once(start))
        for number in range(scale.codes):
            if number:
                line.ask(start, length)
            began = time.monotonic()
            hand.tell(Kind.CODE_SCANNER, "present", text=_CODE)
            line.take(len(code))
            found["floor_code_read"].append(ms(began))
            hand.tell(Kind.CODE_SCANNER, "remove")
    with host(Kind.CODE_SCANNER, {"driver": "serial", "port": port}) as one:
        for moment in phases(scale.codes, PIN_LOOKS_S):
            waiting = one.submit(ReadCode(), _PATIENCE_S)
            time.sleep(_SETTLE_S + moment)
            began = time.monotonic()
            hand.tell(Kind.CODE_SCANNER, "present", text=_CODE)
            waiting.result()
            found["code_read"].append(ms(began))
            hand.tell(Kind.CODE_SCANNER, "remove")


def _pin_blocks(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    port, hand = hardware.addresses[Kind.PIN_PAD], hardware.hand

    def press(*keys: str) -> None:
        for key in keys:
            hand.tell(Kind.PIN_PAD, "press", key=key)

    with host(Kind.PIN_PAD, {"driver": "serial", "port": port}) as one:
        one.execute(LoadSessionKey(_session_key()), _PATIENCE_S)
        for moment in phases(scale.codes, PIN_LOOKS_S):
            one.execute(StartPinEntry(), _PATIENCE_S)
            press(*_PIN)
            for _ in _PIN:
                one.execute(AwaitKey(), _PATIENCE_S)
            waiting = one.submit(AwaitKey(), _PATIENCE_S)
            time.sleep(PIN_LOOKS_S + moment)
            began = time.monotonic()
            press("enter")
            if waiting.result().key is not Key.ENTER:
                raise BenchError("the PIN pad told another key than the one that was pressed")
            one.execute(MakePinBlock(_PAN), _PATIENCE_S)
            found["pin_block"].append(ms(began))
            one.execute(EndPinEntry(), _PATIENCE_S)
    _bare_pin_blocks(found["floor_pin_block"], port, press, scale)


def _bare_pin_blocks(
    found: list[float], port: str, press: Callable[..., None], scale: ReadersScale
) -> None:
    """Time the two frames after ENTER: ask for the last key, and for the PIN block."""
    from drivers.pin_pad.frames import PadCommand, PadFrame, pan_field

    start = PadCommand.START, bytes([6, 6, 0, 30])
    keys = PadCommand.KEYS, len(_PIN).to_bytes(2, "big")
    block = PadCommand.PIN_BLOCK, pan_field(_PAN)
    # The pad answers a repeated frame from memory, so every frame gets its own number.
    frames = (
        PadFrame(n % 256, *what).encode() for n, what in enumerate(cycle((start, keys, block)))
    )
    with bare.BareLine(port) as line:
        first = len(line.ask_once(next(frames)))
        press(*_PIN, "enter")
        lengths = [len(line.ask_once(next(frames))) for _ in range(2)]
        for _ in range(scale.codes):
            line.ask(next(frames), first)
            press(*_PIN)
            began = time.monotonic()
            press("enter")
            for length in lengths:
                line.ask(next(frames), length)
            found.append(ms(began))


def _session_key() -> SessionKey:
    from drivers.emulators.pin_pad import MASTER_KEYS, encrypt

    cipher = Algorithm.SM4
    key = secrets.token_bytes(16)
    return SessionKey(
        cipher,
        "TPK-0001",
        encrypt(cipher, MASTER_KEYS[cipher], key),
        encrypt(cipher, key, bytes(16))[:4],
    )


# -- pictures -------------------------------------------------------------------------------------


def _camera(found: Values, hardware: EmulatedHardware, scale: ReadersScale) -> None:
    source = hardware.addresses[Kind.CAMERA]
    with host(Kind.CAMERA, {"driver": "opencv", "source": source}) as one:
        for _ in range(scale.films):
            began = time.monotonic()
            stream = one.execute(StartStream(), _PATIENCE_S)
            stream.latest()
            found["camera_first_frame"].append(ms(began))
            found["camera_rate"].append(_rate(stream, scale.film_s))
            one.execute(StopStream(), _PATIENCE_S)
    for _ in range(scale.films):
        began = time.monotonic()
        with closing(bare.BareCamera(source)) as camera:
            found["floor_camera_first_frame"].append(ms(began))
            found["floor_camera_rate"].append(camera.rate(scale.film_s))


def _rate(stream: Stream, seconds: float) -> float:
    """Pictures a second for a reader that takes every picture of ``stream``."""
    until, count = Deadline(seconds), 0
    first = last = stream.latest()
    while not until.passed():
        if following := stream.next(last.number, until.remaining()):
            last, count = following, count + 1
    return count / (last.at - first.at) if count else 0.0
