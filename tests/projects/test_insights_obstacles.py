"""Obstacles over a selection: counted by hand, against plain Python on random data, and as pages show them."""

import csv
from collections import Counter
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import facets
from projects.insights import obstacles
from projects.models import Obstacle, ObstacleLevel, ObstacleState, Project, SharedObstacle, Status
from tests.factories import make_municipality, make_project
from tests.projects.obstacles import everything, make_category, make_entry, make_obstacle

pytestmark = pytest.mark.django_db
OVERVIEW = "projects:obstacles"


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def three_towns():
    """Two projects of one town and one of another name five obstacles; two are cases of an entry."""
    town, other = make_municipality(name="Adorf"), make_municipality(name="Bestadt")
    first, second = (make_project(lead=town, status=Status.PUBLISHED, title=f"Projekt {n}") for n in (1, 2))
    third = make_project(lead=other, status=Status.PUBLISHED, title="Projekt 3")
    make_project(lead=other, status=Status.PUBLISHED, title="Ohne Hürde")
    entry = make_entry(state=ObstacleState.RAISED, state_since=date(2026, 5, 3), demand="Mehrjährige Förderung.")
    make_obstacle(first, level="state", shared=entry, workaround="Die Stadt streckt das Geld vor.")
    make_obstacle(third, "law", level="municipal", shared=entry, state=ObstacleState.OPEN)
    make_obstacle(first, "law", text="Die Frist ist zu kurz.")
    make_obstacle(second, "law", text="Die Frist ist viel zu kurz.", workaround="Ein Antrag auf Vorrat.")
    make_obstacle(third, "law", level="federal", state=ObstacleState.SOLVED, text="Das Gesetz fehlt.")
    make_obstacle(make_project(lead=town, title="Entwurf"), text="Nicht öffentlich")
    return entry


def test_obstacles_are_counted_once_and_as_the_register_says(three_towns):
    found = obstacles.survey(everything())
    assert (found.total.obstacles, found.total.projects, found.total.municipalities) == (5, 3, 2)
    assert (found.total.ways_out, found.silent_projects) == (2, 1)
    assert (found.total.open, found.total.raised, found.total.solved, found.total.silent) == (0, 2, 1, 2)
    by_level = [(part.level, part.count.obstacles, part.count.municipalities) for part in found.levels]
    assert by_level == [("state", 2, 2), ("federal", 1, 1), ("", 2, 1)]
    line = found.entries[0]
    assert (line.entry, line.count.obstacles, line.count.municipalities) == (three_towns, 2, 2)
    groups = [(group.category, group.level, group.count.obstacles, group.count.projects) for group in found.groups]
    assert groups == [("law", "", 2, 2), ("law", "federal", 1, 1)]
    assert found.fields == {("money", "state"): 2, ("law", "federal"): 1, ("law", ""): 2}


def test_only_named_obstacles_and_levels_count(three_towns):
    selection = everything()
    assert obstacles.survey(selection, categories=["law"]).total.obstacles == 3
    assert obstacles.survey(selection, levels=["state"]).total.obstacles == 2
    assert obstacles.survey(selection, ["law"], ["state"]).total.obstacles == 0


def test_change_of_the_register_is_seen_at_once(three_towns, client):
    facets.index_all()
    assert "Mehrjährig planen" not in client.get(reverse(OVERVIEW)).content.decode()
    SharedObstacle.objects.update(title="Mehrjährig planen")
    facets.touch()
    assert "Mehrjährig planen" in client.get(reverse(OVERVIEW)).content.decode()


LEVELS, STATES = ["", *ObstacleLevel.values], ["", *ObstacleState.values]
CATEGORIES = ("money", "law", "room")
rows = st.tuples(
    st.integers(0, 4),
    st.sampled_from(CATEGORIES),
    st.sampled_from(LEVELS),
    st.sampled_from(STATES),
    st.booleans(),
    st.sampled_from([None, None, 0, 1]),
)


