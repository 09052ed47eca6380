"""Similarity on small registers; the shipped one is in test_similarity_named_bodies.py."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from math import isclose
from time import sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from municipalities import similarity
from municipalities.models import Kind
from municipalities.profiles import COUNTY_TASKS, Origin, build_profiles, kilometres
from municipalities.similarity import Space, distance_step, kind_step, regional_type_step, space, urbanisation_step
from municipalities.similarity_weights import VIEWS, Weights

ONLY_SIZE = Weights.of("overall", location=0, economy=0, population=0, kind=0)


def row(key: str, **overrides) -> dict:
    """One body as `load_profiles` reads it; its key is its primary key."""
    return {
        "pk": key,
        "key": key,
        "kind": Kind.INTEGRATED_MUNICIPALITY,
        "display_name": f"Gemeinde {key}",
        "population": 10_000,
        "population_date": date(2024, 12, 31),
        "keys_date": date(2026, 6, 30),
        "area_km2": 100,
        "latitude": 52.5,
        "longitude": 9.5,
        "degree_of_urbanisation": 3,
        "regional_type": 77,
        "legal_status": "",
        "parent_id": None,
        "county_id": None,
        **overrides,
    }


def make_space(*rows: dict, figures=()) -> Space:
    return Space(build_profiles(rows, figures))


def distances(bodies: Space, key: str, weights: Weights = ONLY_SIZE) -> dict[str, float]:
    return {match.key: match.distance for match in bodies.ranking(key, weights)}


# Eleven municipalities, each twice as large as the one before: from the tenth to the ninetieth percentile it is eight
# doublings.
DOUBLING = [row(f"{number:02d}", population=1000 * 2**number) for number in range(11)]


def test_ranking_measures_population_in_percentile_ranges_of_its_logarithm():
    found = distances(make_space(*DOUBLING), "00")
    assert list(found) == ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"]
    assert [*found.values()] == pytest.approx([1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1, 1])


def test_ranking_is_limited_and_leaves_out_the_body_itself():
    matches = make_space(*DOUBLING).ranking("05", ONLY_SIZE, limit=3)
    assert [match.key for match in matches] == ["04", "06", "03"]
    assert [match.similarity for match in matches] == [88, 88, 75]


def test_distance_is_the_weighted_mean_of_the_steps():
    bodies = make_space(*DOUBLING, row("90", kind=Kind.JOINT_MUNICIPALITY, population=1000))
    # Size group: 0.7 inhabitants (equal) and 0.3 kind (0.4 between Einheitsgemeinde and Samtgemeinde).
    weights = Weights.of("overall", location=0, economy=0, population=0)
    assert bodies.compare("00", "90", weights).distance == pytest.approx(0.3 * 0.4)
    # Twice the factor on the kind: 0.7 and 0.6.
    weights = Weights.of("overall", location=0, economy=0, population=0, kind=2)
    assert bodies.compare("00", "90", weights).distance == pytest.approx(0.6 * 0.4 / 1.3)


def test_equal_distances_are_ordered_by_key():
    bodies = make_space(row("3"), row("1"), row("2"), row("4", population=20_000))
    assert [match.key for match in bodies.ranking("4", ONLY_SIZE)] == ["1", "2", "3"]


def test_a_body_is_alike_to_itself_in_every_view():
    indicators = ("settlement_share", "foreign_share_census", "income_tax_share", "deprivation", "unemployment_rate")
    bodies = make_space(*DOUBLING, figures=[("03", indicator, 2022, 5) for indicator in indicators])
    for view in VIEWS:
        assert bodies.compare("03", "03", Weights.of(view)).similarity == 100


def test_unknown_body_is_a_key_error():
    with pytest.raises(KeyError):
        make_space(*DOUBLING).ranking("99", ONLY_SIZE)


@pytest.mark.parametrize(
    ("one", "other", "step"),
    [(77, 77, 0), (77, 76, 0.2), (77, 75, 0.4), (77, 74, 0.4), (74, 73, 0.2), (72, 75, 0.4), (71, 77, 1)],
)
def test_regional_types_differ_by_region_and_rank(one, other, step):
    assert regional_type_step(one, other) == pytest.approx(step)
    assert regional_type_step(other, one) == pytest.approx(step)


def test_urbanisation_has_three_steps():
    assert [urbanisation_step(1, other) for other in (1, 2, 3)] == [0, 0.5, 1]


def test_kinds_differ_by_their_tasks():
    assert kind_step(Kind.JOINT_MUNICIPALITY, Kind.JOINT_MUNICIPALITY) == 0
    assert kind_step(COUNTY_TASKS, Kind.INDEPENDENT_CITY) == kind_step(Kind.INDEPENDENT_CITY, COUNTY_TASKS) == 0.2
    assert kind_step(Kind.MEMBER_MUNICIPALITY, Kind.INDEPENDENT_CITY) == 1


def test_distance_in_kilometres_counts_in_full_from_a_hundred_on():
    assert kilometres((52.0, 9.0), (53.0, 9.0)) == pytest.approx(111.19, abs=0.01)
    assert distance_step((52.0, 9.0), (52.1, 9.0)) == pytest.approx(0.1112, abs=0.0001)
    assert distance_step((52.0, 9.0), (53.0, 9.0)) == 1


def test_only_the_nearby_view_knows_where_a_body_lies():
    near, far = row("2", latitude=52.6, population=20_000), row("3", latitude=53.5)
    bodies = make_space(row("1"), near, far)
    assert [match.key for match in bodies.ranking("1", Weights())] == ["3", "2"]
    assert [match.key for match in bodies.ranking("1", Weights.of("nearby"))] == ["2", "3"]


# What is missing


def test_missing_feature_is_left_out_and_named():
    bodies = make_space({**DOUBLING[0], "degree_of_urbanisation": None}, *DOUBLING[1:])
    weights = Weights.of("size_location", kind=0, density=0, regional_type=0, settlement=0, urbanisation=3)
    match = bodies.compare("01", "00", weights)
    # Only the inhabitants remain: one doubling of eight, whatever their weight is.
    assert match.distance == pytest.approx(1 / 8)
    assert match.missing == ["Verstädterungsgrad"]
    assert bodies.compare("01", "02", weights).missing == []


def test_pair_with_too_little_in_common_is_not_comparable():
    bodies = make_space(*DOUBLING, row("90", population=None))
    # 0.7 of the size group is unknown: 30 % of the weight in common is too little, 59 % still, 60 % is enough.
    assert bodies.compare("01", "90", Weights.of("overall", location=0, economy=0, population=0)) is None
    assert "90" not in distances(bodies, "01", Weights.of("overall", location=0, economy=0, population=0))
    known = {"economy": 0, "population": 0, "size": 1, "density": 0, "urbanisation": 0, "settlement": 0}
    assert bodies.compare("01", "90", Weights.of("overall", **known, location=1.8)) is None  # 0.3 + 0.72 of 1.72
    assert bodies.compare("01", "90", Weights.of("overall", **known, location=2)) is not None  # 0.3 + 0.8 of 1.8


def test_body_without_any_value_in_common_has_an_empty_ranking():
    bodies = make_space(row("1", population=None), row("2"))
    assert bodies.ranking("1", ONLY_SIZE) == []


def test_uninhabited_body_has_no_size_and_breaks_nothing():
    bodies = make_space(row("1", population=0), row("2"), row("3", area_km2=None))
    assert bodies.ranking("1", ONLY_SIZE) == []
    assert {match.key for match in bodies.ranking("2", Weights.of("size_location"))} == {"3"}


# Who is compared with whom

CITY = row("03102", kind=Kind.INDEPENDENT_CITY)
COUNTY = row("03454", kind=Kind.COUNTY)
JOINT = row("034545407", kind=Kind.JOINT_MUNICIPALITY, parent_id="03454", county_id="03454")
MEMBER = row("034545407047", kind=Kind.MEMBER_MUNICIPALITY, parent_id="034545407", county_id="03454")
WILDS = row("034549501501", kind=Kind.UNINCORPORATED_AREA, parent_id="03454", county_id="03454")
TOWN = row("034540018018", parent_id="03454", county_id="03454")
FAMILY = (CITY, COUNTY, JOINT, MEMBER, WILDS, TOWN, row("03456", kind=Kind.COUNTY))


def test_counties_and_municipalities_are_not_compared_but_independent_cities_with_both():
    bodies = make_space(*FAMILY)
    assert {*distances(bodies, "03454")} == {"03102", "03456"}
    assert {*distances(bodies, "034540018018")} == {"03102", "034545407", "034545407047"}
    assert {*distances(bodies, "03102")} == {"03454", "03456", "034545407", "034545407047", "034540018018"}
    assert bodies.compare("03454", "034540018018", ONLY_SIZE) is None


def test_area_without_municipality_is_not_in_the_space():
    assert "034549501501" not in make_space(*FAMILY)


def test_parts_of_each_other_are_marked_and_can_be_left_out():
    bodies = make_space(*FAMILY)
    related = [match.key for match in bodies.ranking("034545407", ONLY_SIZE) if match.is_related]
    assert related == ["034545407047"]
    without = bodies.ranking("034545407047", ONLY_SIZE, related=False)
    assert {match.key for match in without} == {"03102", "034540018018"}


def test_deprivation_is_compared_only_on_one_scale():
    figures = [(key, "deprivation", 2021, 0.5) for key in ("03102", "03454", "034545407", "034540018018")]
    bodies = make_space(*FAMILY, figures=figures)

    def is_missing(one: str, other: str) -> bool:
        weights = Weights.of("economy", size=3, economy=1, income_tax=0, unemployment=0)
        return "Benachteiligungsindex GISD" in bodies.compare(one, other, weights).missing

    assert is_missing("03102", "034540018018")
    assert not is_missing("03102", "03454")
    assert not is_missing("034545407", "034540018018")


def test_town_with_tasks_of_a_county_stands_between_town_and_city():
    bodies = make_space(row("1"), row("2", legal_status="große selbständige Stadt"))
    assert bodies.profiles["2"].values["kind"] == COUNTY_TASKS
    assert bodies.compare("1", "2", Weights.of("size_location", location=0)).distance == pytest.approx(0.3 * 0.2)


# Derived and inherited values


def family_of_two(**second) -> list[dict]:
    other = {"key": "034545407048", "pk": "034545407048", "population": 3000, "area_km2": 300}
    return [
        COUNTY,
        {**JOINT, "degree_of_urbanisation": None, "regional_type": None},
        {**MEMBER, "population": 1000, "area_km2": 100, "degree_of_urbanisation": 2, "regional_type": 76},
        {**MEMBER, **other, **second},
    ]


def test_samtgemeinde_takes_weighted_means_and_majorities_of_its_members():
    figures = [
        ("034545407047", "settlement_share", 2023, 20),
        ("034545407048", "settlement_share", 2023, 8),
        ("034545407047", "foreign_share_census", 2022, 10),
        ("034545407048", "foreign_share_census", 2022, 2),
        ("034545407047", "population_census", 2022, 900),
        ("034545407048", "population_census", 2022, 2700),
    ]
    joint = make_space(*family_of_two(), figures=figures).profiles["034545407"]
    assert joint.values["settlement"] == pytest.approx((20 * 100 + 8 * 300) / 400)
    assert joint.values["foreign_share"] == pytest.approx((10 * 900 + 2 * 2700) / 3600)
    assert (joint.values["urbanisation"], joint.values["regional_type"]) == (3, 77)
    assert {*joint.origins.values()} == {Origin.MEMBERS}
    assert {*joint.origins} == {"settlement", "foreign_share", "urbanisation", "regional_type"}


def test_of_equally_large_classes_the_more_rural_one_counts():
    joint = make_space(*family_of_two(population=1000)).profiles["034545407"]
    assert joint.values["urbanisation"] == 3


def test_value_is_not_derived_from_a_part_of_the_members():
    bodies = make_space(*family_of_two(), figures=[("034545407048", "settlement_share", 2023, 8)])
    assert "settlement" not in bodies.profiles["034545407"].values


def test_county_takes_the_income_tax_of_samtgemeinden_and_municipalities():
    bodies = [COUNTY, {**JOINT, "population": 1000}, {**MEMBER, "population": 1000}, {**TOWN, "population": 3000}]
    figures = [("034545407", "income_tax_share", 2022, 300), ("034540018018", "income_tax_share", 2022, 500)]
    county = make_space(*bodies, figures=figures).profiles["03454"]
    assert county.values["income_tax"] == pytest.approx((300 * 1000 + 500 * 3000) / 4000)
    assert county.origins["income_tax"] == Origin.MEMBERS


def test_member_inherits_from_its_samtgemeinde_and_county_unless_it_has_its_own():
    figures = [
        ("034545407", "income_tax_share", 2022, 300),
        ("034545407", "deprivation", 2021, 0.4),
        ("03454", "unemployment_rate", 2025, 3.5),
        ("034540018018", "unemployment_rate", 2025, 9.9),
    ]
    bodies = make_space(*FAMILY, figures=figures)
    member, town = bodies.profiles["034545407047"], bodies.profiles["034540018018"]
    assert [member.values[code] for code in ("income_tax", "deprivation", "unemployment")] == [300, 0.4, 3.5]
    assert member.origins == {
        "income_tax": Origin.JOINT,
        "deprivation": Origin.JOINT,
        "unemployment": Origin.COUNTY,
    }
    assert (town.values["unemployment"], town.origins) == (9.9, {})


def test_all_bodies_are_compared_over_the_same_year():
    figures = [(key, "income_tax_share", 2022, 400) for key in ("00", "01", "02")]
    newer = [("00", "income_tax_share", 2023, 450)]
    table = build_profiles(DOUBLING, figures + newer)
    assert table.years == {"income_tax": 2022}
    newer += [(key, "income_tax_share", 2023, 450) for key in ("01", "02")]
    table = build_profiles(DOUBLING, figures + newer)
    assert table.years == {"income_tax": 2023}
    assert table.profiles[0].values["income_tax"] == 450


# The fast path against the plain one

body = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind for kind in Kind if kind != Kind.UNINCORPORATED_AREA]),
        "population": st.none() | st.integers(0, 500_000),
        "area_km2": st.none() | st.integers(0, 500),
        "latitude": st.none() | st.floats(51.3, 53.9),
        "degree_of_urbanisation": st.none() | st.integers(1, 3),
        "regional_type": st.none() | st.integers(71, 77),
    }
)
figure = st.tuples(st.integers(0, 7), st.sampled_from(["deprivation", "settlement_share"]), st.floats(0, 1))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(body, min_size=2, max_size=8), st.lists(figure, max_size=12), st.sampled_from([*VIEWS]))
def test_ranking_agrees_with_the_plain_comparison_and_is_symmetric(bodies, figures, view):
    rows = [row(f"{number}", **fields) for number, fields in enumerate(bodies)]
    known = make_space(*rows, figures=[(f"{number}", code, 2022, value) for number, code, value in figures])
    weights = Weights.of(view)
    for key in known.profiles:
        plain = {other: match for other in known.profiles if (match := known.compare(key, other, weights))}
        ranked = distances(known, key, weights)
        assert {**ranked, key: 0} == pytest.approx({other: match.distance for other, match in plain.items()} | {key: 0})
        for other, match in plain.items():
            back = known.compare(other, key, weights)
            assert 0 <= match.distance <= 1
            assert isclose(match.distance, back.distance, abs_tol=1e-9)
            assert match.missing == back.missing
            assert len(match.reasons) <= 6


def test_ranking_is_kept_for_the_same_weights():
    bodies = make_space(*DOUBLING)
    assert bodies.ranking("05", Weights())[0].distance == bodies.ranking("05", Weights.of("overall"))[0].distance
    assert bodies._kept_ranking.cache_info().hits == 1


def test_space_is_read_in_two_queries_and_kept_under_its_version(register, django_assert_num_queries):
    similarity._space.cache_clear()
    with django_assert_num_queries(2):
        first = space("first")
    with django_assert_num_queries(0):
        assert space("first") is first
    with django_assert_num_queries(2):
        assert space("second") is not first
    similarity._space.cache_clear()


def test_threads_that_want_the_same_space_wait_for_one_that_reads_it(monkeypatch):
    times_read = []

    def read():
        times_read.append(1)
        sleep(0.05)
        return build_profiles([], [])

    monkeypatch.setattr(similarity, "load_profiles", read)
    similarity._space.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        spaces = list(threads.map(space, ["same"] * 4))
    assert times_read == [1]
    assert len({id(each) for each in spaces}) == 1
    similarity._space.cache_clear()
