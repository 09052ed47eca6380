"""Any selection as an Atom feed: valid, conditional, with names that stay, without drafts (RFC 4287, S05)."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils.http import parse_http_date
from zeal import zeal_ignore

from projects import facets, feeds, workflow
from projects.models import Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import bring

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


def publish(**fields) -> Project:
    return bring(make_project(**fields), Status.PUBLISHED)


def parsed(text: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def feed(query: str = "") -> ElementTree.Element:
    return parsed(Client().get(f"/projekte/feed.atom{query}").content)


def titles(query: str = "") -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in feed(query).iter(f"{ATOM}entry")]


def links(element: ElementTree.Element) -> dict[str, str]:
    return {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}


def test_feed_has_everything_that_the_standard_asks_for():
    project = publish(title="Café & <Garten>", summary="Mehr als 5 < 6 & „so“.", topics=("housing", "language"))
    root = feed("?topic=housing&sort=newest&page=3")
    assert root.get(f"{XML}lang") == "de"
    assert root.findtext(f"{ATOM}title") == "Integrationsmosaik: Wohnen"
    assert root.findtext(f"{ATOM}id") == "http://testserver/projekte/feed.atom?topic=housing"
    assert links(root) == {
        "alternate": "http://testserver/projekte/?topic=housing",
        "self": "http://testserver/projekte/feed.atom?topic=housing",
        "license": feeds.LICENCE,
    }
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Integrationsmosaik Niedersachsen"
    assert root.findtext(f"{ATOM}rights") == "CC BY 4.0"
    [entry] = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Café & <Garten>"
    assert entry.findtext(f"{ATOM}id") == f"http://testserver/projekte/{project.pk}/"
    assert links(entry)["alternate"] == f"http://testserver{project.get_absolute_url()}"
    summary = entry.find(f"{ATOM}summary")
    assert (summary.get("type"), summary.text) == ("html", "Mehr als 5 &lt; 6 &amp; „so“.")
    assert [category.get("term") for category in entry.iter(f"{ATOM}category")] == ["Wohnen", "Sprache"]
    assert entry.findtext(f"{ATOM}author/{ATOM}name").startswith(project.lead.display_name)
    for element in (root, entry):
        moment = datetime.fromisoformat(element.findtext(f"{ATOM}updated"))
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 60


def test_newest_thirty_come_in_the_order_of_their_publication():
    lead = make_municipality()
    for number in range(feeds.MOST + 2):
        publish(lead=lead, title=f"Projekt {number}")
    assert titles("?sort=confirmed") == [f"Projekt {number}" for number in range(feeds.MOST + 1, 1, -1)]


def test_feed_finds_what_the_list_finds():
    publish(title="Sprachcafé", topics=("language",))
    publish(title="Wohnhaus", topics=("housing",))
    assert titles() == ["Wohnhaus", "Sprachcafé"]
    assert titles("?topic=language") == ["Sprachcafé"]
    assert titles("?q=Wohnhaus") == ["Wohnhaus"]
    assert titles("?q=nichtsdergleichen") == []


def test_drafts_and_withdrawn_projects_are_in_no_feed():
    make_project(title="Entwurf")
    bring(make_project(title="Eingereicht"), Status.SUBMITTED)
    bring(make_project(title="Zurückgezogen"), Status.WITHDRAWN)
    assert titles() == []


def test_name_of_an_entry_outlives_its_title():
    project = publish(title="Alter Titel")
    before = feed().find(f"{ATOM}entry").findtext(f"{ATOM}id")
    Project.objects.filter(pk=project.pk).update(title="Neuer Titel")
    facets.index_all()
    entry = feed().find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == before
    assert "neuer-titel" in links(entry)["alternate"]
    assert Client().get(before.removeprefix("http://testserver")).status_code == 301


def test_unchanged_feed_is_answered_without_its_projects(django_assert_num_queries):
    publish()
    first = Client().get("/projekte/feed.atom?topic=housing")
    assert first["Content-Type"] == "application/atom+xml; charset=utf-8"
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        with django_assert_num_queries(1):
            response = Client(headers=headers).get("/projekte/feed.atom?topic=housing")
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == first["ETag"]
    assert Client(headers={"If-None-Match": first["ETag"]}).get("/projekte/feed.atom").status_code == 200


def test_publication_and_withdrawal_change_the_feed():
    project = publish()
    first = Client().get("/projekte/feed.atom")
    workflow.withdraw(project, by=None, note="Auf Wunsch.")
    second = Client(headers={"If-None-Match": first["ETag"]}).get("/projekte/feed.atom")
    assert second.status_code == 200
    assert b"<entry" not in second.content


def test_selection_by_confirmation_also_changes_with_the_day(time_machine):
    publish()
    time_machine.move_to("2027-01-10 10:00Z")
    plain, by_day = (Client().get(f"/projekte/feed.atom{query}") for query in ("", "?confirmed=never"))
    midnight = datetime(2027, 1, 9, 23, tzinfo=UTC).timestamp()  # in Germany
    assert parse_http_date(by_day["Last-Modified"]) == midnight
    assert parse_http_date(plain["Last-Modified"]) < midnight


def test_two_queries_whatever_the_number_of_projects(django_assert_num_queries):
    lead = make_municipality()
    for rows in (1, 5):
        for _number in range(rows):
            publish(lead=lead)
        Client().get("/projekte/feed.atom")
        with django_assert_num_queries(2):
            Client().get("/projekte/feed.atom")


@pytest.mark.parametrize("query", ["?topic=gibtesnicht", "?q=%FF", "?page=-1", "?q=%0B%E2%80%AE", "?near=xyz"])
def test_bad_query_is_answered(query):
    response = Client().get(f"/projekte/feed.atom{query}")
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        parsed(response.content)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("/projekte/?topic=housing&sort=newest&q=Treff", "q=Treff&amp;topic=housing"),
        ("/themen/housing/", "topic=housing"),
        ("municipality", "municipality="),
    ],
)
def test_pages_lead_to_the_feed_of_what_they_show(page, query):
    project = publish(title="Treff")
    html = Client().get(project.lead.get_absolute_url() if page == "municipality" else page).content.decode()
    [address] = re.findall(r'<link rel="alternate" type="application/atom\+xml" [^>]*href="([^"]*)"', html)
    assert address.startswith(f"/projekte/feed.atom?{query}")
    assert titles(address.replace("&amp;", "&").removeprefix("/projekte/feed.atom")) == ["Treff"]
