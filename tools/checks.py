"""What `make test` and `make lint` run, one step after the other, and where the browser is. Standard library only."""

import os
import secrets
import shutil
import subprocess
import time

from tools import ROOT
from tools.environment import say, venv_python

# What an operator has to set before going public; without it `check --deploy` complains, as it should.
PUBLIC = {
    "SITE_URL": "https://mosaik.example.net",
    "EMAIL_HOST": "mail.example.net",
    "PROXY_COUNT": "1",
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
        ("Sprachen", [python, "manage.py", "compile_languages"], {}),
        ("Migrationen", [python, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
        ("Betriebsprüfung", [python, *deploy], {**PUBLIC, "DJANGO_SETTINGS_MODULE": "integration_portal.settings"}),
        ("Tests", [python, "-m", "pytest", "-n", "auto", "-m", "not browser and not faults"], {}),
    ]
    if browser:
        # Each of the two has a portal of its own; whoever has nothing left to do takes tests from the other.
        command = [python, "-m", "pytest", "-m", "browser", "-n", "2", "--dist", "worksteal"]
        steps.append(("Browser-Tests", command, {"CHROMIUM": browser}))
    return steps


def fault_step() -> tuple[str, list[str], dict[str, str]]:
    """All of them, because a table of some would forget the others."""
    table = {"FAULTS_TABLE": str(ROOT / "docs" / "betrieb" / "faults.md")}
    return "Bruchproben", [venv_python(), "-m", "pytest", "-m", "faults", "tests/faults"], table


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
