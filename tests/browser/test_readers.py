"""Merkliste, comparison, Förder-Check and subscription in a real browser: axe, print, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.audit import assert_text_may_grow

PAGES = [
    "/merkliste/",
    "/merkliste/?{ids}&id=999999",
    "/projekte/vergleich/",
    "/projekte/vergleich/?{ids}",
    "/projekte/vergleich/?{ids}&only=differences",
    "/foerderung/check/",
    "/foerderung/check/?municipality=034545407&topic=participation",
    "/foerderung/check/?municipality=Nirgendwo",
    "/projekte/abo/?topic=language",
    "/projekte/abo/?topic=language&gesendet=1",
]


def ids(page: Page, most: int = 4) -> list[str]:
    page.goto("/projekte/")
    boxes = page.locator('article input[name="id"]').all()
    return [box.get_attribute("value") for box in boxes[:most]]


def query(page: Page, most: int = 4) -> str:
    return "&".join(f"id={number}" for number in ids(page, most))


@pytest.mark.check("A01", "A05")
@pytest.mark.parametrize("name", PAGES)
def test_page_is_for_everybody(page_at, for_everybody, name):
    page = page_at()
    page.goto(name.format(ids=query(page)))
    for_everybody(page)
    assert_text_may_grow(page)


def test_list_is_kept_in_the_browser_across_pages(page_at):
    page = page_at(1280)
    first, second, *_rest = ids(page)
    assert page.evaluate("localStorage.length") == 0  # nothing is stored before somebody wants it
    page.locator(f'input[value="{first}"][form]').check()
    page.goto(f"/projekte/{second}/")
    page.get_by_role("link", name="Merken", exact=True).click()
    link = page.get_by_role("link", name=re.compile(r"zur Merkliste \(2\)"))
    expect(link).to_be_visible()
    page.goto("/projekte/")
    expect(page.locator(f'input[value="{second}"][form]')).to_be_checked()
    page.goto("/merkliste/")
    page.wait_for_url(re.compile(rf"\?id={first}&id={second}$"))
    assert not page.get_by_role("button", name="In diesem Browser merken").is_visible()
    page.get_by_role("link", name=re.compile("^Entfernen")).first.click()
    page.goto("/projekte/")
    expect(page.locator(f'input[value="{first}"][form]')).not_to_be_checked()
    page.goto("/merkliste/")
    page.get_by_role("link", name="Liste leeren").click()
    expect(page.get_by_text("So füllt sie sich")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


def test_list_of_somebody_else_is_kept_only_when_wanted(page_at):
    page = page_at(1280)
    page.goto(f"/merkliste/?{query(page, 2)}")
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("button", name="In diesem Browser merken").click()
    expect(page.get_by_text("Die Liste steht jetzt auch in diesem Browser.")).to_be_visible()
    assert len(page.evaluate("JSON.parse(localStorage.merkliste)")) == 2


def test_projects_of_other_pages_are_compared_too(page_at):
    page = page_at(1280)
    first = ids(page)[0]
    page.locator(f'input[value="{first}"][form]').check()
    page.goto("/projekte/?page=2")
    box = page.locator('article input[name="id"]').first
    other = box.get_attribute("value")
    box.check()
    page.get_by_role("button", name="Vergleichen").click()
    expect(page.locator(".compare thead th")).to_have_count(2)
    assert {first, other} == set(re.findall(r"id=(\d+)", page.url))


@pytest.mark.check("A07")
def test_without_javascript_boxes_lead_to_list_and_comparison(page_at):
    page = page_at(360, javascript=False)
    page.goto("/projekte/")
    for box in page.locator('article input[name="id"]').all()[:2]:
        box.check()
    page.get_by_role("button", name="Auf die Merkliste").click()
    expect(page.locator(".kept__row")).to_have_count(2)
    page.get_by_label("Projekt hinzufügen").fill("999999")
    page.get_by_role("button", name="Hinzufügen").click()
    expect(page.get_by_text("Nr. 999999")).to_be_visible()
    page.get_by_role("button", name="Angekreuzte vergleichen").click()
    expect(page.locator("h1")).to_have_text("Vergleich")
    expect(page.locator(".compare tbody .compare__letter").first).to_be_visible()
    page.get_by_role("link", name="Nur Unterschiede zeigen").click()
    expect(page.get_by_role("link", name="Alle Angaben zeigen")).to_be_visible()


def test_comparison_prints_across(page_at):
    page = page_at(1280)
    page.goto(f"/projekte/vergleich/?{query(page)}")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf).groups())
    assert width > height
    page.goto(f"/merkliste/?{query(page)}")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf).groups())
    assert width < height


def test_selection_is_ordered_in_the_browser_without_javascript(page_at):
    page = page_at(360, javascript=False)
    page.goto("/projekte/?topic=language")
    page.get_by_role("link", name="per E-Mail").click()
    page.get_by_label("Ihre E-Mail-Adresse").fill("leserin@example.org")
    page.get_by_role("radio", name=re.compile("täglich")).check()
    page.get_by_role("button", name="Bestellen").click()
    expect(page.locator("h1")).to_have_text("Bitte sehen Sie in Ihr Postfach")
    page.goto("/demo/briefe/")
    page.locator('a[href*="/bestaetigen/"]').first.click()
    page.get_by_role("button", name="Ja, schicken Sie mir Neues").click()
    expect(page.locator("h1")).to_have_text("Ihr Abonnement läuft")
    page.get_by_role("link", name="Abonnement beenden").click()
    page.get_by_role("button", name="Abonnement beenden").click()
    expect(page.locator("h1")).to_have_text("Das Abonnement ist beendet")
    assert page.context.cookies() == []
