"""The facets of the filter panel as HTML, joined from options that are kept; only counts are new in each request."""

from collections.abc import Iterable

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from .facets import Option
from .filter_parts import Facet
from .fragments import SLOT, Shelf

# By facet and value, whether the option is chosen and whether it gives nothing: what stands before and after its count.
Options = dict[tuple[str, str, bool, bool], tuple[str, str]]

_options: Shelf[Options] = Shelf(8)
_frames: Shelf[tuple[str, str]] = Shelf(256)


def panel(facets: Iterable[Facet], version: int) -> SafeString:
    """The facets that have options, each as projects/_facet.html shows it. Labels are those of this index version."""
    options = _options.get_or_make(dict, version)
    pieces: list[str] = []
    for facet in facets:
        if facet.options:
            before, after = _frames.get_or_make(lambda facet=facet: _frame(facet), version, facet.name)
            pieces.append(before)
            for option in facet.options:
                key = facet.name, option.value, option.selected, not option.count
                around = options.get(key) or options.setdefault(key, _option(facet.name, option))
                pieces += around[0], str(option.count), around[1]
            pieces.append(after)
    return mark_safe("".join(pieces))  # noqa: S308 - all of it comes from templates


def _frame(facet: Facet) -> tuple[str, str]:
    before, after = get_template("projects/_facet.html").render({"label": facet.label, "options": SLOT}).split(SLOT)
    return before, after


def _option(facet: str, option: Option) -> tuple[str, str]:
    context = {"facet": facet, "option": option, "count": SLOT}
    before, after = get_template("projects/_facet_option.html").render(context).split(SLOT)
    return before, after
