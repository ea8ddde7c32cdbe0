"""The XFS4IoT client: finding services, TLS, versions, and wires that misbehave."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.frames import Frame, Opcode

from drivers import catalogue
from drivers.device import CancelToken, Deadline, DeviceError, Kind, Reason, State
from drivers.emulators.rig import Remote, Rig
from drivers.emulators.xfs4iot import XfsMachine
from drivers.lights.types import FlashRate, Light, SetLight
from drivers.receipt_printer.types import Paragraph, PrintSlip, Slip
from drivers.xfs4iot import client
from drivers.xfs4iot.card_reader import XfsCardReader
from drivers.xfs4iot.client import XfsService, discover
from drivers.xfs4iot.document_printer import XfsDocumentPrinter
from drivers.xfs4iot.driver import XfsDriver
from drivers.xfs4iot.lights import XfsLights
from drivers.xfs4iot.payloads import (
    CameraName,
    GetStatus,
    PrintNative,
    PrintRaw,
    RetractMedia,
    StatusFacts,
    TakePicture,
)
from drivers.xfs4iot.receipt_printer import XfsReceiptPrinter
from tests.contract.xfs4iot_machines import check_frames, host_of
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, quickest, until

SERVICES = (
    *("ReceiptPrinter", "DocumentPrinter", "CardReader", "BarcodeReader", "Camera"),
    *("PinPad", "Lights", "Auxiliaries", "VendorMode"),
)


@pytest.fixture
def machine() -> Iterator[XfsMachine]:
    emulator = XfsMachine()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens, held so that no other process begins to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def opened(driver: XfsDriver) -> XfsDriver:
    try:
        driver.open()
    finally:
        driver.close()
    return driver


# -- finding --------------------------------------------------------------------------------------


def test_where_publishers_listen() -> None:
    assert (80, 443, *range(5846, 5857)) == client.PORTS


def test_services_are_found_on_the_ports_of_a_machine(
    machine: XfsMachine, closed_port: int
) -> None:
    found = discover("127.0.0.1", (closed_port, machine.port))
    assert set(found) == {machine.uri(name) for name in SERVICES}
    assert len(found) == len(SERVICES)
    check_frames(machine)


def test_several_publishers(machine: XfsMachine) -> None:
    other = XfsMachine()
    other.start()
    try:
        found = discover("127.0.0.1", (machine.port, other.port))
        assert len(found) == 2 * len(SERVICES)
    finally:
        other.stop()


def test_a_machine_that_publishes_nothing(closed_port: int) -> None:
    def look() -> None:
        with pytest.raises(DeviceError) as caught:
            discover("127.0.0.1", (closed_port,))
        assert caught.value.reason is Reason.NO_DEVICE
        assert caught.value.mend

    assert quickest(look, 1.0) < 1.0


def test_a_publisher_that_says_nothing(machine: XfsMachine) -> None:
    machine.obey("mute")
    with pytest.raises(DeviceError) as caught:
        discover("127.0.0.1", (machine.port,), seconds=0.3)
    assert caught.value.reason is Reason.OFFLINE


@pytest.mark.parametrize(
    ("driver", "service"),
    [
        (XfsReceiptPrinter, "ReceiptPrinter"),
        (XfsDocumentPrinter, "DocumentPrinter"),  # told apart by what they print
        (XfsCardReader, "CardReader"),
        (XfsLights, "Lights"),
    ],
)
def test_the_right_service_is_taken(
    machine: XfsMachine, driver: type[XfsDriver], service: str
) -> None:
    settings = driver.Settings(ports=(machine.port,))  # type: ignore[attr-defined]  # each driver's
    info = opened(driver(settings)).info
    assert info.address == machine.uri(service)
    assert (info.kind, info.driver) == (driver.KIND, "xfs4iot")
    assert (info.model, info.serial, info.firmware) == (f"Emulated {service}", "EM0001", "1.0.1")


def test_a_service_by_its_name(machine: XfsMachine) -> None:
    settings = XfsLights.Settings(ports=(machine.port,), service="lights")
    assert opened(XfsLights(settings)).info.address == machine.uri("Lights")
    assert "CardReader" not in {service for _, service, _ in machine.look()["frames"]}


@pytest.mark.parametrize("service", ["Camera", "Nothing"])
def test_a_name_that_is_not_of_that_kind(machine: XfsMachine, service: str) -> None:
    with pytest.raises(DeviceError) as caught:
        opened(XfsLights(XfsLights.Settings(ports=(machine.port,), service=service)))
    assert caught.value.reason is Reason.NO_DEVICE


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ws://127.0.0.1:{port}/xfs4iot/v1.0/Nothing", Reason.NO_DEVICE),
        ("ws://127.0.0.1:{port}/somewhere", Reason.NO_DEVICE),
        ("ws://127.0.0.1:1/xfs4iot/v1.0/Lights", Reason.NO_DEVICE),
        ("http://127.0.0.1:{port}/xfs4iot/v1.0/Lights", Reason.UNSUPPORTED),
        ("ws:///xfs4iot", Reason.UNSUPPORTED),
        ("ws://[127.0.0.1/xfs4iot", Reason.UNSUPPORTED),
        ("ws://127.0.0.1:99999/xfs4iot", Reason.UNSUPPORTED),
        ("wss://127.0.0.1:{port}/xfs4iot/v1.0/Lights", Reason.OFFLINE),  # it speaks no TLS
    ],
)
def test_addresses_that_lead_nowhere(machine: XfsMachine, address: str, reason: Reason) -> None:
    settings = XfsLights.Settings(service=address.format(port=machine.port))
    with pytest.raises(DeviceError) as caught:
        opened(XfsLights(settings))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "kind",
    sorted(set(Kind) - {Kind.ID_CARD, Kind.SPEAKER}),
)
def test_every_driver_by_its_name(machine: XfsMachine, kind: Kind) -> None:
    driver = catalogue.create(kind, "xfs4iot", {"ports": [machine.port]})
    try:
        driver.open()
        assert driver.status().state is State.ONLINE
        assert all(check.passed for check in driver.self_test()) or kind == Kind.PIN_PAD
        driver.reset()
    finally:
        driver.close()
    check_frames(machine)


@pytest.mark.parametrize("options", [{"ports": [0]}, {"ports": ["x"]}, {"port": 1}])
def test_settings_that_do_not_fit(options: dict[str, object]) -> None:
    with pytest.raises(DeviceError) as caught:
        catalogue.create(Kind.LIGHTS, "xfs4iot", options)
    assert caught.value.reason is Reason.UNSUPPORTED


# -- TLS ------------------------------------------------------------------------------------------


_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    **dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    ),
)


class MachineAuthority:
    """Makes certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._made(
            self._name, self._key, x509.BasicConstraints(True, 0), _SIGNS_CERTIFICATES
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self._folder = folder

    def context(self, address: str, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "machine")])
        certificate = self._made(subject, key, names, days=days)
        file = self._folder / "machine.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _made(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        days: int = 1,
    ) -> x509.Certificate:
        end = datetime.now(UTC) + timedelta(days=days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=10))
            .not_valid_after(end)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=subject == self._name)
        return builder.sign(self._key, hashes.SHA256())


