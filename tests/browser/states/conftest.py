"""Pages in every state they can be in: rows are made in the database, the pages are opened in Chromium.

Instead of `make run`, whose data all tests share, each test here has a server and a database of its own.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page
from zeal import zeal_ignore

from municipalities.models import User
from tests.browser.conftest import Portal


@pytest.fixture(scope="session", autouse=True)
def _rows_beside_playwright() -> None:
    """Its loop runs in this thread, and Django would take the test for an asynchronous view. Before any database."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(autouse=True)
def _many_rows_in_one_test() -> Iterator[None]:
    with zeal_ignore():
        yield


@pytest.fixture
def portal(live_server, settings) -> Portal:
    settings.ALLOWED_HOSTS = ["*"]
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]  # the admin's own pages
    return Portal(live_server.url, {})


@pytest.fixture
def page_of(page_at, portal) -> Callable[..., Page]:
    """page_of(person, width=1280, …) → a page on which this person has signed in."""

    def open_page(person: User, width: int = 1280, **options) -> Page:
        client = Client()
        client.force_login(person)
        page = page_at(width, **options)
        cookies = [{"name": name, "value": cookie.value, "url": portal.url} for name, cookie in client.cookies.items()]
        page.context.add_cookies(cookies)
        return page

    return open_page
