"""The public query string: what it selects, what it says about mistakes, and what pages get to show."""

from datetime import date
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from municipalities.models import Kind
from projects import facets, search
from projects.filters import PAGE_SIZE, ProjectFilter
from projects.models import Adoption, Financing, Obstacle, ObstacleCategory, Project, Status, TargetGroup
from tests.factories import make_county, make_funding_source, make_municipality, make_project, make_topic

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def publish(**fields) -> Project:
    project = make_project(status=Status.PUBLISHED, **fields)
    search.index_project(project)
    facets.index_project(project)
    return project


def query(text: str = "", queryset=None) -> ProjectFilter:
    return ProjectFilter(QueryDict(text), Project.objects.published() if queryset is None else queryset, today=TODAY)


def shown(text: str) -> list[str]:
    """Titles on the first page, in order."""
    return [project.title for project in query(text).page_of_projects]


def parsed(url: str) -> dict[str, list[str]]:
    assert url.startswith("?")
    return parse_qs(url[1:], strict_parsing=bool(url[1:]))


# --- every parameter --------------------------------------------------------------------------------------------------


@pytest.fixture
def two_projects() -> None:
    """One project that answers to every parameter below, and one that answers to none."""
    county = make_county(key="03701", name="Aland", kind=Kind.REGION)
    joint = make_municipality(
        key="037015401", ars="037015401000", ags="", name="Adorf", county=county, kind=Kind.JOINT_MUNICIPALITY,
        population=21_000, latitude=52.1, longitude=9.1,
    )  # fmt: skip
    group = TargetGroup.objects.create(slug="women", label="Frauen", label_en="Women")
    yes = make_project(
        status=Status.PUBLISHED, title="Ja", lead=joint, topics=["language"], target_groups=[group], stage="pilot",
        cost_one_off=30_000, operator_kind="church", staffing="mostly_staff", evidence="proven", transfer_effort="high",
        help_offered="Anruf genügt.", confirmed_on=TODAY,
    )  # fmt: skip
    Financing.objects.create(project=yes, source=make_funding_source(), level="loan", permanence="permanent")
    category = ObstacleCategory.objects.create(slug="law", label="Recht", label_en="Law")
    Obstacle.objects.create(project=yes, category=category, level="federal", text="…")
    Adoption.objects.create(state="published", project=yes, municipality=make_municipality())
    no = make_project(
        status=Status.PUBLISHED, title="Nein", topics=["housing"], operator_kind="company", has_no_funding=True,
        lead=make_municipality(name="Zetel", latitude=53.4, longitude=7.9),
    )  # fmt: skip
    for project in (yes, no):
        search.index_project(project)
        facets.index_project(project)


@pytest.mark.parametrize(
    "text",
    [
        "q=Ja",
        "topic=language",
        "target_group=women",
        "kind=joint_municipality",
        "size=20k-50k",
        "cost=25k-50k",
        "status=pilot",
        "county=03701",
        "municipality=03701",
        "municipality=037015401",
        "near=037015401&km=30",
        "near=Adorf",
        "financing=permanent",
        "money_level=loan",
        "operator=church",
        "staffing=mostly_staff",
        "evidence=proven",
        "effort=high",
        "obstacle=law",
        "obstacle_level=federal",
        "adopted=yes",
        "adopted=help_offered",
        "confirmed=within12",
        "topic=language&topic=women&status=pilot&status=running&unknown=1",
    ],
)
def test_each_parameter(two_projects, text):
    assert shown(text) == ["Ja"]


@pytest.mark.parametrize(
    "text", ["topic=housing", "financing=unfunded", "cost=unknown", "confirmed=never", "adopted=no", "operator=company"]
)
def test_the_other_project(two_projects, text):
    assert shown(text) == ["Nein"]


@pytest.mark.parametrize(
    "text", ["topic=housing&status=pilot", "near=Adorf&topic=housing", "q=Ja&topic=housing", "operator=education"]
)
def test_facets_restrict_each_other(two_projects, text):
    assert shown(text) == []


