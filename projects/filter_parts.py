"""What pages get from a ProjectFilter, as plain data, and where they lead on when a selection gives nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject, cached_property
from django.utils.translation import gettext as _

from . import likeness
from .labels import Option

if TYPE_CHECKING:
    from .filters import ProjectFilter

PAGE_SIZE = 24
PAGE_SIZE_WITH_REASONS = 20  # cards that tell why they are there take more of a page's 15 KB
PAGE_SIZE_WITH_MAP = 16  # and so does the map
DISTANCES = (30, 50, 100)  # kilometres


class Facet(NamedTuple):
    name: str
    label: str | Promise
    open: bool
    options: list[Option]


class Chip(NamedTuple):
    """One thing that was chosen; `url` leads to the same selection without it."""

    facet_label: str | Promise
    label: str | Promise
    url: str


class SortOption(NamedTuple):
    value: str
    label: str | Promise
    selected: bool
    url: str


class WayOn(NamedTuple):
    """A selection near this one that gives something."""

    label: str
    total: int
    url: str


class ProjectPage(Page):
    """A page of projects with a short list of page numbers around it."""

    gap = Paginator.ELLIPSIS

    @property
    def page_range(self) -> Iterator[int | str]:
        return self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1)


class LongPaginator(Paginator):
    """With a short list of page numbers around the one that is shown."""

    def _get_page(self, *args, **kwargs) -> ProjectPage:
        return ProjectPage(*args, **kwargs)


class FoundPage(ProjectPage):
    """A page of what a ProjectFilter finds: numbers of projects, which are read only if somebody wants them."""

    def __init__(self, filterset: "ProjectFilter", number: int, paginator: Paginator) -> None:
        self.filterset, self.numbers = filterset, filterset.numbers_of_page(number)
        super().__init__(SimpleLazyObject(lambda: filterset.projects_with(self.numbers)), number, paginator)

    @cached_property
    def address(self) -> str:
        """The one path of this page of the selection: neither its order nor the view of it makes another."""
        query = self.filterset.query_of_selection(page=str(self.number) if self.number > 1 else None)
        return reverse("projects:list") + (f"?{query}" if query else "")


class ProjectPaginator(Paginator):
    """Pages of what a ProjectFilter finds."""

    def __init__(self, filterset: "ProjectFilter") -> None:
        super().__init__([], filterset.page_size)
        self.filterset = filterset

    @property
    def count(self) -> int:
        return self.filterset.total

    def page(self, number: int | str) -> FoundPage:
        return FoundPage(self.filterset, self.validate_number(number), self)


def ways_on(asked: "ProjectFilter") -> list[WayOn]:
    """Each part that could be dropped, wider circles, bodies that are less alike; those that give most come first."""
    ways = [*_without_a_part(asked), *_wider_circles(asked), *_among_other_bodies(asked)]
    return sorted((way for way in ways if way.total), key=lambda way: -way.total)


def _without_a_part(asked: "ProjectFilter") -> Iterator[WayOn]:
    together = {"near": ("near", "km"), "like": likeness.PARAMETERS}
    for name in asked.result.chosen:
        label = _("Ohne „%(filter)s“") % {"filter": asked.filters[name].label}
        yield WayOn(label, len(asked.result.without(name)), asked.url_without(together.get(name, (name,))))


def _wider_circles(asked: "ProjectFilter") -> Iterator[WayOn]:
    for km in DISTANCES:
        if asked.centre and km > asked.km:
            total = asked.total_with(near=asked.index.labels.within(asked.centre.key, km))
            yield WayOn(_("Im Umkreis von %(km)d km") % {"km": km}, total, "?" + asked.query_with(km=str(km)))


def _among_other_bodies(asked: "ProjectFilter") -> Iterator[WayOn]:
    """Bodies that are less alike, and for a municipality those that are like its Samtgemeinde or its county."""
    like = asked.like
    if like is None:
        return
    for least, words in likeness.MINIMUMS.items():
        if least < asked.like_min:
            label = _("Wie %(name)s: %(least)s") % {"name": like.body.display_name, "least": words}
            total = asked.total_with(like=like.leads(least))
            usual = least == likeness.DEFAULT_MINIMUM
            yield WayOn(label, total, "?" + asked.query_with(like_min=None if usual else str(least)))
    for above in likeness.above(like):
        label = _("Wie %(name)s") % {"name": above.body.display_name}
        total = asked.total_with(like=above.leads(asked.like_min))
        yield WayOn(label, total, "?" + asked.query_with(like=above.body.key))
