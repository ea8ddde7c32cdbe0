"""Names under /dev and what is plugged in, on trees like those of the kernel and of udev."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import lab
from drivers.device import Kind
from kiosk import settings as settings_file
from kiosk.doctor import names, plugged, unknown
from kiosk.doctor.findings import Verdict
from kiosk.settings import Settings, profiles

SETTINGS = """
terminal = "T0001"
[centre]
url = "https://gjj.example"
seal_roots = "/etc/kiosk/roots.pem"
sealer = "s"
"""
FTDI = {"idVendor": "0403", "idProduct": "6001", "serial": "A10", "product": "FT232R USB UART"}
CH340 = {"idVendor": "1a86", "idProduct": "7523", "product": "USB Serial"}
HID, PRINTER, STICK, CARDS = "03:01:01", "07:01:02", "08:06:50", "0b:00:00"


class Tree:
    """A root directory with the parts of ``/sys``, ``/dev`` and ``/etc`` that are looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("dev/kiosk", "sys/bus/usb/devices", "etc/udev/rules.d"):
            (root / folder).mkdir(parents=True)

    def usb(self, place: str, facts: dict[str, str], interface: str = "ff:00:00") -> Path:
        """Plug a USB device into the hole ``place``; returns its interface."""
        device = self.root / "sys/devices/usb1" / place
        part = device / f"{place}:1.0"
        part.mkdir(parents=True)
        for name, value in facts.items():
            (device / name).write_text(value + "\n")
        for name, value in zip(
            ("Class", "SubClass", "Protocol"), interface.split(":"), strict=True
        ):
            (part / f"bInterface{name}").write_text(value + "\n")
        (self.root / "sys/bus/usb/devices" / place).symlink_to(device)
        return part

    def node(self, subsystem: str, name: str, at: Path, **facts: str) -> None:
        """What a driver of the kernel makes of it: an entry of its class, and a device file."""
        entry = at / subsystem / name
        entry.mkdir(parents=True)
        (entry / "device").symlink_to(at)
        (at / "driver").mkdir(exist_ok=True)
        for fact, value in facts.items():
            (entry / fact).write_text(value + "\n")
        klass = self.root / "sys/class" / subsystem
        klass.mkdir(parents=True, exist_ok=True)
        (klass / name).symlink_to(entry)
        file = self.root / "dev" / (f"usb/{name}" if subsystem == "usbmisc" else name)
        file.parent.mkdir(exist_ok=True)
        file.touch()

    def serial(self, place: str, facts: dict[str, str], name: str) -> None:
        self.node("tty", name, self.usb(place, facts))

    def link(self, name: str, to: str) -> None:
        (self.root / "dev" / name).symlink_to(f"../{to}" if "/" in name else to)

    def rules(self, text: str | None = None) -> None:
        (self.root / names.RULES.relative_to("/")).write_text(text or names.shipped())

    def names(self, **ports: str) -> dict[str, tuple[Verdict, str, str]]:
        found = names.look(settings(**ports), self.root)
        return {one.name: (one.verdict, one.seen, one.mend) for one in found}

    def unknown(self, **ports: str) -> dict[str, str]:
        found = list(unknown.look(settings(**ports), self.root))
        assert {one.verdict for one in found} <= {Verdict.NOTE}
        return {one.name: one.seen for one in found}


