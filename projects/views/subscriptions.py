"""New projects of a selection by e-mail: the form, and the pages behind the links of the letters."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from projects import subscriptions
from projects.filters import ProjectFilter
from projects.models import Letter, Project, Subscription
from projects.subscription_forms import SubscriptionForm

from . import open_forms
from .index_state import index_of
from .methods import get_or_post
from .open_forms import opened_by_link


@csrf_exempt  # as open_forms explains
@get_or_post
def subscribe(request: HttpRequest) -> HttpResponse:
    filterset = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    query = filterset.selection_query
    context = {"filter": filterset, "query": query, "days": Subscription.CONFIRM_WITHIN.days}
    if request.method != "POST":
        if "gesendet" in request.GET:
            return render(request, "subscriptions/asked.html", context)
        form = SubscriptionForm()
        return render(request, "subscriptions/subscribe.html", {**context, "form": form})
    form = SubscriptionForm(request.POST)
    if form.is_valid() and not subscriptions.is_storable(query):
        form.add_error(
            None, _("So viele Filter auf einmal kann das Portal nicht behalten. Bitte nehmen Sie einige weg.")
        )
    status = open_forms.check(
        request, form, lambda address: subscriptions.take_turn(form.cleaned_data["email"], address)
    )
    if form.is_valid():
        subscriptions.ask(form.cleaned_data["email"], query, form.cleaned_data["frequency"])
        return redirect(f"{reverse('projects:subscribe')}?{query}{'&' if query else ''}gesendet=1")
    return render(request, "subscriptions/subscribe.html", {**context, "form": form}, status=status)


@opened_by_link
def confirm(request: HttpRequest, token: UUID) -> HttpResponse:
    subscription = subscriptions.find(token)
    if subscription is None:
        return render(request, "subscriptions/gone.html", {}, status=410)
    if request.method == "POST":
        subscriptions.confirm(subscription)
        return redirect(request.path)
    return render(request, "subscriptions/confirm.html", _about(subscription))


@opened_by_link
def end(request: HttpRequest, token: UUID) -> HttpResponse:
    """Mail programs send the POST by themselves (RFC 8058)."""
    if request.method == "POST":  # once more is no mistake: it has ended
        subscriptions.end(token)
        return render(request, "subscriptions/ended.html", {})
    subscription = subscriptions.find(token)
    if subscription is None:
        return render(request, "subscriptions/gone.html", {}, status=410)
    return render(request, "subscriptions/end.html", _about(subscription))


def _about(subscription: Subscription) -> dict[str, object]:
    filterset = subscriptions.filter_of(subscription.query)
    return {
        "subscription": subscription,
        "words": subscriptions.words_of(filterset),
        "total": filterset.total,
        "letter_days": Letter.SUBSCRIBED_DAYS,
    }