def test_distance(two_projects):
    far = make_municipality(name="Fern", latitude=52.9, longitude=9.1)  # 89 km north of Adorf
    publish(title="Fern", lead=far)
    assert shown("near=037015401") == ["Ja"]
    assert shown("near=037015401&km=50") == ["Ja"]
    assert shown("near=037015401&km=100") == ["Fern", "Ja"]
    assert shown("km=30") == ["Fern", "Nein", "Ja"]


def test_drafts_and_withdrawn_projects_are_never_shown(two_projects):
    make_project(status=Status.SUBMITTED, title="Entwurf")
    gone = publish(title="Weg")
    Project.objects.filter(pk=gone.pk).update(
        status=Status.WITHDRAWN, withdrawn_at="2026-01-01T00:00Z", withdrawal_reason="…"
    )
    assert shown("") == ["Nein", "Ja"]  # even if the index does not know yet
    facets.index_project(gone)
    assert query().total == 2


# --- orders and pages -------------------------------------------------------------------------------------------------


def test_orders():
    lead = make_municipality()
    old = publish(title="Sprachkurs", lead=lead, confirmed_on=date(2026, 1, 2))
    publish(title="Treff", summary="Mit Sprachkurs.", lead=lead, confirmed_on=date(2026, 1, 1))
    publish(title="Garten", lead=lead)
    Adoption.objects.create(state="published", project=old, municipality=lead)
    facets.index_project(old)
    assert shown("") == shown("sort=newest") == ["Garten", "Treff", "Sprachkurs"]
    assert shown("sort=confirmed") == ["Sprachkurs", "Treff", "Garten"]
    assert shown("sort=adopted") == ["Sprachkurs", "Garten", "Treff"]
    assert shown("q=Sprachkurs") == shown("q=Sprachkurs&sort=relevance") == ["Sprachkurs", "Treff"]
    assert shown("q=Sprachkurs&sort=newest") == ["Treff", "Sprachkurs"]
    assert shown("sort=relevance") == ["Garten", "Treff", "Sprachkurs"]


def test_only_sensible_orders_are_offered():
    publish()
    assert [(option.value, option.selected) for option in query("sort=adopted").sort_options] == [
        ("newest", False),
        ("confirmed", False),
        ("adopted", True),
        ("cost_per_person", False),
    ]
    with_text = query("q=Treffen&topic=housing&page=3").sort_options
    assert [(option.value, option.selected) for option in with_text] == [
        ("relevance", True),
        ("newest", False),
        ("confirmed", False),
        ("adopted", False),
        ("cost_per_person", False),
    ]
    assert parsed(with_text[0].url) == {"q": ["Treffen"], "topic": ["housing"]}
    assert parsed(with_text[1].url) == {"q": ["Treffen"], "topic": ["housing"], "sort": ["newest"]}


def test_pages():
    lead = make_municipality()
    for number in range(PAGE_SIZE + 2):
        make_project(status=Status.PUBLISHED, title=f"{number}", lead=lead)
    facets.index_all()
    first, second = query().page_of_projects, query("page=2").page_of_projects
    assert [project.title for project in first] == [f"{number}" for number in range(PAGE_SIZE + 1, 1, -1)]
    assert [project.title for project in second] == ["1", "0"]
    assert (first.number, first.has_next(), first.has_previous(), list(first.page_range)) == (1, True, False, [1, 2])
    assert [project.title for project in query("page=9").page_of_projects] == ["1", "0"]
    assert query("page=9").page_of_projects.number == 2
    for wrong in ("0", "-1", "1.5", "zwei", "9" * 5000):
        assert query(f"page={wrong}").page_of_projects.number == 1
        assert "Diese Seite gibt es nicht" in query(f"page={wrong}").errors["page"][0]


def test_empty_portal():
    page = query().page_of_projects
    assert list(page) == []
    assert not page.has_other_pages()
    assert query().ways_on == []


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_bad_value_is_reported_and_the_rest_applies(two_projects):
    filterset = query("topic=nonsense&topic=language&sort=upside&near=Atlantis&km=7&page=x")
    assert [project.title for project in filterset.page_of_projects] == ["Ja"]
    assert filterset.errors == {
        "topic": ["Diese Auswahl gibt es nicht: „nonsense“"],
        "near": ["Diese Kommune steht nicht im Verzeichnis: „Atlantis“"],
        "km": ["Diese Auswahl gibt es nicht: „7“"],
        "sort": ["Diese Auswahl gibt es nicht: „upside“"],
        "page": ["Diese Seite gibt es nicht: „x“"],
    }
    assert len(filterset.messages) == 5
    assert query("topic=language").errors == {}


