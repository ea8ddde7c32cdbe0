"""Targets for the parsers of device data; each imports its parser late, to be instrumented."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any
from unittest import mock

from msgspec import Struct

from fuzz.inputs import words_of
from fuzz.target import Target, pieces

# -- ID card reader -------------------------------------------------------------------------------


def _records() -> list[bytes]:
    from drivers.id_card.record import encode_record
    from drivers.id_card.types import CardKind, IdCard

    told: dict[str, Any] = {
        "name": "张三",
        "name_latin": "",
        "number": "990101199003071018",
        "sex": "1",
        "nation": "01",
        "birth": date(1990, 3, 7),
        "address": "某市某区某路一号",
        "issuer": "某市公安局",
        "valid_from": date(2020, 1, 1),
        "valid_to": "20400101",
        "photo": bytes(1024),
    }
    blank = {"nation": "", "address": "", "issuer": ""}
    cards = [
        told | {"kind": CardKind.RESIDENT},
        told | {"kind": CardKind.RESIDENT, "valid_to": None},
        told | {"kind": CardKind.HMT_RESIDENT, "nation": "", "pass_number": "H12345678"},
        told | blank | {"kind": CardKind.FOREIGNER_2023, "name_latin": "DOE, JANE"},
        told
        | blank
        | {
            "kind": CardKind.FOREIGNER_2017,
            "number": "CHN990190030718",
            "name_latin": "DOE, JANE",
            "issuer": "1500",
        },
    ]
    return [encode_record(IdCard(**card)) for card in cards]


def sdt() -> Target:
    """Frames of the ID card reader's SAM, and the contents of its answers."""
    from drivers.device import DeviceError
    from drivers.id_card.record import decode_record
    from drivers.id_card.sdt_frames import (
        SamCommand,
        SdtDecoder,
        SdtStatus,
        decode_answer,
        encode_answer,
        encode_frame,
        sam_number,
        split_sections,
    )

    commands = tuple(SamCommand)

    def payload(data: bytes, command: SamCommand) -> None:
        with suppress(DeviceError):
            answer = decode_answer(command, data)
            if command is SamCommand.READ and answer.status is SdtStatus.OK:
                decode_record(split_sections(answer.data, 2)[0])
            if command is SamCommand.SAM_NUMBER and answer.status is SdtStatus.OK:
                sam_number(answer.data)

    def read(data: bytes) -> None:
        chosen = data[0] >> 2 if data else 0
        command = commands[chosen % len(commands)]
        payload(data[1:], command)
        # Half of the inputs are read as commands, as the emulator's end of the wire reads them.
        decoder = SdtDecoder.for_commands() if chosen & 0x20 else SdtDecoder()
        for piece in pieces(data):
            decoder.feed(piece)
            while True:
                try:
                    found = decoder.take()
                except DeviceError:
                    continue
                if found is None:
                    break
                payload(found, command)
            assert decoder.missing >= 1

    record = _records()[0]
    answers = [
        (SdtStatus.OK, struct.pack(">HH", len(record), 1024) + record + bytes(1024)),
        (SdtStatus.OK, struct.pack("<HHIII", 5, 3, 20230101, 1234567, 987654)),
        (SdtStatus.CARD_FOUND, bytes(4)),
        (SdtStatus.NO_CARD, b""),
    ]
    asked = (SamCommand.READ, SamCommand.SAM_NUMBER, SamCommand.FIND, SamCommand.FIND)
    heads = [commands.index(command) << 2 | 3 for command in asked]
    said = [bytes([0, 0, status]) + data for status, data in answers]
    return Target(
        read,
        [
            *(
                bytes([head]) + encode_answer(*answer)
                for head, answer in zip(heads, answers, strict=True)
            ),
            *(bytes([head]) + one for head, one in zip(heads, said, strict=True)),
            *(b"\x83" + encode_frame(command.value) for command in commands),
        ],
        longest=2048,
    )


