"""The session ends while somebody types (R05): the page says so at once, and after signing in everything is back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_submission import MEMBER, begin

TYPED = "Getippt, nachdem die Sitzung zu Ende war."


@pytest.fixture
def page(browser, portal, request) -> Iterator[Page]:
    """Not watched like the others: the console reports the answer 401 to what is kept in the background, rightly."""
    context = browser.new_context(base_url=portal.url, viewport={"width": request.param, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.check("R05")
@pytest.mark.parametrize("page", [320, 1280], indirect=True)
def test_session_that_ends_while_typing_loses_nothing(page, portal, assert_accessible):
    address = begin(page, portal, f"Schrebergarten am Bahndamm {page.viewport_size['width']}") + "geschichte/"
    page.clock.install()
    page.goto(address)
    cookies = [cookie for cookie in page.context.cookies() if "session" not in cookie["name"]]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    page.locator("#id_initial_situation").press_sequentially(TYPED)
    with page.expect_response(re.compile("merken")) as answer:
        page.clock.run_for(20_000)
    assert answer.value.status == 401
    alarm = page.get_by_role("alert")
    expect(alarm).to_contain_text("Ihre Sitzung ist beendet.")
    expect(alarm).to_be_in_viewport()
    assert_accessible(page)
    assert_nothing_focused_is_covered(page)
    page.get_by_role("button", name="Speichern und zur Übersicht").click()
    page.wait_for_url(re.compile("/konto/anmelden/"))
    page.fill("#id_login", MEMBER)
    page.fill("#id_password", portal.passwords[MEMBER])
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(re.compile(r"/geschichte/\?text="))
    expect(page.locator("#id_initial_situation")).to_have_value(TYPED)


def assert_nothing_focused_is_covered(page: Page) -> None:
    """WCAG 2.4.11: the bar at the lower edge hides no control that has the focus."""
    for _step in range(8):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            "document.activeElement.getBoundingClientRect().top"
            " >= document.querySelector('.autosave-alarm').getBoundingClientRect().top"
        )
        assert not hidden, page.evaluate("document.activeElement.outerHTML")
