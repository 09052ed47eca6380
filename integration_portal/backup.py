"""Backup and restoration: the database as pg_dump writes it, the uploaded files, and sums to compare both by.

A backup folder holds one folder for each backup (`database.dump`, `manifest.json`) and one `media/` for all of them:
uploaded files have random names and never change, so each is copied once and named in the manifests that need it.
"""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from projects.storage import SCRATCH_PREFIX, write_through

FORMAT = 1
ALWAYS_KEPT = 3  # the newest, however old they are
DUMP, MANIFEST, MEDIA, PART = "database.dump", "manifest.json", "media", ".part"
Sums = dict[str, tuple[int, str]]


class BackupError(Exception):
    """A sentence for the person at the terminal."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `tables`: rows and sum of the contents; the others: bytes and SHA-256."""

    at: str
    dump: tuple[int, str]
    tables: Sums
    media: Sums
    format: int = FORMAT


def read_manifest(folder: Path) -> Manifest:
    try:
        data = json.loads((folder / MANIFEST).read_text())
        if data["format"] != FORMAT:
            raise BackupError(f"{folder}: Format {data['format']} kennt diese Version nicht.")
        tables, media = ({key: tuple(pair) for key, pair in data[name].items()} for name in ("tables", "media"))
        return Manifest(at=data["at"], dump=tuple(data["dump"]), tables=tables, media=media)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder} ist keine vollständige Sicherung ({type(error).__name__}).") from None


# --- sums -------------------------------------------------------------------------------------------------------------


def copy(source: Path, target: Path | None = None) -> tuple[int, str]:
    """Bytes and SHA-256 of a file; its copy, if one is wanted, is there whole or not at all."""
    digest, size = hashlib.sha256(), 0
    scratch = target.with_name(f"{target.name}{PART}") if target else Path(os.devnull)
    with source.open("rb") as origin:
        if target:
            target.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("wb") as written:
            while block := origin.read(1 << 20):
                digest.update(block)
                size += len(block)
                if target:
                    written.write(block)
            if target:
                written.flush()
                os.fsync(written.fileno())
    if target:
        scratch.replace(target)
    return size, digest.hexdigest()


_SUM = """
    SELECT count(*), coalesce(sum(('x' || left(md5(one::text), 15))::bit(60)::bigint), 0)::text
    FROM public.{table} AS one
"""


