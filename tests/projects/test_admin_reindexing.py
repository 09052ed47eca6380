"""Renaming at the desk: few projects are found by the new name at once, for many the desk names the command."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from zeal import zeal_ignore

from projects import facets, search
from projects.admin import reindexing
from projects.models import Financing, FundingSource, Obstacle, ObstacleCategory, SearchEntry, SearchWord, Status, Topic
from tests.factories import make_county, make_funding_source, make_municipality, make_project
from tests.projects.desk import administrator_client, moderator_client, text_of
from tests.projects.steps import make_full

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def published(number: int, **fields):
    project = make_project(status=Status.PUBLISHED, publication_number=number, **fields)
    search.index_project(project)
    facets.index_project(project)
    return project


def hits(text: str) -> set[int]:
    return set(search.find(text, facets.version()).numbers)


def rename(term, label: str):
    sent = {"slug": term.slug, "label": label, "label_en": "x", "description": "", "position": "1"}
    address = reverse(f"admin:projects_{term._meta.model_name}_change", args=[term.pk])
    return text_of(administrator_client().post(address, sent, follow=True))


def kept() -> tuple:
    words = SearchWord.objects.order_by("word").values_list("word", "projects", "is_place")
    return [*words], {*SearchEntry.objects.values_list("project_id", "number", "vector")}


def test_few_projects_are_found_by_the_new_name_at_once():
    lead = make_municipality()
    for number in (1, 2):
        published(number, lead=lead, topics=("housing",))
    published(3, lead=lead, topics=("language",))
    draft = make_project(lead=lead, topics=("housing",))
    page = rename(Topic.objects.get(slug="housing"), "Mietersuche")
    assert "reindex" not in page
    assert hits("Mietersuche") == {1, 2}
    assert not SearchEntry.objects.filter(project_id=draft.pk).exists()
    at_once = kept()
    search.index_all()
    assert kept() == at_once


def test_for_many_projects_the_desk_names_the_command(monkeypatch):
    monkeypatch.setattr(reindexing, "MOST_SEARCHED", 1)
    for number in (1, 2):
        published(number, topics=("housing",))
    before = kept()
    page = rename(Topic.objects.get(), "Mietersuche")
    assert "weil ihn mehr als 1 Projekte haben. Bitten Sie den Betrieb um den Befehl „manage.py reindex“." in page
    assert kept() == before
    assert facets.current(facets.version()).labels  # read anew, so the new name is on the pages
    call_command("reindex", stdout=StringIO())
    assert hits("Mietersuche") == {1, 2}


def test_sources_and_kinds_of_obstacles_are_renamed_too():
    project = make_full(status=Status.PUBLISHED, publication_number=1)
    search.index_project(project)
    source, category = FundingSource.objects.get(), ObstacleCategory.objects.create(slug="forms", label="Formulare")
    Obstacle.objects.create(project=project, category=category, level="state", text="Zu viele.")
    address = reverse("admin:projects_fundingsource_change", args=[source.pk])
    assert moderator_client().post(address, {"name": "Ministerium Nord", "level": "state"}).status_code == 302
    rename(category, "Aktenberge")
    assert hits("Ministerium") == {1}
    assert hits("Aktenberge") == {1}
    Financing.objects.all().delete()
    search.index_projects([project.pk])
    facets.touch()  # what was found is kept for one version
    assert hits("Ministerium") == set()


def test_several_at_once_are_the_same_as_all_anew():
    lead = make_municipality()
    one, two, three = (published(number, lead=lead, title=f"Garten {number}") for number in (1, 2, 3))
    land = make_funding_source("Sparkasse Garten")
    Financing.objects.create(project=three, source=land, level=land.level)
    one.title, two.status = "Werkstatt", Status.ARCHIVED
    one.save()
    two.save()
    search.index_projects([three.pk, one.pk, two.pk, one.pk, 10**9])
    at_once = kept()
    search.index_all()
    assert kept() == at_once
    assert hits("Garten") == {3}


def test_merger_in_a_large_mosaic_asks_for_the_command_and_is_seen_by_every_process(monkeypatch):
    monkeypatch.setattr(reindexing, "MOST_COUNTED", 0)
    county = make_county()
    town, old = make_municipality(county=county), make_municipality(county=county, closed_on=date(2026, 11, 1))
    published(1, lead=old)
    before = facets.version()
    sent = {"remark": "", "successor": town.pk, "figures-TOTAL_FORMS": "0", "figures-INITIAL_FORMS": "0"}
    address = reverse("admin:municipalities_municipality_change", args=[old.pk])
    page = text_of(administrator_client().post(address, sent, follow=True))
    assert "„manage.py reindex“" in page
    assert facets.version() > before
    assert facets.current(facets.version()).count("municipality", town.key) == 0
    call_command("reindex", stdout=StringIO())
    assert facets.current(facets.version()).count("municipality", town.key) == 1
