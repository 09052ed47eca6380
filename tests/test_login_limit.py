"""S08: 40 wrong passwords at once over four workers are not 40 guesses, however many addresses they come from."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from municipalities.models import User

ROOT = Path(__file__).resolve().parent.parent
GUESSES, WORKERS, CHECKED = 40, 4, 5
PASSWORD = "das richtige Passwort"
EMAIL = "anna@stade.example"
WRONG, ENOUGH = "passen nicht zusammen", "viele Versuche"


@pytest.fixture
def portal(transactional_db, tmp_path) -> Iterator[str]:
    """gunicorn on the test database, as many workers as a large portal has; returns its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = connection.settings_dict
    address = f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}"
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,  # with the settings of the tests: their cheap passwords make the rush even denser
        "DATABASE_URL": f"{address}?host={quote(database['HOST'])}",
        "SITE_URL": url,
        "STATE_DIR": str(tmp_path),
        "PROXY_COUNT": "1",
    }
    serve = [sys.executable, "-m", "gunicorn", "-c", "python:integration_portal.gunicorn", "--workers", str(WORKERS)]
    server = subprocess.Popen(
        [*serve, "--bind", f"127.0.0.1:{port}"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the portal does not answer")


def form(url: str, number: int) -> tuple[urllib.request.OpenerDirector, str]:
    """A browser with an address of its own that has the page open, and the token of the form."""
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    browser.addheaders = [("X-Forwarded-For", f"192.0.2.{number}"), ("Origin", url)]
    with browser.open(f"{url}/konto/anmelden/", timeout=30) as page:
        return browser, re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]


def guess(url: str, browser: urllib.request.OpenerDirector, token: str, password: str) -> str:
    data = urlencode({"csrfmiddlewaretoken": token, "login": EMAIL, "password": password}).encode()
    try:
        with browser.open(f"{url}/konto/anmelden/", data, timeout=60) as page:
            return page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code}: {error.read().decode()}"


def test_parallel_wrong_passwords_are_hardly_checked(portal):
    user = User.objects.create_user(EMAIL, PASSWORD)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    forms = [form(portal, number) for number in range(GUESSES)]
    start, answers = threading.Barrier(GUESSES), []

    def try_one(number: int) -> None:
        start.wait()
        answers.append(guess(portal, *forms[number], f"falsches Passwort {number}"))

    threads = [threading.Thread(target=try_one, args=(number,)) for number in range(GUESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checked = sum(WRONG in answer for answer in answers)
    assert 1 <= checked <= CHECKED
    assert sum(ENOUGH in answer for answer in answers) == GUESSES - checked, [answer[:200] for answer in answers]
    # And now not even the right one is tried.
    assert ENOUGH in guess(portal, *form(portal, 200), PASSWORD)
