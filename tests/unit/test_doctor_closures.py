"""What is out of service, as the doctor tells it: what, why, since when, by whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.device import Kind
from kiosk.doctor import closures
from kiosk.doctor.findings import Verdict
from kiosk.settings import CentreSettings, Settings
from kiosk.staff.roster_file import FOLDER
from kiosk.terminal.closures import REASONS, TERMINAL, Closures
from kiosk.words import Language, say_sentence


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


def told() -> dict[str, tuple[Verdict, str]]:
    centre = CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem"))
    found = closures.look(Settings(terminal="T0001", centre=centre))
    return {str(one.name): (one.verdict, str(one.seen)) for one in found}


def test_nothing_out_of_service_is_good() -> None:
    assert told() == {"out of service": (Verdict.GOOD, "nothing")}


def test_each_thing_is_told_with_its_reason_and_who_did_it(state: Path) -> None:
    for what, why in ((TERMINAL, "notice"), (Kind.CAMERA, "repair"), ("ledger", "testing")):
        Closures(state).change(what, why, "6021")
    found = told()
    assert list(found) == [
        "out of service: the whole terminal",
        "out of service: camera",
        "out of service: ledger",
    ]
    assert {verdict for verdict, _seen in found.values()} == {Verdict.NOTE}
    seen = found["out of service: camera"][1]
    assert seen.startswith("waits for repair; since 20")
    assert seen.endswith(", by staff number 6021")


def test_every_reason_has_its_words_for_technicians() -> None:
    assert set(closures._WHY) == set(REASONS)
    for words in closures._WHY.values():
        assert say_sentence(words, Language.ZH) != str(words)


def test_a_file_of_an_earlier_version_names_nobody(state: Path) -> None:
    (state / FOLDER).mkdir()
    (state / FOLDER / "closures.json").write_text('{"terminal": "repair"}')
    assert told() == {
        "out of service: the whole terminal": (Verdict.NOTE, "waits for repair"),
    }


def test_a_file_that_cannot_be_read_is_told(state: Path) -> None:
    file = state / FOLDER / "closures.json"
    file.parent.mkdir()
    file.write_text("{")
    ((verdict, seen),) = told().values()
    assert verdict is Verdict.NOTE
    assert "everything is in service" in seen
    file.unlink()
    file.mkdir()
    ((_, seen),) = told().values()
    assert seen.endswith("closures.json: Is a directory")
