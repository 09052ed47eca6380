"""The reader's pages in a real browser: axe, reflow, keyboard, bytes, and the whole way without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.audit import assert_text_may_grow
from tests.browser.steps import follow

PROJECT, MUNICIPALITY, PROGRAMME, SOURCE = "project", "municipality", "programme", "source"
PAGES = [
    "/",
    "/projekte/",
    "/projekte/?topic=language&kind=county&cost=unknown",
    "/projekte/?q=Genosenschaft",
    "/projekte/?q=nichtsdergleichen",
    "/projekte/?view=map",
    "/projekte/?topic=gibtesnicht",
    PROJECT,
    f"{PROJECT}ratsvorlage/",
    "/kommunen/",
    "/kommunen/?q=Sögel",
    MUNICIPALITY,
    f"{MUNICIPALITY}vergleichbar/",
    f"{MUNICIPALITY}vergleichbar/?w_size=1",
    "/projekte/?like=Hildesheim",
    "/projekte/?like=033545406003",
    "/projekte/?sort=cost_per_person",
    "/foerderung/",
    PROGRAMME,
    SOURCE,
    "/auswertung/",
    "/auswertung/finanzierung/",
    "/auswertung/finanzierung/?topic=language&kind=county",
    "/auswertung/finanzierung/?q=qqxyz",
    "/auswertung/haupt-und-ehrenamt/",
    "/auswertung/huerden/",
    "/auswertung/huerden/bericht/",
    "/auswertung/huerden/funding_time_limited/state/",
    "/auswertung/beendet/",
    "/auswertung/nachahmung/",
    "/gesuche/",
    "/auswertung/weisse-flecken/",
    "/auswertung/weisse-flecken/?by=county",
    "/auswertung/weisse-flecken/?by=kind&as=list",
    "/themen/",
    "/themen/language/",
    "/mitmachen/",
    "/hilfe/",
    "/hilfe/lesen/",
    "/hilfe/einreichen/",
    "/hilfe/moderieren/",
    "/daten/",
    "/daten/codebuch/",
    "/api/",
    "/impressum/",
    "/datenschutz/",
    "/barrierefreiheit/",
    "/barriere-melden/",
    "/leichte-sprache/",
    "/gebaerdensprache/",
    "/gibt-es-nicht/",
]
KILOBYTE = 1024


def address(page: Page, name: str) -> str:
    """The path of a page; those that carry a number are looked up on the page that links to them."""
    for kind, at, pattern in (
        (PROJECT, "/projekte/?q=Sögel", "/projekte/"),
        (MUNICIPALITY, "/kommunen/?q=Samtgemeinde+Sögel", "/kommunen/034545407"),
        (PROGRAMME, "/foerderung/", "/foerderung/amif"),
        (SOURCE, "/foerderung/", "/foerderung/geldgeber/"),
    ):
        if name.startswith(kind):
            page.goto(at)
            links = page.locator(f'main a[href^="{pattern}"]:not([href*="?"])')
            return links.first.get_attribute("href") + name.removeprefix(kind)
    return name


@pytest.mark.check("A01", "A05", "S14")
@pytest.mark.parametrize("name", PAGES)
def test_page_is_for_everybody(page_at, for_everybody, name):
    page = page_at()
    page.goto(address(page, name))
    for_everybody(page)
    assert_text_may_grow(page)


@pytest.mark.check("A03")
def test_keyboard_skips_to_the_content_and_shows_where_it_is(page_at):
    page = page_at(1280)
    page.goto("/projekte/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", re.compile("#"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    seen = set()
    for _step in range(60):
        focused = page.evaluate(
            """() => { const element = document.activeElement, style = getComputedStyle(element);
              const isVisible = style.outlineStyle !== 'none'; // the shadow has the page's own colour
              return [element.outerHTML.slice(0, 120), isVisible]; }"""
        )
        assert focused[1], f"no visible focus: {focused[0]}"
        seen.add(focused[0])
        page.keyboard.press("Tab")
    assert len(seen) > 40  # no trap


@pytest.mark.check("A07")
def test_reader_finds_filters_and_prints_without_javascript(page_at):
    page = page_at(360, javascript=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("Genossenschaft")
    page.get_by_role("button", name="Projekte finden").click()
    expect(page.locator("article mark").first).to_be_visible()
    before = int(re.search(r"\d+", page.locator("[role=status]").inner_text())[0])
    option = page.get_by_role("checkbox", name="Wohnen")
    if not option.is_visible():
        page.get_by_text("Filter", exact=True).first.click()
    option.check()
    follow(page.get_by_role("button", name="Filter anwenden"))
    assert "topic=housing" in page.url
    after = int(re.search(r"\d+", page.locator("[role=status]").inner_text())[0])
    assert 0 < after <= before
    page.locator(".chip").first.click()
    page.goto("/projekte/?topic=housing")
    page.get_by_role("searchbox").fill("Sögel")
    page.get_by_role("button", name="Suchen").click()
    page.wait_for_url(re.compile("q=S"))
    page.locator("article a").first.click()
    expect(page.locator("h1")).to_contain_text("Sögel")
    page.get_by_role("link", name=re.compile("Ratsvorlage")).first.click()
    expect(page.locator(".council-paper h1")).to_be_visible()


def test_council_paper_is_one_page_of_a4(page_at):
    page = page_at(1280)
    page.goto(address(page, f"{PROJECT}ratsvorlage/"))
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.check("A02", "S14")
@pytest.mark.parametrize("name", ["/", "/projekte/", PROJECT])
def test_first_visit_stays_within_the_budget(page_at, name):
    """README, budgets: CSS and JS at most 10 KB each, fonts 50 KB, everything 90 KB in at most 8 requests."""
    page = page_at(1280)
    path = address(page, name)
    page.context.clear_cookies()
    sizes: dict[str, int] = {}

    def measure(response):
        body = response.request.sizes()["responseBodySize"]
        sizes[response.url] = body

    fresh = page_at(1280)
    fresh.on("requestfinished", lambda request: measure(request.response()))
    fresh.goto(path, wait_until="networkidle")
    by_kind = {
        kind: sum(size for url, size in sizes.items() if url.endswith(kind)) for kind in (".css", ".js", ".woff2")
    }
    assert by_kind[".css"] <= 10 * KILOBYTE, by_kind
    assert by_kind[".js"] <= 10 * KILOBYTE, by_kind
    assert by_kind[".woff2"] <= 50 * KILOBYTE, by_kind
    assert len(sizes) <= 8, sorted(sizes)


def test_dark_paper_and_forced_colours_keep_the_mosaic_visible(page_at):
    for scheme, forced in (("dark", "none"), ("light", "active")):
        page = page_at(1280, scheme, forced_colors=forced)
        page.goto("/")
        colours = page.evaluate(
            "[...new Set([...document.querySelectorAll('.tile path')].slice(0, 40).map(p => getComputedStyle(p).fill))]"
        )
        assert len(colours) >= 2, (scheme, forced, colours)
