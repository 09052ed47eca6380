"""The virtual environment of this checkout and what lies beside it: packages, logs, the secret key.

Standard library only.
"""

import hashlib
import importlib.util
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from tools import ROOT, state_folder

LOCK = ROOT / "requirements-dev.txt"
NO_NETWORK = re.compile("NewConnectionError|NameResolution|Connection (refused|reset)|unreachable|(Connect|Read)Tim")


class StopError(Exception):
    """Ends the command with a sentence for the person at the terminal."""


def say(text: str) -> None:
    print(text, flush=True)


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
