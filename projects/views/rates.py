"""How often one visitor may fetch what costs work; beyond that 429 with the time to wait."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from projects.limits import Window, household

from .open_forms import client_address

View = Callable[..., HttpResponse]


def limited(window: Window, *, as_json: bool = False) -> Callable[[View], View]:
    """Lets each household use the view as often as `window` says."""

    def decorator(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            caller = household(client_address(request))
            return view(request, *args, **kwargs) if window.take_turn(caller) else too_many(request, window, as_json)

        return wrapper

    return decorator


def too_many(request: HttpRequest, window: Window, as_json: bool) -> HttpResponse:
    response: HttpResponse
    if as_json:
        message = _("Zu viele Anfragen in kurzer Zeit. Bitte warten Sie.")
        response = JsonResponse({"error": message}, status=429)
    else:
        response = render(request, "429.html", status=429)
    response["Retry-After"] = str(window.seconds)
    return response
