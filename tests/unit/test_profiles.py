"""Profiles: what kind of machine a terminal is, and what its own settings put over that."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from drivers import catalogue
from drivers.device import Kind
from kiosk.settings import Settings, SettingsError, load, profiles

OWN = """\
terminal = "T1"
profile = "{profile}"
{more}
[centre]
url = "https://c"
seal_roots = "r"
sealer = "s"
"""


def settings(tmp_path: Path, profile: str, more: str = "") -> Settings:
    path = tmp_path / "terminal.toml"
    path.write_text(OWN.format(profile=profile, more=more), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("profile", profiles())
def test_every_profile_is_good_settings_for_drivers_that_exist(
    tmp_path: Path, profile: str
) -> None:
    loaded = settings(tmp_path, profile)
    assert loaded.devices
    for kind, table in loaded.devices.items():
        options = {k: v for k, v in table.items() if k not in ("driver", "host")}
        assert catalogue.create(kind, table["driver"], options).info.kind == kind


@pytest.mark.parametrize("profile", profiles())
def test_devices_have_the_names_that_udev_gives_them(tmp_path: Path, profile: str) -> None:
    rules = (files("assets") / "udev" / "60-kiosk.rules").read_text(encoding="utf-8")
    for table in settings(tmp_path, profile).devices.values():
        for node in re.findall(r"/dev/[^?]+", " ".join(map(str, table.values()))):
            assert f'SYMLINK+="{node.removeprefix("/dev/")}"' in rules


def test_what_the_terminal_says_goes_before_its_profile(tmp_path: Path) -> None:
    loaded = settings(tmp_path, "supermarket", '[devices.id_card]\nport = "/dev/ttyS9"\n')
    assert loaded.devices[Kind.ID_CARD] == {"driver": "sdt", "port": "/dev/ttyS9"}
    assert loaded.devices[Kind.RECEIPT_PRINTER]["driver"] == "escpos"
    assert loaded.screen.orientation == "portrait"


def test_another_driver_takes_nothing_from_the_one_it_replaces(tmp_path: Path) -> None:
    more = '[devices.receipt_printer]\ndriver = "other"\nuri = "x"\n'
    loaded = settings(tmp_path, "supermarket", more)
    assert loaded.devices[Kind.RECEIPT_PRINTER] == {"driver": "other", "uri": "x"}


def test_an_unknown_profile_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no profile 'moon'; known: .*supermarket"):
        settings(tmp_path, "moon")


def test_the_lowered_kiosk_is_lowered(tmp_path: Path) -> None:
    assert settings(tmp_path, "lowered").screen.lowered


@pytest.mark.parametrize("profile", profiles())
def test_a_profile_says_where_its_cards_and_papers_go(tmp_path: Path, profile: str) -> None:
    loaded = settings(tmp_path, profile)
    assert loaded.where.keys() <= loaded.devices.keys()
    assert loaded.where.keys() >= {Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER}


def test_a_side_that_no_machine_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="behind"):
        settings(tmp_path, "supermarket", '[where]\nid_card = "behind"')
