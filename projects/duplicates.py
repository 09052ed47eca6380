"""Whether somebody nearby already describes the same project: over all states, revealing nothing of foreign drafts."""

from typing import NamedTuple

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Lower, Replace

from municipalities.models import Municipality, User
from municipalities.profiles import kilometres

from . import access
from .models import Project, Status

NEAR_KM = 30
SIMILAR_FROM = 0.45  # „Sprachcafé im Rathaus“ and „Sprachcafe Rathaus“ have 0.77, two different cafés about 0.3
MOST = 5
# Left aside: what was declined, and working copies, whose originals are looked at.
_LOOKED_AT = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.PUBLISHED, Status.ARCHIVED)


class Hint(NamedTuple):
    """Similar projects: published ones and one's own by name, of all others only that there is one."""

    published: list[Project]
    own: list[Project]
    has_foreign_draft: bool

    def __bool__(self) -> bool:
        return bool(self.published or self.own or self.has_foreign_draft)


def neighbourhood(body: Municipality) -> list[int]:
    """Primary keys of the body itself, of its county with all bodies of it, and of bodies within NEAR_KM."""
    county = body.county_id or body.pk
    rows = Municipality.objects.order_by().values_list("pk", "county_id", "latitude", "longitude")
    here = (float(body.latitude), float(body.longitude)) if body.latitude is not None else None
    return [
        pk
        for pk, other, latitude, longitude in rows
        if county in (pk, other)
        or (here and latitude is not None and kilometres(here, (float(latitude), float(longitude))) <= NEAR_KM)
    ]


def _folded(text):
    """Lower case with umlauts as base letters, in SQL because the titles are there."""
    letters = Func(Lower(text), Value("äöüáàâéèêíîóôúûç"), Value("aouaaaeeeiioouuc"), function="translate")
    return Replace(letters, Value("ß"), Value("ss"))


def _similar(title: str, lead: Municipality) -> QuerySet[Project]:
    return (
        Project.objects.filter(lead__in=neighbourhood(lead), status__in=_LOOKED_AT, revises=None)
        .annotate(similarity=TrigramSimilarity(_folded(F("title")), _folded(Value(title))))
        .filter(similarity__gte=SIMILAR_FROM)
        .select_related("lead")
        .order_by("-similarity", "pk")
    )


def others_like(project: Project) -> list[Project]:
    """What the desk may know of: similar projects other than this one and its original, and nobody's drafts."""
    own = [pk for pk in (project.pk, project.revises_id) if pk]
    return list(_similar(project.title, project.lead).exclude(pk__in=own).exclude(status=Status.DRAFT)[:MOST])


def similar_projects(title: str, lead: Municipality, user: User) -> Hint:
    """Projects with a similar title in the same or a neighbouring municipality, whatever their state."""
    found = _similar(title, lead)[:MOST]
    own_bodies = set(access.municipalities_of(user).values_list("pk", flat=True))
    published = [project for project in found if project.status == Status.PUBLISHED]
    others = [project for project in found if project.status != Status.PUBLISHED]
    own = [project for project in others if project.lead_id in own_bodies]
    return Hint(published, own, len(own) < len(others))
