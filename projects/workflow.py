"""Every change of a project's status and its effects, one function each; the only writer of `status`.

Each function locks the rows, checks, writes status, log line and letters in one transaction, and returns the project as
it is afterwards. Whoever calls has checked that the person may. What cannot be done is a WorkflowError, whose text is
a German sentence for the person. `version` rises with every change, so that a form of before is recognised as stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as stored  # notes are kept in German

from municipalities.models import Host, User

from . import access, adoptions, emails, facets, indexes, snapshot, submission
from .days import years_later
from .models import Approval, Consent, Project, ProjectVersion, Provenance, Status, StatusChange

TRANSITIONS: Mapping[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED}),
    Status.SUBMITTED: frozenset({Status.PUBLISHED, Status.RETURNED, Status.REJECTED}),
    Status.RETURNED: frozenset({Status.SUBMITTED}),
    Status.REJECTED: frozenset(),
    Status.PUBLISHED: frozenset({Status.ARCHIVED, Status.WITHDRAWN}),
    Status.ARCHIVED: frozenset({Status.PUBLISHED, Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset({Status.PUBLISHED}),
    Status.MERGED: frozenset(),
}
# A working copy is never public itself: publishing it takes it over into the project that it revises.
COPY_TRANSITIONS: Mapping[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED}),
    Status.SUBMITTED: frozenset({Status.MERGED, Status.RETURNED, Status.REJECTED}),
    Status.RETURNED: frozenset({Status.SUBMITTED}),
    Status.REJECTED: frozenset(),
    Status.MERGED: frozenset(),
}
OPEN = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)
# With TWO_KEY_APPROVAL, one host of each group has to approve.
SIDES: tuple[tuple[Host, ...], ...] = ((Host.NST, Host.NLT, Host.NSGB), (Host.REFUGEE_COUNCIL,))


class WorkflowError(Exception):
    """What was asked for cannot be done; nothing has changed. The text is for the person who asked."""


class TransitionError(WorkflowError):
    """The project cannot go from its status to the wanted one."""

    def __init__(self, project: Project, to_status: str):
        super().__init__(
            _("„%(title)s“ ist %(status)s und kann nicht „%(to)s“ werden.")
            % {"title": project.title, "status": project.get_status_display(), "to": Status(to_status).label}
        )


class IncompleteError(WorkflowError):
    """The record lacks what it needs; `missing` says what, part by part."""

    def __init__(self, project: Project, missing: Sequence[submission.Missing]):
        self.missing = tuple(missing)
        said = " ".join(str(item.message) for item in self.missing)
        super().__init__(_("„%(title)s“ ist noch nicht vollständig. %(said)s") % {"title": project.title, "said": said})


# --- on the way to the mosaic -----------------------------------------------------------------------------------------


def submit(
    project: Project, *, by: User | None, note: str = "", version: int | None = None, consents: Iterable[str] = ()
) -> Project:
    """The municipality hands its draft to the moderators, agreeing to `consents` (their wording).

    A project that is submitted already is answered as success and nothing is written, so sending a form twice counts
    once. `version` is what the form was made from; a form from before a later change is refused.
    """
    with transaction.atomic():
        project = _lock(project)
        if project.status == Status.SUBMITTED:
            return project
        _allow(project, Status.SUBMITTED)
        if version is not None and version != project.version:
            raise WorkflowError(_("Das Projekt wurde inzwischen geändert. Bitte prüfen Sie es noch einmal."))
        if project.revises and project.revises.status != Status.PUBLISHED:
            raise WorkflowError(_("Das Projekt ist nicht mehr veröffentlicht und kann nicht überarbeitet werden."))
        _check_complete(project)
        if by and access.belongs_to(by, project):
            project.provenance = Provenance.MUNICIPALITY
        project.submitted_at = timezone.now()
        project.approvals.all().delete()
        Consent.objects.bulk_create(Consent(project=project, by=by, wording=wording) for wording in consents)
        emails.received(_change(project, Status.SUBMITTED, by=by, note=note))
        return project


def send_back(project: Project, *, by: User | None, note: str, parts: Sequence[str] = ()) -> Project:
    """A moderator returns a submitted project with a reason, which may be about single parts; approvals are void."""
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.RETURNED)
        reason = _reason(note)
        if unknown := set(parts) - submission.BY_NAME.keys():
            raise ValueError(f"unknown parts: {sorted(unknown)}")
        project.approvals.all().delete()
        project.returned_content = snapshot.to_data(project)
        emails.returned(_change(project, Status.RETURNED, by=by, note=reason, parts=parts))
        return project


def reject(project: Project, *, by: User | None, note: str) -> Project:
    """A moderator declines a submitted project for good, with a reason."""
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.REJECTED)
        reason = _reason(note)
        project.approvals.all().delete()
        emails.rejected(_change(project, Status.REJECTED, by=by, note=reason))
        return project


def approve(
    project: Project, *, by: User, dissent: str = "", is_dissent_public: bool = False, note: str = ""
) -> Project:
    """One host says yes to a submitted project; it is published as soon as everybody needed has said so.

    Without TWO_KEY_APPROVAL that is at once. A second yes of the same host replaces its first.
    """
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.MERGED if project.revises_id else Status.PUBLISHED)
        if project.status != Status.SUBMITTED:
            raise WorkflowError(_("Freigegeben wird nur, was eingereicht ist."))
        host = access.host_of(by)
        if host:
            _store_approval(project, host, by, dissent.strip(), is_dissent_public)
        elif settings.TWO_KEY_APPROVAL or dissent.strip():
            raise WorkflowError(_("Freigeben kann nur, wer für einen der Verbände moderiert."))
        return project if waits_for(project) else publish(project, by=by, note=note)


def publish(project: Project, *, by: User | None, note: str = "", is_bulk: bool = False) -> Project:
    """Everybody can see the project from now on; its number in the mosaic is given once and stays.

    A working copy is taken over into its project, which is returned. With two keys both have to be there; nobody
    (`by=None`, the import by the operator) needs none. `is_bulk`: the caller brings search and facets up to date.
    """
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.MERGED if project.revises_id else Status.PUBLISHED)
        if by and project.status == Status.SUBMITTED and (missing := waits_for(project)):
            raise WorkflowError(_("Es fehlt noch die Freigabe von: %(missing)s.") % {"missing": "; ".join(missing)})
        _check_complete(project)
        if project.revises_id:
            return _take_over(project, by=by, note=note)
        adopted = adoptions.record_copy(project)
        is_first = project.publication_number is None
        if is_first:
            facets.lock()  # numbers are given in order, one publication at a time
            highest = Project.objects.aggregate(highest=Max("publication_number"))["highest"]
            project.publication_number, project.published_at = (highest or 0) + 1, timezone.now()
            _stand_of_submission(project)
        project.withdrawn_at, project.withdrawal_reason, project.duplicate_of = None, "", None
        change = _change(project, Status.PUBLISHED, by=by, note=note)
        _keep_version(project, by)
        if is_first:
            emails.published(change)
        if not is_bulk:
            indexes.update(project, *adopted)
        return project


# --- in the mosaic and out of it --------------------------------------------------------------------------------------


def archive(project: Project, *, by: User | None, note: str = "") -> Project:
    """The project leaves the mosaic quietly; its address answers that it is gone."""
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.ARCHIVED)
        adoptions.tell_gone(_change(project, Status.ARCHIVED, by=by, note=note))
        indexes.update(project)
        return project


def withdraw(project: Project, *, by: User | None, note: str) -> Project:
    """The project leaves the mosaic for the reason given, which its address shows to visitors."""
    with transaction.atomic():
        project = _lock(project)
        _allow(project, Status.WITHDRAWN)
        project.withdrawn_at, project.withdrawal_reason = timezone.now(), _reason(note)
        adoptions.tell_gone(_change(project, Status.WITHDRAWN, by=by, note=note))
        indexes.update(project)
        return project


def mark_duplicate(project: Project, *, of: Project, by: User | None, note: str = "") -> Project:
    """A project turns out to be another one as well: it is archived, and its addresses lead to the other.

    Both logs say so. What was archived before may still be merged: somebody may look for it at its old address.
    """
    with transaction.atomic():
        project, of = _lock_both(project, of)
        if project.status != Status.ARCHIVED:
            _allow(project, Status.ARCHIVED)
        if of.pk == project.pk or of.status != Status.PUBLISHED:
            raise WorkflowError(_("Zusammengelegt wird nur mit einem anderen, veröffentlichten Projekt."))
        project.duplicate_of = of
        said = stored("Zusammengelegt mit Projekt %(pk)d: %(title)s") % {"pk": of.pk, "title": of.title}
        _change(project, Status.ARCHIVED, by=by, note=f"{said}. {note}" if note else said)
        said = stored("Aufgenommen: Projekt %(pk)d: %(title)s") % {"pk": project.pk, "title": project.title}
        StatusChange.objects.create(project=of, by=by, from_status=of.status, to_status=of.status, note=said)
        project.duplicates.update(duplicate_of=of)  # an address never leads to one that leads on
        adoptions.move(project, of)
        indexes.update(project, of)
        return project


def open_copy(project: Project, *, by: User | None) -> Project:
    """The working copy on which a published project is edited; the open one if there is one already."""
    with transaction.atomic():
        original = _lock(project)
        if original.status != Status.PUBLISHED:
            raise WorkflowError(_("Überarbeitet werden nur veröffentlichte Projekte."))
        copy = original.working_copies.filter(status__in=OPEN).first()
        if copy is None:
            copy = Project(revises=original, created_by=by, provenance=original.provenance)
            snapshot.restore(copy, snapshot.to_data(original))
        return copy


def restore_version(project: Project, version: ProjectVersion, *, by: User | None, note: str = "") -> Project:
    """A published project gets the content of an earlier version back, as a new version."""
    with transaction.atomic():
        project = _lock(project)
        if project.status != Status.PUBLISHED or version.project_id != project.pk:
            raise WorkflowError(_("Wiederhergestellt werden nur frühere Fassungen veröffentlichter Projekte."))
        try:
            lost = snapshot.restore(project, version.data)
        except snapshot.RestoreError as problem:
            raise WorkflowError(str(problem)) from None
        _check_complete(project)
        said = stored("Fassung %(number)d wiederhergestellt") % {"number": version.number}
        said += stored(" ohne verlorene Dateien (%(lost)s)") % {"lost": "; ".join(lost)} if lost else ""
        adopted = adoptions.record_copy(project)
        _change(project, Status.PUBLISHED, by=by, note=f"{said}. {note}".strip())
        _keep_version(project, by)
        indexes.update(project, *adopted)
        return project


def confirm(project: Project, *, by: User | None = None) -> Project:
    """The municipality says that everything still holds; it is asked again in a year."""
    with transaction.atomic():
        project = _lock(project)
        if project.status != Status.PUBLISHED:
            raise WorkflowError(_("Bestätigt werden nur veröffentlichte Projekte."))
        _confirmed(project, timezone.localdate())
        _change(project, Status.PUBLISHED, by=by, note=stored("Stand bestätigt"))
        indexes.update(project)
        return project


def report_end(project: Project, *, by: User | None = None) -> Project:
    """The municipality says that the project has ended; the moderators are told, the text changes by a working copy."""
    with transaction.atomic():
        project = _lock(project)
        if project.status != Status.PUBLISHED:
            raise WorkflowError(_("Beendet melden lassen sich nur veröffentlichte Projekte."))
        note = stored("Die Kommune meldet: läuft nicht mehr")
        emails.ended_reported(_change(project, Status.PUBLISHED, by=by, note=note))
        return project


def lock_version(project: Project, version: int) -> Project:
    """The locked project, if it is what the person looked at; belongs into the transaction of their decision."""
    project = _lock(project)
    if project.version != version:
        raise WorkflowError(_("Das Projekt wurde inzwischen geändert. Bitte prüfen Sie es noch einmal."))
    return project


# --- questions --------------------------------------------------------------------------------------------------------


def waits_for(project: Project, *, besides: str = "") -> list[str]:
    """Whose approval is missing before this submitted project can be published; that of `besides` counts as given."""
    if not settings.TWO_KEY_APPROVAL:
        return []
    given = {besides, *(approval.host for approval in project.approvals.all())}
    return [_(" oder ").join(str(host.label) for host in side) for side in SIDES if given.isdisjoint(side)]


# --- the common part --------------------------------------------------------------------------------------------------


def _lock(project: Project) -> Project:
    return _lock_both(project, project)[0]


def _lock_both(*projects: Project) -> list[Project]:
    """The current rows, and those that they revise, locked in one order, so that nobody waits in a circle."""
    wanted = {pk for project in projects for pk in (project.pk, project.revises_id) if pk}
    related = ("lead__parent", "lead__county", "contact", "adopted_from")
    rows = Project.objects.select_related(*related).select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    for row in found.values():
        if row.revises_id:
            row.revises = found[row.revises_id]
    if any(project.pk not in found for project in projects):
        raise WorkflowError(_("Das Projekt gibt es nicht mehr."))
    return [found[project.pk] for project in projects]


def _allow(project: Project, to_status: str) -> None:
    transitions = COPY_TRANSITIONS if project.revises_id else TRANSITIONS
    if to_status not in transitions[project.status]:
        raise TransitionError(project, to_status)


def _reason(note: str) -> str:
    if not note.strip():
        raise WorkflowError(_("Bitte geben Sie einen Grund an."))
    return note.strip()


def _check_complete(project: Project) -> None:
    prefetch_related_objects([project], "topics")
    if missing := submission.missing_for_submission(project):
        raise IncompleteError(project, missing)


def _change(project: Project, to_status: str, *, by: User | None, note: str, parts: Sequence[str] = ()) -> StatusChange:
    from_status, project.status = project.status, to_status
    project.version += 1
    project.returned_content = project.returned_content if to_status in OPEN else None
    try:
        project.full_clean()
    except ValidationError as error:
        project.status = from_status
        raise WorkflowError(" ".join(error.messages)) from error
    project.save()
    return StatusChange.objects.create(
        project=project, by=by, from_status=from_status, to_status=to_status, note=note, parts=list(parts)
    )


def _store_approval(project: Project, host: str, by: User, dissent: str, is_public: bool) -> None:
    if project.approvals.filter(by=by).exclude(host=host).exists():
        raise WorkflowError(_("Sie haben schon für einen anderen Verband freigegeben."))
    values = {"by": by, "at": timezone.now(), "dissent": dissent, "is_dissent_public": is_public and bool(dissent)}
    Approval.objects.update_or_create(project=project, host=host, defaults=values)
    note = stored("Freigabe: %(host)s") % {"host": Host(host).label}
    StatusChange.objects.create(project=project, by=by, from_status=project.status, to_status=project.status, note=note)


def _take_over(copy: Project, *, by: User | None, note: str) -> Project:
    """The content of an approved working copy becomes that of its project, which keeps number, address and dates."""
    original = copy.revises
    if original.status != Status.PUBLISHED:
        raise WorkflowError(_("Das Projekt ist nicht mehr veröffentlicht und kann nicht überarbeitet werden."))
    snapshot.restore(original, snapshot.to_data(copy))
    original.provenance, original.submitted_at = copy.provenance, copy.submitted_at
    _stand_of_submission(original)
    original.approvals.all().delete()
    copy.approvals.update(project=original)
    change = _change(copy, Status.MERGED, by=by, note=note)
    _change(original, Status.PUBLISHED, by=by, note=stored("Überarbeitung übernommen"))
    _keep_version(original, by)
    emails.copy_approved(change)
    indexes.update(original, *adoptions.record_copy(original))
    return original


def _stand_of_submission(project: Project) -> None:
    """What a municipality has just submitted is confirmed by that; what was compiled by others is not."""
    if project.provenance == Provenance.MUNICIPALITY and project.submitted_at:
        _confirmed(project, timezone.localdate(project.submitted_at))


def _confirmed(project: Project, day: date) -> None:
    project.confirmed_on = day
    project.next_check_on = years_later(day, 1)


def _keep_version(project: Project, by: User | None) -> None:
    """The record as the public sees it now, unless it saw exactly this before."""
    latest = project.versions.order_by("-number").first()
    data = snapshot.to_data(project)
    if latest is None or latest.data != data:
        number = latest.number + 1 if latest else 1
        ProjectVersion.objects.create(project=project, number=number, data=data, by=by)
        if latest:
            adoptions.tell_changed(project, latest.data, data, version=number)
