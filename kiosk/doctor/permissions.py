"""Whether the user that runs the terminal may use its devices, keys, certificates, directories."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.device import Kind
from drivers.sentence import en, joined
from kiosk.doctor import plugged
from kiosk.doctor.findings import Finding, Section
from kiosk.settings import Settings

PERMISSIONS = Section("permissions")
UNIT = "kiosk.service"
USER = "kiosk"
_SECRET = 0o077
_MEMORY = ("tmpfs", "ramfs")
_SOUND = Path("/dev/snd")


@dataclass(frozen=True, slots=True)
class UnixAccount:
    """A user, and all groups that programs of this user run with."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, path: Path, want: int) -> bool:
        """Whether the account may read (4), write (2), enter (1), or several of these. Raises
        ``OSError`` when ``path`` does not exist.

        True for a path with an access list, which is not read here: the device's own finding tells
        whether the list grants enough.
        """
        facts = path.stat()
        if self.uid == 0 or "system.posix_acl_access" in os.listxattr(path):
            return True
        if facts.st_uid == self.uid:
            granted = facts.st_mode >> 6
        elif facts.st_gid in self.groups:
            granted = facts.st_mode >> 3
        else:
            granted = facts.st_mode
        return granted & want == want

    def closed(self, path: Path) -> Path | None:
        """The first directory on the way to ``path``, links followed, that the account may not
        enter."""
        way = (*reversed(path.absolute().parents), *reversed(path.resolve(strict=True).parents))
        return next((folder for folder in way if not self.may(folder, 1)), None)


def terminal_account() -> UnixAccount:
    """The account that runs the terminal: of its unit, else ``kiosk``, else the doctor's own."""
    told = _unit()
    name = told.get("User", "")
    more = told.get("SupplementaryGroups", "").split()
    for user in filter(None, (name, USER)):
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            continue
        groups = set(os.getgrouplist(user, entry.pw_gid))
        groups.update(g.gr_gid for g in grp.getgrall() if g.gr_name in more)
        return UnixAccount(user, entry.pw_uid, frozenset(groups))
    mine = pwd.getpwuid(os.getuid()).pw_name
    return UnixAccount(mine, os.getuid(), frozenset({os.getgid(), *os.getgroups()}))


def _unit() -> dict[str, str]:
    if shutil.which("systemctl") is None:
        return {}
    asked = subprocess.run(
        ["systemctl", "show", "-p", "User,SupplementaryGroups,RuntimeDirectory", UNIT],
        capture_output=True,
        text=True,
        timeout=5,
        check=False,
    )
    lines = (line.partition("=") for line in asked.stdout.splitlines())
    return {key: value for key, _, value in lines}


def look(
    settings: Settings, account: UnixAccount | None = None, file: Path | None = None
) -> Iterator[Finding]:
    """Device files, the sound card, the settings (``file``), the files of ``[centre]``, the run
    directory."""
    account = account or terminal_account()
    yield PERMISSIONS.good("user", en("the terminal runs as {account}", account=account.name))
    for table in settings.devices.values():
        for port in plugged.named(table):
            yield from _device(en("permission {port}", port=port), port, account)
    if Kind.SPEAKER in settings.devices:
        for card in sorted(_SOUND.glob("controlC*"))[:1]:
            yield from _device("permission sound", card, account)
    centre = settings.centre
    for name, path in (
        ("settings file", file),
        ("file seal_roots", centre.seal_roots),
        ("file ca", centre.ca),
        ("file certificate", centre.certificate),
        ("file key", centre.key),
    ):
        if path is not None:
            yield _file(name, path, account, secret=name == "file key")
    yield _run_directory(settings, account)


