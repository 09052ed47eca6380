"""The chain of adoptions around a project: what the page reads, as tree and drawing, checked against plain Python."""

from datetime import date
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import chains, fragments
from projects.models import Adoption, AdoptionState, Interest, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import make_person

pytestmark = pytest.mark.django_db


@zeal_ignore()
def adopt(project: Project, copy: Project | None = None, **fields) -> Adoption:
    municipality = fields.pop("municipality", None) or (copy.lead if copy else make_municipality())
    return Adoption.objects.create(
        project=project, municipality=municipality, copy=copy, **{"state": AdoptionState.PUBLISHED, **fields}
    )


def published(title: str, **fields) -> Project:
    return make_project(title=title, status=Status.PUBLISHED, **fields)


@zeal_ignore()
def chain_of(project: Project) -> chains.Chain:
    return chains.chain_of(chains.with_chain(Project.objects.filter(pk=project.pk)).get())


def names(steps) -> list:
    """The tree as nested lists of titles, or of names where a municipality has no project of its own."""
    return [
        [step.project.title if step.project else "?" if step.is_gone else step.body.display_name, *names(step.steps)]
        for step in steps
    ]


def test_chain_goes_up_to_the_origin_and_down_to_every_copy():
    origin, middle, copy = (published(title) for title in ("Ursprung", "Mitte", "Abkömmling"))
    adopt(origin, middle)
    adopt(middle, copy)
    plain = adopt(middle)
    found = chain_of(middle)
    assert names(found.up) == [["Ursprung"]]
    assert sorted(names(found.down)) == sorted([["Abkömmling"], [plain.municipality.display_name]])
    assert names(chain_of(origin).down)[0][0] == "Mitte"
    assert len(names(chain_of(origin).down)[0]) == 3
    assert names(chain_of(copy).up) == [["Mitte", ["Ursprung"]]]
    assert not chain_of(published("Allein"))


def test_only_released_statements_count():
    project = published("Vorbild")
    for state in AdoptionState:
        adopt(project, state=state)
    assert len(chain_of(project).down) == 1


def test_withdrawn_projects_keep_their_names_to_themselves_and_the_chain_goes_on():
    origin, gone, copy = published("Ursprung"), published("Geheim"), published("Abkömmling")
    adopt(origin, gone)
    adopt(gone, copy)
    Project.objects.filter(pk=gone.pk).update(
        status=Status.WITHDRAWN, withdrawn_at=gone.published_at, withdrawal_reason="Auf Wunsch."
    )
    assert names(chain_of(copy).up) == [["?", ["Ursprung"]]]
    assert names(chain_of(origin).down) == [[gone.lead.display_name, ["Abkömmling"]]]


def test_circle_ends_where_it_begins():
    first, second = published("Erstes"), published("Zweites")
    adopt(first, second)
    adopt(second, first)
    found = chain_of(first)
    assert names(found.up) == [["Zweites", ["Erstes"]]]
    assert names(found.down) == [["Zweites"]]
    assert [stone.kind for stone in found.drawing.stones] == ["here", "project", "again", "project"]


def test_depth_and_number_are_bounded():
    line = [published(f"Projekt {number}") for number in range(6)]
    for project, copy in pairwise(line):
        adopt(project, copy)
    assert names(chain_of(line[0]).down) == [["Projekt 1", ["Projekt 2", ["Projekt 3"]]]]
    county = make_municipality().county
    for _more in range(chains.MOST + 2):
        adopt(line[5], municipality=make_municipality(county=county))
    found = chain_of(line[5])
    assert len(list(found.up)) == 1
    shown = sum(1 for step in (*found.up, *found.down) for _one in step.walk())
    assert shown == chains.MOST
    assert found.more == chains.MOST + 2 - len(found.down)


