"""Pictures in a real browser: uploaded with and without JavaScript, refused in words, shown, ordered, deleted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_submission import begin
from tests.projects import picture_zoo as zoo


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, str]:
    contents = {
        "gross.jpg": zoo.saved(zoo.scene(2400, 1600), "JPEG"),
        "hoch.png": zoo.png(900, 1200),
        "zu-gross.jpg": zoo.padded(zoo.jpeg(), 11_000_000),
        "seite.jpg": zoo.HTML,
        "konzept.pdf": zoo.PDF,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in contents}


def open_pictures(page: Page, portal, title: str) -> None:
    """A new draft of the demo municipality, and its page of pictures."""
    page.goto(begin(page, portal, title) + "bilder/")


def upload(page: Page, path: str, alt: str, credit: str = "Stadt Musterhausen") -> None:
    page.set_input_files("#id_file", path)
    page.fill("#id_alt", alt)
    page.fill("#id_credit", credit)
    page.check("#id_rights_confirmed")
    page.get_by_role("button", name="Bild speichern").click()


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (1280, True)])
def test_pictures_are_uploaded_ordered_and_deleted(page_at, portal, photos, assert_accessible, width, javascript):
    page = page_at(width, javascript=javascript)
    open_pictures(page, portal, f"Fahrradwerkstatt bei {width} Pixeln")
    upload(page, photos["zu-gross.jpg"], "Zwei Frauen reparieren ein Fahrrad")
    expect(page).to_have_title(re.compile("^Fehler: "))
    expect(page.locator(".error-summary")).to_contain_text("Diese Datei ist 11,0 MB groß.")
    expect(page.locator("#id_alt")).to_have_value("Zwei Frauen reparieren ein Fahrrad")
    assert_fits(page)
    if javascript:
        assert_accessible(page)
    upload(page, photos["seite.jpg"], "Zwei Frauen reparieren ein Fahrrad")
    expect(page.locator(".error-summary")).to_contain_text("Das ist eine SVG- oder HTML-Datei und kein Foto.")
    upload(page, photos["gross.jpg"], "Zwei Frauen reparieren ein Fahrrad")
    expect(page.get_by_role("status")).to_have_text("Das Bild ist gespeichert.")
    upload(page, photos["hoch.png"], "Der Hof der Werkstatt")
    pictures = page.locator(".upload__picture")
    expect(pictures).to_have_count(2)
    page.get_by_role("button", name="Nach vorn (Bild 2)").click()
    expect(pictures.first).to_have_attribute("alt", "Der Hof der Werkstatt")
    pictures.first.scroll_into_view_if_needed()
    expect(pictures.first).to_have_js_property("naturalWidth", 400)
    page.fill("#id_paper-title", "Konzept der Werkstatt")
    page.set_input_files("#id_paper-file", photos["konzept.pdf"])
    page.get_by_role("button", name="Anlage speichern").click()
    expect(page.get_by_role("link", name="Konzept der Werkstatt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Konzept der Werkstatt").click()
    assert download.value.suggested_filename == "konzept-der-werkstatt.pdf"
    assert_fits(page)
    if javascript:
        assert_accessible(page)
    for picture in pictures.all():  # one that is still on its way while it is deleted would be missed
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
    page.locator(".upload").first.get_by_text("Löschen").first.click()
    page.get_by_role("button", name="Ja, löschen (Bild 1)").click()
    expect(pictures).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("Das Bild ist gelöscht.")


@pytest.mark.parametrize("width", [320, 1280])
def test_project_page_shows_the_gallery(page_at, portal, photos, assert_accessible, width):
    page = page_at(width)
    open_pictures(page, portal, f"Sprachcafé bei {width} Pixeln")
    for name in ("gross.jpg", "hoch.png", "gross.jpg"):
        upload(page, photos[name], "Menschen sitzen an einem langen Tisch")
        expect(page.get_by_role("status")).to_have_text("Das Bild ist gespeichert.")
    page.goto(page.url.partition("bilder/")[0] + "vorschau/")
    first = page.locator(".gallery img").first
    first.scroll_into_view_if_needed()
    expect(first).to_have_js_property("complete", True)
    assert first.evaluate("(el) => el.naturalWidth") >= min(width, 800) / 2
    assert_fits(page)
    assert_accessible(page)
