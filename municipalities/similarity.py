"""How alike two municipal bodies are: weights, all profiles in one immutable space, rankings. Knows no projects.

The distance is Gower's: each feature differs by 0 (alike) to 1 (at least as far apart as the tenth and the ninetieth
percentile), and their weighted mean over the features that both bodies have is the distance of the pair.
J. C. Gower, A General Coefficient of Similarity and Some of Its Properties, Biometrics 27 (1971).
"""

import math
import threading
from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from statistics import median, quantiles
from typing import Any, NamedTuple, cast

from .models import Kind
from .profiles import CODES, COUNTY_TASKS, FEATURES, Profile, ProfileTable, kilometres, load_profiles
from .similarity_weights import Weights
from .similarity_words import reasons_in_words

# A pair is comparable only if the features that both have carry this part of all weight.
MINIMUM_COMMON = 0.6
# From this distance on two places are simply far apart.
FAR_KM = 100.0
RANKINGS_KEPT = 64

_TRANSFORMS: Mapping[str, Callable[[float], float]] = {
    # Twice as many people is the same step at every size; roots keep shares near zero from counting too much.
    "inhabitants": math.log,
    "density": math.log,
    "settlement": math.sqrt,
    "foreign_share": math.sqrt,
    "income_tax": float,
    "deprivation": float,
    "unemployment": float,
}

# (in an urban region?, rank of the place from village to metropolis) of RegioStaR 7.
_PLACES = {71: (1, 3), 72: (1, 2), 73: (1, 1), 74: (1, 0), 75: (0, 2), 76: (0, 1), 77: (0, 0)}

_KIND_STEPS = {
    frozenset(kinds): step
    for *kinds, step in (
        (Kind.INTEGRATED_MUNICIPALITY, COUNTY_TASKS, 0.2),
        (Kind.INDEPENDENT_CITY, COUNTY_TASKS, 0.2),
        (Kind.INTEGRATED_MUNICIPALITY, Kind.INDEPENDENT_CITY, 0.4),
        (Kind.INTEGRATED_MUNICIPALITY, Kind.JOINT_MUNICIPALITY, 0.4),
        (Kind.INTEGRATED_MUNICIPALITY, Kind.MEMBER_MUNICIPALITY, 0.7),
        (Kind.JOINT_MUNICIPALITY, COUNTY_TASKS, 0.6),
        (Kind.JOINT_MUNICIPALITY, Kind.INDEPENDENT_CITY, 0.8),
        (Kind.JOINT_MUNICIPALITY, Kind.MEMBER_MUNICIPALITY, 0.8),
        (Kind.COUNTY, Kind.REGION, 0.3),
    )
}


def urbanisation_step(one: int, other: int) -> float:
    return abs(one - other) / 2


def regional_type_step(one: int, other: int) -> float:
    """0.4 for urban against rural region, 0.2 for each step between village, medium-sized town, city and metropolis."""
    (region, rank), (other_region, other_rank) = _PLACES[one], _PLACES[other]
    return 0.4 * (region != other_region) + 0.2 * abs(rank - other_rank)


def kind_step(one: str, other: str) -> float:
    return 0.0 if one == other else _KIND_STEPS.get(frozenset({one, other}), 1.0)


def distance_step(one: tuple[float, float], other: tuple[float, float]) -> float:
    return min(1.0, kilometres(one, other) / FAR_KM)


_STEPS: Mapping[str, Callable[[Any, Any], float]] = {
    "kind": kind_step,
    "urbanisation": urbanisation_step,
    "regional_type": regional_type_step,
    "distance": distance_step,
}


class Match(NamedTuple):
    """How alike `other` is to `own`: `distance` from 0 (alike in all) to 1; words are made only when asked for."""

    key: str
    distance: float
    own: Profile
    other: Profile
    space: "Space"
    weights: Weights

    @property
    def similarity(self) -> int:
        """In percent, as pages show it."""
        return round(100 * (1 - self.distance))

    @property
    def reasons(self) -> list[str]:
        """What the two have in common, most telling first, then in what they differ."""
        steps = self.space.steps(self.own, self.other)
        return reasons_in_words(self.own, self.other, steps, self.space.usual_steps(self.own.key), self.weights)

    @property
    def missing(self) -> list[str]:
        """Labels of the features that count in these weights and could not be compared for this pair."""
        steps = self.space.steps(self.own, self.other)
        weighted = zip(FEATURES, self.weights.by_feature, strict=True)
        return [str(feature.label) for feature, weight in weighted if weight and feature.code not in steps]

    @property
    def is_related(self) -> bool:
        """One is part of the other (Samtgemeinde and member), so that much is alike by nature."""
        return self.other.parent_key == self.own.key or self.own.parent_key == self.other.key


