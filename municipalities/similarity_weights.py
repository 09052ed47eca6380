"""What counts how much when bodies are compared: five ready views, and weights that readers set in the address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .profiles import CODES, FEATURES

HIGHEST = 3.0
VIEW_PARAMETER = "like_view"
PREFIX = "w_"
DEFAULT_VIEW = "overall"

GROUPS: Mapping[str, Promise | str] = {
    "size": _("Größe und Art"),
    "location": _("Siedlung und Lage"),
    "economy": _("Wirtschaft"),
    "population": _("Bevölkerung"),
    "nearby": _("Nähe"),
}


@dataclass(frozen=True)
class View:
    """A ready choice of group weights, in the order of GROUPS."""

    label: Promise | str
    weights: tuple[float, ...]


VIEWS: Mapping[str, View] = {
    "overall": View(_("insgesamt"), (3, 1.5, 1, 1, 0)),
    "size_location": View(_("Größe und Lage"), (3, 3, 0, 0, 0)),
    "economy": View(_("Wirtschaft"), (1, 0.5, 3, 0, 0)),
    "population": View(_("Bevölkerung"), (1, 0.5, 0.5, 3, 0)),
    "nearby": View(_("in der Nähe"), (1.5, 1, 0.5, 0.5, 3)),
}

_NUMBER = re.compile(r"[0-9]{1,2}([.,][0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Weights:
    """Weights 0 to 3 of the groups and, as factors 0 to 3 on their share of the group, of single features.

    Only what differs from the ready `view` is kept, so that equal weights have equal addresses.
    """

    view: str = DEFAULT_VIEW
    changed: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, view: str, **changed: float) -> "Weights":
        """Weights of a ready view with some groups or features changed; ValueError for unknown names or bad numbers."""
        for name, value in changed.items():
            if (name not in GROUPS and name not in CODES) or not 0 <= value <= HIGHEST:
                raise ValueError(name)
        usual = _usual(view)
        kept = tuple((name, float(changed[name])) for name in usual if name in changed and changed[name] != usual[name])
        return cls(view, kept)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["Weights", list[str]]:
        """Weights from `like_view=economy&w_size=2&w_density=0.5`, and German sentences on what was not understood."""
        problems: list[str] = []
        changed: dict[str, float] = {}
        view = query.get(VIEW_PARAMETER) or DEFAULT_VIEW
        if view not in VIEWS:
            problems.append(_now("Diese Sicht auf vergleichbare Kommunen gibt es nicht; gezeigt wird „insgesamt“."))
            view = DEFAULT_VIEW
        labels = {**GROUPS, **{feature.code: feature.label for feature in FEATURES}}
        for name, label in labels.items():
            text = (query.get(PREFIX + name) or "").strip()
            number = _number(text)
            if number is not None:
                changed[name] = number
            elif text:
                problem = _now("Gewicht „%(label)s“: Bitte geben Sie eine Zahl von 0 bis 3 an.")
                problems.append(problem % {"label": label})
        if any(name.startswith(PREFIX) and name.removeprefix(PREFIX) not in labels for name in query):
            problems.append(_now("Ein unbekanntes Gewicht in der Adresse wurde nicht beachtet."))
        weights = cls.of(view, **changed)
        if not any(weights.by_feature):
            problems.append(_now("Alle Gewichte sind 0; gezeigt werden die üblichen."))
            weights = cls.of(view)
        return weights, problems

    def as_query(self) -> dict[str, str]:
        """The shortest query that means these weights; empty for the default view."""
        view = {VIEW_PARAMETER: self.view} if self.view != DEFAULT_VIEW else {}
        return {**view, **{PREFIX + name: f"{value:g}" for name, value in self.changed}}

    @cached_property
    def settings(self) -> dict[str, float]:
        """Every group and feature with its weight or factor, for a form."""
        return {**_usual(self.view), **dict(self.changed)}

    @cached_property
    def by_feature(self) -> tuple[float, ...]:
        """Effective weight of each feature in the order of FEATURES: group × share of the group × factor."""
        return tuple(self.settings[item.group] * item.share * self.settings[item.code] for item in FEATURES)


def _usual(view: str) -> dict[str, float]:
    return {**dict(zip(GROUPS, VIEWS[view].weights, strict=True)), **dict.fromkeys(CODES, 1.0)}


def _number(text: str) -> float | None:
    """Two decimals are kept, so that the number of different rankings stays bounded."""
    if not _NUMBER.fullmatch(text):
        return None
    number = round(float(text.replace(",", ".")), 2)
    return number if number <= HIGHEST else None