def record() -> Target:
    """The text record of an ID card's chip."""
    from drivers.device import DeviceError
    from drivers.id_card.record import RECORD_BYTES, decode_record

    def read(data: bytes) -> None:
        for one in (data, data[:RECORD_BYTES].ljust(RECORD_BYTES, b" ")):
            with suppress(DeviceError):
                decode_record(one)

    return Target(read, _records())


# -- chip cards -----------------------------------------------------------------------------------


def tlv() -> Target:
    """BER-TLV and data object lists."""
    from drivers.device import DeviceError
    from drivers.smart_card.tlv import encode, pick, read_dol, walk

    def read(data: bytes) -> None:
        with suppress(DeviceError):
            for _ in walk(data):
                pass
        with suppress(DeviceError):
            pick(data, 0x5A, 0x5F24, 0x9F38)
        with suppress(DeviceError):
            read_dol(data)

    inner = encode(0x5A, bytes.fromhex("6212260000000000000F")) + encode(0x5F24, b"\x35\x12\x31")
    dol = bytes.fromhex("9F66049F02069F1A029F3602")
    return Target(read, [encode(0x70, inner), encode(0x6F, encode(0xA5, encode(0x9F38, dol))), dol])


def chip_card() -> Target:
    """Bank and social security cards that give any answer to any command (APDUs)."""
    from drivers.device import DeviceError
    from drivers.emulators.smart_cards.cards import make_card
    from drivers.smart_card.apdu import Card
    from drivers.smart_card.emv import read_bank_card
    from drivers.smart_card.ssc import read_social_security_card

    readers = (read_bank_card, read_social_security_card)

    def answers(data: bytes) -> Iterator[bytes]:
        at = 0
        while at + 2 <= len(data):
            length = int.from_bytes(data[at : at + 2], "big") % 512
            yield data[at + 2 : at + 2 + length]
            at += 2 + length

    def read(data: bytes) -> None:
        chosen = data[0] if data else 0
        given = answers(data[1:])
        with suppress(DeviceError):
            readers[chosen & 1](Card(lambda apdu: next(given, b"\x6a\x82"), t0=bool(chosen & 2)))

    def recorded(chosen: int, **facts: Any) -> bytes:
        card = make_card(facts)
        tape = bytearray([chosen])

        def transmit(apdu: bytes) -> bytes:
            answer = card.answer(apdu) or b""
            tape.extend(struct.pack(">H", len(answer)) + answer)
            return answer

        with suppress(DeviceError):
            readers[chosen & 1](Card(transmit, t0=bool(chosen & 2)))
        return bytes(tape)

    person = {"number": "990101199003071018", "name": "张三"}
    return Target(
        read,
        [
            *(recorded(t0, kind="bank", number="6212260000000000000") for t0 in (0, 2)),
            recorded(0, kind="bank", number="6212260000000000000", options="format 2"),
            *(recorded(t0, kind="social-security", **person) for t0 in (1, 3)),
        ],
    )


# -- printers -------------------------------------------------------------------------------------


def escpos() -> Target:
    """Status replies of a receipt printer."""
    from drivers.device import DeviceError
    from drivers.receipt_printer.status import (
        LONGEST_BLOCK,
        Replies,
        parse_asb,
        parse_paper,
        parse_real_time,
    )

    def read(data: bytes) -> None:
        replies = Replies()
        for piece in pieces(data):
            with suppress(DeviceError):
                replies.feed(piece)
        for byte in data[:1]:
            for n in (1, 2, 3, 4):
                with suppress(DeviceError):
                    parse_real_time(n, byte)
            with suppress(DeviceError):
                parse_paper(byte)
        with suppress(DeviceError):
            parse_asb(data[:4])

    answers = (b"\x12\x12\x12\x12", b"\x14\0\0\0", b"\x37\x220001\0", b"\x5fRP-80\0", b"\x37\x25\0")
    return Target(
        read,
        [b"\x03" + answer for answer in (*answers, b"\x0f\x11\x13\x1c")],
        longest=2 * LONGEST_BLOCK + 1,
    )


