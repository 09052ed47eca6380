"""Which projects fit a Gesuch: a hand-computed example, and plain Python over random data."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.models import Kind, Municipality, User
from municipalities.similarity_weights import Weights
from projects import enquiry_matches, facets, likeness
from projects.enquiry_matches import fit_of
from projects.models import Enquiry, Project, Status, TargetGroup
from tests.factories import make_county, make_municipality, make_project, make_topic

pytestmark = pytest.mark.django_db

TOPICS = ("housing", "language", "school")
GROUPS = ("families", "seniors")


@pytest.fixture(autouse=True)
def _rows_are_made_in_loops():
    with zeal_ignore():
        yield


@pytest.fixture
def groups(db) -> dict[str, TargetGroup]:
    return {slug: TargetGroup.objects.get_or_create(slug=slug, defaults={"label": slug})[0] for slug in GROUPS}


@pytest.fixture
def bodies(db) -> list[Municipality]:
    """The one that asks, one like it, one unlike it, and a county, which cannot be compared."""
    county = make_county()
    like = {"population": 17_000, "degree_of_urbanisation": 2, "regional_type": 73, "county": county}
    return [
        make_municipality(**like),
        make_municipality(**like),
        make_municipality(**{**like, "population": 400, "regional_type": 77, "degree_of_urbanisation": 3},
                          kind=Kind.MEMBER_MUNICIPALITY),
        county,
    ]  # fmt: skip


def enquiry_of(body: Municipality, topics=(), groups=()) -> Enquiry:
    person, _is_new = User.objects.get_or_create(email="suchende@example.org")
    enquiry = Enquiry.objects.create(municipality=body, title="Wer?", text="Wir suchen.", created_by=person)
    enquiry.topics.set([make_topic(slug) for slug in topics])
    enquiry.target_groups.set(groups)
    return enquiry


def published(lead: Municipality, topics, target_groups=()) -> Project:
    return make_project(lead=lead, topics=topics, target_groups=target_groups, status=Status.PUBLISHED)


def likeness_of(one: Municipality, other: Municipality) -> int | None:
    labels = facets.current(facets.version()).labels
    match = likeness.find(labels.bodies[one.key], Weights.of("overall"), labels).match_of(other.key)
    return match.similarity if match else None


def test_formula():
    half, whole = Fraction(1, 2), Fraction(1)
    assert fit_of(whole, whole, whole) == 1
    assert fit_of(whole, None, Fraction(0)) == half
    assert fit_of(half, Fraction(0), whole) == Fraction(3, 5)


def test_topics_groups_and_likeness_decide_together(bodies, groups):
    own, alike, unlike, county = bodies
    both = published(unlike, ["housing", "language"], [groups["families"]])
    one = published(alike, ["housing"])
    far = published(county, ["housing"])
    published(own, ["housing", "language"], [groups["families"]])
    published(alike, ["school"], [groups["families"]])
    facets.index_all()
    fits = enquiry_matches.best(enquiry_of(own, ["housing", "language"], [groups["families"]]))
    assert {fit.project for fit in fits} == {both, one, far}
    assert likeness_of(own, alike) == 100
    unlikeness = likeness_of(own, unlike)
    by_project = {fit.project: fit for fit in fits}
    assert by_project[both].percent == round(100 * (2 + 1 + 2 * unlikeness / 100) / 5)
    assert by_project[one].percent == round(100 * (2 * 0.5 + 0 + 2) / 5) == 60
    assert by_project[far].percent == 20
    assert by_project[far].match is None
    assert fits[-1].project == far
    assert by_project[one].topics == 1
    assert by_project[both].groups == 1


def test_equals_come_newest_first_and_only_so_many(bodies):
    own, alike, *_rest = bodies
    projects = [published(alike, ["housing"]) for _number in range(9)]
    facets.index_all()
    fits = enquiry_matches.best(enquiry_of(own, ["housing"]))
    assert [fit.project for fit in fits] == projects[::-1][: enquiry_matches.MOST]


PROJECTS = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.sampled_from(TOPICS), min_size=1), st.sets(st.sampled_from(GROUPS))),
    max_size=12,
)


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=PROJECTS,
    topics=st.sets(st.sampled_from(TOPICS), min_size=1),
    wanted=st.sets(st.sampled_from(GROUPS)),
    asker=st.integers(0, 3),
)
def test_best_are_those_that_plain_python_finds(bodies, groups, rows, topics, wanted, asker):
    Project.objects.all().delete()
    Enquiry.objects.all().delete()
    known = [
        (published(bodies[lead], sorted(own), [groups[slug] for slug in own_groups]), lead, own, own_groups)
        for lead, own, own_groups in rows
    ]
    facets.index_all()
    enquiry = enquiry_of(bodies[asker], sorted(topics), [groups[slug] for slug in wanted])
    expected = []
    for project, lead, own, own_groups in known:
        if lead != asker and own & topics:
            alike = Fraction(likeness_of(bodies[asker], bodies[lead]) or 0, 100)
            shared = Fraction(len(own_groups & wanted), len(wanted)) if wanted else None
            fit = fit_of(Fraction(len(own & topics), len(topics)), shared, alike)
            expected.append((-fit, -project.publication_number, project.pk))
    expected = [pk for _fit, _number, pk in sorted(expected)][: enquiry_matches.MOST]
    assert [fit.project.pk for fit in enquiry_matches.best(enquiry)] == expected