def test_services_over_tls(tmp_path: Path) -> None:
    authority = MachineAuthority(tmp_path, "ours")
    machine = XfsMachine(tls=authority.context("127.0.0.1"))
    machine.start()
    try:
        options: dict[str, Any] = {"ca": str(authority.file), "tls": True, "ports": (machine.port,)}
        with host_of(machine, XfsLights, "Lights", **options) as host:
            host.execute(SetLight(Light.SCANNER, FlashRate.SLOW), SOON_S)
        found = discover("127.0.0.1", (machine.port,), tls=True, ca=str(authority.file))
        assert set(found) == {machine.uri(name) for name in SERVICES}
        assert all(uri.startswith("wss://") for uri in found)
    finally:
        machine.stop()


@pytest.mark.parametrize(
    ("other", "address", "days"),
    [(True, "127.0.0.1", 1), (False, "127.0.0.2", 1), (False, "127.0.0.1", -1)],
    ids=["another authority", "another machine", "expired"],
)
def test_certificates_that_do_not_hold(
    tmp_path: Path, other: bool, address: str, days: int
) -> None:
    authority = MachineAuthority(tmp_path, "ours")
    theirs = MachineAuthority(tmp_path, "theirs") if other else authority
    machine = XfsMachine(tls=theirs.context(address, days))
    machine.start()
    try:
        for service in ("", machine.uri("Lights")):
            settings = XfsLights.Settings(
                service=service, tls=True, ports=(machine.port,), ca=str(authority.file)
            )
            with pytest.raises(DeviceError) as caught:
                opened(XfsLights(settings))
            assert caught.value.reason is Reason.NOT_AUTHORISED
            assert caught.value.mend
    finally:
        machine.stop()


