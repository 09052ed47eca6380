"""Numbers for Prometheus, for whoever has the operator's token; to everybody else this page does not exist."""

from itertools import accumulate

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects import vitals

from . import request_counts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Requests of all workers, and what the database says; the former also while the database is down."""
    sent = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    lines = [*_requests(), *_durations(), *_vitals()]
    return HttpResponse("\n".join([*lines, ""]), content_type=CONTENT_TYPE)


def _requests() -> list[str]:
    lines = ["# TYPE mosaik_requests_total counter"]
    for area in request_counts.AREAS:
        by_status, _by_duration, _seconds = request_counts.totals(area)
        for status, count in zip([*request_counts.STATUSES, "other"], by_status, strict=True):
            if count:
                lines.append(f'mosaik_requests_total{{area="{area}",status="{status}"}} {count}')
    return lines


def _durations() -> list[str]:
    """Until the answer begins; how long a download then takes is the visitor's line."""
    name, lines = "mosaik_request_seconds", ["# TYPE mosaik_request_seconds histogram"]
    for area in request_counts.AREAS:
        _by_status, by_duration, seconds = request_counts.totals(area)
        for limit, count in zip([*request_counts.LIMITS, "+Inf"], accumulate(by_duration), strict=True):
            lines.append(f'{name}_bucket{{area="{area}",le="{limit}"}} {count}')
        lines.append(f'{name}_sum{{area="{area}"}} {seconds:.6f}')
        lines.append(f'{name}_count{{area="{area}"}} {sum(by_duration)}')
    return lines


def _vitals() -> list[str]:
    try:
        found = {"database_up": 1, **vitals.numbers()}
    except Error:
        found = {"database_up": 0}
    return [text for name, value in found.items() for text in (f"# TYPE mosaik_{name} gauge", f"mosaik_{name} {value}")]
