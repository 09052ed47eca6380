"""Walking through a page with the keyboard alone, as somebody does who sees the focus and nothing of the mouse."""

from playwright.sync_api import Page


def focused(page: Page) -> str:
    """What has the focus, in words; fails where one cannot see that it has.

    The shadow around the ring has the page's own colour and shows nothing without it.
    """
    told = page.evaluate(
        """(() => {
          const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
          const seen = style.outlineStyle !== "none";
          const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
          const name = e.labels?.[0]?.textContent || e.textContent || e.value || e.name || e.tagName;
          const words = name.trim().replace(/\\s+/g, " ").slice(0, 60);
          return [(seen && inside) || e === document.body, `${e.tagName} ${words}`];
        })()"""
    )
    assert told[0], told
    return told[1]


def tab_to(page: Page, words: str, most: int = 120) -> list[str]:
    """Presses Tab until something of this name has the focus; gives what was passed."""
    passed = []
    for _step in range(most):
        page.keyboard.press("Tab")
        passed.append(focused(page))
        if words in passed[-1]:
            return passed
    raise AssertionError(f"{words} is not reached: {passed}")


def leave_at_the_end(page: Page) -> None:
    """No trap: Tab leads through the page and out of it."""
    for _step in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return
    raise AssertionError(f"the focus never leaves: {focused(page)}")
