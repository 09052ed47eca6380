"""What the mosaic lacks: topics against kinds of municipalities, and what readers looked for in vain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from projects.facets import Selection
from projects.models import FruitlessSearch

from .matrix import Choices, Matrix, matrix
from .selection import Telling

LISTED = 50


class By(TextChoices):
    """What the topics are set against; the values are facets."""

    SIZE = "size", gettext_lazy("Größe der Kommune")
    KIND = "kind", gettext_lazy("Art der Kommune")
    COUNTY = "county", gettext_lazy("Landkreis oder kreisfreie Stadt")


@dataclass(frozen=True)
class Search:
    """A text that found nothing, and how often somebody looked for it."""

    words: str
    times: int


def grid(
    selection: Selection, by: str, url: Callable[[str, str], str], chosen: Mapping[str, Sequence[str]] = {}
) -> Matrix:
    """Topics against the facet `by`; counties stand in rows, for there are more of them than topics.

    Only chosen values have a row or a column where any are `chosen`: the others are not white spots, but filtered out.
    `url` is asked for the address of a topic and a value.
    """
    topics, values = (_offered(selection, facet, chosen) for facet in ("topic", by))
    bitmaps, empty = selection.index.bitmaps, BitMap()
    having = {facet: bitmaps.get(facet, {}) for facet in ("topic", by)}

    def count(topic: str, value: str) -> int:
        found = having["topic"].get(topic, empty) & having[by].get(value, empty)
        return found.intersection_cardinality(selection.numbers)

    def total(topic: str, value: str) -> int:
        numbers = having["topic"].get(topic, empty) if topic else having[by].get(value, empty)
        return numbers.intersection_cardinality(selection.numbers)

    if by == By.COUNTY:
        return matrix(
            values,
            topics,
            lambda value, topic: count(topic, value),
            lambda value, topic: url(topic, value),
            lambda value, topic: total(topic, value),
        )
    return matrix(topics, values, count, url, total)


def _offered(selection: Selection, facet: str, chosen: Mapping[str, Sequence[str]]) -> Choices:
    labels = selection.index.labels.choices[facet]
    return {value: label for value, label in labels.items() if not chosen.get(facet) or value in chosen[facet]}


def vain_searches(today: date) -> list[Search]:
    """What was looked for in vain at least FruitlessSearch.SHOWN_FROM times, the most frequent first; one query."""
    rows = (
        FruitlessSearch.objects.filter(day__gt=today - FruitlessSearch.KEPT_FOR)
        .order_by()
        .values("words")
        .annotate(sum=Sum("times"))
        .filter(sum__gte=FruitlessSearch.SHOWN_FROM)
        .order_by("-sum", "words")[:LISTED]
    )
    return [Search(row["words"], row["sum"]) for row in rows]


def telling(selection: Selection) -> Telling:
    """How many fields of topic and size class are empty."""
    found = grid(selection, By.SIZE, lambda _topic, _value: "")
    text = _("Felder aus Handlungsfeld und Größe der Kommune haben noch kein Projekt")
    return Telling(found.empty, text, of=found.size, stones="sand verdigris")
