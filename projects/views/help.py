"""The handbooks: how to find, how to submit, how to release; their pictures come from `make pictures`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "help/overview.html")


@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    return render(request, "help/reading.html")


@require_safe
def submitting(request: HttpRequest) -> HttpResponse:
    return render(request, "help/submitting.html")


@require_safe
def moderating(request: HttpRequest) -> HttpResponse:
    return render(request, "help/moderating.html")
