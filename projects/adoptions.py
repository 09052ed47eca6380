"""Nachahmung: every change of a statement and its effects, one function each; the only writer of `Adoption.state`.

A statement is public from its release until the people of the origin decline the link. What is edited later waits in
`proposed_change`; until its release the public text stands. Publishing a project that says where it was taken over from
is a statement by itself, because that was moderated with the project: see `record_copy`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from municipalities.models import Municipality, User
from municipalities.people import Refused

from . import access, adoption_letters, indexes, snapshot
from .models import ENDED_STAGES, Adoption, AdoptionState, Interest, Project, Status, StatusChange

CONTENT = ("copy_id", "since", "since_precision", "what", "changes", "experience")
# A new version that differs only in these is no news for those who took the project over.
BESIDE_THE_POINT = frozenset(
    "pictures attachments contact licence references editorial_note adopted_from "
    "started_on started_precision ended_on ended_precision".split()
)
SALT = "projects.adoptions"
VALID = timedelta(days=60)


# --- the municipality that took something over ------------------------------------------------------------------------


def state(project: Project, municipality: Municipality, *, by: User, values: Mapping[str, Any]) -> Adoption:
    """A municipality says what it took over; the moderators decide. `values` are those of CONTENT.

    The same words sent twice are one statement. An interest that was shown before has become true and goes.
    """
    if project.status != Status.PUBLISHED:
        raise Refused(_("Dieses Projekt ist nicht mehr im Mosaik."))
    if project.lead_id == municipality.pk:
        raise Refused(_("Das ist ein Projekt Ihrer eigenen Kommune."))
    with transaction.atomic():
        adoption, is_new = Adoption.objects.get_or_create(
            project=project, municipality=municipality, defaults={**values, "stated_by": by}
        )
        if not is_new and as_data(adoption) != _data(values):
            raise Refused(_("Ihre Kommune steht hier schon. Ändern Sie den Eintrag unter „Nachahmungen“."))
        withdraw_interest(project, municipality)
        return adoption


def change(adoption: Adoption, *, by: User, values: Mapping[str, Any]) -> Adoption:
    """The municipality edits its statement; of a published one the public text stands until the release."""
    with transaction.atomic():
        adoption = _lock(adoption)
        if adoption.state == AdoptionState.DECLINED:
            raise Refused(_("Die Kommune des Vorbilds hat die Verknüpfung abgelehnt; der Eintrag ruht."))
        if adoption.state == AdoptionState.PUBLISHED:
            proposed = _data(values)
            adoption.proposed_change = None if proposed == as_data(adoption) else proposed
        else:
            _fill(adoption, values)
            adoption.state = AdoptionState.PROPOSED
        adoption.state_note, adoption.stated_by = "", by
        adoption.save()
        return adoption


def withdraw(adoption: Adoption) -> None:
    """The municipality takes its statement back; what its own published project says of itself is changed there."""
    with transaction.atomic():
        adoption = _lock(adoption)
        if follows_from_copy(adoption):
            raise Refused(_("Das steht in Ihrem Projekt unter „Übernommen von“. Bitte ändern Sie es dort."))
        adoption.delete()
        indexes.update(adoption.project)


def follows_from_copy(adoption: Adoption) -> bool:
    """Whether a published project of the municipality says itself that it was taken over from there."""
    copy = adoption.copy
    return bool(copy and copy.status == Status.PUBLISHED and copy.adopted_from_id == adoption.project_id)


# --- the desk ---------------------------------------------------------------------------------------------------------


def release(adoption: Adoption, *, by: User, seen: str | None = None) -> Adoption:
    """A moderator lets everybody read a new statement, or the change of a published one. `seen`: see `token_of`."""
    with transaction.atomic():
        adoption = _lock(adoption, seen)
        if adoption.state == AdoptionState.PROPOSED:
            adoption.state = AdoptionState.PUBLISHED
            adoption_letters.announced(adoption, link(adoption))
        elif adoption.proposed_change:
            _fill(adoption, _values(adoption.proposed_change))
            adoption.proposed_change = None
        else:
            raise Refused(_("Hier gibt es nichts mehr freizugeben."))
        adoption.state_note = ""
        adoption.save()
        adoption_letters.released(adoption)
        indexes.update(adoption.project)
        return adoption


def reject(adoption: Adoption, *, by: User, note: str, seen: str | None = None) -> Adoption:
    """A moderator declines a new statement or a change, with a reason; a public text stays as it was."""
    with transaction.atomic():
        adoption = _lock(adoption, seen)
        if not note.strip():
            raise Refused(_("Bitte geben Sie einen Grund an."))
        if adoption.state == AdoptionState.PROPOSED:
            adoption.state = AdoptionState.REJECTED
        elif adoption.proposed_change:
            adoption.proposed_change = None
        else:
            raise Refused(_("Hier gibt es nichts mehr abzulehnen."))
        adoption.state_note = note.strip()
        adoption.save()
        adoption_letters.rejected(adoption)
        return adoption


def token_of(adoption: Adoption) -> str:
    """What a moderator's form carries, so that a decision about what was edited meanwhile is recognised."""
    return adoption.changed_at.isoformat()


