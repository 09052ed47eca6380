"""Pages about the portal itself: legal notices, accessibility, data sources, taking part, reporting a barrier."""

from datetime import date

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from municipalities.indicators import ATTRIBUTION, INDICATORS
from projects import feedback
from projects.forms import BarrierReportForm, clean_line, has_control_characters
from projects.models import BarrierReport
from projects.models.feedback import PAGE_LENGTH

# The day on which these texts were last compared with the software; change it with them.
ACCESSIBILITY_CHECKED_ON = date(2026, 11, 22)
PRIVACY_WRITTEN_ON = date(2026, 11, 22)


def operator() -> dict[str, str]:
    """What only the operator knows, from the settings; a deploy check refuses the placeholders."""
    return {
        "name": settings.OPERATOR_NAME,
        "address": settings.OPERATOR_ADDRESS,
        "representative": settings.OPERATOR_REPRESENTATIVE,
        "email": settings.OPERATOR_EMAIL,
        "phone": settings.OPERATOR_PHONE,
        "content_responsible": settings.CONTENT_RESPONSIBLE,
    }


@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/imprint.html", {"operator": operator()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pages/privacy.html",
        {
            "operator": operator(),
            "dpo_email": settings.DPO_EMAIL,
            "log_days": settings.LOG_RETENTION_DAYS,
            "report_days": BarrierReport.RETENTION_DAYS,
            "limit_minutes": feedback.LIMIT_SECONDS // 60,
            "written_on": PRIVACY_WRITTEN_ON,
        },
    )


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pages/accessibility.html",
        {
            "operator": operator(),
            "site_url": settings.SITE_URL,
            "arbitration_url": settings.ARBITRATION_URL,
            "checked_on": ACCESSIBILITY_CHECKED_ON,
        },
    )


@require_safe
def easy_language(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/easy_language.html", {"operator": operator()})


@require_safe
def sign_language(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/sign_language.html", {"operator": operator()})


@require_safe
def data_sources(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pages/data_sources.html",
        {"attribution": ATTRIBUTION, "indicators": INDICATORS, "operator": operator(), "site_url": settings.SITE_URL},
    )


@require_safe
def contribute(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/contribute.html", {"operator": operator()})


# Without a token, because the token is a cookie and readers get none. Nothing is lost: the form acts for nobody,
# whether signed in or not, so there is no right that another site could abuse through a visitor's browser. Posts that
# a browser marks as coming from another site are refused all the same.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report_barrier(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if "gesendet" in request.GET:
            return render(request, "pages/barrier_reported.html", {})
        form = BarrierReportForm(initial={"page": reported_page(request)})
        return render(request, "pages/report_barrier.html", {"form": form, "operator": operator()})
    form = BarrierReportForm(request.POST)
    status = 200
    if is_from_another_site(request):
        form.add_error(
            None, _("Diese Eingabe kam von einer fremden Internetseite. Prüfen Sie sie und senden Sie sie von hier.")
        )
        status = 403
    elif form.is_valid() and not feedback.take_turn(client_address(request)):
        form.add_error(
            None, _("Das waren viele Meldungen in kurzer Zeit. Bitte senden Sie diese in einer Stunde noch einmal.")
        )
        status = 429
    elif form.is_valid():
        feedback.accept(form.save(commit=False))
        return redirect(reverse("projects:report_barrier") + "?gesendet=1")
    return render(request, "pages/report_barrier.html", {"form": form, "operator": operator()}, status=status)


def reported_page(request: HttpRequest) -> str:
    """The address that the link „Barriere melden“ brought along; anything that could not be stored is dropped."""
    page = clean_line(request.GET.get("seite", ""))[:PAGE_LENGTH]
    return "" if has_control_characters(page) else page


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
