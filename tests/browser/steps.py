"""What people do on a page, with the waiting that they do without thinking."""

from playwright.sync_api import Locator


def follow(way: Locator) -> None:
    """Clicks on what leads to another page and waits for it; who looks at once may meet half of it, or the old one."""
    with way.page.expect_navigation():
        way.click()