def settings(**ports: str) -> Settings:
    tables = {Kind(kind): {"driver": "serial", "port": port} for kind, port in ports.items()}
    return Settings(
        terminal="T0001",
        centre=settings_file.CentreSettings(
            url="https://gjj.example", seal_roots=Path("roots.pem")
        ),
        devices=tables,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


READER = "/dev/kiosk/id_card"


def test_a_name_that_leads_to_its_device(tree: Tree) -> None:
    tree.rules()
    tree.serial("1-2", FTDI, "ttyUSB0")
    tree.link("kiosk/id_card", "ttyUSB0")
    found = tree.names(id_card=READER)
    assert found["udev rules"] == (Verdict.GOOD, "as shipped", "")
    assert found[f"name {READER}"] == (
        Verdict.GOOD,
        "/dev/ttyUSB0 (0403:6001 FT232R USB UART)",
        "",
    )


HID_NAME = "/dev/kiosk/id_card_hid"


def hid_reader(tree: Tree, place: str = "1-2") -> None:
    facts = {"idVendor": "2b8b", "idProduct": "2721", "product": "HID Reader"}
    tree.node("hidraw", "hidraw0", tree.usb(place, facts, "03:00:00"))


def test_a_reader_of_the_hid_kind(tree: Tree) -> None:
    tree.rules()
    hid_reader(tree)
    name = f"name {HID_NAME}"
    assert "should have it" in tree.names(id_card=f"hid:{HID_NAME}")[name][1]
    tree.link("kiosk/id_card_hid", "hidraw0")
    assert tree.names(id_card=f"hid:{HID_NAME}")[name][0] is Verdict.GOOD
    assert tree.unknown(id_card=f"hid:{HID_NAME}") == {}
    assert "named /dev/kiosk/id_card_hid" in tree.unknown()["USB 1-2"]


def panel(tree: Tree) -> None:
    facts = {"idVendor": "222a", "idProduct": "0001"}
    tree.node("hidraw", "hidraw7", tree.usb("1-4", facts, "03:00:00"))
    inputs = tree.root / "proc/bus/input/devices"
    inputs.parent.mkdir(parents=True)
    inputs.write_text(
        'I: Bus=0003 Vendor=222a Product=0001 Version=0110\nN: Name="ILITEK"\nB: PROP=2\n'
    )


def test_a_missing_reader_is_looked_for_among_its_kind(tree: Tree) -> None:
    """Not among keyboards for one on a serial port, and never is it the touch panel."""
    tree.rules()
    panel(tree)
    other = {"idVendor": "2b8b", "idProduct": "9999", "product": "HID Reader 2"}
    tree.node("hidraw", "hidraw1", tree.usb("1-2", other, "03:00:00"))
    serial = tree.names(id_card=READER)[f"name {READER}"]
    assert serial[1] == names.NOTHING_FITS
    seen = tree.names(id_card=f"hid:{HID_NAME}")[f"name {HID_NAME}"][1]
    assert seen == "not there; without a name is: /dev/hidraw1 (2b8b:9999 HID Reader 2)"


def test_a_touch_panel_is_known_and_so_is_the_sound_of_a_speaker(tree: Tree) -> None:
    panel(tree)
    tree.usb("1-3", {"idVendor": "0d8c", "idProduct": "0014"}, "01:01:00")
    assert list(tree.unknown()) == ["USB 1-3"]
    assert tree.unknown(speaker="default") == {}


def test_names_made_by_rules_that_stand_elsewhere(tree: Tree) -> None:
    tree.serial("1-2", FTDI, "ttyUSB0")
    tree.serial("1-3", FTDI | {"serial": "A11"}, "ttyUSB1")
    tree.link("kiosk/id_card", "ttyUSB1")
    for text in (None, 'SUBSYSTEM=="tty", SYMLINK+="kiosk/pin_pad"\n'):
        if text:
            tree.rules(text)
        found = tree.names(id_card=READER)
        assert found["udev rules"][0] is Verdict.NOTE
        assert found[f"name {READER}"][0] is Verdict.GOOD


def no_rules(tree: Tree) -> None:
    tree.serial("1-2", FTDI, "ttyUSB0")


def not_triggered(tree: Tree) -> None:
    tree.rules()
    tree.serial("1-2", FTDI, "ttyUSB0")


def two_alike(tree: Tree) -> None:
    tree.rules()
    tree.serial("1-2", FTDI, "ttyUSB0")
    tree.serial("1-3", FTDI | {"serial": "A11"}, "ttyUSB1")
    tree.link("kiosk/id_card", "ttyUSB1")


def pulled(tree: Tree) -> None:
    tree.rules()
    tree.link("kiosk/id_card", "ttyUSB0")


def never_there(tree: Tree) -> None:
    tree.rules()


def other_model(tree: Tree) -> None:
    tree.rules()
    tree.serial("1-2", {"idVendor": "10c4", "idProduct": "ea60", "product": "CP2102"}, "ttyUSB0")


@pytest.mark.parametrize(
    ("situation", "seen", "mend"),
    [
        (no_rules, "the rules would give it to /dev/ttyUSB0 (0403:6001", "install /etc/udev"),
        (not_triggered, "/dev/ttyUSB0 (0403:6001 FT232R USB UART) should have it", "trigger"),
        (two_alike, "2 devices would get it", "ATTRS{serial}"),
        (pulled, "leads to ../ttyUSB0, which is gone", "cable and power"),
        (never_there, "nothing plugged in fits", "cable and power"),
        (other_model, "without a name is: /dev/ttyUSB0 (10c4:ea60 CP2102)", "put its ids into"),
    ],
)
def test_a_name_that_does_not(
    tree: Tree, situation: Callable[[Tree], None], seen: str, mend: str
) -> None:
    situation(tree)
    verdict, said, mends = tree.names(id_card=READER)[f"name {READER}"]
    assert verdict is Verdict.BAD
    assert seen in said
    assert mend in mends


@pytest.mark.parametrize(
    ("text", "verdict", "seen"),
    [
        (None, Verdict.BAD, "is not there"),
        ('SUBSYSTEM=="tty", SYMLINK+="kiosk/pin_pad"\n', Verdict.BAD, "no rule makes"),
        (
            'SUBSYSTEM=="tty", KERNELS=="1-2*", SYMLINK+="kiosk/id_card"\n',
            Verdict.GOOD,
            "adapted on site",
        ),
    ],
)
def test_the_rules(tree: Tree, text: str | None, verdict: Verdict, seen: str) -> None:
    if text:
        tree.rules(text)
    found = tree.names(id_card=READER)["udev rules"]
    assert found[0] is verdict
    assert seen in found[1]


def test_a_name_of_the_kernel_is_only_noted(tree: Tree) -> None:
    tree.serial("1-2", FTDI, "ttyUSB0")
    verdict, seen, mend = tree.names(id_card="/dev/ttyUSB0")["name /dev/ttyUSB0"]
    assert verdict is Verdict.NOTE
    assert "another device" in seen
    assert "give the id_card a name" in mend


@pytest.mark.parametrize(
    ("subsystem", "fits"),
    [("usb", True), ("usb-serial", True), ("usb|pci", True), ("hid", False), ("platform", False)],
)
def test_a_rule_may_name_what_stands_above(tree: Tree, subsystem: str, fits: bool) -> None:
    tree.rules(f'SUBSYSTEMS=="{subsystem}", SYMLINK+="kiosk/id_card"')
    tree.serial("1-2", FTDI, "ttyUSB0")
    assert ("should have it" in tree.names(id_card=READER)[f"name {READER}"][1]) is fits


@pytest.mark.parametrize("place", ["1-2", "1-3"])
def test_a_rule_may_name_the_hole(tree: Tree, place: str) -> None:
    tree.rules('SUBSYSTEM=="tty", KERNELS=="1-2*", SYMLINK+="kiosk/id_card"')
    tree.serial(place, FTDI, "ttyUSB0")
    seen = tree.names(id_card=READER)[f"name {READER}"][1]
    assert ("should have it" in seen) == (place == "1-2")


def test_the_rules_as_shipped_make_every_name_of_every_profile(tmp_path: Path) -> None:
    made = {f"/dev/{name}" for rule in names.rules(names.shipped()) for name in rule.names}
    wanted: set[str] = set()
    for profile in profiles():
        file = tmp_path / f"{profile}.toml"
        file.write_text(f'profile = "{profile}"\n{SETTINGS}', encoding="utf-8")
        tables = settings_file.load(file).devices.values()
        wanted |= {str(path) for table in tables for path in plugged.named(table)}
    ours = {path for path in wanted if path.startswith("/dev/kiosk/")}
    assert ours
    assert ours <= made


def test_no_rule_as_shipped_asks_for_what_udev_knows_only_later() -> None:
    """ENV{ID_VENDOR_ID} of a serial port is set by 60-serial.rules, which comes after."""
    keys = {key for rule in names.rules(names.shipped()) for key, _, _ in rule.conditions}
    assert not any(key.startswith("ENV{ID_") for key in keys)


def camera(tree: Tree) -> None:
    at = tree.usb("1-4", {"idVendor": "046d", "idProduct": "0825", "product": "Webcam"}, "0e:01:00")
    tree.node("video4linux", "video0", at, index="0")
    tree.node("video4linux", "video1", at, index="1")


def board_port(tree: Tree) -> None:
    tree.node("tty", "ttyS0", tree.root / "sys/devices/serial8250", type="4")
    tree.node("tty", "ttyS1", tree.root / "sys/devices/serial8250-1", type="0")  # no port behind it


@pytest.mark.parametrize(
    ("plug", "name", "why"),
    [
        (lambda t: t.serial("1-2", CH340, "ttyUSB0"), "serial port /dev/ttyUSB0",
         "named /dev/kiosk/receipt_printer, which is in no settings"),
        (lambda t: t.serial("1-2", CH340 | {"idVendor": "067b"}, "ttyUSB0"),
         "serial port /dev/ttyUSB0", "no rule names it"),
        (camera, "camera /dev/video0", "named /dev/kiosk/camera, which is in no settings"),
        (board_port, "serial port /dev/ttyS0", "on the board: in no settings"),
        (lambda t: t.node("usbmisc", "lp0", t.usb("1-2", FTDI, PRINTER)),
         "printer /dev/usb/lp0", "in no settings"),
        (lambda t: t.usb("1-2", FTDI, HID), "USB 1-2", "types like a keyboard"),
        (lambda t: t.usb("1-2", FTDI, STICK), "USB 1-2", "take it out"),
        (lambda t: t.usb("1-2", FTDI, CARDS), "USB 1-2", "smart card reader"),
        (lambda t: t.usb("1-2", FTDI), "USB 1-2", "the kernel has no driver for it"),
    ],
)  # fmt: skip
def test_what_is_in_no_settings_is_told_with_why(
    tree: Tree, plug: Callable[[Tree], object], name: str, why: str
) -> None:
    plug(tree)
    found = tree.unknown()
    assert list(found) == [name]
    assert why in found[name]


def test_a_scanner_in_keyboard_mode_is_suspected_where_a_scanner_is_missing(tree: Tree) -> None:
    tree.usb("1-2", {"idVendor": "1eab", "idProduct": "0003", "product": "NLS-FM430"}, HID)
    (finding,) = unknown.look(settings(code_scanner="/dev/kiosk/code_scanner"), tree.root)
    assert "keyboard mode" in finding.seen
    assert "virtual COM" in finding.mend or "USB COM port" in finding.mend


@pytest.mark.parametrize("port", ["/dev/kiosk/id_card", "/dev/ttyUSB0"])
def test_what_is_used_is_not_told(tree: Tree, port: str) -> None:
    tree.serial("1-2", FTDI, "ttyUSB0")
    tree.link("kiosk/id_card", "ttyUSB0")
    tree.usb("usb1", {"idVendor": "1d6b", "idProduct": "0002"}, "09:00:00")  # a hub
    assert tree.unknown(id_card=port) == {}


def test_names_inside_of_addresses() -> None:
    table = {
        "address": "serial:///dev/kiosk/receipt_printer?baud=115200",
        "other": "file:///dev/usb/lp0",
        "uri": "ipp://192.168.66.20/ipp/print",
        "baud": 9600,
    }
    found = [str(path) for path in plugged.named(table)]
    assert found == ["/dev/kiosk/receipt_printer", "/dev/usb/lp0"]


def test_the_settings_of_the_labs_test_can_be_loaded(tmp_path: Path) -> None:
    """The lab itself needs a machine of its own."""
    tree = ast.parse((Path(lab.__file__).parent / "guest/test_doctor.py").read_text())
    (text,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SETTINGS"
    ]
    (tmp_path / "terminal.toml").write_text(text)
    loaded = settings_file.load(tmp_path / "terminal.toml")
    assert f"name {READER}" in [one.name for one in names.look(loaded, tmp_path)]
