"""The style sheets that every page has."""

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from integration_portal.storage import BUNDLE, SHEETS, BundlingStorage

register = template.Library()


@register.simple_tag
def stylesheets() -> SafeString:
    """One link where static files were collected, else one for each sheet as it lies in the folder."""
    is_collected = isinstance(staticfiles_storage, BundlingStorage) and not settings.DEBUG
    names = (BUNDLE,) if is_collected else SHEETS
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', ((static(name),) for name in names))
