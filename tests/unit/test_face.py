"""Face capture without a model: gate, coach, challenges, quality table, envelope, pinned files."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.__main__ import main
from kiosk.identity.face import envelope, models
from kiosk.identity.face.challenge import (
    ACTION_S,
    RELIEF,
    TURNS,
    ActionWatch,
    draw_actions,
    relief,
)
from kiosk.identity.face.coach import SAY_S, SETTLE_S, Coach, QualityGate
from kiosk.identity.face.hints import (
    ACTIONS,
    AGAIN,
    ENDS,
    HINTS,
    LEADS,
    ChallengeVerdict,
    FaceProgress,
    HeadAction,
    Hint,
    HowEnded,
)
from kiosk.identity.face.landmarks import CANONICAL, EyeLook, FaceLandmarks, Pose, pose_of
from kiosk.identity.face.quality import TABLE, view_of
from kiosk.words import Language, say
from tests.waiting import until

WIDTH, HEIGHT = 640, 480


def head(
    yaw: float = 0.0,
    pitch: float = 0.0,
    *,
    openness: float = 0.4,
    flat: bool = False,
    turned_flat: float = 0.0,
) -> FaceLandmarks:
    """A head of the canonical shape as a camera sees it; ``flat``: its photo, held up and turned
    by ``turned_flat`` degrees."""
    points = np.zeros((468, 3))
    solid = np.array(list(CANONICAL.values()))
    if flat:
        solid[:, 2] = 0.0
        yaw = turned_flat
    turn, nod = math.radians(-yaw), math.radians(pitch)
    about_y = np.array(
        [[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(nod), -math.sin(nod)], [0, math.sin(nod), math.cos(nod)]]
    )
    placed = solid @ (about_x @ about_y).T + np.array([0.0, 0.0, 60.0])
    focal = 1.1 * WIDTH
    points[list(CANONICAL), 0] = placed[:, 0] / placed[:, 2] * focal + WIDTH / 2
    points[list(CANONICAL), 1] = placed[:, 1] / placed[:, 2] * focal + HEIGHT / 2
    pose = Pose(0.0, 0.0, 0.0) if flat else pose_of(points, WIDTH, HEIGHT)
    return FaceLandmarks(points, 1.0, pose, (EyeLook(openness, 0.0), EyeLook(openness, 0.0)))


# -- pose and depth -------------------------------------------------------------------------------


@pytest.mark.parametrize("yaw", [-25.0, -10.0, 0.0, 10.0, 25.0])
@pytest.mark.parametrize("pitch", [-15.0, 0.0, 15.0])
def test_the_pose_is_the_persons_own(yaw: float, pitch: float) -> None:
    pose = head(yaw, pitch).pose
    assert pose.yaw == pytest.approx(yaw, abs=1.5)
    assert pose.pitch == pytest.approx(pitch, abs=1.5)
    assert pose.roll == pytest.approx(0, abs=8)  # a turned and bent head leans a little


@pytest.mark.parametrize("yaw", [-30.0, -16.0, 16.0, 30.0])
def test_a_solid_head_has_relief_and_its_photo_none(yaw: float) -> None:
    assert relief(head(), head(yaw)) > RELIEF
    assert relief(head(flat=True), head(flat=True, turned_flat=yaw * 1.6)) < 1e-6


def test_no_relief_without_a_homography() -> None:
    nowhere = FaceLandmarks(np.zeros((468, 3)), 1.0, Pose(0, 0, 0), (EyeLook(0, 0),) * 2)
    assert relief(nowhere, nowhere) == 0.0


# -- challenges -----------------------------------------------------------------------------------


def test_two_different_actions_with_a_turn_at_least() -> None:
    drawn = {draw_actions() for _ in range(400)}
    assert all(len(set(actions)) == 2 and set(actions) & set(TURNS) for actions in drawn)
    assert len(drawn) == 14  # every such pair, in both orders
    assert {action for actions in drawn for action in actions} == set(HeadAction)


def played(
    action: HeadAction, looks: list[tuple[FaceLandmarks, float]], each: float = 0.1
) -> tuple[ChallengeVerdict | None, ActionWatch]:
    watch = ActionWatch(action, head(), 200, 0.0)
    verdict = None
    for number, (look, width) in enumerate(looks):
        verdict = watch.see(look, width, number * each)
        if verdict is not None:
            break
    return verdict, watch


def there_and_back(look: FaceLandmarks, width: float = 200, frames: int = 3) -> list:  # type: ignore[type-arg]
    return [(head(), 200)] * 2 + [(look, width)] * frames + [(head(), 200)] * 2


@pytest.mark.parametrize(
    ("action", "looks"),
    [
        (HeadAction.TURN_LEFT, there_and_back(head(22))),
        (HeadAction.TURN_RIGHT, there_and_back(head(-22))),
        (HeadAction.NOD, there_and_back(head(0, 15))),
        (HeadAction.NOD, there_and_back(head(0, -15))),
        (HeadAction.CLOSER, there_and_back(head(), 260)),
        (HeadAction.BLINK, there_and_back(head(openness=0.1), frames=1)),
    ],
)
def test_an_action_is_done_when_the_head_is_back(action: HeadAction, looks: list) -> None:  # type: ignore[type-arg]
    verdict, watch = played(action, looks)
    assert verdict is ChallengeVerdict.DONE
    assert watch.share == 1
    assert (watch.relief > RELIEF) == (action in TURNS)
    assert played(action, looks[:-2])[0] is None  # not back yet


@pytest.mark.parametrize(
    ("action", "look"),
    [
        (HeadAction.TURN_LEFT, head(-22)),
        (HeadAction.TURN_RIGHT, head(22)),
        (HeadAction.NOD, head(22)),
        (HeadAction.CLOSER, head(22)),
        (HeadAction.CLOSER, head(0, 20)),
        (HeadAction.BLINK, head(-22)),
        (HeadAction.BLINK, head(0, 20)),
    ],
)
def test_a_wrong_action_fails(action: HeadAction, look: FaceLandmarks) -> None:
    assert played(action, there_and_back(look))[0] is ChallengeVerdict.WRONG
    assert played(action, there_and_back(look, frames=1))[0] is None  # one odd picture is nothing


@pytest.mark.parametrize("action", [HeadAction.TURN_LEFT, HeadAction.NOD, HeadAction.CLOSER])
def test_a_blink_is_never_wrong(action: HeadAction) -> None:
    assert played(action, there_and_back(head(openness=0.05)))[0] is None


def test_a_turned_photo_is_flat() -> None:
    photo = head(flat=True)
    watch = ActionWatch(HeadAction.TURN_LEFT, photo, 200, 0.0)
    turned = head(flat=True, turned_flat=38)
    verdicts = [watch.see(turned, 200, 0.1 * number) for number in range(3)]
    assert verdicts == [None, None, ChallengeVerdict.FLAT]


def test_a_turn_without_relief_is_not_done() -> None:
    """A net that reads a turn into a flat picture fools the pose, not the homography."""
    photo = head(flat=True)
    fooled = FaceLandmarks(photo.points, 1.0, Pose(25, 0, 0), photo.eyes)
    watch = ActionWatch(HeadAction.TURN_LEFT, photo, 200, 0.0)
    seen = [watch.see(fooled, 200, 0.1 * number) for number in range(5)]
    assert [*seen, watch.see(photo, 200, 1)] == [None] * 6


def test_an_action_that_never_comes_is_too_slow() -> None:
    watch = ActionWatch(HeadAction.BLINK, head(), 200, 5.0)
    assert watch.see(head(), 200, 5 + ACTION_S) is None
    assert watch.see(head(), 200, 5.1 + ACTION_S) is ChallengeVerdict.SLOW


# -- gate, coach, table ---------------------------------------------------------------------------


def test_the_gate_opens_after_three_good_pictures_in_a_row() -> None:
    gate = QualityGate()
    for good in (True, True, False, True, True):
        gate.pass_by(good)
        assert not gate.open
    gate.pass_by(True)
    assert gate.open
    assert gate.was_good


def test_the_coach_says_one_thing_long_enough_to_read() -> None:
    coach = Coach()
    assert coach.hear(Hint.CLOSER, 0.0) is None  # a moment is no trouble yet
    assert coach.hear(Hint.CLOSER, SETTLE_S) is Hint.CLOSER
    assert coach.hear(Hint.DARK, SETTLE_S + 0.1) is Hint.CLOSER
    assert coach.hear(Hint.DARK, SAY_S) is Hint.CLOSER
    assert coach.hear(Hint.DARK, SETTLE_S + SAY_S + 0.01) is Hint.DARK
    assert coach.hear(None, SETTLE_S + SAY_S + 0.1) is Hint.DARK
    assert coach.hear(None, SETTLE_S + 2 * SAY_S + 0.2) is None


def test_a_hint_that_flickers_is_not_said() -> None:
    coach = Coach()
    said = {coach.hear(Hint.STILL if at % 2 else None, at * 0.1) for at in range(30)}
    assert said == {None}


def test_the_table_holds_in_itself() -> None:
    for rule in TABLE:
        assert rule.stay[0] <= rule.good[0] <= rule.good[1] <= rule.stay[1], rule.measure
    assert len({rule.measure for rule in TABLE}) == len(TABLE)
    assert {hint for rule in TABLE for hint in rule.hints} == set(Hint)


def test_everything_that_is_said_has_words_in_both_languages() -> None:
    assert set(HINTS) == set(Hint)
    assert set(ACTIONS) == set(LEADS) == set(HeadAction)
    assert set(AGAIN) == set(ChallengeVerdict) - {ChallengeVerdict.DONE}
    assert set(ENDS) == set(HowEnded) - {HowEnded.CAPTURED}
    for text in (*HINTS.values(), *ACTIONS.values(), *ENDS.values()):
        assert say(text, Language.EN) != text.message


@pytest.mark.parametrize(
    ("progress", "words", "lead"),
    [
        (FaceProgress(1, 3, 0, Hint.MASK), "请摘下口罩", "拍完就可以戴回去"),
        (FaceProgress(1, 3, 0, Hint.STILL), "请保持不动", ""),
        (FaceProgress(2, 3, 0.4, None, HeadAction.NOD), "请慢慢点一下头", "低一点就停，再抬起来"),
        (FaceProgress(2, 3, 0.4, Hint.ALONE, None), "请一个人操作", "旁边的人请离开画面"),
        (FaceProgress(1, 3, 0.1), "很好，请保持不动", ""),
        (
            FaceProgress(1, 3, 0.1, again=ChallengeVerdict.SLOW),
            "很好，请保持不动",
            "不着急，我们再来一次",
        ),
    ],
)
def test_one_thing_is_said(progress: FaceProgress, words: str, lead: str) -> None:
    assert say(progress.words, Language.ZH) == words
    assert say(progress.lead, Language.ZH) == lead


@pytest.mark.parametrize(
    ("size", "view"),
    [
        ((640, 480), (140, 0, 360, 480)),
        ((720, 1280), (0, 160, 720, 960)),
        ((3840, 2160), (1110, 0, 1620, 2160)),
    ],
)
def test_the_view_is_the_middle(size: tuple[int, int], view: tuple[int, ...]) -> None:
    assert view_of(*size) == view


# -- the envelope ---------------------------------------------------------------------------------


def certified(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "centre")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


CONTENT = envelope.FaceContent(
    session="s1",
    challenge="challenge-of-this-capture",
    taken_at="2026-01-15T10:00:00+08:00",
    terminal="T1",
    engine="e",
    models={"m": "00"},
    actions=("nod", "turn_left"),
    reliefs=(0.0, 0.2),
    raster=12.0,
    edges=0,
    attempts=1,
    score=0.7,
    measures={"yaw": 1.0},
    picture=b"\xff\xd8 picture of a face",
)


def test_only_the_centre_opens_the_envelope(key: rsa.RSAPrivateKey) -> None:
    certificate = certified(key)
    sealed = envelope.seal(CONTENT, certificate.public_bytes(Encoding.PEM))
    assert envelope.unseal(sealed, certificate, key) == CONTENT
    for word in (b"picture of a face", b"turn_left", b"challenge-of-this-capture"):
        assert word not in sealed
    assert sealed != envelope.seal(CONTENT, certificate.public_bytes(Encoding.PEM))
    other = rsa.generate_private_key(65537, 2048)
    with pytest.raises(envelope.NotSealed):
        envelope.unseal(sealed, certified(other), other)


@pytest.mark.parametrize("cut", [0, 1, 100, 300, -1, -40])
def test_a_broken_envelope_does_not_open(key: rsa.RSAPrivateKey, cut: int) -> None:
    certificate = certified(key)
    sealed = bytearray(envelope.seal(CONTENT, certificate.public_bytes(Encoding.PEM)))
    if cut > 0:
        del sealed[cut:]
    else:
        sealed[cut] ^= 0xFF
    with pytest.raises(envelope.NotSealed):
        envelope.unseal(bytes(sealed), certificate, key)


def test_a_certificate_that_cannot_be_used_is_refused() -> None:
    small = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for bad in (
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        certified(small).public_bytes(Encoding.PEM),
        certified(curve).public_bytes(Encoding.PEM),
    ):
        with pytest.raises(envelope.NotSealed):
            envelope.seal(CONTENT, bad)


def test_an_envelope_shows_no_picture() -> None:
    assert "picture" not in repr(CONTENT)


# -- the pinned files -----------------------------------------------------------------------------


@pytest.fixture
def small_pins(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Small files in place of the models, pinned by their own hashes."""
    contents = {name: f"bytes of {name}".encode() for name in models.pinned()}
    pins = {
        name: models.PinnedFile(
            name, pin.what, pin.use, pin.licence, _sha(contents[name]), pin.wheel, pin.member
        )
        for name, pin in models.pinned().items()
    }
    monkeypatch.setattr(models, "pinned", lambda: pins)
    return contents


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_pin_is_whole() -> None:
    pins, packages = models.pinned(), models.wheels()
    assert set(models.LIVENESS) == {name for name, pin in pins.items() if pin.use == "liveness"}
    assert {pin.use for pin in pins.values()} <= {"liveness", "detection", "comparison", "demo"}
    for pin in pins.values():
        assert len(bytes.fromhex(pin.sha256)) == 32
        assert bool(pin.wheel) == bool(pin.member)
        assert not pin.wheel or pin.wheel in packages
    assert all(len(bytes.fromhex(wheel.sha256)) == 32 for wheel in packages.values())