def test_ambiguous_name_asks_for_the_key():
    county = make_county(key="03701", name="Aland")
    for key in ("037010001001", "037010002002"):
        make_municipality(key=key, name="Halle", county=county)
    (message,) = query("near=Halle").messages
    assert message == (
        "Mehrere Kommunen heißen „Halle“. Bitte geben Sie statt des Namens den Schlüssel ein: "
        "037010001001 (Landkreis Aland), 037010002002 (Landkreis Aland)"
    )
    assert query("near=037010002002").near == "037010002002"


def test_near_is_shown_as_a_reader_types_it(two_projects):
    filterset = query("near=037015401")
    assert (filterset.near, filterset.km) == ("Stadt Adorf", 30)
    assert query("near=stadt%20adorf&km=50").parameters == {"near": ["037015401"], "km": ["50"]}


def test_long_and_broken_texts(two_projects):
    assert query("q=" + "a" * 100_000).messages == ["Der Suchtext war zu lang und wurde gekürzt."]
    assert len(query("q=" + "a" * 100_000).q) == 200
    assert query("q=%00%00Ja%00").q == "Ja"
    assert query("q=Ja&topic=%00").errors == {"topic": ["Diese Auswahl gibt es nicht: „\ufffd“"]}
    assert query("topic=" + "x" * 100_000).messages == ["Diese Auswahl gibt es nicht: „" + "x" * 60 + "…“"]
    assert query("q=%21%3F").total == 2


NAMES = st.sampled_from([*ProjectFilter.base_filters, "unknown"])


@given(data=st.dictionaries(NAMES, st.lists(st.text(st.characters(codec=None), max_size=30), max_size=3), max_size=6))
@settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_text_raises(data):
    filterset = ProjectFilter(data, Project.objects.published())
    for text in [*filterset.messages, *(str(chip.label) for chip in filterset.chips)]:
        text.encode()
    assert len(filterset.page_of_projects) <= PAGE_SIZE
    assert [filterset.facets, filterset.ways_on, filterset.sort_options, filterset.tiles, filterset.hidden_parameters]


def test_plain_mapping_is_understood(two_projects):
    filterset = ProjectFilter({"topic": "language", "status": ["pilot"], "page": 1}, Project.objects.published())
    assert [project.title for project in filterset.page_of_projects] == ["Ja"]
    assert ProjectFilter(None, Project.objects.published()).total == 2


# --- what pages get ---------------------------------------------------------------------------------------------------


def test_panel(two_projects):
    filterset = query("topic=language&topic=housing&county=03701")
    assert [facet.name for facet in filterset.open_facets] == [
        "topic", "target_group", "kind", "size", "cost", "status",
    ]  # fmt: skip
    assert [facet.name for facet in filterset.more_facets] == [
        "county", "financing", "money_level", "operator", "staffing", "evidence", "effort", "obstacle",
        "obstacle_level", "adopted", "confirmed",
    ]  # fmt: skip
    panel = {facet.name: facet for facet in filterset.facets}
    topics = [(option.value, option.label, option.count, option.selected) for option in panel["topic"].options]
    assert topics == [("housing", "Wohnen", 0, True), ("language", "Sprache", 1, True)]
    assert [(option.value, option.count) for option in panel["money_level"].options] == [("loan", 1)]
    assert [(option.value, option.count) for option in panel["staffing"].options] == [
        ("mostly_volunteers", 0), ("mixed", 0), ("mostly_staff", 1),
    ]  # fmt: skip
    assert len(panel["county"].options) == 2
    assert filterset.more_selected
    assert not query("topic=language").more_selected
    assert query("near=Adorf").more_selected


