"""What `make` calls: environment, database, portal and tests of one checkout, from nothing and from any state.

Standard library only. Whoever reads the terminal gets a German sentence that says what is wrong and what to do.
"""

import contextlib
import hashlib
import importlib.util
import os
import platform
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - somebody may call it with an older one
    sys.exit("Es fehlt Python 3.11 bis 3.14 (Debian: apt-get install python3 python3-venv).")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.postgres import Cluster, PostgresError, state_folder, test_cluster  # noqa: E402 - needs the line above

LOCK = ROOT / "requirements-dev.txt"
READY_SECONDS = 60
NO_NETWORK = re.compile("NewConnectionError|NameResolution|Connection (refused|reset)|unreachable|(Connect|Read)Tim")


class StopError(Exception):
    """Ends the command with a sentence for the person at the terminal."""


def say(text: str) -> None:
    print(text, flush=True)


# --- environment ------------------------------------------------------------------------------------------------------


def venv_folder() -> Path:
    return Path(os.environ.get("VENV") or ROOT / ".venv").absolute()


def venv_python() -> str:
    return str(venv_folder() / "bin" / "python")


def is_usable(python: str) -> bool:
    """Whether this environment still works: its Python may have been removed or replaced by another version."""
    try:
        return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create_venv() -> None:
    folder = venv_folder()
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise StopError("Diesem Python fehlt das Modul venv. Debian und Ubuntu: apt-get install python3-venv")
    say(f"Umgebung anlegen: {folder}")
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise StopError(f"Die Umgebung {folder} lässt sich nicht anlegen: {(made.stderr or made.stdout).strip()}")


def explain_failed_install(said: str) -> str:
    here = f"Python {platform.python_version()} auf {platform.system()} {platform.machine()}"
    missing = re.search(r"No matching distribution found for (\S+)", said)
    if NO_NETWORK.search(said):
        return "Die Pakete lassen sich nicht laden: keine Verbindung zum Paketverzeichnis. Netz oder Proxy prüfen."
    if "No space left" in said:
        return "Die Pakete passen nicht mehr auf die Platte. Bitte etwa 1 GB frei machen."
    if "DO NOT MATCH THE HASHES" in said:
        return "Ein Paket stimmt nicht mit seiner Prüfsumme überein; nichts wurde installiert. Den Paketspiegel prüfen."
    if missing and "from versions: none" in said:
        return (
            f"{missing[1]} ist nicht zu finden: keine Verbindung zum Paketverzeichnis, oder nichts Fertiges für {here}."
        )
    if missing:
        return f"Für {missing[1]} gibt es kein fertiges Paket für {here}. Bitte Python 3.11 bis 3.14 verwenden."
    return "Die Pakete lassen sich nicht installieren."


def ensure_environment() -> None:
    """A virtual environment with exactly what the lock file says; installed again only if the lock has changed."""
    if not is_usable(venv_python()):
        create_venv()
    fingerprint = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    note = venv_folder() / "installed-lock"
    if note.exists() and note.read_text().strip() == fingerprint:
        return
    say("Pakete installieren (beim ersten Mal eine bis drei Minuten) …")
    command = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command += ["--only-binary", ":all:", "-r", str(LOCK)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        log = log_file("install")
        log.write_text(done.stdout)
        raise StopError(f"{explain_failed_install(done.stdout)} Einzelheiten: {log}")
    note.write_text(fingerprint)


def log_file(name: str) -> Path:
    folder = state_folder() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def secret_key_file() -> Path:
    """A key of this checkout, readable by its owner only; written in one step, so that no run finds half of it."""
    path = state_folder() / "secret_key"
    if not path.exists():
        scratch = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
        scratch.rename(path)
    if not os.access(path, os.R_OK):
        raise StopError(f"{path} gehört jemand anderem. Als dieser Benutzer starten oder {path.parent} löschen.")
    return path


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


# --- make run ---------------------------------------------------------------------------------------------------------


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
        ("Kommunen einlesen", "import_municipalities"),
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


def run() -> int:
    """Serves the portal with example data until Ctrl-C."""
    number = port()
    ensure_free(number)
    ensure_environment()
    for number_of_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number_of_signal, signal.default_int_handler)
    with database(Cluster()) as more:
        environment = portal_environment(number, more)
        prepare(environment)
        accounts = manage(environment, "create_demo_accounts")
        with serving(environment, number) as server, sending(environment):
            address = environment["SITE_URL"]
            say(f"\n{accounts}\n\nDas Mosaik läuft: {address}/\nVerwaltung:       {address}/admin/")
            say(f"Briefe:           {address}/demo/briefe/\nProtokoll:        {log_file('portal')}\nBeenden: Strg+C")
            try:
                return server.wait()
            except KeyboardInterrupt:
                say("\nDas Mosaik wird beendet …")
                return 0


def demo_passwords() -> int:
    """Gives the demo accounts new passwords."""
    ensure_environment()
    with database(Cluster()) as more:
        say(manage(portal_environment(port(), more), "create_demo_accounts", "--new-passwords"))
    return 0


# --- make test --------------------------------------------------------------------------------------------------------

# What an operator has to set before going public; without it `check --deploy` complains, as it should.
PUBLIC = {
    "SITE_URL": "https://mosaik.example.net",
    "EMAIL_HOST": "mail.example.net",
    "OPERATOR_NAME": "Beispielamt",
    "OPERATOR_ADDRESS": "Musterweg 1, 30159 Hannover",
    "OPERATOR_REPRESENTATIVE": "die Leitung",
    "OPERATOR_EMAIL": "amt@example.net",
    "OPERATOR_PHONE": "0511 0",
    "CONTENT_RESPONSIBLE": "die Leitung",
    "DPO_EMAIL": "dsb@example.net",
}


