"""`like`: projects whose lead is comparable to a body, how alike, in which order, and what pages say about it."""

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.models import Kind, Municipality
from municipalities.similarity import space
from municipalities.similarity_weights import VIEWS, Weights
from projects import facets
from projects.filters import ProjectFilter
from projects.models import Project, Status
from tests.factories import make_county, make_municipality, make_project
from tests.projects.test_filters import parsed

pytestmark = pytest.mark.django_db

# Enough of the usual features for a pair to be comparable in the overall view.
PLACE = {"degree_of_urbanisation": 3, "regional_type": 77}
ONLY_SIZE = "w_location=0&w_economy=0&w_population=0&w_kind=0"


def query(text: str) -> ProjectFilter:
    return ProjectFilter(QueryDict(text), Project.objects.published())


def shown(text: str) -> list[tuple[str, int | None]]:
    """Titles on the first page with the similarity in percent."""
    return [(project.title, project.match and project.match.similarity) for project in query(text).page_of_projects]


@pytest.fixture
def doubling() -> list[Municipality]:
    """Eleven towns, each with twice as many people as the one before: from the 10th to the 90th percentile it is eight
    doublings, so one doubling is an eighth of the way. All but the first lead a project; the fourth leads two."""
    county = make_county(key="03701", name="Aland")
    towns = [
        make_municipality(
            key=f"0370100{number + 1:02d}0{number + 1:02d}",
            name=f"Ort{number}",
            county=county,
            population=1000 * 2**number,
        )
        for number in range(11)
    ]
    for number, town in [*enumerate(towns)][1:]:
        make_project(status=Status.PUBLISHED, title=f"P{number}", lead=town)
    make_project(status=Status.PUBLISHED, title="P4b", lead=towns[4])
    facets.index_all()
    return towns


def test_similarity_is_the_usual_order_and_the_newest_comes_first_among_equals(doubling):
    assert shown(f"like={doubling[5].key}&{ONLY_SIZE}") == [
        ("P4b", 88), ("P6", 88), ("P4", 88), ("P7", 75), ("P3", 75),
    ]  # fmt: skip
    assert query(f"like={doubling[5].key}").sort == "similarity"
    assert query("").sort == query("sort=similarity").sort == "newest"


@pytest.mark.parametrize(
    ("least", "titles"),
    [
        ("80", {"P1"}),
        ("70", {"P1", "P2"}),
        ("60", {"P1", "P2", "P3"}),
        ("0", {f"P{n}" for n in range(1, 11)} | {"P4b"}),
    ],
)
def test_similarity_has_a_minimum(doubling, least, titles):
    found = shown(f"like=Ort0&like_min={least}&{ONLY_SIZE}")
    assert {title for title, _percent in found} == titles
    assert all(percent >= int(least) for _title, percent in found)


def test_other_orders_keep_the_filter(doubling):
    newest = shown(f"like=Ort5&{ONLY_SIZE}&sort=newest")
    assert [title for title, _percent in newest] == ["P4b", "P7", "P6", "P4", "P3"]
    assert [title for title, _percent in shown(f"like=Ort5&{ONLY_SIZE}&near=Ort5")] == ["P4b", "P6", "P4", "P7", "P3"]


def test_own_projects_and_those_of_the_own_samtgemeinde_are_left_out():
    county = make_county(key="03701")
    joint = make_municipality(key="037015401", ars="037015401000", kind=Kind.JOINT_MUNICIPALITY, county=county, **PLACE)
    member = make_municipality(key="037015401001", kind=Kind.MEMBER_MUNICIPALITY, county=county, parent=joint, **PLACE)
    other = make_municipality(key="037010009009", kind=Kind.MEMBER_MUNICIPALITY, county=county, parent=joint, **PLACE)
    for title, lead in (("Samtgemeinde", joint), ("Selbst", member), ("Nachbar", other)):
        make_project(status=Status.PUBLISHED, title=title, lead=lead)
    facets.index_all()
    assert [title for title, _percent in shown(f"like={member.key}&like_min=0")] == ["Nachbar"]
    assert shown(f"like={joint.key}&like_min=0") == []


