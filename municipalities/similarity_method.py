"""What readers are told about „Kommunen wie meine“: weights, years, gaps and a check with named bodies."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .indicators import BY_CODE
from .profiles import FEATURES, Feature, Origin
from .similarity import FAR_KM, MINIMUM_COMMON, Space
from .similarity_weights import GROUPS, VIEWS, Weights

EXAMPLE_LENGTH = 5

# Bodies that people in Lower Saxony can judge, with what a sensible comparison has to find; tests hold it against the
# shipped register.
CHECKED = {
    "034545407": _("andere Samtgemeinden im Emsland und in der Grafschaft Bentheim"),
    "032540021021": _("andere Großstädte mit Umland, an erster Stelle Göttingen"),
    "034520013013": _("die übrigen kleinen Inseln"),
    "03103": _("die anderen Großstädte; so finanzstark ist allerdings keine von ihnen"),
    "033545406003": _("sehr kleine Dörfer, vor allem im Wendland"),
    "032410001001": _("keine enge Nachbarschaft, denn eine zweite Stadt dieser Größe gibt es in Niedersachsen nicht"),
}


@dataclass(frozen=True)
class Stability:
    """What stays when one weight changes by a tenth: of the first twenty bodies, and of the whole order (Spearman).

    On average at least, and at least in every single case.
    """

    staying: float
    fewest_staying: int
    correlation: float
    lowest_correlation: float


# Measured in the shipped register, in every view, each weight up and down; that takes too long for a page, so a test
# holds it.
STABILITY = Stability(staying=19.7, fewest_staying=17, correlation=0.999, lowest_correlation=0.99)


@dataclass(frozen=True)
class FeatureRow:
    """One line of the table; `percent` is its part of the weight, the counts are bodies by whose value they use."""

    label: Promise | str
    percent: int
    stand: str | date
    source: Promise | str
    own: int
    derived: int
    inherited: int
    missing: int


@dataclass(frozen=True)
class ViewRow:
    code: str
    label: Promise | str
    percents: list[int]


@dataclass(frozen=True)
class Example:
    name: str
    expected: Promise | str
    found: list[tuple[str, int]]


@dataclass(frozen=True)
class Method:
    """Everything that `_similarity_method.html` shows."""

    bodies: int
    features: list[FeatureRow]
    groups: list[Promise | str]
    views: list[ViewRow]
    examples: list[Example]
    usual_similarity: int
    minimum_common: int
    far_km: int
    stability: Stability = STABILITY


def method(space: Space) -> Method:
    """The explanation for this state of the register; the examples are ranked anew, so they cannot age."""
    weights = Weights()
    return Method(
        bodies=len(space.profiles),
        features=[_feature_row(space, feature, _percent(weights, feature)) for feature in FEATURES],
        groups=[*GROUPS.values()],
        views=[ViewRow(code, view.label, _percents(view.weights)) for code, view in VIEWS.items()],
        examples=[
            Example(
                space.profiles[key].name,
                expected,
                [(match.other.name, match.similarity) for match in space.ranking(key, weights, EXAMPLE_LENGTH)],
            )
            for key, expected in CHECKED.items()
            if key in space
        ],
        usual_similarity=space.usual_similarity,
        minimum_common=round(100 * MINIMUM_COMMON),
        far_km=round(FAR_KM),
    )


def _feature_row(space: Space, feature: Feature, percent: int) -> FeatureRow:
    profiles = space.profiles.values()
    have = [profile for profile in profiles if feature.code in profile.values]
    origins = Counter(profile.origins.get(feature.code) for profile in have)
    if feature.figure:
        stand: str | date = str(space.table.years.get(feature.code, ""))
    else:
        stand = feature.stand or space.table.dates.get(feature.code, "")
    return FeatureRow(
        label=feature.label,
        percent=percent,
        stand=stand,
        source=BY_CODE[feature.figure].source if feature.figure else feature.source,
        own=origins[None],
        derived=origins[Origin.MEMBERS],
        inherited=len(have) - origins[None] - origins[Origin.MEMBERS],
        missing=len(space.profiles) - len(have),
    )


def _percent(weights: Weights, feature: Feature) -> int:
    parts = dict(zip(FEATURES, weights.by_feature, strict=True))
    return round(100 * parts[feature] / sum(weights.by_feature))


def _percents(weights: tuple[float, ...]) -> list[int]:
    return [round(100 * weight / sum(weights)) for weight in weights]
