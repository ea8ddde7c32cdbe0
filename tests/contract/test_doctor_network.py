"""The doctor on the way to the centre: servers whose certificates, clocks or answers are bad."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Never

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.centre.enrolment import KeyPlace
from kiosk.doctor import network, revocations
from kiosk.doctor.causes import causes, linked
from kiosk.doctor.findings import Finding, Probe, Verdict, run_guarded
from kiosk.settings import CentreSettings, EnrolledSettings, Settings
from kiosk.workshop.sandbox import server
from tests.centre_server import Answer, CentreServer, reply
from tests.ui.samples import CATALOGUE
from tests.unit.test_sealed import KEY_USAGES, a_list, make_root
from tests.unit.test_sealed import NOW as SEALED_AT

NOW = datetime.now(UTC)
STEPS = ["DNS", "TCP", "TLS", "the centre's certificate", "clock", "centre", "latency"]


CertificateFiles = tuple[Path, Path]
"""A certificate and its key."""


WORDS = {"zh": "", "en": ""}
NO = {"code": "not-found", "reason": WORDS, "next_step": WORDS, "reference": "A-1"}


class CertificateAuthority:
    """Issues certificates of any age for anybody. ``strict``: with the key identifiers that RFC
    5280 4.2.1 demands."""

    def __init__(self, folder: Path, name: str, *, strict: bool = True) -> None:
        self.folder, self.name, self.strict = folder, name, strict
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        self.certificate = self._made(name, self.key, (-400, 4000), ca=True)
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _made(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        days: tuple[int, int],
        *,
        ca: bool = False,
        host: str | None = None,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        start, end = (NOW + timedelta(days=day) for day in days)
        builder = (
            x509.CertificateBuilder(issuer, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if ca:
            usage = {name: name in ("key_cert_sign", "crl_sign") for name in KEY_USAGES}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        if self.strict:
            ours, theirs = self.key.public_key(), key.public_key()
            builder = builder.add_extension(
                x509.SubjectKeyIdentifier.from_public_key(theirs), critical=False
            ).add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False
            )
        if host:
            names: list[x509.GeneralName] = (
                [x509.DNSName(host)]
                if host.isalpha()
                else [x509.IPAddress(ipaddress.ip_address(host))]
            )
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(
        self, name: str, *, days: tuple[int, int] = (-10, 365), host: str = "127.0.0.1"
    ) -> CertificateFiles:
        """A file with a certificate, and one with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._made(name, key, days, host=host)
        files = self.folder / f"{name}-cert.pem", self.folder / f"{name}-key.pem"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


