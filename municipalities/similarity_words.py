"""Why two bodies are comparable, in German words; the numbers come from `similarity.py`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .models import Kind
from .profiles import COUNTY_TASKS, FEATURES, Origin, Profile, kilometres
from .similarity_weights import Weights

MOST_ALIKE = 4
MOST_DIFFERENT = 2
# Up to here two values are "almost the same", "similar", "somewhat" apart, beyond it clearly: as ratio of the two for
# sizes, which readers judge so, and else as step of the comparison.
_RATIOS = (1.02, 1.25, 1.6)
_STEPS = (0.02, 0.1, 0.3)
ALMOST, SIMILAR, SOMEWHAT, CLEARLY = range(4)

# Compared by their ratio.
_SIZES = ("inhabitants", "density")
# Features that say nearly the same; only the most telling of each is put into words.
_THEMES = {"urbanisation": "density", "settlement": "density", "deprivation": "income_tax"}


@dataclass(frozen=True)
class _Words:
    """Phrases for a number, from equal to far apart, and how the two values follow."""

    same: Promise | str
    almost: Promise | str
    similar: Promise | str
    more: Promise | str
    much_more: Promise | str
    less: Promise | str
    much_less: Promise | str
    values: Promise | str
    value: Promise | str
    decimals: int = 0

    def head(self, grade: int, is_more: bool) -> Promise | str:
        more, less = (self.more, self.much_more), (self.less, self.much_less)
        return (self.almost, self.similar, *(more if is_more else less))[grade]


_NUMBERS: Mapping[str, _Words] = {
    "inhabitants": _Words(
        _("gleich groß"), _("fast gleich groß"), _("ähnlich groß"),
        _("etwas größer"), _("deutlich größer"), _("etwas kleiner"), _("deutlich kleiner"),
        _("%(other)s statt %(own)s Einwohner"), _("%(other)s Einwohner"),
    ),
    "density": _Words(
        _("gleich dicht besiedelt"), _("fast gleich dicht besiedelt"), _("ähnlich dicht besiedelt"),
        _("etwas dichter besiedelt"), _("deutlich dichter besiedelt"),
        _("etwas dünner besiedelt"), _("deutlich dünner besiedelt"),
        _("%(other)s statt %(own)s Einwohner je km²"), _("%(other)s Einwohner je km²"),
    ),
    "settlement": _Words(
        _("gleich viel Siedlungs- und Verkehrsfläche"), _("fast gleich viel Siedlungs- und Verkehrsfläche"),
        _("ähnlich viel Siedlungs- und Verkehrsfläche"),
        _("etwas mehr Siedlungs- und Verkehrsfläche"), _("deutlich mehr Siedlungs- und Verkehrsfläche"),
        _("etwas weniger Siedlungs- und Verkehrsfläche"), _("deutlich weniger Siedlungs- und Verkehrsfläche"),
        _("%(other)s statt %(own)s %%"), _("%(other)s %%"), 1,
    ),
    "income_tax": _Words(
        _("gleiche Einkommensteuer je Kopf"), _("fast gleiche Einkommensteuer je Kopf"),
        _("ähnliche Einkommensteuer je Kopf"),
        _("etwas höhere Einkommensteuer je Kopf"), _("deutlich höhere Einkommensteuer je Kopf"),
        _("etwas niedrigere Einkommensteuer je Kopf"), _("deutlich niedrigere Einkommensteuer je Kopf"),
        _("%(other)s statt %(own)s €"), _("%(other)s €"),
    ),
    "deprivation": _Words(
        _("gleiche soziale Lage"), _("fast gleiche soziale Lage"), _("ähnliche soziale Lage"),
        _("etwas stärkere Benachteiligung"), _("deutlich stärkere Benachteiligung"),
        _("etwas geringere Benachteiligung"), _("deutlich geringere Benachteiligung"),
        _("Index GISD %(other)s statt %(own)s"), _("Index GISD %(other)s"), 2,
    ),
    "unemployment": _Words(
        _("gleiche Arbeitslosigkeit"), _("fast gleiche Arbeitslosigkeit"), _("ähnliche Arbeitslosigkeit"),
        _("etwas höhere Arbeitslosigkeit"), _("deutlich höhere Arbeitslosigkeit"),
        _("etwas niedrigere Arbeitslosigkeit"), _("deutlich niedrigere Arbeitslosigkeit"),
        _("%(other)s statt %(own)s %%"), _("%(other)s %%"), 1,
    ),
    "foreign_share": _Words(
        _("gleicher Anteil ausländischer Staatsangehöriger"), _("fast gleicher Anteil ausländischer Staatsangehöriger"),
        _("ähnlicher Anteil ausländischer Staatsangehöriger"),
        _("etwas höherer Anteil ausländischer Staatsangehöriger"),
        _("deutlich höherer Anteil ausländischer Staatsangehöriger"),
        _("etwas niedrigerer Anteil ausländischer Staatsangehöriger"),
        _("deutlich niedrigerer Anteil ausländischer Staatsangehöriger"),
        _("%(other)s statt %(own)s %%"), _("%(other)s %%"), 1,
    ),
}  # fmt: skip

_CLASSES: Mapping[str, Mapping[Any, Promise | str]] = {
    "kind": {
        **dict(Kind.choices),
        Kind.INDEPENDENT_CITY: _("kreisfreie Stadt"),
        COUNTY_TASKS: _("Stadt mit Aufgaben eines Landkreises"),
    },
    "urbanisation": {1: _("dicht besiedelt"), 2: _("mäßig dicht besiedelt"), 3: _("dünn besiedelt")},
    "regional_type": {
        71: _("Metropole"),
        72: _("Großstadt in einer Stadtregion"),
        73: _("städtisch in einer Stadtregion"),
        74: _("kleinstädtisch oder dörflich in einer Stadtregion"),
        75: _("zentrale Stadt einer ländlichen Region"),
        76: _("städtisch in einer ländlichen Region"),
        77: _("ländlich"),
    },
}


def reasons_in_words(
    own: Profile, other: Profile, steps: Mapping[str, float], usual: Mapping[str, float], weights: Weights
) -> list[str]:
    """At most four things in common, most telling first, then at most two differences, each as one German phrase.

    `steps` are the differences of the pair by feature (0 to 1), `usual` the mean differences of `own` from all others:
    being alike tells more where that is rare and where the weight is high.
    """
    weight = {feature.code: value for feature, value in zip(FEATURES, weights.by_feature, strict=True) if value}
    grades = {code: grade(own, other, code, step) for code, step in steps.items() if code in weight}
    alike = [code for code in grades if grades[code] <= SOMEWHAT and steps[code] < usual.get(code, 1.0)]
    alike.sort(key=lambda code: weight[code] * (steps[code] - usual.get(code, 1.0)))
    chosen = _one_of_each_theme(alike)[:MOST_ALIKE]
    told = {_THEMES.get(code, code) for code in chosen}
    different = [code for code in grades if grades[code] >= SOMEWHAT and _THEMES.get(code, code) not in told]
    different.sort(key=lambda code: -weight[code] * steps[code])
    chosen += _one_of_each_theme(different)[:MOST_DIFFERENT]
    return [phrase(own, other, code, grades[code]) for code in chosen]


def grade(own: Profile, other: Profile, code: str, step: float) -> int:
    """How far apart two values are, from ALMOST to CLEARLY; classes are the same or clearly different."""
    one, two = own.values[code], other.values[code]
    if code in _CLASSES:
        return ALMOST if one == two else CLEARLY
    if code in _SIZES:
        return sum(max(one, two) > limit * min(one, two) for limit in _RATIOS)
    return sum(step > limit for limit in _STEPS)


def _one_of_each_theme(codes: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for code in codes:
        first.setdefault(_THEMES.get(code, code), code)
    return [*first.values()]


def phrase(own: Profile, other: Profile, code: str, how_far: int) -> str:
    """One comparison seen from `own`, such as „etwas höhere Arbeitslosigkeit (Landkreis): 4,1 statt 3,6 %“."""
    one, two = own.values[code], other.values[code]
    if code == "distance":
        return _distance_phrase(one, two)
    if code in _CLASSES:
        classes = {"own": _CLASSES[code][one], "other": _CLASSES[code][two]}
        return (_now("ebenfalls %(other)s") if one == two else _now("%(other)s (hier: %(own)s)")) % classes
    words = _NUMBERS[code]
    shown = {"own": _number(one, words.decimals), "other": _number(two, words.decimals)}
    origin = _origin(own, other, code)
    if shown["own"] == shown["other"]:
        return f"{words.same if one == two else words.almost}{origin}: {words.value % shown}"
    return f"{words.head(how_far, two > one)}{origin}: {words.values % shown}"


def _distance_phrase(own: tuple[float, float], other: tuple[float, float]) -> str:
    distance = kilometres(own, other)
    return _now("weniger als 1 km entfernt") if distance < 1 else _now("%(km)d km entfernt") % {"km": round(distance)}


def _number(value: Any, decimals: int) -> str:
    """In German notation; large numbers with three significant digits, which is enough to compare."""
    if not decimals and value >= 1000:
        digits = 3 - math.ceil(math.log10(value + 1))
        value = round(value, digits)
    return number_format(round(float(value), decimals), decimals, force_grouping=True)


def _origin(own: Profile, other: Profile, code: str) -> str:
    """Whose values these are, in brackets: „(Landkreis)“ for both, „(dort Samtgemeinde)“ if only one is not its own."""
    origins = own.origins.get(code), other.origins.get(code)
    if origins == (Origin.JOINT, Origin.JOINT) and own.parent_key == other.parent_key:
        return _now(" (dieselbe Samtgemeinde)")
    if origins == (Origin.COUNTY, Origin.COUNTY) and own.county_key == other.county_key:
        return _now(" (derselbe Landkreis)")
    here, there = (Origin(origin).label if origin else "" for origin in origins)
    if here == there:
        return f" ({here})" if here else ""
    parts = [_now("hier %(origin)s") % {"origin": here}] if here else []
    parts += [_now("dort %(origin)s") % {"origin": there}] if there else []
    return f" ({', '.join(parts)})"
