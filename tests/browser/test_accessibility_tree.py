"""What a screen reader gets of the main pages: landmarks, headings and names in the accessibility tree of Chromium.

axe judges elements; this looks at what the browser makes of them, so a name that is there and says nothing is found.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.test_desk import enter_desk
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
LANDMARKS = ("banner", "navigation", "main", "complementary", "contentinfo", "search", "form", "region")
# Whatever can be used, and whatever is a picture to those who cannot see it.
NAMED = {
    *("link", "button", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "slider", "spinbutton"),
    *("image", "progressbar", "table", "dialog", "DisclosureTriangle"),
}
EMPTY_WORDS = {"hier", "mehr", "klicken sie hier", "link", "button"}
Node = tuple[str, str, int]  # role, name, level of a heading


def tree(page: Page) -> Iterator[Node]:
    """The nodes that assistive technology gets, in reading order."""
    session = page.context.new_cdp_session(page)
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"]:
            level = next((one["value"]["value"] for one in node["properties"] if one["name"] == "level"), 0)
            yield node["role"]["value"], node.get("name", {}).get("value", "").strip(), level
    session.detach()


def assert_is_told_well(page: Page) -> None:
    nodes = list(tree(page))
    where = page.url
    landmarks = [(role, name) for role, name, _level in nodes if role in LANDMARKS and (role, name) != ("form", "")]
    count = Counter(role for role, _name in landmarks)
    assert [count[role] for role in ("banner", "main", "contentinfo")] == [1, 1, 1], (where, count)
    assert [place for place, times in Counter(landmarks).items() if times > 1] == [], where
    assert all(name for role, name in landmarks if count[role] > 1), (where, landmarks)
    levels = [level for role, _name, level in nodes if role == "heading"]
    assert levels.count(1) == 1, (where, levels)
    assert all(after <= before + 1 for before, after in pairwise(levels)), (where, levels)
    assert all(name for role, name, _level in nodes if role == "heading"), where
    used = [(role, name) for role, name, _level in nodes if role in NAMED]
    assert [role for role, name in used if not name] == [], where
    assert [(role, name) for role, name in used if name.lower() in EMPTY_WORDS] == [], where
    assert used, where


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
def test_tree_of_the_desk(page_at, portal):
    page = page_at()
    enter_desk(page, portal, "moderation@example.org")
    for path in ("/admin/", "/admin/projects/project/"):
        page.goto(path)
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