def _ipp_answers() -> list[bytes]:
    from drivers.document_printer.codec import Group, IppMessage, Tag, attribute, encode

    operation = Group(
        Tag.OPERATION_GROUP,
        (
            attribute("attributes-charset", Tag.CHARSET, "utf-8"),
            attribute("status-message", Tag.TEXT_WITH_LANGUAGE, "ok"),
        ),
    )
    printer = Group(
        Tag.PRINTER_GROUP,
        (
            attribute("printer-state", Tag.ENUM, 3),
            attribute("printer-state-reasons", Tag.KEYWORD, "media-empty-error", "none"),
            attribute("printer-state-message", Tag.TEXT, "缺纸"),
            attribute("printer-is-accepting-jobs", Tag.BOOLEAN, True),
            attribute(
                "media-col", Tag.BEGIN_COLLECTION, b"\x4a\0\0\0\x01x\x21\0\0\0\x04\0\0\0\x01"
            ),
            attribute("pages-per-minute", Tag.UNKNOWN, None),
        ),
    )
    job = Group(
        Tag.JOB_GROUP,
        (attribute("job-id", Tag.INTEGER, 7), attribute("job-state", Tag.ENUM, 9)),
    )
    return [encode(IppMessage(0, 1, (operation, *more))) for more in ((), (printer,), (job, job))]


def ipp() -> Target:
    """IPP messages, and the printer's state that is read from them."""
    from drivers.device import DeviceError
    from drivers.document_printer.codec import Tag, decode
    from drivers.document_printer.states import read_status

    def read(data: bytes) -> None:
        with suppress(DeviceError):
            message = decode(data)
            for group in message.groups:
                read_status(group, ignored=("none",))
                for one in group.attributes:
                    group.number(one.name)
                    group.flag(one.name)
                    group.texts(one.name)
            for tag in Tag:
                message.all(tag)

    return Target(read, _ipp_answers())


def ipp_over_http() -> Target:
    """The HTTP answer around an IPP message."""
    from drivers.device import Deadline, DeviceError
    from drivers.document_printer.codec import decode
    from drivers.document_printer.transport import _exchange

    def read(data: bytes) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, suppress(DeviceError):
            theirs.send(data)
            theirs.shutdown(socket.SHUT_WR)
            decode(_exchange(ours, b"", b"", Deadline(5.0)))

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"
    body = _ipp_answers()[1]
    return Target(
        read,
        [
            head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            head
            + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
            + body
            + b"\r\n0\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"\r\n" + body,
            b"HTTP/1.0 503 Busy\r\n\r\n",
        ],
    )


# -- a bank's machine -----------------------------------------------------------------------------


def xfs4iot() -> Target:
    """XFS4IoT messages, each read as every kind of payload."""
    from drivers.device import DeviceError
    from drivers.xfs4iot import payloads
    from drivers.xfs4iot.failures import FailedError, status_of
    from drivers.xfs4iot.messages import (
        Command,
        Completion,
        CompletionCode,
        Header,
        MessageType,
        Payload,
        choose,
        decode,
        encode,
    )

    kinds = [
        kind
        for kind in vars(payloads).values()
        if isinstance(kind, type) and issubclass(kind, Payload) and not issubclass(kind, Command)
    ]

    def read(data: bytes) -> None:
        with suppress(DeviceError):
            message = decode(data)
            choose([message.header.version or ""], (1, 2, 3))
            for kind in kinds:
                with suppress(DeviceError):
                    told = message.read(kind)
                    if isinstance(told, payloads.StatusFacts) and told.common:
                        status_of(told.common.device)
            str(FailedError("x", message.code, message.read(Completion).error_code))

    structs: list[type[Struct]] = [Header, *kinds]
    fields = {field for struct in structs for field in struct.__struct_encode_fields__}
    values = (*MessageType, *CompletionCode, *payloads.DeviceState)
    words = [f'"{word}"'.encode() for word in (*fields, *values)]

    def answer(**payload: Any) -> bytes:
        header = Header(
            type=MessageType.COMPLETION, name="Common.Status", version="3.0", request_id=7
        )
        return encode(header, payload).encode()

    seeds = [
        answer(
            common={"device": "online"},
            printer={"media": "present", "paper": {"upper": "low"}, "toner": "full"},
            cardReader={"media": "entering"},
        ),
        answer(
            auxiliaries={"cabinetDoor": "open", "UPS": {"low": True}, "volume": 500},
            vendorMode={"device": "online", "service": "inactive"},
        ),
        answer(
            interfaces=[{"name": "Common", "commands": {"Common.Status": {"versions": ["2.0"]}}}]
        ),
        answer(errorCode="paperOut", completionCode="commandErrorCode"),
        answer(chip=[{"data": "O2UA"}], chipData="kAA="),
        answer(readOutput=[{"symbology": "qrCode", "barcodeData": "eA=="}], pictureFile="/9j/"),
        answer(services=[{"serviceURI": "ws://127.0.0.1:80/xfs4iot/v1.0/Lights"}]),
    ]
    return Target(read, seeds, words=words_of([*seeds, *words]))


