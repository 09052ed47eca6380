"""The head of a page for whoever passes its link on: its one address, and title, text and picture of the preview."""

from html import unescape
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from projects.filters import ProjectFilter
from projects.languages import without_language

from .languages import alternates

register = template.Library()

WIDTH, HEIGHT = 1200, 630  # of every preview picture
OG_LOCALES = {"en": "en_GB", "ar": "ar_AR", "uk": "uk_UA"}


class KeepNode(template.Node):
    """Writes what it contains, and keeps it under a name for `share`."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: Context) -> SafeString:
        text = self.nodelist.render(context)
        context.dicts[0][f"kept_{self.name}"] = unescape(text).strip()
        return text


@register.tag
def keep(parser: Parser, token: Token) -> KeepNode:
    """{% keep title %}{% block title %}…{% endblock %}{% endkeep %}, because a block cannot be written twice."""
    name = token.split_contents()[1]
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(name, nodelist)


@register.simple_tag
def site_address(path: str) -> str:
    """A path with the public address of the portal before it."""
    return settings.SITE_URL + path


@register.simple_tag
def selection_address(filterset: ProjectFilter, page: Page) -> str:
    """The one path of a page of a selection: neither its order nor the view of it makes another."""
    query = filterset.query_with(view=None, sort=None, page=str(page.number) if page.number > 1 else None)
    return reverse("projects:list") + (f"?{query}" if query else "")


def _page_of(request: HttpRequest) -> str:
    number = request.GET.get("page", "")
    return f"?page={number}" if number.isascii() and number.isdecimal() and number not in ("0", "1") else ""


@register.simple_tag(takes_context=True)
def share(context: Context, path: str = "", picture: str = "", kind: str = "website") -> SafeString:
    """Canonical address and Open Graph; `path` where it is not that of the request. Nothing where links are private."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if match is None or match.app_name != "projects" or "token" in match.kwargs:
        return SafeString("")
    path = path or request.path + _page_of(request)
    address = settings.SITE_URL + path
    properties: dict[str, Any] = {
        "type": kind,
        "site_name": "Integrationsmosaik",
        "locale": OG_LOCALES.get(get_language() or "", "de_DE"),
        "url": address,
        "title": context["kept_title"],
        "description": context["kept_description"],
        "image": settings.SITE_URL + (picture or static("img/share.png")),
        "image:width": WIDTH,
        "image:height": HEIGHT,
    }
    metas = format_html_join(
        "", '<meta property="og:{}" content="{}">', ((name, value) for name, value in properties.items() if value)
    )
    card = SafeString('<meta name="twitter:card" content="summary_large_image">')
    elsewhere = alternates(without_language(path), match.view_name)
    return format_html('<link rel="canonical" href="{}">{}{}{}', address, elsewhere, metas, card)
