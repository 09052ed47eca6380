"""The head of a page for whoever passes its link on: its one address, and title, text and picture of the preview."""

from html import unescape

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from projects.languages import without_language

from .languages import alternates

register = template.Library()

WIDTH, HEIGHT = 1200, 630  # of every preview picture
OG_LOCALES = {"en": "en_GB", "ar": "ar_AR", "uk": "uk_UA"}
_PROPERTIES = {
    "type": "{kind}",
    "site_name": "Integrationsmosaik",
    "locale": "{locale}",
    "url": "{address}",
    "title": "{title}",
    "description": "{description}",
    "image": "{image}",
    "image:width": WIDTH,
    "image:height": HEIGHT,
}
# Texts for every page, one with a description and one without: putting them together anew took as long as a query.
_SHARED = {
    has_description: "".join(
        (
            '<link rel="canonical" href="{address}">{elsewhere}',
            *(
                f'<meta property="og:{name}" content="{value}">'
                for name, value in _PROPERTIES.items()
                if has_description or name != "description"
            ),
            '<meta name="twitter:card" content="summary_large_image">',
        )
    )
    for has_description in (True, False)
}


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
    return format_html(
        _SHARED[bool(context["kept_description"])],
        kind=kind,
        address=settings.SITE_URL + path,
        elsewhere=alternates(without_language(path), match.view_name),
        locale=OG_LOCALES.get(get_language() or "", "de_DE"),
        title=context["kept_title"],
        description=context["kept_description"],
        image=settings.SITE_URL + (picture or static("img/share.png")),
    )
