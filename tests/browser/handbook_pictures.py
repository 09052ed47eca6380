"""The pictures of the handbooks (/hilfe/), taken from a running portal: `make pictures` after its look has changed.

No test: it writes static/img/hilfe/, which is committed, so that the pages never show an old portal for long.
"""

import sys
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, Portal, running_portal
from tests.browser.test_desk import enter_desk
from tests.browser.test_submission import begin, save
from tools import ROOT
from tools.checks import chromium

FOLDER = ROOT / "static" / "img" / "hilfe"
MOST_BYTES = 600 * 1024  # all pictures together
# Width and height of the window; the tall one is for telephones. templates/help/_picture.html says them times DOTS.
SIZES = {"breit": (1120, 760), "schmal": (400, 640)}
DOTS = 1.25
QUALITY = 50
TITLE = "Erfundenes Beispiel: Nähcafé im Gemeindehaus"
LIST = "/projekte/?q=Sprachkurs&kind=county"

# Brings the page to where its picture is taken; how far it scrolls is what the picture is about.
Step = Callable[[Page], None]


def at(path: str, part: str = "main") -> Step:
    """The page with this part of it at the top of the picture."""

    def show(page: Page) -> None:
        page.goto(path)
        page.locator(part).first.evaluate("part => window.scrollTo(0, part.getBoundingClientRect().top)")

    return show


def compared(page: Page) -> None:
    """Three projects of the list side by side, by the boxes of their cards."""
    page.goto("/projekte/?topic=housing")
    for box in page.locator("input[type=checkbox][form=merken]").all()[:3]:
        box.check()
    page.get_by_role("button", name="Vergleichen").click()
    page.locator("table").first.evaluate("part => window.scrollTo(0, part.getBoundingClientRect().top)")


def example(page: Page, portal: Portal) -> str:
    """A project that says of itself that it is made up; gives the path of its task list."""
    home = begin(page, portal, TITLE)
    page.goto(home + "kopf/")
    page.fill("#id_summary", "Jeden Samstag wird genäht: Wer es kann, zeigt es. Eine Fachkraft hält alles zusammen.")
    save(page, home)
    page.goto(home + "einordnung/")
    page.locator("input[name=topics]").first.check()
    save(page, home)
    page.goto(home + "geschichte/")
    page.fill("#id_approach", "Nachbarinnen bringen ihre Maschinen mit. Der Raum gehört der Gemeinde.")
    save(page, home)
    page.goto(home + "geld/")
    page.fill("#id_financings-0-source_name", "Bürgerstiftung (erfunden)")
    page.select_option("#id_financings-0-level", "foundation")
    page.fill("#id_financings-0-amount", "1.200")
    save(page, home)
    return home.removeprefix(portal.url)


def send_in(page: Page, home: str) -> None:
    page.goto(f"{home}pruefen/")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Projekt absenden").click()


def take(page: Page, name: str, step: Step) -> int:
    """One picture in each size; gives the bytes of both."""
    total = 0
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        step(page)
        page.evaluate("document.activeElement && document.activeElement.blur()")
        found = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
        target = FOLDER / f"{name}-{size}.webp"
        found.convert("RGB").save(target, quality=QUALITY, method=6)
        total += target.stat().st_size
    return total


def take_all(browser: Browser, portal: Portal) -> int:
    """Every picture, by the people who see these pages; gives the bytes of all."""

    def somebody() -> Page:
        context = browser.new_context(
            base_url=portal.url, color_scheme="light", locale="de-DE", device_scale_factor=DOTS, reduced_motion="reduce"
        )
        return context.new_page()

    reader, member, moderator = somebody(), somebody(), somebody()
    total = take(reader, "suchen", at(LIST))
    reader.goto("/projekte/?q=Genossenschaft")
    reader.locator(".project-card a").first.click()
    total += take(reader, "projekt", at(reader.url))
    total += take(reader, "vergleichen", compared)
    home = example(member, portal)
    total += take(member, "teile", at(home))
    total += take(member, "geld", at(f"{home}geld/"))
    total += take(member, "absenden", at(f"{home}pruefen/", "main form"))
    send_in(member, home)
    enter_desk(moderator, portal, "moderation@example.org")
    total += take(moderator, "redaktion", at("/admin/", "body"))
    total += take(moderator, "warteliste", at("/admin/projects/project/", "#content"))
    moderator.goto("/admin/projects/project/")
    moderator.get_by_role("link", name=TITLE).click()
    return total + take(moderator, "entscheiden", at(moderator.url, "#decide-title"))


def main() -> int:
    path = chromium()
    if not path:
        print("Kein Chromium gefunden. Debian: apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_portal() as portal, sync_playwright() as playwright:
        total = take_all(playwright.chromium.launch(executable_path=path, args=FLAGS), portal)
    print(f"Bilder der Hilfe: {total // 1024} KB in {FOLDER}")
    return 0 if total <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
