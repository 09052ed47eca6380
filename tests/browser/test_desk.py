"""The desk in a real browser: a project is sent in and returned; axe, keyboard and narrow screens."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.audit import assert_is_told_well
from tests.browser.steps import follow
from tests.browser.test_sign_in import sign_in, submit, totp

TEXTS = ("/admin/projects/textblock/", "/admin/projects/textblock/add/", "/admin/projects/pagetext/add/")
TITLE = "Lesepatinnen im Schulkeller"


def enter_desk(page: Page, portal, email: str) -> None:
    """Signs in and sets up the second factor."""
    sign_in(page, email, portal.passwords[email])
    page.goto("/admin/")
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", portal.passwords[email])
        submit(page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.locator("main").inner_text())
    page.fill("input[name=code]", totp(secret[0]))
    save(page)


def save(page: Page) -> None:
    """Past the unseen button that answers the Enter key."""
    with page.expect_navigation():
        page.locator("main form button[type=submit]:not(.visually-hidden)").first.click()


def send_in(page: Page, portal) -> None:
    """The shortest project that can be sent, by the municipality."""
    email = "kommune@example.org"
    sign_in(page, email, portal.passwords[email])
    page.goto("/mitmachen/projekte/neu/")
    page.fill("input[name=title]", TITLE)
    page.check("input[name=stage][value=running]")
    save(page)
    page.wait_for_url(re.compile(r"/projekte/\d+/$"))
    home = page.url
    for slug, fields in (
        ("kopf", {"textarea[name=summary]": "Ehrenamtliche lesen mit Kindern, jeden Dienstag."}),
        ("geschichte", {"textarea[name=approach]": "Frau Dr. Muster öffnet den Keller."}),
    ):
        page.goto(f"{home}{slug}/")
        for selector, text in fields.items():
            page.fill(selector, text)
        save(page)
    page.goto(f"{home}einordnung/")
    page.locator("input[name=topics]").first.check()
    save(page)
    page.goto(f"{home}pruefen/")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("eingereicht")


@pytest.mark.check("A01")
def test_desk_from_the_queue_to_a_return(page_at, portal, assert_accessible):
    send_in(page_at(), portal)
    page = page_at()
    enter_desk(page, portal, "moderation@example.org")
    page.goto("/admin/")
    expect(page.get_by_role("link", name=re.compile("warte(t|n) auf eine Entscheidung"))).to_be_visible()
    for width, scheme in ((1280, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for address in ("/admin/", *TEXTS, "/admin/projects/project/"):
            page.goto(address)
            check(page, assert_accessible)
            assert_is_told_well(page, unnamed=("table",))  # the stock list: one table under one heading
        follow(page.get_by_role("link", name=TITLE))
        check(page, assert_accessible)
        assert_is_told_well(page)
        expect(page.locator(".hints")).to_contain_text("Frau Dr. Muster")
        page.locator("summary", has_text="Ablehnen").click()
        page.get_by_role("button", name="Ablehnen").click()
        expect(page.locator(".error-summary")).to_be_focused()
        check(page, assert_accessible)
    page.locator("summary", has_text="Zurückgeben").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Namen und Kontaktdaten von Privatpersonen").check()
    page.get_by_role("button", name="Zurückgeben").click()
    expect(page.locator(".messagelist")).to_contain_text("ist zurückgegeben")
    page.goto("/admin/projects/project/?status=returned")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()


def check(page: Page, assert_accessible) -> None:
    """No finding of axe, no sideways scroll, headings without a gap."""
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    levels = [
        int(level) for level in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName[1])")
    ]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
