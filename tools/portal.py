"""The portal as `make run` serves it: its database, its preparation, the server and what sends its letters.

Standard library only.
"""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools import ROOT, state_folder
from tools.environment import LOCK, StopError, log_file, say, secret_key_file, venv_python
from tools.postgres import Cluster

READY_SECONDS = 60


def has_own_database() -> bool:
    return not any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE", "PGHOST"))


@contextlib.contextmanager
def database(cluster: Cluster) -> Iterator[dict[str, str]]:
    """Environment with the database; our own cluster is started, and stopped again if it did not run before."""
    if not has_own_database():
        yield {}
        return
    was_running = cluster.server() is not None
    cluster.hold()
    url = cluster.start()
    try:
        yield {"DATABASE_URL": url}
    finally:
        if not was_running:
            cluster.stop_if_last()


def port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StopError(f"PORT={text} ist keine Portnummer. Zum Beispiel: make run PORT=8010")
    return int(text)


def is_free(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            raise StopError(f"Port {number} ist Systemdiensten vorbehalten. Zum Beispiel: make run PORT=8010") from None
        except OSError:
            return False
    return True


def ensure_free(number: int) -> None:
    """Workers of a portal that was killed need a moment to notice and to let go of the port."""
    deadline = time.monotonic() + 4
    while not is_free(number):
        if time.monotonic() > deadline:
            raise StopError(
                f"Port {number} ist belegt – vielleicht läuft das Portal schon: http://127.0.0.1:{number}/ "
                f"Sonst einen anderen nehmen: make run PORT={number + 1}"
            )
        time.sleep(0.2)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """One management command; its output, or an end with its last lines."""
    command = [venv_python(), "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    with log_file("prepare").open("a") as log:
        log.write(f"$ manage.py {' '.join(arguments)}\n{'' if arguments[0] == 'create_demo_accounts' else done.stdout}")
    if done.returncode:
        reason = " ".join(done.stdout.strip().splitlines()[-1:])
        raise StopError(f"manage.py {arguments[0]} ist gescheitert: {reason}\nEinzelheiten: {log_file('prepare')}")
    return done.stdout.strip()


def prepare(environment: dict[str, str]) -> None:
    log_file("prepare").unlink(missing_ok=True)
    for title, command in (
        ("Datenbank einrichten", "migrate --no-input"),
        ("", "createcachetable"),
        ("Sprachen bereitstellen", "compile_languages"),
        ("Kommunen einlesen", "import_municipalities"),
        ("Suche und Filter bereitstellen", "reindex"),  # a newer release may count more of what is there
        ("Beispielprojekte einlesen", "import_examples"),
    ):
        if title:
            say(f"{title} …")
        manage(environment, *command.split())
    collect_static(environment)


def collect_static(environment: dict[str, str]) -> None:
    """Copies and compresses style sheets and pictures, which takes seconds, only if one of them has changed."""
    files = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    fingerprint = hashlib.sha256(LOCK.read_bytes())  # the admin's files come with the packages
    fingerprint.update((ROOT / "integration_portal" / "storage.py").read_bytes())
    for path in files:
        fingerprint.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    note, target = state_folder() / "collected-static", environment.get("STATIC_ROOT") or state_folder() / "static"
    if note.exists() and note.read_text() == fingerprint.hexdigest() and Path(target).exists():
        return
    say("Gestaltung bereitstellen …")
    note.unlink(missing_ok=True)
    manage(environment, "collectstatic", "--no-input", "--clear")
    note.write_text(fingerprint.hexdigest())


def portal_environment(number: int, more: dict[str, str]) -> dict[str, str]:
    """The portal as in production, on this machine."""
    defaults = {"SITE_URL": f"http://127.0.0.1:{number}", "STATE_DIR": str(state_folder()), "DEMO": "1"}
    # As in deploy/: one heap, and what is large and not needed any more goes back to the system.
    defaults |= {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    if not any(os.environ.get(name) for name in ("SECRET_KEY", "SECRET_KEY_FILE")):
        defaults["SECRET_KEY_FILE"] = str(secret_key_file())
    return {**defaults, **os.environ, **more, "DJANGO_SETTINGS_MODULE": "integration_portal.settings"}


def is_ready(number: int) -> bool:
    with contextlib.suppress(OSError, urllib.error.URLError):
        # No proxy of the environment between this machine and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(f"http://127.0.0.1:{number}/readyz", timeout=2).status == 200
    return False


def wait_until_ready(server: subprocess.Popen[bytes], number: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(number):
        if server.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:].strip()
            raise StopError(f"Das Portal antwortet nicht. Letzte Meldung:\n{said}")
        time.sleep(0.1)


@contextlib.contextmanager
def serving(environment: dict[str, str], number: int) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn on this port, stopped at the end whatever happens."""
    log = log_file("portal")
    command = [venv_python(), "-m", "gunicorn", "-c", "python:integration_portal.gunicorn"]
    with log.open("wb") as handle:
        server = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{number}"], cwd=ROOT, env=environment, stdout=handle, stderr=handle
        )
    try:
        wait_until_ready(server, number, log)
        yield server
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=20)
        server.kill()
        server.wait()


@contextlib.contextmanager
def sending(environment: dict[str, str]) -> Iterator[None]:
    """Beside the portal, what sends the letters (in the demo: to the page that shows them)."""
    with log_file("letters").open("wb") as handle:
        command = [venv_python(), "manage.py", "send_mails", "--loop", "--every", "2"]
        sender = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=handle, stderr=handle)
    try:
        yield
    finally:
        sender.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            sender.wait(timeout=20)
        sender.kill()
        sender.wait()
