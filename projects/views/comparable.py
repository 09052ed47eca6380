"""Municipalities like one: the ranking with its reasons, the reader's own weights, and the same as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from municipalities.models import Kind, Municipality
from municipalities.profiles import FEATURES
from municipalities.similarity import Match, Space, space
from municipalities.similarity_method import Method, method
from municipalities.similarity_weights import GROUPS, PREFIX, VIEWS, Weights
from projects import facets, likeness, page_states
from projects.filters import ProjectFilter
from projects.labels import Body, Labels
from projects.likeness import Likeness
from projects.models import Project

from .downloads import csv_response
from .index_state import index_of
from .kept_pages import kept_while
from .municipalities import ancestors
from .redirects import moved

SHOWN = 24
HEADER = (
    "Rang", "Schlüssel", "Name", "Art", "Landkreis", "Einwohner", "Ähnlichkeit in Prozent", "Gründe",
    "Nicht verglichen", "Projekte im Mosaik",
)  # fmt: skip
WEIGHTS = (
    ("0", gettext_lazy("zählt nicht")), ("0.5", gettext_lazy("0,5")), ("1", gettext_lazy("1")),
    ("1.5", gettext_lazy("1,5")), ("2", gettext_lazy("2")), ("2.5", gettext_lazy("2,5")),
    ("3", gettext_lazy("3 – zählt am meisten")),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One comparable body; `county` only where it is not the body itself."""

    rank: int
    body: Body
    county: Body | None
    match: Match
    projects: int


@dataclass(frozen=True)
class Setting:
    """One select of the form of weights; `options` are (value, label, whether it is chosen)."""

    name: str
    label: str | Promise
    options: list[tuple[str, str | Promise, bool]]


@require_safe
@kept_while(page_states.of_municipality)
def comparable(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    body, index, like, problems = asked(request, key)
    if like.body.key != key or slug != body.slug:
        return moved(request, reverse("projects:comparable", args=[like.body.key, like.body.slug]))
    projects = ProjectFilter({"like": key, **like.weights.as_query()}, Project.objects.published(), index=index)
    return render(
        request,
        "municipalities/comparable.html",
        {
            "body": body,
            "ancestors": ancestors(body),
            "like": like,
            "problems": problems,
            "rows": list(rows(like, index, SHOWN)),
            "total": len(like.matches),
            "project_count": projects.total,
            "project_query": projects.query_with(),
            "query": urlencode(like.weights.as_query()),
            "views": views(like.weights),
            "settings": settings(like.weights),
            "method": kept_method(space(index.labels.register)),
        },
    )


@require_safe
def comparable_csv(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """All comparable bodies with everything that the page says about them."""
    _body, index, like, _problems = asked(request, key)
    lines = (
        (
            row.rank,
            row.body.key,
            row.body.display_name,
            Kind(row.match.other.kind).label,
            row.county.display_name if row.county else "",
            row.match.other.values.get("inhabitants"),
            row.match.similarity,
            "; ".join(row.match.reasons),
            "; ".join(row.match.missing),
            row.projects,
        )
        for row in rows(like, index, None)
    )
    return csv_response(f"vergleichbar-{like.body.key}-{like.weights.view}", HEADER, lines)


def asked(request: HttpRequest, key: str) -> tuple[Municipality, facets.FacetIndex, Likeness, list[str]]:
    """The body, and how alike all others are to it; 404 for what is not in the register or not compared."""
    body = get_object_or_404(Municipality.objects.select_related("parent", "county"), key=key)
    index = index_of(request)
    weights, problems = Weights.from_query(request.GET)
    like = likeness.find(index.labels.bodies[key], weights, index.labels)
    if like is None:
        raise Http404(likeness.not_compared(index.labels.bodies[key]))
    return body, index, like, problems


def rows(like: Likeness, index: facets.FacetIndex, most: int | None) -> Iterator[Row]:
    labels: Labels = index.labels
    for rank, match in enumerate(like.matches[:most], start=1):
        body = labels.bodies[match.key]
        county = labels.county_of(body)
        count = index.count("municipality", match.key)
        yield Row(rank, body, None if county is body else county, match, count)


def views(weights: Weights) -> list[dict[str, Any]]:
    """The five ready views; none is marked where the reader has set weights."""
    return [
        {
            "label": view.label,
            "query": urlencode(Weights.of(code).as_query()),
            "is_chosen": code == weights.view and not weights.changed,
        }
        for code, view in VIEWS.items()
    ]


def settings(weights: Weights) -> list[tuple[Setting, list[Setting]]]:
    """A select for each group of features and, where it has several, one for each of them."""
    found = []
    for group, label in GROUPS.items():
        members = [feature for feature in FEATURES if feature.group == group]
        parts = [setting(weights, each.code, each.label) for each in members] if len(members) > 1 else []
        found.append((setting(weights, group, label), parts))
    return found


def setting(weights: Weights, name: str, label: str | Promise) -> Setting:
    """A weight that is none of the steps (set in the address) is one more option."""
    now = f"{weights.settings[name]:g}"
    steps = dict(WEIGHTS) if now in dict(WEIGHTS) else {**dict(WEIGHTS), now: now.replace(".", ",")}
    return Setting(PREFIX + name, label, [(value, text, value == now) for value, text in steps.items()])


@lru_cache(maxsize=1)
def kept_method(of_space: Space) -> Method:
    """The explanation changes with the register only."""
    return method(of_space)
