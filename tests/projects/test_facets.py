"""What a selection gives, how the index follows publication, and how a second process learns of it."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pyroaring import BitMap

from projects import facets
from projects.models import (
    Adoption,
    FacetValue,
    IndexVersion,
    Project,
    Status,
    TargetGroup,
    Topic,
)
from tests.factories import add_money, make_county, make_municipality, make_project, make_topic

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def publish(**fields) -> Project:
    project = make_project(status=Status.PUBLISHED, **fields)
    facets.index_project(project)
    return project


def leave(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(status=Status.ARCHIVED)
    facets.index_project(project)


def found(**selection: list[str]) -> list[int]:
    return facets.current(facets.version()).select(selection, None, TODAY).page("newest", (), 1, 100)


# --- selections -------------------------------------------------------------------------------------------------------


def test_values_of_a_facet_are_alternatives_and_facets_restrict_each_other():
    home = publish(topics=["housing"], stage="pilot").publication_number
    talk = publish(topics=["language"], stage="running").publication_number
    both = publish(topics=["housing", "language"], stage="running").publication_number
    assert found(topic=["housing"]) == [both, home]
    assert found(topic=["housing", "language"]) == [both, talk, home]
    assert found(topic=["housing"], status=["running"]) == [both]
    assert found(topic=[]) == [both, talk, home]
    assert found(topic=["women"]) == []
    counts = facets.current(facets.version()).select({"topic": ["housing"], "status": ["running"]}).counts
    assert counts["topic"] == {"housing": 1, "language": 2}  # its own choice does not shrink a facet
    assert counts["status"] == {"pilot": 1, "running": 1}
    assert counts["cost"] == {"unknown": 1}
    assert counts["cost"]["gte1m"] == 0


def test_hits_restrict_every_facet():
    home, talk = publish(topics=["housing"]), publish(topics=["language"])
    hits = BitMap([talk.publication_number, 4_000_000])
    result = facets.current(facets.version()).select({}, hits, TODAY)
    assert list(result.numbers) == [talk.publication_number]
    assert result.counts["topic"] == {"housing": 0, "language": 1}
    assert list(result.without("q")) == [home.publication_number, talk.publication_number]


@pytest.mark.parametrize(
    ("confirmed_on", "today", "recency"),
    [
        (None, TODAY, "never"),
        (date(2026, 11, 22), TODAY, "within12"),
        (date(2025, 11, 22), TODAY, "within12"),
        (date(2025, 11, 21), TODAY, "older"),
        (date(2027, 2, 28), date(2028, 2, 29), "within12"),
        (date(2027, 2, 27), date(2028, 2, 29), "older"),
    ],
)
def test_recency_is_exact_by_day(confirmed_on, today, recency):
    publish(confirmed_on=confirmed_on)
    counts = facets.current(facets.version()).select({}, None, today).counts["confirmed"]
    assert {value for value, count in counts.items() if count} == {recency}


def test_orders():
    first = publish(confirmed_on=date(2026, 1, 2))
    second = publish()
    third = publish(confirmed_on=date(2026, 1, 1))
    Adoption.objects.create(state="published", project=second, municipality=make_municipality())
    for _number in range(11):  # eleven are more than two, also as text
        Adoption.objects.create(state="published", project=third, municipality=make_municipality())
    for project in (second, third):
        facets.index_project(project)
    one, two, three = (project.publication_number for project in (first, second, third))
    result = facets.current(facets.version()).select({}, None, TODAY)
    assert result.page("newest", (), 1, 9) == [three, two, one]
    assert result.page("confirmed", (), 1, 9) == [one, three, two]
    assert result.page("adopted", (), 1, 9) == [three, two, one]
    assert result.page("relevance", (one, 4_000_000, two), 1, 9) == [one, two, three]
    assert result.page("confirmed", (), 1, 2) == [one, three]
    assert result.page("confirmed", (), 2, 2) == [two]
    assert result.page("confirmed", (), 3, 2) == []


def test_similar_projects_share_the_most_values():
    women = TargetGroup.objects.create(slug="women", label="Frauen", label_en="Women")
    me = publish(topics=["housing", "language"], target_groups=[women])
    twin = publish(topics=["housing", "language"], target_groups=[women])
    publish(topics=["sport"])
    cousin = publish(topics=["sport", "housing"], target_groups=[women])
    far = publish(topics=["language"])
    near = [project.publication_number for project in (twin, cousin, far)]
    index = facets.current(facets.version())
    assert index.similar(me.publication_number, 5) == near
    assert index.similar(me.publication_number, 2) == near[:2]
    assert index.similar(4_000_000, 5) == []


# --- publication, and a second process --------------------------------------------------------------------------------


def test_second_process_sees_publication_change_and_withdrawal():
    publish(topics=["housing"])
    theirs = facets.load()
    project = publish(topics=["language"])
    assert theirs.select({"topic": ["language"]}).total == 0  # its copy has not changed under its hands
    theirs = facets.load(theirs)
    assert theirs.version == facets.version()
    assert theirs.select({"topic": ["language"]}).total == 1
    project.topics.set([make_topic("housing")])
    facets.index_project(project)
    theirs = facets.load(theirs)
    assert theirs.select({"topic": ["language"]}).total == 0
    assert theirs.count("topic", "housing") == 2
    leave(project)
    theirs = facets.load(theirs)
    assert theirs.count("topic", "housing") == 1
    assert theirs.bitmaps == facets.load().bitmaps


def test_drafts_are_never_indexed():
    project = make_project(status=Status.SUBMITTED, publication_number=4)
    facets.index_project(project)
    facets.index_project(make_project())
    facets.index_all()
    assert found() == []


def test_only_rows_that_change_get_the_new_version():
    first = publish(topics=["housing"])
    before = facets.version()
    publish(topics=["housing"], lead=first.lead, stage="pilot")
    changed = {(row.facet, row.value) for row in FacetValue.objects.filter(version__gt=before)}
    assert ("topic", "housing") in changed
    assert ("status", "pilot") in changed
    assert ("status", "running") not in changed


def test_index_all_finds_what_nobody_told():
    project = publish()
    Project.objects.filter(pk=project.pk).update(stage="pilot")
    facets.index_all()
    assert found(status=["pilot"]) == [project.publication_number]
    assert found(status=["running"]) == []


def test_rolled_back_publication_is_forgotten():
    before = publish(topics=["housing"])
    with transaction.atomic():
        publish(topics=["language"])
        assert len(found()) == 2
        transaction.set_rollback(True)
    assert found() == [before.publication_number]
    with transaction.atomic():
        publish(topics=["language"])
        assert len(found()) == 2
        transaction.set_rollback(True)
    after = publish(topics=["sport"])
    assert found() == [after.publication_number, before.publication_number]
    assert found(topic=["language"]) == []


def test_emptied_database_is_noticed():
    publish()
    assert len(found()) == 1
    FacetValue.objects.all().delete()
    IndexVersion.objects.all().delete()
    assert facets.version() == 0
    assert found() == []


def test_new_labels_arrive_with_a_touch():
    publish()
    assert facets.current(facets.version()).labels.choices["topic"] == {"housing": "Wohnen"}
    Topic.objects.filter(slug="housing").update(label="Wohnen und Bauen")
    make_topic("sport", position=1)
    assert facets.current(facets.version()).labels.choices["topic"] == {"housing": "Wohnen"}
    facets.touch()
    topics = facets.current(facets.version()).labels.choices["topic"]
    assert list(topics.items()) == [("housing", "Wohnen und Bauen"), ("sport", "Sport")]


def test_threads_share_one_whole_copy():
    publish()
    wanted = facets.version()
    facets.current(wanted)
    copies = []
    threads = [threading.Thread(target=lambda: copies.append(facets.current(wanted))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(copies) == 8
    assert len(set(map(id, copies))) == 1


@pytest.mark.django_db(transaction=True)
def test_writers_wait_for_each_other():
    first, second = make_project(status=Status.PUBLISHED), make_project(status=Status.PUBLISHED)
    started, errors = threading.Event(), []

    def publish_second():
        try:
            started.set()
            facets.index_project(second)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=publish_second)
    with transaction.atomic():
        facets.lock()
        thread.start()
        started.wait()
        thread.join(timeout=0.3)
        assert thread.is_alive()
        facets.index_project(first)
    thread.join(timeout=10)
    assert errors == []
    assert found() == [second.publication_number, first.publication_number]


# --- queries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [0, 3])
def test_number_of_queries(others, monkeypatch):
    monkeypatch.setattr(facets, "_copy", None)  # a process that has read nothing yet
    for _number in range(others):
        publish(topics=["housing", "language"], further=[make_municipality()])
    project = make_project(status=Status.PUBLISHED, topics=["housing", "sport"], further=[make_municipality()])
    add_money(project, ("state", "permanent"), ("eu", "one_off"))
    with CaptureQueriesContext(connection) as queries:
        facets.index_project(project)
    assert len(queries) == 7
    with CaptureQueriesContext(connection) as queries:
        index = facets.current(facets.version())
    assert len(queries) == 9
    with CaptureQueriesContext(connection) as queries:
        assert facets.current(facets.version()) is index
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        facets.index_all()
    assert len(queries) == 7
    Project.objects.filter(pk=project.pk).update(status=Status.ARCHIVED)
    with CaptureQueriesContext(connection) as queries:
        facets.index_project(project)
    assert len(queries) == 8


def test_what_was_asked_before_is_kept_until_something_is_published():
    publish(topics=["housing"])
    index = facets.current(facets.version())
    hits = BitMap([1, 2, 3])
    first = index.select({"topic": ["housing"]}, hits, TODAY)
    assert index.select({"topic": ["housing"], "kind": []}, hits, TODAY) is first
    others = [
        index.select({"topic": ["language"]}, hits, TODAY),
        index.select({"topic": ["housing"]}, BitMap([1, 2, 3]), TODAY),
        index.select({"topic": ["housing"]}, None, TODAY),
        index.select({"topic": ["housing"]}, hits, TODAY + timedelta(1)),
    ]
    assert first not in others
    before = index.select({"topic": ["housing"]}, None, TODAY).total
    publish(topics=["housing"])
    assert facets.current(facets.version()).select({"topic": ["housing"]}, None, TODAY).total == before + 1


# --- labels -----------------------------------------------------------------------------------------------------------


def test_counties_are_called_by_name_where_that_is_enough(register):
    labels = facets.load().labels
    counties = labels.choices["county"]
    assert len(counties) == 45
    assert counties["03454"] == "Emsland"
    assert (counties["03403"], counties["03458"]) == ("Stadt Oldenburg (Oldb)", "Landkreis Oldenburg")
    assert counties["03357"] == "Rotenburg (Wümme)"
    names = list(counties.values())
    assert names.index("Goslar") + 2 == names.index("Göttingen") + 1 == names.index("Grafschaft Bentheim")
    assert len(labels.tiles) == 45


def test_bodies_are_found_by_key_and_by_name(register):
    labels = facets.load().labels
    assert [body.display_name for body in labels.bodies_called("03351")] == ["Landkreis Celle"]
    assert [body.display_name for body in labels.bodies_called("celle")] == ["Stadt Celle"]
    assert [body.display_name for body in labels.bodies_called("landkreis  celle")] == ["Landkreis Celle"]
    assert len(labels.bodies_called("Gemeinde Halle")) == 2
    assert labels.bodies_called("Atlantis") == []
    halle = labels.bodies_called("Gemeinde Halle")[0]
    assert labels.typed(halle) == halle.key
    assert labels.county_of(halle).display_name in ("Landkreis Holzminden", "Landkreis Grafschaft Bentheim")


def test_distance_is_great_circle(register):
    labels = facets.load().labels
    hanover, celle, emden = (labels.bodies_called(name)[0].key for name in ("Hannover", "Celle", "Emden"))
    assert celle not in labels.within(hanover, 30)
    assert celle in labels.within(hanover, 50)  # 36 km
    assert emden not in labels.within(hanover, 100)  # 190 km
    assert hanover in labels.within(hanover, 0.001)


def test_body_without_a_point_is_near_itself():
    body = make_municipality(latitude=None, longitude=None)
    make_municipality()
    assert facets.load().labels.within(body.key, 100) == {body.key}


def test_tiles_and_options_count_with_the_selection():
    county = make_county(key="03701", name="Aland", tile_column=1, tile_row=2, abbreviation="AL")
    publish(lead=make_municipality(county=county), topics=["housing"])
    publish(lead=make_municipality(county=county), topics=["language"])
    index = facets.current(facets.version())
    result = index.select({"topic": ["housing"]})
    (tile,) = index.tiles(result)
    assert (tile.name, tile.abbreviation, tile.column, tile.row, tile.count) == ("Landkreis Aland", "AL", 1, 2, 1)
    assert tile.url == county.get_absolute_url()
    options = {option.value: (option.label, option.count, option.selected) for option in index.options("topic", result)}
    assert options == {"housing": ("Wohnen", 1, False), "language": ("Sprache", 1, False)}
    assert index.options("county", result)[0].label == "Aland"
    assert index.count("municipality", "03701") == 2
    assert index.count("municipality", "nothing") == 0
