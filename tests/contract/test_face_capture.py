"""Face capture with the models: people pass, pictures of people do not, and what can befall it."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.camera.slots import Slots
from drivers.camera.types import PrepareStream, StartStream, StopStream, Stream
from drivers.catalogue import create_host
from drivers.device import CancelToken, DeviceError, Kind, Reason
from drivers.emulators.camera import Camera
from drivers.emulators.face_scene import Actor, FaceScene, HeadLook, Who
from drivers.emulators.films import pictures
from drivers.hosting.host import Host
from kiosk.identity.face import booth as booths
from kiosk.identity.face import capture as capturing
from kiosk.identity.face import process as capture_process
from kiosk.identity.face.booth import FaceBooth, closed_for_models, missing_models
from kiosk.identity.face.capture import ATTEMPTS, WHOLE_S, Capture
from kiosk.identity.face.envelope import unseal
from kiosk.identity.face.hints import (
    ACTIONS,
    ENDS,
    ChallengeVerdict,
    FaceProgress,
    HeadAction,
    Hint,
    HowEnded,
)
from kiosk.identity.face.landmarks import FaceNets, LivenessUnavailable, YuNet
from kiosk.identity.face.models import FACEMESH, IRIS, LIVENESS, SFACE, YUNET
from kiosk.identity.face.process import (
    PREVIEW,
    CaptureEnded,
    CaptureFailed,
    CaptureMessage,
    CaptureOrder,
    CaptureProcess,
    PreviewReady,
    preview_of,
)
from kiosk.identity.face.quality import judge
from kiosk.privacy import Sensitive
from kiosk.settings import FaceSettings
from kiosk.terminal.dialogue import Dialogue
from kiosk.visit.face_steps import DECLINE, CaptureFace, ConsentToFace, FaceCoaching, FaceTaken
from kiosk.words import Language, say
from tests.face_material import SHARED, clip, models_folder, portrait
from tests.services.hall import Glass
from tests.ui.face_samples import CHALLENGE
from tests.unit.test_face import certified
from tests.waiting import PATIENCE_S

TURN_LEFT, TURN_RIGHT, NOD, CLOSER, BLINK = HeadAction
FPS = 12.0


@cache
def nets() -> FaceNets:
    return FaceNets(models_folder())


@cache
def scene() -> FaceScene:
    return FaceScene(portrait())


def captured(
    images: Iterable[Any], *actions: HeadAction, fps: float = FPS
) -> tuple[Capture, list[FaceProgress]]:
    """A capture that asks for ``actions`` and sees ``images``."""
    capture = Capture(nets(), draw=lambda: actions)
    shown = []
    for number, image in enumerate(images):
        shown.append(capture.see(image, number / fps))
        if capture.ended:
            break
    return capture, shown


def acted(
    who: Who, *, seconds: float, fps: float = 7.0
) -> tuple[Callable[[], Iterator[Any]], list[HeadAction]]:
    """Pictures of ``who``, who does each action that is put into the list."""
    asked: list[HeadAction] = []

    def play() -> Iterator[Any]:
        actor, heard = Actor(), 0
        for number in range(int(seconds * fps)):
            at = number / fps
            if len(asked) > heard:
                heard += 1
                actor.act(asked[-1], at + 0.3)
            yield scene().picture(who, actor.look(at))

    return play, asked


def played(who: Who, *actions: HeadAction, seconds: float = 4.5) -> Capture:
    """A capture of somebody drawn, who does what is asked."""
    play, asked = acted(who, seconds=seconds)
    capture = Capture(nets(), draw=lambda: actions)
    before: tuple[int, HeadAction] | None = None
    for number, image in enumerate(play()):
        progress = capture.see(image, number / 7.0)
        now = (progress.step, progress.action) if progress.action else None
        if now and now != before:
            asked.append(now[1])
        before = now
        if capture.ended:
            break
    return capture


# -- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "actions"),
    # The clips' names say the side of the picture; the person's own is the other.
    [("live_left_blink", (TURN_RIGHT, BLINK)), ("live_blink_right", (BLINK, TURN_LEFT))],
)
def test_a_person_is_captured(name: str, actions: tuple[HeadAction, ...]) -> None:
    capture, shown = captured(pictures(clip(name)), *actions)
    assert capture.ended is HowEnded.CAPTURED
    assert capture.attempts == 1
    assert capture.shot is not None
    assert capture.shot.actions == actions
    assert max(capture.shot.reliefs) > 0.15
    assert not capture.shot.cues.refuses
    assert [progress.share for progress in shown] == sorted(progress.share for progress in shown)
    picture = cv2.imdecode(np.frombuffer(capture.shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    (face,) = nets().find(np.asarray(picture, np.uint8))
    assert face.width > 0.4 * picture.shape[1]
    assert abs(capture.shot.measures["yaw"]) < 14
    assert "jpeg" not in repr(capture.shot)


def test_a_drawn_person_is_captured() -> None:
    capture = played("live", NOD, CLOSER, seconds=8.0)
    assert (capture.ended, capture.attempts) == (HowEnded.CAPTURED, 1)


def test_a_person_is_coached_from_far() -> None:
    _, shown = captured(list(pictures(clip("approach")))[8:48:2], TURN_LEFT, NOD, fps=7.5)
    said = list(dict.fromkeys(progress.hint for progress in shown if progress.hint))
    assert said[0] is Hint.CLOSER
    assert shown[-1].action is TURN_LEFT


def test_the_wrong_action_begins_again_with_others() -> None:
    drawn = iter([(TURN_LEFT, BLINK), (NOD, TURN_RIGHT)])
    capture = Capture(nets(), draw=lambda: next(drawn))
    asked = []
    for number, image in enumerate(list(pictures(clip("live_left_blink")))[:48]):
        progress = capture.see(image, number / FPS)
        asked.append((progress.action, progress.again))
    assert list(dict.fromkeys(asked)) == [
        (None, None),
        (TURN_LEFT, None),
        (None, ChallengeVerdict.WRONG),
        (NOD, ChallengeVerdict.WRONG),
    ]
    assert capture.ended is None


# -- attacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("attack_print", (TURN_LEFT, BLINK)),
        ("attack_eyehole", (BLINK, TURN_RIGHT)),
        ("attack_tabphoto", (TURN_RIGHT, BLINK)),
    ],
)
def test_a_picture_of_a_person_is_not_captured(name: str, actions: tuple[HeadAction, ...]) -> None:
    capture, _ = captured(list(pictures(clip(name)))[::3], *actions, fps=FPS / 3)
    assert capture.ended in (None, HowEnded.NOT_LIVE, HowEnded.SCREEN)
    assert capture.shot is None
    if name == "attack_tabphoto":
        assert capture.ended is HowEnded.SCREEN


@pytest.mark.parametrize("who", ["eyeholes", "bent"])
def test_a_photo_that_does_what_is_asked_is_not_captured(who: Who) -> None:
    capture = played(who, BLINK, TURN_LEFT) if who == "eyeholes" else played(who, TURN_LEFT, NOD)
    assert capture.shot is None


def acted_out(capture: Capture, *, light: float = 0.9) -> float:
    """A drawn person does all that ``capture`` asks, in another light than before the first action.
    Return when: the last action is done, and no picture for the centre is taken yet."""
    actor, before = Actor(), None
    for number in range(70):
        at = number / 7
        lit = light if before else 1.0
        progress = capture.see(scene().picture("live", actor.look(at), light=lit), at)
        if progress.step == 3 and progress.action is None:
            return at
        if progress.action and progress.action is not before:
            before = progress.action
            actor.act(before, at + 0.3)
    raise AssertionError("the actions are not taken")


def test_the_picture_that_is_sent_is_of_the_head_that_acted() -> None:
    """A photo could have stood before the camera until the first action was asked."""
    capture = Capture(nets(), draw=lambda: (NOD, CLOSER))
    at = acted_out(capture, light=0.8)
    last = scene().picture("live", HeadLook(), light=0.8)
    while capture.ended is None:
        at += 0.1
        capture.see(last, at)
    assert capture.shot is not None
    sent = cv2.imdecode(np.frombuffer(capture.shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert sent is not None
    bright = float(np.percentile(sent, 90) / np.percentile(last, 90))
    assert bright < 1.1, "the pictures before the first action were brighter by a quarter"


@pytest.mark.parametrize("who", ["nobody", "two"])
def test_whoever_steps_in_after_the_last_action_is_not_sent(who: Who) -> None:
    """One picture without exactly one face is enough: a photo may stand there in the next."""
    capture = Capture(nets(), draw=lambda: (NOD, CLOSER))
    at = acted_out(capture)
    assert capture.see(scene().picture(who, HeadLook()), at + 0.1).step == 1
    photo = scene().picture("live", HeadLook())
    assert [capture.see(photo, at + 0.2 + tenth / 10).step for tenth in range(3)] == [1, 1, 2]
    assert capture.ended is None


def test_the_picture_is_taken_soon_after_the_last_action_or_not_at_all() -> None:
    capture = Capture(nets(), draw=lambda: (NOD, CLOSER))
    at = acted_out(capture)
    aside = scene().picture("live", HeadLook(yaw=22))
    while (progress := capture.see(aside, at + 0.1)).step == 3:
        at += 0.5
        assert progress.action is None
    assert progress.step == 1
    assert capture.ended is None


def test_a_face_that_was_lost_before_the_actions_gets_others() -> None:
    drawn: list[tuple[HeadAction, ...]] = []

    def draw() -> tuple[HeadAction, ...]:
        drawn.append((NOD, TURN_LEFT))
        return drawn[-1]

    capture = Capture(nets(), draw=draw)
    capture.see(scene().picture("live", HeadLook()), 0.0)
    wall = scene().picture("nobody", HeadLook())
    for tenth in range(1, 30):
        capture.see(wall, tenth / 10)
    assert len(drawn) == 2


def test_three_failures_end_it() -> None:
    look = scene().picture("live", HeadLook())
    capture = Capture(nets(), draw=lambda: (TURN_LEFT, NOD))
    at = 0.0
    while capture.ended is None and at < WHOLE_S:
        at += 1.5
        capture.see(look, at)
    assert capture.ended is HowEnded.NOT_LIVE
    assert capture.attempts == ATTEMPTS


# -- bad input ------------------------------------------------------------------------------------


def hint_of(image: Any, by: FaceNets | None = None) -> Hint | None:
    used = by or nets()
    found = used.find(image)
    marks = used.landmarks(image, found[0]) if found else None
    return judge(image, found, marks, was_good=False).hint


@pytest.mark.parametrize(
    ("who", "hint"),
    [
        ("live", None),
        ("two", Hint.ALONE),
        ("ten", Hint.ALONE),
        ("mask", Hint.MASK),
        ("sunglasses", Hint.GLASSES),
        ("child", Hint.CLOSER),
        ("profile", Hint.FACE_ME),
        ("backlight", Hint.BACKLIGHT),
        ("nobody", Hint.NOBODY),
    ],
)
def test_each_trouble_has_its_hint(who: Who, hint: Hint | None) -> None:
    assert hint_of(scene().picture(who, HeadLook())) is hint


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda image: image * 0.3, Hint.DARK),
        (lambda image: image * 1.9, Hint.BRIGHT),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 2.5), Hint.STILL),
        (lambda image: image * 0, Hint.DARK),
        (lambda image: image * 0 + 255, Hint.NOBODY),
        (lambda image: image * np.where(np.arange(640) < 320, 0.38, 1)[:, None], Hint.UNEVEN),
    ],
)
def test_each_light_has_its_hint(change: Callable[[Any], Any], hint: Hint) -> None:
    image = scene().picture("live", HeadLook()).astype(np.float64)
    assert hint_of(np.clip(change(image), 0, 255).astype(np.uint8)) is hint


@pytest.mark.parametrize(
    ("look", "hint"),
    [
        (HeadLook(zoom=0.6), Hint.CLOSER),
        (HeadLook(zoom=1.5), Hint.BACK),
        (HeadLook(x=0.6), Hint.CENTRE),
        (HeadLook(y=0.8), Hint.CENTRE),
        (HeadLook(yaw=22), Hint.FACE_ME),
        (HeadLook(closed=1.0), Hint.EYES),
    ],
)
def test_each_place_and_pose_has_its_hint(look: HeadLook, hint: Hint) -> None:
    assert hint_of(scene().picture("live", look)) is hint


@pytest.mark.parametrize(("pixels", "hint"), [(130, None), (330, Hint.ALONE)])
def test_a_poster_behind_a_person_is_nobody_unless_it_is_as_large(
    tmp_path: Path, pixels: int, hint: Hint | None
) -> None:
    found = with_yunet(tmp_path)  # BlazeFace sees the larger of the two only
    image = scene().picture("live", HeadLook(zoom=0.8 if hint else 1.0)).copy()
    poster: Any = cv2.imread(str(portrait()))
    image[:pixels, -pixels:] = cv2.resize(poster, (pixels, pixels))
    assert len(found.find(image)) == 2
    assert hint_of(image, found) is hint


def test_a_4k_camera_is_as_good_and_a_tiny_one_is_told() -> None:
    image = scene().picture("live", HeadLook())
    large = Capture(nets())
    large.see(cv2.resize(image, (3840, 2880)), 0.0)
    assert large.ended is None
    small = Capture(nets())
    small.see(cv2.resize(image, (160, 120)), 0.0)
    assert small.ended is HowEnded.COARSE


def test_somebody_else_begins_again() -> None:
    capture = Capture(nets(), draw=lambda: (NOD, TURN_LEFT))
    left, right = (scene().picture("live", HeadLook(x=x, zoom=0.8)) for x in (-0.15, 0.15))
    other = cv2.flip(scene().picture("live", HeadLook(zoom=0.8, x=1.4)), 1)
    steps = [capture.see(left, at / 10).step for at in range(3)]
    assert steps[-1] == 2
    assert capture.see(right, 0.3).step == 2  # the same person, a hand's width aside
    assert capture.see(other, 0.4).step == 1
    two = scene().picture("two", HeadLook())
    for at in range(5, 9):
        capture.see(right, at / 10)
    assert capture.see(right, 0.9).step == 2
    assert capture.see(two, 1.0).step == 1


def test_nobody_for_too_long_ends_it() -> None:
    capture = Capture(nets())
    wall = scene().picture("nobody", HeadLook())
    assert capture.see(wall, 0.0).hint is None
    assert capture.see(wall, 1.0).hint is Hint.NOBODY
    capture.see(wall, WHOLE_S + 0.1)
    assert capture.ended is HowEnded.TOO_LONG


@pytest.mark.parametrize("change", ["missing", "one byte"])
def test_a_changed_model_is_not_used(tmp_path: Path, change: str) -> None:
    for name in LIVENESS:
        shutil.copy(models_folder() / name, tmp_path)
    path = tmp_path / IRIS
    if change == "missing":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    with pytest.raises(LivenessUnavailable) as caught:
        FaceNets(tmp_path)
    assert caught.value.missing == (IRIS,)


def with_yunet(folder: Path) -> FaceNets:
    """The models of liveness and YuNet, which `make models` does not bring, put into ``folder``;
    skips where YuNet is not there."""
    yunet = SHARED / "models" / YUNET
    if not yunet.is_file():
        pytest.skip(f"no shared test data here: {YUNET}")
    for path in (*(models_folder() / name for name in LIVENESS), yunet):
        shutil.copy(path, folder)
    return FaceNets(folder)


def test_yunet_is_used_where_it_is(tmp_path: Path) -> None:
    found = with_yunet(tmp_path)
    assert "YuNet" in found.engine
    assert set(found.hashes) == {*LIVENESS, YUNET}
    image = scene().picture("mask", HeadLook(yaw=20))
    assert len(found.find(image)) == 1
    assert (
        len(YuNet((tmp_path / YUNET).read_bytes()).find(scene().picture("ten", HeadLook()))) == 10
    )


# -- the process ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def order(certificate: x509.Certificate | None, folder: Path | None = None) -> CaptureOrder:
    pem = certificate.public_bytes(Encoding.PEM) if certificate else b"no certificate"
    return CaptureOrder(folder or models_folder(), "session-1", "challenge-1", "T0001", pem)


def heard(
    process: CaptureProcess, until: type[CaptureMessage], seconds: float = PATIENCE_S
) -> list[CaptureMessage]:
    """All messages of ``process`` up to the first of the type ``until``."""
    messages: list[CaptureMessage] = []
    end = time.monotonic() + seconds
    while not messages or not isinstance(messages[-1], until):
        assert time.monotonic() < end, messages
        if (message := process.receive(0.2)) is not None:
            messages.append(message)
    return messages


@pytest.fixture
def camera() -> Iterator[tuple[Camera, Host]]:
    """An emulated camera with the drawn person before it, through the shipped driver."""
    one = Camera(portrait=portrait())
    one.obey("face", who="live")
    one.start()
    host = create_host(Kind.CAMERA, {"driver": "opencv", "host": "thread", "source": one.address})
    host.start()
    try:
        yield one, host
    finally:
        host.stop()
        one.stop()


def test_the_preview_is_the_views_middle_and_mirrored() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, :320] = 200
    preview = preview_of(picture)
    assert preview.shape == (PREVIEW[1], PREVIEW[0], 3)
    assert preview[0, 0].max() == 0
    assert preview[0, -1].min() == 200


class StillStream:
    """A stream of one picture for ever."""

    def __init__(self, image: Any) -> None:
        self.slots = Slots(image.nbytes)
        self.image = image

    def feed(self) -> None:
        self.slots.put(self.image, time.monotonic())


def test_the_process_ends_at_once_and_tells_its_troubles(
    key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    still = StillStream(scene().picture("nobody", HeadLook()))
    still.feed()
    with CaptureProcess() as process:
        process.begin(order(certified(key)), still.slots)
        heard(process, PreviewReady)
        failed = heard(process, CaptureFailed)[-1]  # no second picture: the camera stands still
        assert isinstance(failed, CaptureFailed)
        assert failed.error is not None
        assert failed.error.reason is Reason.OFFLINE
    with CaptureProcess() as process:
        process.begin(order(certified(key)), still.slots)
        pid = process.pid
        assert Path(f"/proc/{pid}").exists()
    assert not _runs(pid)
    for name in (IRIS, FACEMESH):
        shutil.copy(models_folder() / name, tmp_path)
    with CaptureProcess() as process:
        process.begin(order(certified(key), tmp_path), still.slots)
        assert heard(process, CaptureFailed)[-1] == CaptureFailed(None, "models", (LIVENESS[0],))
        assert process.receive(5.0) == CaptureFailed(None, "died")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# -- the booth ------------------------------------------------------------------------------------


class ShownFace:
    """What a booth shows, and a person before the camera who does what is asked."""

    def __init__(self, emulator: Camera) -> None:
        self.emulator = emulator
        self.said: list[FaceCoaching] = []
        self.preview: Stream | None = None

    def __call__(self, coaching: FaceCoaching, preview: Stream | None) -> None:
        asked = {text: action for action, text in ACTIONS.items()}
        new = not self.said or self.said[-1].say != coaching.say
        self.said.append(coaching)
        self.preview = preview
        if new and coaching.say in asked:
            self.emulator.obey("act", what=asked[coaching.say].value)


@pytest.fixture
def booth(camera: tuple[Camera, Host]) -> tuple[FaceBooth, ShownFace]:
    return FaceBooth(camera[1], FaceSettings(models=models_folder()), "T0001"), ShownFace(camera[0])


def step(certificate: x509.Certificate) -> CaptureFace:
    pem = certificate.public_bytes(Encoding.PEM).decode()
    challenge = CHALLENGE.model_copy(update={"certificate": pem})
    return CaptureFace(challenge, "session-1", photo=Sensitive(b"WLf" + bytes(1021)))


def test_a_booth_gives_the_sealed_picture(
    booth: tuple[FaceBooth, ShownFace], key: rsa.RSAPrivateKey, camera: tuple[Camera, Host]
) -> None:
    certificate = certified(key)
    one, shown = booth
    taken = one.take(step(certificate), shown, CancelToken()).result(80.0)
    content = unseal(taken.sealed, certificate, key)
    assert (content.session, content.challenge) == ("session-1", CHALLENGE.challenge)
    assert (content.chip, content.cause) == ("not-compared", "no-decoder")
    assert SFACE not in content.models
    assert shown.said[-1].step == 3
    assert _soon(lambda: camera[0].look()["viewers"] == 0)  # the camera is off


def test_a_booth_that_is_left_ends_the_process_and_the_picture(
    booth: tuple[FaceBooth, ShownFace], key: rsa.RSAPrivateKey, camera: tuple[Camera, Host]
) -> None:
    camera[0].obey("face", who="profile")
    one, shown = booth
    cancel = CancelToken()
    future = one.take(step(certified(key)), shown, cancel)
    assert _soon(lambda: shown.preview is not None)
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENCE_S)
    assert caught.value.reason is Reason.CANCELLED
    assert _soon(lambda: camera[0].look()["viewers"] == 0)


@pytest.mark.parametrize(
    ("end", "why"), [(HowEnded.CAPTURED, None), (HowEnded.TOO_LONG, ENDS[HowEnded.TOO_LONG])]
)
@pytest.mark.parametrize("hint", [Hint.ALONE, Hint.CLOSER])
def test_a_booth_says_that_somebody_else_was_in_the_picture(
    end: HowEnded, why: object, hint: Hint
) -> None:
    sealed = b"sealed" if end is HowEnded.CAPTURED else b""
    said = [FaceProgress(1, 3, 0.1, hint), FaceProgress(1, 3, 0.2), CaptureEnded(end, sealed)]
    process: Any = SimpleNamespace(receive=lambda seconds: said.pop(0))
    one = FaceBooth.__new__(FaceBooth)
    taken = one._follow(process, lambda coaching, preview: None, CancelToken())
    assert (taken.sealed, taken.why_not, taken.crowd) == (sealed, why, hint is Hint.ALONE)


def test_a_booth_without_models_says_so(
    camera: tuple[Camera, Host], key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    assert missing_models(tmp_path) == LIVENESS
    assert closed_for_models(tmp_path) is not None
    assert closed_for_models(models_folder()) is None
    one = FaceBooth(camera[1], FaceSettings(models=tmp_path), "T0001")
    taken = one.take(step(certified(key)), ShownFace(camera[0]), CancelToken()).result(PATIENCE_S)
    assert taken == FaceTaken(why_not=closed_for_models(tmp_path))


def test_a_technician_sees_the_camera_only_while_the_page_is_open(
    booth: tuple[FaceBooth, ShownFace], camera: tuple[Camera, Host]
) -> None:
    one, _ = booth
    cancel, shown = CancelToken(), list[Stream]()
    future = one.aim(shown.append, cancel)
    assert _soon(lambda: bool(shown))
    assert shown[0].latest().image.any()
    assert camera[0].look()["viewers"] == 1
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENCE_S)
    assert caught.value.reason is Reason.CANCELLED
    assert _soon(lambda: camera[0].look()["viewers"] == 0)


@pytest.mark.parametrize("fault", ["freeze", "unplug"])
def test_a_camera_that_is_lost_while_it_is_aimed_is_told(
    booth: tuple[FaceBooth, ShownFace], camera: tuple[Camera, Host], fault: str
) -> None:
    one, _ = booth
    shown = list[Stream]()
    future = one.aim(shown.append, CancelToken())
    assert _soon(lambda: bool(shown))
    camera[0].obey(fault)
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENCE_S)
    assert caught.value.device is Kind.CAMERA


@pytest.mark.parametrize("fault", ["freeze", "unplug"])
def test_a_camera_that_is_lost_leads_to_the_other_ways(
    booth: tuple[FaceBooth, ShownFace],
    key: rsa.RSAPrivateKey,
    camera: tuple[Camera, Host],
    fault: str,
) -> None:
    one, shown = booth
    future = one.take(step(certified(key)), shown, CancelToken())
    assert _soon(lambda: shown.preview is not None)
    camera[0].obey(fault)
    taken = future.result(PATIENCE_S)
    assert taken.why_not is not None
    assert say(taken.why_not, Language.ZH) == "摄像头没有响应"


class CameraStand:
    """A host of a camera that notes what it was told."""

    def __init__(self) -> None:
        self.told: list[type[Any]] = []
        self.again = threading.Event()

    def execute(self, request: Any, seconds: float, cancel: CancelToken) -> Stream:
        self.told.append(type(request))
        if len(self.told) > 1:
            self.again.set()
        return Slots(3)

    def submit(self, request: Any, seconds: float) -> None:
        self.told.append(type(request))


class NeverStarted:
    """A process that the system refuses, or that dies before it has its order."""

    def __init__(self, end: Any) -> None:
        self.pid, self.killed = 0, False
        end.close()

    def kill(self) -> None:
        self.killed = True

    def wait(self, seconds: float) -> None:
        assert self.killed


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "refused"])
def test_a_process_that_does_not_start_is_no_bug_and_leads_to_the_other_ways(
    key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    born: list[NeverStarted] = []

    def start(module: str, end: Any) -> NeverStarted:
        if not dies:
            raise OSError(errno.EAGAIN, "no process to spare")
        born.append(NeverStarted(end))
        return born[0]

    monkeypatch.setattr(capture_process, "start_apart", start)
    stand = CameraStand()
    one = FaceBooth(stand, FaceSettings(models=models_folder()), "T0001")  # type: ignore[arg-type]
    taken = one.take(step(certified(key)), lambda *shown: None, CancelToken()).result(PATIENCE_S)
    assert taken.why_not is not None
    assert say(taken.why_not, Language.ZH) == "这次没有拍成"
    assert stand.told == ([StartStream, StopStream] if dies else []), "the camera is off"
    assert all(process.killed for process in born)


def test_a_capture_that_was_left_has_switched_the_camera_off_before_the_next_one_begins(
    key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand, began = CameraStand(), threading.Event()

    class SlowToEnd:
        def __init__(self) -> None:
            self.first = not began.is_set()

        def begin(self, order: CaptureOrder, stream: Stream) -> None: ...

        def __enter__(self) -> SlowToEnd:
            began.set()
            return self

        def __exit__(self, *ended: object) -> None:
            if self.first:
                stand.again.wait(0.3)

        def receive(self, seconds: float) -> CaptureMessage | None:
            time.sleep(0.005)
            return None if self.first else CaptureEnded(HowEnded.TOO_LONG)

    monkeypatch.setattr(booths, "CaptureProcess", SlowToEnd)
    one = FaceBooth(stand, FaceSettings(models=models_folder()), "T0001")  # type: ignore[arg-type]
    cancel = CancelToken()
    left = one.take(step(certified(key)), lambda *shown: None, cancel)
    assert began.wait(PATIENCE_S)
    cancel.cancel()
    one.take(step(certified(key)), lambda *shown: None, CancelToken()).result(PATIENCE_S)
    assert isinstance(left.exception(PATIENCE_S), DeviceError)
    assert stand.told == [StartStream, StopStream] * 2


def test_what_a_camera_needs_is_loaded_while_the_citizen_reads_what_the_face_is_for() -> None:
    stand, glass = CameraStand(), Glass()
    booth = FaceBooth(stand, FaceSettings(), "T0001")  # type: ignore[arg-type]
    dialogue = Dialogue({}, booth=booth)
    dialogue.screen = glass
    consent = ConsentToFace(CHALLENGE.notice)
    asked = threading.Thread(target=lambda: dialogue.ask(consent, back=False), daemon=True)
    asked.start()
    ticket = glass.shown.get(timeout=60)[1]
    assert _soon(lambda: stand.told == [PrepareStream]), "the camera stays off"
    dialogue.answer(ticket, DECLINE)
    asked.join(PATIENCE_S)
    assert not asked.is_alive()


def test_a_camera_that_the_last_capture_still_holds_is_a_reason(
    key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booths, "LEFT_S", 0.05)
    one = FaceBooth(CameraStand(), FaceSettings(), "T0001")  # type: ignore[arg-type]
    with one._one:
        future = one.take(step(certified(key)), lambda *shown: None, CancelToken())
        taken = future.result(PATIENCE_S)
    assert say(taken.why_not or "", Language.ZH) == "摄像头没有响应"


def _soon(holds: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_scaling_keeps_small_pictures() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    assert capturing._scaled(image) is image
