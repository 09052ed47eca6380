"""Weights from an address, and the words for what two bodies have in common."""

import pytest
from django.http import QueryDict

from municipalities.models import Kind
from municipalities.profiles import CODES, FEATURES, Origin, Profile
from municipalities.similarity_weights import GROUPS, VIEWS, Weights
from municipalities.similarity_words import CLEARLY, grade, phrase, reasons_in_words

# Weights


def test_there_are_five_ready_views_with_labels():
    assert {code: str(view.label) for code, view in VIEWS.items()} == {
        "overall": "insgesamt",
        "size_location": "Größe und Lage",
        "economy": "Wirtschaft",
        "population": "Bevölkerung",
        "nearby": "in der Nähe",
    }


def test_shares_of_each_group_add_up():
    assert {feature.group for feature in FEATURES} == {*GROUPS}
    for group in GROUPS:
        assert sum(feature.share for feature in FEATURES if feature.group == group) == pytest.approx(1)


def test_weight_of_a_feature_is_group_times_share_times_factor():
    weights = Weights.of("overall", economy=2, unemployment=0.5)
    by_code = dict(zip(CODES, weights.by_feature, strict=True))
    assert by_code["unemployment"] == pytest.approx(2 * 0.4 * 0.5)
    assert by_code["income_tax"] == pytest.approx(2 * 0.35)
    assert by_code["inhabitants"] == pytest.approx(3 * 0.7)
    assert by_code["distance"] == 0


@pytest.mark.parametrize(
    ("query", "weights"),
    [
        ("", Weights()),
        ("like_view=economy", Weights.of("economy")),
        ("w_population=2", Weights.of("overall", population=2)),
        ("w_population=1", Weights()),
        ("like_view=nearby&w_size=0&w_density=1,5", Weights.of("nearby", size=0, density=1.5)),
        ("w_size=2.349&topic=housing", Weights.of("overall", size=2.35)),
        ("w_size=", Weights()),
    ],
)
def test_weights_are_read_from_the_address(query, weights):
    assert Weights.from_query(QueryDict(query)) == (weights, [])
    assert Weights.from_query(weights.as_query()) == (weights, [])


def test_shortest_address_of_weights():
    assert Weights().as_query() == {}
    weights = Weights.of("nearby", size=1.25, population=0.5)
    assert weights.as_query() == {"like_view": "nearby", "w_size": "1.25"}


@pytest.mark.parametrize("text", ["4", "3,01", "-1", "nan", "inf", "1e1", "zwei", "٣", "1" * 100_000, "\0", "1.2345"])
def test_bad_weight_is_reported_and_the_rest_still_applies(text):
    weights, problems = Weights.from_query({"w_economy": text, "w_size": "1"})
    assert weights == Weights.of("overall", size=1)
    assert problems == ["Gewicht „Wirtschaft“: Bitte geben Sie eine Zahl von 0 bis 3 an."]


def test_unknown_names_in_the_address_are_reported():
    weights, problems = Weights.from_query({"like_view": "x" * 100_000, "w_moon": "1"})
    assert weights == Weights()
    assert [problem.split(";")[0] for problem in problems] == [
        "Diese Sicht auf vergleichbare Kommunen gibt es nicht",
        "Ein unbekanntes Gewicht in der Adresse wurde nicht beachtet.",
    ]


def test_weights_that_are_all_zero_fall_back_to_the_view():
    weights, problems = Weights.from_query({"like_view": "size_location", "w_size": "0", "w_location": "0"})
    assert weights == Weights.of("size_location")
    assert problems == ["Alle Gewichte sind 0; gezeigt werden die üblichen."]


