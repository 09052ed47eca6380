"""Searches that find nothing are counted without who, within bounds, and never at the cost of the page."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from projects import facets, fruitless_searches, search
from projects.filters import ProjectFilter
from projects.insights import white_spots
from projects.models import FruitlessSearch, Project, Status
from projects.retention import RULES
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def mosaic(db):
    project = make_project(status=Status.PUBLISHED, title="Sprachcafé im Rathaus")
    search.index_all()
    facets.index_all()
    return project


def look(client, query: str, method: str = "get", **headers):
    return getattr(client, method)(f"{reverse('projects:list')}?{query}", headers=headers)


def counted() -> dict[str, int]:
    return dict(FruitlessSearch.objects.values_list("words", "times"))


def test_text_without_hits_is_counted_by_day(mosaic, client):
    for _time in range(2):
        assert look(client, "q=Flugzeugbau").status_code == 200
    look(client, "q=FLUGZEUGBAU!&topic=housing")
    assert list(FruitlessSearch.objects.values_list("words", "day", "times")) == [
        ("flugzeugbau", timezone.localdate(), 3)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "q=Sprachcafé",
        "q=Sprachcafe&topic=language",  # found, but not with this filter
        "q=Sprachkaffe",  # found by the nearest spelling
        "q=",
        "q=%3F%3F",
        "topic=language",
        "q=Flugzeugbau&page=2",
        "q=Flugzeugbau&sort=newest",
        "q=Flugzeugbau&view=map",
        "q=erika@example.org",
        "q=Anruf+0511+12345",
        "q=Aktenzeichen+4711-2024",
        "q=" + "flugzeug+" * 9,
    ],
)
def test_what_finds_something_or_could_name_somebody_is_not_counted(mosaic, client, query):
    assert look(client, query).status_code == 200
    assert counted() == {}


def test_programs_and_browsers_that_look_ahead_do_not_count(mosaic, client):
    look(client, "q=Flugzeugbau", "head")
    look(client, "q=Flugzeugbau", **{"Sec-Purpose": "prefetch;prerender"})
    assert counted() == {}


def test_year_and_section_of_law_may_be_looked_for(mosaic, client):
    look(client, "q=Flugzeugbau+2015")
    look(client, "q=Flugzeugbau+§+16+SGB+II")
    assert counted() == {"flugzeugbau 2015": 1, "flugzeugbau 16 sgb ii": 1}


def test_number_of_texts_a_day_and_of_each_text_is_bounded(mosaic, monkeypatch):
    monkeypatch.setattr(fruitless_searches, "MOST_A_DAY", 2)
    monkeypatch.setattr(fruitless_searches, "MOST_TIMES", 3)
    asked = ProjectFilter({}, queryset=Project.objects.published())
    for words in ("eins", "zwei", "drei", "eins", "eins", "eins", "eins"):
        fruitless_searches.count(words, asked)
    assert counted() == {"eins": 3, "zwei": 1}


def test_counting_costs_one_statement(mosaic, client):
    look(client, "q=Flugzeugbau")
    with CaptureQueriesContext(connection) as uncounted:
        look(client, "q=Flugzeugbau&sort=newest")
    with CaptureQueriesContext(connection) as counting:
        look(client, "q=Flugzeugbau")
    more = [query["sql"] for query in counting if query not in uncounted]
    assert len(counting) - len(uncounted) == 3
    assert sum("INSERT" in sql for sql in more) == 1
    assert sum("SAVEPOINT" in sql for sql in more) == 2  # only within the test's transaction


@pytest.mark.django_db(transaction=True)
def test_database_that_cannot_be_written_shows_the_page_all_the_same(client):
    make_project(status=Status.PUBLISHED)
    search.index_all()
    facets.index_all()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            response = look(client, "q=Flugzeugbau")
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert response.status_code == 200
    assert "Dafür gibt es im Mosaik noch keinen Stein" in response.content.decode()
    assert counted() == {}


# --- shown and deleted ------------------------------------------------------------------------------------------------


def test_shown_from_three_times_within_ninety_days(mosaic, client):
    today = timezone.localdate()
    for words, days, times in (
        ("schwimmkurs", 0, 2),
        ("schwimmkurs", 30, 1),
        ("fahrrad", 0, 2),
        ("uralt", 91, 50),
        ("gestern noch", 89, 3),
        ("heute viel", 0, 7),
    ):
        FruitlessSearch.objects.create(words=words, day=today - timedelta(days), times=times)
    shown = [(found.words, found.times) for found in white_spots.vain_searches(today)]
    assert shown == [("heute viel", 7), ("gestern noch", 3), ("schwimmkurs", 3)]
    text = client.get(reverse("projects:white_spots")).content.decode()
    assert "heute viel" in text
    assert "?q=gestern%20noch" in text
    assert "fahrrad" not in text
    assert "uralt" not in text


def test_deleted_after_ninety_days():
    rule = next(rule for rule in RULES if str(rule.label) == "Suchen ohne Treffer")
    today = timezone.localdate()
    for days in (90, 91):
        FruitlessSearch.objects.create(words=f"vor {days}", day=today - timedelta(days))
    rule.apply(rule.rows())
    assert counted() == {"vor 90": 1}


def test_privacy_statement_says_what_is_counted(client):
    text = " ".join(client.get(reverse("projects:privacy")).content.decode().split())
    assert "Findet eine Suche nichts, zählt das Portal den Suchtext" in text
    assert "Ab 3 vergeblichen Suchen" in text
    assert "nach 90 Tagen" in text


def test_day_of_a_search_is_the_day_in_germany(mosaic):
    asked = ProjectFilter({}, queryset=Project.objects.published(), today=date(2026, 1, 2))
    fruitless_searches.count("eins", asked)
    assert FruitlessSearch.objects.get().day == date(2026, 1, 2)
