"""Any selection of projects as an Atom feed."""

import hashlib
from datetime import UTC, datetime, time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from projects import feeds
from projects.filters import ProjectFilter
from projects.models import Project

from .index_state import index_of

FORM = 1  # raise it with every change of what an entry says: readers then fetch the feed anew


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """Conditional requests are answered from the version of the index alone, which every publication raises."""
    filterset = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    query = filterset.selection_query
    changed_at = _changed_at(filterset)
    etag = quote_etag(hashlib.sha256(f"{FORM} {changed_at.timestamp()} {query}".encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag, last_modified=int(changed_at.timestamp()))
    if response is None:
        page = settings.SITE_URL + reverse("projects:list") + (f"?{query}" if query else "")
        here = settings.SITE_URL + reverse("projects:feed") + (f"?{query}" if query else "")
        text = feeds.atom(filterset, page=page, here=here, changed_at=changed_at)
        response = HttpResponse(text, content_type="application/atom+xml; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(changed_at.timestamp())
    response.headers["Cache-Control"] = "max-age=900"
    return response


def _changed_at(filterset: ProjectFilter) -> datetime:
    """When this selection may last have changed: the index's version is a time; „Aktualität“ moves with the day too."""
    version = datetime.fromtimestamp(filterset.index.version / 1_000_000, tz=UTC)
    if "confirmed" not in filterset.chosen:
        return version
    midnight = timezone.make_aware(datetime.combine(filterset.today, time.min))
    return max(version, midnight)
