"""Exports and the read API: everything that is published, nothing else, the same number everywhere."""

import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import facets, workflow
from projects.models import Contact, ContactLevel, Project, Status
from projects.open_data import project_table, records, tables
from projects.open_data.columns import COLUMNS
from projects.views import api, catalogues, open_data
from tests.factories import make_project, make_topic

SELECTIONS = {
    "topic": ["language", "housing", "work_training", "health"],
    "status": ["running", "permanent", "pilot"],
    "financing": ["permanent", "time_limited", "mixed", "unfunded"],
    "kind": ["county", "integrated_municipality", "member_municipality"],
    "q": ["Sprachkurs", "Wohnen", "xyzzy"],
}
queries = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in SELECTIONS.items()})


def publish(**fields) -> Project:
    project = make_project(status=Status.PUBLISHED, **fields)
    facets.index_project(project)
    return project


def body(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


def table(response, delimiter=";") -> list[dict[str, str]]:
    text = body(response).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.check("R11")
@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries)
def test_page_table_and_api_give_the_same_projects(examples, client, query):
    cache.clear()
    page = client.get(reverse("projects:list"), query)
    rows = table(client.get(reverse("projects:project_csv"), query))
    answer = client.get(reverse("projects:api_projects"), query).json()
    shown = int(re.search(rb'role="status">(\d+) Projekt', page.content)[1])
    assert shown == len(rows) == answer["total"] == len(answer["projects"])
    assert [row["Adresse der Seite"] for row in rows] == [project["url"] for project in answer["projects"]]


def test_cursor_reaches_every_project_once(examples, client):
    address, seen = reverse("projects:api_projects") + "?limit=7", []
    while address:
        answer = client.get(address).json()
        seen += [project["number"] for project in answer["projects"]]
        address = answer["next"]
    assert seen == sorted(Project.objects.published().values_list("publication_number", flat=True))


def test_records_are_read_in_a_query_a_table(examples, django_assert_num_queries):
    numbers = sorted(Project.objects.published().values_list("publication_number", flat=True))
    with django_assert_num_queries(10 + 2):  # and the savepoint of a test, which is a transaction already
        found = list(records.records(numbers))
    assert [record["number"] for record in found] == numbers
    addresses = {project.pk: project.get_absolute_url() for project in Project.objects.all()}
    assert all(record["url"].endswith(f"testserver{addresses[record['id']]}") for record in found)


@pytest.mark.django_db(transaction=True)
def test_record_is_not_half_of_what_is_published_meanwhile():
    project = publish(topics=["housing"], summary="Vorher")

    def change():
        with transaction.atomic():
            Project.objects.filter(pk=project.pk).update(summary="Nachher")
            project.topics.set([make_topic("language")])
        connection.close()

    def change_after_the_first_query(execute, sql, *arguments):
        result = execute(sql, *arguments)
        if "projects_project_topics" not in sql and "publication_number" in sql:
            with ThreadPoolExecutor() as other_connection:
                other_connection.submit(change).result()
        return result

    with connection.execute_wrapper(change_after_the_first_query):
        (before,) = records.records([project.publication_number])
    (after,) = records.records([project.publication_number])
    assert (before["summary"], before["topics"]) == ("Vorher", ["housing"])
    assert (after["summary"], after["topics"]) == ("Nachher", ["language"])


def test_no_more_is_read_than_the_batch_that_is_sent(db, monkeypatch):
    monkeypatch.setattr(records, "BATCH", 2)
    numbers = [publish().publication_number for _number in range(5)]
    lines = tables.csv_lines((), project_table.rows(records.records(numbers), {}, for_programs=True), for_programs=True)
    with CaptureQueriesContext(connection) as asked:
        queries = [(len(asked), next(lines))[0] for _line in range(6)]
    assert queries == [0, 0, 12, 12, 24, 24]  # asked before each line, of which the first is the head
    assert next(lines, None) is None


def test_every_column_has_a_place_in_every_record(examples):
    found = list(records.records(Project.objects.published().values_list("publication_number", flat=True)))
    for record in found:
        for column in COLUMNS:
            part = record
            for name in column.name.split("."):
                assert part is None or name in part, column.name
                part = part and part[name]
            for row in part or () if column.type == "rows" else ():
                assert {inner.name.partition(".")[0] for inner in column.columns} <= row.keys(), column.name
    described = {column.name.partition(".")[0] for column in COLUMNS}
    assert found[0].keys() - described == {"pictures"}  # files, which no table carries


def test_record_of_soegel_says_what_its_page_says(examples, client):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    record = client.get(reverse("projects:api_project", args=[project.pk])).json()
    assert record["municipality"]["ars"] == "034545407000"
    assert record["topics"] == list(project.topics.values_list("slug", flat=True))
    assert len(record["financings"]) == project.financings.count()
    assert record["url"].endswith(project.get_absolute_url())