def table_sums() -> Sums:
    """Rows and content of every table. The sum does not depend on the order of rows, which no dump promises."""
    sums = {}
    with connection.cursor() as cursor:
        # A row as text depends on these.
        cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'")
        cursor.execute("SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (name,) in cursor.fetchall():
            cursor.execute(_SUM.format(table=connection.ops.quote_name(name)))
            sums[name] = cursor.fetchone()
    return sums


def media_files() -> Iterator[tuple[str, Path]]:
    """Uploaded files that are whole, with the names that the database knows them by."""
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith(SCRATCH_PREFIX):
            yield path.relative_to(root).as_posix(), path


# --- backup -----------------------------------------------------------------------------------------------------------


def postgres_environment() -> dict[str, str]:
    """What PostgreSQL's own programs need to reach the database of the settings."""
    known = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
    values = {variable: str(connection.settings_dict[name]) for name, variable in known.items()}
    return {**os.environ, **{variable: value for variable, value in values.items() if value}}


def run(*command: str | Path) -> None:
    try:
        done = subprocess.run(command, env=postgres_environment(), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError(f"{command[0]} fehlt. Debian: apt-get install postgresql-client") from None
    if done.returncode:
        raise BackupError(f"{command[0]} ist gescheitert: {done.stderr.strip()[-2000:]}")


@contextmanager
def alone(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"In {root} läuft schon eine Sicherung.") from None
        yield


def complete(root: Path) -> dict[Path, Manifest]:
    """All whole backups of this folder, the newest first."""
    found = {}
    for path in sorted(root.glob(f"[0-9]*Z/{MANIFEST}"), reverse=True):
        with suppress(BackupError):  # one that cannot be read must not keep tonight's from being made
            found[path.parent] = read_manifest(path.parent)
    return found


def dump_database(target: Path) -> tuple[tuple[int, str], Sums]:
    """The dump's bytes and SHA-256, and the sums of exactly the rows that are in it, whatever is written meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")  # a page may not take that long, a backup may
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
        tables = table_sums()
    write_through(str(target))
    return copy(target), tables


def copy_media(pool: Path, known: Sums) -> Sums:
    """Copies what earlier backups do not have; `known` are the sums of the last one."""
    sums: Sums = {}
    for name, path in media_files():
        kept, copied = known.get(name), pool / name
        with suppress(FileNotFoundError):  # deleted by its owner since the folder was read
            is_kept = kept and copied.is_file() and copied.stat().st_size == kept[0] == path.stat().st_size
            sums[name] = kept if kept and is_kept else copy(path, copied)
    return sums


def create(root: Path, now: datetime, keep_days: int) -> Path:
    """Makes a backup below `root`, removes those that are too old, and returns the new one's folder.

    The database comes first: a file is stored before its row, so every row of the dump finds its file afterwards. The
    other way round, a picture uploaded in between would be missing.
    """
    with alone(root):
        for leftover in root.glob(f"[0-9]*{PART}/*"):
            leftover.unlink()
        earlier = list(complete(root).values())
        final = root / now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        scratch = final.with_name(f"{final.name}{PART}")
        scratch.mkdir(mode=0o700)
        dump, tables = dump_database(scratch / DUMP)
        media = copy_media(root / MEDIA, earlier[0].media if earlier else {})
        manifest = Manifest(at=now.isoformat(), dump=dump, tables=tables, media=media)
        (scratch / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
        write_through(str(scratch / MANIFEST))
        scratch.rename(final)
        write_through(str(root))
        remove_old(root, now - timedelta(days=keep_days))
    settings.LAST_BACKUP.touch()
    return final


def remove_old(root: Path, before: datetime) -> None:
    """Backups of before that moment but for the newest, and the files that none of the others names."""
    for folder, manifest in list(complete(root).items())[ALWAYS_KEPT:]:
        if datetime.fromisoformat(manifest.at) < before:
            (folder / MANIFEST).unlink()  # first, so that no half of it looks whole
            (folder / DUMP).unlink()
    for folder in root.glob("[0-9]*"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    wanted = {name for manifest in complete(root).values() for name in manifest.media}
    for path in list((root / MEDIA).rglob("*")):
        if path.is_file() and path.relative_to(root / MEDIA).as_posix() not in wanted:
            path.unlink()


# --- restoration ------------------------------------------------------------------------------------------------------


def verify(folder: Path) -> Manifest:
    """Reads every byte of a backup; raises if one is missing or not what it was."""
    manifest = read_manifest(folder)
    files = {
        folder / DUMP: manifest.dump,
        **{folder.parent / MEDIA / name: sum for name, sum in manifest.media.items()},
    }
    damaged = [path for path, expected in files.items() if not path.is_file() or copy(path) != expected]
    if damaged:
        shown = ", ".join(str(path) for path in damaged[:5])
        raise BackupError(f"Diese Sicherung ist beschädigt: {len(damaged)} von {len(files)} Dateien ({shown}).")
    return manifest


def refuse_to_overwrite() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        (tables,) = cursor.fetchone()
    if tables:
        name = connection.settings_dict["NAME"]
        raise BackupError(f"Die Datenbank {name} ist nicht leer. Zurückgespielt wird nur in eine leere.")
    if any(media_files()):
        raise BackupError(f"{settings.MEDIA_ROOT} ist nicht leer. Zurückgespielt wird nur in einen leeren Ordner.")


def restore(folder: Path) -> Manifest:
    """Into an empty database and an empty folder, compared row by row and byte by byte with what was backed up."""
    manifest = verify(folder)
    refuse_to_overwrite()
    # Owner, rights and comments of the extension belong to the old machine and need rights that nobody has here.
    quiet = ("--no-owner", "--no-privileges", "--no-comments")
    database = str(connection.settings_dict["NAME"])
    run("pg_restore", "--single-transaction", "--exit-on-error", *quiet, f"--dbname={database}", folder / DUMP)
    with transaction.atomic():
        found = table_sums()
    different = sorted(name for name in {*found, *manifest.tables} if found.get(name) != manifest.tables.get(name))
    if different:
        raise BackupError(f"Zurückgespielt, aber nicht gleich: {', '.join(different)}.")
    for name, expected in manifest.media.items():
        if copy(folder.parent / MEDIA / name, Path(settings.MEDIA_ROOT) / name) != expected:
            raise BackupError(f"Zurückgespielt, aber nicht gleich: {name}.")
    return manifest
