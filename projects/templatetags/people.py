"""How templates show what belongs to a person's account."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# The first that occurs counts: Edge calls itself Chrome too, and Chrome calls itself Safari.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent: str) -> str:
    """Browser and system that a browser claims to be; the whole claim where neither is known."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if browser and system:
        return _("%(browser)s unter %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent or _("unbekannter Browser")
