"""What the rows of a table say → rows in the database; call within the transaction of the whole table."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from municipalities.models import User
from projects import snapshot, workflow
from projects.models import Contact, FundingSource, Project, Provenance, Status
from projects.snapshot import Difference
from projects.submission_rows import set_sources

from .checking import ROWS, TERMS, Content

BATCH = 500


def store_new(contents: Sequence[Content], *, by: User | None, sources: dict[str, FundingSource]) -> list[Project]:
    """Drafts, in a fixed number of statements for each batch. Until the municipality sends it, a draft is compiled."""
    projects = [Project(created_by=by, provenance=Provenance.COMPILED, **content.values) for content in contents]
    for project, contact in zip(projects, _contacts(contents), strict=True):
        project.contact = contact
    Project.objects.bulk_create(projects, batch_size=BATCH)
    for name in TERMS:
        link = Project._meta.get_field(name).remote_field.through
        place = Project._meta.get_field(name).m2m_reverse_field_name()
        pairs = ((project, term) for project, content in zip(projects, contents, strict=True)
                 for term in content.terms.get(name, ()))  # fmt: skip
        _create(link, (link(project=project, **{place: term}) for project, term in pairs))
    set_sources((pair for content in contents for pair in content.sources), sources)
    for name in ROWS:
        _create(Project._meta.get_field(name).related_model, _rows_of(projects, contents, name))
    return projects


def _rows_of(projects: Sequence[Project], contents: Sequence[Content], name: str) -> Iterable[models.Model]:
    for project, content in zip(projects, contents, strict=True):
        for row in content.rows.get(name, ()):
            row.project = project
            yield row


def _create(model: Any, rows: Iterable[models.Model]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)


def _contacts(contents: Sequence[Content]) -> list[Contact | None]:
    """For each row the contact that its municipality has already, or a new one; the same office is made once."""
    fields = ("function", "organisation", "email", "phone", "website")
    leads = {content.values["lead"].pk for content in contents if content.contact}
    known = {
        (contact.municipality_id, *(getattr(contact, name) for name in fields)): contact
        for contact in Contact.objects.filter(municipality__in=leads)
    }
    found, new = [], []
    for content in contents:
        if not content.contact:
            found.append(None)
            continue
        key = (content.values["lead"].pk, *(content.contact[name] for name in fields))
        if key not in known:
            known[key] = Contact(municipality=content.values["lead"], **content.contact)
            new.append(known[key])
        found.append(known[key])
    Contact.objects.bulk_create(new, batch_size=BATCH)
    return found


def store_change(
    project: Project, content: Content, *, by: User | None, sources: dict[str, FundingSource]
) -> tuple[Project, list[Difference]]:
    """Changes a draft, or the working copy of a published project. What makes no difference leaves nothing behind."""
    with transaction.atomic():
        edited = workflow.open_copy(project, by=by) if project.status == Status.PUBLISHED else project
        before = snapshot.to_data(edited)
        _write(edited, content, sources)
        edited = Project.objects.get(pk=edited.pk)
        after = snapshot.to_data(edited)
        if before == after:
            transaction.set_rollback(True)
            return project, []
        Project.objects.filter(pk=edited.pk).update(version=F("version") + 1, changed_at=timezone.now())
        return edited, snapshot.differences(before, after)


def _write(project: Project, content: Content, sources: dict[str, FundingSource]) -> None:
    for name, value in content.values.items():
        setattr(project, name, value)
    project.save(update_fields=list(content.values))
    for name, terms in content.terms.items():
        getattr(project, name).set(terms)
    set_sources(content.sources, sources)
    for name, rows in content.rows.items():
        related = getattr(project, name)
        related.all().delete()
        for row in rows:
            row.project = project
        related.model.objects.bulk_create(rows)
