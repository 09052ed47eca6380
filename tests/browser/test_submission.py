"""Submitting in a real browser, with and without JavaScript, on a telephone and on a desk; nothing typed is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_sign_in import sign_in

MEMBER = "kommune@example.org"
LONG = "Integrationskoordinierungsstellenzuwendungsbescheid"
PARTS = ("kopf", "einordnung", "geschichte", "aufwand", "geld", "belege", "nachmachen", "huerden", "kontakt")


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def begin(page: Page, portal, title: str) -> str:
    """Signs in and makes a draft; gives the address of its task list."""
    sign_in(page, MEMBER, portal.passwords[MEMBER])
    page.goto("/mitmachen/projekte/neu/")
    page.fill("input[name=title]", title)
    page.check("input[name=stage][value=running]")
    page.get_by_role("button", name="Entwurf anlegen").click()
    new_all_the_same(page)
    page.wait_for_url(re.compile(r"/mitmachen/projekte/\d+/$"))
    return page.url


def new_all_the_same(page: Page) -> None:
    """Says so if the portal asks: the draft of another screen, nearby, may have a similar title."""
    asked = page.get_by_role("button", name="Trotzdem neu anlegen")
    expect(asked.or_(page.locator(".task-list"))).to_be_visible()
    if asked.count():
        asked.click()


def save(page: Page, address: str) -> None:
    page.get_by_role("button", name="Speichern und zur Übersicht").click()
    page.wait_for_url(address)


def add_money(page: Page) -> None:
    rows = [
        ("Land Niedersachsen", "state", "12.500,50"),
        ("Bürgerstiftung", "foundation", ""),
        ("Bund", "federal", "0"),
    ]
    for number, (source, level, amount) in enumerate(rows):
        if number:
            page.get_by_role("button", name="Geldquelle hinzufügen").click()
            expect(page.locator("fieldset.row")).to_have_count(number + 1)
        page.fill(f"#id_financings-{number}-source_name", source)
        page.select_option(f"#id_financings-{number}-level", level)
        page.fill(f"#id_financings-{number}-amount", amount)


@pytest.mark.check("A07")
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("javascript", [True, False])
def test_journey_from_the_first_step_to_sending(page_at, portal, assert_accessible, width, javascript):
    page = page_at(width, javascript=javascript)
    address = begin(page, portal, f"Sprachwerkstatt {width} {LONG} {'mit' if javascript else 'ohne'} Skript")
    assert_fits(page)
    page.goto(address + "kopf/")
    page.fill("#id_summary", "Jeden Mittwoch wird geredet.")
    save(page, address)
    page.goto(address + "einordnung/")
    page.locator("input[name=topics]").first.check()
    page.fill("#id_started", "9/2015")
    save(page, address)
    page.goto(address + "geschichte/")
    page.fill("#id_approach", f"Zwei Tische, zwölf Stühle. {LONG * 3}")
    save(page, address)
    page.goto(address + "geld/")
    add_money(page)
    assert_fits(page)
    if javascript:
        assert_accessible(page)
    save(page, address)
    if javascript:
        assert_accessible(page)
    page.get_by_role("link", name="Vorschau ansehen").click()
    expect(page.locator("main")).to_contain_text("12.500,50")
    assert_fits(page)
    page.goto(address + "pruefen/")
    expect(page.locator("main")).to_contain_text("Bürgerstiftung")
    assert_fits(page)
    page.get_by_role("button", name="Projekt absenden").click()
    expect(page).to_have_title(re.compile("^Fehler: "))
    if javascript:
        expect(page.locator(".error-summary")).to_be_focused()
        assert_accessible(page)
    for name in ("licence", "rights", "privacy", "municipality"):
        page.check(f"#id_{name}")
    page.get_by_role("button", name="Projekt absenden").click()
    page.wait_for_url(address)
    expect(page.locator("main")).to_contain_text("ist eingereicht")


@pytest.mark.check("A01", "A05")
@pytest.mark.parametrize("width", [320, 1280])
def test_parts_fit_and_are_accessible_empty_with_errors_and_with_many_rows(page_at, portal, assert_accessible, width):
    page = page_at(width)
    address = begin(page, portal, f"Fahrradhof {width}")
    for part in PARTS:
        page.goto(f"{address}{part}/")
        assert_fits(page)
        assert_accessible(page)
    page.goto(address + "kopf/")
    page.fill("#id_title", "")
    page.fill("#id_summary", LONG * 30)
    page.get_by_role("button", name="Speichern und weiter").click()
    expect(page).to_have_title(re.compile("^Fehler: "))
    expect(page.locator(".error-summary")).to_be_focused()
    assert_fits(page)
    assert_accessible(page)
    page.locator(".error-summary a").first.click()
    expect(page.locator("#id_title")).to_be_focused()
    page.goto(address + "belege/")
    for _number in range(8):
        page.get_by_role("button", name="Kennzahl hinzufügen").click()
    assert_fits(page)
    assert_accessible(page)


def test_rows_move_the_focus_and_are_announced(page_at, portal):
    page = page_at()
    page.goto(begin(page, portal, "Nähstube am Bahnhof") + "geld/")
    page.get_by_role("button", name="Geldquelle hinzufügen").click()
    expect(page.locator("#id_financings-1-source_name")).to_be_focused()
    expect(page.locator("[data-rows-status]")).to_have_text("Geldquelle hinzugefügt")
    page.fill("#id_financings-1-source_name", "Zweite")
    page.get_by_role("button", name="Geldquelle 1 entfernen").click()
    expect(page.locator("[data-rows-status]")).to_have_text("Geldquelle entfernt")
    expect(page.locator("#id_financings-0-source_name")).to_have_value("Zweite")
    expect(page.locator("fieldset.row")).to_be_focused()
    expect(page.locator("[name=financings-TOTAL_FORMS]")).to_have_value("1")


@pytest.mark.check("R05")
def test_killed_tab_loses_at_most_what_was_typed_since_the_last_twenty_seconds(page_at, portal):
    page = page_at()
    address = begin(page, portal, "Kochabend im Gemeindehaus") + "geschichte/"
    page.clock.install()
    page.goto(address)
    page.locator("#id_approach").press_sequentially("Noch nicht gespeichert")
    with page.expect_response(re.compile("merken")) as kept:
        page.clock.run_for(20_000)
    assert kept.value.status == 204
    page.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(address)
    expect(again.locator("#id_approach")).to_have_value("Noch nicht gespeichert")
    expect(again.locator("main")).to_contain_text("Hier steht wieder")


def test_ended_session_gives_everything_back_after_signing_in(page_at, portal):
    page = page_at(javascript=False)
    address = begin(page, portal, "Gartenprojekt am Kanal") + "kopf/"
    page.goto(address)
    page.fill("#id_summary", "Getippt, als die Sitzung schon zu Ende war.")
    cookies = [cookie for cookie in page.context.cookies() if "session" not in cookie["name"]]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Speichern und zur Übersicht").click()
    page.wait_for_url(re.compile("/konto/anmelden/"))
    page.fill("input[name=login]", MEMBER)
    page.fill("input[name=password]", portal.passwords[MEMBER])
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/kopf/\?text="))
    expect(page.locator("#id_summary")).to_have_value("Getippt, als die Sitzung schon zu Ende war.")


def test_conflict_shows_both_texts(page_at, portal, assert_accessible):
    page = page_at(320)
    address = begin(page, portal, "Lesepaten in der Bücherei")
    page.goto(address + "kopf/")
    other = page.context.new_page()
    other.goto(address + "kopf/")
    other.fill("#id_summary", "Text der Kollegin")
    save(other, address)
    page.fill("#id_summary", LONG * 4)
    page.get_by_role("button", name="Speichern und weiter").click()
    expect(page.locator(".both-texts")).to_contain_text("Text der Kollegin")
    expect(page.locator(".error-summary")).to_be_focused()
    assert_fits(page)
    assert_accessible(page)
    page.get_by_label("Der gespeicherte Text").check()
    save(page, address)
    page.goto(address + "kopf/")
    expect(page.locator("#id_summary")).to_have_value("Text der Kollegin")


@pytest.mark.check("A03")
@pytest.mark.parametrize("page_name", ["", "neu/"])
def test_keyboard_reaches_every_control_and_sees_it(page_at, portal, page_name):
    page = page_at()
    sign_in(page, MEMBER, portal.passwords[MEMBER])
    page.goto(f"/mitmachen/projekte/{page_name}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    seen = set()
    for _step in range(80):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        if page.evaluate("document.activeElement === document.body"):
            break
        # Not the shadow, which has the page's own colour.
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert len(seen) > 8
