"""Gesuche: the public list and pages, answering one, and what the municipality that looks for something does."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from projects import access, enquiries, enquiry_letters, enquiry_matches, relay
from projects.enquiry_forms import AnswerForm, EnquiryForm
from projects.models import Enquiry, EnquiryState, Letter

from . import open_forms
from .methods import get_or_post
from .redirects import moved
from .submission import signed_in

PAGE_SIZE = 24


# --- for everybody


@require_safe
def enquiry_list(request: HttpRequest) -> HttpResponse:
    rows = Enquiry.objects.published(timezone.localdate()).for_listing()
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "enquiries/enquiry_list.html", {"page": page, "days": Enquiry.OPEN_FOR.days})


@require_safe
def enquiry_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    enquiry = public_or_404(pk)
    if not is_open(enquiry):
        return gone(request, enquiry)
    if slug != enquiry.slug:
        return moved(request, enquiry.get_absolute_url())
    return render(
        request,
        "enquiries/enquiry_detail.html",
        {
            "enquiry": enquiry,
            "fits": enquiry_matches.best(enquiry),
            "can_be_answered": bool(enquiry_letters.recipients(enquiry)),
        },
    )


@csrf_exempt  # as open_forms explains
@get_or_post
def answer(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    enquiry = public_or_404(pk)
    if not is_open(enquiry):
        return gone(request, enquiry)
    if not enquiry_letters.recipients(enquiry):
        raise Http404
    here = reverse("projects:answer_enquiry", args=[enquiry.pk, enquiry.slug])
    context = {"enquiry": enquiry, "days": Letter.RELAYED_DAYS, "here": here}
    if slug != enquiry.slug and request.method != "POST":
        return moved(request, here)
    return open_forms.relayed(
        request,
        AnswerForm,
        pages=("enquiries/answer.html", "enquiries/answer_sent.html"),
        context=context,
        here=here,
        take_turn=partial(relay.take_turn_for_enquiry, enquiry),
        send=partial(relay.send_answer, enquiry),
    )


def public_or_404(pk: int) -> Enquiry:
    """A Gesuch that was public once."""
    once = Enquiry.objects.filter(state__in=(EnquiryState.PUBLISHED, EnquiryState.CLOSED), published_at__isnull=False)
    rows = once.select_related("municipality__county", "created_by").prefetch_related("topics", "target_groups")
    return get_object_or_404(rows, pk=pk)


def is_open(enquiry: Enquiry) -> bool:
    return enquiry.state == EnquiryState.PUBLISHED and enquiry.expires_on >= timezone.localdate()


def gone(request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
    context = {"enquiry": enquiry, "ran_out": enquiries.ran_out(enquiry)}
    return render(request, "enquiries/gone.html", context, status=410)


# --- for the municipality that looks for something


@require_safe
@signed_in
def my_enquiries(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = list(Enquiry.objects.belonging_to(request.user).select_related("municipality").order_by("-created_at"))
    for row in rows:
        row.can_be_extended, row.is_open = enquiries.can_be_extended(row, today), is_open(row)
    context = {"enquiries": rows, "can_submit": access.can_submit_for(request.user)}
    return render(request, "enquiries/my_enquiries.html", context)


@get_or_post
@signed_in
def new_enquiry(request: HttpRequest) -> HttpResponse:
    bodies = access.municipalities_of(request.user).with_projects_possible()
    if not bodies:
        return render(request, "submission/no_municipality.html", {})
    form = EnquiryForm(request.POST if request.method == "POST" else None, bodies=bodies)
    if form.is_bound and form.is_valid():
        enquiries.post(form.body, by=request.user, values=form.values)
        messages.success(request, _("Vielen Dank! Die Moderation liest Ihr Gesuch und gibt es dann frei."))
        return redirect("projects:my_enquiries")
    return render(request, "enquiries/edit.html", {"form": form, "enquiry": None, "days": Enquiry.OPEN_FOR.days})


@get_or_post
@signed_in
def edit_enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """As long as it is not public: what waits, or was rejected."""
    own = Enquiry.objects.belonging_to(request.user).filter(state__in=enquiries.EDITABLE)
    enquiry = get_object_or_404(own.select_related("municipality"), pk=pk)
    form = EnquiryForm(
        request.POST if request.method == "POST" else None, bodies=[enquiry.municipality], enquiry=enquiry
    )
    if form.is_bound and form.is_valid():
        try:
            enquiries.change(enquiry, by=request.user, values=form.values)
        except enquiries.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Gespeichert. Die Moderation liest das Gesuch und gibt es dann frei."))
            return redirect("projects:my_enquiries")
    return render(request, "enquiries/edit.html", {"form": form, "enquiry": enquiry, "days": Enquiry.OPEN_FOR.days})


@require_POST
@signed_in
def extend_enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    enquiry = get_object_or_404(Enquiry.objects.belonging_to(request.user), pk=pk)
    try:
        enquiries.extend(enquiry)
    except enquiries.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Das Gesuch läuft weiter."))
    return redirect("projects:my_enquiries")


@require_POST
@signed_in
def end_enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    enquiries.end(get_object_or_404(Enquiry.objects.belonging_to(request.user), pk=pk))
    messages.success(request, _("Das Gesuch ist beendet."))
    return redirect("projects:my_enquiries")
