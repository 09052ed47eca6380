"""Two releases at once: the old code goes on serving while the new one's migration runs, and beside the new one."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.browser.conftest import environment_of, free_port
from tools import ROOT

from .house import Load, assert_kept, decimal, eventually

# What a release may do while the one before still runs: add, with a default that the database knows.
MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("projects", "%s")]
    operations = [
        migrations.RunSQL("ALTER TABLE projects_project ADD COLUMN fault_check text NOT NULL DEFAULT ''"),
        migrations.RunSQL("CREATE TABLE projects_faultcheck (id bigint PRIMARY KEY)"),
    ]
"""
APPS = ("integration_portal", "municipalities", "projects", "templates", "static", "manage.py")


def test_two_releases_at_once(house, record_property, tmp_path):
    release = made(tmp_path)
    load = Load(house, house.drafts(24))
    with served(house, release) as url:
        eventually(lambda: house.ask("/livez", url=url).status == 200, 60)
        early = house.ask("/readyz", url=url)
        assert (early.status, early.content) == (503, b"migrations missing\n")  # nobody is sent there yet
        with load.running():
            house.manage("migrate", "--no-input", root=release)
            eventually(lambda: house.ask("/readyz", url=url).status == 200, 10)
            assert house.ask("/readyz").status == 200
        load.send_the_rest()
        assert_kept(house, load)
        # A person is handed from the old to the new and stays signed in; what one stored the other shows.
        sent = next(iter(load.acknowledged))
        assert house.ask(f"/mitmachen/projekte/{sent}/", url=url).status == 200
    everything = load.replies + load.reading
    assert {reply.status for reply in everything} <= {200, 302}
    slowest = max(reply.seconds for reply in everything)
    assert house.sql("SELECT count(*) FROM projects_project WHERE fault_check <> ''") == [(0,)]
    record_property("check", "zwei Releases zugleich")
    record_property("broken", "neues Release wandert die Datenbank, während das alte Einreichungen annimmt")
    record_property(
        "seen",
        f"{len(everything)} Anfragen an das alte Release, 0 × 5xx, die langsamste {decimal(slowest)} s; das neue "
        "meldet sich an `/readyz` erst nach der Migration bereit; wer angemeldet war, bleibt es",
    )


def made(folder: Path) -> Path:
    """A copy of this release with one migration more."""
    for name in APPS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    migrations = folder / "projects" / "migrations"
    last = sorted(path.stem for path in migrations.glob("[0-9]*.py"))[-1]
    (migrations / "9999_fault_check.py").write_text(MIGRATION % last)
    return folder


@contextmanager
def served(house, release: Path):
    """This release beside the other, on the same database."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = environment_of(house.state) | {
        "DATABASE_URL": house.cluster.url(),
        "SITE_URL": house.url,  # behind the same proxy
        "SECRET_KEY_FILE": str(house.state / "secret_key"),
        "MEDIA_ROOT": str(house.media),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join([str(release)]),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:integration_portal.gunicorn"]
    server = subprocess.Popen(
        [*command, "--bind", url.removeprefix("http://")], cwd=release, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
