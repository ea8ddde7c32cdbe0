"""The stand-in centre's face check: challenge, notice, the opened envelope, and an honest rule.

It checks everything that binds a picture to a visit and that a live person was asked to move. It
has no register of faces: its own record says ``compared`` where the terminal has compared the face
with the photo of the chip, whatever came of it, and ``not-compared`` elsewhere. A real centre asks
the population register.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.centre.face import FaceChallenge, FaceNotice, FacePicture
from kiosk.centre.models import CentreWords, NoticePoint, Subject
from kiosk.identity.face.envelope import FaceContent, NotSealed, unseal
from kiosk.identity.face.hints import HeadAction
from kiosk.identity.face.models import LIVENESS, SFACE, pinned
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.cases import words
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Store

VALID_S = 300
FAILURES = 3
"""Failed pictures of a session after which no other is taken."""
LEAST_RELIEF = 0.10
TURNS = {HeadAction.TURN_LEFT.value, HeadAction.TURN_RIGHT.value}


class Faces:
    """Challenges and pictures. The key pair lives as long as the stand-in centre, in memory."""

    def __init__(self, store: Store, clock: Clock, alarms: Alarms) -> None:
        self._store = store
        self._clock = clock
        self._alarms = alarms

    def challenge(self, session: str, operation: str = "") -> FaceChallenge:
        """A challenge for one capture of ``session``. ``operation``: what the face shall confirm;
        it raises no level then. Refuses face-locked."""
        self._must_not_be_locked(session)
        challenge = secrets.token_hex(16)
        self._store.insert(
            "face",
            {
                "challenge": challenge,
                "session": session,
                "asked": self._clock.ticks(),
                "used": 0,
                "consent": "",
                "outcome": "",
                "at": self._clock.now().isoformat(),
                "operation": operation,
            },
        )
        return FaceChallenge(
            challenge=challenge,
            valid_s=VALID_S,
            certificate=self._certificate.public_bytes(Encoding.PEM).decode(),
            notice=NOTICE,
        )

    def check(self, session: str, terminal: str, picture: FacePicture, operation: str = "") -> None:
        """Check a picture. Refuses face-locked, face-expired (also a challenge that was used, or is
        for something else), face-unreadable, face-foreign, face-not-live. With an alarm where a
        picture is shown again, or one that was taken for another session, purpose or terminal."""
        asked = self._use(session, terminal, picture, operation)
        late = self._clock.ticks() - asked > VALID_S
        if late or picture.consent != NOTICE.version:
            raise Refused("face-expired")
        content = self._opened(picture)
        theirs = (content.session, content.challenge, content.terminal)
        if theirs != (session, picture.challenge, terminal):
            self._alarms.sound("face-replayed", terminal, session)
            raise Refused("face-foreign")
        if not _is_live(content):
            raise Refused("face-not-live")
        outcome = content.chip if SFACE in content.models else "not-compared"
        self._store.run(
            "UPDATE face SET outcome = ? WHERE challenge = ?", outcome, picture.challenge
        )

    def _use(self, session: str, terminal: str, picture: FacePicture, operation: str) -> float:
        """Use the challenge of ``picture`` up; when it was asked for. Refuses face-locked,
        face-expired."""
        with self._store.transaction():
            self._must_not_be_locked(session)
            row = self._store.one("SELECT * FROM face WHERE challenge = ?", picture.challenge)
            mine = row and row["session"] == session and row["operation"] == operation
            if row and mine and not row["used"]:
                self._store.run(
                    "UPDATE face SET used = 1, consent = ?, outcome = 'refused' "
                    "WHERE challenge = ?",
                    picture.consent,
                    picture.challenge,
                )
                return float(row["asked"])
        if row:
            self._alarms.sound("face-replayed", terminal, session)
        raise Refused("face-expired")

    def showed(self, challenge: str, session: str, operation: str) -> bool:
        """Whether the face of ``challenge`` was shown for ``operation``; it stands as long as the
        draft and its session."""
        row = self._store.one(
            "SELECT 1 FROM face WHERE challenge = ? AND session = ? AND operation = ? "
            "AND outcome IN ('compared', 'not-compared')",
            challenge,
            session,
            operation,
        )
        return row is not None

    # -- inside -------------------------------------------------------------------------------

    def _must_not_be_locked(self, session: str) -> None:
        failed = self._store.count(
            "SELECT count(*) FROM face WHERE session = ? AND outcome = 'refused'", session
        )
        if failed >= FAILURES:
            raise Refused("face-locked")

    def _opened(self, picture: FacePicture) -> FaceContent:
        try:
            sealed = base64.b64decode(picture.sealed, validate=True)
            return unseal(sealed, self._certificate, self._key)
        except (NotSealed, binascii.Error):
            raise Refused("face-unreadable") from None

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    @cached_property
    def _certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stand-in centre, faces")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .sign(self._key, hashes.SHA256())
        )


def _is_live(content: FaceContent) -> bool:
    """Whether the capture says that a live person was asked and did it: two different actions with
    a turn, relief in each turn, pinned models, and a picture."""
    actions = content.actions
    known = {action.value for action in HeadAction}
    if len(set(actions)) < 2 or not set(actions) <= known or not set(actions) & TURNS:
        return False
    if len(content.reliefs) != len(actions):
        return False
    turned = [
        depth for action, depth in zip(actions, content.reliefs, strict=True) if action in TURNS
    ]
    pins = {name: pin.sha256 for name, pin in pinned().items()}
    if not set(LIVENESS) <= set(content.models):
        return False
    if any(pins.get(name) != sha256 for name, sha256 in content.models.items()):
        return False
    return min(turned) >= LEAST_RELIEF and content.picture.startswith(b"\xff\xd8\xff")


_POINTS: Mapping[Subject, tuple[CentreWords, CentreWords]] = {
    "what": (
        words("拍什么", "What is taken"),
        words("拍您的脸约 5 秒，送出其中一张照片", "Your face for about 5 s; one picture is sent"),
    ),
    "why": (
        words("做什么用", "What for"),
        words(
            "只和公安人口信息比对一次，确认是您本人",
            "One comparison with the population register",
        ),
    ),
    "kept": (
        words("用完就删", "Deleted after use"),
        words("本机和中心都不保存照片、录像", "Neither this machine nor the centre keeps any"),
    ),
    "who": (
        words("谁来处理", "Who does it"),
        words(
            "云岭市住房公积金管理中心（演示），电话 12329",
            "Yunling Housing Provident Fund Centre (demo), 12329",
        ),
    ),
}
NOTICE = FaceNotice(
    title=words("人脸信息处理告知书", "Face notice"),
    version="2026-01",
    effective=date(2026, 1, 1),
    points=tuple(
        NoticePoint(about=about, title=_POINTS[about][0], text=_POINTS[about][1])
        for about in get_args(Subject)
    ),
    full=(
        words(
            "一、目的和必要性。为防止他人冒用您的身份办理业务，需要确认在场的是您本人。只在您选择"
            "“刷脸”并单独同意以后，本机才打开摄像头。",
            "1. Purpose. To keep others from acting in your name, it must be confirmed that you "
            "are present. The camera is switched on only after you have agreed.",
        ),
        words(
            "二、处理的信息。您的面部图像；按提示完成的动作；图像的清晰度等质量数据。不采集声音，"
            "不采集其他人的图像。",
            "2. What is processed. The image of your face, the movements you are asked for, and "
            "measures of the image's quality. No sound, and nobody else's image.",
        ),
        words(
            "三、处理方式。图像在本机内存中分析，不写入磁盘；有的机器还与身份证芯片里的照片比对，结果由"
            "中心判断。其中一张照片加密后送到中心，只有中心能打开，用于与公安人口信息比对一次。",
            "3. How. The images are analysed in this machine's memory and never written to a disk; "
            "some machines compare them with the photo on your card, for the centre to judge. "
            "One picture is encrypted for the centre, which compares it once.",
        ),
        words(
            "四、保存期限。比对完成后立即删除，本机和中心都不保存照片、录像。只保存您同意的时间和本告"
            "知书的版本，保存三年。",
            "4. How long. All images are deleted after the comparison. Only the time of your "
            "consent and the version of this notice are kept, for three years.",
        ),
        words(
            "五、您可以拒绝。拒绝后可以用短信验证码、手机扫码，或者到柜台办理，办理结果完全一样。拍摄"
            "过程中也可以随时停止。",
            "5. You may decline, and use a code by SMS, your phone or the counter instead; the "
            "result is the same. You may also stop at any moment.",
        ),
        words(
            "六、未满十四周岁的人不能使用刷脸，由监护人陪同到柜台办理。",
            "6. Nobody under fourteen uses this way; please come to the counter with a guardian.",
        ),
        words(
            "七、您有权查询、更正、删除您的个人信息，可以拨打 12329。处理者：云岭市住房公积金"
            "管理中心（演示）。",
            "7. You may ask what is kept about you and have it corrected or deleted: call 12329. "
            "Processed by the Yunling Housing Provident Fund Centre (demo).",
        ),
    ),
)