def test_no_service_without_tls_where_tls_is_wanted(machine: XfsMachine) -> None:
    for service in ("", machine.uri("Lights")):
        settings = XfsLights.Settings(service=service, tls=True, ports=(machine.port,))
        with pytest.raises(DeviceError) as caught:
            opened(XfsLights(settings))
        assert caught.value.reason in (Reason.OFFLINE, Reason.UNSUPPORTED)
    assert machine.look()["frames"] == []


def test_a_file_of_authorities_that_is_not_there(machine: XfsMachine) -> None:
    address = machine.uri("Lights").replace("ws:", "wss:")
    with pytest.raises(DeviceError) as caught:
        XfsService(address, ca="no-such-file.pem")
    assert caught.value.reason is Reason.UNSUPPORTED


# -- a wire that misbehaves -----------------------------------------------------------------------


class RawPeer:
    """Shakes hands as a WebSocket server, and then only does what it is told."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"ws://127.0.0.1:{self._server.getsockname()[1]}/xfs4iot/v1.0/Any"
        self.wire: socket.socket | None = None
        self._thread = threading.Thread(target=self._shake, daemon=True)
        self._thread.start()

    def _shake(self) -> None:
        self.wire, _ = self._server.accept()
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += self.wire.recv(4096)
        lines = dict(line.partition(b": ")[::2] for line in asked.split(b"\r\n"))
        magic = lines[b"Sec-WebSocket-Key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic, usedforsecurity=False).digest())
        self.wire.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def close(self) -> None:
        self._thread.join(SOON_S)
        self._server.close()
        if self.wire is not None:
            self.wire.close()


@pytest.fixture
def peer() -> Iterator[RawPeer]:
    one = RawPeer()
    yield one
    one.close()


def test_a_peer_that_takes_no_more_bytes(peer: RawPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_SEND_S", 0.2)
    service = XfsService(peer.address)
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        service.start(PrintNative(data=bytes(8_000_000)), SOON_S)
    assert (caught.value.reason, caught.value.pages) == (Reason.OFFLINE, None)
    assert time.monotonic() - begun < PROMPT_S
    assert service.closed


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff\xff\xff\xff",  # reserved bits
        b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",  # a frame without end
        b"\x82\x02\x00\xff",  # binary
        b"\x81\x02\xc3\x28",  # text that is no UTF-8
        b"\x88\x02\x03\xe8",  # farewell
    ],
)
def test_frames_that_are_none(peer: RawPeer, frame: bytes) -> None:
    service = XfsService(peer.address)
    until(lambda: peer.wire is not None)
    assert peer.wire is not None
    peer.wire.sendall(frame)
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        service.ask(GetStatus(), SOON_S)
    assert caught.value.reason in (Reason.OFFLINE, Reason.GARBLED)
    assert service.closed
    assert time.monotonic() - begun < PROMPT_S


def test_a_message_in_pieces_with_a_ping_between(peer: RawPeer) -> None:
    service = XfsService(peer.address)
    heard: list[str] = []
    service.hear = lambda message: heard.append(message.header.name)
    text = b'{"header":{"type":"unsolicited","name":"Vendor.SomeEvent","version":"2.0"}}'
    begin, end = text[:20], text[20:]
    until(lambda: peer.wire is not None)
    assert peer.wire is not None
    peer.wire.sendall(
        bytes([0x01, len(begin)]) + begin + b"\x89\x02hi" + bytes([0x80, len(end)]) + end
    )
    begun = Deadline(SOON_S)
    while not heard and not begun.passed():
        service.pump(0.01)
    assert heard == ["Vendor.SomeEvent"]
    pong = peer.wire.recv(64)
    assert (pong[0], pong[1] & 0x7F) == (0x8A, 2)
    service.close()
    assert peer.wire.recv(64)[0] == 0x88  # farewell


def lies_in_the_line(peer: RawPeer, service: XfsService, name: str) -> None:
    """The acknowledge and the completion of the first command arrive while this thread stands
    still."""
    until(lambda: peer.wire is not None)
    assert peer.wire is not None
    assert service._wire is not None
    frames = b""
    for form, facts in (("acknowledge", {}), ("completion", {"completionCode": "success"})):
        header = {"type": form, "name": name, "version": "2.0", "requestId": 1, **facts}
        text = json.dumps({"header": header, "payload": {}}).encode()
        frames += Frame(Opcode.TEXT, text).serialize(mask=False)
    peer.wire.sendall(frames)  # at once, so that what shows the first shows both
    assert select.select([service._wire._socket], [], [], SOON_S)[0]


def test_an_answer_that_lies_in_the_line_is_in_time(peer: RawPeer) -> None:
    service = XfsService(peer.address)
    lies_in_the_line(peer, service, "Common.Status")
    assert isinstance(service.ask(GetStatus(), 0.0), StatusFacts)
    service.close()


@pytest.mark.parametrize("late", ["the acknowledge", "the deadline", "a cancel", "the line"])
def test_a_print_whose_end_lies_in_the_line_is_out(
    peer: RawPeer, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    deadline, cancel = Deadline(SOON_S), CancelToken()
    match late:
        case "the acknowledge":
            monkeypatch.setattr(client, "ACKNOWLEDGE_S", 0.0)
        case "the deadline":
            deadline = Deadline(0.0)
            monkeypatch.setattr(client, "GRACE_S", 0.0)
            monkeypatch.setattr(client, "CANCEL_S", 0.0)
        case "a cancel":
            cancel.cancel()
    service = XfsService(peer.address)
    lies_in_the_line(peer, service, "Printer.PrintRaw")
    if late == "the line":
        assert peer.wire is not None
        peer.wire.shutdown(socket.SHUT_WR)
    service.call(PrintRaw(data=b"x"), deadline, cancel)
    assert next(service._numbers) == 2, "nothing was cancelled"
    if late == "the line":
        with pytest.raises(DeviceError, match="hung up"):
            service.pump()
    service.close()


@pytest.mark.parametrize("ending", ["awaited", "cancelled"])
def test_the_end_of_a_started_command_lies_in_the_line(
    peer: RawPeer, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(client, "CANCEL_S", 0.0)
    service = XfsService(peer.address)
    retract = RetractMedia(media_control="unit1")
    running = service.start(retract, SOON_S)
    lies_in_the_line(peer, service, "Printer.RetractMedia")
    if ending == "awaited":
        service.await_end(retract, running, Deadline(0.0), CancelToken())
    else:
        service.cancel(running)
    assert service.result(retract, running)
    assert not service.closed
    service.close()


def test_a_large_document_over_tls(tmp_path: Path) -> None:
    authority = MachineAuthority(tmp_path, "ours")
    machine = XfsMachine(tls=authority.context("127.0.0.1"))
    machine.start()
    try:
        service = XfsService(machine.uri("DocumentPrinter"), ca=str(authority.file))
        document = PrintNative(data=b"%PDF" + bytes(3_000_000))
        service.negotiate()
        service.call(document, Deadline(SOON_S), CancelToken())
        service.close()
        assert machine.look()["documents"] == [document.data]
    finally:
        machine.stop()


def test_a_port_that_is_no_web_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        with pytest.raises(DeviceError) as caught:
            XfsService(f"ws://127.0.0.1:{server.getsockname()[1]}/x", seconds=0.3)
        assert caught.value.reason is Reason.OFFLINE
        assert time.monotonic() - begun < PROMPT_S


# -- commands -------------------------------------------------------------------------------------


def test_requests_are_numbered_from_one_and_have_a_time(machine: XfsMachine) -> None:
    service = XfsService(machine.uri("ReceiptPrinter"))
    for _ in range(3):
        service.ask(GetStatus(), 0.9)
    with suppress(DeviceError):  # its time is over, or the machine was quick
        service.call(PrintRaw(data=b"x"), Deadline(0.0), CancelToken())
    service.close()
    frames = [
        json.loads(text)["header"] for way, _, text in machine.look()["frames"] if way == "in"
    ]
    assert [header["requestId"] for header in frames[:4]] == [1, 2, 3, 4]
    assert all(1 <= header["timeout"] <= 900 for header in frames[:4])  # 0 would be for ever


def test_late_answers_are_nobodys(machine: XfsMachine) -> None:
    service = XfsService(machine.uri("Camera"))
    try:
        machine.obey("slow", seconds=0.2, once=True)
        first = service.start(TakePicture(camera=CameraName.PERSON), SOON_S)
        photo = service.call(
            TakePicture(camera=CameraName.PERSON),
            Deadline(SOON_S),
            CancelToken(),
        )
        assert photo.picture_file
        assert first.end is not None
    finally:
        service.close()


def test_a_connection_can_be_closed_twice_and_then_is_offline(machine: XfsMachine) -> None:
    service = XfsService(machine.uri("Lights"))
    service.close()
    service.close()
    with pytest.raises(DeviceError) as caught:
        service.ask(GetStatus(), 1.0)
    assert caught.value.reason is Reason.OFFLINE


def test_nothing_that_is_sent_stands_in_a_log(
    machine: XfsMachine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with host_of(machine, XfsReceiptPrinter, "ReceiptPrinter") as host:
        host.execute(PrintSlip("a", Slip((Paragraph("SECRET"),))), SOON_S)
    assert base64.b64encode(b"SECRET").decode()[:7] not in caplog.text
    assert "PrintRaw" not in caplog.text


def test_a_round_trip_is_quick(machine: XfsMachine) -> None:
    service = XfsService(machine.uri("Lights"))
    try:
        assert quickest(lambda: service.ask(GetStatus(), SOON_S), 0.02, tries=50) < 0.02
    finally:
        service.close()


def test_the_machine_in_a_rig(tmp_path: Path) -> None:
    machine = XfsMachine()
    rig = Rig({"machine": machine}, tmp_path / "rig")
    rig.start()
    remote = Remote(tmp_path / "rig")
    try:
        with host_of(machine, XfsReceiptPrinter, "ReceiptPrinter") as host:
            host.execute(PrintSlip("a", Slip((Paragraph("凭条"),))), SOON_S)
            seen = remote.look("machine")
            assert len(seen["slips"]) == 1
            assert isinstance(seen["slips"][0], bytes)
            remote.tell("machine", "paper out")
            for order in ("dance", "slow"):
                with pytest.raises(ValueError, match=r"machine knows|takes"):
                    remote.tell("machine", order)
    finally:
        remote.close()
        rig.stop()
