"""The pages about the portal itself: complete, well-formed, with the operator's own words and without a cookie."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.urls import reverse

from municipalities.indicators import ATTRIBUTION, INDICATORS

pytestmark = pytest.mark.django_db

PAGES = {
    "imprint": "Impressum",
    "privacy": "Datenschutz",
    "accessibility": "Erklärung zur Barrierefreiheit",
    "report_barrier": "Barriere melden",
    "easy_language": "Leichte Sprache",
    "sign_language": "Gebärdensprache",
    "data_sources": "Datenquellen und Lizenzen",
    "contribute": "Mitmachen",
}
WITH_OWN_TEXT = ("easy_language", "sign_language", "contribute")  # of the moderators, out of the database
OPERATOR = {
    "OPERATOR_NAME": "Zweckverband Musterland",
    "OPERATOR_ADDRESS": "Rathausplatz 1\n12345 Musterstadt",
    "OPERATOR_REPRESENTATIVE": "die Verbandsgeschäftsführung",
    "OPERATOR_EMAIL": "mosaik@example.org",
    "OPERATOR_PHONE": "0000 123456",
    "CONTENT_RESPONSIBLE": "Erika Muster\nRathausplatz 1\n12345 Musterstadt",
    "DPO_EMAIL": "datenschutz@example.org",
    "LOG_RETENTION_DAYS": 14,
    "ARBITRATION_URL": "https://schlichtung.example.org/",
}


class Outline(HTMLParser):
    """Headings, ids and labels of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("for", "aria-labelledby", "aria-describedby"):
            self.references += (attributes.get(name) or "").split()
        if attributes.get("href", "").startswith("#"):
            self.references.append(attributes["href"][1:])


@pytest.fixture(autouse=True)
def _operator(settings) -> None:
    for name, value in OPERATOR.items():
        setattr(settings, name, value)


def page(client, name: str) -> str:
    response = client.get(reverse(f"projects:{name}"))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(("name", "title"), PAGES.items())
def test_page_says_its_name_in_title_and_heading(client, name, title):
    html = page(client, name)
    assert f"<title>{title} – Integrationsmosaik Niedersachsen</title>" in html
    assert f"<h1>{title}</h1>" in html


@pytest.mark.parametrize("name", PAGES)
def test_page_has_one_first_heading_and_skips_no_level(client, name):
    levels = Outline(page(client, name)).levels
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_page_has_unique_ids_and_no_dangling_reference(client, name):
    outline = Outline(page(client, name))
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)


@pytest.mark.parametrize("name", PAGES)
def test_page_sets_no_cookie_and_asks_for_its_own_text_only(client, name, django_assert_num_queries):
    with django_assert_num_queries(1 if name in WITH_OWN_TEXT else 0):
        response = client.get(reverse(f"projects:{name}"))
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("name", [name for name in PAGES if name != "report_barrier"])
def test_page_is_only_for_reading(client, name):
    assert client.post(reverse(f"projects:{name}")).status_code == 405


@pytest.mark.parametrize("name", [name for name in PAGES if name != "privacy"])
def test_page_names_the_operators_mail_address(client, name):
    assert 'href="mailto:mosaik@example.org"' in page(client, name)


def test_imprint_names_operator_and_responsible_person(client):
    html = page(client, "imprint")
    for text in (
        "Zweckverband Musterland<br>Rathausplatz 1<br>12345 Musterstadt",
        "die Verbandsgeschäftsführung",
        "0000 123456",
        "Erika Muster",
        "§ 5 des Digitale-Dienste-Gesetzes",
        "§ 18 Absatz 2 des Medienstaatsvertrags",
        "EUPL-1.2",
    ):
        assert text in html


def test_operators_texts_are_escaped(client, settings):
    settings.OPERATOR_NAME = "<script>alert(1)</script>"
    assert "<script>alert" not in page(client, "imprint")


def test_privacy_gives_retention_and_supervisory_authority(client):
    html = page(client, "privacy")
    for text in (
        "nach 14 Tagen gelöscht",
        "365 Tage",
        "datenschutz@example.org",
        "Der Landesbeauftragte für den Datenschutz",
    ):
        assert text in " ".join(html.split())


def test_accessibility_statement_is_dated_and_leads_to_feedback_and_arbitration(client):
    html = page(client, "accessibility")
    assert "22. November 2026" in html
    assert "teilweise" in html
    assert f'href="{reverse("projects:report_barrier")}?seite=/barrierefreiheit/"' in html
    assert 'href="https://schlichtung.example.org/"' in html


def test_accessibility_statement_without_address_of_the_arbitration_body_still_names_it(client, settings):
    settings.ARBITRATION_URL = ""
    html = page(client, "accessibility")
    assert "Schlichtungsstelle nach § 9d NBGG" in html
    assert 'href=""' not in html


def test_easy_language_has_short_sentences(client):
    html = page(client, "easy_language")
    texts = Texts(html[html.index('<div class="easy ') : html.index("</main>")]).texts
    assert len(texts) > 80
    assert [text for text in texts if len(text.split()) > 10] == []


def test_data_sources_prints_the_attribution_and_every_indicator(client):
    html = page(client, "data_sources")
    assert ATTRIBUTION in html
    for indicator in INDICATORS:
        assert str(indicator.label) in html
        assert indicator.licence in html


def test_contribute_marks_its_example_as_invented_and_leads_to_submitting(client):
    html = page(client, "contribute")
    assert html.index("Erfundenes Beispiel") < html.index("Musterhausen")
    assert reverse("projects:my_projects") in html


class Texts(HTMLParser):
    """The pieces of text between tags; those around a link belong together."""

    INLINE = ("a", "strong")

    def __init__(self, html: str):
        super().__init__()
        self.texts = [""]
        self.feed(html)
        self.texts = [" ".join(text.split()) for text in self.texts if text.strip()]

    def handle_starttag(self, tag, attrs):
        if tag not in self.INLINE:
            self.texts.append("")

    def handle_endtag(self, tag):
        if tag not in self.INLINE:
            self.texts.append("")

    def handle_data(self, data):
        self.texts[-1] += data


@pytest.mark.django_db
def test_contract_is_told_in_the_language_of_each_reader(client):
    german = client.get(reverse("projects:api")).content
    assert b"whole number" in client.get("/en" + reverse("projects:api")).content
    assert client.get(reverse("projects:api")).content == german
