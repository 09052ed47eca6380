"""Signing in over plain http on one's own computer, from the printed password to the admin (issue: two commands)."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.second_factor import totp


def submit(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/konto/anmelden/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    submit(page)


def test_administrator_signs_in_sets_up_a_second_factor_and_works(page_at, portal):
    email, page = "admin@example.org", page_at()
    sign_in(page, email, portal.passwords[email])
    page.goto("/admin/")
    expect(page).not_to_have_url(re.compile("/admin/"))
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", portal.passwords[email])
        submit(page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.locator("main").inner_text())
    assert secret, page.locator("main").inner_text()
    page.fill("input[name=code]", totp(secret[0]))
    submit(page)
    for address in ("/admin/", "/admin/municipalities/user/"):
        assert page.goto(address).status == 200
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_member_signs_in_under_both_names_of_the_computer(page_at, portal, host):
    email = "kommune@example.org"
    page = page_at(base_url=portal.url.replace("127.0.0.1", host))
    sign_in(page, email, portal.passwords[email])
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["session"]["httpOnly"]
    assert page.goto("/konto/anmelden/").url != f"{portal.url.replace('127.0.0.1', host)}/konto/anmelden/"


def test_wrong_password_is_said(page_at):
    page = page_at(javascript=False)
    sign_in(page, "kommune@example.org", "falsch")
    expect(page.locator("main")).to_contain_text("Passw")
    assert page.url.endswith("/konto/anmelden/")