def test_survey_equals_plain_python():
    """Random obstacles of five projects in three towns, some in two entries, over random selections."""
    towns = [make_municipality() for _number in range(3)]
    projects = [make_project(lead=towns[n % 3], status=Status.PUBLISHED) for n in range(5)]
    entries = [make_entry("Eins"), make_entry("Zwei", "room", level="", state="solved", state_since=date(2026, 1, 1))]
    categories = [make_category(slug) for slug in CATEGORIES]
    facets.index_all()
    numbers = [project.publication_number for project in projects]

    def counted(chosen: list[dict]) -> tuple:
        leads = {row["project"].lead_id for row in chosen}
        states = Counter(row["state"] for row in chosen)
        return (
            len(chosen),
            len({row["project"].pk for row in chosen}),
            len(leads),
            sum(row["out"] for row in chosen),
            states,
        )

    def of(count: obstacles.Count) -> tuple:
        states = Counter({state: number for state, number in count.states.items() if number})
        return count.obstacles, count.projects, count.municipalities, count.ways_out, states

    @given(st.lists(rows, max_size=14), st.sets(st.integers(0, 4)))
    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def check(specs, wanted):
        with transaction.atomic(), zeal_ignore():
            Obstacle.objects.bulk_create(
                Obstacle(
                    project=projects[p],
                    category=categories[CATEGORIES.index(category)],
                    level=level,
                    state=state,
                    text="x",
                    workaround="y" if out else "",
                    shared=None if entry is None else entries[entry],
                )
                for p, category, level, state, out, entry in specs
            )
            facets.touch()
            selection = facets.load().select({}, facets.BitMap(numbers[n] for n in wanted))
            expected = []
            for p, category, level, state, out, entry in specs:
                if p in wanted:
                    told = entries[entry] if entry is not None else None
                    own = {"category": category, "level": level, "state": state}
                    if told:
                        own = {"category": told.category.slug, "level": told.level, "state": told.state}
                    expected.append({**own, "project": projects[p], "out": out, "entry": told})
            found = obstacles.survey(selection)
            assert of(found.total) == counted(expected)
            assert found.silent_projects == len(wanted) - len({row["project"].pk for row in expected})
            for part in found.levels:
                assert of(part.count) == counted([row for row in expected if row["level"] == part.level])
            assert sum(part.count.obstacles for part in found.levels) == len(expected)
            for line in found.categories:
                assert of(line.count) == counted([row for row in expected if row["category"] == line.value])
            for line in found.entries:
                assert of(line.count) == counted([row for row in expected if row["entry"] == line.entry])
            listed = sum(line.count.obstacles for line in found.entries)
            assert listed + sum(group.count.obstacles for group in found.groups) == len(expected)
            assert found.fields == Counter((row["category"], row["level"]) for row in expected)
            tally = obstacles.tally_of(obstacles.cases(selection))
            assert of(tally) == counted(expected)
            transaction.set_rollback(True)

    check()


# --- pages ------------------------------------------------------------------------------------------------------------


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def table_of(response) -> list[list[str]]:
    return list(csv.reader(response.getvalue().decode("utf-8-sig").splitlines(), delimiter=";"))


def test_page_shows_the_register_first_and_links_every_kind(three_towns, client):
    facets.index_all()
    text = text_of(client.get(reverse(OVERVIEW)))
    assert text.index("Geld nur für ein Jahr") < text.index("Noch nicht im Register")
    assert "2 Fälle aus 2 Kommunen, 1 mit einem Ausweg" in text
    assert "Das beruht auf 3 von 4 Projekten; 1 nennen keine Hürde." in text
    for address in (
        three_towns.get_absolute_url(),
        "/auswertung/huerden/law/unknown/",
        "/auswertung/huerden/law/federal/",
    ):
        assert f'href="{address}"' in text
        assert client.get(address).status_code == 200


def test_page_of_an_entry_collects_its_cases(three_towns, client):
    address = three_towns.get_absolute_url()
    text = text_of(client.get(address))
    for said in (
        "Stadt Adorf",
        "Stadt Bestadt",
        "Projekt 3",
        "Die Stadt streckt das Geld vor.",
        "Mehrjährige Förderung.",
    ):
        assert said in text
    assert "vorgetragen, seit 3." in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Nicht öffentlich" not in text
    for wrong in (
        address.rstrip("/") + "-anders/",
        reverse("projects:shared_obstacle_without_slug", args=[three_towns.pk]),
    ):
        response = client.get(wrong)
        assert (response.status_code, response.url) == (301, address)