@pytest.mark.parametrize("changed", [{"moon": 1}, {"size": 3.5}, {"size": -1}])
def test_wrong_weights_in_code_are_an_error(changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        Weights.of("overall", **changed)


# Words


def make_profile(key: str = "1", parent: str = "", county: str = "", origins=None, **values) -> Profile:
    return Profile(key, Kind.JOINT_MUNICIPALITY, f"Samtgemeinde {key}", parent, county, values, origins or {})


def say(code: str, own, other, step: float = 0.0, **origins) -> str:
    one, two = (
        make_profile(key, origins={code: origins[name]} if name in origins else {}, **{code: value})
        for key, name, value in (("1", "own", own), ("2", "other", other))
    )
    return phrase(one, two, code, grade(one, two, code, step))


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (17_400, 16_900, "ähnlich groß: 16.900 statt 17.400 Einwohner"),
        (17_400, 17_312, "fast gleich groß: 17.300 statt 17.400 Einwohner"),
        (17_400, 17_400, "gleich groß: 17.400 Einwohner"),
        (17_400, 17_398, "fast gleich groß: 17.400 Einwohner"),
        (10_000, 13_000, "etwas größer: 13.000 statt 10.000 Einwohner"),
        (10_000, 7_000, "etwas kleiner: 7.000 statt 10.000 Einwohner"),
        (298, 522_131, "deutlich größer: 522.000 statt 298 Einwohner"),
        (1_234_567, 999, "deutlich kleiner: 999 statt 1.230.000 Einwohner"),
    ],
)
def test_size_in_graded_words(own, other, words):
    assert say("inhabitants", own, other) == words


@pytest.mark.parametrize(
    ("code", "own", "other", "step", "words"),
    [
        ("density", 58.2, 60.9, 0.02, "ähnlich dicht besiedelt: 61 statt 58 Einwohner je km²"),
        ("density", 58.2, 160.9, 0.5, "deutlich dichter besiedelt: 161 statt 58 Einwohner je km²"),
        ("unemployment", 3.6, 4.1, 0.14, "etwas höhere Arbeitslosigkeit: 4,1 statt 3,6 %"),
        ("unemployment", 7.6, 4.1, 0.9, "deutlich niedrigere Arbeitslosigkeit: 4,1 statt 7,6 %"),
        ("foreign_share", 5.81, 5.84, 0.0, "fast gleicher Anteil ausländischer Staatsangehöriger: 5,8 %"),
        ("settlement", 9.5, 13.4, 0.4, "deutlich mehr Siedlungs- und Verkehrsfläche: 13,4 statt 9,5 %"),
        ("income_tax", 363.25, 365.4, 0.01, "fast gleiche Einkommensteuer je Kopf: 365 statt 363 €"),
        ("deprivation", 0.4, 0.42, 0.08, "ähnliche soziale Lage: Index GISD 0,42 statt 0,40"),
        ("regional_type", 77, 77, 0, "ebenfalls ländlich"),
        ("regional_type", 77, 73, 0.6, "städtisch in einer Stadtregion (hier: ländlich)"),
        ("kind", Kind.INTEGRATED_MUNICIPALITY, Kind.INDEPENDENT_CITY, 0.4, "kreisfreie Stadt (hier: Einheitsgemeinde)"),
        ("kind", Kind.JOINT_MUNICIPALITY, Kind.JOINT_MUNICIPALITY, 0, "ebenfalls Samtgemeinde"),
        ("distance", (52.0, 9.0), (52.2, 9.0), 0.22, "22 km entfernt"),
        ("distance", (52.0, 9.0), (52.0, 9.0), 0, "weniger als 1 km entfernt"),
    ],
)
def test_phrases(code, own, other, step, words):
    assert say(code, own, other, step) == words


