"""Pages about the portal itself: legal notices, accessibility, data sources, taking part, reporting a barrier."""

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from municipalities.clean_fields import clean_line, has_control_characters
from municipalities.indicators import ATTRIBUTION, INDICATORS
from projects import feedback, limits, retention, typed_texts
from projects.forms import BarrierReportForm
from projects.models import BarrierReport, FruitlessSearch, Letter, Page, PageText, Subscription
from projects.models.feedback import PAGE_LENGTH

from . import open_forms
from .methods import get_or_post

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


def with_text(page: Page) -> dict[str, object]:
    """For pages above whose text the moderators can put one of their own."""
    return {"operator": operator(), "page_text": PageText.objects.on(page)}


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
            "backup_days": settings.BACKUP_KEEP_DAYS,
            "report_days": BarrierReport.RETENTION_DAYS,
            "relay_days": Letter.RELAYED_DAYS,
            "letter_days": Letter.TEXT_DAYS,
            "typed_days": typed_texts.KEPT_DAYS,
            "subscription_days": Subscription.CONFIRM_WITHIN.days,
            "subscribed_days": Letter.SUBSCRIBED_DAYS,
            "typed_hours": typed_texts.KEPT_HOURS,
            "unconfirmed_days": retention.UNCONFIRMED_DAYS,
            "session_hours": settings.SESSION_COOKIE_AGE // 3600,
            "limit_minutes": limits.HOUR // 60,
            "search_days": FruitlessSearch.KEPT_FOR.days,
            "search_times": FruitlessSearch.SHOWN_FROM,
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
    return render(request, "pages/easy_language.html", with_text(Page.EASY_LANGUAGE))


@require_safe
def sign_language(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/sign_language.html", with_text(Page.SIGN_LANGUAGE))


@require_safe
def data_sources(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pages/data_sources.html",
        {"attribution": ATTRIBUTION, "indicators": INDICATORS, "operator": operator(), "site_url": settings.SITE_URL},
    )


@require_safe
def contribute(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/contribute.html", with_text(Page.CONTRIBUTE))


@csrf_exempt  # as open_forms explains
@get_or_post
def report_barrier(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if "gesendet" in request.GET:
            return render(request, "pages/barrier_reported.html", {})
        form = BarrierReportForm(initial={"page": reported_page(request)})
        return render(request, "pages/report_barrier.html", {"form": form, "operator": operator()})
    form = BarrierReportForm(request.POST)
    status = open_forms.check(request, form, feedback.take_turn)
    if form.is_valid():
        feedback.accept(form.save(commit=False))
        return redirect(reverse("projects:report_barrier") + "?gesendet=1")
    return render(request, "pages/report_barrier.html", {"form": form, "operator": operator()}, status=status)


def reported_page(request: HttpRequest) -> str:
    """The address that the link „Barriere melden“ brought along; anything that could not be stored is dropped."""
    page = clean_line(request.GET.get("seite", ""))[:PAGE_LENGTH]
    return "" if has_control_characters(page) else page