def test_closed_bodies_stand_for_their_successors(doubling):
    county = doubling[0].county
    old = make_municipality(
        key="037010099099", name="Alt", county=county, closed_on=date(2026, 1, 1), successor=doubling[6]
    )
    older = make_municipality(
        key="037010098098", name="Uralt", county=county, closed_on=date(2020, 1, 1), successor=old, population=None,
        population_date=None,
    )  # fmt: skip
    lost = make_municipality(key="037010097097", name="Verloren", county=county, closed_on=date(2020, 1, 1))
    for title, lead in (("Alt", old), ("Uralt", older), ("Verloren", lost)):
        make_project(status=Status.PUBLISHED, title=title, lead=lead)
    facets.index_all()
    found = shown(f"like=Ort5&like_min=0&{ONLY_SIZE}")
    assert found[:5] == [("Uralt", 88), ("Alt", 88), ("P4b", 88), ("P6", 88), ("P4", 88)]
    assert "Verloren" not in dict(found)
    assert query(f"like={older.key}").like.body.key == doubling[6].key
    assert query(f"like={older.key}").parameters["like"] == [doubling[6].key]
    filterset = query(f"like={lost.key}")
    assert (filterset.like, filterset.total) == (None, 14)
    assert filterset.messages == ["„Stadt Verloren“ gibt es nicht mehr, und eine Nachfolgerin ist nicht bekannt."]


def test_county_is_compared_with_counties(doubling):
    far = make_county(key="03702", population=300_000, name="Fern")
    make_project(status=Status.PUBLISHED, title="Kreis", lead=far)
    facets.index_all()
    assert [title for title, _percent in shown(f"like=03701&like_min=0&{ONLY_SIZE}")] == ["Kreis"]
    assert "Kreis" not in dict(shown(f"like=Ort5&like_min=0&{ONLY_SIZE}"))


def test_area_without_a_municipality_is_not_compared(doubling):
    area = make_municipality(key="037019504504", name="Harz", kind=Kind.UNINCORPORATED_AREA, county=doubling[0].county)
    facets.index_all()
    filterset = query(f"like={area.key}&topic=housing")
    assert filterset.messages == ["„Stadt Harz“ ist keine Gemeinde und wird deshalb nicht verglichen."]
    assert filterset.parameters == {"topic": ["housing"]}


def test_query_string_is_the_shortest(doubling):
    key = doubling[5].key
    usual = query("like=Ort5&like_min=70&like_view=overall&w_size=3&w_population=1.00&sort=similarity&km=30")
    assert usual.query_with() == f"like={key}"
    other = query(f"w_size=2,5&sort=newest&like_view=economy&topic=housing&like_min=0&like={key}&w_nearby=0")
    assert other.query_with() == f"topic=housing&like={key}&like_min=0&like_view=economy&w_size=2.5&sort=newest"
    assert query("like_min=0&like_view=economy&w_size=2").query_with() == ""
    assert other.hidden_parameters == [("w_size", "2.5"), ("sort", "newest")]


def test_chips_take_out_all_the_view_or_the_weights(doubling):
    key = doubling[5].key
    filterset = query(f"topic=housing&like={key}&like_min=0&like_view=economy&w_size=2.5")
    everything = {"topic": ["housing"], "like": [key], "like_min": ["0"], "like_view": ["economy"], "w_size": ["2.5"]}
    assert parsed("?" + filterset.query_with()) == everything
    chips = {str(chip.label): parsed(chip.url) for chip in filterset.chips}
    assert chips == {
        "Wohnen": {name: values for name, values in everything.items() if name != "topic"},
        "wie Stadt Ort5, alle, die ähnlichsten zuerst": {"topic": ["housing"]},
        "Wirtschaft": {name: values for name, values in everything.items() if name != "like_view"},
        "eigene Gewichte": {name: values for name, values in everything.items() if name != "w_size"},
    }


def test_mistakes_are_reported_and_the_rest_applies(doubling):
    filterset = query("like=Ort5&like_min=71&like_view=beauty&w_size=4&w_mood=1")
    assert filterset.messages == [
        "Diese Auswahl gibt es nicht: „71“",
        "Diese Auswahl gibt es nicht: „beauty“",
        "Gewicht „Größe und Art“: Bitte geben Sie eine Zahl von 0 bis 3 an.",
        "Ein unbekanntes Gewicht in der Adresse wurde nicht beachtet.",
    ]
    assert (filterset.like.weights, filterset.like_min) == (Weights(), 70)
    assert query("like=Atlantis").messages == ["Diese Kommune steht nicht im Verzeichnis: „Atlantis“"]
    assert query("w_size=4").messages == []


