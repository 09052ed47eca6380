"""Writing to the contact of a project without learning its address."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from projects import relay
from projects.forms import ContactForm
from projects.models import Letter, Project

from . import open_forms


@csrf_exempt  # as open_forms explains
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    project = get_object_or_404(Project.objects.published().select_related("lead", "contact"), pk=pk)
    if not relay.is_possible(project):
        raise Http404
    here = reverse("projects:contact", args=[project.pk, project.slug])
    context = {"project": project, "days": Letter.RELAYED_DAYS}
    if request.method != "POST":
        if slug != project.slug:
            return redirect(here, permanent=True)
        if "gesendet" in request.GET:
            return render(request, "projects/contact_sent.html", context)
        return render(request, "projects/contact_form.html", {**context, "form": ContactForm()})
    form = ContactForm(request.POST)
    status = open_forms.check(
        request, form, lambda address: relay.take_turn(project, form.cleaned_data["sender"], address)
    )
    if form.is_valid():
        relay.send(project, form.message)
        return redirect(f"{here}?gesendet=1")
    return render(request, "projects/contact_form.html", {**context, "form": form}, status=status)