# -- small devices on a line ----------------------------------------------------------------------


def mjpeg() -> Target:
    """Pictures in the stream of a network camera; the first byte tells where the stream is cut."""
    from drivers.camera.mjpeg import JpegSplitter

    def read(data: bytes) -> None:
        splitter, cut, stream = JpegSplitter(), *((data[0], data[1:]) if data else (0, b""))
        whole = [*splitter.feed(stream[:cut]), *splitter.feed(stream[cut:])]
        assert whole == JpegSplitter().feed(stream)
        for picture in whole:
            assert picture.startswith(b"\xff\xd8\xff")
            assert picture.endswith(b"\xff\xd9")
            assert picture in stream

    table, scan = b"\xff\xdb\x00\x04ab", b"\xff\xda\x00\x03x"
    picture = b"\xff\xd8" + table + scan + b"data\xff\x00\xff\xd0more\xff\xd9"
    part = b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"
    return Target(
        read,
        [
            b"\x09" + part + picture + part + picture,
            b"\x20" + picture[:-2] + part + picture,
            b"\x00" + picture[:7] + picture,
        ],
        words=[b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"\xff\x00", b"\xff\xff", table, scan],
    )


def code_scanner() -> Target:
    """Codes and answers of a serial code scanner."""
    from drivers.code_scanner.framing import LONGEST, CodeFramer, Scanned, decode_code
    from drivers.device import DeviceError

    def read(data: bytes) -> None:
        framer = CodeFramer()
        items = [item for piece in pieces(data) for item in framer.feed(piece)]
        for item in (*items, *framer.pause()):
            if isinstance(item, Scanned):
                with suppress(DeviceError):
                    decode_code(item.data)

    answer = b"\x02\x010000#SCNTRG1\x06;\x03"
    codes = ("https://example.cn/?q=1", "住房公积金")
    return Target(
        read,
        [
            *(b"\x03" + code.encode(name) + b"\r\n" for code in codes for name in ("utf-8", "gbk")),
            b"\x03" + answer + b"123\r",
        ],
        longest=LONGEST + 64,
    )


def pin_pad() -> Target:
    """Frames of a PIN pad, and their contents."""
    from drivers.device import DeviceError
    from drivers.pin_pad.frames import (
        LONGEST,
        Flag,
        KeyEntry,
        Keys,
        PadCommand,
        PadDecoder,
        PadFrame,
        PadResult,
        PadStatus,
        encode_answer,
        encode_keys,
        encode_pin_block,
        encode_session_key,
        encode_status,
        parse_identity,
        parse_keys,
        parse_pin_block,
        parse_session_key,
        parse_status,
        result_of,
    )
    from drivers.pin_pad.types import Algorithm, Key, KeyPress, PinBlock, SessionKey

    parsers = (parse_identity, parse_status, parse_keys, parse_pin_block, parse_session_key)

    def parse(data: bytes) -> None:
        for one in parsers:
            with suppress(DeviceError):
                one(data)

    def read(data: bytes) -> None:
        parse(data)
        decoder = PadDecoder()
        for piece in pieces(data):
            decoder.feed(piece)
            while frame := decoder.take():
                with suppress(DeviceError):
                    parse(result_of(frame)[1])

    keys = Keys(KeyEntry.ENTERING, 2, (KeyPress(Key.DIGIT, 1), KeyPress(Key.ENTER, 1)))
    bodies = [
        b"DEMO-PP;00000001;1.0",
        encode_status(PadStatus(Flag.ENTERING, Algorithm.SM4, "K1")),
        encode_keys(keys),
        encode_pin_block(PinBlock(Algorithm.TDEA, "K1", bytes(8))),
        encode_session_key(SessionKey(Algorithm.SM4, "K1", bytes(16), bytes(4))),
    ]
    frames = [
        encode_answer(PadFrame(7, PadCommand.STATUS), PadResult.OK, body).encode()
        for body in bodies
    ]
    return Target(read, [*bodies, *(b"\x03" + frame for frame in frames)], longest=2 * LONGEST)