def test_nothing_found_leads_to_less_alike_bodies_and_to_the_county(doubling):
    county = make_county(key="03702", population=150_000, name="Nebenan")
    make_project(status=Status.PUBLISHED, title="Kreis", lead=county)
    facets.index_all()
    filterset = query(f"like=Ort0&like_min=80&{ONLY_SIZE}&topic=housing&status=running&q=Sprachcafé&near=Ort0")
    assert filterset.total == 0
    filterset = query(f"like=Ort10&like_min=80&{ONLY_SIZE}")
    ways = {way.label: (way.total, parsed(way.url)) for way in filterset.ways_on}
    weights = {"w_location": ["0"], "w_economy": ["0"], "w_population": ["0"], "w_kind": ["0"]}
    key = doubling[10].key
    assert ways == {
        "Ohne „Kommunen wie meine“": (12, {}),
        "Wie Stadt Ort10: mindestens 70\u00a0% ähnlich": (2, {"like": [key], **weights}),
        "Wie Stadt Ort10: mindestens 60\u00a0% ähnlich": (3, {"like": [key], "like_min": ["60"], **weights}),
        "Wie Stadt Ort10: alle, die ähnlichsten zuerst": (10, {"like": [key], "like_min": ["0"], **weights}),
        "Wie Landkreis Aland": (1, {"like": ["03701"], "like_min": ["80"], **weights}),
    }


def test_list_asks_the_database_twice(doubling):
    assert query(f"like=Ort5&{ONLY_SIZE}").page_of_projects  # the process reads the profiles once
    with CaptureQueriesContext(connection) as queries:
        filterset = query(f"like=Ort5&like_min=0&like_view=size_location&{ONLY_SIZE}")
        assert len(filterset.page_of_projects) == 10
        assert [filterset.facets, filterset.chips, filterset.tiles, filterset.ways_on, filterset.comparable_url]
        assert all(project.match.reasons for project in filterset.page_of_projects)
    assert len(queries) == 2


# --- against plain Python ---------------------------------------------------------------------------------------------


def plain_order(key: str, weights: Weights, least: int, projects: Sequence[Project]) -> list[int]:
    """Each project by itself: its lead or what became of that, compared as a pair."""
    register = space(facets.current(facets.version()).labels.register)
    found = []
    for project in projects:
        lead = project.lead
        while lead.successor:
            lead = lead.successor
        profile = register.profiles.get(lead.key)
        match = None if profile is None or lead.key == key else register.compare(key, lead.key, weights)
        if match and not match.is_related and match.similarity >= least:
            found.append((match.distance, -project.publication_number))
    return [-number for _distance, number in sorted(found)]


def test_list_equals_comparing_every_project_by_itself(register):
    bodies = list(Municipality.objects.existing().order_by("pk")[::40])
    closed = [
        make_municipality(
            key=f"0345499{n}099{n}", county=bodies[0].county_or_self, closed_on=date(2026, 1, 1), successor=successor
        )
        for n, successor in enumerate([bodies[3], bodies[7], None])
    ]
    leads = [*bodies, *closed]
    asking = [body.key for body in bodies if body.kind != Kind.UNINCORPORATED_AREA]

    @given(
        leading=st.lists(st.integers(0, len(leads) - 1), min_size=1, max_size=22),
        key=st.sampled_from(asking),
        view=st.sampled_from([*VIEWS]),
        least=st.sampled_from([80, 70, 60, 0]),
        economy=st.sampled_from([None, 0, 1.5, 3]),
    )
    @settings(max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(leading, key, view, least, economy):
        with transaction.atomic(), zeal_ignore():
            for number, i in enumerate(leading, start=1):
                Project.objects.create(
                    title=f"{number}", summary="…", approach="…", lead=leads[i], status=Status.PUBLISHED,
                    published_at="2026-01-01T00:00Z", publication_number=number, stage="running",
                )  # fmt: skip
            facets.index_all()
            chosen = {} if economy is None else {"economy": economy}
            text = f"like={key}&like_min={least}&like_view={view}" + (f"&w_economy={economy}" if chosen else "")
            found = [project.publication_number for project in query(text).page_of_projects]
            projects = Project.objects.select_related("lead__successor__successor")
            assert found == plain_order(key, Weights.of(view, **chosen), least, list(projects))
            transaction.set_rollback(True)

    check()
