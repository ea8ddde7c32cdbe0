"""The settings of one terminal: ``terminal.toml``, typed and checked; each is documented here.

What a terminal got when it was enrolled lies in its state directory, in ``enrolled.toml``: a part
that software renews, where the root file system may be read-only. What ``terminal.toml`` says goes
before ``enrolled.toml``, and that before the profile.
"""

from __future__ import annotations

import os
import tomllib
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from drivers.device import Kind

Side = Literal["left", "right", "above", "below", "below-left", "below-right"]
"""Where something lies on the machine, seen from the screen."""
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class SettingsError(Exception):
    """The settings cannot be used: which file, which line or key, and why."""


class NoSettings(SettingsError):
    """There is no file of settings."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file. An unknown key is an error, so that a mistyped key is noticed."""


class ScreenSettings(_Table, frozen=True, kw_only=True):
    """The touchscreen."""

    orientation: Literal["portrait", "landscape"] = "portrait"
    """portrait: 1080×1920, landscape: 1920×1080."""
    full_screen: bool = True
    """False: a window that fits on a desk, for demo and training."""
    language: Literal["zh_CN", "en"] = "zh_CN"
    """The language of the attract page; the citizen may change it at any time."""
    high_contrast: bool = False
    """True: black on white, 7:1 and more."""
    lowered: bool = False
    """True: everything to press lies in the lower half (a lowered kiosk)."""
    mounted_mm: Annotated[int, msgspec.Meta(ge=0, le=3000)] = 0
    """How high the panel's lower edge is above the floor, in millimetres; 0: not measured. The
    doctor says whether somebody in a wheelchair reaches all buttons."""
    rotation: Literal["auto", 0, 90, 180, 270] = "auto"
    """How far the panel hangs turned clockwise from how it was built; the picture is turned back by
    that. auto: 90 where the panel is built wide and ``orientation`` is portrait, or the other way
    round; else 0. Of 90 and 270 only who stands before the panel knows the right one. Touches turn
    with the picture."""
    touch_turned: Literal[0, 90, 180, 270] = 0
    """How far the touch layer is built in clockwise against the panel's picture."""
    server: Literal["cage", "xorg"] = "cage"
    """The display server: the compositor cage; or, for a graphics card or a touch panel that only
    an X server drives, Xorg with the window manager openbox."""
    output: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]*\Z")] = ""
    """The panel's output of the graphics card, e.g. ``HDMI-A-1``; empty: the first one with a
    screen when the machine starts. The other outputs are switched off."""


class UsbSettings(_Table, frozen=True, kw_only=True):
    """What may be plugged into the machine. Storage, keyboards, mice and network adapters may not,
    unless they are named here; usbguard refuses them."""

    allow: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}:([0-9a-f]{4}|\*)\Z")], ...] = ()
    """Devices that may be used whatever they are, ``222a:0001`` or ``222a:*``. Once any is named,
    every device of the HID kind must be: touch panel, HID reader, keyboard-like scanner."""


class CentreSettings(_Table, frozen=True, kw_only=True):
    """The housing provident fund centre's API."""

    url: str
    """Base address, e.g. ``https://gjj.example.gov.cn``; paths begin with ``/v1``."""
    seal_roots: Path
    """PEM file with the certificates that a seal must come from."""
    sealer: str = ""
    """Who seals, of all under ``seal_roots``: the organisation (O) in the certificate's subject, or
    the SHA-256 of the certificate or of its public key, in hexadecimal. Needed in production."""
    timestamp_roots: Path | None = None
    """PEM file with the certificates that time-stamps of seals must come from. Without it, any
    time-stamp will do: a seal's own time is compared with the centre's clock."""
    revocation_list: bool = False
    """True: the centre serves a revocation list, and every seal is held against it."""
    connect_s: Seconds = 3.0
    """How long a connection may take."""
    read_s: Seconds = 10.0
    """How long a whole answer may take."""
    ca: Path | None = None
    """PEM file with the certificates the centre's TLS certificate must come from."""
    certificate: Path | None = None
    """This terminal's own certificate, for mutual TLS; with ``key``."""
    key: Path | None = None
    """Its private key; may be a TPM key file."""


class VisitLimits(_Table, frozen=True, kw_only=True):
    """How long a visit may wait and last."""

    idle_s: Seconds = 60.0
    """Without a touch for this long, the page asks whether the citizen is still there."""
    phone_s: Seconds = 180.0
    """The same on a page that waits for the citizen's telephone, which must first be found."""
    answer_s: Seconds = 60.0
    """Nobody has answered for this long: the page is covered."""
    covered_s: Seconds = 120.0
    """Nobody has touched the covered page for this long: the visit ends."""
    care_factor: float = 3.0
    """In care mode 关怀版, all four times above are this many times as long."""
    limit_s: Seconds = 600.0
    """No visit lasts longer, but for paper that comes out, half a minute in which to read how an
    operation has ended, and the farewell to a card that lies there."""
    limit_warn_s: Seconds = 60.0
    """Every page says this long before that the visit will end."""
    maintenance_s: Seconds = 1800.0
    """How long a technician usually needs: the page of a machine under maintenance says until
    when, unless this is 0."""