class PeerServer(ThreadingHTTPServer):
    """Answers everything with ``status``, by a clock that is ``ahead`` seconds."""

    daemon_threads = True

    def __init__(self, ahead: float, status: int, tells_time: bool) -> None:
        super().__init__(("127.0.0.1", 0), PeerHandler)
        self.ahead, self.status, self.tells_time = ahead, status, tells_time

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that does not trust this server hangs up."""


class PeerHandler(BaseHTTPRequestHandler):
    server: PeerServer

    def do_HEAD(self) -> None:
        self.send_response_only(self.server.status)
        at = datetime.now(UTC) + timedelta(seconds=self.server.ahead)
        if self.server.tells_time:
            self.send_header("Date", format_datetime(at, usegmt=True))
        if self.server.status == 302:
            self.send_header("Location", "https://login.wifi.example/portal")
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def centre(
    files: CertificateFiles | None = None,
    *,
    client_ca: Path | None = None,
    ahead: float = 0.0,
    status: int = 404,
    tells_time: bool = True,
) -> Iterator[str]:
    """A server, over TLS when it has a certificate; its clock is ``ahead`` seconds."""
    server = PeerServer(ahead, status, tells_time)
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"{'https' if files else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"), "Root of the Centre")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("stranger"), "Somebody")


def way(url: str, authority: CertificateAuthority, **files: Any) -> dict[str, Finding]:
    """Every step of the way by its name, and whether the report would be whole."""
    loaded = Settings(
        terminal="T0001",
        centre=CentreSettings(
            url=url, seal_roots=authority.file, ca=authority.file, connect_s=3, read_s=5, **files
        ),
    )
    found = linked(list(network.way(loaded)), loaded)
    names = [finding.name for finding in found]
    assert [name for name in names if name in STEPS and names.count(name) == 1] == [
        name for name in names if name in STEPS
    ]
    assert set(STEPS) <= set(names)  # each has its line, whatever the others are
    poor = [finding for finding in found if finding.poor]
    assert not poor or causes(found)  # there is always a first cause
    return {finding.name: finding for finding in found}


def at(url: str, authority: CertificateAuthority, **more: Any) -> Settings:
    return Settings(
        terminal="T0001", centre=CentreSettings(url=url, seal_roots=authority.file, **more)
    )


def first_cause(found: dict[str, Finding]) -> Finding:
    return causes(tuple(found.values()))[0].findings[0]


def test_what_is_well(authority: CertificateAuthority) -> None:
    with centre(authority.issue("good")) as url:
        found = way(url, authority)
    good = ["DNS", "TCP", "TLS", "the centre's certificate", "clock"]
    assert [name for name in STEPS if found[name].verdict is Verdict.GOOD] == good
    assert "TLSv1.3" in found["TLS"].seen
    assert "364 days" in found["the centre's certificate"].seen


def test_a_certificate_that_ends_soon_is_noted(authority: CertificateAuthority) -> None:
    with centre(authority.issue("soon", days=(-300, 20))) as url:
        finding = way(url, authority)["the centre's certificate"]
    assert (finding.verdict, finding.mend) == (
        Verdict.NOTE,
        "have the centre renew its certificate",
    )


def test_an_expired_certificate(authority: CertificateAuthority) -> None:
    with centre(authority.issue("expired", days=(-300, -3))) as url:
        found = way(url, authority)
    assert "expired" in found["TLS"].seen
    ended = NOW - timedelta(days=3)
    assert f"ended {ended:%Y-%m-%d}" in found["the centre's certificate"].seen
    assert found["clock"].verdict is Verdict.GOOD  # so it is not our clock
    assert first_cause(found).name == "the centre's certificate"
    assert first_cause(found).mend == "have the centre renew its certificate"
    assert (found["centre"].seen, found["centre"].because) == ("not tried", "TLS")


def test_a_certificate_that_only_seems_expired_to_a_wrong_clock(
    authority: CertificateAuthority,
) -> None:
    """The server says another time, at which its certificate is good."""
    with centre(authority.issue("later", days=(5, 300)), ahead=6 * 86400) as url:
        found = way(url, authority)
    assert first_cause(found).name == "clock"
    assert first_cause(found).mend == "timedatectl set-ntp true"
    assert found["TLS"].because == "clock"


@pytest.mark.parametrize(
    ("host", "seen", "mend"),
    [("another", "127.0.0.1 is not what it is for: another", "correct url")],
)
def test_a_certificate_of_another_host(
    authority: CertificateAuthority, host: str, seen: str, mend: str
) -> None:
    with centre(authority.issue("other", host=host)) as url:
        found = way(url, authority)
    assert seen in found["TLS"].seen
    assert mend in found["TLS"].mend


def test_a_certificate_of_a_stranger(
    authority: CertificateAuthority, stranger: CertificateAuthority
) -> None:
    with centre(stranger.issue("fake")) as url:
        found = way(url, authority)
    assert "issued by CN=Somebody" in found["TLS"].seen
    assert "ca of [centre]" in found["TLS"].mend


def test_a_certificate_without_its_key_identifiers(tmp_path: Path) -> None:
    """Refused on every Python, and told what it lacks."""
    loose = CertificateAuthority(tmp_path, "Loose", strict=False)
    with centre(loose.issue("leaf")) as url:
        found = way(url, loose)
    assert "Missing Authority Key Identifier" in found["TLS"].seen
    assert "RFC 5280" in found["TLS"].mend


@pytest.mark.parametrize("has_one", [True, False])
def test_a_centre_that_wants_another_certificate_of_ours(
    authority: CertificateAuthority, stranger: CertificateAuthority, has_one: bool
) -> None:
    files = {}
    if has_one:
        files = dict(zip(("certificate", "key"), stranger.issue("terminal"), strict=True))
    with centre(authority.issue("strict"), client_ca=authority.file) as url:
        found = way(url, authority, **files)
    assert found["TLS"].verdict is Verdict.BAD
    assert "whether it is registered" in found["TLS"].mend


def test_a_key_that_does_not_fit_its_certificate(authority: CertificateAuthority) -> None:
    certificate, _ = authority.issue("one")
    _, key = authority.issue("two")
    with centre(authority.issue("any")) as url:
        found = way(url, authority, certificate=certificate, key=key)
    assert "cannot be used" in found["TLS"].seen
    assert "must match" in found["TLS"].mend


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0, Verdict.GOOD), (90, Verdict.BAD), (-3600, Verdict.BAD)]
)
def test_the_clock(authority: CertificateAuthority, ahead: float, verdict: Verdict) -> None:
    with centre(ahead=ahead) as url:
        finding = way(url, authority)["clock"]
    assert finding.verdict is verdict
    assert finding.mend == ("" if verdict is Verdict.GOOD else "timedatectl set-ntp true")


def test_a_centre_without_a_clock(authority: CertificateAuthority) -> None:
    with centre(tells_time=False) as url:
        assert way(url, authority)["clock"].verdict is Verdict.UNKNOWN


def test_the_login_page_of_somebody_elses_network(authority: CertificateAuthority) -> None:
    with centre(status=302) as url:
        found = way(url, authority)
    assert "login.wifi.example" in found["redirect"].seen


@pytest.mark.parametrize("slow", [0.0, 0.4])
def test_a_slow_centre_is_named_and_not_asked_for_ever(
    authority: CertificateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: float
) -> None:
    monkeypatch.setattr(network, "ROUNDS_S", 0.1 if slow else 60.0)
    monkeypatch.setattr(network, "LATENCY_MS", 300.0 if slow else 60_000.0)
    with server.serving(tmp_path, delay=(slow, slow)) as url:
        found = way(url, authority)
    assert found["centre"].verdict is Verdict.GOOD
    assert found["latency"].verdict is (Verdict.NOTE if slow else Verdict.GOOD)
    assert found["latency"].seen.endswith("of 1" if slow else "of 5")


def test_a_step_that_goes_wrong_leaves_no_line_out(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upset(settings: Settings) -> Never:
        raise OverflowError("no such number")

    monkeypatch.setattr(network, "_centre", upset)
    with centre() as url:
        loaded = at(url, authority)
        probe = Probe(network.NETWORK, "way", network.way, 30.0)
        found = {one.name: one for one in run_guarded([probe], loaded)}
    assert set(STEPS) <= set(found)
    assert (found["latency"].seen, found["latency"].because) == ("not tried", "way")
    assert "OverflowError" in found["way"].seen


def test_every_address_of_the_centre_is_tried(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first and the last of three are dead."""
    dead = "127.0.0.201", "127.0.0.202"
    monkeypatch.setattr(network, "resolve", lambda *asked: [dead[0], "127.0.0.1", dead[1]])
    with centre() as url:
        tcp = way(url, authority)["TCP"]
    assert tcp.verdict is Verdict.NOTE
    assert tcp.seen.startswith("127.0.0.1 port ")
    for address in dead:
        assert f"{address}: Connection refused" in tcp.seen


