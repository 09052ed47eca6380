"""What forms share that everybody may send, without an account and without a cookie.

They carry no token, because the token is a cookie and readers get none. Nothing is lost: such a form acts for nobody,
whether signed in or not, so there is no right that another site could abuse through a visitor's browser. Posts that a
browser marks as coming from another site are refused all the same.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from .methods import get_or_post


def check(request: HttpRequest, form: BaseForm, take_turn: Callable[[str], bool]) -> int:
    """Adds to the form why it is not accepted, if so, and returns the status of the answer that shows it.

    `take_turn` gets the visitor's IP address; it is asked only about a form without mistakes.
    """
    if is_from_another_site(request):
        form.add_error(
            None, _("Diese Eingabe kam von einer fremden Internetseite. Prüfen Sie sie und senden Sie sie von hier.")
        )
        return 403
    if form.is_valid() and not take_turn(client_address(request)):
        form.add_error(
            None, _("Das waren viele Nachrichten in kurzer Zeit. Bitte senden Sie diese in einer Stunde noch einmal.")
        )
        return 429
    return 200


def relayed(
    request: HttpRequest,
    form_class: type[BaseForm],
    *,
    pages: tuple[str, str],
    context: dict[str, Any],
    here: str,
    take_turn: Callable[[str, str], bool],
    send: Callable[[Any], None],
) -> HttpResponse:
    """A form whose text goes on to somebody: shown, sent, or shown again with what is wrong.

    `pages` are the templates of the form and of the thanks; `take_turn` gets the sender's mail and IP address, `send`
    the form's message.
    """
    form_page, thanks = pages
    if request.method != "POST":
        if "gesendet" in request.GET:
            return render(request, thanks, context)
        return render(request, form_page, {**context, "form": form_class()})
    form: Any = form_class(request.POST)
    status = check(request, form, lambda address: take_turn(form.cleaned_data["sender"], address))
    if form.is_valid():
        send(form.message)
        return redirect(f"{here}?gesendet=1")
    return render(request, form_page, {**context, "form": form}, status=status)


def opened_by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page whose signed address is what allows the answer: never kept, and not to be found by searching.

    No other site knows the address, and a token would need a cookie.
    """

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(never_cache(get_or_post(wrapped)))


def is_from_another_site(request: HttpRequest) -> bool:
    """What the browser says (https://www.w3.org/TR/fetch-metadata/); one that says nothing is let through."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return bool(origin) and origin not in (f"{request.scheme}://{request.get_host()}", settings.SITE_URL)


def client_address(request: HttpRequest) -> str:
    """The visitor's IP address behind as many proxies as the settings trust; "" where there is none, as on a socket."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return ""
