"""Settings that fail loudly, values that follow the address, the deploy check, the log format, the demo accounts."""

import gc
import json
import logging
import os
import subprocess
import sys
from decimal import Decimal
from io import StringIO

import pytest
import zeal
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from integration_portal import gunicorn
from integration_portal.environment import database_from_url, env, env_amount, env_number
from integration_portal.logs import JsonLines, request_id
from integration_portal.settings import BASE_DIR
from municipalities.models import User


def import_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    """The settings in a process of its own; prints those that are upper case and can be written as JSON."""
    program = (
        "import json; from integration_portal import settings as s; "
        "print(json.dumps({name: getattr(s, name) for name in dir(s) if name.isupper()}, default=str))"
    )
    clean = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, env=clean, capture_output=True, text=True, check=False
    )


NEEDED = {"SECRET_KEY": "x" * 50, "SITE_URL": "https://mosaik.example.net"}


@pytest.mark.parametrize("missing", NEEDED)
def test_required_values_fail_loudly(missing):
    done = import_settings(**{name: value for name, value in NEEDED.items() if name != missing})
    assert done.returncode != 0
    assert f"Set {missing} (or {missing}_FILE)." in done.stderr


@pytest.mark.parametrize("url", ["mosaik.example.net", "ftp://mosaik.example.net", "https://example.net/mosaik"])
def test_impossible_address_fails_loudly(url):
    assert "SITE_URL must look like" in import_settings(**{**NEEDED, "SITE_URL": url}).stderr


def test_https_closes_everything():
    settings = json.loads(import_settings(**NEEDED).stdout)
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert settings["SECURE_PROXY_SSL_HEADER"] is None  # only a configured proxy is believed
    assert settings["ALLOWED_HOSTS"] == ["mosaik.example.net"]
    assert not settings["DEBUG"]


def test_home_over_http_works_under_both_names():
    settings = json.loads(import_settings(**{**NEEDED, "SITE_URL": "http://127.0.0.1:8000"}).stdout)
    assert settings["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost"]
    assert not settings["SESSION_COOKIE_SECURE"]
    assert not settings["SECURE_SSL_REDIRECT"]
    assert settings["SESSION_COOKIE_NAME"] == "session"