@pytest.mark.parametrize(
    ("origins", "words"),
    [
        ({}, "ähnliche Arbeitslosigkeit: 4,1 statt 4,0 %"),
        ({"own": Origin.COUNTY, "other": Origin.COUNTY}, "ähnliche Arbeitslosigkeit (Landkreis): 4,1 statt 4,0 %"),
        ({"own": Origin.COUNTY}, "ähnliche Arbeitslosigkeit (hier Landkreis): 4,1 statt 4,0 %"),
        ({"other": Origin.JOINT}, "ähnliche Arbeitslosigkeit (dort Samtgemeinde): 4,1 statt 4,0 %"),
        (
            {"own": Origin.COUNTY, "other": Origin.REGION},
            "ähnliche Arbeitslosigkeit (hier Landkreis, dort Region): 4,1 statt 4,0 %",
        ),
    ],
)
def test_foreign_values_are_marked(origins, words):
    own = make_profile("1", county="03001", origins={"unemployment": origins.get("own")}, unemployment=4.0)
    other = make_profile("2", county="03002", origins={"unemployment": origins.get("other")}, unemployment=4.1)
    assert phrase(own, other, "unemployment", grade(own, other, "unemployment", 0.03)) == words


def test_values_of_the_same_county_or_samtgemeinde_say_so():
    origins = {"unemployment": Origin.COUNTY, "income_tax": Origin.JOINT}
    own, other = (
        make_profile(key, parent="034545407", county="03454", origins=origins, unemployment=3.5, income_tax=363)
        for key in "12"
    )
    assert phrase(own, other, "unemployment", 0) == "gleiche Arbeitslosigkeit (derselbe Landkreis): 3,5 %"
    assert phrase(own, other, "income_tax", 0) == "gleiche Einkommensteuer je Kopf (dieselbe Samtgemeinde): 363 €"


def test_most_telling_reason_comes_first_and_differences_last():
    own = make_profile("1", inhabitants=17_400, regional_type=77, unemployment=3.6, foreign_share=4.0, kind="county")
    other = make_profile("2", inhabitants=16_900, regional_type=77, unemployment=4.1, foreign_share=9.0, kind="county")
    steps = {"inhabitants": 0.01, "regional_type": 0, "unemployment": 0.14, "foreign_share": 0.8, "kind": 0}
    usual = {"inhabitants": 0.4, "regional_type": 0.3, "unemployment": 0.4, "foreign_share": 0.4, "kind": 0.4}
    assert reasons_in_words(own, other, steps, usual, Weights()) == [
        "ähnlich groß: 16.900 statt 17.400 Einwohner",  # 2.1 × (0.4 - 0.01)
        "ebenfalls Landkreis",  # 0.9 × 0.4
        "ebenfalls ländlich",  # 0.6 × 0.3
        "etwas höhere Arbeitslosigkeit: 4,1 statt 3,6 %",  # 0.4 × 0.26
        "deutlich höherer Anteil ausländischer Staatsangehöriger: 9,0 statt 4,0 %",
    ]


def test_what_is_alike_everywhere_is_no_reason():
    own, other = (make_profile(key, inhabitants=17_400, kind="county") for key in "12")
    reasons = reasons_in_words(own, other, {"inhabitants": 0, "kind": 0}, {"inhabitants": 0.4, "kind": 0}, Weights())
    assert reasons == ["gleich groß: 17.400 Einwohner"]


def test_features_that_say_the_same_are_told_once():
    values = {"density": 58, "urbanisation": 3, "settlement": 9.0, "income_tax": 363, "deprivation": 0.4}
    own, other = (make_profile(key, **values) for key in "12")
    usual = {"density": 0.3, "urbanisation": 0.1, "settlement": 0.2, "income_tax": 0.2, "deprivation": 0.4}
    assert reasons_in_words(own, other, dict.fromkeys(values, 0.0), usual, Weights()) == [
        "gleich dicht besiedelt: 58 Einwohner je km²",
        "gleiche soziale Lage: Index GISD 0,40",
    ]


def test_features_without_weight_are_not_told():
    own = make_profile("1", inhabitants=1000, unemployment=9.0)
    other = make_profile("2", inhabitants=90_000, unemployment=3.0)
    steps = {"inhabitants": 1.0, "unemployment": 1.0}
    assert reasons_in_words(own, other, steps, steps, Weights.of("size_location")) == [
        "deutlich größer: 90.000 statt 1.000 Einwohner"
    ]
    assert grade(own, other, "unemployment", 1.0) == CLEARLY
