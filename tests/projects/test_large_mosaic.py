"""Pages of a mosaic with 100,000 projects: no query reads a table from end to end, and pages cost what they cost.

No times are measured, which would differ from machine to machine: what is counted is plans, queries, renders, bytes.
"""

import gzip
import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pyroaring import BitMap
from zeal import zeal_ignore

from projects import facets, workflow
from projects.models import FacetValue, Project
from tests.factories import make_municipality, make_project

MANY = 100_000
LARGE = ("projects_project", "projects_searchentry", "projects_project_topics", "projects_facetvalue")
RARE = 7  # projects with the rare word


@pytest.fixture
@zeal_ignore()
def large(db) -> Project:
    """Copies of one project, as the workflow publishes it, and the index of them; made by the database itself."""
    original = workflow.publish(workflow.submit(make_project(lead=make_municipality()), by=None), by=None)
    columns = [
        field.column
        for field in Project._meta.concrete_fields
        if not field.generated and field.column not in ("id", "publication_number", "title")
    ]
    names = ", ".join(columns)
    # Each original is read once: tables that other tests have filled and emptied are long to read.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            f"WITH original AS MATERIALIZED (SELECT {names} FROM projects_project) "
            f"INSERT INTO projects_project (publication_number, title, {names}) "
            f"SELECT number, 'Projekt ' || number, {names} FROM original, generate_series(2, %s) AS number",
            [MANY],
        )
        cursor.execute(
            "WITH original AS MATERIALIZED (SELECT topic_id FROM projects_project_topics) "
            "INSERT INTO projects_project_topics (project_id, topic_id) SELECT project.id, topic_id "
            "FROM projects_project AS project, original WHERE publication_number > 1"
        )
        cursor.execute(
            "WITH original AS MATERIALIZED (SELECT vector FROM projects_searchentry) "
            "INSERT INTO projects_searchentry (project_id, number, vector) SELECT project.id, publication_number, "
            "CASE WHEN publication_number <= %s THEN vector || '''seltenheit'':1A'::tsvector ELSE vector END "
            "FROM projects_project AS project, original WHERE publication_number > 1",
            [RARE + 1],
        )
        cursor.execute("INSERT INTO projects_searchword (word, stem, spelling, projects, is_place) "
                       "VALUES ('seltenheit', 'seltenheit', 'Seltenheit', %s, false)", [RARE])  # fmt: skip
        numbers = BitMap(range(1, MANY + 1)).serialize()
        FacetValue.objects.update(numbers=numbers, version=facets.version())
        cursor.execute("ANALYZE")
    return original


def plans(queries: list[dict[str, str]]) -> Iterator[tuple[str, dict]]:
    """The plan of each SELECT that was asked; settings before it hold for it too."""
    with connection.cursor() as cursor:
        for query in queries:
            *settings, statement = [part for part in query["sql"].split(";\n") if "DEFAULT" not in part]
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                for setting in settings:
                    cursor.execute(setting)
                cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
                answer = cursor.fetchone()[0]
                cursor.execute("SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_indexscan = DEFAULT")
                yield statement, (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]


def nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_no_page_reads_a_large_table_from_end_to_end(client, large):
    pages = {
        "list": reverse("projects:list"),
        "last page": reverse("projects:list") + f"?page={MANY // 24}",
        "rare word": reverse("projects:list") + "?q=Seltenheit",
        "common word": reverse("projects:list") + "?q=Sprachcafé",
        "project": large.get_absolute_url(),
        "home": reverse("projects:home"),
    }
    client.get(reverse("projects:topics"))  # the process loads its copy of the index, which takes every row of it
    found, asked = {}, 0
    for name, page in pages.items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200, name
        for statement, plan in plans(captured.captured_queries):
            asked += 1
            scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE]
            if scans and "projects_facetvalue" not in statement:
                found[name] = statement[:200]
    assert found == {}
    assert asked >= 12


def test_large_list_is_as_long_as_a_small_one_and_asks_no_more(client, large, django_assert_num_queries):
    client.get(reverse("projects:list") + "?page=2")  # the process loads its copy of the index
    for page, queries in (("", 2), ("", 1), ("?page=4000", 2), ("?page=4000", 1)):
        with django_assert_num_queries(queries):
            content = client.get(reverse("projects:list") + page).content
        assert content.count(b'class="project-card"') == 24
        assert len(content) < 90_000
        assert len(gzip.compress(content)) < 15_000


# Literal numbers: a page that renders more templates says so here. First for nobody yet, then as it is from then on.
RENDERS = {"list": (216, 0), "selection": (180, 4), "project": (31, 0), "financing": (17, 0)}


@pytest.mark.parametrize("name", RENDERS)
def test_page_renders_a_known_number_of_templates(client, examples, name):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    others = {"project": project.get_absolute_url(), "selection": reverse("projects:list") + "?topic=language"}
    page = others.get(name) or reverse(f"projects:{name}")
    rendered = []
    for _turn in range(2):
        names: list[str] = []

        def count(sender, template, names=names, **kwargs) -> None:
            names.append(template.name)

        template_rendered.connect(count)
        try:
            client.get(page)
        finally:
            template_rendered.disconnect(count)
        rendered.append(len(names))
    assert tuple(rendered) == RENDERS[name]
