"""Which published projects fit a Gesuch best: by its topics and target groups, and by how alike the municipalities are.

fit = (2 × share of its topics + 2 × likeness + 1 × share of its target groups) / 5, without the last where it names
none (/ 4). A project needs at least one of its topics. A municipality that cannot be compared counts as 0 alike.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, islice, pairwise

from pyroaring import BitMap

from municipalities.similarity import Match
from municipalities.similarity_weights import DEFAULT_VIEW, Weights

from . import facets, likeness
from .bitmaps import at_least
from .likeness import Likeness
from .models import Enquiry, Project

MOST = 6
TOPICS, LIKENESS, GROUPS = 2, 2, 1  # how much each counts


@dataclass(frozen=True)
class Fit:
    """A project and why it fits: `topics` of `topics_asked` and so on; `match` is None where nothing was compared."""

    project: Project
    topics: int
    topics_asked: int
    groups: int
    groups_asked: int
    match: Match | None

    @property
    def likeness(self) -> int:
        """Of the municipalities, in percent."""
        return self.match.similarity if self.match else 0

    @property
    def percent(self) -> int:
        return round(
            100 * fit_of(Fraction(self.topics, self.topics_asked), self._group_share, Fraction(self.likeness, 100))
        )

    @property
    def _group_share(self) -> Fraction | None:
        return Fraction(self.groups, self.groups_asked) if self.groups_asked else None


def fit_of(topics: Fraction, groups: Fraction | None, alike: Fraction) -> Fraction:
    """The formula above, from 0 to 1."""
    parts, whole = TOPICS * topics + LIKENESS * alike, TOPICS + LIKENESS
    return parts / whole if groups is None else (parts + GROUPS * groups) / (whole + GROUPS)


def best(enquiry: Enquiry, most: int = MOST) -> list[Fit]:
    """What fits best comes first, among equals the newest; never a project of the municipality itself."""
    index = facets.current(facets.version())
    topics = [topic.slug for topic in enquiry.topics.all()]
    groups = [group.slug for group in enquiry.target_groups.all()]
    body = index.labels.bodies.get(enquiry.municipality.key)
    like = likeness.find(body, Weights.of(DEFAULT_VIEW), index.labels) if body else None
    own = index.bitmaps.get("lead", {}).get(enquiry.municipality.key, BitMap())
    found = sorted(_candidates(index, like, topics, groups, own, most), key=lambda one: (-one[0], -one[1]))[:most]
    projects = Project.objects.number_in([number for _fit, number, *_why in found]).for_listing()
    by_number = {project.publication_number: project for project in projects}
    return [
        Fit(by_number[number], shared, len(topics), shared_groups, len(groups), match)
        for _fit, number, shared, shared_groups, match in found
        if number in by_number
    ]


Candidate = tuple[Fraction, int, int, int, Match | None]


def _candidates(
    index: facets.FacetIndex,
    like: Likeness | None,
    topics: Sequence[str],
    groups: Sequence[str],
    own: BitMap,
    most: int,
) -> Iterator[Candidate]:
    """For each number of shared topics and groups the best `most`: bodies are walked in order, not projects."""
    for shared, with_topics in _by_count(index.bitmaps.get("topic", {}), topics).items():
        by_groups = _by_count(index.bitmaps.get("target_group", {}), groups)
        some_group = BitMap.union(BitMap(), *by_groups.values())
        for shared_groups, with_groups in {**by_groups, 0: index.everything - some_group}.items():
            numbers = (with_topics & with_groups) - own
            topic_share = Fraction(shared, len(topics))
            group_share = Fraction(shared_groups, len(groups)) if groups else None
            for number, match in islice(_in_order(index, like, numbers), most):
                alike = Fraction(match.similarity if match else 0, 100)
                yield fit_of(topic_share, group_share, alike), number, shared, shared_groups, match


def _by_count(values: Mapping[str, BitMap], wanted: Iterable[str]) -> dict[int, BitMap]:
    """By number of the wanted values (from 1): the projects that have exactly so many of them."""
    shared = at_least(values.get(value, BitMap()) for value in wanted)
    return {count: numbers - more for count, (numbers, more) in enumerate(pairwise([*shared, BitMap()]), start=1)}


def _in_order(index: facets.FacetIndex, like: Likeness | None, numbers: BitMap) -> Iterator[tuple[int, Match | None]]:
    """The projects by likeness in whole percents, then the newest first; those that cannot be compared at the end."""
    led_by, left = index.bitmaps.get("lead", {}), numbers
    steps = groupby(like.in_order() if like else (), key=lambda keys: _match(like, keys).similarity)
    for _percent, equals in steps:
        if not left:
            return
        matches = {
            number: _match(like, keys)
            for keys in equals
            for key in keys & led_by.keys()
            for number in led_by[key] & left
        }
        left -= BitMap(matches)
        yield from sorted(matches.items(), reverse=True)
    yield from ((number, None) for number in reversed(left))


def _match(like: Likeness, keys: Iterable[str]) -> Match:
    return next(match for key in keys if (match := like.match_of(key)))
