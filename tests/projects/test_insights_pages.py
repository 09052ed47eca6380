"""The frame of the evaluation pages: selection, ways to siblings, formula, basis, CSV; and the two pages on money."""

import csv
import re
from io import StringIO

import pytest
from django.urls import reverse

from projects import fragments
from projects.views.insights import INSIGHTS

pytestmark = pytest.mark.django_db
PAGES = [reverse(insight.address) for insight in INSIGHTS]
OWN = [reverse("projects:financing"), reverse("projects:staffing")]


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def table(response) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(content), delimiter=";"))


@pytest.mark.parametrize("address", PAGES)
def test_page_names_its_selection_its_basis_and_its_formula(client, examples, address):
    whole = text(client.get(address))
    assert "Ausgewertet: das ganze Mosaik, 39 Projekte" in whole
    assert "So rechnen wir" in whole
    chosen = client.get(address, {"topic": "language"})
    assert re.search(r"Ausgewertet: \d+ von 39 Projekten", text(chosen))
    assert reverse("projects:list") + "?topic=language" in chosen.content.decode()


@pytest.mark.parametrize("address", [reverse("projects:insights"), *PAGES])
def test_siblings_keep_the_selection_and_drop_order_and_page(client, examples, address):
    html = client.get(address, {"topic": "language", "sort": "newest", "page": "2", "view": "map"}).content.decode()
    for sibling in PAGES:
        assert f'href="{sibling}?topic=language"' in html


@pytest.mark.parametrize("address", [reverse("projects:insights"), *PAGES])
def test_selection_without_projects_says_so(client, examples, address):
    response = client.get(address, {"q": "qqxyz"})
    assert response.status_code == 200
    assert "Zu dieser Auswahl gibt es kein Projekt." in text(response)


@pytest.mark.parametrize(
    "query", ["near=034545407&km=50", "q=Wohnen", "municipality=034545407", "financing=time_limited"]
)
def test_every_parameter_of_the_list_applies(client, examples, query):
    on_list = re.search(
        r'role="status">(\d+) Projekt', client.get(f"{reverse('projects:list')}?{query}").content.decode()
    )
    assert f"Ausgewertet: {on_list[1]} von 39 Projekten" in text(client.get(f"{OWN[0]}?{query}"))


def test_list_leads_to_the_evaluations_of_its_selection(client, examples):
    html = client.get(reverse("projects:list"), {"kind": "county"}).content.decode()
    for address in PAGES:
        assert f'href="{address}?kind=county"' in html


def test_overview_has_a_figure_of_every_page(client, examples):
    html = client.get(reverse("projects:insights")).content.decode()
    assert html.count('class="teaser__figure"') == len(PAGES)


def test_financing_of_the_examples(client, examples):
    found = text(client.get(OWN[0]))
    assert "Zwei Summen, die man nicht addieren darf" in found
    assert "Nur beantragtes Geld zählt in keiner Summe" in found
    assert "Das beruht auf 37 von 39 Projekten: So viele nennen ihre Geldquellen." in found
    assert "Einen Betrag nennen 20 von 67 Geldquellen." in found


def test_counts_are_those_of_the_list_they_link_to(client, examples):
    response = client.get(OWN[0])
    money = response.context["money"]
    listed = client.get(response.context["limited_url"]).context["filter"].total
    assert listed == money.only_limited > 0
    for _caption, lines in response.context["places"]:
        for line, url in lines[:4]:
            assert client.get(url).context["filter"].total == line.all_projects


@pytest.mark.parametrize(
    "address", [*OWN, f"{OWN[0]}?kind=county", f"{OWN[1]}?staffing=mostly_volunteers", f"{OWN[1]}?near=03401&km=100"]
)
def test_page_asks_the_database_twice(client, django_assert_num_queries, examples, address):
    """For the version of the index, by which a kept page would be found, and for what it lists."""
    client.get(address)
    fragments.forget_everything()
    with django_assert_num_queries(2):
        client.get(address)


def test_csv_has_the_sums_of_the_page(client, examples):
    rows = table(client.get(reverse("projects:financing_csv"), {"county": "03454"}))
    assert rows[0][:3] == ["Gliederung", "Wert", "Projekte"]
    assert all(len(row) == len(rows[0]) for row in rows)
    money = client.get(OWN[0], {"county": "03454"}).context["money"]
    assert rows[1][2:7] == [
        str(count)
        for count in (
            money.projects,
            money.duration_known,
            money.only_limited,
            money.total.projects,
            money.total.sources,
        )
    ]
    staffing = table(client.get(reverse("projects:staffing_csv")))
    assert staffing[1][:3] == ["Auswahl", "zusammen", "39"]


def test_rate_is_named_as_the_operators_own(client, examples, settings):
    settings.VOLUNTEER_HOUR_SOURCE = "Ratsbeschluss vom 1. März"
    found = text(client.get(OWN[1]))
    assert "Herkunft dieses Werts: Ratsbeschluss vom 1. März" in found
    assert "Nicht berechenbar: Keines der 39 Projekte" in found
