"""The facets of the filter panel as HTML, joined from options that are kept; only counts are new in each request."""

from collections.abc import Iterable

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from .filter_parts import Facet
from .fragments import SLOT, Shelf
from .labels import Option

# By facet: what stands before and after its options. By facet and value, whether the option is chosen and whether it
# gives nothing: what stands before and after its count.
Pieces = dict[tuple[str] | tuple[str, str, bool, bool], tuple[str, str]]

_pieces: Shelf[Pieces] = Shelf(8)


def panel(facets: Iterable[Facet], version: int) -> SafeString:
    """The facets that have options, each as projects/_facet.html shows it. Labels are those of this index version."""
    known = _pieces.get_or_make(dict, version)
    html: list[str] = []
    for facet in facets:
        if facet.options:
            before, after = known.get((facet.name,)) or known.setdefault((facet.name,), _frame(facet))
            html.append(before)
            for option in facet.options:
                key = facet.name, option.value, option.selected, not option.count
                around = known.get(key) or known.setdefault(key, _option(facet.name, option))
                html += around[0], str(option.count), around[1]
            html.append(after)
    return mark_safe("".join(html))  # noqa: S308 - all of it comes from templates


def _frame(facet: Facet) -> tuple[str, str]:
    before, after = get_template("projects/_facet.html").render({"label": facet.label, "options": SLOT}).split(SLOT)
    return before, after


def _option(facet: str, option: Option) -> tuple[str, str]:
    context = {"facet": facet, "option": option, "count": SLOT}
    before, after = get_template("projects/_facet_option.html").render(context).split(SLOT)
    return before, after
