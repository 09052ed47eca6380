"""Merkliste and comparison: the address is the whole state, drafts stay unknown, what differs is marked (S05)."""

import csv
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import comparison, keeping
from projects.models import Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import bring, make_full

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


def publish(**fields) -> Project:
    return bring(make_project(**fields), Status.PUBLISHED)


def flat(response) -> str:
    return " ".join(response.content.decode().split())


def table(path: str) -> list[list[str]]:
    text = Client().get(path).getvalue().decode("utf-8-sig")
    return list(csv.reader(StringIO(text), delimiter=";"))


def row(projects: list[Project], label: str) -> comparison.Row:
    rows = [row for group in comparison.groups(read(projects)) for row in group.rows]
    return next(row for row in rows if row.label == label)


def read(projects: list[Project]) -> list[Project]:
    found = {project.pk: project for project in Project.objects.for_detail()}
    return [found[project.pk] for project in projects]


# --- what an address names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17", 17),
        (" 17 ", 17),
        ("17-sprachcafe", 17),
        ("/projekte/17-sprachcafe/", 17),
        ("https://mosaik.example.org/projekte/17-sprachcafe/ratsvorlage/", 17),
        ("0", None),
        ("-1", None),
        ("1234567890", None),
        ("Sprachcafé", None),
        ("", None),
        ("٣", None),
    ],
)
def test_number_is_read_from_what_readers_paste(text, number):
    assert keeping.number_in(text) == number


def test_list_keeps_the_order_of_its_address_and_each_project_once():
    first, second = publish(title="Erstes"), publish(title="Zweites")
    kept = keeping.read([str(second.pk), str(first.pk), str(second.pk)], Project.objects.published(), most=50)
    assert (kept.ids, kept.missing, kept.beyond) == ([second.pk, first.pk], [], [])
    assert kept.query == f"id={second.pk}&id={first.pk}"
    assert kept.query_without(second.pk) == f"id={first.pk}"


def test_what_is_not_published_is_named_by_its_number_alone():
    shown = publish(title="Öffentlich")
    hidden = [make_project(title="Entwurf"), bring(make_project(title="Zurückgezogen"), Status.WITHDRAWN)]
    query = keeping.query_of([shown.pk, *(project.pk for project in hidden), 999_999, "Unsinn<b>"])
    for path in (f"/merkliste/?{query}", f"/projekte/vergleich/?{query}"):
        html = flat(Client().get(path))
        assert "Öffentlich" in html
        for project in hidden:
            assert project.title not in html
        assert f"{hidden[0].pk}, {hidden[1].pk}, 999999" in html
        assert "<b>" not in html.split("<main")[1].split("Unsinn")[-1][:10]
    for path in (f"/merkliste.csv?{query}", f"/projekte/vergleich.csv?{query}"):
        assert "Entwurf" not in str(table(path))


def test_projects_beyond_the_limit_are_named():
    lead = make_municipality()
    ids = [publish(lead=lead).pk for _number in range(keeping.MOST_COMPARED + 1)]
    html = flat(Client().get(f"/projekte/vergleich/?{keeping.query_of(ids)}"))
    assert f"Mehr als 4 passen nicht nebeneinander. Weggelassen: Nr. {ids[-1]}." in html
    assert html.count('role="columnheader"><svg') == keeping.MOST_COMPARED
    kept = keeping.read([str(number) for number in range(1, 60)], Project.objects.published(), most=keeping.MOST_KEPT)
    assert len(kept.beyond) == 9


@hypothesis_settings(derandomize=True, deadline=None, max_examples=60)
@given(values=st.lists(st.text(max_size=12), max_size=8))
def test_any_address_is_answered(values):
    kept = keeping.read(values, Project.objects.none(), most=4)
    assert kept.projects == []
    assert all(len(text) <= 21 for text in kept.missing)


# --- the Merkliste ----------------------------------------------------------------------------------------------------


def test_list_can_be_shortened_extended_and_passed_on():
    first, second = publish(title="Erstes"), publish(title="Zweites")
    html = flat(Client().get(f"/merkliste/?{keeping.query_of([first.pk, second.pk])}"))
    assert f'href="/merkliste/?id={second.pk}" data-drop="{first.pk}"' in html
    assert f'href="http://testserver/merkliste/?id={first.pk}&amp;id={second.pk}"' in html
    assert f'data-kept-ids="{first.pk} {second.pk} "' in html
    response = Client().get(f"/merkliste/?id={first.pk}&add=http://testserver{second.get_absolute_url()}")
    assert response.status_code == 302
    assert parse_qs(urlsplit(response.url).query) == {"id": [str(first.pk), str(second.pk)]}
    assert "Nr. Quatsch" in flat(Client().get("/merkliste/?add=Quatsch", follow=True))


def test_empty_list_says_how_to_fill_it():
    response = Client().get("/merkliste/")
    assert "So füllt sie sich" in flat(response)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_list_and_project_offer_to_keep_without_javascript():
    project = publish(title="Café & <Garten>")
    html = flat(Client().get("/projekte/"))
    assert f'<input type="checkbox" name="id" value="{project.pk}" form="merken">' in html
    form = re.search(r'<form class="keep" id="merken" method="get" action="/merkliste/".*?</form>', html)[0]
    assert 'formaction="/projekte/vergleich/"' in form
    page = flat(Client().get(project.get_absolute_url()))
    assert f'href="/merkliste/?id={project.pk}" data-keep="{project.pk}"' in page
    assert 'form="merken"' not in flat(Client().get("/"))  # boxes only where their form is


