"""terminal.toml: what it may say, and one sentence for everything else."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Kind
from kiosk.settings import (
    ENROLLED,
    EnrolledDamaged,
    Settings,
    SettingsError,
    before_enrolment,
    load,
)

SMALLEST = """
terminal = "T0001"
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
sealer = "演示中心"
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "terminal.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_smallest_file_is_a_terminal_in_production(tmp_path: Path) -> None:
    settings = load(written(tmp_path, SMALLEST))
    assert settings.production
    assert settings.screen.orientation == "portrait"
    limits = settings.visit
    assert limits.idle_s < limits.phone_s
    assert limits.phone_s + limits.answer_s + limits.covered_s < limits.limit_s
    assert settings.devices == {}


def test_everything_can_be_said(tmp_path: Path) -> None:
    settings = load(
        written(
            tmp_path,
            """
terminal = "T-2"
production = false
run_directory = "run"
[screen]
orientation = "landscape"
full_screen = false
language = "en"
lowered = true
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
connect_s = 1
read_s = 2.5
ca = "ca.pem"
certificate = "terminal.pem"
key = "terminal.key"
[visit]
idle_s = 10
answer_s = 5
limit_s = 60
[devices.id_card]
driver = "sdt"
port = "port"
""",
        )
    )
    assert not settings.production
    assert settings.screen.lowered
    assert settings.centre.read_s == 2.5
    assert settings.devices[Kind.ID_CARD] == {"driver": "sdt", "port": "port"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "terminal"),
        ("terminal = \n", "line 1"),
        (b"\xff", "utf-8"),
        (SMALLEST.replace("T0001", "一号"), "terminal"),
        (SMALLEST.replace("T0001", "T" * 33), "terminal"),
        (SMALLEST.replace("T0001", ""), "terminal"),
        (SMALLEST.replace("url", "ulr"), "ulr"),
        (SMALLEST.replace("seal_roots", "roots"), "roots"),
        (SMALLEST.replace('sealer = "演示中心"', ""), "sealer is needed in production"),
        (SMALLEST + "read_s = -1", "centre.read_s"),
        (SMALLEST + "read_s = 3601", "centre.read_s"),
        (SMALLEST + "read_s = nan", "centre.read_s"),
        (SMALLEST + 'read_s = "3"', "centre.read_s"),
        (SMALLEST + "read_s = " + "9" * 5000, "digits"),
        (SMALLEST + 'key = "key.pem"', "belong together"),
        (SMALLEST + 'certificate = "terminal.pem"', "belong together"),
        (SMALLEST + '[screen]\norientation = "diagonal"', "screen.orientation"),
        (SMALLEST + "[screen]\nfull_screen = 1", "screen.full_screen"),
        (SMALLEST + "[visit]\nidle = 3", "idle"),
        (SMALLEST + "[devices]\nid_card = 3", "devices"),
        (SMALLEST + "[devices.id_card]\nport = 3", "[devices.id_card] needs driver"),
        (SMALLEST + "[devices.id_card]\ndriver = 3", "[devices.id_card] needs driver"),
        (SMALLEST + "[device]", "device"),
        (
            SMALLEST + '[devices.id_crad]\ndriver = "sdt"',
            "no device class 'id_crad'; known: id_card",
        ),
        (SMALLEST + 'url = "https://other.example"', "overwrite"),
    ],
)
def test_what_does_not_fit_is_told_with_file_and_place(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


SCREEN = SMALLEST + "[screen]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SCREEN + 'oreintation = "portrait"', "(line 8; `orientation` is meant?)"),
        (SCREEN + 'orientation = "portait"', "(line 8; `portrait` is meant?)"),
        (SCREEN + "lowered = 1", "(line 8)"),
        (SMALLEST.replace("url", "ulr"), "(line 4; `url` is meant?)"),
        (SMALLEST + "[scren]\nlowered = true", "(line 7; `screen` is meant?)"),
        ('profile = "supermaket"' + SMALLEST, "(line 1; `supermarket` is meant?)"),
        (SMALLEST + '[devices.id_crad]\ndriver = "sdt"', "(line 7; `id_card` is meant?)"),
        (SMALLEST + '[where]\nid_card = "rigth"', "(line 7; `right` is meant?)"),
        ('without = ["pin_pda"]' + SMALLEST, "(line 1; `pin_pad` is meant?)"),
        ("screen.lowred = true" + SMALLEST, "(line 1; `lowered` is meant?)"),
        (SMALLEST + '[profile]\ndriver = "sdt"', "(line 7)"),
    ],
)
def test_a_typing_mistake_is_told_with_its_line_and_what_is_meant(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, text))
    assert str(refused.value).endswith(told)


def test_a_machine_may_lack_a_device_of_its_profile(tmp_path: Path) -> None:
    text = 'profile = "supermarket"\nwithout = ["pin_pad", "speaker"]' + SMALLEST
    settings = load(written(tmp_path, text))
    assert Kind.CAMERA in settings.devices
    assert not {Kind.PIN_PAD, Kind.SPEAKER} & set(settings.devices)
    with pytest.raises(SettingsError, match="pin_pad has a table and stands in `without`"):
        load(written(tmp_path, text + '[devices.pin_pad]\ndriver = "serial"\nport = "p"'))
    with pytest.raises(SettingsError, match="without"):
        load(written(tmp_path, text.replace('"speaker"', "[1]")))


@pytest.mark.parametrize(
    ("before", "after"),
    [('"T0001"', '"T0001\\n"'), ("[centre]", '[screen]\noutput = "DP-1\\n"\n[centre]')],
)
def test_a_line_feed_is_no_part_of_a_name(before: str, after: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="matching regex"):
        load(written(tmp_path, SMALLEST.replace(before, after)))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there are no settings"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="directory"):
        load(tmp_path)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: SMALLEST + text))
def test_any_file_is_settings_or_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), text)
    with contextlib.suppress(SettingsError):
        assert isinstance(load(path), Settings)


def test_tables_that_are_nested_too_deeply_are_told_before_and_after_an_enrolment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = f"enrolment = {'[' * 5000}"
    with pytest.raises(SettingsError, match=r"terminal\.toml"):
        before_enrolment(written(tmp_path, deep))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    (tmp_path / ENROLLED).write_text(deep)
    with pytest.raises(EnrolledDamaged, match="enrol again"):
        load(written(tmp_path, SMALLEST))