# --- the people of the origin -----------------------------------------------------------------------------------------


def decline(adoption: Adoption, *, note: str = "") -> Adoption:
    """The people of the origin do not want the link: it leaves chain, facets and sums, and the other side is told."""
    with transaction.atomic():
        adoption = _lock(adoption)
        if adoption.state != AdoptionState.PUBLISHED:
            raise Refused(_("Diese Verknüpfung ist nicht mehr öffentlich."))
        adoption.state, adoption.state_note = AdoptionState.DECLINED, note.strip()
        adoption.save()
        adoption_letters.declined(adoption)
        indexes.update(adoption.project)
        return adoption


def link_again(adoption: Adoption) -> Adoption:
    """The people of the origin have thought better of it."""
    with transaction.atomic():
        adoption = _lock(adoption)
        if adoption.state != AdoptionState.DECLINED:
            raise Refused(_("Diese Verknüpfung ist schon öffentlich."))
        adoption.state, adoption.state_note = AdoptionState.PUBLISHED, ""
        adoption.save()
        adoption_letters.released(adoption)
        indexes.update(adoption.project)
        return adoption


def link(adoption: Adoption) -> str:
    """The address of the page on which the people of the origin decline; whoever has it may."""
    token = signing.dumps(adoption.pk, salt=SALT)
    return settings.SITE_URL + reverse("projects:adoption_link", args=[token])