class _Scale:
    """How long a full step is: from the tenth to the ninetieth percentile of municipalities and Samtgemeinden."""

    def __init__(self, profiles: Iterable[Profile]):
        reference = [*profiles]
        self._ranges = {code: self._range(reference, code) for code in _TRANSFORMS}

    def _range(self, profiles: list[Profile], code: str) -> float:
        known = sorted(value for profile in profiles if (value := _transformed(profile, code)) is not None)
        if len(known) < 2:
            return 1.0
        tenths = quantiles(known, n=10, method="inclusive")
        return (tenths[8] - tenths[0]) or (known[-1] - known[0]) or 1.0

    def __call__(self, profile: Profile, code: str) -> Any:
        """The value of a feature in such ranges, or as it is where steps come from a table; None if unknown."""
        if code not in _TRANSFORMS:
            return profile.values.get(code)
        value = _transformed(profile, code)
        return None if value is None else value / self._ranges[code]


def _transformed(profile: Profile, code: str) -> float | None:
    value, transform = profile.values.get(code), _TRANSFORMS[code]
    return None if value is None or (transform is math.log and value <= 0) else transform(value)


class _Level:
    """Bodies that are compared with each other, and their scaled values as columns."""

    def __init__(self, profiles: Iterable[Profile], scale: _Scale):
        self.profiles, self._scale = tuple(profiles), scale
        self._columns: dict[tuple[str, str], list[Any]] = {}
        for code in CODES:
            column = [scale(profile, code) for profile in self.profiles]
            bases = [profile.basis(code) for profile in self.profiles]
            for basis in {*bases}:
                pairs = zip(column, bases, strict=True)
                self._columns[code, basis] = [value if own == basis else None for value, own in pairs]

    def steps_from(self, own: Profile, code: str) -> list[float | None] | None:
        """Difference of each body of the level from `own` in one feature, 0 to 1; None where it is unknown."""
        value, column = self._scale(own, code), self._columns.get((code, own.basis(code)))
        if value is None or column is None:
            return None
        if step := _STEPS.get(code):
            if code == "distance":
                return [None if other is None else step(value, other) for other in column]
            table = {other: step(value, other) for other in {*column} if other is not None}
            return [table.get(other) for other in column]
        return [None if other is None else (1.0 if (gap := abs(other - value)) > 1.0 else gap) for other in column]


