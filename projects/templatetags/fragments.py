"""Parts of pages that are kept for all readers; see projects/fragments.py."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString

from projects.cards import cards_of, facts_of
from projects.facet_panel import panel
from projects.fragments import Shelf

register = template.Library()

_parts: Shelf[SafeString] = Shelf(512)


class OnceNode(template.Node):
    """Renders what it contains once for all readers, and every time for people who are signed in."""

    def __init__(self, name: str, varies: list[FilterExpression], nodelist: NodeList) -> None:
        self.name, self.varies, self.nodelist = name, varies, nodelist

    def render(self, context: Context) -> SafeString:
        user = getattr(getattr(context, "request", None), "user", None)  # also where a partial knows no user
        if user is None or not user.is_anonymous:  # None: an error page that is drawn before anybody asks who it is for
            return self.nodelist.render(context)
        varies = (each.resolve(context, ignore_failures=True) for each in self.varies)
        return _parts.get_or_make(lambda: self.nodelist.render(context), self.name, *varies)


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """{% once "base.foot" value … %}…{% endonce %}: the same for everybody as long as these values are the same."""
    name, *varies = token.split_contents()[1:]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(name.strip("\"'"), [parser.compile_filter(each) for each in varies], nodelist)


@register.filter
def place(request: HttpRequest) -> str:
    """Which address of the portal this is, whatever its keys are; of an unknown one the path."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else request.path


register.simple_tag(cards_of)
register.simple_tag(facts_of)
register.simple_tag(panel, name="facet_panel")