def test_page_of_a_kind_lists_what_is_in_no_entry(three_towns, client):
    text = text_of(client.get("/auswertung/huerden/law/unknown/"))
    assert "Die Frist ist zu kurz." in text
    assert "2 Fälle aus 1 Kommune" in text
    money = text_of(client.get("/auswertung/huerden/money/state/"))
    assert "Geld nur für ein Jahr" in money
    assert "steht im Register" in money
    assert "nennt kein Projekt" in text_of(client.get("/auswertung/huerden/money/eu/"))
    for missing in ("/auswertung/huerden/money/nowhere/", "/auswertung/huerden/nothing/state/"):
        assert client.get(missing).status_code == 404


def test_long_list_of_cases_has_pages(client):
    entry = make_entry()
    lead = make_municipality()
    projects = [make_project(lead=lead, status=Status.PUBLISHED) for _number in range(45)]
    for project in projects:
        make_obstacle(project, shared=entry)
    first, second = (text_of(client.get(entry.get_absolute_url() + query)) for query in ("", "?page=2"))
    assert (first.count('<li class="obstacle">'), second.count('<li class="obstacle">')) == (40, 5)


def test_report_tells_levels_entries_cases_basis_and_method(three_towns, client):
    facets.index_all()
    text = text_of(client.get(reverse("projects:obstacle_report")))
    assert text.index("Beseitigen könnte sie: Land") < text.index("Beseitigen könnte sie: Bund")
    for said in (
        "Mehrjährige Förderung.",
        "Das Gesetz fehlt.",
        "Stand: vorgetragen",
        "Worauf das beruht",
    ):
        assert said in text
    assert "Von 4 Projekten nennen 3 eine Hürde, 1 keine." in text
    only = text_of(client.get(reverse("projects:obstacle_report") + "?level=federal"))
    assert "Das Gesetz fehlt." in only
    assert "Die Frist ist zu kurz." not in only


def test_report_says_how_many_cases_it_leaves_out(client):
    entry = make_entry()
    for _number in range(15):
        make_obstacle(shared=entry)
    facets.index_all()
    assert "3 weitere Fälle stehen im Portal." in text_of(client.get(reverse("projects:obstacle_report")))


def test_tables_have_the_numbers_of_the_page(three_towns, client):
    facets.index_all()
    header, *lines = table_of(client.get(reverse("projects:obstacles_csv")))
    assert lines[0] == ["Land", "Money", "Geld nur für ein Jahr", "2", "2", "2", "1", "0", "2", "0", "0"]
    assert sum(int(line[header.index("Hürden")]) for line in lines) == 5
    header, *cases = table_of(client.get(reverse("projects:obstacle_cases_csv")))
    assert len(cases) == 5
    assert {case[header.index("Eintrag im Register")] for case in cases} == {"", "Geld nur für ein Jahr"}
    narrowed = table_of(client.get(reverse("projects:obstacle_cases_csv") + "?municipality=" + cases[0][1]))
    assert {case[0] for case in narrowed[1:]} == {cases[0][0]}


def test_selection_applies(three_towns, client):
    facets.index_all()
    town = Project.objects.get(title="Projekt 3").lead
    text = text_of(client.get(reverse(OVERVIEW) + f"?municipality={town.key}"))
    assert "Das beruht auf 1 von 2 Projekten" in text
    assert "1 Fall aus 1 Kommune" in text


@pytest.mark.parametrize("cases", [1, 20])
def test_pages_ask_a_fixed_number_of_times(client, django_assert_num_queries, cases):
    entry = make_entry()
    for _number in range(cases):
        make_obstacle(shared=entry)
        make_obstacle(category="law")
    facets.index_all()
    client.get(reverse(OVERVIEW))  # facts are read once for each version of the index
    for address, queries in (
        (reverse(OVERVIEW), 1),
        (reverse("projects:obstacle_report"), 2),
        (entry.get_absolute_url(), 3),
        ("/auswertung/huerden/law/unknown/", 4),
    ):
        with django_assert_num_queries(queries):
            client.get(address)