def test_drawing_gives_every_stone_a_place_of_its_own():
    project = published("Vorbild")
    for _copy in range(3):
        copy = published("Kopie")
        adopt(project, copy)
        adopt(copy)
        adopt(copy)
    adopt(published("Ursprung"), project)
    drawing = chain_of(project).drawing
    places = {(stone.x, stone.y) for stone in drawing.stones}
    assert len(places) == len(drawing.stones) == 11
    assert all(0 <= stone.x <= drawing.width - chains.STONE for stone in drawing.stones)
    assert all(0 <= stone.y <= drawing.height - chains.STONE for stone in drawing.stones)
    assert drawing.stones[0].kind == "here"
    assert sorted(stone.number for stone in drawing.stones) == list(range(11))


def expected(edges: list[tuple[int, int | None, int]], here: int) -> list[list]:
    """Both trees from plain lists of (origin, copy or None, number of the statement), in the order of their dates."""
    rows = []
    for near, far in ((1, 0), (0, 1)):
        distance, frontier = {here: 0}, {here}
        for steps in range(1, chains.STEPS + 1):
            frontier = {edge[far] for edge in edges if edge[near] in frontier} - distance.keys() - {None}
            distance |= dict.fromkeys(frontier, steps)
        found = [(distance[edge[near]], edge) for edge in edges if distance.get(edge[near], 9) < chains.STEPS]
        rows.append([(near, far, edge) for _distance, edge in sorted(found, key=lambda one: one[0])])
    owners = {here: None}
    for _near, far, edge in (*rows[0], *rows[1]):
        owners.setdefault(edge[far], edge)

    def tree(side: list, at: int | None) -> list:
        return [
            [edge[2], *(tree(side, edge[far]) if edge[far] is not None and owners[edge[far]] == edge else [])]
            for near, far, edge in side
            if edge[near] == at
        ]

    return [tree(side, here) for side in rows]


def ids(steps) -> list:
    return [[step.adoption.pk, *ids(step.steps)] for step in steps]


@pytest.fixture
def five_projects(db) -> list[Project]:
    return [published(f"Projekt {number}") for number in range(5)]


EDGES = st.lists(
    st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4), st.booleans()), max_size=8, unique_by=lambda e: e[:2]
)


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edges=EDGES)
def test_tree_is_what_plain_python_makes_of_the_same_statements(five_projects, edges):
    with zeal_ignore():
        Adoption.objects.all().delete()
        rows = []
        for number, (origin, copy, is_public) in enumerate(edges):
            if origin == copy:
                continue
            adoption = adopt(
                five_projects[origin],
                five_projects[copy] if copy is not None else None,
                municipality=make_municipality(county=five_projects[0].lead.county),
                state=AdoptionState.PUBLISHED if is_public else AdoptionState.PROPOSED,
                since=date(2000 + number, 1, 1),
                since_precision="year",
            )
            if is_public:
                rows.append((five_projects[origin].pk, adoption.copy_id, adoption.pk))
        for project in five_projects:
            found = chain_of(project)
            assert [ids(found.up), ids(found.down)] == expected(rows, project.pk)
            assert len(found.drawing.stones) == 1 + sum(1 for top in (*found.up, *found.down) for _one in top.walk())


def test_page_shows_the_chain_and_asks_six_times(client, django_assert_num_queries, examples):
    origin, project = (
        published("Ursprung", publication_number=9000),
        Project.objects.get(import_key="willkommen-in-soegel"),
    )
    adopt(origin, project)
    with zeal_ignore():
        for number in range(9001, 9004):
            copy = published("Kopie", publication_number=number)
            adopt(project, copy, what="Die Sprechstunde", changes="Nur <einmal> im Monat")
        Interest.objects.create(project=project, municipality=make_municipality(), by=make_person("interesse"))
    client.get(project.get_absolute_url())
    fragments.forget_everything()
    with django_assert_num_queries(6):
        page = client.get(project.get_absolute_url()).content.decode()
    assert "3 Kommunen haben das Projekt oder Teile davon übernommen." in page
    assert "Eine Kommune interessiert sich dafür" in page
    assert "Nur &lt;einmal&gt; im Monat" in page
    assert "chain-drawing" in page
    assert origin.get_absolute_url() in page
    assert reverse("projects:interest", args=[project.pk, project.slug]) not in page
