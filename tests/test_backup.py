"""Backup → restoration → equal (F07); what is damaged, half-done or would overwrite something is refused."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from integration_portal import backup
from municipalities import people
from municipalities.models import Municipality, User
from projects.models import Letter, Project
from tests.factories import make_municipality, make_project
from tools.binaries import choose_binaries

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE, PAPER = "projekte/a-320.webp", "papiere/b.pdf"


@pytest.fixture(autouse=True)
def programs(monkeypatch) -> None:
    """pg_dump and pg_restore of the server that the tests run on."""
    binaries, _version = choose_binaries(Path("/gibt/es/nicht"))
    monkeypatch.setenv("PATH", str(binaries), prepend=":")


@pytest.fixture
def root(tmp_path, settings) -> Path:
    settings.LAST_BACKUP = tmp_path / "last_backup"
    return tmp_path / "backups"


@pytest.fixture
def content(settings) -> None:
    """A project, a letter with everything that text can hold, and two files."""
    people.set_administrator(User.objects.create_user("admin@example.org"), True, by=None)
    make_project(lead=make_municipality(name="Zeven"), title="Sprachcafé „Übergang“")
    Letter.objects.create(key="1", to="a@example.org", subject="s", body="Zeile\n\t\\N 'x'", send_after=timezone.now())
    for name, data in ((PICTURE, b"\0picture\xff"), (PAPER, b"%PDF-1.7")):
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir()
        path.write_bytes(data)
    (Path(settings.MEDIA_ROOT) / "projekte" / ".teil-1").write_bytes(b"half")


@pytest.fixture
def empty(settings, tmp_path, monkeypatch):
    """What a fresh machine has: an empty database beside that of the tests, and no uploaded file."""
    name = f"{connection.settings_dict['NAME']}_fresh"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')

    def move() -> None:
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        settings.MEDIA_ROOT = tmp_path / "fresh"

    yield move
    connection.close()
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.check("F07")
def test_restored_portal_is_equal(content, root, empty, settings):
    before = backup.table_sums()
    assert "2 Dateien" in run("backup", "--to", root)
    empty()
    assert "alle Summen sind gleich" in run("restore", root)
    assert backup.table_sums() == before
    assert before["municipalities_municipality"][0] == Municipality.objects.count() > 0
    assert Project.objects.get().lead.name == "Zeven"
    assert (settings.MEDIA_ROOT / PICTURE).read_bytes() == b"\0picture\xff"
    assert [name for name, _path in backup.media_files()] == [PAPER, PICTURE]
    # What the database itself keeps came along: numbers go on, and the log still cannot be changed.
    assert make_municipality()
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM municipalities_peoplechange")


def test_sum_sees_one_changed_letter(content):
    before = backup.table_sums()
    Letter.objects.update(body="Zeile\n\t\\N 'y'")
    changed = {name for name, sums in backup.table_sums().items() if before[name] != sums}
    assert changed == {"projects_letter"}


@pytest.mark.parametrize("damaged", ["database.dump", f"../media/{PICTURE}"])
def test_damaged_backup_is_refused_before_anything_is_written(content, root, empty, damaged):
    run("backup", "--to", root)
    (folder,) = backup.complete(root)
    path = folder / damaged
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    empty()
    for arguments in (("--verify",), ()):
        with pytest.raises(CommandError, match="beschädigt"):
            run("restore", root, *arguments)
    assert backup.table_sums() == {}
    assert list(backup.media_files()) == []


def test_difference_after_restoration_is_an_error(content, root, empty):
    run("backup", "--to", root)
    (folder,) = backup.complete(root)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["tables"]["projects_letter"][1] = "1"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    empty()
    with pytest.raises(CommandError, match="nicht gleich: projects_letter"):
        run("restore", folder)


def test_nothing_is_overwritten(content, root, empty, settings):
    run("backup", "--to", root)
    with pytest.raises(CommandError, match="nicht leer"):
        run("restore", root)
    old_media = settings.MEDIA_ROOT
    empty()
    settings.MEDIA_ROOT = old_media
    with pytest.raises(CommandError, match="nicht leer"):
        run("restore", root)


@pytest.mark.parametrize("manifest", [None, "{", "{}", "[]", '{"format": 2}'])
def test_half_a_backup_is_none(root, manifest):
    folder = root / "2026-01-01T000000Z"
    folder.mkdir(parents=True)
    if manifest:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(CommandError, match=r"vollständige Sicherung|Format 2"):
        run("restore", folder)


def test_failed_dump_leaves_no_backup_and_no_new_age(content, root, settings, monkeypatch):
    monkeypatch.setenv("PATH", "/gibt/es/nicht")
    with pytest.raises(CommandError, match="pg_dump fehlt"):
        run("backup", "--to", root)
    assert not backup.complete(root)
    assert not settings.LAST_BACKUP.exists()


def test_two_at_once_are_refused(root):
    with backup.alone(root), pytest.raises(CommandError, match="läuft schon"):
        run("backup", "--to", root)


def test_old_backups_and_their_files_go(content, root, settings):
    now = timezone.now()
    days = (60, 50, 40, 31, 29, 0)
    for count, age in enumerate(days):
        if count == 4:
            (Path(settings.MEDIA_ROOT) / PAPER).unlink()
        backup.create(root, now - timedelta(days=age), keep_days=30)
    kept = [datetime.fromisoformat(manifest.at) for manifest in backup.complete(root).values()]
    assert kept == [now - timedelta(days=age) for age in (0, 29, 31)]
    assert len(list(root.glob("2*"))) == 3
    assert (root / "media" / PAPER).exists()
    backup.create(root, now + timedelta(days=2), keep_days=30)
    assert not (root / "media" / PAPER).exists()
    assert (root / "media" / PICTURE).exists()


def test_unreadable_manifest_does_not_stop_the_next_backup(content, root):
    broken = root / "2026-01-01T000000Z"
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{")
    run("backup", "--to", root)
    assert len(backup.complete(root)) == 1


def test_backup_is_for_its_owner_only(content, root):
    run("backup", "--to", root)
    assert root.stat().st_mode & 0o077 == 0
