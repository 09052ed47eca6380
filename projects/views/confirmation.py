"""The page behind the link „Ist das noch aktuell?“: reading changes nothing, a button answers, nobody signs in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from projects import confirmation


def not_for_search_engines(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever finds the link may answer, so nobody should find it by searching."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


ANSWERS = {"yes": True, "ended": False}


# The signed link itself is what allows the answer, and no other site knows it; a token would need a cookie.
@csrf_exempt
@never_cache
@not_for_search_engines
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    question = confirmation.read(token)
    if question is None:
        return render(request, "projects/confirmation_gone.html", {}, status=410)
    if request.method == "POST":
        if (answer := request.POST.get("answer")) not in ANSWERS:
            return redirect(request.path)
        is_new = confirmation.answer(question, still_true=ANSWERS[answer])
        context = {"project": question.project, "answer": answer, "is_new": is_new}
        return render(request, "projects/confirmation_done.html", context)
    return render(
        request, "projects/confirmation.html", {"project": question.project, "is_answered": question.is_answered}
    )
