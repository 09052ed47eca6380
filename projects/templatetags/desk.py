"""Template side of the desk: what waits, and what changed inside a text."""

from datetime import timedelta
from difflib import SequenceMatcher
from re import findall
from typing import Any

from django import template
from django.db.models import Min
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from municipalities.models import Membership, MembershipState
from projects import access, vitals
from projects.models import Adoption, BarrierReport, Enquiry, Letter, LinkCheck, Project, Status, TextVersion

register = template.Library()

LATE = timedelta(hours=1)  # a letter that is due for longer is stuck
MOST_WORDS = 3000


@register.simple_tag(takes_context=True)
def desk_overview(context: dict[str, Any]) -> dict[str, Any]:
    """What waits for the desk: numbers and the day of the oldest; people and letters only for administrators."""
    request: HttpRequest = context["request"]
    if not access.can_moderate(request.user):
        return {}
    now = timezone.now()
    waiting = Project.objects.filter(status=Status.SUBMITTED)
    oldest = waiting.aggregate(oldest=Min("submitted_at"))["oldest"]
    overview = {
        "waiting": waiting.count(),
        "oldest": oldest,
        "oldest_days": (now - oldest).days if oldest else 0,
        "adoptions": Adoption.objects.waiting().count(),
        "enquiries": Enquiry.objects.waiting().count(),
        "text_versions": TextVersion.objects.waiting().count(),
        "barriers": BarrierReport.objects.filter(is_done=False).count(),
        "dead_links": LinkCheck.objects.dead().count(),
    }
    if access.is_administrator(request.user):
        overview["is_administrator"] = True
        overview["dead_letters"] = Letter.objects.dead().count()
        overview["late_letters"] = Letter.objects.due(now - LATE).count()
        overview["backup"] = vitals.last_backup()
        overview["is_backup_old"] = vitals.is_backup_old(now)
        overview["requests"] = Membership.objects.filter(state=MembershipState.ASKED, user__is_active=True).count()
    return overview


@register.simple_tag
def marked_changes(old: str, new: str) -> dict[str, SafeString]:
    """Both texts with the words that went and came marked."""
    before, after = findall(r"\S+|\s+", old), findall(r"\S+|\s+", new)
    if not before or not after or len(before) + len(after) > MOST_WORDS:
        return {"old": format_html("{}", old), "new": format_html("{}", new)}
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return {
        "old": _marked("del", ((tag != "equal", "".join(before[a:b])) for tag, a, b, _c, _d in opcodes)),
        "new": _marked("ins", ((tag != "equal", "".join(after[c:d])) for tag, _a, _b, c, d in opcodes)),
    }


def _marked(element: str, pieces: Any) -> SafeString:
    marked = SafeString(f"<{element}>{{}}</{element}>")
    return format_html_join(
        "", "{}", ((format_html(marked, text) if is_changed else text,) for is_changed, text in pieces if text)
    )
