"""A project in another language and in Leichte Sprache: proposed, released, shown with its state and its origin."""

import re

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore

from municipalities.people import Refused
from projects import fragments, readability, text_versions
from projects.models import Letter, TextVersion, TypedText
from tests.factories import make_municipality
from tests.projects.desk import client_of, moderator_client
from tests.projects.steps import make_member, project_in
from tests.projects.submitting import fill

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

ENGLISH = {"title": "A workshop", "summary": "Bicycles for everybody.", "approach": "Open on **Saturdays**."}
SIMPLE = {"title": "Eine Werkstatt", "summary": "Hier gibt es Fahr-Räder.", "approach": "Die Werkstatt ist offen."}


@pytest.fixture(autouse=True)
def _several_requests_in_one_test(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


@pytest.fixture
def member():
    return make_member("amt", make_municipality(name="Radstadt"))


@pytest.fixture
def project(member):
    values = {"lead": member.memberships.get().municipality, "title": "Radwerkstatt", "goals": "Alle fahren Rad."}
    return project_in("published", member, **values)


def public(project, language="en", texts=ENGLISH, origin="human") -> TextVersion:
    return text_versions.release(text_versions.propose(project, language, texts=texts, origin=origin, by=None), by=None)


def page(project, prefix="") -> str:
    return Client().get(f"{prefix}{project.get_absolute_url()}").content.decode()


# --- readers ----------------------------------------------------------------------------------------------------------


def test_a_page_shows_the_version_of_its_language_and_german_where_it_has_none(project):
    public(project)
    html = page(project, "/en")
    assert "<h1>A workshop</h1>" in html
    assert f'<link rel="canonical" href="{settings.SITE_URL}/en{project.get_absolute_url()}">' in html
    assert "Open on <strong>Saturdays</strong>." in html
    assert '<div lang="de" dir="auto"><p>Alle fahren Rad.</p>' in html  # nobody has translated the goals
    assert "written by people" in html
    assert "Radwerkstatt</h1>" in page(project)
    assert '<h1 lang="de" dir="ltr">Radwerkstatt</h1>' in page(project, "/ar")


@pytest.mark.parametrize(
    ("origin", "said"),
    [("human", "written by people"), ("checked", "checked by people"), ("machine", "made by machine, not checked")],
)
def test_the_origin_is_shown(project, origin, said):
    public(project, origin=origin)
    assert said in page(project, "/en")


def test_a_version_of_an_older_text_says_so(project):
    public(project)
    assert "matches the German text" in page(project, "/en")
    project.goals = "Alle fahren sicher Rad."
    project.save()
    html = page(project, "/en")
    assert "older than the German text" in html
    assert "matches" not in html


def test_leichte_sprache_has_an_address_of_its_own(project):
    address = reverse("projects:easy_project", args=[project.pk, project.slug])
    assert Client().get(address).status_code == 404
    public(project, "simple", SIMPLE)
    html = Client().get(address).content.decode()
    assert 'lang="de-simple"' in html
    assert "Fahr-Räder" in html
    assert f'<a href="{address}">Leichte Sprache</a>' in page(project)
    wrong = reverse("projects:easy_project", args=[project.pk, "falsch"])
    assert Client().get(wrong)["Location"] == address


def test_lists_show_the_title_of_a_version(project):
    assert '<h3 class="project-card__title" lang="de">' in Client().get("/en/projekte/").content.decode()
    public(project)
    html = Client().get("/en/projekte/").content.decode()
    assert ">A workshop</a>" in html
    assert "Bicycles for everybody." in html
    assert ">Radwerkstatt</a>" in Client().get("/projekte/").content.decode()
    text_versions.remove(TextVersion.objects.get())
    assert ">Radwerkstatt</a>" in Client().get("/en/projekte/").content.decode()


def test_similar_projects_are_told_in_the_language_of_the_page(project, member):
    other = project_in("published", member, lead=project.lead, title="Nähstube")
    public(project)
    assert ">A workshop</a>" in page(other, "/en")
    assert ">Radwerkstatt</a>" in page(other)


def test_nothing_is_public_before_its_release(project, member):
    text_versions.propose(project, "en", texts=ENGLISH, origin="human", by=member)
    assert "A workshop" not in page(project, "/en")
    assert "English" not in page(project).partition("<main")[2]


def test_a_page_takes_no_more_queries_with_versions(project, django_assert_num_queries):
    page(project, "/uk")  # reads the index
    fragments.forget_everything()
    with CaptureQueriesContext(connection) as without:
        page(project, "/uk")
    queries = len(without)
    for language in ("en", "ar", "uk", "simple"):
        public(project, language)
    page(project)
    with django_assert_num_queries(queries):
        page(project, "/uk")


def test_texts_of_a_version_are_as_safe_as_those_of_a_project(project):
    public(project, texts={**ENGLISH, "title": "<b>x</b>", "approach": "<script>alert(1)</script> [x](javascript:x)"})
    html = page(project, "/en")
    assert "<script>alert" not in html
    assert "<b>x</b>" not in html
    assert 'href="javascript' not in html


# --- the municipality -------------------------------------------------------------------------------------------------


def test_people_of_the_municipality_propose_and_moderators_release(project, member):
    client, path = client_of(member), reverse("projects:text_version", args=[project.pk, "en"])
    form = client.get(path).content.decode()
    assert "Alle fahren Rad." in form
    assert 'lang="en"' in form
    response = client.post(path, {**ENGLISH, "origin": "checked", "digest": "x", "texts": "x"})
    assert response["Location"] == reverse("projects:text_versions", args=[project.pk])
    version = TextVersion.objects.get()
    assert (version.proposed, version.texts, version.proposed_by) == (ENGLISH, {}, member)
    desk = moderator_client()
    address = reverse("admin:projects_textversion_change", args=[version.pk])
    assert "Bicycles for everybody." in desk.get(address).content.decode()
    desk.post(address, {"decision": "release", "seen": text_versions.token_of(version)})
    version.refresh_from_db()
    assert (version.texts, version.proposed, version.origin) == (ENGLISH, {}, "checked")
    assert Letter.objects.get(key__startswith="text_version_released").to == member.email


def test_a_change_of_a_public_version_waits_while_the_old_one_stays(project, member):
    public(project)
    changed = {**ENGLISH, "title": "The workshop", "origin": "human"}
    client_of(member).post(reverse("projects:text_version", args=[project.pk, "en"]), changed)
    assert "A workshop" in page(project, "/en")
    text_versions.release(TextVersion.objects.get(), by=None)
    assert "The workshop" in page(project, "/en")


def test_what_is_sent_back_keeps_its_text_and_says_why(project, member):
    version = text_versions.propose(project, "en", texts=ENGLISH, origin="human", by=member)
    with pytest.raises(Refused):
        text_versions.reject(version, by=None, note=" ")
    text_versions.reject(version, by=None, note="Bitte ohne Namen.")
    client = client_of(member)
    assert "Bitte ohne Namen." in client.get(reverse("projects:text_versions", args=[project.pk])).content.decode()
    assert "A workshop" in client.get(reverse("projects:text_version", args=[project.pk, "en"])).content.decode()
    assert "Bitte ohne Namen." in Letter.objects.get(key__startswith="text_version_rejected").body
    assert list(TextVersion.objects.waiting()) == []


def test_a_decision_about_another_text_is_refused(project, member):
    version = text_versions.propose(project, "en", texts=ENGLISH, origin="human", by=member)
    seen = text_versions.token_of(version)
    text_versions.propose(project, "en", texts=SIMPLE, origin="human", by=member)
    for verb, more in ((text_versions.release, {}), (text_versions.reject, {"note": "x"})):
        with pytest.raises(Refused):
            verb(version, by=None, seen=seen, **more)


def test_an_empty_or_too_long_version_is_explained(project, member):
    path = reverse("projects:text_version", args=[project.pk, "uk"])
    html = client_of(member).post(path, {"title": "x" * 121, "summary": ""}).content.decode()
    assert "höchstens 120 Zeichen" in html
    assert "wie der Text entstanden ist" in html
    assert not TextVersion.objects.exists()


def test_what_was_typed_when_the_session_ended_comes_back(project, member):
    path = reverse("projects:text_version", args=[project.pk, "en"])
    seen = text_versions.token_of(TextVersion(project=project, language="en"))
    led_to = Client().post(path, {**ENGLISH, "origin": "checked", "seen": seen})["Location"]
    token = TypedText.objects.get().token
    assert str(token) in led_to
    client, address = client_of(member), f"{path}?text={token}"
    html = client.get(address).content.decode()
    assert "Bicycles for everybody." in html
    assert re.search('value="checked"[^>]* checked', html)
    assert seen_on(html) == seen  # of then: who has changed it meanwhile is not overwritten either
    assert "Bicycles for everybody." not in client.get(path).content.decode()
    client.post(address, {**ENGLISH, "origin": "checked"})
    assert TextVersion.objects.get().proposed == ENGLISH
    assert not TypedText.objects.exists()


def seen_on(html: str) -> str:
    return re.search('name="seen" value="([0-9a-f]{64})"', html)[1]


@pytest.mark.check("R02")
def test_a_colleague_s_text_is_not_overwritten_unseen(project, member):
    path, client = reverse("projects:text_version", args=[project.pk, "en"]), client_of(member)
    seen = seen_on(client.get(path).content.decode())
    theirs = {**ENGLISH, "title": "Their workshop"}
    text_versions.propose(project, "en", texts=theirs, origin="human", by=None)
    mine = {**ENGLISH, "origin": "human"}
    response = client.post(path, {**mine, "seen": seen})
    html = response.content.decode()
    assert response.status_code == 409
    assert "Inzwischen hat jemand anderes diese Fassung geändert" in html
    assert "Their workshop" in html
    assert html.count("Inzwischen gespeichert") == 1  # only where the two differ
    assert TextVersion.objects.get().proposed == theirs
    again = {**mine, "seen": seen_on(html)}
    assert client.post(path, again).status_code == 302
    assert client.post(path, again).status_code == 302  # sent twice: the same texts are no conflict
    assert TextVersion.objects.get().proposed == ENGLISH


def test_a_version_can_be_deleted(project, member):
    public(project)
    path = reverse("projects:remove_text_version", args=[project.pk, "en"])
    assert client_of(member).get(path).status_code == 405
    client_of(member).post(path)
    assert not TextVersion.objects.exists()


@pytest.mark.parametrize("name", ["text_version", "remove_text_version", "text_versions"])
def test_other_municipalities_see_and_change_nothing(project, name):
    public(project)
    arguments = [project.pk] if name == "text_versions" else [project.pk, "en"]
    path = reverse(f"projects:{name}", args=arguments)
    stranger = client_of(make_member("fremd", make_municipality()))
    assert {stranger.get(path).status_code, stranger.post(path, {**ENGLISH, "origin": "human"}).status_code} <= {
        404,
        405,
    }
    assert Client().post(path, {**ENGLISH, "origin": "human"}).status_code in (302, 405)
    assert TextVersion.objects.get().texts == ENGLISH


def test_unknown_languages_do_not_exist(project, member):
    known = reverse("projects:text_version", args=[project.pk, "en"])
    for language in ("fr", "x" * 300):
        path = known.replace("/en/", f"/{language}/")
        assert (client_of(member).get(path).status_code, Client().post(path, ENGLISH).status_code) == (404, 404)


@pytest.mark.parametrize(
    "values",
    [{"language": "fr"}, {"origin": "human"}, {"proposed_origin": "human"}, {"language": "en"}],
)
def test_the_database_refuses_half_versions(project, values):
    public(project)
    with pytest.raises(IntegrityError), transaction.atomic():
        TextVersion.objects.create(**{"project": project, "language": "uk", **values})


# --- readability ------------------------------------------------------------------------------------------------------

EASY = "Das Haus ist rot. Wir sind da. Du bist da. Er kommt mit. " * 5
HARD = (
    "Die ressortübergreifende Zusammenarbeit der Integrationsbeauftragten ermöglicht unter Berücksichtigung "
    "kommunaler Rahmenbedingungen eine bedarfsgerechte Weiterentwicklung sozialpädagogischer Beratungsangebote. "
) * 4


def test_the_formula_gives_what_it_says():

    words = 5 * 13
    many = sum(readability.syllables(word) >= 3 for word in EASY.replace(".", "").split())
    long = sum(len(word) > 6 for word in EASY.replace(".", "").split())
    one = sum(readability.syllables(word) == 1 for word in EASY.replace(".", "").split())
    expected = 0.1935 * 100 * many / words + 0.1672 * words / 20 + 0.1297 * 100 * long / words
    expected -= 0.0327 * 100 * one / words + 0.875
    assert len(EASY.replace(".", "").split()) == words
    assert readability.school_year(EASY) == round(expected, 1)


@pytest.mark.parametrize(
    ("word", "count"), [("Haus", 1), ("Integration", 5), ("Bäume", 2), ("Idee", 2), ("Brr", 1), ("Wiese", 2)]
)
def test_syllables_are_groups_of_vowels(word, count):
    assert readability.syllables(word) == count


def test_hard_texts_are_told_apart_from_easy_ones():
    assert readability.school_year(EASY) < 4 < 12 < readability.school_year(HARD)
    assert readability.school_year("Kurz und gut.") is None
    assert "Kürzere Sätze" in readability.hint_about({"approach": HARD})
    assert "Kürzere Sätze" not in readability.hint_about({"approach": EASY})
    assert readability.hint_about({"approach": HARD}, "en") == ""


def test_writers_of_a_story_get_the_hint(member):
    project = project_in("draft", member, lead=member.memberships.get().municipality)
    client, overview = client_of(member), reverse("projects:task_list", args=[project.pk])
    fill(client, project, "geschichte", approach=HARD)
    assert "Wiener Sachtextformel" in client.get(overview).content.decode()
    assert "Wiener Sachtextformel" in client.get(reverse("projects:check", args=[project.pk])).content.decode()
    fill(client, project, "geschichte", approach="Kurz und gut.")
    assert "Wiener Sachtextformel" not in client.get(overview).content.decode()
