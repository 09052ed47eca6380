"""What the frame of every page needs: style sheets and the main navigation."""

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integration_portal.storage import BUNDLE, SHEETS, BundlingStorage

register = template.Library()


@register.simple_tag
def stylesheets() -> SafeString:
    """One link where static files were collected, else one for each sheet as it lies in the folder."""
    is_collected = isinstance(staticfiles_storage, BundlingStorage) and not settings.DEBUG
    names = (BUNDLE,) if is_collected else SHEETS
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', ((static(name),) for name in names))


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, view: str, label: str) -> SafeString:
    """A link of the main navigation; marked where the visitor is in that part of the portal."""
    url = reverse(view)
    request = context.get("request")
    here = request.path if request is not None else ""
    current = "page" if here == url else "true" if here.startswith(url) else ""
    mark = format_html(' aria-current="{}"', current) if current else ""
    return format_html('<a href="{}"{}>{}</a>', url, mark, label)