def test_chips_take_one_thing_out(two_projects):
    filterset = query(
        "sort=adopted&topic=language&topic=housing&near=Adorf&km=50&q=Ja&page=2&unknown=1&municipality=03701"
    )
    chips = {str(chip.label): (str(chip.facet_label), parsed(chip.url)) for chip in filterset.chips}
    everything = {
        "q": ["Ja"], "topic": ["housing", "language"], "municipality": ["03701"], "near": ["037015401"], "km": ["50"],
        "sort": ["adopted"],
    }  # fmt: skip
    assert parsed("?" + filterset.query_with()) == everything
    assert chips == {
        "„Ja“": ("Suchwort", {name: values for name, values in everything.items() if name != "q"}),
        "Wohnen": ("Handlungsfeld", everything | {"topic": ["language"]}),
        "Sprache": ("Handlungsfeld", everything | {"topic": ["housing"]}),
        "Landkreis Aland": ("Kommune", {name: values for name, values in everything.items() if name != "municipality"}),
        "50 km um Stadt Adorf": (
            "Umkreis",
            {name: values for name, values in everything.items() if name not in ("near", "km")},
        ),
    }
    assert filterset.hidden_parameters == [("municipality", "03701"), ("sort", "adopted")]


def test_query_string_is_the_shortest_and_always_the_same():
    make_topic("language"), make_topic("housing")
    left, right = (
        query("status=pilot&topic=language&topic=housing&sort=newest&km=30"),
        query("topic=housing&topic=language&status=pilot"),
    )
    assert left.query_with() == right.query_with() == "topic=housing&topic=language&status=pilot"
    assert left.query_with(sort="adopted", status=None) == "topic=housing&topic=language&sort=adopted"
    assert left.query_without(topic="housing") == "topic=language&status=pilot"
    assert left.query_without(topic="housing", status=None) == "topic=language"
    assert query("view=map&topic=housing").query_without(topic=None) == "view=map"


def test_ways_on_from_nothing(two_projects):
    filterset = query("topic=housing&status=pilot&near=Adorf")
    assert filterset.total == 0
    ways = [(way.label, way.total, parsed(way.url)) for way in filterset.ways_on]
    near = {"near": ["037015401"], "km": ["30"]}
    assert ways == [("Ohne „Handlungsfeld“", 1, {"status": ["pilot"], **near})]
    wider = query("topic=housing&near=Adorf")
    publish(title="Bau", lead=make_municipality(name="Mitte", latitude=52.5, longitude=9.1), topics=["housing"])
    wider = query("topic=housing&near=Adorf")
    assert [(way.label, way.total) for way in wider.ways_on] == [
        ("Ohne „Umkreis“", 2),
        ("Ohne „Handlungsfeld“", 1),
        ("Im Umkreis von 50 km", 1),
        ("Im Umkreis von 100 km", 1),
    ]
    assert parsed(wider.ways_on[2].url) == {"topic": ["housing"], "near": ["037015401"], "km": ["50"]}


def test_search_says_what_it_did():
    publish(title="Genossenschaft baut Häuser")
    filterset = query("q=Genosenschaft")
    assert filterset.total == 1
    assert filterset.suggestion
    (project,) = filterset.page_of_projects
    assert isinstance(project.passage, str)
    assert query("q=Genossenschaft").suggestion == ""
    assert query("q=Genossenschaft").expansions
    assert query("").expansions == {}


def test_tiles_narrow_the_selection():
    county = make_county(key="03701", name="Aland", tile_column=1, tile_row=2, abbreviation="AL")
    publish(lead=make_municipality(county=county))
    (tile,) = query("topic=housing&view=map").tiles
    assert tile.count == 1
    assert parsed(tile.url) == {"topic": ["housing"], "county": ["03701"], "view": ["map"]}


def test_queryset_has_what_was_found(two_projects):
    assert [project.title for project in query("topic=language").qs] == ["Ja"]


@pytest.mark.parametrize("number", [1, 5])
def test_number_of_queries(number):
    for _number in range(number):
        publish(topics=["housing", "language"], title="Sprachtreff")
    assert query().total == number  # the copy of this process is fresh now

    def count(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            filterset = query(text)
            assert filterset.total == number
            assert len(filterset.page_of_projects) == number
            assert [filterset.facets, filterset.chips, filterset.sort_options, filterset.tiles] != []
        return len(queries)

    assert count("topic=housing&status=running&confirmed=never") == 2
    assert count("q=Sprachtreff") == 4
    assert count("q=Sprachtreff&topic=housing") == 2