def test_of_a_chain_that_holds_the_rest_is_only_noted(
    authority: CertificateAuthority, stranger: CertificateAuthority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("leaf")
    old, _ = stranger.issue("left over", days=(-300, -3))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(certificate.read_bytes() + old.read_bytes())
    with centre((chain, key)) as url:
        found = way(url, authority)
    assert found["TLS"].verdict is Verdict.GOOD
    assert found["the centre's certificate"].verdict is Verdict.NOTE
    assert found["the centre's certificate"].seen.startswith("left over: ended")


@pytest.mark.parametrize(
    "url", ["https://gjj..example", "https://gjj.example:99999", "https://[::1"]
)
def test_an_address_that_is_none(authority: CertificateAuthority, url: str) -> None:
    found = way(url, authority)
    assert found["DNS"].verdict is Verdict.BAD
    assert found["DNS"].mend == "correct url in [centre]"


@pytest.mark.parametrize(
    ("url", "broken", "mend"),
    [
        ("https://127.0.0.1:9", "TCP", "firewall"),
        ("https://no-such-host.invalid", "DNS", "resolv.conf"),
    ],
    ids=["a port where nobody is", "a name that nobody has"],
)
def test_what_comes_after_a_broken_step_is_told_as_not_tried(
    authority: CertificateAuthority, url: str, broken: str, mend: str
) -> None:
    found = way(url, authority)
    after = STEPS[STEPS.index(broken) + 1 :]
    assert found[broken].verdict is Verdict.BAD
    assert mend in found[broken].mend
    assert {found[name].seen for name in after} == {"not tried"}
    (cause,) = causes(tuple(found.values()))
    assert cause.behind == tuple(after)


def test_a_server_that_is_none(authority: CertificateAuthority) -> None:
    """TCP answers, and says nothing that is TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def mumble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 ready\r\n")
                connection.recv(4096)

        thread = threading.Thread(target=mumble)
        thread.start()
        found = way(f"https://127.0.0.1:{server.getsockname()[1]}", authority)
        thread.join()
    assert found["TLS"].verdict is Verdict.BAD
    assert "firewall or proxy" in found["TLS"].mend


def test_a_server_that_never_speaks_is_a_time_out(authority: CertificateAuthority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        loaded = at(f"https://127.0.0.1:{silent.getsockname()[1]}", authority, read_s=0.3)
        found = {one.name: one for one in network.way(loaded)}
    assert found["TLS"].seen == "timed out"


def test_a_centre_that_says_that_our_certificate_has_ended(authority: CertificateAuthority) -> None:
    files = authority.issue("ours", days=(-300, -3))
    with centre(authority.issue("strict"), client_ca=authority.file) as url:
        found = way(url, authority, **dict(zip(("certificate", "key"), files, strict=True)))
    assert "certificate expired" in found["TLS"].seen
    assert found["TLS"].mend.startswith("this terminal's certificate has ended")


def test_our_own_certificate_is_not_excused_by_its_issuers(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("own", days=(-100, -2))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(certificate.read_bytes() + authority.file.read_bytes())
    loaded = at("https://gjj.example", authority, certificate=chain, key=key)
    own, _roots, _sealer = network.own_certificates(loaded)
    assert own.verdict is Verdict.BAD
    assert own.seen.startswith("own: ended")


@pytest.mark.parametrize(
    ("days", "verdict", "seen"),
    [
        ((-10, 365), Verdict.GOOD, "good until"),
        ((-10, 12), Verdict.NOTE, "11 days"),
        ((-100, -2), Verdict.BAD, "ended"),
        ((2, 300), Verdict.BAD, "not valid before"),
    ],
)
def test_our_own_certificate(
    authority: CertificateAuthority, days: tuple[int, int], verdict: Verdict, seen: str
) -> None:
    certificate, key = authority.issue("own", days=days)
    loaded = Settings(
        terminal="T0001",
        centre=CentreSettings(
            url="https://gjj.example",
            seal_roots=authority.file,
            certificate=certificate,
            key=key,
        ),
    )
    found = {one.name: one for one in network.own_certificates(loaded)}
    assert found["this terminal's certificate"].verdict is verdict
    assert seen in found["this terminal's certificate"].seen
    if seen in ("11 days", "ended"):
        assert found["this terminal's certificate"].mend.startswith("kiosk enrol; or ")
    assert found["roots of seals"].verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("place", "verdict", "seen"),
    [("tpm", Verdict.GOOD, "in the TPM"), ("file", Verdict.NOTE, "in a file, not in a TPM")],
)
def test_where_the_key_of_an_enrolled_terminal_lies(
    authority: CertificateAuthority, place: KeyPlace, verdict: Verdict, seen: str
) -> None:
    now = datetime.now(UTC)
    loaded = Settings(
        terminal="T0001",
        centre=CentreSettings(
            url="https://gjj.example", seal_roots=authority.file, sealer="somebody"
        ),
        enrolled=EnrolledSettings(
            place="", key_place=place, since=now, until=now, request=Path("request.pem")
        ),
    )
    _roots, key = network.own_certificates(loaded)
    assert (key.name, key.verdict) == ("this terminal's key", verdict)
    assert key.seen.startswith(seen)


def test_the_number_of_another_terminal_in_the_settings(authority: CertificateAuthority) -> None:
    certificate, key = authority.issue("T0002")
    now = datetime.now(UTC)
    enrolled = EnrolledSettings(
        place="", key_place="file", since=now, until=now, request=certificate.with_name("r.pem")
    )
    loaded = at("https://gjj.example", authority, certificate=certificate, key=key)
    loaded = msgspec.structs.replace(loaded, enrolled=enrolled)
    found = {one.name: one for one in network.own_certificates(loaded)}
    number = found["this terminal's number"]
    assert number.verdict is Verdict.BAD
    assert number.seen == "T0001 in the settings, T0002 in the certificate of the enrolment"
    assert "strike terminal out of terminal.toml" in number.mend
    agreed = msgspec.structs.replace(loaded, terminal="T0002")
    assert "this terminal's number" not in {one.name for one in network.own_certificates(agreed)}
    certificate.write_text("")
    assert "this terminal's number" not in {one.name for one in network.own_certificates(loaded)}


def test_a_file_that_holds_no_certificate(authority: CertificateAuthority, tmp_path: Path) -> None:
    empty = tmp_path / "roots.pem"
    empty.write_text("none\n")
    loaded = Settings(
        terminal="T0001", centre=CentreSettings(url="https://x.example", seal_roots=empty)
    )
    finding, sealer = network.own_certificates(loaded)
    assert (sealer.name, sealer.verdict) == ("sealer", Verdict.NOTE)
    assert finding.seen == f"{empty}: no certificate in it"


def list_of(url: str, tmp_path: Path, *, has_one: bool = True) -> Finding:
    centre = CentreSettings(
        url=url, seal_roots=tmp_path / "root.pem", revocation_list=has_one, connect_s=1
    )
    (finding,) = revocations.look(Settings(terminal="T0001", centre=centre))
    return finding


def test_the_age_of_the_revocation_list(tmp_path: Path) -> None:
    with server.serving(tmp_path) as url:
        assert list_of(url, tmp_path).verdict is Verdict.GOOD
        assert list_of(url, tmp_path).seen.startswith("0 h old, good until 2026-01-16")
        assert list_of(url, tmp_path, has_one=False).verdict is Verdict.NOTE
    assert list_of(url, tmp_path).verdict is Verdict.UNKNOWN  # nobody answers there any more


SEALS, BETWEEN = make_root(), make_root("业务子CA")


def listed(*lists: bytes) -> Answer:
    return reply(200, b"".join(lists), kind="application/pkix-crl")


def list_of_answer(answer: Answer, tmp_path: Path, roots: bytes) -> Finding:
    """The finding where the centre answers so, and the terminal has these roots of seals."""
    (tmp_path / "root.pem").write_bytes(roots)
    catalogue = CATALOGUE.model_copy(update={"clock": SEALED_AT})
    with CentreServer() as peer:
        peer.on("GET", "/v1/catalogue", reply(200, catalogue.model_dump_json()))
        peer.on("GET", "/v1/revocations", answer)
        return list_of(peer.url, tmp_path)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (listed(b"none"), "no list in DER"),
        (listed(), "no list in DER"),
        (reply(404, NO), "no list in DER"),
        (listed(a_list(SEALS, age=60)), "1440 h old, and out of date"),
        (listed(a_list(SEALS), a_list(BETWEEN, age=60)), "1440 h old, and out of date"),
        (listed(a_list(make_root())), "not signed by CN=演示根, whose list it claims to be"),
        (listed(a_list(BETWEEN)), "of CN=业务子CA: no root of seals"),
    ],
)
def test_a_revocation_list_that_is_no_use(tmp_path: Path, answer: Answer, seen: str) -> None:
    finding = list_of_answer(answer, tmp_path, SEALS.pem())
    assert finding.verdict is Verdict.BAD
    assert finding.seen.startswith(seen)
    assert "renew" in finding.mend


def test_several_revocation_lists(tmp_path: Path) -> None:
    answer = listed(a_list(BETWEEN, age=2), a_list(SEALS))
    finding = list_of_answer(answer, tmp_path, make_root().pem() + SEALS.pem())
    assert finding.verdict is Verdict.GOOD
    assert finding.seen.startswith("48 h old, good until")


def test_a_revocation_list_where_no_root_can_be_read(tmp_path: Path) -> None:
    finding = list_of_answer(listed(a_list(SEALS)), tmp_path, b"none")
    assert (finding.verdict, finding.seen) == (Verdict.UNKNOWN, "whose list it is cannot be told")


def net(root: Path, way_out: str, **carriers: str) -> Path:
    """Network ports with what ``carrier`` says of each, "" for one that is down, and the device
    of the default route."""
    for name, carrier in carriers.items():
        (root / "sys/class/net" / name / "device").mkdir(parents=True)
        (root / "sys/class/net" / name / "carrier").write_text(f"{carrier}\n")
    (root / "proc/net").mkdir(parents=True)
    route = f"{way_out} 00000000 01010A0A\n" if way_out else ""
    (root / "proc/net/route").write_text("Iface Destination Gateway\n" + route)
    return root


@pytest.mark.parametrize(
    ("way_out", "carriers", "verdict", "seen", "mend"),
    [
        ("eth0", {"eth0": "1"}, Verdict.GOOD, "eth0: cable in, default route by eth0", ""),
        ("", {"eth0": "0"}, Verdict.BAD, "eth0: no cable, no default route", "check the network"),
        ("", {"eth0": "0", "eth1": "0"}, Verdict.BAD, "eth0: no cable, eth1: no cable", "check"),
        ("", {}, Verdict.NOTE, "no default route", "networkctl"),
        # By a modem or a tunnel; an address given by hand keeps its route without a cable.
        ("ppp0", {"eth0": "0"}, Verdict.GOOD, "eth0: no cable, default route by ppp0", ""),
        ("eth0", {"eth0": "0"}, Verdict.BAD, "eth0: no cable", "check the network cable"),
        ("", {"eth0": ""}, Verdict.BAD, "eth0: switched off", "ip link set eth0 up"),
    ],
)
def test_the_cable(
    authority: CertificateAuthority,
    tmp_path: Path,
    way_out: str,
    carriers: dict[str, str],
    verdict: Verdict,
    seen: str,
    mend: str,
) -> None:
    (finding,) = network.link(
        at("https://gjj.example", authority), net(tmp_path, way_out, **carriers)
    )
    assert finding.verdict is verdict
    assert seen in finding.seen
    assert finding.mend.startswith(mend)
    assert bool(finding.mend) == bool(mend)
