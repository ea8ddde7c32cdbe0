"""A service of another maker: a package is installed, the settings name it, the menu has it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.doctor import services as doctor
from kiosk.doctor.findings import Verdict
from kiosk.services import SERVICES, added
from kiosk.settings import CentreSettings, Settings
from kiosk.visit.steps import Farewell, Menu, ShowStatement
from kiosk.visit.visit import WentBack
from tests.logged import logged
from tests.services.script import LEAVE, World, facts, titled

SOURCE = Path(__file__).parents[1] / "added_service"
OFFER = {
    "service": "bus-card",
    "title": {"zh": "公交卡", "en": "Bus card"},
    "hint": {"zh": "充值网点", "en": "Where to top up"},
    "open": True,
    "hours": {"opens": "00:00", "closes": "23:59"},
    "group": "other",
}


def install(source: Path, into: Path) -> None:
    """Install a package as a technician does, into a folder of its own."""
    shutil.copytree(source, into / "source")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--target", into / "site", into / "source"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("added")
    install(SOURCE, folder)
    return folder / "site"


@pytest.fixture(autouse=True)
def only_ours() -> Iterator[None]:
    """What a test enters is taken out again."""
    ours = dict(SERVICES)
    yield
    SERVICES.clear()
    SERVICES.update(ours)
    sys.modules.pop("bus_card", None)


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)


def settings(*services: str) -> Settings:
    centre = CentreSettings(url="https://gjj.example.gov.cn", seal_roots=Path("root.pem"))
    return Settings(terminal="T0001", production=False, centre=centre, services=services)


@pytest.mark.usefixtures("installed")
def test_a_service_that_the_settings_name_is_served(here: World) -> None:
    added.add(("bus-card",))
    here.ask("POST", "/offers", OFFER)
    page = titled("公交卡")
    played = here.serve("P01", "bus-card", (page, WentBack()))
    assert facts(played.last(ShowStatement)) == {"哪里充值": "地铁站"}
    assert played.last(Menu).tiles[-1].icon == "card"


@pytest.mark.usefixtures("installed")
def test_a_service_that_nobody_named_is_refused_and_its_code_not_run(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    added.add(())
    assert "bus_card" not in sys.modules
    (line,) = logged(caplog, "kiosk.services.added")
    assert (line.message, line.__dict__["package"]) == ("service refused", "kiosk-bus-card 1.2")
    here.ask("POST", "/offers", OFFER)
    played = here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))
    assert "bus-card" not in [tile.service for tile in played.last(Menu).tiles]


def package(site: Path, name: str, entry: str, code: str = "") -> None:
    """Lay a package out as an installer leaves it: its module, and what it says of itself."""
    site.joinpath(f"{name}.py").write_text(code)
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text(f"[{added.GROUP}]\n{entry}\n")


SERVICE = """
from kiosk.services.catalogue import Needs, Service
X = Service({id!r}, icon={icon!r}, needs=Needs(), run=lambda visit: None)
"""


@pytest.mark.parametrize(
    ("id_", "code", "why"),
    [
        ("account", SERVICE.format(id="account", icon="card"), "this program has a service of"),
        ("x", "1 / 0", "its import failed: ZeroDivisionError: division by zero"),
        ("x", "raise SystemExit(0)", "its import failed: SystemExit: 0"),
        ("x", "X = 7", "it is no service"),
        ("x", SERVICE.format(id="y", icon="card"), "it calls itself 'y'"),
        ("x", SERVICE.format(id="x", icon="none"), "there is no icon 'none'"),
    ],
)
def test_a_service_that_cannot_be_used_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, id_: str, code: str, why: str
) -> None:
    name = f"maker_{tmp_path.name}".replace("-", "_")
    package(tmp_path, name, f"{id_} = {name}:X", code)
    monkeypatch.syspath_prepend(tmp_path)
    (one,) = added.look((id_,))
    assert one.service is None
    assert one.refused.startswith(why)
    (finding,) = doctor.look(settings(id_))
    assert finding.verdict is Verdict.BAD
    assert finding.mend == f"ask who made {name} 1.0"


def test_two_packages_cannot_have_one_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("maker_one", "maker_two"):
        package(tmp_path, name, f"x = {name}:X")
    monkeypatch.syspath_prepend(tmp_path)
    (one,) = added.look(("x",))
    assert one.refused == "2 packages have it"
    assert sorted(one.package.split("; ")) == ["maker_one 1.0", "maker_two 1.0"]


def test_the_doctor_tells_what_is_named_and_missing() -> None:
    (finding,) = doctor.look(settings("bus-card"))
    assert (finding.name, finding.verdict) == ("service bus-card", Verdict.BAD)
    assert finding.seen == "no installed package has it"


@pytest.mark.usefixtures("installed")
def test_the_doctor_tells_what_is_installed() -> None:
    (named,) = doctor.look(settings("bus-card"))
    assert (named.verdict, named.seen) == (Verdict.GOOD, "kiosk-bus-card 1.2")
    (unnamed,) = doctor.look(settings())
    assert unnamed.verdict is Verdict.NOTE
    assert unnamed.mend.startswith('write services = ["bus-card"] into the settings')


def test_a_refusal_is_a_line_of_the_log_also_in_the_first_visit(tmp_path: Path) -> None:
    """The first visit starts without the fork server, and loads the services itself."""
    file = tmp_path / "terminal.toml"
    file.write_text(
        'terminal = "T0001"\nservices = ["bus-card"]\n[centre]\nsealer = "X"\n'
        'url = "https://gjj.example.gov.cn"\nseal_roots = "root.pem"\n'
    )
    command = (sys.executable, "-m", "kiosk", "visit", "--settings", file, "--channel", "99")
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    first = json.loads(done.stderr.splitlines()[0])
    assert (first["event"], first["service"]) == ("service-refused", "bus-card")
    assert first["reason"] == "no installed package has it"