@pytest.mark.check("S05")
def test_unpublished_projects_are_nowhere(db, client):
    make_project(title="Geheimer Entwurf")
    submitted = workflow.submit(make_project(title="Geheime Einreichung"), by=None)
    published = publish(title="Sprachcafé")
    withdrawn = workflow.withdraw(publish(title="Geheimer Rückzug"), by=None, note="Auf Wunsch.")
    sitemap = reverse("projects:sitemap_projects", args=[1])
    addresses = [reverse(f"projects:{name}") for name in ("project_csv", "project_csv_for_programs", "api_projects")]
    for address in (*addresses, reverse("projects:feed"), sitemap):
        content = body(client.get(address)).lower()
        assert b"sprachcaf" in content, address
        assert b"geheim" not in content, address
    archive = ZipFile(BytesIO(body(client.get(reverse("projects:whole_mosaic")))))
    assert not [name for name in archive.namelist() if b"Geheim" in archive.read(name)]
    assert body(client.get(sitemap)).count(b"<url>") == 1
    assert client.get(reverse("projects:api_projects")).json()["total"] == 1
    for project, status in ((published, 200), (submitted, 404), (withdrawn, 404)):
        assert client.get(reverse("projects:api_project", args=[project.pk])).status_code == status


@pytest.mark.parametrize(
    ("level", "function", "email"),
    [(ContactLevel.NONE, False, False), (ContactLevel.FUNCTION, True, False), (ContactLevel.ALL, True, True)],
)
def test_contact_shows_as_much_as_it_wants(db, client, level, function, email):
    contact = Contact.objects.create(
        function="Koordinierungsstelle", organisation="Stadt", email="stelle@example.org", public_level=level
    )
    project = publish(contact=contact)
    row = table(client.get(reverse("projects:project_csv")))[0]
    assert (row["Ansprechstelle"] == "Koordinierungsstelle") is function
    assert (row["E-Mail-Adresse der Ansprechstelle"] == "stelle@example.org") is email
    shown = client.get(reverse("projects:api_project", args=[project.pk])).json()["contact"]
    assert (shown is not None) is function
    assert bool(shown and shown.get("email")) is email


@pytest.mark.check("S21")
def test_formula_in_a_title_stays_text(db, client):
    publish(title="=HYPERLINK(1)")
    assert table(client.get(reverse("projects:project_csv")))[0]["Titel"] == "'=HYPERLINK(1)"


def test_rows_in_a_cell_can_be_read_back():
    fields = ["a | b", "mit\nUmbruch", "C:\\neu", "", "ende\\"]
    assert project_table.split_fields(project_table.join_fields(fields)) == fields


@settings(max_examples=200)
@given(st.lists(st.text().map(str.strip), min_size=1, max_size=5))
def test_any_fields_can_be_read_back(fields):
    line = project_table.join_fields(fields)
    assert "\n" not in line
    assert project_table.split_fields(line) == fields


def test_download_holds_everything(examples, client):
    archive = ZipFile(BytesIO(body(client.get(reverse("projects:whole_mosaic")))))
    assert archive.testzip() is None
    lines = archive.read("projekte.jsonl").decode().splitlines()
    assert len(lines) == Project.objects.published().count()
    assert json.loads(lines[0])["licence"] == "CC-BY-4.0"
    bodies = list(csv.DictReader(StringIO(archive.read("kommunen.csv").decode("utf-8-sig")), delimiter=";"))
    assert len(bodies) == 1115
    assert "Datenlizenz Deutschland" in archive.read("LIESMICH.txt").decode()


def test_unchanged_answer_is_not_sent_again(examples, client):
    address = reverse("projects:api_projects")
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert client.get(address, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    publish(publication_number=9999)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_wrong_parameters_are_explained(db, client):
    for query in ({"limit": "viele"}, {"after": "-1"}, {"topic": "gibtsnicht"}, {"near": "Nirgendwo"}):
        answer = client.get(reverse("projects:api_projects"), query)
        assert answer.status_code == 400
        assert answer.json()["error"]


@pytest.mark.check("S22")
@pytest.mark.parametrize(
    ("window", "name"),
    [
        (api.REQUESTS, "api_vocabularies"),
        (open_data.DOWNLOADS, "project_csv"),
        (open_data.DOWNLOADS, "whole_mosaic"),
        (catalogues.SHARE_PICTURES, "share_picture"),
    ],
)
def test_too_many_requests_are_answered_with_429(db, client, time_machine, window, name):
    cache.clear()
    time_machine.move_to("2026-11-22 12:00:00", tick=False)  # no window ends in between
    path = reverse(f"projects:{name}", kwargs={"pk": publish().pk} if name == "share_picture" else {})
    for _turn in range(window.most - 1):
        assert window.take_turn("127.0.0.1")
    last, refused, other = client.get(path), client.get(path), client.get(path, REMOTE_ADDR="192.0.2.1")
    assert [answer.status_code for answer in (last, refused, other)] == [200, 429, 200]
    assert refused["Retry-After"] == str(window.seconds)
    assert body(last) == body(other)


@pytest.mark.check("S22")
def test_window_counts_and_forgets(db, time_machine):
    cache.clear()
    window = api.Window("test", most=2, seconds=60)
    time_machine.move_to("2026-11-22 12:00:00", tick=False)
    assert [window.take_turn("a") for _ in range(3)] == [True, True, False]
    assert window.take_turn("b")
    time_machine.move_to("2026-11-22 12:01:00", tick=False)
    assert window.take_turn("a")


def test_municipality_has_its_figures_and_keys(examples, client):
    body = client.get(reverse("projects:api_municipality", args=["034545407"])).json()
    assert body["kind"] == "joint_municipality"
    assert body["county"] == "03454"
    assert body["figures"]
    assert client.get(reverse("projects:api_municipality", args=["03999"])).status_code == 404


def test_codebook_explains_every_code(examples, client):
    rows = table(client.get(reverse("projects:codebook_csv")))
    assert {row["code"] for row in rows if row["name"] == "topics"} >= {"language", "housing"}
    assert all(row["label"] for row in rows)
