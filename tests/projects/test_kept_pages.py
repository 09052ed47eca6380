"""Pages that are kept as a whole: what changes them, and who never gets them."""

import pytest
from django.test import Client
from django.urls import reverse

from municipalities.models import User
from projects import enquiries, indexes, page_states, workflow
from projects.fragments import Shelf
from projects.models import Contact, Enquiry, FruitlessSearch, Interest, Project, Status
from projects.views import kept_pages
from tests.factories import make_municipality, make_project


@pytest.fixture
def project(examples) -> Project:
    return Project.objects.get(import_key="willkommen-in-soegel")


def page(client: Client, project: Project, **headers: str) -> str:
    return client.get(project.get_absolute_url(), headers=headers).content.decode()


def test_page_seen_before_asks_once(client, project, django_assert_num_queries):
    anew = page(client, project)
    with django_assert_num_queries(1):
        assert page(client, project) == anew


def test_page_changes_with_its_project(client, project):
    page(client, project)
    project.title = "Ein neuer Titel"
    project.save()
    assert "Ein neuer Titel" in page(client, project)


def test_page_changes_with_its_office(client, project):
    project.contact = Contact.objects.create(function="Leitstelle", organisation="Rathaus", email="a@example.org")
    project.save()
    assert "Leitstelle" in page(client, project)
    Contact.objects.update(function="Stabsstelle")
    assert "Stabsstelle" in page(client, project)


def test_page_changes_with_the_interest_of_others(client, project):
    page(client, project)
    person = User.objects.create_user("a@example.org", password="geheim-genug-123")
    Interest.objects.create(project=project, municipality=make_municipality(), by=person)
    assert "interessiert sich" in page(client, project)


def test_page_changes_with_a_similar_project(client, project):
    assert "Ein anderes" not in page(client, project)
    for other in Project.objects.published().exclude(pk=project.pk):
        other.title = "Ein anderes"
        other.save()
    indexes.update(other)
    assert "Ein anderes" in page(client, project)


def test_page_is_gone_with_its_project(client, project):
    page(client, project)
    workflow.withdraw(project, by=None, note="Auf Wunsch der Kommune")
    assert client.get(project.get_absolute_url()).status_code == 410


def test_who_has_signed_in_gets_a_page_of_their_own_and_nobody_else_gets_it(client, project):
    visitor = page(client, project)
    person = Client()
    person.force_login(User.objects.create_user("a@example.org", password="geheim-genug-123"))
    assert "Als Vorlage übernehmen" in page(person, project)
    assert page(client, project) == visitor


def test_unchanged_page_is_not_sent_again(client, project):
    first = client.get(project.get_absolute_url())
    again = client.get(project.get_absolute_url(), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    project.title = "Ein neuer Titel"
    project.save()
    changed = client.get(project.get_absolute_url(), headers={"If-None-Match": first.headers["ETag"]}, follow=True)
    assert changed.status_code == 200


@pytest.mark.parametrize("name", ["home", "list"])
def test_page_about_all_asks_once_until_something_is_published(client, project, name, django_assert_num_queries):
    before = client.get(reverse(f"projects:{name}")).content
    with django_assert_num_queries(1):
        assert client.get(reverse(f"projects:{name}")).content == before
    newest = Project.objects.published().latest("publication_number")
    workflow.withdraw(newest, by=None, note="Auf Wunsch der Kommune")
    after = client.get(reverse(f"projects:{name}")).content
    assert (newest.title.encode() in before, newest.title.encode() in after) == (True, False)


def test_similar_projects_are_kept_for_other_pages(client, project, django_assert_num_queries):
    similar = page(client, project).partition("similar-title")[2]
    Project.objects.filter(pk=project.pk).update(version=project.version + 1)
    with django_assert_num_queries(5):  # 6 for a page whose similar projects nobody has read
        assert page(client, project).partition("similar-title")[2] == similar
    assert similar.count('class="project-card"') == 3


@pytest.mark.parametrize("name", ["list", "financing"])
def test_selections_are_kept_once_they_are_asked_for_again(client, project, name, django_assert_num_queries):
    pages = {}
    for topic in ("language", "housing"):
        address = reverse(f"projects:{name}") + f"?topic={topic}"
        pages[topic] = [client.get(address).content for _ in range(2)]
        with django_assert_num_queries(1):
            pages[topic].append(client.get(address).content)
        assert len(set(pages[topic])) == 1
    assert pages["language"] != pages["housing"]
    workflow.withdraw(Project.objects.filter(topics__slug="housing").first(), by=None, note="Auf Wunsch der Kommune")
    assert client.get(address).content != pages["housing"][0]


def test_whoever_follows_every_selection_pushes_out_no_page(client, project, monkeypatch):
    monkeypatch.setattr(kept_pages, "_pages", Shelf(1))
    front = client.get(reverse("projects:list"))
    for topic in ("language", "housing"):
        client.get(reverse("projects:list"), {"topic": topic})
    assert kept_pages._pages.get(reverse("projects:list"), page_states.of_mosaic()).etag == front.headers["ETag"]


def test_search_without_a_hit_is_counted_each_time(client, project):
    for _ in range(3):
        client.get(reverse("projects:list"), {"q": "quastenflosser"})
    assert FruitlessSearch.objects.get().times == 3


@pytest.mark.parametrize("name", ["municipality", "comparable"])
def test_page_of_a_municipality_asks_once_until_something_is_published(
    client, project, name, django_assert_num_queries
):
    body = project.lead.county_or_self
    address = reverse(f"projects:{name}", args=[body.key, body.slug])
    before = client.get(address).content
    with django_assert_num_queries(1):
        assert client.get(address).content == before
    for other in Project.objects.published():
        workflow.withdraw(other, by=None, note="Auf Wunsch der Kommune")
    assert client.get(address).content != before


def test_page_of_a_municipality_changes_with_its_enquiries_and_their_last_day(client, project):
    address = project.lead.get_absolute_url()
    assert "Wir suchen Räume" not in client.get(address).content.decode()
    person = User.objects.create_user("a@example.org", password="geheim-genug-123")
    values = {"title": "Wir suchen Räume", "text": "Wofür.", "topics": project.topics.all(), "target_groups": []}
    enquiry = enquiries.post(project.lead, by=person, values=values)
    enquiries.release(enquiry, by=person)
    assert "Wir suchen Räume" in client.get(address).content.decode()
    Enquiry.objects.update(expires_on="2026-01-01")
    assert "Wir suchen Räume" not in client.get(address).content.decode()


def test_page_of_a_municipality_shows_the_newest_projects_first(client, project):
    numbers = [*range(9_000, 9_008)]
    for number in numbers:
        title = f"Projekt {number}"
        other = make_project(lead=project.lead, status=Status.PUBLISHED, publication_number=number, title=title)
        indexes.update(other)
    html = client.get(project.lead.get_absolute_url()).content.decode().partition('id="projects-title"')[2]
    places = [html.find(f">Projekt {number}<") for number in numbers]
    assert places[:2] == [-1, -1]
    assert places[2:] == sorted(places[2:], reverse=True)
    assert -1 not in places[2:]