def test_proxy_is_believed_when_configured():
    settings = json.loads(import_settings(**NEEDED, PROXY_COUNT="1").stdout)
    assert settings["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert settings["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


def test_secret_comes_from_a_file(tmp_path, monkeypatch):
    secret = tmp_path / "key"
    secret.write_text("from the file\n")
    monkeypatch.setenv("SOME_SECRET_FILE", str(secret))
    assert env("SOME_SECRET") == "from the file"
    secret.unlink()
    with pytest.raises(ImproperlyConfigured, match="SOME_SECRET_FILE"):
        env("SOME_SECRET")


def test_worker_looks_for_garbage_often_and_never_in_the_code():
    before = gc.get_threshold()
    try:
        gunicorn.post_worker_init(None)
        assert gc.get_freeze_count() > 50_000
        assert gc.get_threshold()[0] > gc.get_count()[0]
        assert gc.get_threshold()[2] < before[2]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_number_must_be_one(monkeypatch):
    monkeypatch.setenv("SOME_NUMBER", "five")
    with pytest.raises(ImproperlyConfigured, match="SOME_NUMBER must be a whole number"):
        env_number("SOME_NUMBER", 1)


@pytest.mark.parametrize(("value", "expected"), [("15", "15"), ("12,50", "12.50"), ("0.5", "0.5")])
def test_amount_may_have_a_decimal_comma(monkeypatch, value, expected):
    monkeypatch.setenv("SOME_AMOUNT", value)
    assert env_amount("SOME_AMOUNT", "1") == Decimal(expected)


@pytest.mark.parametrize("value", ["-1", "15 €", "1e9", "nan", "1.234,50", "0,125"])
def test_amount_must_be_one(monkeypatch, value):
    monkeypatch.setenv("SOME_AMOUNT", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_AMOUNT must be an amount"):
        env_amount("SOME_AMOUNT", "1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:p%40ss@db.example.net:5433/portal", ("portal", "me", "p@ss", "db.example.net", "5433")),
        ("postgres:///portal", ("portal", "", "", "", "")),
        ("postgresql://me@/portal?host=/tmp/With%20Blank", ("portal", "me", "", "/tmp/With Blank", "")),
    ],
)
def test_database_address(url, expected):
    found = database_from_url(url)
    assert tuple(found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


@pytest.mark.parametrize("url", ["mysql://me@db/portal", "portal", "postgresql://db"])
def test_impossible_database_address(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must look like"):
        database_from_url(url)


def deploy_warnings() -> set[str]:
    return {message.msg for message in checks.run_checks(include_deployment_checks=True, tags=[checks.Tags.security])}


# What imprint, privacy notice and accessibility statement say of the operator, and its placeholders in settings.py.
PLACEHOLDERS = {
    "OPERATOR_NAME": "[Name der Behörde]",
    "OPERATOR_ADDRESS": "[Straße und Hausnummer]\n[Postleitzahl und Ort]",
    "OPERATOR_REPRESENTATIVE": "[Name der vertretungsberechtigten Person]",
    "OPERATOR_EMAIL": "betreiber@example.org",
    "OPERATOR_PHONE": "[Telefonnummer]",
    "CONTENT_RESPONSIBLE": "[Name der verantwortlichen Person]",
    "DPO_EMAIL": "datenschutz@example.org",
}


@pytest.mark.check("A09")
@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_deploy_check_refuses_placeholders(settings, name):
    for other in PLACEHOLDERS:
        setattr(settings, other, "amt@example.net")
    assert not any("placeholder" in message for message in deploy_warnings())
    for refused in (PLACEHOLDERS[name], ""):
        setattr(settings, name, refused)
        assert f"{name} is still a placeholder." in deploy_warnings()


def test_deploy_check_wants_https_and_mail(settings):
    settings.IS_HTTPS = False
    settings.EMAIL_HOST = ""
    found = deploy_warnings()
    assert "SITE_URL is not https." in found
    assert any(message.startswith("EMAIL_HOST") for message in found)


def make_record(message: str, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("portal", logging.ERROR, __file__, 1, message, None, info)


@pytest.mark.check("S16")
def test_log_is_one_line_of_json():
    request_id.set("abc")
    line = JsonLines().format(make_record("two\nlines and an ä"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines and an ä"
    assert json.loads(line)["request_id"] == "abc"


@pytest.mark.check("S16")
def test_log_leaves_out_what_the_database_quotes():
    line = JsonLines().format(make_record("failed", IntegrityError("duplicate key\nDETAIL: Key (email)=(a@b.c)")))
    assert json.loads(line)["reason"] == "duplicate key"
    assert "a@b.c" not in line


@pytest.mark.django_db
@zeal.zeal_ignore()  # the same command three times looks like a loop
def test_demo_accounts_are_made_once(settings):
    settings.SITE_URL = "http://localhost:8000"
    first, second, third = StringIO(), StringIO(), StringIO()
    call_command("create_demo_accounts", stdout=first)
    call_command("create_demo_accounts", stdout=second)
    call_command("create_demo_accounts", "--new-passwords", stdout=third)
    shown = [line.split() for line in first.getvalue().splitlines()[1:]]
    renewed = [line.split() for line in third.getvalue().splitlines()[1:]]
    assert "make demo-passwords" in second.getvalue()
    assert [email for _, email, _ in shown] == [email for _, email, _ in renewed]
    for _, email, password in renewed:
        assert User.objects.get(email=email).check_password(password)
    assert User.objects.filter(is_superuser=True).count() == 1
    assert User.objects.filter(is_staff=True).count() == 2


@pytest.mark.django_db
def test_demo_accounts_are_refused_in_public(settings):
    settings.SITE_URL = "https://mosaik.example.net"
    with pytest.raises(CommandError, match="nie unter öffentlicher Adresse"):
        call_command("create_demo_accounts")
    assert not User.objects.exists()
