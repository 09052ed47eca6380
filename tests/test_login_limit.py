"""S08: 40 wrong passwords at once over four workers are not 40 guesses, however many addresses they come from."""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress

from municipalities.models import User
from tests.served import serving

GUESSES, WORKERS, CHECKED = 40, 4, 5
PASSWORD = "das richtige Passwort"
EMAIL = "anna@stade.example"
WRONG, ENOUGH = "passen nicht zusammen", "viele Versuche"


@pytest.fixture
def portal(transactional_db, tmp_path) -> Iterator[str]:
    """As many workers as a large portal has; returns its address."""
    with serving(tmp_path, "--workers", str(WORKERS), PROXY_COUNT="1") as (url, _server):
        yield url


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


@pytest.mark.check("S08")
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