class Space:
    """The comparable bodies of one state of the register; immutable, so that threads can share it."""

    def __init__(self, table: ProfileTable):
        self.table = table
        self.profiles = {profile.key: profile for profile in table.profiles}
        municipal = [profile for profile in table.profiles if profile.is_municipal]
        self._scale = _Scale(municipal)
        self._municipal = _Level(municipal, self._scale)
        self._county = _Level((profile for profile in table.profiles if profile.is_county_level), self._scale)
        self._kept_ranking = lru_cache(RANKINGS_KEPT)(self._ranking)
        self.usual_steps = lru_cache(RANKINGS_KEPT)(self._usual_steps)

    def __contains__(self, key: str) -> bool:
        return key in self.profiles

    def ranking(self, key: str, weights: Weights, limit: int | None = None, related: bool = True) -> list[Match]:
        """All comparable bodies, the most alike first, equal ones by key; KeyError for a body that is not in the space.

        `related=False` leaves out the Samtgemeinde of a member and the members of a Samtgemeinde.
        """
        own, (distances, others) = self.profiles[key], self._kept_ranking(key, weights.by_feature)
        pairs = zip(distances, others, strict=True)
        matches = (Match(other.key, distance, own, other, self, weights) for distance, other in pairs)
        wanted = matches if related else (match for match in matches if not match.is_related)
        return [*islice(wanted, limit)]

    def compare(self, key: str, other_key: str, weights: Weights) -> Match | None:
        """The match of one pair, also of a body with itself; None if the two cannot be compared."""
        own, other = self.profiles[key], self.profiles[other_key]
        steps = self.steps(own, other)
        weighted = [
            (weight, steps[code]) for code, weight in zip(CODES, weights.by_feature, strict=True) if code in steps
        ]
        common = sum(weight for weight, _step in weighted)
        if not common or common < MINIMUM_COMMON * sum(weights.by_feature):
            return None
        distance = round(sum(weight * step for weight, step in weighted) / common, 9)
        return Match(other_key, distance, own, other, self, weights)

    def steps(self, own: Profile, other: Profile) -> dict[str, float]:
        """Difference of a pair by feature, 0 to 1; only features that both have on the same basis."""
        steps: dict[str, float] = {}
        if self._level_of(own, other) is None:
            return steps
        for code in CODES:
            one, two = self._scale(own, code), self._scale(other, code)
            if one is not None and two is not None and own.basis(code) == other.basis(code):
                step = _STEPS.get(code)
                steps[code] = step(one, two) if step else min(1.0, abs(two - one))
        return steps

    def _level_of(self, own: Profile, other: Profile) -> _Level | None:
        if own.is_municipal and other.is_municipal:
            return self._municipal
        return self._county if own.is_county_level and other.is_county_level else None

    def _ranking(self, key: str, weights: tuple[float, ...]) -> tuple["array[float]", tuple[Profile, ...]]:
        """Distances and, as long, the bodies that they lead to: an array, because pairs take five times the memory."""
        own = self.profiles[key]
        found = []
        for level in [self._municipal] * own.is_municipal + [self._county] * own.is_county_level:
            found += [
                (distance, other)
                for distance, other in zip(self._distances(own, level, weights), level.profiles, strict=True)
                if distance is not None and other is not own and self._level_of(own, other) is level
            ]
        found.sort(key=lambda entry: (entry[0], entry[1].key))
        return array("d", (distance for distance, _other in found)), tuple(other for _distance, other in found)

    def _distances(self, own: Profile, level: _Level, weights: tuple[float, ...]) -> list[float | None]:
        """Distance of `own` to each body of the level, column by column; pair by pair would be many times slower."""
        sums, common, everywhere = [0.0] * len(level.profiles), [0.0] * len(level.profiles), 0.0
        for code, weight in zip(CODES, weights, strict=True):
            steps = level.steps_from(own, code) if weight else None
            if steps is None:
                continue
            if None in steps:
                pairs = zip(sums, steps, strict=True)
                sums = [total if step is None else total + weight * step for total, step in pairs]
                common = [part if step is None else part + weight for part, step in zip(common, steps, strict=True)]
            else:
                known = cast("list[float]", steps)
                sums = [total + weight * step for total, step in zip(sums, known, strict=True)]
                everywhere += weight
        enough = MINIMUM_COMMON * sum(weights)
        whole = ((total, part + everywhere) for total, part in zip(sums, common, strict=True))
        return [round(total / part, 9) if part and part >= enough else None for total, part in whole]

    def _usual_steps(self, key: str) -> dict[str, float]:
        """Mean difference of a body from all others by feature: what is usual says little about a pair."""
        own = self.profiles[key]
        level = self._municipal if own.is_municipal else self._county
        usual = {}
        for code in CODES:
            known = [step for step in level.steps_from(own, code) or () if step is not None]
            if known:
                usual[code] = sum(known) / len(known)
        return usual

    @cached_property
    def usual_similarity(self) -> int:
        """Median similarity in percent of municipalities to all others (every fiftieth one asked), overall view."""
        weights = Weights.of("overall")
        asked = [profile.key for profile in self._municipal.profiles[::50]]
        found = [match.similarity for key in asked for match in self.ranking(key, weights)]
        return round(median(found)) if found else 0


_loading = threading.Lock()


def space(version: Hashable) -> Space:
    """The space of this state of the register, read once a process; `version` is that of `profiles.register_state`."""
    with _loading:  # not by each thread that wants it at the same moment
        return _space(version)


@lru_cache(maxsize=2)
def _space(_version: Hashable) -> Space:
    return Space(load_profiles())
