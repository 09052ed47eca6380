"""Writing to the contact of a project without learning its address."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from projects import relay
from projects.forms import ContactForm
from projects.models import Letter, Project

from . import open_forms
from .methods import get_or_post
from .redirects import follows_merged, moved


@csrf_exempt  # as open_forms explains
@get_or_post
@follows_merged
def contact(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    project = get_object_or_404(Project.objects.published().select_related("lead", "contact"), pk=pk)
    if not relay.is_possible(project):
        raise Http404
    here = reverse("projects:contact", args=[project.pk, project.slug])
    context = {"project": project, "days": Letter.RELAYED_DAYS}
    if slug != project.slug and request.method != "POST":
        return moved(request, here)
    return open_forms.relayed(
        request,
        ContactForm,
        pages=("projects/contact_form.html", "projects/contact_sent.html"),
        context=context,
        here=here,
        take_turn=partial(relay.take_turn, project),
        send=partial(relay.send, project),
    )