class FaceSettings(_Table, frozen=True, kw_only=True):
    """Face capture."""

    models: Path = Path("/var/lib/kiosk/models")
    """The folder of the model files; ``kiosk models`` lists and installs them. Without the three
    models that liveness needs, the way to sign in by face is greyed."""
    source: str = ""
    """Where ``kiosk models install`` finds the files when it is told no other place: a folder, or
    an http(s) address below which they lie by their names."""
    decoder: Path | None = None
    """A program, in ``/usr`` or ``/bin``, that decodes the photo of an ID card's chip: it reads
    1,024 bytes of WLT from its standard input and writes a JPEG, PNG or BMP to its standard output.
    With it and the model SFace, a captured face is compared with the photo, and the centre is told
    how alike they are. It comes with the vendor's licence; empty: nothing is compared here."""


class SpeechSettings(_Table, frozen=True, kw_only=True):
    """Spoken sentences; they need a speaker."""

    aloud: bool = True
    """The speaker says what the page of a face capture asks for, and what to take along at the end,
    in the language of the screen and never anything personal. False: sounds only."""


class EnrolmentSettings(_Table, frozen=True, kw_only=True):
    """Where a terminal without a certificate asks for one; see ``docs/enrolment.md``."""

    url: str = ""
    """The address before ``/v1/enrolments`` of the centre, which asks for no certificate there."""
    ca: Path | None = None
    """PEM file with the certificates the TLS certificate of ``url`` must come from. Without it,
    those of the system will do."""
    tickets: Path = Path("/etc/kiosk/ticket-signers.pem")
    """PEM file with the certificates of those who may sign enrolment tickets."""


class MaintenanceSettings(_Table, frozen=True, kw_only=True):
    """Who may open the maintenance page at the terminal; see ``docs/maintenance.md``."""

    tickets: Path = Path("/etc/kiosk/ticket-signers.pem")
    """PEM file with the certificates of those who may sign maintenance tickets."""
    staff_hours: Annotated[int, msgspec.Meta(ge=2, le=720)] = 72
    """For so many hours the cards of the staff count after the centre has last confirmed its
    roster; longer without the centre, only tickets open the page. More than 1, since a confirmation
    is kept once an hour only."""


class EnrolledSettings(_Table, frozen=True, kw_only=True):
    """Of a terminal that was enrolled; software writes this table, nobody else does."""

    place: str
    """Where the terminal stands, in the centre's words."""
    key_place: Literal["tpm", "file"]
    """Where its private key lies."""
    since: datetime
    until: datetime
    """When its certificate began, and when it ends."""
    request: Path
    """The request for the next certificate for the same key (PKCS#10)."""


class Settings(_Table, frozen=True, kw_only=True):
    """One terminal."""

    terminal: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,32}\Z")]
    """The terminal's name at the centre, e.g. ``T0001``."""
    profile: str = ""
    """What kind of machine this is: a file of ``assets/profiles`` without ``.toml``. The profile
    sets the screen and the devices; ``terminal.toml`` overrides the profile."""
    production: bool = True
    """False allows emulated hardware, the scripted visit and the training band."""
    run_directory: Path = Path("/run/kiosk")
    """Sockets, and what Qt has compiled of the pages; on a memory file system."""
    services: tuple[str, ...] = ()
    """Services of other makers, by their ids in the centre's catalogue: each is an entry point
    ``kiosk.services`` of an installed package. One that is not named here is refused."""
    screen: ScreenSettings = ScreenSettings()
    usb: UsbSettings = UsbSettings()
    centre: CentreSettings
    enrolment: EnrolmentSettings = EnrolmentSettings()
    enrolled: EnrolledSettings | None = None
    maintenance: MaintenanceSettings = MaintenanceSettings()
    visit: VisitLimits = VisitLimits()
    face: FaceSettings = FaceSettings()
    speech: SpeechSettings = SpeechSettings()
    without: tuple[Kind, ...] = ()
    """Device classes of the profile that this machine does not have, e.g. ``["pin_pad"]``."""
    devices: dict[Kind, dict[str, Any]] = {}
    """One table a device class: ``[devices.id_card]`` with ``driver = "sdt"`` and the driver's own
    settings, which the driver checks."""
    where: dict[Kind, Side] = {}
    """Where the opening of a device lies, seen from the screen, as its pages show it to the
    citizen: ``id_card = "right"``. A page names no side for a device that is not named here."""