def test_a_folder_is_installed_and_verified(small_pins: dict[str, bytes], tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "models"
    source.mkdir()
    for name in models.LIVENESS:
        (source / name).write_bytes(small_pins[name])
    (source / "other.onnx").write_bytes(b"not ours")
    assert models.install(str(source), folder) == list(models.LIVENESS)
    assert sorted(path.name for path in folder.iterdir()) == sorted(models.LIVENESS)
    states = models.verify(folder)
    assert [states[name] for name in models.LIVENESS] == [models.FileState.VERIFIED] * 3
    assert states[models.SFACE] is models.FileState.MISSING
    changed = bytearray(small_pins[models.IRIS])
    changed[3] ^= 1
    (folder / models.IRIS).write_bytes(changed)
    assert models.verify(folder)[models.IRIS] is models.FileState.DIFFERS
    assert models.verified_bytes(folder, models.IRIS) is None
    assert models.verified_bytes(folder, models.SFACE) is None
    assert models.verified_bytes(folder, models.FACEMESH) == small_pins[models.FACEMESH]


def test_a_model_is_read_again_when_its_file_has_changed(
    small_pins: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, read = tmp_path / models.IRIS, []
    read_whole = models._read

    def noted(path: Path) -> bytes:
        read.append(path)
        return read_whole(path)

    def fail(path: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(models, "_read", noted)
    assert not models.installed(tmp_path, models.IRIS)
    file.write_bytes(bytes(len(small_pins[models.IRIS])))
    rotten = file.stat()
    assert not models.installed(tmp_path, models.IRIS)
    with file.open("r+b") as mended:  # as cp -p mends it
        mended.write(small_pins[models.IRIS])

    def another_moment() -> bool:
        """The kernel's clock of files may stand still for some milliseconds."""
        os.utime(file, ns=(rotten.st_atime_ns, rotten.st_mtime_ns))
        return file.stat().st_ctime_ns != rotten.st_ctime_ns

    until(another_moment)
    with monkeypatch.context() as disk:
        disk.setattr(models, "_read", fail)
        assert not models.installed(tmp_path, models.IRIS)
    assert [models.installed(tmp_path, models.IRIS) for _look in range(3)] == [True] * 3
    file.unlink()
    assert not models.installed(tmp_path, models.IRIS)
    assert read == [file] * 2, "one reading of each state"


def test_what_is_not_pinned_is_not_installed(small_pins: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "models"
    with pytest.raises(models.NotInstalled, match="no folder"):
        models.install(str(tmp_path / "nowhere"), folder)
    with pytest.raises(models.NotInstalled, match="none of"):
        models.install(str(tmp_path), folder)
    (tmp_path / models.YUNET).write_bytes(b"changed")
    with pytest.raises(models.NotInstalled, match="differs"):
        models.install(str(tmp_path), folder)
    assert not folder.exists()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class QuietHandler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_address_is_installed(small_pins: dict[str, bytes], tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "models"
    source.mkdir()
    (source / models.YUNET).write_bytes(small_pins[models.YUNET])
    with served(source) as address:
        assert models.install(address, folder) == [models.YUNET]
        (source / models.YUNET).write_bytes(b"x")
        with pytest.raises(models.NotInstalled, match="differs"):
            models.install(f"{address}/", folder)
    with pytest.raises(models.NotInstalled, match="Connection"):
        models.install(address, folder)
    assert (folder / models.YUNET).read_bytes() == small_pins[models.YUNET]


def test_a_package_gives_its_files(
    small_pins: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "a.whl"
    with ZipFile(wheel, "w") as archive:
        for name in models.LIVENESS:
            archive.writestr(models.pinned()[name].member, small_pins[name])
    with pytest.raises(models.NotInstalled, match="not the pinned package"):
        models.take_out(wheel, "mediapipe", tmp_path / "models")
    pin = models.PinnedWheel("mediapipe", "1", "a.whl", _sha(wheel.read_bytes()))
    monkeypatch.setattr(models, "wheels", lambda: {"mediapipe": pin})
    assert models.take_out(wheel, "mediapipe", tmp_path / "models") == list(models.LIVENESS)
    assert models.verify(tmp_path / "models")[models.IRIS] is models.FileState.VERIFIED


def test_the_command_lists_and_installs(small_pins: dict[str, bytes], tmp_path: Path) -> None:
    folder, run = tmp_path / "models", CliRunner().invoke
    missing = run(main, ["models", "--folder", str(folder)])
    assert missing.exit_code == 1
    assert missing.output.count("missing") == len(small_pins)
    for name, data in small_pins.items():
        (tmp_path / name).write_bytes(data)
    done = run(main, ["models", "--folder", str(folder), "install", str(tmp_path)])
    assert done.exit_code == 0
    assert "installed face_landmark.tflite" in done.output
    assert run(main, ["models", "--folder", str(folder)]).exit_code == 0
    refused = run(main, ["models", "--folder", str(folder), "install", str(tmp_path / "no")])
    assert refused.exit_code == 1
    assert "is no folder" in refused.output
    assert run(main, ["models", "--settings", str(tmp_path / "no.toml")]).exit_code == 1
    nowhere = run(main, ["models", "--folder", str(folder), "install"])
    assert nowhere.exit_code == 2
    assert "name a folder or an address" in nowhere.output


def test_the_settings_may_say_where_the_models_come_from(
    small_pins: dict[str, bytes], tmp_path: Path
) -> None:
    source, folder, file = tmp_path / "source", tmp_path / "models", tmp_path / "terminal.toml"
    source.mkdir()
    (source / models.SFACE).write_bytes(small_pins[models.SFACE])
    with served(source) as address:
        lines = (
            'terminal = "T0001"',
            "production = false",
            "[centre]",
            'url = "http://127.0.0.1:1"',
            'seal_roots = "r.pem"',
            "[face]",
            f'models = "{folder}"',
            f'source = "{address}"',
        )
        file.write_text("\n".join(lines), encoding="utf-8")
        done = CliRunner().invoke(main, ["models", "--settings", str(file), "install"])
    assert done.output == f"installed {models.SFACE}\n"
    assert (folder / models.SFACE).read_bytes() == small_pins[models.SFACE]
