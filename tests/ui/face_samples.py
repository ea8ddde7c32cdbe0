"""The steps of a face capture, filled as the stand-in centre fills them."""

from __future__ import annotations

from datetime import date

from kiosk.centre.face import FaceChallenge, FaceNotice
from kiosk.centre.models import CentreWords, NoticePoint

NOTICE = FaceNotice(
    title=CentreWords(zh="人脸信息处理告知书", en="Face notice"),
    version="2026-01",
    effective=date(2026, 1, 1),
    points=(
        NoticePoint(
            about="what",
            title=CentreWords(zh="拍什么", en="What is taken"),
            text=CentreWords(
                zh="拍一段您的脸，约 5 秒，送出一张照片",
                en="Your face for 5 s; one picture is sent",
            ),
        ),
        NoticePoint(
            about="why",
            title=CentreWords(zh="做什么用", en="What for"),
            text=CentreWords(
                zh="只和公安人口信息比对一次，确认是您本人",
                en="One comparison with the population register",
            ),
        ),
        NoticePoint(
            about="kept",
            title=CentreWords(zh="用完就删", en="Deleted after use"),
            text=CentreWords(
                zh="本机和中心都不保存照片、录像", en="Neither machine nor centre keeps pictures"
            ),
        ),
        NoticePoint(
            about="who",
            title=CentreWords(zh="谁来处理", en="Who"),
            text=CentreWords(
                zh="云岭市住房公积金管理中心，电话 12329", en="Yunling Housing Fund Centre, 12329"
            ),
        ),
    ),
    full=tuple(
        CentreWords(
            zh=f"第{number}条 为确认是您本人，需要采集您的人脸信息。采集前取得您的单独同意；"
            "您可以拒绝，拒绝后可以用短信、手机扫码或者到柜台办理，不影响办理结果。",
            en=f"{number}. To confirm that it is you, facial information is needed. You may "
            "decline, and use SMS, your phone or the counter instead.",
        )
        for number in range(1, 9)
    ),
)
CHALLENGE = FaceChallenge(challenge="c", valid_s=300, certificate="", notice=NOTICE)