def _device(name: str, path: Path, account: UnixAccount) -> Iterator[Finding]:
    try:
        folder = account.closed(path)
    except FileNotFoundError:
        return  # the finding of its name tells this
    except PermissionError as error:
        yield PERMISSIONS.note(
            name, en("cannot be looked at: {why}", why=error.strerror), en("ask as root")
        )
        return
    if folder:
        yield _shut_out(name, folder, account)
        return
    if account.may(path, 6):
        yield PERMISSIONS.good(
            name, en("{account} may use it ({mode})", account=account.name, mode=_mode(path))
        )
        return
    group = _group(path.stat().st_gid)
    if path.stat().st_mode & 0o060 == 0o060 and group != "root":
        mend = en(
            "usermod -aG {group} {account}, and start the terminal anew",
            group=group,
            account=account.name,
        )
    else:
        mend = en("install 60-kiosk.rules; udevadm control --reload && udevadm trigger")
    yield PERMISSIONS.bad(
        name, en("{account} may not use it ({mode})", account=account.name, mode=_mode(path)), mend
    )


def _file(name: str, path: Path, account: UnixAccount, *, secret: bool) -> Finding:
    try:
        folder = account.closed(path)
        may = account.may(path, 4)
        mode = path.stat().st_mode
    except PermissionError as error:
        return PERMISSIONS.note(
            name, en("cannot be looked at: {why}", why=error.strerror), en("ask as root")
        )
    except OSError as error:
        seen = joined(": ", str(path), error.strerror or type(error).__name__)
        return PERMISSIONS.bad(name, seen, en("install the file again"))
    if folder:
        return _shut_out(name, folder, account)
    if not may:
        seen = en(
            "{account} may not read {path} ({mode})",
            account=account.name,
            path=path,
            mode=_mode(path),
        )
        return PERMISSIONS.bad(name, seen, f"chown {account.name} {path}")
    if secret and mode & _SECRET:
        seen = en("others than its owner may read {path} ({mode})", path=path, mode=_mode(path))
        return PERMISSIONS.bad(name, seen, f"chown {account.name} {path}; chmod 600 {path}")
    return PERMISSIONS.good(name, f"{path} ({_mode(path)})")


def _shut_out(name: str, folder: Path, account: UnixAccount) -> Finding:
    seen = en(
        "{account} may not enter {folder} ({mode})",
        account=account.name,
        folder=folder,
        mode=_mode(folder),
    )
    return PERMISSIONS.bad(name, seen, f"chmod o+x {folder}")


def _run_directory(settings: Settings, account: UnixAccount) -> Finding:
    path, name = settings.run_directory, "run directory"
    mend = f"install -d -m 0700 -o {account.name} {path}"
    try:
        folder = account.closed(path)
        may = account.may(path, 7)
    except OSError:
        made = _unit().get("RuntimeDirectory", "").split()
        if path in (Path("/run") / one for one in made):
            return PERMISSIONS.good(
                name, en("{path} is made when {unit} starts", path=path, unit=UNIT)
            )
        return PERMISSIONS.bad(name, en("{path} is not there", path=path), mend)
    if folder:
        return _shut_out(name, folder, account)
    if not may:
        seen = en(
            "{account} may not write {path} ({mode})",
            account=account.name,
            path=path,
            mode=_mode(path),
        )
        return PERMISSIONS.bad(name, seen, mend)
    if path.stat().st_mode & _SECRET:
        seen = en("others may look into {path} ({mode})", path=path, mode=_mode(path))
        return PERMISSIONS.note(name, seen, f"chmod 700 {path}")
    kind = _file_system(path)
    if kind not in _MEMORY:
        seen = en("{path} lies on a disk ({kind})", path=path, kind=kind)
        return PERMISSIONS.note(name, seen, en("choose a directory under /run"))
    return PERMISSIONS.good(name, f"{path} ({_mode(path)})")


def _file_system(path: Path) -> str:
    """Its type, by the last mount above ``path`` (proc(5), mountinfo)."""
    best, kind = 0, "unknown"
    for line in plugged.read(Path("/proc/self/mountinfo")).splitlines():
        front, _, back = line.partition(" - ")
        place = Path(front.split()[4])
        if path.resolve().is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), back.split()[0]
    return kind


def _mode(path: Path) -> str:
    """``root:dialout 0660``."""
    facts = path.stat()
    try:
        owner = pwd.getpwuid(facts.st_uid).pw_name
    except KeyError:
        owner = str(facts.st_uid)
    return f"{owner}:{_group(facts.st_gid)} {stat.S_IMODE(facts.st_mode):04o}"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
