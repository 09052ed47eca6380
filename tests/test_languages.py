"""Other languages: complete catalogues, addresses that carry the language, pages without leftover German."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.test import Client
from django.utils.translation import gettext, ngettext, override

from integration_portal import catalogues
from municipalities.models import Host, Municipality, User
from projects import facets, languages, membership, workflow
from projects.emails import absolute
from projects.models import FundingSource, Letter, Project, Status
from projects.templatetags.mosaic import euro, number, partial
from tests.factories import make_topic
from tests.projects.steps import make_moderator, make_person, project_in
from tests.test_pages import addresses

OTHERS = ("en", "ar", "uk")
# Words that are the same in English, or names that stay.
SAME = {"Niedersachsen", "Start", "Region", "Status", "Text", "Name", "Material", "Minimum", "Maximum"}


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_missing_or_left_over(language):
    assert catalogues.missing(language) == []
    entries = {(entry.msgid, entry.msgid_plural) for entry in catalogues.catalogue(language)}
    assert entries == set(catalogues.needed(language))  # after a change: manage.py compile_languages --renew


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_has_foreign_placeholders(language):
    assert catalogues.foreign_placeholders(language) == []


def test_a_missing_message_and_a_foreign_placeholder_are_found(monkeypatch, tmp_path):
    po = catalogues.catalogue("uk")
    gone, broken = next(entry for entry in po if not entry.msgid_plural), po.find("ab %(date)s")
    gone.msgstr, broken.msgstr = "", "з %(day)s"
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    po.save(str(folder / "django.po"))
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    assert catalogues.missing("uk") == [catalogues.Message(gone.msgid, "")]
    assert catalogues.foreign_placeholders("uk") == ["ab %(date)s"]


def test_a_catalogue_that_is_not_compiled_is_told(monkeypatch, tmp_path):
    assert not [message for message in checks.run_checks() if message.id == "portal.W010"]
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    assert len([message for message in checks.run_checks() if message.id == "portal.W010"]) == len(OTHERS)


def test_messages_of_all_kinds_of_sources_are_found():
    found = catalogues.messages()
    assert "templates/base.html" in found[catalogues.Message("Zum Inhalt springen", "")]
    assert found[catalogues.Message("%(n)s Projekt", "%(n)s Projekte")]
    assert found[catalogues.Message("Restlaufzeit", "")] == ["projects/insights/financing.py"]
    assert "projects/data/vocabulary.toml" in found[catalogues.Message("Wohnen", "")]
    assert catalogues.Message("Eingegangen: %(title)s", "") not in found  # letters are German


def test_plurals_follow_the_language():
    with override("uk"):
        said = [ngettext("%(n)s Projekt", "%(n)s Projekte", n) % {"n": n} for n in (1, 3, 5, 21)]
    assert said == ["1 проєкт", "3 проєкти", "5 проєктів", "21 проєкт"]
    with override("ar"):
        assert len({ngettext("%(n)s Projekt", "%(n)s Projekte", n) for n in (0, 1, 2, 3, 11, 100)}) >= 4


def test_numbers_sums_and_dates_follow_the_language(examples):
    day = Project.objects.get(import_key="willkommen-in-soegel").created_at.date().replace(2015, 11, 5)
    with override("en"):
        assert (number(1115.5), euro(92000), euro(1_400_000)) == (
            "1,115.5",
            "€92,000",
            "€1.4 million".replace(" ", "\xa0"),
        )
        assert partial(day) == "5\xa0November\xa02015"
    with override("uk"):
        assert (number(1115.5), partial(day)) == ("1\xa0115,5", "5\xa0листопада\xa02015")
    assert (number(1115.5), partial(day)) == ("1.115,5", "5.\xa0November\xa02015")


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/projekte/?topic=language", "/auswertung/finanzierung/", "/konto/anmelden/"])
def test_the_prefix_decides_about_the_language(client, examples, path):
    german, english = client.get(path), client.get(f"/en{path}", headers={"accept-language": "uk"})
    assert (german.status_code, english.status_code) == (200, 200)
    assert '<html lang="de">' in german.content.decode()
    html = english.content.decode()
    assert '<html lang="en">' in html
    assert "Accept-Language" not in english.get("Vary", "")
    assert 'href="/en/projekte/"' in html
    assert f'<a href="{path.replace("&", "&amp;")}" lang="de" hreflang="de">' in html
    assert 'href="/projekte/"' not in html.replace(f'<a href="{path}" lang="de"', "")


@pytest.mark.parametrize("language", ["ar", "uk"])
def test_core_languages_have_readers_pages_and_lead_to_english_elsewhere(client, examples, language):
    project = Project.objects.published().first()
    html = client.get(f"/{language}{project.get_absolute_url()}").content.decode()
    direction = ' dir="rtl"' if language == "ar" else ""
    assert f'<html lang="{language}"{direction}>' in html
    assert f'hreflang="{language}"' in html
    response = client.get(f"/{language}/auswertung/huerden/?topic=language")
    assert (response.status_code, response["Location"]) == (302, "/en/auswertung/huerden/?topic=language")
    assert 'hreflang="ar"' not in client.get("/auswertung/huerden/").content.decode()


def test_what_programs_read_has_one_address(client, examples):
    for path in ("/daten/projekte.csv?topic=language", "/api/v1/projekte/", "/admin/", "/sitemap.xml", "/livez"):
        response = client.get(f"/en{path}")
        assert (response.status_code, response["Location"]) == (301, path), path


@pytest.mark.parametrize("path", ["/en//evil.example/x.csv", "/en/\\evil.example/x.csv", "/ar//evil.example/", "/en"])
def test_no_prefix_leads_to_another_site(client, examples, path):
    response = client.get(path)
    assert response.status_code in (301, 302, 404)
    assert re.match(r"/(?![/\\])", response.get("Location", "/x"))


def test_search_engines_learn_of_every_language(client, examples):
    project = Project.objects.published().first()
    path = project.get_absolute_url()
    expected = {code: f"{settings.SITE_URL}{languages.in_language(path, code)}" for code, _name in settings.LANGUAGES}
    for code in expected:
        html = client.get(languages.in_language(path, code)).content.decode()
        assert f'<link rel="canonical" href="{expected[code]}">' in html
        found = dict(re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)">', html))
        assert found == {**expected, "x-default": expected["de"]}


def test_a_missing_page_answers_in_its_language(client, examples):
    response = client.get("/en/gibt-es-nicht/")
    assert response.status_code == 404
    assert gettext_in("en", "Diese Seite gibt es nicht") in response.content.decode()


# --- pages ------------------------------------------------------------------------------------------------------------


class Texts(HTMLParser):
    """The texts of a page and of what is read aloud, without those that say that they are in another language."""

    EMPTY = {"meta", "link", "input", "img", "br", "hr", "path", "rect", "source", "use", "circle", "line"}

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language, self.open, self.found = language, [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        own = given.get("lang", self.open[-1] if self.open else "")
        if own == self.language:
            self.found += [given[name] for name in ("aria-label", "title", "placeholder", "alt") if given.get(name)]
        if tag not in self.EMPTY:
            self.open.append("" if tag in ("script", "style") else own)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY and self.open:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == self.language and data.strip():
            self.found.append(" ".join(data.split()))


def gettext_in(language: str, message: str) -> str:
    with override(language):
        return gettext(message)


def leftovers(html: str, language: str) -> set[str]:
    """German messages that stand on a page as they are."""
    reader = Texts(language)
    reader.feed(html)
    german = {entry.msgid for entry in catalogues.catalogue("en") if entry.msgstr != entry.msgid}
    return {text.strip(" :.,") for text in reader.found if text in german or text.strip(" :.,") in german} - SAME


def test_no_english_page_has_german_messages_left(client, examples):
    found = {address: leftovers(client.get(f"/en{address}").content.decode(), "en") for address in addresses()}
    names = set(FundingSource.objects.values_list("name", flat=True))  # as their owners call themselves
    left = {address: texts - names for address, texts in found.items() if texts - names}
    assert not left, left


@pytest.mark.parametrize("language", ["ar", "uk"])
def test_no_readers_page_has_german_messages_left(client, examples, language):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    paths = ["/", "/projekte/", "/projekte/?q=Sprachkurse", project.get_absolute_url(), "/kommunen/", "/themen/"]
    paths += [project.lead.get_absolute_url(), "/themen/language/", "/projekte/?view=map"]
    found = {path: leftovers(client.get(f"/{language}{path}").content.decode(), language) for path in paths}
    names = set(FundingSource.objects.values_list("name", flat=True))
    left = {path: texts - names for path, texts in found.items() if texts - names}
    assert not left, left


@pytest.mark.parametrize(("first", "then"), [("/en", ""), ("", "/en")])
def test_links_that_a_process_keeps_have_the_language_of_each_page(client, examples, first, then):
    facets.touch()  # the next page reads everything that is kept anew
    client.get(f"{first}/kommunen/")
    html = client.get(f"{then}/kommunen/").content.decode()
    hannover = Municipality.objects.get(key="03241")
    assert f'href="{then}{hannover.get_absolute_url()}"' in html
    assert f'href="{first}{hannover.get_absolute_url()}"' not in html


def test_leftovers_are_found():
    assert leftovers('<html lang="en"><p>Projekte <b lang="de">Themen</b></p></html>', "en") == {"Projekte"}


# --- what stays German ------------------------------------------------------------------------------------------------


def test_letters_and_kept_notes_are_german_whatever_the_page(db):
    project = project_in(Status.SUBMITTED, make_person("amt"))
    with override("en"):
        workflow.publish(project, by=make_moderator())
        workflow.confirm(project, by=None)
    letter = Letter.objects.get(key__startswith="published")
    assert letter.subject.startswith("Veröffentlicht:")
    assert "/en/" not in letter.body
    assert project.status_changes.last().note == "Stand bestätigt"


@pytest.mark.django_db
def test_letters_name_selections_and_hosts_in_german(client):
    cache.clear()
    make_topic("housing", label="Wohnen", label_en="Housing")
    client.post("/en/projekte/abo/?topic=housing", {"email": "leserin@example.org", "frequency": "daily"})
    letter = Letter.objects.get(to="leserin@example.org")
    assert "Wohnen" in letter.body
    assert "Housing" not in letter.body
    assert "/en/" not in letter.body
    User.objects.create_superuser("leitung@example.org")
    with override("en"):
        row = membership.ask(make_person("rat"), host=Host.REFUGEE_COUNCIL)
        membership.decline(row, by=User.objects.get(email="leitung@example.org"), note="Nein.")
    subjects = set(Letter.objects.filter(key__startswith="membership").values_list("subject", flat=True))
    assert subjects == {
        "Jemand möchte mitarbeiten: Flüchtlingsrat Niedersachsen",
        "Ihre Anfrage: Flüchtlingsrat Niedersachsen",
    }


def test_a_letter_caused_on_an_english_page_links_to_the_german_one(examples):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    assert Client().get(f"/en{project.get_absolute_url()}").status_code == 200
    assert absolute(f"/en{project.get_absolute_url()}") == settings.SITE_URL + project.get_absolute_url()
