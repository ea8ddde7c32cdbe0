"""The settings of one terminal: ``terminal.toml``, typed and checked; each is documented here."""

from __future__ import annotations

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from drivers.device import Kind

Side = Literal["left", "right", "above", "below", "below-left", "below-right"]
"""Where something lies on the machine, seen from the screen."""
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class SettingsError(Exception):
    """The settings cannot be used: which file, which line or key, and why."""


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
    """No visit lasts longer, whatever happens."""
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
    decoder: Path | None = None
    """A program, in ``/usr`` or ``/bin``, that decodes the photo of an ID card's chip: it reads
    1,024 bytes of WLT from its standard input and writes a JPEG, PNG or BMP to its standard output.
    With it and the model SFace, a captured face is compared with the photo, and the centre is told
    how alike they are. It comes with the vendor's licence; empty: nothing is compared here."""


class Settings(_Table, frozen=True, kw_only=True):
    """One terminal."""

    terminal: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,32}$")]
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
    centre: CentreSettings
    visit: VisitLimits = VisitLimits()
    face: FaceSettings = FaceSettings()
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
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else STATE if chosen.production else chosen.run_directory


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"a text is needed, not {value!r}")


def profiles() -> tuple[str, ...]:
    """The kinds of machine that are known."""
    folder = resources.files("assets") / "profiles"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir()))


def profile_table(name: str) -> dict[str, Any]:
    """The tables of profile ``name``. Raises :class:`SettingsError` when there is none."""
    if name not in profiles():
        raise SettingsError(f"no profile {name!r}; known: {', '.join(profiles())}")
    text = (resources.files("assets") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _with_profile(table: dict[str, Any]) -> dict[str, Any]:
    """``table`` merged over the profile that ``table`` names."""
    name = table.get("profile", "")
    try:
        return _over(table, profile_table(name)) if name else table
    except SettingsError as error:
        raise SettingsError(f"{error} - at `$.profile`") from None


def _over(upper: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    """``upper`` merged over ``lower``, table by table. A device's table of ``upper`` that names
    another driver replaces the table of ``lower``, whose settings are those of its own driver."""
    merged = dict(lower)
    for key, value in upper.items():
        below = lower.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            other = "driver" in value and value["driver"] != below.get("driver")
            merged[key] = value if other else _over(value, below)
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


def load(path: Path) -> Settings:
    """Read and check ``path``. Raises :class:`SettingsError` with one sentence."""
    try:
        table = _with_profile(tomllib.loads(path.read_text(encoding="utf-8")))
        _check_kinds(table)
        settings = msgspec.convert(table, Settings, dec_hook=_decode)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path}: there are no settings; write them as the README shows, or name others with "
            "--settings (`kiosk demo` needs none)"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    # `tomllib` passes on the plain ValueError of `int` for a number of 5000 digits.
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from error
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
    """Keep what the keeper has checked for the processes that it will start, in ``directory``, for
    their user alone: the address of a printer may hold a password. Raises
    :class:`SettingsError`."""
    checked = directory / "checked.toml"
    try:
        content = path.read_bytes()
        checked.unlink(missing_ok=True)
        with os.fdopen(os.open(checked, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise SettingsError(f"{error.filename or checked}: {error.strerror}") from error
    os.environ[CHECKED] = str(checked)


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
        return load(Path(checked)), str(error)
