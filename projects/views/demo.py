"""The page of the demo that shows the letters it would have sent; it exists only with DEMO on one's own computer."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.models import Letter

LETTERS = 20


@require_safe
@never_cache
def letters(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    page = Paginator(Letter.objects.all(), LETTERS).get_page(request.GET.get("page"))
    return render(request, "pages/demo_letters.html", {"page": page})