def chromium() -> str | None:
    """The browser for the tests, or None."""
    names = [os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"]
    names.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def static_steps() -> list[tuple[str, list[str], dict[str, str]]]:
    python = venv_python()
    return [
        ("ruff", [python, "-m", "ruff", "check", "."], {}),
        ("Formatierung", [python, "-m", "ruff", "format", "--check", "."], {}),
        ("Vorlagen", [python, "-m", "djlint", "--lint", "--quiet", "templates"], {}),
        ("Typen", [python, "-m", "mypy"], {}),
    ]


def test_steps(browser: str | None) -> list[tuple[str, list[str], dict[str, str]]]:
    python = venv_python()
    deploy = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    steps = [
        *static_steps(),
        ("Migrationen", [python, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
        ("Betriebsprüfung", [python, *deploy], {**PUBLIC, "DJANGO_SETTINGS_MODULE": "integration_portal.settings"}),
        ("Tests", [python, "-m", "pytest", "-n", "auto", "-m", "not browser"], {}),
    ]
    if browser:
        steps.append(("Browser-Tests", [python, "-m", "pytest", "-m", "browser"], {"CHROMIUM": browser}))
    return steps


def perform(steps: list[tuple[str, list[str], dict[str, str]]], environment: dict[str, str]) -> bool:
    """Runs every step, also after a failure, and sums up at the end."""
    results: list[tuple[str, bool, float]] = []
    for title, command, more in steps:
        say(f"\n── {title} " + "─" * (70 - len(title)))
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env={**environment, **more}, check=False).returncode
        results.append((title, code == 0, time.monotonic() - started))
    say("\n" + "─" * 74)
    for title, passed, seconds in results:
        say(f"{'bestanden  ' if passed else 'GESCHEITERT'}  {title:<20}{seconds:6.1f} s")
    return all(passed for _, passed, _ in results)


def test_environment(more: dict[str, str]) -> dict[str, str]:
    """Settings come from tests/settings.py; values of the caller's own portal must not get in."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "DEBUG")}
    key = {"SECRET_KEY": secrets.token_urlsafe(48)}
    return {**inherited, **key, **more, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONUNBUFFERED": "1"}


def test() -> int:
    """Everything that has to hold before a change is taken."""
    ensure_environment()
    browser = chromium()
    with database(test_cluster()) as more:
        passed = perform(test_steps(browser), test_environment(more))
    if browser:
        return 0 if passed else 1
    say("\nACHTUNG: Kein Chromium gefunden – die BROWSER-TESTS LIEFEN NICHT. Debian: apt-get install chromium")
    return 0 if passed and os.environ.get("CI") != "true" else 1


def lint() -> int:
    """Style, templates and types."""
    ensure_environment()
    return 0 if perform(static_steps(), test_environment({})) else 1


def unit() -> int:
    """The tests without a browser, or those that ARGS names: make unit ARGS="tests/projects -k search"."""
    ensure_environment()
    arguments = shlex.split(os.environ.get("ARGS", "")) or ["-n", "auto", "-m", "not browser"]
    with database(test_cluster()) as more:
        command = [venv_python(), "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=ROOT, env=test_environment(more), check=False).returncode


# --- the rest ---------------------------------------------------------------------------------------------------------


def lock() -> int:
    """Writes both lock files anew from pyproject.toml: newest versions, hashes, no address of any index."""
    folder = state_folder() / "lock-venv"
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "uv"], check=True)
    command = [str(folder / "bin" / "uv"), "pip", "compile", "pyproject.toml", "--quiet", "--upgrade", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes", "--no-build"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"]
    groups: dict[str, list[str]] = {"requirements.txt": [], LOCK.name: ["--group", "dev"]}
    for target, more in groups.items():
        say(f"{target} …")
        subprocess.run([*command, *more, "-o", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return 0


def clean() -> int:
    """Removes the environment, the test database and caches; data of the portal stay."""
    test_cluster().stop()
    Cluster().stop()
    state = state_folder()
    made = [venv_folder(), test_cluster().data, state / "static", state / "log", state / "lock-venv"]
    made += [ROOT / name for name in (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")]
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"Aufgeräumt. Die Daten bleiben in {Cluster().home}; wer sie nicht mehr braucht, löscht den Ordner.")
    return 0


def show_help() -> int:
    """Shows this list."""
    for name, text in HELP.items():
        say(f"  make {name:<16}{text}")
    return 0


COMMANDS = {
    "run": run,
    "test": test,
    "lint": lint,
    "unit": unit,
    "lock": lock,
    "demo-passwords": demo_passwords,
    "clean": clean,
    "help": show_help,
}
HELP = {
    "run": "das Mosaik mit Beispieldaten auf diesem Rechner (PORT=8010 für einen anderen Port)",
    "test": "alles prüfen: Stil, Typen, Migrationen, Tests, Browser",
    "lint": "nur Stil, Vorlagen und Typen",
    "unit": 'nur die Tests ohne Browser (ARGS="tests/projects -k suche" für einzelne)',
    "lock": "die Listen der Pakete neu festschreiben",
    "demo-passwords": "den Demo-Konten neue Passwörter geben",
    "clean": "Umgebung, Testdatenbank und Zwischenspeicher löschen",
    "help": "diese Übersicht",
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in COMMANDS:
        say(f"Unbekannt: {name}")
        return show_help() or 2
    try:
        return COMMANDS[name]()
    except (StopError, PostgresError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