class _SaidPort:
    """A serial port whose answers are all there before the driver asks."""

    in_waiting = 0

    def __init__(self) -> None:
        self.says: list[Iterator[bytes]] = []
        self._coming: Iterator[bytes] = iter(())

    def write(self, data: bytes) -> int:
        self._coming = self.says.pop(0) if self.says else iter(())
        return len(data)

    def come(self, size: int | None) -> bytes:
        """Stands for the library's ``recv``: the next piece, or b"" where the device is silent."""
        return next(self._coming, b"")

    def close(self) -> None:
        pass


def modbus() -> Target:
    """Answers of the I/O board, read through pymodbus, and the contents of its registers."""
    from pymodbus.framer import FramerRTU

    from drivers.device import DeviceError
    from drivers.io_board import bus as line
    from drivers.io_board.registers import (
        IDENTITY_COUNT,
        SENSORS_COUNT,
        parse_identity,
        parse_light,
        parse_sensors,
    )

    port = _SaidPort()
    with mock.patch.object(line, "open_port", return_value=port):
        bus = line.Bus(line.BusSettings("fuzz"))
    assert bus._client is not None
    # pymodbus' own recv waits by the clock, a thousand times as long as it takes to read.
    bus._client.recv = port.come  # type: ignore[method-assign]  # the line is played

    asked = (
        lambda: parse_identity(bus.read_inputs(0, IDENTITY_COUNT)),
        lambda: parse_sensors(bus.read_inputs(16, SENSORS_COUNT), 31),
        lambda: [parse_light(one) for one in bus.read_holdings(0, 4)],
        lambda: bus.write(0, [1, 2]),
    )

    def read(data: bytes) -> None:
        registers = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
        with suppress(DeviceError):
            parse_identity(registers[:IDENTITY_COUNT])
        with suppress(DeviceError):
            parse_sensors(registers[:SENSORS_COUNT], data[0] if data else 0)
        for register in registers[:4]:
            parse_light(register)
        chosen = data[0] if data else 0
        if chosen & 0x40:  # append the right checksum
            data += FramerRTU.compute_CRC(data[1:]).to_bytes(2, "big")
        # Bits 0 and 1 choose the pieces, 2 and 3 the question, 4 whether the answer comes twice.
        port.says = [pieces(data), pieces(data)][: 1 + (chosen >> 4 & 1)]
        with suppress(DeviceError):
            asked[chosen >> 2 & 3]()

    def answer(function: int, *registers: int) -> bytes:
        body = struct.pack(f">BB{len(registers)}H", function, 2 * len(registers), *registers)
        question = {4: 0 if len(registers) == 7 else 1, 3: 2}[function]
        return bytes([0x43 | question << 2, 1]) + body

    return Target(
        read,
        [
            answer(4, 0x0100, 1, 0x0102, 309, 6721, 0x0FFF, 31),
            answer(4, 3, 2, 1, 0, 80, 50),
            answer(3, 0x0204, 0, 0, 0x0101),
            bytes([0x4F, 1, 16, 0, 0, 0, 2]),
            bytes([0x43, 1, 0x84, 2]),
        ],
        longest=80,  # answers have 21 bytes at most; pymodbus looks for a frame at every byte
    )