def test_list_as_a_table_has_one_line_a_project():
    first, second = publish(title="Erstes"), publish(title="=2+2")
    head, *lines = table(f"/merkliste.csv?{keeping.query_of([second.pk, first.pk])}")
    assert head[:3] == ["Projekt", "Adresse", "Kommune"]
    assert [line[0] for line in lines] == ["'=2+2", "Erstes"]
    assert lines[1][1] == f"http://testserver{first.get_absolute_url()}"


# --- the comparison ---------------------------------------------------------------------------------------------------


def test_cells_say_what_the_pages_say():
    full = bring(make_full(title="Voll"), Status.PUBLISHED)
    Project.objects.filter(pk=full.pk).update(
        cost_yearly=Decimal("92000"),
        cost_yearly_estimated=True,
        staff_fte=Decimal("1.5"),
        volunteers=1200,
        people_reached=300,
        people_period="year",
        lessons="Ohne **Hauptamt** geht es nicht. [1]\n\n- Klein anfangen [2]",
        confirmed_on=date(2026, 5, 3),
    )
    empty = publish(title="Leer", stage="planned")
    pair = [full, empty]
    texts = {label: row(pair, label).cells[0].lines for label in ("Kosten im Jahr", "Ehrenamtliche", "Geldquellen")}
    assert texts["Kosten im Jahr"] == ["92.000\N{NO-BREAK SPACE}€ (geschätzt)"]
    assert texts["Ehrenamtliche"] == ["1.200"]
    assert texts["Geldquellen"] == ["Land Niedersachsen: 1,4\N{NO-BREAK SPACE}Mio.\N{NO-BREAK SPACE}€"]
    assert row(pair, "Erreichte Menschen").cells[0].lines == ["300 im Jahr"]
    assert row(pair, "Was gelernt wurde").cells[0].lines == ["Ohne Hauptamt geht es nicht.", "Klein anfangen"]
    assert row(pair, "Zuletzt bestätigt").cells[0].lines == ["3.\N{NO-BREAK SPACE}Mai\N{NO-BREAK SPACE}2026"]
    assert row(pair, "Handlungsfelder").cells[0].lines == ["Wohnen", "Sprache"]
    assert row(pair, "Kosten im Jahr").cells[1].lines == []


def test_rows_say_whether_projects_are_alike():
    lead = make_municipality()
    first = publish(lead=lead, operator="Verein", topics=("housing", "language"), volunteers=10)
    second = publish(lead=lead, operator="Stadt", topics=("language", "housing"))
    found = {label: row([first, second], label) for label in ("Träger", "Ehrenamtliche", "Handlungsfelder", "Kommune")}
    assert {label: (each.is_same, each.is_different) for label, each in found.items()} == {
        "Träger": (False, True),
        "Ehrenamtliche": (False, False),  # one of them says nothing
        "Handlungsfelder": (True, False),  # the order says nothing
        "Kommune": (True, False),
    }
    labels = [str(label) for label in comparison.unknown_labels(read([first, second]))]
    assert "Einmalige Kosten" in labels
    assert "Träger" not in labels
    only = comparison.groups(read([first, second]), only_differences=True)
    assert not any(row.is_same for group in only for row in group.rows)
    assert "Ehrenamtliche" in [row.label for group in only for row in group.rows]


def test_bars_show_the_part_of_the_largest_amount():
    lead = make_municipality()
    projects = [publish(lead=lead, cost_yearly=amount) for amount in (Decimal(50), Decimal(200), None, Decimal(0))]
    assert [cell.share for cell in row(projects, "Kosten im Jahr").cells] == [25, 100, None, 0]
    assert [cell.share for cell in row(projects[1:3], "Kosten im Jahr").cells] == [
        None,
        None,
    ]  # nothing to compare with


def test_page_marks_differences_not_by_colour_alone():
    first, second = publish(operator="Verein"), publish(operator="Stadt")
    path = f"/projekte/vergleich/?{keeping.query_of([first.pk, second.pk])}"
    html = flat(Client().get(path))
    assert 'Träger <span class="compare__sign" aria-hidden="true">≠</span>' in html
    assert "(verschieden)" in html
    assert 'Projektstand <span class="compare__sign compare__sign--same" aria-hidden="true">=</span>' in html
    only = flat(Client().get(f"{path}&only=differences"))
    assert "Projektstand" not in only
    assert "Träger" in only


def test_comparison_as_a_table_has_one_column_a_project():
    first, second = publish(title="Erstes", operator="Verein"), publish(title="Zweites")
    head, *lines = table(f"/projekte/vergleich.csv?{keeping.query_of([first.pk, second.pk])}")
    assert head == ["Angabe", "Erstes", "Zweites"]
    assert ["Träger", "Verein", ""] in lines


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_projects_are_asked_for_more(count):
    ids = [publish().pk for _number in range(count)]
    html = flat(Client().get(f"/projekte/vergleich/?{keeping.query_of(ids)}"))
    assert "<table" not in html
    assert ("Es fehlt ein zweites Projekt." in html) == bool(count)


@pytest.mark.parametrize(("path", "queries"), [("/projekte/vergleich/", 4), ("/merkliste/", 1), ("/merkliste.csv", 4)])
def test_queries_do_not_grow_with_the_projects(django_assert_num_queries, path, queries):
    ids = [bring(make_full(), Status.PUBLISHED).pk for _number in range(4)]
    for some in (ids[:2], ids):
        with django_assert_num_queries(queries):
            Client().get(f"{path}?{keeping.query_of(some)}").getvalue()