STATE = Path("/var/lib/kiosk")
"""systemd's ``StateDirectory`` of the service."""


def state_directory(chosen: Settings) -> Path:
    """Where what outlives a restart lies: in systemd's ``STATE_DIRECTORY``, which is :data:`STATE`
    in the field also for a command that systemd has not started; at a desk, in the run
    directory."""
    return _state_directory(production=chosen.production, run_directory=chosen.run_directory)


def _state_directory(*, production: bool, run_directory: Path) -> Path:
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else STATE if production else run_directory


def _state_of(table: dict[str, Any]) -> Path:
    """As :func:`state_directory`, of settings that may lack what makes them whole."""
    production = table.get("production", True) is not False
    run_directory = Path(str(table.get("run_directory", "/run/kiosk")))
    return _state_directory(production=production, run_directory=run_directory)


ENROLLED = "enrolled.toml"
"""In the state directory: the settings that came with the enrolment."""


class EnrolledDamaged(SettingsError):
    """``enrolled.toml`` cannot be used, whatever ``terminal.toml`` says."""


class NotYetEnrolled(SettingsError):
    """The settings say where this terminal is enrolled, and it has no number yet."""


def request_in_force(state: Path) -> Path | None:
    """The file of the request of the identity in force, which names it: a renewal leaves it. None
    where the terminal was not enrolled, or ``enrolled.toml`` cannot be read."""
    try:
        table = tomllib.loads((state / ENROLLED).read_text(encoding="utf-8"))
        return Path(table["enrolled"]["request"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _enrolled(table: dict[str, Any], kept: Path | None) -> tuple[dict[str, Any], str]:
    """The tables of ``enrolled.toml`` of the terminal with the settings ``table``, and why this
    user may not read them, where that is so. ``kept``: a copy that goes before it, where it is.
    Raises :class:`EnrolledDamaged`."""
    path = _state_of(table) / ENROLLED
    if kept is not None and kept.exists():
        path = kept
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), ""
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except PermissionError as error:  # a technician who is not root has a look
        return {}, f"{path}: {error.strerror}"
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise EnrolledDamaged(f"{path}: {why}; enrol again: kiosk enrol") from error


def before_enrolment(path: Path) -> tuple[EnrolmentSettings, Path]:
    """What can be known of a terminal that has no number yet: where it asks for one, and its state
    directory. ``path`` may be missing. Raises :class:`SettingsError`."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        asked = msgspec.convert(table.get("enrolment", {}), EnrolmentSettings, dec_hook=_decode)
    except FileNotFoundError:
        table, asked = {}, EnrolmentSettings()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return asked, _state_of(table)


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"a text is needed, not {value!r}")


def profiles() -> tuple[str, ...]:
    """The kinds of machine that are known."""
    return tuple(_profile_texts())


@cache  # a part of the program: forked processes share what the fork server has read
def _profile_texts() -> dict[str, str]:
    folder = resources.files("assets") / "profiles"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): (folder / name).read_text(encoding="utf-8") for name in names
    }


def profile_table(name: str) -> dict[str, Any]:
    """The tables of profile ``name``. Raises :class:`SettingsError` when there is none."""
    if name not in profiles():
        raise SettingsError(f"no profile {name!r}; known: {', '.join(profiles())}")
    return tomllib.loads(_profile_texts()[name])


def with_enrolled(table: dict[str, Any]) -> dict[str, Any]:
    """``table``, the content of a file, merged over what the enrolment brought, and both over the
    profile. Raises :class:`SettingsError`."""
    granted, _unread = _enrolled(table, None)
    return with_profile(over(table, granted))


def with_profile(table: dict[str, Any]) -> dict[str, Any]:
    """``table`` merged over the profile that ``table`` names."""
    name = table.get("profile", "")
    try:
        lower = profile_table(name) if name else {}
    except SettingsError as error:
        raise SettingsError(f"{error} - at `$.profile`") from None
    devices, lacks = table.get("devices", {}), table.get("without", ())
    for kind in lacks if isinstance(lacks, list) and isinstance(devices, dict) else ():
        if not isinstance(kind, str):
            continue  # told when the type is checked
        if kind in devices:
            raise SettingsError(f"{kind} has a table and stands in `without` - at `$.without`")
        lower.get("devices", {}).pop(kind, None)
    return over(table, lower) if name else table


def over(upper: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    """``upper`` merged over ``lower``, table by table. A device's table of ``upper`` that names
    another driver replaces the table of ``lower``, whose settings are those of its own driver."""
    merged = dict(lower)
    for key, value in upper.items():
        below = lower.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            other = "driver" in value and value["driver"] != below.get("driver")
            merged[key] = value if other else over(value, below)
        else:
            merged[key] = value
    return merged


def _check_kinds(table: dict[str, Any]) -> None:
    """Raises :class:`SettingsError` for a table of a device class that does not exist."""
    devices = table.get("devices")
    known = tuple(Kind)
    for name in devices if isinstance(devices, dict) else ():
        if name not in known:
            raise SettingsError(
                f"no device class {name!r}; known: {', '.join(known)} - at `$.devices`"
            )


def _known() -> dict[str, tuple[str, ...]]:
    """The names that may stand at each place of the file: keys of the tables, values of a key."""
    found: dict[str, tuple[str, ...]] = {
        "profile": profiles(),
        "devices": tuple(Kind),
        "where": (*Kind, *get_args(Side)),
        "without": tuple(Kind),
    }
    tables = [("", Settings), *((n, t) for n, t in get_type_hints(Settings).items() if _table(t))]
    for name, table in tables:
        hints = get_type_hints(table)
        found[name] = tuple(hints)
        for key, hint in hints.items():
            if values := [value for value in get_args(hint) if isinstance(value, str)]:
                found[f"{name}.{key}"] = tuple(values)
    return found


def _table(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, _Table)


def load(path: Path, enrolled: Path | None = None) -> Settings:
    """Read and check ``path``. ``enrolled``: a copy of ``enrolled.toml`` that goes before it.
    Raises :class:`SettingsError` with one sentence, :class:`NoSettings` where there is no file."""
    return parse(_text(path), path, enrolled)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NoSettings(
            f"{path}: there are no settings; `kiosk setup` writes them, or name others with "
            "--settings (`kiosk demo` needs none)"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error


def parse(text: str, path: Path, enrolled: Path | None = None) -> Settings:
    """Check ``text``, the content of ``path``; ``enrolled`` as :func:`load` takes it. Raises
    :class:`SettingsError` with one sentence."""
    unread = ""
    try:
        written = tomllib.loads(text)
        granted, unread = _enrolled(written, enrolled)
        table = with_profile(over(written, granted))
        if "terminal" not in table and "enrolment" in table:
            raise NotYetEnrolled(
                "; ".join(filter(None, (f"{path}: not enrolled yet: kiosk enrol", unread)))
            )
        _check_kinds(table)
        settings = msgspec.convert(table, Settings, dec_hook=_decode)
    except (EnrolledDamaged, NotYetEnrolled):
        raise
    # `tomllib` passes on the plain ValueError of `int` for a number of 5000 digits.
    except (SettingsError, ValueError, msgspec.ValidationError) as error:
        from kiosk import mistyped  # not at the start of every process: only a mistake needs it

        why = f"{path}: {mistyped.told(text, str(error), _known())}"
        raise SettingsError("; ".join(filter(None, (why, unread)))) from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply") from error
    for kind, device in settings.devices.items():
        if not isinstance(device.get("driver"), str):
            raise SettingsError(f'{path}: [devices.{kind}] needs driver = "…"')
    if settings.production and not settings.centre.sealer:
        # A citizen's e-signature and this terminal's own certificate may come from the same root.
        raise SettingsError(f"{path}: [centre] sealer is needed in production: who seals")
    if bool(settings.centre.certificate) != bool(settings.centre.key):
        raise SettingsError(f"{path}: [centre] certificate and key belong together")
    return settings


CHECKED = "KIOSK_CHECKED_SETTINGS"
"""The environment's name for the file of settings that the keeper checked when it started."""


def keep_checked(path: Path, directory: Path) -> None:
    """Check ``path``, and keep it for the processes that the keeper will start, in ``directory``,
    for their user alone: the address of a printer may hold a password. Raises
    :class:`SettingsError`."""
    checked = directory / "checked.toml"
    text = _text(path)
    parse(text, path)  # the file may have changed since the keeper read its own settings
    try:
        granted = _state_of(tomllib.loads(text)) / ENROLLED
        _keep(_beside(checked), granted.read_bytes() if granted.exists() else None)
        _keep(checked, text.encode())
    except OSError as error:
        raise SettingsError(f"{error.filename or checked}: {error.strerror}") from error
    os.environ[CHECKED] = str(checked)


def _beside(checked: Path) -> Path:
    """Where the copy of ``enrolled.toml`` lies that belongs to ``checked``."""
    return checked.with_name("checked-" + ENROLLED)


def _keep(path: Path, content: bytes | None) -> None:
    """Replace ``path``, for this user alone; None: there is none."""
    path.unlink(missing_ok=True)
    if content is not None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


def in_service(path: Path) -> tuple[Settings, str]:
    """The settings of a process that the keeper has started, and why these are not those of
    ``path``: empty, or why ``path`` has been spoilt since the keeper started. Raises
    :class:`SettingsError` where nothing was checked before."""
    try:
        return load(path), ""
    except SettingsError as error:
        checked = os.environ.get(CHECKED)
        if not checked:
            raise
        return load(Path(checked), _beside(Path(checked))), str(error)
