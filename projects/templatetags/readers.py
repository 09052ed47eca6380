"""What pages offer beside a selection or a project: its feed, new projects by e-mail, the Merkliste."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from projects.filters import ProjectFilter

register = template.Library()


@register.simple_tag
def selection_url(view: str, filterset: ProjectFilter) -> str:
    """The address of a page about the same selection of projects."""
    query = filterset.selection_query
    return reverse(view) + (f"?{query}" if query else "")


@register.simple_tag
def feed_link(query: str = "") -> SafeString:
    """For the head of a page: where feed readers find these projects; `query` as in `topic=housing`."""
    return format_html(
        '<link rel="alternate" type="application/atom+xml" title="{}" href="{}{}">',
        _("Neue Projekte zu dieser Auswahl"),
        reverse("projects:feed"),
        f"?{query}" if query else "",
    )


@register.simple_tag
def feed_link_of(filterset: ProjectFilter) -> SafeString:
    return feed_link(filterset.selection_query)


@register.simple_tag
def feed_link_for(body: Municipality) -> SafeString:
    """Of a municipality and its members."""
    return feed_link(f"municipality={body.key}")
