"""Pages in every state they can be in: rows are made in the database, the pages are opened in Chromium.

Instead of `make run`, whose data all tests share, each test here has a server and a database of its own.
"""

import os
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from django.test import Client
from playwright.sync_api import Page
from zeal import zeal_ignore

from municipalities.models import User
from tests.browser.conftest import Portal

# Telephone in daylight, desk at night, and a system whose colours replace ours.
SCREENS = ((320, "light", "none"), (1280, "dark", "none"), (1280, "light", "active"))
# What makes a page scroll sideways: the elements that reach out of it, or nothing where it does not.
SIDEWAYS = """(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width + 0.5);
  return wide.map(e => `${e.tagName}.${e.className} ${e.id} ${e.textContent.trim().slice(0, 40)}`);
})()"""
# The admin's links change their colours slowly, also when the system's colours change under an open page.
STYLED_ANEW = """(async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.all(document.getAnimations().map(animation => animation.finished));
})()"""


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


@pytest.fixture
def for_everybody(assert_accessible) -> Callable[[Page], None]:
    """No finding of axe, no sideways scroll, headings without a gap and no id twice, on each of SCREENS."""

    def check(page: Page) -> None:
        for width, scheme, forced in SCREENS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
            page.evaluate(STYLED_ANEW)
            assert_accessible(page)
            assert page.evaluate(SIDEWAYS) == [], (page.url, width)
        assert_outline(page)

    return check


def assert_outline(page: Page) -> None:
    found = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))")
    assert found.count(1) == 1, (page.url, found)
    assert all(after <= before + 1 for before, after in pairwise(found)), (page.url, found)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids)), (page.url, sorted(name for name in ids if ids.count(name) > 1))
