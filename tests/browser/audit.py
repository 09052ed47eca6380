"""What every page has to keep, whoever looks at it: axe, width, outline, text that may grow, names (A01, A05, A08).

A page is opened once and then looked at on each screen: no script of the portal asks for the size or the colours.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    # Every rule runs; only what passes is not described place by place, which took two thirds of the time.
    "resultTypes": ["violations"],
}
# All that other colours can change: the other rules judge what is there and where, which light has shown already.
COLOUR_RULES = AXE | {"runOnly": ["color-contrast", "link-in-text-block"]}
# Telephone and desk, by day, by night, and with colours of the system instead of ours.
COLOURS = (("light", "none", AXE), ("dark", "none", COLOUR_RULES), ("light", "active", COLOUR_RULES))
SCREENS = [(width, *colours) for width in (320, 1280) for colours in COLOURS]
# By how much a page scrolls sideways and the elements that reach out of it; nothing where it does not.
SIDEWAYS = """(() => {
  const { scrollWidth, clientWidth: width } = document.documentElement;
  if (scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width + 0.5);
  const told = wide.map(e => `${e.tagName}.${e.className} ${e.id} ${e.textContent.trim().slice(0, 40)}`);
  return [scrollWidth - width, ...told];
})()"""
# What holds more text than it shows and lets nobody scroll to the rest. What is clipped away is there for screen
# readers, and what is shortened to a number of lines says so with three dots.
CUT = """[...document.body.querySelectorAll("*")].filter(e => {
  const style = getComputedStyle(e), isOpen = /visible|auto|scroll/;
  const down = !isOpen.test(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
  const across = !isOpen.test(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
  const isHidden = e.clientWidth <= 1 || style.clipPath !== "none";
  return (down || across) && !isHidden && style.webkitLineClamp === "none" && e.innerText?.trim();
}).map(e => `${e.tagName}.${e.className} ${e.id} ${e.innerText.trim().slice(0, 40)}`)"""
# Links change their colours slowly, also when the system's colours change under an open page.
STYLED_ANEW = """(async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.all(document.getAnimations().map(animation => animation.finished));
})()"""
TWICE_AS_LARGE = "document.documentElement.style.fontSize = '200%'"
AS_LARGE_AS_BEFORE = "document.documentElement.style.fontSize = ''"
WIDELY_SPACED = """for (const element of document.querySelectorAll('body *')) {
    element.style.lineHeight = '1.5'; element.style.letterSpacing = '0.12em'; element.style.wordSpacing = '0.16em';
}"""
LANDMARKS = ("banner", "navigation", "main", "complementary", "contentinfo", "search", "form", "region")
# Whatever can be used, and whatever is a picture to those who cannot see it.
NAMED = {
    *("link", "button", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "slider", "spinbutton"),
    *("image", "progressbar", "table", "dialog", "DisclosureTriangle"),
}
EMPTY_WORDS = {"hier", "mehr", "klicken sie hier", "link", "button"}
Node = tuple[str, str, int]  # role, name, level of a heading


def axe_violations(page: Page, rules: dict[str, object] = AXE) -> list[str]:
    """What axe finds on this page, one readable line for each place; needs a page with JavaScript."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']} – {' '.join(map(str, node['target']))}: "
        f"{node['failureSummary'].splitlines()[-1].strip()}"
        for violation in page.evaluate("options => axe.run(options).then(results => results.violations)", rules)
        for node in violation["nodes"]
    ]


def assert_accessible(page: Page, rules: dict[str, object] = AXE) -> None:
    violations = axe_violations(page, rules)
    assert not violations, "\n".join([f"{page.url} {page.viewport_size}", *violations])


def assert_for_everybody(page: Page) -> None:
    """No finding of axe, no sideways scroll, headings without a gap and no id twice, on each of SCREENS."""
    for width, scheme, forced, rules in SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
        page.evaluate(STYLED_ANEW)
        assert_accessible(page, rules)
        assert_nothing_is_lost(page, width)
    assert_outline(page)


def assert_nothing_is_lost(page: Page, how: object) -> None:
    for look in (SIDEWAYS, CUT):
        found = page.evaluate(look)
        assert found == [], (page.url, how, found)


def assert_outline(page: Page) -> None:
    found = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))")
    assert found.count(1) == 1, (page.url, found)
    assert all(after <= before + 1 for before, after in pairwise(found)), (page.url, found)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.getAttribute('id'))")
    assert len(ids) == len(set(ids)), (page.url, sorted(name for name in ids if ids.count(name) > 1))


def assert_text_may_grow(page: Page) -> None:
    """WCAG 1.4.4 and 1.4.12: nothing scrolls sideways or is cut; afterwards the page keeps its wide spacing."""
    page.emulate_media(color_scheme="light", forced_colors="none")
    for width, before, change in ((1280, "", TWICE_AS_LARGE), (320, AS_LARGE_AS_BEFORE, WIDELY_SPACED)):
        page.evaluate(before)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(change)
        assert_nothing_is_lost(page, change)


def tree(page: Page) -> Iterator[Node]:
    """The nodes that assistive technology gets, in reading order."""
    session = page.context.new_cdp_session(page)
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"]:
            level = next((one["value"]["value"] for one in node["properties"] if one["name"] == "level"), 0)
            yield node["role"]["value"], node.get("name", {}).get("value", "").strip(), level
    session.detach()


def assert_is_told_well(page: Page, unnamed: tuple[str, ...] = ()) -> None:
    """Landmarks, headings and names in the accessibility tree; roles in `unnamed` may go without a name.

    axe judges elements; this looks at what the browser makes of them, so a name that says nothing is found as well.
    """
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
    assert [role for role, name in used if not name and role not in unnamed] == [], where
    assert [(role, name) for role, name in used if name.lower() in EMPTY_WORDS] == [], where
    assert used, where
