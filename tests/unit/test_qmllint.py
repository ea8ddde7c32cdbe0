"""What Python gives to QML is known to qmllint: a page cannot read what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.qmllint import lint

PAGE = """pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
Item {
    id: page
    required property QtObject view
    readonly property ChooseContent shown: view as ChooseContent
    Repeater {
        model: page.shown.options
        Item {
            required property OptionPart modelData
            objectName: modelData.key
        }
    }
    Component.onCompleted: CurrentPage.answer(page.shown.title + IdleClock.secondsLeft)
}
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("shown.options", "shown.opinions"),
        ("modelData.key", "modelData.kee"),
        ("shown.title", "shown.titel"),
        ("CurrentPage.answer", "CurrentPage.reply"),
        ("IdleClock.secondsLeft", "IdleClock.seconds"),
    ],
)
def test_a_name_that_is_not_there_is_a_warning(tmp_path: Path, right: str, wrong: str) -> None:
    page = tmp_path / "WrongPage.qml"
    page.write_text(PAGE.replace(right, wrong))
    done = lint([page])
    assert done.returncode != 0
    assert f'"{wrong.split(".")[1]}" not found' in done.stderr + done.stdout


def test_a_page_that_reads_what_is_there_passes(tmp_path: Path) -> None:
    page = tmp_path / "RightPage.qml"
    page.write_text(PAGE)
    done = lint([page])
    assert done.returncode == 0, done.stdout + done.stderr
