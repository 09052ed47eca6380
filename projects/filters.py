"""The public query string: its parameters are a contract, so links and bookmarks keep working.

Everything that pages show beside the cards (options, chips, orders, ways on) is here as plain data, without HTML.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from municipalities.similarity_weights import VIEW_PARAMETER, VIEWS, Weights

from . import likeness, search, text_versions
from .facets import FacetIndex, Selection, current, version
from .filter_parts import (
    DISTANCES,
    PAGE_SIZE,
    PAGE_SIZE_WITH_MAP,
    PAGE_SIZE_WITH_REASONS,
    Chip,
    Facet,
    FoundPage,
    ProjectPaginator,
    SortOption,
    WayOn,
    ways_on,
)
from .insights.cost_per_person import cost_per_person, is_of_a_month
from .labels import Body, Tile
from .models import Project
from .parameters import BodyField, ChoiceField, FacetParameter, PageField, Parameter, QueryForm, SearchField

# The first that a query string allows is the usual one.
SORTS: Mapping[str, str | Promise] = {
    "similarity": gettext_lazy("Ähnlichste Kommunen zuerst"),
    "relevance": gettext_lazy("Beste Treffer zuerst"),
    "newest": gettext_lazy("Neueste zuerst"),
    "confirmed": gettext_lazy("Zuletzt bestätigte zuerst"),
    "adopted": gettext_lazy("Am häufigsten übernommene zuerst"),
    "cost_per_person": gettext_lazy("Geringste Kosten je Person zuerst"),
}


class ProjectFilter(django_filters.FilterSet):
    """The published projects that a query string asks for."""

    q: Any = Parameter(SearchField, gettext_lazy("Suchwort"))
    topic = FacetParameter(gettext_lazy("Handlungsfeld"), is_open=True, shows_zeros=False)
    target_group = FacetParameter(gettext_lazy("Zielgruppe"), is_open=True, shows_zeros=False)
    kind = FacetParameter(gettext_lazy("Art der Kommune"), is_open=True)
    size = FacetParameter(gettext_lazy("Größe der Kommune"), is_open=True)
    cost = FacetParameter(gettext_lazy("Kosten im ersten Jahr"), is_open=True)
    status = FacetParameter(gettext_lazy("Projektstand"), is_open=True)
    county = FacetParameter(gettext_lazy("Landkreis oder kreisfreie Stadt"), shows_zeros=False)
    financing = FacetParameter(gettext_lazy("Finanzierungsart"))
    money_level = FacetParameter(gettext_lazy("Geldgeber"), shows_zeros=False)
    operator = FacetParameter(gettext_lazy("Trägerart"))
    staffing = FacetParameter(gettext_lazy("Haupt- und Ehrenamt"))
    evidence = FacetParameter(gettext_lazy("Beleg-Stufe"))
    effort = FacetParameter(gettext_lazy("Aufwand für Nachahmer"))
    obstacle = FacetParameter(gettext_lazy("Hürde"), shows_zeros=False)
    obstacle_level = FacetParameter(gettext_lazy("Wer die Hürde beseitigen könnte"))
    adopted = FacetParameter(gettext_lazy("Nachahmung"))
    confirmed = FacetParameter(gettext_lazy("Aktualität"))
    municipality = Parameter(BodyField, gettext_lazy("Kommune"))
    near: Any = Parameter(BodyField, gettext_lazy("Umkreis"))
    km: Any = Parameter(ChoiceField, gettext_lazy("Entfernung"), known=[str(km) for km in DISTANCES])
    like: Any = Parameter(BodyField, gettext_lazy("Kommunen wie meine"))
    like_min: Any = Parameter(
        ChoiceField, gettext_lazy("Ähnlichkeit"), known=[str(least) for least in likeness.MINIMUMS]
    )
    like_view: Any = Parameter(ChoiceField, gettext_lazy("Sicht"), known=VIEWS)  # and w_…: see likeness.py
    sort: Any = Parameter(ChoiceField, gettext_lazy("Reihenfolge"), known=SORTS)
    view = Parameter(ChoiceField, gettext_lazy("Ansicht"), known=["map"])
    page = Parameter(PageField, gettext_lazy("Seite"))

    distances = DISTANCES
    minimums = list(likeness.MINIMUMS.items())
    views = [(code, view.label) for code, view in VIEWS.items()]

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        queryset: QuerySet[Project],
        *,
        index: FacetIndex | None = None,
        today: date | None = None,
    ) -> None:
        super().__init__(multi_valued(data or {}), queryset)
        self.index = index or current(version())
        self.today = today or timezone.localdate()
        accepted = self.form.cleaned_data
        self.q = accepted["q"]
        body: Body | None = accepted["municipality"]
        self.body = self.index.labels.todays(body) if body else None  # its own projects are among its successor's
        self.centre: Body | None = accepted["near"]
        self.near = self.index.labels.typed(self.centre) if self.centre else ""
        self.km = int(accepted["km"] or DISTANCES[0])
        self.like, self.like_problems = self._likeness(accepted["like"])
        sizes = {"map": PAGE_SIZE_WITH_MAP, "": PAGE_SIZE_WITH_REASONS if self.like else PAGE_SIZE}
        self.page_size = sizes[accepted["view"]]
        self.like_typed = self.index.labels.typed(self.like.body) if self.like else ""
        self.like_min = int(accepted["like_min"] or likeness.DEFAULT_MINIMUM)
        needed = {"relevance": self.q, "similarity": self.like}
        self.orders = [sort for sort in SORTS if needed.get(sort, True)]
        self.sort = accepted["sort"] if accepted["sort"] in self.orders else self.orders[0]

    def _likeness(self, body: Body | None) -> tuple[likeness.Likeness | None, list[str]]:
        """What `like` asks for with its weights, and what was wrong with it; weights alone ask for nothing."""
        if body is None:
            return None, []
        weights, problems = Weights.from_query(self.data)
        if VIEW_PARAMETER in self.errors:
            problems = problems[1:]  # said already
        found = likeness.find(body, weights, self.index.labels)
        return (found, problems) if found else (None, [likeness.not_compared(body)])

    @cached_property
    def form(self) -> QueryForm:
        return PROJECT_FORM(self.data, self.index.labels)

    def filter_queryset(self, queryset: QuerySet[Project]) -> QuerySet[Project]:
        return queryset.filter(publication_number__in=list(self.result.numbers))

    @property
    def messages(self) -> list[str]:
        """What was wrong with the query string, as sentences."""
        return [message for errors in self.errors.values() for message in errors] + self.like_problems

    @cached_property
    def chosen(self) -> dict[str, list[str]]:
        """The chosen values of each facet of the panel."""
        return {
            name: values
            for name, filter_ in self.filters.items()
            if isinstance(filter_, FacetParameter) and (values := self.form.cleaned_data[name])
        }

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """This selection as the shortest query string says it, without `page`."""
        single = {
            "q": self.q,
            "municipality": self.body.key if self.body else "",
            "near": self.centre.key if self.centre else "",
            "km": str(self.km) if self.centre else "",
            **self._like_parameters,
            "sort": self.sort if self.sort != self.orders[0] else "",
            "view": self.form.cleaned_data["view"],
        }
        found = self.chosen | {name: [value] for name, value in single.items() if value}
        return {name: found[name] for name in PARAMETERS if name in found}

    @property
    def _like_parameters(self) -> dict[str, str]:
        if self.like is None:
            return {}
        least = str(self.like_min) if self.like_min != likeness.DEFAULT_MINIMUM else ""
        return {"like": self.like.body.key, "like_min": least, **self.like.weights.as_query()}

    def query_with(self, **changes: Any) -> str:
        """The query string with these parameters instead; None takes one out."""
        changed = {name: value if isinstance(value, list) else [value] for name, value in changes.items() if value}
        kept = {name: values for name, values in self.parameters.items() if name not in changes}
        left = {**kept, **changed}
        return urlencode({name: left[name] for name in PARAMETERS if name in left}, doseq=True)

    def query_of_selection(self, **changes: Any) -> str:
        """The same without what only orders or shows the list."""
        return self.query_with(sort=None, view=None, **changes)

    @cached_property
    def selection_query(self) -> str:
        return self.query_of_selection()

    def query_without(self, **values: str | None) -> str:
        """The query string without these values (`topic="housing"`) or whole parameters (`near=None`)."""
        left = {
            name: [other for other in self.parameters.get(name, []) if value is not None and other != value]
            for name, value in values.items()
        }
        return self.query_with(**left)

    @cached_property
    def search_hits(self) -> search.Hits | None:
        """Hits of the search text; None if there is none, or no word in it."""
        hits = search.find(self.q, self.index.version) if self.q else None
        return None if hits is None or hits.is_empty else hits

    @property
    def suggestion(self) -> str:
        """The nearest spelling that was searched for instead."""
        return self.search_hits.suggestion if self.search_hits else ""

    @property
    def expansions(self) -> Mapping[str, Sequence[str]]:
        return self.search_hits.expansions if self.search_hits else {}

    @cached_property
    def selection(self) -> dict[str, Collection[str]]:
        """What the index is asked for; `near` and `like` are the bodies that the leads have to be among."""
        selection: dict[str, Collection[str]] = dict(self.chosen)
        if self.body:
            selection["municipality"] = [self.body.key]
        if self.centre:
            selection["near"] = self.index.labels.within(self.centre.key, self.km)
        if self.like:
            selection["like"] = self.like.leads(self.like_min)
        return selection

    @cached_property
    def result(self) -> Selection:
        hits = self.search_hits.numbers if self.search_hits else None
        return self.index.select(self.selection, hits, self.today)

    @property
    def total(self) -> int:
        return self.result.total

    @cached_property
    def page_of_projects(self) -> FoundPage:
        return cast(FoundPage, ProjectPaginator(self).get_page(self.form.cleaned_data["page"]))

    def numbers_of_page(self, number: int) -> list[int]:
        """Publication numbers of the projects on one page, in order."""
        ranked = self.search_hits.ranked if self.search_hits else ()
        leads = self.like.in_order() if self.like else ()
        return self.result.page(self.sort, ranked, number, self.page_size, leads)

    def projects_with(self, numbers: Sequence[int]) -> list[Project]:
        """These projects in this order, each with why it is here: passage of the search text, likeness, cost."""
        rows = self.queryset.for_listing().number_in(numbers).order_by()
        found = {project.publication_number: project for project in rows}
        projects = [found[number] for number in numbers if number in found]
        text_versions.tell_heads(projects)
        for project in projects:
            project.passage = search.passage(story_of(project), self.search_hits) if self.search_hits else ""
            project.match = self.like.match_of(project.lead.key) if self.like else None
            project.cost_per_person = cost_per_person(project) if self.sort == "cost_per_person" else None
        return projects

    @cached_property
    def facets(self) -> list[Facet]:
        """The panel in order; values that would give nothing are left out of long lists, unless they are chosen."""
        panel = []
        for name, filter_ in self.filters.items():
            if isinstance(filter_, FacetParameter):
                options = self.index.options(name, self.result, self.chosen.get(name, ()))
                shown = [option for option in options if filter_.shows_zeros or option.count or option.selected]
                panel.append(Facet(name, filter_.label, filter_.is_open, shown))
        return panel

    @property
    def open_facets(self) -> list[Facet]:
        return [facet for facet in self.facets if facet.open]

    @property
    def more_facets(self) -> list[Facet]:
        return [facet for facet in self.facets if not facet.open]

    @property
    def more_selected(self) -> bool:
        """Whether something behind „Weitere Filter“ is chosen."""
        closed = {facet.name for facet in self.more_facets}
        return bool(closed & self.chosen.keys()) or self.centre is not None

    @property
    def hidden_parameters(self) -> list[tuple[str, str]]:
        """Parameters that the form has to carry along because it has no field for them."""
        names = ("municipality", *likeness.WEIGHT_PARAMETERS, "sort")
        return [(name, value) for name in names for value in self.parameters.get(name, [])]

    @property
    def tiles(self) -> list[Tile]:
        """The map of the same selection; a tile narrows it to its county."""
        tiles = self.index.tiles(self.result)
        return [replace(tile, url="?" + self.query_with(county=tile.key)) for tile in tiles]

    @cached_property
    def chips(self) -> list[Chip]:
        chips = []
        for name, values in self.parameters.items():
            label = self.filters[name].label if name in self.filters else ""
            if name in self.chosen:
                texts = self.index.labels.choices[name]
                chips += [Chip(label, texts[value], "?" + self.query_without(**{name: value})) for value in values]
            elif name == "q":
                chips.append(Chip(label, _("„%(text)s“") % {"text": self.q}, "?" + self.query_without(q=None)))
            elif name == "municipality" and self.body:
                chips.append(Chip(label, self.body.display_name, "?" + self.query_without(municipality=None)))
            elif name == "near" and self.centre:
                text = _("%(km)d km um %(place)s") % {"km": self.km, "place": self.centre.display_name}
                chips.append(Chip(label, text, "?" + self.query_without(near=None, km=None)))
        return chips + self._like_chips

    @property
    def _like_chips(self) -> list[Chip]:
        """One for the body, one for the view that was chosen, one for all weights of the reader's own."""
        if self.like is None:
            return []
        labels = {name: self.filters[name].label for name in ("like", "like_view")}
        values = {"name": self.like.body.display_name, "least": likeness.MINIMUMS[self.like_min]}
        chips = [Chip(labels["like"], _("wie %(name)s, %(least)s") % values, self.url_without(likeness.PARAMETERS))]
        if VIEW_PARAMETER in self.parameters:
            chips.append(Chip(labels["like_view"], self.like.view_label, self.url_without((VIEW_PARAMETER,))))
        if self.like.weights.changed:
            weights = _("eigene Gewichte")
            chips.append(Chip(labels["like"], weights, self.url_without(likeness.WEIGHT_PARAMETERS)))
        return chips

    def url_without(self, names: Collection[str]) -> str:
        return "?" + self.query_without(**dict.fromkeys(names))

    @property
    def least_label(self) -> str | Promise:
        return likeness.MINIMUMS[self.like_min]

    @cached_property
    def comparable_url(self) -> str:
        """The page that explains this likeness, with the same weights."""
        if self.like is None:
            return ""
        url = reverse("projects:comparable", args=[self.like.body.key, self.like.body.slug])
        query = urlencode(self.like.weights.as_query())
        return f"{url}?{query}" if query else url

    @cached_property
    def cost_gaps(self) -> tuple[int, int]:
        """How many of these projects have no cost per person, and how many have one for a month only."""
        known = self.index.bitmaps.get("cost_per_person", {})
        has_one = self.result.numbers & BitMap.union(BitMap(), *known.values())
        monthly = BitMap.union(BitMap(), *(numbers for value, numbers in known.items() if is_of_a_month(value)))
        return self.total - len(has_one), len(has_one & monthly)

    @property
    def sort_options(self) -> list[SortOption]:
        return [
            SortOption(
                sort,
                SORTS[sort],
                sort == self.sort,
                "?" + self.query_with(sort=sort if sort != self.orders[0] else None),
            )
            for sort in self.orders
        ]

    @cached_property
    def ways_on(self) -> list[WayOn]:
        return ways_on(self)

    def total_with(self, **leads: Collection[str]) -> int:
        """How many projects there would be with other bodies chosen by `near` or `like`."""
        hits = self.search_hits.numbers if self.search_hits else None
        return self.index.select({**self.selection, **leads}, hits, self.today).total


# In this order they stand in every address.
PARAMETERS = tuple(
    name
    for declared in ProjectFilter.base_filters
    for name in ((declared, *likeness.WEIGHT_PARAMETERS) if declared == VIEW_PARAMETER else (declared,))
)
# Made once: forms copy their fields anyway.
PROJECT_FORM = type(
    "ProjectForm", (QueryForm,), {name: each.field for name, each in ProjectFilter.base_filters.items()}
)


def multi_valued(data: Mapping[str, Any]) -> MultiValueDict:
    """A query string, or a plain mapping of values and lists of values, in the shape of the first."""
    if isinstance(data, MultiValueDict):
        return data
    values = {name: value if isinstance(value, list | tuple) else [value] for name, value in data.items()}
    return MultiValueDict({name: [str(single) for single in several] for name, several in values.items()})


def story_of(project: Project) -> list[str]:
    """The texts in which a passage is looked for, the summary first."""
    texts = (project.summary, project.initial_situation, project.goals, project.approach, project.results)
    return [text for text in (*texts, project.steps, project.lessons) if text]
