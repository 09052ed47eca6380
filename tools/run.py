"""What `make` calls: environment, database, portal and tests of one checkout, from nothing and from any state.

Standard library only. Whoever reads the terminal gets a German sentence that says what is wrong and what to do.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - somebody may call it with an older one
    sys.exit("Es fehlt Python 3.11 bis 3.14 (Debian: apt-get install python3 python3-venv).")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import ROOT, state_folder
from tools.binaries import PostgresError
from tools.checks import chromium, fault_step, perform, static_steps, test_environment, test_steps
from tools.environment import LOCK, StopError, ensure_environment, log_file, say, venv_folder, venv_python
from tools.portal import (
    database,
    ensure_free,
    manage,
    port,
    portal_environment,
    prepare,
    sending,
    serving,
)
from tools.postgres import Cluster, test_cluster

# --- the portal -------------------------------------------------------------------------------------------------------


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


# --- checks -----------------------------------------------------------------------------------------------------------


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


def checks() -> int:
    """What `make test` runs and the faults, with the table of the numbered checks (docs/checks.md)."""
    ensure_environment()
    shutil.rmtree(ROOT / ".pytest_cache", ignore_errors=True)  # holds the results of earlier runs
    with database(test_cluster()) as more:
        environment = test_environment(more) | {"PYTEST_ADDOPTS": "--checks-table=docs/checks.md"}
        return 0 if perform([*test_steps(chromium()), fault_step()], environment) else 1


def lint() -> int:
    """Style, templates and types."""
    ensure_environment()
    return 0 if perform(static_steps(), test_environment({})) else 1


def unit() -> int:
    """The tests without a browser, or those that ARGS names: make unit ARGS="tests/projects -k search"."""
    ensure_environment()
    arguments = shlex.split(os.environ.get("ARGS", "")) or ["-n", "auto", "-m", "not browser and not faults"]
    with database(test_cluster()) as more:
        command = [venv_python(), "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=ROOT, env=test_environment(more), check=False).returncode


def faults() -> int:
    """Breaks a portal of its own in many ways and writes down what became of it; see tests/faults/."""
    ensure_environment()
    arguments = shlex.split(os.environ.get("ARGS", ""))
    with database(test_cluster()) as more:
        if not arguments:
            return 0 if perform([fault_step()], test_environment(more)) else 1
        command = [venv_python(), "-m", "pytest", "-m", "faults", *arguments]
        return subprocess.run(command, cwd=ROOT, env=test_environment(more), check=False).returncode


def bench() -> int:
    """Fills databases with made-up projects and measures the pages; see bench/__main__.py."""
    ensure_environment()
    return subprocess.run([venv_python(), "-m", "bench"], cwd=ROOT, check=False).returncode


def scale() -> int:
    """Shows the portal on two servers with a replica of the database that dies; see tests/scale/__main__.py."""
    ensure_environment()
    return subprocess.run([venv_python(), "-m", "tests.scale"], cwd=ROOT, check=False).returncode


def pictures() -> int:
    """Takes the pictures of the handbooks anew from a portal that it starts; see tests/browser/handbook_pictures.py."""
    ensure_environment()
    return subprocess.run([venv_python(), "-m", "tests.browser.handbook_pictures"], cwd=ROOT, check=False).returncode


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
    "checks": checks,
    "lint": lint,
    "unit": unit,
    "faults": faults,
    "bench": bench,
    "scale": scale,
    "pictures": pictures,
    "lock": lock,
    "demo-passwords": demo_passwords,
    "clean": clean,
    "help": show_help,
}
HELP = {
    "run": "das Mosaik mit Beispieldaten auf diesem Rechner (PORT=8010 für einen anderen Port)",
    "test": "alles prüfen: Stil, Typen, Migrationen, Tests, Browser",
    "checks": "dasselbe und die Bruchproben, mit der Tabelle aller Prüfungen (docs/checks.md)",
    "lint": "nur Stil, Vorlagen und Typen",
    "unit": 'nur die Tests ohne Browser (ARGS="tests/projects -k suche" für einzelne)',
    "faults": "ein eigenes Portal kaputtmachen und aufschreiben, was daraus wird (docs/betrieb/faults.md)",
    "bench": 'wie schnell die Seiten sind, neben einer konstanten (SIZES="1000 10000")',
    "scale": "zwei Server und eine Kopie der Datenbank, die mittendrin ausfällt",
    "pictures": "die Bilder der Hilfe (/hilfe/) neu aufnehmen",
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
