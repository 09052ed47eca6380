"""What a screen reader gets of the main pages, and what moves on them. The desk's pages: test_desk."""

import pytest

from tests.browser.audit import assert_is_told_well
from tests.browser.test_reading import MUNICIPALITY, PROJECT, address
from tests.browser.test_submission import begin

MAIN_PAGES = (
    "/",
    "/projekte/",
    PROJECT,
    MUNICIPALITY,
    f"{MUNICIPALITY}vergleichbar/",
    "/auswertung/finanzierung/",
    "/foerderung/check/",
    "/barriere-melden/",
)


@pytest.mark.check("A01")
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", MAIN_PAGES)
def test_tree_of_a_readers_page(page_at, name, width):
    page = page_at(width)
    page.goto(address(page, name))
    assert_is_told_well(page)


@pytest.mark.check("A01")
def test_tree_of_the_submission(page_at, portal):
    page = page_at()
    home = begin(page, portal, "Brettspiele im Pfarrgarten")
    for part in ("", "kopf/", "geld/", "pruefen/"):
        page.goto(home + part)
        assert_is_told_well(page)


@pytest.mark.check("A01")
def test_what_moves_stands_still_for_those_who_ask_for_it(page_at):
    moving = """[...document.querySelectorAll('*')].filter(element => {
      const style = getComputedStyle(element), times = `${style.transitionDuration},${style.animationDuration}`;
      return times.split(',').some(time => parseFloat(time) > 0) || style.scrollBehavior === 'smooth';
    }).length"""
    page = page_at()
    for path in ("/", "/projekte/", "/projekte/?view=map"):
        page.emulate_media(reduced_motion="reduce")
        page.goto(path)
        assert page.evaluate(moving) == 0, path
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0  # or the question would be a wrong one