def read(token: str) -> Adoption | None:
    """What the link is about; None if it is no link of ours, too old, or the statement is gone or was never public."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        return None
    return Adoption.objects.released().filter(pk=pk).select_related("project__lead", "municipality", "copy").first()


# --- interest ---------------------------------------------------------------------------------------------------------


def show_interest(project: Project, municipality: Municipality, *, by: User) -> Interest:
    """„Interesse an Nachahmung“: the origin is told once, however often it is withdrawn and shown again."""
    if project.status != Status.PUBLISHED or project.lead_id == municipality.pk:
        raise Refused(_("Hier lässt sich kein Interesse zeigen."))
    with transaction.atomic():
        interest, is_new = Interest.objects.get_or_create(
            project=project, municipality=municipality, defaults={"by": by}
        )
        if is_new:
            adoption_letters.interest_shown(interest)
        return interest


def withdraw_interest(project: Project, municipality: Municipality) -> None:
    Interest.objects.filter(project=project, municipality=municipality).delete()


@dataclass(frozen=True)
class Own:
    """What a signed-in person has to do with the adoptions of one project."""

    bodies: tuple[Municipality, ...]
    interested: frozenset[int]
    adopted: frozenset[int]
    is_origin: bool

    def __bool__(self) -> bool:
        return bool(self.bodies or self.is_origin)

    @property
    def can_state(self) -> bool:
        return any(body.pk not in self.adopted for body in self.bodies)

    @property
    def can_show_interest(self) -> bool:
        return any(body.pk not in self.adopted | self.interested for body in self.bodies)


def own(user: access.Visitor, project: Project) -> Own | None:
    """None for readers who are not signed in, without a query."""
    if not user.is_authenticated:
        return None
    bodies = list(access.municipalities_of(user).with_projects_possible())
    keys = [body.pk for body in bodies]
    adopted = project.adoptions.filter(municipality__in=keys).values_list("municipality", flat=True)
    interested = project.interests.filter(municipality__in=keys).values_list("municipality", flat=True)
    return Own(
        tuple(body for body in bodies if body.pk != project.lead_id),
        frozenset(interested),
        frozenset(adopted),
        project.lead_id in keys,
    )


# --- what happens to projects -----------------------------------------------------------------------------------------


def record_copy(project: Project) -> list[Project]:
    """A project that is being published counts as adoption of what it was taken over from, once for a municipality.

    Where the municipality has stated it already, only the link to its project is added: a text that waits or was
    rejected is not released by this, nor is a declined link made again. If the project names another origin than in
    its last version, what was recorded for that one goes. Returns the published origins whose adoptions changed.
    """
    source = _origin_of(project)
    recorded = Adoption.objects.filter(copy=project, stated_by=None, what="", changes="", experience="", cites=[])
    stale = list(recorded.exclude(project=source).select_related("project"))
    changed = [adoption.project for adoption in stale]
    for adoption in stale:
        adoption.delete()
    if source:
        since = {"since": project.started_on, "since_precision": project.started_precision}
        adoption, is_new = Adoption.objects.select_for_update().get_or_create(
            project=source,
            municipality=project.lead,
            defaults={"copy": project, "state": AdoptionState.PUBLISHED, **since},
        )
        if not is_new and adoption.copy_id is None:
            adoption.copy = project
            adoption.save()
        if is_new and source.status == Status.PUBLISHED:
            adoption_letters.announced(adoption, link(adoption))
        changed.append(source)
    return [origin for origin in changed if origin.status == Status.PUBLISHED]


def _origin_of(project: Project) -> Project | None:
    """What the project says it was taken over from. An own project is no origin; a duplicate leads to the other."""
    if project.adopted_from_id is None:
        return None
    named = Project.objects.select_related("duplicate_of__lead", "lead").get(pk=project.adopted_from_id)
    source = named.duplicate_of or named
    return None if source.pk == project.pk or source.lead_id == project.lead_id else source


def move(project: Project, of: Project) -> None:
    """A project turned out to be a duplicate: what was said of it is said of the other from now on."""
    for rows in (project.adoptions, project.interests):
        known = rows.model.objects.filter(project=of).values("municipality")
        rows.filter(municipality__in=known).delete()
        rows.filter(municipality=of.lead_id).delete()
    project.adoptions.filter(copy=of).update(copy=None)
    project.adoptions.update(project=of)
    project.interests.update(project=of)
    project.adopted_through.filter(project=of).update(copy=None)
    project.adopted_through.update(copy=of)


def tell_changed(project: Project, old: Mapping[str, Any], new: Mapping[str, Any], *, version: int) -> None:
    """To those who took the project over: it has ended, or it reads differently in substance. One letter a version."""
    differences = substance(old, new)
    if not differences:
        return
    has_ended = new["stage"] in ENDED_STAGES and old.get("stage") not in ENDED_STAGES
    labels = list(dict.fromkeys(difference.label for difference in differences))
    for adoption in _public_of(project):
        if has_ended:
            adoption_letters.source_ended(adoption, version=version)
        else:
            adoption_letters.source_changed(adoption, labels, version=version)


def tell_gone(change: StatusChange) -> None:
    """To those who took the project over: it has left the mosaic."""
    if change.from_status == Status.PUBLISHED:
        for adoption in _public_of(change.project):
            adoption_letters.source_gone(adoption, change)


def substance(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[snapshot.Difference]:
    """What changed from one version to the next, without what is beside the point for somebody who copies."""
    before, after = (
        {name: value for name, value in data.items() if name not in BESIDE_THE_POINT} for data in (old, new)
    )
    return snapshot.differences(before, after)


def _public_of(project: Project) -> list[Adoption]:
    published = Adoption.objects.published().filter(project=project)
    return list(published.select_related("project__lead", "municipality", "stated_by").order_by("pk"))


# --- the common part --------------------------------------------------------------------------------------------------


def _lock(adoption: Adoption, seen: str | None = None) -> Adoption:
    rows = Adoption.objects.select_for_update(of=("self",)).filter(pk=adoption.pk)
    found = rows.select_related("project__lead", "municipality", "copy", "stated_by").first()
    if found is None or (seen is not None and seen != token_of(found)):
        raise Refused(_("Der Eintrag wurde inzwischen geändert. Bitte prüfen Sie ihn noch einmal."))
    return found


def as_data(adoption: Adoption) -> dict[str, Any]:
    """The content of a statement as values that JSON knows."""
    return _data({name: getattr(adoption, name) for name in CONTENT})


def _data(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in ((name, values[name]) for name in CONTENT)
    }


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse; a project that is gone by now is none."""
    copy = Project.objects.published().filter(pk=data["copy_id"]).first() if data["copy_id"] else None
    since = date.fromisoformat(data["since"]) if data["since"] else None
    return {**data, "copy_id": copy.pk if copy else None, "since": since}


def proposal(adoption: Adoption) -> Adoption | None:
    """A published statement as it would read after its release; None where nothing waits. Not to be saved."""
    if not adoption.proposed_change:
        return None
    read = Adoption(project=adoption.project, municipality=adoption.municipality)
    _fill(read, _values(adoption.proposed_change))
    return read


def _fill(adoption: Adoption, values: Mapping[str, Any]) -> None:
    for name in CONTENT:
        setattr(adoption, name, values[name])
